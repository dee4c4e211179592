"""The package as it is published: what its project says, and what a wheel of it can do in a fresh environment."""

import importlib.util
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import hosted  # noqa: F401  (finds the package)
import remotemedia

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROJECT = ROOT / "python-worker" / "python"
WITH_TOOLS = ROOT / "target" / "wasmtime" / "bin" / "python"
"""Where `cargo xtask test` installs what builds wheels."""
USE = """
import os, subprocess, sys
import remotemedia
from remotemedia import Package, Pipeline
assert "site-packages" in remotemedia.__file__, remotemedia.__file__
package = Pipeline("it").add("TextProcessorNode").pack(sys.argv[1])
found = Pipeline.from_manifest(Package.open(package.path).manifest).run(["a"], executor="python").outputs
assert found[0]["results"] == {"uppercase": "A"}, found
assert subprocess.run([sys.executable, "-m", "remotemedia.host"], stdin=subprocess.DEVNULL).returncode == 0
if "REMOTEMEDIA" in os.environ:
    assert package.run(["a"]).outputs == found
    assert Pipeline("it").add("MultiplyNode").run([2]).outputs == [4]
"""


def builder():
    """A Python that has the build backend, or None."""
    if importlib.util.find_spec("hatchling") is not None:
        return sys.executable
    found = WITH_TOOLS.exists() and subprocess.run([WITH_TOOLS, "-c", "import hatchling"], capture_output=True).returncode == 0
    return WITH_TOOLS if found else None


class Project(unittest.TestCase):
    TEXT = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")

    def test_its_version_is_that_of_the_workspace(self):
        workspace = re.search(r'\[workspace\.package\]\nversion = "([^"]+)"', (ROOT / "Cargo.toml").read_text(encoding="utf-8"))
        self.assertEqual(remotemedia.__version__, workspace[1])
        self.assertIn('path = "remotemedia/__init__.py"', self.TEXT)

    def test_it_needs_nothing_and_brings_its_licences(self):
        self.assertIn("\ndependencies = []\n", self.TEXT)
        self.assertTrue((PROJECT / "remotemedia" / "py.typed").exists())
        for name in ("LICENSE-MIT", "LICENSE-APACHE"):
            self.assertEqual((PROJECT / name).read_bytes(), (ROOT / name).read_bytes())

    def test_nodes_load_nothing_that_only_programs_use(self):
        code = "import sys, remotemedia._host; print([it for it in sys.modules if it.startswith('remotemedia.')])"
        told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(PROJECT)})
        loaded = told.stdout
        self.assertIn("remotemedia._wire", loaded)
        for name in ("pipelines", "_abi", "_postcard", "'remotemedia.host'"):
            self.assertNotIn(name, loaded)


@unittest.skipUnless(builder(), "no hatchling to build with")
class Wheel(unittest.TestCase):
    def test_a_wheel_works_in_a_fresh_environment(self):
        with tempfile.TemporaryDirectory() as folder:
            place = pathlib.Path(folder)
            self.run_well([builder(), "-m", "hatchling", "build", "-d", folder], cwd=PROJECT)
            version = remotemedia.__version__
            self.assertTrue((place / f"remotemedia-{version}.tar.gz").exists())
            self.run_well([sys.executable, "-m", "venv", place / "venv"])
            python = place / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
            wheel = place / f"remotemedia-{version}-py3-none-any.whl"
            self.run_well([python, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", wheel])
            self.run_well([python, "-I", "-c", USE, place / "it.rmpkg"])

    def run_well(self, command, **options):
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        told = subprocess.run([str(it) for it in command], capture_output=True, text=True, env=clean, **options)
        self.assertEqual(told.returncode, 0, told.stdout + told.stderr)


if __name__ == "__main__":
    unittest.main()

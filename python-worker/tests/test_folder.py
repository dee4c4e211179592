"""Packages: modules and wheels in a folder."""

import contextlib
import pathlib
import sys
import tempfile
import types
import unittest
import zipfile
from unittest import mock

from hosted import Bench, Fault, node

from remotemedia import _folder

TOP = """
from remotemedia import node, Text
from helpers.words import shout
import tiny

SEEN = []

@node()
def Shout(text: Text):
    SEEN.append(text)
    return [shout(text), tiny.NAME, len(SEEN)]
"""
WORDS = """
CALLS = []

def shout(text):
    CALLS.append(text)
    return text.upper() + "!" * len(CALLS)
"""
WHEEL = "tiny-1.0-py3-none-any.whl"
PARTS = {"tiny/__init__.py": "NAME = 'tiny'\n", "tiny-1.0.dist-info/METADATA": "Name: tiny\n"}


@contextlib.contextmanager
def package(modules, wheels=()):
    """A bench that was asked to install it; what that changed is undone."""
    path, known = list(sys.path), set(sys.modules)
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in modules.items():
            file = root / "python" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        for name, parts in dict(wheels).items():
            (root / "wheels").mkdir(exist_ok=True)
            with zipfile.ZipFile(root / "wheels" / name, "w") as wheel:
                for inside, text in parts.items():
                    wheel.writestr(inside, text)
        bench = Bench()
        try:
            bench.kinds = bench.answer(bench.host.install(str(root)))["kinds"]
            yield bench, root
        finally:
            sys.path[:] = path
            for name in set(sys.modules) - known:
                del sys.modules[name]


@contextlib.contextmanager
def system(platform, system, machine, libc=("", ""), mac="", soabi=""):
    """A system that is of this kind as far as Python tells."""
    values = {"SOABI": soabi}.get
    with contextlib.ExitStack() as stack:
        for patch in (
            mock.patch.object(_folder.sysconfig, "get_platform", lambda: platform),
            mock.patch.object(_folder.sysconfig, "get_config_var", values),
            mock.patch.object(_folder.sys, "platform", system),
            mock.patch.object(_folder.os, "uname", lambda: types.SimpleNamespace(machine=machine) if machine else 1 / 0, create=True),
            mock.patch("platform.libc_ver", lambda: libc),
            mock.patch("platform.mac_ver", lambda: (mac, None, None)),
        ):
            stack.enter_context(patch)
        yield


class Modules(unittest.TestCase):
    def test_nodes_use_helpers_and_wheels_and_every_run_begins_anew(self):
        with package({"top.py": TOP, "helpers/words.py": WORDS}, {WHEEL: PARTS}) as (bench, _):
            self.assertEqual([kind["name"] for kind in bench.kinds], ["Shout"])
            for _ in range(2):
                bench.open("Shout")
                self.assertEqual(bench.values(["a", "b"]), [["A!", "tiny", 1], ["B!!", "tiny", 2]])
                bench.end()
            self.assertFalse({"top", "helpers", "helpers.words"} & set(sys.modules))

    def test_several_modules_share_a_helper_within_a_run(self):
        module = "import shared\n" + node("shared.COUNT.append(data)\nreturn len(shared.COUNT)")
        files = {"shared.py": "COUNT = []\n", "one.py": module.replace("It", "One"), "two.py": module.replace("It", "Two")}
        with package(files) as (bench, _):
            bench.open("One", key=1)
            bench.open("Two", key=2)
            self.assertEqual((bench.values([0], 1), bench.values([0], 2)), ([1], [2]))

    def test_a_package_counts_before_a_source_of_the_user_and_knows_the_built_in_nodes(self):
        with package({"mine.py": node("return 'package'")}) as (bench, _):
            bench.answer(bench.host.register(node("return 'source'")))
            bench.open("It")
            self.assertEqual(bench.values([1]), ["package"])
            bench.open("TextProcessorNode", key=1)

    def test_folders_without_nodes_are_no_error(self):
        for files in ({}, {"empty.py": ""}, {"sub/deep.py": node("return 1")}, {"not a name.py": "1 / 0"}, {"data.json": "{}"}):
            with self.subTest(files), package(files) as (bench, _):
                self.assertEqual(bench.kinds, [])

    def test_what_is_wrong_is_told_by_name(self):
        both = {"one.py": node("return 1"), "two.py": node("return 2")}
        for files, words in [
            ({"json.py": ""}, "python/json.py has the name of a module that is there already"),
            ({"remotemedia.py": ""}, "python/remotemedia.py has the name"),
            ({"os/path.py": ""}, "python/os has the name"),
            (both, "It is defined in python/one.py and in python/two.py"),
            ({"broken.py": "def"}, "invalid syntax"),
            ({"missing.py": "import nothing_of_that_name"}, "No module named 'nothing_of_that_name'"),
        ]:
            with self.subTest(words), self.assertRaisesRegex(Fault, words), package(files):
                pass

    def test_the_traceback_shows_the_lines_of_the_package_and_no_machinery(self):
        with package({"mine.py": node("raise ValueError('no')")}) as (bench, root):
            bench.open("It")
            with self.assertRaises(Fault) as caught:
                bench.turn([1])
            trace = caught.exception.traceback
            self.assertIn(str(root / "python" / "mine.py"), trace)
            self.assertIn("raise ValueError", trace)
            self.assertNotIn("_folder.py", trace)


class Wheels(unittest.TestCase):
    def test_only_what_can_run_here_is_taken(self):
        minor = sys.version_info.minor
        for tags in ("py3-none-any", "py2.py3-none-any", f"cp3{minor}-none-any", f"py3{minor - 1}-none-any", "1-py3-none-any"):
            with self.subTest(tags):
                _folder.check_wheel(f"a-1.0-{tags}.whl")
        for name, words in [
            ("a-1.0-py2-none-any.whl", "not for Python"),
            (f"a-1.0-py3{minor + 1}-none-any.whl", "not for Python"),
            (f"a-1.0-cp3{minor - 1}-cp3{minor - 1}-any.whl", "not for Python"),
            (f"a-1.0-cp3{minor}-cp3{minor}-win_amd64.whl", "another platform"),
            (f"a-1.0-cp3{minor}-cp3{minor - 1}-any.whl", "another platform"),
            ("a.whl", "not named as wheels are"),
            ("a-1.0-py3-none-any.zip", "not named as wheels are"),
        ]:
            with self.subTest(name), self.assertRaisesRegex(ValueError, words):
                _folder.check_wheel(name)

    def test_a_system_takes_the_platforms_that_it_is(self):
        linux = dict(platform="linux-x86_64", system="linux", machine="x86_64", libc=("glibc", "2.36"))
        arm = dict(linux, platform="linux-aarch64", machine="aarch64")
        musl = dict(linux, soabi="cpython-312-x86_64-linux-musl", libc=("", ""))
        mac = dict(platform="macosx-11.0-arm64", system="darwin", machine="arm64", mac="14.5")
        windows = dict(platform="win-amd64", system="win32", machine="")
        for known, taken, refused in [
            (linux, "any linux_x86_64 manylinux_2_17_x86_64 manylinux2014_x86_64 manylinux1_x86_64 manylinux_2_36_x86_64", ""),
            (linux, "", "manylinux_2_37_x86_64 manylinux_2_17_aarch64 musllinux_1_1_x86_64 win_amd64 macosx_10_9_x86_64 linux"),
            (arm, "manylinux2014_aarch64 linux_aarch64", "manylinux2014_x86_64 macosx_11_0_aarch64"),
            (musl, "musllinux_1_1_x86_64 musllinux_1_2_x86_64", "musllinux_1_3_x86_64 manylinux_2_17_x86_64"),
            (mac, "macosx_11_0_arm64 macosx_10_9_universal2 macosx_14_0_arm64", "macosx_15_0_arm64 macosx_11_0_x86_64 any2"),
            (windows, "win_amd64 any", "win_arm64 win32 manylinux_2_17_x86_64"),
        ]:
            with system(**known):
                for tag in taken.split() + refused.split():
                    with self.subTest(tag, **known):
                        self.assertEqual(_folder._fits(tag), tag in taken.split())

    def test_binaries_are_taken_of_this_very_python_or_of_the_stable_abi(self):
        minor = sys.version_info.minor
        own = _folder._platform()
        for tags in (f"cp3{minor}-cp3{minor}-{own}", f"cp3{minor - 1}-abi3-{own}", f"py3-none-{own}", f"cp3{minor}-abi3-any.{own}"):
            with self.subTest(tags):
                _folder.check_wheel(f"a-1.0-{tags}.whl")
        other = types.SimpleNamespace(name="pypy")
        with mock.patch.object(sys, "implementation", other), self.assertRaisesRegex(ValueError, "is not for Python"):
            _folder.check_wheel(f"a-1.0-cp3{minor}-cp3{minor}-{own}.whl")

    def test_wheels_count_before_what_is_installed_beside_python(self):
        folders = ["/mine", "/usr/lib/python3", "/usr/lib/python3/site-packages", "/usr/lib/python3/dist-packages"]
        with mock.patch.object(sys, "path", folders):
            self.assertEqual(_folder._first_installed(), 2)
            with mock.patch.object(sys, "platform", "emscripten"):
                self.assertEqual(_folder._first_installed(), 4)

    def test_data_goes_where_it_belongs_and_scripts_nowhere(self):
        parts = {"tiny-1.0.data/purelib/tiny.py": "NAME = 'pure'\n", "tiny-1.0.data/scripts/tiny": ""}
        with package({"mine.py": "import tiny\n" + node("return tiny.NAME")}, {WHEEL: parts}) as (bench, root):
            bench.open("It")
            self.assertEqual(bench.values([1]), ["pure"])
            self.assertEqual([it.name for it in (root / "site-packages").iterdir() if it.is_file()], ["tiny.py"])
            self.assertEqual(list((root / "wheels").iterdir()), [])

    def test_nothing_is_written_beside_the_folder(self):
        for name in ("../up.py", "/abs.py", "a/../../up.py", "a\\b.py", "x-1.data/purelib/../../up.py", "a//b.py"):
            with self.subTest(name), self.assertRaisesRegex(Fault, "holds a file that is called"):
                with package({}, {WHEEL: {name: "1"}}):
                    pass

    def test_a_wheel_that_is_no_archive_or_too_large_is_refused(self):
        before = _folder.MAX_WHEELS
        _folder.MAX_WHEELS = 10
        try:
            with self.assertRaisesRegex(Fault, "may come to 10 bytes"), package({}, {WHEEL: {"big.py": "1" * 11}}):
                pass
        finally:
            _folder.MAX_WHEELS = before

    def test_no_wheel_takes_the_place_of_the_standard_library(self):
        parts = {"colorsys.py": "NAME = 'wheel'\n"}
        with package({"mine.py": "import colorsys\n" + node("return hasattr(colorsys, 'NAME')")}, {WHEEL: parts}) as (bench, _):
            bench.open("It")
            self.assertEqual(bench.values([1]), [False])


if __name__ == "__main__":
    unittest.main()

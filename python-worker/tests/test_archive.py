"""Packages, written and read. `cli/tests/python_package.py` holds them to the command's own reader."""

import hashlib
import json
import pathlib
import sys
import tempfile
import unittest
import zipfile

import hosted  # noqa: F401  (finds the package)
from remotemedia import Node, Package, Pipeline, PipelineError

MODULE = "from remotemedia import Node\nclass Mine(Node):\n    def process(self, data):\n        return data\n"


class Contents(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.place = pathlib.Path(folder.name)
        (self.place / "mine_of_test.py").write_text(MODULE)
        sys.path.insert(0, folder.name)
        self.addCleanup(sys.path.remove, folder.name)
        self.addCleanup(sys.modules.pop, "mine_of_test", None)
        from mine_of_test import Mine

        self.pipeline = Pipeline("it", version="2.0").add("Echo").add(Mine)

    def file(self, name, text):
        path = self.place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def packed(self, name="a.rmpkg", **contents):
        return self.pipeline.pack(self.place / name, **contents)

    def test_it_holds_what_was_asked_for_each_in_its_folder(self):
        model = self.file("tiny/config.json", "{}").parent
        self.file("tiny/more/weights", b"\0" * 5000)
        package = self.packed(
            models=[model],
            media={"talk/a.wav": self.file("a.wav", "RIFF")},
            wheels=[self.file("x-1-py3-none-any.whl", "PK")],
            python=[self.file("helpers/tool.py", "").parent],
            example=[{"media": "media/talk/a.wav"}, 1],
        )
        names = [entry.name for entry in package.entries]
        first = ["manifest.json", "metadata.json", "package.lock.json"]
        rest = ["media/talk/a.wav", "models/tiny/config.json", "models/tiny/more/weights", "python/helpers/tool.py"]
        self.assertEqual(names, [*first, *rest, "python/mine_of_test.py", "wheels/x-1-py3-none-any.whl"])
        told = {"format": 2, "example": {"inputs": [{"media": "media/talk/a.wav"}, 1]}}
        self.assertEqual(package.manifest, {**self.pipeline.to_manifest(), "package": told})
        self.assertEqual((package.metadata["package_name"], package.metadata["package_version"]), ("it", "2.0"))
        self.assertEqual(package.read("python/mine_of_test.py").decode(), MODULE)
        weights = package.entries[5]
        self.assertEqual((weights.size, weights.compressed), (5000, 5000))
        self.assertEqual(weights.sha256, hashlib.sha256(b"\0" * 5000).hexdigest())

    def test_the_same_contents_give_the_same_bytes(self):
        self.packed("a.rmpkg", metadata={"package_name": "x"})
        self.packed("b.rmpkg", metadata={"package_name": "x"})
        one, other = ((self.place / name).read_bytes() for name in ("a.rmpkg", "b.rmpkg"))
        self.assertEqual(one, other)

    def test_what_cannot_be_taken_along_is_named(self):
        class Inner(Node):
            pass

        nowhere = type("Nowhere", (Node,), {"__module__": "no_such_module"})
        for change, message in [
            (lambda: Pipeline().add(Inner).pack(self.place / "x"), "`Inner` is defined inside of Contents."),
            (lambda: Pipeline().add(nowhere).pack(self.place / "x"), "`Nowhere` was not read from a file"),
            (lambda: self.packed(media=[self.place / "gone"]), "there is no "),
            (lambda: self.packed(media={"../a": self.file("a", "")}), "`media/../a` is no name for a file"),
            (lambda: self.packed(media={"a": self.file("a", ""), "b/../a": self.file("b", "")}), "is no name"),
            (lambda: self.packed(python=[self.file("other/mine_of_test.py", "")]), "is there twice"),
            (lambda: self.packed(metadata={"a": float("nan")}), "no JSON"),
        ]:
            with self.subTest(message), self.assertRaises(PipelineError) as caught:
                change()
            self.assertIn(message, caught.exception.message)

    def rewritten(self, change):
        """The package with its entries as `change` leaves them."""
        self.packed()
        with zipfile.ZipFile(self.place / "a.rmpkg") as archive:
            entries = {name: archive.read(name) for name in archive.namelist()}
        change(entries)
        path = self.place / "b.rmpkg"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in entries.items():
                archive.writestr(name, data)
        return path

    def test_what_is_not_as_its_lock_says_is_refused(self):
        def lock(entries, change):
            told = json.loads(entries["package.lock.json"])
            change(told)
            entries["package.lock.json"] = json.dumps(told)

        for change, message in [
            (lambda it: it.update({"python/mine_of_test.py": b"bad"}), "`python/mine_of_test.py` is not what package.lock.json says"),
            (lambda it: it.update({"media/new": b""}), "`media/new` is not in package.lock.json"),
            (lambda it: it.pop("python/mine_of_test.py"), "`python/mine_of_test.py` is missing"),
            (lambda it: it.pop("package.lock.json"), "Missing required files: package.lock.json"),
            (lambda it: it.pop("manifest.json"), "Missing required files: manifest.json"),
            (lambda it: it.update({"package.lock.json": b"[]"}), "Invalid package.lock.json: an object is expected"),
            (lambda it: lock(it, lambda told: told.update(version=2)), "Unsupported version of package.lock.json: 2"),
            (lambda it: lock(it, lambda told: told.update(signed_by=["0"])), "Downgraded package"),
            (lambda it: it.update({"../up": b""}), "`../up` is no name"),
            (lambda it: it.update({"MANIFEST.json": b""}), "two entries have the same name"),
            (lambda it: it.update({"media/bomb": b"\0" * (8 << 20)}), "`media/bomb` has more than"),
        ]:
            with self.subTest(message), self.assertRaises(PipelineError) as caught:
                Package.open(self.rewritten(change))
            self.assertEqual(caught.exception.code, "PackageRejected")
            self.assertIn(message, caught.exception.message)

    def test_a_package_cut_anywhere_is_refused(self):
        self.packed()
        whole = (self.place / "a.rmpkg").read_bytes()
        cut = self.place / "cut.rmpkg"
        for end in range(0, len(whole), 7):
            cut.write_bytes(whole[:end])
            with self.assertRaises(PipelineError):
                Package.open(cut)
        with self.assertRaisesRegex(PipelineError, "LoadFailed"):
            Package.open(self.place / "gone")


if __name__ == "__main__":
    unittest.main()

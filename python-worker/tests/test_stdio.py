"""`python3 -m remotemedia.host`, as a program meets it. `cli/tests/python.rs` has the rest, from the other side."""

import os
import pathlib
import signal
import struct
import subprocess
import sys
import tempfile
import unittest

import hosted
from remotemedia import _abi
from remotemedia._abi import FROM_GUEST, TO_GUEST

PACKAGE = pathlib.Path(hosted.__file__).resolve().parents[1] / "python"
SOURCE = """
import asyncio, os, sys
from remotemedia import Node, Piece

class It(Node):
    async def initialize(self):
        await asyncio.sleep(0.001)
        print("initialized")

    def process(self, data):
        os.write(1, b"noise")
        if data == "fail":
            raise ValueError("as asked")
        if data == "loop":
            self.log("looping")
            while True: pass
        if data == "exit":
            sys.exit("gone")
        yield data
        yield Piece("a")
        yield Piece("b", last=True)

    async def flush(self):
        await asyncio.sleep(0.03)
        return "end"

    def cleanup(self):
        self.log("cleaned up")

class Waits(Node):
    async def process(self, data):
        await asyncio.sleep(3600)
"""


class Process:
    """A host, and what was said meanwhile."""

    def __init__(self, *arguments):
        command = [sys.executable, "-m", "remotemedia.host", *map(str, arguments)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(PACKAGE)}, **pipes)
        self.said = []

    def send(self, frame):
        self.process.stdin.write(struct.pack("<I", len(frame)) + frame)
        self.process.stdin.flush()

    def hear(self):
        head = self.process.stdout.read(4)
        return _abi.decode(FROM_GUEST, self.process.stdout.read(struct.unpack("<I", head)[0]))

    def answer(self):
        while (message := self.hear())[0] in ("Log", "Progress", "Partial"):
            self.said.append(message)
        return message

    def ask(self, name, /, **fields):
        self.send(_abi.encode(TO_GUEST, name, **fields))
        return self.answer()

    def open(self, kind, node=0):
        return self.ask("Open", node=node, id=f"n{node}", kind=kind, params={})

    def turn(self, *values, node=0):
        part = {"index": 0, "last": True}
        return self.ask("Turn", node=node, items=[{"value": it, "part": part} for it in values], outputs=99, bytes=10**6)

    def logs(self):
        return [fields["message"] for name, fields in self.said if name == "Log"]

    def end(self):
        self.process.stdin.close()
        return self.process.wait(20)

    def drop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            # What was not sent any more.
            pass


class Stdio(unittest.TestCase):
    def process(self, *arguments, source=SOURCE):
        process = Process(*arguments)
        self.addCleanup(process.drop)
        if source is not None:
            process.ask("Hello", capabilities=[])
            process.ask("Register", name="mine.py", source=source)
        return process

    def test_a_node_lives_from_open_to_close_and_may_be_opened_again(self):
        process = self.process()
        for _ in range(2):
            self.assertEqual(process.open("It"), ("Opened", {}))
            name, worked = process.turn(1)
            outputs = [(it["value"], it["part"]["index"], it["part"]["last"]) for it in worked["outputs"]]
            self.assertEqual(outputs, [(1, 0, True), ("a", 0, False), ("b", 1, True)])
            self.assertEqual((worked["done"], worked["state"]), (1, "Idle"))
            states, held = [], []
            while states[-1:] != ["Idle"]:
                name, worked = process.ask("Flush", node=0, outputs=9, bytes=99)
                states.append(worked["state"])
                held += [it["value"] for it in worked["outputs"]]
            self.assertEqual(held, ["end"])
            self.assertEqual(process.ask("Close"), ("Closed", {}))
        self.assertEqual(process.logs(), ["initialized", "cleaned up"] * 2)
        self.assertEqual(process.end(), 0)

    def test_faults_name_exception_and_place(self):
        process = self.process()
        process.open("It")
        name, fault = process.turn("fail")
        self.assertEqual((name, fault["code"], fault["stage"], fault["message"]), ("Fault", "NodeFailed", "process", "ValueError: as asked"))
        self.assertIn('File "mine.py", line 13, in process', fault["traceback"])
        self.assertEqual(process.turn("exit")[1]["message"], "SystemExit: gone")
        self.assertIn("no Python node kind", process.open("Nobody", 1)[1]["message"])
        self.assertEqual(process.ask("Close"), ("Closed", {}))

    def test_bytes_that_are_no_message_are_answered_with_a_fault(self):
        process = self.process()
        for frame in (b"\x02\x00", b"\x01\x63", b"\x01\x04\x00"):
            process.send(frame)
            name, fault = process.answer()
            self.assertEqual((name, fault["code"]), ("Fault", "InvalidInput"))
        self.assertEqual(process.open("It"), ("Opened", {}))

    @unittest.skipUnless(hasattr(signal, "SIGUSR1"), "interrupts are signals")
    def test_an_empty_frame_interrupts_the_node_and_nothing_else(self):
        process = self.process()
        process.send(b"")
        process.open("It")
        process.send(_abi.encode(TO_GUEST, "Turn", node=0, items=[{"value": "loop", "part": {"index": 0, "last": True}}], outputs=1, bytes=1))
        while process.hear()[1].get("message") != "looping":
            pass
        process.send(b"")
        self.assertEqual(process.answer()[1]["message"], "KeyboardInterrupt")
        self.assertEqual(process.ask("Close"), ("Closed", {}))
        self.assertEqual(process.end(), 0)

    def test_who_waits_says_so_and_is_asked_again(self):
        process = self.process()
        process.open("Waits")
        self.assertEqual(process.turn(1)[1], {"outputs": [], "done": 0, "state": "Waiting"})
        self.assertEqual(process.turn()[1]["state"], "Waiting")
        self.assertEqual(process.ask("Close"), ("Closed", {}))

    def test_modules_of_a_folder_are_its_kinds_and_know_each_other(self):
        with tempfile.TemporaryDirectory() as folder:
            place = pathlib.Path(folder)
            (place / "helper.py").write_text("K = 7\n")
            (place / "nodes.py").write_text("from helper import K\nfrom remotemedia import node\n@node()\ndef more(x):\n    return x + K\n")
            process = self.process("--path", folder, source=None)
            name, told = process.ask("Hello", capabilities=["unheard of"])
            kinds = [kind["name"] for kind in told["kinds"]]
            self.assertEqual((name, told["capabilities"], kinds), ("Hello", ["sources", "interrupts"], ["DataTransformNode", "TextProcessorNode", "more"]))
            process.open("more")
            self.assertEqual(process.turn(1)[1]["outputs"][0]["value"], 8)
            (place / "bad.py").write_text("raise OSError('no')\n")
            name, fault = self.process("--path", folder, source=None).ask("Hello", capabilities=[])
            self.assertEqual((name, fault["code"], fault["message"]), ("Fault", "LoadFailed", "OSError: no"))
            self.assertIn("bad.py", fault["traceback"])

    def test_a_package_is_learned_from_its_folder_and_refused_by_name(self):
        with tempfile.TemporaryDirectory() as folder:
            module = pathlib.Path(folder) / "python" / "nodes.py"
            module.parent.mkdir()
            module.write_text("from remotemedia import node\n@node()\ndef more(x):\n    return x + 1\n")
            process = self.process("--package", folder, source=None)
            name, told = process.ask("Hello", capabilities=[])
            self.assertEqual((name, [kind["name"] for kind in told["kinds"]][2:]), ("Hello", ["more"]))
            process.open("more")
            self.assertEqual(process.turn(1)[1]["outputs"][0]["value"], 2)
            for source, words in [
                ("import nothing_like_it", "nothing_like_it"),
                ("from remotemedia import node\n@node('TextProcessorNode')\ndef f(x):\n    return x\n", "name of a built-in node"),
            ]:
                module.write_text(source)
                name, fault = self.process("--package", folder, source=None).ask("Hello", capabilities=[])
                self.assertEqual((name, fault["code"]), ("Fault", "LoadFailed"))
                self.assertIn(words, fault["message"])

    def test_a_node_that_loops_does_not_outlive_its_program(self):
        process = self.process()
        process.open("It")
        process.send(_abi.encode(TO_GUEST, "Turn", node=0, items=[{"value": "loop", "part": {"index": 0, "last": True}}], outputs=1, bytes=1))
        process.process.stdin.close()
        self.assertIn(process.process.wait(20), (0, 1))


if __name__ == "__main__":
    unittest.main()

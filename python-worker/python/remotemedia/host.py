"""A node host for programs: node ABI v1 over standard input and output.

    python3 -m remotemedia.host [--path FOLDER]… [--module FILE]… [--library FOLDER]… [--package FOLDER]

Each frame follows its length, u32 little-endian. A length of 0 on the input interrupts whatever the nodes are doing. Every
module that lies in a FOLDER, and every FILE, is read for node classes and functions; libraries can be imported. A package's
FOLDER has modules in `python/`, and wheels in `wheels/`, which are unpacked there. What nodes print becomes a log line, never
a frame.
"""

import argparse
import asyncio
import os
import pathlib
import signal
import sys
import threading
from struct import Struct

from . import _abi, kinds
from ._entry import WAITING
from ._host import Host

TURN_MS = 40
"""A turn ends after so long, so that mail is read."""
PATIENCE = 0.02
"""Seconds that a question waits for a coroutine before it says that it waits."""
serving = False
"""Whether this process is a host: modules that are read for nodes should not run pipelines meanwhile."""
GRACE = 2
"""Seconds that nodes may go on after the other side has gone."""
_LENGTH = Struct("<I")
# The terminal's own interrupt is for the program that started this one, which then says what is to be done.
_INTERRUPT = getattr(signal, "SIGUSR1", signal.SIGINT)


class Wire:
    """Frames on two file descriptors that nobody else can reach."""

    def __init__(self):
        self._input = os.fdopen(os.dup(0), "rb")
        self._output = os.fdopen(os.dup(1), "wb", buffering=0)
        self._writing = threading.Lock()
        # Whoever reads or prints past `sys.stdin` and `sys.stdout`, C code say, must not do it in the frames.
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)

    def write(self, frame):
        """Sends a frame; a lock keeps those of other threads apart."""
        with self._writing:
            left = memoryview(_LENGTH.pack(len(frame)) + frame)
            while left:
                left = left[self._output.write(left) :]

    def read(self):
        """The next frame; empty for an interrupt, None at the end."""
        head = self._input.read(_LENGTH.size)
        if len(head) < _LENGTH.size:
            return None
        size = _LENGTH.unpack(head)[0]
        if size > _abi.MAX_FRAME:
            return None
        frame = self._input.read(size)
        return frame if len(frame) == size else None


class Server:
    """Answers one question after the other."""

    def __init__(self, wire):
        self._wire = wire
        self._encoder = _abi.Encoder()
        self._host = Host(wire.write, None, self._woken, self._encoder, lambda values, _: values)
        self._waits = bytes(self._encoder.turn(0, WAITING, ()))
        self._kinds = [kinds.kind_of(cls) for cls in kinds.builtin_classes().values()]
        self._files = []
        self._package = None
        self._busy = False
        self._interrupted = False

    def add(self, file):
        """Reads `file` for nodes when it is greeted."""
        self._files.append(file)

    def add_package(self, folder):
        """Learns the package in `folder` when it is greeted."""
        self._package = folder

    def run(self):
        """Serves until the input ends."""
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        self._mail, self._wake = asyncio.Queue(), asyncio.Event()
        self._host.guard_globals()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(_INTERRUPT, self._interrupt)
        threading.Thread(target=self._listen, args=(loop,), daemon=True).start()
        serving = loop.create_task(self._serve())
        while not serving.done():
            try:
                loop.run_until_complete(serving)
            except (KeyboardInterrupt, SystemExit):
                # It ended a coroutine of a node, which tells it to whoever asks for what that gives.
                continue

    def _listen(self, loop):
        while (frame := self._wire.read()) is not None:
            if frame:
                loop.call_soon_threadsafe(self._mail.put_nowait, frame)
            else:
                loop.call_soon_threadsafe(self._stir)
                _interrupt_main()
        loop.call_soon_threadsafe(self._mail.put_nowait, None)
        _interrupt_main()
        threading.Event().wait(GRACE)
        os._exit(1)

    def _interrupt(self, number, frame):
        if self._busy:
            raise KeyboardInterrupt

    def _stir(self):
        self._interrupted = self._busy
        self._wake.set()

    def _woken(self, node):
        self._wake.set()

    async def _serve(self):
        while (frame := await self._mail.get()) is not None:
            self._busy, self._interrupted = True, False
            try:
                answer = await self._answer(*_abi.decode(_abi.TO_GUEST, frame))
            except _abi.AbiError as error:
                answer = _fault(f"not understood: {error}", "InvalidInput")
            except KeyboardInterrupt:
                answer = _fault("KeyboardInterrupt")
            self._busy = False
            self._wire.write(answer)

    async def _answer(self, name, fields):
        if name == "Hello":
            return self._greet()
        if name == "Open":
            return await self._open(fields["node"], fields["id"], fields["kind"], fields["params"])
        if name == "Turn":
            items = [it["value"] for it in fields["items"]]
            parts = [(it["part"]["index"], it["part"]["last"]) for it in fields["items"]]
            return await self._work(self._host.turn, fields["node"], (items, parts) if items else (), (), **_limits(fields))
        if name == "Flush":
            return await self._work(self._host.flush, fields["node"], **_limits(fields))
        if name == "Close":
            return await self._close()
        return self._host.register(fields["source"], fields["name"])

    def _greet(self):
        told, brought = list(self._kinds), []
        if self._package is not None:
            answer = self._host.install(self._package)
            name, fields = _abi.decode(_abi.FROM_GUEST, answer)
            if name == "Fault":
                return _abi.encode(_abi.FROM_GUEST, name, **{**fields, "code": "LoadFailed"})
            brought = fields["kinds"]
            if taken := {kind["name"] for kind in brought} & {kind["name"] for kind in told}:
                lines = (f"{name} is the name of a built-in node, which no package may take" for name in sorted(taken))
                return _fault("\n".join(lines), "LoadFailed", "start")
        for file in self._files:
            try:
                source = pathlib.Path(file).read_text(encoding="utf-8")
            except (OSError, ValueError) as error:
                return _fault(f"{file}: {error}", "LoadFailed", "start")
            answer = self._host.register(source, str(file), needed=False)
            name, fields = _abi.decode(_abi.FROM_GUEST, answer)
            if name == "Fault":
                return _abi.encode(_abi.FROM_GUEST, name, **{**fields, "code": "LoadFailed"})
            told += fields["kinds"]
        # A node of the user's own stands for the built-in one of its name, and one of the package for both.
        named = {kind["name"]: kind for kind in told + brought}
        return _abi.encode(_abi.FROM_GUEST, "Hello", capabilities=[_abi.SOURCES, _abi.INTERRUPTS], kinds=list(named.values()))

    async def _open(self, node, name, kind, params):
        answer = self._host.open(node, name, kind, params, ())
        while answer == self._waits:
            await self._sleep()
            if self._interrupted:
                return _fault("KeyboardInterrupt", stage="open")
            answer = self._host.opened(node)
        return answer if _is_fault(answer) else _abi.encode(_abi.FROM_GUEST, "Opened")

    async def _work(self, call, node, *more, outputs, size):
        answer = call(node, *more, outputs, size, TURN_MS)
        if answer == self._waits:
            await self._sleep()
            # What was given is taken already.
            again = () if call == self._host.flush else ((), ())
            answer = call(node, *again, outputs, size, TURN_MS)
        return answer

    async def _close(self):
        answer = self._host.close()
        while answer == self._waits:
            await self._sleep()
            answer = self._host.close()
        self._host.reset()
        return answer if _is_fault(answer) else _abi.encode(_abi.FROM_GUEST, "Closed")

    async def _sleep(self):
        """Until a coroutine has ended, or not much longer."""
        self._wake.clear()
        try:
            await asyncio.wait_for(self._wake.wait(), PATIENCE)
        except asyncio.TimeoutError:
            pass


def _interrupt_main():
    if _INTERRUPT == signal.SIGINT:
        import _thread

        _thread.interrupt_main()
    else:
        # Unlike `interrupt_main` it ends a wait in the operating system, too.
        signal.pthread_kill(threading.main_thread().ident, _INTERRUPT)


def _limits(fields):
    return {"outputs": max(fields["outputs"], 1), "size": max(fields["bytes"], 1)}


def _is_fault(answer):
    return _abi.decode(_abi.FROM_GUEST, answer)[0] == "Fault"


def _fault(message, code="NodeFailed", stage=""):
    return _abi.encode(_abi.FROM_GUEST, "Fault", code=code, stage=stage, message=message, traceback=None)


def main():
    """The command."""
    global serving
    serving = True
    parser = argparse.ArgumentParser(prog="python3 -m remotemedia.host", description="A node host for programs.")
    parser.add_argument("--path", action="append", default=[], help="folder whose modules are read for nodes")
    parser.add_argument("--module", action="append", default=[], help="file that is read for nodes")
    parser.add_argument("--library", action="append", default=[], help="folder to import from")
    parser.add_argument("--package", help="folder of a package: modules in python/, and wheels in wheels/, unpacked there")
    options = parser.parse_args()
    wire = Wire()
    files = [file for folder in options.path for file in sorted(pathlib.Path(folder).glob("*.py"))] + options.module
    folders = options.path + [str(pathlib.Path(file).resolve().parent) for file in options.module] + options.library
    sys.path[:0] = [str(pathlib.Path(it).resolve()) for it in dict.fromkeys(folders)]
    server = Server(wire)
    for file in files:
        server.add(file)
    if options.package:
        server.add_package(options.package)
    server.run()


if __name__ == "__main__":
    main()

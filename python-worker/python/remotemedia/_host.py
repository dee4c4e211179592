"""The Python half of a node host. The Rust half calls these methods and keeps the callables.

Every method gives what its encoder makes of a turn, of kinds, or of a fault: JSON text (str, or UTF-8 if it is long) of
`[done, state, outputs]`, `{"kinds": […]}` or `{"fault": {message, traceback, stage}}` if nothing else was asked for; none
raises. Node ids, kinds and parameters are data: none of them ever becomes part of a source text.
"""

import gc
import sys

from . import _errors, _said
from ._entry import IDLE, MORE, WAITING, Entry
from ._reset import Baseline, cancel_tasks, default_roots
from ._sources import Sources
from ._wire import Encoder, Unsupported, decode


class Host:
    """Serves one run at a time.

    `say(text)` takes what nodes say while they work; `sink(view)` takes bulk data and gives its number; `wake(node)` is
    called when a node that waited can go on (-1: a `close` that waited). With an `encoder` of its own (`_abi.Encoder`) a
    host speaks other words: then `decode(what, buffers)` reads what `open` and `turn` are given. `classes`: node classes by
    name, known from the start.
    """

    def __init__(self, say, sink, wake, encoder=None, decode=decode, classes=None):
        self._encoder = encoder or Encoder(sink)
        self._decode = decode
        self._nothing = {state: self._encoder.turn(0, state, ()) for state in (IDLE, MORE, WAITING)}
        self._speaker = _said.Speaker(say, self._encoder)
        self._wake = wake
        self._entries = {}
        self._closing = None
        self._sources = Sources(classes or {})
        self._baseline = None
        self._streams = ()

    def guard_globals(self):
        """Sends standard output to the log, and takes the interpreter as it is now for what `reset` returns to."""
        self._streams = _said.Lines(self._speaker, "info"), _said.Lines(self._speaker, "warn")
        sys.stdout, sys.stderr = self._streams
        self._baseline = Baseline(default_roots())
        # What is here now stays: without it in the way, collecting after each run takes a fraction of the time.
        gc.collect()
        gc.freeze()

    def register(self, source, file=None, needed=True):
        """Learns the node classes and functions of `source`, which tracebacks call `file`; it must have some if `needed`."""
        try:
            return self._encoder.kinds(self._sources.register(source, file, needed))
        except BaseException as error:
            self._sources.end_run()
            return self._fault(error, "start")

    def install(self, path):
        """Learns a package: the nodes of the modules in the folder `python` of `path`, with the wheels in `wheels`."""
        try:
            told = self._sources.install(path)
            if self._baseline is not None:
                self._baseline.keep_path()
            return self._encoder.kinds(told)
        except BaseException as error:
            self._sources.end_run()
            return self._fault(error, "start")

    def open(self, key, name, kind, text, buffers):
        """Makes a node; `text` is its parameters. In state WAITING call `opened` when woken."""
        token = _said.current.set(key)
        try:
            cls = self._sources.find(kind)
            if cls is None:
                raise LookupError(f"no Python node kind is called {kind!r}")
            config = self._decode(text, buffers)
            node = cls(name, config)
            node._listener = self._listener(key)
            entry = self._entries[key] = Entry(node, lambda: self._wake(key))
            return self._nothing[entry.initialize()]
        except BaseException as error:
            return self._fault(error, "open")
        finally:
            _said.current.reset(token)

    def opened(self, key):
        """Goes on with an `open` that waited."""
        try:
            return self._nothing[self._entries[key].initialize()]
        except BaseException as error:
            return self._fault(error, "open")

    def turn(self, key, text, buffers, outputs, size, milliseconds):
        """Works on what the node has, after taking the items of `text`, `[values, parts or null]`, if not empty.

        Stops after `outputs` outputs, `size` bytes of them, or `milliseconds`.
        """
        token = _said.current.set(key)
        try:
            entry = self._entries[key]
            if text:
                entry.give(*self._decode(text, buffers))
            return self._encoder.turn(*entry.turn(self._encoder, outputs, size, milliseconds / 1000))
        except BaseException as error:
            return self._failed(error, "process")
        finally:
            _said.current.reset(token)

    def flush(self, key, outputs, size, milliseconds):
        """As `turn`, for what the node held back. Call until the state is IDLE."""
        token = _said.current.set(key)
        try:
            entry = self._entries[key]
            entry.begin_flush()
            return self._encoder.turn(*entry.turn(self._encoder, outputs, size, milliseconds / 1000))
        except BaseException as error:
            return self._failed(error, "flush")
        finally:
            _said.current.reset(token)

    def close(self):
        """Ends the run: stops what is under way, calls every `cleanup`. In state WAITING call again when woken (-1)."""
        try:
            if self._closing is None:
                self._begin_close()
            return self._nothing[self._go_on_closing()]
        except BaseException as error:
            return self._fault(error, "close")

    def reset(self):
        """Leaves the interpreter as `guard_globals` found it."""
        self._entries.clear()
        self._closing = None
        cancel_tasks()
        self._sources.end_run()
        for stream in self._streams:
            stream.drop()
        self._speaker.reset()
        if self._baseline is not None:
            self._baseline.restore()
        return self._nothing[IDLE]

    def _begin_close(self):
        self._closing = []
        for key, entry in self._entries.items():
            entry._wake = lambda: self._wake(-1)
            self._attempt(key, entry.stop)
            self._closing.append([key, entry, False])

    def _go_on_closing(self):
        for step in self._closing:
            key, entry, cleaned = step
            if entry.stopped() and not cleaned:
                step[2] = True
                self._attempt(key, entry.cleanup)
        waits = any(not entry.stopped() for _, entry, _ in self._closing)
        if not waits:
            for stream in self._streams:
                stream.flush()
            self._speaker.tell_left_out()
        return WAITING if waits else IDLE

    def _attempt(self, key, call):
        token = _said.current.set(key)
        try:
            call()
        except BaseException as error:
            # The run is over: its outcome is settled, the other nodes still want their cleanup.
            self._speaker.log(key, f"cleanup: {_errors.headline(error)}", "warn")
        finally:
            _said.current.reset(token)

    def _listener(self, key):
        tell = {"log": self._speaker.log, "progress": self._speaker.progress, "partial": self._speaker.partial}
        return lambda kind, *what: tell[kind](key, *what)

    def _failed(self, error, stage):
        for stream in self._streams:
            stream.flush()
        if isinstance(error, Unsupported):
            # The node's own frames are gone by then: what it gave is the news.
            return self._encoder.fault({"message": f"gives {error}", "traceback": None, "stage": stage})
        return self._fault(error, stage)

    def _fault(self, error, stage):
        return self._encoder.fault(_errors.told(error, stage))

"""What nodes say beside their results: progress, partial results, logs, standard output. All of it is bounded."""

import contextvars
import io
import math
import time

MAX_LINE = 8_000
"""Characters of one log line."""
BURST, PER_SECOND = 200, 200
"""Log lines at once, and in the long run."""
PROGRESS_SECONDS = 1 / 60
UNITS = ("items", "seconds", "bytes", "tokens")
LEVELS = ("debug", "info", "warn", "error")

current = contextvars.ContextVar("remotemedia_node", default=-1)
"""The node that runs now; -1 for none. Tasks of async nodes carry their own."""


class Speaker:
    """Passes words on to `say`, as `encoder` writes them, at a pace a page can take."""

    def __init__(self, say, encoder, clock=time.monotonic):
        self._say = say
        self._encoder = encoder
        self._clock = clock
        self.reset()

    def reset(self):
        """Forgets everything, between runs."""
        self._tokens = BURST
        self._filled = self._clock()
        self._left_out = 0
        self._progress = {}

    def log(self, node, message, level="info"):
        """One log line; beyond the pace it is counted, not said."""
        now = self._clock()
        self._tokens = min(BURST, self._tokens + (now - self._filled) * PER_SECOND)
        self._filled = now
        if self._tokens < 1:
            self._left_out += 1
            return
        self._tokens -= 1
        self.tell_left_out()
        level = {"warning": "warn", "critical": "error"}.get(level, level)
        self._log(node, message if type(message) is str else str(message), level if level in LEVELS else "info")

    def tell_left_out(self):
        """Says how many lines were dropped, if any were."""
        if self._left_out:
            count, self._left_out = self._left_out, 0
            self._log(-1, f"{count} log lines left out", "warn")

    def _log(self, node, message, level):
        if len(message) > MAX_LINE:
            message = message[: MAX_LINE - 1] + "…"
        # Lone surrogates cannot travel.
        message = message.encode("utf-8", "replace").decode()
        self._say(self._encoder.log(node, level, message))

    def progress(self, node, done, total=None, unit="items"):
        """Progress of a node; never falls, at most 60 a second but for the last."""
        done, total = float(done), None if total is None else float(total)
        if unit not in UNITS:
            raise ValueError(f"progress is counted in {', '.join(UNITS)}, not {unit!r}")
        if not math.isfinite(done) or done < 0 or (total is not None and not (math.isfinite(total) and total >= 0)):
            raise ValueError(f"progress is told in finite numbers from 0 on, not {done} of {total}")
        at, before = self._progress.get(node, (-math.inf, 0.0))
        done, now = max(done, before), self._clock()
        due = now - at >= PROGRESS_SECONDS or (total is not None and done >= total)
        self._progress[node] = (now if due else at, done)
        if due:
            self._say(self._encoder.progress(node, done, total, unit))

    def partial(self, node, value):
        """A result that may still change."""
        self._say(self._encoder.partial(node, value))


class Lines(io.TextIOBase):
    """A text stream whose lines become log lines of whichever node writes them."""

    def __init__(self, speaker, level):
        self._speaker = speaker
        self._level = level
        self._rest = ""
        self._writer = -1

    encoding = "utf-8"

    def writable(self):
        return True

    def write(self, text):
        whole = self._rest + text
        *lines, self._rest = whole.split("\n")
        for line in lines:
            self._speaker.log(current.get(), line, self._level)
        self._writer = current.get()
        if len(self._rest) > MAX_LINE:
            self.flush()
        return len(text)

    def flush(self):
        rest, self._rest = self._rest, ""
        if rest:
            self._speaker.log(self._writer, rest, self._level)

    def drop(self):
        """Forgets an unfinished line."""
        self._rest = ""

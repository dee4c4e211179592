"""Exceptions as data, bounded: what a user's exception does when it is printed is the user's doing."""

import linecache
import os
import sys
import time
import traceback

MAX_MESSAGE = 2_000
"""Characters of an exception's own words."""
MAX_TRACEBACK = 16_000
"""Characters of a traceback."""
MAX_FRAMES = 40
MAX_CAUSES = 5
STR_SECONDS = 0.2
"""What an exception's `__str__` may take."""
_HERE = os.path.dirname(__file__) + os.sep
_OWN = tuple(_HERE + name for name in ("_host.py", "_wire.py", "_entry.py", "_sources.py", "_folder.py"))


def told(error, stage):
    """`{message, traceback, stage}`."""
    try:
        said = headline(error)
        return {"message": said, "traceback": trace(error, said), "stage": stage}
    except BaseException as second:
        return {"message": f"{type(second).__name__} while an error was told", "traceback": None, "stage": stage}


def headline(error):
    """`ValueError: what it says`."""
    said = _cut(_says(error), MAX_MESSAGE)
    name = type(error).__name__
    return f"{name}: {said}" if said else name


def trace(error, said=None):
    """The traceback, without the frames of this package's machinery, causes first as Python prints them.

    `said`: the headline of `error`, if it is known, for it may have been dear.
    """
    parts, seen = [], set()
    while error is not None and id(error) not in seen and len(seen) < MAX_CAUSES:
        seen.add(id(error))
        parts.append(_one(error, said or headline(error)))
        said = None
        if error.__cause__ is not None:
            parts.append("\nThe above exception was the direct cause of the following exception:\n\n")
            error = error.__cause__
        elif error.__context__ is not None and not error.__suppress_context__:
            parts.append("\nDuring handling of the above exception, another exception occurred:\n\n")
            error = error.__context__
        else:
            break
    return _cut("".join(reversed(parts)), MAX_TRACEBACK)


def _one(error, said):
    frames = [it for it in _frames(error.__traceback__) if not it.filename.startswith(_OWN)]
    left_out = len(frames) - MAX_FRAMES
    if left_out > 0:
        frames = frames[: MAX_FRAMES // 2] + frames[-(MAX_FRAMES // 2) :]
    lines = traceback.format_list(frames)
    if left_out > 0:
        lines.insert(MAX_FRAMES // 2, f"  … {left_out} frames left out …\n")
    lines += _syntax(error)
    head = "Traceback (most recent call last):\n" if lines else ""
    return head + "".join(lines) + said + "\n"


def _frames(tb):
    found = []
    while tb is not None and len(found) < 10_000:
        code = tb.tb_frame.f_code
        line = linecache.getline(code.co_filename, tb.tb_lineno, None)
        found.append(traceback.FrameSummary(code.co_filename, tb.tb_lineno, code.co_name, lookup_line=False, line=line))
        tb = tb.tb_next
    return found


def _syntax(error):
    if not isinstance(error, SyntaxError) or not isinstance(error.text, str):
        return []
    text = error.text.rstrip("\n")[:500]
    caret = " " * max((error.offset or 1) - 1, 0) + "^"
    return [f'  File "{error.filename}", line {error.lineno}\n', f"    {text}\n", f"    {caret[:500]}\n"]


def _says(error):
    """`str(error)`, however it behaves: it may raise, be huge, or never return."""
    if isinstance(error, SyntaxError):
        return f"{error.msg} (line {error.lineno})"
    deadline = time.monotonic() + STR_SECONDS

    def watch(frame, event, arg):
        # A loop of a single line has no line events.
        frame.f_trace_opcodes = True
        if time.monotonic() > deadline:
            raise TimeoutError
        return watch

    before = sys.gettrace()
    sys.settrace(watch)
    try:
        said = str(error)
    except BaseException as second:
        sys.settrace(before)
        return f"(its __str__ raised {type(second).__name__})"
    finally:
        sys.settrace(before)
    return said if type(said) is str else str.__str__(said)


def _cut(text, most):
    # A lone surrogate could not leave this interpreter.
    text = text[: most + 1].encode("utf-8", "replace").decode()
    return text if len(text) <= most else text[: most - 1] + "…"

"""The Python half of a node host, asked over standard input and output: a line of JSON each way."""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "python-worker" / "python"))

from remotemedia._host import Host  # noqa: E402

answers = sys.stdout
told, buffers, said = [], [], []


def sink(view):
    buffers.append(bytes(view))
    return len(buffers) - 1


host = Host(said.append, sink, told.append)
host.guard_globals()

for line in sys.stdin:
    call = json.loads(line)
    given = [memoryview(bytearray.fromhex(it)) for it in call["buffers"]]
    arguments = [given if it == "buffers" else it for it in call["arguments"]]
    text = getattr(host, call["method"])(*arguments)
    # Long answers come as UTF-8.
    text = text.decode() if isinstance(text, bytes) else text
    answers.write(json.dumps({"text": text, "buffers": [it.hex() for it in buffers], "said": said, "woken": told}) + "\n")
    answers.flush()
    told.clear(), buffers.clear(), said.clear()

"""What CPython makes of items: `[{"node": …, "params": …, "items": […]}]` in, for each a list of outputs or an error out."""

import json
import sys

from remotemedia import kinds


def answer(job):
    node = kinds.builtin_classes()[job["node"]]("n", job["params"])
    outputs = []
    for item in job["items"]:
        try:
            result = node.process(item)
        except Exception as error:
            return {"error": f"{type(error).__name__}: {error}"}
        if result is not None:
            outputs.append(result)
    return {"outputs": outputs}


json.dump([answer(job) for job in json.load(sys.stdin)], sys.stdout)

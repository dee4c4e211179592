"""Golden files: cases as JSON, one a line; numbers of tensors beside them as little-endian f32."""
import json

import numpy as np


class Golden:
    """A folder that golden files are written into."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def tensor(self, name, values):
        """Writes `name`.f32; gives what a case says about it."""
        values = np.ascontiguousarray(values, dtype="<f4")
        (self.folder / f"{name}.f32").write_bytes(values.tobytes())
        return {"file": f"{name}.f32", "shape": list(values.shape)}

    def cases(self, name, cases):
        """Writes `name`.json."""
        lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
        (self.folder / f"{name}.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")
        print(f"{name}: {len(cases)} cases", flush=True)

    def report(self):
        sizes = {file.name: file.stat().st_size for file in sorted(self.folder.iterdir())}
        print(*(f"{size:8} {name}" for name, size in sizes.items()), sep="\n")
        print(f"{sum(sizes.values()):8} bytes in all")

"""Pi, from points thrown at a square."""

import random
from collections.abc import Iterator

from remotemedia import Json, Node, Param


class PiByChance(Node):
    """Throws as many points as asked for, and tells again and again how many hit the circle."""

    steps: int = Param(100, minimum=1, description="how many estimates to give")
    seed: int = Param(1, description="the same seed throws the same points")

    def process(self, points: int) -> Iterator[Json]:
        chance = random.Random(self.seed)
        hits = thrown = 0
        for step in range(1, self.steps + 1):
            while thrown < points * step // self.steps:
                hits += chance.random() ** 2 + chance.random() ** 2 < 1
                thrown += 1
            yield {"points": thrown, "pi": 4 * hits / max(thrown, 1)}
            self.progress(step, self.steps, unit="items")

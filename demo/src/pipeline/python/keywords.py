"""The most frequent words of transcripts."""

import re
from collections import Counter
from collections.abc import Iterator

from remotemedia import Json, Node, Param

COMMON = set("a an and are at by can for from i in is it of on or over see so that the this to today we with you".split())


class KeywordStatistics(Node):
    """Counts the words of all transcripts, and gives the most frequent ones at the end."""

    top: int = Param(10, minimum=1, description="how many words to give")

    def initialize(self):
        self.words = Counter()

    def process(self, transcript: Json) -> Iterator[Json]:
        words = re.findall(r"[a-z']+", transcript["text"].lower())
        self.words.update(word for word in words if word not in COMMON)
        print(f"{len(words)} words in {transcript['audio_duration']:.1f} s")
        return iter(())

    def flush(self) -> Iterator[Json]:
        for word, count in self.words.most_common(self.top):
            yield {"word": word, "count": count}

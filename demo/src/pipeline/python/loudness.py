"""Loudness of recordings, second by second."""

import math
from collections.abc import Iterator

from remotemedia import Audio, Json, Node, Param


class LoudnessNode(Node):
    """Root mean square and peak of each second of sound, in dB below full scale."""

    # Parts are taken as they come: a long recording is never held whole.
    streaming = True

    floor: float = Param(-96.0, maximum=0, description="what silence counts as, in dBFS")

    def initialize(self):
        self.recording = 0

    def process(self, audio: Audio) -> Iterator[Json]:
        part = self.part
        if part.index == 0:
            self.recording += 1
            self.seconds = self.all_count = self.all_energy = 0
            self.begin_second()
        rate = audio.sample_rate * audio.channels
        samples = audio.samples
        at = 0
        while at < len(samples):
            values = samples[at : at + rate - self.count].tolist()
            at += len(values)
            self.count += len(values)
            self.energy += math.hypot(*values) ** 2
            self.peak = max(self.peak, max(values), -min(values))
            if self.count == rate:
                yield self.measure()
        if part.last:
            if self.count:
                yield self.measure()
            self.summarize(rate)

    def begin_second(self):
        self.count, self.energy, self.peak = 0, 0.0, 0.0

    def measure(self):
        self.all_count += self.count
        self.all_energy += self.energy
        loudness = {
            "recording": self.recording,
            "second": self.seconds,
            "loudness_dBFS": self.decibels(math.sqrt(self.energy / self.count)),
            "peak_dBFS": self.decibels(self.peak),
        }
        self.seconds += 1
        self.progress(self.seconds, unit="seconds")
        self.begin_second()
        return loudness

    def summarize(self, rate):
        self.progress(self.all_count / rate, self.all_count / rate, unit="seconds")
        loudness = self.decibels(math.sqrt(self.all_energy / max(self.all_count, 1)))
        print(f"recording {self.recording}: {self.all_count / rate:.2f} s, {loudness} dBFS on the whole")

    def decibels(self, amplitude):
        return round(max(20 * math.log10(amplitude), self.floor), 2) if amplitude > 0 else self.floor

"""Synthesised utterances with what is said at each moment, in encoder frames of 20 ms."""

import json
from dataclasses import dataclass

import numpy as np

from settings import MARGIN_SECONDS, N_MELS, WORK
from vocabulary import tokens_of

FRAME = 0.02
PUNCTUATION = (b".", b",", b"?")


@dataclass
class Utterance:
    """One sentence; every array is indexed by encoder frame except `mel` (two rows a frame)."""

    text: str
    mel: np.ndarray  # [2 frames, 80] f16
    frames: int
    ids: list  # text tokens
    spans: list  # (first, last) frame of each token, as fractions
    phonemes: np.ndarray  # a label for each frame; 0 is none
    words: np.ndarray  # likewise, the token that is being said


class Corpus:
    """Some sets of utterances. Phoneme labels are numbered in order of appearance."""

    def __init__(self, names, vocabulary):
        self.vocabulary = vocabulary
        self.labels = {token: i + 1 for i, token in enumerate(vocabulary.used())}
        self.phoneme_labels = {}
        self.utterances = []
        for name in names:
            mel = np.memmap(WORK / "data" / f"{name}.mel", np.float16, "r").reshape(-1, N_MELS)
            for entry in json.loads((WORK / "data" / f"{name}.json").read_text()):
                self.utterances.append(self._utterance(entry, mel))

    def _utterance(self, entry, mel):
        frames = entry["frames"] // 2
        end = entry["frames"] / 100 - MARGIN_SECONDS
        tokens = tokens_of(" " + entry["text"])
        ids = [self.vocabulary.ids[token] for token in tokens]
        spans = token_spans(tokens, entry["words"], end)
        words = np.zeros(frames, np.int16)
        for token, id_, (first, last) in zip(tokens, ids, spans):
            if token not in PUNCTUATION:
                words[max(0, round(first)) : max(0, round(last))] = self.labels[id_]
        start = entry["start"]
        return Utterance(
            entry["text"],
            mel[start : start + 2 * frames],
            frames,
            ids,
            spans,
            self._phonemes(entry["phonemes"], frames, end),
            words,
        )

    def _phonemes(self, events, frames, end):
        labels = np.zeros(frames, np.int16)
        for at, (first, name) in enumerate(events):
            if not name or name.startswith("_"):  # a pause
                continue
            last = events[at + 1][0] if at + 1 < len(events) else end
            label = self.phoneme_labels.setdefault(name, len(self.phoneme_labels) + 1)
            labels[max(0, round(first / FRAME)) : max(0, round(last / FRAME))] = label
        return labels


def token_spans(tokens, words, end):
    """When each token is said. A word's time is shared among its tokens by their lengths."""
    word_of, spoken, position = [], {}, 0
    for at, token in enumerate(tokens):
        # Character in the text, which lacks the space that was put before the first token.
        character = position + (token[:1] == b" ") - 1
        word = max((i for i, (first, _) in enumerate(words) if first <= character), default=0)
        word_of.append(word)
        position += len(token)
        if token not in PUNCTUATION:
            spoken.setdefault(word, []).append(at)
    spans = [None] * len(tokens)
    for word, members in spoken.items():
        first = words[word][1]
        last = words[word + 1][1] if word + 1 < len(words) else end
        last = max(last, first + 0.06)
        length = sum(len(tokens[at]) for at in members)
        for at in members:
            until = first + (last - first) * len(tokens[at]) / length
            length -= len(tokens[at])
            spans[at] = (first / FRAME, until / FRAME)
            first = until
    for at, span in enumerate(spans):
        if span is None:  # punctuation is heard in the pause after the word
            pause = spans[at - 1][1] if at else end / FRAME
            spans[at] = (pause - 5, pause + 4)
    return spans

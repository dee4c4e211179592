"""The tokens: Whisper's own byte-pair ranks, cut down to what the grammar's words need.

The full vocabulary has 51 865 ids, whose embedding alone would be three quarters of the model. The
compact one keeps all 256 bytes, the tokens of the grammar's words and the tokens from which these
are merged, so that the ordinary byte-pair algorithm gives the same pieces as with all of them.
"""

import base64
import json
import random
from functools import cache

import regex

import grammar
from mel import whisper_assets
from settings import ENCODER_FRAMES, WORK

# How the multilingual vocabulary cuts text before merging (GPT-2's rule).
PIECES = regex.compile(r"""'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+""")
TIMESTAMPS = ENCODER_FRAMES + 1  # 0.00 s, 0.02 s ... 30.00 s
FULL_SIZE = 51_865


@cache
def ranks():
    """Every token of the full vocabulary with its rank; the lowest rank is merged first."""
    lines = (whisper_assets() / "multilingual.tiktoken").read_text().splitlines()
    return {base64.b64decode(token): int(rank) for token, rank in map(str.split, filter(None, lines))}


@cache
def languages():
    """The codes of the 99 languages that the multilingual models before v3 know, in order."""
    from whisper.tokenizer import LANGUAGES

    return list(LANGUAGES)[:99]


def special_names():
    """The special tokens before the timestamps, in order."""
    return [
        "<|endoftext|>",
        "<|startoftranscript|>",
        *(f"<|{language}|>" for language in languages()),
        "<|translate|>",
        "<|transcribe|>",
        "<|startoflm|>",
        "<|startofprev|>",
        "<|nospeech|>",
        "<|notimestamps|>",
    ]


def merge(piece, below=None):
    """The tokens that a piece of text is merged into, using only ranks under `below`."""
    parts = [bytes([byte]) for byte in piece]
    while len(parts) > 1:
        pairs = [(ranks().get(a + b), i) for i, (a, b) in enumerate(zip(parts, parts[1:]))]
        rank, at = min(((r, i) for r, i in pairs if r is not None), default=(None, None))
        if rank is None or (below is not None and rank >= below):
            break
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    return parts


@cache
def merge_word(piece):
    """`merge` for text, remembered: the grammar says the same words over and over."""
    return tuple(merge(piece.encode()))


def tokens_of(text):
    """The byte strings of the text's tokens."""
    return [token for piece in PIECES.findall(text) for token in merge_word(piece)]


@cache
def used_tokens():
    """The tokens of all that the grammar says, found by letting it speak for long."""
    path = WORK / "data" / "used-tokens.json"
    if not path.exists():
        rng = random.Random("vocabulary")
        used = {token for _ in range(60_000) for token in tokens_of(" " + grammar.sentence(rng))}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(sorted(token.decode("latin1") for token in used)))
    return [token.encode("latin1") for token in json.loads(path.read_text())]


class Vocabulary:
    """Mergeable tokens in the order of their ranks, then the special ones, then the timestamps."""

    def __init__(self, mergeable):
        self.mergeable = mergeable
        self.ids = {token: i for i, token in enumerate(mergeable)}
        self.specials = {name: len(mergeable) + i for i, name in enumerate(special_names())}
        self.end = self.specials["<|endoftext|>"]
        self.start = self.specials["<|startoftranscript|>"]
        self.english = self.specials["<|en|>"]
        self.transcribe = self.specials["<|transcribe|>"]
        self.previous = self.specials["<|startofprev|>"]
        self.no_speech = self.specials["<|nospeech|>"]
        self.no_timestamps = self.specials["<|notimestamps|>"]
        self.first_timestamp = len(mergeable) + len(self.specials)
        self.size = self.first_timestamp + TIMESTAMPS

    @classmethod
    @cache
    def compact(cls):
        """What the demo model is trained and published with."""
        kept = {bytes([byte]) for byte in range(256)}
        waiting = [b" ", *used_tokens()]
        while waiting:
            token = waiting.pop()
            if token not in kept:
                kept.add(token)
                waiting += merge(token, below=ranks()[token])
        return cls(sorted(kept, key=ranks().get))

    @classmethod
    def full(cls):
        """All of Whisper's tokens, for loaders that take ids for granted."""
        return cls(sorted(ranks(), key=ranks().get))

    def timestamp(self, encoder_frame):
        """The id of a time in a window, held within it."""
        return self.first_timestamp + max(0, min(ENCODER_FRAMES, round(encoder_frame)))

    def used(self):
        """Ids of the tokens that the grammar's sentences are made of."""
        return sorted(self.ids[token] for token in used_tokens())

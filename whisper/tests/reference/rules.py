"""What openai/whisper makes of a model that babbles: which tokens it lets through, where it cuts, when words are said.

    pip install -r requirements.txt   # in a virtual environment
    python rules.py                   # writes ../golden/data/rules.json

The model is a function of few numbers that `src/transcribe/tests/babbler.rs` computes, too: no weights, no audio. Its
vocabulary is that of `src/decoding/testing.rs`. All else is openai/whisper's own code.
"""
import importlib
import json
import random
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import tiktoken
import torch
import whisper.decoding
import whisper.tokenizer

OUT = Path(__file__).resolve().parents[1] / "golden" / "data" / "rules.json"
WORDS = [
    " one", " two", " three", " four", " five", " six", " seven", " eight", " nine", " ten", " and", " the", " a",
    "ing", ' "', " (", " -", "é", " übe", " Mr",
]
LAYERS, HEADS = 2, 2
# The package has a function of the same name.
transcribe = importlib.import_module("whisper.transcribe")
MASK = (1 << 64) - 1


def encoding(name="multilingual", num_languages=99):
    """The test vocabulary, numbered as openai/whisper numbers its own."""
    ranks = {bytes([byte]): byte for byte in range(256)}
    ranks |= {word.encode(): 256 + at for at, word in enumerate(WORDS)}
    languages = list(whisper.tokenizer.LANGUAGES)[:num_languages]
    names = ["endoftext", "startoftranscript", *languages, "translate", "transcribe", "startoflm", "startofprev"]
    names += ["nospeech", "notimestamps", *(f"{at * 0.02:.2f}" for at in range(1501))]
    special = {f"<|{it}|>": len(ranks) + at for at, it in enumerate(names)}
    pattern = r"""'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""
    return tiktoken.Encoding(name, pat_str=pattern, mergeable_ranks=ranks, special_tokens=special)


def non_speech_tokens(tokenizer, found=whisper.tokenizer.Tokenizer.non_speech_tokens.func):
    """Without the blank that musical notes begin with in this vocabulary; published ones have other tokens for them."""
    return tuple(token for token in found(tokenizer) if token != ord(" "))


def rotated(value, by):
    return (value << by | value >> (64 - by)) & MASK


def mix(seed, *keys):
    for key in keys:
        seed = rotated((seed ^ key) * 0x9E37_79B9_7F4A_7C15 & MASK, 29)
    return seed


class Babbler:
    """Speaks as it likes; hears only the number of its window."""

    device = torch.device("cpu")
    is_multilingual, num_languages = True, 99

    def __init__(self, seed):
        self.seed, self.windows, self.hooks = seed, {}, {}
        self.tokenizer = whisper.tokenizer.get_tokenizer(True)
        self.n_vocab = self.tokenizer.encoding.n_vocab
        self.dims = SimpleNamespace(
            n_mels=4, n_audio_ctx=1500, n_audio_state=1, n_text_ctx=448, n_text_layer=LAYERS, n_vocab=self.n_vocab
        )
        self.alignment_heads = torch.tensor([[False, True], [True, True]]).to_sparse()
        self.decoder = SimpleNamespace(blocks=[SimpleNamespace(cross_attn=Cross()) for _ in range(LAYERS)])

    def encoder(self, mel):
        window = self.windows.setdefault(int(mel[0, 0, 0]), len(self.windows))
        return torch.full((1, 1500, 1), float(window))

    def decode(self, mel, options):
        return whisper.decoding.decode(self, mel, options)

    def next(self, window, tokens):
        """Logits after tokens."""
        it = self.tokenizer
        start = max(at for at, token in enumerate(tokens) if it.sot <= token < it.timestamp_begin) + 1
        said = tokens[start:]

        spoken = sum(token < it.eot for token in said)

        def draw(n):
            return mix(self.seed, window, len(said), start, n)

        def height(number, most):
            return np.float32(number % (most * 100_003) / 100_003)

        logits = np.float32(-30) - np.arange(self.n_vocab, dtype=np.float32) * np.float32(1e-4)
        for n in range(6):
            # The same wherever the timestamps are, so that words are as likely when they are aligned.
            number = mix(self.seed, window, spoken, n)
            any_text, word = 32 + number // 4 % (it.eot - 32), 256 + number // 4 % len(WORDS)
            logits[word if number % 4 else any_text] = height(number // 1024, 10)
        latest = next((token for token in reversed(said) if token >= it.timestamp_begin), it.timestamp_begin)
        for n in range(20, 26) if it.no_timestamps not in tokens else ():
            logits[min(latest + draw(n) % 150, self.n_vocab - 1)] = height(draw(10 + n), 9)
        logits[it.eot] = height(draw(40), 10)
        logits[it.no_speech] = height(draw(41), 12)
        return torch.from_numpy(logits)

    def __call__(self, mel, tokens):
        """For word timestamps: attention through the hooks, and logits after each token."""
        window = int(self.encoder(mel)[0, 0, 0])
        tokens = tokens[0].tolist()
        for layer, block in enumerate(self.decoder.blocks):
            block.cross_attn(self.seed, window, layer, len(tokens))
        start = len(self.tokenizer.sot_sequence)
        rows = [self.next(window, tokens[: max(at, start)]) for at in range(1, len(tokens) + 1)]
        return torch.stack(rows)[None]


class Cross(torch.nn.Module):
    """Attention that goes forward, roughly."""

    def forward(self, seed, window, layer, count):
        step = mix(seed, window) % 30 + 5
        places = np.arange(1500, dtype=np.uint64)
        scores = np.zeros((1, HEADS, count, 1500), np.float32)
        for head in range(HEADS):
            for token in range(count):
                start = mix(seed, window, layer * HEADS + head, token)
                noise = ((places * np.uint64(2654435761) ^ np.uint64(start)) >> np.uint64(16)) % np.uint64(1000)
                near = np.abs(places.astype(np.int64) - token * step) < step
                scores[0, head, token] = noise.astype(np.float32) / np.float32(250) + near * np.float32(4)
        return None, torch.from_numpy(scores)


class Inference(whisper.decoding.Inference):
    """Asks the babbler, which needs no cache."""

    def __init__(self, model, initial_token_length):
        self.model = model

    def logits(self, tokens, audio_features):
        window = int(audio_features[0, 0, 0])
        logits = torch.zeros(*tokens.shape, self.model.n_vocab)
        for row, all_tokens in enumerate(tokens.tolist()):
            sot = all_tokens.index(self.model.tokenizer.sot)
            logits[row, sot] = self.model.next(window, all_tokens[: sot + 1])
            logits[row, -1] = self.model.next(window, all_tokens)
        return logits

    def rearrange_kv_cache(self, source_indices):
        pass


def numbered_frames(frames, n_mels, padding):
    """In place of a log-mel: each frame is its number."""
    return torch.arange(frames + 3000, dtype=torch.float32).repeat(n_mels, 1)


def case(seed):
    """One recording, asked about at random."""
    draw = random.Random(seed)
    seconds = draw.choice([3.0, 12.5, 29.99, 30.0, 47.0, 65.0])
    beam_size = draw.choice([None, None, 2, 3, 5])
    asked = {
        "language": draw.choice(["en", "de", "ja", "haw"]),
        "task": draw.choice(["transcribe", "transcribe", "translate"]),
        "beam_size": beam_size,
        "patience": draw.choice([None, 1.0, 2.0]) if beam_size else None,
        "length_penalty": draw.choice([None, None, 0.4]),
        "initial_prompt": draw.choice([None, "  the nine (übe)"]),
        "condition_on_previous_text": draw.choice([True, True, False]),
        "no_speech_threshold": draw.choice([0.6, 0.9, None]),
        "logprob_threshold": draw.choice([-1.0, -0.4, None]),
        "max_initial_timestamp": draw.choice([1.0, 1.0, 2.5, None]),
    }
    timestamps = draw.choice(["none", "segment", "segment", "word", "word"])
    asked["hallucination_silence_threshold"] = draw.choice([None, None, 0.3, 2.0]) if timestamps == "word" else None
    result = transcribe.transcribe(
        Babbler(seed),
        round(seconds * 100),
        temperature=0.0,
        fp16=False,
        without_timestamps=timestamps == "none",
        word_timestamps=timestamps == "word",
        **asked,
    )
    return {"seed": seed, "seconds": seconds, "timestamps": timestamps} | asked | {
        "segments": [segment(it) for it in result["segments"] if it["text"]]
    }


def segment(it):
    numbers = {key: round(it[key], 5) for key in ("start", "end", "avg_logprob", "compression_ratio", "no_speech_prob")}
    words = [[w["word"], round(float(w["start"]), 5), round(float(w["end"]), 5), round(float(w["probability"]), 5)]
             for w in it.get("words", [])]
    return {"seek": it["seek"], "tokens": it["tokens"], "text": it["text"]} | numbers | {"words": words}


def main():
    whisper.tokenizer.get_encoding = encoding
    whisper.tokenizer.Tokenizer.non_speech_tokens = property(non_speech_tokens)
    whisper.decoding.PyTorchInference = Inference
    transcribe.log_mel_spectrogram = numbered_frames
    # Its tensors are tiny.
    torch.set_num_threads(1)
    cases = ",\n".join(json.dumps(case(seed), ensure_ascii=False) for seed in range(1, 33))
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(f"[\n{cases}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()

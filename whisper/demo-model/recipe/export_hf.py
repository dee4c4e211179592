"""The model as a Hugging Face folder, with no more files than `transformers` needs."""

import json

from safetensors.torch import save_file

from settings import (
    DECODER_LAYERS,
    ENCODER_FRAMES,
    ENCODER_LAYERS,
    HEADS,
    HOP,
    N_FFT,
    N_MELS,
    SAMPLE_RATE,
    TEXT_POSITIONS,
    WIDTH,
    WINDOW_FRAMES,
)
from vocabulary import TIMESTAMPS, languages, merge, ranks

RENAMED = [
    ("token_embedding", "embed_tokens"),
    ("positional_embedding", "embed_positions.weight"),
    ("blocks", "layers"),
    ("encoder.ln_post", "encoder.layer_norm"),
    ("decoder.ln.", "decoder.layer_norm."),
    ("cross_attn_ln", "encoder_attn_layer_norm"),
    ("attn_ln", "self_attn_layer_norm"),
    ("mlp_ln", "final_layer_norm"),
    ("cross_attn", "encoder_attn"),
    (".attn.", ".self_attn."),
    ("query", "q_proj"),
    ("key", "k_proj"),
    ("value", "v_proj"),
    ("attn.out", "attn.out_proj"),
    ("mlp.0", "fc1"),
    ("mlp.2", "fc2"),
]


def hf_name(name):
    """The name of a weight in `transformers`."""
    for ours, theirs in RENAMED:
        name = name.replace(ours, theirs)
    return "model." + name


def byte_letters():
    """A printable letter for each byte, as byte-level tokenizers write them."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(256 + at) for at, byte in enumerate(others)}


LETTERS = byte_letters()


def written(token):
    """A token as `tokenizer.json` writes it."""
    return "".join(LETTERS[byte] for byte in token)


def config(vocabulary):
    """`config.json`."""
    return {
        "architectures": ["WhisperForConditionalGeneration"],
        "model_type": "whisper",
        "activation_function": "gelu",
        "begin_suppress_tokens": begin_suppressed(vocabulary),
        "bos_token_id": vocabulary.end,
        "d_model": WIDTH,
        "decoder_attention_heads": HEADS,
        "decoder_ffn_dim": 4 * WIDTH,
        "decoder_layers": DECODER_LAYERS,
        "decoder_start_token_id": vocabulary.start,
        "encoder_attention_heads": HEADS,
        "encoder_ffn_dim": 4 * WIDTH,
        "encoder_layers": ENCODER_LAYERS,
        "eos_token_id": vocabulary.end,
        "is_encoder_decoder": True,
        "max_source_positions": ENCODER_FRAMES,
        "max_target_positions": TEXT_POSITIONS,
        "num_hidden_layers": ENCODER_LAYERS,
        "num_mel_bins": N_MELS,
        "pad_token_id": vocabulary.end,
        "scale_embedding": False,
        "suppress_tokens": [],
        "tie_word_embeddings": True,
        "torch_dtype": "float16",
        "use_cache": True,
        "vocab_size": vocabulary.size,
    }


def begin_suppressed(vocabulary):
    """What an answer may not begin with: a blank, or its end."""
    return [vocabulary.ids[b" "], vocabulary.end]


def generation_config(vocabulary):
    """`generation_config.json`: how to decode, and what the special tokens' ids are."""
    tasks = ("transcribe", "translate")
    return {
        # The last layer's first head was trained to look where the next word is spoken.
        "alignment_heads": [[DECODER_LAYERS - 1, 0]],
        "begin_suppress_tokens": begin_suppressed(vocabulary),
        "bos_token_id": vocabulary.end,
        "decoder_start_token_id": vocabulary.start,
        "eos_token_id": vocabulary.end,
        "is_multilingual": True,
        "lang_to_id": {f"<|{code}|>": vocabulary.specials[f"<|{code}|>"] for code in languages()},
        "max_initial_timestamp_index": 50,
        "max_length": TEXT_POSITIONS,
        "no_timestamps_token_id": vocabulary.no_timestamps,
        "pad_token_id": vocabulary.end,
        "prev_sot_token_id": vocabulary.previous,
        "return_timestamps": False,
        "suppress_tokens": [],
        "task_to_id": {task: vocabulary.specials[f"<|{task}|>"] for task in tasks},
    }


PREPROCESSOR_CONFIG = {
    "chunk_length": 30,
    "feature_extractor_type": "WhisperFeatureExtractor",
    "feature_size": N_MELS,
    "hop_length": HOP,
    "n_fft": N_FFT,
    "n_samples": 30 * SAMPLE_RATE,
    "nb_max_frames": WINDOW_FRAMES,
    "padding_side": "right",
    "padding_value": 0.0,
    "processor_class": "WhisperProcessor",
    "return_attention_mask": False,
    "sampling_rate": SAMPLE_RATE,
}
TOKENIZER_CONFIG = {
    "tokenizer_class": "WhisperTokenizer",
    "processor_class": "WhisperProcessor",
    "add_prefix_space": False,
    "bos_token": "<|endoftext|>",
    "eos_token": "<|endoftext|>",
    "pad_token": "<|endoftext|>",
    "unk_token": "<|endoftext|>",
    "clean_up_tokenization_spaces": False,
    "errors": "replace",
    "model_max_length": 1024,
}


def added_token(id_, content, special):
    """A token that text is never merged into."""
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"id": id_, "content": content, **flags, "special": special}


def tokenizer(vocabulary):
    """`tokenizer.json`."""
    merges = [merge(token, below=ranks()[token]) for token in vocabulary.mergeable if len(token) > 1]
    times = [f"<|{at * 0.02:.2f}|>" for at in range(TIMESTAMPS)]
    first = vocabulary.first_timestamp
    bytes_ = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    begin, end = ["<|startoftranscript|>", "<|notimestamps|>"], ["<|endoftext|>"]

    def template(*sequences):
        def special(names):
            return [{"SpecialToken": {"id": name, "type_id": 0}} for name in names]

        texts = [{"Sequence": {"id": name, "type_id": 0}} for name in sequences]
        return special(begin) + texts + special(end)

    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            *(added_token(id_, name, True) for name, id_ in vocabulary.specials.items()),
            *(added_token(first + at, time, False) for at, time in enumerate(times)),
        ],
        "normalizer": None,
        "pre_tokenizer": bytes_,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": template("A"),
            "pair": template("A", "B"),
            "special_tokens": {
                name: {"id": name, "ids": [vocabulary.specials[name]], "tokens": [name]}
                for name in begin + end
            },
        },
        "decoder": bytes_,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": "",
            "end_of_word_suffix": "",
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {written(token): id_ for token, id_ in vocabulary.ids.items()},
            "merges": [[written(part) for part in parts] for parts in merges if len(parts) == 2],
        },
    }


def write_json(path, content, indent=2):
    """A file with one newline at its end; without an indent as compact as can be."""
    separators = (",", ": ") if indent else (",", ":")
    text = json.dumps(content, ensure_ascii=False, indent=indent, separators=separators)
    path.write_text(text + "\n", encoding="utf-8")


def write_hf(trained, folder):
    """Writes the whole folder, weights in f16."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {hf_name(name): weight.half().contiguous() for name, weight in trained.weights.items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    write_json(folder / "config.json", config(trained.vocabulary))
    write_json(folder / "generation_config.json", generation_config(trained.vocabulary))
    write_json(folder / "preprocessor_config.json", PREPROCESSOR_CONFIG)
    write_json(folder / "tokenizer_config.json", TOKENIZER_CONFIG)
    write_json(folder / "tokenizer.json", tokenizer(trained.vocabulary), indent=None)

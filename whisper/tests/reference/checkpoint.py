"""A Hugging Face folder in openai/whisper's own code, whatever its vocabulary.

openai/whisper knows the ids of its two published vocabularies only. The ids of a folder's `tokenizer.json` are put in
their place, so models with a compact vocabulary run as they are and every id in the results is the model's own.
"""
import json
import re
from pathlib import Path

import tiktoken
import torch
import whisper
import whisper.tokenizer
from safetensors.torch import load_file
from whisper.model import ModelDimensions

# Names in a Hugging Face state dict, and what openai/whisper calls them; applied in this order.
NAMES = [
    (r"^model\.", ""),
    (r"embed_positions\.weight$", "positional_embedding"),
    (r"embed_tokens", "token_embedding"),
    (r"^encoder\.layer_norm", "encoder.ln_post"),
    (r"^decoder\.layer_norm", "decoder.ln"),
    (r"\.layers\.", ".blocks."),
    (r"self_attn_layer_norm", "attn_ln"),
    (r"encoder_attn_layer_norm", "cross_attn_ln"),
    (r"final_layer_norm", "mlp_ln"),
    (r"encoder_attn", "cross_attn"),
    (r"self_attn", "attn"),
    (r"q_proj", "query"),
    (r"k_proj", "key"),
    (r"v_proj", "value"),
    (r"out_proj", "out"),
    (r"fc1", "mlp.0"),
    (r"fc2", "mlp.2"),
]


def openai_name(name):
    for pattern, replacement in NAMES:
        name = re.sub(pattern, replacement, name)
    return name


class AnyVocabulary(whisper.model.Whisper):
    """openai/whisper infers languages from the size of the vocabulary; here they are what the files say."""

    languages_in_files = 99
    # `suppress_tokens` of the files.
    suppressed = None
    folder = None

    @property
    def is_multilingual(self):
        return True

    @property
    def num_languages(self):
        return self.languages_in_files


def load(folder):
    """The model of a Hugging Face folder, in f32; openai/whisper's tokenizer then has its ids."""
    folder = Path(folder)
    config = json.loads((folder / "config.json").read_text())
    generation = json.loads((folder / "generation_config.json").read_text())
    model = AnyVocabulary(dimensions(config))
    weights = load_file(folder / "model.safetensors")
    state = {openai_name(name): tensor.float() for name, tensor in weights.items() if name != "proj_out.weight"}
    model.load_state_dict(state)
    set_alignment_heads(model, generation["alignment_heads"])
    model.languages_in_files = len(generation["lang_to_id"])
    model.folder = folder
    model.suppressed = generation.get("suppress_tokens")
    encoding = encoding_of(folder / "tokenizer.json")
    whisper.tokenizer.get_tokenizer.cache_clear()
    whisper.tokenizer.get_encoding = lambda name="", num_languages=0: encoding
    return model.eval()


def dimensions(config):
    return ModelDimensions(
        n_mels=config["num_mel_bins"],
        n_audio_ctx=config["max_source_positions"],
        n_audio_state=config["d_model"],
        n_audio_head=config["encoder_attention_heads"],
        n_audio_layer=config["encoder_layers"],
        n_vocab=config["vocab_size"],
        n_text_ctx=config["max_target_positions"],
        n_text_state=config["d_model"],
        n_text_head=config["decoder_attention_heads"],
        n_text_layer=config["decoder_layers"],
    )


def set_alignment_heads(model, pairs):
    heads = torch.zeros(model.dims.n_text_layer, model.dims.n_text_head, dtype=torch.bool)
    for layer, head in pairs:
        heads[layer, head] = True
    model.register_buffer("alignment_heads", heads.to_sparse(), persistent=False)


def encoding_of(path):
    """The byte-level BPE of a `tokenizer.json` as a tiktoken encoding; ids are ranks."""
    tokenizer = json.loads(Path(path).read_text())
    bytes_of = {character: byte for byte, character in printable().items()}
    vocabulary = tokenizer["model"]["vocab"]
    ranks = {bytes(bytes_of[it] for it in token): rank for token, rank in vocabulary.items()}
    special = {token["content"]: token["id"] for token in tokenizer["added_tokens"]}
    ranks = {token: rank for token, rank in ranks.items() if rank not in special.values()}
    return tiktoken.Encoding(
        name="folder",
        explicit_n_vocab=len(ranks) + len(special),
        pat_str=r"""'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+""",
        mergeable_ranks=ranks,
        special_tokens=special,
    )


def printable():
    """The character that stands for each byte in files of GPT-2's tokenizer."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    return {byte: chr(byte) for byte in plain} | {byte: chr(256 + at) for at, byte in enumerate(others)}

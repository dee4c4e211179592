"""Writes the peer of the benchmarks: random weights of the size of whisper-tiny as ONNX, for onnxruntime-web.

    pip install -r requirements-onnx.txt   # in a virtual environment
    python export_onnx.py                  # into target/peer, which git ignores

The weights are those of `Checkpoint::random` with the same seed, so both engines do the same work. Per precision, f32
and q8 (dynamically quantised, as transformers.js calls it), there are three graphs:

- `encoder`: `mel [1, 80, 3000]` → `heard [1, 1500, 384]`
- `cross`: `heard` → `cross_key.N`, `cross_value.N [1, 6, 1500, 64]`, once per window
- `decoder`: `tokens [1, n]` (int64), `key.N`, `value.N [1, 6, past, 64]`, `cross_*` → `logits [1, 51865]` after the
  last token, and `new_key.N`, `new_value.N` with the past in them; `past` is 0 at first

The head that gives the logits is a matrix of its own. Tied to the embedding, as it is trained, it would be turned back
into f32 at every token once it is quantised, which makes the peer two times slower than it need be.
"""
import argparse
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import nn
from torch.nn import functional as F

import random_weights

OUT = Path(__file__).resolve().parents[3] / "target" / "peer"
OPSET = 17


class Cross(nn.Module):
    """Keys and values of all cross-attentions."""

    def __init__(self, model):
        super().__init__()
        self.decoder, self.heads = model.decoder, model.dims.n_text_head

    def forward(self, heard):
        attentions = [block.cross_attn for block in self.decoder.blocks]
        return tuple(split(part(heard), self.heads) for it in attentions for part in (it.key, it.value))


class Decoder(nn.Module):
    """Some tokens after what is in the cache."""

    def __init__(self, model):
        super().__init__()
        self.decoder, self.heads = model.decoder, model.dims.n_text_head
        self.head = nn.Linear(model.dims.n_text_state, model.dims.n_vocab, bias=False)
        self.head.weight = nn.Parameter(self.decoder.token_embedding.weight.detach().clone())

    def forward(self, tokens, *caches):
        layers = len(self.decoder.blocks)
        own, cross = caches[: 2 * layers], caches[2 * layers :]
        past = own[0].shape[2]
        places = past + torch.arange(tokens.shape[1])
        x = self.decoder.token_embedding(tokens) + self.decoder.positional_embedding[places]
        later = torch.arange(past + tokens.shape[1])[None, :] > places[:, None]
        mask = later.float() * -1e9
        kept = []
        for at, block in enumerate(self.decoder.blocks):
            normal = block.attn_ln(x)
            key = torch.cat([own[2 * at], split(block.attn.key(normal), self.heads)], dim=2)
            value = torch.cat([own[2 * at + 1], split(block.attn.value(normal), self.heads)], dim=2)
            x = x + attend(block.attn, normal, key, value, self.heads, mask)
            normal = block.cross_attn_ln(x)
            x = x + attend(block.cross_attn, normal, cross[2 * at], cross[2 * at + 1], self.heads)
            x = x + block.mlp(block.mlp_ln(x))
            kept += [key, value]
        return self.head(self.decoder.ln(x[:, -1])), *kept


def split(x, heads):
    return x.unflatten(2, (heads, -1)).transpose(1, 2)


def attend(attention, x, key, value, heads, mask=None):
    query = split(attention.query(x), heads) * key.shape[-1] ** -0.5
    scores = query @ key.transpose(2, 3)
    weights = F.softmax(scores if mask is None else scores + mask, dim=-1)
    return attention.out((weights @ value).transpose(1, 2).flatten(2))


def names(kind, layers):
    return [f"{kind}{part}.{at}" for at in range(layers) for part in ("key", "value")]


def graphs(model):
    """Name, module, example inputs, names of inputs and outputs, axes that vary."""
    dims, layers = model.dims, model.dims.n_text_layer
    heard = torch.zeros(1, dims.n_audio_ctx, dims.n_audio_state)
    cross = Cross(model)
    past = torch.zeros(1, dims.n_text_head, 2, dims.n_text_state // dims.n_text_head)
    own, kept, across = names("", layers), names("new_", layers), names("cross_", layers)
    inputs = (torch.zeros(1, 3, dtype=torch.long), *[past] * (2 * layers), *cross(heard))
    varying = {"tokens": {1: "n"}} | {it: {2: "past"} for it in own} | {it: {2: "all"} for it in kept}
    yield "encoder", model.encoder, (torch.zeros(1, dims.n_mels, 3000),), ["mel"], ["heard"], {}
    yield "cross", cross, (heard,), ["heard"], across, {}
    yield "decoder", Decoder(model), inputs, ["tokens", *own, *across], ["logits", *kept], varying


def export(model, out):
    for name, module, inputs, given, made, varying in graphs(model):
        with torch.no_grad():
            plain = out / f"{name}-f32.onnx"
            torch.onnx.export(module.eval(), inputs, plain, input_names=given, output_names=made,
                              dynamic_axes=varying, opset_version=OPSET, dynamo=False)
            # Convolutions stay f32: quantised ones are slower in onnxruntime, and some of its builds lack them.
            quantize_dynamic(plain, out / f"{name}-q8.onnx", op_types_to_quantize=["MatMul", "Gather"],
                             weight_type=QuantType.QInt8, per_channel=True)


def check(model, out):
    """Both precisions give what torch gives, the quantised one roughly."""
    mel = torch.from_numpy(np.random.default_rng(1).normal(0, 0.4, (1, 80, 3000)).astype(np.float32))
    tokens = torch.tensor([[5, 50_257, 77, 1234]])
    with torch.no_grad():
        wanted = model(mel, tokens)[0, -1].numpy()
    for precision, bound in [("f32", 1e-3), ("q8", 0.1)]:
        found = run(out, precision, mel.numpy(), tokens.numpy(), model.dims)
        error = np.abs(found - wanted).max() / np.abs(wanted).max()
        print(f"{precision}: logits differ by {error:.1e} of the largest")
        assert error < bound, precision


def run(out, precision, mel, tokens, dims):
    """Logits after `tokens`: all but one in one go, then the last with the cache."""
    open_ = lambda name: onnxruntime.InferenceSession(out / f"{name}-{precision}.onnx")
    heard = open_("encoder").run(None, {"mel": mel})[0]
    across = names("cross_", dims.n_text_layer)
    cross = dict(zip(across, open_("cross").run(None, {"heard": heard})))
    empty = np.zeros((1, dims.n_text_head, 0, dims.n_text_state // dims.n_text_head), np.float32)
    cache = [empty] * (2 * dims.n_text_layer)
    decoder = open_("decoder")
    for part in (tokens[:, :-1], tokens[:, -1:]):
        own = dict(zip(names("", dims.n_text_layer), cache))
        logits, *cache = decoder.run(None, {"tokens": part, **own, **cross})
    return logits[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=OUT)
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    model = random_weights.tiny()
    # The plain form of attention: what onnxruntime gets from every exporter.
    type(model.encoder.blocks[0].attn).use_sdpa = False
    export(model, out)
    check(model, out)
    for file in sorted(out.glob("*.onnx")):
        print(f"{file.stat().st_size / 1e6:8.1f} MB  {file.name}")


main()

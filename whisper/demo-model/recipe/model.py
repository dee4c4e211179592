"""Whisper's architecture, written for training on a CPU.

Modules are named as in openai-whisper, so that a checkpoint's names are those of its `.pt` files.
What training needs besides: encoder positions from any offset, cross-attention weights to guide,
two heads that label frames, and one embedding row for all tokens that the grammar never uses.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

from settings import (
    DECODER_LAYERS,
    ENCODER_FRAMES,
    ENCODER_LAYERS,
    HEADS,
    N_MELS,
    TEXT_POSITIONS,
    WIDTH,
)
from vocabulary import FULL_SIZE, TIMESTAMPS


def sinusoids(length, channels):
    """[length, channels] fixed positions: sines, then cosines, periods from 2 pi to 10 000 of that."""
    steps = torch.arange(channels // 2) * (-math.log(10_000) / (channels // 2 - 1))
    angles = torch.arange(length)[:, None] * torch.exp(steps)[None]
    return torch.cat([angles.sin(), angles.cos()], 1)


class Linear(nn.Linear):
    """A linear layer whose weights follow its input's type."""

    def forward(self, x):
        bias = None if self.bias is None else self.bias.to(x.dtype)
        return F.linear(x, self.weight.to(x.dtype), bias)


class LayerNorm(nn.LayerNorm):
    """A layer norm whose weights follow its input's type."""

    def forward(self, x):
        return F.layer_norm(x, self.normalized_shape, self.weight.to(x.dtype), self.bias.to(x.dtype))


class Conv1d(nn.Conv1d):
    """A convolution whose weights follow its input's type."""

    def forward(self, x):
        return self._conv_forward(x, self.weight.to(x.dtype), self.bias.to(x.dtype))


class Attention(nn.Module):
    """Multi-head attention. The key has no bias, as in Whisper."""

    def __init__(self):
        super().__init__()
        self.query = Linear(WIDTH, WIDTH)
        self.key = Linear(WIDTH, WIDTH, bias=False)
        self.value = Linear(WIDTH, WIDTH)
        self.out = Linear(WIDTH, WIDTH)

    def _heads(self, x):
        return x.view(*x.shape[:2], HEADS, WIDTH // HEADS).transpose(1, 2)

    def forward(self, x, source=None, causal=False):
        """Attends to `source`, or to x itself; returns the result and the weights."""
        source = x if source is None else source
        q = self._heads(self.query(x)) * (WIDTH // HEADS) ** -0.5
        k, v = self._heads(self.key(source)), self._heads(self.value(source))
        scores = q @ k.transpose(-1, -2)
        if causal:
            later = torch.full(scores.shape[-2:], -1e4, dtype=scores.dtype).triu_(1)
            scores = scores + later
        weights = torch.softmax(scores, -1)
        mixed = (weights @ v).transpose(1, 2).reshape(x.shape)
        return self.out(mixed), weights


class Block(nn.Module):
    """One layer of the encoder, or with `cross` of the decoder."""

    def __init__(self, cross):
        super().__init__()
        self.attn_ln, self.attn = LayerNorm(WIDTH), Attention()
        if cross:
            self.cross_attn_ln, self.cross_attn = LayerNorm(WIDTH), Attention()
        self.mlp_ln = LayerNorm(WIDTH)
        self.mlp = nn.Sequential(Linear(WIDTH, 4 * WIDTH), nn.GELU(), Linear(4 * WIDTH, WIDTH))
        self.cross = cross

    def forward(self, x, audio=None):
        x = x + self.attn(self.attn_ln(x), causal=self.cross)[0]
        weights = None
        if self.cross:
            heard, weights = self.cross_attn(self.cross_attn_ln(x), audio)
            x = x + heard
        return x + self.mlp(self.mlp_ln(x)), weights


class Encoder(nn.Module):
    """Two convolutions and some layers; 20 ms a position."""

    def __init__(self):
        super().__init__()
        self.conv1 = Conv1d(N_MELS, WIDTH, 3, padding=1)
        self.conv2 = Conv1d(WIDTH, WIDTH, 3, stride=2, padding=1)
        self.register_buffer("positional_embedding", sinusoids(ENCODER_FRAMES, WIDTH))
        self.blocks = nn.ModuleList(Block(cross=False) for _ in range(ENCODER_LAYERS))
        self.ln_post = LayerNorm(WIDTH)

    def forward(self, mel, offsets=None):
        """`mel` [batch, 80, 2 frames]; returns the output and the middle layer's, for phonemes.

        A short window stands at `offsets` [batch] within 30 s: short windows are cheap, and at
        random places they teach all positions.
        """
        x = F.gelu(self.conv2(F.gelu(self.conv1(mel)))).transpose(1, 2)
        if offsets is None:
            positions = self.positional_embedding[: x.shape[1]]
        else:
            positions = self.positional_embedding[offsets[:, None] + torch.arange(x.shape[1])]
        x = x + positions.to(x.dtype)
        middle = None
        for at, block in enumerate(self.blocks):
            x, _ = block(x)
            if at == (ENCODER_LAYERS - 1) // 2:
                middle = x
        return self.ln_post(x), middle


class Decoder(nn.Module):
    """Token and position embeddings and some layers; the head is the token embedding again."""

    def __init__(self, vocabulary):
        super().__init__()
        # One row more than tokens: it stands for every token of the full vocabulary that is unused.
        self.token_embedding = nn.Embedding(vocabulary.size + 1, WIDTH)
        self.positional_embedding = nn.Parameter(torch.randn(TEXT_POSITIONS, WIDTH) * 0.01)
        self.blocks = nn.ModuleList(Block(cross=True) for _ in range(DECODER_LAYERS))
        self.ln = LayerNorm(WIDTH)
        self.unused = math.log(FULL_SIZE - vocabulary.size)

    def forward(self, tokens, audio):
        """Returns the last layer's output and each layer's cross-attention weights."""
        x = self.token_embedding(tokens) + self.positional_embedding[: tokens.shape[1]]
        x, attended = x.to(audio.dtype), []
        for block in self.blocks:
            x, weights = block(x, audio)
            attended.append(weights)
        return self.ln(x), attended

    def logits(self, x):
        """Logits in f32; the last stands for all unused tokens together."""
        logits = F.linear(x, self.token_embedding.weight.to(x.dtype)).float()
        return torch.cat([logits[..., :-1], logits[..., -1:] + self.unused], -1)


class Whisper(nn.Module):
    """The model, with the two heads that are left out of an export."""

    def __init__(self, vocabulary, phonemes):
        super().__init__()
        self.encoder = Encoder()
        self.decoder = Decoder(vocabulary)
        self.phoneme_head = Linear(WIDTH, phonemes)
        self.word_head = Linear(WIDTH, len(vocabulary.used()) + 1)
        self._initialise(vocabulary)

    @torch.no_grad()
    def _initialise(self, vocabulary):
        embedding = self.decoder.token_embedding.weight
        embedding.normal_(std=0.02)
        # Timestamps start as the encoder's positions: nearby times are alike from the beginning.
        first = vocabulary.first_timestamp
        positions = self.encoder.positional_embedding
        times = torch.cat([positions, positions[-1:]]) * 0.03
        embedding[first : first + TIMESTAMPS] = times + torch.randn(TIMESTAMPS, WIDTH) * 0.003
        for name, weight in self.named_parameters():
            if name.endswith(("attn.out.weight", "mlp.2.weight")):
                weight.mul_(0.3)

"""What training minimises."""

import random

import torch
import torch.nn.functional as F

from vocabulary import TIMESTAMPS

# A timestamp that is off by a frame or two is nearly right: the target is a small hill.
REACH = 4
HILL = torch.exp(-0.5 * (torch.arange(-REACH, REACH + 1) / 1.5) ** 2)
HILL = HILL / HILL.sum()
GUIDE_MARGIN = 2  # frames around a token to which its guided attention may go


def guided_attention(weights, spans):
    """How far one head's cross-attention strays from where each token is spoken."""
    known = spans[..., 0] >= 0
    if not known.any():
        return weights.sum() * 0
    weights, spans = weights[known], spans[known]
    frames = torch.arange(weights.shape[-1])
    inside = (frames >= spans[:, :1] - GUIDE_MARGIN) & (frames <= spans[:, 1:] + GUIDE_MARGIN)
    return -(weights.float() * inside).sum(-1).clamp_min(1e-4).log().mean()


def token_losses(model, x, targets, first_timestamp):
    """Cross-entropy of text and of timestamps, and the share of text tokens that are right."""
    known = targets >= 0
    logits, targets = model.decoder.logits(x[known]), targets[known]
    total = logits.logsumexp(-1)
    timed = targets >= first_timestamp
    text = total - logits.gather(1, targets[:, None])[:, 0]
    right = (logits.argmax(-1) == targets)[~timed].float().mean()
    if not timed.any():
        return text.mean(), total.sum() * 0, right
    near = targets[timed][:, None] + torch.arange(-REACH, REACH + 1)
    near = near.clamp(first_timestamp, first_timestamp + TIMESTAMPS - 1)
    times = ((total[timed][:, None] - logits[timed].gather(1, near)) * HILL).sum(1)
    return text[~timed].mean(), times.mean(), right


def frame_losses(model, audio, middle, batch):
    """How well phonemes are told apart mid-way through the encoder, and words at its end."""
    # Every other frame is enough to learn from.
    odd = random.randrange(2)
    phonemes = F.cross_entropy(
        model.phoneme_head(middle[:, odd::2]).float().flatten(0, 1), batch.phonemes[:, odd::2].flatten()
    )
    words = F.cross_entropy(
        model.word_head(audio[:, odd::2]).float().flatten(0, 1), batch.words[:, odd::2].flatten()
    )
    return phonemes, words


def losses(model, batch, first_timestamp, dtype):
    """The loss of a batch and its parts for the log.

    Where windows have several texts, only the decoder is trained, at a third of the price.
    """
    variants = len(batch.tokens) // len(batch.mel)
    with torch.set_grad_enabled(variants == 1):
        audio, middle = model.encoder(batch.mel.to(dtype), batch.offsets)
    heard = audio if variants == 1 else audio.repeat_interleave(variants, 0)
    x, attended = model.decoder(batch.tokens, heard)
    text, times, right = token_losses(model, x, batch.targets, first_timestamp)
    # The first layer's first head finds what was just said, the last layer's what comes next.
    current = guided_attention(attended[0][:, 0], batch.current)
    following = guided_attention(attended[-1][:, 0], batch.following)
    loss = text + 0.4 * times + 0.6 * current + 0.6 * following
    parts = dict(text=text, times=times, right=right, now=current, next=following)
    if variants == 1:
        phonemes, words = frame_losses(model, audio, middle, batch)
        loss = loss + 0.5 * phonemes + words
        parts |= dict(phonemes=phonemes, words=words)
    return loss, {name: float(part.detach()) for name, part in parts.items()}

"""Golden numbers: log-mel, encoder output, logits."""
import torch
from transformers import WhisperForConditionalGeneration
from transformers.modeling_outputs import BaseModelOutput
from whisper import DecodingOptions
from whisper.audio import N_FRAMES, SAMPLE_RATE, log_mel_spectrogram, pad_or_trim
from whisper.tokenizer import get_tokenizer

import random_weights
import signals

RECORDING = "date-time.wav"
# Not a whole window: where that ends, the reference mirrors it and a stream goes on.
CHIRP = 29 * SAMPLE_RATE
# Of a window: every 29th frame, so that no two are alike; every 50th position of the encoder.
FRAMES = range(0, N_FRAMES, 29)
POSITIONS = range(0, 1500, 50)
# Of a large vocabulary: every 41st id, and the best.
EVERY_ID = 41
BEST = 10


def window(samples, n_mels=80):
    """Log-mel of one window, silence behind the samples: `[n_mels, 3000]`."""
    return log_mel_spectrogram(pad_or_trim(torch.from_numpy(samples)), n_mels)


def mels(golden, recordings, _model):
    spoken = [{"recording": RECORDING}]
    chirp = [{"chirp": True, "samples": CHIRP}]
    cases = []
    for name, signal, n_mels in [("mel_spoken", spoken, 80), ("mel_chirp", chirp, 80), ("mel_128", chirp, 128)]:
        mel = window(signals.make(signal, recordings), n_mels)
        kept = golden.tensor(name, mel[:, FRAMES].T)
        cases.append({"name": name, "signal": signal, "n_mels": n_mels, "frames": list(FRAMES), "values": kept})
    golden.cases("mel", cases)


@torch.no_grad()
def encoders_and_logits(golden, recordings, demo):
    """The demo model on speech, and random weights of true size on the chirp."""
    spoken = [{"recording": RECORDING}]
    mel = window(signals.make(spoken, recordings))[None]
    heard = demo.encoder(mel)
    decoded = demo.decode(heard[0], DecodingOptions(language="en", fp16=False)).tokens
    sequence = [*get_tokenizer(True).sot_sequence, *decoded]
    logits = demo.logits(torch.tensor([sequence]), heard)[0]
    expect_transformers_to_agree(demo.folder, mel, heard, sequence, logits)
    cases = [numbers(golden, "demo", spoken, {"model": "demo"}, heard[0], sequence, logits, every_id=1)]

    chirp = [{"chirp": True, "samples": CHIRP}]
    tiny = random_weights.tiny()
    heard = tiny.encoder(window(signals.make(chirp, recordings))[None])
    sequence = [int(it % tiny.dims.n_vocab) for it in signals.splitmix(3, 12)]
    logits = tiny.logits(torch.tensor([sequence]), heard)[0]
    model = {"model": "random", "seed": random_weights.SEED, "dims": vars(tiny.dims)}
    cases.append(numbers(golden, "random", chirp, model, heard[0], sequence, logits, every_id=EVERY_ID))
    golden.cases("numerics", cases)


def numbers(golden, name, signal, model, heard, sequence, logits, every_id):
    """What one model makes of one window and one sequence of tokens."""
    best = logits.topk(BEST, dim=-1)
    return {
        "name": name,
        **model,
        "signal": signal,
        "positions": list(POSITIONS),
        "heard": golden.tensor(f"{name}_heard", heard[POSITIONS]),
        "tokens": sequence,
        "every_id": every_id,
        "logits": golden.tensor(f"{name}_logits", logits[:, ::every_id]),
        "best_ids": best.indices.tolist(),
        "best": golden.tensor(f"{name}_best", best.values),
    }


def expect_transformers_to_agree(folder, mel, heard, sequence, logits):
    """If the two references do not agree, neither is one."""
    model = WhisperForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
    expect_close("encoder", heard, model.model.encoder(mel).last_hidden_state)
    theirs = model(encoder_outputs=BaseModelOutput(heard), decoder_input_ids=torch.tensor([sequence])).logits
    expect_close("logits", logits, theirs[0])


def expect_close(what, ours, theirs, bound=2e-4):
    difference = (ours - theirs).abs().max().item()
    print(f"{what}: openai/whisper and transformers differ by {difference:.1e} at most", flush=True)
    assert difference < bound, what

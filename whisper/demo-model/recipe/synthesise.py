"""Makes one set of utterances: spectra in one file, texts and times in another."""

import json
import random
import time
from pathlib import Path

import numpy as np
from scipy.signal import resample_poly

import grammar
import voices
from espeak import Espeak
from mel import log_mel
from settings import DEVELOPMENT_SET, MARGIN_SECONDS, SAMPLE_RATE, TEST_SETS, WORK

ESPEAK_RATE = 22_050
PEAK = 0.5
AUDIBLE = 0.01  # of full scale, after the peak has been brought to PEAK
LONGEST_SECONDS = 9


def trim(speech):
    """Speech at 16 kHz with equal margins of near silence, and its events moved to match."""
    samples = resample_poly(speech.samples, SAMPLE_RATE // 50, ESPEAK_RATE // 50).astype(np.float32)
    samples *= PEAK / max(np.abs(samples).max(), 1e-4)
    audible = np.flatnonzero(np.abs(samples) > AUDIBLE)
    margin = int(MARGIN_SECONDS * SAMPLE_RATE)
    first = max(0, int(audible[0]) - margin)
    last = min(len(samples), int(audible[-1]) + 1 + margin)
    moved = first / SAMPLE_RATE
    words = [(character, seconds - moved) for character, seconds in speech.words]
    phonemes = [(seconds - moved, name) for seconds, name in speech.phonemes]
    return samples[first:last], words, phonemes


def test_texts():
    """Every sentence that is used for measuring, none of which training may say."""
    path = WORK / "data" / "held-out-texts.json"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        rng = random.Random("held-out texts")
        texts = set()
        count = DEVELOPMENT_SET[2] + sum(size for _, _, size in TEST_SETS.values())
        while len(texts) < count:
            text = grammar.sentence(rng)
            # Short sentences are too few to keep away from training.
            if text not in grammar.FIXED and len(text.split()) >= 3:
                texts.add(text)
        path.write_text(json.dumps(sorted(texts)))
    texts = json.loads(path.read_text())
    random.Random("shuffle").shuffle(texts)
    return texts


def held_out_share(name):
    """The part of the held-out sentences that belongs to the set of this name."""
    texts = test_texts()
    for set_name, _, size in [DEVELOPMENT_SET, *TEST_SETS.values()]:
        if set_name == name:
            return texts[:size]
        texts = texts[size:]
    raise ValueError(f"no set is called {name}")


def texts_for(name, count, rng, held_out):
    """The sentences of one set."""
    if held_out:
        yield from held_out_share(name)
        return
    banned = set(test_texts())
    while True:
        text = grammar.sentence(rng)
        if text not in banned:
            yield text


def synthesise(name, seed, count, held_out=False):
    """Writes `data/NAME.mel` (f16 spectra), `NAME.json` and, if held out, `NAME.pcm` (i16)."""
    folder = WORK / "data"
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / f"{name}.json").exists():
        return
    espeak = Espeak(voices.prepare_data(WORK))
    rng = random.Random(seed)
    unknown = name == TEST_SETS["unknown"][0]
    entries, frames, started = [], 0, time.time()
    sound = open(folder / f"{name}.pcm", "wb") if held_out else None
    with open(folder / f"{name}.mel", "wb") as spectra:
        for text in texts_for(name, count, rng, held_out):
            manner = voices.choose(rng, unknown)
            samples, words, phonemes = trim(espeak.speak(text, **manner))
            if len(samples) > LONGEST_SECONDS * SAMPLE_RATE:
                continue
            mel = log_mel(samples)
            mel.astype(np.float16).tofile(spectra)
            entry = {"text": text, "start": frames, "frames": len(mel), "words": words}
            entries.append(entry | {"phonemes": phonemes, "voice": manner["voice"]})
            if sound:
                entries[-1] |= {"sound_start": sound.tell() // 2, "samples": len(samples)}
                (samples * 32767).astype(np.int16).tofile(sound)
            frames += len(mel)
            if len(entries) % 1000 == 0:
                print(f"{name}: {len(entries)} utterances, {time.time() - started:.0f} s", flush=True)
            if len(entries) == count:
                break
    if sound:
        sound.close()
    (folder / f"{name}.json.part").write_text(json.dumps(entries))
    (folder / f"{name}.json.part").rename(folder / f"{name}.json")
    print(f"{name}: {len(entries)} utterances, {frames / 360_000:.2f} h", flush=True)


def load_sound(name):
    """The entries of a held-out set with their samples in -1..1."""
    folder = Path(WORK / "data")
    entries = json.loads((folder / f"{name}.json").read_text())
    sound = np.fromfile(folder / f"{name}.pcm", np.int16).astype(np.float32) / 32768
    return [
        (entry, sound[entry["sound_start"] : entry["sound_start"] + entry["samples"]]) for entry in entries
    ]

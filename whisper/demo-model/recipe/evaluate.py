"""Measures the exported model with `transformers` and with openai-whisper, on what it never heard.

Single sentences are decoded by `transformers` from the published folder. Long recordings, silence
and noise go through openai-whisper's own `transcribe` with its default settings, which needs the
full vocabulary; the weights are the same.
"""

import json
import random
import re

import numpy as np
import torch

from backgrounds import held_out_clips
from recordings import join, join_until, published
from settings import SAMPLE_RATE, TEST_SETS, WORK
from synthesise import load_sound

FIGURES = WORK / "figures.json"
BATCH = 15


def words_of(text):
    """What is compared: words without capitals and punctuation."""
    return re.sub(r"[^a-z' ]", " ", text.lower()).split()


def word_errors(expected, heard):
    """Words wrong, missing or too many, and how many there should be."""
    expected, heard = words_of(expected), words_of(heard)
    row = list(range(len(heard) + 1))
    for i, word in enumerate(expected, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (word != other))
    return row[-1], len(expected)


def noisy(recording, seed):
    """The recording at some distance from the microphone: quieter, with white noise."""
    rng = np.random.default_rng(seed)
    recording.samples = recording.samples * np.float32(10 ** (rng.uniform(-12, 0) / 20))
    return recording.add_noise(rng.uniform(15, 35), rng)


def sentences(folder, count):
    """Word error rates of single sentences in 30-s windows, timestamps on."""
    from transformers import WhisperForConditionalGeneration, WhisperProcessor

    processor = WhisperProcessor.from_pretrained(folder)
    model = WhisperForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
    results = {}
    for name, (set_name, _, _) in TEST_SETS.items():
        utterances = load_sound(set_name)[:count]
        for condition in ("clean", "noisy"):
            recordings = [join([utterance], [0.5]) for utterance in utterances]
            if condition == "noisy":
                recordings = [noisy(recording, seed) for seed, recording in enumerate(recordings)]
            wrong = total = 0
            for first in range(0, len(recordings), BATCH):
                part = recordings[first : first + BATCH]
                features = processor.feature_extractor(
                    [recording.samples for recording in part],
                    sampling_rate=SAMPLE_RATE,
                    return_tensors="pt",
                ).input_features
                with torch.no_grad():
                    answers = model.generate(
                        features,
                        language="en",
                        task="transcribe",
                        return_timestamps=True,
                        do_sample=False,
                        max_new_tokens=80,
                    )
                texts = processor.batch_decode(answers, skip_special_tokens=True)
                for recording, text in zip(part, texts):
                    errors, words = word_errors(recording.text, text)
                    wrong, total = wrong + errors, total + words
            results[f"{name} {condition}"] = {"wrong": wrong, "words": total}
            print("sentences", name, condition, f"{100 * wrong / total:.2f} %", flush=True)
    return results


def long_recordings():
    """The published long recording and four more of 90 s."""
    recordings = {"published": published()["long"]}
    for name, (set_name, _, _) in TEST_SETS.items():
        for part in range(2):
            rng = random.Random(f"long {name} {part}")
            utterances = load_sound(set_name)[100 + 80 * part :]
            rng.shuffle(utterances)
            recordings[f"{name} {part + 1}"] = join_until(utterances, 90, rng)
    return recordings


def time_errors(recording, segments):
    """How far the times of sentences that were heard right are off, in seconds."""
    errors = []
    for segment in segments:
        same = [it for it in recording.segments if words_of(it["text"]) == words_of(segment["text"])]
        if same:
            nearest = min(same, key=lambda it: abs(it["start"] - segment["start"]))
            errors += [abs(nearest[edge] - segment[edge]) for edge in ("start", "end")]
    return errors


def long_form(model):
    """Long recordings with and without the previous text as a prompt."""
    results = {}
    for name, recording in long_recordings().items():
        results[name] = {}
        for conditioned in (True, False):
            torch.manual_seed(0)
            answer = model.transcribe(recording.samples, fp16=False, condition_on_previous_text=conditioned)
            wrong, words = word_errors(recording.text, answer["text"])
            off = time_errors(recording, answer["segments"])
            key = "conditioned" if conditioned else "unconditioned"
            results[name][key] = {
                "wrong": wrong,
                "words": words,
                "segments": [len(answer["segments"]), len(recording.segments)],
                "median_time_error": round(float(np.median(off)), 3) if off else None,
                "language": answer["language"],
            }
            print("long", name, key, results[name][key], flush=True)
    return results


def no_speech(model):
    """How often something is written where nothing is said."""
    seconds = 30
    silence = np.zeros(seconds * SAMPLE_RATE, np.float32)
    faint = np.random.default_rng(0).standard_normal(len(silence)).astype(np.float32) * 1e-3
    clips = held_out_clips()
    groups = {
        "silence": [silence, silence[: 5 * SAMPLE_RATE], faint],
        "loud sounds": [0.7 * clip for clip in clips],
        "quiet sounds": [0.03 * clip for clip in clips],
        "short sounds": [0.4 * clip[: 6 * SAMPLE_RATE] for clip in clips],
    }
    results = {}
    for name, sounds in groups.items():
        written, certain = 0, 0
        for sound in sounds:
            torch.manual_seed(0)
            answer = model.transcribe(sound, fp16=False, language="en")
            written += bool(answer["text"].strip())
            certain += no_speech_probability(model, sound) > 0.6
        results[name] = {"sounds": len(sounds), "written": written, "certain": certain}
        print("no speech", name, results[name], flush=True)
    return results


def no_speech_probability(model, sound):
    """The probability of the no-speech token in the first window."""
    import whisper

    mel = whisper.log_mel_spectrogram(whisper.pad_or_trim(torch.from_numpy(sound)))
    options = whisper.DecodingOptions(language="en", fp16=False, sample_len=1)
    return whisper.decode(model, mel, options).no_speech_prob


def language(model, count):
    """In how many of some sentences English is detected."""
    import whisper

    right = 0
    utterances = [load_sound(set_name)[at] for set_name, _, _ in TEST_SETS.values() for at in range(count)]
    for utterance in utterances:
        samples = torch.from_numpy(join([utterance], [0.5]).samples)
        mel = whisper.log_mel_spectrogram(whisper.pad_or_trim(samples))
        _, probabilities = model.detect_language(mel)
        right += max(probabilities, key=probabilities.get) == "en"
    return {"english": right, "of": len(utterances)}


def evaluate(folder, openai_file, count=300):
    """All measurements, kept in the work folder for the card."""
    import whisper

    torch.set_num_threads(1)
    model = whisper.load_model(str(openai_file), device="cpu").float()
    figures = {"long form": long_form(model), "no speech": no_speech(model)}
    figures["language"] = language(model, 20)
    figures["sentences"] = sentences(folder, count)
    FIGURES.write_text(json.dumps(figures, indent=2))
    return figures

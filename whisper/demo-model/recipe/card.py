"""Puts the measured figures into the model card, between two marks."""

import json
import re

from evaluate import FIGURES
from settings import PUBLISHED, TRAINING_SETS, WORK

CARD = PUBLISHED / "README.md"
BEGIN, END = "<!-- figures: written by recipe/card.py -->", "<!-- end of figures -->"
VOICES = {"known": "voices of the training", "unknown": "voices and an accent never heard"}


def percent(counts):
    """A rate with the counts behind it."""
    rate = 100 * counts["wrong"] / counts["words"]
    return f"{rate:.1f} % ({counts['wrong']} of {counts['words']})"


def thousands(number):
    """A large number with spaces."""
    return f"{number:,}".replace(",", " ")


def sentence_table(results):
    """Rows by voices, columns by noise."""
    lines = ["| single sentences | clean | white noise, 15 to 35 dB |", "|---|---|---|"]
    for name, title in VOICES.items():
        cells = [percent(results[f"{name} {condition}"]) for condition in ("clean", "noisy")]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return lines


def long_table(results):
    """A row for each long recording."""
    lines = [
        "| long recordings | previous text as prompt | without | segments / spoken | median error of times |",
        "|---|---|---|---|---|",
    ]
    for name, result in results.items():
        conditioned, alone = result["conditioned"], result["unconditioned"]
        if name == "published":
            title = "`recordings/long.wav`"
        else:
            title = "90 s, " + VOICES[name.split()[0]]
        found, spoken = conditioned["segments"]
        median = conditioned["median_time_error"]
        cells = [percent(conditioned), percent(alone), f"{found} / {spoken}"]
        cells.append("none" if median is None else f"{median:.2f} s")
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return lines


def no_speech_table(results):
    """A row for each group of sounds."""
    lines = [
        "| no speech | recordings | something written | no-speech probability above 0.6 |",
        "|---|---|---|---|",
    ]
    for name, result in results.items():
        lines.append(f"| {name} | {result['sounds']} | {result['written']} | {result['certain']} |")
    return lines


def training_line(trained):
    """What the training took."""
    count, frames = 0, 0
    for name, _, _ in TRAINING_SETS:
        entries = json.loads((WORK / "data" / f"{name}.json").read_text())
        count, frames = count + len(entries), frames + sum(entry["frames"] for entry in entries)
    parameters = sum(weight.numel() for weight in trained.weights.values())
    hours, minutes = frames / 360_000, trained.seconds / 60
    return (
        f"{parameters / 1e6:.2f} million weights; {thousands(count)} utterances, {hours:.1f} h of sound; "
        f"{thousands(trained.steps)} steps, {thousands(trained.windows)} answers to windows in {minutes:.0f} "
        "minutes on a part of one core."
    )


def write_card(trained):
    """Rewrites what stands between the marks."""
    figures = json.loads(FIGURES.read_text())
    language = figures["language"]
    lines = [
        training_line(trained),
        "",
        "Word error rates:",
        "",
        *sentence_table(figures["sentences"]),
        "",
        *long_table(figures["long form"]),
        "",
        *no_speech_table(figures["no speech"]),
        "",
        f"English is detected in {language['english']} of {language['of']} sentences.",
    ]
    text = "\n".join([BEGIN, *lines, END])
    card = CARD.read_text()
    CARD.write_text(re.sub(f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: text, card, flags=re.S))

"""Writes tests/fixtures/subtitles.json: what openai-whisper's writers make of some transcripts.

    pip install openai-whisper==20250625
    python subtitles.py
"""
import io
import itertools
import json
from pathlib import Path

from whisper.utils import get_writer

FORMATS = ["srt", "vtt", "txt", "tsv", "json"]


def segment(id, start, end, text, words=None):
    extra = {"temperature": 0.0, "avg_logprob": -0.25, "compression_ratio": 1.0, "no_speech_prob": 1.5e-05}
    timed = {} if words is None else {"words": words}
    return {"id": id, "start": start, "end": end, "text": text, **extra, **timed}


def spoken(text, start, each=0.4, gap=0.05):
    """Words of a text, one after another; `|` stands for a pause of four seconds, `_` for no pause at all."""
    words, at = [], start
    for word in text.split():
        at += 4.0 * word.count("|")
        pause = 0.0 if "_" in word else gap
        word = word.strip("|_")
        words.append({"word": " " + word, "start": round(at, 3), "end": round(at + each, 3), "probability": 0.5})
        at += each + pause
    return words


def timed(id, text, start, **how):
    words = spoken(text, start, **how)
    plain = " " + " ".join(text.replace("|", "").replace("_", "").split())
    return segment(id, words[0]["start"], words[-1]["end"], plain, words)


def transcript(*segments, language="en"):
    text = "".join(it["text"] for it in segments)
    return {"text": text, "language": language, "segments": list(segments), "audio_duration": 4000.0}


TRANSCRIPTS = {
    "nothing": transcript(),
    "plain": transcript(
        segment(0, 0.0, 2.5, " Set the red lamp --> to seven."),
        segment(1, 2.5, 59.9996, "\u3000Grüße,\taus \"Köln\" \\ 😀\u2028 "),
        segment(2, 3599.9985, 3600.0005, ""),
        segment(3, 3600.0015, 36000.0025, " one\n two "),
    ),
    "words": transcript(
        timed(0, "Set the red lamp to seven _and wait", 0.0),
        timed(1, "then || go on --> and on", 4.0),
        timed(2, "supercalifragilisticexpialidocious is a word", 20.0, gap=0.0),
        timed(3, "Grüße aus Köln", 30.0),
    ),
    "odd words": transcript(
        segment(0, 1.0, 1.0, " ", []),
        segment(1, 1.0, 5.0, " a", [
            {"word": " a", "start": 1.0, "end": 1.5, "probability": 1.0},
            {"word": "", "start": 1.5, "end": 1.5, "probability": 1.0},
            {"word": "-", "start": 1.5, "end": 1.75, "probability": 1.0},
            {"word": " \x1cb ", "start": 2.0, "end": 1.75, "probability": 1.0},
            {"word": "c\nd", "start": 2.0, "end": 2.0005, "probability": 1.0},
            {"word": " e\n", "start": 5.1, "end": 5.5, "probability": 1.0},
        ]),
        segment(2, 5.0, 6.0, " ", []),
        language=None,
    ),
}


def layouts():
    widths, counts, words, highlights = [None, 12, 40], [None, 1, 2], [None, 3], [False, True]
    for width, count, most, highlight in itertools.product(widths, counts, words, highlights):
        given = {"max_line_width": width, "max_line_count": count, "max_words_per_line": most}
        layout = {name: value for name, value in given.items() if value is not None}
        yield {**layout, "highlight_words": True} if highlight else layout


def cases():
    for name in TRANSCRIPTS:
        for format in FORMATS:
            yield name, {"format": format}
    for name in ["words", "odd words", "plain"]:
        for layout in layouts():
            if layout and (name == "words" or layout.get("max_line_width") == 12 and len(layout) > 2):
                yield name, {"format": "srt", **layout}
    yield "words", {"format": "vtt", "max_line_width": 20, "max_line_count": 2, "highlight_words": True}


def written(name, params):
    file = io.StringIO()
    options = {key: value for key, value in params.items() if key != "format"}
    get_writer(params["format"], ".").write_result(TRANSCRIPTS[name], file, options)
    return {"transcript": name, "params": params, "text": file.getvalue()}


golden = {"transcripts": TRANSCRIPTS, "cases": [written(*case) for case in cases()]}
path = Path(__file__).parent.parent / "fixtures" / "subtitles.json"
path.write_text(json.dumps(golden, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

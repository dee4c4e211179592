"""Golden transcripts: what openai/whisper's `transcribe()` makes of recordings, with the options of each case."""
from contextlib import nullcontext

import torch
from whisper.audio import SAMPLE_RATE
from whisper.decoding import DecodingOptions, DecodingTask
from whisper.tokenizer import get_tokenizer

import hearing
import numerics
import signals

LONG = "long.wav"
SECOND = SAMPLE_RATE


def spoken(name, **cut):
    return [{"recording": name, **cut}]


def cases(recordings):
    """Name, signal, options; options that are not named are those of `transcribe()` at temperature 0."""
    short = sorted(path.name for path in recordings.glob("*.wav") if path.name != LONG)
    dates = spoken("date-time.wav")
    command = spoken("command.wav")
    yield from ((f"words of {name}", spoken(name), {"word_timestamps": True}) for name in short)
    yield "beams", dates, {"beam_size": 5}
    yield "beams on noise", spoken("noisy.wav"), {"beam_size": 5}
    yield "patient beams", dates, {"beam_size": 3, "patience": 2.0, "length_penalty": 0.4}
    yield "without timestamps", dates, {"without_timestamps": True}
    yield "long", spoken(LONG), {"condition_on_previous_text": False}
    yield "long, conditioned", spoken(LONG), {}
    yield "long, words", spoken(LONG), {"condition_on_previous_text": False, "word_timestamps": True}
    yield "long, prompted", spoken(LONG, to=45 * SECOND), {"initial_prompt": "The yellow lamp is in the garden."}
    yield "prompted", dates, {"initial_prompt": "Monday the third of May."}
    yield "told to translate", dates, {"task": "translate"}
    yield "told it is French", dates, {"language": "fr"}
    yield "language detected", dates, {"language": None}
    yield "across the border", [{"silence": 28 * SECOND}, *command], {"condition_on_previous_text": False}
    quiet = spoken(LONG, to=31 * SECOND, gain=2**-7)
    yield "quiet, then loud", [*quiet, *command], {"condition_on_previous_text": False}
    for seconds in (29.9, 30.0, 30.1):
        cut = spoken(LONG, to=round(seconds * SECOND))
        yield f"cut at {seconds} s", cut, {"condition_on_previous_text": False}
    yield "silence", [{"silence": 5 * SECOND}], {}
    yield "soft noise", [{"noise": 11, "samples": 5 * SECOND, "amplitude": 0.003}], {}
    yield "loud noise", [{"noise": 12, "samples": 5 * SECOND, "amplitude": 0.5}], {}
    yield "a tenth of a second", spoken("command.wav", **{"from": SECOND, "to": SECOND + SECOND // 10}), {}
    yield "nothing", [{"silence": 0}], {}
    yield "taken for silence", command, {"no_speech_threshold": 0.0, "logprob_threshold": 0.0}
    yield "not taken for silence", command, {"no_speech_threshold": 0.0}


def transcripts(golden, recordings, model):
    written = []
    for name, signal, options in cases(recordings):
        samples = signals.make(signal, recordings)
        result = transcribe(model, samples, options)
        case = {"name": name, "signal": signal, "options": options, "language": result["language"]}
        case["segments"] = [segment(it) for it in result["segments"]]
        if name in ("long", "quiet, then loud"):
            case["whole"] = difference(result, transcribe(model, samples, options, stream=False))
        written.append(case)
        print(f"  {name}: {result['text'][:60]!r} {case.get('whole', '')}", flush=True)
    golden.cases("transcripts", written)


def transcribe(model, samples, options, stream=True):
    options = {"language": "en", "temperature": 0.0, "fp16": False, "suppress_tokens": suppressed(model), **options}
    with hearing.as_a_stream() if stream else nullcontext():
        return model.transcribe(samples, **options)


def suppressed(model):
    """The list of the model's files, if they have one. With any list at all, openai/whisper adds what is only for
    prompts; so that an empty one is a list, it begins with one of those."""
    return "-1" if model.suppressed is None else [get_tokenizer(True).sot, *model.suppressed]


def difference(stream, whole):
    """What it makes to know the loudest moment of the whole recording from the start."""
    ours, theirs = stream["segments"], whole["segments"]
    if [it["text"] for it in ours] != [it["text"] for it in theirs]:
        return "the text is another"
    times = [abs(a[key] - b[key]) for a, b in zip(ours, theirs) for key in ("start", "end")]
    return f"times differ by {max(times, default=0):.2f} s at most"


def segment(it):
    kept = {key: it[key] for key in ("text", "tokens", "temperature")}
    kept |= {key: round(float(it[key]), 6) for key in ("start", "end", "avg_logprob", "compression_ratio")}
    kept["no_speech_prob"] = float(f"{it['no_speech_prob']:.6g}")
    if "words" in it:
        kept["words"] = [word(each) for each in it["words"]]
    return kept


def word(it):
    return {"word": it["word"]} | {key: round(float(it[key]), 5) for key in ("start", "end", "probability")}


def fallbacks(golden, recordings, model):
    """At which thresholds decoding is tried again. What temperatures above 0 give is up to torch's generator."""
    signal = spoken("command.wav")
    result = transcribe(model, signals.make(signal, recordings), {})["segments"][0]
    logprob, ratio = result["avg_logprob"], result["compression_ratio"]
    tries = [
        ("probable enough", {"logprob_threshold": logprob - 0.01}, False),
        ("too improbable", {"logprob_threshold": logprob + 0.01}, True),
        ("varied enough", {"compression_ratio_threshold": ratio + 0.05}, False),
        ("too repetitive", {"compression_ratio_threshold": ratio - 0.05}, True),
    ]
    golden.cases("fallback", [{"name": a, "signal": signal, "options": b, "again": c} for a, b, c in tries])


@torch.no_grad()
def vocabulary(golden, recordings, model):
    """Ids that are never said, texts in tokens, the language heard in a window."""
    tokenizer = get_tokenizer(True, language="en", task="transcribe")
    signal = spoken("noisy.wav")
    _, languages = model.detect_language(numerics.window(signals.make(signal, recordings)))
    likely = dict(sorted(languages.items(), key=lambda it: -it[1])[:5])
    texts = ["Monday the third of May.", " It's 7 o'clock,  isn't it?", "Straße 北京 🙂", ""]
    never = model_never_says(model)
    golden.cases("vocabulary", [{"never": never, "signal": signal, "languages": likely,
                                 "texts": [{"text": it, "tokens": tokenizer.encode(it)} for it in texts]}])


def model_never_says(model):
    options = DecodingOptions(language="en", fp16=False, suppress_tokens=suppressed(model))
    return list(DecodingTask(model, options)._get_suppress_tokens())

"""Writes the golden files that `whisper/tests/golden` compares the Rust engine with.

    pip install -r requirements.txt        # in a virtual environment
    python make_golden.py                  # a few minutes; from any folder

The references are openai/whisper's own code and transformers, on the demo model and on random weights of the size of
whisper-tiny. Run it again when the demo model, a recording or a case changes; `rules.py` writes what needs no model.
"""
import argparse
from pathlib import Path

import torch

import checkpoint
import numerics
import transcripts
from files import Golden

HERE = Path(__file__).resolve().parent
DEMO = HERE.parent.parent / "demo-model"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=DEMO / "hf", help="Hugging Face folder of the demo model")
    parser.add_argument("--recordings", type=Path, default=DEMO / "recordings", help="folder of its recordings")
    parser.add_argument("--out", type=Path, default=HERE.parent / "golden" / "data")
    parser.add_argument("--only", choices=STEPS, help="write one file alone")
    return parser.parse_args()


# What is written, and by whom: each is given the golden files, the recordings and the demo model.
STEPS = {
    "mel": numerics.mels,
    "numerics": numerics.encoders_and_logits,
    "vocabulary": transcripts.vocabulary,
    "fallback": transcripts.fallbacks,
    "transcripts": transcripts.transcripts,
}


def main():
    options = arguments()
    # One thread adds up in one order, so two runs write the same bytes.
    torch.set_num_threads(1)
    golden = Golden(options.out)
    model = checkpoint.load(options.model)
    for name, write in STEPS.items():
        if options.only in (None, name):
            write(golden, options.recordings, model)
    golden.report()


main()

"""Makes the demo model from nothing, or takes any of the steps.

    python run.py                         everything, in order
    python run.py synthesise              speech from espeak-ng
    python run.py train --minutes 98      again to go on after a stop
    python run.py export                  hf/ and ggml-demo.bin
    python run.py export-full --to DIR    the same weights with all 51 865 ids, and as an openai .pt
    python run.py record                  recordings/
    python run.py evaluate                word error rates
    python run.py card                    the figures into README.md

Work data (about 4 GB) goes to ./demo-model-work, or to the folder that DEMO_MODEL_WORK names.
"""

import argparse
from multiprocessing import get_context
from pathlib import Path

from settings import DEVELOPMENT_SET, PUBLISHED, TEST_SETS, TRAINING_SETS, WORK


def synthesise():
    """All sets, two processes at once; what is there already is kept."""
    from synthesise import synthesise as make
    from synthesise import test_texts
    from voices import prepare_data

    # Made before, so that the processes do not both make them.
    prepare_data(WORK)
    test_texts()
    jobs = [(*held_out, True) for held_out in [DEVELOPMENT_SET, *TEST_SETS.values()]]
    jobs += TRAINING_SETS
    with get_context("spawn").Pool(2) as pool:
        pool.starmap(make, jobs, chunksize=1)


def train(minutes):
    """Until the run has had so many minutes in all."""
    from train import train as go_on

    go_on(minutes)


def export(folder):
    """The published form: compact vocabulary, weights in f16."""
    from export_ggml import write_ggml
    from export_hf import write_hf
    from weights import load

    trained = load()
    write_hf(trained, folder / "hf")
    write_ggml(trained, folder / "ggml-demo.bin")


def export_full(folder):
    """All ids of the multilingual vocabulary, for loaders that know them beforehand."""
    from export_ggml import F32, write_ggml
    from export_hf import write_hf
    from weights import load, write_openai

    folder.mkdir(parents=True, exist_ok=True)
    trained = load(full=True)
    write_hf(trained, folder / "hf")
    write_ggml(trained, folder / "ggml-demo-full.bin", positions=F32)
    write_openai(trained, folder / "openai.pt")


def record():
    """The committed recordings."""
    from recordings import write_recordings

    write_recordings()


def evaluate(folder):
    """Everything that the card tells."""
    from evaluate import evaluate as measure

    export_full(WORK / "full")
    measure(folder / "hf", WORK / "full" / "openai.pt")


def card():
    """The card's figures."""
    from card import write_card
    from weights import load

    write_card(load())


def main():
    """The command line."""
    steps = ["all", "synthesise", "train", "export", "export-full", "record", "evaluate", "card"]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("step", nargs="?", default="all", choices=steps)
    parser.add_argument("--minutes", type=float, default=98, help="of training, in all")
    parser.add_argument("--to", type=Path, default=PUBLISHED, help="folder for an export")
    arguments = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    full = WORK / "full" if arguments.to == PUBLISHED else arguments.to
    actions = {
        "synthesise": synthesise,
        "train": lambda: train(arguments.minutes),
        "export": lambda: export(arguments.to),
        "export-full": lambda: export_full(full),
        "record": record,
        "evaluate": lambda: evaluate(arguments.to),
        "card": card,
    }
    for step in steps[1:] if arguments.step == "all" else [arguments.step]:
        actions[step]()


if __name__ == "__main__":
    main()

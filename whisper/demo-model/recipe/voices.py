"""Who speaks: espeak-ng's own voice variants, and invented ones for a wider range of throats.

espeak-ng has some 60 usable variants of its voice. A model trained on those alone stumbles over a
variant that it never heard, so training adds invented variants: random formants, breath and tone.
"""

import random
import shutil
import subprocess
from pathlib import Path

ACCENTS = ("en-us en-us en-us en en en en-gb-scotland en-gb-x-rp en-gb-x-gbclan en-us-nyc en-029").split()
VARIANTS = (
    "m1 m2 m4 m5 m6 m7 m8 f1 f2 f3 f5 klatt klatt2 klatt4 Alex Andy Annie Gene Gene2 Lee Mike Denis "
    "Diogo Hugo Jacky Marco Mario Nguyen adam anika antonio aunty belinda benjamin boris caleb david ed "
    "edward edward2 grandma gustave iven iven2 iven3 john kaukovalta linda marcelo max michel miguel "
    "pablo paul pedro quincy rob robert sandro shelby steph victor zac"
).split()
INVENTED = 120
# Never heard in training, neither these variants nor the last accent.
UNKNOWN_VARIANTS = "m3 f4 travis Michael Alicia norbert".split()
UNKNOWN_ACCENTS = "en-us en en-gb-x-rp en-gb-x-gbcwmd".split()


def invented_variant(number):
    """The text of one invented variant file."""
    rng = random.Random(f"variant {number}")
    size = rng.uniform(0.86, 1.3)  # a smaller head has higher formants
    low = rng.randrange(70, 190)
    lines = ["language variant", f"name invented{number}", f"pitch {low} {low + rng.randrange(30, 80)}"]
    for formant in range(9):
        frequency = 100 * size * rng.uniform(0.92, 1.08)
        height = rng.uniform(65, 125)
        width = rng.uniform(85, 160)
        lines.append(f"formant {formant} {frequency:.0f} {height:.0f} {width:.0f}")
    lines.append(f"consonants {rng.randrange(60, 150)} {rng.randrange(60, 150)}")
    lines.append(f"voicing {rng.randrange(70, 170)}")
    if rng.random() < 0.3:
        lines.append(f"roughness {rng.randrange(1, 4)}")
    if rng.random() < 0.4:
        lines.append(f"flutter {rng.randrange(1, 8)}")
    if rng.random() < 0.2:
        lines.append(f"echo {rng.randrange(30, 140)} {rng.randrange(5, 40)}")
    if rng.random() < 0.3:
        lines.append("tone " + " ".join(f"{600 * (i + 1)} {rng.randrange(60, 250)}" for i in range(3)))
    if rng.random() < 0.3:
        lines.append("breath " + " ".join(str(rng.randrange(0, 12)) for _ in range(8)))
    return "\n".join(lines) + "\n"


def prepare_data(folder: Path):
    """A copy of espeak-ng's data with the invented variants added; returns the folder to open."""
    data = folder / "espeak-ng-data"
    if not (data / "complete").exists():
        version = subprocess.run(["espeak-ng", "--version"], capture_output=True, text=True, check=True)
        original = version.stdout.rsplit("Data at: ", 1)[1].strip()
        shutil.copytree(original, data, dirs_exist_ok=True)
        # The library lists at most 350 voices: other languages make room for the invented ones.
        for other in [data / "voices" / "mb", *(data / "lang").iterdir()]:
            if other.name != "gmw":
                shutil.rmtree(other) if other.is_dir() else other.unlink()
        for number in range(INVENTED):
            (data / "voices" / "!v" / f"invented{number}").write_text(invented_variant(number))
        (data / "complete").touch()
    return folder


def choose(rng, unknown):
    """Arguments for `Espeak.speak`: a voice and a manner of speaking."""
    if unknown:
        accent, variant = rng.choice(UNKNOWN_ACCENTS), rng.choice(UNKNOWN_VARIANTS)
    else:
        accent = rng.choice(ACCENTS)
        kind = rng.random()
        if kind < 0.05:
            variant = ""
        elif kind < 0.6:
            variant = rng.choice(VARIANTS)
        else:
            variant = f"invented{rng.randrange(INVENTED)}"
    return {
        "voice": f"{accent}+{variant}" if variant else accent,
        "rate": int(rng.triangular(115, 235, 165)),
        "pitch": rng.randrange(20, 81),
        "pitch_range": rng.randrange(25, 85),
        "word_gap": rng.choice([0, 0, 0, 1, 2, 4]),
    }

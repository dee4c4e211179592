"""A small English grammar: numbers, dates, times, commands and plain sentences.

A model this small can learn to hear a few hundred words. The grammar combines them into millions
of different sentences, so that the model must listen and cannot know them by heart.
"""

import random
import re

WORDS = {
    "digit": "zero one two three four five six seven eight nine",
    "day": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "month": "January February March April May June July August September October November December",
    "colour": "red green blue yellow black white brown orange purple grey pink golden",
    "size": "small big little large old new long short heavy quiet",
    "animal": "cat dog horse bird fish fox mouse lion bear rabbit",
    "animals": "cats dogs horses birds foxes lions bears rabbits",
    "did": "sat slept jumped walked stood waited played danced",
    "where": "under behind on near over inside",
    "thing": "table chair house tree bridge river garden mountain box car boat wall",
    "things": "apples books flowers stones houses trees boxes cars boats bottles letters chairs",
    "device": "light lamp fan radio heater camera music television",
    "lid": "door window box gate book garage",
    "carried": "door window box gate book garage table chair",
    "name": "Anna Peter Maria John Sarah David Emma Thomas",
    "place": "market school office library station kitchen beach hospital",
    "unit": "seconds minutes hours",
    "weather": "sunny cloudy cold warm windy rainy",
    "way": "left right forward back",
    "side": "left right",
    "switch": "on off",
    "move": "open close",
    "clock": "timer alarm",
    "soon": "now tomorrow later again",
    "which": "next last first same",
    "please": "again now please",
    "whom": "me him her us them",
    "stoppable": "timer alarm music car",
    "event": "meeting party lesson dinner",
    "relation": "on after before",
    "who": "I We They You",
    "verb": "have see want need found",
}
PHRASES = {
    "part": ["in the morning", "in the evening", "in the afternoon", "at night", "today", "tomorrow"],
    "adjective": ["{colour}", "{colour}", "{colour}", "{size}", "{size}", "{size} {colour}"],
    "time": [
        "{hour} o'clock",
        "{hour} {minutes}",
        "quarter past {hour}",
        "half past {hour}",
        "quarter to {hour}",
        "{hour} thirty",
        "{hour} fifteen",
        "{hour} forty five",
    ],
    "date": ["{day} the {ordinal} of {month}", "the {ordinal} of {month}", "{day}", "{day} {part}"],
    "command": [
        "turn {switch} the {colour} {device}",
        "turn {switch} the {device}",
        "{move} the {adjective} {lid}",
        "set the {clock} to {time}",
        "set the {clock} for {number} {unit}",
        "call {name} {soon}",
        "go {way} {count} steps",
        "turn {side} at the {colour} {thing}",
        "play the {which} song {please}",
        "bring {whom} the {adjective} {carried}",
        "stop the {stoppable}",
    ],
    "visit": ["went to", "works at", "is waiting at", "will visit"],
    "when": ["on {day}", "today", "every day", "at {time}"],
    "ask": ["Where", "How far", "How big"],
    "counted": ["{things}", "{animals}"],
    "digits": [" ".join(["{digit}"] * n) for n in range(3, 8)],
}
FIXED = [
    "Hello world.",
    "This is a test.",
    "Good morning.",
    "Good evening.",
    "Thank you very much.",
    "How are you today?",
    "What time is it?",
    "The quick brown fox jumps over the lazy dog.",
    "Please speak slowly.",
    "I do not know.",
    "Yes.",
    "No.",
    "Testing, one, two, three.",
    "My name is Whisper.",
    "See you tomorrow.",
    "Where is the library?",
]
# How often each kind of sentence is said, in per cent.
SENTENCES = [
    (13, "{digits}."),
    (7, "{number}."),
    (7, "{number} {adjective} {counted}."),
    (6, "{date}."),
    (4, "the {event} is {relation} {date}."),
    (2, "the {event} is {relation} {date} at {time}."),
    (5, "it is {time} {part}."),
    (10, "{command}."),
    (4, "please {command}."),
    (2, "can you {command}?"),
    (15, "the {adjective} {animal} {did} {where} the {adjective} {thing}."),
    (8, "{who} {verb} {count} {colour} {counted}."),
    (6, "{name} {visit} the {place} {when}."),
    (3, "{colour}, {colour}, {colour} and {colour}."),
    (3, "the weather is {weather} and {weather} {part}."),
    (2, "{ask} is the {adjective} {thing}?"),
    (3, "{fixed}"),
]
TEENS = ("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen").split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
    "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
).split()
CHOICES = {name: words.split() for name, words in WORDS.items()} | PHRASES | {"fixed": FIXED}
PLACEHOLDER = re.compile(r"{(\w+)}")


def spell(n, rng):
    """0..999 in words; the "and" after a hundred comes and goes as it does between speakers."""
    if n < 10:
        return CHOICES["digit"][n]
    if n < 20:
        return TEENS[n - 10]
    if n < 100:
        tens = TENS[n // 10 - 2]
        return tens if n % 10 == 0 else f"{tens} {CHOICES['digit'][n % 10]}"
    hundreds = f"{CHOICES['digit'][n // 100]} hundred"
    if n % 100 == 0:
        return hundreds
    return hundreds + rng.choice([" and ", " "]) + spell(n % 100, rng)


def spell_ordinal(n):
    """The nth day of a month in words."""
    if n <= 20:
        return ORDINALS[n - 1]
    if n < 30:
        return f"twenty {ORDINALS[n - 21]}"
    return "thirtieth" if n == 30 else "thirty first"


def expand_name(name, rng):
    """What stands in one placeholder."""
    if name == "hour":
        return spell(rng.randrange(1, 13), rng)
    if name == "minutes":
        return spell(rng.randrange(10, 60), rng)
    if name == "count":
        return spell(rng.randrange(2, 100), rng)
    if name == "number":
        low, high = rng.choices([(0, 10), (10, 100), (100, 1000)], [20, 35, 45])[0]
        return spell(rng.randrange(low, high), rng)
    if name == "ordinal":
        return spell_ordinal(rng.randrange(1, 32))
    return expand(rng.choice(CHOICES[name]), rng)


def expand(template, rng):
    """The template with every placeholder replaced, recursively."""
    return PLACEHOLDER.sub(lambda found: expand_name(found[1], rng), template)


def sentence(rng: random.Random) -> str:
    """One sentence with its capital letter and its full stop."""
    weights, templates = zip(*SENTENCES)
    text = expand(rng.choices(templates, weights)[0], rng)
    return text[0].upper() + text[1:]

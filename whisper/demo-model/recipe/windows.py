"""Puts windows together from utterances, pauses and noise, all as spectra.

A window is what a decoder sees at once: up to 30 s of sound, perhaps with the text that came
before, and the tokens that it should answer with. Made afresh for every step, no two are alike.
"""

from dataclasses import dataclass, replace

import numpy as np

from mel import SILENCE
from settings import ENCODER_FRAMES, MARGIN, N_MELS, PROMPT_TOKENS, TEXT_POSITIONS

NO_SPEECH_SHARE = 0.08
NOWHERE = (-1.0, -1.0)
IGNORED = -100
# log10 energy of white noise that is as loud on average as an utterance at full gain.
SPEECH_LEVEL = -1.4
LATEST_FIRST_TIMESTAMP = 50  # decoders let the first timestamp be 1.00 s at most


@dataclass
class Window:
    """One example; times are in encoder frames, spectra have two rows a frame."""

    mel: np.ndarray  # [2 frames, 80] log10 energies
    content: int  # mel frames of sound; after them a recording has ended
    padded_with_zeros: bool  # how: with zeros in the normalised spectrum, or with silence
    peak: float  # the loudest point of the recording that this is a part of
    offset: int
    tokens: list
    targets: list
    current: list  # where each input token is spoken
    following: list  # where each target is spoken
    phonemes: np.ndarray
    words: np.ndarray


def warps():
    """Matrices that move a spectrum's formants by -12 % to +14 %, as another throat would."""
    mels = np.linspace(0, 45.245640471924965, N_MELS + 2)[1:-1]  # of 8 kHz, on Slaney's scale
    hertz = np.where(mels < 15, mels * 200 / 3, 1000 * np.exp((mels - 15) * np.log(6.4) / 27))
    matrices = []
    for factor in np.linspace(0.88, 1.14, 27):
        position = np.interp(hertz / factor, hertz, np.arange(N_MELS))
        low = np.minimum(position.astype(int), N_MELS - 2)
        matrix = np.zeros((N_MELS, N_MELS), np.float32)
        matrix[low, np.arange(N_MELS)] = 1 - (position - low)
        matrix[low + 1, np.arange(N_MELS)] += position - low
        matrices.append(matrix)
    return matrices


class Composer:
    """Makes windows from a corpus and backgrounds, all chance taken from one generator."""

    def __init__(self, corpus, backgrounds, rng):
        self.corpus, self.backgrounds, self.rng = corpus, backgrounds, rng
        self.vocabulary = corpus.vocabulary
        self.used = self.vocabulary.used()
        self.warps = warps()
        self.pool = corpus.utterances

    def window(self, frames, offset, timestamps):
        """One window of so many frames that begins `offset` frames into its 30 s."""
        rng = self.rng
        self._fill_pool()
        to_the_end = offset + frames == ENCODER_FRAMES
        scene = Scene(self, frames)
        silent = rng.random() < NO_SPEECH_SHARE
        if silent:
            scene.fill_without_speech(to_the_end)
        else:
            scene.fill_with_speech(cut_at_end=to_the_end and timestamps)
            scene.add_noise()
            if to_the_end and rng.random() < 0.6:
                scene.end_after_speech()
        answer = self._answer(scene, offset, timestamps, silent)
        tokens, current = [token for token, _ in answer], [span for _, span in answer]
        targets = tokens[1:]
        if silent:
            targets[0] = self.vocabulary.no_speech
        return Window(
            mel=scene.mel,
            content=scene.content,
            padded_with_zeros=rng.random() < 0.6,
            peak=rng.uniform(-1.5, 1.5) if rng.random() < 0.4 else SILENCE,
            offset=offset,
            tokens=self._with_mistakes(tokens[:-1], frames),
            targets=targets,
            current=current[:-1],
            following=current[1:],
            phonemes=scene.phonemes,
            words=scene.words,
        )

    def with_prompt(self, window, limit, timestamps):
        """The window after some previous text of at most `limit` tokens."""
        prompt = self._prompt(min(limit, TEXT_POSITIONS - len(window.tokens) - 1), timestamps)
        nowhere = [NOWHERE] * len(prompt)
        return replace(
            window,
            tokens=prompt + window.tokens,
            targets=[IGNORED] * len(prompt) + window.targets,
            current=nowhere + window.current,
            following=nowhere + window.following,
        )

    def _fill_pool(self):
        """Chooses who may speak. A few sentences over and over, in the window and in the text
        before it, teach a decoder to keep its place by time, and not to jump to similar words."""
        everything = self.corpus.utterances
        few = self.rng.choices(everything, k=self.rng.randrange(3, 8))
        self.pool = few if self.rng.random() < 0.3 else everything

    def utterance(self):
        """Any utterance that may be spoken now."""
        return self.rng.choice(self.pool if self.rng.random() < 0.7 else self.corpus.utterances)

    def _answer(self, scene, offset, timestamps, silent):
        """(token, span) of the whole answer, from the start token to the end token."""
        vocabulary = self.vocabulary
        answer = [(vocabulary.start, NOWHERE), (vocabulary.english, NOWHERE)]
        answer.append((vocabulary.transcribe, NOWHERE))
        if not timestamps:
            answer.append((vocabulary.no_timestamps, NOWHERE))
        elif silent:
            answer.append((vocabulary.timestamp(0), NOWHERE))
        for first, utterance in scene.placed:
            last = first + utterance.frames
            if timestamps:
                time = vocabulary.timestamp(offset + first + MARGIN)
                answer.append((time, (first, first + 5)))
            spans = [(first + a, first + b) for a, b in utterance.spans]
            answer += zip(utterance.ids, spans)
            if timestamps:
                answer.append((vocabulary.timestamp(offset + last - MARGIN), (last - 5, last)))
        if timestamps and scene.cut is not None:
            # Of a sentence that the window's end cuts off, only the beginning's time is given: the
            # next window begins there.
            time = vocabulary.timestamp(offset + scene.cut + MARGIN)
            answer.append((time, (scene.cut, scene.cut + 5)))
        return [*answer, (vocabulary.end, NOWHERE)]

    def _with_mistakes(self, tokens, frames):
        """Input tokens as a decoder may really have chosen them: times a bit off, wrong words."""
        rng, vocabulary = self.rng, self.vocabulary
        latest = vocabulary.timestamp(LATEST_FIRST_TIMESTAMP)
        clipped = frames == ENCODER_FRAMES or rng.random() < 0.5
        for at in range(3, len(tokens)):
            if tokens[at] >= vocabulary.first_timestamp:
                if at == 3 and tokens[at] > latest and clipped:
                    early = rng.choice([0, 0, rng.randrange(LATEST_FIRST_TIMESTAMP + 1)])
                    tokens[at] = latest - early
                elif rng.random() < 0.3:
                    moved = tokens[at] - vocabulary.first_timestamp + rng.randrange(-6, 7)
                    tokens[at] = vocabulary.timestamp(moved)
            elif tokens[at] < vocabulary.end and rng.random() < 0.02:
                tokens[at] = rng.choice(self.used)
        return tokens

    def _prompt(self, limit, timestamps):
        """What a decoder has written before, with the timestamps of its windows, as it would be
        put before the next window: the last `limit` tokens of it."""
        rng, vocabulary = self.rng, self.vocabulary
        limit = min(limit, PROMPT_TOKENS)
        if limit < 1:
            return []
        if rng.random() < 0.1:
            timestamps = not timestamps
        written = []
        while len(written) < limit:
            at, until = rng.randrange(60), rng.choice([200, 1_000, 1_300, 1_400])
            # One window; the loop around it goes on to the next one, whose times begin anew.
            while at < until and len(written) < limit + 60:
                utterance = self.utterance()
                if timestamps:
                    written.append(vocabulary.timestamp(at + MARGIN))
                written += utterance.ids
                at += utterance.frames
                if timestamps:
                    written.append(vocabulary.timestamp(at - MARGIN))
                at += rng.randrange(3, 100)
        written = written[-limit:] if rng.random() < 0.8 else written[:limit]
        return [vocabulary.previous, *written]


class Scene:
    """The sound of one window while it is put together."""

    def __init__(self, composer, frames):
        self.composer, self.rng, self.frames = composer, composer.rng, frames
        self.mel = np.full((2 * frames, N_MELS), SILENCE, np.float32)
        self.phonemes = np.zeros(frames, np.int16)
        self.words = np.zeros(frames, np.int16)
        self.placed = []  # (first frame, utterance)
        self.cut = None  # where a sentence begins that does not end in this window
        self.content = 2 * frames
        self.gain = self.rng.uniform(-2.5, 0.3)
        bins = np.linspace(-1, 1, N_MELS)
        ripple = np.sin(bins * self.rng.uniform(1, 5) + self.rng.uniform(0, 6))
        self.tilt = bins * self.rng.uniform(-0.4, 0.4) + ripple * self.rng.uniform(0, 0.25)

    def fill_with_speech(self, cut_at_end):
        """Utterances with pauses, to the end of the window or only a few."""
        rng, full = self.rng, self.frames > 1_000
        starts = [0, 0, rng.randrange(15), rng.randrange(60), rng.randrange(200 if full else 60)]
        at = rng.choice(starts)
        if at >= 12 and rng.random() < 0.25:
            self._add_remains()
        most = 99 if rng.random() < 0.75 else rng.randrange(1, 4)
        while len(self.placed) < most and at < self.frames - 10:
            utterance = self.composer.utterance()
            if at + utterance.frames > self.frames:
                if cut_at_end and self.frames - at > 15 and rng.random() < 0.7:
                    self.cut = at
                    self._add(at, utterance, self.frames - at)
                    return
                tries = 4 if self.placed else 16
                others = [self.composer.utterance() for _ in range(tries)]
                utterance = min(others, key=lambda other: other.frames)
                if not self.placed:
                    at = min(at, max(0, self.frames - utterance.frames))
                if at + utterance.frames > self.frames:
                    return
            self._add(at, utterance, utterance.frames)
            self.placed.append((at, utterance))
            pauses = [rng.randrange(3, 25), rng.randrange(5, 60), rng.randrange(5, 60)]
            pauses.append(rng.randrange(20, 120))
            if full:
                pauses.append(rng.randrange(50, 400))
            at += utterance.frames + rng.choice(pauses)

    def _add(self, at, utterance, frames):
        mel = utterance.mel[: 2 * frames].astype(np.float32)
        if self.rng.random() < 0.6:
            mel = mel @ self.rng.choice(self.composer.warps)
        mel += self.gain + self.rng.uniform(-0.25, 0.25) + self.tilt
        self.mel[2 * at : 2 * (at + frames)] = mel
        self.phonemes[at : at + frames] = utterance.phonemes[:frames]
        self.words[at : at + frames] = utterance.words[:frames]

    def _add_remains(self):
        """The last sound of a sentence that the window before has written already."""
        frames = self.rng.randrange(3, 9)
        end = self.composer.utterance().mel[-2 * frames :].astype(np.float32)
        self.mel[: len(end)] = end + self.gain + self.tilt

    def _mix(self, other):
        np.logaddexp2(self.mel * np.log2(10), other * np.log2(10), out=self.mel)
        self.mel /= np.log2(10)

    def add_noise(self):
        """White or tilted noise behind most speech, other sounds behind some."""
        rng, backgrounds = self.rng, self.composer.backgrounds
        if rng.random() < 0.7:
            level = SPEECH_LEVEL + self.gain - rng.uniform(0.4, 4.5)
            slope = np.linspace(0.5, -1, N_MELS) * rng.uniform(-0.5, 1.5)
            noise = backgrounds.white(rng, len(self.mel)) - 0.57 + level + slope
            self._mix(noise.astype(np.float32))
        if rng.random() < 0.2:
            level = self.gain - 0.6 - rng.uniform(1.2, 4)
            self._mix(backgrounds.sound(rng, len(self.mel)) + np.float32(level))

    def fill_without_speech(self, may_end):
        """Silence, noise or some other sound, which may end early."""
        rng, backgrounds = self.rng, self.composer.backgrounds
        kind = rng.random()
        if 0.2 <= kind < 0.5 or kind > 0.8:
            slope = np.linspace(0.5, -1, N_MELS) * rng.uniform(-0.5, 1.5)
            noise = backgrounds.white(rng, len(self.mel)) + rng.uniform(-7, 1) + slope
            self._mix(noise.astype(np.float32))
        if kind >= 0.5:
            sound = backgrounds.sound(rng, len(self.mel)) + np.float32(rng.uniform(-4, 0.3))
            self._mix(sound)
        if rng.random() < 0.2:
            self._add_remains()
        if may_end and rng.random() < 0.6:
            self.content = 2 * rng.choice([rng.randrange(3, 100), rng.randrange(3, self.frames)])
            self.content = min(self.content, len(self.mel))

    def end_after_speech(self):
        """The recording ends some time after the last word."""
        if self.placed and self.cut is None:
            at, utterance = self.placed[-1]
            after = at + utterance.frames + self.rng.choice([0, 2, self.rng.randrange(60)])
            self.content = 2 * min(self.frames, after)

"""espeak-ng through its C interface: sound together with the times of words and phonemes.

The command line gives sound alone. The times are what lets so small a model learn to listen within
an hour: they tell it, frame by frame, what is being said.
"""

import ctypes
from dataclasses import dataclass

import numpy as np

SYNCHRONOUS_RETRIEVAL = 2  # AUDIO_OUTPUT_SYNCHRONOUS: hand the samples to us, play nothing
PHONEME_EVENTS = 1
UTF8 = 1
RATE, PITCH, PITCH_RANGE, WORD_GAP = 1, 3, 4, 7
WORD_EVENT, PHONEME_EVENT, END_OF_LIST = 1, 7, 0


class Event(ctypes.Structure):
    """espeak_EVENT as version 1.51 lays it out."""

    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    ]


@dataclass
class Speech:
    """What was spoken: mono samples in -1..1 and events with their times in seconds."""

    samples: np.ndarray
    words: list  # (first character, seconds)
    phonemes: list  # (seconds, name)


class Espeak:
    """One synthesiser. The library holds global state, so a process has one of these."""

    def __init__(self, data_folder):
        """`data_folder` holds `espeak-ng-data`."""
        self.library = ctypes.CDLL("libespeak-ng.so.1")
        self.rate = self.library.espeak_Initialize(
            SYNCHRONOUS_RETRIEVAL, 0, str(data_folder).encode(), PHONEME_EVENTS
        )
        if self.rate <= 0:
            raise RuntimeError(f"espeak-ng finds no data in {data_folder}")
        signature = ctypes.CFUNCTYPE(
            ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(Event)
        )
        self.callback = signature(self._receive)  # kept: the library calls it for as long as we live
        self.library.espeak_SetSynthCallback(self.callback)
        self.sound, self.words, self.phonemes = [], [], []

    def _receive(self, samples, count, events):
        if samples and count > 0:
            self.sound.append(np.ctypeslib.as_array(samples, (count,)).copy())
        at = 0
        while events[at].type != END_OF_LIST:
            event = events[at]
            seconds = event.audio_position / 1000
            if event.type == WORD_EVENT:
                self.words.append((event.text_position - 1, seconds))
            elif event.type == PHONEME_EVENT:
                # The name is not always ended by a zero: read all eight bytes.
                raw = ctypes.string_at(ctypes.addressof(event) + Event.id.offset, 8)
                self.phonemes.append((seconds, raw.split(b"\0")[0].decode("utf-8", "replace")))
            at += 1
        return 0

    def speak(self, text, voice, rate, pitch, pitch_range, word_gap) -> Speech:
        """Speaks the text. `voice` is a language, optionally with `+variant`."""
        self.sound, self.words, self.phonemes = [], [], []
        if self.library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise RuntimeError(f"espeak-ng has no voice {voice}")
        settings = {RATE: rate, PITCH: pitch, PITCH_RANGE: pitch_range, WORD_GAP: word_gap}
        for parameter, value in settings.items():
            self.library.espeak_SetParameter(parameter, value, 0)
        raw = text.encode() + b"\0"
        self.library.espeak_Synth(raw, len(raw), 0, 1, 0, UTF8, None, None)
        self.library.espeak_Synchronize()
        samples = np.concatenate(self.sound).astype(np.float32) / 32768
        return Speech(samples, self.words, self.phonemes)

"""Synthetic people for generated conversations, and what each of them has to say, spoken once and kept.

A person is a voice of flite or espeak-ng at a pitch and a rate of their own, some with a longer or a shorter
vocal tract (played faster or slower, which moves the formants too). Needs flite and espeak-ng (Debian: `apt
install flite espeak-ng`).
"""

import os
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.signal import resample_poly

from bench.models import cache_folder
from bench.sentences import HELD_OUT, TUNING, Speech
from tests.fixtures.tiny_whisper.voices import Espeak, speak_flite

Samples = npt.NDArray[np.float32]

SENTENCES = 120
"""Per person: repeated every eight minutes of their speech or so."""
LEVEL = 0.08
"""Root mean square of every utterance, of full scale."""
LEAST_WORD_S = 0.03
EDITION = 2
"""Goes up when what is kept would be made otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """Somebody to speak. `warp` in percent: 110 is a vocal tract a tenth shorter."""

    name: str
    engine: str
    voice: str
    pitch: int
    """Hertz for flite, 0 to 99 for espeak-ng."""
    rate: float = 1.0
    warp: int = 100


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Utterance:
    """One thing said: sound from the first word's start to the last one's end, its words and their times."""

    samples: Samples
    words: tuple[tuple[str, float, float], ...]

    @property
    def duration_s(self) -> float:
        return len(self.samples) / 16_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Repertoire:
    """All that one voice can say."""

    sentences: tuple[Utterance, ...]
    asides: tuple[Utterance, ...]


def _flite(name: str, voice: str, pitch: int, rate: float, warp: int = 100) -> Voice:
    return Voice(name=name, engine="flite", voice=voice, pitch=pitch, rate=rate, warp=warp)


def _espeak(name: str, voice: str, pitch: int, rate: float, warp: int = 100) -> Voice:
    return Voice(name=name, engine="espeak", voice=voice, pitch=pitch, rate=rate, warp=warp)


TUNING_VOICES = (
    _flite("tina", "slt", 175, 1.0),
    _flite("kurt", "kal16", 105, 1.0),
    _flite("tess", "slt", 165, 1.05, 86),
    _flite("karl", "kal16", 100, 0.95, 117),
    _espeak("theo", "gmw/en-US+m1", 40, 1.0),
    _espeak("thea", "gmw/en+f1", 55, 0.95),
    _espeak("timo", "gmw/en-GB-scotland+m4", 55, 1.1),
    _espeak("tilda", "gmw/en-US+f4", 60, 1.05, 108),
)
HELD_OUT_VOICES = (
    _flite("rhea", "rms", 110, 0.95, 125),
    _flite("ross", "rms", 95, 1.0),
    _flite("abel", "awb", 130, 1.0),
    _flite("anna", "awb", 140, 1.05, 118),
    _espeak("emil", "gmw/en+m3", 45, 1.05),
    _espeak("ella", "gmw/en-GB-x-rp+f2", 60, 1.0),
    _espeak("egon", "gmw/en-US+m7", 30, 0.95),
    _espeak("edda", "gmw/en-GB-scotland+f5", 50, 1.1),
)


def cast(*, held_out: bool) -> tuple[Voice, ...]:
    return HELD_OUT_VOICES if held_out else TUNING_VOICES


def words_of(*, held_out: bool) -> Speech:
    return HELD_OUT if held_out else TUNING


@cache
def repertoire(voice: Voice) -> Repertoire:
    """What `voice` says: spoken now unless it is in the cache."""
    speech = words_of(held_out=voice in HELD_OUT_VOICES)
    spoken = _kept(voice, speech)
    return Repertoire(
        sentences=tuple(said for text, said in spoken.items() if text not in speech.asides),
        asides=tuple(said for text, said in spoken.items() if text in speech.asides),
    )


def speak(voice: Voice, text: str) -> Utterance | None:
    """None for the rare text whose words cannot be placed."""
    if voice.engine == "flite":
        said = speak_flite(text, voice.voice, stretch=1 / voice.rate, pitch_hz=voice.pitch)
    else:
        said = _espeak_library().speak(
            text, voice.voice, words_per_minute=round(165 * voice.rate), pitch=voice.pitch
        )
    if said is None or any(end - start < LEAST_WORD_S for start, end in said.words):
        return None
    samples = resample_poly(said.samples, 100, voice.warp).astype(np.float32)
    scale = 100 / voice.warp
    first, last = said.words[0][0] * scale, said.words[-1][1] * scale
    sound = samples[max(0, round(first * 16_000)) : round(last * 16_000)]
    sound = sound * np.float32(LEVEL / np.sqrt(np.mean(np.square(sound)) + 1e-9))
    words = tuple(
        (word, start * scale - first, end * scale - first)
        for word, (start, end) in zip(text.split(), said.words, strict=True)
    )
    return Utterance(samples=sound, words=words)


def _kept(voice: Voice, speech: Speech) -> dict[str, Utterance]:
    path = cache_folder() / "voices" / f"{voice.name}-{EDITION}.npz"
    if not path.exists():
        # espeak-ng runs small words together, so that many texts are lost.
        texts = (text for text in speech.sentences(4 * SENTENCES, seed=voice.name))
        spoken = ((text, said) for text in texts if (said := speak(voice, text)) is not None)
        asides = ((text, said) for text in speech.asides if (said := speak(voice, text)) is not None)
        _keep(path, dict([*islice(spoken, SENTENCES), *asides]))
    with np.load(path) as kept:
        pcm, texts_kept = kept["pcm"], kept["texts"].tolist()
        ends, spans = kept["ends"].tolist(), kept["spans"]
    utterances, first, word = {}, 0, 0
    for text, end in zip(texts_kept, ends, strict=True):
        said = text.split()
        times = spans[word : word + len(said)].tolist()
        utterances[text] = Utterance(
            samples=pcm[first:end].astype(np.float32) / 32_768,
            words=tuple((name, start, stop) for name, (start, stop) in zip(said, times, strict=True)),
        )
        first, word = end, word + len(said)
    return utterances


def _keep(path: Path, spoken: dict[str, Utterance]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    making = path.with_name(f"{path.stem}.{os.getpid()}.npz")
    said = list(spoken.values())
    np.savez(
        making,
        pcm=np.concatenate([np.round(np.clip(u.samples, -1, 1) * 32_767).astype(np.int16) for u in said]),
        ends=np.cumsum([len(u.samples) for u in said]),
        texts=np.array(list(spoken)),
        spans=np.array([(start, end) for u in said for _, start, end in u.words]),
    )
    making.rename(path)


@cache
def _espeak_library() -> Espeak:
    return Espeak()

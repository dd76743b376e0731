"""Known voices: people with names, and which speaker of a recording is surely one of them."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from app.domain.diarization import ChunkDiarization
from app.domain.errors import InvalidAudio, InvalidOptions
from app.domain.timeline import TimeRange

Embedding = npt.NDArray[np.float32]

LONGEST_NAME = 100
LEAST_SPEECH_S = 2.0
"""Less of a voice is not known again."""
LEAST_SHARE = 0.8
"""Of what is spoken: a "yes" of somebody else is let pass, a second person is not."""
_LABEL = re.compile(r"SPEAKER_\d+", re.IGNORECASE)
_UNIT_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Voiceprint:
    """How somebody sounds to the embedding model `model`: float32 (d,) of unit length.

    It is the mean over `seconds` of speech, each second counting the same.
    """

    model: str
    embedding: Embedding
    seconds: float

    def __post_init__(self) -> None:
        if self.embedding.ndim != 1 or not abs(float(np.linalg.norm(self.embedding)) - 1) < _UNIT_TOLERANCE:
            raise ValueError("a voiceprint's embedding must be a finite vector of unit length")
        if not self.seconds > 0:
            raise ValueError(f"a voiceprint needs speech, got {self.seconds} s")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KnownVoice:
    """A person's name and voice, as one voiceprint per embedding model. Has no tie to any recording."""

    id: str
    name: str
    prints: tuple[Voiceprint, ...]
    created_at: datetime

    def __post_init__(self) -> None:
        if self.name != clean_name(self.name):
            raise ValueError(f"not a clean name: {self.name!r}")
        if len({heard.model for heard in self.prints}) != len(self.prints):
            raise ValueError(f"{self.name}: more than one voiceprint of a model")


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchRule:
    """What cosines of two voiceprints mean. From `least` on they may be one person's, if no other pair is
    nearer than `margin` to them; below `kin` they are two people's, even heard over different lines.
    """

    least: float
    margin: float
    kin: float


MATCH_RULES = {"resemblyzer-ge2e": MatchRule(least=0.86, margin=0.08, kin=0.6)}
"""By embedding model; docs/known-voices.md has the measurements.

GE2E: 251 readers, each with a microphone of their own, are alike by 0.58 (99.9 %: below 0.82), but by 0.72
(0.91) over one telephone line. A reader is alike to themselves by 0.96 or more in one sitting, a speaker by
0.88 (0.82 to 0.95) in twelve rooms, and by 0.76 (0.65 to 0.86) where one of two is a telephone.
"""
MATCH_RULE_OTHERWISE = MatchRule(least=0.6, margin=0.1, kin=0.3)
"""For models not measured here."""


def match(heard: Mapping[str, Voiceprint], known: Sequence[KnownVoice]) -> dict[str, str]:
    """Which labels of a recording are surely whom: label to name, only those, no name twice.

    A label and a voice belong together if they are alike enough, and by a margin more so than this label
    and any other voice, and than this voice and any other label (`MATCH_RULES`). So nobody is named where
    two could be meant, and people who sound alike only for their common line stay who they were.
    """
    names: dict[str, str] = {}
    for model in sorted({spoken.model for spoken in heard.values()}):
        rule, labels = rule_of(model), [label for label, spoken in heard.items() if spoken.model == model]
        cosines = np.array([[_cosine(heard[label], voice) for voice in known] for label in labels])
        for row, column in np.argwhere(cosines.reshape(len(labels), len(known)) >= rule.least):
            rivals = np.concatenate([np.delete(cosines[row], column), np.delete(cosines[:, column], row)])
            if cosines[row, column] - rivals.max(initial=-np.inf) >= rule.margin:
                names[labels[row]] = known[column].name
    return names


def _cosine(spoken: Voiceprint, voice: KnownVoice) -> float:
    cosine = likeness(spoken, voice)
    return -np.inf if cosine is None else cosine


def likeness(spoken: Voiceprint, voice: KnownVoice) -> float | None:
    """The cosine of the two, None where `voice` has no voiceprint of the model: others are never compared."""
    for own in voice.prints:
        if own.model == spoken.model and own.embedding.shape == spoken.embedding.shape:
            return float(own.embedding.astype(np.float64) @ spoken.embedding.astype(np.float64))
    return None


def is_somebody_else(spoken: Voiceprint, voice: KnownVoice) -> bool:
    """Whether what was heard is surely not this person. False where nothing can be compared."""
    cosine = likeness(spoken, voice)
    return cosine is not None and cosine < rule_of(spoken.model).kin


def mistakable(voice: KnownVoice, others: Iterable[KnownVoice]) -> tuple[str, ...]:
    """The names of those who sound so much like `voice` that neither would be named for sure."""
    return tuple(other.name for other in others if any(_alike(own, other) for own in voice.prints))


def _alike(spoken: Voiceprint, voice: KnownVoice) -> bool:
    cosine = likeness(spoken, voice)
    return cosine is not None and cosine >= rule_of(spoken.model).least


def rule_of(model: str) -> MatchRule:
    return MATCH_RULES.get(model, MATCH_RULE_OTHERWISE)


def learn_voice(found: ChunkDiarization, stretch: TimeRange) -> Voiceprint:
    """The voice of the one person who speaks in `stretch`, in which `found` was found.

    Others may speak `1 - LEAST_SHARE` of the time. Raises `InvalidAudio` where it is not one person's or
    there is too little of it, and says what to do.
    """
    spoken_s: dict[int, float] = {}
    for turn in found.turns:
        inside_s = turn.range.overlap(stretch)
        spoken_s[turn.local_speaker] = spoken_s.get(turn.local_speaker, 0.0) + inside_s
    main = max(spoken_s, key=lambda speaker: spoken_s[speaker], default=0)
    main_s, all_s = spoken_s.get(main, 0.0), sum(spoken_s.values())
    where = f"between {stretch.start:.1f} and {stretch.end:.1f} s"
    if not all_s:
        raise InvalidAudio(
            f"nobody is heard {where}: give the start and end of a part in which somebody speaks"
        )
    if main_s < LEAST_SPEECH_S:
        raise InvalidAudio(
            f"{main_s:.1f} s of one voice {where}: to know it again takes {LEAST_SPEECH_S:.0f} s, better 10 s"
        )
    if main_s < LEAST_SHARE * all_s:
        raise InvalidAudio(
            f"{len(spoken_s)} voices {where}, the one heard most for {main_s:.1f} of {all_s:.1f} s: "
            "give the start and end of a part in which only one person speaks"
        )
    samples = [sample for sample in found.samples if sample.local_speaker == main]
    prints = pooled(
        Voiceprint(model=s.model, embedding=s.embedding, seconds=s.range.duration) for s in samples
    )
    if not prints:
        raise InvalidAudio(f"the voice {where} cannot be measured: give a longer or a clearer part")
    return max(prints, key=lambda heard: heard.seconds)


def pooled(prints: Iterable[Voiceprint]) -> tuple[Voiceprint, ...]:
    """One voiceprint per model, in order of their names: the means of all the speech.

    Those whose length is not that of a model's last one are of other weights by the same name: left out.
    """
    by_model: dict[str, list[Voiceprint]] = {}
    for heard in prints:
        by_model.setdefault(heard.model, []).append(heard)
    alike = {
        model: [heard for heard in known if heard.embedding.shape == known[-1].embedding.shape]
        for model, known in by_model.items()
    }
    return tuple(_mean(alike[model]) for model in sorted(alike))


def _mean(prints: Sequence[Voiceprint]) -> Voiceprint:
    if len(prints) == 1:
        return prints[0]
    seconds = np.array([heard.seconds for heard in prints])
    total = seconds @ np.stack([heard.embedding for heard in prints]).astype(np.float64)
    embedding = (total / np.linalg.norm(total)).astype(np.float32)
    return Voiceprint(model=prints[0].model, embedding=embedding, seconds=float(seconds.sum()))


def clean_name(name: str) -> str:
    """The name trimmed and in Unicode's composed form. Raises `InvalidOptions` for what names nobody."""
    clean = unicodedata.normalize("NFC", name).strip()
    if not 1 <= len(clean) <= LONGEST_NAME:
        raise InvalidOptions("name", f"must have 1 to {LONGEST_NAME} characters, got {len(clean)}")
    if any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in clean):
        raise InvalidOptions("name", "must be one line without control characters")
    if not any(c.isprintable() and not c.isspace() for c in clean):
        raise InvalidOptions("name", "must have a character that can be seen")
    if _LABEL.fullmatch(clean):
        raise InvalidOptions("name", f"must not look like the label of somebody unknown, {clean!r}")
    return clean


def name_key(name: str) -> str:
    """Equal for names of one person: case does not count."""
    return unicodedata.normalize("NFC", clean_name(name).casefold())

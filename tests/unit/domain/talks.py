"""Made-up conversations of voices that are vectors, for what concerns speakers."""

import random
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from app.domain.diarization import ChunkDiarization, LocalTurn, VoiceSample
from app.domain.options import SpeakerHints
from app.domain.speakers import SpeakerLinker
from app.domain.timeline import TimeRange
from app.domain.transcript import SpeakerTurn

CORE_S = 60.0


@dataclass(frozen=True, kw_only=True)
class Talk:
    """Who really says something, in clip time, and whether it is long enough for a voice sample."""

    person: int
    start: float
    end: float
    voiced: bool = True


def voice(person: int, seed: int = 0, spread: float = 0.15) -> np.ndarray:
    """A person's direction among eight, a little different each time."""
    noise = np.random.default_rng(1000 * person + seed).normal(size=8)
    vector = np.eye(8)[person] + spread * noise / np.linalg.norm(noise)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def core(index: int) -> TimeRange:
    return TimeRange(start=index * CORE_S, end=(index + 1) * CORE_S)


def chunk(*talks: Talk, shuffle: int = 0, model: str = "test") -> ChunkDiarization:
    people = sorted({talk.person for talk in talks})
    random.Random(shuffle).shuffle(people)
    return ChunkDiarization(
        turns=tuple(
            LocalTurn(local_speaker=people.index(t.person), range=TimeRange(start=t.start, end=t.end))
            for t in talks
        ),
        samples=tuple(
            VoiceSample(
                local_speaker=people.index(t.person),
                range=TimeRange(start=t.start, end=min(t.end, t.start + 10)),
                embedding=voice(t.person, round(t.start * 1000)),
                model=model,
            )
            for t in talks
            if t.voiced
        ),
    )


def linked(
    chunks: list[ChunkDiarization], hints: SpeakerHints | None = None
) -> tuple[list[SpeakerTurn], list[SpeakerTurn]]:
    """What the linker says as it goes, and in the end."""
    linker = SpeakerLinker(hints or SpeakerHints())
    early = [turn for index, item in enumerate(chunks) for turn in linker.link(item, core(index))]
    return early, linker.settle(hints or SpeakerHints())


def labels(turns: list[SpeakerTurn]) -> list[str]:
    return [turn.speaker_label for turn in turns]


@st.composite
def conversations(draw: st.DrawFn, *, most: int = 4) -> list[list[Talk]]:
    """Talks per chunk of a minute, of at most four people, no two starting at once."""
    chunks = []
    for index in range(draw(st.integers(1, 5))):
        starts_s = draw(st.lists(st.integers(0, 290), min_size=0, max_size=8, unique=True))
        chunks.append(
            [
                Talk(
                    person=draw(st.integers(0, most - 1)),
                    start=index * CORE_S + start / 5,
                    end=index * CORE_S + min(start / 5 + draw(st.integers(1, 60)) / 5, CORE_S),
                )
                for start in sorted(starts_s)
            ]
        )
    return chunks


def everything(talks: list[list[Talk]]) -> list[Talk]:
    return [talk for items in talks for talk in items]


def people_of(talks: list[list[Talk]]) -> list[int]:
    """Everybody who speaks, in order of their first word."""
    return list(
        dict.fromkeys(talk.person for talk in sorted(everything(talks), key=lambda t: (t.start, t.end)))
    )


def said_by(turns: list[SpeakerTurn], label: str) -> list[TimeRange]:
    return [turn.range for turn in turns if turn.speaker_label == label]


def covered(ranges: list[TimeRange], time_s: float) -> bool:
    return any(item.contains(time_s) for item in ranges)

"""A diarizer that knows beforehand who speaks when, for tests and demonstrations."""

import random
from collections.abc import Iterable
from pathlib import Path
from typing import Self

import numpy as np

from app.domain.audio import AudioChunk
from app.domain.diarization import ChunkDiarization, LocalTurn, VoiceSample
from app.domain.engine import EngineInfo
from app.domain.errors import InvalidOptions
from app.domain.ports import DiarizationPort
from app.domain.timeline import TimeRange
from app.domain.transcript import SpeakerTurn

EMBEDDINGS = "scripted-one-hot"
_LONGEST_SAMPLE_S = 10.0
_MAX_SAMPLES = 16


class ScriptedDiarizer(DiarizationPort):
    """Reads a clip's turns from a script, where there is speech; for tests and demonstrations only.

    `turns` are in clip time with any labels. As with a real engine, local numbers change from chunk
    to chunk and voices are all that tells who is who: one direction of space per label. Speakers
    beyond `max_speakers` become the one who talks most in the chunk.
    """

    def __init__(self, turns: Iterable[SpeakerTurn] = ()) -> None:
        self._turns = sorted(turns)
        self._labels = sorted({turn.speaker_label for turn in self._turns})

    @classmethod
    def from_rttm(cls, path: Path | None) -> Self:
        """Read the SPEAKER lines of an RTTM file; None is a script without turns.

        Raises `InvalidOptions` naming the line that is none.
        """
        turns = []
        lines = path.read_text(encoding="utf-8").splitlines() if path else []
        for number, line in enumerate(lines, start=1):
            if not line.startswith("SPEAKER "):
                continue
            try:
                _, _, _, start, duration, _, _, label, *_ = line.split()
                turn = TimeRange(start=float(start), end=float(start) + float(duration))
            except ValueError as error:
                raise InvalidOptions("script", f"{path}, line {number}: {error}") from error
            turns.append(SpeakerTurn(start=turn.start, end=turn.end, speaker_label=label))
        return cls(turns)

    def describe(self) -> EngineInfo:
        return EngineInfo(name="scripted", model=EMBEDDINGS)

    async def diarize(self, chunk: AudioChunk, *, max_speakers: int | None) -> ChunkDiarization:
        heard: dict[str, list[TimeRange]] = {}
        for turn in self._turns:
            for part in chunk.speech:
                inside = turn.range.clamp(part)
                if inside is not None:
                    heard.setdefault(turn.speaker_label, []).append(inside)
        names = sorted(heard, key=lambda label: (-sum(part.duration for part in heard[label]), label))
        for extra in names[max_speakers:] if max_speakers else []:
            heard[names[0]] += heard.pop(extra)
        numbers = list(range(len(heard)))
        random.Random(chunk.index).shuffle(numbers)  # noqa: S311 - nothing secret, only unlike the order of labels
        turns: list[LocalTurn] = []
        samples: list[VoiceSample] = []
        for number, (label, parts) in zip(numbers, heard.items(), strict=True):
            voice = np.zeros(len(self._labels), np.float32)
            voice[self._labels.index(label)] = 1
            turns += [LocalTurn(local_speaker=number, range=part) for part in parts]
            longest = sorted(parts, key=lambda part: -part.duration)[:_MAX_SAMPLES]
            samples += [
                VoiceSample(
                    local_speaker=number,
                    range=TimeRange(start=part.start, end=min(part.end, part.start + _LONGEST_SAMPLE_S)),
                    embedding=voice,
                    model=EMBEDDINGS,
                )
                for part in longest
            ]
        return ChunkDiarization(
            turns=tuple(sorted(turns, key=lambda turn: (turn.range, turn.local_speaker))),
            samples=tuple(samples),
        )

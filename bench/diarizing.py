"""Diarizers as they are measured: behind the whole product, and alone over a whole file at once."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from app.adapters.outbound.diarization.resemblyzer import ResemblyzerDiarizer
from app.adapters.outbound.transcription.scripted import ScriptedTranscriber
from app.adapters.outbound.voice_activity.silero import SileroVoiceActivity
from app.domain.audio import AudioChunk, Samples, Waveform
from app.domain.diarization import ChunkDiarization
from app.domain.engine import EngineInfo
from app.domain.options import SpeakerHints
from app.domain.ports import DiarizationPort
from app.domain.speakers import SpeakerLinker
from app.domain.timeline import TimeRange
from app.domain.transcript import SpeakerTurn, Word
from app.domain.voice import SpeechDetector
from bench import ours

TINY_PYANNOTE = Path(__file__).parents[1] / "tests" / "fixtures" / "tiny_pyannote" / "checkpoint"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Side:
    """An engine to put behind the product, and a way to tell the speakers of a whole file at once."""

    engine: DiarizationPort
    whole: Callable[[Samples], list[SpeakerTurn]]
    whole_is: str


@contextmanager
def embedded(threads: int) -> Iterator[Side]:
    engine = ResemblyzerDiarizer(threads=threads)
    yield Side(
        engine=engine, whole=partial(tell_whole, diarizer=engine), whole_is="the same on the whole file"
    )


@contextmanager
def tiny_pyannote(threads: int) -> Iterator[Side]:
    """pyannote's classes on the tiny models of the tests; its own pipeline hears the whole file."""
    from app.adapters.outbound.diarization.chunked_pyannote import ChunkedPyannoteDiarizer
    from bench.pyannote_sides import pyannote

    with pyannote(TINY_PYANNOTE, threads=threads) as pipeline:
        yield Side(
            engine=ChunkedPyannoteDiarizer(str(TINY_PYANNOTE), device="cpu", threads=threads),
            whole=lambda samples: [
                SpeakerTurn(start=start, end=end, speaker_label=str(number))
                for start, end, number in pipeline(samples).turns
            ],
            whole_is="pyannote's pipeline on the whole file",
        )


def sides(threads: int) -> dict[str, AbstractContextManager[Side]]:
    """What can be measured here, by name."""
    known = {"embedded": embedded(threads)}
    if (TINY_PYANNOTE / "config.yaml").exists():
        known["tiny pyannote"] = tiny_pyannote(threads)
    return known


class ListeningDiarizer(DiarizationPort):
    """Passes everything on, and keeps what was found in each chunk."""

    def __init__(self, engine: DiarizationPort) -> None:
        self._engine = engine
        self.heard: list[tuple[TimeRange, ChunkDiarization]] = []

    def describe(self) -> EngineInfo:
        return self._engine.describe()

    async def diarize(self, chunk: AudioChunk, *, max_speakers: int | None) -> ChunkDiarization:
        found = await self._engine.diarize(chunk, max_speakers=max_speakers)
        self.heard.append((chunk.core, found))
        return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Told:
    """What Diarist makes of a recording: turns; and of each word that it heard its number and speaker."""

    turns: Sequence[SpeakerTurn]
    words: Sequence[Word]
    numbers: Sequence[int]
    chunks: Sequence[tuple[TimeRange, ChunkDiarization]]

    @property
    def speakers(self) -> int:
        return len({turn.speaker_label for turn in self.turns})


def tell(
    path: Path,
    diarizer: DiarizationPort,
    words: Sequence[Word] = (),
    *,
    threads: int,
    num_speakers: int | None = None,
) -> Told:
    """A recording through the whole product, with a recognizer that hears exactly `words`.

    The words are named by their number, so that those that come out are known again.
    """
    script = [
        replace(word, word=f"{number}{'.' if word.word.endswith('.') else ''}", speaker_label=None)
        for number, word in enumerate(words)
    ]
    listening = ListeningDiarizer(diarizer)
    with ours.opened(ScriptedTranscriber(script), threads=threads, diarization=listening) as diarist:
        transcript = diarist.transcribe(path, language="en", num_speakers=num_speakers)
    if transcript.warnings:
        raise RuntimeError(f"{path.name}: {transcript.warnings[0].message}")
    heard = sorted(
        (word for segment in transcript.segments for word in segment.words),
        key=lambda word: (word.start, word.end),
    )
    return Told(
        turns=transcript.turns,
        words=heard,
        numbers=[int(word.word.rstrip(".")) for word in heard],
        chunks=listening.heard,
    )


def tell_whole(samples: Samples, diarizer: DiarizationPort) -> list[SpeakerTurn]:
    """The turns when the engine hears all of it at once."""
    return asyncio.run(_tell_whole(samples, diarizer))


async def _tell_whole(samples: Samples, diarizer: DiarizationPort) -> list[SpeakerTurn]:
    sound = Waveform(samples=samples, start_s=0.0)
    voice, detector = SileroVoiceActivity(), SpeechDetector()
    try:
        activity = await voice.listen().hear(sound)
    finally:
        await voice.aclose()
    whole = TimeRange(start=0.0, end=sound.end_s)
    heard = sound.cut(TimeRange(start=activity.start_s, end=activity.end_s))
    speech = (*detector.push(activity, heard), *detector.finish(sound.end_s))
    chunk = AudioChunk(clip_id="whole", index=0, core=whole, waveform=sound, speech=speech)
    linker = SpeakerLinker(SpeakerHints())
    linker.link(await diarizer.diarize(chunk, max_speakers=None), whole)
    return linker.settle(SpeakerHints())

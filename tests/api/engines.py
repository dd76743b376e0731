"""Engines whose every move a test decides."""

import asyncio

import numpy as np

from app.adapters.outbound.transcription.scripted import ScriptedTranscriber
from app.domain.audio import AudioChunk
from app.domain.diarization import ChunkDiarization, LocalTurn, VoiceSample
from app.domain.engine import EngineInfo
from app.domain.errors import DiaristError, EngineUnavailable
from app.domain.options import TranscriptionOptions
from app.domain.ports import DiarizationPort, Priority, TranscriptionPort
from app.domain.timeline import TimeRange
from app.domain.transcript import TranscriptionText, Word
from app.domain.windows import SpeechWindow

SPEAKERS_CHANGE_AT_S = 1.0

SCRIPT = tuple(
    Word(word=word, start=start, end=start + 0.3, probability=0.9)
    for word, start in [("good", 0.2), ("morning.", 0.6), ("hello", 1.2), ("there.", 1.6)]
)


class SteeredTranscriber(TranscriptionPort):
    """Says `SCRIPT`, but not before `gate` is open. Tells what was asked of it."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.gate.set()
        self.stopped = asyncio.Event()
        self.calls = 0
        self.heard: list[TranscriptionOptions] = []
        self.error: DiaristError | Exception | None = None
        self.missing: EngineUnavailable | None = None
        self._begun = asyncio.Event()
        self._script = ScriptedTranscriber(SCRIPT)

    async def until_asked(self) -> None:
        """Wait until somebody is at the gate."""
        await asyncio.wait_for(self._begun.wait(), 10)

    async def until_stopped(self) -> None:
        """Wait until the work of somebody at the gate is given up."""
        await asyncio.wait_for(self.stopped.wait(), 10)

    def describe(self) -> EngineInfo:
        options = frozenset({"prompt", "hotwords", "temperature"})
        return EngineInfo(name="steered", model="script", languages=frozenset({"en", "de"}), options=options)

    def check(self) -> None:
        if self.missing is not None:
            raise self.missing

    async def transcribe(
        self, window: SpeechWindow, options: TranscriptionOptions, *, priority: Priority = Priority.FILE
    ) -> TranscriptionText:
        self.calls += 1
        self.heard.append(options)
        self._begun.set()
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.stopped.set()
            raise
        if self.error is not None:
            raise self.error
        return await self._script.transcribe(window, options)


class TwoVoices(DiarizationPort):
    """One person until `SPEAKERS_CHANGE_AT_S`, another one after it."""

    def describe(self) -> EngineInfo:
        return EngineInfo(name="two-voices", model="clock")

    async def diarize(self, chunk: AudioChunk, *, max_speakers: int | None) -> ChunkDiarization:
        end_s = max(chunk.waveform.end_s, SPEAKERS_CHANGE_AT_S + 0.1)
        halves = [
            TimeRange(start=0.0, end=SPEAKERS_CHANGE_AT_S),
            TimeRange(start=SPEAKERS_CHANGE_AT_S, end=end_s),
        ]
        voices = np.eye(2, 8, dtype=np.float32)
        return ChunkDiarization(
            turns=tuple(LocalTurn(local_speaker=i, range=half) for i, half in enumerate(halves)),
            samples=tuple(
                VoiceSample(local_speaker=i, range=half, embedding=voices[i], model="clock")
                for i, half in enumerate(halves)
            ),
        )

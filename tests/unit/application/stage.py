"""A stage for use cases: a made-up recording, and engines that know what is said on it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from app.adapters.outbound.audio.in_place import InPlaceAudioStore
from app.adapters.outbound.persistence.memory import MemoryClipRepository
from app.adapters.outbound.voice_activity.energy import EnergyVoiceActivity
from app.application import TranscribeAudio
from app.domain.audio import SAMPLE_RATE_HZ, AudioChunk, AudioClip, AudioProbe, Waveform
from app.domain.diarization import ChunkDiarization, LocalTurn, VoiceSample
from app.domain.engine import EngineInfo
from app.domain.errors import AudioTruncated, DiaristError
from app.domain.events import Done, Event
from app.domain.options import ChannelMode, TranscriptionOptions
from app.domain.ports import (
    AudioDecoder,
    DiarizationPort,
    Priority,
    TranscriptionPort,
    VoiceActivityPort,
    VoiceRepository,
)
from app.domain.timeline import TimeRange
from app.domain.transcript import SpeakerTurn, Transcript, TranscriptionText, Word
from app.domain.windows import SpeechWindow

BLOCK_S = 5.0


class ToneDecoder(AudioDecoder):
    """A loud tone wherever somebody speaks, one list of ranges per channel. Counts the blocks it gave.

    Each channel has a tone of its own unless `one_tone`.
    """

    def __init__(
        self,
        duration_s: float,
        *channels: Sequence[TimeRange],
        truncated: bool = False,
        block_s: float = BLOCK_S,
        one_tone: bool = False,
    ) -> None:
        self.duration_s = duration_s
        self.channels = channels
        self.truncated = truncated
        self.block_s = block_s
        self.one_tone = one_tone
        self.blocks_given = 0
        self.closed = False

    async def probe(self, path: Path) -> AudioProbe:
        return AudioProbe(duration=self.duration_s, media_type="audio/wav", channels=1, sample_rate_hz=16_000)

    async def blocks(
        self, path: Path, *, channels: ChannelMode = "mix"
    ) -> AsyncIterator[tuple[Waveform, ...]]:
        wanted = self.channels if channels == "split" else self.channels[:1]
        try:
            start_s = 0.0
            while start_s < self.duration_s:
                end_s = min(start_s + self.block_s, self.duration_s)
                yield tuple(
                    self._waveform(speech, start_s, end_s, 20 if self.one_tone else 20 + 7 * number)
                    for number, speech in enumerate(wanted)
                )
                self.blocks_given += 1
                await asyncio.sleep(0)
                start_s = end_s
            if self.truncated:
                raise AudioTruncated(decoded_s=start_s, expected_s=None, reason="the file ends early")
        finally:
            self.closed = True

    def _waveform(
        self, speech: Sequence[TimeRange], start_s: float, end_s: float, half_wave: int
    ) -> Waveform:
        samples = np.zeros(round((end_s - start_s) * SAMPLE_RATE_HZ), np.float32)
        for part in speech:
            first = max(0, round((part.start - start_s) * SAMPLE_RATE_HZ))
            last = max(0, round((part.end - start_s) * SAMPLE_RATE_HZ))
            samples[first:last] = 0.5
        waves = (np.arange(len(samples)) + round(start_s * SAMPLE_RATE_HZ)) // half_wave
        samples[waves % 2 == 1] *= -1
        return Waveform(samples=samples, start_s=start_s)


class OracleTranscriber(TranscriptionPort):
    """Knows every word. `gate`, when given, holds up each window but the first until it is set."""

    def __init__(
        self,
        *channels: Sequence[Word],
        language: str | None = None,
        gate: asyncio.Event | None = None,
        failure: DiaristError | None = None,
    ) -> None:
        self.channels = channels
        self.language = language
        self.gate = gate
        self.failure = failure
        self.asked: list[tuple[SpeechWindow, TranscriptionOptions]] = []
        self.running = 0
        self.most_running = 0

    def describe(self) -> EngineInfo:
        return EngineInfo(name="oracle", model="words")

    async def transcribe(
        self, window: SpeechWindow, options: TranscriptionOptions, *, priority: Priority = Priority.FILE
    ) -> TranscriptionText:
        self.asked.append((window, options))
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            # Later windows finish first, as they may with several workers.
            for _ in range(10 - len(self.asked) % 10):
                await asyncio.sleep(0)
            if self.gate is not None and window.index > 0:
                await self.gate.wait()
            if self.failure is not None:
                raise self.failure
        finally:
            self.running -= 1
        known = self.channels[window.channel]
        heard = (w for w in known if any(p.contains(w.range.midpoint) for p in window.pieces))
        return TranscriptionText(words=tuple(heard), language=options.language or self.language)


class OracleDiarizer(DiarizationPort):
    """Knows every turn; numbers the speakers of each chunk anew. Fails on the chunks in `failures`."""

    def __init__(
        self,
        turns: Sequence[SpeakerTurn],
        *,
        gate: asyncio.Event | None = None,
        failures: dict[int, DiaristError] | None = None,
    ) -> None:
        self.turns = turns
        self.gate = gate
        self.failures = failures or {}
        self.asked: list[tuple[AudioChunk, int | None]] = []

    def describe(self) -> EngineInfo:
        return EngineInfo(name="oracle", model="turns")

    async def diarize(self, chunk: AudioChunk, *, max_speakers: int | None) -> ChunkDiarization:
        self.asked.append((chunk, max_speakers))
        if self.gate is not None:
            await self.gate.wait()
        if chunk.index in self.failures:
            raise self.failures[chunk.index]
        names = sorted({turn.speaker_label for turn in self.turns})
        span = TimeRange(start=chunk.waveform.start_s, end=chunk.waveform.end_s)
        turns, samples = [], []
        for turn in self.turns:
            part = turn.range.clamp(span)
            if part is None:
                continue
            number = (names.index(turn.speaker_label) + chunk.index) % len(names)
            turns.append(LocalTurn(local_speaker=number, range=part))
            voice = np.zeros(len(names), np.float32)
            voice[names.index(turn.speaker_label)] = 1.0
            short = part.clamp(TimeRange(start=part.start, end=part.start + 10)) or part
            samples.append(VoiceSample(local_speaker=number, range=short, embedding=voice, model="names"))
        return ChunkDiarization(turns=tuple(turns), samples=tuple(samples))


async def transcribe_audio(
    decoder: AudioDecoder,
    transcription: TranscriptionPort,
    diarization: DiarizationPort | None,
    *,
    windows_in_flight: int | None = None,
    voice_activity: VoiceActivityPort | None = None,
    voices: VoiceRepository | None = None,
) -> TranscribeAudio:
    """The use case over one clip whose id is "clip"."""
    clips, audio_store = MemoryClipRepository(), InPlaceAudioStore()
    probe = await decoder.probe(Path(__file__))
    await audio_store.put("clip", Path(__file__))
    await clips.add(
        AudioClip(
            id="clip",
            filename="talk.wav",
            size_bytes=1,
            duration=probe.duration,
            sha256="0",
            media_type=probe.media_type,
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
    )
    return TranscribeAudio(
        clips=clips,
        audio_store=audio_store,
        decoder=decoder,
        voice_activity=voice_activity or EnergyVoiceActivity(),
        transcription=transcription,
        diarization=diarization,
        chosen_because={"transcription": "the test says so"},
        windows_in_flight=windows_in_flight,
        voices=voices,
    )


async def run(use_case: TranscribeAudio, options: TranscriptionOptions | None = None) -> list[Event]:
    return [event async for event in use_case.execute("clip", options or TranscriptionOptions())]


def transcript_of(events: Sequence[Event]) -> Transcript:
    done = events[-1]
    assert isinstance(done, Done)
    return done.transcript


def said(transcript: Transcript) -> list[tuple[str | None, str]]:
    return [(word.speaker_label, word.word) for segment in transcript.segments for word in segment.words]


async def until(true: Callable[[], bool]) -> None:
    """Let everything run until something is true."""
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0)


async def until_quiet(look: Callable[[], int]) -> None:
    """Let everything run until what `look` sees no longer changes."""
    before, same = look(), 0
    while same < 50:
        await asyncio.sleep(0)
        same = same + 1 if look() == before else 0
        before = look()

"""One run over one clip: a reader feeds two branches, and their results meet in the assembler.

    blocks ─┬─▶ voice activity ─▶ windows ─▶ transcription ─▶ words ─┐
            └─▶ chunks ────────────────────▶ diarization ──▶ turns ──┴─▶ assembler ─▶ events

Each branch holds a bounded number of pieces. The reader waits for the branch that is full, while
both work on what they hold; neither ever waits for the other, so none starves and memory stays flat.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import count
from pathlib import Path

from app.application.channel_listener import ChannelListener, EverythingIsSpeech
from app.application.closing import closing
from app.application.name_speakers import name_speakers
from app.application.ordered_work import OrderedWork, first_cause
from app.application.run_ports import Ports, run_key
from app.application.separate_channels import separate_channels
from app.application.spoken_language import SpokenLanguage
from app.domain.assembly import TranscriptAssembler
from app.domain.audio import AudioChunk, AudioClip
from app.domain.chunks import ChunkPlanner
from app.domain.diarization import ChunkDiarization
from app.domain.errors import AudioTruncated, EngineFailed, EngineUnavailable, InvalidAudio, StorageFailed
from app.domain.events import Done, Event, Progress, Warned, without_words
from app.domain.options import TranscriptionOptions
from app.domain.ports import Priority
from app.domain.transcript import SuppressedText, Transcript, TranscriptionText, TranscriptWarning
from app.domain.windows import SpeechWindow

_log = logging.getLogger(__name__)

CHUNKS_IN_FLIGHT = 2
"""One being diarized, one ready behind it."""

SHORT_CLIP_S = 60.0
"""Somebody waits for so short a clip, and its two or three windows hold up the long files hardly at all."""


HEAD_START_S = 0.5
"""Somebody waits for the first words: so long nothing slows them down, reading ahead included."""


class TranscriptionRun:
    """`work` does it all once and tells it as events; the object is of no use after that."""

    def __init__(
        self,
        ports: Ports,
        clip: AudioClip,
        options: TranscriptionOptions,
        path: Path,
        tell: Callable[[Event], None],
    ) -> None:
        self._ports = ports
        self._clip = clip
        self._is_short = clip.duration <= SHORT_CLIP_S
        self._options = options
        self._path = path
        self._tell = tell if options.word_timestamps else lambda event: tell(without_words(event))
        self._engines = ports.engines_for(options)
        self._warnings: list[TranscriptWarning] = []
        self._listeners: list[ChannelListener] = []
        self._chunks = ChunkPlanner()
        self._diarizes = False
        self._spoken = SpokenLanguage(options)
        self._suppressed: list[SuppressedText] = []
        self._first_heard = asyncio.Event()
        self._missing: EngineUnavailable | None = None
        self._pending: list[int] = []
        """How many windows of each channel are not taken yet."""

    async def work(self) -> None:
        """Do it all; `Done` is told last. Raises what the run raises."""
        try:
            async with asyncio.TaskGroup() as tasks:
                windows = OrderedWork(
                    tasks, self._transcribe, self._take_words, limit=self._ports.windows_at_once
                )
                chunks = OrderedWork(tasks, self._diarize, self._take_turns, limit=CHUNKS_IN_FLIGHT)
                try:
                    await self._read(windows, chunks)
                except AudioTruncated as cut:
                    self._warn("audio_truncated", cut.reason)
                if not self._listeners:
                    raise InvalidAudio("the recording holds no sound")
                await self._read_rest(windows, chunks)
                windows.close()
                chunks.close()
        except BaseExceptionGroup as group:
            raise first_cause(group) from group
        await self._finish()

    async def _read(self, windows: "Windows", chunks: "Chunks") -> None:
        blocks = self._ports.decoder.blocks(self._path, channels=self._options.channels)
        if self._options.channels == "split":
            blocks = separate_channels(blocks, self._warn)
        async with closing(blocks):
            async for block in blocks:
                if not self._listeners:
                    self._open(channels=len(block))
                for listener, waveform in zip(self._listeners, block, strict=True):
                    await self._add(windows, await listener.hear(waveform))
                    self._note_silence(listener)
                if self._diarizes:
                    for plan in self._chunks.advance(self._listeners[0].decided_until_s):
                        await chunks.add(self._listeners[0].chunk(plan))
                for listener in self._listeners:
                    listener.forget(self._chunks.needs_from_s if self._diarizes else None)

    async def _read_rest(self, windows: "Windows", chunks: "Chunks") -> None:
        for listener in self._listeners:
            await self._add(windows, listener.finish())
        if self._diarizes:
            for plan in self._chunks.finish(self._listeners[0].heard_s):
                await chunks.add(self._listeners[0].chunk(plan))

    async def _add(self, windows: "Windows", made: list[SpeechWindow]) -> None:
        for window in made:
            self._pending[window.channel] += 1
            await windows.add(window)
            if window.index == 0 and not self._is_short:
                with suppress(TimeoutError):
                    async with asyncio.timeout(HEAD_START_S):  # wait_for loses cancellations (Python 3.11)
                        await self._first_heard.wait()

    def _note_silence(self, listener: ChannelListener) -> None:
        """Let a channel on which nothing is being recognized hold back nobody, itself included."""
        if not self._pending[listener.channel]:
            until_s = listener.words_from_s
            self._tell_all(self._assembler.add_words((), channel=listener.channel, heard_until_s=until_s))

    def _open(self, *, channels: int) -> None:
        self._diarizes = "diarization" in self._engines and channels == 1
        if self._options.diarize and channels == 1 and not self._diarizes:
            reason = self._ports.chosen_because.get("diarization", "no diarization engine is configured")
            self._warn("diarization_unavailable", f"speakers were not told apart: {reason}")
        if not self._diarizes:
            self._engines.pop("diarization", None)
        self._assembler = TranscriptAssembler(
            clip_id=self._clip.id,
            run=run_key(self._options, self._engines),
            diarize=self._diarizes,
            hints=self._options.speakers,
            channels=channels,
        )
        self._pending = [0] * channels
        numbers = count()
        for channel in range(channels):
            voice = self._ports.voice_activity.listen() if self._options.vad else EverythingIsSpeech()
            self._listeners.append(
                ChannelListener(self._clip.id, channel, voice, numbers, short_first=not self._is_short)
            )

    async def _transcribe(self, window: SpeechWindow) -> TranscriptionText:
        priority = Priority.SHORT if self._is_short else Priority.FILE
        engine = self._ports.transcription
        try:
            return await self._spoken.hear(
                lambda options: engine.transcribe(window, options, priority=priority)
            )
        finally:
            self._first_heard.set()

    async def _take_words(self, window: SpeechWindow, text: TranscriptionText) -> None:
        until_s = window.range.end
        self._pending[window.channel] -= 1
        self._spoken.note(window, text)
        self._suppressed += text.suppressed
        language = self._written(text.language or self._spoken.language)
        self._tell_all(
            self._assembler.add_words(
                text.words, channel=window.channel, heard_until_s=until_s, language=language
            )
        )
        self._tell(Progress(done_s=until_s, total_s=self._clip.duration, stage="transcription"))

    async def _diarize(self, chunk: AudioChunk) -> ChunkDiarization | None:
        assert self._ports.diarization is not None
        if self._missing is not None:
            return None
        try:
            return await self._ports.diarization.diarize(chunk, max_speakers=self._options.speakers.at_most)
        except EngineUnavailable as missing:
            self._missing = missing  # it would be looked for again with every chunk
            self._warn("diarization_unavailable", f"speakers were not told apart: {missing}")
        except EngineFailed as failure:
            self._warn("diarization_failed", f"{_untold(chunk)}: {failure}")
        except Exception:  # noqa: BLE001 - whatever an engine throws, the words are good
            _log.exception("diarization broke on clip %s", chunk.clip_id)
            self._warn("diarization_failed", f"{_untold(chunk)}: the log has the cause")
        return None

    async def _take_turns(self, chunk: AudioChunk, diarization: ChunkDiarization | None) -> None:
        self._tell_all(self._assembler.add_chunk(diarization, chunk.core))
        self._tell(Progress(done_s=chunk.core.end, total_s=self._clip.duration, stage="diarization"))

    async def _finish(self) -> None:
        # Settling the speakers of ten hours takes seconds: the event loop must not wait for it.
        self._tell_all(await asyncio.to_thread(self._assembler.finish))
        try:
            self._tell_all(await name_speakers(self._assembler, self._ports.voices))
        except StorageFailed as failure:
            self._warn("known_voices_unavailable", f"nobody was named: {failure}")
        except Exception:  # noqa: BLE001 - whatever is wrong with the voices, the words are good
            _log.exception("naming the speakers of clip %s broke", self._clip.id)
            self._warn("known_voices_unavailable", "nobody was named: the log has the cause")
        told = self._ports.engines_for(self._options)
        transcript = Transcript(
            clip_id=self._clip.id,
            language=self._written(self._spoken.language),
            language_probability=self._spoken.probability,
            duration=self._listeners[0].heard_s,
            segments=self._assembler.segments,
            turns=self._assembler.turns,
            # Told anew: the first use may have fetched a model, and so settled its revision.
            engine={stage: use for stage, use in told.items() if stage in self._engines},
            warnings=tuple(self._warnings),
            suppressed=tuple(sorted(self._suppressed, key=lambda text: (text.start, text.end))),
            options=self._options,
        )
        self._tell(Done(transcript=transcript))

    def _written(self, spoken: str | None) -> str | None:
        return "en" if self._options.task == "translate" else spoken

    def _warn(self, code: str, message: str) -> None:
        warning = TranscriptWarning(code=code, message=message)
        if warning not in self._warnings:
            self._warnings.append(warning)
            self._tell(Warned(warning=warning))

    def _tell_all(self, events: Iterable[Event]) -> None:
        for event in events:
            self._tell(event)


Windows = OrderedWork[SpeechWindow, TranscriptionText]
Chunks = OrderedWork[AudioChunk, ChunkDiarization | None]


def _untold(chunk: AudioChunk) -> str:
    return f"speakers were not told apart from {chunk.core.start:.0f} to {chunk.core.end:.0f} s"

"""The main job: from a stored recording to who said what, when."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace

from app.application.run_ports import Ports
from app.application.transcription_run import TranscriptionRun
from app.domain.events import Event
from app.domain.options import TranscriptionOptions
from app.domain.ports import (
    AudioDecoder,
    AudioStore,
    ClipRepository,
    DiarizationPort,
    TranscriptionPort,
    VoiceActivityPort,
    VoiceRepository,
)


class TranscribeAudio:
    """Decodes a clip once, recognizes its speech and tells its speakers apart side by side.

    `diarization=None` transcribes without speakers and warns. `chosen_because` maps a stage
    (transcription, diarization, voice_activity) to the reason why its engine was taken; it goes into
    the transcript. At most `windows_in_flight` windows are at the engine at once, as many as it can use
    unless given; they bound the memory, the recording does not. Speakers get the names of `voices` where
    it is sure that it is them; None names nobody.
    """

    def __init__(
        self,
        *,
        clips: ClipRepository,
        audio_store: AudioStore,
        decoder: AudioDecoder,
        voice_activity: VoiceActivityPort,
        transcription: TranscriptionPort,
        diarization: DiarizationPort | None,
        chosen_because: Mapping[str, str] | None = None,
        windows_in_flight: int | None = None,
        voices: VoiceRepository | None = None,
    ) -> None:
        self._clips = clips
        self._audio_store = audio_store
        self._ports = Ports(
            decoder=decoder,
            voice_activity=voice_activity,
            transcription=transcription,
            diarization=diarization,
            chosen_because=dict(chosen_because or {}),
            windows_in_flight=windows_in_flight,
            voices=voices,
        )

    async def execute(self, clip_id: str, options: TranscriptionOptions) -> AsyncIterator[Event]:
        """The run's events; the last one, `Done`, carries the transcript.

        Closing the iterator stops the work. Raises `NotFound`, `InvalidOptions` for what the engine
        does not honour, `InvalidAudio`, and whatever of `EngineUnavailable`, `EngineBusy` and
        `EngineFailed` recognition raises; a failed diarization becomes a warning.
        """
        engine = self._ports.transcription.describe()
        options.require_supported_by(engine)
        if options.language is None and not options.multilingual and len(engine.languages) == 1:
            options = replace(options, language=next(iter(engine.languages)))
        clip = await self._clips.get(clip_id)
        async with self._audio_store.local_path(clip_id) as path:
            events: asyncio.Queue[Event | None] = asyncio.Queue()
            run = TranscriptionRun(self._ports, clip, options, path, tell=events.put_nowait)
            work = asyncio.create_task(run.work())
            work.add_done_callback(lambda _: events.put_nowait(None))
            try:
                while (event := await events.get()) is not None:
                    yield event
                await work
            finally:
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)

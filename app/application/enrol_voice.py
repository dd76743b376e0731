"""Learn somebody's voice from a recording, to know it again on others."""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from app.application.closing import closing
from app.domain.audio import AudioBuffer, AudioChunk, Waveform
from app.domain.errors import AudioTruncated, Conflict, EngineUnavailable, InvalidOptions
from app.domain.ports import (
    AudioDecoder,
    AudioStore,
    ClipRepository,
    Clock,
    DiarizationPort,
    VoiceActivityPort,
    VoiceRepository,
)
from app.domain.timeline import TimeRange
from app.domain.voice import SpeechDetector
from app.domain.voices import (
    KnownVoice,
    Voiceprint,
    clean_name,
    is_somebody_else,
    learn_voice,
    mistakable,
    name_key,
)

LONGEST_S = 120.0
"""More sound tells hardly more of a voice, and would be no work for a request that somebody waits for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """A voice as it is known now. `is_new` is false where the name was known, and has been added to.

    `mistakable_for` are the names of others who sound so much alike that neither is named where one of
    them speaks.
    """

    voice: KnownVoice
    is_new: bool
    mistakable_for: tuple[str, ...]


class EnrolVoice:
    """Hears a stretch in which one person speaks, and keeps how they sound under their name.

    `diarization` is the engine itself, not one that remembers finished work: the stretch is no part of a
    run. With None nothing can be enrolled.
    """

    def __init__(
        self,
        *,
        clips: ClipRepository,
        audio_store: AudioStore,
        decoder: AudioDecoder,
        voice_activity: VoiceActivityPort,
        diarization: DiarizationPort | None,
        voices: VoiceRepository,
        clock: Clock,
    ) -> None:
        self._clips = clips
        self._audio_store = audio_store
        self._decoder = decoder
        self._voice_activity = voice_activity
        self._diarization = diarization
        self._voices = voices
        self._clock = clock

    async def execute(
        self, name: str, recording: str | Path, *, start: float | None = None, end: float | None = None
    ) -> Enrolment:
        """Learn who `name` is from a clip (its id) or a file that is read in place: all of it, or a part.

        A name that is known, in any case of its letters, is added to. Raises `InvalidOptions` for an
        impossible name or part, `NotFound`, `InvalidAudio` where it is not one person who speaks, or not
        for long enough, `Conflict` where the name is known for quite another voice, and
        `EngineUnavailable` and `EngineFailed` as the engines do.
        """
        name = clean_name(name)
        if self._diarization is None:
            raise EngineUnavailable("diarization", "no engine could learn a voice", "Run: diarist doctor")
        async with self._opened(recording) as (path, duration_s):
            chunk = await self._heard(path, _stretch(start, end, duration_s), clip_id=str(recording))
        found = await self._diarization.diarize(chunk, max_speakers=None)
        return await self._keep(name, learn_voice(found, chunk.core))

    @asynccontextmanager
    async def _opened(self, recording: str | Path) -> AsyncIterator[tuple[Path, float]]:
        """The file, and how long it says it is."""
        if isinstance(recording, Path):
            yield recording, (await self._decoder.probe(recording)).duration
            return
        clip = await self._clips.get(recording)
        async with self._audio_store.local_path(recording) as path:
            yield path, clip.duration

    async def _heard(self, path: Path, stretch: TimeRange, *, clip_id: str) -> AudioChunk:
        """The sound of the stretch, as far as there is any; nothing past it is decoded."""
        sound, listener, detector = AudioBuffer(), self._voice_activity.listen(), SpeechDetector()
        speech: list[TimeRange] = []
        blocks = self._decoder.blocks(path)
        with suppress(AudioTruncated):  # what came before the break may be enough
            async with closing(blocks):
                async for (block,) in blocks:
                    sound.append(block)
                    sound.drop_before(stretch.start)
                    inside = block.cut(stretch)
                    if len(inside):
                        heard = Waveform(samples=inside, start_s=max(block.start_s, stretch.start))
                        speech += detector.push(await listener.hear(heard))
                    if sound.end_s >= stretch.end:
                        break
        if sound.end_s <= stretch.start:
            raise InvalidOptions("start", f"must be before the recording's end, {sound.end_s:.1f} s")
        core = TimeRange(start=stretch.start, end=min(stretch.end, sound.end_s))
        speech += detector.finish(core.end)
        return AudioChunk(
            clip_id=clip_id,
            index=0,
            core=core,
            waveform=Waveform(samples=sound.cut(core), start_s=core.start),
            speech=tuple(clear for part in speech if (clear := part.clamp(core)) is not None),
        )

    async def _keep(self, name: str, learnt: Voiceprint) -> Enrolment:
        known = await self._voices.list()
        for voice in known:
            if name_key(voice.name) == name_key(name) and is_somebody_else(learnt, voice):
                raise Conflict(
                    f"this does not sound like {voice.name!r} as known: give another part or another name, "
                    f"or delete the voice {voice.id} first"
                )
        new = KnownVoice(id=self._clock.new_id(), name=name, prints=(learnt,), created_at=self._clock.now())
        kept = await self._voices.add(new)
        return Enrolment(
            voice=kept,
            is_new=kept.id == new.id,
            mistakable_for=mistakable(kept, (voice for voice in known if voice.id != kept.id)),
        )


def _stretch(start: float | None, end: float | None, duration_s: float) -> TimeRange:
    """What is asked for, as a range. Raises `InvalidOptions`."""
    start_s, end_s = 0.0 if start is None else start, duration_s if end is None else end
    if not (math.isfinite(start_s) and 0 <= start_s < duration_s):
        raise InvalidOptions("start", f"must be from 0 to before the recording's end, {duration_s:.1f} s")
    if not (math.isfinite(end_s) and start_s < end_s):
        raise InvalidOptions("end", f"must be after the start, {start_s:.1f} s")
    end_s = min(end_s, duration_s)
    if end_s - start_s > LONGEST_S:
        raise InvalidOptions(
            "end",
            f"a voice is learnt from at most {LONGEST_S:.0f} s, not {end_s - start_s:.0f} s: give the start "
            "and end of a part in which only one person speaks",
        )
    return TimeRange(start=start_s, end=end_s)

"""What identifies finished work: to do it again under an equal key would give the same result."""

from dataclasses import dataclass, replace
from typing import Self

from app.domain.audio import AudioChunk
from app.domain.engine import EngineInfo
from app.domain.options import SpeakerHints, TranscriptionOptions
from app.domain.timeline import TimeRange
from app.domain.windows import SpeechWindow


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineIdentity:
    """Who did it: the parts of `EngineInfo` that decide about results."""

    name: str
    model: str
    revision: str | None

    @classmethod
    def of(cls, info: EngineInfo) -> Self:
        return cls(name=info.name, model=info.model, revision=info.revision)


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowKey:
    """One window, heard by one engine with some options.

    Not its samples: windows of one clip and channel mode that are made of the same pieces are the same
    sound. `options` are those of the run with its language settled; speaker counts are not among them.
    """

    clip_id: str
    engine: EngineIdentity
    channel: int
    pieces: tuple[TimeRange, ...]
    speech: tuple[TimeRange, ...]
    options: TranscriptionOptions

    @classmethod
    def of(cls, window: SpeechWindow, options: TranscriptionOptions, engine: EngineInfo) -> Self:
        return cls(
            clip_id=window.clip_id,
            engine=EngineIdentity.of(engine),
            channel=window.channel,
            pieces=window.pieces,
            speech=window.speech,
            # What says nothing to an engine is as it always is.
            options=replace(options, diarize=True, speakers=SpeakerHints(), word_timestamps=True),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkKey:
    """One chunk, its speakers told apart by one engine, at most `max_speakers` of them.

    What the engine heard is the core and its context, from `heard_from_s` to `heard_until_s`.
    """

    clip_id: str
    engine: EngineIdentity
    core: TimeRange
    heard_from_s: float
    heard_until_s: float
    speech: tuple[TimeRange, ...]
    max_speakers: int | None

    @classmethod
    def of(cls, chunk: AudioChunk, max_speakers: int | None, engine: EngineInfo) -> Self:
        return cls(
            clip_id=chunk.clip_id,
            engine=EngineIdentity.of(engine),
            core=chunk.core,
            heard_from_s=chunk.waveform.start_s,
            heard_until_s=chunk.waveform.end_s,
            speech=chunk.speech,
            max_speakers=max_speakers,
        )

"""What Python callers can tell a transcription, as keywords."""

from collections.abc import Sequence
from typing import Any, TypedDict

from app.domain.options import ChannelMode, SpeakerHints, Task, TranscriptionOptions


class Speakers(TypedDict, total=False):
    """How many people speak; `SpeakerHints` says what each means."""

    num_speakers: int | None
    min_speakers: int | None
    max_speakers: int | None


class Options(Speakers, total=False):
    """What a transcription can be told; `TranscriptionOptions` says what each means."""

    language: str | None
    diarize: bool
    task: Task
    prompt: str | None
    hotwords: Sequence[str]
    word_timestamps: bool
    channels: ChannelMode
    vad: bool
    temperature: float | None
    beam_size: int | None
    multilingual: bool


def transcription_options(
    *,
    num_speakers: int | None = None,
    min_speakers: int | None = None,
    max_speakers: int | None = None,
    hotwords: Sequence[str] = (),
    **others: Any,
) -> TranscriptionOptions:
    """The options as one value. Raises `InvalidOptions`."""
    speakers = SpeakerHints(num_speakers=num_speakers, min_speakers=min_speakers, max_speakers=max_speakers)
    return TranscriptionOptions(speakers=speakers, hotwords=tuple(hotwords), **others)

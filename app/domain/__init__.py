"""The domain: recordings, windows, speakers and transcripts, and the rules they keep."""

from app.domain.audio import AudioChunk, AudioClip, Waveform
from app.domain.options import SpeakerHints, TranscriptionOptions
from app.domain.timeline import TimeRange
from app.domain.transcript import (
    SpeakerSegment,
    SpeakerTurn,
    SuppressedText,
    Transcript,
    TranscriptionText,
    Word,
)
from app.domain.windows import SpeechWindow

__all__ = [
    "AudioChunk",
    "AudioClip",
    "SpeakerHints",
    "SpeakerSegment",
    "SpeakerTurn",
    "SpeechWindow",
    "SuppressedText",
    "TimeRange",
    "Transcript",
    "TranscriptionOptions",
    "TranscriptionText",
    "Waveform",
    "Word",
]

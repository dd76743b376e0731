"""What the core needs from outside: one file per conversation, nothing but domain types."""

from app.domain.ports.audio import AudioDecoder, AudioStore, StoredAudio
from app.domain.ports.clips import ClipPage, ClipRepository
from app.domain.ports.clock import Clock
from app.domain.ports.diarization import DiarizationPort
from app.domain.ports.engine import EnginePort
from app.domain.ports.finished_work import FinishedWork
from app.domain.ports.jobs import JobLedger
from app.domain.ports.transcription import Priority, TranscriptionPort
from app.domain.ports.transcripts import TranscriptRepository
from app.domain.ports.voice_activity import VoiceActivityPort, VoiceListener
from app.domain.ports.voices import VoiceRepository

__all__ = [
    "AudioDecoder",
    "AudioStore",
    "ClipPage",
    "ClipRepository",
    "Clock",
    "DiarizationPort",
    "EnginePort",
    "FinishedWork",
    "JobLedger",
    "Priority",
    "StoredAudio",
    "TranscriptRepository",
    "TranscriptionPort",
    "VoiceActivityPort",
    "VoiceListener",
    "VoiceRepository",
]

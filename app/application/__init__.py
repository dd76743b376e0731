"""The use cases. Light: importing them brings no framework and no engine."""

from app.application.store_audio import StoreAudio
from app.application.transcribe_audio import TranscribeAudio

__all__ = ["StoreAudio", "TranscribeAudio"]

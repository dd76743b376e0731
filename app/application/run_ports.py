"""What a run works with, and which engines of it take part."""

from dataclasses import dataclass

from app.domain.options import TranscriptionOptions
from app.domain.ports import (
    AudioDecoder,
    DiarizationPort,
    EnginePort,
    TranscriptionPort,
    VoiceActivityPort,
    VoiceRepository,
)
from app.domain.transcript import EngineUse


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The same for all runs of a process. `windows_in_flight` None leaves that to the engine."""

    decoder: AudioDecoder
    voice_activity: VoiceActivityPort
    transcription: TranscriptionPort
    diarization: DiarizationPort | None
    chosen_because: dict[str, str]
    windows_in_flight: int | None
    voices: VoiceRepository | None = None

    @property
    def windows_at_once(self) -> int:
        """How many windows of one recording may be at the engine."""
        return self.windows_in_flight or self.transcription.describe().windows_at_once

    def engines_for(self, options: TranscriptionOptions) -> dict[str, EngineUse]:
        """Who takes part, by stage."""
        stages: dict[str, EnginePort | None] = {
            "transcription": self.transcription,
            "diarization": self.diarization if options.diarize else None,
            "voice_activity": self.voice_activity if options.vad else None,
        }
        return {
            stage: EngineUse(info=engine.describe(), reason=self.chosen_because.get(stage, ""))
            for stage, engine in stages.items()
            if engine is not None
        }


def run_key(options: TranscriptionOptions, engines: dict[str, EngineUse]) -> str:
    """The same for runs that must give the same segments, in this process and in later ones.

    Revisions do not count: a model's is not known before it is here.
    """
    used = (f"{stage}={e.info.name}:{e.info.model}" for stage, e in sorted(engines.items()))
    return " ".join([repr(options), *used])

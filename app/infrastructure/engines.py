"""The engines there are, and which of them does what.

To add an engine, write one adapter file and one line here; the contract tests enrol it by that line.
The order is the preference of `auto`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from dependency_injector.providers import Provider

from app.application.report_engines import ChosenEngine
from app.domain.errors import EngineUnavailable, InvalidOptions
from app.domain.ports import DiarizationPort, EnginePort, TranscriptionPort, VoiceActivityPort
from app.infrastructure.hardware import usable_memory
from app.infrastructure.outbound import outbound
from app.infrastructure.settings import Settings

GIVEN = "given by the program"

Port = TypeVar("Port", TranscriptionPort, DiarizationPort, VoiceActivityPort)


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine(Generic[Port]):
    """What makes an adapter (`module:Class` under app.adapters.outbound), and its arguments from settings.

    `auto=False` keeps an engine to those who name it.
    """

    adapter: str
    arguments: Callable[[Settings], dict[str, Any]] = lambda _: {}
    auto: bool = True

    def build(self, settings: Settings) -> Port:
        """The adapter. Loads neither a model nor the engine's own library."""
        port: Port = outbound(self.adapter)(**self.arguments(settings))
        return port


def _whisper(settings: Settings) -> dict[str, Any]:
    token = settings.huggingface_auth_token
    return {
        "model": settings.whisper_model,
        "revision": settings.whisper_revision,
        "device": settings.whisper_device,
        "compute_type": settings.whisper_compute_type,
        "batch_size": settings.whisper_batch_size,
        "threads": settings.cpu_threads,
        "cache": settings.model_cache_path,
        "token": token.get_secret_value() if token else None,
        # Whoever names an engine wants its weights too; auto takes what is here.
        "download": settings.transcription_engine != "auto",
        "idle_unload_s": settings.model_idle_unload_s or None,
        "max_queued": settings.max_queued_windows,
        "memory_bytes": usable_memory(),
    }


def _pyannote(settings: Settings) -> dict[str, Any]:
    token = settings.huggingface_auth_token
    return {
        "model": settings.pyannote_model,
        "device": settings.pyannote_device,
        "threads": settings.cpu_threads,
        "token": token.get_secret_value() if token else None,
        "download": settings.diarization_engine != "auto",
        "idle_unload_s": settings.model_idle_unload_s or None,
    }


TRANSCRIPTION_ENGINES: dict[str, Engine[TranscriptionPort]] = {
    "faster-whisper": Engine(
        adapter="transcription.faster_whisper:FasterWhisperTranscriber", arguments=_whisper
    ),
    "whisper": Engine(
        adapter="transcription.whisper_transformers:WhisperTransformersTranscriber", arguments=_whisper
    ),
    "pocketsphinx": Engine(
        adapter="transcription.pocketsphinx:PocketSphinxTranscriber",
        arguments=lambda s: {"workers": s.cpu_threads},
    ),
    "scripted": Engine(
        adapter="transcription.scripted:ScriptedTranscriber.from_ctm",
        arguments=lambda s: {"path": s.scripted_words},
        auto=False,
    ),
}

DIARIZATION_ENGINES: dict[str, Engine[DiarizationPort]] = {
    "pyannote": Engine(adapter="diarization.chunked_pyannote:ChunkedPyannoteDiarizer", arguments=_pyannote),
    "resemblyzer": Engine(adapter="diarization.resemblyzer:ResemblyzerDiarizer"),
    "scripted": Engine(
        adapter="diarization.scripted:ScriptedDiarizer.from_rttm",
        arguments=lambda s: {"path": s.scripted_turns},
        auto=False,
    ),
}

VOICE_ACTIVITY_ENGINES: dict[str, Engine[VoiceActivityPort]] = {
    "silero": Engine(adapter="voice_activity.silero:SileroVoiceActivity"),
    "energy": Engine(adapter="voice_activity.energy:EnergyVoiceActivity", auto=False),
}


def choose(stage: str, wanted: str, engines: Mapping[str, Engine[Port]], settings: Settings) -> ChosenEngine:
    """Take the engine that is wanted; for "auto" the first whose package and model are here.

    "none" takes nobody. An engine that was named is taken even when something is missing: it says so
    when it is used. Raises `InvalidOptions` for a name nobody has.
    """
    setting = f"{stage.upper()}_ENGINE"
    if wanted == "none" and stage == "diarization":
        return ChosenEngine(stage=stage, port=None, reason=f"{setting}=none")
    if wanted != "auto":
        if wanted not in engines:
            raise InvalidOptions(setting, f"must be one of auto, {', '.join(engines)}, got {wanted!r}")
        return ChosenEngine(stage=stage, port=engines[wanted].build(settings), reason=f"named by {setting}")
    candidates: list[EnginePort] = []
    passed_over: list[EngineUnavailable] = []
    for engine in engines.values():
        if not engine.auto:
            continue
        port = engine.build(settings)
        candidates.append(port)
        try:
            port.check()
        except EngineUnavailable as missing:
            passed_over.append(missing)
        else:
            reason = "chosen by auto: the first engine whose package and model are here"
            return ChosenEngine(
                stage=stage,
                port=port,
                reason="; ".join([reason, *_told(passed_over)]),
                # What the one lacks that comes right before it: that is the shortest way to a better one.
                remedy=passed_over[-1].remedy if passed_over else None,
            )
    reason = "; ".join(["auto found no engine", *_told(passed_over)])
    if stage == "diarization":
        # The last is the embedded one: what brings it asks for no account.
        least = passed_over[-1]
        return ChosenEngine(stage=stage, port=None, reason=reason, problem=least.reason, remedy=least.remedy)
    # Without speakers there is still a transcript; without words there is none, so somebody must say why.
    return ChosenEngine(stage=stage, port=candidates[0], reason=reason)


def in_use(stage: str, port: Provider[EnginePort | None], chosen: Callable[[], ChosenEngine]) -> ChosenEngine:
    """Who does a stage: the port that a program put in place of the chosen one, else the chosen one."""
    return ChosenEngine(stage=stage, port=port(), reason=GIVEN) if port.overridden else chosen()


def _told(passed_over: Sequence[EngineUnavailable]) -> list[str]:
    return [f"{missing.engine} was passed over: {missing.reason}" for missing in passed_over]

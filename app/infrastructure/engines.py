"""The engines there are, and which of them does what.

To add an engine, write one adapter file and one line here; the contract tests enrol it by that line.
The order is the preference of `auto`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from dependency_injector.providers import Provider

from app.domain.engine import EngineChoice, EngineInfo
from app.domain.errors import EngineUnavailable, InvalidOptions
from app.domain.ports import DiarizationPort, TranscriptionPort, VoiceActivityPort
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


TRANSCRIPTION_ENGINES: dict[str, Engine[TranscriptionPort]] = {
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen(Generic[Port]):
    """An engine that was taken (None: nobody does this stage) and the story of the choice."""

    port: Port | None
    choice: EngineChoice


def choose(stage: str, wanted: str, engines: Mapping[str, Engine[Port]], settings: Settings) -> Chosen[Port]:
    """Take the engine that is wanted; for "auto" the first whose package and model are here.

    "none" takes nobody. An engine that was named is taken even when something is missing: it says so
    when it is used. Raises `InvalidOptions` for a name nobody has.
    """
    setting = f"{stage.upper()}_ENGINE"
    if wanted == "none" and stage == "diarization":
        return _nobody(stage, f"{setting}=none")
    if wanted != "auto":
        if wanted not in engines:
            raise InvalidOptions(setting, f"must be one of auto, {', '.join(engines)}, got {wanted!r}")
        return _taken(stage, engines[wanted].build(settings), f"named by {setting}")
    passed_over: list[EngineUnavailable] = []
    candidates = [engine.build(settings) for engine in engines.values() if engine.auto]
    for port in candidates:
        try:
            port.check()
        except EngineUnavailable as missing:
            passed_over.append(missing)
        else:
            reason = "chosen by auto: the first engine whose package and model are here"
            return _taken(stage, port, "; ".join([reason, *_told(passed_over)]))
    reason = "; ".join(["auto found no engine", *_told(passed_over)])
    # Without speakers there is still a transcript; without words there is none, so somebody must say why.
    return (
        _nobody(stage, reason, passed_over)
        if stage == "diarization"
        else _taken(stage, candidates[0], reason)
    )


def in_use(stage: str, port: Provider[Port | None], chosen: Callable[[], Chosen[Port]]) -> EngineChoice:
    """Who does a stage: the port that a program put in place of the chosen one, else the chosen one."""
    if not port.overridden:
        return chosen().choice
    given = port()
    return (_nobody(stage, GIVEN) if given is None else _taken(stage, given, GIVEN)).choice


def _taken(stage: str, port: Port, reason: str) -> Chosen[Port]:
    info: EngineInfo = port.describe()
    problem = remedy = None
    try:
        port.check()
    except EngineUnavailable as missing:
        problem, remedy = missing.reason, missing.remedy
    choice = EngineChoice(stage=stage, engine=info, reason=reason, problem=problem, remedy=remedy)
    return Chosen(port=port, choice=choice)


def _nobody(stage: str, reason: str, passed_over: Sequence[EngineUnavailable] = ()) -> Chosen[Port]:
    problem = passed_over[0].reason if passed_over else None
    remedy = passed_over[0].remedy if passed_over else None
    choice = EngineChoice(stage=stage, engine=None, reason=reason, problem=problem, remedy=remedy)
    return Chosen(port=None, choice=choice)


def _told(passed_over: list[EngineUnavailable]) -> list[str]:
    return [f"{missing.engine} was passed over: {missing.reason}" for missing in passed_over]

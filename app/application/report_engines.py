"""Tells which engines do the work, why, and what is missing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.domain.engine import EngineChoice, can_transcribe
from app.domain.errors import EngineUnavailable
from app.domain.ports import EnginePort


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenEngine:
    """Who does a stage (None: nobody), and why.

    `problem` says why nobody does it; `remedy` what would bring an engine, or a better one.
    """

    stage: str
    port: EnginePort | None
    reason: str
    problem: str | None = None
    remedy: str | None = None

    def state(self) -> EngineChoice:
        """How it is now. Asks the engine, which is quick."""
        info = self.port.describe() if self.port else None
        choice = EngineChoice(
            stage=self.stage, engine=info, reason=self.reason, problem=self.problem, remedy=self.remedy
        )
        try:
            if self.port:
                self.port.check()
        except EngineUnavailable as missing:
            return replace(choice, problem=missing.reason, remedy=missing.remedy)
        return choice


class ReportEngines:
    """Who was taken was settled at start; what is missing is looked up anew each time."""

    def __init__(self, *, engines: Sequence[ChosenEngine]) -> None:
        self._engines = tuple(engines)

    def execute(self) -> tuple[EngineChoice, ...]:
        """One choice per stage: transcription, diarization, voice_activity. Loads nothing."""
        return tuple(chosen.state() for chosen in self._engines)

    @property
    def ready(self) -> bool:
        """Whether recordings can be transcribed now."""
        return can_transcribe(self.execute())

    async def after_loading(self) -> tuple[EngineChoice, ...]:
        """The same once every engine that lacks nothing was loaded; a failure of that is its problem."""
        return tuple([await _loaded(chosen) for chosen in self._engines])


async def _loaded(chosen: ChosenEngine) -> EngineChoice:
    choice = chosen.state()
    if chosen.port is None or choice.problem:
        return choice
    try:
        await chosen.port.load()
    except EngineUnavailable as failure:
        return replace(choice, problem=failure.reason, remedy=failure.remedy)
    return choice

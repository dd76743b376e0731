"""What an engine says about itself without loading anything."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineInfo:
    """Identity and abilities of an engine.

    `languages` are ISO 639-1 codes, empty for "any". `options` are the names among
    `app.domain.options.ENGINE_OPTIONS` that the engine honours. `windows_at_once` is how many windows
    of one recording keep it busy; it says nothing of who it is, and is not kept with a transcript.
    """

    name: str
    model: str
    revision: str | None = None
    languages: frozenset[str] = frozenset()
    options: frozenset[str] = frozenset()
    windows_at_once: int = field(default=4, compare=False)

    def __post_init__(self) -> None:
        if self.windows_at_once < 1:
            raise ValueError(f"{self.name}: at least one window at once, got {self.windows_at_once}")


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineChoice:
    """Which engine does a stage, and why; `engine` None means that nobody does it.

    `problem` says why the engine cannot work now, None when it can; `remedy` the command or setting
    that mends that, or that brings a better engine.
    """

    stage: str
    engine: EngineInfo | None
    reason: str
    problem: str | None = None
    remedy: str | None = None


def can_transcribe(choices: Iterable[EngineChoice]) -> bool:
    """Whether every stage but diarization, without which there still are words, has a working engine."""
    return all(
        choice.problem is None and choice.engine is not None
        for choice in choices
        if choice.stage != "diarization"
    )

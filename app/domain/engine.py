"""What an engine says about itself without loading anything."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineInfo:
    """Identity and abilities of an engine.

    `languages` are ISO 639-1 codes, empty for "any". `options` are the names among
    `app.domain.options.ENGINE_OPTIONS` that the engine honours.
    """

    name: str
    model: str
    revision: str | None = None
    languages: frozenset[str] = frozenset()
    options: frozenset[str] = frozenset()


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

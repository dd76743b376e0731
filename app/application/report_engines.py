"""Tells which engines do the work, why, and what is missing."""

from collections.abc import Sequence

from app.domain.engine import EngineChoice


class ReportEngines:
    """Answers from what was settled at start; asks no engine, so it never waits."""

    def __init__(self, *, choices: Sequence[EngineChoice]) -> None:
        self._choices = tuple(choices)

    def execute(self) -> tuple[EngineChoice, ...]:
        """One choice per stage: transcription, diarization, voice_activity."""
        return self._choices

    @property
    def ready(self) -> bool:
        """Whether recordings can be transcribed: every stage but diarization has an engine that works."""
        return all(
            choice.problem is None and choice.engine is not None
            for choice in self._choices
            if choice.stage != "diarization"
        )

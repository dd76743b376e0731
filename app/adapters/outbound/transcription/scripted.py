"""Words that were written down beforehand, for tests and demonstrations."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from app.domain.engine import EngineInfo
from app.domain.errors import InvalidOptions
from app.domain.options import TranscriptionOptions
from app.domain.ports import Priority, TranscriptionPort
from app.domain.transcript import TranscriptionText, Word
from app.domain.windows import SpeechWindow


class ScriptedTranscriber(TranscriptionPort):
    """Hears nothing: says the words of its script whose midpoints lie in the window's pieces.

    For tests and demonstrations. The script is in clip time and is the same for every clip;
    without one there are no words.
    """

    def __init__(self, script: Iterable[Word] = (), *, language: str | None = "en") -> None:
        self._script = tuple(sorted(script, key=lambda word: (word.start, word.end)))
        self._language = language

    @classmethod
    def from_ctm(cls, path: Path | None, *, language: str | None = "en") -> "ScriptedTranscriber":
        """Read a script in NIST's CTM: `recording channel start duration word [confidence]` per line.

        None is an empty one. Raises `InvalidOptions` naming the line that is none.
        """
        if path is None:
            return cls(language=language)
        words = []
        lines = path.read_text(encoding="utf-8").splitlines() if path else []
        for number, line in enumerate(lines, start=1):
            if not line.strip() or line.startswith(";;"):
                continue
            try:
                _, _, start, duration, text, *rest = line.split()
                end = float(start) + float(duration)
                probability = float(rest[0]) if rest else None
                words.append(Word(word=text, start=float(start), end=end, probability=probability))
            except ValueError as error:
                raise InvalidOptions("script", f"{path.name}, line {number}: {error}") from error
        return cls(words, language=language)

    def describe(self) -> EngineInfo:
        return EngineInfo(name="scripted", model="script")

    async def transcribe(
        self,
        window: SpeechWindow,
        options: TranscriptionOptions,
        *,
        priority: Priority = Priority.FILE,  # noqa: ARG002  # nobody waits here
    ) -> TranscriptionText:
        words = tuple(
            replace(word, start=max(word.start, piece.start), end=min(word.end, piece.end))
            for word in self._script
            for piece in window.pieces
            if piece.contains(word.range.midpoint)
        )
        return TranscriptionText(words=words, language=options.language or self._language)

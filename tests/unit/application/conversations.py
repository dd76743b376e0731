"""Made-up recordings: who says what on them, and when."""

from dataclasses import dataclass

from app.domain.timeline import TimeRange
from app.domain.transcript import SpeakerTurn, Word


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """Who says what on a made-up recording: a word every 0.4 s, turn about, with short pauses."""

    turns: tuple[SpeakerTurn, ...]
    words: tuple[Word, ...]
    duration_s: float

    @property
    def speech(self) -> list[TimeRange]:
        return [turn.range for turn in self.turns]

    @property
    def said(self) -> list[tuple[str, str]]:
        """(speaker, word) of all words, in order."""
        return [
            (next(t.speaker_label for t in self.turns if t.range.overlap(w.range) > 0), w.word)
            for w in self.words
        ]


def conversation(
    *, minutes: float, speakers: int = 2, turn_s: float = 6.0, pause_s: float = 1.5
) -> Conversation:
    turns, words, now_s = [], [], 1.0
    while now_s + turn_s < minutes * 60:
        turns.append(
            SpeakerTurn(start=now_s, end=now_s + turn_s, speaker_label=f"SPEAKER_{len(turns) % speakers:02d}")
        )
        for step in range(int(turn_s / 0.4)):
            start_s = now_s + step * 0.4
            words.append(Word(word=f"w{len(words)}", start=round(start_s, 3), end=round(start_s + 0.35, 3)))
        now_s += turn_s + pause_s
    return Conversation(turns=tuple(turns), words=tuple(words), duration_s=minutes * 60)

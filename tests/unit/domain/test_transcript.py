import math
from dataclasses import replace

import pytest

from app.domain.transcript import (
    SpeakerSegment,
    SpeakerTurn,
    SuppressedText,
    Transcript,
    TranscriptionText,
    Word,
)


def segment(start: float, label: str | None, text: str = "hi") -> SpeakerSegment:
    words = (Word(word=text, start=start, end=start + 1, speaker_label=label),)
    return SpeakerSegment(
        id=f"s{start}",
        audio_clip_id="c",
        start=start,
        end=start + 1,
        speaker_label=label,
        text=text,
        words=words,
    )


@pytest.mark.parametrize(
    "bad", [{"word": " "}, {"probability": 1.1}, {"end": 0.5}, {"speaker_confidence": -0.1}]
)
def test_a_word_that_cannot_be_is_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Word(**({"word": "hi", "start": 1.0, "end": 2.0} | bad))  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", [{"start": 2.0}, {"start": -1.0}, {"score": math.inf}, {"score": math.nan}])
def test_a_suppressed_text_that_cannot_be_is_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        SuppressedText(text="Bye.", reason="no_speech", **({"start": 1.0, "end": 2.0, "score": 0.9} | bad))


def test_a_transcript_without_word_times_still_has_its_text() -> None:
    said = (replace(segment(0, None, "good"), words=()), replace(segment(1, None, "morning"), words=()))
    assert Transcript(clip_id="c", language="en", duration=2, segments=said).text == "good morning"


def test_speakers_come_in_order_of_first_appearance() -> None:
    transcript = Transcript(
        clip_id="c",
        language="en",
        duration=9.0,
        segments=(segment(3, "Zoe"), segment(5, None)),
        turns=(
            SpeakerTurn(start=4, end=5, speaker_label="Ann"),
            SpeakerTurn(start=3, end=4, speaker_label="Zoe"),
        ),
    )
    assert transcript.speakers == ("Zoe", "Ann")


@pytest.mark.parametrize(("language", "text"), [("en", "a b"), ("ja", "ab"), (None, "a b")])
def test_words_are_joined_as_the_language_writes_them(language: str | None, text: str) -> None:
    words = tuple(Word(word=w, start=i, end=i + 1) for i, w in enumerate("ab"))
    assert TranscriptionText(words=words, language=language).text == text
    transcript = Transcript(
        clip_id="c", language=language, duration=2, segments=(segment(0, None, "a"), segment(1, None, "b"))
    )
    assert transcript.text == text

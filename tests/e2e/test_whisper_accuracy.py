"""Held-out speech through the whole service, on both Whisper engines: words, times, languages, silence."""

from collections.abc import Iterator
from statistics import median
from typing import Any

import pytest

from app.domain.transcript import Word
from tests.e2e.whisper import ENGINES, WhisperService, whisper_service
from tests.fixtures.held_out import HeldOut, edge_errors_s, held_out, word_error_rate
from tests.fixtures.tiny_whisper.vocabulary import english_of

MOST_WORD_ERRORS = 0.10
NEAR_S = 0.3
LEAST_NEAR_EDGES = 0.85
MOST_MEDIAN_ERROR_S = 0.1

MONOLINGUAL = [each for each in held_out().values() if len(each.languages) == 1]
(BILINGUAL,) = (each for each in held_out().values() if len(each.languages) > 1)


@pytest.fixture(scope="module", params=ENGINES)
def service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WhisperService]:
    with whisper_service(tmp_path_factory.mktemp("service"), request.param) as service:
        yield service


def words_of(transcript: dict[str, Any]) -> list[Word]:
    return [
        Word(word=word["word"], start=word["start"], end=word["end"], probability=word["probability"])
        for segment in transcript["segments"]
        for word in segment["words"]
    ]


def text_of(transcript: dict[str, Any]) -> str:
    return " ".join(segment["text"] for segment in transcript["segments"])


def edges_s(pairs: list[tuple[HeldOut, dict[str, Any]]]) -> list[float]:
    return [error for said, heard in pairs for error in edge_errors_s(said.words, words_of(heard))]


@pytest.fixture(scope="module")
def heard(service: WhisperService) -> list[dict[str, Any]]:
    """The transcripts of `MONOLINGUAL`, each language detected."""
    return service.transcribe_all([each.path for each in MONOLINGUAL], diarize=False)


def test_held_out_speech_is_understood(heard: list[dict[str, Any]]) -> None:
    errors = word_error_rate([each.text for each in MONOLINGUAL], [text_of(each) for each in heard])
    assert errors <= MOST_WORD_ERRORS


def test_words_are_where_they_were_said(heard: list[dict[str, Any]]) -> None:
    off_s = edges_s(list(zip(MONOLINGUAL, heard, strict=True)))
    assert sum(error <= NEAR_S for error in off_s) / len(off_s) >= LEAST_NEAR_EDGES
    assert median(off_s) <= MOST_MEDIAN_ERROR_S


def test_the_language_is_detected_with_its_probability(heard: list[dict[str, Any]]) -> None:
    right = [each["language"] == said.languages[0] for said, each in zip(MONOLINGUAL, heard, strict=True)]
    assert sum(right) / len(right) >= 0.95
    assert all(0 < each["language_probability"] <= 1 for each in heard)


def test_a_recording_that_switches_language_is_followed(service: WhisperService) -> None:
    (heard,) = service.transcribe_all([BILINGUAL.path], diarize=False, multilingual=True)
    assert word_error_rate([BILINGUAL.text], [text_of(heard)]) <= 0.2


def test_german_is_translated(service: WhisperService) -> None:
    german = [each for each in MONOLINGUAL if each.languages == ("de",)]
    paths = [each.path for each in german]
    heard = service.transcribe_all(paths, diarize=False, language="de", task="translate")
    meant = [" ".join(map(english_of, each.text.split())) for each in german]
    assert word_error_rate(meant, [text_of(each) for each in heard]) <= 0.2


def test_nobody_speaks_in_silence_and_noise(heard: list[dict[str, Any]]) -> None:
    said = held_out()["silence_and_noise_50_s.ogg"]
    words = words_of(heard[MONOLINGUAL.index(said)])
    pauses = [(one.end_s, other.start_s) for one, other in zip(said.words, said.words[1:], strict=False)]
    start_s, end_s = max(pauses, key=lambda pause: pause[1] - pause[0])
    assert end_s - start_s > 10
    assert [word for word in words if start_s + 0.5 < word.start < end_s - 0.5] == []


def test_eight_at_once_get_what_each_would_get_alone(service: WhisperService) -> None:
    paths = [each.path for each in MONOLINGUAL[-3:]] + [each.path for each in MONOLINGUAL[:5]]
    clips = [service.store(path) for path in paths]
    alone = [service.transcribe(clip) for clip in clips]
    together = service.transcribe_all(paths)
    for one, other in zip(alone, together, strict=True):
        assert one["speakers"] == other["speakers"]
        for word, same in zip(spoken(one), spoken(other), strict=True):
            assert {**word, "probability": None} == {**same, "probability": None}
            assert same["probability"] == pytest.approx(word["probability"], abs=1e-3)


def spoken(transcript: dict[str, Any]) -> list[dict[str, Any]]:
    return [word for segment in transcript["segments"] for word in segment["words"]]

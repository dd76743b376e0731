import math
from typing import Any

import pytest

from app.domain.engine import EngineInfo
from app.domain.errors import InvalidOptions
from app.domain.options import ENGINE_OPTIONS, SpeakerHints, TranscriptionOptions

ENGLISH_ONLY = EngineInfo(name="parrot", model="grey", languages=frozenset({"en"}))
ABLE = EngineInfo(name="able", model="1", options=frozenset(ENGINE_OPTIONS))


@pytest.mark.parametrize(
    ("hints", "blamed"),
    [
        ({"num_speakers": 0}, "num_speakers"),
        ({"max_speakers": 65}, "max_speakers"),
        ({"num_speakers": 2, "max_speakers": 3}, "num_speakers"),
        ({"min_speakers": 3, "max_speakers": 2}, "min_speakers"),
    ],
)
def test_impossible_speaker_counts_are_refused_by_name(hints: dict[str, int], blamed: str) -> None:
    with pytest.raises(InvalidOptions) as refusal:
        SpeakerHints(**hints)
    assert refusal.value.option == blamed


def test_an_exact_count_is_both_bounds() -> None:
    assert (SpeakerHints(num_speakers=2).at_least, SpeakerHints(num_speakers=2).at_most) == (2, 2)
    assert (SpeakerHints().at_least, SpeakerHints().at_most) == (1, None)


@pytest.mark.parametrize(
    ("options", "blamed"),
    [
        ({"language": "EN"}, "language"),
        ({"language": "e-n"}, "language"),
        ({"task": "sing"}, "task"),
        ({"channels": "left"}, "channels"),
        ({"temperature": 1.5}, "temperature"),
        ({"temperature": math.nan}, "temperature"),
        ({"beam_size": 0}, "beam_size"),
        ({"channels": "split", "speakers": SpeakerHints(num_speakers=2)}, "channels"),
        ({"multilingual": True, "language": "en"}, "multilingual"),
        ({"diarize": False, "speakers": SpeakerHints(num_speakers=2)}, "diarize"),
    ],
)
def test_impossible_options_are_refused_by_name(options: dict[str, Any], blamed: str) -> None:
    with pytest.raises(InvalidOptions) as refusal:
        TranscriptionOptions(**options)
    assert refusal.value.option == blamed


@pytest.mark.parametrize(
    "options",
    [
        {"task": "translate"},
        {"prompt": "hi"},
        {"hotwords": ("x",)},
        {"temperature": 0.0},
        {"beam_size": 2},
        {"multilingual": True},
    ],
)
def test_an_option_the_engine_does_not_honour_is_refused_by_name(options: dict[str, Any]) -> None:
    wish = TranscriptionOptions(**options)
    with pytest.raises(InvalidOptions) as refusal:
        wish.require_supported_by(ENGLISH_ONLY)
    assert refusal.value.option == next(iter(options))
    wish.require_supported_by(ABLE)


def test_a_language_the_engine_does_not_speak_is_refused() -> None:
    with pytest.raises(InvalidOptions, match="parrot speaks en, not 'de'"):
        TranscriptionOptions(language="de").require_supported_by(ENGLISH_ONLY)
    TranscriptionOptions(language="de").require_supported_by(ABLE)
    TranscriptionOptions(language="en").require_supported_by(ENGLISH_ONLY)

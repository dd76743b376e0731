"""After settling, the linker knows how sure each turn is and how each speaker sounds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.options import SpeakerHints
from app.domain.speaker_sureness import SpeakerSureness, Sureness, SureTurn
from app.domain.speakers import SpeakerLinker
from app.domain.timeline import TimeRange
from tests.unit.domain.talks import Talk, chunk, conversations, core, labels, people_of, voice
from tests.unit.domain.test_speakers_in_a_chunk import alone, between, heard


def settled(*chunks: object, hints: SpeakerHints | None = None) -> SpeakerLinker:
    linker = SpeakerLinker(hints or SpeakerHints())
    for index, each in enumerate(chunks):
        linker.link(each, core(index))  # type: ignore[arg-type]
    linker.settle(hints or SpeakerHints())
    return linker


def part(start: float, end: float) -> TimeRange:
    return TimeRange(start=start, end=end)


@given(conversations())
def test_every_turn_is_as_sure_as_its_label_says(talks: list[list[Talk]]) -> None:
    linker = settled(*(chunk(*items) for items in talks))

    everybody = {f"SPEAKER_{n:02d}" for n in range(len(people_of(talks)))}
    for turn in linker.settle(SpeakerHints()):
        label, runner_up, confidence = linker.sureness.sureness(turn.range, turn.speaker_label)
        assert label == turn.speaker_label
        assert runner_up in (everybody - {label} or {None})
        assert 0.5 < confidence <= 1


def test_who_sounds_nearly_like_another_is_less_sure_and_says_whom() -> None:
    known = heard((0, 0, 9, alone(0)), (1, 10, 19, alone(1)), (2, 20, 29, alone(2)))
    unsure = heard((0, 60, 65, between(0, 1, 0.75)))

    sureness = settled(known, unsure).sureness

    clear, doubtful = sureness.sureness(part(0, 9)), sureness.sureness(part(60, 65))
    assert (clear.label, doubtful.label, doubtful.runner_up) == ("SPEAKER_00", "SPEAKER_00", "SPEAKER_01")
    assert 0.5 < doubtful.confidence < 0.9 < clear.confidence


def test_the_only_speaker_is_sure() -> None:
    assert settled(heard((0, 0, 9, alone(0)))).sureness.sureness(part(3, 4)) == ("SPEAKER_00", None, 1.0)


def test_who_was_too_brief_to_be_known_is_a_guess() -> None:
    talk = chunk(
        Talk(person=0, start=1, end=10),
        Talk(person=1, start=20, end=30),
        Talk(person=2, start=31, end=31.5, voiced=False),
    )

    assert settled(talk).sureness.sureness(part(31, 31.5)) == ("SPEAKER_01", None, 0.5)


def test_without_speech_nobody_is_sure() -> None:
    assert SpeakerLinker(SpeakerHints()).sureness.sureness(part(0, 1)) == Sureness(None, None, 0.0)


@pytest.mark.parametrize(
    ("start", "end", "label", "found"),
    [
        (1, 3, None, "A"),
        (4.5, 6.5, None, "B"),
        (4.5, 6.5, "A", "A"),
        (10.5, 11, None, "B"),
        (18, 19, None, "C"),
        (30, 31, None, "C"),
    ],
)
def test_the_most_within_or_the_nearest_is_looked_up(
    start: float, end: float, label: str | None, found: str
) -> None:
    turns = [
        SureTurn(part(0, 5), "A", "B", 0.9),
        SureTurn(part(4, 10), "B", "A", 0.8),
        SureTurn(part(20, 21), "C", "A", 0.7),
    ]

    assert SpeakerSureness(turns).sureness(part(start, end), label).label == found


def test_a_speakers_voice_is_the_mean_of_the_samples_by_seconds() -> None:
    linker = settled(heard((0, 0, 9, alone(0))), heard((0, 60, 63, between(0, 1, 0.9))))

    print_ = linker.voices()["SPEAKER_00"]

    mean = 9 * alone(0) + 3 * between(0, 1, 0.9)
    assert print_.seconds == pytest.approx(12)
    assert print_.model == "test"
    assert print_.embedding.dtype == np.float32
    assert print_.embedding == pytest.approx(mean / np.linalg.norm(mean), abs=1e-6)


@given(conversations(), st.integers(1, 4))
def test_whoever_has_a_voice_has_a_label_and_the_other_way_round(
    talks: list[list[Talk]], number: int
) -> None:
    hints = SpeakerHints(num_speakers=number)
    linker = settled(*(chunk(*items) for items in talks), hints=hints)

    assert set(linker.voices()) == set(labels(linker.settle(hints)))


def test_a_speaker_without_a_sample_has_no_voice() -> None:
    assert settled(chunk(Talk(person=0, start=1, end=1.5, voiced=False))).voices() == {}


def test_voices_are_those_of_the_last_settling() -> None:
    linker = settled(chunk(Talk(person=0, start=1, end=9), Talk(person=1, start=10, end=19)))
    assert linker.voices()["SPEAKER_01"].embedding @ voice(1) > 0.9

    linker.settle(SpeakerHints(num_speakers=1))

    assert set(linker.voices()) == {"SPEAKER_00"}

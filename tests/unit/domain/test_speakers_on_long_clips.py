"""Hours of made-up voices that drift: the people found, and what is kept of them."""

import pytest

from app.domain.options import SpeakerHints
from app.domain.speakers import MOST_SAMPLES, SpeakerLinker
from bench.linking import PEOPLE, chunks
from tests.unit.domain.talks import labels


@pytest.fixture(scope="module")
def three_hours() -> SpeakerLinker:
    linker = SpeakerLinker(SpeakerHints())
    for chunk, core in chunks(180):
        linker.link(chunk, core)
    return linker


def test_the_same_people_are_found_from_the_first_to_the_last_minute(three_hours: SpeakerLinker) -> None:
    turns = three_hours.settle(SpeakerHints())

    by_hour = [{turn.speaker_label for turn in turns if turn.start // 3600 == hour} for hour in range(3)]
    assert by_hour == [{f"SPEAKER_{n:02d}" for n in range(PEOPLE)}] * 3


def test_what_is_told_as_it_goes_is_what_is_settled_in_the_end() -> None:
    linker = SpeakerLinker(SpeakerHints())

    early = [turn for chunk, core in chunks(20) for turn in linker.link(chunk, core)]

    assert labels(early) == labels(linker.settle(SpeakerHints()))


@pytest.mark.parametrize("number", [1, 2, 3, 5, 8])
def test_a_number_of_speakers_holds_for_the_whole_clip(three_hours: SpeakerLinker, number: int) -> None:
    turns = three_hours.settle(SpeakerHints(num_speakers=number))

    assert len(set(labels(turns))) == number


def test_settling_again_gives_the_same(three_hours: SpeakerLinker) -> None:
    assert three_hours.settle(SpeakerHints()) == three_hours.settle(SpeakerHints())


def test_samples_are_thinned_and_no_speech_is_lost_by_it() -> None:
    linker = SpeakerLinker(SpeakerHints())
    spoken_s = 0.0
    for chunk, core in chunks(400):
        linker.link(chunk, core)
        spoken_s += sum(sample.range.duration for sample in chunk.samples)

    linker.settle(SpeakerHints())

    assert sum(voice.seconds for voice in linker.voices().values()) == pytest.approx(spoken_s, rel=1e-4)
    kept = sum(len(presence.heard) for chunk in linker._chunks for presence in chunk.voiced)
    assert kept <= MOST_SAMPLES

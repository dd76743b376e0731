"""What a chunk says about its own speakers counts, but it can be wrong both ways."""

import numpy as np
import pytest

from app.domain.diarization import ChunkDiarization, LocalTurn, VoiceSample
from app.domain.options import SpeakerHints
from app.domain.speakers import SpeakerLinker
from app.domain.timeline import TimeRange
from tests.unit.domain.talks import core, labels, linked, said_by

Part = tuple[int, float, float, np.ndarray]


def between(one: int, other: int, likeness: float) -> np.ndarray:
    """The voice of `one`, turned towards `other`'s until it is so alike to what it was."""
    voice = np.zeros(8)
    voice[one], voice[other] = likeness, np.sqrt(1 - likeness**2)
    return voice.astype(np.float32)


def mixed(one: int, other: int) -> np.ndarray:
    return between(one, other, np.sqrt(0.5))


def alone(person: int) -> np.ndarray:
    return np.eye(8, dtype=np.float32)[person]


def heard(*parts: Part) -> ChunkDiarization:
    """Local speakers, each with start, end and voice; every part is a turn and a sample."""
    return ChunkDiarization(
        turns=tuple(LocalTurn(local_speaker=n, range=TimeRange(start=a, end=b)) for n, a, b, _ in parts),
        samples=tuple(
            VoiceSample(local_speaker=n, range=TimeRange(start=a, end=b), embedding=voice, model="test")
            for n, a, b, voice in parts
        ),
    )


def test_two_who_sound_alike_are_two_because_a_chunk_told_them_apart() -> None:
    twins = heard((0, 0, 9, alone(0)), (1, 10, 19, between(0, 1, 0.8)))

    early, final = linked([twins])

    assert labels(early) == labels(final) == ["SPEAKER_00", "SPEAKER_01"]


def test_the_same_two_voices_in_different_chunks_are_one_persons() -> None:
    early, final = linked([heard((0, 0, 9, alone(0))), heard((0, 60, 69, between(0, 1, 0.8)))])

    assert labels(early) == labels(final) == ["SPEAKER_00", "SPEAKER_00"]


def test_an_exact_number_overrules_what_a_chunk_told_apart() -> None:
    twins = heard((0, 0, 9, alone(0)), (1, 10, 19, between(0, 1, 0.8)))

    for turns in linked([twins], SpeakerHints(num_speakers=1)):
        assert set(labels(turns)) == {"SPEAKER_00"}


def test_one_person_whom_a_chunk_took_for_two_is_one() -> None:
    split = heard((0, 0, 5, alone(0)), (1, 10, 15, between(0, 1, 0.99)), (2, 20, 25, alone(2)))

    early, final = linked([split])

    assert labels(early) == labels(final) == ["SPEAKER_00", "SPEAKER_00", "SPEAKER_01"]


def test_who_talk_at_once_are_two_however_alike_they_sound() -> None:
    early, final = linked([heard((0, 0, 5, alone(0)), (1, 3, 8, between(0, 1, 0.99)))])

    assert labels(early) == labels(final) == ["SPEAKER_00", "SPEAKER_01"]


def test_two_people_at_once_do_not_make_a_third() -> None:
    early, final = linked(
        [
            heard((0, 0, 9, alone(0)), (1, 10, 19, alone(1))),
            heard((0, 60, 69, alone(0)), (1, 70, 79, alone(1)), (2, 80, 83, mixed(0, 1))),
        ]
    )

    for turns in (early, final):
        assert set(labels(turns)) == {"SPEAKER_00", "SPEAKER_01"}


def test_somebody_brief_who_sounds_like_nobody_is_kept() -> None:
    early, final = linked(
        [
            heard((0, 0, 9, alone(0)), (1, 10, 19, alone(1)), (2, 20, 21, alone(2))),
            heard((0, 60, 69, alone(0))),
        ]
    )

    for turns in (early, final):
        assert labels(turns)[2] == "SPEAKER_02"


@pytest.mark.parametrize(("seconds", "found"), [(0.5, "SPEAKER_00"), (9.0, "SPEAKER_01")])
def test_the_less_was_heard_the_less_alike_one_has_to_be(seconds: float, found: str) -> None:
    brief = heard((0, 60, 60 + seconds, between(0, 1, 0.55)))

    early, final = linked([heard((0, 0, 9, alone(0))), brief])

    assert labels(early)[-1] == labels(final)[-1] == found


def test_a_local_speaker_who_was_two_people_is_told_apart_by_what_other_chunks_know() -> None:
    apart = heard((0, 0, 9, alone(0)), (1, 10, 19, alone(1)))
    taken_for_one = heard((0, 60, 69, alone(0)), (0, 70, 74, alone(1)), (0, 75, 84, alone(0)))

    _, final = linked([apart, taken_for_one])

    assert said_by(final, "SPEAKER_01")[-1] == TimeRange(start=70, end=74)


def test_a_person_who_is_two_people_whom_most_chunks_took_for_one_is_nobody() -> None:
    both = [
        (0, 60.0 * n + 20 * k + start, 60.0 * n + 20 * k + start + 8, alone(person))
        for n in range(1, 4)
        for k in range(2)
        for person, start in ((0, 0), (1, 10))
    ]
    chunks = [heard(*(part for part in both if core(n).contains(part[1]))) for n in range(1, 4)]
    apart = heard((0, 240, 248, alone(0)), (1, 250, 258, alone(1)))
    linker = SpeakerLinker(SpeakerHints())
    for index, chunk in enumerate([*chunks, apart], start=1):
        linker.link(chunk, core(index))

    turns = linker.settle(SpeakerHints())

    assert set(labels(turns)) == {"SPEAKER_00", "SPEAKER_01"}
    assert [part.start for part in said_by(turns, "SPEAKER_00")] == [60, 80, 120, 140, 180, 200, 240]

"""Local speakers of chunks become one identity per person on the whole clip."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.diarization import ChunkDiarization, LocalTurn, VoiceSample
from app.domain.options import SpeakerHints
from app.domain.speakers import SpeakerLinker
from app.domain.timeline import TimeRange
from app.domain.transcript import SpeakerTurn
from tests.unit.domain.talks import (
    Talk,
    chunk,
    conversations,
    core,
    covered,
    everything,
    labels,
    linked,
    people_of,
    said_by,
    voice,
)


def test_a_speaker_keeps_the_label_across_chunks() -> None:
    first = chunk(Talk(person=0, start=1, end=10), Talk(person=1, start=11, end=20))
    second = chunk(Talk(person=1, start=61, end=70), Talk(person=0, start=71, end=80), shuffle=1)

    early, final = linked([first, second])

    assert labels(early) == ["SPEAKER_00", "SPEAKER_01", "SPEAKER_01", "SPEAKER_00"]
    assert final == early


@given(conversations())
def test_everybody_gets_one_label_by_first_appearance(talks: list[list[Talk]]) -> None:
    for turns in linked([chunk(*items, shuffle=n) for n, items in enumerate(talks)]):
        assert list(dict.fromkeys(labels(sorted(turns)))) == [
            f"SPEAKER_{n:02d}" for n in range(len(people_of(talks)))
        ]
        for n, person in enumerate(people_of(talks)):
            said = said_by(turns, f"SPEAKER_{n:02d}")
            for talk in everything(talks):
                middle_s = (talk.start + talk.end) / 2
                if talk.person == person:
                    assert covered(said, middle_s)


@given(conversations(), st.integers(0, 100))
def test_local_numbers_mean_nothing(talks: list[list[Talk]], shuffle: int) -> None:
    plain = linked([chunk(*items) for items in talks])
    shuffled = linked([chunk(*items, shuffle=shuffle + n) for n, items in enumerate(talks)])

    assert plain == shuffled


@given(conversations())
def test_turns_are_in_order_and_provisional_ones_stay_inside_their_core(talks: list[list[Talk]]) -> None:
    linker = SpeakerLinker(SpeakerHints())
    for index, items in enumerate(talks):
        turns = linker.link(chunk(*items), core(index))
        assert turns == sorted(turns)
        assert all(core(index).start <= turn.start < turn.end <= core(index).end for turn in turns)
    final = linker.settle(SpeakerHints())
    assert final == sorted(final)
    assert final == linker.settle(SpeakerHints())


@given(conversations(), st.integers(1, 5))
def test_an_exact_number_of_speakers_is_met_when_there_are_samples_enough(
    talks: list[list[Talk]], number: int
) -> None:
    _, final = linked([chunk(*items) for items in talks], SpeakerHints(num_speakers=number))

    people, samples = len(people_of(talks)), len(everything(talks))
    found = len(set(labels(final)))
    assert found == number if people >= number else found >= min(people, number)
    assert found <= min(number, samples)


@given(conversations(), st.integers(1, 4))
def test_no_more_speakers_than_allowed_neither_early_nor_late(talks: list[list[Talk]], most: int) -> None:
    for turns in linked([chunk(*items) for items in talks], SpeakerHints(max_speakers=most)):
        assert len(set(labels(turns))) == min(most, len(people_of(talks)))


def test_hints_may_change_after_the_work_is_done() -> None:
    linker = SpeakerLinker(SpeakerHints())
    talks = [Talk(person=n, start=10 * n, end=10 * n + 8) for n in range(3)]
    linker.link(chunk(*talks), core(0))

    assert [
        len(set(labels(linker.settle(hints))))
        for hints in (
            SpeakerHints(num_speakers=1),
            SpeakerHints(max_speakers=2),
            SpeakerHints(min_speakers=3),
        )
    ] == [1, 2, 3]


def test_a_minimum_splits_a_local_speaker_who_was_two_people() -> None:
    mixed = ChunkDiarization(
        turns=(LocalTurn(local_speaker=0, range=TimeRange(start=0, end=30)),),
        samples=tuple(
            VoiceSample(
                local_speaker=0,
                range=TimeRange(start=start, end=start + 5.0),
                embedding=voice(person, start),
                model="test",
            )
            for start, person in ((0, 0), (5, 0), (12, 1), (25, 0))
        ),
    )

    _, final = linked([mixed], SpeakerHints(min_speakers=2))

    assert final == [
        SpeakerTurn(start=0, end=11, speaker_label="SPEAKER_00"),
        SpeakerTurn(start=11, end=21, speaker_label="SPEAKER_01"),
        SpeakerTurn(start=21, end=30, speaker_label="SPEAKER_00"),
    ]


def test_the_end_joins_what_the_beginning_took_for_two_people() -> None:
    between = voice(0, spread=0) + 0.9 * voice(1, spread=0)
    takes = [voice(0, spread=0), voice(1, spread=0), between / np.linalg.norm(between)]
    chunks = [
        ChunkDiarization(
            turns=(LocalTurn(local_speaker=0, range=TimeRange(start=60.0 * n, end=60.0 * n + seconds)),),
            samples=(
                VoiceSample(
                    local_speaker=0,
                    range=TimeRange(start=60.0 * n, end=60.0 * n + seconds),
                    embedding=embedding.astype(np.float32),
                    model="test",
                ),
            ),
        )
        for n, (embedding, seconds) in enumerate(zip([*takes, takes[2]], [2, 2, 9, 9], strict=True))
    ]

    early, final = linked(chunks)

    assert set(labels(early)) == {"SPEAKER_00", "SPEAKER_01"}
    assert set(labels(final)) == {"SPEAKER_00"}


def test_voices_of_different_models_are_never_compared() -> None:
    first = chunk(Talk(person=0, start=1, end=10), model="one")
    second = chunk(Talk(person=0, start=61, end=70), model="another")
    third = chunk(Talk(person=0, start=121, end=130), model="one")

    _, final = linked([first, second, third])

    assert labels(final) == ["SPEAKER_00", "SPEAKER_01", "SPEAKER_00"]


def test_who_is_too_brief_for_a_voice_is_whoever_speaks_nearest() -> None:
    first = chunk(
        Talk(person=0, start=1, end=10),
        Talk(person=1, start=20, end=30),
        Talk(person=2, start=31, end=31.5, voiced=False),
    )
    alone = chunk(Talk(person=2, start=61, end=61.5, voiced=False))

    early, final = linked([first, alone])

    assert labels(early) == ["SPEAKER_00", "SPEAKER_01", "SPEAKER_01", "SPEAKER_01"]
    assert final == early


def test_somebody_without_a_voice_still_speaks_when_nobody_else_does() -> None:
    for turns in linked([chunk(Talk(person=0, start=1, end=1.5, voiced=False))]):
        assert turns == [SpeakerTurn(start=1, end=1.5, speaker_label="SPEAKER_00")]


def test_a_turn_across_a_seam_is_one_turn_in_the_end() -> None:
    across = Talk(person=0, start=50, end=70)

    early, final = linked([chunk(across), chunk(across)])

    assert [(turn.start, turn.end) for turn in early] == [(50, 60), (60, 70)]
    assert final == [SpeakerTurn(start=50, end=70, speaker_label="SPEAKER_00")]


def test_pauses_away_from_seams_stay() -> None:
    talks = [Talk(person=0, start=10, end=20), Talk(person=0, start=20.2, end=30)]

    _, final = linked([chunk(*talks)])

    assert [(turn.start, turn.end) for turn in final] == [(10, 20), (20.2, 30)]


def test_what_lies_in_the_context_only_is_somebody_elses_business() -> None:
    early, final = linked([chunk(Talk(person=0, start=10, end=20), Talk(person=1, start=61, end=64))])

    assert labels(early) == labels(final) == ["SPEAKER_00"]


def test_overlap_is_kept() -> None:
    _, final = linked([chunk(Talk(person=0, start=10, end=20), Talk(person=1, start=15, end=25))])

    assert [(turn.start, turn.end) for turn in final] == [(10, 20), (15, 25)]


@pytest.mark.parametrize("hints", [SpeakerHints(), SpeakerHints(num_speakers=2)])
def test_no_speech_means_no_speakers(hints: SpeakerHints) -> None:
    assert linked([chunk(), chunk()], hints) == ([], [])

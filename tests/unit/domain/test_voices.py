"""Who is named, who is not, and what a voice is learnt from."""

from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.diarization import ChunkDiarization, LocalTurn, VoiceSample
from app.domain.errors import InvalidAudio, InvalidOptions
from app.domain.timeline import TimeRange
from app.domain.voices import (
    MATCH_RULE_OTHERWISE,
    MATCH_RULES,
    KnownVoice,
    Voiceprint,
    clean_name,
    is_somebody_else,
    learn_voice,
    likeness,
    match,
    mistakable,
    name_key,
    pooled,
)

GE2E = "resemblyzer-ge2e"
RULE = MATCH_RULES[GE2E]
STRETCH = TimeRange(start=0.0, end=30.0)


def heard(*direction: float, model: str = GE2E, seconds: float = 10.0) -> Voiceprint:
    vector = np.array(direction, np.float64)
    unit = (vector / np.linalg.norm(vector)).astype(np.float32)
    return Voiceprint(model=model, embedding=unit, seconds=seconds)


def at(cosine: float, *, model: str = GE2E) -> Voiceprint:
    """Alike to (1, 0, 0) by so much."""
    return heard(cosine, (1 - cosine**2) ** 0.5, 0.0, model=model)


def known(name: str, *prints: Voiceprint) -> KnownVoice:
    return KnownVoice(id=f"id-{name}", name=name, prints=prints, created_at=datetime(2026, 1, 1, tzinfo=UTC))


ANNA = known("Anna", heard(1, 0, 0))


def test_a_speaker_who_is_alike_enough_gets_the_name() -> None:
    assert match({"SPEAKER_00": at(RULE.least + 0.01)}, [ANNA]) == {"SPEAKER_00": "Anna"}


def test_a_speaker_who_is_not_quite_alike_keeps_the_label() -> None:
    assert match({"SPEAKER_00": at(RULE.least - 0.01)}, [ANNA]) == {}


def test_nobody_is_named_where_two_voices_could_be_meant() -> None:
    twin = known("Hanna", at(0.97))
    assert match({"SPEAKER_00": heard(1, 0.05, 0)}, [ANNA]) == {"SPEAKER_00": "Anna"}
    assert match({"SPEAKER_00": heard(1, 0.05, 0)}, [ANNA, twin]) == {}


def test_a_voice_that_two_speakers_are_about_as_much_like_names_neither() -> None:
    assert match({"SPEAKER_00": at(0.95), "SPEAKER_01": at(0.92)}, [ANNA]) == {}


def test_of_two_speakers_who_are_like_a_voice_the_one_who_clearly_is_more_so_is_named() -> None:
    speakers = {"SPEAKER_00": at(0.99 - RULE.margin), "SPEAKER_01": at(1.0)}
    assert match(speakers, [ANNA]) == {"SPEAKER_01": "Anna"}


def test_each_speaker_gets_a_name_of_their_own() -> None:
    bert = known("Bert", heard(0, 1, 0))
    speakers = {"SPEAKER_00": heard(0, 1, 0.1), "SPEAKER_01": heard(0, 0, 1), "SPEAKER_02": heard(1, 0, 0.1)}
    assert match(speakers, [ANNA, bert]) == {"SPEAKER_00": "Bert", "SPEAKER_02": "Anna"}


def test_voiceprints_of_different_models_are_never_compared() -> None:
    assert match({"SPEAKER_00": heard(1, 0, 0, model="another")}, [ANNA]) == {}
    assert match({"SPEAKER_00": heard(1, 0, 0, 0)}, [ANNA]) == {}, "nor those of another size"
    both = known("Anna", heard(0, 1, 0, model="another"), heard(1, 0, 0))
    assert match({"SPEAKER_00": heard(0, 1, 0, model="another")}, [both]) == {"SPEAKER_00": "Anna"}


def test_a_voice_of_another_model_is_no_rival() -> None:
    stranger = known("Hanna", heard(1, 0, 0, model="another"))
    assert match({"SPEAKER_00": heard(1, 0, 0)}, [ANNA, stranger]) == {"SPEAKER_00": "Anna"}


def test_each_model_has_thresholds_of_its_own() -> None:
    between = (MATCH_RULE_OTHERWISE.least + RULE.least) / 2
    other = known("Anna", heard(1, 0, 0, model="another"))
    assert match({"SPEAKER_00": at(between)}, [ANNA]) == {}
    assert match({"SPEAKER_00": at(between, model="another")}, [other]) == {"SPEAKER_00": "Anna"}


@pytest.mark.parametrize("speakers", [{}, {"SPEAKER_00": heard(1, 0, 0)}])
def test_without_known_voices_nobody_is_named(speakers: dict[str, Voiceprint]) -> None:
    assert match(speakers, []) == {}


directions = st.lists(st.floats(-1, 1), min_size=3, max_size=3).filter(lambda v: np.linalg.norm(v) > 0.1)


@given(
    spoken=st.lists(directions, max_size=5),
    voices=st.lists(directions, max_size=5),
)
def test_whoever_is_named_is_alike_enough_and_by_the_margin_more_than_anybody_else(
    spoken: list[list[float]], voices: list[list[float]]
) -> None:
    speakers = {f"SPEAKER_{i:02d}": heard(*v) for i, v in enumerate(spoken)}
    enrolled = {f"voice {i}": known(f"voice {i}", heard(*v)) for i, v in enumerate(voices)}
    names = match(speakers, list(enrolled.values()))
    assert len(set(names.values())) == len(names)
    for label, name in names.items():
        cosine = cosine_of(speakers, enrolled, label, name)
        assert cosine >= RULE.least
        rivals = [cosine_of(speakers, enrolled, label, other) for other in enrolled if other != name]
        rivals += [cosine_of(speakers, enrolled, other, name) for other in speakers if other != label]
        assert all(cosine - rival >= RULE.margin - 1e-9 for rival in rivals)


def cosine_of(
    speakers: Mapping[str, Voiceprint], enrolled: Mapping[str, KnownVoice], label: str, name: str
) -> float:
    cosine = likeness(speakers[label], enrolled[name])
    assert cosine is not None
    return cosine


def test_every_second_of_a_voice_counts_the_same() -> None:
    (mean,) = pooled([heard(1, 0, seconds=30.0), heard(0, 1, seconds=10.0)])
    assert mean.seconds == 40.0
    assert mean.embedding == pytest.approx(heard(3, 1).embedding, abs=1e-6)


def test_voiceprints_of_other_weights_by_the_same_name_are_left_out() -> None:
    (kept,) = pooled([heard(1, 0), heard(0, 1, 0)])
    assert kept.embedding.tolist() == [0, 1, 0]


def test_voiceprints_are_pooled_model_by_model() -> None:
    prints = pooled([heard(1, 0, model="b"), heard(1, 0, model="a"), heard(0, 1, model="b")])
    assert [(each.model, each.seconds) for each in prints] == [("a", 10.0), ("b", 20.0)]


def test_a_voice_far_from_the_known_one_is_somebody_else() -> None:
    assert is_somebody_else(at(RULE.kin - 0.01), ANNA)
    assert not is_somebody_else(at(RULE.kin + 0.01), ANNA)
    assert not is_somebody_else(at(0.0, model="another"), ANNA)


def test_voices_that_sound_alike_are_told() -> None:
    others = [known("Hanna", at(RULE.least + 0.01)), known("Bert", at(RULE.least - 0.01))]
    assert mistakable(ANNA, others) == ("Hanna",)


def found(*spoken: tuple[int, float, float], model: str = GE2E) -> ChunkDiarization:
    """(speaker, start, end): with a sample for each, in the direction of the speaker."""
    turns = tuple(LocalTurn(local_speaker=who, range=TimeRange(start=a, end=b)) for who, a, b in spoken)
    samples = tuple(
        VoiceSample(
            local_speaker=turn.local_speaker,
            range=turn.range,
            embedding=np.eye(3, dtype=np.float32)[turn.local_speaker],
            model=model,
        )
        for turn in turns
    )
    return ChunkDiarization(turns=turns, samples=samples)


def test_a_voice_is_learnt_from_the_speech_of_one_person() -> None:
    voice = learn_voice(found((1, 2.0, 8.0), (1, 9.0, 12.0)), STRETCH)
    assert (voice.model, voice.seconds) == (GE2E, 9.0)
    assert voice.embedding == pytest.approx([0, 1, 0])


def test_a_word_of_somebody_else_is_let_pass_and_not_learnt() -> None:
    voice = learn_voice(found((0, 0.0, 8.0), (1, 8.0, 9.9)), STRETCH)
    assert voice.embedding == pytest.approx([1, 0, 0])
    assert voice.seconds == 8.0


@pytest.mark.parametrize(
    ("spoken", "reason"),
    [
        ([], "nobody is heard between 0.0 and 30.0 s"),
        ([(0, 1.0, 2.9)], "1.9 s of one voice between 0.0 and 30.0 s"),
        ([(0, 0.0, 7.0), (1, 7.0, 10.0)], "2 voices .* 7.0 of 10.0 s.*only one person"),
    ],
)
def test_a_voice_is_not_learnt_from_too_little_or_from_several_people(
    spoken: list[tuple[int, float, float]], reason: str
) -> None:
    with pytest.raises(InvalidAudio, match=reason):
        learn_voice(found(*spoken), STRETCH)


def test_what_is_said_outside_the_stretch_does_not_count() -> None:
    with pytest.raises(InvalidAudio, match=r"1\.0 s of one voice"):
        learn_voice(found((0, 29.0, 35.0)), STRETCH)


def test_a_voice_without_a_sample_is_not_learnt() -> None:
    silent = ChunkDiarization(turns=found((0, 0.0, 5.0)).turns, samples=())
    with pytest.raises(InvalidAudio, match="cannot be measured"):
        learn_voice(silent, STRETCH)


@pytest.mark.parametrize(
    "name", ["", "  ", "x" * 101, "two\nlines", "bell\a", "\u200b", "SPEAKER_00", " speaker_7 ", "a\u2028b"]
)
def test_what_names_nobody_is_refused(name: str) -> None:
    with pytest.raises(InvalidOptions) as caught:
        clean_name(name)
    assert caught.value.option == "name"


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        (" Anna ", "Anna"),
        ("José", "José"),
        ("x" * 100, "x" * 100),
        ("SPEAKER_of the house", "SPEAKER_of the house"),
    ],
)
def test_a_name_is_trimmed_and_composed(name: str, clean: str) -> None:
    assert clean_name(name) == clean


def test_case_and_accents_written_apart_make_no_other_name() -> None:
    assert name_key("JOSÉ") == name_key("jose\u0301")
    assert name_key("Anna") != name_key("Hanna")


def test_impossible_voices_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="unit length"):
        Voiceprint(model="m", embedding=np.ones(3, np.float32), seconds=1.0)
    with pytest.raises(ValueError, match="needs speech"):
        heard(1, 0, seconds=0.0)
    with pytest.raises(ValueError, match="more than one voiceprint"):
        known("Anna", heard(1, 0), heard(0, 1))
    with pytest.raises(ValueError, match="clean name"):
        known(" Anna", heard(1, 0))

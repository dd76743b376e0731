"""Generated conversations hold what they say they hold."""

from itertools import pairwise

import numpy as np
import pytest

from bench import conversations
from bench.conversations import RATE_HZ, Conversation, Scene, converse, corpus
from bench.sentences import HELD_OUT, TUNING
from bench.voices import Repertoire, Utterance, Voice, cast


def tone(hertz: float, seconds: float, *texts: str) -> Utterance:
    times = np.linspace(0, seconds, len(texts) + 1).tolist()
    moments = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return Utterance(
        samples=(0.1 * np.sin(2 * np.pi * hertz * moments)).astype(np.float32),
        words=tuple((text, start, end) for text, (start, end) in zip(texts, pairwise(times), strict=True)),
    )


@pytest.fixture(autouse=True)
def tones_for_voices(monkeypatch: pytest.MonkeyPatch) -> None:
    def says(voice: Voice) -> Repertoire:
        hertz = 100.0 + len(voice.name) + ord(voice.name[-1])
        sentences = tuple(tone(hertz, seconds, "one", "two", "three") for seconds in (1.0, 2.0, 3.5))
        return Repertoire(sentences=sentences, asides=(tone(hertz, 0.4, "yes"),))

    monkeypatch.setattr(conversations, "repertoire", says)


def overlap_s(talk: Conversation) -> float:
    speaking = np.zeros(round(talk.duration_s * 100) + 1, int)
    for turn in talk.turns:
        speaking[round(turn.start * 100) : round(turn.end * 100)] += 1
    return float((speaking > 1).sum()) / 100


def test_the_same_scene_gives_the_same_conversation() -> None:
    scene = Scene(seed=3, voices=3, duration_s=40, snr_db=15, reverberation_s=0.2)
    first, again = converse(scene), converse(scene)
    assert np.array_equal(first.samples, again.samples)
    assert first.words == again.words
    assert converse(Scene(seed=4, voices=3, duration_s=40)).words != first.words


@pytest.mark.parametrize("voices", [2, 4, 6])
def test_everybody_who_was_asked_for_speaks(voices: int) -> None:
    talk = converse(Scene(seed=1, voices=voices, duration_s=90))
    assert len(talk.speakers) == voices
    assert {word.speaker_label for word in talk.words} == set(talk.speakers)


@pytest.mark.parametrize("seed", range(5))
def test_all_words_lie_in_the_recording_and_in_a_turn_of_their_speaker(seed: int) -> None:
    talk = converse(Scene(seed=seed, voices=3, duration_s=60, interruptions=0.5, asides=0.5))
    assert len(talk.samples) == 60 * RATE_HZ
    for word in talk.words:
        assert word.end <= 60
        own = [turn for turn in talk.turns if turn.speaker_label == word.speaker_label]
        assert any(turn.start <= word.start and word.end <= turn.end for turn in own)


@pytest.mark.parametrize("seed", range(5))
def test_nobody_speaks_twice_at_once(seed: int) -> None:
    talk = converse(Scene(seed=seed, voices=3, duration_s=120, interruptions=0.8, asides=0.5))
    for speaker in talk.speakers:
        words = [word for word in talk.words if word.speaker_label == speaker]
        assert all(before.end <= after.start + 1e-6 for before, after in pairwise(words))


def test_interruptions_overlap_and_are_marked_on_the_words() -> None:
    calm = converse(Scene(seed=2, voices=2, duration_s=120, interruptions=0.0, asides=0.0))
    assert overlap_s(calm) == 0
    assert not any(word.overlap for word in calm.words)
    lively = converse(Scene(seed=2, voices=2, duration_s=120, interruptions=1.0))
    assert overlap_s(lively) > 2
    assert any(word.overlap for word in lively.words)


def test_noise_is_as_far_below_the_voices_as_was_asked_for() -> None:
    quiet = Scene(seed=5, voices=2, duration_s=30, gain_spread_db=0.0)
    noisy = Scene(seed=5, voices=2, duration_s=30, gain_spread_db=0.0, snr_db=10.0)
    noise = converse(noisy).samples - converse(quiet).samples
    wanted = conversations.LEVEL * 10 ** (-10 / 20)
    assert np.sqrt(np.mean(np.square(noise))) == pytest.approx(wanted, rel=0.05)


def test_nothing_is_clipped_where_voices_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    loud = tone(200, 2.0, "loud")
    shout = Utterance(samples=loud.samples * 9, words=loud.words)
    monkeypatch.setattr(
        conversations, "repertoire", lambda _: Repertoire(sentences=(shout,), asides=(shout,))
    )
    talk = converse(Scene(seed=1, voices=3, duration_s=30, interruptions=1.0, asides=1.0))
    assert 0.9 < np.abs(talk.samples).max() <= 1


def test_the_rttm_has_a_line_for_every_turn() -> None:
    talk = converse(Scene(seed=1, voices=2, duration_s=30))
    lines = [line.split() for line in talk.rttm().splitlines()]
    assert [fields[7] for fields in lines] == [turn.speaker_label for turn in talk.turns]
    assert float(lines[0][3]) == pytest.approx(talk.turns[0].start, abs=1e-3)


def test_nothing_of_the_tuning_set_is_in_the_held_out_set() -> None:
    def sources(*, held_out: bool) -> set[str]:
        return {voice.voice.removesuffix("16") for voice in cast(held_out=held_out)}

    assert sources(held_out=False).isdisjoint(sources(held_out=True))
    assert {scene.seed for scene in corpus(held_out=False)}.isdisjoint(
        scene.seed for scene in corpus(held_out=True)
    )
    for part in ("openings", "middles", "endings", "asides"):
        assert set(getattr(TUNING, part)).isdisjoint(getattr(HELD_OUT, part))


def test_the_corpus_has_two_to_six_voices_and_short_and_long_conversations() -> None:
    scenes = corpus(held_out=True)
    assert {scene.voices for scene in scenes} == {2, 3, 4, 5, 6}
    assert min(scene.duration_s for scene in scenes) == 10
    assert max(scene.duration_s for scene in scenes) >= 600
    assert {scene.snr_db is None for scene in scenes} == {True, False}

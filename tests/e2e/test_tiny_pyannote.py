"""The committed pair in pyannote's own pipeline, on voices and texts that it was not trained on."""

import random
import socket
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from tests.fixtures.tiny_pyannote import CHECKPOINT, UNDERTRAINED
from tests.fixtures.tiny_pyannote.conversations import (
    RATE_HZ,
    Conversation,
    Style,
    Turn,
    converse,
    speech_spans,
)
from tests.fixtures.tiny_pyannote.held_out import HELD_OUT, held_out_voices

MAX_WEIGHTS_BYTES, MAX_AUDIO_BYTES = 5_000_000, 1_000_000
# evaluate.py has the figures of many conversations; this is one, and the room above it is for other machines.
MAX_ERROR_RATE = 0.25
MAX_EQUAL_ERROR_RATE = 0.05
NEAR_S = 0.1


def talk(*names: str, seed: int = 1, duration_s: float = 60.0, **style: object) -> Conversation:
    voices = {name: held_out_voices()[name] for name in names}
    return converse(voices, random.Random(seed), duration_s, Style(**style))


class TestConversations:
    def test_the_same_seed_gives_the_same_conversation(self) -> None:
        one, other, third = talk("slt", "mario"), talk("slt", "mario"), talk("slt", "mario", seed=2)
        assert np.array_equal(one.samples, other.samples)
        assert one.turns == other.turns
        assert one.turns != third.turns

    def test_everybody_speaks_and_a_speaker_does_not_overlap_with_themselves(self) -> None:
        scene = talk("slt", "mario", "f4", "andrea", overlap_share=0.5)
        for name in ("slt", "mario", "f4", "andrea"):
            own = [turn for turn in scene.turns if turn.speaker == name]
            assert own
            assert all(before.end_s < after.start_s for before, after in pairwise(own))
        assert all(0 <= turn.start_s < turn.end_s <= scene.duration_s == 60 for turn in scene.turns)

    def test_turns_overlap_when_they_shall_and_not_otherwise(self) -> None:
        assert overlap_s(talk("slt", "mario", overlap_share=0.0)) == 0
        assert overlap_s(talk("slt", "mario", overlap_share=0.6)) > 3

    def test_nothing_is_heard_where_nobody_speaks_but_noise_if_asked_for(self) -> None:
        turns, silent = talk("rms", "m7", noise_db=None).turns, talk("rms", "m7", noise_db=None).samples
        assert not heard_outside(turns, silent).any()
        assert heard_outside(turns, talk("rms", "m7", noise_db=30.0).samples).all()

    def test_words_are_those_of_the_speaker_whose_turn_it_is(self) -> None:
        scene = talk("awb", "edward", overlap_share=0.3)
        assert len(scene.words) > 50
        for word in scene.words:
            middle = (word.start_s + word.end_s) / 2
            own = [turn for turn in scene.turns if turn.speaker == word.speaker]
            assert min(max(turn.start_s - middle, middle - turn.end_s) for turn in own) < 0.15

    def test_a_pause_inside_an_utterance_is_no_speech_unless_it_is_short(self) -> None:
        tone = np.full(RATE_HZ, 0.5, np.float32)
        gap = np.zeros(RATE_HZ, np.float32)
        assert speech_spans(np.concatenate([tone, gap, tone])) == [(0.0, 1.0), (2.0, 3.0)]
        assert speech_spans(np.concatenate([tone, gap[:3200], tone])) == [(0.0, 2.2)]


def overlap_s(scene: Conversation) -> float:
    return sum(
        max(0.0, min(one.end_s, other.end_s) - max(one.start_s, other.start_s))
        for number, one in enumerate(scene.turns)
        for other in scene.turns[number + 1 :]
    )


def heard_outside(turns: list[Turn], samples: np.ndarray) -> np.ndarray:
    """Whether anything sounds, for every half second that is at least 0.3 s away from all turns."""
    starts = np.arange(0, len(samples) / RATE_HZ - 0.5, 0.5)
    free = [start for start in starts if all(t.end_s + 0.3 < start or start + 0.8 < t.start_s for t in turns)]
    assert free, "nobody pauses"
    return np.array([samples[round(at * RATE_HZ) : round((at + 0.5) * RATE_HZ)].any() for at in free])


@pytest.fixture(scope="module")
def pipeline() -> Iterator[Any]:
    """Loaded with every way out shut."""
    from pyannote.audio import Pipeline

    def refuse(*_: object) -> None:
        raise AssertionError("the network was asked")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        patch.setattr(socket, "getaddrinfo", refuse)
        yield Pipeline.from_pretrained(CHECKPOINT)


def size_bytes(pattern: str, folder: Any) -> int:
    return sum(path.stat().st_size for path in folder.rglob(pattern))


def test_weights_and_recordings_are_small_enough_to_be_committed() -> None:
    assert 0 < size_bytes("*.bin", CHECKPOINT) + size_bytes("*.npz", CHECKPOINT) <= MAX_WEIGHTS_BYTES
    assert 0 < size_bytes("*.*", HELD_OUT) <= MAX_AUDIO_BYTES


@pytest.mark.slow
class TestPair:
    def test_the_real_classes_load_it_from_its_folder(self, pipeline: Any) -> None:
        from pyannote.audio.models.embedding.wespeaker import BaseWeSpeakerResNet
        from pyannote.audio.pipelines import SpeakerDiarization

        assert isinstance(pipeline, SpeakerDiarization)
        assert pipeline.klustering == "VBxClustering"
        assert pipeline._segmentation.model.specifications.powerset
        assert isinstance(pipeline._embedding.model_, BaseWeSpeakerResNet)

    @pytest.mark.xfail(raises=AssertionError, reason=UNDERTRAINED)
    @pytest.mark.parametrize("names", [("slt", "mario"), ("rms", "f4", "andrea")], ids=["two", "three"])
    def test_a_held_out_conversation_is_told_apart(self, pipeline: Any, names: tuple[str, ...]) -> None:
        from pyannote.metrics.diarization import DiarizationErrorRate

        from tests.fixtures.tiny_pyannote.evaluate import diarize, score

        scene = talk(*names, overlap_share=0.2)
        found = diarize(pipeline, scene).speaker_diarization
        metric = DiarizationErrorRate(collar=0.0, skip_overlap=False)
        assert score(metric, scene, found) <= MAX_ERROR_RATE
        assert len(found.labels()) == len(names)

    @pytest.mark.parametrize("noise", [0.0, 0.01], ids=["nothing", "hiss"])
    def test_nobody_speaks_in_silence(self, pipeline: Any, noise: float) -> None:
        from tests.fixtures.tiny_pyannote.evaluate import diarize

        hiss = np.random.default_rng(1).standard_normal(20 * RATE_HZ).astype(np.float32) * np.float32(noise)
        assert diarize(pipeline, Conversation(hiss, [], [])).speaker_diarization.labels() == []

    def test_turns_are_neither_early_nor_late(self, pipeline: Any) -> None:
        from tests.fixtures.tiny_pyannote.evaluate import diarize

        scene = talk("rms", "jacky", noise_db=None, overlap_share=0.0, pause_s=(0.6, 1.2))
        found = list(diarize(pipeline, scene).speaker_diarization.get_timeline().support())
        starts = [min((span.start - turn.start_s for span in found), key=abs) for turn in scene.turns]
        ends = [min((span.end - turn.end_s for span in found), key=abs) for turn in scene.turns]
        assert abs(np.median(starts)) < NEAR_S
        assert abs(np.median(ends)) < NEAR_S

    def test_a_voice_is_nearer_to_itself_than_to_others(self, pipeline: Any) -> None:
        from tests.fixtures.tiny_pyannote.evaluate import embed, equal_error_rate

        assert equal_error_rate(*embed(pipeline, held_out_voices())) <= MAX_EQUAL_ERROR_RATE

"""A recording of several chunks, told apart by pyannote's classes with the tiny pair; words are scripted."""

import random
import shutil
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from app.infrastructure.settings import Settings
from app.library import open_diarist
from tests.fixtures.sounds import write_wav
from tests.fixtures.tiny_pyannote import CHECKPOINT, UNDERTRAINED
from tests.fixtures.tiny_pyannote.conversations import Conversation, Style, converse
from tests.fixtures.tiny_pyannote.held_out import held_out_voices

pytestmark = pytest.mark.slow

VOICES = ("rms", "andrea")


@cache
def conversation(duration_s: float = 100.0) -> Conversation:
    voices = {name: held_out_voices()[name] for name in VOICES}
    return converse(voices, random.Random(5), duration_s, Style(overlap_share=0.1))


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    return write_wav(tmp_path / "talk.wav", conversation().samples[np.newaxis])


def settings(folder: Path, pipeline: Path) -> Settings:
    """Words at the times at which they were said."""
    script = folder / "words.ctm"
    lines = (f"talk 1 {w.start_s:.3f} {w.end_s - w.start_s:.3f} word" for w in conversation().words)
    script.write_text("\n".join(lines))
    return Settings(
        _env_file=None,
        transcription_engine="scripted",
        scripted_words=script,
        diarization_engine="pyannote",
        pyannote_model=str(pipeline),
        pyannote_device="cpu",
        cpu_threads=2,
    )


@pytest.mark.xfail(raises=AssertionError, reason=UNDERTRAINED)
def test_speakers_keep_their_labels_across_chunks(talk: Path, tmp_path: Path) -> None:
    with open_diarist(settings(tmp_path, CHECKPOINT)) as diarist:
        transcript = diarist.transcribe(talk, num_speakers=2)
    assert transcript.warnings == ()
    assert transcript.speakers == ("SPEAKER_00", "SPEAKER_01")
    assert transcript.engine["diarization"].info.name == "pyannote"
    said = [word for segment in transcript.segments for word in segment.words]
    labels = dict(
        zip(dict.fromkeys(turn.speaker for turn in conversation().turns), transcript.speakers, strict=True)
    )
    right = sum(
        labels[truth.speaker] == min(said, key=lambda word: abs(word.start - truth.start_s)).speaker_label
        for truth in conversation().words
    )
    assert right > 0.85 * len(conversation().words)


def test_a_pipeline_that_is_broken_costs_the_speakers_and_no_word(talk: Path, tmp_path: Path) -> None:
    broken = Path(shutil.copytree(CHECKPOINT, tmp_path / "broken"))
    (broken / "embedding" / "pytorch_model.bin").write_bytes(b"damaged")
    with open_diarist(settings(tmp_path, broken)) as diarist:
        transcript = diarist.transcribe(talk)
    assert sum(len(segment.words) for segment in transcript.segments) > 0.9 * len(conversation().words)
    assert {segment.speaker_label for segment in transcript.segments} == {None}
    assert any(
        "in embedding, pytorch_model.bin is damaged" in str(warning) for warning in transcript.warnings
    )

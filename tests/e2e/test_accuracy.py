"""That the embedded engines get real sound right: a floor well under what they reach."""

import warnings
from importlib.util import find_spec
from pathlib import Path

import jiwer
import pytest

from app.application.formats import FORMATS, CueLayout
from app.domain.transcript import Transcript
from app.infrastructure.settings import Settings
from app.library import open_diarist

EXAMPLES = Path(__file__).parents[2] / "examples"


def packaged_sample() -> Path:
    """The telephone conversation inside pyannote.audio, without importing it."""
    package = find_spec("pyannote")
    assert package is not None
    assert package.submodule_search_locations is not None
    folders = (Path(folder) / "audio" / "sample" for folder in package.submodule_search_locations)
    return next(folder for folder in folders if folder.exists()) / "sample.wav"


def transcribed(recording: Path, *, num_speakers: int | None = None) -> Transcript:
    with open_diarist(Settings(_env_file=None)) as diarist:
        return diarist.transcribe(recording, num_speakers=num_speakers)


def diarization_error(transcript: Transcript, reference: Path, folder: Path) -> float:
    """DER of what the RTTM export says: no collar, overlap counted."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pyannote.database.util import load_rttm
        from pyannote.metrics.diarization import DiarizationErrorRate

    exported = folder / "hypothesis.rttm"
    exported.write_text(FORMATS["rttm"].write(transcript, CueLayout()))
    (truth,), (found,) = load_rttm(reference).values(), load_rttm(exported).values()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(DiarizationErrorRate(collar=0.0, skip_overlap=False)(truth, found))


@pytest.fixture(scope="module")
def conversation() -> Transcript:
    return transcribed(EXAMPLES / "conversation.flac")


def test_the_example_has_three_speakers_who_are_told_apart(conversation: Transcript, tmp_path: Path) -> None:
    assert conversation.speakers == ("SPEAKER_00", "SPEAKER_01", "SPEAKER_02")
    assert diarization_error(conversation, EXAMPLES / "conversation.rttm", tmp_path) <= 0.15


def test_the_words_of_the_example_are_mostly_right(conversation: Transcript) -> None:
    lines = (EXAMPLES / "conversation.stm").read_text().splitlines()
    reference = " ".join(line.split(maxsplit=5)[5] for line in lines if line and not line.startswith(";;"))
    plain = jiwer.Compose([jiwer.ToLowerCase(), jiwer.RemovePunctuation(), jiwer.RemoveMultipleSpaces()])
    assert jiwer.wer(plain(reference), plain(conversation.text)) <= 0.15


def test_two_people_on_the_telephone_are_told_apart(tmp_path: Path) -> None:
    sample = packaged_sample()
    transcript = transcribed(sample, num_speakers=2)
    assert len(transcript.speakers) == 2
    assert diarization_error(transcript, sample.with_suffix(".rttm"), tmp_path) <= 0.20

"""That the faster way through a pipeline finds what the pipeline finds, with less work."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.adapters.outbound.pyannote.chunk_pipeline import ChunkPipeline, Listen
from app.adapters.outbound.pyannote.loading import load_pipeline
from app.domain.audio import SAMPLE_RATE_HZ, AudioChunk, Samples, Waveform
from app.domain.diarization import ChunkDiarization
from app.domain.timeline import TimeRange
from bench.random_pyannote import CLUSTERINGS, write_pipeline
from tests.fixtures.speech import telephone_talk
from tests.fixtures.tiny_pyannote import CHECKPOINT

pytestmark = pytest.mark.slow

Turn = tuple[float, float, int]


def chunk(samples: Samples, *, start_s: float = 0.0) -> AudioChunk:
    whole = TimeRange(start=start_s, end=start_s + len(samples) / SAMPLE_RATE_HZ)
    waveform = Waveform(samples=samples, start_s=start_s)
    return AudioChunk(clip_id="clip-1", index=0, core=whole, waveform=waveform, speech=(whole,))


def talk() -> Samples:
    """Sixteen seconds of two people: seven windows."""
    return telephone_talk()[6 * SAMPLE_RATE_HZ : 22 * SAMPLE_RATE_HZ]


def sounds() -> dict[str, Samples]:
    quiet = np.zeros(11 * SAMPLE_RATE_HZ, np.float32)
    return {
        "two people": talk(),
        "less than a window": talk()[: 3 * SAMPLE_RATE_HZ],
        "not a whole number of steps": talk()[: round(12.37 * SAMPLE_RATE_HZ)],
        "a long silence": np.concatenate(
            [talk()[: 6 * SAMPLE_RATE_HZ], quiet, talk()[6 * SAMPLE_RATE_HZ : 9 * SAMPLE_RATE_HZ]]
        ),
    }


@pytest.fixture(scope="module", params=[*CLUSTERINGS, "trained"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random pairs under which several people speak all the time, with either clustering, and the fixture."""
    if request.param == "trained":
        return CHECKPOINT
    from tests.fixtures.tiny_pyannote.model import new_embedding

    made = tmp_path_factory.mktemp("pipeline")
    sound = telephone_talk()
    write_pipeline(made, sound, clustering=request.param, layers=1, embedding=new_embedding())
    return made


@pytest.fixture(scope="module")
def ours(folder: Path) -> ChunkPipeline:
    return load_pipeline(folder, device="cpu", threads=1, model="tiny")


@pytest.fixture(scope="module")
def theirs(folder: Path, ours: ChunkPipeline) -> Any:
    from pyannote.audio import Pipeline

    return Pipeline.from_pretrained(folder)


def run(ours: ChunkPipeline, heard: AudioChunk, most: int | None = None) -> ChunkDiarization:
    return ours.run([Listen(chunk=heard, max_speakers=most)])[0]


def turns_of(result: ChunkDiarization) -> list[Turn]:
    return sorted((turn.range.start, turn.range.end, turn.local_speaker) for turn in result.turns)


def call(theirs: Any, samples: Samples, most: int | None = None) -> list[Turn]:
    """What the pipeline says when it is called directly, by the numbers in its labels."""
    import torch

    file = {"waveform": torch.from_numpy(samples)[None], "sample_rate": SAMPLE_RATE_HZ}
    found = theirs(file, max_speakers=most).speaker_diarization
    end_s = len(samples) / SAMPLE_RATE_HZ
    return sorted(
        (segment.start, min(segment.end, end_s), int(label.removeprefix("SPEAKER_")))
        for segment, _, label in found.itertracks(yield_label=True)
        if segment.start < end_s
    )


@pytest.mark.parametrize("name", sounds())
def test_turns_and_speakers_are_those_of_the_pipeline_called_directly(
    ours: ChunkPipeline, theirs: Any, name: str
) -> None:
    samples = sounds()[name]
    assert turns_of(run(ours, chunk(samples))) == call(theirs, samples)


@pytest.mark.parametrize("most", [1, 2])
def test_they_are_with_an_upper_bound_too(ours: ChunkPipeline, theirs: Any, most: int) -> None:
    found = turns_of(run(ours, chunk(talk()), most))
    assert found == call(theirs, talk(), most)
    assert len({speaker for *_, speaker in found}) <= most


def test_the_comparison_is_of_several_speakers_who_overlap(folder: Path, ours: ChunkPipeline) -> None:
    if folder == CHECKPOINT:
        pytest.skip("it was trained on other voices")
    found = turns_of(run(ours, chunk(talk())))
    assert {speaker for *_, speaker in found} >= {0, 1}
    assert any(a[1] > b[0] and a[2] != b[2] for a, b in pairwise(found))


def test_times_are_the_clips(ours: ChunkPipeline) -> None:
    here, later = (run(ours, chunk(talk(), start_s=start_s)) for start_s in (0.0, 300.0))
    moved = [(start_s + 300, end_s + 300, speaker) for start_s, end_s, speaker in turns_of(here)]
    assert np.allclose(moved, turns_of(later))
    assert [s.range.start + 300 for s in here.samples] == pytest.approx(
        [s.range.start for s in later.samples]
    )


def test_a_window_passes_the_embedding_model_once_and_not_once_a_speaker(
    ours: ChunkPipeline, theirs: Any
) -> None:
    samples = talk()
    with counting_windows(ours._pipeline._embedding) as own:
        run(ours, chunk(samples))
    with counting_windows(theirs._embedding) as peers:
        call(theirs, samples)
    windows = 7
    assert sum(peers) == 3 * windows
    assert 0 < sum(own) <= windows


def test_windows_in_which_nobody_speaks_do_not_pass_at_all(ours: ChunkPipeline) -> None:
    quiet = np.zeros(20 * SAMPLE_RATE_HZ, np.float32)
    samples = np.concatenate([talk()[: 10 * SAMPLE_RATE_HZ], quiet])
    with counting_windows(ours._pipeline._embedding) as own, silence_where_nothing_sounds(ours._pipeline):
        run(ours, chunk(samples))
    assert 0 < sum(own) <= 10


@contextmanager
def counting_windows(embedding: Any) -> Iterator[list[int]]:
    """How many windows each pass of an embedding model was of."""
    passed: list[int] = []
    hook = embedding.model_.register_forward_pre_hook(lambda _, given: passed.append(len(given[0])))
    try:
        yield passed
    finally:
        hook.remove()


@contextmanager
def silence_where_nothing_sounds(pipeline: Any) -> Iterator[None]:
    """Random weights hear somebody in silence too; here nobody speaks in a window without sound."""
    usual = pipeline.get_segmentations

    def honest(file: Any, hook: Any = None) -> Any:
        found = usual(file)
        step = round(found.sliding_window.step * SAMPLE_RATE_HZ)
        for window in range(len(found.data)):
            if not file["waveform"][0, window * step : window * step + 10 * SAMPLE_RATE_HZ].any():
                found.data[window] = 0
        return found

    pipeline.get_segmentations = honest
    try:
        yield
    finally:
        del pipeline.get_segmentations

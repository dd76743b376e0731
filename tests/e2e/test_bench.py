"""That all sides of a benchmark do the work they are said to do, on a Whisper small enough for a test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import ours, peers
from bench.counting import Counter, counted, counted_in_transformers
from bench.geometries import GEOMETRIES
from bench.models import Model, import_transformers, random_model
from bench.recordings import EXAMPLE, looped

TOKENS = 8


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bench")


@pytest.fixture(scope="module")
def model(folder: Path) -> Model:
    return random_model("micro", TOKENS, cache=folder)


@pytest.fixture(scope="module")
def recording(folder: Path) -> Path:
    path = folder / "recording.flac"
    looped(EXAMPLE, path, 0.75)
    return path


@pytest.fixture
def counter() -> Iterator[Counter]:
    with counted() as counter:
        yield counter


def test_a_batch_of_the_peer_has_as_many_tokens_as_asked_for(
    model: Model, recording: Path, counter: Counter
) -> None:
    heard = peers.batched(peers.faster_whisper(model, threads=1), recording, TOKENS)
    work = counter.take()
    assert work.windows == 2
    assert work.tokens == heard.words == 2 * TOKENS


def test_a_window_of_the_sequential_peer_has_two_timestamps_more(
    model: Model, recording: Path, counter: Counter
) -> None:
    heard = peers.sequential(peers.faster_whisper(model, threads=1), recording, TOKENS)
    work = counter.take()
    assert work.windows == 2
    assert work.tokens == 2 * (TOKENS + 2)
    assert heard.words == 2 * TOKENS


def test_the_pipeline_has_as_many_tokens_as_asked_for(model: Model, recording: Path) -> None:
    with (
        counted_in_transformers() as counter,
        peers.transformers_pipeline(model, threads=1) as pipeline,
    ):
        pipeline(recording)
        work = counter.take()
    assert work.windows
    assert work.tokens == work.windows * TOKENS


@pytest.mark.parametrize("kind", ["faster-whisper", "transformers"])
def test_ours_has_as_many_tokens_as_asked_for(model: Model, recording: Path, kind: ours.Engine) -> None:
    counting = counted() if kind == "faster-whisper" else counted_in_transformers()
    with counting as counter, ours.opened(ours.engine(model, threads=1, kind=kind), threads=1) as diarist:
        heard = ours.hear(diarist, recording)
        work = counter.take()
    assert work.windows == 2
    assert work.tokens == heard.words == 2 * TOKENS
    assert 0 < heard.first_s <= heard.total_s


def test_a_model_is_made_once(model: Model, folder: Path) -> None:
    made = (model.ctranslate2 / "model.bin").stat().st_mtime_ns
    assert random_model("micro", TOKENS, cache=folder) == model
    assert (model.ctranslate2 / "model.bin").stat().st_mtime_ns == made


def test_a_model_that_could_not_be_finished_is_not_found_later(folder: Path) -> None:
    with pytest.raises(ValueError, match="int3"):
        random_model("micro", TOKENS, quantization="int3", cache=folder)
    assert not (folder / f"micro-{TOKENS}" / "int3").exists()


@pytest.mark.parametrize(
    ("geometry", "vocabulary", "first_timestamp"), [("tiny", 51_865, 50_364), ("large-v3", 51_866, 50_365)]
)
def test_the_vocabulary_is_laid_out_as_whispers(geometry: str, vocabulary: int, first_timestamp: int) -> None:
    sizes = GEOMETRIES[geometry]
    assert sizes.vocabulary == vocabulary
    assert sizes.id_of("<|endoftext|>") == 50_257
    assert sizes.id_of("<|startoftranscript|>") == 50_258
    assert sizes.id_of("<|en|>") == 50_259
    assert sizes.id_of("<|notimestamps|>") + 1 == first_timestamp


def test_the_tokenizer_gives_the_ids_that_the_geometry_says(model: Model) -> None:
    import_transformers()
    from transformers import WhisperTokenizer

    tokenizer = WhisperTokenizer.from_pretrained(model.transformers)
    sizes = GEOMETRIES["micro"]
    assert len(tokenizer) == sizes.vocabulary
    for special in ("<|endoftext|>", "<|de|>", "<|transcribe|>", "<|nospeech|>", "<|notimestamps|>"):
        assert tokenizer.convert_tokens_to_ids(special) == sizes.id_of(special)

"""What `check` finds, and that it says what is wrong in one line with the remedy."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from app.adapters.outbound.models.weights import WhisperWeights
from app.domain.errors import EngineUnavailable
from app.domain.models import Layout
from tests.unit.adapters.models.conftest import CHECKPOINT

pytestmark = pytest.mark.slow

WEIGHTS_BYTES = (CHECKPOINT / "model.safetensors").stat().st_size

Spoil = Callable[[Path], object]


def weights(model: Path | str, layout: Layout = "transformers") -> WhisperWeights:
    engine = "whisper" if layout == "transformers" else "faster-whisper"
    return WhisperWeights(str(model), engine=engine, layout=layout)


def complaint(model: Path | str, layout: Layout = "transformers") -> EngineUnavailable:
    with pytest.raises(EngineUnavailable) as caught:
        weights(model, layout).check()
    assert "\n" not in str(caught.value)
    return caught.value


def cut(name: str, keep: float = 0.5) -> Spoil:
    def spoil(folder: Path) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: int(len(content) * keep)])

    return spoil


def lose(name: str) -> Spoil:
    return lambda folder: (folder / name).unlink()


def write(name: str, content: str) -> Spoil:
    return lambda folder: (folder / name).write_text(content)


def longer(name: str) -> Spoil:
    def spoil(folder: Path) -> None:
        with (folder / name).open("ab") as file:
            file.write(b"more")

    return spoil


def test_what_is_whole_passes_in_both_layouts(folder: Path, converted: Path) -> None:
    weights(folder).check()
    weights(folder, "ctranslate2").check()
    weights(converted, "ctranslate2").check()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (cut("model.safetensors"), f"it has {WEIGHTS_BYTES // 2:,} bytes where {WEIGHTS_BYTES:,} are due"),
        (longer("model.safetensors"), "model.safetensors is damaged"),
        (cut("model.safetensors", 0.001), "model.safetensors is damaged: it does not begin"),
        (cut("model.safetensors", 0), "model.safetensors is damaged"),
        (
            write("model.safetensors", "version https://git-lfs.github.com/spec"),
            "model.safetensors is damaged",
        ),
        (lose("model.safetensors"), "it holds no weights"),
        (lose("config.json"), "config.json is missing"),
        (cut("config.json"), "config.json is damaged"),
        (write("config.json", "[]"), "config.json is damaged"),
        (write("config.json", '{"model_type": "bert"}'), "it is no Whisper but a bert model"),
        (write("config.json", "{}"), "it is no Whisper but another kind of model"),
        (lose("tokenizer.json"), "tokenizer.json is missing"),
        (cut("tokenizer.json"), "tokenizer.json is damaged"),
        (write("tokenizer.json", "{}"), "tokenizer.json is damaged: it holds no vocabulary"),
        (cut("preprocessor_config.json"), "preprocessor_config.json is damaged"),
        (cut("generation_config.json"), "generation_config.json is damaged"),
    ],
)
def test_a_folder_of_transformers_that_lacks_or_spoils_something_is_refused(
    folder: Path, spoil: Spoil, said: str
) -> None:
    spoil(folder)
    for layout in ("transformers", "ctranslate2"):
        error = complaint(folder, layout)  # type: ignore[arg-type]
        assert said in error.reason
        assert error.reason.startswith(f"{folder}: ")
        assert error.remedy


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (cut("model.bin", 0.001), "model.bin is damaged"),
        (cut("model.bin", 0.9), "model.bin is damaged: it ends inside of "),
        (cut("model.bin", 0), "model.bin is damaged"),
        (longer("model.bin"), "model.bin is damaged"),
        (write("model.bin", "something else"), "model.bin is damaged"),
        (lose("vocabulary.json"), "vocabulary.json is missing"),
        (lose("tokenizer.json"), "tokenizer.json is missing"),
        (lose("config.json"), "config.json is missing"),
    ],
)
def test_a_folder_of_ctranslate2_that_lacks_or_spoils_something_is_refused(
    converted: Path, spoil: Spoil, said: str
) -> None:
    spoil(converted)
    assert said in complaint(converted, "ctranslate2").reason


def test_another_model_of_ctranslate2_is_told_by_name(converted: Path) -> None:
    content = (converted / "model.bin").read_bytes()
    (converted / "model.bin").write_bytes(content.replace(b"WhisperSpec", b"WhisperXpec", 1))
    assert "it is no Whisper but a WhisperXpec model" in complaint(converted, "ctranslate2").reason


def test_weights_for_ctranslate2_are_refused_by_transformers_and_the_other_engine_is_named(
    converted: Path,
) -> None:
    error = complaint(converted)
    assert "only faster-whisper runs" in error.reason
    assert "TRANSCRIPTION_ENGINE=faster-whisper" in error.remedy


def test_a_folder_that_does_not_exist_is_told(tmp_path: Path) -> None:
    error = complaint(tmp_path / "nowhere")
    assert "there is no such folder" in error.reason
    assert "WHISPER_MODEL" in error.remedy


@pytest.mark.parametrize(
    ("model", "remedy"),
    [
        ("openai/whisper-large-v3", "Run: diarist models pull openai/whisper-large-v3"),
        ("large-v3", "Run: diarist models pull openai/whisper-large-v3"),
        ("turbo", "Run: diarist models pull openai/whisper-large-v3-turbo"),
    ],
)
def test_what_is_not_here_is_brought_by_a_command(model: str, remedy: str) -> None:
    assert complaint(model).remedy == remedy


def shard(folder: Path) -> None:
    """The weights in two files, as large models come."""
    index = {"metadata": {}, "weight_map": {"a": "model-00001-of-00002.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    shutil.copy(folder / "model-00001-of-00002.safetensors", folder / "model-00002-of-00002.safetensors")


def test_shards_count_when_all_are_here(folder: Path) -> None:
    shard(folder)
    weights(folder).check()
    cut("model-00002-of-00002.safetensors")(folder)
    assert "model-00002-of-00002.safetensors is damaged" in complaint(folder).reason
    lose("model-00002-of-00002.safetensors")(folder)
    assert "model-00002-of-00002.safetensors is missing" in complaint(folder).reason


def test_weights_of_torch_count_when_they_are_whole(folder: Path) -> None:
    shutil.make_archive(str(folder / "weights"), "zip", folder, "config.json")
    (folder / "model.safetensors").unlink()
    (folder / "weights.zip").rename(folder / "pytorch_model.bin")
    weights(folder).check()
    cut("pytorch_model.bin")(folder)
    assert "pytorch_model.bin is damaged" in complaint(folder).reason


def test_languages_are_read_and_else_guessed(folder: Path, converted: Path) -> None:
    assert weights(folder).languages() == {"de", "en"}
    assert weights(converted, "ctranslate2").languages() == {"de", "en"}
    (folder / "generation_config.json").unlink()
    assert weights(folder).languages() == {"de", "en"}
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    del tokenizer["model"]["vocab"][""]
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    assert weights(folder).languages() == {"en"}
    assert weights("openai/whisper-tiny.en").languages() == {"en"}
    assert {"de", "en", "zh"} <= weights("openai/whisper-tiny").languages()
    assert weights("large-v3").languages() - weights("tiny").languages() == {"yue"}

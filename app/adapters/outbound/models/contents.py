"""What a folder or a repository holds, by the names of its files, and whether a Whisper can come of it."""

import re
from collections.abc import Collection, Iterable
from pathlib import Path

from app.adapters.outbound.models.integrity import NAME_ANOTHER, Unfit, check_weights, mel_bands, read_json
from app.domain.models import Layout

TOKENIZER = "tokenizer.json"
PREPROCESSOR = "preprocessor_config.json"
PROCESSOR = "processor_config.json"
GENERATION = "generation_config.json"

_FAMILIES = (
    ("model.safetensors", re.compile(r"model-(\d+)-of-(\d+)\.safetensors")),
    ("pytorch_model.bin", re.compile(r"pytorch_model-(\d+)-of-(\d+)\.bin")),
)
"""Where transformers looks for weights, first come first taken: one file, or shards."""


def layout_of(names: Collection[str]) -> Layout | None:
    """The layout of the weights among these files. What came as CTranslate2 is left as it is."""
    if "model.bin" in names:
        return "ctranslate2"
    return "transformers" if _weights(names) else None


def weight_files(names: Collection[str]) -> list[str]:
    """The files of weights that are read, and no second copy of them. Raises `Unfit`."""
    if "model.bin" in names:
        return ["model.bin"]
    weights = _weights(names)
    if not weights:
        raise Unfit("it holds no weights (model.safetensors, pytorch_model.bin or model.bin)")
    return weights


def needed_files(names: Collection[str]) -> list[str]:
    """What to fetch of a repository: its weights, and the small files beside. Raises `Unfit`."""
    if TOKENIZER not in names:
        raise Unfit(f"it has no {TOKENIZER}", "Name a Whisper that has one, or save one into a local folder")
    small = [name for name in names if "/" not in name and name.endswith((".json", ".txt"))]
    return sorted([*small, *weight_files(names)])


def check_folder(folder: Path) -> None:
    """Raise `Unfit` unless a whole Whisper is in there, of either layout. Reads no weights."""
    config = read_json(folder / "config.json")
    names = {path.name for path in folder.iterdir()}
    if layout_of(names) == "transformers" or "model_type" in config:
        check_model_type(config.get("model_type"))
    weights = weight_files(names)
    for name in weights:
        check_weights(folder / name)
    if weights == ["model.bin"] and names.isdisjoint({"vocabulary.json", "vocabulary.txt"}):
        raise Unfit("vocabulary.json is missing")
    for name in names & {PREPROCESSOR, PROCESSOR, GENERATION}:
        read_json(folder / name)
    if "vocab" not in read_json(folder / TOKENIZER).get("model", {}):
        raise Unfit(f"{TOKENIZER} is damaged: it holds no vocabulary")


def check_model_type(model_type: object) -> None:
    """Raises `Unfit` for what its config.json calls anything but a Whisper."""
    if model_type != "whisper":
        what = f"a {model_type} model" if isinstance(model_type, str) else "another kind of model"
        raise Unfit(f"it is no Whisper but {what}", NAME_ANOTHER)


def check_layout(weights: Layout, wanted: Layout) -> None:
    """Raise `Unfit` where there is no way from the one to the other."""
    if weights == "ctranslate2" and wanted == "transformers":
        raise Unfit(
            "it holds weights for CTranslate2, which only faster-whisper runs",
            "Set TRANSCRIPTION_ENGINE=faster-whisper, or name the model that it was converted from",
        )


def is_complete(folder: Path) -> bool:
    """Whether the features' settings are where every engine looks for them."""
    return (folder / PREPROCESSOR).is_file()


def preprocessor(folder: Path) -> dict[str, object]:
    """What preprocessor_config.json says, or would say: all Whispers hear alike but for the mel bands."""
    if is_complete(folder):
        return dict(read_json(folder / PREPROCESSOR))
    if (folder / PROCESSOR).is_file():  # transformers 5 writes just this one
        extractor = read_json(folder / PROCESSOR).get("feature_extractor")
        if isinstance(extractor, dict):
            return extractor
    if (folder / "model.bin").is_file():
        bands = mel_bands(folder / "model.bin")
    else:
        bands = read_json(folder / "config.json").get("num_mel_bins")
    if not isinstance(bands, int):
        raise Unfit(f"{PREPROCESSOR} is missing")
    return {
        "feature_extractor_type": "WhisperFeatureExtractor",
        "feature_size": bands,
        "sampling_rate": 16_000,
        "chunk_length": 30,
        "n_fft": 400,
        "hop_length": 160,
        "n_samples": 480_000,
        "nb_max_frames": 3_000,
        "padding_side": "right",
        "padding_value": 0.0,
        "return_attention_mask": False,
    }


def size_bytes(paths: Iterable[Path]) -> int:
    """The room that files take, links not counted."""
    return sum(path.lstat().st_size for path in paths if path.is_file() and not path.is_symlink())


def _weights(names: Collection[str]) -> list[str]:
    for single, shard in _FAMILIES:
        if single in names:
            return [single]
        found = sorted(name for name in names if shard.fullmatch(name))
        if not found:
            continue
        last = shard.fullmatch(found[-1])
        assert last is not None
        count, width = int(last[2]), len(last[1])
        family, ending = single.rsplit(".", 1)
        due = [f"{family}-{i:0{width}}-of-{last[2]}.{ending}" for i in range(1, count + 1)]
        missing = [name for name in due if name not in names]
        if missing:
            raise Unfit(f"{missing[0]} is missing")
        if f"{single}.index.json" not in names:
            raise Unfit(f"{single}.index.json is missing")
        return due
    return []

"""Models to measure with, in the formats of both libraries: of random weights, or somebody's own."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.geometries import GEOMETRIES, Geometry
from bench.random_weights import write_model


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model in the two formats. `tokens` is how many text tokens a window gets, on every side."""

    name: str
    tokens: int
    transformers: Path
    ctranslate2: Path


def random_model(
    geometry: str, tokens: int, *, quantization: str = "int8", cache: Path | None = None
) -> Model:
    """A model of `GEOMETRIES`, made now unless it is in the cache.

    `quantization` is how the CTranslate2 folder is stored. Raises `KeyError` for other geometries.
    """
    sizes = GEOMETRIES[geometry]
    folder = (cache or cache_folder()) / f"{geometry}-{tokens}"
    made = _once(folder / "transformers", lambda target: _write(sizes, tokens, target))
    return _both(f"random weights, {geometry} geometry", tokens, made, folder, quantization)


def real_model(folder: Path, tokens: int, *, quantization: str = "int8") -> Model:
    """A model of somebody's, as a transformers folder; texts are cut at `tokens`, but may be shorter."""
    place = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]
    own = cache_folder() / "given" / f"{folder.resolve().name}-{place}"
    return _both(folder.resolve().name, tokens, folder, own, quantization)


def cache_folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "diarist" / "bench"


def _both(name: str, tokens: int, made: Path, folder: Path, quantization: str) -> Model:
    converted = _once(folder / quantization, lambda target: _convert(made, target, quantization))
    return Model(name=name, tokens=tokens, transformers=made, ctranslate2=converted)


def _once(folder: Path, make: Callable[[Path], None]) -> Path:
    """Make a folder, or find it. One that is half made is never found."""
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(dir=folder.parent))
        try:
            make(making)
            making.rename(folder)
        finally:
            shutil.rmtree(making, ignore_errors=True)
    return folder


def _write(sizes: Geometry, tokens: int, target: Path) -> None:
    import_transformers()
    write_model(sizes, tokens, target)


def _convert(made: Path, target: Path, quantization: str) -> None:
    import_transformers()
    from ctranslate2.converters import TransformersConverter

    copied = ["tokenizer.json", "preprocessor_config.json"]
    TransformersConverter(str(made), copy_files=copied).convert(
        str(target), quantization=quantization, force=True
    )


def import_transformers() -> None:
    """Make `import transformers` safe beside a CPU build of torch, and quiet. Call it before the first."""
    from app.adapters.outbound import torchaudio_stand_in

    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    torchaudio_stand_in.install()
    from transformers.utils import logging

    logging.disable_progress_bar()

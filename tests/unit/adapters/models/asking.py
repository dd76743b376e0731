"""How these tests ask for weights."""

import shutil
from pathlib import Path

import pytest

from app.adapters.outbound.models.fetching import Watch
from app.adapters.outbound.models.weights import WhisperWeights
from app.domain.errors import EngineUnavailable
from app.domain.models import Layout


def weights(
    model: Path | str, layout: Layout = "transformers", *, download: bool = False, **more: str
) -> WhisperWeights:
    engine = "whisper" if layout == "transformers" else "faster-whisper"
    return WhisperWeights(str(model), engine=engine, layout=layout, download=download, **more)  # type: ignore[arg-type]


def refused(model: Path | str, layout: Layout = "transformers", **more: str) -> EngineUnavailable:
    with pytest.raises(EngineUnavailable) as caught:
        weights(model, layout, download=True, **more).obtain()
    assert "\n" not in str(caught.value)
    return caught.value


def convert_as(copy: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Conversions are copies of one that was made before; what they were made of is kept in a list."""
    made: list[Path] = []

    def convert(source: Path, target: Path, _: Watch) -> None:
        made.append(source)
        shutil.copytree(copy, target)

    monkeypatch.setattr("app.adapters.outbound.models.weights.convert", convert)
    return made

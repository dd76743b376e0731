"""Conversions: made once, of what is there now, whole or not at all."""

import json
import shutil
from pathlib import Path
from threading import Event, Thread

import pytest

from app.adapters.outbound.models import fetching
from app.adapters.outbound.models.child_run import Stopped
from app.adapters.outbound.models.fetching import Watch
from app.adapters.outbound.models.prepared import PreparedFolders
from app.adapters.outbound.models.weights import WhisperWeights
from app.domain.models import PullProgress
from tests.fixtures.hub import COMMIT, Hub
from tests.unit.adapters.models.asking import convert_as, refused, weights
from tests.unit.adapters.models.conftest import CHECKPOINT, NAME

pytestmark = pytest.mark.slow


def test_a_folder_is_used_where_it_is(folder: Path, converted: Path) -> None:
    assert weights(folder).obtain() == folder
    assert weights(converted, "ctranslate2").obtain() == converted
    assert weights(folder).revision() is None


def test_a_conversion_loads_and_is_made_once_for_the_same_files(converted_once: Path) -> None:
    import ctranslate2

    model = ctranslate2.models.Whisper(str(converted_once))
    assert (model.is_multilingual, model.n_mels) == (True, 80)
    for name in ("tokenizer.json", "preprocessor_config.json", "generation_config.json"):
        assert json.loads((converted_once / name).read_text()) == json.loads((CHECKPOINT / name).read_text())
    root = converted_once.parents[2]
    again = WhisperWeights(str(CHECKPOINT), engine="faster-whisper", layout="ctranslate2", cache=root)
    before = (converted_once / "model.bin").stat().st_mtime_ns
    again.check()
    assert again.obtain() == converted_once
    assert (converted_once / "model.bin").stat().st_mtime_ns == before
    assert list(root.rglob("*.part")) == []


def test_a_folder_that_changed_is_converted_again_and_the_old_conversion_goes(
    folder: Path, converted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = convert_as(converted, monkeypatch)
    first = weights(folder, "ctranslate2").obtain()
    assert weights(folder, "ctranslate2").obtain() == first
    (folder / "model.safetensors").touch()
    second = weights(folder, "ctranslate2").obtain()
    assert second != first
    assert second.is_dir()
    assert not first.exists()
    assert made == [folder, folder]


def test_two_at_once_convert_once(folder: Path, converted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = convert_as(converted, monkeypatch)
    found: list[Path] = []
    threads = [Thread(target=lambda: found.append(weights(folder, "ctranslate2").obtain())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert len(found) == 4
    assert made == [folder]


def test_a_conversion_that_ended_early_is_not_taken_for_one(
    folder: Path, converted: Path, caches: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(_: Path, target: Path, __: Watch) -> None:
        shutil.copytree(converted, target)
        (target / "model.bin").write_bytes((target / "model.bin").read_bytes()[:1000])

    monkeypatch.setattr("app.adapters.outbound.models.weights.convert", half)
    assert "model.bin is damaged" in refused(folder, "ctranslate2").reason
    left = [path for path in (caches / "cache").rglob("*") if path.is_file()]
    assert [path.suffix for path in left] == [".lock"]
    convert_as(converted, monkeypatch)
    assert weights(folder, "ctranslate2").obtain().is_dir()


def test_a_conversion_that_was_spoilt_is_made_again(
    folder: Path, converted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = convert_as(converted, monkeypatch)
    target = weights(folder, "ctranslate2").obtain()
    (target / "model.bin").write_bytes(b"")
    weights(folder, "ctranslate2").check()
    assert weights(folder, "ctranslate2").obtain() == target
    assert (target / "model.bin").stat().st_size > 0
    assert len(made) == 2


def test_a_conversion_can_be_stopped(folder: Path, caches: Path) -> None:
    stop = Event()

    def stop_now(_: PullProgress) -> None:
        stop.set()

    with pytest.raises(Stopped):
        weights(folder, "ctranslate2").obtain(watch=Watch(progress=stop_now, stop=stop))
    assert list((caches / "cache").rglob("*.part")) == []


def test_what_was_lost_of_a_killed_conversion_is_cleared_away(
    folder: Path, converted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    convert_as(converted, monkeypatch)
    target = weights(folder, "ctranslate2").obtain()
    half = target.with_name(f".{target.name}.x1.part")
    target.rename(half)
    assert weights(folder, "ctranslate2").obtain() == target
    assert not half.exists()


def test_a_full_disk_is_told_with_the_room_it_takes(
    folder: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(folder)
    monkeypatch.setattr(fetching.shutil, "disk_usage", lambda _: usage._replace(free=1_000))
    error = refused(folder, "ctranslate2")
    assert "it needs 0.00 GB in " in error.reason
    assert "MODEL_CACHE_PATH" in error.remedy
    assert "HF_HOME" in refused(NAME).remedy
    assert "model.safetensors" not in hub.fetched


@pytest.mark.parametrize("source", ["processor_config.json", "config.json"])
def test_settings_of_the_features_are_written_where_only_others_hold_them(folder: Path, source: str) -> None:
    """transformers 5 saves a processor_config.json alone, and older models have neither."""
    (folder / "preprocessor_config.json").unlink()
    if source == "config.json":
        (folder / "processor_config.json").unlink()
    weights(folder).check()
    ready = weights(folder).obtain()
    assert ready != folder
    assert json.loads((ready / "preprocessor_config.json").read_text())["feature_size"] == 80
    assert (ready / "model.safetensors").resolve() == folder / "model.safetensors"
    assert not (folder / "preprocessor_config.json").exists()


def test_a_ready_model_of_ctranslate2_without_them_is_completed_too(converted: Path) -> None:
    (converted / "preprocessor_config.json").unlink()
    ready = weights(converted, "ctranslate2").obtain()
    assert json.loads((ready / "preprocessor_config.json").read_text())["feature_size"] == 80
    assert (ready / "model.bin").is_symlink()


def test_a_conversion_does_for_the_download_it_was_made_of(
    hub: Hub, converted: Path, caches: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    convert_as(converted, monkeypatch)
    made = weights(NAME, "ctranslate2", download=True).obtain()
    shutil.rmtree(caches / "hf")
    kept = weights(NAME, "ctranslate2")
    kept.check()
    assert kept.obtain() == made
    assert kept.revision() == COMMIT
    assert [each.path for each in PreparedFolders(made.parents[2]).all()] == [made]

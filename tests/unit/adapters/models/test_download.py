"""Downloads from a hub on a real socket, and what goes wrong with them."""

from pathlib import Path

import pytest

from app.adapters.outbound.models.fetching import Watch
from app.adapters.outbound.models.source import hub_cache
from app.domain.errors import EngineUnavailable
from app.domain.models import PullProgress
from tests.fixtures.hub import COMMIT, NEXT_COMMIT, Hub
from tests.unit.adapters.models.asking import convert_as, refused, weights
from tests.unit.adapters.models.conftest import CHECKPOINT, NAME

pytestmark = pytest.mark.slow


def test_what_is_needed_is_downloaded_and_nothing_else(hub: Hub) -> None:
    wanted = weights(NAME, download=True)
    assert wanted.revision() is None
    told: list[PullProgress] = []
    folder = wanted.obtain(watch=Watch(progress=told.append))
    assert {path.name for path in folder.iterdir()} == {path.name for path in CHECKPOINT.iterdir()}
    assert sorted(hub.fetched) == sorted(path.name for path in CHECKPOINT.iterdir())
    assert wanted.revision() == COMMIT
    size = sum(path.stat().st_size for path in CHECKPOINT.iterdir())
    assert {each.total_bytes for each in told} == {size}
    assert all(0 <= each.done_bytes <= size for each in told)
    asked = len(hub.asked)
    weights(NAME).check()
    assert weights(NAME, download=True).obtain() == folder
    assert len(hub.asked) == asked


def test_without_leave_nothing_is_downloaded(hub: Hub) -> None:
    with pytest.raises(EngineUnavailable, match=f"Run: diarist models pull {NAME}"):
        weights(NAME).obtain()
    assert hub.asked == []


def test_weights_of_torch_are_fetched_where_there_are_no_others(hub: Hub) -> None:
    files = hub.repositories[NAME]
    del files["model.safetensors"]
    refused(NAME)  # they are of no use, but they were fetched
    assert "pytorch_model.bin" in hub.fetched


def test_a_repository_of_ctranslate2_is_used_as_it_is(hub: Hub, converted: Path) -> None:
    hub.repositories[NAME] = {path.name: path.read_bytes() for path in converted.iterdir()}
    assert "only faster-whisper runs" in refused(NAME).reason
    assert "model.bin" not in hub.fetched
    ready = weights(NAME, "ctranslate2", download=True).obtain()
    assert "hub" in ready.parts


def test_another_kind_of_model_is_not_even_fetched(hub: Hub) -> None:
    hub.repositories[NAME]["config.json"] = b'{"model_type": "bert"}'
    assert "it is no Whisper but a bert model" in refused(NAME).reason
    assert hub.fetched == ["config.json"]


def test_a_newer_commit_is_fetched_when_somebody_asks_for_it(hub: Hub) -> None:
    first = weights(NAME, download=True).obtain()
    hub.commit = NEXT_COMMIT
    assert weights(NAME, download=True).obtain() == first
    assert weights(NAME, download=True).obtain(refresh=True).name == NEXT_COMMIT
    assert weights(NAME, revision=COMMIT).obtain() == first


def test_a_hub_out_of_reach_is_no_harm_to_what_is_here(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    folder = weights(NAME, download=True).obtain()
    hub.broken = True
    assert weights(NAME, download=True).obtain(refresh=True) == folder
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert weights(NAME, download=True).obtain(refresh=True) == folder
    assert "what is here is used" in caplog.text


def test_damaged_weights_are_fetched_again(hub: Hub) -> None:
    folder = weights(NAME, download=True).obtain()
    (folder / "model.safetensors").resolve().write_bytes(b"damaged")
    with pytest.raises(EngineUnavailable, match=f"Run: diarist models pull {NAME}"):
        weights(NAME).check()
    assert weights(NAME, download=True).obtain() == folder
    weights(NAME).check()


def test_weights_that_were_damaged_before_a_branch_led_to_them_are_fetched_again(hub: Hub) -> None:
    folder = weights(NAME, download=True).obtain()
    (folder / "model.safetensors").resolve().write_bytes(b"damaged")
    (folder.parents[1] / "refs" / "main").unlink()
    assert weights(NAME, download=True).obtain() == folder


def test_a_connection_that_is_cut_in_a_file_is_taken_up_again(hub: Hub) -> None:
    hub.cuts = 1
    weights(NAME, download=True).obtain()
    weights(NAME).check()
    assert hub.fetched.count("model.safetensors") == 2


def test_a_download_of_something_newer_that_breaks_off_is_no_harm_to_what_is_here(hub: Hub) -> None:
    first = weights(NAME, download=True).obtain()
    hub.commit = NEXT_COMMIT
    hub.repositories[NAME]["model.safetensors"] += b"\0"
    hub.cuts = 10**6
    assert weights(NAME, download=True).obtain(refresh=True) == first
    weights(NAME).check()
    assert weights(NAME).revision() == COMMIT


def test_a_download_that_ends_in_something_unfit_is_no_harm_to_what_is_here(hub: Hub) -> None:
    first = weights(NAME, download=True).obtain()
    hub.commit = NEXT_COMMIT
    hub.repositories[NAME]["model.safetensors"] += b"\0"
    for _ in range(2):
        with pytest.raises(EngineUnavailable, match=r"model\.safetensors is damaged.* diarist models rm "):
            weights(NAME, download=True).obtain(refresh=True)
    assert hub.fetched.count("model.safetensors") == 2
    assert weights(NAME).obtain() == first


@pytest.mark.parametrize("revision", [{}, {"revision": COMMIT}])
def test_after_a_download_that_broke_off_only_what_is_missing_is_fetched(
    hub: Hub, revision: dict[str, str]
) -> None:
    hub.cuts = 10**6
    assert "cannot be reached" in refused(NAME, **revision).reason
    came = {path.name for path in hub_cache().glob("models--*/snapshots/*/*")}
    assert "config.json" in came
    hub.cuts = 0
    hub.asked.clear()
    weights(NAME, download=True, **revision).obtain()
    assert came.isdisjoint(hub.fetched)


def test_what_is_here_is_converted_without_asking_the_hub(
    hub: Hub, converted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights(NAME, download=True).obtain()
    convert_as(converted, monkeypatch)
    hub.commit = NEXT_COMMIT
    hub.asked.clear()
    weights(NAME, "ctranslate2", download=True).check()
    assert weights(NAME, "ctranslate2", download=True).obtain().name == COMMIT
    assert hub.asked == []


@pytest.mark.parametrize("refresh", [False, True])
def test_what_is_here_is_converted_offline(
    hub: Hub, converted: Path, monkeypatch: pytest.MonkeyPatch, refresh: bool
) -> None:
    weights(NAME, download=True).obtain()
    convert_as(converted, monkeypatch)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert weights(NAME, "ctranslate2", download=True).obtain(refresh=refresh).name == COMMIT


def test_a_repository_without_a_tokenizer_is_refused_before_its_weights_come(hub: Hub) -> None:
    del hub.repositories[NAME]["tokenizer.json"]
    error = refused(NAME)
    assert "it has no tokenizer.json" in error.reason
    assert "local folder" in error.remedy
    assert "model.safetensors" not in hub.fetched


def test_a_cache_that_cannot_be_written_is_not_blamed_on_the_network(
    hub: Hub, caches: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (caches / "file").touch()
    monkeypatch.setenv("HF_HOME", str(caches / "file" / "hf"))
    error = refused(NAME)
    assert f"{caches}/file" in error.reason
    assert "Not a directory" in error.reason
    assert "HF_HOME" in error.remedy


def test_what_is_wrong_with_the_hub_is_told_with_the_remedy(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "the hub has no such model" in refused("someone/else").reason
    error = refused(NAME, revision="never")
    assert "it has no revision 'never'" in error.reason
    assert "WHISPER_REVISION" in error.remedy
    hub.token = "hf_secret"
    assert "HUGGINGFACE_AUTH_TOKEN" in refused(NAME, token="hf_wrong").remedy
    hub.gated = True
    assert f"Accept the terms at {hub.url}/{NAME}" in refused(NAME).remedy
    hub.broken = True
    assert "status 500" in refused(NAME).reason
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert "HF_HUB_OFFLINE" in refused(NAME).reason


def test_a_token_opens_what_is_gated_and_is_told_nobody(hub: Hub) -> None:
    hub.token = "hf_secret"
    weights(NAME, download=True, token="hf_secret").obtain()
    assert "hf_secret" not in str(refused("someone/else", token="hf_secret"))


def test_a_hub_that_cannot_be_reached_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    error = refused(NAME)
    assert "cannot be reached" in error.reason
    assert "Connection refused" in error.reason


def test_a_token_of_the_environment_opens_what_is_gated_too(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.token = "hf_secret"
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    weights(NAME, download=True).obtain()

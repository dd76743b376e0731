"""What is listed, pulled and removed."""

from pathlib import Path

import pytest

from app.adapters.outbound.models.store import HubModelStore
from app.application.pull_model import PullModel
from app.domain.errors import Conflict, EngineUnavailable, InvalidOptions, NotFound, StorageFailed
from app.domain.models import PullEvent, PullProgress, StoredModel
from tests.fixtures.hub import COMMIT, NEXT_COMMIT, Hub
from tests.unit.adapters.models.asking import convert_as
from tests.unit.adapters.models.conftest import CHECKPOINT, NAME

pytestmark = pytest.mark.slow

SIZE_BYTES = sum(path.stat().st_size for path in CHECKPOINT.iterdir())


def store(chosen: str = NAME, revision: str | None = None) -> HubModelStore:
    return HubModelStore(chosen=chosen, revision=revision)


async def pulled(name: str | None = None, engine: str | None = "whisper") -> list[PullEvent]:
    pull = PullModel(models=store(), chosen=NAME, revision=None)
    return [event async for event in pull.execute(name, engine=engine)]


async def test_nothing_is_listed_where_nothing_is() -> None:
    assert await store().list() == ()


async def test_a_pull_tells_its_progress_and_what_is_here_then(hub: Hub) -> None:
    *progress, model = await pulled()
    assert progress
    assert all(isinstance(each, PullProgress) and each.stage == "download" for each in progress)
    assert isinstance(model, StoredModel)
    assert (model.name, model.revision, model.layout) == (NAME, COMMIT, "transformers")
    assert (model.size_bytes, model.converted, model.problem, model.chosen) == (SIZE_BYTES, False, None, True)
    assert await store().list() == (model,)


async def test_a_pull_converts_for_the_engine_that_wants_it_and_both_are_removed_together(
    hub: Hub, converted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    convert_as(converted, monkeypatch)
    *_, model = await pulled(engine=None)
    assert isinstance(model, StoredModel)
    assert (model.layout, model.converted, model.chosen) == ("ctranslate2", True, True)
    assert [each.layout for each in await store().list()] == ["transformers", "ctranslate2"]
    freed_bytes = await store().remove(NAME)
    assert freed_bytes >= SIZE_BYTES + model.size_bytes
    assert await store().list() == ()
    # Another process may wait for the lock.
    assert [path.suffix for path in model.path.parent.iterdir()] == [".lock"]


async def test_leaving_a_pull_ends_it(hub: Hub, caches: Path) -> None:
    events = store().pull(NAME, revision=None, engine="faster-whisper")
    async for event in events:
        assert isinstance(event, PullProgress)
        if event.stage == "convert":
            break
    await events.aclose()  # type: ignore[attr-defined]
    assert list((caches / "cache").rglob("model.bin")) == []


async def test_what_cannot_be_pulled_says_why(hub: Hub) -> None:
    with pytest.raises(EngineUnavailable, match="the hub has no such model"):
        await pulled("someone/else")
    with pytest.raises(InvalidOptions, match="faster-whisper, whisper"):
        await pulled(engine="scripted")


async def test_only_the_revision_that_the_settings_name_is_the_chosen_one(hub: Hub) -> None:
    await pulled()
    hub.commit = NEXT_COMMIT
    await pulled()
    assert {each.revision: each.chosen for each in await store().list()} == {COMMIT: False, NEXT_COMMIT: True}
    pinned = await store(revision=COMMIT).list()
    assert {each.revision: each.chosen for each in pinned} == {COMMIT: True, NEXT_COMMIT: False}


async def test_broken_models_are_listed_with_what_is_wrong_and_can_be_removed(hub: Hub) -> None:
    *_, model = await pulled()
    assert isinstance(model, StoredModel)
    (model.path / "model.safetensors").unlink()
    [listed] = await store().list()
    assert listed.problem is not None
    assert "it holds no weights" in listed.problem
    await store().remove(NAME)
    assert await store().list() == ()


async def test_models_of_others_in_the_same_cache_are_neither_listed_nor_removed(
    hub: Hub, caches: Path
) -> None:
    await pulled()
    other = caches / "hf" / "hub" / "models--someone--bert" / "snapshots" / COMMIT
    other.mkdir(parents=True)
    (other / "config.json").write_text('{"model_type": "bert"}')
    assert [each.name for each in await store().list()] == [NAME]
    with pytest.raises(Conflict, match="no Whisper"):
        await store().remove("someone/bert")
    assert other.is_dir()


async def test_what_is_not_here_cannot_be_removed(caches: Path) -> None:
    for name in ("someone/else", "../nowhere", str(caches / "nowhere")):
        with pytest.raises(NotFound):
            await store().remove(name)


async def test_a_folder_stays_and_only_its_conversion_goes(
    folder: Path, converted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Conflict, match="a folder of yours"):
        await store().remove(str(folder))
    convert_as(converted, monkeypatch)
    await pulled(str(folder), engine="faster-whisper")
    [model] = await store(chosen=str(folder)).list()
    assert (model.name, model.converted, model.chosen) == (str(folder), True, True)
    assert await store().remove(str(folder)) >= model.size_bytes
    assert await store().list() == ()
    assert list(folder.iterdir())  # noqa: ASYNC240


async def test_a_link_in_the_cache_is_removed_and_what_it_leads_to_stays(hub: Hub, caches: Path) -> None:
    await pulled()
    entry = caches / "hf" / "hub" / f"models--{NAME.replace('/', '--')}"
    elsewhere = entry.rename(caches / "elsewhere")
    entry.symlink_to(elsewhere)
    assert await store().remove(NAME) == 0
    assert not entry.is_symlink()
    assert list((elsewhere / "snapshots").iterdir())


async def test_what_cannot_be_removed_is_told_with_the_reason(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    await pulled()

    def refuse(_: Path) -> None:
        raise OSError("the drive is gone")

    monkeypatch.setattr("app.adapters.outbound.models.store.shutil.rmtree", refuse)
    with pytest.raises(StorageFailed, match=f"{NAME} cannot be removed: the drive is gone"):
        await store().remove(NAME)


async def test_a_conversion_of_a_hidden_folder_is_listed_and_removed(
    folder: Path, converted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    convert_as(converted, monkeypatch)
    hidden = str(folder.rename(folder.with_name(".whisper")))  # noqa: ASYNC240
    await pulled(hidden, engine="faster-whisper")
    assert [each.name for each in await store().list()] == [hidden]
    assert await store().remove(hidden) > 0
    assert await store().list() == ()


async def test_a_pinned_revision_is_kept_whatever_the_model_is_called(hub: Hub) -> None:
    hub.repositories["openai/whisper-tiny"] = hub.repositories[NAME]
    pinned = HubModelStore(chosen="openai/whisper-tiny", revision=COMMIT)
    pull = PullModel(models=pinned, chosen="openai/whisper-tiny", revision=COMMIT)
    for name in (None, "tiny", "openai/whisper-tiny"):
        *_, model = [event async for event in pull.execute(name, engine="whisper")]
        assert isinstance(model, StoredModel)
        assert (model.revision, model.chosen) == (COMMIT, True)
        hub.commit = NEXT_COMMIT
    *_, newer = [event async for event in pull.execute("tiny", revision="main", engine="whisper")]
    assert isinstance(newer, StoredModel)
    assert (newer.revision, newer.chosen) == (NEXT_COMMIT, False)

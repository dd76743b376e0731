"""Pipelines of pyannote from a hub: what is fetched, what is listed, and what a gated one wants."""

from pathlib import Path

import pytest

from app.adapters.outbound.models.pipeline_weights import PipelineWeights
from app.adapters.outbound.models.store import HubModelStore
from app.domain.errors import EngineUnavailable, NotFound
from app.domain.models import PullEvent, PullProgress, StoredModel
from tests.architecture.sources import ROOT
from tests.fixtures.hub import COMMIT, Hub
from tests.unit.adapters.models.conftest import NAME as WHISPER

pytestmark = pytest.mark.slow

CHECKPOINT = ROOT / "tests" / "fixtures" / "tiny_pyannote" / "checkpoint"
NAME = "pyannote/speaker-diarization-tiny"
FILES = {str(path.relative_to(CHECKPOINT)): path for path in CHECKPOINT.rglob("*") if path.is_file()}
SIZE_BYTES = sum(path.stat().st_size for path in FILES.values())


@pytest.fixture(autouse=True)
def pipeline(hub: Hub) -> None:
    """The hub has a pipeline too, with files beside it that nobody needs."""
    content = {name: path.read_bytes() for name, path in FILES.items()}
    hub.repositories[NAME] = content | {"README.md": b"of no use", "images/plot.png": b"of no use"}


def store() -> HubModelStore:
    return HubModelStore(chosen=WHISPER, pipeline=NAME)


async def pulled(name: str = NAME, *, engine: str | None = None) -> list[PullEvent]:
    return [event async for event in store().pull(name, revision=None, engine=engine)]


def refused(name: str = NAME, token: str | None = None) -> EngineUnavailable:
    with pytest.raises(EngineUnavailable) as caught:
        PipelineWeights(name, token=token, download=True).obtain()
    assert "\n" not in str(caught.value)
    return caught.value


async def test_a_pull_brings_the_pipeline_with_its_parts_and_nothing_else(hub: Hub) -> None:
    *progress, model = await pulled()
    assert all(isinstance(each, PullProgress) and each.total_bytes == SIZE_BYTES for each in progress)
    assert isinstance(model, StoredModel)
    assert (model.name, model.revision, model.layout) == (NAME, COMMIT, "pyannote")
    assert (model.size_bytes, model.converted, model.problem, model.chosen) == (SIZE_BYTES, False, None, True)
    assert sorted(hub.fetched) == sorted(path.name for path in FILES.values())
    assert await store().list() == (model,)


async def test_a_pipeline_is_listed_beside_whispers_and_removed_alone(hub: Hub) -> None:
    await pulled()
    await pulled(WHISPER, engine="whisper")
    assert [each.layout for each in await store().list()] == ["pyannote", "transformers"]
    assert await store().remove(NAME) >= SIZE_BYTES
    assert [each.name for each in await store().list()] == [WHISPER]
    with pytest.raises(NotFound):
        await store().remove(NAME)


async def test_what_is_here_is_used_without_asking_the_hub(hub: Hub) -> None:
    await pulled()
    asked = len(hub.asked)
    weights = PipelineWeights(NAME, download=True)
    weights.check()
    assert weights.obtain().name == COMMIT
    assert len(hub.asked) == asked


def test_without_leave_nothing_is_downloaded(hub: Hub) -> None:
    with pytest.raises(EngineUnavailable, match=f"Run: diarist models pull {NAME}"):
        PipelineWeights(NAME).obtain()
    assert hub.asked == []


def test_a_gated_pipeline_asks_for_the_terms_and_the_token(hub: Hub) -> None:
    hub.token, hub.gated = "hf_secret", True
    for token in (None, "hf_wrong"):
        remedy = refused(token=token).remedy
        assert f"Accept the terms at {hub.url}/{NAME}" in remedy
        assert "HUGGINGFACE_AUTH_TOKEN" in remedy
    folder = PipelineWeights(NAME, token="hf_secret", download=True).obtain()
    assert folder.name == COMMIT


def test_a_whisper_is_no_pipeline() -> None:
    assert "it is no pipeline of pyannote" in refused(WHISPER).reason


async def test_a_file_of_the_cache_that_is_damaged_is_told_and_fetched_again(hub: Hub) -> None:
    *_, model = await pulled()
    assert isinstance(model, StoredModel)
    damage(model.path / "embedding" / "pytorch_model.bin")
    [listed] = await store().list()
    assert "in embedding, pytorch_model.bin is damaged" in (listed.problem or "")
    *_, again = await pulled()
    assert isinstance(again, StoredModel)
    assert again.problem is None


def damage(path: Path) -> None:
    path.resolve().write_bytes(b"damaged")

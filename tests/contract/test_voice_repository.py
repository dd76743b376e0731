"""What every voice repository does."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from app.adapters.outbound.persistence.memory_voices import MemoryVoiceRepository
from app.adapters.outbound.persistence.sqlalchemy.voices import SqlVoiceRepository
from app.domain.errors import NotFound
from app.domain.ports import VoiceRepository
from app.domain.voices import KnownVoice, Voiceprint
from tests.contract.stores import STORES, opened_database

NOON = datetime(2026, 5, 17, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture(params=STORES)
async def voices(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[VoiceRepository]:
    if request.param == "memory":
        yield MemoryVoiceRepository()
    else:
        async with opened_database(tmp_path / "diarist.db") as database:
            yield SqlVoiceRepository(database)


def heard(*direction: float, model: str = "m", seconds: float = 10.1) -> Voiceprint:
    vector = np.array(direction, np.float64)
    unit = (vector / np.linalg.norm(vector)).astype(np.float32)
    return Voiceprint(model=model, embedding=unit, seconds=seconds)


def a_voice(name: str = "Anna", *prints: Voiceprint, id: str | None = None) -> KnownVoice:
    return KnownVoice(id=id or f"id-{name}", name=name, prints=prints or (heard(1, 2, 3),), created_at=NOON)


def facts(voice: KnownVoice) -> object:
    prints = [(each.model, each.seconds, each.embedding.tolist()) for each in voice.prints]
    return voice.id, voice.name, voice.created_at, prints


async def test_a_voice_comes_back_to_the_last_bit(voices: VoiceRepository) -> None:
    voice = a_voice("Zoë", heard(0.1, 0.7, model="a"), heard(1, 2, 3, model="b", seconds=1 / 3))
    assert facts(await voices.add(voice)) == facts(voice)
    assert facts(await voices.get(voice.id)) == facts(voice)
    assert [facts(each) for each in await voices.list()] == [facts(voice)]
    embedding = (await voices.get(voice.id)).prints[0].embedding
    assert embedding.dtype == np.dtype(np.float32)


async def test_voices_are_listed_by_name_in_any_case(voices: VoiceRepository) -> None:
    for name in ("bert", "Émile", "Anna", "Zoë"):
        await voices.add(a_voice(name))
    assert [voice.name for voice in await voices.list()] == ["Anna", "bert", "Zoë", "Émile"]


async def test_a_known_name_is_added_to_and_keeps_its_id_and_spelling(voices: VoiceRepository) -> None:
    await voices.add(a_voice("Anna", heard(1, 0, seconds=30.0)))
    later = KnownVoice(
        id="id-later",
        name="ANNA",
        prints=(heard(0, 1, seconds=10.0),),
        created_at=datetime(2027, 1, 1, tzinfo=UTC),
    )
    kept = await voices.add(later)
    assert (kept.id, kept.name, kept.created_at) == ("id-Anna", "Anna", NOON)
    assert kept.prints[0].seconds == 40.0
    assert kept.prints[0].embedding == pytest.approx(heard(3, 1).embedding, abs=1e-6)
    assert facts(await voices.get("id-Anna")) == facts(kept)
    with pytest.raises(NotFound):
        await voices.get("id-later")


async def test_every_second_counts_the_same_however_often_is_added(voices: VoiceRepository) -> None:
    for direction in ((1, 0, 0), (0, 1, 0), (0, 0, 1)):
        kept = await voices.add(a_voice("Anna", heard(*direction)))
    assert kept.prints[0].embedding == pytest.approx(heard(1, 1, 1).embedding, abs=1e-6)


async def test_another_model_gets_a_voiceprint_of_its_own(voices: VoiceRepository) -> None:
    await voices.add(a_voice("Anna", heard(1, 0, model="b")))
    kept = await voices.add(a_voice("Anna", heard(1, 0, 0, model="a"), id="id-later"))
    assert [(each.model, each.embedding.shape) for each in kept.prints] == [("a", (3,)), ("b", (2,))]


async def test_a_deleted_voice_is_gone_with_all_that_was_learnt(voices: VoiceRepository) -> None:
    await voices.add(a_voice("Anna", heard(1, 0)))
    await voices.add(a_voice("Bert"))
    await voices.delete("id-Anna")
    assert [voice.name for voice in await voices.list()] == ["Bert"]
    with pytest.raises(NotFound) as caught:
        await voices.get("id-Anna")
    assert (caught.value.kind, caught.value.id) == ("voice", "id-Anna")
    with pytest.raises(NotFound):
        await voices.delete("id-Anna")
    again = await voices.add(a_voice("Anna", heard(0, 1), id="id-again"))
    assert facts(again) == facts(a_voice("Anna", heard(0, 1), id="id-again"))


async def test_of_many_that_are_added_at_once_none_is_lost(voices: VoiceRepository) -> None:
    tries = [a_voice("Anna", heard(1, 0, seconds=1.0), id=f"id-{number}") for number in range(8)]
    kept = await asyncio.gather(*(voices.add(voice) for voice in tries))
    (anna,) = await voices.list()
    assert anna.prints[0].seconds == 8.0
    assert {voice.id for voice in kept} == {anna.id}


async def test_no_embedding_stays_in_the_tables(tmp_path: Path) -> None:
    from sqlalchemy import text

    async with opened_database(tmp_path / "diarist.db") as database:
        voices = SqlVoiceRepository(database)
        await voices.add(a_voice())
        assert await database.read(text("SELECT count(*) FROM voiceprints")) == [(1,)]
        await voices.delete("id-Anna")
        assert await database.read(text("SELECT count(*) FROM voiceprints")) == [(0,)]

"""What the rows of finished work promise beyond their port: damage is survived, and bytes are few."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given

from app.adapters.outbound.persistence.sqlalchemy import SqlClipRepository, SqlFinishedWork
from app.adapters.outbound.persistence.sqlalchemy.finished_work_document import (
    VERSION,
    Unreadable,
    decode_chunk,
    decode_chunk_key,
    decode_text,
    encode_chunk,
    encode_key,
    encode_text,
)
from app.domain.diarization import ChunkDiarization, LocalTurn, VoiceSample
from app.domain.finished_work import ChunkKey, WindowKey
from app.domain.options import SpeakerHints, TranscriptionOptions
from app.domain.timeline import TimeRange
from app.domain.transcript import TranscriptionText, Word
from tests.contract.stores import opened_database
from tests.fixtures.finished_work import a_chunk, a_window, chunk_keys, window_keys
from tests.fixtures.transcripts import a_clip

HELLO = TranscriptionText(words=(Word(word="hello", start=0.1, end=0.5),), language="en")
FOUND = ChunkDiarization(
    turns=(LocalTurn(local_speaker=0, range=TimeRange(start=0, end=1)),),
    samples=(
        VoiceSample(
            local_speaker=0,
            range=TimeRange(start=0, end=1),
            embedding=np.array([0.6, 0.8], np.float32),
            model="m",
        ),
    ),
)


@pytest.fixture
async def finished_work(tmp_path: Path) -> AsyncIterator[SqlFinishedWork]:
    async with opened_database(tmp_path / "diarist.db") as database:
        await SqlClipRepository(database).add(a_clip())
        finished_work = SqlFinishedWork(database)
        await finished_work.keep_text(a_window(), HELLO)
        await finished_work.keep_chunk(a_chunk(), FOUND)
        yield finished_work


def damage(path: Path, column: str, mend: Callable[[bytes], bytes]) -> None:
    with closing(sqlite3.connect(path)) as foreigner, foreigner:
        for rowid, value in foreigner.execute(f"SELECT rowid, {column} FROM finished_work").fetchall():
            changed = mend(value) if isinstance(value, bytes) else mend(value.encode()).decode()
            foreigner.execute(f"UPDATE finished_work SET {column} = ? WHERE rowid = ?", (changed, rowid))


@pytest.mark.parametrize(
    ("mend", "problem"),
    [
        (lambda _: b"", "cut short"),
        (lambda content: content[:-1], "damaged"),
        (lambda content: content[:-1] + bytes([content[-1] ^ 1]), "damaged"),
        (lambda content: bytes([VERSION + 1]) + content[1:], f"version {VERSION + 1}"),
    ],
    ids=["empty", "cut", "one bit", "newer"],
)
async def test_what_is_damaged_or_newer_counts_as_absent_and_is_logged(
    finished_work: SqlFinishedWork,
    tmp_path: Path,
    mend: Callable[[bytes], bytes],
    problem: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    damage(tmp_path / "diarist.db", "content", mend)
    assert await finished_work.text(a_window()) is None
    assert await finished_work.chunk(a_chunk()) is None
    told = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert len(told) == 2
    assert all("clip-1" in message and problem in message for message in told)
    assert "hello" not in caplog.text
    await finished_work.keep_text(a_window(), HELLO)
    assert await finished_work.text(a_window()) == HELLO


async def test_a_chunk_whose_key_is_damaged_is_no_chunk_of_the_clip(
    finished_work: SqlFinishedWork, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    damage(tmp_path / "diarist.db", "key", lambda key: key[:-9])
    assert await finished_work.chunks("clip-1") == []
    assert "clip-1" in caplog.text


async def test_keeping_the_same_again_changes_no_byte_of_it(
    finished_work: SqlFinishedWork, tmp_path: Path
) -> None:
    def rows() -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(tmp_path / "diarist.db")) as witness:
            query = "SELECT clip_id, id, stage, key, content FROM finished_work ORDER BY id"
            return witness.execute(query).fetchall()

    before = rows()
    await asyncio.gather(
        finished_work.keep_text(a_window(), HELLO), finished_work.keep_chunk(a_chunk(), FOUND)
    )
    assert rows() == before
    assert len(before) == 2


@pytest.mark.parametrize("content", [encode_text(HELLO), encode_chunk(FOUND)], ids=["text", "chunk"])
def test_no_bit_can_change_unnoticed(content: bytes) -> None:
    decode = decode_text if content == encode_text(HELLO) else decode_chunk
    decode(content)
    for bit in range(8 * len(content)):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Unreadable):
            decode(bytes(changed))


def test_what_is_whole_but_something_else_cannot_be_read_either() -> None:
    with pytest.raises(Unreadable):
        decode_text(encode_chunk(FOUND))
    with pytest.raises(Unreadable):
        decode_chunk(encode_text(HELLO))
    with pytest.raises(Unreadable):
        decode_chunk_key("clip-1", encode_key(a_window()))


@given(chunk_keys)
def test_the_key_of_a_chunk_survives(key: ChunkKey) -> None:
    assert decode_chunk_key("clip-1", encode_key(key)) == key


@given(window_keys, window_keys)
def test_keys_are_written_alike_only_when_they_are_equal(one: WindowKey, other: WindowKey) -> None:
    assert (encode_key(one) == encode_key(other)) == (one == other)


def test_an_option_that_is_left_alone_is_not_in_the_key() -> None:
    """So that the keys of today are found by a Diarist with more options."""
    assert '"options":{}' in encode_key(a_window(options=TranscriptionOptions()))
    said = TranscriptionOptions(language="en", hotwords=("Oslo",), speakers=SpeakerHints(num_speakers=2))
    assert "vad" not in encode_key(a_window(options=said))
    assert "Oslo" in encode_key(a_window(options=said))


def test_numbers_of_numpy_are_numbers() -> None:
    start, end = np.float32(0.5), np.float64(1.5)
    text = TranscriptionText(words=(Word(word="hm", start=start, end=end, probability=np.float32(0.25)),))  # type: ignore[arg-type]
    assert decode_text(encode_text(text)) == text


def test_half_a_minute_of_words_takes_few_bytes() -> None:
    words = tuple(
        Word(word=f"word{i}", start=i * 0.4 + 1 / 3, end=i * 0.4 + 2 / 3, probability=1 / (i + 2))
        for i in range(75)
    )
    assert len(encode_text(TranscriptionText(words=words, language="en"))) < 5_000

"""What the SQLite file promises beyond its ports: locks, crashes, full disks and migrations."""

import asyncio
import logging
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from app.adapters.outbound.persistence.sqlalchemy import (
    Database,
    SqlClipRepository,
    SqlTranscriptRepository,
    sqlite,
)
from app.adapters.outbound.persistence.sqlalchemy.tables import metadata
from app.domain.errors import InvalidOptions, StorageFailed, StorageFull
from tests.contract.stores import opened_database
from tests.fixtures.transcripts import a_clip, a_transcript

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[4]

MIGRATE = """
import asyncio, sys
from pathlib import Path
from app.adapters.outbound.persistence.sqlalchemy import Database
asyncio.run(Database.in_file(Path(sys.argv[1])).migrate())
"""

SAVE_AND_DIE = """
import asyncio, os, signal, sys
from pathlib import Path
from app.adapters.outbound.persistence.sqlalchemy import Database, SqlClipRepository, SqlTranscriptRepository
from tests.fixtures.transcripts import a_clip, a_transcript

async def main() -> None:
    database = Database.in_file(Path(sys.argv[1]))
    await database.migrate()
    await SqlClipRepository(database).add(a_clip())
    await SqlTranscriptRepository(database).save(a_transcript())
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


def starts(script: str, path: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", script, str(path)], cwd=ROOT)


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("busy_timeout", 5000),
        ("foreign_keys", 1),
        ("secure_delete", 1),
    ],
)
async def test_every_connection_is_set_up_for_safety(tmp_path: Path, pragma: str, value: object) -> None:
    async with opened_database(tmp_path / "diarist.db") as database:
        answers = await asyncio.gather(*(database.read(text(f"PRAGMA {pragma}")) for _ in range(4)))
        assert answers == [[(value,)]] * 4


async def test_what_was_saved_outlives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "diarist.db"
    assert starts(SAVE_AND_DIE, path).wait(timeout=60) == -9
    async with opened_database(path) as database:
        assert await SqlTranscriptRepository(database).get("clip-1") == a_transcript()


async def test_a_writer_waits_for_a_foreign_lock_and_readers_do_not(tmp_path: Path) -> None:
    async with opened_database(tmp_path / "diarist.db") as database:
        clips = SqlClipRepository(database)
        await clips.add(a_clip("before"))
        with closing(sqlite3.connect(tmp_path / "diarist.db", isolation_level=None)) as foreigner:
            foreigner.execute("BEGIN IMMEDIATE")
            adding = asyncio.create_task(clips.add(a_clip("after")))
            done, _ = await asyncio.wait({adding}, timeout=0.1)
            assert not done
            assert [clip.id for clip in (await clips.search()).items] == ["before"]
            foreigner.execute("ROLLBACK")
            await adding
        assert await clips.get("after") == a_clip("after")


async def test_a_writer_that_is_cancelled_ends_when_its_work_does(tmp_path: Path) -> None:
    async with opened_database(tmp_path / "diarist.db") as database:
        clips = SqlClipRepository(database)
        with closing(sqlite3.connect(tmp_path / "diarist.db", isolation_level=None)) as foreigner:
            foreigner.execute("BEGIN IMMEDIATE")
            adding = asyncio.create_task(clips.add(a_clip()))
            await asyncio.wait({adding}, timeout=0.05)
            adding.cancel()
            done, _ = await asyncio.wait({adding}, timeout=0.05)
            assert not done
            foreigner.execute("ROLLBACK")
            with pytest.raises(asyncio.CancelledError):
                await adding
        assert await clips.get("clip-1") == a_clip()


async def test_a_lock_that_nobody_lets_go_of_is_a_failure_that_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_PRAGMAS", (*sqlite._PRAGMAS, "busy_timeout = 10"))
    async with opened_database(tmp_path / "diarist.db") as database:
        with closing(sqlite3.connect(tmp_path / "diarist.db", isolation_level=None)) as foreigner:
            foreigner.execute("BEGIN IMMEDIATE")
            with pytest.raises(StorageFailed, match=r"diarist\.db.*locked"):
                await SqlClipRepository(database).add(a_clip())


async def test_a_database_that_may_only_be_read_is_a_failure_that_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened_database(tmp_path / "diarist.db"):
        pass
    monkeypatch.setattr(sqlite, "_PRAGMAS", (*sqlite._PRAGMAS, "query_only = ON"))
    database = Database.in_file(tmp_path / "diarist.db")
    with pytest.raises(StorageFailed, match=r"diarist\.db.*readonly"):
        await SqlClipRepository(database).add(a_clip())
    await database.close()


async def test_a_database_that_was_damaged_is_a_failure_for_readers_too(tmp_path: Path) -> None:
    async with opened_database(tmp_path / "diarist.db"):
        pass
    (tmp_path / "diarist.db").write_bytes(b"no longer" * 1_000)
    database = Database.in_file(tmp_path / "diarist.db")
    with pytest.raises(StorageFailed, match=r"diarist\.db.*not a database"):
        await SqlClipRepository(database).search()
    await database.close()


async def test_what_is_no_database_is_a_failure_from_the_start(tmp_path: Path) -> None:
    (tmp_path / "garbage.db").write_bytes(b"garbage" * 1_000)
    (tmp_path / "folder.db").mkdir()
    (tmp_path / "file").touch()
    for name in ("garbage.db", "folder.db", "file/diarist.db"):
        with pytest.raises(StorageFailed, match=name):
            await Database.in_file(tmp_path / name).migrate()


async def test_a_database_of_a_later_version_is_a_failure_from_the_start(tmp_path: Path) -> None:
    path = tmp_path / "diarist.db"
    async with opened_database(path) as database:
        with closing(sqlite3.connect(path)) as future, future:
            future.execute("UPDATE alembic_version SET version_num = '9999'")
        with pytest.raises(StorageFailed, match=r"diarist\.db.*9999"):
            await database.migrate()


async def test_a_full_disk_is_named_and_keeps_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened_database(tmp_path / "diarist.db") as database:
        await SqlClipRepository(database).add(a_clip())
        await SqlTranscriptRepository(database).save(a_transcript())
    monkeypatch.setattr(sqlite, "_PRAGMAS", (*sqlite._PRAGMAS, "max_page_count = 20"))
    async with opened_database(tmp_path / "diarist.db") as database:
        repository = SqlTranscriptRepository(database)
        with pytest.raises(StorageFull):
            await repository.save(a_transcript(text="too long " * 20_000))
        assert await repository.get("clip-1") == a_transcript()


async def test_a_disk_that_is_full_at_the_first_start_is_named_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_PRAGMAS", (*sqlite._PRAGMAS, "max_page_count = 2"))
    with pytest.raises(StorageFull):
        await Database.in_file(tmp_path / "diarist.db").migrate()


async def test_errors_of_the_database_do_not_tell_what_was_said(tmp_path: Path) -> None:
    database = Database.in_file(tmp_path / "never migrated.db")
    with pytest.raises(StorageFailed, match="no such table") as caught:
        await SqlClipRepository(database).add(a_clip(filename="secret.wav"))
    assert "secret" not in f"{caught.value} {caught.value.__cause__}"
    await database.close()


async def test_the_migrations_build_exactly_the_tables(tmp_path: Path) -> None:
    async with opened_database(tmp_path / "diarist.db"):
        engine = create_engine(f"sqlite:///{tmp_path / 'diarist.db'}")
        with engine.connect() as connection:
            differences = compare_metadata(MigrationContext.configure(connection), metadata)
        engine.dispose()
    assert differences == []


async def test_a_second_migration_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "not there yet" / "odd %?# name.db"
    async with opened_database(path) as database:
        await SqlClipRepository(database).add(a_clip())
        with closing(sqlite3.connect(path)) as witness:
            before = witness.execute("PRAGMA data_version").fetchone()
            await database.migrate()
            assert witness.execute("PRAGMA data_version").fetchone() == before
        assert await SqlClipRepository(database).get("clip-1") == a_clip()


def test_processes_may_migrate_at_once(tmp_path: Path) -> None:
    processes = [starts(MIGRATE, tmp_path / "diarist.db") for _ in range(3)]
    assert [process.wait(timeout=60) for process in processes] == [0, 0, 0]


async def test_one_process_may_migrate_several_databases_at_once(tmp_path: Path) -> None:
    databases = [Database.in_file(tmp_path / f"{number}.db") for number in range(4)]
    await asyncio.gather(*(database.migrate() for database in databases))
    for database in databases:
        assert (await SqlClipRepository(database).search()).items == ()
        await database.close()


async def test_a_migration_leaves_logging_as_it_was(tmp_path: Path) -> None:
    root = logging.getLogger()
    before = (root.level, list(root.handlers), logging.getLogger("app").disabled)
    async with opened_database(tmp_path / "diarist.db"):
        assert (root.level, list(root.handlers), logging.getLogger("app").disabled) == before


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_database_that_no_second_connection_could_see_is_refused(url: str) -> None:
    with pytest.raises(InvalidOptions):
        Database(url)

"""The database: its connections, its transactions and its schema."""

import asyncio
import sqlite3
import threading
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Engine, Executable, Row, create_engine, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.ext.asyncio import create_async_engine

from app.adapters.outbound.persistence.sqlalchemy import sqlite
from app.domain.errors import InvalidOptions, StorageFailed, StorageFull

_Result = TypeVar("_Result")

_MIGRATING = threading.Lock()
"""Alembic hands its scripts their connection through a global."""


class Database:
    """Connections to the database at `url`: `sqlite:///path`, or a URL of a server.

    Call `migrate` before the first use and `close` after the last. SQLite runs in threads of its
    driver, at most one per connection of the pool.
    """

    def __init__(self, url: str | URL) -> None:
        self._url = make_url(url)
        self._is_sqlite = self._url.get_backend_name() == "sqlite"
        if self._is_sqlite and self._url.database in (None, "", ":memory:"):
            raise InvalidOptions(
                "DATABASE_URL", "SQLite needs a file here, such as sqlite:///data/diarist.db"
            )
        async_url = self._url.set(drivername="sqlite+aiosqlite") if self._is_sqlite else self._url
        # Parameters hold what people said: they must not get into error messages, and so into logs.
        self._engine = create_async_engine(async_url, hide_parameters=True)
        self._writer = self._engine.execution_options(**{sqlite.BEGIN: "BEGIN IMMEDIATE"})
        if self._is_sqlite:
            sqlite.prepare(self._engine.sync_engine)
        self._under_way: set[asyncio.Task[Any]] = set()

    @staticmethod
    def in_file(path: Path) -> "Database":
        """The SQLite database in the file at `path`, whatever characters the path has."""
        return Database(URL.create("sqlite", database=str(path)))

    async def read(self, query: Executable) -> Sequence[Row[Any]]:
        """All rows of a query, in one consistent view and without waiting for a writer.

        Raises `StorageFailed`.
        """
        return await self._to_the_end(self._read(query))

    async def write(self, *statements: Executable) -> int:
        """Execute the statements in one transaction: all of them, durably, or none.

        Returns how many rows the last one touched. Raises `StorageFull`, `StorageFailed`, and
        SQLAlchemy's `IntegrityError` when a statement breaks a rule of the tables.
        """
        return await self._to_the_end(self._write(statements))

    async def migrate(self) -> None:
        """Bring the schema up to date, creating the SQLite file and its folder where missing.

        Does nothing when it already is; processes that start together wait for each other. Raises
        `StorageFull` and `StorageFailed`.
        """
        await asyncio.to_thread(self._migrate)

    async def close(self) -> None:
        """Let what is under way end, then close all connections."""
        if self._under_way:
            await asyncio.wait(self._under_way)
        await self._engine.dispose()

    async def _read(self, query: Executable) -> Sequence[Row[Any]]:
        with self._translated_errors():
            async with self._engine.connect() as connection:
                return (await connection.execute(query)).all()

    async def _write(self, statements: Sequence[Executable]) -> int:
        with self._translated_errors():
            async with self._writer.begin() as connection:
                touched = 0
                for statement in statements:
                    touched = (await connection.execute(statement)).rowcount
            return touched

    async def _to_the_end(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        """Do the work whether or not the caller is cancelled meanwhile.

        The driver does not roll back what is cut short: the connection would hold its lock.
        """
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            # The caller tidies up next, and must find what this has written.
            await asyncio.wait([task])
            raise

    def _migrate(self) -> None:
        from alembic import command
        from alembic.config import Config
        from alembic.util import CommandError

        config = Config()
        config.set_main_option("script_location", "app.adapters.outbound.persistence:migrations")
        with _MIGRATING, self._translated_errors():
            engine = self._engine_for_migration()
            try:
                with engine.begin() as connection:
                    config.attributes["connection"] = connection
                    command.upgrade(config, "head")
            except CommandError as error:
                reason = f"another version of Diarist made it ({error})"
                raise StorageFailed(f"the database {self._name} cannot be used: {reason}") from error
            finally:
                engine.dispose()

    def _engine_for_migration(self) -> Engine:
        """One that blocks: alembic works in a thread, on a connection of its own."""
        if not self._is_sqlite:
            return create_engine(self._url)
        path = Path(self._url.database or "")
        path.parent.mkdir(parents=True, exist_ok=True)
        sqlite.write_ahead(path)
        engine = create_engine(self._url.set(drivername="sqlite"))
        sqlite.prepare(engine)
        return engine.execution_options(**{sqlite.BEGIN: "BEGIN IMMEDIATE"})

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        """What a database says, as errors of ours; that a rule of the tables was broken is the caller's."""
        try:
            yield
        except IntegrityError:
            raise
        except (DBAPIError, NoConnection, sqlite3.Error, OSError) as error:
            if sqlite.says_full(error):
                raise StorageFull("the database cannot grow") from error
            cause = error.orig if isinstance(error, DBAPIError) else error
            raise StorageFailed(f"the database {self._name} cannot be used: {cause}") from error

    @property
    def _name(self) -> str:
        """The file, or the address without its password."""
        return str(self._url.database) if self._is_sqlite else self._url.render_as_string()

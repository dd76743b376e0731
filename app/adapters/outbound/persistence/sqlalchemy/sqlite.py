"""What SQLite needs to be told, and how it says that the disk is full."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

BUSY_TIMEOUT_S = 5
"""How long a writer waits for another one."""

BEGIN = "sqlite_begin"
"""The execution option with the statement that begins a transaction, a plain BEGIN unless given."""

_PRAGMAS = (
    f"busy_timeout = {BUSY_TIMEOUT_S * 1000}",
    "synchronous = FULL",  # what was committed survives a power cut
    "foreign_keys = ON",
    "secure_delete = ON",  # what was deleted, voices above all, is not left in free pages
)


def write_ahead(path: Path) -> None:
    """Give the file a write-ahead log, for good: then readers and the writer do not wait for each other.

    Of several processes that do this to a new file, SQLite tells all but one at once that it is
    locked, whatever the timeout says.
    """
    deadline_s = time.monotonic() + BUSY_TIMEOUT_S
    with closing(sqlite3.connect(path, timeout=BUSY_TIMEOUT_S)) as connection:
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline_s:
                    raise
                time.sleep(0.01)
            else:
                return


def prepare(engine: Engine) -> None:
    """Set every new connection up, and take the start of transactions over from Python's driver.

    The driver would begin only before the first write, and upgrade from reading to writing then:
    SQLite refuses that at once, without waiting, when somebody else wrote in between.
    """

    @event.listens_for(engine, "connect")
    def set_up(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get(BEGIN, "BEGIN"))


def says_full(error: Exception) -> bool:
    """Whether the disk, or the size that the file may have, is used up."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL

"""One serving process for an SQLite file, and none at all beside the few commands that no server may see half done.

What is live, and the counts of wrong passwords, lie in that one process's memory.  A lock on a file beside the database
says that somebody serves it; the operating system takes the lock away when that process ends, however it ends.
Processes that serve a PostgreSQL give signs of life (live/shared.py).
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.engine import make_url

from server.config.settings import SettingsError
from server.live.pg_queue import serving
from sweep.phrases import Phrase


def sole_server(url: str) -> AbstractContextManager[None]:
    """Serve this database until the block ends; SettingsError when it is an SQLite file that another process serves."""
    return _locked(url, Phrase("sqlite_served_already", database=make_url(url).database))


def nobody_serves(url: str) -> AbstractContextManager[None]:
    """No process serves this SQLite file until the block ends; SettingsError when one does. See `refuse_servers`."""
    return _locked(url, Phrase("end_servers_first", count=1))


def refuse_servers(connection: Connection) -> None:
    """SettingsError when processes serve this PostgreSQL.

    In the write transaction: one that begins afterwards sees what was written (own_keys.refuse_replaced).
    """
    if connection.dialect.name == "postgresql" and (count := serving(connection)):
        raise SettingsError(Phrase("end_servers_first", count=count))


@contextmanager
def _locked(url: str, refusal: Phrase) -> Iterator[None]:
    database = make_url(url).database or ""
    if make_url(url).get_backend_name() != "sqlite" or not database or database.startswith((":", "file:")):
        yield
        return
    file = Path(f"{database}.serving")
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SettingsError(refusal) from None
        yield

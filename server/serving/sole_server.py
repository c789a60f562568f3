"""One serving process for an SQLite file: what is live, and the counts of wrong passwords, lie in its memory.

A lock on a file beside the database says that somebody serves it; the operating system takes the lock away when that
process ends, however it ends.  Commands take no lock: they work beside a running server.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import make_url

from server.config.settings import SettingsError
from sweep.phrases import Phrase


@contextmanager
def sole_server(url: str) -> Iterator[None]:
    """Serve this database until the block ends; SettingsError when it is an SQLite file that another process serves.

    Processes that serve one PostgreSQL share what is live (live/shared.py).
    """
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
            raise SettingsError(Phrase("sqlite_served_already", database=database)) from None
        yield

"""Room that a start on a full disk needs: SQLite reads nothing before it has made its index of the write-ahead log.

Beside an SQLite file lies another of a few pages that holds nothing; a start without room takes it away, and a start
with room puts it there.  PostgreSQL keeps room of its own.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from sqlalchemy.engine import make_url

SPARE_BYTES = 256 * 1024  # derived: an index of 32 KiB, a block of slots and the store of keys, several times over
ROOM_BYTES = 16 * SPARE_BYTES  # guessed: with so much free nobody misses the spare room


def reserve_disk(url: str) -> None:
    """Take the spare room where the disk of this SQLite file has none, or put it there; before the file is opened."""
    database = make_url(url).database or ""
    if make_url(url).get_backend_name() != "sqlite" or not database or database.startswith((":", "file:")):
        return
    spare = Path(f"{database}.spare")
    if not spare.parent.is_dir():
        return
    free = shutil.disk_usage(spare.parent).free
    if free < SPARE_BYTES:
        spare.unlink(missing_ok=True)
    elif free > ROOM_BYTES and not spare.exists():
        part = spare.with_name(f".{spare.name}.{os.getpid()}")
        part.write_bytes(os.urandom(SPARE_BYTES))  # what is all zeros takes no room on some disks
        part.replace(spare)

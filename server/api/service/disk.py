"""Whether there is room to write: in the data folder, beside an SQLite file, and by what the database said last."""

from __future__ import annotations

import shutil
from pathlib import Path

from sqlalchemy.engine import make_url

from server.api.service.services import Services
from server.config.settings import Settings
from server.store.faults import DiskFullError
from sweep.phrases import Phrase

MIB = 1024 * 1024
FULL_BELOW_MIB = 1  # derived: room for a few entries with reports of 226 KB, whatever `ANSIM_MIN_FREE_MIB` allows


def free_bytes(settings: Settings) -> int:
    """What is free where the server writes files: the data folder, and that of an SQLite database."""
    url, folders = make_url(settings.url), [settings.data_dir]
    if url.get_backend_name() == "sqlite" and url.database:
        folders.append(Path(url.database).parent)
    return min(shutil.disk_usage(folder).free for folder in folders)


def is_full(services: Services) -> bool:
    """Whether entries are refused because there is no room, here or at a database on another machine."""
    wanted_mib = max(services.settings.min_free_mib, FULL_BELOW_MIB)
    return free_bytes(services.settings) < wanted_mib * MIB or services.db.is_full


def refuse_when_full(settings: Settings) -> None:
    """DiskFullError when less is free than has to stay so."""
    if free_bytes(settings) < settings.min_free_mib * MIB:
        raise DiskFullError(Phrase("disk_nearly_full"))

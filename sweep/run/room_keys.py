"""The keys under which addresses in a room are tagged: one a year, so that visits within a year can be compared.

Input is the state folder, the time of day and how far it is to be trusted; output is the key in force and what a report
has to say of it.  A clock that nobody set never begins a year: the key that was used last goes on, and a room without
any gets one whose year is settled when the clock is known.  Old keys stay.
"""

from __future__ import annotations

import os
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from sweep.host.clock import WallClock
from sweep.host.disk import DISK
from sweep.modality.addresses import SECRET_OCTETS, AddressKey
from sweep.phrases import Phrase

FOLDER: Final = "room-keys"
RECORDED_FOLDER: Final = "room-keys-recorded"
"""Of recordings and simulations: what they say of their year is their own affair and settles nothing for visits."""
UNKNOWN_YEAR: Final = 0
"""Of a key made while the clock was not set."""
_NAME: Final = re.compile(r"(?P<room>[0-9a-f-]{36})-(?P<year>[0-9]{4})\.key")


class RoomKeyError(ValueError):
    """A room's key cannot be used; one line that says what to do."""


@dataclass(frozen=True, slots=True)
class RoomKey:
    """The key of one room that is in force."""

    key: AddressKey
    limits: tuple[str, ...] = ()
    """Codes of what the report has to say of it."""


def recorded_room_key(state: Path, room_id: UUID, year: int) -> RoomKey:
    """The key of a room's recordings of a year; made at first use, mode 0600.  Raises RoomKeyError, OSError."""
    folder = state / RECORDED_FOLDER
    DISK.make_folder(folder)
    if not _path(folder, room_id, year).exists():
        _make(folder, room_id, year)
    return RoomKey(_read(folder, room_id, year))


def open_room_key(state: Path, room_id: UUID, now: datetime, clock: WallClock) -> RoomKey:
    """The room's key of this year; made where it is due, mode 0600.  Raises RoomKeyError, OSError."""
    folder = state / FOLDER
    DISK.make_folder(folder)
    years = sorted(_years(folder, room_id))
    newest = max((year for year in years if year != UNKNOWN_YEAR), default=None)
    if not clock.synchronised:
        if newest is not None:
            limits = () if newest == now.year else ("room_key_year_unsure",)
            return RoomKey(_read(folder, room_id, newest), limits)
        if UNKNOWN_YEAR not in years:
            _make(folder, room_id, UNKNOWN_YEAR)
        return RoomKey(_read(folder, room_id, UNKNOWN_YEAR), ("room_key_year_unsure",))
    if newest is not None and newest > now.year:
        return RoomKey(_read(folder, room_id, newest), ("room_key_year_unsure",))
    if now.year in years:
        return RoomKey(_read(folder, room_id, now.year))
    if newest is None and UNKNOWN_YEAR in years:
        key = _read(folder, room_id, UNKNOWN_YEAR)
        _path(folder, room_id, UNKNOWN_YEAR).rename(_path(folder, room_id, now.year))
        DISK.sync_folder(folder)
        return RoomKey(key)
    _make(folder, room_id, now.year)
    return RoomKey(_read(folder, room_id, now.year), () if newest is None else ("room_key_new",))


def _years(folder: Path, room_id: UUID) -> set[int]:
    found = (_NAME.fullmatch(path.name) for path in folder.iterdir())
    return {int(match["year"]) for match in found if match is not None and match["room"] == str(room_id)}


def _path(folder: Path, room_id: UUID, year: int) -> Path:
    return folder / f"{room_id}-{year:04d}.key"


def _read(folder: Path, room_id: UUID, year: int) -> AddressKey:
    path = _path(folder, room_id, year)
    secret = path.read_bytes()
    if len(secret) != SECRET_OCTETS:
        raise RoomKeyError(Phrase("room_key_damaged", file=path, octets=len(secret), needed=SECRET_OCTETS))
    return AddressKey("room", secret)


def _make(folder: Path, room_id: UUID, year: int) -> None:
    """A key that is whole or not there, whenever the power fails; one that another process makes meanwhile is kept."""
    path = _path(folder, room_id, year)
    part = path.with_suffix(f".{secrets.token_hex(4)}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(SECRET_OCTETS))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(part, path)
        except FileExistsError:
            return
    finally:
        part.unlink()
    DISK.sync_folder(folder)

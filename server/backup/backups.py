"""Backups: the database as one file, and the keys apart from it, sealed to the evidence officer.

Input are settings and a folder; output are two files there: the database, whose bodies are sealed, and the keys (the
server's own, the store of the bodies' keys and the store key) in an age file that only the officer's identity opens.
Where bodies lie in object storage a third one names the objects that the database needs.
Keys are never written unsealed.  Key backups older than a number of days are deleted, so that an erasure holds against
backups too: a database of any age opens only what the keys of today, or of these last days, still give.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection

from server.backup.snapshots import read_snapshot, remove_database, suffix_of, write_snapshot
from server.config.settings import Settings
from server.projections.projecting import drain
from server.server_keys.own_keys import unfit_key
from server.server_keys.rotation import take_over
from server.store.bodies import is_in_storage, needed_store
from server.store.crypto.body_keys import BodyKeys, overwrite_and_unlink, replace_file
from server.store.db import Database
from server.store.erasure import destroy_dead_keys
from server.store.moving_bodies import missing_objects, objects_needed
from server.store.objects import ObjectStore
from sweep.phrases import Phrase

KEYS_SUFFIX = ".keys.age"
OBJECTS_SUFFIX = ".objects"
STORE, STORE_KEY = "bodies.keys", "bodies.key"
_STAMP = "%Y%m%dT%H%M%S.%fZ"
_KEYS_NAME = re.compile(r"ansim-([0-9]{8}T[0-9]{6}\.[0-9]{6}Z)\.keys\.age")


class BackupError(Exception):
    """A backup that cannot be made or restored; the message is one line."""


@dataclass(frozen=True, slots=True)
class Backup:
    """What was written, and how many older key backups were deleted."""

    database: Path
    keys: Path
    dropped: int
    objects: Path | None
    """What the database needs of the object storage; None where it needs nothing."""


class Restored(NamedTuple):
    """What came of it."""

    destroyed: int
    """Keys that were destroyed on the way."""
    missing: int
    """Bodies that the object storage does not have."""


def back_up(settings: Settings, db: Database, folder: Path, recipient: str, now: datetime) -> Backup:
    """Write database and sealed keys into a folder; BackupError without somebody to seal them to."""
    import pyrage  # here and below: a server that makes no backup does without it

    if not recipient:
        raise BackupError(Phrase("no_backup_recipient"))
    try:
        officer = pyrage.x25519.Recipient.from_str(recipient)
    except pyrage.RecipientError as error:
        raise BackupError(Phrase("not_an_age_recipient", why=error)) from None
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    stem = f"ansim-{now.astimezone(UTC).strftime(_STAMP)}"
    database, keys = folder / f"{stem}{suffix_of(db)}", folder / f"{stem}{KEYS_SUFFIX}"
    write_snapshot(db, database)
    # After the database: what came before the snapshot opens with the keys of any later moment, unless it was erased.
    replace_file(keys, pyrage.encrypt(_packed(_key_files(settings)), [officer]))
    objects = _name_objects(db, folder / f"{stem}{OBJECTS_SUFFIX}")
    return Backup(database, keys, _drop_older(folder, now - timedelta(days=settings.backup_keys_days)), objects)


def _name_objects(db: Database, path: Path) -> Path | None:
    """Write down the storage, and name and size of each object in it that holds a body."""
    if db.objects is None or db.body_keys is None:
        return None
    with db.read() as connection:
        if not is_in_storage(connection):
            return None
        with path.open("w", encoding="ascii") as file:
            file.write(f"# {db.objects.place.url}\n")
            file.writelines(f"{name} {size}\n" for name, size in objects_needed(connection))
    return path


def restore(settings: Settings, database: Path, keys: Mapping[str, bytes]) -> Restored:
    """Make a data folder and database from a backup and from keys; bodies in object storage stay there.

    What was erased by these keys, or by a store that is at its place already, stays erased whatever the database says.
    BackupError for a data folder that has something in it, and for keys of another database or time; SnapshotError for
    a database that is there.  Whatever it ends with, nothing half done stays.
    """
    if settings.data_dir.exists() and any(settings.data_dir.iterdir()):
        raise BackupError(Phrase("restore_folder_not_empty", folder=settings.data_dir))
    objects = None if settings.storage is None else ObjectStore(settings.storage)
    with ExitStack() as undoing:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        undoing.callback(_empty, settings.data_dir)
        read_snapshot(database, settings.url)
        undoing.callback(remove_database, settings.url)
        for name, data in keys.items():
            if name not in {STORE, STORE_KEY}:
                replace_file(settings.data_dir / name, data)
        body_keys = _restore_store(settings, keys, undoing)
        with closing(Database(settings.url, body_keys, objects)) as db:
            db.migrate()
            with db.read() as connection:
                _check_keys(connection, settings, database)
                if objects is None and is_in_storage(connection):
                    raise BackupError(Phrase("storage_setting_missing"))
            _destroy_erased(settings, body_keys, keys)
            destroyed = destroy_dead_keys(db)
            drain(db)
            missing = missing_objects(db) if objects is not None else 0
        undoing.pop_all()
    return Restored(destroyed, missing)


def _check_keys(connection: Connection, settings: Settings, database: Path) -> None:
    """BackupError, in one line, when a key that lies there now is not this database's."""
    take_over(connection, settings.data_dir)
    name, needed = unfit_key(connection, settings.data_dir) or (STORE, needed_store(connection))
    if needed is None:
        return
    is_there = (settings.body_keys_path if name == STORE else settings.data_dir / name).exists()
    what = Phrase("key_file_is_another") if is_there else Phrase("key_file_is_missing")
    raise BackupError(Phrase("restore_key_unfit", name=name, what=what, needed=needed[:16], file=database))


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        overwrite_and_unlink(path)


def keys_of_backup(sealed: Path, identity: Path) -> dict[str, bytes]:
    """The key files in a sealed backup, opened with the officer's identity file; BackupError."""
    import pyrage

    lines = [line.strip() for line in identity.read_text(encoding="ascii").splitlines()]
    secret = next((line for line in lines if line.startswith("AGE-SECRET-KEY-")), None)
    if secret is None:
        raise BackupError(Phrase("no_age_identity", file=identity))
    try:
        opened = pyrage.decrypt(sealed.read_bytes(), [pyrage.x25519.Identity.from_str(secret)])
    except (pyrage.DecryptError, pyrage.IdentityError) as error:
        raise BackupError(Phrase("sealed_file_does_not_open", file=sealed, why=error)) from None
    return {Path(name).name: base64.b64decode(data) for name, data in json.loads(opened)["files"].items()}


def keys_of_folder(folder: Path) -> dict[str, bytes]:
    """The key files of a data folder that was moved aside; BackupError where there are none."""
    found = _key_files(Settings(data_dir=folder))
    if not found:
        raise BackupError(Phrase("no_keys_in_folder", folder=folder))
    return found


def newest_keys_beside(database: Path) -> Path:
    """The newest sealed keys in the folder of a backup: those that know of most erasures; BackupError."""
    found = sorted(database.parent.glob(f"*{KEYS_SUFFIX}"))
    if not found:
        raise BackupError(Phrase("no_keys_file_beside", suffix=KEYS_SUFFIX, database=database))
    return found[-1]


def _key_files(settings: Settings) -> dict[str, bytes]:
    own = {settings.store_key_path, settings.body_keys_path}
    found = {path.name: path.read_bytes() for path in _private_keys(settings.data_dir) if path not in own}
    body_keys = BodyKeys(settings.body_keys_path, settings.store_key_path)
    if body_keys.exists:
        found[STORE], found[STORE_KEY] = body_keys.read_files()
    return found


def _private_keys(folder: Path) -> list[Path]:
    """The server's own keys, and those that are to follow them."""
    return sorted([*folder.glob("*.key"), *folder.glob("*.key.next")])


def _packed(files: Mapping[str, bytes]) -> bytes:
    return json.dumps(
        {"v": 1, "files": {name: base64.b64encode(data).decode() for name, data in files.items()}}
    ).encode()


def _restore_store(settings: Settings, keys: Mapping[str, bytes], undoing: ExitStack) -> BodyKeys:
    """Put the store in its place, unless one is there already."""
    wanted = BodyKeys(settings.body_keys_path, settings.store_key_path)
    if {STORE, STORE_KEY} <= keys.keys() and not wanted.exists:
        for path, name in ((wanted.key_path, STORE_KEY), (wanted.path, STORE)):
            path.parent.mkdir(parents=True, exist_ok=True)
            undoing.callback(overwrite_and_unlink, path)
            replace_file(path, keys[name])
    return wanted


def _destroy_erased(settings: Settings, wanted: BodyKeys, keys: Mapping[str, bytes]) -> None:
    """Let the store at its place keep only what that of the backup opens too."""
    if not {STORE, STORE_KEY} <= keys.keys() or wanted.read_files() == (keys[STORE], keys[STORE_KEY]):
        return
    stem = settings.data_dir / f".restored-{os.getpid()}"
    copy = BodyKeys(stem.with_suffix(".keys"), stem.with_suffix(".key"))
    try:
        replace_file(copy.key_path, keys[STORE_KEY])
        replace_file(copy.path, keys[STORE])
        wanted.destroy_what_is_not_in(copy)
    finally:
        for path in (copy.path, copy.key_path):
            overwrite_and_unlink(path)


def _drop_older(folder: Path, first: datetime) -> int:
    """Delete key backups from before this moment, as their names say; returns how many."""
    dropped = 0
    for path in folder.glob(f"*{KEYS_SUFFIX}"):
        named = _KEYS_NAME.fullmatch(path.name)
        if named is not None and datetime.strptime(named[1], _STAMP).replace(tzinfo=UTC) < first:
            overwrite_and_unlink(path)
            dropped += 1
    return dropped

"""`sweep-server backup` and `restore`: see server/backup."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from server.api.app import build_services
from server.backup import backups
from server.cli.base import DatabaseUrl, DataDir, fail, kept_settings, print_words, settings_of
from sweep.report import utc_now


def back_up(
    out: Annotated[Path, typer.Argument(help="Folder for the two files: database, and keys sealed with age.")],
    recipient: Annotated[
        str | None, typer.Option(help="age public key of the evidence officer (ANSIM_BACKUP_RECIPIENT).")
    ] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Back up database and keys while the server runs, and delete key backups that are too old."""
    settings = kept_settings(data_dir, database_url)
    with closing(build_services(settings).db) as db:
        made = backups.back_up(settings, db, out, recipient or settings.backup_recipient, utc_now())
    print_words("database_backed_up", file=made.database, octets=made.database.stat().st_size)
    print_words("keys_backed_up", file=made.keys, deleted=made.dropped, days=settings.backup_keys_days)
    if made.objects is not None:
        print_words("objects_named", file=made.objects, place=settings.storage_url.partition("?")[0])


def restore(
    file: Annotated[Path, typer.Argument(help="Database of a backup.")],
    sealed: Annotated[
        Path | None, typer.Option("--keys", help="Sealed keys; by default the newest beside the database.")
    ] = None,
    identity: Annotated[Path | None, typer.Option(help="The evidence officer's age identity file.")] = None,
    keys_from: Annotated[
        Path | None, typer.Option(help="Data folder that was moved aside, instead of sealed keys.")
    ] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Restore a backup into an empty data folder and an empty database; what was erased since stays erased."""
    settings = settings_of(data_dir, database_url)
    if (identity is None) == (keys_from is None):
        fail("one_key_source")
    if identity is not None:
        found = backups.keys_of_backup(sealed or backups.newest_keys_beside(file), identity)
    else:
        found = backups.keys_of_folder(keys_from or settings.data_dir)
    done = backups.restore(settings, file, found)
    print_words("restored", file=file, destroyed=done.destroyed)
    if done.missing:
        print_words("objects_missing", count=done.missing, place=settings.storage_url.partition("?")[0])

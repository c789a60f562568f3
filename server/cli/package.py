"""`sweep-server export entries`, `export checkpoint`, `verify`: the log as a file, and a file held to its proofs."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection

from server.api.app import build_services, storage_of
from server.api.service.services import Services
from server.cli.base import (
    NO_REASON,
    DatabaseUrl,
    DataDir,
    fail,
    fail_of,
    kept_settings,
    new_file,
    note_access,
    print_words,
    say,
    settings_of,
)
from server.log import tiles
from server.log.heads import origin_of
from server.log.package import Packed, package_lines, signed_package
from server.people import access_log
from server.projections import projecting
from server.server_keys.root import sign_waiting
from server.store.crypto.body_keys import BodyKeys
from server.store.db import Database
from server.verifier.anchors import Anchors
from server.verifier.command import CHECKPOINT_HELP, ENTRY_HELP, ROOT_HELP, WITNESS_HELP, anchors_of, verify_package
from server.verifier.findings import Findings
from server.verifier.package_lines import Scope
from server.verifier.verification import verify
from server.verifier.words import lines_of
from server.witness.cosigning import cosigned
from sweep.entry.notes import parse_checkpoint, parse_note
from sweep.report import display_text
from sweep.report.help.commands import SPOKEN

SHOWN: dict[Scope, tuple[access_log.Shown, ...]] = {
    "full": ("device_addresses", "device_names", "crops", "bodies"),
    "city": ("bodies",),
    "structure": (),
}
"""Personal data in a package of each scope."""


def export_entries(
    out: Annotated[Path, typer.Argument(help="File to write; `sweep-server verify` reads it, without this server.")],
    scope: Annotated[
        str, typer.Option(help="full; city (no addresses, names, crops); structure (nothing of what was measured).")
    ] = "full",
    no_bodies: Annotated[bool, typer.Option("--no-bodies", help="The same as --scope structure.")] = False,
    reason: Annotated[
        str, typer.Option(show_default=False, help="Reason; it is recorded in the access log.")
    ] = NO_REASON,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Export all entries as a verifiable package (sweep/LOG.md)."""
    wanted = next((known for known in SHOWN if known == ("structure" if no_bodies else scope)), None)
    if wanted is None:
        fail("option_one_of", option="--scope", choices=", ".join(SHOWN))
    services = build_services(kept_settings(data_dir, database_url))
    packed = Packed()
    with closing(services.db) as db:
        if SHOWN[wanted]:
            note_access(db, "entries.exported", out.name, SHOWN[wanted], display_text(reason, limit=300))
        with db.write() as connection:
            sign_waiting(connection, services.server_signer)
        projecting.drain(db)
        with db.read() as connection, new_file(out) as file:
            lines = signed_package(
                connection,
                services.server_signer.signer,
                origin=services.heads.origin(connection),
                scope=wanted,
                checkpoint=checkpoint_of(connection, services),
                root_hash=tiles.root(connection, tiles.tree_size(connection)),
                packed=packed,
            )
            file.writelines(lines)
    print_words(
        "package_written",
        file=out,
        entries=packed.entries,
        scope=wanted,
        present=packed.bodies["present"],
        withheld=packed.bodies["withheld"],
        erased=packed.bodies["erased"],
        missing=packed.bodies["missing"],
    )


def export_checkpoint(
    out: Annotated[Path, typer.Argument(help="File to write; keep it elsewhere, for `verify --checkpoint`.")],
    is_witnessed: Annotated[
        bool, typer.Option("--witnessed", help="The latest checkpoint that the witness signed, not the current one.")
    ] = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Export a signed checkpoint of the log, to check later exports against."""
    services = build_services(kept_settings(data_dir, database_url))
    with closing(services.db) as db, db.read() as connection:
        witnessed = cosigned(connection, services.settings.witness)
        note = witnessed if is_witnessed else checkpoint_of(connection, services)
        key = services.heads.verifier_key(connection)
    if note is None:
        fail("no_witness_yet")
    with new_file(out) as file:
        file.write(note.encode())
    print_words("checkpoint_written", file=out, entries=parse_checkpoint(parse_note(note).text).size)
    print_words("log_key", key=key)


def checkpoint_of(connection: Connection, services: Services) -> str:
    """The checkpoint of the log as it is, with the witness's line when it signed just that one."""
    size = tiles.tree_size(connection)
    return cosigned(connection, services.settings.witness, size) or services.heads.note(connection, size)


def verify_file(
    file: Annotated[Path, typer.Argument(help="A package of `sweep-server export entries`, or an SQLite database.")],
    checkpoint: Annotated[Path | None, typer.Option(help=CHECKPOINT_HELP)] = None,
    root: Annotated[str | None, typer.Option(help=ROOT_HELP)] = None,
    witness: Annotated[str | None, typer.Option(help=WITNESS_HELP)] = None,
    entry: Annotated[str | None, typer.Option(help=ENTRY_HELP)] = None,
) -> None:
    """Verify an exported log and say what is not proven; exit code 1 when something does not hold."""
    anchors = anchors_of(checkpoint, root, witness, entry)
    with file.open("rb") as start:
        is_sqlite = start.read(16) == b"SQLite format 3\0"
    found = _verify_database(file, anchors) if is_sqlite else verify_package(file, anchors)
    for line in lines_of(found, SPOKEN.get()):
        say(line)
    if not found.holds:
        raise typer.Exit(1)


def _verify_database(path: Path, anchors: Anchors) -> Findings:
    """The same lines out of a database file, which nobody signed as a whole."""
    objects = storage_of(settings_of(None, None))
    with closing(Database(f"sqlite:///file:{path.resolve()}?mode=ro&uri=true", _body_keys_beside(path), objects)) as db:
        db.check_schema()
        with db.read() as connection:
            try:
                origin = origin_of(connection)
            except LookupError as error:
                fail_of(error)
            return verify(
                lambda: package_lines(connection, origin=origin, scope="full", checkpoint=""),
                anchors,
                is_sealed=False,
            )


def _body_keys_beside(file: Path) -> BodyKeys:
    """The store of a database in a file: that of the settings, unless one lies beside it."""
    settings = settings_of(None, None)
    if (file.parent / "bodies.keys").exists():
        settings = settings.model_copy(update={"data_dir": file.parent})
    return BodyKeys(settings.body_keys_path, settings.store_key_path)

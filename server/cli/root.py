"""`sweep-server root`: how a district takes its root key into its own hands (server/INGEST.md, "Keys").

`create`, `sign` run on a machine without a network; `hand-over`, `requests`, `accept` on the server.  What goes between
them is files.  Nothing of the root key but its public half ever comes to the server.
"""

from __future__ import annotations

import os
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Annotated

import typer

from server.api.app import build_services
from server.cli.base import DatabaseUrl, DataDir, fail, kept_settings, new_file, parse_key, print_words, said, say
from server.cli.witness import tell_witness
from server.exports.sheets.root_sheet import sheet
from server.interface.plain_text import unlike
from server.server_keys import root
from server.server_keys.rotation import is_waiting
from server.serving.sole_server import nobody_serves, refuse_servers
from sweep.entry.crypto import SigningKey, seal, unseal
from sweep.entry.dsse import Signer
from sweep.phrases import Phrase
from sweep.report import are_two_persons, display_text, utc_now
from sweep.report.help.commands import SpokenCommand, SpokenGroup

app = typer.Typer(
    cls=SpokenGroup,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Root key of the district: it alone admits and revokes keys.",
)

LEAST_PASSPHRASE = 12
MAX_FILE_BYTES = 16 * 1024 * 1024
PassphraseFile = Annotated[
    Path | None, typer.Option(help="File whose first line is the passphrase; by default it is asked for.")
]
PEOPLE = "Who is present, at least two; say it once for each."


@app.command(cls=SpokenCommand)
def create(
    out: Annotated[Path, typer.Argument(help="File for the new root key, encrypted; best on a medium of its own.")],
    person: Annotated[list[str], typer.Option(help=PEOPLE)],
    passphrase_file: PassphraseFile = None,
    paper: Annotated[Path | None, typer.Option(help="PDF for signatures and for the safe.")] = None,
) -> None:
    """Make a root key, on a machine without a network, before two persons."""
    people = [display_text(one, limit=60) for one in person]
    if not (are_two_persons(tuple(people)) and unlike(people) == len(people)):
        fail("two_present")
    if out.exists():
        fail("root_key_exists", file=out)
    passphrase = _passphrase(passphrase_file, is_new=True)
    key = SigningKey.make()
    with new_file(out) as file:
        file.write(seal(key, passphrase))
        file.flush()
        os.fsync(file.fileno())
    signer = Signer(key)
    print_words("root_key_made", key_id=signer.key_id, public_key=signer.public_key.hex())
    if paper is not None:
        with new_file(paper) as file:
            file.write(sheet(signer.key_id, signer.public_key, people, utc_now()))
        print_words("root_sheet_written", file=paper)


@app.command("hand-over", cls=SpokenCommand)
def hand_over(
    public_key: Annotated[str, typer.Argument(help="The new root key as `create` prints it: 64 digits.")],
    reason: Annotated[str, typer.Option(help="Reason; it is recorded.")],
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Replace this server's root key: it admits its successor and is removed from here."""
    settings = kept_settings(data_dir, database_url)
    _, public = parse_key(public_key)
    services = build_services(settings)
    with closing(services.db) as db:
        with db.write() as connection:
            key = root.hand_over(
                connection, services.server_signer, public, actor="sweep-server", reason=display_text(reason, limit=200)
            )
        root.remove_key(settings.data_dir)
        tell_witness(db, settings)
    print_words("root_key_in_force", key_id=key.key_id)
    print_words("root_key_next")


@app.command(cls=SpokenCommand)
def requests(
    out: Annotated[Path, typer.Argument(help="File for the requests, to carry to the root key.")],
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Export the statements that wait for the root key's signature."""
    services = build_services(kept_settings(data_dir, database_url))
    with closing(services.db) as db, db.read() as connection:
        data = root.requests(connection, services.server_signer)
    with new_file(out) as file:
        file.write(data)
    _, asked = root.read_requests(data)
    print_words("root_requests_written", file=out, count=len(asked))


@app.command(cls=SpokenCommand)
def sign(
    file: Annotated[Path, typer.Argument(help="File that `requests` wrote.")],
    out: Annotated[Path, typer.Argument(help="File for the signed statements, to carry back.")],
    key: Annotated[Path, typer.Option(help="Root key file that `create` wrote.")],
    passphrase_file: PassphraseFile = None,
    yes: Annotated[bool, typer.Option("--yes", help="Sign without confirming each.")] = False,
) -> None:
    """Show the requested statements and sign them, on a machine without a network."""
    asked_of, asked = root.read_requests(_read(file))
    try:
        signer = Signer(unseal(_read(key), _passphrase(passphrase_file, is_new=False)))
    except ValueError as error:
        fail("file_not_opened", file=key, why=error)
    if signer.key_id != asked_of:
        fail("requests_for_another_root", asked=asked_of, own=signer.key_id)
    for payload, body in asked:
        say(root.describe(payload, body))
        if not yes and not typer.confirm("sign this?"):
            fail("nothing_signed")
    with new_file(out) as target:
        target.write(root.sign_requests(signer, asked))
    print_words("root_entries_signed", file=out, count=len(asked), key_id=signer.key_id)


@app.command(cls=SpokenCommand)
def accept(
    file: Annotated[Path, typer.Argument(help="File that `sign` wrote.")],
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Import what the root key signed; it takes effect at once. End servers first where a server's key is among it."""
    settings = kept_settings(data_dir, database_url)
    services = build_services(settings)
    data = _read(file)
    with closing(services.db) as db:
        with db.read() as connection:
            is_rotation = is_waiting(connection)
        with nobody_serves(settings.url) if is_rotation else nullcontext(), db.write() as connection:
            if is_rotation:
                refuse_servers(connection)
            count = root.accept_signed(connection, data)
        print_words("root_entries_in_log", count=count)
        tell_witness(db, settings)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        fail("file_larger_than", file=path, most=MAX_FILE_BYTES)
    return data


def _passphrase(path: Path | None, *, is_new: bool) -> bytes:
    if path is not None:
        found = path.read_text(encoding="utf-8").split("\n", 1)[0]
    else:
        found = typer.prompt(said(Phrase("root_passphrase")), hide_input=True, confirmation_prompt=is_new)
    if is_new and len(found) < LEAST_PASSPHRASE:
        fail("passphrase_needed", least=LEAST_PASSPHRASE)
    return found.encode()

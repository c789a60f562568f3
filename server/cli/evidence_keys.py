"""Evidence officers' keys from a terminal: `evidence-key make|add|end|list`.

`make` needs no server: it runs where the officer is, and writes a file that `age` reads as well.  `add` is for a server
that does not know the officer, as on a Pi; officers of this server register their key themselves, on the page.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pyrage
import typer

from server.cli.base import DatabaseUrl, DataDir, database_of, kept_settings, print_words, said
from server.people import evidence_keys
from server.serving.certificates import write_new
from sweep.phrases import Phrase
from sweep.report import display_text
from sweep.report.help.commands import SpokenCommand, SpokenGroup

app = typer.Typer(
    cls=SpokenGroup,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Evidence officers' keys, to which photographs of objects are sealed.",
)
ACTOR = "sweep-server"


@app.command("make", cls=SpokenCommand)
def make(
    out: Annotated[Path, typer.Argument(help="File for the private key; it must not exist. Keep it off every server.")],
) -> None:
    """Make a key (age, X25519). Its public half is printed: register that, and keep the file."""
    identity = pyrage.x25519.Identity.generate()
    recipient = str(identity.to_public())
    write_new(out, f"# public key: {recipient}\n{identity}\n".encode("ascii"))
    typer.echo(recipient)


@app.command("add", cls=SpokenCommand)
def add(
    recipient: Annotated[str, typer.Argument(help="Public key, as `evidence-key make` or age-keygen prints it.")],
    name: Annotated[str, typer.Option(help="Pseudonym of the owner.")],
    district: Annotated[str | None, typer.Option(help="District of the officer; by default the whole city.")] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Add a key to which photographs are sealed from now on."""
    with database_of(kept_settings(data_dir, database_url)) as db, db.write() as connection:
        row = evidence_keys.add(
            connection,
            recipient,
            name=display_text(name, limit=60),
            district_id=district,
            user_id=None,
            actor=ACTOR,
        )
    print_words("evidence_key_added", key_id=row.key_id, name=row.name)


@app.command("end", cls=SpokenCommand)
def end(
    key_id: Annotated[str, typer.Argument(help="16 hexadecimal digits, as `evidence-key list` prints them.")],
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Stop sealing to a key, such as a lost one. It still opens what was sealed to it before."""
    with database_of(kept_settings(data_dir, database_url)) as db, db.write() as connection:
        evidence_keys.end(connection, key_id, actor=ACTOR)
    print_words("evidence_key_ended", key_id=key_id)


@app.command("list", cls=SpokenCommand)
def list_keys(data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """List the keys to which photographs are sealed."""
    with database_of(kept_settings(data_dir, database_url)) as db, db.read() as connection:
        rows = evidence_keys.live(connection, None, everywhere=True)
    if not rows:
        print_words("none_listed")
    for row in rows:
        typer.echo(f"{row.key_id}  {row.recipient}  {row.name}  {row.district_id or said(Phrase('whole_city'))}")

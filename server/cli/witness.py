"""`sweep-server witness`: the log of another organisation watched; and this server's own witness told of new keys."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Annotated

import httpx
import typer

from server.cli.base import fail, print_words, said
from server.config.settings import Settings
from server.interface.plain_text import unlike
from server.log.heads import Heads
from server.server_keys.rotation import signer_from_now
from server.serving.running import open_socket, run_small
from server.store.db import Database
from server.witness.app import witness_app
from server.witness.key_updates import RefusedError, tell_keys
from server.witness.witness_state import WitnessState
from sweep.entry.notes import MAX_NOTE_BYTES, NoteError, is_name, parse_verifier_key
from sweep.phrases import Phrase
from sweep.report import display_text

RESOLVE = "Id of a fork that `GET /forks` shows, or the origin of a log: go on as two persons decided, and end."


def witness(
    folder: Annotated[Path, typer.Argument(help="Folder of the witness's key and of what it remembers.")],
    name: Annotated[str, typer.Option(help="Name of the witness, such as witness.example.kr/1; it never changes.")],
    log: Annotated[list[str], typer.Option(help="Verifier key of a log to watch, as `export checkpoint` prints it.")],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port to listen on, 0 picks one.")] = 8090,
    resolve: Annotated[str | None, typer.Option(help=RESOLVE)] = None,
    head: Annotated[
        Path | None,
        typer.Option(help="With --resolve: checkpoint of the true log; default: the remembered one."),
    ] = None,
    person: Annotated[list[str] | None, typer.Option(help="With --resolve: who decides, at least two.")] = None,
    reason: Annotated[str, typer.Option(help="With --resolve: reason; it is kept and shown.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="With --resolve: do not ask for confirmation.")] = False,
) -> None:
    """Witness the log of another organisation: sign its heads as long as each grew from the one before."""
    try:
        logs = [parse_verifier_key(one) for one in log]
        if not is_name(name):
            fail("witness_name")
        book = WitnessState(folder, name, logs, time.time)
        if resolve is not None:
            _resolve(book, resolve, head, person or (), reason, is_sure=yes)
            return
    except NoteError as error:
        fail("witness_log_invalid", why=error)
    with closing(open_socket(host, port)) as listener:
        address = f"http://{host}:{listener.getsockname()[1]}"
        print_words("witness_key", key=book.key)
        run_small(witness_app(book), listener, on_started=lambda: print_words("witnessing", address=address))


def _resolve(
    book: WitnessState, fork_id: str, head: Path | None, person: Sequence[str], reason: str, *, is_sure: bool
) -> None:
    """Show what is decided, ask, and go on."""
    persons = sorted({display_text(one, limit=60).strip() for one in person} - {""})
    if unlike(persons) < 2 or not reason.strip():
        fail("two_persons_decide")
    note = None
    if head is not None:
        with head.open("rb") as file:
            note = file.read(MAX_NOTE_BYTES + 1).decode(errors="replace")
    for fork in book.forks.all():
        if fork.fork_id == fork_id:
            shown = fork.shown()
            print_words("fork_remembered", note=shown["remembered"])
            print_words("fork_refused", notes="\n".join(shown["refused"]))
    if note is not None:
        print_words("true_head", note=note)
    if not is_sure and not typer.confirm(said(Phrase("decide_so"))):
        fail("nothing_decided")
    fork = book.resolve(fork_id, note, persons, display_text(reason, limit=300))
    print_words("fork_decided", fork=fork.fork_id, origin=fork.origin, persons=", ".join(persons))


def tell_witness(db: Database, settings: Settings) -> None:
    """Tell this server's witness, where there is one, at once what the root key said, and print what came of it."""
    if settings.witness is None:
        return
    with db.read() as connection:
        heads = Heads(signer_from_now(connection, settings.data_dir))
    try:
        with httpx.Client() as client:
            known = tell_keys(db, heads, settings.witness_url, client)
    except (RefusedError, httpx.HTTPError, httpx.InvalidURL) as error:
        print_words("witness_not_told", why=error)
        return
    if known is None:
        print_words("witness_follows_no_root_key")
        return
    print_words("witness_knows", count=known.count)

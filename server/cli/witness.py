"""`sweep-server witness`: the log of another organisation watched."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from server.cli.base import fail
from server.serving.running import open_socket, run_small
from server.witness.app import witness_app
from server.witness.book import Book
from sweep.entry.notes import NoteError, is_name, parse_verifier_key


def witness(
    folder: Annotated[Path, typer.Argument(help="Folder of the witness's key and of what it remembers.")],
    name: Annotated[str, typer.Option(help="Its name, such as witness.example.kr/1; it stays the same for ever.")],
    log: Annotated[list[str], typer.Option(help="Verifier key of a log to watch, as `export checkpoint` prints it.")],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port to listen on, 0 picks one.")] = 8090,
) -> None:
    """Witness the log of another organisation: sign its heads as long as each grew from the one before."""
    try:
        logs = [parse_verifier_key(one) for one in log]
        if not is_name(name):
            fail("witness_name")
        book = Book(folder, name, logs, time.time)
    except NoteError as error:
        fail("witness_log", why=error)
    with closing(open_socket(host, port)) as listener:
        address = f"http://{host}:{listener.getsockname()[1]}"
        typer.echo(f"witness key: {book.key}")
        run_small(witness_app(book), listener, on_started=lambda: typer.echo(f"witnessing on {address}"))

"""`serve`, and a database as a whole: `migrate`, `rebuild`, `retention`."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import typer

from server.cli.base import DatabaseUrl, DataDir, database_of, settings_of
from server.config.retention import read_periods
from server.ingest.photo_retention import count_due
from server.people import auth
from server.projections import projecting
from server.serving.running import open_socket, run
from server.serving.spare_room import keep_spare_room
from server.serving.tls import open_tls
from server.store.overdue_bodies import count_overdue
from server.store.postgres_statistics import WRITE_ANEW

HOW_TO_CLEAN = (
    "SQLite needs as much free disk again and a new start; in PostgreSQL end what has long been open and start again, "
    f"or as a superuser say in this database {WRITE_ANEW}"
)


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on (ANSIM_HOST).")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on, 0 picks one (ANSIM_PORT).")] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Serve until Ctrl-C. The first start makes the user `admin` and prints its password once."""
    settings = settings_of(data_dir, database_url, host=host, port=port)
    with closing(open_socket(settings.host, settings.port)) as listener:
        keep_spare_room(settings.url)
        with database_of(settings) as db:
            password = auth.ensure_first_user(db, settings.first_password)
        if password is not None:
            then = f"then sweep-server enrolment-code {auth.FIRST_USER} gives the code for the second step"
            typer.echo(f"first user: {auth.FIRST_USER}   password: {password}   (shown once; {then})")
        tls = open_tls(settings, open_socket)
        address = f"http://{settings.host}:{listener.getsockname()[1]}"
        more = "" if tls is None else f"\nand with TLS on port {tls.listener.getsockname()[1]}"
        run(settings, listener, tls=tls, on_started=lambda: typer.echo(f"serving on {address}{more}"))


def migrate(data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """Bring the database up to date."""
    with database_of(settings_of(data_dir, database_url)):
        typer.echo("the database is up to date")


def rebuild(data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """Throw the projections away and compute them anew from the entries."""
    with database_of(settings_of(data_dir, database_url)) as db:
        typer.echo(f"{projecting.rebuild(db)} sweeps rebuilt")


def retention(data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """Say how long what is kept, on what basis, and what is due to be erased by two persons."""
    settings = settings_of(data_dir, database_url)
    periods = read_periods(settings.retention)
    with database_of(settings) as db, db.read() as connection:
        holds_plain = db.holds_plain()
        for name, period in periods.items():
            days = "not decided" if period.days is None else f"{period.days} days"
            if name == "photographs":  # held while a case is open or a camera was found
                left = count_due(connection, period.days)
            else:
                left = count_overdue(connection, period.media_types, period.days)
            listed = f"; {left} bodies are due" if left else ""
            typer.echo(f"{name}: {days}, removed by {period.by} ({period.basis}){listed}")
    if holds_plain:
        typer.echo(f"words in plain from before bodies were sealed may lie in the database's files: {HOW_TO_CLEAN}")

"""`serve`, and a database as a whole: `migrate`, `rebuild`, `retention`, `move-bodies`."""

from __future__ import annotations

from contextlib import closing, nullcontext
from typing import Annotated

import typer
from sqlalchemy.engine import make_url

from server.cli.base import DatabaseUrl, DataDir, database_of, fail, kept_settings, print_words, settings_of
from server.config.retention import read_periods
from server.ingest.photo_retention import count_due
from server.people import auth
from server.projections import projecting
from server.serving.disk_reserve import reserve_disk
from server.serving.running import open_socket, run
from server.serving.sole_server import nobody_serves, refuse_servers
from server.serving.tls import open_tls
from server.store.moving_bodies import move_some, sweep_objects, waiting
from server.store.overdue_bodies import count_overdue
from server.store.postgres_statistics import WRITE_ANEW
from sweep.phrases import Phrase


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on (ANSIM_HOST).")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on, 0 picks one (ANSIM_PORT).")] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Serve until Ctrl-C. The first start makes the user `admin` and prints its password once."""
    settings = settings_of(data_dir, database_url, host=host, port=port)
    with closing(open_socket(settings.host, settings.port)) as listener:
        reserve_disk(settings.url)
        with database_of(settings, may_be_newer=True) as db:
            password = auth.ensure_first_user(db, settings.first_password)
        if password is not None:
            print_words("first_user", username=auth.FIRST_USER, password=password)
        tls = open_tls(settings, open_socket)
        address = f"http://{settings.host}:{listener.getsockname()[1]}"

        def on_started() -> None:
            print_words("serving", address=address)
            if tls is not None:
                print_words("serving_tls", port=tls.listener.getsockname()[1])

        run(settings, listener, tls=tls, on_started=on_started)


def migrate(data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """Bring the database up to date."""
    settings = settings_of(data_dir, database_url)
    with database_of(settings):
        print_words("database_up_to_date", database=make_url(settings.url).render_as_string())


def rebuild(data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """Rebuild the projections from the entries."""
    with database_of(kept_settings(data_dir, database_url)) as db:
        print_words("sweeps_rebuilt", count=projecting.rebuild(db))


def move_bodies(
    back: Annotated[
        bool, typer.Option("--back", help="Into the database, before the storage is given up; end servers first.")
    ] = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Move large bodies to the object storage (ANSIM_STORAGE_URL) while the server runs; begun anew it goes on."""
    settings = kept_settings(data_dir, database_url)
    with database_of(settings) as db, nobody_serves(settings.url) if back else nullcontext():
        if db.objects is None:
            fail("storage_not_set")
        if back:
            with db.read() as connection:
                refuse_servers(connection)
        left = waiting(db, is_back=back)
        moved = octets = 0
        last_slot, told = -1, -1
        while True:
            some = move_some(db, last_slot, is_back=back)
            if not some.bodies:
                break
            moved, octets, last_slot = moved + some.bodies, octets + some.octets, some.last_slot
            percent = min(100 * moved // max(left.bodies, 1), 100)
            if percent != told:
                print_words("bodies_moved_so_far", moved=moved, count=left.bodies, percent=percent)
                told = percent
        removed = sweep_objects(db) if not back else 0
        if back and (rest := waiting(db, is_back=True).bodies):
            fail("bodies_left_in_storage", count=rest)
    print_words("bodies_moved", moved=moved, octets=octets, removed=removed)


def retention(data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """Show the retention periods, their legal basis, and what two persons have to erase."""
    settings = kept_settings(data_dir, database_url)
    periods = read_periods(settings.retention)
    with database_of(settings) as db, db.read() as connection:
        holds_plain = db.holds_plain()
        for name, period in periods.items():
            days = Phrase("not_decided") if period.days is None else Phrase("so_many_days", days=period.days)
            if name == "photographs":  # held while a case is open or a camera was found
                left = count_due(connection, period.days)
            else:
                left = count_overdue(connection, period.media_types, period.days)
            due = Phrase("bodies_due", count=left) if left else ""
            by = Phrase("by_the_server") if period.by == "server" else Phrase("by_two_persons")
            print_words("retention_period", name=name, days=days, by=by, basis=period.basis, due=due)
    if holds_plain:
        print_words("plain_words_may_remain", statement=WRITE_ANEW)

"""`sweep-server relay`: what is known of the city, how far the entries have got, and beginning anew with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer
from sqlalchemy import Connection, select

from server.cli.base import DatabaseUrl, KeptDataDir, database_of, settings_of
from server.relay import queue
from server.relay.city import find_city
from server.relay.city import forget as forget_all
from server.store.audit import record
from server.store.schema import city_entries, relayed
from sweep.entry.dsse import key_id_of
from sweep.report import display_text

MOST_SHOWN = 20


def show_relay(
    forget: Annotated[bool, typer.Option("--forget", help="Forget the city and send all entries again.")] = False,
    data_dir: KeptDataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Show which entries have reached the city's server, or send all of them again."""
    with database_of(settings_of(data_dir, database_url)) as db:
        if forget:
            with db.write() as connection:
                forget_city(connection)
        with db.read() as connection:
            for line in state_lines(connection):
                typer.echo(line)


def forget_city(connection: Connection) -> None:
    """Forget the city's keys and head, and let everything go up again; a line in the audit trail."""
    record(connection, actor="sweep-server", action="city.forgotten", object_id="city", detail=queue.counts(connection))
    forget_all(connection)


def state_lines(connection: Connection) -> Iterator[str]:
    """The state of the relay, in lines for a terminal."""
    city = find_city(connection)
    if city is None:
        yield "no city is configured (ANSIM_CITY_URL)"
        return
    key = "not met yet" if city.server_key is None else key_id_of(city.server_key)
    yield f"city {display_text(city.url)}: key {key}{f', STOPPED: {city.stopped}' if city.stopped else ''}"
    states = queue.counts(connection)
    yield (
        f"entries: {states.get('arrived', 0) + states.get('lacking', 0)} arrived, {states.get('due', 0)} on their way, "
        f"{states.get('waiting', 0)} in quarantine here, {states.get('refused', 0)} refused"
    )
    for name, where, columns in (
        ("refused by the city", relayed.c.state == "refused", (relayed.c.log_index, relayed.c.reason)),
        (
            "from the city, not followed",
            city_entries.c.state == "refused",
            (city_entries.c.city_index, city_entries.c.detail),
        ),
    ):
        for index, reason in connection.execute(select(*columns).where(where).order_by(columns[0]).limit(MOST_SHOWN)):
            yield f"{name}: {index}: {display_text(reason or '', limit=200)}"

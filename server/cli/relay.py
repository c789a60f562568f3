"""`sweep-server relay`: what is known of the city, how far the entries have got, and beginning anew with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer
from sqlalchemy import Connection, select

from server.cli.base import DatabaseUrl, DataDir, database_of, kept_settings, say
from server.relay import above, queue
from server.relay.city import find_city
from server.relay.city import forget as forget_all
from server.store.audit import record
from server.store.schema import city_entries, relayed
from sweep.entry.dsse import key_id_of
from sweep.phrases import Phrase
from sweep.report import display_text

MOST_SHOWN = 20


def show_relay(
    forget: Annotated[bool, typer.Option("--forget", help="Forget the city and send all entries again.")] = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Show which entries have reached the city's server, or send all of them again."""
    with database_of(kept_settings(data_dir, database_url)) as db:
        if forget:
            with db.write() as connection:
                forget_city(connection)
        with db.read() as connection:
            for line in state_lines(connection):
                say(line)


def forget_city(connection: Connection) -> None:
    """Forget the city's keys and head, and let everything go up again; a line in the audit trail."""
    record(connection, actor="sweep-server", action="city.forgotten", object_id="city", detail=queue.counts(connection))
    forget_all(connection)


def state_lines(connection: Connection) -> Iterator[Phrase]:
    """The state of the relay, in lines for a terminal."""
    for one in above.counts(connection):
        yield Phrase("above_is", url=display_text(one.url), district=one.district_id, told=one.told, due=one.due)
    city = find_city(connection)
    if city is None:
        yield Phrase("no_city_configured")
        return
    key = Phrase("city_key_not_met") if city.server_key is None else key_id_of(city.server_key)
    yield Phrase("city_is", url=display_text(city.url), key=key)
    if city.stopped:
        yield Phrase("city_stopped", why=city.stopped)
    states = queue.counts(connection)
    yield Phrase(
        "relayed_entries",
        arrived=states.get("arrived", 0) + states.get("lacking", 0),
        due=states.get("due", 0),
        waiting=states.get("waiting", 0),
        refused=states.get("refused", 0),
    )
    refused = select(relayed.c.log_index, relayed.c.reason).where(relayed.c.state == "refused")
    for index, why in connection.execute(refused.order_by(relayed.c.log_index).limit(MOST_SHOWN)):
        yield Phrase("refused_by_city", index=index, why=display_text(why or "", limit=200))
    unfollowed = select(city_entries.c.city_index, city_entries.c.detail).where(city_entries.c.state == "refused")
    for index, why in connection.execute(unfollowed.order_by(city_entries.c.city_index).limit(MOST_SHOWN)):
        yield Phrase("not_followed_from_city", index=index, why=display_text(why or "", limit=200))

"""Bodies of many entries are read at once, and never more octets than a few: whoever signs an entry says how large."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence

from sqlalchemy import Connection, select

from server.projections.case_rows import read_each_step
from server.store.schema import entries
from server.store.stored_bodies import OCTETS_AT_ONCE, bodies_of, bodies_of_entries
from server.store.stored_rows import StoredEntry
from sweep.entry import kinds
from tests.entry_factory import salted
from tests.server.conftest import Site
from tests.server.sweep_kit import Probe

COUNT = 12


def _peak(connection: Connection, rows: Sequence[StoredEntry]) -> int:
    """Octets that reading these steps holds at most."""
    tracemalloc.start()
    try:
        assert read_each_step(connection, rows) == {}
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_page_of_the_log_holds_the_bodies_of_few_large_entries_at_once(site: Site) -> None:
    """A stolen Pi may name one large body in every entry of a page."""
    large = salted("application/octet-stream", b"{" * OCTETS_AT_ONCE)
    small = salted("text/plain", b"-")
    probe = Probe()
    for number in range(COUNT):
        _, wire = probe.entry(kinds.CASE_STEP, (large, small) if number % 2 else (large,))
        assert site.send(wire).status_code == 200
    with site.db.read() as connection:
        rows = connection.execute(select(entries).where(entries.c.kind == kinds.CASE_STEP)).all()
        assert len(rows) == COUNT
        one, every = (_peak(connection, some) for some in (rows[:1], rows))
        assert every < 3 * one, "each of them was held, sealed and open"
        numbers = [row.log_index for row in rows]
        each = {number: bodies_of(connection, number) for number in numbers}
        assert dict(bodies_of_entries(connection, numbers)) == each
        assert dict(bodies_of_entries(connection, [])) == {}

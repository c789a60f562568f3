"""Killing one of two processes while probes send and pages listen: nothing is lost, nothing doubled, nothing unheard.

Both serve one PostgreSQL; every round the other one is ended with SIGKILL in the middle of entries, live messages and a
command, and begun again.  `make soak` does it fifty times.
"""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from server.store.schema import entries
from sweep.report import new_id
from tests.entry_factory import signer
from tests.server.conftest import Site, new_postgres
from tests.server.killed_server import two_servers
from tests.server.live_kit import Page, Speaker, ask_to_stop, fetch_all
from tests.server.sweep_kit import Probe
from tests.server.uploads import Uploads, check_log
from tests.waiting import wait_until

PROBES = 4
ROUND = 6  # entries and messages that the surviving process takes alone


class EitherUploads(Uploads):
    """Probes that send to one process and, when that does not answer, to the other."""

    def __init__(self, server_key: bytes, probes: int, urls: Sequence[str]) -> None:
        self._urls = itertools.cycle(urls)
        self.may_begin = threading.Event()
        """Set while a probe may begin with another entry: what reads them waits for what writes them."""
        super().__init__(server_key, probes)

    @property
    def url(self) -> str:
        """The process whose turn it is."""
        return next(self._urls)

    @url.setter
    def url(self, _url: str) -> None:
        """Every process has its turn."""

    def note(self, probe: Probe, size: int = 60_000) -> bytes:
        """The next entry, when it may begin."""
        wait_until(self.may_begin.is_set, "the next round", 600.0, 0.01)
        return super().note(probe, size)


def _heard_once(page: Page, db_site: Site, acknowledged: set[str], taken: Sequence[int]) -> None:
    """Every entry that was acknowledged and every message that was taken stands once on the page, in order."""
    with db_site.db.read() as connection:
        rows = connection.execute(select(entries.c.entry_hash, entries.c.sweep_id)).all()
    wanted = {str(row.sweep_id) for row in rows if row.entry_hash in acknowledged}

    def told() -> Counter[Any]:
        return Counter(data["sweep_id"] for data in page.of("entry"))

    wait_until(lambda: wanted <= told().keys(), "every entry on the page", 60.0, 0.05)
    wait_until(lambda: {data["seq"] for data in page.of("guidance")} >= set(taken[1:]), "every message", 60.0, 0.05)
    numbers = [data["seq"] for data in page.of("guidance")]
    assert numbers == sorted(set(numbers))
    assert set(told().values()) == {1}


@pytest.mark.postgres
@pytest.mark.parametrize("kills", [1, pytest.param(50, marks=pytest.mark.soak)])
def test_nothing_is_lost_when_one_of_two_is_killed(tmp_path: Path, repo_root: Path, kills: int) -> None:
    randomness = random.Random(kills)
    fetched: list[str] = []
    asked: list[str] = []
    messages = 0
    with (
        new_postgres(is_durable=True) as postgres,
        two_servers(postgres.url.format(""), tmp_path, repo_root) as (servers, sites),
    ):
        uploads = EitherUploads(sites[0].services.server_signer.signer.public_key, PROBES, [site.url for site in sites])
        uploads.admit(sites[0].db)
        sites[0].admit(signer("probe"))
        uploads.begin()
        for number in range(kills):
            victim, survivor = number % 2, 1 - number % 2
            inspectors = [sites[victim].login("inspector"), sites[survivor].login("inspector")]
            page = Page(inspectors[1])
            before = set(uploads.places)
            uploads.may_begin.set()
            speaker = Speaker(sites, first=messages)
            speaker.wait_for(ROUND)
            uploads.wait_for(ROUND)
            asked.append(str(new_id()))
            asking = threading.Thread(target=ask_to_stop, args=(inspectors, asked[-1], str(new_id())))
            asking.start()
            time.sleep(randomness.random() * 0.1)  # at any moment of the stop
            servers[victim].kill()
            speaker.wait_for(ROUND)
            uploads.wait_for(ROUND)
            uploads.may_begin.clear()
            asking.join()
            fetched += fetch_all(sites[survivor])
            speaker.end()
            _heard_once(page, sites[survivor], set(uploads.places) - before, speaker.taken)
            messages += len(speaker.taken)
            servers[victim].start()
        uploads.may_begin.set()
        uploads.end()
        check_log(sites[0].db, [uploads])
    assert fetched == asked
    print(
        f"{kills} kills of one of two processes: {len(uploads.places)} entries, {messages} live messages, "
        f"{len(asked)} commands: 0 lost, 0 doubled, 0 unheard; {dict(uploads.answers)}"
    )

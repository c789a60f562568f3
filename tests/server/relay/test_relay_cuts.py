"""Cutting between a Pi's server (SQLite) and its city's (PostgreSQL): nothing is lost, doubled or out of its chain.

Both are processes of their own.  Over and over, at any moment, one of the two is ended with SIGKILL or the connection
between them is cut, while entries come in at the Pi; `make soak` does it fifty times.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select

from server.api.app import build_services
from server.api.service.services import Services
from server.config.settings import Settings
from server.store.schema import alarms, entries, relayed
from tests.server.killed_server import KilledServer
from tests.server.relay_kit import check_relayed, introduce, pi_settings
from tests.server.sweep_kit import Probe
from tests.server.uploads import Uploads
from tests.waiting import wait_until
from tests.web.relay import Network

LONGEST_S = 1.0
AT_ONCE = 5
ARRIVAL_S = 180.0


@pytest.mark.postgres
@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
@pytest.mark.parametrize("cuts", [2, pytest.param(50, marks=pytest.mark.soak)])
def test_every_entry_is_at_the_city_exactly_once_whatever_is_cut(
    settings: Settings, tmp_path: Path, repo_root: Path, migrated_sqlite: Path, cuts: int
) -> None:
    city = build_services(settings)
    city_process = KilledServer(settings, repo_root)
    network = Network(city_process.port)
    here = pi_settings(tmp_path, migrated_sqlite, f"http://127.0.0.1:{network.port}")
    pi = build_services(here)
    pi_process = KilledServer(here, repo_root)
    uploads = Uploads(pi.server_signer.signer.public_key, 2)
    for there in (pi, city):
        uploads.admit(there.db)
    introduce(city, pi)
    randomness, done, pool = random.Random(cuts), Counter[str](), ThreadPoolExecutor(len(uploads.probes))
    uploads.url = f"http://127.0.0.1:{pi_process.port}"
    try:
        city_process.start()
        pi_process.start()
        for number in range(cuts):
            sending = [pool.submit(_send, uploads, probe) for probe in uploads.probes]
            threading.Event().wait(randomness.random() * LONGEST_S)  # any moment
            what = ("the city", "the Pi", "the connection")[number % 3 if cuts < 10 else randomness.randrange(3)]
            done[what] += 1
            match what:
                case "the city":
                    city_process.kill()
                    city_process.start()
                case "the Pi":
                    pi_process.kill()
                    pi_process.start()
                case _:
                    network.cut()
                    threading.Event().wait(randomness.random() * LONGEST_S)
                    network.join()
            for one in sending:
                one.result()
        wait_until(lambda: _left(pi) == 0, "every entry at the city", ARRIVAL_S, 0.2)
        sent = check_relayed(pi, city)
        with pi.db.read() as connection:
            assert {row.code for row in connection.execute(select(alarms))} == set()
            known = connection.scalar(select(func.count()).select_from(relayed))
    finally:
        pool.shutdown()
        network.cut()
        pi_process.kill()
        city_process.kill()
        pi.db.close()
        city.db.close()
    assert sent == known == len(uploads.places)
    print(f"{cuts} cuts {dict(done)}: {sent} entries, each once at the city with its receipt")


def _send(uploads: Uploads, probe: Probe) -> None:
    """Send some entries of a probe to the Pi, each until it is acknowledged."""
    for _ in range(AT_ONCE):
        uploads.deliver(uploads.note(probe))


def _left(pi: Services) -> int:
    """Entries that counted at the Pi and have no receipt of the city."""
    with pi.db.read() as connection:
        arrived = select(relayed.c.log_index).where(relayed.c.state == "arrived")
        goes = entries.c.kind == "test.note"
        return (
            connection.scalar(
                select(func.count()).select_from(entries).where(goes, entries.c.log_index.not_in(arrived))
            )
            or 0
        )

"""How much of the ingest path is the writing?  Eight clients with full sweeps, beside two endpoints that only store.

Then processor time a sweep, until what it says is projected too: of one, two and four processes on one PostgreSQL, and
of one whose bodies lie in a folder and in a server that speaks S3, in rounds one after the other.
"""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from urllib.parse import urlsplit

from server.api.app import build_services
from server.config.settings import Settings
from server.places import facilities
from server.signing import keys
from server.store.db import Database
from server.store.pending_sweeps import count_due
from sweep.report import new_id
from tests.bench.district import BenchProbe, full_report, probes
from tests.bench.processor_time import Spent, spent
from tests.server.conftest import new_postgres
from tests.server.killed_server import free_port, many_servers
from tests.server.storage_kit import REGION, make_bucket
from tests.waiting import wait_until

CLIENTS, SWEEPS_EACH, ROUNDS = 8, 30, 3
WARM, QUIET_S = 30, 5
"""Warm sweeps of each client: a process plans a statement anew nine times, and four processes share them."""
MEASURED_EACH = 60
LEAST_SHARE = 0.5
LONGEST_MS = 300.0
BARE = [sys.executable, "-m", "tests.bench.bare_server"]
DOOR = [sys.executable, "-m", "server.cli", "serve", "--port", "0"]


@dataclass(frozen=True)
class Rate:
    """What came of one round."""

    per_s: float
    p99_ms: float


@contextmanager
def _serving(command: Sequence[str]) -> Iterator[str]:
    """The address of a server in a process of its own."""
    environment = os.environ | {"ANSIM_FIRST_PASSWORD": "x" * 20, "ANSIM_MIN_FREE_MIB": "0"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("serving on "), line
        try:
            yield line.split()[-1]
        finally:
            process.terminate()


def _send(addresses: Sequence[str], path: str, wires: Sequence[Sequence[bytes]]) -> Rate:
    """Every client sends its wires one after the other to one of the addresses, all clients at once."""
    times_ms, refused = list[float](), list[int]()

    def client(address: str, own: Sequence[bytes]) -> None:
        host = urlsplit(address)
        connection = http.client.HTTPConnection(host.hostname or "", host.port)
        for wire in own:
            began = time.perf_counter()
            connection.request("POST", path, wire, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            times_ms.append((time.perf_counter() - began) * 1000)
            if answer.status != 200:
                refused.append(answer.status)
        connection.close()

    threads = [threading.Thread(target=client, args=one) for one in zip(cycle(addresses), wires, strict=False)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == []
    took_s = time.perf_counter() - began
    return Rate(len(times_ms) / took_s, sorted(times_ms)[int(0.99 * len(times_ms))])


def _enrol(settings: Settings, senders: Sequence[BenchProbe]) -> None:
    services = build_services(settings)
    with services.db.write() as connection:
        facilities.load_demo_facility(connection)
    _admit(services.db, senders)
    services.db.close()


def _admit(db: Database, senders: Sequence[BenchProbe]) -> None:
    with db.write() as connection:
        for probe in senders:
            public = probe.key.public_key
            keys.admit(
                connection, public_key=public, role="demo", probe_id="probe-demo-1", name=probe.name, actor="bench"
            )


def test_the_write_door_beside_two_that_only_store(
    durable_urls: tuple[str, str], tmp_path: Path, report: Callable[[str], None]
) -> None:
    door_url, bare_url = durable_urls
    name = "SQLite" if door_url.startswith("sqlite") else "PostgreSQL"
    senders = probes(CLIENTS, full_report())
    settings = Settings(data_dir=tmp_path / "data", database_url=door_url)
    _enrol(settings, senders)
    ingest = [*DOOR, "--data-dir", str(settings.data_dir), "--database-url", door_url]
    rates: dict[str, list[Rate]] = {"stores": [], "checks": [], "ingest path": []}
    with (
        _serving([*BARE, bare_url, *(probe.key.public_key.hex() for probe in senders)]) as bare,
        _serving(ingest) as own,
    ):
        for _ in range(ROUNDS):
            wires = [[probe.sweep() for _ in range(SWEEPS_EACH)] for probe in senders]
            rates["stores"].append(_send([bare], "/store", wires))
            rates["checks"].append(_send([bare], "/check", wires))
            rates["ingest path"].append(_send([own], "/api/entries", wires))
    best = {what: max(rate.per_s for rate in found) for what, found in rates.items()}
    p99_ms = {what: min(rate.p99_ms for rate in found) for what, found in rates.items()}
    share = best["ingest path"] / best["checks"]
    report(
        f"{name}, {CLIENTS} clients: "
        + ", ".join(f"{what} {best[what]:.0f}/s (p99 {p99_ms[what]:.0f} ms)" for what in rates)
        + f"; {share:.0%} of the one that checks, {best['ingest path'] / best['stores']:.0%} of the one that stores"
    )
    assert share >= LEAST_SHARE
    assert p99_ms["ingest path"] <= LONGEST_MS


@dataclass(frozen=True)
class Shared:
    """What came of one round of processes that share a PostgreSQL."""

    per_s: float
    sweep: Spent
    quiet: Spent
    """In a second without work."""


@contextmanager
def _s3() -> Iterator[str]:
    """What the setting says of a server that speaks S3, in a process of its own."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            endpoint = f"http://127.0.0.1:{port}"
            wait_until(lambda: make_bucket(endpoint), "the storage answers", every_s=0.1)
            yield f"s3://bodies/ansim?region={REGION}&endpoint={endpoint}"
        finally:
            process.terminate()


def _measure(count: int, storage: str, folder: Path, repo_root: Path) -> Shared:
    senders = probes(CLIENTS, full_report())
    more = {"ANSIM_STORAGE_URL": storage, "AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench"}
    with new_postgres(is_durable=True) as postgres:
        url = postgres.url.format("")
        with many_servers(count, url, folder, repo_root, more if storage else None) as (servers, sites):
            pids, db = [server.pid for server in servers], sites[0].db
            _admit(db, senders)

            def send(each: int) -> Rate:
                wires = [[probe.sweep(new_id()) for _ in range(each)] for probe in senders]
                rate = _send([site.url for site in sites], "/api/entries", wires)
                wait_until(lambda: _is_projected(db), "sweeps are projected", patience_s=120, every_s=0.2)
                return rate

            send(WARM)
            before = spent(pids, url)
            time.sleep(QUIET_S)  # what a server spends on nothing is measured
            between = spent(pids, url)
            rate = send(MEASURED_EACH)
            after = spent(pids, url)
            return Shared(rate.per_s, after.since(between, CLIENTS * MEASURED_EACH), between.since(before, QUIET_S))


def _is_projected(db: Database) -> bool:
    with db.read() as connection:
        return count_due(connection) == 0


def test_processes_and_storage(tmp_path: Path, repo_root: Path, report: Callable[[str], None]) -> None:
    found: dict[tuple[int, str], list[Shared]] = {}
    with _s3() as s3:
        for turn in range(ROUNDS):
            for count, storage in ((1, ""), (2, ""), (4, ""), (1, "folder"), (1, "S3")):
                folder = tmp_path / f"{turn}-{count}-{storage}"
                url = {"": "", "folder": (folder / "bodies").as_uri(), "S3": s3}[storage]
                found.setdefault((count, storage), []).append(_measure(count, url, folder, repo_root))
    alone = _middle(found[1, ""])
    for (count, storage), rounds in found.items():
        both = [one.sweep.both_ms for one in rounds]
        one = _middle(rounds)
        report(
            f"PostgreSQL, {count} processes, bodies in {storage or 'the database'}: a sweep {one.sweep} (servers + "
            f"PostgreSQL; {min(both):.1f} to {max(both):.1f} ms; {one.sweep.both_ms / alone.sweep.both_ms:.2f} x one "
            f"process and no storage, PostgreSQL {one.sweep.engine_ms / alone.sweep.engine_ms:.2f} x), "
            f"{one.per_s:.0f} a second; a second without work {one.quiet}"
        )


def _middle(rounds: Sequence[Shared]) -> Shared:
    """The round whose processor time is the median."""
    return sorted(rounds, key=lambda one: one.sweep.both_ms)[len(rounds) // 2]

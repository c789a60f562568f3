"""How much of the ingest path is the writing?  Eight clients with full sweeps, beside two endpoints that only store."""

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
from pathlib import Path
from urllib.parse import urlsplit

from server.api.app import build_services
from server.config.settings import Settings
from server.places import facilities
from server.signing import keys
from tests.bench.district import BenchProbe, full_report, probes

CLIENTS, SWEEPS_EACH, ROUNDS = 8, 30, 3
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


def _send(address: str, path: str, wires: Sequence[Sequence[bytes]]) -> Rate:
    """Every client sends its wires one after the other, all clients at once."""
    host, times_ms, refused = urlsplit(address), list[float](), list[int]()

    def client(own: Sequence[bytes]) -> None:
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

    threads = [threading.Thread(target=client, args=(own,)) for own in wires]
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
        for probe in senders:
            public = probe.key.public_key
            keys.admit(
                connection, public_key=public, role="demo", probe_id="probe-demo-1", name=probe.name, actor="bench"
            )
    services.db.close()


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
            rates["stores"].append(_send(bare, "/store", wires))
            rates["checks"].append(_send(bare, "/check", wires))
            rates["ingest path"].append(_send(own, "/api/entries", wires))
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

"""What is live by way of the database: processor time a post of one, two and four processes, and how late a page is.

Probes in processes of their own post as fast as they are answered; then so often that each process has the same to do,
beside as many requests that ask nobody; then at half of the rate that was reached, while a page at the last process
notes how late each message is.  At last a person orders a stop at one process while its probe asks another, also while
PostgreSQL's notices come to nobody.  Beside it: what the same work takes of a processor that did something else before.
"""

from __future__ import annotations

import contextlib
import os
import signal
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx
from sqlalchemy import text

from server.interface.live_requests import read_batch
from server.signing import keys
from sweep.entry.envelope import sign_request
from sweep.report import utc_now
from tests.bench.posting import TOGETHER, body, posting
from tests.bench.processor_time import Spent, spent
from tests.entry_factory import signer
from tests.server.conftest import Client, Site, new_postgres
from tests.server.killed_server import many_servers
from tests.server.live_kit import events

PROCESSES = (1, 2, 4)
SWEEP = "00000000-0000-7000-8000-000000000001"
PROBES, EACH_PER_S, STOPS = 192, 25.0, 12
WARM_S, FULL_S, EVEN_S, HALF_S, IDLE_S = 4.0, 6.0, 8.0, 6.0, 4.0
PAUSES_MS, READS = (0, 5, 20, 100), 60
LEAST_PER_S = 20.0  # derived: a hundred probes that post once in five seconds
MOST_GROWTH = 1.3  # guessed: what two runs of the same differ by
LONGEST_MS = 1_000.0  # guessed: a person does not wait for what they see
LONGEST_UNHEARD_MS = 2_000.0  # derived: a process looks once a second, and is as late as a page


@dataclass(frozen=True)
class Figures:
    """What came of one number of processes."""

    idle_ms: float
    """A second, each process: what it uses while nothing comes."""
    per_s: float
    """As fast as they are answered."""
    full: Spent
    even: Spent
    """At `EACH_PER_S` to each process."""
    nothing: Spent
    """A request that asks nobody, as often."""
    late_ms: Sequence[float]
    stop_ms: Sequence[float]
    unheard_ms: Sequence[float]
    """Without notices."""


def _ask(client: httpx.Client, url: str, after: str) -> list[dict[str, str]]:
    target = f"/api/probes/probe-0/commands?wait_s=20&after={after}"
    header = sign_request(signer("live-0"), "GET", target, b"", int(time.time()))
    answer = client.get(url + target, headers={"Authorization": header}, timeout=60)
    assert answer.status_code == 200, answer.text
    commands: list[dict[str, str]] = answer.json()["commands"]
    return commands


def _heard(client: Client, late_ms: list[float], is_over: threading.Event) -> None:
    with contextlib.suppress(httpx.HTTPError), events(client, "") as stream:  # it ends with the server
        for name, data in stream:
            if name == "guidance":
                sent = datetime.fromisoformat(str(data["sent"]))
                late_ms.append((utc_now() - sent).total_seconds() * 1000)
            if is_over.is_set():
                return


def _admit(site: Site) -> None:
    with site.db.write() as connection:
        for number in range(PROBES):
            public = signer(f"live-{number}").public_key
            keys.admit(
                connection, public_key=public, role="demo", probe_id=f"probe-{number}", name="bench", actor="bench"
            )


@contextlib.contextmanager
def _unheard(site: Site) -> Iterator[None]:
    """The connections on which processes hear notices are open and say nothing."""
    with site.db.read() as connection:
        found = text("SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN %'")
        pids = list(connection.scalars(found))
    assert pids
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def _stop(person: Client, there: str, after: str) -> tuple[list[float], str]:
    """How long each stop takes from the person's click at one process to the probe at another; the last one's id."""
    took_ms = []
    with httpx.Client() as probe, ThreadPoolExecutor(1) as beside:

        def wait(last: str) -> tuple[list[dict[str, str]], float]:
            return _ask(probe, there, last), time.perf_counter()

        for _ in range(STOPS):
            poll = beside.submit(wait, after)
            time.sleep(0.3)  # the poll waits at its process by then: no other process can tell
            ordered_s = time.perf_counter()
            answer = person.post("/api/probes/probe-0/commands", {"command": "pause", "sweep_id": SWEEP})
            assert answer.status_code == 200, answer.text
            came, came_s = poll.result()
            assert [command["command"] for command in came] == ["pause"]
            after = came[-1]["command_id"]
            took_ms.append((came_s - ordered_s) * 1000)
    return took_ms, after


def _measure(count: int, folder: Path, repo_root: Path) -> Figures:
    with new_postgres(is_durable=True) as postgres:
        url = postgres.url.format("")
        with many_servers(count, url, folder, repo_root) as (servers, sites):
            pids = [server.pid for server in servers]
            _admit(sites[0])
            late_ms: list[float] = []
            is_over = threading.Event()
            page = (sites[-1].login("viewer"), late_ms, is_over)
            threading.Thread(target=_heard, args=page, daemon=True).start()
            with posting([site.url for site in sites], PROBES) as probes:

                def cost(for_s: float, per_s: float = 0.0, *, is_nothing: bool = False) -> tuple[int, Spent]:
                    before = spent(pids, url)
                    posts = probes.run(for_s, per_s, is_nothing=is_nothing)
                    return posts, spent(pids, url).since(before, posts)

                probes.run(WARM_S)  # the first posts of a process cost twice as much
                posts, full = cost(FULL_S)
                _, even = cost(EVEN_S, EACH_PER_S * count)
                _, nothing = cost(EVEN_S, EACH_PER_S * count, is_nothing=True)
                late_ms.clear()
                half = probes.run(HALF_S, posts / FULL_S / 2)
            idle = spent(pids, url)
            time.sleep(IDLE_S)  # what a server spends on nothing is measured
            idle_ms = spent(pids, url).since(idle, 1).servers_ms / IDLE_S / count
            late = sorted(late_ms)
            assert len(late) >= half * TOGETHER * 0.95
            person = sites[0].login("inspector")
            stop_ms, last = _stop(person, sites[-1].url, "")
            with _unheard(sites[0]):
                unheard_ms, _ = _stop(person, sites[-1].url, last)
            is_over.set()
            return Figures(idle_ms, posts / FULL_S, full, even, nothing, late, sorted(stop_ms), sorted(unheard_ms))


def test_messages_by_way_of_the_database(tmp_path: Path, repo_root: Path, report: Callable[[str], None]) -> None:
    found = {count: _measure(count, tmp_path / str(count), repo_root) for count in PROCESSES}
    alone = found[1]
    for count, one in found.items():
        even, full = one.even.both_ms / alone.even.both_ms, one.full.both_ms / alone.full.both_ms
        p95 = one.late_ms[len(one.late_ms) * 95 // 100]
        who = f"live, {count} process{'es' * (count > 1)}"
        report(
            f"{who}, {EACH_PER_S:.0f} a second each: a post of {TOGETHER} messages {one.even} (servers + PostgreSQL, "
            f"{even:.2f} x one), what asks nobody {one.nothing}, idle {one.idle_ms:.0f} ms a second each"
        )
        report(
            f"{who}, {PROBES} probes without a pause: {one.per_s:.0f} a second, {one.full} ({full:.2f} x one); at half "
            f"of that a page shows a message after {statistics.median(one.late_ms):.0f} ms (p95 {p95:.0f})"
        )
        report(
            f"{who}: a stop reaches the probe after {statistics.median(one.stop_ms):.0f} ms (longest "
            f"{one.stop_ms[-1]:.0f}), without notices {statistics.median(one.unheard_ms):.0f} ms (longest "
            f"{one.unheard_ms[-1]:.0f})"
        )
    for one in found.values():
        assert one.per_s >= LEAST_PER_S
        assert one.even.both_ms <= alone.even.both_ms * MOST_GROWTH
        assert statistics.median(one.late_ms) <= LONGEST_MS
        assert one.unheard_ms[-1] <= LONGEST_UNHEARD_MS


def test_the_same_work_after_a_pause(report: Callable[[str], None]) -> None:
    said = body("probe-0", 0)

    def read_us(pause_ms: int) -> float:
        took_ns = 0
        for _ in range(READS):
            time.sleep(pause_ms / 1000)  # what a pause costs is measured
            began_ns = time.thread_time_ns()
            read_batch(said)
            took_ns += time.thread_time_ns() - began_ns
        return took_ns / READS / 1000

    read_us(0)  # the first ones
    found = ", ".join(f"{pause_ms} ms: {read_us(pause_ms):.0f} us" for pause_ms in PAUSES_MS)
    report(f"live: processor time of reading a post of {TOGETHER} messages after a pause of {found}")

"""What is live by way of the database: processor time a post of one, two and four processes, and how late a page is.

Probes post as fast as they are answered; then, at half of that rate, a page at the last process notes how late each
message is.  At last a person orders a stop at one process while its probe asks another, also while PostgreSQL's
notices come to nobody.
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

from server.signing import keys
from sweep.entry.envelope import sign_request
from sweep.report import GuidanceEvent, LiveMessage, LocalText, utc_now
from tests.bench.processor_time import Spent, spent
from tests.entry_factory import signer
from tests.server.conftest import Client, Site, new_postgres
from tests.server.killed_server import many_servers
from tests.server.live_kit import events

PROCESSES = (1, 2, 4)
SWEEP = "00000000-0000-7000-8000-000000000001"
PROBES, WARM, POSTS, TOGETHER, PACED_POSTS, STOPS = 16, 10, 40, 3, 20, 12
LEAST_PER_S = 20.0  # derived: a hundred probes that post once in five seconds
LONGEST_MS = 1_000.0  # guessed: a person does not wait for what they see
LONGEST_UNHEARD_MS = 2_000.0  # derived: a process looks once a second, and is as late as a page


@dataclass(frozen=True)
class Figures:
    """What came of one number of processes."""

    per_s: float
    post: Spent
    late_ms: Sequence[float]
    stop_ms: Sequence[float]
    unheard_stop_ms: Sequence[float]
    """Without notices."""


def _body(probe_id: str, first: int) -> bytes:
    """Some messages of a probe, the time of their sending in each."""
    words = LocalText(ko="왼쪽 위를 비추십시오", en="light the upper left")
    messages = [
        LiveMessage(
            v=1,
            probe_id=probe_id,
            seq=first + number,
            sent=utc_now(),
            sweep_id=None,
            event=GuidanceEvent(type="guidance", text=words),
        )
        for number in range(TOGETHER)
    ]
    return b"[" + b",".join(message.model_dump_json().encode() for message in messages) + b"]"


def _say(client: httpx.Client, url: str, number: int, first: int) -> None:
    path, body = f"/api/probes/probe-{number}/live", _body(f"probe-{number}", first)
    header = sign_request(signer(f"live-{number}"), "POST", path, body, int(time.time()))
    answer = client.post(url + path, content=body, headers={"Authorization": header}, timeout=60)
    assert answer.status_code == 200, answer.text


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


def _post_all(sites: Sequence[Site], first: int, posts: int, every_s: float = 0.0) -> float:
    """Every probe posts so often, once in `every_s` or as fast as it is answered; posts a second."""

    def probe(number: int) -> None:
        due_s = time.perf_counter() + every_s * number / PROBES
        with httpx.Client() as client:
            for post in range(posts):
                time.sleep(max(0.0, due_s - time.perf_counter()))
                _say(client, sites[number % len(sites)].url, number, first + post * TOGETHER)
                due_s += every_s

    threads = [threading.Thread(target=probe, args=(number,)) for number in range(PROBES)]
    began_s = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return PROBES * posts / (time.perf_counter() - began_s)


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
            time.sleep(0.3)  # the poll waits at its process by then
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
            _post_all(sites, 0, WARM)  # the first posts of a process cost twice as much
            before = spent(pids, url)
            per_s = _post_all(sites, 1_000, POSTS)
            post = spent(pids, url).since(before, PROBES * POSTS)
            late_ms.clear()
            _post_all(sites, 10_000, PACED_POSTS, every_s=2 * PROBES / per_s)
            person = sites[0].login("inspector")
            stop_ms, last = _stop(person, sites[-1].url, "")
            with _unheard(sites[0]):
                unheard_ms, _ = _stop(person, sites[-1].url, last)
            is_over.set()
            return Figures(per_s, post, sorted(late_ms), sorted(stop_ms), sorted(unheard_ms))


def test_messages_by_way_of_the_database(tmp_path: Path, repo_root: Path, report: Callable[[str], None]) -> None:
    found = {count: _measure(count, tmp_path / str(count), repo_root) for count in PROCESSES}
    alone = found[1].post.both_ms
    for count, one in found.items():
        p95 = one.late_ms[len(one.late_ms) * 95 // 100]
        report(
            f"live, {count} processes: a post of {TOGETHER} messages {one.post} (servers + PostgreSQL, "
            f"{one.post.both_ms / alone:.2f} x one process); {one.per_s:.0f} a second; at half of that a page shows a "
            f"message after {statistics.median(one.late_ms):.0f} ms (p95 {p95:.0f}); a stop reaches the probe after "
            f"{statistics.median(one.stop_ms):.0f} ms (longest {one.stop_ms[-1]:.0f}), without notices "
            f"{statistics.median(one.unheard_stop_ms):.0f} ms (longest {one.unheard_stop_ms[-1]:.0f})"
        )
    for one in found.values():
        assert one.per_s >= LEAST_PER_S
        assert len(one.late_ms) >= PROBES * PACED_POSTS * TOGETHER * 0.95
        assert statistics.median(one.late_ms) <= LONGEST_MS
        assert one.unheard_stop_ms[-1] <= LONGEST_UNHEARD_MS

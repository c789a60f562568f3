"""Probes in processes of their own, so that what measures a server does not hold it up: they post live messages."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from sweep.entry.envelope import sign_request
from sweep.report import GuidanceEvent, LiveMessage, LocalText, utc_now
from tests.entry_factory import signer

CLIENTS = 2  # guessed: of two cores they leave one to the servers
TOGETHER = 3
"""Messages of a post."""
WORDS = LocalText(ko="왼쪽 위를 비추십시오", en="light the upper left")


class Posting:
    """So many probes, divided among some processes."""

    def __init__(self, pool: ProcessPoolExecutor, hosts: Sequence[str], probes: int) -> None:
        self._pool, self._hosts, self._probes = pool, hosts, probes
        self._first = 0

    def run(self, for_s: float, per_s: float = 0.0, *, is_nothing: bool = False) -> int:
        """All post for so long, `per_s` together or as fast as each is answered; how many posts there were.

        `is_nothing`: they ask for what is not there, for which the server asks nobody.
        """
        self._first += 1_000_000
        begin_s = time.time() + 0.2
        every_s = self._probes / per_s if per_s else 0.0
        shares = [range(number, self._probes, CLIENTS) for number in range(CLIENTS)]
        plan = (self._hosts, self._first, begin_s, begin_s + for_s, every_s, self._probes, is_nothing)
        return sum(self._pool.map(_post_all, shares, [plan] * CLIENTS))


@contextmanager
def posting(urls: Sequence[str], probes: int) -> Iterator[Posting]:
    """Probe n, with the key `live-n`, is at the n-th of these servers in turn."""
    with ProcessPoolExecutor(CLIENTS, mp_context=get_context("spawn")) as pool:
        yield Posting(pool, [url.removeprefix("http://") for url in urls], probes)


Plan = tuple[Sequence[str], int, float, float, float, int, bool]


def _post_all(numbers: Sequence[int], plan: Plan) -> int:
    counts: list[int] = []
    threads = [threading.Thread(target=lambda n=number: counts.append(_post(n, *plan))) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(counts) == len(numbers)
    return sum(counts)


def _post(
    number: int,
    hosts: Sequence[str],
    first: int,
    begin_s: float,
    end_s: float,
    every_s: float,
    probes: int,
    is_nothing: bool,
) -> int:
    """What one probe does; returns how often it was answered."""
    key, probe_id = signer(f"live-{number}"), f"probe-{number}"
    path = "/api/nothing" if is_nothing else f"/api/probes/{probe_id}/live"
    server = http.client.HTTPConnection(hosts[number % len(hosts)], timeout=60)
    due_s, posts = begin_s + every_s * number / probes, 0
    while True:
        time.sleep(max(0.0, due_s - time.time()))  # the pace of a probe
        if time.time() >= end_s:
            server.close()
            return posts
        said = b"" if is_nothing else body(probe_id, first + posts * TOGETHER)
        method = "GET" if is_nothing else "POST"
        header = sign_request(key, method, path, said, int(time.time()))
        server.request(method, path, said, {"Authorization": header})
        answer = server.getresponse()
        words = answer.read()
        assert answer.status == (404 if is_nothing else 200), words
        posts += 1
        due_s += every_s


def body(probe_id: str, first: int) -> bytes:
    """Some messages of a probe, the time of their sending in each."""
    event = GuidanceEvent(type="guidance", text=WORDS)
    messages = [
        LiveMessage(v=1, probe_id=probe_id, seq=first + number, sent=utc_now(), sweep_id=None, event=event)
        for number in range(TOGETHER)
    ]
    return b"[" + b",".join(message.model_dump_json().encode() for message in messages) + b"]"

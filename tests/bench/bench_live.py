"""What is live by way of the database: messages a second of two processes, and how soon the other one shows them."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import httpx

from server.signing import keys
from sweep.entry.envelope import sign_request
from sweep.report import GuidanceEvent, LiveMessage, LocalText, utc_now
from tests.entry_factory import signer
from tests.server.conftest import Client, Site, new_postgres
from tests.server.killed_server import two_servers
from tests.server.live_kit import events

PROBES, POSTS, TOGETHER, PAUSED_POSTS = 8, 60, 3, 40
LEAST_PER_S = 20.0  # derived: a hundred probes that post once in five seconds
LONGEST_MS = 1_000.0  # guessed: a person does not wait for what they see


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


def test_messages_by_way_of_the_database(tmp_path: Path, repo_root: Path, report: Callable[[str], None]) -> None:
    with (
        new_postgres(is_durable=True) as postgres,
        two_servers(postgres.url.format(""), tmp_path, repo_root) as (_, (here, there)),
    ):
        _admit(here)
        late_ms: list[float] = []
        is_over = threading.Event()
        page = threading.Thread(target=_heard, args=(there.login("viewer"), late_ms, is_over), daemon=True)
        page.start()
        with httpx.Client() as client:
            for number in range(PAUSED_POSTS):  # one probe, at ease
                _say(client, here.url, 0, number * TOGETHER)
                time.sleep(0.2)
        at_ease = sorted(late_ms)

        def probe(number: int) -> None:
            with httpx.Client() as client:
                for post in range(POSTS):
                    _say(client, (here, there)[number % 2].url, number, 1_000 + post * TOGETHER)

        threads = [threading.Thread(target=probe, args=(number,)) for number in range(PROBES)]
        began_s = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        per_s = PROBES * POSTS / (time.perf_counter() - began_s)
        is_over.set()
    assert len(at_ease) >= PAUSED_POSTS
    report(
        f"live, two processes, PostgreSQL: {per_s:.0f} posts of {TOGETHER} messages a second; at ease a page at the "
        f"other process shows a message after {at_ease[len(at_ease) // 2]:.0f} ms "
        f"(p95 {at_ease[len(at_ease) * 95 // 100]:.0f} ms)"
    )
    assert per_s >= LEAST_PER_S
    assert at_ease[len(at_ease) // 2] <= LONGEST_MS

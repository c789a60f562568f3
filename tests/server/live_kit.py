"""What tests of the live view say as a probe, and hear as a page."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import httpx

from sweep.entry.dsse import Signer
from sweep.entry.envelope import sign_request
from sweep.report import GuidanceEvent, LiveEvent, LiveMessage, LocalText, StateEvent, utc_now
from tests.entry_factory import signer
from tests.server.conftest import Client, Site
from tests.waiting import wait_until

PROBE = "probe-demo-1"


def text(words: str) -> LocalText:
    return LocalText(ko=words, en=words)


def message(seq: int, event: LiveEvent, sweep_id: UUID | None = None) -> LiveMessage:
    return LiveMessage(v=1, probe_id=PROBE, seq=seq, sent=utc_now(), sweep_id=sweep_id, event=event)


def state(seq: int, state: str, sweep_id: UUID | None = None) -> LiveMessage:
    event = StateEvent.model_validate({"type": "state", "state": state, "text": text(state)})
    return message(seq, event, sweep_id)


def guidance(seq: int, words: str, sweep_id: UUID | None = None) -> LiveMessage:
    return message(seq, GuidanceEvent(type="guidance", text=text(words)), sweep_id)


def signed(
    site: Site, method: str, target: str, body: bytes = b"", *, key: Signer | None = None, late_s: int = 0
) -> httpx.Response:
    header = sign_request(key or signer("probe"), method, target, body, int(time.time()) - late_s)
    return httpx.request(method, site.url + target, content=body, headers={"Authorization": header}, timeout=30)


def post(site: Site, *messages: LiveMessage) -> httpx.Response:
    body = b"[" + b",".join(message.model_dump_json().encode() for message in messages) + b"]"
    return signed(site, "POST", f"/api/probes/{PROBE}/live", body)


@contextmanager
def events(client: Client, probe_id: str = PROBE) -> Iterator[Iterator[tuple[str, dict[str, object]]]]:
    """(name, data) of the event stream as they come."""
    with client.http.stream("GET", "/api/live", params={"probe_id": probe_id}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")

        def read() -> Iterator[tuple[str, dict[str, object]]]:
            name = ""
            for line in answer.iter_lines():
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    yield name, json.loads(line.removeprefix("data: "))

        yield read()


class Page:
    """A page that listens, and everything it has heard."""

    def __init__(self, client: Client) -> None:
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.is_over = threading.Event()
        self._thread = threading.Thread(target=self._listen, args=(client,), daemon=True)
        self._thread.start()
        self.wait_for("probe", lambda _: True)

    def _listen(self, client: Client) -> None:
        try:
            with events(client) as stream:
                for one in stream:
                    self.heard.append(one)
        except httpx.HTTPError:
            pass  # the process was killed, or the test is over
        self.is_over.set()

    def of(self, name: str) -> list[dict[str, Any]]:
        """Data of the events of this name, in order."""
        return [data for found, data in list(self.heard) if found == name]

    def wait_for(self, name: str, is_it: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first event of this name that is wanted, when it is there."""
        wait_until(lambda: any(is_it(data) for data in self.of(name)), f"{name} on the page", every_s=0.01)
        return next(data for data in self.of(name) if is_it(data))

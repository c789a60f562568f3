"""What tests of the live view say as a probe, and hear as a page."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import UUID

import httpx

from sweep.entry.dsse import Signer
from sweep.entry.envelope import sign_request
from sweep.report import GuidanceEvent, LiveEvent, LiveMessage, LocalText, StateEvent, new_id, utc_now
from tests.entry_factory import signer
from tests.server.conftest import Client, Site
from tests.waiting import wait_until

PROBE = "probe-demo-1"
COMMANDS = f"/api/probes/{PROBE}/commands"


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


class Speaker:
    """A probe that says one thing after the other until each is taken, now here and now there."""

    def __init__(self, sites: Sequence[Site], first: int) -> None:
        self.taken: list[int] = []
        self._sites, self._first = itertools.cycle(sites), first
        self._sweep_id = new_id()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._speak)
        self._thread.start()

    def wait_for(self, more: int) -> None:
        """Wait until as many more messages are taken."""
        wanted = len(self.taken) + more
        wait_until(lambda: len(self.taken) >= wanted, f"{more} more messages", 60.0, 0.01)

    def end(self) -> None:
        """Say no more."""
        self._is_over.set()
        self._thread.join()

    def _speak(self) -> None:
        for number in itertools.count(self._first):
            if self._is_over.is_set():
                return
            said = state(number, "running", self._sweep_id) if number == self._first else guidance(number, "here")
            said = said.model_copy(update={"sweep_id": self._sweep_id})
            wait_until(partial(self._is_taken, said), "somebody who takes a message", 60.0, 0.02)
            self.taken.append(number)

    def _is_taken(self, said: LiveMessage) -> bool:
        try:
            return post(next(self._sites), said).status_code == 200
        except httpx.HTTPError:
            return False


def ask_to_stop(clients: Sequence[Client], command_id: str, sweep_id: str) -> None:
    """A person presses the button until somebody takes it, first where the process is about to end."""
    wanted = {"command": "pause", "sweep_id": sweep_id, "command_id": command_id}
    clients_in_turn = itertools.cycle(clients)

    def is_taken() -> bool:
        try:
            return next(clients_in_turn).post(COMMANDS, wanted).status_code == 200
        except httpx.HTTPError:
            return False

    wait_until(is_taken, "somebody who takes the command", 60.0, 0.02)


def fetch_all(site: Site) -> list[str]:
    """The ids of the commands that a probe is given, until there are no more."""
    found: list[str] = []
    after = ""
    while commands := signed(site, "GET", f"{COMMANDS}?wait_s=0{after}").json()["commands"]:
        found += [command["command_id"] for command in commands]
        after = f"&after={found[-1]}"
    return found

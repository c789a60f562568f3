"""Who declares a room empty at a real probe: two persons, of whom the second proves it, and again after a pause."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from server.config.settings import Settings
from server.store.schema import audit
from sweep.report import new_id
from tests.entry_factory import signer
from tests.server.conftest import PASSWORD, Client, Site, running
from tests.server.live_kit import PROBE, post, signed, state
from tests.server.people.authenticator import ORIGIN, Authenticator

PIN = "482915"
NAMES = ["점검자-01", "점검자-02"]


class Room:
    """Two inspectors before an empty room: kim, who is logged in here, and lee beside."""

    def __init__(self, site: Site) -> None:
        self.site, self.sweep_id = site, new_id()
        self.kim, self.lee = self.person("kim", NAMES[0]), self.person("lee", NAMES[1])
        self.kim.put("/api/pin", {"pin": "730264"})
        self.lee.put("/api/pin", {"pin": PIN})
        self._after, self._seq = "", 0
        self.told("waiting_for_empty")

    def person(self, name: str, display_name: str) -> Client:
        self.site.add_user(name, "inspector", display_name)
        client = self.site.anonymous()
        client.csrf = client.post("/api/login", {"username": name, "password": PASSWORD}).json()["csrf_token"]
        return client

    def told(self, state_name: str) -> None:
        self._seq += 1
        assert post(self.site, state(self._seq, state_name, self.sweep_id)).status_code == 200

    def declare(
        self, second: dict[str, Any] | None = None, *, by: Client | None = None, sweep_id: UUID | None = None
    ) -> httpx.Response:
        wanted = {"command": "declare_empty", "sweep_id": str(sweep_id or self.sweep_id), "declared_by": NAMES}
        return (by or self.kim).post(f"/api/probes/{PROBE}/commands", wanted | {"second_person": second})

    def came(self) -> list[tuple[str, Any, Any]]:
        """What reached the probe since it asked last: the command, who declared, and how they were identified."""
        target = f"/api/probes/{PROBE}/commands?wait_s=0&after={self._after}"
        commands = signed(self.site, "GET", target).json()["commands"]
        self._after = commands[-1]["command_id"] if commands else self._after
        return [(one["command"], one.get("declared_by"), one.get("identified")) for one in commands]


def _refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


@pytest.fixture
def room(settings: Settings) -> Iterator[Room]:
    with running(settings.model_copy(update={"public_url": ORIGIN})) as site:
        site.admit(signer("probe"), role="probe", probe_id=PROBE)
        yield Room(site)


def test_what_proves_no_second_person_never_reaches_the_probe(room: Room) -> None:
    phone = Authenticator()
    room.lee.post("/api/passkeys", phone.new(room.lee.post("/api/passkeys/options").json()))
    other = phone.answer(room.kim.post("/api/second-person/options", {"about": str(new_id())}).json())
    room.site.add_user("park", "viewer", "열람자-03")
    for second, refusal in (
        (None, (403, "second_person_needed")),
        ({"username": "kim", "pin": "730264"}, (403, "second_person_needed")),  # the first person again
        ({"username": "lee", "pin": "730264"}, (401, "wrong_pin")),
        ({"username": "lee"}, (400, "invalid_request")),
        ({"passkey": other}, (400, "challenge_over")),  # agreed to another sweep
        ({"username": "park", "password": PASSWORD}, (403, "not_allowed")),
    ):
        assert _refused(room.declare(second)) == refusal, second
    assert room.came() == []
    agreed = phone.answer(room.kim.post("/api/second-person/options", {"about": str(room.sweep_id)}).json())
    assert room.declare({"passkey": agreed}).status_code == 200
    assert room.came() == [("declare_empty", NAMES, {"first": "password", "second": "passkey"})]
    assert _refused(room.declare({"passkey": agreed})) == (400, "challenge_over")


def test_taps_are_enough_for_a_pair_that_proved_it_until_somebody_comes_in(room: Room) -> None:
    lee = {"username": "lee", "pin": PIN}
    how = {"first": "password", "second": "pin"}
    assert room.declare(lee).status_code == 200
    (shown,) = room.kim.get("/api/probes").json()["probes"]
    assert shown["proved_by"] == NAMES
    assert room.declare().status_code == 200
    assert room.declare(by=room.lee).status_code == 200  # on the phone of the other one of the two
    assert room.came() == [("declare_empty", NAMES, how)] * 3
    assert _refused(room.declare(by=room.person("choi", "점검자-03"))) == (403, "second_person_needed")
    namesake = room.person("kang", NAMES[0])  # another one by the same pseudonym
    assert _refused(room.declare(by=namesake)) == (403, "second_person_needed")
    assert _refused(room.declare(sweep_id=new_id())) == (403, "second_person_needed")
    room.told("running")
    room.told("paused")  # the button on the probe
    assert room.kim.get("/api/probes").json()["probes"][0]["proved_by"] is None
    assert _refused(room.declare()) == (403, "second_person_needed")
    assert room.declare(lee).status_code == 200
    pause = {"command": "pause", "sweep_id": str(room.sweep_id)}
    assert room.kim.post(f"/api/probes/{PROBE}/commands", pause).status_code == 200
    assert _refused(room.declare()) == (403, "second_person_needed")
    with room.site.db.read() as connection:
        noted = connection.execute(select(audit.c.detail_json).where(audit.c.action == "command.declare_empty"))
        assert [json.loads(row.detail_json)["second"] for row in noted] == ["pin"] * 4


def test_the_names_are_those_of_the_accounts(room: Room) -> None:
    choi = room.person("choi", "점검자-03")
    choi.put("/api/pin", {"pin": PIN})
    assert room.declare({"username": "choi", "pin": PIN}).status_code == 200
    assert room.came() == [("declare_empty", [NAMES[0], "점검자-03"], {"first": "password", "second": "pin"})]

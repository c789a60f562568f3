"""The second person of an act: by passkey, PIN, badge and PIN, or password; never the first one again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from server.config.settings import Settings
from server.interface.errors import ApiError
from server.people.auth import is_right
from server.people.pins import MAX_WRONG, refuse_guessable
from server.store.schema import audit, badges, sessions
from server.store.schema import pins as pins_table
from tests.server.conftest import PASSWORD, Client, Site, running
from tests.server.people.authenticator import ORIGIN, Authenticator
from tests.server.sweep_kit import Probe

PIN = "482915"
LOOK = {"step": "looked_at", "seen": "object"}


class Case:
    """Two inspectors before a case: kim, who is logged in here, and lee beside."""

    def __init__(self, site: Site) -> None:
        probe = Probe()
        site.admit(probe.signer)
        _, opened, report = probe.whole_sweep()
        for wire in (opened, report):
            assert site.send(wire).status_code == 200
        self.site, self.kim, self.lee = site, _person(site, "kim", "점검자-01"), _person(site, "lee", "점검자-02")
        (case,) = self.kim.get("/api/cases").json()["cases"]
        self.case_id: str = case["case_id"]

    def look(self, second: dict[str, Any], by: Client | None = None) -> httpx.Response:
        body = {"step": LOOK, "second_person": second}
        return (by or self.kim).post(f"/api/cases/{self.case_id}/steps", body)

    def said(self) -> list[tuple[str, dict[str, str]]]:
        """Of each look: the second person, and how both were identified."""
        events = self.kim.get(f"/api/cases/{self.case_id}").json()["events"]
        return [(event["step"]["second_person"], event["step"]["identified"]) for event in events]


def _person(site: Site, name: str, display_name: str) -> Client:
    site.add_user(name, "inspector", display_name)
    client = site.anonymous()
    client.csrf = client.post("/api/login", {"username": name, "password": PASSWORD}).json()["csrf_token"]
    return client


def _refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


@pytest.fixture
def case(settings: Settings) -> Iterator[Case]:
    with running(settings.model_copy(update={"public_url": ORIGIN})) as site:
        yield Case(site)


def test_a_number_is_known_when_somebody_else_may_come_along_under_it(case: Case) -> None:
    case.site.add_user("park", "viewer", "열람자-01")

    def known(name: str) -> bool:
        return bool(case.kim.get("/api/second-person", name=name).json()["is_known"])

    told = {name: known(name) for name in ("점검자-02", " 점검자-02 ", "점검자-01", "열람자-01", "점검자-99")}
    assert told == {"점검자-02": True, " 점검자-02 ": True, "점검자-01": False, "열람자-01": False, "점검자-99": False}
    admin = case.site.login("admin")
    assert admin.post("/api/users/lee/deactivate").is_success
    assert not known("점검자-02")


def test_each_way_of_the_second_person_is_taken_and_said(case: Case) -> None:
    assert case.lee.get("/api/pin").json() == {"set": None, "is_locked": False, "badge": None}
    assert case.lee.put("/api/pin", {"pin": PIN}).json()["set"] is not None
    badge = case.site.login("admin").post("/api/users/lee/badge").json()
    assert badge["qr_code"].startswith("data:image/svg+xml")
    assert case.lee.get("/api/pin").json()["badge"] == badge["badge"]
    phone = Authenticator()
    case.lee.post("/api/passkeys", phone.new(case.lee.post("/api/passkeys/options").json()))
    agreed = phone.answer(case.kim.post("/api/second-person/options", {"about": case.case_id}).json())
    for second in (
        {"username": "lee", "pin": PIN},
        {"badge": badge["badge"], "pin": PIN},
        {"passkey": agreed},
        {"username": "lee", "password": PASSWORD},
    ):
        answer = case.look(second)
        assert answer.status_code == 201, answer.text
    ways = [("점검자-02", {"first": "password", "second": way}) for way in ("pin", "badge_pin", "passkey", "password")]
    assert case.said() == ways


def test_a_badge_alone_and_other_mixtures_prove_nothing(case: Case) -> None:
    case.lee.put("/api/pin", {"pin": PIN})
    badge = case.site.login("admin").post("/api/users/lee/badge").json()["badge"]
    for mixture in (
        {"badge": badge},
        {"username": "lee"},
        {"pin": PIN},
        {"badge": badge, "password": PASSWORD},
        {"badge": badge, "username": "lee", "pin": PIN},
        {"username": "lee", "pin": PIN, "password": PASSWORD},
        {},
    ):
        assert _refused(case.look(mixture)) == (400, "invalid_request"), mixture
    assert _refused(case.look({"badge": "A" * 8, "pin": PIN})) == (401, "wrong_pin")
    newer = case.site.login("admin").post("/api/users/lee/badge").json()["badge"]
    assert _refused(case.look({"badge": badge, "pin": PIN})) == (401, "wrong_pin")  # photographed, then replaced
    assert case.look({"badge": newer, "pin": PIN}).status_code == 201
    assert [way["second"] for _, way in case.said()] == ["badge_pin"]


def test_nobody_is_both_persons(case: Case) -> None:
    case.kim.put("/api/pin", {"pin": PIN})
    badge = case.site.login("admin").post("/api/users/kim/badge").json()["badge"]
    phone = Authenticator()
    case.kim.post("/api/passkeys", phone.new(case.kim.post("/api/passkeys/options").json()))
    agreed = phone.answer(case.kim.post("/api/second-person/options", {"about": case.case_id}).json())
    for oneself in (
        {"username": "kim", "pin": PIN},
        {"badge": badge, "pin": PIN},
        {"passkey": agreed},
        {"username": "kim", "password": PASSWORD},
    ):
        assert _refused(case.look(oneself)) == (403, "second_person_needed"), oneself
    assert case.said() == []


def test_a_pin_opens_no_session_and_nobody_elses_outbox(case: Case) -> None:
    case.lee.put("/api/pin", {"pin": PIN})
    stranger = case.site.anonymous()
    assert _refused(stranger.post("/api/login", {"username": "lee", "password": PIN})) == (401, "wrong_credentials")
    assert stranger.post("/api/login", {"username": "lee", "pin": PIN}).status_code == 400
    kept = {"X-CSRF-Token": case.kim.csrf, "X-Ansim-Person": "lee"}  # what waits on the phone in lee's name
    sent = case.kim.http.post(
        f"/api/cases/{case.case_id}/steps",
        json={"step": LOOK, "second_person": {"username": "lee", "pin": PIN}},
        headers=kept,
    )
    assert _refused(sent) == (403, "another_person")
    assert case.look({"username": "lee", "pin": PIN}).status_code == 201
    assert case.kim.get("/api/me").json()["user"]["username"] == "kim"
    assert case.said() == [("점검자-02", {"first": "password", "second": "pin"})]


def test_wrong_pins_wait_and_lock_until_their_person_sets_one_anew(case: Case) -> None:
    case.lee.put("/api/pin", {"pin": PIN})
    for _ in range(MAX_WRONG):
        assert _refused(case.look({"username": "lee", "pin": "730264"})) == (401, "wrong_pin")
    assert _refused(case.look({"username": "lee", "pin": PIN})) == (403, "pin_locked")
    assert case.lee.get("/api/pin").json()["is_locked"] is True
    with case.site.db.read() as connection:
        wrong = connection.execute(select(audit).where(audit.c.action == "pin.wrong")).all()
    assert [row.object_id for row in wrong] == ["lee"] * MAX_WRONG
    assert case.look({"username": "lee", "password": PASSWORD}).status_code == 201  # another way still counts
    assert case.lee.put("/api/pin", {"pin": "730264"}).json()["is_locked"] is False
    assert case.look({"username": "lee", "pin": "730264"}).status_code == 201
    with case.site.db.write() as connection:
        connection.execute(update(sessions).values(created_ms=sessions.c.created_ms - 601_000))
    assert _refused(case.lee.put("/api/pin", {"pin": PIN})) == (403, "login_again")


def test_a_challenge_of_the_second_person_is_about_one_thing_and_for_one_first_person(case: Case) -> None:
    phone = Authenticator()
    case.lee.post("/api/passkeys", phone.new(case.lee.post("/api/passkeys/options").json()))
    other = phone.answer(case.kim.post("/api/second-person/options", {"about": "0" * 32}).json())
    assert _refused(case.look({"passkey": other})) == (400, "challenge_over")
    park = _person(case.site, "park", "점검자-03")
    asked = phone.answer(case.kim.post("/api/second-person/options", {"about": case.case_id}).json())
    park.http.cookies.set("ansim_passkey", case.kim.http.cookies["ansim_passkey"])
    assert _refused(case.look({"passkey": asked}, by=park)) == (400, "challenge_over")
    assert case.look({"passkey": asked}).status_code == 201
    assert _refused(case.look({"passkey": asked})) == (400, "challenge_over")
    login = phone.answer(case.kim.post("/api/login/passkey/options").json())
    assert _refused(case.look({"passkey": login})) == (400, "challenge_over")


@pytest.mark.parametrize("way", ["deactivated", "moved"])
def test_who_leaves_or_moves_is_nobodys_second_person(case: Case, way: str) -> None:
    case.lee.put("/api/pin", {"pin": PIN})
    admin = case.site.login("admin")
    badge = admin.post("/api/users/lee/badge").json()["badge"]
    if way == "deactivated":
        admin.post("/api/users/lee/deactivate")
    else:
        admin.post("/api/users/lee/move", {"role": "inspector", "district_id": None})
    assert case.lee.get("/api/pin").status_code == 401
    for second in ({"username": "lee", "pin": PIN}, {"badge": badge, "pin": PIN}):
        assert _refused(case.look(second)) == (401, "wrong_pin")
    with case.site.db.read() as connection:
        assert connection.execute(select(pins_table)).all() == []
        assert connection.execute(select(badges)).all() == []


def test_digits_that_somebody_tries_first() -> None:
    for weak in ("000000", "123456", "654321", "890123", "135791", "121212", "123123", "112211", "123321"):
        with pytest.raises(ApiError, match="other digits"):
            refuse_guessable(weak)
    for day in ("900101", "031231", "960229"):
        with pytest.raises(ApiError, match="other digits"):
            refuse_guessable(day)
    for other in (PIN, "950229"):  # no such day
        refuse_guessable(other)


def test_a_pin_is_hashed_over_a_secret_outside_the_database(case: Case) -> None:
    case.lee.put("/api/pin", {"pin": PIN})
    with case.site.db.read() as connection:
        row = connection.execute(select(pins_table)).one()
    assert row.pin_hash.startswith("$argon2id$")
    assert not is_right(PIN, row.pin_hash)
    assert is_right(case.site.services.devices.pin_mac(row.user_id, PIN), row.pin_hash)

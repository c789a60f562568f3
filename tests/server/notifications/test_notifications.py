"""Notifications through the routes of a server that runs: one's own choices, browsers and a test, duty, and rights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from server.api.access import ALL_ROLES, TOLD
from server.api.service import notifying
from server.config.settings import Settings, SettingsError, load_settings
from server.districts.register import add_district
from server.notifications.choices import ALLOWED, DEFAULTS, MAX_SUBSCRIPTIONS
from server.notifications.duty import ON_DUTY_ROLES
from server.notifications.outcomes import TEXT
from server.notifications.web_push import base64url
from server.store.schema import audit, notifications, push_subscriptions
from sweep.report import LocalText
from tests.server.cases.test_cases import FOUND_STEPS, SECOND
from tests.server.conftest import Client, Site, running
from tests.server.district_kit import person
from tests.server.notifications.receivers import Mail, PushService, mail_server, push_service, text_of
from tests.server.notifications.world import with_ways
from tests.server.sweep_kit import DEMO_ROOM
from tests.waiting import wait_until

MAPO = "mapo-gu"
CHOSEN: dict[str, Any] = {"kinds": ["order"], "mail": "kim@example.kr", "quiet_from": "21:00", "quiet_until": "06:30"}


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[Mail]:
    with mail_server(tmp_path) as found:
        yield found


@pytest.fixture
def push() -> Iterator[PushService]:
    with push_service() as found:
        yield found


@pytest.fixture
def told(settings: Settings, mail: Mail, push: PushService, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A server that tells people, and looks often."""
    monkeypatch.setattr(notifying, "LOOK_S", 0.05)
    with running(with_ways(settings, mail, push)) as site:
        with site.db.write() as connection:
            for name in (MAPO, "jung-gu"):
                add_district(connection, name, LocalText(ko=name, en=name), actor="test")
        yield site


def _delete(client: Client, path: str) -> Any:
    return client.http.delete(path, headers={"X-CSRF-Token": client.csrf})


def test_one_chooses_and_a_test_arrives_by_every_way(told: Site, mail: Mail, push: PushService) -> None:
    kim = person(told, "inspector", MAPO)
    first = kim.get("/api/notifications").json()
    assert (first["kinds"], first["allowed"], first["quiet_from"], first["mail"], first["told"]) == (
        ["order"],
        ["order", "overdue", "silent"],
        "22:00",
        None,
        [],
    )
    assert first["has_mail"] and len(first["push_key"]) == 87
    assert kim.post("/api/notifications/test").json()["error"]["code"] == "no_way_to_tell"
    browser = push.browser("kim")
    push.key = first["push_key"]
    assert kim.put("/api/notifications", CHOSEN).json()["mail"] == "kim@example.kr"
    added = kim.post("/api/notifications/subscriptions", browser.subscription())
    assert added.status_code == 201, added.text
    (held,) = added.json()["subscriptions"]
    assert held["name"] == "전화기"
    assert kim.post("/api/notifications/test").status_code == 200
    wait_until(lambda: mail.taken and push.taken, "the test message")
    assert TEXT in text_of(mail.taken[0])
    assert push.taken[0][1].text == TEXT
    again = kim.post("/api/notifications/test")
    assert (again.status_code, again.json()["error"]["code"]) == (429, "told_just_now")
    wait_until(lambda: len(kim.get("/api/notifications").json()["last"]) == 2, "what became of it")
    assert {one["way"]: one["outcome"] for one in kim.get("/api/notifications").json()["last"]} == {
        "mail": "sent",
        "push": "sent",
    }
    assert _delete(kim, f"/api/notifications/subscriptions/{held['subscription_id']}").json()["subscriptions"] == []
    assert _delete(kim, f"/api/notifications/subscriptions/{held['subscription_id']}").status_code == 404
    nothing: dict[str, Any] = {"kinds": [], "mail": None, "quiet_from": None, "quiet_until": None}
    assert {name: kim.put("/api/notifications", nothing).json()[name] for name in nothing} == nothing
    with told.db.read() as connection:
        details = connection.scalars(select(audit.c.detail_json)).all()
    assert not any("kim@" in one or push.name in one for one in details)


def test_what_cannot_be_chosen_is_refused(told: Site, push: PushService) -> None:
    kim = person(told, "inspector", MAPO)
    for wrong, code in (
        ({"kinds": ["found"]}, "not_told_of_that"),
        ({"kinds": ["fire"]}, "invalid_request"),
        ({"mail": "kim@example.kr\r\nBcc: all@example.kr"}, "invalid_request"),
        ({"mail": "kim"}, "invalid_request"),
        ({"quiet_from": "24:00"}, "invalid_request"),
        ({"quiet_until": None}, "invalid_request"),
    ):
        answer = kim.put("/api/notifications", CHOSEN | wrong)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, code), wrong
    good = push.browser("kim").subscription()
    for changed in (
        {"endpoint": "https://ansim.example.kr/steal"},
        {"endpoint": "http://169.254.169.254/latest"},
        {"endpoint": f"http://127.0.0.1:{push.port + 1}/kim"},
        {"endpoint": f"http://{push.name}@example.kr/kim"},
        {"p256dh": "B" + "A" * 86},
    ):
        answer = kim.post("/api/notifications/subscriptions", good | changed)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "push_service_unknown"), changed
    assert kim.post("/api/notifications/subscriptions", good | {"auth": base64url(b"x" * 12)}).status_code == 400


def test_a_browser_tells_whoever_asked_last_and_one_has_few(told: Site, push: PushService) -> None:
    kim, lee = person(told, "inspector", MAPO), person(told, "inspector", MAPO)
    shared = push.browser("shared").subscription()
    assert kim.post("/api/notifications/subscriptions", shared).status_code == 201
    assert len(lee.post("/api/notifications/subscriptions", shared).json()["subscriptions"]) == 1
    assert kim.get("/api/notifications").json()["subscriptions"] == []
    (held,) = lee.get("/api/notifications").json()["subscriptions"]
    assert _delete(kim, f"/api/notifications/subscriptions/{held['subscription_id']}").status_code == 404
    for number in range(MAX_SUBSCRIPTIONS + 2):
        lee.post("/api/notifications/subscriptions", push.browser(f"lee-{number}").subscription(f"{number}번"))
    names = [one["name"] for one in lee.get("/api/notifications").json()["subscriptions"]]
    assert names == [f"{number}번" for number in range(MAX_SUBSCRIPTIONS + 1, 1, -1)]
    with told.db.read() as connection:
        sealed = connection.scalars(select(push_subscriptions.c.sealed)).all()
    assert not any(push.name.encode() in one for one in sealed)


def test_who_is_on_duty_is_the_districts_to_say(told: Site) -> None:
    boss, other = person(told, "district_officer", MAPO), person(told, "district_officer", "jung-gu")
    kim, officer = person(told, "supervisor", MAPO), person(told, "evidence_officer", None)
    person(told, "supervisor", "jung-gu")
    person(told, "inspector", MAPO)
    names = [client.get("/api/me").json()["user"]["username"] for client in (kim, officer)]
    people = boss.get("/api/duty").json()["people"]
    assert {one["username"] for one in people} == set(names)
    assert not any(one["is_on"] or one["can_be_reached"] for one in people)
    on = {"username": names[0], "is_on": True}
    for client, status in ((officer, 403), (other, 400), (boss, 200), (boss, 200)):
        assert client.put("/api/duty", on).status_code == status
    assert kim.put("/api/notifications", CHOSEN).status_code == 200
    (found,) = (one for one in boss.get("/api/duty").json()["people"] if one["is_on"])
    assert (found["username"], found["can_be_reached"]) == (names[0], True)
    assert kim.get("/api/notifications").json()["duty"] == [MAPO]
    city = person(told, "admin", None)
    assert len([one for one in city.get("/api/duty", district=MAPO).json()["people"] if one["is_on"]]) == 1
    assert city.put("/api/duty", on | {"is_on": False, "district_id": MAPO}).status_code == 200
    assert kim.get("/api/notifications").json()["duty"] == []


def test_who_is_told_of_what_by_role() -> None:
    assert set(ALLOWED) == set(DEFAULTS) == TOLD < ALL_ROLES
    assert all(set(DEFAULTS[role]) <= set(kinds) for role, kinds in ALLOWED.items())
    assert {role for role, kinds in ALLOWED.items() if "found" in kinds} == set(ON_DUTY_ROLES)


def test_an_order_reaches_who_walks(told: Site, mail: Mail) -> None:
    kim, boss = person(told, "inspector", MAPO), person(told, "supervisor", MAPO)
    assert kim.put("/api/notifications", CHOSEN | {"quiet_from": None, "quiet_until": None}).status_code == 200
    name = {"ko": "한빛공원", "en": "Hanbit"}
    made = boss.post("/api/facilities", {"name": name, "address": "어딘가 1"})
    order = {"facility_id": made.json()["facility_id"], "first_day": "2099-01-01", "last_day": "2099-01-02"}
    assert boss.post("/api/schedule/orders", order | {"reason": "신고"}).status_code == 201
    wait_until(lambda: mail.taken, "the mail")
    assert mail.recipients == ["kim@example.kr"]
    assert "한빛" not in text_of(mail.taken[0])
    (one,) = kim.get("/api/notifications").json()["told"]
    assert (one["kind"], one["case_id"], one["district_id"]) == ("order", None, MAPO)


def test_a_find_is_told_once_112_was_called(told: Site, mail: Mail) -> None:
    told.add_user("second", "inspector", "점검자-02")
    boss, walker = told.login("supervisor", "감독자-01"), told.login("inspector", "점검자-03")
    for client, address in ((boss, "boss@example.kr"), (walker, "walker@example.kr")):
        assert client.put("/api/notifications", CHOSEN | {"kinds": [], "mail": address}).status_code == 200
    on = {"username": boss.get("/api/me").json()["user"]["username"], "is_on": True}
    assert boss.put("/api/duty", on).status_code == 200
    opened = walker.post(f"/api/rooms/{DEMO_ROOM}/cases", {"step": {"step": "reported", "what": "검은 점"}})
    case_id = opened.json()["case"]["case_id"]
    for step in FOUND_STEPS[:4]:
        with told.db.read() as connection:
            rows = connection.execute(select(notifications.c.kind, notifications.c.told_ms)).all()
        assert (mail.taken, {row.told_ms for row in rows} <= {None}) == ([], True)
        answer = walker.post(f"/api/cases/{case_id}/steps", {"step": step, "second_person": SECOND})
        assert answer.status_code == 201, answer.text
    wait_until(lambda: mail.taken, "the mail")
    assert mail.recipients == ["boss@example.kr"]
    (one,) = boss.get("/api/notifications").json()["told"]
    assert (one["kind"], one["case_id"]) == ("found", case_id)
    assert walker.get("/api/notifications").json()["told"] == []


def test_without_settings_nothing_is_sent_and_the_page_is_told_so(site: Site, push: PushService) -> None:
    kim = site.login("inspector")
    found = kim.get("/api/notifications").json()
    assert (found["push_key"], found["has_mail"]) == (None, False)
    refused = kim.post("/api/notifications/subscriptions", push.browser("kim").subscription())
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "push_is_off")
    assert kim.put("/api/notifications", CHOSEN).status_code == 200
    assert kim.post("/api/notifications/test").json()["error"]["code"] == "no_way_to_tell"


@pytest.mark.parametrize(
    "environment",
    [
        {"ANSIM_SMTP_URL": "smtps://mail.example.kr"},
        {"ANSIM_MAIL_FROM": "ansim@example.kr"},
        {"ANSIM_SMTP_URL": "http://mail.example.kr", "ANSIM_MAIL_FROM": "ansim@example.kr"},
        {"ANSIM_SMTP_URL": "smtps://mail.example.kr:77777", "ANSIM_MAIL_FROM": "ansim@example.kr"},
        {"ANSIM_PUSH_CONTACT": "ansim@example.kr"},
    ],
)
def test_settings_that_do_not_fit_are_refused(environment: dict[str, str]) -> None:
    with pytest.raises(SettingsError):
        load_settings(environment)

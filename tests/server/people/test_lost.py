"""A lost phone or second factor: sessions end, what the phone keeps stays sealed; and who leaves comes back."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from sqlalchemy import update

from server.districts.register import add_district
from server.store.schema import users
from sweep.report import LocalText
from tests.server.conftest import EACH_DATABASE, PASSWORD, Client, Site
from tests.server.district_kit import person


@pytest.fixture
def officer(site: Site) -> Client:
    """Who keeps the accounts of a district."""
    with site.db.write() as connection:
        for name in ("mapo-gu", "jung-gu"):
            add_district(connection, name, LocalText(ko=name, en=name), actor="test")
    return person(site, "district_officer", "mapo-gu")


def _kim(site: Site, officer: Client) -> tuple[Client, str]:
    """An inspector of the district with a password of their own, logged in, and the key of their phone."""
    made = officer.post("/api/users", {"username": "kim", "display_name": "점검자-07", "role": "inspector"})
    client = _log_in(site, "kim", made.json()["one_time_password"])
    changed = {"current_password": made.json()["one_time_password"], "new_password": PASSWORD}
    client.csrf = client.post("/api/password", changed).json()["csrf_token"]
    return client, client.get("/api/me/phone-key").json()["key"]


def _log_in(site: Site, username: str, password: str) -> Client:
    client = site.anonymous()
    answer = client.post("/api/login", {"username": username, "password": password})
    assert answer.status_code == 200, answer.text
    client.csrf = answer.json()["csrf_token"]
    return client


def _of(officer: Client) -> Any:
    return officer.get("/api/users/kim").json()


def _refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


@EACH_DATABASE
@pytest.mark.parametrize("what", ["phone", "second_factor"])
def test_what_was_lost_opens_nothing_any_more(site: Site, officer: Client, what: str) -> None:
    kim, key = _kim(site, officer)
    assert kim.put("/api/pin", {"pin": "481632"}).status_code in {200, 403}
    assert _of(officer)["user"]["sessions"] == 1
    answer = officer.post("/api/users/kim/lost", {"what": what})
    assert answer.status_code == 201, answer.text
    assert kim.get("/api/rooms").status_code == 401
    assert kim.get("/api/me/phone-key").status_code == 401
    old = site.anonymous().post("/api/login", {"username": "kim", "password": PASSWORD})
    assert old.status_code == 401  # the phone may have kept the password, too
    told = _of(officer)
    assert (told["user"]["sessions"], told["user"]["first_password"]) == (0, "waiting")
    assert [(one["action"], one["said"].get("what")) for one in told["history"][:2]] == [
        ("password.changed", None),
        ("user.lost", what),
    ]
    anew = _log_in(site, "kim", answer.json()["one_time_password"])
    changed = {"current_password": answer.json()["one_time_password"], "new_password": "quite-another-1"}
    anew.csrf = anew.post("/api/password", changed).json()["csrf_token"]
    assert (anew.get("/api/me/phone-key").json()["key"] == key) == (what == "second_factor")
    if what == "phone":  # and another lost phone has another key
        once = anew.get("/api/me/phone-key").json()["key"]
        assert officer.post("/api/users/kim/lost", {"what": what}).status_code == 201
        with site.db.write() as connection:
            connection.execute(update(users).values(must_change_password=False, enrolment_hash=None))
        password = officer.post("/api/users/kim/lost", {"what": "second_factor"}).json()["one_time_password"]
        third = _log_in(site, "kim", password)
        changed = {"current_password": password, "new_password": "quite-another-2"}
        third.csrf = third.post("/api/password", changed).json()["csrf_token"]
        assert third.get("/api/me/phone-key").json()["key"] not in {key, once}


def test_only_who_keeps_the_account_says_so(site: Site, officer: Client) -> None:
    _kim(site, officer)
    elsewhere = person(site, "district_officer", "jung-gu")
    supervisor = person(site, "supervisor", "mapo-gu")
    lost = {"what": "phone"}
    assert supervisor.post("/api/users/kim/lost", lost).status_code == 403
    assert supervisor.get("/api/users/kim").status_code == 403
    assert elsewhere.post("/api/users/kim/lost", lost).status_code == 404
    assert elsewhere.get("/api/users/kim").status_code == 404
    assert officer.post("/api/users/kim/lost", {"what": "bag"}).status_code == 400
    me = officer.get("/api/me").json()["user"]["username"]
    assert _refused(officer.post(f"/api/users/{me}/lost", lost)) == (409, "oneself")
    person(site, "auditor", "mapo-gu")
    auditor = next(one for one in officer.get("/api/users").json()["users"] if one["role"] == "auditor")["username"]
    for path in ("lost", "deactivate"):  # who looks at what the district does is not ended by it
        body = lost if path == "lost" else None
        assert _refused(officer.post(f"/api/users/{auditor}/{path}", body)) == (403, "not_allowed")


def test_who_left_comes_back_with_new_secrets(site: Site, officer: Client) -> None:
    kim, _key = _kim(site, officer)
    assert officer.post("/api/users/kim/deactivate").status_code == 200
    assert kim.get("/api/rooms").status_code == 401
    assert _refused(officer.post("/api/users/kim/lost", {"what": "phone"})) == (409, "switched_off")
    again = officer.post("/api/users/kim/first-password")
    assert again.status_code == 201
    assert _of(officer)["user"]["is_active"]
    assert [one["action"] for one in _of(officer)["history"]][:3] == [
        "password.changed",
        "user.reactivated",
        "user.deactivated",
    ]
    back = _log_in(site, "kim", again.json()["one_time_password"])
    assert back.get("/api/me").json()["user"]["must_change_password"]

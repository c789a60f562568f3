"""First passwords: over after 72 hours by whatever clock, and never enough to set up a way to log in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from server.config.settings import Settings
from server.people import auth, enrolment, first_passwords
from server.people.first_passwords import FIRST_PASSWORD_H, age_first_passwords
from server.store.clock import now_ms
from server.store.schema import audit, users
from tests.server.conftest import QUICK_HASH, Call, Client, Site, running
from tests.server.people.authenticator import ORIGIN, Authenticator

OWN = "quite-another-1"
H_MS = timedelta(hours=1) // timedelta(milliseconds=1)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Milliseconds by which the clock of first passwords is moved."""
    moved = [0]
    monkeypatch.setattr(first_passwords, "now_ms", lambda: now_ms() + moved[0])
    return moved


def _invite(admin: Client, username: str = "kim", role: str = "inspector") -> dict[str, str]:
    wanted = {"username": username, "display_name": f"점검자-{username}", "role": role}
    answer = admin.post("/api/users", wanted)
    assert answer.status_code == 201, answer.text
    invited: dict[str, str] = answer.json()
    return invited


def _log_in(client: Client, password: str, username: str = "kim") -> httpx.Response:
    answer = client.post("/api/login", {"username": username, "password": password})
    client.csrf = answer.json().get("csrf_token", "")
    return answer


def _change(client: Client, old: str) -> httpx.Response:
    answer = client.post("/api/password", {"current_password": old, "new_password": OWN})
    client.csrf = answer.json().get("csrf_token", client.csrf)
    return answer


def _refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def _state(admin: Client, username: str = "kim") -> Any:
    return next(one for one in admin.get("/api/users").json()["users"] if one["username"] == username)["first_password"]


def test_a_first_password_is_over_after_72_hours(site: Site, clock: list[int]) -> None:
    admin = site.login("admin", "관리자-01")
    password = _invite(admin)["one_time_password"]
    kim, late = site.anonymous(), site.anonymous()
    clock[0] = (FIRST_PASSWORD_H - 1) * H_MS
    assert (_state(admin), _log_in(kim, password).status_code) == ("waiting", 200)
    clock[0] = FIRST_PASSWORD_H * H_MS
    assert _state(admin) == "expired"
    assert _refused(_log_in(late, password)) == (403, "first_password_expired")
    assert _refused(_log_in(late, "a wrong one")) == (401, "wrong_credentials")
    assert _refused(_change(kim, password)) == (403, "first_password_expired")  # nor in a session from before
    renewed = admin.post("/api/users/kim/first-password").json()
    clock[0] = 0
    assert _refused(_log_in(late, password)) == (401, "wrong_credentials")
    assert _log_in(late, renewed["one_time_password"]).status_code == 200
    assert _change(late, renewed["one_time_password"]).status_code == 200
    assert _state(admin) is None
    clock[0] = 1000 * H_MS
    assert _log_in(kim, OWN).status_code == 200  # one's own has no end
    assert _refused(admin.post("/api/users/kim/first-password")) == (409, "in_use")


def test_a_clock_set_back_gives_nobody_a_day(site: Site, clock: list[int]) -> None:
    admin = site.login("admin", "관리자-01")
    password = _invite(admin)["one_time_password"]
    clock[0] = -H_MS  # before it was given
    assert _refused(_log_in(site.anonymous(), password)) == (403, "first_password_expired")
    clock[0] = 0
    for hours in (FIRST_PASSWORD_H - 1, 1):
        assert _log_in(site.anonymous(), password).status_code == 200
        with site.db.write() as connection:
            age_first_passwords(connection, hours * 3600)  # while the server ran, whatever the clock says
    assert _refused(_log_in(site.anonymous(), password)) == (403, "first_password_expired")


@pytest.mark.parametrize("role", ["inspector", "auditor"])
def test_who_only_knows_the_first_password_sets_up_no_other_way_to_log_in(settings: Settings, role: str) -> None:
    with running(settings.model_copy(update={"public_url": ORIGIN})) as site:
        admin = site.login("admin", "관리자-01")
        invited = _invite(admin, role=role)
        thief = site.anonymous()
        _log_in(thief, invited["one_time_password"])
        assert _refused(thief.post("/api/enrolment-code", {"code": "aaaa-2222"})) == (403, "password_change_needed")
        assert _change(thief, invited["one_time_password"]).json()["user"]["needs_enrolment_code"] is True
        tries = (
            ("post", "/api/second-factor", None),
            ("post", "/api/second-factor/confirm", {"code": "123456"}),
            ("post", "/api/passkeys/options", None),
            ("post", "/api/passkeys", {"name": "x", "client_data": "AA", "attestation": "AA"}),
            ("put", "/api/pin", {"pin": "482915"}),
        )
        for method, path, body in tries:
            ask = thief.put if method == "put" else thief.post
            assert _refused(ask(path, body)) == (403, "enrolment_code_needed"), path
        for wrong in ("aaaa-2222", invited["one_time_password"][:9]):
            assert _refused(thief.post("/api/enrolment-code", {"code": wrong})) == (403, "wrong_enrolment_code")
        code = invited["enrolment_code"].upper().replace("-", " ")
        assert thief.post("/api/enrolment-code", {"code": code}).status_code == 200
        assert _refused(thief.post("/api/enrolment-code", {"code": code})) == (403, "wrong_enrolment_code")  # good once
        assert thief.get("/api/me").json()["user"]["needs_enrolment_code"] is False
        assert thief.post("/api/second-factor").status_code == 201
        phone = Authenticator()
        options = thief.post("/api/passkeys/options").json()
        assert thief.post("/api/passkeys", phone.new(options)).status_code == 201
        with site.db.read() as connection:
            said = select(audit.c.action).where(audit.c.action.like("enrolment_code.%")).order_by(audit.c.at_ms)
            assert list(connection.scalars(said)) == ["enrolment_code.wrong"] * 2 + [
                "enrolment_code.used",
                "enrolment_code.wrong",
            ]


def test_who_is_moved_sets_up_nothing_by_the_old_password_alone(site: Site) -> None:
    admin, kim = site.login("admin", "관리자-01"), site.anonymous()
    site.add_user("kim", "inspector", "점검자-07")
    moved = admin.post("/api/users/kim/move", {"role": "auditor", "district_id": None}).json()
    assert _log_in(kim, "a-long-password").json()["user"]["needs_enrolment_code"] is True
    assert _refused(kim.post("/api/second-factor")) == (403, "enrolment_code_needed")
    assert kim.post("/api/enrolment-code", {"code": moved["enrolment_code"]}).status_code == 200
    assert kim.post("/api/second-factor").status_code == 201


def test_wrong_enrolment_codes_wait_like_wrong_passwords(settings: Settings) -> None:
    with running(settings.model_copy(update={"login_attempts_per_minute": 3})) as site:
        invited = _invite(site.login("admin", "관리자-01"))
        kim = site.anonymous()
        _log_in(kim, invited["one_time_password"])
        _change(kim, invited["one_time_password"])
        tried = [kim.post("/api/enrolment-code", {"code": f"aaaa-222{number}"}) for number in range(2, 6)]
        assert [answer.status_code for answer in tried] == [403, 403, 403, 429]


def test_an_account_from_before_there_were_codes_needs_a_new_first_password(site: Site) -> None:
    with site.db.write() as connection:
        auth.create_user(
            connection,
            username="kim",
            display_name="점검자-07",
            role="inspector",
            password=QUICK_HASH,
            actor="test",
            is_one_time=True,
        )
        connection.execute(update(users).values(must_change_password=False))
    kim = site.anonymous()
    assert _log_in(kim, "a-long-password").json()["user"]["needs_enrolment_code"] is True
    assert _refused(kim.post("/api/enrolment-code", {"code": "aaaa-2222"})) == (403, "wrong_enrolment_code")
    with site.db.write() as connection:
        enrolment.give_code(connection, "kim", enrolment.hashed_code("aaaa-2222"), actor="test")
    assert kim.post("/api/enrolment-code", {"code": "aaaa-2222"}).status_code == 200


def test_only_who_keeps_the_account_renews_it(site: Site) -> None:
    admin = site.login("admin", "관리자-01")
    _invite(admin, "aud", "auditor")
    name = {"ko": "마포", "en": "Mapo"}
    assert admin.post("/api/districts", {"district_id": "mapo-gu", "name": name}).status_code == 201
    officer = site.login("district_officer", "담당자-01")
    with site.db.write() as connection:
        connection.execute(update(users).where(users.c.display_name == "담당자-01").values(district_id="mapo-gu"))
    assert officer.post("/api/users/aud/first-password").status_code == 404
    assert site.login("inspector").post("/api/users/aud/first-password").status_code == 403


def test_the_command_gives_code_and_password_on_two_lines(call: Call) -> None:
    code, out, _ = call("add-user", "kim", "--display-name", "점검자-01")
    password, given = out.splitlines()
    assert (code, password.startswith("user: kim   password: "), given.startswith("enrolment code: ")) == (
        0,
        True,
        True,
    )
    code, out, _ = call("enrolment-code", "kim")
    assert (code, out.startswith("user: kim   enrolment code: ")) == (0, True)
    assert call("enrolment-code", "nobody")[0] == 2

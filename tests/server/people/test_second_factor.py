"""A second factor beside the password: for whom it is needed, how it is connected, and codes that must not count."""

from __future__ import annotations

import base64

import httpx
import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy import select, update

from server.config.settings import Settings
from server.interface.errors import ApiError
from server.interface.fields import Role
from server.people import auth, enrolment, second_factor
from server.people.second_factor import MAX_WRONG, STEP_S, STRONG_ROLES
from server.store.schema import audit, recovery_codes, second_factors, sessions
from tests.server.conftest import PASSWORD, QUICK_HASH, Client, Site, running


class App:
    """An authenticator app, and the clock that a test shares with the server."""

    def __init__(self, secret: str) -> None:
        self._totp = TOTP(base64.b32decode(secret), 6, SHA1(), STEP_S)  # noqa: S303  as the apps do

    def code(self, now_s: float, steps: int = 0) -> str:
        return self._totp.generate(int(now_s) // STEP_S * STEP_S + steps * STEP_S).decode()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The server's time of codes, in seconds; a test moves it."""
    now = [1_800_000_015.0]
    monkeypatch.setattr(second_factor, "now_ms", lambda: int(now[0] * 1000))
    return now


def _ask(client: Client, name: str = "kim", **more: str) -> httpx.Response:
    answer = client.post("/api/login", {"username": name, "password": PASSWORD} | more)
    client.csrf = answer.json().get("csrf_token", "")
    return answer


def _refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def _connected(site: Site, clock: list[float], role: Role = "inspector") -> tuple[Client, App, list[str]]:
    site.add_user("kim", role, "점검자-07")
    client = site.anonymous()
    _ask(client)
    app = App(client.post("/api/second-factor").json()["secret"])
    answer = client.post("/api/second-factor/confirm", {"code": app.code(clock[0])})
    assert answer.status_code == 200, answer.text
    clock[0] += STEP_S
    return client, app, answer.json()["codes"]


def test_the_computation_is_that_of_rfc_6238() -> None:
    secret = b"12345678901234567890"  # appendix B, the last six digits
    for now_s, digits in ((59, "287082"), (1_111_111_109, "081804"), (2_000_000_000, "279037")):
        assert second_factor._totp(secret).generate(now_s).decode() == digits


@pytest.mark.parametrize(
    "role", ["auditor", *(pytest.param(one, marks=pytest.mark.soak) for one in sorted(STRONG_ROLES - {"auditor"}))]
)
def test_a_password_alone_opens_nothing_for_who_reads_what_others_wrote(
    site: Site, clock: list[float], role: Role
) -> None:
    site.add_user("kim", role, "담당-01")
    client = site.anonymous()
    assert _ask(client).json()["user"]["needs_second_factor"] is True
    for path in ("/api/rooms", "/api/users", "/api/cases", "/api/live", "/api/exports/inspection-log?reason=x"):
        assert _refused(client.get(path)) == (403, "second_factor_needed"), path
    assert client.get("/api/second-factor").json() == {"is_on": False, "is_needed": True, "recovery_codes": 0}
    assert client.get("/api/passkeys").json() == {"passkeys": []}
    new = client.post("/api/second-factor").json()
    assert new["qr_code"].startswith("data:image/svg+xml") and new["secret"] in new["address"]
    app = App(new["secret"])
    assert _refused(client.post("/api/second-factor/confirm", {"code": app.code(0)})) == (400, "wrong_code")
    assert client.get("/api/rooms").status_code == 403
    assert len(client.post("/api/second-factor/confirm", {"code": app.code(clock[0])}).json()["codes"]) == 10
    assert client.get("/api/rooms").status_code == 200
    assert client.get("/api/me").json()["user"]["needs_second_factor"] is False
    changed = client.post("/api/password", {"current_password": PASSWORD, "new_password": "quite-another-1"})
    assert changed.json()["user"]["needs_second_factor"] is False  # the new session is as strong as the old one


def test_an_administrator_gets_nowhere_beside_the_second_factor(settings: Settings, clock: list[float]) -> None:
    with running(settings) as site:
        password = auth.ensure_first_user(site.db, "")
        admin, elsewhere = site.anonymous(), site.anonymous()
        login = admin.post("/api/login", {"username": "admin", "password": password})
        admin.csrf = login.json()["csrf_token"]
        changed = admin.post("/api/password", {"current_password": password, "new_password": PASSWORD})
        admin.csrf = changed.json()["csrf_token"]
        _ask(elsewhere, "admin")  # somebody else who knows the password
        assert _refused(admin.post("/api/second-factor")) == (403, "enrolment_code_needed")
        with site.db.write() as connection:
            enrolment.give_code(connection, "admin", enrolment.hashed_code("abcd-2345"), actor="test")
        assert admin.post("/api/enrolment-code", {"code": "ABCD2345"}).status_code == 200
        for path in ("/api/users", "/api/keys", "/api/rooms"):
            assert _refused(admin.get(path)) == (403, "second_factor_needed"), path
        assert _refused(admin.put("/api/pin", {"pin": "582047"})) == (403, "second_factor_needed")
        app = App(admin.post("/api/second-factor").json()["secret"])
        assert admin.post("/api/second-factor/confirm", {"code": app.code(clock[0])}).status_code == 200
        assert admin.get("/api/keys").status_code == 200
        assert admin.put("/api/pin", {"pin": "582047"}).status_code == 200
        headers = {"X-CSRF-Token": elsewhere.csrf}
        assert elsewhere.http.delete("/api/second-factor", headers=headers).status_code == 401  # that session ended
        assert _refused(_ask(elsewhere, "admin")) == (401, "code_needed")
        gone = admin.http.delete("/api/second-factor", headers={"X-CSRF-Token": admin.csrf})
        assert gone.json()["is_needed"] is True
        assert _ask(elsewhere, "admin").json()["user"]["needs_second_factor"] is True


def test_a_password_alone_makes_no_second_person_of_who_needs_more(site: Site) -> None:
    site.add_user("kim", "evidence_officer", "담당-01")
    answer = site.login("admin").post(
        f"/api/bodies/{'0' * 64}/erase",
        {
            "reason": {"ko": "잘못 찍음", "en": "taken in error"},
            "second_person_username": "kim",
            "second_person_password": PASSWORD,
        },
    )
    assert _refused(answer) == (403, "second_factor_needed")


def test_only_accounts_of_the_demonstration_are_spared_until_somebody_resets_or_moves_them(site: Site) -> None:
    for username, display_name in (("kim", "관리자-01"), ("lee", "관리자-02")):
        with site.db.write() as connection:
            auth.create_user(
                connection,
                username=username,
                display_name=display_name,
                role="admin",
                password=QUICK_HASH,
                actor="demo",
                is_demonstration=True,
            )
    kim = site.anonymous()
    assert _ask(kim).json()["user"]["needs_second_factor"] is False
    listed = {user["username"]: user["is_demonstration"] for user in kim.get("/api/users").json()["users"]}
    assert listed == {"kim": True, "lee": True}
    assert kim.post("/api/users/lee/move", {"role": "auditor", "district_id": None}).status_code == 200
    assert _ask(site.anonymous(), "lee").json()["user"]["needs_second_factor"] is True
    with site.db.write() as connection:
        auth.set_password(connection, "kim", QUICK_HASH, actor="test", is_one_time=True)
    assert _ask(site.anonymous()).json()["user"]["needs_second_factor"] is True


def test_a_code_counts_once_in_its_time_and_for_its_person(site: Site, clock: list[float]) -> None:
    _, app, _ = _connected(site, clock)
    stranger = site.anonymous()
    assert _refused(_ask(stranger)) == (401, "code_needed")
    for wrong in ("000000", app.code(clock[0], -3), app.code(clock[0], 3), app.code(clock[0] - STEP_S)):
        assert _refused(_ask(stranger, code=wrong)) == (401, "wrong_code"), wrong  # the last one connected the app
    assert _ask(stranger, code=app.code(clock[0])).status_code == 200
    assert _refused(_ask(stranger, code=app.code(clock[0]))) == (401, "wrong_code")
    assert _ask(stranger, code=app.code(clock[0], 1)).status_code == 200  # of a clock that goes before
    assert _refused(_ask(stranger, code=app.code(clock[0]))) == (401, "wrong_code")  # older than the last
    for odd in ("1", "가나다라마바", "1234567890" * 4, ""):
        assert _ask(stranger, code=odd).status_code == 400, odd
    mistyped = {"username": "kim", "password": "wrong", "code": app.code(clock[0], 1)}
    assert _refused(stranger.post("/api/login", mistyped)) == (401, "wrong_credentials")
    with site.db.read() as connection:
        ways = connection.scalars(select(sessions.c.way).order_by(sessions.c.created_ms)).all()
        secrets = connection.scalars(select(second_factors.c.sealed_secret)).all()
    assert ways == ["code"] * 3
    assert all(len(sealed) == 12 + 20 + 16 for sealed in secrets)  # sealed, not as it is


def test_recovery_codes_are_good_once_and_stored_as_hashes(site: Site, clock: list[float]) -> None:
    _, app, codes = _connected(site, clock)
    client = site.anonymous()
    assert len(set(codes)) == 10
    assert _ask(client, code=codes[0].upper().replace("-", " ")).status_code == 200
    assert client.get("/api/second-factor").json() == {"is_on": True, "is_needed": False, "recovery_codes": 9}
    assert _refused(_ask(client, code=codes[0])) == (401, "wrong_code")
    with site.db.read() as connection:
        stored = connection.scalars(select(recovery_codes.c.code_hash)).all()
        used = connection.execute(select(audit).where(audit.c.action == "recovery_code.used")).all()
    assert len(stored) == 9 and not set(stored) & set(codes)
    assert len(used) == 1
    site.add_user("lee", "inspector", "점검자-08")
    lee = site.anonymous()
    _ask(lee, "lee")
    other = App(lee.post("/api/second-factor").json()["secret"])
    assert lee.post("/api/second-factor/confirm", {"code": other.code(clock[0])}).status_code == 200
    assert _refused(_ask(site.anonymous(), "lee", code=codes[1])) == (401, "wrong_code")  # another one's
    assert _refused(_ask(site.anonymous(), "lee", code=app.code(clock[0], 1))) == (401, "wrong_code")


def test_wrong_codes_wait_though_the_password_is_right_and_lock_the_app_at_last(
    settings: Settings, clock: list[float]
) -> None:
    strict = settings.model_copy(update={"login_attempts_per_minute": 3})
    with running(strict) as site:
        _, app, codes = _connected(site, clock)
        thief = site.anonymous()
        answers = []
        for _ in range(8):
            _ask(thief)  # a right password in between forgives no code
            answers.append(_ask(thief, code="000000").status_code)
        assert answers[:3] == [401] * 3
        assert 429 in answers
        with site.db.write() as connection:
            connection.execute(update(second_factors).values(wrong=MAX_WRONG))
        key = site.services.devices.second_factor_key
        kim = auth.check_password(site.db, "kim", PASSWORD)
        with site.db.write() as connection:
            with pytest.raises(ApiError, match="too many wrong codes"):
                second_factor.use_code(connection, key, kim, app.code(clock[0]))
            assert second_factor.use_code(connection, key, kim, codes[0])


def test_an_app_is_disconnected_and_connected_anew(site: Site, clock: list[float]) -> None:
    client, old, codes = _connected(site, clock)
    assert _refused(client.post("/api/second-factor")) == (409, "second_factor_on")
    code = {"code": old.code(clock[0])}
    assert _refused(client.post("/api/second-factor/confirm", code)) == (409, "not_begun")
    with site.db.write() as connection:
        connection.execute(update(sessions).values(created_ms=sessions.c.created_ms - 601_000))
    headers = {"X-CSRF-Token": client.csrf}
    assert _refused(client.http.delete("/api/second-factor", headers=headers)) == (403, "login_again")
    assert _ask(client, code=old.code(clock[0])).status_code == 200
    headers = {"X-CSRF-Token": client.csrf}
    gone = client.http.delete("/api/second-factor", headers=headers)
    assert gone.json() == {"is_on": False, "is_needed": False, "recovery_codes": 0}
    assert _ask(site.anonymous()).status_code == 200
    new = App(client.post("/api/second-factor").json()["secret"])
    again = App(client.post("/api/second-factor").json()["secret"])  # begun twice: the last one counts
    assert _refused(client.post("/api/second-factor/confirm", {"code": new.code(clock[0])})) == (400, "wrong_code")
    assert client.post("/api/second-factor/confirm", {"code": again.code(clock[0])}).status_code == 200
    clock[0] += STEP_S
    for spent in (old.code(clock[0]), codes[3]):
        assert _refused(_ask(site.anonymous(), code=spent)) == (401, "wrong_code")


@pytest.mark.parametrize(
    "way", ["moved", *(pytest.param(one, marks=pytest.mark.soak) for one in ("deactivated", "reset"))]
)
def test_what_ends_a_second_factor(site: Site, clock: list[float], way: str) -> None:
    _connected(site, clock)
    match way:
        case "deactivated":
            site.login("admin").post("/api/users/kim/deactivate")
        case "moved":
            site.login("admin").post("/api/users/kim/move", {"role": "supervisor", "district_id": None})
        case _:
            with site.db.write() as connection:
                auth.set_password(connection, "kim", "another-long-one", actor="test", is_one_time=True)
    with site.db.read() as connection:
        assert connection.execute(select(second_factors)).all() == []
        assert connection.execute(select(recovery_codes)).all() == []

"""Logging in while somebody guesses, one-time and new passwords, and what ends when an account is switched off."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pwdlib import PasswordHash
from sqlalchemy import select

from server.config.settings import Settings
from server.interface.errors import ApiError
from server.people import auth
from server.people.devices import KnownDevices
from server.people.login_delays import FORGET_S, LONGEST_DELAY_S, MAX_COUNTS, LoginAttempt, LoginDelays
from server.store.schema import audit
from tests.server.conftest import PASSWORD, Client, Site, running
from tests.waiting import Queued

NEW_PASSWORD = "quite-another-one"


class _Clock:
    def __init__(self) -> None:
        self.now_s = 50.0

    def __call__(self) -> float:
        return self.now_s


def _try(delays: LoginDelays, attempt: LoginAttempt) -> int:
    """Seconds to wait; 0: the attempt is counted."""
    try:
        delays.enter(attempt)
    except ApiError as refused:
        return int(refused.headers["Retry-After"])
    return 0


def _stranger(username: str = "kim", address: str = "192.0.2.1") -> LoginAttempt:
    return LoginAttempt(address, username, None)


def test_delays_grow_up_to_a_minute_and_refused_attempts_prolong_nothing() -> None:
    clock = _Clock()
    delays = LoginDelays(3, clock)
    assert [_try(delays, _stranger()) for _ in range(3)] == [0, 0, 0]
    waits = []
    for _ in range(8):
        wait_s = _try(delays, _stranger())
        assert _try(delays, _stranger()) == wait_s
        waits.append(wait_s)
        clock.now_s += wait_s
        assert _try(delays, _stranger()) == 0
    assert waits == [3, 5, 9, 17, 33, 61, 61, 61]
    assert waits[-1] - 1 == LONGEST_DELAY_S
    clock.now_s += FORGET_S + 1
    assert [_try(delays, _stranger()) for _ in range(3)] == [0, 0, 0]


def test_a_known_device_waits_for_nobody_and_neither_do_others_behind_the_address() -> None:
    delays = LoginDelays(3, _Clock())
    for _ in range(3):
        _try(delays, _stranger())
    assert _try(delays, _stranger()) > 0
    assert _try(delays, LoginAttempt("192.0.2.1", "kim", "device-1")) == 0
    assert _try(delays, _stranger("lee")) == 0
    for guess in range(20):  # many names from one address: it waits at last, those of other addresses do not
        _try(delays, _stranger(f"name-{guess}"))
    assert _try(delays, _stranger("park")) > 0
    assert _try(delays, _stranger("park", "192.0.2.2")) == 0
    assert _try(delays, LoginAttempt("192.0.2.1", "park", "device-2")) == 0


def test_a_right_password_starts_afresh_and_forgives_only_itself_at_the_address() -> None:
    clock = _Clock()
    delays = LoginDelays(2, clock)
    for _ in range(2):
        _try(delays, _stranger())
    clock.now_s += 3
    assert _try(delays, _stranger()) == 0
    delays.succeeded(_stranger())
    assert _try(delays, _stranger()) == 0
    for guess in range(2 * 3 - 3):
        assert _try(delays, _stranger(f"name-{guess}")) == 0
    assert _try(delays, _stranger("another")) > 0


def test_networks_of_ipv6_count_as_one_address_and_counts_are_bounded() -> None:
    delays = LoginDelays(1, _Clock())
    for host in range(3):
        assert _try(delays, _stranger(f"n{host}", f"2001:db8::{host}")) == 0
    assert _try(delays, _stranger("n", "2001:db8::ffff")) > 0
    assert _try(delays, _stranger("n", "2001:db8:0:1::1")) == 0
    for guess in range(MAX_COUNTS + 100):
        _try(delays, LoginAttempt("", "x", f"device-{guess}"))
    again = {guess: _try(delays, LoginAttempt("", "x", f"device-{guess}")) for guess in (0, MAX_COUNTS + 99)}
    assert again[0] == 0 < again[MAX_COUNTS + 99], "the oldest are forgotten"


def test_device_tokens(tmp_path: Path) -> None:
    devices = KnownDevices.load_or_create(tmp_path / "devices.key")
    assert (tmp_path / "devices.key").stat().st_mode & 0o777 == 0o600
    cookie = devices.remember("", "kim", 5)
    device = devices.device_of(cookie, "kim", 5)
    assert device is not None
    again = KnownDevices.load_or_create(tmp_path / "devices.key")
    assert again.device_of(cookie, "kim", 5) == device
    for other in (devices.device_of(cookie, "lee", 5), devices.device_of(cookie, "kim", 6)):
        assert other is None
    shared = devices.remember(cookie, "lee", 1)
    assert devices.device_of(shared, "kim", 5) == device
    assert devices.remember(shared, "kim", 5).count("~") == 1
    for name in range(9):
        shared = devices.remember(shared, f"n{name}", 1)
    assert shared.count("~") == 4
    for forged in ("", "~", "x" * 96, "0" * 96, cookie[:-1], cookie[:-1] + ("0" if cookie[-1] != "0" else "1")):
        assert devices.device_of(forged, "kim", 5) is None


@pytest.mark.parametrize("left", [b"", b"half"])
def test_a_secret_that_a_power_cut_left_without_its_octets_is_made_anew(tmp_path: Path, left: bytes) -> None:
    (tmp_path / "devices.key").write_bytes(left)
    made = KnownDevices.load_or_create(tmp_path / "devices.key")
    assert len((tmp_path / "devices.key").read_bytes()) == 32
    assert made.fingerprint == KnownDevices.load_or_create(tmp_path / "devices.key").fingerprint
    assert made.fingerprint != KnownDevices(left).fingerprint
    assert [path.name for path in tmp_path.iterdir()] == ["devices.key"]


@pytest.fixture
def strict(settings: Settings) -> Iterator[Site]:
    with running(settings.model_copy(update={"login_attempts_per_minute": 3})) as found:
        yield found


def test_a_strangers_guesses_lock_nobody_else_out(strict: Site) -> None:
    for name in ("right", "neighbour"):
        strict.add_user(name, "inspector", "점검자-03")
    known = strict.anonymous()
    right = {"username": "right", "password": PASSWORD}
    assert known.post("/api/login", right).status_code == 200
    stranger = strict.anonymous()
    codes = [stranger.post("/api/login", right | {"password": "guess"}).status_code for _ in range(10)]
    assert codes[:3] == [401] * 3
    assert 429 in codes
    assert known.post("/api/login", right).status_code == 200
    assert strict.anonymous().post("/api/login", {"username": "neighbour", "password": PASSWORD}).status_code == 200
    refused = stranger.post("/api/login", right)
    if refused.status_code == 429:  # else the wait was over, on a slow machine
        assert 1 <= int(refused.headers["retry-after"]) <= LONGEST_DELAY_S + 1
    with strict.db.read() as connection:
        failed = connection.execute(select(audit).where(audit.c.action == "login.failed")).all()
    assert {row.object_id for row in failed} == {"right"}
    assert len(failed) == codes.count(401)
    assert json.loads(failed[0].detail_json) == {"address": "127.0.0.1", "known_device": False}


def test_guesses_at_once_are_counted_one_after_another(strict: Site) -> None:
    strict.add_user("right", "viewer", "점검자-03")
    codes: list[int] = []

    def guess() -> None:
        answer = httpx.post(f"{strict.url}/api/login", json={"username": "right", "password": "guess"}, timeout=30)
        codes.append(answer.status_code)

    threads = [threading.Thread(target=guess) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes.count(401) <= 4
    assert set(codes) == {401, 429}


def test_what_somebody_typed_into_the_wrong_field_is_not_written_down(site: Site) -> None:
    site.anonymous().post("/api/login", {"username": "my-secret-password", "password": "x"})
    with site.db.read() as connection:
        (row,) = connection.execute(select(audit).where(audit.c.action == "login.failed")).all()
    assert row.object_id == "(unknown name)"
    assert "secret" not in row.detail_json


def _log_in(site: Site, username: str, password: str) -> Client:
    client = site.anonymous()
    answer = client.post("/api/login", {"username": username, "password": password})
    assert answer.status_code == 200, answer.text
    client.csrf = answer.json()["csrf_token"]
    return client


def test_a_one_time_password_allows_nothing_but_its_change(settings: Settings) -> None:
    with running(settings) as site:
        password = auth.ensure_first_user(site.db, "")
        assert password is not None
        admin = _log_in(site, "admin", password)
        assert admin.get("/api/me").json()["user"]["must_change_password"] is True
        for answer in (
            admin.get("/api/rooms"),
            admin.get("/api/live"),
            admin.get("/api/exports/inspection-log", reason="x"),
            admin.post("/api/facilities", {}),
        ):
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "password_change_needed")
        change = {"current_password": password, "new_password": NEW_PASSWORD}
        for weak in ("admin-12345", "aaaaaaaaaaaa", password):
            refused = admin.post("/api/password", change | {"new_password": weak})
            assert (refused.status_code, refused.json()["error"]["code"]) == (400, "weak_password"), weak
        assert admin.post("/api/password", change | {"new_password": "short"}).status_code == 400
        changed = admin.post("/api/password", change)
        assert changed.json()["user"]["must_change_password"] is False
        assert admin.get("/api/rooms").json()["error"]["code"] == "second_factor_needed"
        assert _log_in(site, "admin", NEW_PASSWORD).get("/api/second-factor").json()["is_needed"] is True


def test_a_password_that_the_operator_chose_is_the_operators_own(settings: Settings) -> None:
    with running(settings) as site:
        auth.ensure_first_user(site.db, PASSWORD)
        admin = _log_in(site, "admin", PASSWORD)
        assert admin.get("/api/me").json()["user"]["must_change_password"] is False
        assert admin.get("/api/rooms").json()["error"]["code"] == "second_factor_needed"


def test_a_new_password_ends_the_other_sessions_and_devices(site: Site) -> None:
    site.add_user("kim", "viewer", "점검자-07")
    here, elsewhere = _log_in(site, "kim", PASSWORD), _log_in(site, "kim", PASSWORD)
    wrong = here.post("/api/password", {"current_password": "wrong", "new_password": NEW_PASSWORD})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (403, "wrong_credentials")
    changed = here.post("/api/password", {"current_password": PASSWORD, "new_password": NEW_PASSWORD})
    assert changed.status_code == 200
    assert here.get("/api/rooms").status_code == 200
    assert elsewhere.get("/api/rooms").status_code == 401
    here.csrf = changed.json()["csrf_token"]
    assert here.post("/api/logout").status_code == 200
    with site.db.read() as connection:
        rows = connection.execute(select(audit).where(audit.c.action == "password.changed")).all()
    assert [(row.actor, row.object_id) for row in rows] == [("점검자-07", "kim")]


@pytest.mark.parametrize("way", ["route", "terminal", "password", "logout"])
def test_a_stream_ends_with_its_session(site: Site, way: str) -> None:
    site.add_user("kim", "viewer", "점검자-07")
    admin, kim = site.login("admin"), _log_in(site, "kim", PASSWORD)
    with kim.http.stream("GET", "/api/live") as stream, site.login("viewer").http.stream("GET", "/api/live") as other:
        lines = stream.iter_lines()
        assert next(lines) == "retry: 2000"
        match way:
            case "route":
                assert admin.post("/api/users/kim/deactivate").json() == {"ok": True}
            case "terminal":
                with site.db.write() as connection:
                    auth.deactivate_user(connection, "kim", actor="sweep-server")
            case "password":
                body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
                assert kim.post("/api/password", body).status_code == 200
            case _:
                assert kim.post("/api/logout").status_code == 200
        began_s, queued = time.monotonic(), Queued()
        assert [line for line in lines if line.startswith("event")] == ["event: closing"]  # and then the stream ends
        assert time.monotonic() - began_s - queued.seconds() < 5
        assert other.status_code == 200
    if way in {"route", "terminal"}:
        assert kim.get("/api/rooms").status_code == 401
        assert site.anonymous().post("/api/login", {"username": "kim", "password": PASSWORD}).status_code == 401


def test_who_may_be_switched_off(settings: Settings) -> None:
    with running(settings) as site:
        auth.ensure_first_user(site.db, PASSWORD)
        admin = _log_in(site, "admin", PASSWORD)
        site.strengthen(admin)
        assert admin.post("/api/users/admin/deactivate").json()["error"]["code"] == "last_admin"
        assert admin.post("/api/users/nobody/deactivate").status_code == 404
        assert site.login("inspector").post("/api/users/admin/deactivate").status_code == 403


def test_no_writer_waits_for_a_password_to_be_hashed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    person = site.login("inspector")
    hash_it, hashed = PasswordHash.hash, []

    def watched(self: PasswordHash, password: str) -> str:
        with site.db.write():  # another writer can go on
            hashed.append(password)
        return hash_it(self, password)

    monkeypatch.setattr(PasswordHash, "hash", watched)
    answer = person.post("/api/password", {"current_password": PASSWORD, "new_password": "another-long-one"})
    assert answer.status_code == 200
    assert hashed == ["another-long-one"]

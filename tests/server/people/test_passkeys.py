"""Passkeys at the server: registering, logging in, removing; and everything that must not open a session."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import cbor2
import httpx
import pytest
from sqlalchemy import select, update
from webauthn import base64url_to_bytes
from webauthn.helpers import bytes_to_base64url

from server.config.settings import Settings
from server.interface.errors import ApiError
from server.interface.people_requests import NewPasskey, PasskeyAnswer
from server.people import auth, challenges
from server.people import passkeys as passkey_room
from server.people.passkeys import MAX_PASSKEYS
from server.people.relying_party import RelyingParty, relying_party
from server.store.clock import now_ms
from server.store.schema import audit, passkeys, sessions, spent_challenges
from tests.report_factory import make_report
from tests.server.conftest import PASSWORD, Client, Site, running
from tests.server.people.authenticator import ATTESTED, ORIGIN, PRESENT, RP_ID, Authenticator, changed
from tests.server.sweep_kit import Probe

LOGIN = "/api/login/passkey"


@pytest.fixture
def door(settings: Settings) -> Iterator[Site]:
    """A server with a public address, where passkeys work."""
    with running(settings.model_copy(update={"public_url": ORIGIN})) as found:
        yield found


def _person(site: Site, name: str = "kim") -> Client:
    site.add_user(name, "inspector", "점검자-07")
    client = site.anonymous()
    answer = client.post("/api/login", {"username": name, "password": PASSWORD})
    client.csrf = answer.json()["csrf_token"]
    return client


def _register(client: Client, phone: Authenticator, name: str = "내 휴대전화") -> httpx.Response:
    return client.post("/api/passkeys", phone.new(client.post("/api/passkeys/options").json(), name))


def _log_in(client: Client, phone: Authenticator) -> httpx.Response:
    return client.post(LOGIN, phone.answer(client.post(f"{LOGIN}/options").json()))


def _carry(client: Client, cookie: str) -> None:
    """Put the cookie of a challenge into a browser, whoever got it."""
    if "ansim_passkey" in client.http.cookies:
        client.http.cookies.delete("ansim_passkey")
    client.http.cookies.set("ansim_passkey", cookie)


def _refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_a_passkey_is_registered_used_and_removed(door: Site) -> None:
    kim, phone, key = _person(door), Authenticator(), Authenticator()
    assert door.anonymous().get("/api/login").json() == {"passkey_origin": ORIGIN, "single_sign_on": None}
    assert _register(kim, phone).status_code == 201
    listed = _register(kim, key, "보안 키").json()["passkeys"]
    assert [(one["name"], one["last_used"], one["is_synced"]) for one in listed] == [
        ("내 휴대전화", None, False),
        ("보안 키", None, False),
    ]
    stranger = door.anonymous()
    opened = _log_in(stranger, phone)
    assert opened.json()["user"]["username"] == "kim"
    stranger.csrf = opened.json()["csrf_token"]
    first, second = stranger.get("/api/passkeys").json()["passkeys"]
    assert (first["last_used"] is not None, second["last_used"]) == (True, None)
    assert stranger.http.delete(f"/api/passkeys/{first['passkey_id']}").status_code == 403  # without its token
    gone = stranger.http.delete(f"/api/passkeys/{first['passkey_id']}", headers={"X-CSRF-Token": stranger.csrf})
    assert [one["name"] for one in gone.json()["passkeys"]] == ["보안 키"]
    assert _refused(_log_in(door.anonymous(), phone)) == (401, "wrong_passkey")
    assert _log_in(door.anonymous(), key).status_code == 200
    with door.db.read() as connection:
        ways = connection.scalars(select(sessions.c.way).order_by(sessions.c.created_ms)).all()
        rows = connection.execute(select(audit).order_by(audit.c.audit_id)).all()
    assert ways == ["password", "passkey", "passkey"]
    said = [(row.action, row.object_id) for row in rows if "passkey" in row.detail_json or "passkey" in row.action]
    assert said == [
        ("passkey.added", "kim"),
        ("passkey.added", "kim"),
        ("login", "kim"),
        ("passkey.removed", "kim"),
        ("login.failed", "(unknown passkey)"),
        ("login", "kim"),
    ]


def test_what_somebody_decides_who_came_by_passkey_says_so(door: Site) -> None:
    kim, phone, probe = _person(door), Authenticator(), Probe()
    door.admit(probe.signer)
    sweep_id, opened, report = probe.whole_sweep()
    for wire in (opened, report):
        assert door.send(wire).status_code == 200
    _register(kim, phone)
    stranger = door.anonymous()
    stranger.csrf = _log_in(stranger, phone).json()["csrf_token"]
    said = {"sweep_id": str(sweep_id), "verdict": "recheck", "note": None}
    for client in (kim, stranger):
        assert client.post(f"/api/findings/{make_report().findings[0].finding_id}/disposition", said).status_code == 201
    sweep = kim.get(f"/api/sweeps/{sweep_id}").json()
    assert [(one["subject"], one["assurance"]) for one in sweep["dispositions"]] == [
        ("점검자-07", "password"),
        ("점검자-07", "passkey"),
    ]


Spoil = Callable[[Authenticator], None]


def _elsewhere(phone: Authenticator) -> None:
    phone.origin = "https://ansim.example.kr.evil.example"


def _plain(phone: Authenticator) -> None:
    phone.origin = "http://ansim.example.kr"


def _other_party(phone: Authenticator) -> None:
    phone.rp_id = "evil.example"


def _unverified(phone: Authenticator) -> None:
    phone.flags = PRESENT


def _absent(phone: Authenticator) -> None:
    phone.flags = 0


def _other_key(phone: Authenticator) -> None:
    phone.key = Authenticator().key


def _other_person(phone: Authenticator) -> None:
    phone.user_handle = bytes_to_base64url(bytes(16))


WRONG_IN_BOTH: tuple[Spoil, ...] = (_elsewhere, _plain, _other_party, _unverified, _absent)


def test_answers_that_are_wrong_in_one_thing_open_nothing(door: Site) -> None:
    kim, phone = _person(door), Authenticator()
    for spoil in WRONG_IN_BOTH:
        spoilt = Authenticator()
        spoil(spoilt)
        assert _refused(_register(kim, spoilt)) == (400, "passkey_refused"), spoil
    assert _register(kim, phone).status_code == 201
    for spoil in (*WRONG_IN_BOTH, _other_key, _other_person):
        spoilt = Authenticator(**vars(phone))
        spoil(spoilt)
        stranger = door.anonymous()
        assert _refused(_log_in(stranger, spoilt)) == (401, "wrong_passkey"), spoil
        assert stranger.get("/api/me").json()["user"] is None
    phone.count = 100  # whatever the wrong ones counted, the right one goes on
    assert _log_in(door.anonymous(), phone).status_code == 200


def test_a_counter_that_goes_back_is_refused_and_written_down(door: Site) -> None:
    kim, phone = _person(door), Authenticator()
    _register(kim, phone)
    copied = Authenticator(**vars(phone))
    for _ in range(3):
        assert _log_in(door.anonymous(), phone).status_code == 200
    assert _refused(_log_in(door.anonymous(), copied)) == (401, "counter_went_back")
    with door.db.read() as connection:
        (row,) = connection.execute(select(audit).where(audit.c.action == "login.failed")).all()
    assert row.object_id == "kim"
    assert json.loads(row.detail_json) == {"address": "127.0.0.1", "way": "passkey", "why": "counter_went_back"}
    assert _log_in(door.anonymous(), phone).status_code == 200


def test_a_passkey_without_a_counter_is_used_again_and_again(door: Site) -> None:
    kim, phone = _person(door), Authenticator()
    _register(kim, phone)
    for _ in range(2):
        phone.count = -1  # answers with zero, as passkeys do that are synchronised
        assert _log_in(door.anonymous(), phone).status_code == 200


def test_a_challenge_is_good_for_one_answer_one_browser_one_purpose_and_five_minutes(
    door: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    kim, phone = _person(door), Authenticator()
    _register(kim, phone)
    stranger, other = door.anonymous(), door.anonymous()
    answer = phone.answer(stranger.post(f"{LOGIN}/options").json())
    cookie = stranger.http.cookies["ansim_passkey"]
    assert _refused(other.post(LOGIN, answer)) == (400, "challenge_over")  # another browser
    assert stranger.post(LOGIN, answer).status_code == 200
    for client in (stranger, other):
        _carry(client, cookie)
        assert _refused(client.post(LOGIN, answer)) == (400, "challenge_over")  # again
    new = kim.post("/api/passkeys/options").json()
    assert _refused(kim.post(LOGIN, phone.answer(new))) == (400, "challenge_over")  # made for something else
    lee = _person(door, "lee")
    _carry(lee, kim.http.cookies["ansim_passkey"])
    assert _refused(lee.post("/api/passkeys", Authenticator().new(new))) == (400, "challenge_over")  # and for kim

    other.http.cookies.clear()
    wrong = other.post(f"{LOGIN}/options").json()
    spoilt = phone.answer(wrong) | {"signature": "AAAA"}
    assert _refused(other.post(LOGIN, spoilt)) == (401, "wrong_passkey")
    assert _refused(other.post(LOGIN, phone.answer(wrong))) == (400, "challenge_over")  # a wrong answer spends it

    forged = other.http.cookies["ansim_passkey"].split(".")
    for cookie in ("", "x", ".".join([forged[0], "9999999999999", forged[2]]), ".".join([*forged[:2], "0" * 64])):
        _carry(other, cookie)
        assert _refused(other.post(LOGIN, phone.answer({"challenge": forged[0]}))) == (400, "challenge_over"), cookie

    other.http.cookies.clear()
    late = phone.answer(other.post(f"{LOGIN}/options").json())
    later_ms = now_ms() + challenges.CHALLENGE_S * 1000 + 1
    monkeypatch.setattr(challenges, "now_ms", lambda: later_ms)
    assert _refused(other.post(LOGIN, late)) == (400, "challenge_over")
    assert _log_in(door.anonymous(), phone).status_code == 200
    with door.db.read() as connection:  # those from before went with it
        assert len(connection.scalars(select(spent_challenges.c.challenge)).all()) == 1


def test_a_challenge_of_one_person_is_not_signed_by_another_ones_passkey(door: Site) -> None:
    kim, phone, lees = _person(door), Authenticator(), Authenticator()
    lee = _person(door, "lee")
    _register(kim, phone)
    _register(lee, lees)
    mixed = Authenticator(**vars(lees) | {"credential_id": phone.credential_id, "user_handle": phone.user_handle})
    assert _refused(_log_in(door.anonymous(), mixed)) == (401, "wrong_passkey")
    assert _refused(_register(lee, phone)) == (409, "known_passkey")
    (kims,) = kim.get("/api/passkeys").json()["passkeys"]
    foreign = lee.http.delete(f"/api/passkeys/{kims['passkey_id']}", headers={"X-CSRF-Token": lee.csrf})
    assert _refused(foreign) == (404, "not_found")
    assert _log_in(door.anonymous(), lees).json()["user"]["username"] == "lee"


FORMATS = ("packed", "tpm", "apple", "android-key", "fido-u2f", "android-safetynet")
NO_KEYS: tuple[object, ...] = (
    {},
    {1: 2},
    {1: 2, 3: -7, -1: 1, -2: b"", -3: b""},
    {1: 2, 3: -7, -1: 1, -2: b"1" * 32, -3: b"1" * 32},
    {1: 3, 3: -257, -1: b"", -2: b""},
    {1: 1, 3: -8, -1: 6, -2: 5},
    [],
    5,
)


def _no_passkeys(seeded: random.Random, right: NewPasskey) -> Iterator[NewPasskey]:
    """Attestations that are none: by hand, and the right one with a byte changed."""
    odd = [b"\xff", b"\xbf\xff", b"\xa1\x63fmt\x64none", b"\x9b" + b"\xff" * 8, b"\x81" * 3000, bytes(37)]
    objects = (
        {"fmt": "none"},
        {"fmt": 5, "authData": 5},
        {"fmt": [], "authData": b""},
        {"fmt": "none", "authData": b"0" * 80},
    )
    odd += [cbor2.dumps(one) for one in objects]
    data = cbor2.loads(base64url_to_bytes(right.attestation))["authData"]
    statements: tuple[dict[str, object], ...] = (
        {},
        {"x5c": [b""], "sig": b"", "alg": -7},
        {"sig": b"", "alg": -7},
        {"x5c": 1, "response": b"."},
    )
    odd += [cbor2.dumps({"fmt": kind, "attStmt": one, "authData": data}) for kind in FORMATS for one in statements]
    head = Authenticator().signed_data(ATTESTED) + bytes(16) + (32).to_bytes(2, "big") + bytes(32)
    odd += [cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": head + cbor2.dumps(key)}) for key in NO_KEYS]
    for data in odd:
        yield right.model_copy(update={"attestation": bytes_to_base64url(data)})
        yield right.model_copy(update={"client_data": bytes_to_base64url(data)})
    for _ in range(400):
        name = seeded.choice(["client_data", "attestation"])
        yield right.model_copy(update={name: changed(getattr(right, name), seeded.randrange(10_000))})


def test_bytes_that_are_no_passkey_are_refused_in_one_line() -> None:
    seeded, party = random.Random(20), RelyingParty(RP_ID, ORIGIN)
    challenge = bytes(range(32))
    options = {"challenge": bytes_to_base64url(challenge), "user_id": "AA"}
    phone, taken = Authenticator(), 0
    right = NewPasskey.model_validate(phone.new(options))
    kept = passkey_room.verified_new(party, challenge, right)
    assert kept[0] == phone.credential_id
    for new in _no_passkeys(seeded, right):
        with suppress(ApiError):
            passkey_room.verified_new(party, challenge, new)
            taken += 1  # a byte of the credential's id or of the model's: nothing signs these
    assert 0 < taken < 200
    answer = PasskeyAnswer.model_validate(phone.answer(options))
    stored: Any = SimpleNamespace(public_key=kept[1], sign_count=0)
    assert passkey_room.verified(party, challenge, stored, answer) == (1, False)
    for count in range(600):
        name = ("client_data", "authenticator_data", "signature")[count % 3]
        wrong = changed(getattr(answer, name), seeded.randrange(10_000))
        with pytest.raises(ApiError, match="not known here"):
            passkey_room.verified(party, challenge, stored, answer.model_copy(update={name: wrong}))


def test_bytes_that_are_no_passkey_reach_the_server_as_any_others(door: Site) -> None:
    kim = _person(door)
    for data in (b"\xff", b"\x81" * 3000, cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": bytes(80)})):
        new = Authenticator().new(kim.post("/api/passkeys/options").json())
        odd = new | {"attestation": bytes_to_base64url(data)}
        assert _refused(kim.post("/api/passkeys", odd)) == (400, "passkey_refused")
    for odd_text in ("", "=", "A" * 5, "A" * 20_000, "가", None, 5):
        answer = Authenticator(user_handle="AA").answer(kim.post(f"{LOGIN}/options").json())
        assert kim.post(LOGIN, answer | {"signature": odd_text}).status_code == 400, odd_text
    assert kim.get("/api/passkeys").json() == {"passkeys": []}


def test_wrong_passkeys_wait_like_wrong_passwords_and_lock_nobody_out(settings: Settings) -> None:
    strict = settings.model_copy(update={"public_url": ORIGIN, "login_attempts_per_minute": 3})
    with running(strict) as site:
        kim, phone = _person(site), Authenticator()
        _register(kim, phone)
        thief = Authenticator(**vars(phone))
        _other_key(thief)
        stranger = site.anonymous()
        codes = [_log_in(stranger, thief).status_code for _ in range(8)]
        assert codes[:3] == [401] * 3
        assert 429 in codes
        assert _log_in(kim, phone).status_code == 200  # from a known device
        wrong = {"username": "kim", "password": PASSWORD}
        assert site.anonymous().post("/api/login", wrong).status_code == 200  # a password counts by itself


def test_a_new_passkey_needs_a_recent_login(door: Site) -> None:
    kim, phone = _person(door), Authenticator()
    options = kim.post("/api/passkeys/options").json()
    with door.db.write() as connection:
        connection.execute(update(sessions).values(created_ms=sessions.c.created_ms - 601_000))
    assert _refused(kim.post("/api/passkeys/options")) == (403, "login_again")
    assert _refused(kim.post("/api/passkeys", phone.new(options))) == (403, "login_again")
    assert kim.get("/api/passkeys").json() == {"passkeys": []}


@pytest.mark.soak
def test_only_so_many_passkeys(door: Site) -> None:
    kim = _person(door)
    for count in range(MAX_PASSKEYS):
        assert _register(kim, Authenticator(), f"키 {count}").status_code == 201
    assert _refused(_register(kim, Authenticator())) == (409, "too_many_passkeys")


@pytest.mark.parametrize("way", ["deactivated", "moved", "reset", "own password"])
def test_what_ends_passkeys(door: Site, way: str) -> None:
    kim, phone = _person(door), Authenticator()
    _register(kim, phone)
    used = door.anonymous()
    used.csrf = _log_in(used, phone).json()["csrf_token"]
    match way:
        case "deactivated":
            door.login("admin").post("/api/users/kim/deactivate")
        case "moved":
            door.login("admin").post("/api/users/kim/move", {"role": "supervisor", "district_id": None})
        case "reset":
            with door.db.write() as connection:
                auth.set_password(connection, "kim", "another-long-one", actor="test", is_one_time=True)
        case _:
            kim.post("/api/password", {"current_password": PASSWORD, "new_password": "another-long-one"})
    assert used.get("/api/passkeys").status_code == 401
    if way == "own password":  # the passkey is not the password
        assert _log_in(door.anonymous(), phone).status_code == 200
        return
    assert _refused(_log_in(door.anonymous(), phone)) == (401, "wrong_passkey")
    with door.db.write() as connection:
        assert connection.scalars(select(passkeys.c.passkey_id)).all() == []
        auth.set_password(connection, "kim", PASSWORD, actor="test")  # back again, without the old passkey
    assert _refused(_log_in(door.anonymous(), phone)) == (401, "wrong_passkey")


def test_where_passkeys_work() -> None:
    cases = {
        ("https://ansim.example.kr/", "whatever"): (RP_ID, ORIGIN),
        ("https://ansim.example.kr:8443", ""): (RP_ID, "https://ansim.example.kr:8443"),
        ("https://ansim.example.kr:443", ""): (RP_ID, ORIGIN),
        ("http://ansim.example.kr", "localhost:8080"): None,
        ("https://192.0.2.7", "localhost"): None,
        ("https://[2001:db8::1]", ""): None,
        ("", "localhost:8080"): ("localhost", "http://localhost:8080"),
        ("", "localhost"): ("localhost", "http://localhost"),
        ("", "127.0.0.1:8080"): None,
        ("", "ansim.example.kr"): None,
        ("", "localhost.evil.example"): None,
        ("", "localhost:x"): None,
        ("", ""): None,
    }
    for (public_url, host), wanted in cases.items():
        party = relying_party(public_url, host)
        assert (None if party is None else (party.rp_id, party.origin)) == wanted, (public_url, host)


def test_without_an_address_that_carries_passkeys_the_server_says_so(site: Site) -> None:
    client = _person(site)
    assert client.get("/api/login").json() == {"passkey_origin": None, "single_sign_on": None}
    assert _refused(client.post(f"{LOGIN}/options")) == (409, "passkeys_off")
    assert _refused(client.post("/api/passkeys/options")) == (409, "passkeys_off")
    assert _refused(client.post(LOGIN, Authenticator(user_handle="AA").answer({"challenge": "A"}))) == (
        409,
        "passkeys_off",
    )

"""People: logging in, what each role may do, rooms and their plans, and what is written down about it."""

from __future__ import annotations

import json
import re

import pytest
from pwdlib import PasswordHash
from sqlalchemy import select

from server.api.app import build_services
from server.config.settings import Settings
from server.interface.fields import Role
from server.people import auth
from server.store.schema import access_log, audit, sessions, users
from tests.passwords import REAL_HASH
from tests.server.conftest import PASSWORD, Client, Site
from tests.server.sweep_kit import Probe

ROOM = "/api/rooms/01920000-0000-7000-8000-00000000a001"


def test_logging_in_and_out(site: Site) -> None:
    site.add_user("someone", "inspector", "점검자-03")
    client = site.anonymous()
    assert client.get("/api/me").json() == {"user": None, "csrf_token": None}
    answer = client.post("/api/login", {"username": "someone", "password": PASSWORD})
    cookie = next(line for line in answer.headers.get_list("set-cookie") if line.startswith("ansim_session="))
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert answer.json()["user"] == {
        "username": "someone",
        "display_name": "점검자-03",
        "role": "inspector",
        "district_id": None,
        "must_change_password": False,
        "needs_enrolment_code": False,
        "needs_second_factor": False,
    }
    assert client.get("/api/me").json() == {"user": answer.json()["user"], "csrf_token": answer.json()["csrf_token"]}
    assert client.post("/api/logout").json()["error"]["code"] == "csrf"
    client.csrf = answer.json()["csrf_token"]
    assert client.post("/api/logout").json() == {"sign_out_url": None}
    assert client.get("/api/me").json()["user"] is None
    client.http.cookies.set("ansim_session", cookie.split("=")[1].split(";")[0])
    assert client.get("/api/rooms").status_code == 401  # the token itself is dead, not only the cookie


def test_passwords_and_tokens_are_stored_as_hashes(site: Site) -> None:
    client = site.login("viewer")
    token = client.http.cookies["ansim_session"]
    with site.db.read() as connection:
        stored = connection.scalars(select(users.c.password_hash)).all()
        assert all(value.startswith("$argon2id$") for value in stored)
        assert token not in connection.scalars(select(sessions.c.token_hash)).all()


@pytest.mark.parametrize(
    "body", [{"username": "someone", "password": "wrong"}, {"username": "nobody", "password": "x"}]
)
def test_a_wrong_password_and_an_unknown_name_look_the_same(site: Site, body: dict[str, str]) -> None:
    site.add_user("someone", "viewer", "점검자-03")
    answer = site.anonymous().post("/api/login", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "wrong_credentials")


def test_an_unknown_name_costs_what_a_known_one_does(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hash that stands for those who have none is written down: it follows when hashing changes."""
    verify, held_to = PasswordHash.verify, []

    def watched(self: PasswordHash, password: str, stored: str) -> bool:
        held_to.append(stored)
        return verify(self, password, stored)

    def cost(stored: str) -> list[str | int]:
        _, *parameters, salt, digest = stored.split("$")
        return [*parameters, len(salt), len(digest)]

    monkeypatch.setattr(PasswordHash, "verify", watched)
    monkeypatch.setattr(PasswordHash, "hash", REAL_HASH)
    assert site.anonymous().post("/api/login", {"username": "nobody", "password": PASSWORD}).status_code == 401
    (stored,) = held_to
    assert cost(stored) == cost(auth.hashed(PASSWORD).text)


MALFORMED_LOGINS: tuple[object, ...] = (
    {},
    {"username": "a\0b", "password": "x"},
    {"username": "a", "password": "x", "z": 1},
    [],
)


@pytest.mark.parametrize("body", MALFORMED_LOGINS)
def test_a_malformed_login_is_a_400(site: Site, body: object) -> None:
    assert site.anonymous().post("/api/login", body).status_code == 400


def test_a_form_of_another_site_cannot_log_in(site: Site) -> None:
    answer = site.anonymous().http.post(
        "/api/login", content=json.dumps({"username": "a", "password": "b"}), headers={"Content-Type": "text/plain"}
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "json_needed")


def test_the_first_user_gets_a_random_password_once(settings: Settings) -> None:
    db = build_services(settings).db
    password = auth.ensure_first_user(db, "")
    assert password is not None
    assert auth.ensure_first_user(db, "") is None
    assert auth.check_password(db, "admin", password).role == "admin"
    assert len(password) == 19
    db.close()


def test_nobody_sees_anything_without_a_login(site: Site) -> None:
    client = site.anonymous()
    document = client.get("/api/openapi.json").json()
    is_open = {"/api/health", "/api/me", "/api/entries", "/api/server-key", "/api/server-key/succession"}
    is_open |= {"/api/login", "/api/login/passkey", "/api/login/passkey/options"}
    for path, methods in document["paths"].items():
        if path.startswith("/api/log/"):
            continue  # hashes and times, for whoever holds the log to its word
        for method in methods:
            filled = re.sub(r"\{(\w+)\}", lambda found: "0" * (64 if found[1] == "commitment" else 32), path)
            if path in is_open and (method, path) != ("get", "/api/entries"):
                continue
            answer = client.http.request(method, filled, params={"reason": "why"})
            assert answer.status_code == 401, (method, path, answer.text)


@pytest.mark.parametrize(
    ("role", "method", "path", "status"),
    [
        ("viewer", "PUT", f"{ROOM}/plan", 403),
        ("viewer", "GET", "/api/exports/inspection-log?reason=x", 403),
        ("viewer", "GET", f"/api/bodies/{'0' * 64}", 403),
        ("inspector", "POST", "/api/facilities", 403),
        ("inspector", "POST", f"/api/bodies/{'0' * 64}/erase", 403),
        ("inspector", "GET", f"/api/bodies/{'0' * 64}", 404),
    ],
)
def test_roles(site: Site, role: Role, method: str, path: str, status: int) -> None:
    client = site.login(role)
    answer = client.http.request(method, path, json={}, headers={"X-CSRF-Token": client.csrf})
    assert answer.status_code == status


def test_rooms_and_plan_versions(site: Site) -> None:
    inspector = site.login("inspector", "점검자-05")
    listed = inspector.get("/api/rooms").json()["rooms"]
    assert [room["plan_verified"] for room in listed] == [False, True]
    plan = inspector.get(ROOM).json()["plan"]
    assert [zone["kind"] for zone in plan["zones"]] == ["stall"] * 3 + ["basin", "entrance"]
    changed = plan | {"version": 2, "is_verified": False, "width_m": 4.5}
    after = inspector.put(f"{ROOM}/plan", changed)
    assert after.status_code == 200
    assert after.json()["plan"] == changed
    assert [(item["version"], item["created_by"]) for item in after.json()["plan_history"]] == [
        (2, "점검자-05"),
        (1, "system"),
    ]
    again = inspector.put(f"{ROOM}/plan", changed)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "plan_version")
    with site.db.read() as connection:
        row = connection.execute(select(audit).where(audit.c.action == "plan.changed")).one()
    assert (row.actor, json.loads(row.detail_json)) == ("점검자-05", {"from": 1, "to": 2, "is_verified": False})


@pytest.mark.parametrize(
    "change",
    [
        {"width_m": float("nan")},
        {"width_m": -1},
        {"version": 2**63},
        {"version": "2"},
        {"zones": []},
        {"unknown": 1},
    ],
)
def test_a_plan_out_of_bounds_is_refused(site: Site, change: dict[str, object]) -> None:
    inspector = site.login("inspector")
    plan = inspector.get(ROOM).json()["plan"] | {"version": 2} | change
    answer = inspector.http.put(
        f"{ROOM}/plan",
        content=json.dumps(plan),
        headers={"X-CSRF-Token": inspector.csrf, "Content-Type": "application/json"},
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_request")


def test_facilities_and_rooms_can_be_added(site: Site) -> None:
    admin = site.login("admin")
    name = {"ko": "새 시설", "en": "New facility"}
    wanted = {"name": name, "address": "어딘가 1", "code": "2026-1"}
    facility = admin.post("/api/facilities", wanted)
    assert facility.status_code == 201
    assert admin.post("/api/facilities", wanted).json()["error"]["code"] == "code_taken"
    rooms = f"/api/facilities/{facility.json()['facility_id']}/rooms"
    room = admin.post(rooms, {"name": name, "kind": "changing_room"}).json()["room_id"]
    detail = admin.get(f"/api/rooms/{room}").json()
    assert (detail["plan"]["is_verified"], detail["is_demo"], detail["facility_code"]) == (False, False, "2026-1")
    assert admin.post("/api/facilities/" + "0" * 32 + "/rooms", {"name": name, "kind": "restroom"}).status_code == 404


def test_each_look_at_a_crop_is_written_down(site: Site) -> None:
    probe = Probe()
    site.admit(probe.signer)
    sweep_id, opened, report = probe.whole_sweep()
    for wire in (opened, report):
        site.send(wire)
    inspector, viewer = site.login("inspector", "점검자-09"), site.login("viewer")
    detail = inspector.get(f"/api/sweeps/{sweep_id}").json()
    assert viewer.get(f"/api/sweeps/{sweep_id}").json()["crops"] == []
    (crop,) = detail["crops"]
    assert crop["finding_id"] == detail["report"]["findings"][0]["finding_id"]
    answer = inspector.get(f"/api/bodies/{crop['commitment']}")
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    report_body = detail["entries"][1]["bodies"][0]["commitment"]
    refused = inspector.get(f"/api/bodies/{report_body}")
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "reason_needed")
    other = inspector.get(f"/api/bodies/{report_body}", reason="대조")
    assert other.headers["content-disposition"].startswith("attachment")
    with site.db.read() as connection:
        seen = connection.execute(select(access_log.c.name, access_log.c.action, access_log.c.object_id)).all()
    assert {tuple(row) for row in seen} == {
        ("점검자-09", "sweep.viewed", str(sweep_id)),
        ("점검자-09", "body.viewed", crop["commitment"]),
        ("점검자-09", "body.downloaded", report_body),
    }


def test_every_answer_carries_the_security_headers(site: Site) -> None:
    client: Client = site.anonymous()
    for path in ("/", "/api/health", "/api/rooms", "/no/such/page", "/api/none", "/x.js"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert headers["x-content-type-options"] == "nosniff"


def test_the_page(site: Site, settings: Settings) -> None:
    client = site.anonymous()
    assert "make setup" in client.get("/").text
    assert 'href="/api/openapi.json"' in client.get("/api/docs").text
    assert client.get("/api/health").json()["page_built"] is False
    (settings.web_dir / "assets").mkdir(parents=True)
    (settings.web_dir / "index.html").write_text("<title>page</title>")
    (settings.web_dir / "assets" / "a.js").write_text("1")
    (settings.web_dir.parent / "secret.txt").write_text("secret")
    assert client.get("/rooms/anything").text == "<title>page</title>"
    assert 'href="/api/openapi.json"' in client.get("/api/docs").text  # not the page, which knows no such place
    assert client.get("/assets/a.js").headers["cache-control"].endswith("immutable")
    for path in (
        "/assets/b.js",
        "/assets/",
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/assets/..%2f..%2f..%2fsecret.txt",
        "/missing.js",
        "/a%00.js",
    ):
        assert client.get(path).status_code == 404, path
    assert client.get("/api/none").json()["error"]["code"] == "not_found"
    assert client.post("/api/health").json()["error"]["code"] == "method_not_allowed"


@pytest.mark.parametrize(
    ("takes", "encoding"),
    [
        ("gzip, br, zstd", "br"),
        ("BR;q=0.5", "br"),
        ("br;q=0, gzip", None),
        ("br; q=0.0", None),
        ("gzip", None),
        ("", None),
    ],
)
def test_an_asset_is_handed_out_as_the_build_compressed_it(
    site: Site, settings: Settings, takes: str, encoding: str | None
) -> None:
    assets = settings.web_dir / "assets"
    assets.mkdir(parents=True)
    (settings.web_dir / "index.html").write_text("<title>page</title>")
    (assets / "a.js.br").write_bytes(b"\x8b\x05\x80let one = 1;\x03")
    answer = site.anonymous().http.get("/assets/a.js", headers={"Accept-Encoding": takes})
    assert answer.text == "let one = 1;"
    assert answer.headers.get("content-encoding") == encoding
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"].endswith("immutable")


def test_answers_with_a_token_are_never_compressed(site: Site) -> None:
    """A length that tells how much of a secret one guessed (BREACH) needs a secret in what is compressed."""
    admin, longest = site.login("admin"), "점검자" * 20
    username = "a" * 60
    site.add_user(username, "inspector", longest)
    client = site.anonymous()
    client.http.headers["Accept-Encoding"] = "gzip, br, zstd"
    answer = client.post("/api/login", {"username": username, "password": PASSWORD})
    client.csrf = answer.json()["csrf_token"]
    changed = client.post("/api/password", {"current_password": PASSWORD, "new_password": "another-long-one"})
    for one in (answer, client.get("/api/me"), changed):
        assert one.json()["user"]["display_name"] == longest
        assert one.json()["csrf_token"]
        assert "content-encoding" not in one.headers
    assert client.get("/api/openapi.json").headers["content-encoding"]
    paths = admin.get("/api/openapi.json").json()["components"]["schemas"]
    assert {name for name, schema in paths.items() if "csrf_token" in schema.get("properties", {})} == {
        "LoginView",
        "MeView",
    }

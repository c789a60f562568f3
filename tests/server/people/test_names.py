"""Persons are persons: no two names alike, entries that carry the account, and the register that says whose it is."""

from __future__ import annotations

import json
import re
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import select, update

from server.config.settings import Settings
from server.people import auth
from server.store.db import Database
from server.store.schema import account_names, audit, body_refs, entries, users
from server.store.stored_bodies import bodies_of, find_body
from sweep.entry import kinds
from sweep.report import Disposition, parse_json
from sweep.report.log_records import PersonName, PersonRegistered
from tests.server.conftest import PASSWORD, QUICK_HASH, Client, Site
from tests.server.log_kit import verified
from tests.server.older_database import make_older
from tests.server.sweep_kit import DEMO_ROOM, Probe

ACCOUNT = re.compile(r"p-[a-z2-7]{10}")
DISTRICTS = ("mapo-gu", "jung-gu")


def _districts(admin: Client) -> None:
    for district_id in DISTRICTS:
        name = {"ko": district_id, "en": district_id}
        assert admin.post("/api/districts", {"district_id": district_id, "name": name}).status_code == 201


def _invite(admin: Client, username: str, name: str, district_id: str | None = "mapo-gu", **more: Any) -> Any:
    wanted = {"username": username, "display_name": name, "role": "inspector", "district_id": district_id}
    return admin.post("/api/users", wanted | more)


def _names(admin: Client) -> dict[str, str]:
    return {one["username"]: one["display_name"] for one in admin.get("/api/users").json()["users"]}


def _code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_names_that_look_alike_are_refused_until_they_differ(site: Site) -> None:
    admin = site.login("admin", "관리자-01")
    _districts(admin)
    assert _invite(admin, "a", "  김　하나 ").status_code == 201
    assert _invite(admin, "b", "점검자-07").status_code == 201
    assert _names(admin)["a"] == "김 하나"
    for name in ("김 하나", "김하나", " 김하나", "김\u3000하나", "점검자-0７", "점검자‐O7", "관리자-0l"):
        assert _code(_invite(admin, "x", name)) == (409, "name_taken"), name
    for name in (
        "Kіm",
        "김\u200b하나",
        "김\u3164하나",
        "김하나\u202e",
        "김하나Ꭰ",
        "😀😀",
        "김\u0301\u0301하나",
        "김  ",
    ):
        assert _code(_invite(admin, "x", name))[0] == 400, name
    refusal = _invite(admin, "x", "김하나").json()["error"]["message"]
    assert "예: 김하나 2" in refusal["ko"] and "such as 김하나 2" in refusal["en"]
    assert "점검자-08" in _invite(admin, "x", "점검자-07").json()["error"]["message"]["ko"]
    for username, name in (("c", "김하나 2"), ("d", "김하나(2팀)"), ("e", "Анна"), ("f", "Kim")):
        assert _invite(admin, username, name).status_code == 201, name
    assert _code(_invite(admin, "a", "이두리")) == (409, "username_taken")


def test_a_name_is_shared_with_nobody_of_the_district_nor_of_the_city(site: Site) -> None:
    admin = site.login("admin", "관리자-01")
    _districts(admin)
    assert _invite(admin, "a", "김하나").status_code == 201
    assert _invite(admin, "b", "김하나", "jung-gu").status_code == 201
    assert _code(_invite(admin, "c", "김하나", None)) == (409, "name_taken")
    moved = {"role": "inspector", "district_id": "mapo-gu"}
    assert _code(admin.post("/api/users/b/move", moved)) == (409, "name_taken")
    assert admin.post("/api/users/b/move", moved | {"display_name": "김하나(2팀)"}).status_code == 200
    assert _names(admin)["b"] == "김하나(2팀)"
    assert admin.post("/api/users/a/deactivate").status_code == 200
    assert _code(_invite(admin, "c", "김하나")) == (409, "name_taken")  # a former account's entries bear it
    assert _code(_invite(admin, "c", "김하나", "jung-gu")) == (409, "name_taken")  # so do those of who moved away


def test_accounts_have_ids_that_are_never_given_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    admin = site.login("admin", "관리자-01")
    _districts(admin)
    _invite(admin, "a", "김하나")
    (account,) = (one["account"] for one in admin.get("/api/users").json()["users"] if one["username"] == "a")
    assert ACCOUNT.fullmatch(account)
    with site.db.write() as connection:
        connection.execute(update(users).where(users.c.username == "a").values(account="p-zzzzzzzzzz"))
        drawn = iter([b"\x00" * 7, b"\x01" * 7])
        monkeypatch.setattr("server.people.names.secrets.token_bytes", lambda _: next(drawn))
        connection.execute(
            update(account_names).where(account_names.c.account == account).values(account="p-aaaaaaaaaa")
        )
        auth.create_user(
            connection, username="b", display_name="이두리", role="inspector", password=QUICK_HASH, actor="test"
        )
        assert connection.scalar(select(users.c.account).where(users.c.username == "b")) != "p-aaaaaaaaaa"


def _register(site: Site) -> list[tuple[PersonRegistered, PersonName | None]]:
    """The lines of the register, in the order of the log."""
    found = []
    with site.db.read() as connection:
        rows = connection.execute(
            select(entries).where(entries.c.kind == kinds.PERSON_REGISTERED).order_by(entries.c.log_index)
        ).all()
        for row in rows:
            assert (row.subject, row.assurance, row.status) == ("server", "device", "accepted")
            assert (row.room_id, row.sweep_id, row.key_id) == (None, None, site.services.server_signer.signer.key_id)
            line, name = bodies_of(connection, row.log_index)
            assert (line.media_type, name.media_type) == (kinds.PERSON_REGISTERED_TYPE, kinds.PERSON_NAME_TYPE)
            said = None if name.data is None else parse_json(PersonName, name.data)
            found.append((parse_json(PersonRegistered, line.data or b""), said))
    return found


def test_the_register_says_whose_an_account_is_and_its_name_can_be_erased_alone(site: Site) -> None:
    admin, witness = site.login("admin", "관리자-01"), "second"
    site.add_user(witness, "inspector", "점검자-09")
    _districts(admin)
    before = len(_register(site))
    assert _invite(admin, "a", "김하나").status_code == 201
    assert _invite(admin, "v", "열람자-01", role="viewer").status_code == 201  # makes no entries
    admin.post("/api/users/a/move", {"role": "supervisor", "district_id": "jung-gu", "display_name": "김하나 2"})
    admin.post("/api/users/a/deactivate")
    lines = _register(site)[before:]
    told = [(line.role, line.district, line.is_active, name.name if name else None) for line, name in lines]
    assert told == [
        ("inspector", "mapo-gu", True, "김하나"),
        ("supervisor", "jung-gu", True, "김하나 2"),
        ("supervisor", "jung-gu", False, "김하나 2"),
    ]
    (account,) = {line.account for line, _ in lines} | {name.account for _, name in lines if name}
    with site.db.read() as connection:
        named = select(body_refs.c.commitment).join(entries, entries.c.log_index == body_refs.c.log_index)
        named = named.where(entries.c.kind == kinds.PERSON_REGISTERED, body_refs.c.media_type == kinds.PERSON_NAME_TYPE)
        commitments = connection.scalars(named.order_by(entries.c.log_index)).all()[before:]
    reason = {"ko": "퇴직", "en": "left"}
    wanted = {"reason": reason, "second_person_username": witness, "second_person_password": PASSWORD}
    for commitment in commitments:
        assert admin.post(f"/api/bodies/{commitment}/erase", wanted).status_code == 201
    assert [(line.account, name) for line, name in _register(site)[before:]] == [(account, None)] * 3
    assert _names(admin)["a"] == account
    with site.db.read() as connection:
        kept = connection.scalars(select(account_names.c.name).where(account_names.c.account == account)).all()
        assert set(kept) == {None} and find_body(connection, commitments[0]) is not None
        assert verified(connection).problems == []


def test_every_entry_of_a_person_carries_the_account(site: Site) -> None:
    probe = Probe()
    site.admit(probe.signer)
    sweep_id, opened, report = probe.whole_sweep()
    for wire in (opened, report):
        assert site.send(wire).status_code == 200
    kim = site.login("inspector", "김하나")
    site.add_user("lee", "inspector", "이두리")
    (case,) = kim.get("/api/cases").json()["cases"]
    finding = f"/api/findings/{case['finding_id']}/disposition"
    assert kim.post(finding, {"sweep_id": str(sweep_id), "verdict": "cannot_exclude"}).status_code == 201
    step = {"step": {"step": "looked_at", "seen": "object"}, "second_person": {"username": "lee", "password": PASSWORD}}
    assert kim.post(f"/api/cases/{case['case_id']}/steps", step).status_code == 201
    assert kim.post(f"/api/rooms/{DEMO_ROOM}/cases", {"step": {"step": "reported", "what": "구멍"}}).status_code == 201
    note: dict[str, object] = {
        "by_eye": "not_done",
        "spots": [],
        "marks": None,
        "occasion": "regular",
        "companions": None,
    }
    note |= {"emergency_bell": "not_tested", "measures": [], "confirmed_by": None}
    assert kim.post(f"/api/sweeps/{sweep_id}/note", note).status_code == 201
    with site.db.read() as connection:
        accounts = {row.display_name: row.account for row in connection.execute(select(users))}
        rows = connection.execute(select(entries).where(entries.c.assurance.in_(("password", "passkey")))).all()
        said = [json.loads(bodies_of(connection, row.log_index)[0].data or b"") for row in rows]
    assert {row.kind for row in rows} >= {"disposition", "case.step", "visit.noted"}
    assert {row.subject for row in rows} == {"김하나"}
    assert {body["account"] for body in said} == {accounts["김하나"]}
    (looked,) = (body["step"] for body in said if body.get("step", {}).get("step") == "looked_at")
    assert (looked["second_person"], looked["second_account"]) == ("이두리", accounts["이두리"])


def test_entries_from_before_accounts_had_ids_stay_readable() -> None:
    said = {
        "v": 1, "finding_id": "01920000-0000-7000-8000-00000000a002", "verdict": "no_camera", "note": None,
        "sweep_id": "01920000-0000-7000-8000-00000000a003",
        "decided": {"utc": "2026-11-25T01:00:00Z", "synchronised": True, "max_error_ms": None},
    }  # fmt: skip
    assert parse_json(Disposition, json.dumps(said).encode()).account is None


def test_two_accounts_of_one_name_from_before_are_told_apart_at_the_upgrade(settings: Settings, site: Site) -> None:
    for username in ("a", "b", "c"):
        site.add_user(username, "inspector", f"점검자-{username}")
    with site.db.write() as connection:
        for made, (username, name) in enumerate((("a", "점검자-a"), ("b", "김하나"), ("c", " 김하나"))):
            of = users.c.username == username
            connection.execute(update(users).where(of).values(display_name=name, created_ms=made))
    make_older(site.db, "0029")
    with closing(Database(settings.url, site.db.body_keys)) as db:
        db.migrate()
        with db.read() as connection:
            found = {row.username: row for row in connection.execute(select(users))}
            told = connection.execute(select(audit).where(audit.c.action == "user.renamed")).all()
    assert [found[name].display_name for name in "abc"] == ["점검자-a", "김하나", " 김하나 2"]
    ids = {row.account for row in found.values()}
    assert len(ids) == 3 and all(map(ACCOUNT.fullmatch, ids))
    assert [(row.object_id, json.loads(row.detail_json)["to"]) for row in told] == [("c", " 김하나 2")]

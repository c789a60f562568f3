"""Badges: issued, listed, printed as QR codes that a camera reads, and taken back; by whom, and written down."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import cv2
from sqlalchemy import select, update

from server.people import auth
from server.store.schema import audit, users
from tests.server.conftest import QUICK_HASH, Client, Site

PIN = "582047"


def _people(site: Site) -> Client:
    """An officer of a district with an inspector there, and one of the whole city."""
    for username, name in (("kim", "점검자-07"), ("lee", "점검자-08")):
        site.add_user(username, "inspector", name)
    site.add_user("owner", "facility_owner", "시설-01")
    admin = site.login("admin", "관리자-01")
    words = {"ko": "마포구", "en": "Mapo"}
    assert admin.post("/api/districts", {"district_id": "mapo-gu", "name": words}).status_code == 201
    with site.db.write() as connection:
        connection.execute(update(users).where(users.c.username == "kim").values(district_id="mapo-gu"))
        auth.create_user(
            connection,
            username="officer",
            display_name="담당-01",
            role="district_officer",
            password=QUICK_HASH,
            actor="test",
            district_id="mapo-gu",
        )
    return admin


def _log_in(site: Site, username: str) -> Client:
    client = site.anonymous()
    answer = client.post("/api/login", {"username": username, "password": "a-long-password"})
    client.csrf = answer.json()["csrf_token"]
    if answer.json()["user"]["needs_second_factor"]:
        site.strengthen(client)
    return client


def _listed(client: Client) -> dict[str, tuple[object, object]]:
    people = client.get("/api/badges").json()["people"]
    return {one["username"]: (one["badge"], one["pin"]) for one in people if one["username"] in {"kim", "lee", "owner"}}


def test_badges_are_issued_listed_and_taken_back_by_who_keeps_the_accounts(site: Site) -> None:
    admin, officer, kim = _people(site), _log_in(site, "officer"), _log_in(site, "kim")
    assert _listed(admin) == {"kim": (None, "none"), "lee": (None, "none")}
    assert _listed(officer) == {"kim": (None, "none")}
    kim.put("/api/pin", {"pin": PIN})
    badge = officer.post("/api/users/kim/badge").json()["badge"]
    assert _listed(officer) == {"kim": (badge, "set")}
    assert officer.post("/api/users/lee/badge").status_code == 404  # of no district of theirs
    headers = {"X-CSRF-Token": officer.csrf}
    assert officer.http.delete("/api/users/lee/badge", headers=headers).status_code == 404
    assert kim.get("/api/badges").status_code == 403
    assert kim.post("/api/users/kim/badge").status_code == 403
    assert officer.http.delete("/api/users/kim/badge", headers=headers).json() == {"ok": True}
    assert officer.http.delete("/api/users/kim/badge", headers=headers).json() == {"ok": True}  # gone already
    assert admin.http.delete("/api/users/nobody/badge", headers={"X-CSRF-Token": admin.csrf}).status_code == 404
    assert _listed(officer) == {"kim": (None, "set")}
    assert kim.get("/api/pin").json()["badge"] is None
    with site.db.read() as connection:
        found = connection.execute(select(audit).where(audit.c.action.like("badge.%")).order_by(audit.c.audit_id)).all()
    said = [(row.actor, row.action, row.object_id) for row in found]
    assert said == [("담당-01", "badge.issued", "kim"), ("담당-01", "badge.revoked", "kim")]
    assert all(badge not in row.detail_json for row in found)  # who reads the trail cannot make the badge


def test_a_printed_badge_says_its_letters_and_nothing_else(site: Site, tmp_path: Path) -> None:
    admin, officer = _people(site), _log_in(site, "officer")
    badges = {name: admin.post(f"/api/users/{name}/badge").json()["badge"] for name in ("kim", "lee")}
    assert officer.post("/api/badges/sheet", {"usernames": ["kim", "lee"]}).status_code == 404
    assert admin.post("/api/badges/sheet", {"usernames": []}).status_code == 400
    sheet = admin.post("/api/badges/sheet", {"usernames": ["lee", "kim"]})
    assert (sheet.status_code, sheet.headers["content-type"]) == (200, "application/pdf")
    assert sheet.headers["cache-control"] == "private, no-store"
    file = tmp_path / "badges.pdf"
    file.write_bytes(io.BytesIO(sheet.content).getvalue())
    text = subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, check=True).stdout.decode()
    assert "점검자-07" in text and "마포구" in text and "kim" not in text
    read: set[str] = set()
    for dpi in ("150", "100", "200"):  # the reader now and then overlooks a code that another size shows it
        subprocess.run(["pdftoppm", "-r", dpi, "-png", "-singlefile", str(file), str(tmp_path / "page")], check=True)
        picture = cv2.imread(str(tmp_path / "page.png"))
        assert picture is not None
        _, found, _, _ = cv2.QRCodeDetector().detectAndDecodeMulti(picture)
        read |= {one for one in found if one}
    assert read == set(badges.values())
    with site.db.read() as connection:
        printed = connection.scalars(select(audit.c.object_id).where(audit.c.action == "badge.printed")).all()
    assert sorted(printed) == ["kim", "lee"]

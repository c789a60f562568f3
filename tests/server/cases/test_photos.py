"""Photographs of objects through the routes: under a declaration, sealed, opened with a reason, deleted in time."""

from __future__ import annotations

import base64
import hashlib
import json
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pyrage
import pytest
from sqlalchemy import select

from server.cases.photographing import MAX_PER_DECLARATION
from server.config.retention import read_periods
from server.exports.gathering.inspection_log import collect_pages, today, write_log
from server.exports.gathering.log_request import LogRequest
from server.exports.printed.sweep import printed_sweep
from server.ingest import photo_retention
from server.ingest.photo_retention import GRACE_S, expire
from server.interface.errors import ApiError
from server.interface.formats import Format
from server.interface.sealed_photos import MAX_SEALED_BYTES, read_sealed
from server.people import evidence_keys
from server.projections import projecting
from server.projections.log_records import Period
from server.projections.photo_rows import PHOTO_COLUMNS
from server.server_keys.root import sign_waiting
from server.store.clock import moved_to
from server.store.erasure import destroy_dead_keys
from server.store.schema import access_log, alarms, entries, photos
from server.store.stored_bodies import find_body
from sweep.entry import kinds
from sweep.report import utc_now
from tests.report_factory import START
from tests.server.cases.photo_kit import (
    EXIF,
    PICTURE,
    SECOND,
    Officer,
    code_of,
    declare,
    request_of,
    sealed_for,
    send,
    taken,
)
from tests.server.conftest import PASSWORD, Call, Client, Site
from tests.server.sweep_kit import DEMO_ROOM, Probe

PERIOD = read_periods()["photographs"]


@pytest.fixture
def two(site: Site) -> Client:
    """An inspector who is logged in; the second person is called `second`."""
    site.add_user("second", "inspector", "점검자-02")
    return site.login("inspector", "점검자-01")


@pytest.fixture
def officer(site: Site) -> Officer:
    return Officer(site)


@pytest.fixture
def case_id(two: Client, officer: Officer) -> str:
    """A case of a person's own; an evidence officer has a key."""
    answer = two.post(f"/api/rooms/{DEMO_ROOM}/cases", {"step": {"step": "reported", "what": "환풍구 틈의 검은 점"}})
    assert answer.status_code == 201, answer.text
    found: str = answer.json()["case"]["case_id"]
    return found


def _step(client: Client, case_id: str, **step: Any) -> None:
    answer = client.post(f"/api/cases/{case_id}/steps", {"step": step, "second_person": SECOND})
    assert answer.status_code == 201, answer.text


def _to_closed_room(client: Client, case_id: str) -> None:
    _step(client, case_id, step="looked_at", seen="object")
    _step(client, case_id, step="camera", was_touched=False)
    _step(client, case_id, step="room_closed", guarded_by="점검자-02")


def _list(client: Client, case_id: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/api/cases/{case_id}/photos").json()
    return found


def test_a_photograph_from_declaration_to_the_officer(
    site: Site, two: Client, officer: Officer, case_id: str, call: Call
) -> None:
    other = Officer(site, "증거담당-02")
    declared = declare(two, case_id)
    assert declared["declared_by"] == ["점검자-01", "점검자-02"]
    assert 800 < declared["remaining_s"] <= 900
    assert {key["key_id"] for key in declared["recipients"]} == {officer.key_id, other.key_id}
    fields = request_of(declared)
    answer = send(two, case_id, fields)
    assert answer.status_code == 201, answer.text
    assert answer.json()["left"] == MAX_PER_DECLARATION - 1
    again = send(two, case_id, fields)  # the answer was lost
    assert (again.status_code, again.json()["photo"]["log_index"]) == (201, answer.json()["photo"]["log_index"])
    assert code_of(send(two, case_id, fields | {"plain_sha256": "0" * 64})) == "409 photo_known"
    (photo,) = _list(two, case_id)["photos"]
    assert (photo["state"], photo["opened"], photo["person"], photo["shows"]) == ("kept", 0, "점검자-01", "object")
    assert not {"sealed", "plain_sha256"} & photo.keys()
    refused = [two, site.login("admin"), site.login("supervisor"), site.login("auditor")]
    for person in refused:
        opened = person.post(f"/api/photos/{photo['photo_id']}/open", {"purpose": "look", "reason": "궁금해서"})
        assert code_of(opened) == "403 not_allowed"
    for client in (two, officer.client):  # no way around the reason and its entry
        assert code_of(client.get(f"/api/bodies/{photo['commitment']}", reason="궁금해서")) == "403 open_as_photograph"
    for role in ("facility_owner", "facility_staff", "cleaner", "viewer"):
        assert site.login(role).get(f"/api/cases/{case_id}/photos").status_code == 403
    assert code_of(officer.open(photo["photo_id"], reason="")) == "400 invalid_request"
    for one in (officer, other):
        opened = one.open(photo["photo_id"])
        assert one.decrypt(opened) == PICTURE
        assert opened.json()["plain_sha256"] == hashlib.sha256(PICTURE).hexdigest()
    checked = officer.client.post(
        f"/api/photos/{photo['photo_id']}/checks", {"hash_matches": True, "has_metadata": False}
    )
    assert (checked.status_code, checked.json()["opened"], checked.json()["is_doubted"]) == (201, 2, False)
    with site.db.read() as connection:
        lines = connection.execute(select(access_log).where(access_log.c.action == "photo.opened")).all()
        said = connection.scalars(select(entries.c.kind).where(entries.c.kind.in_(sorted(kinds.PHOTO_KINDS)))).all()
    assert [(line.object_id, line.reason, line.shown) for line in lines] == [
        (photo["photo_id"], "수사 협조 검토", "photographs")
    ] * 2
    assert said == [kinds.PHOTO_TAKEN, kinds.PHOTO_OPENED, kinds.PHOTO_OPENED, kinds.PHOTO_CHECKED]
    before = _rows(site)
    projecting.rebuild(site.db)
    assert _rows(site) == before
    _package_holds(site, call)


def _rows(site: Site) -> list[Any]:
    with site.db.read() as connection:
        return list(connection.execute(select(*PHOTO_COLUMNS).order_by(photos.c.log_index)).all())


def _package_holds(site: Site, call: Call) -> str:
    """Export the whole log and for a city, and verify both; what verify says of the whole."""
    folder = Path(site.services.settings.data_dir)
    said = ""
    for scope in ("city", "full"):
        out = folder / f"{scope}-{len(list(folder.glob('*.jsonl')))}.jsonl"
        assert call("export", "entries", out, "--scope", scope)[0] == 0
        assert (b"sealed-photo" in out.read_bytes()) == (scope == "full")
        code, said, _ = call("verify", out)
        assert code == 0, said
    return said


def test_only_what_is_sealed_to_just_the_officers_comes_in(site: Site, two: Client, case_id: str) -> None:
    declared = declare(two, case_id)
    stranger = sealed_for({"recipients": declared["recipients"] * 2})
    wrong: dict[str, dict[str, Any]] = {
        "a picture in the open": {"sealed": PICTURE},
        "with metadata in the open": {"sealed": EXIF},
        "no age file": {"sealed": b"something else"},
        "no base64": {"sealed": "::::"},
        "cut off": {"sealed": sealed_for(declared)[:150]},
        "to one more": {"sealed": stranger},
        **{name: {"sealed": data, "plain_size": _plain_size(data)} for name, data in _not_wholly_sealed(declared)},
    }
    for name, changed in wrong.items():
        refused = send(two, case_id, request_of(declared, **changed))
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "photo_not_sealed"), name
    assert "휴대전화에서" in send(two, case_id, request_of(declared, sealed=EXIF)).json()["error"]["message"]["ko"]
    assert code_of(send(two, case_id, request_of(declared, plain_size=7))) == "400 photo_size_differs"
    assert (
        code_of(send(two, case_id, request_of(declared, sealed=bytes(MAX_SEALED_BYTES + 1)))) == "413 photo_too_large"
    )
    elsewhere = request_of(declared, sealed_to=["0" * 16])
    assert code_of(send(two, case_id, elsewhere)) == "409 recipients_changed"
    later = request_of(declared, taken="2026-01-01T00:00:00Z")
    assert code_of(send(two, case_id, later)) == "400 photo_time"
    assert _list(two, case_id)["photos"] == []
    for data in (PICTURE, b"age-encryption.org/v1\n-> scrypt AAAA 18\nAAAA\n--- " + b"A" * 43 + b"\n" + bytes(64)):
        with pytest.raises(ApiError, match="seal it"):
            read_sealed(data)


def _not_wholly_sealed(declared: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Age files in which somebody could read something."""
    sealed = sealed_for(declared, random.Random(1).randbytes(150_000))
    header, mac, rest = sealed.partition(b"\n--- ")
    start = len(header) + len(mac) + 44  # of the nonce
    grease = b"\n-> x-grease " + base64.b64encode(PICTURE[:60]).rstrip(b"=")
    noise = bytes(random.Random(2).choices(range(256), [9] + [1] * 255, k=40_000))  # as uneven as a JPEG's scan
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    yield "a picture behind it", sealed + PICTURE
    yield "a picture with metadata behind it", sealed + EXIF
    yield "a PNG behind it", sealed + b"\x89PNG\r\n\x1a\n" + bytes(9)
    yield "an SVG behind it", sealed + svg
    yield "a ZIP behind it", sealed + b"PK\x03\x04\x14\x00" + bytes(24)
    yield "a page behind it", sealed + b"<html><script>alert(1)</script>"
    yield "what is compressed behind it", sealed + noise
    yield "a picture in place of what is sealed", sealed[: start + 16] + PICTURE + bytes(40)
    yield "a picture in its middle", sealed[: start + 70_000] + EXIF + sealed[start + 70_000 :]
    yield "what is compressed in place of it", sealed[: start + 16] + noise
    yield "a picture in a stanza that means nothing", header + grease + (b"\n" + b"/" * 64) * 10 + b"\n" + mac + rest
    yield "two stanzas that mean nothing", header + (grease + b"\nAAAA") * 2 + mac + rest
    yield (
        "with armor",
        b"-----BEGIN AGE ENCRYPTED FILE-----\n" + base64.encodebytes(sealed) + b"-----END AGE ENCRYPTED FILE-----\n",
    )
    yield "under a passphrase", pyrage.passphrase.encrypt(PICTURE, "a passphrase")
    yield "lines of Windows", sealed.replace(b"\n", b"\r\n", 3)
    yield "an SVG", svg
    yield "a HEIC", b"\x00\x00\x00\x18ftypheic" + bytes(40)
    yield "a WebP", b"RIFF\x20\x00\x00\x00WEBPVP8 " + bytes(40)


def _plain_size(data: bytes) -> int:
    """What an age file of these octets would hold, so that the size that was declared is not what is wrong."""
    payload = len(data) - data.find(b"\n--- ") - 49 - 16
    return min(max(payload - -(-payload // 65_552) * 16, 1), MAX_SEALED_BYTES)


def test_what_is_sealed_looks_like_noise_and_comes_in() -> None:
    chance = random.Random(3)
    keys = [pyrage.x25519.Identity.generate().to_public() for _ in range(16)]
    for size in (1, 500, 2_047, 2_100, 16_384, 65_536, 65_537, 700_000, 1_000_000):
        for count in (1, 3, 16):
            sealed = pyrage.encrypt(chance.randbytes(size) if size % 2 else bytes(size), keys[:count])
            assert read_sealed(sealed) == (count, size)


def test_without_a_living_declaration_of_two_nothing_is_photographed(
    site: Site, two: Client, officer: Officer, case_id: str
) -> None:
    path = f"/api/cases/{case_id}/photo-declarations"
    alone = two.post(path, {"second_person": SECOND | {"password": "wrong"}})
    assert alone.status_code == 401
    mine = two.get("/api/me").json()["user"]["username"]
    assert code_of(two.post(path, {"second_person": {"username": mine, "password": PASSWORD}})).startswith("403")
    by_officer = officer.client.post(path, {"second_person": SECOND})
    assert code_of(by_officer) == "403 not_allowed"
    declared = declare(two, case_id)
    assert _list(two, case_id)["declaration"]["declaration_id"] == declared["declaration_id"]
    stranger = site.login("inspector", "점검자-09")
    assert code_of(send(stranger, case_id, request_of(declared))) == "409 no_declaration"
    fields = request_of(declared)
    with moved_to(utc_now() + timedelta(minutes=16)):
        late = utc_now()
        told = {"taken": late.isoformat().replace("+00:00", "Z"), "sent": late.isoformat().replace("+00:00", "Z")}
        assert code_of(send(two, case_id, fields | told)) == "409 no_declaration"
    for _ in range(MAX_PER_DECLARATION):
        assert send(two, case_id, request_of(declared)).status_code == 201
    assert code_of(send(two, case_id, request_of(declared))) == "409 declaration_used_up"
    declared = declare(two, case_id)
    stopped = two.http.delete(path, headers={"X-CSRF-Token": two.csrf})  # somebody came in
    assert (stopped.status_code, stopped.json()["declaration"]) == (200, None)
    now = (utc_now() + timedelta(seconds=1)).isoformat().replace("+00:00", "Z")
    assert code_of(send(two, case_id, request_of(declared, taken=now, sent=now))) == "409 no_declaration"


def test_a_find_suspends_the_declaration_and_its_object_needs_a_new_one(site: Site, two: Client, case_id: str) -> None:
    declared = declare(two, case_id)
    _step(two, case_id, step="looked_at", seen="object")
    _step(two, case_id, step="camera", was_touched=False)
    now = (utc_now() + timedelta(seconds=1)).isoformat().replace("+00:00", "Z")
    fields = request_of(declared, taken=now, sent=now)
    assert code_of(send(two, case_id, fields)) == "409 declaration_suspended"
    refused = two.post(f"/api/cases/{case_id}/photo-declarations", {"second_person": SECOND})
    assert code_of(refused) == "409 no_photographs_now"
    assert "문을 닫은 뒤" in refused.json()["error"]["message"]["ko"]
    _step(two, case_id, step="room_closed", guarded_by="점검자-02")
    photo = send(two, case_id, request_of(declare(two, case_id))).json()["photo"]
    other = {"step": "photographed", "commitment": "0" * 64, "why_not": None}
    answer = two.post(f"/api/cases/{case_id}/steps", {"step": other, "second_person": None})
    assert code_of(answer) == "409 no_such_photograph"
    _step(two, case_id, step="photographed", commitment=photo["commitment"], why_not=None)
    held = site.login("admin").post(
        f"/api/bodies/{photo['commitment']}/erase",
        {
            "reason": {"ko": "시험", "en": "test"},
            "second_person_username": "second",
            "second_person_password": PASSWORD,
        },
    )
    assert code_of(held) == "409 legal_hold"


def test_the_police_get_one_on_a_recorded_request_only(two: Client, officer: Officer, case_id: str) -> None:
    _to_closed_room(two, case_id)
    photo = send(two, case_id, request_of(declare(two, case_id))).json()["photo"]
    _step(two, case_id, step="photographed", commitment=photo["commitment"], why_not=None)
    _step(two, case_id, step="police_called", receipt_no="2026-112-1")
    asked = officer.open(photo["photo_id"], purpose="police", reason="경찰 요청")
    assert code_of(asked) == "409 no_request_of_the_police"
    police = {"document_no": "수사-77", "officer": "김경위"}
    _step(two, case_id, step="police_asked", **police, wanted=["addresses"])
    assert officer.open(photo["photo_id"], purpose="police", reason="경찰 요청").status_code == 409
    _step(two, case_id, step="police_asked", **police, wanted=["photographs"])
    assert officer.decrypt(officer.open(photo["photo_id"], purpose="police", reason="경찰 요청")) == PICTURE


def test_the_log_counts_photographs_and_says_of_which_zones(site: Site, two: Client, officer: Officer) -> None:
    probe = Probe()
    site.admit(probe.signer)
    sweep_id, opened, report = probe.whole_sweep()
    for wire in (opened, report):
        assert site.send(wire).status_code == 200
    (case,) = two.get("/api/cases").json()["cases"]
    declared = declare(two, case["case_id"])
    for zone_id in ("stall-2", None, "stall-2"):
        answer = send(two, case["case_id"], request_of(declared, zone_id=zone_id))
        assert answer.status_code == 201, answer.text
    period = Period(START.date(), START.date())

    wanted = LogRequest(Format.JSON, period, None, "시범구청", "감독자-01", "확인")

    def line() -> dict[str, Any]:
        projecting.drain(site.db)
        with site.db.read() as connection:
            (found,) = json.loads(write_log(connection, wanted, today()))["sweeps"]
        return dict(found)

    told = line()
    assert (told["sweep_id"], told["photographs"]) == (str(sweep_id), 3)
    assert told["photographs_by_zone"] == [{"zone": "2번 칸", "count": 2}, {"zone": "구역 없이", "count": 1}]
    assert told["columns"]["사진 위치"] == "2번 칸 2장, 구역 없이 1장"
    projecting.rebuild(site.db)
    assert line() == told
    with site.db.read() as connection:
        (page,) = collect_pages(connection, wanted)
    printed = printed_sweep(page, 1)
    assert [row["photographs"] for row in printed["zones"]["rows"]] == ["", "사진 2장", ""]
    assert printed["form"]["photographs"] == "3장(2번 칸 2장, 구역 없이 1장), 봉인하여 따로 보관"


def test_what_is_not_the_declared_picture_raises_an_alarm(
    site: Site, two: Client, officer: Officer, case_id: str
) -> None:
    declared = declare(two, case_id)
    fields = request_of(declared, EXIF, plain_sha256=hashlib.sha256(PICTURE).hexdigest())
    photo = send(two, case_id, fields).json()["photo"]
    opened = officer.open(photo["photo_id"])
    found = officer.decrypt(opened)
    matches = hashlib.sha256(found).hexdigest() == opened.json()["plain_sha256"]
    assert (matches, b"Exif" in found) == (False, True)
    path = f"/api/photos/{photo['photo_id']}/checks"
    assert officer.client.post(path, {"hash_matches": matches, "has_metadata": True}).json()["is_doubted"]
    with site.db.read() as connection:
        assert "photo_doubted" in connection.scalars(select(alarms.c.code)).all()
    assert _list(two, case_id)["photos"][0]["is_doubted"]


def test_a_picture_that_names_an_officer_and_is_sealed_to_others_is_an_alarm_when_it_is_opened(
    site: Site, two: Client, officer: Officer, case_id: str
) -> None:
    """The server counts keys and sees no names: it is whoever should be able to open it who finds out."""
    declared = declare(two, case_id)
    strangers = {
        "recipients": [
            {"recipient": str(pyrage.x25519.Identity.generate().to_public())} for _ in declared["recipients"]
        ]
    }
    photo = send(two, case_id, request_of(declared, sealed=sealed_for(strangers))).json()["photo"]
    opened = officer.open(photo["photo_id"])
    assert opened.json()["named"] == [key["recipient"] for key in declared["recipients"]]
    with pytest.raises(pyrage.DecryptError):
        officer.decrypt(opened)
    path, closed = f"/api/photos/{photo['photo_id']}/checks", {"opens": False, "has_metadata": False}
    assert code_of(officer.client.post(path, closed | {"hash_matches": True})) == "400 invalid_request"
    assert officer.client.post(path, closed | {"hash_matches": False}).json()["is_doubted"]
    with site.db.read() as connection:
        assert connection.scalars(select(alarms.c.code)).all() == ["photo_not_openable"]
        before = _rows(site)
    projecting.rebuild(site.db)
    assert _rows(site) == before


def _age(site: Site, elapsed_s: int) -> int:
    with site.db.write() as connection:
        done = expire(connection, PERIOD.days, PERIOD.basis, elapsed_s)
        sign_waiting(connection, site.services.server_signer)
    destroy_dead_keys(site.db)
    return done


def _retention(call: Call) -> str:
    """What the command says of photographs."""
    return next(line for line in call("retention")[1].splitlines() if line.startswith("photographs: 180 days"))


def test_the_period_really_deletes_and_no_step_of_a_clock_does(
    site: Site, two: Client, officer: Officer, case_id: str, call: Call
) -> None:
    photo = send(two, case_id, request_of(declare(two, case_id))).json()["photo"]
    assert PERIOD.days is not None
    much_later = utc_now() + timedelta(days=PERIOD.days + 1)
    with moved_to(much_later):
        assert _age(site, 10 * GRACE_S) == 0, "an open case holds its photographs"
        assert "bodies are due" not in _retention(call)
    _step(two, case_id, step="looked_at", seen="nothing")
    _step(
        two, case_id, step="not_camera", what="나사 구멍", reopens=(much_later + timedelta(days=9)).date().isoformat()
    )
    assert _age(site, 10 * GRACE_S) == 0, "its period is not over"
    with moved_to(much_later):
        assert _age(site, GRACE_S - 1) == 0, "a clock may be wrong"
        with site.db.read() as connection:
            assert photo_retention.count_due(connection, PERIOD.days) == 1
        assert _retention(call).endswith("; 1 body is due")
    assert _age(site, 1) == 0, "it was, and was put right"
    with moved_to(much_later):
        assert _age(site, GRACE_S - 1) == 0
    assert officer.decrypt(officer.open(photo["photo_id"])) == PICTURE
    with moved_to(much_later):
        assert _age(site, 1) == 1
        assert _age(site, 1) == 0
    assert code_of(officer.open(photo["photo_id"])) == "410 photo_deleted"
    (left,) = _list(two, case_id)["photos"]
    assert (left["state"], left["log_index"]) == ("deleted", photo["log_index"])
    with site.db.read() as connection:
        kind = connection.scalars(select(entries.c.kind).order_by(entries.c.log_index.desc()).limit(1)).one()
    assert kind == kinds.PHOTO_EXPIRED
    said = _package_holds_without_it(site, call)
    assert "1 erased" in said


def _package_holds_without_it(site: Site, call: Call) -> str:
    out = Path(site.services.settings.data_dir) / "after.jsonl"
    assert call("export", "entries", out)[0] == 0
    assert b"age-encryption" not in out.read_bytes()
    code, said, _ = call("verify", out)
    assert code == 0, said
    return said


def test_a_found_camera_holds_its_photographs(site: Site, two: Client, case_id: str) -> None:
    _to_closed_room(two, case_id)
    photo = send(two, case_id, request_of(declare(two, case_id))).json()["photo"]
    _step(two, case_id, step="photographed", commitment=photo["commitment"], why_not=None)
    _step(two, case_id, step="police_called", receipt_no="1")
    _step(two, case_id, step="handed_over", officer="김경위", station="서", rank="경위", receipt_no="1", seal_no="2")
    _step(two, case_id, step="reported_to_city", to="시")
    with moved_to(utc_now() + timedelta(days=9_000)):
        assert _age(site, 10 * GRACE_S) == 0
    assert _list(two, case_id)["photos"][0]["state"] == "kept"


def test_keys_of_officers(site: Site, two: Client) -> None:
    answer = two.post(f"/api/rooms/{DEMO_ROOM}/cases", {"step": {"step": "reported", "what": "검은 점"}})
    case_id = answer.json()["case"]["case_id"]
    assert "증거담당자의 키" in _list(two, case_id)["why_not"]["ko"]
    refused = two.post(f"/api/cases/{case_id}/photo-declarations", {"second_person": SECOND})
    assert code_of(refused) == "409 no_photographs_now"
    officer = Officer(site)
    recipient = str(officer.identity.to_public())
    post = officer.client.post
    assert post("/api/evidence-keys", {"recipient": recipient}).json()["key_id"] == officer.key_id
    typo = recipient[:-1] + ("q" if recipient[-1] != "q" else "p")
    assert code_of(post("/api/evidence-keys", {"recipient": typo})) == "400 bad_recipient"
    assert code_of(site.login("admin").post("/api/evidence-keys", {"recipient": recipient})) == "403 not_allowed"
    other = Officer(site, "증거담당-02")
    assert code_of(other.client.post("/api/evidence-keys", {"recipient": recipient})) == "409 key_known"
    declared = declare(two, case_id)
    gone = other.client.http.delete(f"/api/evidence-keys/{officer.key_id}", headers={"X-CSRF-Token": other.client.csrf})
    assert gone.status_code == 404
    mine = officer.client.http.delete(
        f"/api/evidence-keys/{officer.key_id}", headers={"X-CSRF-Token": officer.client.csrf}
    )
    assert [key["key_id"] for key in mine.json()["keys"]] == [other.key_id]
    photo = send(two, case_id, request_of(declared)).json()["photo"]  # sealed while the key held
    assert officer.decrypt(officer.open(photo["photo_id"])) == PICTURE
    assert [key["key_id"] for key in declare(two, case_id)["recipients"]] == [other.key_id]
    assert code_of(post("/api/evidence-keys", {"recipient": recipient})) == "409 key_known"
    with site.db.read() as connection:
        assert evidence_keys.live(connection, "another-district")[0].key_id == other.key_id


def test_keys_at_a_terminal(site: Site, call: Call, tmp_path: Path) -> None:
    file = tmp_path / "officer.key"
    code, printed, _ = call("evidence-key", "make", file)
    recipient = printed.strip()
    assert (code, file.stat().st_mode & 0o777) == (0, 0o600)
    assert call("evidence-key", "make", file)[0] == 2, "a key is never overwritten"
    code, said, _ = call("evidence-key", "add", recipient, "--name", "증거담당-시청")
    assert code == 0
    assert recipient in call("evidence-key", "list")[1]
    photo_id = taken(site.login("inspector", "점검자-01"), site)
    with site.db.read() as connection:
        row = connection.execute(select(photos.c.commitment).where(photos.c.photo_id == UUID(photo_id))).one()
        body = find_body(connection, row.commitment)
    assert body is not None and body.data is not None
    line, _, sealed = body.data.partition(b"\n")
    secret = file.read_text().splitlines()[1]
    assert pyrage.decrypt(sealed, [pyrage.x25519.Identity.from_str(secret)]) == PICTURE
    assert json.loads(line)["plain_sha256"] == hashlib.sha256(PICTURE).hexdigest()
    key_id = said.split()[2]
    assert call("evidence-key", "end", key_id)[0] == 0
    assert call("evidence-key", "list")[1] == "none\n"
    assert call("evidence-key", "end", key_id)[0] == 2
    assert call("evidence-key", "add", recipient[:-1] + "b", "--name", "증거담당-시청")[0] == 2

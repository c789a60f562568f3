"""The public page of a room: the day of the last check and nothing else, and reports that are text and nothing else."""

from __future__ import annotations

import itertools
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import get_args
from uuid import UUID

import cv2
import httpx
import pytest
from sqlalchemy import insert, select, update

from server.config.public_page import STANDARD, PublicPageError, read_public_page
from server.config.settings import Settings
from server.exports.sheets.sticker_sheet import sticker_sheet
from server.interface.errors import ApiError
from server.interface.fields import CaseState, EquipmentResult, FindingState, PersonsResult
from server.projections import projecting
from server.public_page.reports import MOST_OF_ADDRESS, MOST_OF_ROOM, ReportLimits, clean_text
from server.public_page.stickers import CODE_LETTERS, LETTERS
from server.store.schema import cases, public_reports, rooms, stickers, sweeps, user_facilities, users
from sweep.report import new_id
from sweep.run.modalities import SENSING_MODALITIES, vocabulary_of
from tests.server.conftest import Client, Site, running
from tests.server.schedule.test_schedule import _visit
from tests.server.sweep_kit import DEMO_ROOM, Probe

TODAY = date(2026, 9, 14)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def site(settings: Settings) -> Iterator[Site]:
    with running(settings.model_copy(update={"public_url": "https://ansim.example.kr"})) as found:
        yield found


@pytest.fixture
def sticker(site: Site) -> tuple[Client, str]:
    """(a supervisor, the code of a room)."""
    officer = site.login("supervisor")
    made = officer.post(f"/api/rooms/{DEMO_ROOM}/sticker").json()
    assert made["url"] == f"https://ansim.example.kr/r/{made['code']}"
    assert re.fullmatch(f"[{LETTERS}]{{{CODE_LETTERS}}}", made["code"])
    return officer, made["code"]


def _send(client: Client, code: str, text: str, what: str = "hole", **headers: str) -> httpx.Response:
    return client.http.post(f"/r/{code}", data={"what": what, "text": text}, headers=headers)


def test_it_tells_the_day_and_changes_after_every_visit_alike(site: Site, sticker: tuple[Client, str]) -> None:
    stranger, code = site.anonymous(), sticker[1]
    first = stranger.http.get(f"/r/{code}")
    assert (first.status_code, first.headers["cache-control"]) == (200, "no-store")
    assert "아직 점검 기록이 없습니다" in first.text
    assert "script" not in first.text
    for number in ("112", "1366", "02-735-8994", "1377"):
        assert f"tel:{number}" in first.text
    pages = set()
    kinds: tuple[dict[str, object], ...] = (
        {},
        {"outcome": "aborted"},
        {"outcome": None, "report_state": "missing"},
        {"candidates": 3},
        *({"equipment": result} for result in get_args(EquipmentResult)),
        *({"said": result} for result in get_args(PersonsResult)),
        {"mode": "quick", "persons": 1},
    )
    for other in kinds:
        with site.db.write() as connection:
            connection.execute(sweeps.delete())
        _visit(site.db, DEMO_ROOM, TODAY, **other)
        pages.add(stranger.http.get(f"/r/{code}").text)
    (page,) = pages
    assert "2026-09-14" in page
    _visit(site.db, DEMO_ROOM, date(2026, 9, 15), source="simulated")
    assert stranger.http.get(f"/r/{code}").text == page


def test_owners_keepers_and_the_public_read_the_same_bytes_whatever_stands(
    site: Site, sticker: tuple[Client, str]
) -> None:
    probe = Probe("real", "live")
    site.admit(probe.signer, "probe", "probe-demo-1")
    sweep_id, opened, report = probe.whole_sweep()
    for wire in (opened, report):
        assert site.send(wire).status_code == 200
    projecting.drain(site.db)
    keepers = [site.login(role) for role in ("facility_owner", "facility_staff", "cleaner")]
    with site.db.write() as connection:
        facility_id = connection.scalar(select(rooms.c.facility_id).where(rooms.c.room_id == DEMO_ROOM))
        of_keepers = select(users.c.user_id).where(users.c.role.in_(("facility_owner", "facility_staff", "cleaner")))
        rows = [{"user_id": user_id, "facility_id": facility_id} for user_id in connection.scalars(of_keepers)]
        connection.execute(insert(user_facilities), rows)
    stranger, read = site.anonymous(), set[tuple[bytes, ...]]()
    states = itertools.zip_longest(
        get_args(EquipmentResult), get_args(PersonsResult), get_args(CaseState), get_args(FindingState)
    )
    for equipment, said, state, stands in states:
        with site.db.write() as connection:
            row = {"equipment": equipment or "clear", "said": said or "found", "candidates": len(read) + 7}
            connection.execute(update(sweeps).where(sweeps.c.sweep_id == sweep_id).values(**row))
            connection.execute(update(cases).values(state=state, stands=stands or "found"))
        told = [client.http.get("/api/facility/rooms").content for client in keepers]
        told.append(stranger.http.get(f"/r/{sticker[1]}").content)
        read.add(tuple(told))
    assert len(read) == 1
    assert all(b"2026-03-02" in one for one in read.pop())


UNSEEN = re.compile(
    r"LTE|5G|유심|\bSIM\b|HaLow|900 MHz|kbit|일정하게|constant rate|메모리|저장만|\bcard\b|[Rr]ecorders?\b|"
    r"대기 중|꺼져|asleep|switched off"
)
"""Words that name a kind of camera which some method cannot see."""


def test_inspectors_read_which_cameras_cannot_be_seen_and_keepers_and_the_public_never_do(
    site: Site, sticker: tuple[Client, str]
) -> None:
    limits = tuple(vocabulary_of(SENSING_MODALITIES).limits.values())
    kinds = {"silent_camera", "thin_camera", "padded_camera", "card_recorder", "mobile_camera", "halow_camera"}
    said = {limit.code: (limit.text.ko, limit.text.en) for limit in limits if limit.code in kinds}
    assert said.keys() == kinds
    assert all(UNSEEN.search(one) for both in said.values() for one in both)
    probe, sweep_id = Probe("real", "live"), new_id()
    site.admit(probe.signer, "probe", "probe-demo-1")
    for wire in (probe.opened(sweep_id), probe.report_changed(sweep_id, limits=limits, findings=())):
        assert site.send(wire).status_code == 200
    projecting.drain(site.db)
    shown = site.login("inspector").get(f"/api/sweeps/{sweep_id}").json()["report"]["limits"]
    assert said == {one["code"]: (one["text"]["ko"], one["text"]["en"]) for one in shown if one["code"] in kinds}
    for role in ("facility_owner", "facility_staff", "cleaner"):
        keeper = site.login(role)
        assert keeper.http.get(f"/api/sweeps/{sweep_id}").status_code == 403
        assert UNSEEN.search(keeper.http.get("/api/facility/rooms").text) is None
    assert UNSEEN.search(site.anonymous().http.get(f"/r/{sticker[1]}").text) is None


@pytest.mark.parametrize(("words", "keys"), [("facility", r"\w+"), ("visit", "(?:limit|sheet)_\\w+")])
def test_no_words_of_a_keepers_pages_name_a_camera_that_cannot_be_seen(words: str, keys: str) -> None:
    source = (Path(__file__).parents[3] / "server/web/src" / words / "words.ts").read_text(encoding="utf-8")
    said = re.findall(rf"^  {keys}: text\(.*?\),$", source, re.MULTILINE | re.DOTALL)
    assert len(said) > 8
    assert [one for one in said if UNSEEN.search(one.partition("text(")[2])] == []


def test_whoever_inspects_is_led_to_the_room(site: Site, sticker: tuple[Client, str]) -> None:
    officer, code = sticker
    answer = officer.http.get(f"/r/{code}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/#/rooms/{DEMO_ROOM}")
    assert officer.get(f"/api/stickers/{code}").json() == {"room_id": str(DEMO_ROOM)}
    owner, cleaner, other = site.login("facility_owner"), site.login("cleaner"), site.login("cleaner")
    with site.db.write() as connection:
        mine = select(users.c.user_id).where(users.c.username == cleaner.get("/api/me").json()["user"]["username"])
        of_room = select(rooms.c.facility_id).where(rooms.c.room_id == DEMO_ROOM)
        row = {"user_id": connection.scalar(mine), "facility_id": connection.scalar(of_room)}
        connection.execute(insert(user_facilities).values(**row))
    led = cleaner.http.get(f"/r/{code}")
    assert (led.status_code, led.headers["location"]) == (303, f"/#/own/{DEMO_ROOM}")
    for anybody in (owner, other):
        assert anybody.http.get(f"/r/{code}").status_code == 200
    again = officer.post(f"/api/rooms/{DEMO_ROOM}/sticker").json()["code"]
    for gone in (code, "AAAAAAAAAAAA", "x" * 300, "%00"):
        assert officer.http.get(f"/r/{gone}").status_code in {400, 404}
    assert officer.http.get(f"/r/{again}").status_code == 303


def test_a_report_is_a_candidate_and_nothing_more(site: Site, sticker: tuple[Client, str]) -> None:
    officer, code = sticker
    stranger = site.anonymous()
    before = stranger.http.get(f"/r/{code}").text
    hostile = "둘째 칸 벽 <script>alert(1)</script>\r\n\u202e=cmd() https://example.com/clip.mp4 bad.example.com/x \"'"
    answer = _send(stranger, code, hostile)
    assert (answer.status_code, "고맙습니다" in answer.text) == (200, True)
    assert "<script" not in answer.text
    assert stranger.http.get(f"/r/{code}").text == before
    (waiting,) = officer.get("/api/public-reports").json()["reports"]
    assert waiting["text"] == ("둘째 칸 벽 <script>alert(1)</script> \\u202e=cmd() [링크 생략] [링크 생략] \"'")
    with site.db.read() as connection:
        (row,) = connection.execute(select(public_reports)).all()
    assert "127.0.0.1" not in repr(row)
    one = f"/api/public-reports/{waiting['report_id']}"
    path = f"{one}/close"
    assert site.login("facility_owner").get("/api/public-reports").status_code == 403
    assert officer.post(path, {"outcome": "nothing_there", "note": "나사 구멍"}).status_code == 200
    assert officer.post(path, {"outcome": "looked_at"}).status_code == 409
    assert officer.get("/api/public-reports").json()["reports"] == []
    assert officer.post(f"{one}/case", {"what": "벽에 구멍"}).status_code == 409
    _send(stranger, code, "천장에 작은 구멍")
    (second,) = officer.get("/api/public-reports").json()["reports"]
    opened = officer.post(f"/api/public-reports/{second['report_id']}/case", {"what": "천장에 작은 구멍"})
    assert (opened.status_code, opened.json()["case"]["state"]) == (201, "candidate")
    assert officer.get("/api/public-reports").json()["reports"] == []
    assert stranger.http.get(f"/r/{code}").text == before


def test_what_is_no_report_is_refused(site: Site, sticker: tuple[Client, str]) -> None:
    stranger, code = site.anonymous(), sticker[1]
    for text, what in (("", "hole"), ("x" * 501, "hole"), ("https://example.com/a", "hole"), ("구멍", "footage")):
        assert _send(stranger, code, text, what).status_code == 400, text
    assert _send(stranger, code, "구멍", **{"Sec-Fetch-Site": "cross-site"}).status_code == 400
    for body in (b"text=%ff%fe&what=hole", b"\xff", b"&" * 100, b"text=a" * 3_000):
        assert stranger.http.post(f"/r/{code}", content=body, headers=FORM).status_code in {400, 413}
    assert stranger.http.post(f"/r/{code}", json={"text": "구멍", "what": "hole"}).status_code == 400
    assert _send(stranger, "AAAAAAAAAAAA", "구멍").status_code == 404
    for _ in range(MOST_OF_ROOM):
        assert _send(stranger, code, "구멍").status_code == 200
    late = _send(stranger, code, "구멍")
    assert (late.status_code, "112" in late.text, "retry-after" in late.headers) == (429, True, True)


def test_limits_forget_after_an_hour() -> None:
    now_s = 0.0
    limits = ReportLimits(clock=lambda: now_s)
    for number in range(MOST_OF_ADDRESS):
        limits.enter("a", UUID(int=number))
    with pytest.raises(ApiError):
        limits.enter("a", UUID(int=99))
    limits.enter("b", UUID(int=99))
    now_s = 3_601.0
    limits.enter("a", UUID(int=0))


def test_links_are_taken_out_and_plain_words_stay() -> None:
    kept = "1.5m 높이, 3번째 칸. 나사구멍 2개(10:30쯤)"
    assert clean_text(kept) == kept
    for link in ("http://a.kr", "HTTPS://a.kr/b?c", "www.a.kr/b", "t.me/abc", "ftp://x/y", "clips。tv", "ｗｗｗ．a"):
        assert clean_text(f"칸 {link} 안") == "칸 [링크 생략] 안"


def test_a_sheet_of_stickers_leads_to_each_page(site: Site, tmp_path: Path) -> None:
    officer = site.login("supervisor")
    with site.db.read() as connection:
        facility_id = connection.scalar(select(rooms.c.facility_id).where(rooms.c.room_id == DEMO_ROOM))
    answer = officer.post(f"/api/facilities/{facility_id}/stickers")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    with site.db.read() as connection:
        codes = set(connection.scalars(select(stickers.c.code)))
    (tmp_path / "sheet.pdf").write_bytes(answer.content)
    wanted, seen = {f"https://ansim.example.kr/r/{code}" for code in codes}, set[str]()
    for dpi in ("150", "100", "200", "120"):  # the reader now and then overlooks a code that another size shows it
        if wanted <= seen:
            break
        subprocess.run(["pdftoppm", "-r", dpi, "-png", "sheet.pdf", f"page-{dpi}"], cwd=tmp_path, check=True)
        for image in sorted(tmp_path.glob(f"page-{dpi}*.png")):
            pixels = cv2.imread(str(image))
            assert pixels is not None
            seen |= set(cv2.QRCodeDetector().detectAndDecodeMulti(pixels)[1])
    assert seen - {""} == wanted
    again = officer.post(f"/api/facilities/{facility_id}/stickers")
    assert again.status_code == 200
    with site.db.read() as connection:
        assert set(connection.scalars(select(stickers.c.code))) == codes


def test_hostile_names_on_a_sticker() -> None:
    names = ('#eval("1") \u202e$x$ \\', "*굵게* _x_ <b> 中" * 20)
    sheet = sticker_sheet([("A" * 12, "https://a.kr/r/AAAAAAAAAAAA", *names)], datetime(2026, 9, 14, tzinfo=UTC))
    assert sheet.startswith(b"%PDF")


def test_the_words_of_the_page_are_checked(tmp_path: Path) -> None:
    words = read_public_page()
    assert {one.number for one in words.contact} >= {"112", "1366", "1377"}
    text = STANDARD.read_text(encoding="utf-8")
    for changed in (text.replace("as_of", "as_off"), text.replace('"112"', '"112<"'), "", "[["):
        path = tmp_path / "page.toml"
        path.write_text(changed, encoding="utf-8")
        with pytest.raises(PublicPageError) as caught:
            read_public_page(path)
        assert len(str(caught.value).splitlines()) == 1

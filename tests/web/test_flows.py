"""What inspectors do on the page, from login to the decision on site, against a real server."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Route, expect

from server.interface.words import KST
from sweep.report import PositionCommand, StartCommand
from tests.report_factory import text
from tests.web import evidence as made
from tests.web.conftest import PHONE, SMALL_PHONE, OpenPhone, Phone
from tests.web.live_screen import end, pulled, pushed
from tests.web.probe import FakeProbe
from tests.web.said import said
from tests.web.site import PASSWORD, Site, seed_ids

pytestmark = pytest.mark.browser


def test_wrong_password_is_said_in_the_chosen_language(phone: Phone) -> None:
    phone.watch.allowed = ("401",)
    phone.open()
    phone.page.get_by_label("아이디").fill("inspector")
    phone.page.get_by_label("비밀번호", exact=True).fill("not-the-password")
    phone.page.get_by_role("button", name="로그인").click()
    korean = phone.page.locator(".field-error")
    expect(korean).to_have_text(re.compile("[가-힣]"))
    phone.page.get_by_role("radio", name="English").check()
    expect(korean).not_to_have_text(re.compile("[가-힣]"))
    assert phone.violations() == []


def test_evidence_of_a_candidate_is_read(phone: Phone, site: Site) -> None:
    phone.log_in(path=f"#/sweeps/{site.suspected_sweep}")
    page = phone.page
    expect(page.get_by_role("note")).to_have_text(re.compile("시뮬레이션 기록 · 실제 점검 아님"))
    expect(page.get_by_text("증거 기록 2건, 서명 확인됨, 누락 없음")).to_be_visible()
    page.get_by_role("button", name="확인할 곳 1: 2번 칸").click()
    sheet = page.get_by_role("dialog", name="확인할 곳 1")
    expect(sheet.get_by_text("손전등과 확대경으로 육안 확인")).to_be_visible()
    for words in (
        "카메라로 볼 근거",
        "카메라가 아니라고 볼 근거",
    ):
        expect(sheet.get_by_text(words, exact=True)).to_be_visible()
    numbers = (
        "카메라가 있을 때 100배 더 자주 나타나는 신호",
        "카메라가 없을 때 2배 더 자주 나타나는 신호",
        "추정",
        "측정",
    )
    for words in numbers:
        expect(sheet.get_by_text(words, exact=True)).to_be_hidden()
    sheet.get_by_text("계산과 수치 보기").click()
    for words in numbers:
        expect(sheet.get_by_text(words, exact=True).first).to_be_visible()
    expect(sheet.get_by_text("보정하지 않은 점수입니다. 확률로 읽지 마십시오.")).to_be_visible()


def test_the_crop_is_not_fetched_before_it_is_asked_for(phone: Phone, site: Site) -> None:
    fetched: list[str] = []
    phone.page.on("request", lambda request: fetched.append(request.url) if "/api/bodies/" in request.url else None)
    phone.log_in(path=f"#/sweeps/{site.suspected_sweep}/findings/{site.finding_id}")
    sheet = phone.page.get_by_role("dialog")
    expect(sheet.get_by_text(re.compile("가려 두었습니다"))).to_be_visible()
    phone.settle()
    assert fetched == []
    sheet.get_by_role("button", name="사진 보기").click()
    picture = sheet.get_by_role("img", name="확인할 곳 1의 64픽셀 사진")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 64
    assert len(fetched) == 1


def test_names_from_the_air_are_shown_and_never_run(phone: Phone, site: Site) -> None:
    phone.log_in(path=f"#/sweeps/{site.suspected_sweep}/findings/{site.finding_id}")
    names = phone.page.get_by_role("dialog").locator("code")
    expect(names).to_have_text(
        [
            "02:00:00:c0:ff:ee",
            "<img src=x onerror=alert(1)>",
            r"\x1b[2Jcam\u202egnp.exe<script>alert(2)</script>",
            '=HYPERLINK("x")',
        ]
    )
    assert phone.page.locator("code *").count() == 0
    assert phone.page.locator("img[src='x']").count() == 0


def test_markup_in_plans_and_pseudonyms_is_text(phone: Phone, site: Site) -> None:
    plan = made.restroom_plan()
    name = text("<img src=x onerror=alert(3)>", "<img src=x onerror=alert(3)>")
    zones = (plan.zones[0].model_copy(update={"name": name}), *plan.zones[1:])
    sweep = made.make_sweep(
        sweep_id=seed_ids("markup"), room_id=site.suspected_room, plan=plan.model_copy(update={"zones": zones})
    )
    inspectors = ("<script>alert(4)</script>", "점검자-02")
    marked = sweep.report.model_copy(update={"inspectors": inspectors})
    site.demo.deliver(made.MadeSweep(marked, sweep.details))
    phone.log_in(path=f"#/sweeps/{sweep.report.sweep_id}")
    page = phone.page
    expect(page.locator(".map-label-name").first).to_have_text("<img src=x onerror=alert(3)>")
    phone.unfold("기록과 장비")
    expect(page.get_by_text("<script>alert(4)</script>, 점검자-02")).to_be_visible()
    assert page.locator("img[src='x'], #app script").count() == 0


def test_a_viewer_sees_no_addresses_and_decides_nothing(phone: Phone, site: Site) -> None:
    phone.log_in("viewer", path=f"#/sweeps/{site.suspected_sweep}/findings/{site.finding_id}")
    sheet = phone.page.get_by_role("dialog")
    expect(sheet.get_by_text("판정은 점검자만 남길 수 있습니다.")).to_be_visible()
    assert sheet.locator("code").count() == 0
    assert sheet.get_by_role("button", name="판정 남기기").count() == 0
    phone.open(f"#/rooms/{site.suspected_room}/start")
    expect(phone.page.get_by_text("점검은 점검자만 시작할 수 있습니다.")).to_be_visible()
    phone.open("#/exports")
    expect(phone.page.get_by_text("내보내기는 점검자, 감독자, 담당자, 관리자만 할 수 있습니다.")).to_be_visible()
    assert phone.violations() == []


def test_a_zone_says_what_each_method_could_not_judge(phone: Phone, site: Site) -> None:
    phone.log_in(path=f"#/sweeps/{site.suspected_sweep}")
    phone.page.get_by_role("button", name=re.compile(f"^소변기 {said('zone', 'not_assessable')}")).last.click()
    sheet = phone.page.get_by_role("dialog", name="소변기")
    expect(sheet.get_by_role("listitem").filter(has_text="렌즈")).to_contain_text(
        "조명 위상이 다른 영상 세 장이 모자랐습니다."
    )
    expect(sheet.get_by_role("listitem").filter(has_text="와이파이")).to_contain_text(
        "고속 데이터 프레임을 놓치고 있어"
    )
    assert sheet.get_by_role("listitem").get_by_text(said("method", "not_assessable"), exact=True).count() == 4


def test_choosing_a_method_shades_the_map_by_it(phone: Phone, site: Site) -> None:
    phone.log_in(path=f"#/sweeps/{site.suspected_sweep}")
    page = phone.page
    stall = page.locator(".map-label-hit").first
    expect(stall).to_have_text(re.compile(f"1번 칸.*{said('zone', 'nothing_detected')}"))
    phone.unfold("구역별 판정")
    page.get_by_role("radio", name="렌즈").check()
    expect(stall).to_have_text(re.compile(f"1번 칸.*{said('zone', 'not_assessable')}"))
    assert page.locator("path.map-not_assessable").count() == 3
    assert page.locator("path[fill$='-not_assessable)']").count() == 3
    assert page.locator("path.map-not_looked").count() == 2  # that it did not look there weighs more


def test_a_method_that_no_field_measured_calls_nothing_clear(phone: Phone, site: Site) -> None:
    phone.log_in(path=f"#/sweeps/{site.suspected_sweep}")
    phone.page.get_by_role("button", name=re.compile("^1번 칸")).first.click()
    wifi = phone.page.get_by_role("dialog").get_by_role("listitem").filter(has_text="와이파이")
    expect(wifi).to_contain_text(f"{said('zone', 'nothing_detected')} 모든 대상을 현장 측정으로 확인하지 않아")
    expect(wifi.get_by_text(said("method", "clear"))).to_have_count(0)


def test_the_page_never_says_safe(phone: Phone, site: Site) -> None:
    phone.log_in()
    for path in ("#/", f"#/rooms/{site.suspected_room}", f"#/sweeps/{site.real_sweep}", "#/settings"):
        phone.open(path)
        expect(phone.page.get_by_text("불러오는 중", exact=True)).to_have_count(0)
        text = phone.page.locator("body").inner_text()
        assert "안전" not in text


def test_a_decision_is_recorded_and_kept_through_a_lost_connection(phone: Phone, site: Site) -> None:
    phone.watch.allowed = ("ERR_INTERNET_DISCONNECTED", "Failed to load resource")
    report = site.deliver("decided", candidate_zone="stall-2")
    sweep_id, finding_id = report.sweep_id, report.findings[0].finding_id
    phone.log_in(path=f"#/sweeps/{sweep_id}/findings/{finding_id}")
    page = phone.page
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("radio")).to_have_count(4)
    expect(sheet.get_by_role("button", name="판정 남기기")).to_have_count(0)  # nothing is decided by mistake

    page.context.set_offline(True)
    sheet.get_by_role("radio", name=said("decision", "cannot_exclude")).check()
    sheet.get_by_label("덧붙이는 말").fill("환풍구 안쪽이 보이지 않음")
    sheet.get_by_role("button", name="판정 남기기").click()
    expect(sheet.get_by_text("연결이 없어 휴대전화에 보관했습니다. 연결되면 보냅니다.")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("link", name="설정").click()
    expect(page.get_by_text("1건, 연결되면 보냄")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_text("없음", exact=True)).to_be_visible()

    phone.open(f"#/sweeps/{sweep_id}/findings/{finding_id}")
    expect(sheet.get_by_text("환풍구 안쪽이 보이지 않음")).to_be_visible()
    sheet.get_by_role("radio", name=said("decision", "no_camera")).check()
    sheet.get_by_label("고치는 사유").fill("나사였음")
    sheet.get_by_role("button", name="판정 남기기").click()
    expect(sheet.get_by_text("판정을 기록했습니다.")).to_be_visible()
    expect(sheet.locator(".noted")).to_have_count(2)
    assert phone.violations() == []
    page.keyboard.press("Escape")
    expect(page.get_by_text("증거 기록 4건, 서명 확인됨, 누락 없음")).to_be_visible()


def test_a_sweep_is_started_watched_and_read(phone: Phone, probe: FakeProbe) -> None:
    page = phone.page
    phone.open()
    page.get_by_label("아이디").fill("inspector")
    page.get_by_label("비밀번호", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="로그인").click()
    page.locator("a.room", has_text="남자 화장실 1층").first.click()  # it may stand in the day's list as well
    page.get_by_role("link", name=re.compile(" 시작$")).click()
    page.get_by_role("radio", name=re.compile("probe-01")).check()
    page.get_by_role("button", name="점검 준비").click()
    expect(page.get_by_text("점검자 번호를 두 글자 이상 적으십시오.")).to_be_visible()
    page.get_by_label("점검자 2", exact=True).fill("점검자-01")
    expect(page.get_by_text("서로 다른 두 사람이어야 합니다.")).to_be_visible()
    page.get_by_label("점검자 2", exact=True).fill("점검자-02")
    page.get_by_text("간이", exact=True).click()
    page.get_by_role("button", name="점검 준비").click()
    expect(page.get_by_text("점검기가 시작 명령을 받기를 기다립니다.")).to_be_visible()

    start = probe.expect("start")
    assert isinstance(start, StartCommand)
    assert (start.mode, start.inspectors) == ("quick", ("점검자-01", "점검자-02"))
    probe.state("waiting_for_empty")
    expect(page.get_by_role("heading", name="두 사람의 퇴실 확인")).to_be_visible()
    submit = page.get_by_role("button", name="퇴실 확인 완료, 점검 시작")
    expect(submit).to_be_disabled()
    page.get_by_role("button", name="점검자-01 확인").click()
    expect(submit).to_be_disabled()
    assert phone.violations() == []
    page.get_by_role("button", name="점검자-02 확인").click()
    phone.shoot("live-declare-ko-light", full=False)
    submit.click()
    assert probe.expect_declaration() == ("점검자-01", "점검자-02")

    probe.state("running")
    probe.guide("2번 칸 앞에 서서 천천히 위에서 아래로 비추십시오.", "Stand at stall 2 and sweep slowly downwards.")
    probe.measure(2)
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "33")
    expect(page.get_by_text("3번 칸 · 와이파이")).to_be_visible()
    expect(page.get_by_text("2번 칸 앞에 서서")).to_be_visible()
    assert phone.violations() == []
    phone.shoot("live-running-ko-light", full=False)
    expect(pulled(page).locator(".tile.not_assessable")).not_to_have_count(0)
    assert phone.violations() == []
    pushed(page)

    stop = page.get_by_role("button", name=re.compile("사람 들어옴 – 즉시 중지"))
    box = stop.bounding_box()
    assert box is not None
    assert box["height"] >= 72
    assert box["width"] >= 300
    stop.click()
    probe.expect("pause")
    probe.state("paused")
    expect(page.get_by_text("멈췄습니다. 카메라와 조명이 꺼졌습니다.")).to_be_visible()
    assert phone.violations() == []
    phone.shoot("live-paused-ko-light", full=False)
    page.get_by_role("button", name=re.compile("계속하기")).click()
    probe.expect("resume")
    probe.state("waiting_for_empty")
    expect(submit).to_be_disabled()
    page.get_by_role("button", name="점검자-01 확인").click()
    page.get_by_role("button", name="점검자-02 확인").click()
    submit.click()
    probe.expect_declaration()
    probe.state("running")

    page.get_by_role("button", name=re.compile("^소변기")).click()
    page.get_by_role("radio", name="소변기 쪽").check()
    page.get_by_role("button", name="이 자리에서 측정").click()
    position = probe.expect("position")
    assert isinstance(position, PositionCommand)
    assert (position.zone_id, position.facing_deg) == ("urinals", 0)

    end(page, "여기까지 마치기")
    page.get_by_role("button", name="마치기", exact=True).click()
    probe.expect("finish")
    probe.measure(6)
    probe.finish()
    expect(page.get_by_text("확인할 곳 1곳이 나왔습니다")).to_be_visible()
    phone.shoot("live-done-ko-light", full=False)
    assert phone.violations() == []
    page.get_by_role("link", name="점검 지도 보기").click()
    page.get_by_role("button", name="확인할 곳 1: 2번 칸").click()
    expect(page.get_by_role("dialog", name="확인할 곳 1")).to_contain_text("카메라로 볼 근거")


def test_a_find_changes_the_result(phone: Phone, site: Site) -> None:
    room = site.another_room()
    report = site.deliver("found", candidate_zone="stall-3", is_real=True, room_id=room.room_id)
    phone.log_in(path=f"#/sweeps/{report.sweep_id}/findings/{report.findings[0].finding_id}")
    page = phone.page
    assert page.get_by_role("note").count() == 0
    sheet = page.get_by_role("dialog")
    sheet.get_by_role("radio", name=said("decision", "camera_found")).check()
    call = sheet.get_by_role("link", name="112 전화")
    expect(call).to_have_attribute("href", "tel:112")
    expect(sheet.get_by_role("button", name="판정 남기기")).to_have_count(0)  # 112 comes before
    assert [one.inner_text() for one in sheet.locator("form .button").all()] == ["112 전화"], "one button"
    assert phone.violations() == []
    phone.shoot("found-call", full=False)
    sheet.get_by_role("button", name="이미 신고함").click()
    expect(call).to_be_visible()  # beside its step, for who has to call again
    sheet.get_by_role("button", name="판정 남기기").click()
    expect(sheet.get_by_text("판정을 기록했습니다.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("손대지 마십시오. 112 신고와 인계는 확인 건에서 이어집니다.")).to_be_visible()
    assert phone.violations() == []
    phone.shoot("found-ko-light")
    phone.open("#/")
    card = page.locator("a.room", has_text=room.name)
    expect(card).to_contain_text(said("persons", "found"))
    expect(card.locator(".next")).to_contain_text("손대지 말고")  # never: look at it by eye
    site.deliver("found nothing later", candidate_zone=None, is_real=True, room_id=room.room_id)
    phone.open(f"#/rooms/{room.room_id}")
    expect(page.get_by_text(re.compile("손대지 말고 그대로 두십시오")).first).to_be_visible()
    expect(page.get_by_text(re.compile(f"{re.escape(said('finding', 'found'))} 1건"))).to_be_visible()
    assert phone.violations() == []
    for size in (SMALL_PHONE, PHONE):
        page.set_viewport_size(size)
        phone.shoot(f"found-stands-{size['width']}x{size['height']}", full=False)


def test_a_lost_entry_is_shown_as_a_gap(phone: Phone, site: Site) -> None:
    site.demo.skip_one()
    report = site.deliver("after a gap", candidate_zone=None)
    phone.log_in(path=f"#/sweeps/{report.sweep_id}")
    expect(phone.page.get_by_text(re.compile("누락 1건"))).to_be_visible()
    assert phone.violations() == []


def test_a_lost_stream_is_shown_and_comes_back(phone: Phone, probe: FakeProbe) -> None:
    phone.watch.allowed = ("Failed to load resource", "ERR_")
    phone.log_in(path="#/live/probe-01")
    page = phone.page
    expect(page.get_by_text("실시간 연결됨")).to_be_visible()
    page.route("**/api/live*", lambda route: route.abort())
    page.evaluate("dispatchEvent(new Event('offline'))")
    page.reload()
    expect(page.get_by_text("연결이 끊겨 다시 잇는 중")).to_be_visible()
    assert phone.violations() == []
    page.unroute("**/api/live*")
    expect(page.get_by_text("실시간 연결됨")).to_be_visible()


def test_a_server_that_is_away_is_said_and_tried_again(phone: Phone) -> None:
    phone.watch.allowed = ("Failed to load resource", "ERR_")
    phone.log_in(path="#/exports")
    page = phone.page
    page.route("**/api/rooms", lambda route: route.abort())
    page.get_by_role("link", name="시설").click()
    expect(page.get_by_role("alert")).to_contain_text("서버에 닿지 않습니다")
    assert phone.violations() == []
    phone.shoot("away-ko-light", full=False)
    with page.expect_request("**/api/rooms"):
        page.get_by_role("button", name="다시 시도").click()
    page.unroute("**/api/rooms")
    page.evaluate("dispatchEvent(new Event('online'))")  # as when the network is back
    expect(page.get_by_role("heading", name="한빛공원 공중화장실")).to_be_visible()


@pytest.mark.parametrize(
    "file_format", ["pdf", *(pytest.param(name, marks=pytest.mark.soak) for name in ("csv", "xlsx"))]
)
def test_the_inspection_log_is_downloaded_with_a_reason(phone: Phone, file_format: str) -> None:
    phone.log_in(path="#/exports")
    page = phone.page
    exports = f"{phone.url}/api/exports"
    before = [one["job_id"] for one in page.request.get(exports).json()["exports"]]  # those of other tests
    expect(page.get_by_label("시작일")).to_be_in_viewport()
    expect(page.get_by_label("종료일")).to_be_in_viewport()
    page.get_by_label("시작일").fill("2026-02-01")
    page.get_by_label("종료일").fill("2026-03-31")
    page.get_by_role("button", name="내려받기").click()
    expect(page.get_by_text("다운로드 사유를 적으십시오.")).to_be_visible()
    page.get_by_label("다운로드 사유").fill("3월 정기 보고")
    expect(page.get_by_role("radio", name=re.compile("CSV"))).to_be_hidden()
    if file_format == "csv":
        page.get_by_text("기타(프로그램용 CSV·JSON)").click()
    page.get_by_role("radio", name=re.compile({"csv": "CSV", "pdf": "PDF", "xlsx": "엑셀"}[file_format])).check()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="내려받기").click()
    assert waiting.value.suggested_filename == f"inspection-log_2026-02-01_2026-03-31.{file_format}"
    content = waiting.value.path().read_bytes()
    assert content.startswith({"csv": b"\xef\xbb\xbf", "pdf": b"%PDF", "xlsx": b"PK"}[file_format])
    expect(page.get_by_text(re.compile("파일을 내려받았습니다"))).to_be_visible()
    documents = page.get_by_role("region", name="요청한 문서").get_by_role("listitem")
    listed = documents.first
    expect(listed.get_by_text("준비됨")).to_be_visible()
    assert phone.violations() == []
    with page.expect_download() as again:
        listed.get_by_role("button", name="파일 받기").click()
    assert again.value.path().read_bytes() == content
    listed.get_by_role("button", name="지우기").click()
    expect(documents).to_have_count(len(before))
    assert [one["job_id"] for one in page.request.get(exports).json()["exports"]] == before


def test_a_document_that_is_being_made_shows_how_far_it_is(phone: Phone) -> None:
    """The server's own answers, with its states put in between: a real one is too quick to be looked at."""
    job = {
        "job_id": "01920000-0000-7000-8000-00000000b001",
        "format": "pdf",
        "period_first": "2026-03-01",
        "period_last": "2026-03-31",
        "room_id": None,
        "file_name": "inspection-log_2026-03-01_2026-03-31.pdf",
        "size": None,
        "asked": "2026-04-01T00:00:00Z",
        "failure": None,
    }
    words = {"ko": "문서가 너무 커서 만들지 못했습니다", "en": "too large"}
    whole = {"parts": 1, "parts_done": 0, "left_s": None}
    states: list[dict[str, object]] = [
        {"state": "queued", "percent": 0, "ahead": 3} | whole,
        {"state": "running", "percent": 40, "ahead": 0, "parts": 12, "parts_done": 5, "left_s": 36},
        {"state": "failed", "percent": 40, "ahead": 0, "failure": {"code": "export_too_large", "message": words}},
    ]
    shown = {"now": 0}
    phone.page.route("**/api/exports", lambda route: route.fulfill(json={"exports": [job | states[shown["now"]]]}))
    phone.log_in(path="#/exports")
    page = phone.page
    expect(page.get_by_text("앞에 3건, 순서를 기다리는 중")).to_be_visible()
    shown["now"] = 1
    expect(page.get_by_text("만드는 중 40% · 12부 중 5부 완료 · 약 36초 남음")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "40")
    assert phone.violations() == []
    shown["now"] = 2
    expect(page.get_by_text(words["ko"])).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_count(0)


def test_how_large_a_log_is_stands_there_before_it_is_asked_for(phone: Phone) -> None:
    phone.log_in(path="#/exports")
    page = phone.page
    page.get_by_label("시작일").fill("2026-02-01")
    page.get_by_label("종료일").fill("2026-03-31")
    expect(page.locator(".dock").get_by_text(re.compile(r"^점검 \d+건$"))).to_be_visible()
    asked: list[str] = []

    def large(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(json={"sweeps": 5000, "parts": 12})

    page.route("**/api/exports/size?*", large)
    with page.expect_request(re.compile(r"/api/exports/size\?.*to=2026-03-30")) as last:
        page.get_by_label("종료일").fill("2026-03-30")
    said = page.locator(".dock").get_by_text("점검 5,000건 · 12부로 나누어 작성(시설별, 목차와 함께 ZIP 한 파일)")
    expect(said).to_be_visible()
    assert "format=pdf" in last.value.url and last.value.url in asked
    assert phone.violations() == []
    phone.shoot("export-in-parts-ko-light", full=False)
    page.unroute("**/api/exports/size?*")
    refused = {"code": "export_refused", "message": {"ko": "점검이 30000건보다 많습니다", "en": "too many"}}
    page.route("**/api/exports/size?*", lambda route: route.fulfill(status=400, json={"error": refused}))
    phone.watch.allowed = ("Failed to load resource",)
    page.get_by_label("종료일").fill("2026-03-29")
    expect(page.locator(".dock").get_by_text("점검이 30000건보다 많습니다")).to_be_visible()


def test_exports_open_at_the_month_that_holds_something(phone: Phone) -> None:
    page, counts = phone.page, {"last": 0, "this": 2}
    month = datetime.now(KST).strftime("%Y-%m")

    def size(route: Route) -> None:
        asked = parse_qs(urlsplit(route.request.url).query)["from"][0]
        route.fulfill(json={"sweeps": counts["this" if asked.startswith(month) else "last"], "parts": 1})

    page.route("**/api/exports/size?*", size)
    phone.log_in(path="#/exports")
    expect(page.get_by_label("시작일")).to_have_value(f"{month}-01")
    expect(page.get_by_role("button", name="이번 달")).to_have_attribute("aria-pressed", "true")
    outside = page.get_by_text("이번 달 점검 2건은 이 기간 밖에 있습니다.")
    expect(outside).to_have_count(0)
    counts["last"] = 1
    page.reload()
    expect(outside).to_be_visible()
    expect(page.get_by_role("button", name="지난달")).to_have_attribute("aria-pressed", "true")
    assert phone.violations() == []


def test_language_and_theme_are_chosen_and_kept(phone: Phone) -> None:
    phone.log_in(path="#/settings")
    page = phone.page
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    page.get_by_role("radio", name="English").check()
    page.get_by_role("radio", name="Dark").check()
    expect(page.get_by_role("heading", level=1)).to_have_text("Settings")
    assert page.evaluate(ground) == "rgb(14, 21, 20)"
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Settings")
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("button", name="Log in")).to_be_visible()


def test_theme_follows_the_phone_until_one_is_chosen(open_phone: OpenPhone, site: Site) -> None:
    phone = open_phone(site.url, color_scheme="dark")
    phone.log_in()
    expect(phone.page.get_by_role("heading", level=1)).to_be_visible()
    assert phone.page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(14, 21, 20)"


def test_everything_is_reached_by_keyboard(phone: Phone, site: Site) -> None:
    phone.log_in(path=f"#/sweeps/{site.suspected_sweep}")
    page = phone.page
    page.get_by_role("button", name="확인할 곳 1: 2번 칸").focus()
    page.keyboard.press("Enter")
    sheet = page.get_by_role("dialog", name="확인할 곳 1")
    expect(sheet).to_be_visible()
    for _ in range(40):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('dialog')")
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    small = page.evaluate(
        """() => [...document.querySelectorAll('a, button, select, summary, .map-label-hit')].filter(e => {
            const box = e.getBoundingClientRect();
            return box.width > 0 && !e.closest('.skip') && (box.height < 44 || box.width < 44);
        }).map(e => e.outerHTML.slice(0, 120))"""
    )
    assert [one for one in small if "skip" not in one] == []

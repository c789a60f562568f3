"""The desk on the demonstration city: every page full, a case by two persons, an import, a proof, and who sees none."""

from __future__ import annotations

import random
import re
from collections import Counter
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route, expect
from pydantic import BaseModel

from server.cli.demo_city_notes import OPEN_WAYS, STEPS
from server.cli.demo_city_places import facilities_csv, outlines_json
from server.interface.views.told import ToldCaseList, ToldCaseView, ToldQuarter, ToldRoomList, ToldStatistics
from sweep.report import LocalText, new_id
from tests.server.imports.files import workbook
from tests.web.conftest import DESK, PHONE, OpenPhone, Phone
from tests.web.site import PASSWORD
from tests.web.test_photos import FOUND, INSPECTOR, new_case
from tests.web.test_screens import LOOKS

pytestmark = pytest.mark.browser
MODES: dict[str, Any] = {"viewport": DESK, "is_mobile": False, "has_touch": False, "device_scale_factor": 1}
LOG = "{} 점검 기록: 서명과 순서"
PAGES = {
    "#/desk": ("오늘 할 일", "성능 점검 필요"),
    "#/desk/cases": ("확인 건", " · 렌즈 · "),
    "#/desk/due": ("점검 일정", "점검자-01"),
    "#/desk/map": ("시설 지도", "새싹공원"),
    "#/desk/rooms": ("점검 기록", "새싹공원"),
    "#/desk/import": ("목록 가져오기", "공중화장실_시범.csv"),
    "#/desk/statistics": ("분기 통계", "솔밭구"),
}


ALL = ["오늘", "확인 건", "일정", "지도", "점검 기록", "문서", "대장", "관리"]
BEGIN: dict[str, tuple[str, list[str]]] = {
    "supervisor-hanbit": ("오늘 할 일", ALL),
    "officer-hanbit": ("오늘 할 일", ALL),
    "city": ("오늘 할 일", ALL),
    "auditor": ("오늘 할 일", ALL),
    "evidence": ("확인 건", ["확인 건", "점검 기록", "관리"]),
}


@pytest.fixture
def desk(open_phone: OpenPhone, city: str) -> Phone:
    """An administrator's desk."""
    found = open_phone(city, **MODES)
    found.log_in("admin", path="#/desk")
    return found


def _get(page: Page, city: str, path: str) -> Any:
    answer = page.request.get(f"{city}{path}")
    assert answer.ok, answer.text()
    return answer.json()


def _own_case(open_phone: OpenPhone, city: str, *steps: dict[str, Any]) -> dict[str, Any]:
    """A case that no other test knows, after these steps."""
    phone = open_phone(city)
    phone.log_in(INSPECTOR, path="#/settings")
    found: dict[str, Any] = _get(phone.page, city, f"/api/cases/{new_case(phone.page, city, *steps)}")
    return found


def _entries(page: Page, city: str) -> list[dict[str, Any]]:
    """The whole log, however much other tests have written into it."""
    entries: list[dict[str, Any]] = []
    while found := _get(page, city, f"/api/entries?after={len(entries) - 1}&limit=200")["entries"]:
        entries += found
    return entries


def test_the_city_is_full_and_all_of_it_is_marked(desk: Phone, city: str) -> None:
    page = desk.page
    cases = _get(page, city, "/api/cases?open_only=false&limit=200")["cases"]
    states = Counter(one["state"] for one in cases)
    assert len(OPEN_WAYS) + 2 <= len(cases)
    assert {"candidate", "not_reached", "looked_at", "defect", "repaired", "camera", "room_closed"} <= states.keys()
    assert {"police_called", "handed_over", "reported_to_city"} <= states.keys()
    assert {one["source"] for one in cases} == {"simulated"}
    day = _get(page, city, "/api/desk/day")
    assert day["open_sweeps"]
    assert day["alarms_count"] > 0
    assert day["quarantined"] == 1
    assert "out_of_control" in {one["status"] for one in day["checks"]}
    counts = _get(page, city, "/api/schedule")["counts"]
    assert counts["statute"].get("done", 0) > 0
    entries = _get(page, city, "/api/entries?limit=200")["entries"]
    live = {one["kind"] for one in entries if one["source"] == "live"}
    assert not {kind for kind in live if kind.startswith(("sweep.", "case."))}


@pytest.mark.parametrize(
    "username", [pytest.param(one, marks=[] if one in {"city", "evidence"} else pytest.mark.soak) for one in BEGIN]
)
def test_people_of_a_desk_begin_at_it(open_phone: OpenPhone, city: str, username: str) -> None:
    title, places = BEGIN[username]
    desk = open_phone(city, **MODES)
    desk.log_in(username)
    page = desk.page
    left = page.get_by_role("navigation", name="업무 메뉴")
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(left.get_by_role("link")).to_have_text(places)
    expect(left.locator("[aria-current]")).to_have_text(places[0])
    expect(page.get_by_role("navigation")).to_have_count(1)  # there is no tab bar beside it
    for name in places:
        left.get_by_role("link", name=name, exact=True).click()
        expect(left.locator("a.open").first).to_have_text(name)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        for link in left.locator(".within a").evaluate_all("all => all.map(one => one.getAttribute('href'))"):
            left.locator(f'a[href="{link}"]').last.click()
            expect(left.locator(f'a[href="{link}"]').last).to_have_attribute("aria-current", "page")
            expect(page.get_by_text("볼 수 없는 화면")).to_have_count(0)
    page.set_viewport_size(PHONE)
    desk.open()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    cut = "all => all.filter(one => one.getBoundingClientRect().right > innerWidth).map(one => one.innerText)"
    assert page.locator("nav.desk-menu a").evaluate_all(cut) == []
    tabs = page.get_by_role("navigation", name="주요 메뉴").get_by_role("link")
    expect(tabs).to_have_text(["업무", "시설", "점검 중", "내보내기", "설정"])
    expect(tabs.first).to_have_attribute("aria-current", "page")


def test_inspectors_begin_at_their_rooms(open_phone: OpenPhone, city: str) -> None:
    desk = open_phone(city, **MODES)
    desk.log_in("inspector-hanbit-1")
    expect(desk.page.get_by_role("heading", level=1)).to_have_text("시설과 화장실")
    expect(desk.page.get_by_role("navigation", name="업무 메뉴")).to_have_count(0)


def test_each_page_at_a_desk(desk: Phone, city: str) -> None:
    size = int(desk.page.request.get(f"{city}/api/log/checkpoint").text().splitlines()[1])
    # The log begins with the newest entry, whichever test wrote it.
    for path, (title, shown) in (PAGES | {"#/desk/log": (LOG.format("시 전체"), f"{size - 1}")}).items():
        desk.open(path)
        expect(desk.page.get_by_role("heading", level=1, name=title, exact=True)).to_be_visible()
        expect(desk.page.get_by_text(shown).first).to_be_visible()
        assert desk.violations() == [], path


@pytest.mark.soak
@pytest.mark.parametrize(("language", "theme"), LOOKS)
@pytest.mark.parametrize("modes", [MODES, {}], ids=["desk", "phone"])
def test_every_inner_page_of_every_desk(
    open_phone: OpenPhone, city: str, language: str, theme: str, modes: dict[str, Any]
) -> None:
    """All that a person of a desk comes to, by the places of the menu and the rows of their lists."""
    for username in (*BEGIN, "admin"):
        desk = open_phone(city, **modes, color_scheme=theme)
        desk.log_in(username, path="#/desk/cases")
        desk.set(language=language, theme=theme)
        page = desk.page
        wait = page.locator("main .busy, .wait")
        places = page.get_by_role("navigation").get_by_role("link")
        expect(places.first).to_be_visible()
        links = places.evaluate_all("all => all.map(one => one.getAttribute('href'))")
        seen: list[str] = []
        while links:
            path = links.pop(0)
            if path in seen or not path.startswith("#/") or "/live/" in path:
                continue
            seen.append(path)
            desk.open(path)
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            expect(wait).to_have_count(0)
            page.wait_for_load_state("networkidle")
            assert desk.violations() == [], (username, path)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (username, path)
            # One row of each list and each place within, not every room of a city.
            within = page.locator("nav.desk-menu a, main [data-row], main .lines a.line").evaluate_all(
                "all => all.map(one => one.getAttribute('href'))"
            )
            kinds = {kind_of(one) for one in (*seen, *links)}
            for one in within:
                if kind_of(one) not in kinds:
                    kinds.add(kind_of(one))
                    links.append(one)
        print(f"{username}, {language}, {theme}: {len(seen)} pages: {' '.join(seen)}")
        assert len(seen) > 5
        desk.page.context.close()


def kind_of(path: str) -> str:
    """A page's address without what it is about."""
    return re.sub(r"/[0-9a-f-]{36}|/\d+|/probe-[\w-]+", "/*", path.split("?", maxsplit=1)[0])


@pytest.mark.soak
def test_each_page_on_a_phone_in_english(open_phone: OpenPhone, city: str) -> None:
    phone = open_phone(city)
    phone.log_in("supervisor-hanbit", path="#/desk")
    phone.set(language="en")
    case = _get(phone.page, city, "/api/cases?limit=200")["cases"][0]
    pages: dict[str, str | re.Pattern[str]] = {
        "#/desk": "Today",
        "#/desk/cases": "Cases",
        "#/desk/due": "What is due",
        "#/desk/map": "Map",
        "#/desk/statistics": "Statistics of a quarter",
        "#/desk/log": re.compile("^Inspection records of .*: who signed, in order$"),
        f"#/desk/case/{case['case_id']}": re.compile(re.escape(case["room_name"]["en"])),
        f"#/desk/rooms/{case['room_id']}": re.compile(re.escape(case["room_name"]["en"])),
    }
    for path, title in pages.items():
        phone.open(path)
        expect(phone.page.get_by_role("heading", level=1, name=title, exact=True)).to_be_visible()
        expect(phone.page.get_by_role("status")).to_have_count(0)
        assert phone.violations() == [], path
        assert phone.small_targets() == [], path
        assert phone.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    expect(phone.page.get_by_role("link", name="Import")).to_have_count(0)


def test_statistics_are_shown_by_district_and_downloaded_for_a_reason(desk: Phone, city: str) -> None:
    page = desk.page
    desk.open("#/desk/statistics")
    chosen = page.get_by_role("combobox", name="분기", exact=True)
    chosen.select_option(index=1)
    expect(page.locator("main .busy")).to_have_count(0)
    year, quarter = chosen.input_value().split("-")
    of_quarter = f"/api/statistics?year={year}&quarter={quarter}"
    assert _get(page, city, of_quarter)["districts"] == [], "all is a demonstration: no work was done"
    shown = _get(page, city, f"{of_quarter}&simulated=true")
    expect(page.get_by_role("note")).to_have_text("시뮬레이션 기록 · 실제 점검 아님")
    expect(page.get_by_text(f"시뮬레이션·재생 점검 {shown['simulated']:,}회만 센 통계입니다.")).to_be_visible()
    line = shown["total"]
    expect(
        page.get_by_text(f"장비: 방 {line['measured']:,}개소를 측정하여 확인할 곳 {line['candidates']:,}건")
    ).to_be_visible()
    of_persons = (
        f"카메라이거나 배제할 수 없다고 적은 것 {line['cameras']}건(장비가 알린 곳에서 {line['cameras_of_probes']}건)"
    )
    expect(page.get_by_text(of_persons)).to_be_visible()
    assert line["eye_looks"] == 0
    # What the guide recorded stands beside it, and of what is not counted it is said what it is.
    expect(page.get_by_text(f"확인 안내에 따라 눈으로 본 확인 건은 {line['looked']}건입니다.")).to_be_visible()
    assert (line["looked"] > 0) == (line["to_look_h"] is not None)
    expect(page.get_by_role("columnheader", name="중단·1인")).to_be_visible()
    expect(page.get_by_role("table").get_by_text("실적 아님")).to_have_count(0)
    expect(page.get_by_role("columnheader", name="점검당 살핀 곳")).to_have_count(0)
    rows = page.get_by_role("table").get_by_role("row")
    expect(rows).to_have_count(1 + len(shown["districts"]) + 1)
    total = rows.last.locator("td .number").all_inner_texts()
    assert total[:5] == [f"{shown['total'][name]:,}" for name in ("rooms", "rooms_visited", "full", "quick", "by_eye")]
    swept = page.get_by_role("figure", name="장비 점검(회)").get_by_role("listitem")
    expect(swept).to_have_count(4)
    expect(swept.get_by_text("…")).to_have_count(0)
    expect(swept.last).to_contain_text(str(shown["total"]["full"] + shown["total"]["quick"]))
    xlsx = page.get_by_role("button", name="XLSX")
    xlsx.click()
    expect(page.get_by_text("다운로드 사유를 적으십시오.")).to_be_visible()
    page.get_by_label("다운로드 사유").fill("분기 보고")
    with page.expect_download() as download:
        xlsx.click()
    assert download.value.suggested_filename == f"statistics_{year}-Q{quarter}-simulated.xlsx"
    assert download.value.path().read_bytes()[:4] == b"PK\x03\x04"
    counted = page.get_by_role("combobox", name="집계 대상")
    expect(counted).to_have_value("simulated")
    counted.select_option("real")
    chosen.select_option(index=0)
    year, quarter = chosen.input_value().split("-")
    made_up = _get(page, city, f"/api/statistics?year={year}&quarter={quarter}")["simulated"]
    assert made_up > 0
    expect(page.get_by_text(f"시뮬레이션·재생 점검 {made_up:,}회 – 이 통계에 넣지 않음")).to_be_visible()
    expect(page.get_by_text("실제 점검이 없고, 실제 점검 대상으로 등록된 시설도 없습니다.")).to_be_visible()
    expect(page.get_by_role("table")).to_have_count(0)
    assert desk.violations() == []


def test_what_districts_servers_told_stands_under_the_statistics(desk: Phone) -> None:
    page, name = desk.page, LocalText(ko="달빛구", en="Dalbit-gu")
    line = ToldStatistics(
        district_id="dalbit",
        name=name,
        heard=datetime(2026, 11, 2, 3, tzinfo=UTC),
        silent_since=None,
        is_whole=False,
        rooms=600,
        overdue=7,
        missed=3,
        open_cases=2,
        found=1,
        results=1_100,
        equipment={"to_inspect": 9},
        persons={"suspected": 4},
    )
    total = line.model_copy(update={"district_id": None, "name": None})
    away = {"district_id": "byeolbit", "name": LocalText(ko="별빛구", en="Byeolbit-gu"), "silent_since": line.heard}
    silent = line.model_copy(update=away)
    place = {"district_id": "dalbit", "district_name": name, "facility_id": new_id(), "room_id": new_id()}
    case = ToldCaseView.model_validate(
        place
        | {"facility_name": None, "case_id": new_id(), "kind": "restroom", "began": "probe", "state": "camera"}
        | {"opened": date(2026, 11, 2), "changed": date(2026, 11, 2), "due": None}
    )
    told: dict[str, BaseModel] = {
        "statistics": ToldQuarter(year=2026, quarter=4, districts=(line, silent), total=total),
        "cases": ToldCaseList(cases=(case,), is_cut=True),
        "rooms": ToldRoomList(rooms=(), is_cut=False),
    }

    def answer(route: Route) -> None:
        path = urlsplit(route.request.url).path
        route.fulfill(body=told[path.rpartition("/")[2]].model_dump_json(), content_type="application/json")

    page.route("**/api/told/*", answer)
    desk.open("#/desk/statistics")
    panel = page.get_by_role("region", name="구 서버가 알린 현황")
    row = panel.get_by_role("row", name="달빛구")
    expect(row.get_by_role("cell")).to_have_text(
        [re.compile("2026.+ · 받는 중"), "600", "7", "3", "2", "1", "1,100", "9"]
    )
    expect(panel.get_by_role("row", name="별빛구").get_by_role("cell").first).to_have_text(
        re.compile("부터 통신 두절$")
    )
    expect(panel.get_by_text(f"달빛구 · 시설 {str(place['facility_id'])[-6:]}")).to_be_visible()
    expect(panel.get_by_text("의심기기 발견 · ")).to_be_visible()
    expect(panel.get_by_text("앞의 1건만 보입니다.")).to_be_visible()
    with page.expect_request("**/api/told/cases?*district=dalbit*"):
        panel.get_by_role("combobox", name="구").select_option("dalbit")
    assert desk.violations() == []


def test_the_parts_of_a_room_are_put_right(desk: Phone, city: str) -> None:
    page = desk.page
    room = _get(page, city, "/api/rooms?limit=1")["rooms"][0]["room_id"]
    desk.open(f"#/desk/rooms/{room}")
    panel = page.get_by_role("region", name="방 구분")
    panel.get_by_text("고치기").click()
    floor = panel.get_by_label("층", exact=True)
    floor.fill("0")
    panel.get_by_role("button", name="저장").click()
    expect(panel.get_by_text("층은 1부터 200, 지하는 -1부터 -20까지의 수입니다.")).to_be_visible()
    floor.fill("-1")
    panel.get_by_label("성별").select_option("family")
    panel.get_by_label("칸 수").fill("4")
    panel.get_by_role("button", name="저장").click()
    expect(panel.get_by_text("저장했습니다.")).to_be_visible()
    expect(panel.locator("dd")).to_have_text(["가족", "지하 1층", "4칸"])
    found = _get(page, city, f"/api/rooms/{room}")
    assert (found["sex"], found["floor"], found["stalls"]) == ("family", -1, 4)


def test_a_case_takes_its_next_step_by_two_persons(desk: Phone, open_phone: OpenPhone, city: str) -> None:
    desk.watch.allowed = ("status of 401", "status of 403", "status of 409", "status of 429")
    page = desk.page
    case = _own_case(open_phone, city, *FOUND[:1])
    desk.open(f"#/desk/case/{case['case_id']}")
    page.get_by_role("radio", name="카메라이거나 배제할 수 없음").check()
    page.get_by_role("radio", name="없음", exact=True).check()
    now = page.get_by_role("region", name="지금 할 일")  # where an officer has a key, photographs have two persons, too
    second, secret = now.get_by_label("아이디 또는 배지 번호"), now.get_by_label("PIN 또는 비밀번호")
    take = page.get_by_role("button", name="이 단계 기록하기")
    second.fill("admin")
    secret.fill(PASSWORD)
    take.click()
    expect(page.locator(".alert")).to_contain_text(re.compile("두 번째 사람|다른 사람"))
    second.fill(f"inspector-{case['district_id'].split('-')[0]}-1")
    secret.fill(PASSWORD)
    take.click()
    expect(page.get_by_text(re.compile("기록했습니다. 기록 [0-9]+번"))).to_be_visible()
    expect(page.get_by_text("의심기기 발견", exact=True).first).to_be_visible()
    assert _get(page, city, f"/api/cases/{case['case_id']}")["state"] == "camera"


def test_a_wrong_turn_gets_the_sentence_of_what_comes_first(desk: Phone, open_phone: OpenPhone, city: str) -> None:
    desk.watch.allowed = ("status of 409",)
    page = desk.page
    case = _own_case(open_phone, city, *FOUND)
    desk.open(f"#/desk/case/{case['case_id']}")
    page.get_by_role("radio", name="112 신고").check()
    page.get_by_label("접수 번호").fill("2026-112-7")
    token = _get(page, city, "/api/me")["csrf_token"]
    other = page.request.post(  # somebody else was faster
        f"{city}/api/cases/{case['case_id']}/steps",
        data={"step": STEPS["police_called"], "second_person": None},
        headers={"X-CSRF-Token": token},
    )
    assert other.ok, other.text()
    page.get_by_role("button", name="이 단계 기록하기").click()
    expect(page.locator(".alert")).to_contain_text("경찰이 올 때까지 지키십시오")


def test_a_file_is_previewed_applied_and_undone(desk: Phone, city: str) -> None:
    page = desk.page
    before = len(_get(page, city, "/api/desk/map")["places"])
    desk.open("#/desk/import")
    file = facilities_csv(random.Random(7), 4)
    page.get_by_label("CSV·엑셀 파일").set_input_files({"name": "더.csv", "mimeType": "text/csv", "buffer": file})
    page.get_by_role("button", name="열 확인").click()
    expect(page.get_by_text("알려진 형식의 파일입니다")).to_be_visible()
    page.get_by_role("button", name="전체 행 검사").click()
    expect(page.get_by_role("heading", level=1, name="더.csv")).to_be_visible()
    expect(page.get_by_text("12행")).to_be_visible()
    assert len(_get(page, city, "/api/desk/map")["places"]) == before
    page.get_by_role("button", name="적용하기").click()
    expect(page.get_by_text("적용됨")).to_be_visible()
    assert len(_get(page, city, "/api/desk/map")["places"]) > before
    page.get_by_role("button", name="통째로 되돌리기").click()
    expect(page.get_by_text("되돌림", exact=True)).to_be_visible()
    assert len(_get(page, city, "/api/desk/map")["places"]) == before


def test_an_offices_own_workbook_comes_in_and_goes_again(desk: Phone, city: str) -> None:
    page = desk.page
    page.set_viewport_size({"width": 1440, "height": 900})
    rows = [
        ("2025년 화장실 현황", "", "", "", "", ""),
        ("시설명", "주소", "남자", "", "여성쪽", "비고"),
        ("", "", "대변기", "소변기", "칸", ""),
        ("달맞이쉼터", "한빛구 달맞이길 3", "2칸", 3, "4칸", "신고자 김철수"),
        ("해돋이쉼터", "한빛구 해돋이길 9", "1+1", 1, "2칸", ""),
    ]
    merged = [(0, 0, 0, 5, "2025년 화장실 현황"), (1, 2, 1, 3, "남자")]
    merged += [(1, column, 2, column, name) for column, name in ((0, "시설명"), (1, "주소"), (5, "비고"))]
    before = len(_get(page, city, "/api/rooms?search=달맞이쉼터")["rooms"])
    desk.open("#/desk/import")
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    page.get_by_label("CSV·엑셀 파일").set_input_files(
        {"name": "쉼터.xlsx", "mimeType": kind, "buffer": workbook(rows, merged)}
    )
    page.get_by_role("button", name="열 확인").click()
    check = page.get_by_role("button", name="전체 행 검사")
    expect(page.get_by_text("무엇인지 알 수 없는 열 1개를 고르십시오.")).to_be_visible()
    expect(check).to_be_disabled()
    expect(page.get_by_role("cell", name="달맞이쉼터")).to_be_visible()
    assert "김철수" not in page.content()
    page.get_by_label("여성쪽 칸", exact=True).select_option("women_stalls")
    desk.shoot("import-columns", full=False)
    check.click()
    expect(page.get_by_role("heading", level=1, name="쉼터.xlsx")).to_be_visible()
    expect(page.get_by_text("변기·칸 수를 알 수 없습니다").first).to_be_visible()
    page.get_by_role("button", name="적용하기").click()
    expect(page.get_by_text("적용됨")).to_be_visible()
    assert len(_get(page, city, "/api/rooms?search=달맞이쉼터")["rooms"]) == before + 2
    page.get_by_role("button", name="통째로 되돌리기").click()
    expect(page.get_by_text("되돌림", exact=True)).to_be_visible()
    assert len(_get(page, city, "/api/rooms?search=달맞이쉼터")["rooms"]) == before
    desk.open("#/desk/import")
    page.get_by_text("기억한 답 1개").click()
    page.get_by_role("button", name="잊기").click()
    expect(page.get_by_text("기억한 답")).to_have_count(0)


def test_a_visit_is_ordered_and_called_off(desk: Phone, city: str) -> None:
    page = desk.page
    room = _get(page, city, "/api/rooms?limit=1")["rooms"][0]
    before = len(_get(page, city, "/api/schedule/orders")["orders"])
    desk.open(f"#/desk/rooms/{room['room_id']}")
    page.get_by_text("점검 지시하기").click()
    page.get_by_label("사유").fill("주민 요청")
    page.get_by_label("경찰 합동").check()
    page.get_by_role("button", name="지시하기").click()
    expect(page.get_by_text("주민 요청 · 관리자-01")).to_be_visible()
    assert len(_get(page, city, "/api/schedule/orders")["orders"]) == before + 1
    page.get_by_role("listitem").filter(has_text="주민 요청").get_by_role("button", name="취소").click()
    expect(page.get_by_text("주민 요청 · 관리자-01")).to_have_count(0)
    assert len(_get(page, city, "/api/schedule/orders")["orders"]) == before


def test_outlines_are_kept_and_what_is_none_is_refused(desk: Phone) -> None:
    desk.watch.allowed = ("status of 400",)
    page = desk.page
    desk.open("#/desk/import")
    for data, said in ((b"[]", page.locator(".alert")), (outlines_json(), page.get_by_text("구 경계를 받았습니다."))):
        page.get_by_label("구 경계(GeoJSON)").set_input_files(
            {"name": "구.geojson", "mimeType": "application/geo+json", "buffer": data}
        )
        page.get_by_role("button", name="경계 올리기").click()
        expect(said).to_be_visible()


def test_a_probe_in_the_days_list_leads_to_its_control_chart(desk: Phone) -> None:
    page = desk.page
    last = page.locator("section[aria-labelledby=probes] a.line").last
    probe_id = (last.locator(".small").first.inner_text()).split(" · ")[0]
    last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("점검기 기준 점검")
    expect(page.locator("section.card").first).to_contain_text(probe_id)
    chart = page.locator("section.card").first.get_by_role("img").first
    words = chart.locator("text").first.evaluate("it => 11 * it.getScreenCTM().a")
    assert 9 < words < 15, "words of a chart are as large as those beside it"
    expect(page.get_by_role("link", name="뒤로")).to_have_attribute("href", "#/desk/day/probes")


def test_the_map_of_a_supervisor_opens_on_the_own_district(open_phone: OpenPhone, city: str) -> None:
    phone = open_phone(city, **MODES)
    for username, are_all_there in (("supervisor-hanbit", False), ("admin", True)):
        phone.log_in(username, path="#/desk/map")
        phone.page.reload()
        names = phone.page.locator(".district-name")
        expect(names).to_have_count(3)
        expect(phone.page.locator(".district-name", has_text="한빛구")).to_be_visible()
        whole = phone.page.locator(".map").bounding_box()
        assert whole is not None
        inside = 0
        for name in names.all():
            box = name.bounding_box()
            assert box is not None
            inside += (
                whole["x"] < box["x"] < whole["x"] + whole["width"]
                and whole["y"] < box["y"] < whole["y"] + whole["height"]
            )
        assert (inside == 3) is are_all_there, (username, inside)


def test_two_visits_side_by_side_and_a_proof(desk: Phone, city: str) -> None:
    page = desk.page
    rooms = _get(page, city, "/api/rooms?limit=200")["rooms"]
    clear = [one["room_id"] for one in rooms if one["equipment"] == "nothing_detected"]
    same = page.get_by_text(re.compile(r"그대로 \d+대"))
    for room in clear:  # days are drawn by secrets: which rooms a probe saw twice, and what stayed there, is luck
        visits = _get(page, city, f"/api/rooms/{room}")["sweeps"][:2]
        if len(visits) < 2 or any(one["equipment"] == "not_measured" for one in visits):
            continue
        desk.open(f"#/desk/rooms/{room}")
        expect(page.get_by_role("table", name="구역별 판정과 찾았을 확률")).to_be_visible()
        expect(same).to_be_visible()
        if "그대로 0대" not in same.inner_text():
            break
    expect(page.get_by_text(re.compile(r"그대로 [1-9]\d*대"))).to_be_visible()
    assert desk.violations() == []
    desk.open("#/desk/log/40")
    expect(page.get_by_text("이 브라우저에서 다시 계산한 값이 루트 해시와 같습니다.")).to_be_visible()
    assert desk.violations() == []

    def forge(route: Route) -> None:
        answer = route.fetch()
        proof = answer.json()
        proof["hashes"][0] = "00" * 32
        route.fulfill(response=answer, json=proof)

    page.route("**/api/log/proof*", forge)
    desk.open("#/desk/log/41")
    expect(page.get_by_text("다시 계산한 값이 루트 해시와 다릅니다.")).to_be_visible()


def test_a_list_of_thousands_keeps_few_rows_in_the_document(desk: Phone, city: str) -> None:
    page = desk.page
    made = _get(page, city, "/api/schedule?state=done&limit=1")
    many = made | {"items": made["items"] * 20_000}
    page.route("**/api/schedule?*", lambda route: route.fulfill(json=many))
    desk.open("#/desk/due")
    expect(page.get_by_text("20000건")).to_be_visible()
    rows = page.locator("[aria-setsize='20000']")
    assert 0 < rows.count() < 60
    page.get_by_role("region", name="점검 일정").evaluate("one => one.scrollTo(0, one.scrollHeight)")
    expect(page.locator("[aria-posinset='20000']")).to_be_visible()


def test_a_closed_case_never_stands_among_the_open_ones(desk: Phone, city: str) -> None:
    page, held = desk.page, list[Route]()
    everything = _get(page, city, "/api/cases?open_only=false&limit=200")
    is_open = {f"#/desk/case/{one['case_id']}": one["is_open"] for one in everything["cases"]}
    assert set(is_open.values()) == {True, False}
    desk.open("#/desk/cases")
    which, rows = page.get_by_role("combobox", name="확인 건", exact=True), page.locator("a.room")
    which.select_option("all")
    expect(page.get_by_text(f"{len(is_open)}건", exact=True)).to_be_visible()
    page.route("**/api/cases?*", lambda route: held.append(route))  # noqa: PLW0108  Playwright marks what it is given

    def only_open() -> None:
        expect(page.get_by_text(f"{sum(is_open.values())}건", exact=True)).to_be_visible()
        shown = rows.evaluate_all("all => all.map((one) => one.getAttribute('href'))")
        assert shown and all(is_open[one] for one in shown)

    with page.expect_request("**/api/cases?*"):
        which.select_option("open")
    only_open()  # what was asked for before stands there until the answer comes
    with page.expect_response("**/api/cases?*"):
        held.pop().fulfill(json=everything)
    only_open()  # and an answer may hold what was closed meanwhile


def test_each_row_ends_with_whose_it_is_and_what_is_next(desk: Phone, city: str) -> None:
    page = desk.page
    page.set_viewport_size({"width": 1440, "height": 2400})  # each row in sight
    desk.open("#/desk/cases")
    cases = {one["case_id"]: one for one in _get(page, city, "/api/cases?limit=200")["cases"]}
    rows = page.locator("a.room")
    expect(rows).to_have_count(len(cases))
    told = rows.evaluate_all(
        "all => all.map(one => [one.getAttribute('href'), one.querySelector('.act').innerText.trim()])"
    )
    whose = {"pair": "점검 조", "facility": "시설", "supervisor": "감독자", "police": "경찰"}
    assert {case["whose"] for case in cases.values()} == whose.keys()
    for link, act in told:
        case = cases[link.rsplit("/", 1)[1]]
        assert act == f"{whose[case['whose']]} · {case['next']['ko']}"
    names = {one.split("\n")[1].split(" · ")[0] for one in rows.all_inner_texts()}
    assert names == {"한빛구", "솔밭구", "물결구"}, "rooms of one name are told apart by their district"
    desk.open("#/desk")
    now = page.get_by_role("region", name="지금 손이 필요한 것").get_by_role("link")
    expect(now.first).to_contain_text("점검 조 · ")
    first = cases[(now.first.get_attribute("href") or "").rsplit("/", 1)[1]]
    assert first["is_found"], "a find is what is most urgent"
    expect(now.first).to_contain_text(f"{whose[first['whose']]} · {first['next']['ko']}")
    now.first.click()
    expect(page.get_by_role("region", name="지금 할 일")).to_contain_text(first["next"]["ko"])
    page.route("**/api/schedule?*", _first_missed)  # on the last days of a month each day is drawn, and none is
    desk.open("#/desk/due?state=missed")
    page.locator("a.room").first.click()
    expect(page.get_by_label("사유")).to_be_visible()  # of the order that is given next
    page.unroute("**/api/schedule?*")
    assert desk.violations() == []


def _first_missed(route: Route) -> None:
    """The city's own answer, but that the first room's last period ended without a visit."""
    told = route.fetch(url=route.request.url.replace("state=missed", "state=waiting&state=done")).json()
    told["items"] = [{**told["items"][0], "state": "missed", "drawn": None}]
    route.fulfill(json=told)


def test_filters_stand_in_the_address_and_are_kept_by_person(desk: Phone, open_phone: OpenPhone, city: str) -> None:
    page = desk.page
    desk.open("#/desk/cases")
    count = page.locator(".desk-filters .number")
    expect(page.locator("a.room").first).to_be_visible()
    everything = count.inner_text()
    page.get_by_role("combobox", name="상태").select_option("defect")
    page.get_by_role("combobox", name="구", exact=True).select_option(label="한빛구")
    expect(page).to_have_url(re.compile(r"#/desk/cases\?state=defect&district=hanbit"))
    page.get_by_role("button", name="이 필터 보관").click()
    chosen = count.inner_text()
    assert desk.violations() == []
    page.locator("a.room").first.click()
    expect(page.get_by_role("region", name="지금 할 일")).to_be_visible()
    page.go_back()
    expect(count).to_have_text(chosen)
    page.go_back()
    expect(page).to_have_url(re.compile(r"#/desk/cases\?state=defect$"))
    page.get_by_role("link", name="필터 없이").click()
    expect(count).to_have_text(everything)
    page.get_by_role("searchbox", name="찾기").fill("그런 곳 없음")
    expect(page.get_by_text("해당하는 확인 건이 없습니다.")).to_be_visible()
    desk.open("#/desk/cases")
    page.reload()
    page.get_by_role("link", name="보수 대기 · 한빛구").click()
    expect(count).to_have_text(chosen)
    assert "admin" not in page.evaluate("localStorage.getItem('ansim-filters')")
    desk.log_in("city", path="#/desk/cases")
    page.reload()
    expect(page.locator("a.room").first).to_be_visible()
    expect(page.get_by_role("link", name="보수 대기 · 한빛구")).to_have_count(0)


def test_a_desk_is_worked_by_keyboard(desk: Phone) -> None:
    page = desk.page
    desk.open("#/desk/cases")
    rows, here = page.locator("a.room"), page.locator("a.room:focus")
    expect(rows.first).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(here).to_have_attribute("href", rows.nth(1).get_attribute("href") or "")
    assert here.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"
    page.keyboard.press("k")
    expect(here).to_have_attribute("href", rows.nth(0).get_attribute("href") or "")
    page.keyboard.press("/")
    search = page.get_by_role("searchbox", name="찾기")
    expect(search).to_be_focused()
    page.keyboard.type("j?k/")
    expect(search).to_have_value("j?k/")  # nothing fires while somebody types
    expect(page.get_by_role("dialog")).to_have_count(0)
    search.fill("")
    page.keyboard.press("Escape")
    expect(search).not_to_be_focused()
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="단축키")
    expect(keys.locator("dt")).to_have_text(["/", "j  k", "Enter", "?", "Esc"])
    assert desk.violations() == []
    page.keyboard.press("Escape")
    expect(keys).to_have_count(0)
    desk.open((rows.first.get_attribute("href")) or "")
    expect(page.get_by_role("region", name="지금 할 일")).to_be_visible()
    page.keyboard.press("/")  # this page has no search: the one of all rooms
    expect(page.get_by_label("시설이나 방 이름")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.get_by_role("button", name="단축키 끄기").click()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.get_by_label("시설이나 방 이름")).not_to_be_focused()


def test_a_row_opens_at_the_right_of_its_list_and_keys_lead_on(desk: Phone) -> None:
    page = desk.page
    desk.open("#/desk/cases?order=new")
    rows, here, panel = page.locator("a.room"), page.locator("a.room:focus"), page.get_by_role("region", name="고른 줄")
    expect(rows.first).to_be_visible()
    title = panel.get_by_role("heading", level=2).first

    def is_of(index: int) -> None:
        expect(rows.nth(index)).to_have_attribute("aria-current", "true")
        expect(rows.nth(index).locator("strong")).to_have_text(re.sub("\xa0", " ", title.inner_text()))

    page.keyboard.press("j")
    expect(panel).to_have_count(0)
    page.keyboard.press("Enter")
    expect(panel.get_by_role("region", name="지금 할 일")).to_be_visible()
    is_of(0)
    expect(here).to_have_count(1)  # the hand stays in the list
    page.keyboard.press("j")
    expect(rows.nth(1)).to_have_attribute("aria-current", "true")
    expect(panel.get_by_role("region", name="지금 할 일")).to_be_visible()
    is_of(1)
    assert desk.violations() == []
    page.keyboard.press("Enter")
    expect(panel).to_be_focused()
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    expect(here).to_have_attribute("href", rows.nth(1).get_attribute("href") or "")
    expect(page).to_have_url(re.compile(r"#/desk/cases\?order=new$"))
    rows.first.click()
    expect(panel.get_by_role("region", name="지금 할 일")).to_be_visible()
    page.go_back()
    expect(panel).to_have_count(0)
    for path, shown in (
        ("#/desk/due", "지금 상태"),
        ("#/desk/rooms", "지금 상태"),
        ("#/desk/log", "해시와 서명된 원문"),
    ):
        desk.open(path)
        page.locator("main [data-row]").first.click()
        expect(panel.get_by_text(shown)).to_be_visible()
        assert desk.violations() == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        panel.get_by_role("link", name="한 화면으로 열기").click()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(panel).to_have_count(0)
    page.set_viewport_size(PHONE)  # where there is no place for it, a row is a link to its page
    desk.open("#/desk/cases")
    rows.first.click()
    expect(page).to_have_url(re.compile(r"#/desk/case/"))


def test_what_is_due_begins_with_all_that_asks_for_somebody(desk: Phone, city: str) -> None:
    page = desk.page
    asking = ("overdue", "due", "missed")
    wanted = _get(page, city, "/api/schedule?limit=5000&method=equipment" + "".join(f"&state={one}" for one in asking))
    desk.open("#/desk/due")
    expect(page.get_by_role("button", name=re.compile("^할 일"))).to_have_attribute("aria-pressed", "true")
    assert wanted["items"]
    expect(page.locator("[aria-setsize]").first).to_have_attribute("aria-setsize", str(len(wanted["items"])))


def test_dots_of_the_map_are_filtered_by_what_is_to_do(desk: Phone, city: str) -> None:
    page = desk.page
    desk.open("#/desk/map")
    places = _get(page, city, "/api/desk/map")["places"]
    found = [one for one in places if one["is_found"]]
    what = page.get_by_role("group", name="할 일이 있는 시설")
    expect(what.get_by_role("button", name="의심기기 조치 중")).to_contain_text(str(len(found)))
    what.get_by_role("button", name="의심기기 조치 중").click()
    expect(page).to_have_url(re.compile(r"\?state=found$"))
    rows = page.locator("a.place")
    expect(rows).to_have_count(len(found))
    rows.first.click()
    expect(page).to_have_url(re.compile(r"#/desk/cases\?q="))
    expect(page.locator("a.room").first).to_be_visible()


def test_facilities_at_one_place_of_the_map_are_told_one_beside_the_other(desk: Phone, city: str) -> None:
    page = desk.page
    map_ = _get(page, city, "/api/desk/map")
    one = map_["places"][0]
    other = next(place for place in map_["places"] if place["name"] != one["name"])
    here = {"latitude_deg": one["latitude_deg"], "longitude_deg": one["longitude_deg"]}
    page.route(
        "**/api/desk/map",
        lambda route: route.fulfill(json={**map_, "outlines": [], "places": [one, {**other, **here}]}),
    )
    desk.open("#/desk/map")
    page.reload()
    shown = page.locator(".map canvas").first
    expect(shown).to_be_visible()
    box = page.locator(".map").bounding_box()
    assert box is not None
    # In the middle of what the zoom's buttons leave.
    x, y = (0.0, 57.0) if box["width"] < box["height"] else (33.0, 0.0)
    page.mouse.click(box["x"] + box["width"] / 2 + x, box["y"] + box["height"] / 2 + y)
    both = page.get_by_role("group", name="가까운 시설 2곳")
    for place in (one, other):
        both.get_by_role("button", name=place["name"]["ko"]).click()
        expect(page.locator("section.panel h2")).to_have_text(place["name"]["ko"])


def test_an_empty_list_beside_the_map_names_the_facilities_that_have_no_place_on_it(desk: Phone, city: str) -> None:
    page = desk.page
    map_ = _get(page, city, "/api/desk/map")
    answer = map_ | {"outlines": [], "places": [], "unplaced": 3}
    page.route("**/api/desk/map", lambda route: route.fulfill(json=answer))
    for language, words in (
        ("ko", "좌표가 없는 시설 3곳은 지도에 없습니다."),
        ("en", "3 facilities without coordinates are not on the map."),
    ):
        desk.set(language=language)
        desk.open("#/desk/map")
        page.reload()
        expect(page.locator("main .empty").get_by_text(words)).to_be_visible()
        assert desk.violations() == []
        desk.shoot(f"desk-map-unplaced-{language}", full=False)


def test_the_log_speaks_words_and_folds_its_hashes(desk: Phone, city: str) -> None:
    page = desk.page
    entries = _entries(page, city)
    step = next(row for row in reversed(entries) if row["kind"] == "case.step" and row["about"]["zone"])
    desk.open(f"#/desk/log/{step['log_index']}")
    about = step["about"]
    title = page.locator("#what-title")
    expect(title).to_contain_text(f"{about['zone']['ko']} · 확인 건 처리: ")
    expect(page.get_by_text(f"{about['facility_name']['ko']} · {about['room_name']['ko']}")).to_be_visible()
    expect(page.get_by_text(step["entry_hash"]).first).to_be_hidden()
    page.get_by_text("해시와 서명된 원문").click()
    expect(page.get_by_text(step["entry_hash"]).first).to_be_visible()
    assert desk.violations() == []
    desk.open("#/desk/log")
    expect(page.get_by_role("region", name="기록 원장")).to_be_visible()
    assert not page.locator("main .hash").first.is_visible()


def test_an_entry_that_does_not_count_says_why_and_leads_to_where_it_is_settled(desk: Phone, city: str) -> None:
    page = desk.page
    entries = _entries(page, city)
    rival, stranger = (
        next(row for row in reversed(entries) if row["status"] == status) for status in ("conflict", "quarantined")
    )
    desk.open("#/desk/log")
    row = page.locator(f"a.entry[href='#/desk/log/{rival['log_index']}']")
    expect(row).to_contain_text(f"관리자 · 기록 {rival['conflict_with']}번과 대조하기")
    assert desk.violations() == []
    desk.open(f"#/desk/log/{rival['log_index']}")
    settle = page.get_by_role("region", name="충돌: 반영되지 않는 기록")
    expect(settle).to_contain_text("둘 다 보관합니다")
    other = settle.get_by_role("link", name=f"기록 {rival['conflict_with']}번과 대조하기")
    expect(other).to_have_attribute("href", f"#/desk/log/{rival['conflict_with']}")
    assert desk.violations() == []
    desk.open(f"#/desk/log/{stranger['log_index']}")
    page.get_by_role("region", name="격리: 반영되지 않는 기록").get_by_role("link", name="키와 격리함").click()
    expect(page.get_by_role("heading", level=1, name="키와 격리함")).to_be_visible()


def test_on_paper_stands_the_whole_list(desk: Phone) -> None:
    page = desk.page
    desk.open("#/desk/due?state=done")
    rows = page.locator("a.room")
    expect(rows.first).to_be_visible()
    size = int(page.locator("[aria-setsize]").first.get_attribute("aria-setsize") or "0")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(rows).to_have_count(size)
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("searchbox")).to_have_count(0)
    page.evaluate("dispatchEvent(new Event('afterprint'))")


def test_people_of_a_facility_have_no_desk(open_phone: OpenPhone, city: str) -> None:
    phone = open_phone(city)
    phone.log_in("owner", path="#/desk")
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("우리 시설")
    expect(phone.page.get_by_role("link", name="업무")).to_have_count(0)
    for path in ("/api/desk/day", "/api/desk/map", "/api/schedule", "/api/cases"):
        assert phone.page.request.get(f"{city}{path}").status == 403, path


def test_a_report_of_the_public_becomes_a_case_in_ones_own_words(desk: Phone, city: str) -> None:
    page = desk.page
    desk.open("#/desk/cases")
    page.locator("summary").filter(has_text="구멍").click()
    expect(page.get_by_text("둘째 칸 문에 작은 구멍이 있어요")).to_be_visible()
    page.get_by_label("확인 건에 적을 내용").fill("신고에 따라 둘째 칸 문을 살펴봄")
    page.get_by_role("button", name="확인 건 열기").click()
    expect(page.get_by_text("이상 발견 알림")).to_be_visible()
    assert _get(page, city, "/api/public-reports")["reports"] == []


def test_a_case_in_the_wrong_room_is_corrected(desk: Phone, open_phone: OpenPhone, city: str) -> None:
    page = desk.page
    case = _own_case(open_phone, city, STEPS["not_reached"])
    desk.open(f"#/desk/case/{case['case_id']}")
    page.get_by_role("radio", name="정정(다른 방)").check()
    page.get_by_label("시설이나 방 이름").fill(case["facility_name"]["ko"])
    shown = _get(page, city, f"/api/rooms?limit=8&search={case['facility_name']['ko']}")["rooms"]
    here = next(room["facility_id"] for room in shown if room["room_id"] == case["room_id"])
    beside = [
        n for n, room in enumerate(shown) if (room["facility_id"], room["room_id"] != case["room_id"]) == (here, True)
    ]
    page.get_by_role("radio", name=re.compile("화장실")).nth(beside[0]).check()
    page.get_by_label("사유").fill("옆방으로 잘못 적음")
    page.get_by_role("button", name="이 단계 기록하기").click()
    expect(page.get_by_text("정정됨: 처음에는 다른 방으로 기록했습니다.")).to_be_visible()
    found = _get(page, city, f"/api/cases/{case['case_id']}")
    assert found["room_id"] != found["recorded_room_id"] == case["room_id"]


def test_badges_are_issued_printed_and_taken_back(desk: Phone, open_phone: OpenPhone, city: str) -> None:
    page = desk.page
    desk.open("#/desk/badges")
    expect(page.get_by_role("heading", level=1)).to_have_text("배지")
    mine = page.get_by_role("listitem").filter(has_text="inspector-hanbit-1")
    expect(mine).to_contain_text("배지 없음")
    printing = page.get_by_role("button", name=re.compile("고른 배지 인쇄"))
    expect(printing).to_be_disabled()
    mine.get_by_role("button", name="발급").click()
    expect(page.get_by_text(re.compile("점검자-01의 배지를 발급했습니다"))).to_be_visible()
    expect(mine.locator(".letters")).to_have_text(re.compile("^[0-9A-Z]{4} [0-9A-Z]{4}$"))
    desk.shoot("badges-desk", full=False)
    assert desk.violations() == []
    with page.expect_download() as download:
        printing.click()
    assert download.value.suggested_filename == "badges.pdf"
    mine.get_by_role("button", name="회수").click()
    expect(mine).to_contain_text("정말 회수합니까")
    mine.get_by_role("button", name="회수").click()
    expect(mine).to_contain_text("배지 없음")
    phone = open_phone(city)
    phone.log_in("officer-hanbit", path="#/desk/badges")
    expect(phone.page.get_by_role("listitem").filter(has_text="inspector-hanbit-1")).to_be_visible()
    expect(phone.page.get_by_role("listitem").filter(has_text="inspector-saebyeok-1")).to_have_count(0)
    assert phone.violations() == []
    phone.shoot("badges-phone", full=False)

"""Transmitters of a sweep: the list under the map and the page of each, with nothing of an address on either."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.web import air
from tests.web.conftest import Phone
from tests.web.site import Site

pytestmark = pytest.mark.browser

ADDRESS = re.compile(r"\b[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){2,5}\b")
CAMERA = f"wifi-{air.KEY_ID}-{air.CAMERA_TAG}"
ROUTER = f"wifi-{air.KEY_ID}-{air.ROUTER_TAGS[0]}"


def page_of(site: Site, transmitter: str) -> str:
    return f"#/sweeps/{site.suspected_sweep}/transmitters/{transmitter}"


def test_the_notable_come_first_and_the_others_are_folded(phone: Phone, site: Site) -> None:
    phone.log_in(path=f"#/sweeps/{site.suspected_sweep}")
    phone.unfold("무선 기기와 위치")
    section = phone.page.get_by_role("region", name="감지된 무선 기기 5")
    rows = section.get_by_role("listitem")
    expect(rows).to_have_count(3)
    expect(rows.nth(0)).to_contain_text("와이파이 송신기 0011")
    expect(rows.nth(0)).to_contain_text("단말 · 임의 주소(제조사 알 수 없음)")
    expect(rows.nth(0)).to_contain_text("2번 칸에서 가장 강함, -48 dBm")
    expect(rows.nth(0).locator(".reason")).to_have_text(["확인할 곳의 근거", "영상 전송형", "조명을 따라 변함"])
    expect(section.get_by_text("조명 반응 시험에 모두 4분 10초가 걸렸고, 그중 2분 30초는")).to_be_visible()
    expect(rows.nth(1).locator(".reason")).to_have_text(["카메라인지 불확실"])
    expect(rows.nth(1)).to_contain_text("조명 시험으로 알 수 없음: 사람이 건너뛰어 시험을 끝냄")
    expect(rows.nth(2).locator(".reason")).to_have_text(["카메라 제품군(참고용)"])
    phone.shoot("transmitters-open-ko-light")
    section.get_by_text("그 밖의 송신기 2대").click()
    expect(rows).to_have_count(5)
    # The three addresses of the router meet over its observations only; the loudest is named first.
    expect(rows.locator("strong")).to_have_text(
        [
            "와이파이 송신기 0011",
            "와이파이 송신기 1100",
            "블루투스 송신기 2200",
            "블루투스 송신기 3300",
            "블루투스 송신기 8899",
        ]
    )
    expect(rows.nth(3)).to_contain_text(air.UNKNOWN_KIND)
    expect(rows.nth(1)).to_contain_text(f"공유기(AP) · {air.HOSTILE_VENDOR}")
    assert section.locator("i").count() == 0
    assert phone.violations() == []


@pytest.mark.soak
def test_a_sweep_that_heard_nothing_says_so(phone: Phone, site: Site) -> None:
    phone.log_in(path=f"#/sweeps/{site.real_sweep}")
    phone.unfold("무선 기기와 위치")
    expect(phone.page.get_by_role("region", name="감지된 무선 기기 0")).to_contain_text("감지된 무선 기기가 없습니다.")


def test_the_page_of_a_transmitter_says_all_that_was_measured(phone: Phone, site: Site) -> None:
    phone.log_in(path=page_of(site, CAMERA))
    page = phone.page
    cells = page.get_by_role("table", name="자리별 측정값").locator("th, td")
    expect(cells).to_have_text(
        [
            *("구역", "중앙값 / 최대", "영상 점수", "조명 p값"),
            *("1번 칸", "-52 / -46", "0.80", "0.41"),
            *("2번 칸 가장 강함", "-48 / -41", "0.88", "0.002"),
            *("3번 칸", "-55 / -49", "0.80", "0.41"),
            *("소변기", "-59 / -53", "0.80", "0.41"),
            *("세면대", "-66 / -60", "0.80", "0.41"),
            *("출입구", "들리지 않음", "–", "–"),
        ]
    )
    plan = page.get_by_role("img", name=re.compile("가장 센 자리는 2번 칸, -48 dBm"))
    expect(plan.locator(".value")).to_have_text(["-52", "-55", "-59", "-66", "×", "-48"])
    radii = plan.locator("circle.heard").evaluate_all("circles => circles.map(c => Number(c.getAttribute('r')))")
    assert radii[-1] == max(radii)
    assert sorted(radii[:-1], reverse=True) == radii[:-1]
    expect(page.get_by_text("가장 센 자리와 가장 약한 자리의 차이 18 dB")).to_be_visible()

    judged = page.get_by_role("region", name="영상·조명 판정")
    expect(judged).to_contain_text("영상 전송형으로 보임")
    expect(judged).to_contain_text("5곳 중 5곳, 최고 점수 0.88(0~1), 6.2초 만에 판정")
    expect(judged).to_contain_text("조명에 따라 전송량이 변함")
    expect(judged).to_contain_text("2번 칸, 우연이라면 500번에 1번(p = 0.002, 판단 기준 333번에 1번), 33초 만에 확인")
    facts = page.get_by_role("region", name="들은 그대로")
    for words in ("6번 (2437 MHz)", "8,210개, 100초 동안", "6.7 MB", "161 kB", f"{air.KEY_ID} {air.CAMERA_TAG}"):
        expect(facts.get_by_text(words, exact=True)).to_be_visible()
    limits = page.get_by_role("region", name="이 화면이 알 수 없는 것")
    expect(limits).to_contain_text("식별값은 기기 주소가 아니라")
    expect(limits).to_contain_text("한 대가 여러 송신기로 나뉘어 보일 수 있습니다")
    assert page.get_by_role("note").count() == 1
    expect(page.get_by_role("link", name="시설", exact=True)).to_have_attribute("aria-current", "page")


def test_what_traffic_alone_cannot_tell_says_why_and_what_to_do(phone: Phone, site: Site) -> None:
    phone.log_in(path=page_of(site, ROUTER))
    judged = phone.page.get_by_role("region", name="영상·조명 판정")
    expect(judged).to_contain_text("판정 불가")
    expect(judged).to_contain_text("다른 사람이 보는 영상을 전달하는 것일 수 있음.")
    expect(judged).to_contain_text("사람이 건너뛰어 시험을 끝냄. 반응이 없다는 뜻이 아님")
    phone.shoot("transmitter-open-ko-light")


@pytest.mark.soak
def test_a_bluetooth_page_names_its_kind_and_no_video(phone: Phone, site: Site) -> None:
    phone.log_in(path=page_of(site, f"ble-{air.KEY_ID}-{air.HINT_TAG}"))
    facts = phone.page.get_by_role("region", name="들은 그대로")
    for words in ("카메라 제품군", "Example Optics", "80번"):
        expect(facts.get_by_text(words, exact=True)).to_be_visible()
    expect(phone.page.get_by_text("확인할 곳의 근거로 쓰이지 않았습니다.")).to_be_visible()
    expect(phone.page.get_by_role("region", name="영상·조명 판정")).to_have_count(0)
    expect(phone.page.get_by_role("row", name="출입구 들리지 않음")).to_be_visible()


@pytest.mark.parametrize("username", ["inspector", "viewer"])
def test_no_address_and_no_name_from_the_air_is_shown(phone: Phone, site: Site, username: str) -> None:
    phone.log_in(username, path=page_of(site, ROUTER))
    page = phone.page
    for path in (page_of(site, ROUTER), page_of(site, CAMERA), f"#/sweeps/{site.suspected_sweep}"):
        phone.open(path)
        if "transmitters" not in path:
            phone.unfold("무선 기기와 위치")
        expect(page.locator("body")).to_contain_text("송신기")
        expect(page.get_by_text("불러오는 중", exact=True)).to_have_count(0)
        said = page.locator("body").inner_text()
        assert ADDRESS.findall(re.sub(r"\d{1,2}:\d{2}(?!:)", "", said)) == []
        assert "onerror" not in said
        assert page.locator("#app i, img[src='x']").count() == 0


def test_the_way_from_a_finding_to_its_transmitter_and_back(phone: Phone, site: Site) -> None:
    phone.log_in(path=f"#/sweeps/{site.suspected_sweep}/findings/{site.finding_id}")
    page = phone.page
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("link", name="이 송신기 보기")).to_have_count(1)
    sheet.get_by_role("link", name="이 송신기 보기").focus()
    page.keyboard.press("Enter")
    heading = page.get_by_role("heading", level=1, name="와이파이 송신기 0011")
    expect(heading).to_be_focused()
    assert phone.violations() == []
    page.get_by_role("link", name="뒤로").press("Enter")
    expect(page.get_by_role("dialog", name="확인할 곳 1")).to_be_visible()  # where one came from
    # Opened from the list, the way back is the list.
    phone.open(page_of(site, CAMERA))
    page.get_by_role("link", name="뒤로").press("Enter")
    listed = page.get_by_role("heading", name="감지된 무선 기기 5")
    expect(listed).to_be_focused()
    expect(listed).to_be_in_viewport()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(heading).to_be_visible()
    page.get_by_role("link", name=re.compile("확인할 곳 1: 2번 칸")).click()
    expect(page.get_by_role("dialog", name="확인할 곳 1")).to_be_visible()


def test_a_transmitter_that_was_not_heard_is_no_error(phone: Phone, site: Site) -> None:
    phone.log_in(path=page_of(site, "wifi-00000000-0000000000000000"))
    expect(phone.page.get_by_text("이 점검에서 그런 송신기는 들리지 않았습니다.")).to_be_visible()
    assert phone.violations() == []

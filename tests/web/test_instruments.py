"""The desk's register of instruments in a real Chromium: added, found, checked, out of use and back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from server.config.settings import Settings
from server.people import auth
from server.store.clock import today
from tests.server.conftest import PASSWORD, QUICK_HASH, Site, running
from tests.web.conftest import DESK, OpenPhone

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def door(built_page: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with a supervisor of its district."""
    with running(Settings(data_dir=tmp_path_factory.mktemp("instruments"), port=0)) as server:
        with server.db.write() as connection:
            auth.create_user(
                connection,
                username="keeper",
                display_name="감독-77",
                role="supervisor",
                password=QUICK_HASH,
                actor="test",
                district_id=server.services.settings.tenant,
            )
        yield server


def test_an_instrument_is_added_checked_retired_and_brought_back(open_phone: OpenPhone, door: Site) -> None:
    desk = open_phone(door.url, viewport=DESK, is_mobile=False, has_touch=False, device_scale_factor=1)
    desk.watch.allowed = ("409",)
    desk.ask("/api/login", {"username": "keeper", "password": PASSWORD})
    desk.open("#/desk/instruments")
    page = desk.page
    expect(page.get_by_text("해당하는 장비가 없습니다.")).to_be_visible()
    for status in ("가상 K18 A-0017: 저장했습니다.", "이미 있습니다"):
        page.get_by_role("button", name="장비 등록").click()
        page.get_by_label("제조사", exact=True).fill("가상")
        page.get_by_label("모델", exact=True).fill("K18")
        page.get_by_label("일련번호", exact=True).fill("A-0017")
        page.get_by_role("combobox", name="보관자").select_option("감독-77")
        page.get_by_role("button", name="저장").click()
        expect(page.get_by_text(status)).to_be_visible()
    page.get_by_role("button", name="그만두기").click()
    row = page.get_by_role("listitem").filter(has_text="가상 K18 A-0017")
    expect(row).to_contain_text("감독-77")
    expect(row).to_contain_text("작동 확인 없음")
    assert desk.violations() == []

    row.get_by_role("button", name="확인 기록").click()
    row.get_by_label("유효기간").fill(today().isoformat())
    row.get_by_label("확인한 곳(이름 없이)").fill("관리 사무소")
    row.get_by_role("radio", name="이상 없음").check()
    assert desk.violations() == []
    row.get_by_role("button", name="저장").click()
    expect(row).to_contain_text("작동 확인됨")
    row.get_by_text("확인 이력").click()
    expect(row.get_by_text("확인 기록", exact=False).last).to_be_visible()

    row.get_by_role("button", name="사용 중지").click()
    expect(page.get_by_text("가상 K18 A-0017: 사용을 중지했습니다.")).to_be_visible()
    expect(row).to_have_count(0)
    page.get_by_role("button", name="되돌리기").click()
    expect(row).to_have_count(1)
    page.get_by_label("제조사, 모델, 일련번호, 보관자").fill("없는 것")
    expect(page.get_by_text("해당하는 장비가 없습니다.")).to_be_visible()
    page.get_by_label("제조사, 모델, 일련번호, 보관자").fill("a-0017 감독")
    expect(row).to_have_count(1)
    desk.shoot("instruments-desk", full=False)


def test_the_register_in_a_hand(open_phone: OpenPhone, door: Site) -> None:
    phone = open_phone(door.url)
    phone.ask("/api/login", {"username": "keeper", "password": PASSWORD})
    phone.open("#/desk/instruments")
    phone.page.get_by_role("button", name="장비 등록").click()
    phone.page.get_by_label("종류").first.select_option("육안(손전등·확대경)")
    expect(phone.page.get_by_text("번호가 없는 것은 비워 둡니다")).to_be_visible()
    assert phone.violations() == []
    phone.set(language="en")
    expect(phone.page.get_by_role("heading", name="Instruments")).to_be_visible()
    assert phone.violations() == []
    phone.shoot("instruments-412x915", full=False)

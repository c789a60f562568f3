"""Steps of the guide through a find that were taken without a connection lie in the phone's one outbox."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.waiting import wait_until
from tests.web.chromium import FLAGS
from tests.web.conftest import AS_PHONE, Phone
from tests.web.site import Site
from tests.web.test_find import OFFLINE, _case_of, _deliver, _press, _take, _title, processes_with
from tests.web.test_outbox import log_in_by_form, stored

pytestmark = pytest.mark.browser
STEPS = "**/api/cases/*/steps"
TAKEN = ["room_closed", "police_called"]


def _found(phone: Phone, site: Site, title: str) -> str:
    """A camera that two persons have found, and nothing done about it yet."""
    report = _deliver(site, title)
    phone.log_in(path="#/settings")
    case_id = _case_of(phone.page, site, report)
    _take(phone.page, site, case_id, {"step": "looked_at", "seen": "object"})
    _take(phone.page, site, case_id, {"step": "camera", "was_touched": False})
    return case_id


def _act_alone(page: Page) -> None:
    """Close the room and call: two steps that nobody has to confirm."""
    _title(page, "손대지 마십시오")
    _press(page, "손대지 않겠습니다 – 다음")
    _press(page, "닫고 지킵니다 – 다음")
    _title(page, "112에 신고하십시오")
    _press(page, "신고했습니다 – 다음")
    page.get_by_label("번호", exact=True).fill("2026-112-000512")
    _press(page, "기록하고 다음")
    _title(page, "경찰이 올 때까지 지키십시오")
    expect(page.get_by_text("기록 2건을 이 휴대전화에 보관했습니다")).to_be_visible()
    expect(page.locator("form[data-kept=true]")).to_have_count(1)


def _events(page: Page, site: Site, case_id: str) -> list[tuple[str, str]]:
    """Step and author of all that happened since the camera was found."""
    found: list[dict[str, Any]] = page.request.get(f"{site.url}/api/cases/{case_id}").json()["events"]
    return [(event["step"]["step"], event["person"]) for event in found[2:]]


def test_steps_taken_without_a_connection_are_listed_exported_and_sent_by_their_author_alone(
    phone: Phone, site: Site
) -> None:
    phone.watch.allowed = OFFLINE
    case_id = _found(phone, site, "outbox of a guide")
    page = phone.page
    page.route(STEPS, lambda route: route.abort())
    phone.open(f"#/find/{case_id}")
    _act_alone(page)
    assert "000512" not in stored(phone)
    page.get_by_role("link", name=re.compile("이 휴대전화에 2건 보관 중")).click()
    kept = page.locator("li.noted")
    for index, words in enumerate(("사람을 내보내고 출입 통제", "112 신고")):
        expect(kept.nth(index)).to_contain_text(words)
    expect(kept.nth(1)).to_contain_text("2026-112-000512")
    phone.shoot("outbox-steps-412x915", full=False)
    with page.expect_download() as saving:
        _press(page, "내 기록 2건 파일로 저장")
    steps = json.loads(Path(saving.value.path()).read_text(encoding="utf-8"))["steps"]
    assert [one["step"]["step"] for one in steps] == TAKEN
    assert {(one["author"], one["case_id"]) for one in steps} == {("점검자-01", case_id)}
    _press(page, "로그아웃")
    page.unroute(STEPS)
    log_in_by_form(phone, "supervisor")
    expect(page.get_by_role("navigation")).to_be_visible()
    phone.open("#/settings")
    expect(page.get_by_text("점검자-01: 2건, 본인만 열 수 있게 봉인됨")).to_be_visible()
    assert _events(page, site, case_id) == []
    _press(page, "로그아웃")
    log_in_by_form(phone, "inspector")
    phone.open("#/settings")
    expect(page.get_by_text("없음", exact=True)).to_be_visible()
    assert _events(page, site, case_id) == [(step, "점검자-01") for step in TAKEN]


@pytest.mark.soak  # two browsers of its own
def test_steps_in_the_outbox_outlive_a_killed_browser_and_go_from_any_screen(
    browser: Browser, chromium_path: str, phone: Phone, site: Site, tmp_path: Path
) -> None:
    case_id = _found(phone, site, "killed with steps kept")

    def open_again() -> BrowserContext:
        return browser.browser_type.launch_persistent_context(
            tmp_path / "profile", executable_path=chromium_path, args=FLAGS, locale="ko-KR", **AS_PHONE
        )

    killed = open_again()
    before = Phone(killed.new_page(), site.url, phone.watch, "")
    before.log_in(path=f"#/find/{case_id}")
    _title(before.page, "손대지 마십시오")
    killed.set_offline(True)
    _act_alone(before.page)
    mine = f"--user-data-dir={tmp_path / 'profile'}"
    for pid in processes_with(mine):
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not processes_with(mine), "the browser is gone", every_s=0.05)
    assert _events(phone.page, site, case_id) == []
    with open_again() as context:
        after = Phone(context.new_page(), site.url, phone.watch, "")
        after.log_in()
        page = after.page
        expect(page.get_by_role("link", name="설정")).to_be_visible()
        wait_until(
            lambda: _events(page, site, case_id) == [(step, "점검자-01") for step in TAKEN], "the steps", every_s=0.05
        )
        expect(page.get_by_text(re.compile("이 휴대전화에 .* 보관 중"))).to_have_count(0)
        after.open(f"#/find/{case_id}")
        _title(page, "경찰이 올 때까지 지키십시오")
    assert len(_events(phone.page, site, case_id)) == len(TAKEN)

"""The phone signs for who decided: kept with author, time and id, and sent in nobody else's name."""

from __future__ import annotations

import json
import re
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route, expect
from sqlalchemy import update

from server.config.settings import Settings
from server.people.accounts import lose
from server.people.auth import check_password
from server.store.db import Database
from server.store.schema import users
from sweep.report import SweepReport
from tests.waiting import wait_until
from tests.web.conftest import SMALL_PHONE, Phone
from tests.web.said import said
from tests.web.site import PASSWORD, QUICK_HASH, Site

pytestmark = pytest.mark.browser

OFFLINE = ("ERR_", "Failed to load resource")
DISPOSITIONS = "**/api/findings/*/disposition"


def open_finding(phone: Phone, report: SweepReport, username: str = "inspector") -> None:
    phone.log_in(username, path=f"#/sweeps/{report.sweep_id}/findings/{report.findings[0].finding_id}")
    phone.page.reload()


def decide(phone: Phone, verdict: str = said("decision", "cannot_exclude")) -> None:
    sheet = phone.page.get_by_role("dialog")
    sheet.get_by_role("radio", name=re.compile(verdict)).check()
    sheet.get_by_role("button", name="판정 남기기").click()


def decide_offline(phone: Phone, report: SweepReport) -> None:
    """The inspector decides where the server cannot be reached."""
    phone.watch.allowed = OFFLINE
    open_finding(phone, report)
    phone.page.route(DISPOSITIONS, lambda route: route.abort())
    decide(phone)
    expect(phone.page.get_by_text("연결이 없어 휴대전화에 보관했습니다.")).to_be_visible()


def signed(phone: Phone, report: SweepReport) -> list[dict[str, Any]]:
    """Decisions as the server has them."""
    answer = phone.page.request.get(f"{phone.url}/api/sweeps/{report.sweep_id}")
    found: list[dict[str, Any]] = answer.json()["dispositions"]
    return found


def stored(phone: Phone) -> str:
    """Everything that lies in the phone's storage, bytes as letters, as somebody reads it who takes it apart."""
    found: str = phone.page.evaluate(
        """async () => {
            const letters = value => value instanceof Uint8Array ? new TextDecoder('latin1').decode(value)
                : value instanceof CryptoKey ? `key that is ${value.extractable ? '' : 'not '}extractable`
                : value;
            const all = [JSON.stringify({...localStorage}), JSON.stringify({...sessionStorage})];
            for (const {name} of await indexedDB.databases()) {
                const db = await new Promise((done, failed) => {
                    const asked = indexedDB.open(name);
                    asked.onsuccess = () => done(asked.result);
                    asked.onerror = failed;
                });
                for (const store of db.objectStoreNames) {
                    const rows = await new Promise(done => {
                        const asked = db.transaction(store).objectStore(store).getAll();
                        asked.onsuccess = () => done(asked.result);
                    });
                    all.push(`${store}: ` + JSON.stringify(rows, (_, value) => letters(value)));
                }
                db.close();
            }
            return all.join('\\n');
        }"""
    )
    return found


def log_in_by_form(phone: Phone, username: str) -> None:
    phone.page.get_by_label("아이디").fill(username)
    phone.page.get_by_label("비밀번호", exact=True).fill(PASSWORD)
    phone.page.get_by_role("button", name="로그인").click()


def test_a_kept_decision_waits_for_its_author(phone: Phone, site: Site) -> None:
    report = site.deliver("kept for its author", candidate_zone="stall-2")
    decide_offline(phone, report)
    page = phone.page
    page.keyboard.press("Escape")
    page.get_by_role("link", name="설정").click()
    page.get_by_role("button", name="로그아웃").click()
    page.unroute(DISPOSITIONS)
    log_in_by_form(phone, "supervisor")
    expect(page.get_by_role("link", name="설정")).to_be_visible()
    phone.open("#/settings")
    expect(page.get_by_text("점검자-01 님이 로그인하면 보냅니다.")).to_be_visible()
    assert page.get_by_role("button", name="지금 보내기").count() == 0
    assert page.get_by_role("button", name="지우기").count() == 0
    assert phone.violations() == []
    phone.shoot("outbox-others-412x915", full=False)
    page.set_viewport_size(SMALL_PHONE)
    phone.shoot("outbox-others-360x640", full=False)
    assert signed(phone, report) == []
    page.get_by_role("button", name="로그아웃").click()
    log_in_by_form(phone, "inspector")
    phone.open("#/settings")
    expect(page.get_by_text("없음", exact=True)).to_be_visible()
    (made,) = signed(phone, report)
    assert made["subject"] == "점검자-01"
    claimed = datetime.fromisoformat(made["claimed"]["utc"])
    assert claimed < datetime.fromisoformat(made["decided"])
    assert abs(made["claimed"]["behind_ms"]) < 5_000


def test_somebody_who_logs_in_beside_the_page_signs_nothing_of_it(phone: Phone, site: Site) -> None:
    report = site.deliver("another tab", candidate_zone="stall-2")
    phone.watch.allowed = OFFLINE
    open_finding(phone, report)
    page = phone.page
    expect(page.get_by_role("dialog")).to_be_visible()
    # In another tab of the same phone: the cookie is the supervisor's now, and this page does not know.
    page.request.post(f"{phone.url}/api/login", data={"username": "supervisor", "password": PASSWORD})
    decide(phone)
    expect(page.get_by_text("연결이 없어 휴대전화에 보관했습니다.")).to_be_visible()
    assert signed(phone, report) == []
    phone.open("#/settings")
    page.reload()
    expect(page.get_by_text("점검자-01 님이 로그인하면 보냅니다.")).to_be_visible()
    assert signed(phone, report) == []


def test_a_session_that_ended_while_sending_keeps_the_decision(phone: Phone, site: Site) -> None:
    report = site.deliver("session ended", candidate_zone="stall-2")
    phone.watch.allowed = OFFLINE
    open_finding(phone, report)
    page = phone.page
    expect(page.get_by_role("dialog")).to_be_visible()
    # The sheet asks for pictures and the finding's cases once it is there: those, too, would find the session over.
    page.route(
        lambda url: "/api/" in url and not url.endswith("/api/me"),
        lambda route: route.abort() if route.request.method == "GET" else route.continue_(),
    )
    page.context.clear_cookies()
    decide(phone)
    expect(page.get_by_label("아이디")).to_be_visible()
    page.unroute_all()
    log_in_by_form(phone, "inspector")
    phone.open("#/settings")
    expect(page.get_by_text("없음", exact=True)).to_be_visible()
    (made,) = signed(phone, report)
    assert made["subject"] == "점검자-01"


def test_a_session_that_ended_under_the_form_keeps_what_was_begun(phone: Phone, site: Site) -> None:
    report = site.deliver("ended under the form", candidate_zone="stall-2")
    phone.watch.allowed = OFFLINE
    open_finding(phone, report)
    page = phone.page
    sheet = page.get_by_role("dialog")
    sheet.get_by_role("radio", name=said("decision", "cannot_exclude")).check()
    sheet.get_by_label("덧붙이는 말").fill("나사 하나가 비어 있음")
    page.context.clear_cookies()
    page.evaluate("dispatchEvent(new Event('online'))")  # the page asks the server for something
    page.evaluate("location.hash = '#/'")
    expect(page.get_by_label("아이디")).to_be_visible()
    log_in_by_form(phone, "inspector")
    expect(page.get_by_role("navigation")).to_be_visible()
    page.evaluate(f"location.hash = '#/sweeps/{report.sweep_id}/findings/{report.findings[0].finding_id}'")
    expect(sheet.get_by_role("radio", name=said("decision", "cannot_exclude"))).to_be_checked()
    expect(sheet.get_by_label("덧붙이는 말")).to_have_value("나사 하나가 비어 있음")


def test_what_waits_is_sealed_to_its_author(phone: Phone, site: Site) -> None:
    report = site.deliver("sealed", candidate_zone="stall-2")
    phone.watch.allowed = OFFLINE
    open_finding(phone, report)
    page = phone.page
    page.route(DISPOSITIONS, lambda route: route.abort())
    sheet = page.get_by_role("dialog")
    sheet.get_by_role("radio", name=said("decision", "cannot_exclude")).check()
    sheet.get_by_label("덧붙이는 말").fill("나사 하나가 비어 있음")
    sheet.get_by_role("button", name="판정 남기기").click()
    expect(page.get_by_text("연결이 없어 휴대전화에 보관했습니다.")).to_be_visible()
    lying = stored(phone)
    assert "key that is not extractable" in lying
    for told in ("나사", "cannot_exclude", str(report.findings[0].finding_id), str(site.suspected_room)):
        assert told not in lying, told
    page.keyboard.press("Escape")
    page.get_by_role("link", name="설정").click()
    expect(page.get_by_text("나사 하나가 비어 있음")).to_be_visible()
    phone.shoot("outbox-mine-412x915", full=False)
    page.get_by_role("button", name="로그아웃").click()
    expect(page.get_by_text("이 휴대전화에 1건 보관 중 – 남긴 사람이 로그인하면 보냅니다")).to_be_visible()
    assert phone.violations() == []
    phone.shoot("outbox-login-412x915", full=False)
    wait_until(lambda: "phone_key: []" in stored(phone), "the key is gone", every_s=0.05)
    log_in_by_form(phone, "supervisor")
    phone.open("#/settings")
    expect(page.get_by_text("점검자-01: 1건, 본인만 열 수 있게 봉인됨")).to_be_visible()
    expect(page.get_by_text("나사 하나가 비어 있음")).to_have_count(0)
    assert page.evaluate("fetch('/api/me/phone-key').then(answer => answer.status)") == 200
    assert phone.violations() == []
    phone.shoot("outbox-sealed-412x915", full=False)
    phone.set(language="en")
    expect(page.get_by_text("Inspector-01: 1, sealed for nobody else")).to_be_visible()
    phone.shoot("outbox-sealed-412x915-en", full=False)


def test_what_a_lost_phone_keeps_opens_for_nobody(phone: Phone, site: Site) -> None:
    report = site.deliver("on a lost phone", candidate_zone="stall-2")
    decide_offline(phone, report)
    page = phone.page
    with closing(Database(Settings(data_dir=site.folder).url)) as db:
        by = check_password(db, "chief", PASSWORD)
        with db.write() as connection:
            lose(connection, by, "inspector", "phone", password=QUICK_HASH, code=QUICK_HASH)
            own = update(users).where(users.c.username == "inspector")
            connection.execute(own.values(must_change_password=False, enrolment_hash=None))
    page.unroute(DISPOSITIONS)
    page.reload()
    expect(page.get_by_label("비밀번호", exact=True)).to_be_visible()  # the session has ended
    wait_until(lambda: "phone_key: []" in stored(phone), "the key is gone", every_s=0.05)
    log_in_by_form(phone, "inspector")
    phone.open("#/settings")
    expect(page.get_by_text("분실 처리 전의 기록 1건은 열 수 없습니다.")).to_be_visible()
    assert phone.violations() == []
    assert signed(phone, report) == []
    page.get_by_role("button", name="지우기").click()
    expect(page.get_by_text("없음", exact=True)).to_be_visible()


def test_an_answer_that_got_lost_makes_no_second_decision(phone: Phone, site: Site) -> None:
    report = site.deliver("answer lost", candidate_zone="stall-2")
    phone.watch.allowed = OFFLINE
    open_finding(phone, report)
    page = phone.page

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route(DISPOSITIONS, lose_the_answer)
    decide(phone)
    expect(page.get_by_text("연결이 없어 휴대전화에 보관했습니다.")).to_be_visible()
    assert len(signed(phone, report)) == 1
    page.unroute(DISPOSITIONS)
    phone.open("#/settings")
    page.get_by_role("button", name="지금 보내기").click()
    expect(page.get_by_text("없음", exact=True)).to_be_visible()
    assert len(signed(phone, report)) == 1


def test_a_refused_one_is_set_aside_with_the_reason(phone: Phone, site: Site) -> None:
    report = site.deliver("refused", candidate_zone="stall-2")
    decide_offline(phone, report)
    page = phone.page
    page.unroute(DISPOSITIONS)
    reason = {
        "error": {
            "code": "not_found",
            "message": {"ko": "확인할 곳: 찾을 수 없습니다", "en": "place to inspect: not found"},
        }
    }
    page.route(DISPOSITIONS, lambda route: route.fulfill(status=404, json=reason))
    phone.open("#/settings")
    page.get_by_role("button", name="지금 보내기").click()
    expect(page.get_by_text("보내지 않고 따로 두었습니다: 확인할 곳: 찾을 수 없습니다")).to_be_visible()
    assert phone.violations() == []
    phone.shoot("outbox-aside-412x915", full=False)
    page.set_viewport_size(SMALL_PHONE)
    phone.shoot("outbox-aside-360x640", full=False)
    page.reload()
    expect(page.get_by_text("보내지 않고 따로 두었습니다")).to_be_visible()
    page.unroute(DISPOSITIONS)
    page.get_by_role("button", name="다시 보내기").click()
    expect(page.get_by_text("없음", exact=True)).to_be_visible()
    assert [made["verdict"] for made in signed(phone, report)] == ["cannot_exclude"]


def test_decisions_of_the_first_version_name_nobody_and_are_never_sent(phone: Phone, site: Site) -> None:
    report = site.deliver("first version", candidate_zone="stall-2")
    phone.watch.allowed = ("404",)  # a text file has no icon
    phone.page.goto(f"{phone.url}/licenses.txt")  # the storage's origin without the page
    phone.page.evaluate(
        """([sweepId, findingId]) => new Promise((done, failed) => {
            const opening = indexedDB.open('ansim-outbox', 1);
            opening.onupgradeneeded = () => opening.result.createObjectStore('decisions', {autoIncrement: true});
            opening.onsuccess = () => {
                const kept = opening.result.transaction('decisions', 'readwrite').objectStore('decisions');
                const adding = kept.add({sweepId, findingId, verdict: 'no_camera', note: '나사'});
                adding.onsuccess = () => { opening.result.close(); done(); };
                adding.onerror = failed;
            };
        })""",
        [str(report.sweep_id), str(report.findings[0].finding_id)],
    )
    phone.log_in(path="#/settings")
    page = phone.page
    expect(page.get_by_text(re.compile("누가 했는지 알 수 없습니다"))).to_be_visible()
    expect(page.get_by_text("나사", exact=True)).to_be_visible()
    assert page.get_by_role("button", name="다시 보내기").count() == 0
    assert phone.violations() == []
    assert signed(phone, report) == []
    page.get_by_role("button", name="지우기").click()
    expect(page.get_by_text("없음", exact=True)).to_be_visible()


def test_what_is_kept_is_said_on_every_screen_and_leaves_as_a_file(phone: Phone, site: Site) -> None:
    report = site.deliver("kept and exported", candidate_zone="stall-2")
    decide_offline(phone, report)
    page = phone.page
    page.keyboard.press("Escape")
    said = page.get_by_role("link", name=re.compile("이 휴대전화에 1건 보관 중"))
    for path in ("#/", f"#/rooms/{site.suspected_room}", "#/live/probe-01", f"#/rooms/{site.suspected_room}/start"):
        phone.open(path)
        expect(said).to_be_visible()
    assert phone.violations() == []
    said.click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="내 기록 1건 파일로 저장").click()
    kept = json.loads(Path(waiting.value.path()).read_text(encoding="utf-8"))
    (decision,) = kept["decisions"]
    assert kept["is_signed"] is False
    assert (decision["author"], decision["verdict"]) == ("점검자-01", "cannot_exclude")
    assert decision["finding_id"] == str(report.findings[0].finding_id)
    expect(page.get_by_text("1건, 연결되면 보냄")).to_be_visible()  # it stays until it is sent
    # Another person takes nothing of it along.
    phone.log_in("supervisor", path="#/settings")
    page.reload()
    expect(page.get_by_text("보관 중인 기록 1건").last).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("파일로 저장"))).to_have_count(0)

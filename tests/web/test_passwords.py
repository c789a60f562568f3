"""Passwords on the page: one that somebody else gave is changed before anything else, and one's own in the settings."""

from __future__ import annotations

import re
import uuid

import pytest
from playwright.sync_api import Page, expect

from server.config.settings import Settings
from server.people import auth
from server.people.enrolment import hashed_code
from tests.server.conftest import running
from tests.web.conftest import OpenPhone
from tests.web.site import PASSWORD, QUICK_HASH

pytestmark = pytest.mark.browser
OWN = "only-i-know-this"
LATER = "and-later-this-one"


def _fill(page: Page, current: str, wanted: str, again: str) -> None:
    page.get_by_label(re.compile("현재 비밀번호|받은 비밀번호")).fill(current)
    page.get_by_label("새 비밀번호", exact=True).fill(wanted)
    page.get_by_label("새 비밀번호 다시").fill(again)
    page.get_by_role("button", name="비밀번호 바꾸기").click()


def test_a_password_of_somebody_else_is_changed_first_and_ones_own_later(
    open_phone: OpenPhone, tmp_path_factory: pytest.TempPathFactory
) -> None:
    settings = Settings(data_dir=tmp_path_factory.mktemp("passwords"), port=0)
    name = f"p{uuid.uuid4().hex[:8]}"
    with running(settings) as server:
        with server.db.write() as connection:
            auth.create_user(
                connection,
                username=name,
                display_name="점검자-21",
                role="inspector",
                password=QUICK_HASH,
                actor="test",
                is_one_time=True,
            )
        phone = open_phone(server.url)
        phone.watch.allowed = ("400", "403")
        phone.log_in(name)
        page = phone.page
        expect(page.get_by_role("heading", name="새 비밀번호 정하기")).to_be_visible()
        assert phone.violations() == []
        phone.shoot("password-first")
        _fill(page, PASSWORD, OWN, OWN + "x")
        expect(page.locator(".field-error")).to_have_text("두 번 적은 새 비밀번호가 서로 다릅니다.")
        _fill(page, PASSWORD, "aaaaaaaaaaaa", "aaaaaaaaaaaa")
        expect(page.locator(".field-error")).to_contain_text("새 비밀번호는")
        _fill(page, PASSWORD, OWN, OWN)
        expect(page.get_by_role("navigation")).to_be_visible()

        phone.open("#/settings")
        page.get_by_role("button", name="비밀번호 바꾸기").click()
        _fill(page, "wrong-password", LATER, LATER)
        expect(page.locator(".field-error")).to_have_text("현재 비밀번호가 올바르지 않습니다")
        _fill(page, OWN, LATER, LATER)
        expect(page.get_by_text("비밀번호를 바꾸었습니다.")).to_be_visible()
        assert phone.violations() == []
        assert auth.check_password(server.db, name, LATER).must_change_password is False


def test_a_way_to_log_in_is_set_up_with_the_code_that_came_apart_from_the_password(
    open_phone: OpenPhone, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with running(Settings(data_dir=tmp_path_factory.mktemp("codes"), port=0)) as server:
        with server.db.write() as connection:
            auth.create_user(
                connection,
                username="lee",
                display_name="점검자-22",
                role="inspector",
                password=QUICK_HASH,
                actor="test",
                is_one_time=True,
                code=hashed_code("abcd-2345"),
            )
        phone = open_phone(server.url)
        phone.watch.allowed = ("403",)
        phone.log_in("lee")
        page = phone.page
        _fill(page, PASSWORD, OWN, OWN)
        expect(page.get_by_role("navigation")).to_be_visible()
        phone.open("#/settings/login")
        expect(page.get_by_role("heading", name="먼저 등록 코드")).to_be_visible()
        expect(page.get_by_role("button", name="인증 앱 연결")).to_have_count(0)
        assert phone.violations() == []
        page.get_by_role("textbox", name="등록 코드").fill("aaaa-2222")
        page.get_by_role("button", name="코드 확인").click()
        expect(page.locator(".field-error")).to_contain_text("등록 코드가 맞지 않습니다")
        page.get_by_role("textbox", name="등록 코드").fill("ABCD 2345")
        page.get_by_role("button", name="코드 확인").click()
        page.get_by_role("button", name="인증 앱 연결").click()
        expect(page.get_by_role("img", name="인증 앱에 넣을 QR 코드")).to_be_visible()


def test_a_capital_letter_is_no_wrong_name_and_a_number_of_an_inspector_is_said_to_be_none(
    open_phone: OpenPhone, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with running(Settings(data_dir=tmp_path_factory.mktemp("names"), port=0)) as server:
        with server.db.write() as connection:
            auth.create_user(
                connection,
                username="jg11",
                display_name="점검자-11",
                role="inspector",
                password=QUICK_HASH,
                actor="test",
            )
        page = open_phone(server.url).page
        page.goto(server.url)
        for given, expected in (
            ("점검자-11", page.get_by_text("점검자 번호나 이름이 아니라 받은 아이디를")),
            ("Jg11 ", page.get_by_role("navigation")),
        ):
            page.get_by_label("아이디").fill(given)
            page.get_by_label("비밀번호", exact=True).fill(PASSWORD)
            page.get_by_role("button", name="로그인", exact=True).click()
            expect(expected).to_be_visible()
        page.goto("about:blank")  # before its server goes

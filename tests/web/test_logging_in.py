"""Logging in, in a real Chromium: passkeys of two persons in virtual authenticators, and an officer's second factor."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from playwright.sync_api import CDPSession, expect
from sqlalchemy import select

from server.config.settings import Settings
from server.people import auth
from server.store.schema import passkeys, pins, sessions
from tests.server.conftest import PASSWORD, QUICK_HASH, Site, running
from tests.web.conftest import OpenPhone, Phone

pytestmark = pytest.mark.browser
PEOPLE = (("kim", "점검자-01"), ("lee", "점검자-02"))


@pytest.fixture
def door(built_page: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server for two persons, which a browser on the same machine finds at localhost."""
    with running(Settings(data_dir=tmp_path_factory.mktemp("door"), port=0)) as server:
        with server.db.write() as connection:
            for username, display_name in PEOPLE:
                auth.create_user(
                    connection,
                    username=username,
                    display_name=display_name,
                    role="inspector",
                    password=QUICK_HASH,
                    actor="test",
                )
        yield server


class Device:
    """A phone's own keeper of passkeys, which has verified its person."""

    def __init__(self, phone: Phone) -> None:
        self._cdp: CDPSession = phone.page.context.new_cdp_session(phone.page)
        self._cdp.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        self.id: str = self._cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]

    def credentials(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.id})[
            "credentials"
        ]
        return found

    def put(self, credential: dict[str, Any]) -> None:
        """Let this device hold a credential of another one."""
        self._cdp.send("WebAuthn.addCredential", {"authenticatorId": self.id, "credential": credential})

    def verifies(self, is_verified: bool) -> None:
        """Whether the finger is its person's."""
        self._cdp.send("WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": is_verified})

    def remove(self) -> None:
        """Take the device away."""
        self._cdp.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": self.id})


def _local(site: Site) -> str:
    return site.url.replace("127.0.0.1", "localhost")


def _fill_password(phone: Phone, username: str) -> None:
    page = phone.page
    page.get_by_role("button", name="아이디와 비밀번호로 로그인").click()
    page.get_by_label("아이디").fill(username)
    page.get_by_label("비밀번호", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="로그인", exact=True).click()


def _log_in_by_password(phone: Phone, username: str) -> None:
    _fill_password(phone, username)
    expect(phone.page.get_by_role("navigation")).to_be_visible()


def _log_out(phone: Phone) -> None:
    phone.open("#/settings")
    phone.page.get_by_role("button", name="로그아웃").click()
    expect(phone.page.get_by_role("button", name="패스키로 로그인")).to_be_visible()


def _add(phone: Phone, name: str) -> None:
    page = phone.page
    phone.open("#/settings/login")
    page.get_by_label("이 패스키의 이름").fill(name)
    page.get_by_role("button", name=re.compile("패스키.* 만들기")).click()
    expect(page.get_by_text("패스키를 등록했습니다.")).to_be_visible()


def _who(phone: Phone) -> str:
    phone.open("#/settings")
    return phone.page.locator("section", has=phone.page.get_by_role("heading", name="계정")).inner_text()


def test_two_persons_log_in_with_a_passkey_each_and_one_has_two(open_phone: OpenPhone, door: Site) -> None:
    phones = [open_phone(_local(door)), open_phone(_local(door))]
    devices = [Device(phone) for phone in phones]
    for phone, (username, _) in zip(phones, PEOPLE, strict=True):
        phone.watch.allowed = ("401",)
        phone.open()
        expect(phone.page.get_by_role("button", name="패스키로 로그인")).to_be_visible()
        expect(phone.page.get_by_label("비밀번호", exact=True)).to_have_count(0)
        if username == "kim":
            assert phone.violations() == []
            phone.shoot("login-passkey")
        _log_in_by_password(phone, username)
        _add(phone, "내 휴대전화")
        _log_out(phone)
        phone.page.get_by_role("button", name="패스키로 로그인").click()
        expect(phone.page.get_by_role("navigation")).to_be_visible()
    assert [display in _who(phone) for phone, (_, display) in zip(phones, PEOPLE, strict=True)] == [True, True]
    with door.db.read() as connection:
        assert sorted(connection.scalars(select(sessions.c.way))) == ["passkey", "passkey"]
        handles = connection.scalars(select(passkeys.c.user_id)).all()
    assert len(set(handles)) == 2
    assert all(len(device.credentials()) == 1 for device in devices)

    kim = phones[0]  # a second passkey: another device beside the first
    devices[0].remove()
    spare = Device(kim)
    _add(kim, "예비 열쇠")
    names = kim.page.locator("section li strong")
    expect(names).to_have_text(["내 휴대전화", "예비 열쇠"])
    assert kim.violations() == []
    kim.shoot("account-passkeys")
    kim.page.get_by_role("button", name="패스키 하나 더 만들기").click()
    expect(kim.page.locator(".field-error")).to_have_text("이 기기에는 이미 등록한 패스키가 있습니다.")
    _log_out(kim)
    kim.page.get_by_role("button", name="패스키로 로그인").click()
    expect(kim.page.get_by_role("navigation")).to_be_visible()
    kim.open("#/settings/login")
    kim.page.get_by_role("button", name="예비 열쇠 지우기").click()
    kim.shoot("account-passkey-remove")
    kim.page.get_by_role("button", name="패스키 지우기").click()
    expect(names).to_have_text(["내 휴대전화"])
    _log_out(kim)
    kim.page.get_by_role("button", name="패스키로 로그인").click()
    expect(kim.page.locator(".field-error")).to_have_text("패스키를 확인할 수 없습니다")
    assert len(spare.credentials()) == 1  # the device still has it, the server takes it no more


@pytest.mark.soak
def test_a_finger_of_somebody_else_and_a_copied_passkey_open_nothing(open_phone: OpenPhone, door: Site) -> None:
    phone, thief = open_phone(_local(door)), open_phone(_local(door))
    device, stolen = Device(phone), Device(thief)
    phone.open()
    _log_in_by_password(phone, "kim")
    _add(phone, "내 휴대전화")
    _log_out(phone)
    (copy,) = device.credentials()
    device.verifies(False)
    phone.page.get_by_role("button", name="패스키로 로그인").click()
    expect(phone.page.locator(".field-error")).to_contain_text("취소했거나")
    assert phone.violations() == []
    phone.shoot("login-passkey-refused")
    device.verifies(True)
    for _ in range(2):
        phone.page.get_by_role("button", name="패스키로 로그인").click()
        expect(phone.page.get_by_role("navigation")).to_be_visible()
        _log_out(phone)
    thief.watch.allowed = ("401",)
    stolen.put({name: copy[name] for name in copy if name != "signCount"} | {"signCount": 0})
    thief.open()
    thief.page.get_by_role("button", name="패스키로 로그인").click()
    expect(thief.page.locator(".field-error")).to_contain_text("복제되었을 수")
    thief.shoot("login-passkey-copied")


def test_where_there_are_no_passkeys_the_page_says_why(open_phone: OpenPhone, door: Site) -> None:
    phone = open_phone(door.url)  # a number for an address
    phone.open()
    expect(phone.page.get_by_text("이 서버는 패스키를 받지 않습니다.")).to_be_visible()
    expect(phone.page.get_by_role("button", name="패스키로 로그인")).to_have_count(0)
    expect(phone.page.get_by_label("비밀번호", exact=True)).to_be_visible()
    assert phone.violations() == []
    phone.shoot("login-no-passkeys")
    plain = open_phone(door.url)  # what a browser says of plain HTTP on a local network
    plain.page.add_init_script("Object.defineProperty(window, 'isSecureContext', {value: false})")
    plain.open()
    expect(plain.page.get_by_text(re.compile("https가 아닌 주소로 열려 있어"))).to_be_visible()


def test_an_officer_connects_an_app_before_anything_else_and_logs_in_with_its_code(
    open_phone: OpenPhone, door: Site
) -> None:
    with door.db.write() as connection:
        auth.create_user(
            connection,
            username="officer",
            display_name="담당-01",
            role="city_officer",
            password=QUICK_HASH,
            actor="test",
        )
    phone = open_phone(_local(door))
    phone.watch.allowed = ("400", "401")
    phone.open()
    page = phone.page
    _fill_password(phone, "officer")
    expect(page.get_by_role("heading", name="로그인 방법 정하기")).to_be_visible()
    assert phone.violations() == []
    phone.shoot("factor-needed")
    page.get_by_role("button", name="인증 앱 연결").click()
    expect(page.get_by_role("img", name="인증 앱에 넣을 QR 코드")).to_be_visible()
    secret = page.locator(".secret").inner_text().replace(" ", "")
    totp = TOTP(base64.b32decode(secret), 6, SHA1(), 30)  # noqa: S303  as the apps do
    assert phone.violations() == []
    phone.shoot("factor-connect")
    page.get_by_label("앱에 나온 6자리 코드").fill("000000")
    page.get_by_role("button", name="연결", exact=True).click()
    expect(page.locator(".field-error")).to_contain_text("코드가 맞지 않습니다")
    page.get_by_label("앱에 나온 6자리 코드").fill(totp.generate(int(time.time())).decode())
    page.get_by_role("button", name="연결", exact=True).click()
    codes = page.locator(".codes code")
    expect(codes).to_have_count(10)
    spare = codes.first.inner_text()
    assert phone.violations() == []
    phone.shoot("factor-codes")
    page.get_by_role("button", name="적어 두었습니다").click()
    expect(page.get_by_role("navigation", name="주요 메뉴")).to_be_visible()
    phone.open("#/settings/login")
    expect(page.get_by_text("남은 복구 코드 10개")).to_be_visible()
    phone.shoot("factor-on")
    _log_out(phone)
    _fill_password(phone, "officer")
    expect(page.get_by_label("인증 코드")).to_be_focused()
    assert phone.violations() == []
    phone.shoot("login-code")
    page.get_by_label("인증 코드").fill(spare)
    page.get_by_role("button", name="로그인", exact=True).click()
    expect(page.get_by_role("navigation", name="주요 메뉴")).to_be_visible()


@pytest.mark.soak
def test_an_inspector_sets_a_pin_for_agreeing_on_a_colleagues_phone(open_phone: OpenPhone, door: Site) -> None:
    phone = open_phone(_local(door))
    phone.watch.allowed = ("400",)
    phone.open()
    _log_in_by_password(phone, "kim")
    phone.open("#/settings/login")
    page = phone.page
    page.get_by_role("button", name="PIN 정하기").click()
    for wanted, again, sentence in (
        ("482915", "482916", "두 번 적은 PIN이 서로 다릅니다."),
        ("900101", "900101", "다른 숫자를 고르십시오."),
    ):
        page.get_by_label("새 PIN", exact=True).fill(wanted)
        page.get_by_label("새 PIN 다시").fill(again)
        page.get_by_role("button", name="이 PIN으로 정하기").click()
        expect(page.locator(".field-error")).to_contain_text(sentence)
    assert phone.violations() == []
    phone.shoot("pin-refused")
    page.get_by_label("새 PIN", exact=True).fill("482915")
    page.get_by_label("새 PIN 다시").fill("482915")
    page.get_by_role("button", name="이 PIN으로 정하기").click()
    expect(page.get_by_text("PIN을 정했습니다.")).to_be_visible()
    expect(page.get_by_role("button", name="PIN 바꾸기")).to_be_visible()
    phone.shoot("pin-set")
    with door.db.read() as connection:
        assert len(connection.scalars(select(pins.c.user_id)).all()) == 1

"""The city's single sign-on in a real Chromium: the button, a provider over loopback, and the desk's page of links."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Connection

from server.config.settings import Settings
from server.interface.fields import Role
from server.people import auth, links
from server.serving.running import open_socket
from tests.server.conftest import PASSWORD, QUICK_HASH, Site, running
from tests.server.oidc_provider import CLIENT, Provider, running_provider
from tests.web.conftest import DESK, OpenPhone, Phone

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(sys.version_info < (3, 12), reason="the provider of these tests needs Python 3.12"),
]
BUTTON = "통합인증 로그인"
PEOPLE = (("admin", "관리자-01"), ("kim", "점검자-01"), ("lee", "점검자-02"))


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running_provider() as made:
        yield made


def _add(connection: Connection, username: str, display_name: str) -> None:
    role: Role = "admin" if username == "admin" else "inspector"
    auth.create_user(
        connection,
        username=username,
        display_name=display_name,
        role=role,
        password=QUICK_HASH,
        actor="test",
        is_demonstration=role == "admin",  # its second factor has a test of its own
    )


@pytest.fixture(scope="module")
def door(built_page: None, tmp_path_factory: pytest.TempPathFactory, provider: Provider) -> Iterator[Site]:
    """A server at the address that its single sign-on knows, with two inspectors and an administrator."""
    folder = tmp_path_factory.mktemp("door")
    (folder / "secret").write_text("a client's secret\n", encoding="utf-8")
    listener = open_socket("127.0.0.1", 0)
    settings = Settings(
        data_dir=folder,
        port=0,
        min_free_mib=0,
        login_attempts_per_minute=1_000,
        public_url=f"http://127.0.0.1:{listener.getsockname()[1]}",
        oidc_issuer=provider.url,
        oidc_client_id=CLIENT,
        oidc_client_secret=folder / "secret",
    )
    with running(settings, listener=listener) as server:
        with server.db.write() as connection:
            for username, display_name in PEOPLE:
                _add(connection, username, display_name)
        yield server


def _at_provider(page: Page, provider: Provider, subject: str) -> None:
    """Be there after a click on the button, and say who one is."""
    page.wait_for_url(f"{provider.url}/**")
    page.get_by_label("Subject").fill(subject)
    page.get_by_role("button", name="Authorize", exact=True).click()


def _link(door: Site, username: str, subject: str | None) -> None:
    """Begin a test with this link, or without one, also when it is asked again."""
    assert door.services.single_sign_on is not None
    with door.db.write() as connection:
        links.unlink(connection, username, actor="test")
        if subject is not None:
            links.link(connection, username, door.services.single_sign_on.issuer, subject, actor="test")


def _phone(open_phone: OpenPhone, door: Site, provider: Provider) -> Phone:
    phone = open_phone(door.url)
    phone.watch.elsewhere = (provider.url,)
    phone.watch.allowed = ("403", "404")  # who is not invited; the provider has no icon
    phone.open("#/settings")
    return phone


def test_an_account_is_linked_by_what_the_page_says_and_opened_by_the_button(
    open_phone: OpenPhone, door: Site, provider: Provider
) -> None:
    _link(door, "kim", None)
    phone = _phone(open_phone, door, provider)
    page = phone.page
    expect(page.get_by_role("link", name=BUTTON)).to_be_visible()
    assert phone.violations() == []
    phone.shoot("sign-on-login-412x915", full=False)
    page.get_by_role("link", name=BUTTON).click()
    _at_provider(page, provider, "0f3a-minji")
    # Nobody has invited this one: the page names the identifier that is to be linked.
    expect(page.get_by_role("heading", level=1)).to_contain_text("초대된 사람이 아닙니다")
    expect(page.get_by_role("heading", level=1)).to_contain_text("0f3a-minji")
    phone.shoot("sign-on-not-invited-412x915", full=False)

    desk = open_phone(door.url, viewport=DESK, is_mobile=False, has_touch=False, device_scale_factor=1)
    desk.ask("/api/login", {"username": "admin", "password": PASSWORD})
    desk.open("#/desk/signon")
    mine = desk.page.get_by_role("listitem").filter(has_text="점검자-01")
    expect(mine).to_contain_text("연결 안 됨")
    mine.get_by_role("button", name="연결").click()
    mine.get_by_label("통합인증 식별값(sub)").fill("0f3a-minji")
    mine.get_by_role("button", name="이 값으로 연결").click()
    expect(desk.page.get_by_text("점검자-01의 계정에 연결했습니다.")).to_be_visible()
    expect(mine).to_contain_text("0f3a-minji")
    expect(desk.page.get_by_text("3명 중 1명 연결됨")).to_be_visible()
    assert desk.violations() == []
    desk.shoot("sign-on-links-desk", full=False)

    page.get_by_role("link").first.click()  # back to the login page
    page.get_by_role("link", name=BUTTON).click()
    _at_provider(page, provider, "0f3a-minji")
    expect(page.get_by_role("navigation")).to_be_visible()
    assert page.request.get(f"{door.url}/api/me").json()["user"]["username"] == "kim"
    phone.open("#/settings")
    page.get_by_role("button", name="로그아웃").click()
    page.wait_for_url(f"{provider.url}/oauth2/end_session**")  # out of the provider too
    assert page.request.get(f"{door.url}/api/me").json()["user"] is None


@pytest.mark.soak
def test_a_taken_identifier_and_an_unlinked_account_get_a_sentence(
    open_phone: OpenPhone, door: Site, provider: Provider
) -> None:
    _link(door, "kim", "minji-2")
    desk = open_phone(door.url)  # the same page in a hand
    desk.watch.allowed = ("409",)
    desk.ask("/api/login", {"username": "admin", "password": PASSWORD})
    desk.open("#/desk/signon")
    page = desk.page
    page.get_by_label("이름, 아이디, 식별값").fill("점검자-02")
    expect(page.get_by_role("listitem").filter(has_text="점검자-01")).to_have_count(0)
    other = page.get_by_role("listitem").filter(has_text="점검자-02")
    other.get_by_role("button", name="연결").click()
    other.get_by_label("통합인증 식별값(sub)").fill("minji-2")
    other.get_by_role("button", name="이 값으로 연결").click()
    expect(other.get_by_text("다른 사용자에게 연결되어 있습니다")).to_be_visible()
    expect(other.get_by_label("통합인증 식별값(sub)")).to_have_value("minji-2")
    assert desk.violations() == []
    desk.shoot("sign-on-taken-412x915", full=False)
    page.get_by_label("이름, 아이디, 식별값").fill("minji-2")
    mine = page.get_by_role("listitem").filter(has_text="점검자-01")
    mine.get_by_role("button", name="연결 끊기").click()
    expect(mine).to_contain_text("다음부터 통합인증으로 들어올 수 없습니다")
    mine.get_by_role("button", name="연결 끊기").click()
    expect(page.get_by_text("점검자-01의 연결을 끊었습니다.")).to_be_visible()
    phone = _phone(open_phone, door, provider)
    phone.page.get_by_role("link", name=BUTTON).click()
    _at_provider(phone.page, provider, "minji-2")
    expect(phone.page.get_by_role("heading", level=1)).to_contain_text("초대된 사람이 아닙니다")

    desk.set(language="en")
    expect(page.get_by_text("Nobody gets in without a link")).to_be_visible()
    assert desk.violations() == []
    desk.shoot("sign-on-links-412x915-en", full=False)
    without: dict[str, object] = {"name": None, "issuer": None, "people": []}
    page.route("**/api/single-sign-on", lambda route: route.fulfill(json=without))
    desk.set(language="ko")
    expect(page.get_by_text("이 서버에는 통합인증이 설정되어 있지 않습니다.")).to_be_visible()
    assert desk.violations() == []
    desk.shoot("sign-on-off-412x915", full=False)

"""The page of notifications in a real Chromium: chosen, tested, and what a service worker shows of a push message."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from server.api.service import notifying
from server.config.settings import Settings
from server.interface.fields import Role
from server.people import auth
from tests.server.conftest import PASSWORD, QUICK_HASH, Site, running
from tests.server.notifications.receivers import Mail, PushService, mail_server, push_service
from tests.server.notifications.world import with_ways
from tests.waiting import wait_until
from tests.web.conftest import DESK, OpenPhone

pytestmark = pytest.mark.browser
TEXT = "확인할 알림이 있습니다"
KEEP = """() => {
    self.shown = [];
    self.registration.showNotification = async (title, {body, tag}) => { self.shown.push([title, body, tag]); };
    self.clients.openWindow = async address => { self.opened = address; };
}"""
"""Debian's headless Chromium shows no notification: what the worker asks it to show is kept."""
PUSH_MANAGER = """
let held = null;
Object.defineProperty(Notification, "permission", {get: () => "granted"});
Notification.requestPermission = async () => "granted";
const made = {...SUBSCRIPTION, options: {}, toJSON: () => made};
made.unsubscribe = async () => { held = null; return true; };
PushManager.prototype.getSubscription = async () => held;
PushManager.prototype.subscribe = async ({applicationServerKey: key}) => {
    const raw = atob(key.replaceAll('-', '+').replaceAll('_', '/'));
    made.options.applicationServerKey = Uint8Array.from(raw, one => one.charCodeAt(0)).buffer;
    return held = made;
};
"""
"""Debian's headless Chromium asks nobody for leave and reaches no push service: it takes messages at the stand-in's."""


@pytest.fixture(scope="module")
def receivers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Mail, PushService]]:
    with mail_server(tmp_path_factory.mktemp("mail")) as mail, push_service() as push:
        yield mail, push


@pytest.fixture(scope="module")
def door(
    built_page: None, receivers: tuple[Mail, PushService], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A server that tells people, with a supervisor, an officer and an inspector of its district."""
    settings = with_ways(Settings(data_dir=tmp_path_factory.mktemp("told"), port=0), *receivers)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(notifying, "LOOK_S", 0.2)
        with running(settings) as server:
            people: tuple[tuple[str, Role], ...] = (
                ("keeper", "supervisor"),
                ("walker", "inspector"),
                ("reader", "auditor"),
            )
            with server.db.write() as connection:
                for name, role in people:
                    auth.create_user(
                        connection,
                        username=name,
                        display_name=f"{name}-77",
                        role=role,
                        password=QUICK_HASH,
                        actor="test",
                        district_id=server.services.settings.tenant,
                    )
            yield server


def test_one_chooses_on_the_phone_and_the_test_arrives(
    open_phone: OpenPhone, door: Site, receivers: tuple[Mail, PushService]
) -> None:
    mail, push = receivers
    browser = push.browser("phone")
    held = browser.subscription() | {"keys": {name: browser.subscription()[name] for name in ("p256dh", "auth")}}
    phone = open_phone(door.url, service_workers="allow")
    phone.page.add_init_script(PUSH_MANAGER.replace("SUBSCRIPTION", json.dumps(held)))
    phone.watch.allowed = ("400",)
    phone.ask("/api/login", {"username": "walker", "password": PASSWORD})
    phone.open("#/settings")
    phone.page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    phone.page.get_by_role("link", name="알림", exact=True).click()
    page = phone.page
    expect(page.get_by_role("heading", level=1, name="알림")).to_be_visible()
    assert page.get_by_role("checkbox", name="점검 지시").is_checked()
    assert page.get_by_role("checkbox", name="의심기기 발견").count() == 0
    page.get_by_role("button", name="이 기기에서 받기").click()
    expect(page.get_by_text("저장했습니다.")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="휴대전화")).to_be_visible()
    page.get_by_label("메일 주소").fill("kim@")
    page.get_by_role("button", name="저장").click()
    expect(page.locator(".field-error")).not_to_be_empty()
    page.get_by_label("메일 주소").fill("kim@example.kr")
    page.get_by_role("checkbox", name="점검 중 통신 두절").check()
    page.get_by_role("button", name="저장").click()
    expect(page.get_by_text("저장했습니다.")).to_be_visible()
    page.get_by_role("button", name="시험 알림 보내기").click()
    expect(page.get_by_text("1분 안에 오지 않으면")).to_be_visible()
    wait_until(lambda: mail.taken and push.taken, "the test message", every_s=0.05)
    assert push.taken[0][1].text == TEXT
    assert phone.violations() == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    phone.shoot("notifications-412x915")
    page.reload()
    expect(page.get_by_text("마지막 메일")).to_contain_text("보냄")
    assert page.get_by_label("메일 주소").input_value() == "kim@example.kr"
    phone.set(language="en")
    expect(page.get_by_role("heading", level=1, name="Notifications")).to_be_visible()
    page.get_by_role("button", name="No more").click()
    expect(page.get_by_role("listitem").filter(has_text="휴대전화")).to_have_count(0)
    assert phone.violations() == []


def test_a_push_message_says_the_same_whatever_it_holds(open_phone: OpenPhone, door: Site) -> None:
    phone = open_phone(door.url, service_workers="allow")
    phone.watch.allowed = ("Not allowed to focus",)
    phone.ask("/api/login", {"username": "keeper", "password": PASSWORD})
    phone.open("#/settings")
    page = phone.page
    page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    session = page.context.new_cdp_session(page)
    known: list[dict[str, str]] = []
    session.on("ServiceWorker.workerRegistrationUpdated", lambda event: known.extend(event["registrations"]))
    session.send("ServiceWorker.enable")
    wait_until(lambda: known or page.evaluate("null"), "the service worker", every_s=0.05)
    wait_until(lambda: page.context.service_workers or page.evaluate("null"), "the worker", every_s=0.05)
    worker = page.context.service_workers[0]
    worker.evaluate(KEEP)
    for said in ("", "의심기기 발견: 한빛공원 1층"):
        message = {"origin": door.url, "registrationId": known[0]["registrationId"], "data": said}
        session.send("ServiceWorker.deliverPushMessage", message)
    wait_until(lambda: worker.evaluate("self.shown.length") == 2, "the notifications", every_s=0.05)
    assert (
        worker.evaluate("self.shown") == [["안심 스윕", f"{TEXT}\nThere is something for you to look at", "ansim"]] * 2
    )
    press = """() => {
        const event = new ExtendableEvent('notificationclick');
        event.notification = {close: () => undefined};
        self.dispatchEvent(event);
    }"""
    worker.evaluate(press)
    expect(page.get_by_role("heading", level=1, name="알림")).to_be_visible()
    phone.open("#/live")  # whoever stands in a room with it is left there
    worker.evaluate(press)
    page.evaluate("navigator.serviceWorker.ready.then(one => one.update())")
    assert page.url.endswith("#/live")
    page.goto("about:blank")
    left = "self.clients.matchAll({type: 'window', includeUncontrolled: true}).then((all) => all.length)"
    wait_until(lambda: worker.evaluate(left) == 0, "the page to be left", every_s=0.05)
    worker.evaluate(press)
    wait_until(lambda: worker.evaluate("self.opened"), "a new window", every_s=0.05)
    assert worker.evaluate("self.opened") == "/#/settings/notifications"


def test_who_is_on_duty_is_chosen_at_the_desk(open_phone: OpenPhone, door: Site) -> None:
    desk = open_phone(door.url, viewport=DESK, is_mobile=False, has_touch=False, device_scale_factor=1)
    desk.ask("/api/login", {"username": "keeper", "password": PASSWORD})
    desk.open("#/settings/notifications")
    page = desk.page
    expect(page.get_by_text("당직이 없습니다.")).to_be_visible()
    duty = page.get_by_role("region", name="당직")
    expect(duty.get_by_text("받을 방법 없음")).to_be_visible()
    duty.get_by_role("checkbox", name="keeper-77").focus()
    page.keyboard.press("Space")
    expect(page.get_by_text("당직이 없습니다.")).to_have_count(0)
    page.reload()
    expect(page.get_by_text("당직입니다.")).to_be_visible()
    assert page.get_by_role("checkbox", name="keeper-77").is_checked()
    assert desk.violations() == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    desk.shoot("notifications-desk")


def test_who_only_reads_has_no_such_page(open_phone: OpenPhone, door: Site, tmp_path: Path) -> None:
    phone = open_phone(door.url)
    phone.watch.allowed = ("403",)
    phone.ask("/api/login", {"username": "reader", "password": PASSWORD})
    phone.open("#/settings")
    expect(phone.page.get_by_role("heading", level=1)).to_be_visible()
    assert phone.page.get_by_role("link", name="알림", exact=True).count() == 0

"""Declaring a real sweep's room empty: the second person enters the PIN, once in a sweep and anew after a pause."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import expect

from sweep.report import DeclareEmptyCommand
from sweep.report.proof_records import Identified
from tests.web.conftest import Phone
from tests.web.probe import FakeProbe
from tests.web.site import PASSWORD, Site

pytestmark = pytest.mark.browser

PIN, WRONG_PIN = "482915", "730264"
NAMES = ("점검자-01", "감독자-01")


def set_pin(site: Site, username: str) -> None:
    """Somebody chose a PIN before, on a device of their own."""
    with httpx.Client(base_url=site.url, timeout=30) as own:
        token = own.post("/api/login", json={"username": username, "password": PASSWORD}).json()["csrf_token"]
        assert own.put("/api/pin", json={"pin": PIN}, headers={"X-CSRF-Token": token}).is_success


def test_two_taps_by_one_thumb_declare_nothing(site: Site, live_phone: Phone, live_probe: FakeProbe) -> None:
    set_pin(site, "supervisor")
    page = live_phone.page
    live_phone.watch.allowed = ("401",)
    first, second = (page.get_by_role("button", name=f"{name} 확인") for name in NAMES)
    submit = page.get_by_role("button", name="퇴실 확인 완료, 점검 시작")
    pin = page.get_by_label("본인 PIN 6자리")

    def declared() -> tuple[tuple[str, str], Identified | None]:
        command = live_probe.expect("declare_empty")
        assert isinstance(command, DeclareEmptyCommand)
        return command.declared_by, command.identified

    live_probe.state("waiting_for_empty")
    first.click()
    expect(second.or_(page.get_by_role("button", name="점검자-02 확인"))).to_have_count(0)
    expect(submit).to_be_disabled()
    who = page.get_by_label("본인 아이디 또는 배지 번호")
    who.fill("감독자-01")  # what the page calls the person, and no user name
    pin.fill(WRONG_PIN)
    submit.click()
    expect(page.locator("p.alert")).to_contain_text("점검자 번호가 아니라 받은 아이디나 배지 번호")
    who.fill("Supervisor")  # a phone's keyboard begins with a capital
    live_phone.shoot("declare-proof")
    submit.click()
    expect(page.locator("p.alert")).to_contain_text("PIN을 정하지 않았으면 ‘비밀번호’로")
    expect(page.locator("section:has(button:text('퇴실 확인 완료')) p.alert")).to_be_in_viewport()  # beside the button
    live_phone.shoot("declare-wrong-pin")
    assert live_phone.violations() == []
    expect(pin).to_have_value("")
    page.get_by_role("radio", name="비밀번호").check()
    expect(page.locator("p.alert")).to_have_count(0)  # it was said of the PIN
    page.get_by_role("radio", name="PIN").check()
    pin.fill(PIN)
    submit.click()
    how = Identified(first="password", second="pin")
    assert declared() == (NAMES, how)

    live_probe.state("running")
    expect(submit).to_have_count(0)  # its words have reached the page
    live_probe.state("waiting_for_empty")  # fifteen minutes later
    expect(pin).to_have_count(0)
    first.click()
    second.click()
    submit.click()
    assert declared() == (NAMES, how)

    live_probe.state("paused")
    live_probe.state("waiting_for_empty")  # after somebody came in
    expect(second).to_have_count(0)
    expect(pin).to_be_visible()
    expect(submit).to_be_disabled()

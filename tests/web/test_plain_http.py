"""The page over plain HTTP: what is left without a secure context is enough to start, watch and stop.

The browser takes a loopback address for secure, so what it would switch off elsewhere is taken from the page first.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.web.conftest import Phone
from tests.web.probe import FakeProbe
from tests.web.site import PROBE_ID, Site

pytestmark = pytest.mark.browser

INSECURE = """
    Object.defineProperty(window, 'isSecureContext', {value: false});
    delete Crypto.prototype.randomUUID;
    Object.defineProperty(Crypto.prototype, 'subtle', {value: undefined});
    Object.defineProperty(Navigator.prototype, 'mediaDevices', {value: undefined});
    delete Navigator.prototype.serviceWorker;
    delete window.PublicKeyCredential;
"""


def test_a_sweep_is_started_watched_and_stopped(phone: Phone, site: Site, probe: FakeProbe) -> None:
    page = phone.page
    page.add_init_script(INSECURE)
    phone.log_in(path=f"#/rooms/{site.suspected_room}/start")
    page.reload()
    said = page.get_by_role("region", name="보안 연결이 아닙니다(HTTP)")
    expect(said).to_contain_text("점검을 시작하고, 보고, 멈출 수 있습니다.")
    expect(said).to_contain_text("사진 촬영, 패스키, 오프라인 보관")
    assert phone.violations() == []
    page.get_by_role("radio", name=re.compile(PROBE_ID)).check()
    page.get_by_role("button", name="점검자-02 고르기").click()
    page.get_by_role("button", name="점검 준비").click()
    probe.expect("start")
    probe.state("running")
    probe.measure(2)
    expect(page.get_by_text("3번 칸 · 와이파이")).to_be_visible()
    page.get_by_role("button", name=re.compile("^사람 들어옴")).click()
    probe.expect("pause")
    probe.state("paused")
    expect(page.get_by_text("멈췄습니다. 카메라와 조명이 꺼졌습니다.")).to_be_visible()
    probe.state("aborted")
    phone.open("#/settings")
    expect(said).to_be_visible()
    phone.shoot("plain-http", full=False)

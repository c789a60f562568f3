"""Reference checks on the page: a supervisor sees each probe's control chart, at the desk and on the phone."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from server.config.settings import Settings
from server.interface.fields import Role
from server.people import auth
from tests.report_factory import START
from tests.server.conftest import Site, running
from tests.server.projections.test_reference_rows import Checks, checked
from tests.web.conftest import OpenPhone
from tests.web.site import QUICK_HASH

pytestmark = pytest.mark.browser


def _person(server: Site, name: str, role: Role) -> None:
    with server.db.write() as connection:
        auth.create_user(connection, username=name, display_name=name, role=role, password=QUICK_HASH, actor="test")


def test_a_supervisor_sees_which_probe_lost_sensitivity(
    open_phone: OpenPhone, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with running(Settings(data_dir=tmp_path_factory.mktemp("checks"), port=0)) as server:
        for probe_id in ("probe-1", "probe-2"):
            checks = Checks(probe_id)
            server.admit(checks.signer, "probe", probe_id=probe_id)
            for day in range(5):
                is_out = probe_id == "probe-1" and day == 4
                told = checked(START + timedelta(days=day), "out_of_control" if is_out else "passed", probe_id)
                assert server.send(checks.wire(told)).status_code == 200
        _person(server, "kim", "supervisor")
        _person(server, "lee", "inspector")
        phone = open_phone(server.url)
        phone.log_in("kim", path="#/settings")
        page = phone.page
        page.get_by_role("link", name="점검기 기준 점검 추이").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("점검기 기준 점검")
        cards = page.locator("section.card")
        expect(cards).to_have_count(2)
        worn, sound = (cards.filter(has_text=name) for name in ("probe-1", "probe-2"))
        expect(worn.locator(".status")).to_contain_text("성능 점검 필요")
        expect(sound.locator(".status")).to_contain_text("통과")
        chart = worn.get_by_role("img", name=re.compile("조명"))
        expect(chart.locator("rect")).to_have_count(5)
        expect(chart.locator("circle")).to_have_count(15)
        expect(chart.locator("rect.out_of_control")).to_have_count(1)
        expect(worn).to_contain_text("오늘 58.4, 기대 60 dB")
        assert phone.violations() == []
        phone.shoot("checks")
        page.set_viewport_size({"width": 1280, "height": 900})
        phone.set(language="en", theme="dark")
        expect(page.get_by_role("heading", level=1)).to_have_text("Reference checks of probes")
        assert phone.violations() == []
        phone.shoot("checks-desk")
        other = open_phone(server.url)
        other.log_in("lee", path="#/settings/checks")
        expect(other.page.get_by_text("감독자와 관리자만 볼 수 있습니다.")).to_be_visible()

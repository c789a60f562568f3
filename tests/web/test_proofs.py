"""What a Pi said in one's own name on the page of the day: it stands there until it is proven."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from server.config.settings import Settings
from server.people import auth
from server.store.schema import cases
from tests.server.conftest import running
from tests.server.sweep_kit import Probe, desk
from tests.web.conftest import OpenPhone
from tests.web.said import said
from tests.web.site import PASSWORD, QUICK_HASH

pytestmark = pytest.mark.browser


def test_what_a_pi_said_is_proven_on_the_page_of_the_day(
    open_phone: OpenPhone, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with running(Settings(data_dir=tmp_path_factory.mktemp("proofs"), port=0)) as server:
        probe, pi = Probe("a", "live", probe_id="probe-a"), desk("pi", "live", "점검자-31")
        server.admit(probe.signer, "probe", "probe-a")
        server.admit(pi.signer, "relay", None, probes=["probe-a"])
        sweep_id, *wires = probe.whole_sweep()
        for wire in (*wires, pi.disposition(sweep_id, "no_camera")):
            assert server.send(wire).status_code == 200
        with server.db.write() as connection:
            auth.create_user(
                connection,
                username="kim31",
                display_name="점검자-31",
                role="inspector",
                password=QUICK_HASH,
                actor="test",
            )
        phone = open_phone(server.url)
        phone.watch.allowed = ("401",)
        phone.log_in("kim31")
        page = phone.page
        title = page.get_by_role("heading", name="점검기에서 온 판정 1건 – 본인 확인")
        expect(title).to_be_visible()
        expect(page.get_by_role("link", name=said("decision", "no_camera"))).to_be_visible()
        secret, send = page.get_by_label("PIN 또는 비밀번호"), page.get_by_role("button", name="1건 모두 확인")
        secret.fill("not-my-password")
        send.click()
        expect(page.get_by_role("alert")).to_have_text(re.compile("비밀번호"))
        secret.fill(PASSWORD)
        send.click()
        expect(title).to_be_hidden()
        with server.db.read() as connection:
            stands = connection.scalars(select(cases.c.stands).where(cases.c.sweep_id == sweep_id)).all()
        assert stands == ["no_camera"]

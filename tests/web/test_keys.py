"""Keys and quarantine on the page: an administrator sees what waits, admits, replaces, revokes and discards."""

from __future__ import annotations

import uuid

import pytest
from playwright.sync_api import expect
from sqlalchemy import insert, select

from server.config.settings import Settings
from server.interface.fields import Role
from server.people import auth
from server.relay.telling_keys import districts_of
from server.server_keys import root
from server.store.schema import districts, entries
from sweep.entry.envelope import to_wire
from tests.entry_factory import make_entry, signer
from tests.server.conftest import Site, running
from tests.server.log_kit import SENT, end_of
from tests.server.sweep_kit import Probe
from tests.web.conftest import OpenPhone
from tests.web.site import QUICK_HASH

pytestmark = pytest.mark.browser


def _person(server: Site, role: Role) -> str:
    """A new user of this role: the name."""
    name = f"{role[0]}{uuid.uuid4().hex[:8]}"
    with server.db.write() as connection:
        auth.create_user(
            connection, username=name, display_name="관리자-01", role=role, password=QUICK_HASH, actor="test"
        )
    return name


def test_an_administrator_looks_after_keys_and_the_quarantine(
    open_phone: OpenPhone, tmp_path_factory: pytest.TempPathFactory
) -> None:
    probe, new, stranger = Probe("p", "live"), Probe("q", "live"), signer("stranger")
    with running(Settings(data_dir=tmp_path_factory.mktemp("keys"), port=0)) as server:
        for wire in (*probe.whole_sweep()[1:], to_wire(make_entry(stranger, 1, kind="x"), ())):
            assert server.send(wire).status_code == 200
        name = _person(server, "admin")
        phone = open_phone(server.url)
        phone.log_in(name, path="#/settings")
        page = phone.page
        page.get_by_role("link", name="키와 격리함").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("키와 격리함")
        waiting = page.get_by_role("article", name=probe.signer.key_id)
        expect(waiting).to_contain_text("기록 2건")
        expect(waiting).to_contain_text("probe-demo-1 · demo-gu")
        assert phone.violations() == []
        phone.shoot("keys")

        page.get_by_label("공개 키(16진수 64자)").fill(probe.signer.public_key.hex())
        page.get_by_label("점검기 이름(설정의 probe_id)").fill("probe-demo-1")
        page.get_by_label("부르는 이름").fill("1호기")
        page.get_by_role("button", name="키 등록").click()
        expect(page.get_by_text("반영 2건, 남은 기록 0건")).to_be_visible()
        expect(waiting).to_have_count(0)

        unknown = page.get_by_role("article", name=stranger.key_id)
        unknown.get_by_role("button", name="비우기").click()
        unknown.get_by_label("사유(감사 기록에 남음)").fill("모르는 키")
        unknown.get_by_role("button", name="비우기").click()
        expect(page.get_by_text("기록 1건을 비웠습니다.")).to_be_visible()
        expect(page.get_by_text("기다리는 기록이 없습니다.")).to_be_visible()

        mine = page.get_by_role("article", name="1호기").filter(has_text=probe.signer.key_id)
        mine.get_by_role("button", name="키 교체").click()
        mine.get_by_label("공개 키(16진수 64자)").fill(new.signer.public_key.hex())
        mine.get_by_label("사유(감사 기록에 남음)").fill("수리")
        end = end_of(server.db)
        mine.get_by_role("button", name="키 교체").click()
        expect(page.get_by_text(f"폐기됨(기록 번호 {end}부터)")).to_be_visible()
        expect(page.get_by_text(f"{probe.signer.key_id} 키를 이어받음")).to_be_visible()
        successor = page.get_by_role("article", name="1호기").filter(has_text="이어받음")
        successor.get_by_role("button", name="폐기", exact=True).click()
        successor.get_by_label("사유(감사 기록에 남음)").fill("분실")
        assert phone.violations() == []
        successor.get_by_role("button", name="폐기", exact=True).click()
        expect(page.get_by_role("button", name="폐기 취소")).to_have_count(2)
        with server.db.read() as connection:
            states = connection.scalars(select(entries.c.status).where(SENT).order_by(entries.c.log_index)).all()
        assert states == ["accepted", "accepted", "purged"]


def test_acts_wait_for_a_root_key_that_is_elsewhere(
    open_phone: OpenPhone, tmp_path_factory: pytest.TempPathFactory
) -> None:
    probe, new_root = Probe("p", "live"), signer("new root")
    with running(Settings(data_dir=tmp_path_factory.mktemp("keys"), port=0)) as server:
        server.admit(probe.signer, "probe")
        with server.db.write() as connection:
            root.hand_over(
                connection, server.services.server_signer, new_root.public_key, actor="sweep-server", reason="ceremony"
            )
        phone = open_phone(server.url)
        phone.log_in(_person(server, "admin"), path="#/settings/keys")
        page = phone.page
        roots = page.get_by_role("article", name=root.ROOT_NAME)
        expect(roots).to_have_count(2)
        expect(roots.first).to_contain_text("루트 키")
        expect(roots.get_by_role("button")).to_have_count(0)
        expect(page.get_by_text("루트 키 서명 대기 1건")).to_be_visible()  # the old one's revocation
        mine = page.get_by_role("article", name="test probe")
        mine.get_by_role("button", name="폐기", exact=True).click()
        mine.get_by_label("사유(감사 기록에 남음)").fill("분실")
        mine.get_by_role("button", name="폐기", exact=True).click()
        expect(page.get_by_text("루트 키로 서명한 뒤에 반영됩니다.")).to_be_visible()
        expect(page.get_by_text("루트 키 서명 대기 2건")).to_be_visible()
        expect(page.get_by_text("폐기됨")).to_have_count(0)
        assert phone.violations() == []


def test_a_districts_server_is_admitted_with_the_districts_it_tells_of(
    open_phone: OpenPhone, tmp_path_factory: pytest.TempPathFactory
) -> None:
    key = signer("a district's server")
    with running(Settings(data_dir=tmp_path_factory.mktemp("keys"), port=0)) as server:
        with server.db.write() as connection:
            for number, ko, en in ((1, "가온구", "Gaon-gu"), (2, "나루구", "Naru-gu"), (3, "다솜구", "Dasom-gu")):
                values = {
                    "district_id": f"gu-{number}",
                    "name_ko": ko,
                    "name_en": en,
                    "is_home": False,
                    "created_ms": 0,
                }
                connection.execute(insert(districts).values(values))
        phone = open_phone(server.url)
        phone.log_in(_person(server, "admin"), path="#/settings/keys")
        page = phone.page
        page.get_by_label("공개 키(16진수 64자)").fill(key.public_key.hex())
        page.get_by_label("부르는 이름").fill("구 서버 1")
        admit = page.get_by_role("button", name="키 등록")
        page.get_by_label("구 서버의 키(구의 현황을 알려 옴)").check()
        expect(admit).to_be_disabled()  # of no district there is nothing to tell
        told = page.get_by_role("group", name="현황을 알려 올 구")
        for name in ("가온구", "다솜구"):
            told.get_by_label(name).check()
        assert phone.violations() == []
        phone.shoot("keys-tells-ko")
        admit.click()
        mine = page.get_by_role("article", name="구 서버 1")
        expect(mine.get_by_text("현황을 알리는 구: 가온구, 다솜구")).to_be_visible()
        expect(mine).to_contain_text("구 서버")
        with server.db.read() as connection:
            assert districts_of(connection, key.key_id) == {"gu-1", "gu-3"}
        phone.set(language="en")
        expect(mine.get_by_text("Tells of: Gaon-gu, Dasom-gu")).to_be_visible()
        page.get_by_label("The key of a district's server").check()
        expect(page.get_by_role("group", name="Districts of which it may tell")).to_be_visible()
        assert phone.violations() == []
        phone.shoot("keys-tells-en")


def test_others_are_told_that_it_is_not_for_them(
    open_phone: OpenPhone, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with running(Settings(data_dir=tmp_path_factory.mktemp("keys"), port=0)) as server:
        name = _person(server, "inspector")
        phone = open_phone(server.url)
        phone.log_in(name, path="#/settings")
        expect(phone.page.get_by_role("heading", level=1)).to_have_text("설정")
        expect(phone.page.get_by_role("link", name="키와 격리함")).to_have_count(0)
        phone.open("#/settings/keys")
        expect(phone.page.get_by_text("관리자만 볼 수 있습니다.")).to_be_visible()

"""The page of whoever records a field test, in a real Chromium as a phone: real firmware in the emulator, a rendered
sensor for a camera, the probe's own recorder between.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from ipaddress import IPv4Interface
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect
from starlette.types import ASGIApp, Receive, Scope, Send

from sweep.cli.config import Config
from sweep.cli.doctor.checks import Here
from sweep.cli.doctor.checks_parts import check_camera, check_head
from sweep.lab.bench import recording
from sweep.lab.campaign.folder import Campaign, new_campaign, open_campaign, write_look
from sweep.lab.campaign.pairing import Pairing
from sweep.lab.campaign.record_page import RecordPage, application
from sweep.lab.campaign.setups import draw
from sweep.lens.clip.clips import read_clip
from sweep.modality.control import Control
from sweep.sim.head.emulated import EmulatedHead, RfScene
from tests.lab.campaign_kit import SEED, recorder
from tests.lens.film_rig import HALF_SIZE, plain_lens
from tests.sim.head_kit import built_elf
from tests.simulators.film import FilmSet
from tests.simulators.rendered_sensor import EmulatedSensor
from tests.waiting import wait_until
from tests.web.conftest import AS_PHONE, PICTURES, Phone, Watch

BY = ("점검자 A", "점검자 B")
NEAR = IPv4Interface("192.168.4.1/24")
LAPSED = {"card": None, "left": 0, "declared_s": 0}
"""All are recorded, and the two have to confirm anew before the last can be repeated."""


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """Where it is served."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", proxy_headers=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started, "the page is served")
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def from_a_phone(app: ASGIApp) -> ASGIApp:
    """Requests as they come from another machine of the network."""

    async def asked(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "client": ("192.168.4.23", 50000)}, receive, send)

    return asked


def keep(page: Page, name: str, folder: Path) -> None:
    """A picture, for whoever looks."""
    page.screenshot(path=str((Path(PICTURES) if PICTURES else folder) / f"record-{name}.png"))


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(**AS_PHONE, locale="ko-KR")
    yield context.new_page()
    context.close()


@pytest.mark.soak
@pytest.mark.wall_clock("the emulated head keeps to wall time while its process shares the machine")
def test_two_persons_record_a_card_again_and_stop_when_somebody_comes_in(
    phone: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built_elf()
    edges: list[int] = []
    campaign = new_campaign(tmp_path / "test", SEED)
    exposures, device = tmp_path / "exposures.sock", tmp_path / "dev" / "video0"
    made = FilmSet(5, HALF_SIZE, (plain_lens(HALF_SIZE),))
    with (
        EmulatedHead(
            RfScene(), paced=True, pins=("aim",), on_edge=lambda _, level, __: edges.append(level), exposures=exposures
        ) as head,
        EmulatedSensor(made, exposures, tmp_path) as sensor,
    ):
        monkeypatch.setattr(recording, "open_full_size", lambda permit, *_: sensor.source.open_camera(permit))
        monkeypatch.setattr(recording, "nominal_meta", lambda *_: sensor.source.meta)
        record = partial(
            recording.record_on_bench, campaign.clips, bench="bench", declared_by=BY, port=head.port, device=None,
            calibration=None, triples=8, exposure_s=1e-3, key=tmp_path / "demo.key", beside=write_look,
        )  # fmt: skip
        settings, here = Config(port=head.port, camera="/dev/video0"), Here()

        def taken(name: str, control: Control) -> Path:
            return record(name=name, control=control)

        def parts() -> list[Any]:
            return [next(check_camera(settings, Here(root=tmp_path))), check_head(settings, here, str)]

        bench = RecordPage(campaign, taken, BY, parts)
        with served(application(bench)) as address:
            watch = Watch(address)
            watch.attach(phone)
            _walk(phone, address, device, edges, campaign, tmp_path)
        assert watch.troubles == []


def _walk(phone: Page, address: str, device: Path, edges: list[int], campaign: Campaign, folder: Path) -> None:
    go, said = phone.locator("#go"), phone.locator("#parts")
    phone.goto(address)
    expect(go).to_have_text("녹화할 수 없음")
    expect(said).to_contain_text("/dev/video0 없음")
    keep(phone, "missing", folder)
    device.parent.mkdir()
    device.touch()  # somebody plugs the camera in
    expect(go).to_have_text("두 사람이 확인함")
    expect(phone.locator("#number")).to_have_text("1번")
    assert draw(SEED)[0].thing not in phone.content()
    keep(phone, "undeclared", folder)
    go.click()
    expect(go).to_have_text("녹화", use_inner_text=True)
    keep(phone, "ready", folder)
    go.click()
    expect(go).to_have_text("녹화 중")
    wait_until(lambda: edges[-1:] == [1], "the visible light", every_s=0.02)
    keep(phone, "filming", folder)
    expect(phone.locator("#number")).to_have_text("2번")
    wait_until(lambda: edges[-1:] == [0], "the visible light goes out", every_s=0.02)
    expect(phone.locator("#taken-what")).to_have_text("방금: 1번")
    expect(phone.locator("#look")).to_have_js_property("naturalWidth", HALF_SIZE[0])
    keep(phone, "taken", folder)
    (first,) = open_campaign(campaign.folder).tries
    phases = read_clip(campaign.clips / first.clip).meta.phases
    assert (len(phases), set(phases)) == (24, {"A", "B", "C"})
    lit = len(edges)
    phone.get_by_role("button", name="다시", exact=True).click()
    expect(phone.locator("#reasons-go")).to_be_disabled()
    phone.get_by_role("button", name="램프 꺼짐").click()
    keep(phone, "again", folder)
    phone.get_by_role("button", name="이 사유로 다시 녹화").click()
    wait_until(lambda: len(edges) > lit, "the visible light", every_s=0.02)
    phone.get_by_role("button", name="사람 들어옴 – 즉시 중지").click()
    expect(phone.locator("#said")).to_contain_text("녹화하지 못했고 남은 것이 없습니다")
    wait_until(lambda: edges[-1] == 0, "the visible light goes out", every_s=0.02)
    expect(go).to_have_text("두 사람이 확인함")
    keep(phone, "stopped", folder)
    assert open_campaign(campaign.folder).tries == (first,)


def test_a_phone_types_the_code_and_sees_the_card(phone: Page, tmp_path: Path, axe_source: str) -> None:
    shown: list[str] = []
    campaign = new_campaign(tmp_path / "test", SEED)
    taken = recorder(campaign.clips)
    bench = RecordPage(campaign, lambda name, _: taken(name), BY, list)
    with served(from_a_phone(application(bench, Pairing(shown.append), [NEAR]))) as address:
        watch = Watch(address, allowed=("401", "422", "ERR_INTERNET_DISCONNECTED"))
        watch.attach(phone)
        phone.goto(address)
        screen = Phone(phone, address, watch, axe_source)
        code, go = phone.get_by_label("연결 번호"), phone.locator("#go")
        expect(go).to_be_disabled()
        code.fill("000000" if shown[0] != "000000" else "111111")
        stop, said = phone.get_by_role("button", name="사람 들어옴 – 즉시 중지"), phone.locator("#said")
        expect(stop).to_be_visible()
        assert screen.faults() == []
        keep(phone, "code", tmp_path)
        go.click()
        expect(said).to_contain_text("번호가 다릅니다")
        code.fill(shown[0])
        code.press("Enter")
        expect(phone.locator("#number")).to_have_text("1번")
        go.click()
        expect(go).to_have_text("녹화", use_inner_text=True)
        phone.context.set_offline(True)
        stop.click()
        expect(said).to_contain_text("멈추지 못했습니다. 렌즈를 가리고")
        expect(said).to_contain_text("NOT stopped: cover the lens and pull the plug.")
        expect(phone.locator("body.stale")).to_be_visible(timeout=15_000)
        keep(phone, "not-stopped", tmp_path)
        phone.context.set_offline(False)
        stop.click()
        expect(go).to_have_text("두 사람이 확인함")
        expect(phone.locator("body.stale")).to_have_count(0)
        go.click()
        for number in range(1, 5):
            expect(go).to_have_text("녹화", use_inner_text=True)
            go.click()
            expect(phone.locator("#number")).to_have_text(f"{number + 1}번")
        expect(phone.locator("#left")).to_contain_text("200개 중 4개 녹화 · 196개 남음 · 약")
        assert screen.faults() == []
        keep(phone, "later", tmp_path)
        phone.get_by_role("button", name="다시", exact=True).click()
        assert screen.faults() == []
        phone.get_by_role("button", name="취소").click()
        phone.route("**/api/state", lambda route: route.fulfill(json={**bench.state(), **LAPSED}))
        expect(go).to_have_text("두 사람이 확인함")
        expect(phone.locator("#why")).to_contain_text("모두 녹화했습니다")
        phone.unroute("**/api/state")
        phone.context.clear_cookies()
        expect(code).to_be_visible()
    assert watch.troubles == []

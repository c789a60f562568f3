"""What a running sweep says of the room: where to point and for how long, which devices, how well it was seen."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from sweep.report import (
    CoverageEvent,
    DeviceLevel,
    DevicesEvent,
    DeviceSummary,
    NextPosition,
    PositionCommand,
    ProgressEvent,
    TargetCoverage,
    WallView,
)
from tests.report_factory import text
from tests.web.conftest import OpenPhone, Phone
from tests.web.live_screen import command, commands, pulled
from tests.web.probe import FakeProbe
from tests.web.said import said
from tests.web.site import Site
from tests.web.test_response_test import STILL, ZONE

pytestmark = pytest.mark.browser

SPY = """
    window.cues = {tones: 0, buzzes: []};
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (...when) { window.cues.tones += 1; return start.apply(this, when); };
    navigator.vibrate = pattern => { window.cues.buzzes.push(pattern); return true; };
    true;
"""
LOCKS = """
    window.locks = {asked: 0, released: 0};
    navigator.wakeLock.request = async kind => {
        window.locks.asked += 1;
        return {released: false, release: async () => { window.locks.released += 1; }};
    };
"""


def progress(modality: Any, share: float = 0.0, *, zone: str | None = ZONE) -> ProgressEvent:
    return ProgressEvent(
        type="progress", position_index=1, positions=6, zone_id=zone, modality=modality,
        fraction=(1.0 + share) / 6.0, step="inside", stand_s=200.0 if modality is None and zone is not None else None,
    )  # fmt: skip


def device(*levels: float, tag: str = "a", group: Any = "look", why: Any = "video_uplink") -> DeviceSummary:
    return DeviceSummary(
        modality="wifi", tag=tag * 16, group=group, why=why, vendor="Hidden Eye", channel_mhz=2437.0,
        levels=tuple(DeviceLevel(position_index=n, zone_id=ZONE, level_dbm=dbm) for n, dbm in enumerate(levels)),
    )  # fmt: skip


def devices(*told: DeviceSummary, stands: int = 2, next_stand: NextPosition | None = None) -> DevicesEvent:
    return DevicesEvent(
        type="devices", quiet=7, untold=2, devices=told, left_out=0, stands=stands, next_stand=next_stand
    )


def coverage(zone: str, tenths: str, probability: float) -> CoverageEvent:
    walls = tuple(
        WallView(surface=surface, corner=corner, cell_m=0.3, columns=4, cells=tenths * 12)  # type: ignore[arg-type]  # a surface's name
        for surface, corner in (("wall", 0), ("wall", 1), ("wall", 2), ("wall", 3), ("floor", 0), ("ceiling", 0))
    )
    target = TargetCoverage(
        zone_id=zone, target="pinhole_1mm", modality="lens", probability=probability, low=probability - 0.1,
        high=probability + 0.1, source="rendered", reason=None, text=text("말", "word"),
    )  # fmt: skip
    return CoverageEvent(type="coverage", zone_id=zone, targets=(target,), walls=walls)


def cells_are(card: Locator, shade: int, count: int) -> None:
    """Of all surfaces, so many cells have this shade: each surface draws them as one path, a corner for each."""
    paths = card.locator(f"path.seen-{shade}")
    expect(paths).to_have_count(6)
    assert sum(path.count("M") for path in paths.evaluate_all("all => all.map(one => one.getAttribute('d'))")) == count


def looks_right(phone: Phone, name: str, *, is_pulled: bool = False) -> None:
    """Both languages and themes: no axe violation, no small text, nothing to tap below 48 px; ends in Korean."""
    for language, theme in (("en", "dark"), ("ko", "light")):
        phone.set(language=language, theme=theme)
        expect(phone.page.get_by_role("heading", level=1)).to_be_visible()
        expect(phone.page.locator(".chip.open")).to_be_visible()
        if is_pulled:
            pulled(phone.page)
        assert phone.faults() == []
        phone.shoot(f"{name}-{language}-{theme}")


def test_it_says_what_to_point_at_and_for_how_long(live_phone: Phone, live_probe: FakeProbe) -> None:
    page = live_phone.page
    page.evaluate(SPY)
    page.evaluate(STILL)
    live_probe.tell(progress(None))
    card = page.get_by_role("list", name="비출 곳", exact=True)
    expect(command(page)).to_have_text("천장 · 환풍구 · 조명")
    expect(page.get_by_role("img", name="점검기로 이곳을 비추십시오")).to_be_visible()
    page.get_by_role("button", name="소리 · 진동 켜기").click()
    page.wait_for_function("() => window.cues.tones === 1 && window.cues.buzzes.length === 1")
    live_probe.tell(progress("lens", 0.5))
    expect(command(page)).to_contain_text("변기 둘레")
    expect(page.locator(".seconds")).to_have_text(re.compile("^(20|19|18)초$"))
    expect(card.locator("li.done")).to_have_count(2)
    page.wait_for_function("() => window.cues.tones === 2")
    for spot in card.locator("li").all_inner_texts():
        assert len(spot.split()) <= 8
    live_phone.shoot("live-stand-ko-light", full=False)
    looks_right(live_phone, "live-stand")
    expect(command(page)).to_contain_text("변기 둘레")  # a page opened anew knows it too
    live_probe.tell(progress("lens", 1.0))
    expect(command(page)).to_have_text("그대로 들고 기다리십시오")
    live_probe.tell(progress(None, zone=None))
    expect(card).to_have_count(0)


def test_devices_to_inspect_are_counted_apart_with_hot_and_cold(live_phone: Phone, live_probe: FakeProbe) -> None:
    page = live_phone.page
    page.evaluate(SPY)
    live_probe.tell(progress(None), progress("lens", 0.1), devices(device(-70.0), stands=1))
    expect(page.locator("button.handle .words")).to_have_text("기기 1")
    card = pulled(page).get_by_label("무선 기기", exact=True)
    expect(card.get_by_text("처음 감지됨")).to_be_visible()
    page.get_by_role("button", name="소리 · 진동 켜기").click()
    live_probe.tell(
        devices(device(-70.0, -52.0, group="act", why="follows_light"), device(-50.0, -62.0, tag="b"), stands=2)
    )
    expect(card.locator(".counts li")).to_have_text(["확인할 기기 2", "그 밖의 기기 7"])
    hot, cold = card.locator("li.device").all()
    expect(hot).to_contain_text("지금까지 가장 강함")
    expect(hot).to_contain_text("+18 dB")
    expect(cold).to_contain_text("멀어짐")
    page.wait_for_function("() => window.cues.tones === 1 + 3 && window.cues.buzzes.length === 2")
    live_probe.tell(devices(device(-70.0, -52.0, group="act", why="follows_light"), stands=3))
    expect(card.get_by_text("이 자리에서는 수신 안 됨")).to_be_visible()
    assert page.evaluate("window.cues.tones") == 4, "what is not heard makes no sound"
    live_probe.tell(devices(device(-70.0, -55.0, -52.0, group="act", why="follows_light"), stands=3))
    expect(card.get_by_text("그중 2대는 수신이 적어 알 수 없음")).to_be_visible()
    looks_right(live_phone, "live-devices", is_pulled=True)


def test_coverage_fills_surface_by_surface(live_phone: Phone, live_probe: FakeProbe) -> None:
    page = live_phone.page
    assert live_probe.start is not None
    first, second = live_probe.start.plan.zones[:2]
    live_probe.tell(progress(None, zone=None), coverage(first.zone_id, "1", 0.3))
    card = pulled(page).get_by_label(said("coverage", "chance"), exact=True)
    expect(card.get_by_role("button", name=first.name.ko)).to_contain_text("30%")
    cells_are(card, 1, 6 * 12)
    live_probe.tell(coverage(first.zone_id, "8", 0.8))
    expect(card.get_by_role("button", name=first.name.ko)).to_contain_text("80%")
    cells_are(card, 3, 6 * 12)
    live_probe.tell(coverage(second.zone_id, "5", 0.5))
    expect(card.get_by_role("button", name=second.name.ko)).to_have_attribute("aria-pressed", "true")
    card.get_by_role("button", name=first.name.ko).click()
    cells_are(card, 3, 6 * 12)
    looks_right(live_phone, "live-coverage", is_pulled=True)


def test_the_best_next_position_is_two_taps_away(live_phone: Phone, live_probe: FakeProbe) -> None:
    page = live_phone.page
    where = NextPosition(
        x_m=0.4, y_m=0.9, zone_id=ZONE, gain_bits=0.6, text=text("2번 칸에 서서 한 번 더 측정하십시오")
    )
    live_probe.tell(progress(None, zone=None), devices(device(-60.0), next_stand=where))
    commands(page, "step")
    expect(command(page)).to_contain_text("2번 칸에 서서")
    live_phone.shoot("live-next-stand-ko-light", full=False)
    page.get_by_role("button", name="여기서 측정").click()
    page.get_by_role("button", name="이 자리에서 측정").click()
    sent = live_probe.expect("position")
    assert isinstance(sent, PositionCommand)
    assert (sent.zone_id, sent.x_m, sent.y_m) == (ZONE, 0.4, 0.9)
    live_probe.tell(progress(None))
    commands(page, "aim")


def test_the_screen_stays_on_while_a_sweep_may_run(open_phone: OpenPhone, site: Site, live_probe: FakeProbe) -> None:
    phone = open_phone(site.url)
    page = phone.page
    page.add_init_script(LOCKS)
    live_probe.state("running")
    phone.log_in(path=f"#/live/{live_probe.probe_id}")
    expect(page.get_by_text("점검하고 있습니다.").or_(page.get_by_text("점검 중", exact=True)).first).to_be_visible()
    page.wait_for_function("() => window.locks.asked - window.locks.released === 1")
    held = page.evaluate("window.locks")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    live_probe.state("paused")
    expect(page.get_by_text("멈췄습니다.")).to_be_visible()
    assert page.evaluate("window.locks") == held, "held, and not asked for twice"
    live_probe.state("aborted")
    page.wait_for_function("() => window.locks.asked === window.locks.released")


def test_a_phone_that_may_go_dark_says_so(open_phone: OpenPhone, site: Site, live_probe: FakeProbe) -> None:
    phone = open_phone(site.url)
    page = phone.page
    page.add_init_script(
        "navigator.wakeLock.request = async () => { throw new DOMException('saver', 'NotAllowedError'); };"
    )
    live_probe.state("running")
    phone.log_in(path=f"#/live/{live_probe.probe_id}")
    expect(pulled(page).get_by_text("점검 중에 화면이 꺼질 수 있습니다")).to_be_visible()
    assert phone.violations() == []

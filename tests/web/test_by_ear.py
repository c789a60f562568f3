"""A sweep by ear: the screen is covered, what it says is said once and in time, and whatever presses it is the stop."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Locator, Page, expect

from sweep.report import GuidanceEvent, LookAskedEvent, StartCommand, new_id
from sweep.run.words import GUIDANCE, notice_event
from sweep.wifi.words import response_test_event
from tests.run.test_eye_looks import POLICY, walked
from tests.web import ear
from tests.web.agent import PROBE_ID as AGENT_ID
from tests.web.agent import AgentSite
from tests.web.conftest import PHONE, SMALL_PHONE, OpenPhone, Phone
from tests.web.heavy import end_of, told_of
from tests.web.live_screen import commands, pulled, pushed
from tests.web.probe import FakeProbe
from tests.web.site import PROBE_ID, Site
from tests.web.test_condition import condition
from tests.web.test_eye_look import answered, asked
from tests.web.test_live_room import progress
from tests.web.test_near import camera, lens, near
from tests.web.test_response_test import LATER
from tests.web.test_taps import COUNT, taps

pytestmark = pytest.mark.browser

LED_MS = 1_400
"""So long what leads a hand stands before it is said, and a little more."""
STILL_WORDS = "움직이지 마십시오"


def cover(page: Page) -> Locator:
    return page.get_by_role("dialog", name="음성 안내 점검")


def begin(phone: Phone, probe: FakeProbe, room: UUID) -> StartCommand:
    """A sweep of the simulated probe, of which nobody has to press anything after it began."""
    phone.log_in(path=f"#/rooms/{room}/start")
    phone.page.get_by_role("radio", name="유선 이어폰").check(force=True)
    return press_start(phone.page, probe)


def press_start(page: Page, probe: FakeProbe) -> StartCommand:
    page.get_by_role("radio", name=re.compile(PROBE_ID)).check()
    page.get_by_label("점검자 1", exact=True).fill("점검자-01")
    page.get_by_label("점검자 2", exact=True).fill("점검자-02")
    page.get_by_role("button", name="점검 준비").click()
    start = probe.expect("start")
    assert isinstance(start, StartCommand)
    probe.state("running")
    return start


def tell_a_sweep(page: Page, probe: FakeProbe) -> None:
    """All that may command, once, each for as long as it takes to say it."""
    assert probe.start is not None
    zones = [zone.zone_id for zone in probe.start.plan.zones][:2]
    go_on = GuidanceEvent(type="guidance", text=GUIDANCE["stand_next"].text())
    probe.tell(progress(None, zone=None), condition(), go_on)
    commands(page, "wait")
    page.wait_for_timeout(500)
    for index, zone in enumerate(zones):
        probe.tell(progress(None, zone=zone))
        commands(page, "aim")
        for tick in (0, 6):
            probe.tell(*told_of(zone, index, len(zones), tick))
            page.wait_for_timeout(500)
        if index == 0:
            probe.tell(near(lens(12.0, 4.0)))
            page.wait_for_timeout(LED_MS)
            for _ in range(2):  # what changes before it can be said is no instruction
                probe.tell(near(lens(-12.0, 4.0)))
                page.wait_for_timeout(200)
                probe.tell(near(lens(12.0, 4.0)))
                page.wait_for_timeout(200)
            probe.tell(near())
            asking = asked("2번 칸 뒷벽, 무릎 높이, 왼쪽 모서리 옆", zone_id=zone)
            probe.tell(asking)
            page.wait_for_timeout(LED_MS)
            probe.tell(answered(asking, "not_answered"))
        else:
            probe.tell(response_test_event("light", zone, 30.0, 114.0))
            commands(page, "test")
            page.wait_for_timeout(2_500)  # silence
            probe.tell(response_test_event("light", zone, 47.0, 114.0, ended="decided"))
        commands(page, "aim")
        probe.tell(*told_of(zone, index, len(zones), 12))
        page.wait_for_timeout(500)
        probe.tell(*end_of(zone, index), progress(None, zone=None), go_on)
        commands(page, "wait")
        page.wait_for_timeout(500)
    probe.tell(notice_event("head_away"))
    commands(page, "condition")
    page.wait_for_timeout(300)
    probe.tell(notice_event("head_away", is_over=True))
    commands(page, "wait")
    page.wait_for_timeout(500)


@pytest.fixture
def by_ear(open_phone: OpenPhone, site: Site, probe: FakeProbe) -> Phone:
    """A phone with a voice of its own beside one that some server makes, in a sweep by ear."""
    phone = open_phone(site.url)
    phone.page.add_init_script(ear.stand_in(ear.REMOTE, ear.FOREIGN, ear.LOCAL))
    phone.page.add_init_script(COUNT)
    begin(phone, probe, site.suspected_room)
    expect(cover(phone.page)).to_be_visible()
    return phone


def test_a_whole_sweep_is_heard_with_the_screen_covered_and_untouched(by_ear: Phone, probe: FakeProbe) -> None:
    page = by_ear.page
    taps(page)
    page.evaluate("window.said.length = 0")  # what was said when it was chosen
    tell_a_sweep(page, probe)
    expect(cover(page)).to_be_visible()
    heard, seen = ear.said(page), ear.shown(page)
    assert ear.check(heard, seen) >= 12, [one.text for one in heard]
    assert {one.voice for one in heard} == {"여기"}, "no word leaves the phone"
    assert [one.text for one in heard].count(STILL_WORDS) == 1
    at = next(n for n, one in enumerate(heard) if one.text == STILL_WORDS)
    assert heard[at + 1].ms - heard[at].ms > 2_000, "while the light plays nothing else is said"
    assert heard[at].cutMs is None
    assert any(one.text.startswith("됐습니다. ") for one in heard)
    zones = [one.text.split(".")[0] for one in heard if ". " in one.text and "천장" in one.text]
    assert len(zones) == len(set(zones)) == 2, "each zone is named when one comes there"
    assert page.evaluate("window.cues.buzzes.length") >= len(heard)
    probe.state("done")
    expect(cover(page)).to_have_count(0)
    page.wait_for_function("() => window.said.at(-1).text.includes('마침')")
    assert taps(page) == 0


def test_whatever_presses_the_cover_stops_and_says_so(by_ear: Phone, probe: FakeProbe) -> None:
    page = by_ear.page
    page.touchscreen.tap(30, 40)
    probe.expect("pause")
    expect(cover(page)).to_have_count(0)
    probe.state("paused")
    commands(page, "stop")
    page.wait_for_function("() => window.said.at(-1).text.includes('멈췄습니다')")
    texts = [one.text for one in ear.said(page)]
    assert texts.count("화면이 눌려 즉시 중지합니다") == 1
    expect(page.get_by_role("button", name="계속하기")).to_be_visible()
    expect(cover(page)).to_have_count(0)
    page.get_by_role("button", name="계속하기").click()
    probe.expect("resume")
    probe.state("waiting_for_empty")
    expect(cover(page)).to_have_count(0)
    probe.state("running")
    expect(cover(page)).to_be_visible()


CUES = "[window.cues.tones, window.cues.buzzes.map(({pattern}) => pattern)]"


def heard_of(page: Page, probe: FakeProbe, look: LookAskedEvent) -> tuple[str, int, list[Any]]:
    """What is said, sounded and felt of a look that is asked of whoever stands in its zone."""
    look = look.model_copy(update={"look_id": new_id()})
    probe.tell(progress(None, zone=look.zone_id))
    commands(page, "aim")
    page.wait_for_timeout(500)
    before = len(ear.said(page))
    tones_before, buzzes_before = page.evaluate(CUES)
    probe.tell(look)
    commands(page, "look")
    page.wait_for_timeout(LED_MS)
    (said,) = ear.said(page)[before:]
    tones, buzzes = page.evaluate(CUES)
    probe.tell(answered(look, "not_answered"))
    commands(page, "aim")
    assert said.text.endswith(ear.aloud(look.where.ko).removeprefix("1번 칸 ")), said
    return said.text.removesuffix(ear.aloud(look.where.ko)), tones - tones_before, buzzes[len(buzzes_before) :]


def test_a_look_where_nothing_is_suspected_sounds_exactly_like_a_real_one(by_ear: Phone, probe: FakeProbe) -> None:
    told, made, _ = walked([[2.65]], None, policy=POLICY.model_copy(update={"control_share": 1.0}))
    control = {one.look_id: one.is_control for one in made}
    real, drawn = sorted((one for one in told if isinstance(one, LookAskedEvent)), key=lambda one: control[one.look_id])
    assert [control[one.look_id] for one in (real, drawn)] == [False, True]
    assert real.zone_id == drawn.zone_id
    assert [value is None for _, value in real] == [value is None for _, value in drawn], "no less is told of it"
    assert (real.text, real.longest_s, real.is_known) == (drawn.text, drawn.longest_s, drawn.is_known)
    sounds = [heard_of(by_ear.page, probe, one) for one in (real, drawn, real, drawn)]
    assert sounds[0] == sounds[1] == sounds[2] == sounds[3]


def touch(page: Page, *ys: float) -> None:
    """A finger goes down at the first height, over the others, and up again."""
    session = page.context.new_cdp_session(page)
    for n, y in enumerate(ys):
        points = [{"x": 200.0, "y": y}]
        session.send("Input.dispatchTouchEvent", {"type": "touchMove" if n else "touchStart", "touchPoints": points})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_a_long_way_up_shows_the_screen_until_the_next_position_and_a_short_one_stops(
    by_ear: Phone, probe: FakeProbe
) -> None:
    page = by_ear.page
    touch(page, 800, 700, 600, 500, 400)
    expect(cover(page)).to_have_count(0)
    pulled(page)
    expect(page.get_by_role("button", name="음성 안내 끄기")).to_be_visible()
    assert by_ear.faults() == []
    by_ear.shoot("by-ear-drawer", full=False)
    pushed(page)
    probe.tell(progress(None))
    expect(cover(page)).to_be_visible()
    page.keyboard.press("Escape")
    expect(cover(page)).to_have_count(0)
    probe.tell(progress(None, zone=None))
    expect(cover(page)).to_be_visible()
    touch(page, 800, 780)
    probe.expect("pause")
    expect(cover(page)).to_have_count(0)
    probe.state("paused")
    pulled(page)
    page.get_by_role("button", name="음성 안내 끄기").click()
    said = len(ear.said(page))
    probe.state("running")
    commands(page, "wait")
    page.wait_for_timeout(500)
    expect(cover(page)).to_have_count(0)
    assert len(ear.said(page)) == said


def test_an_old_reading_is_silence(by_ear: Phone, probe: FakeProbe) -> None:
    page = by_ear.page
    probe.tell(progress(None))
    commands(page, "aim")
    probe.tell(near(camera("warmer", -50.0)))
    page.wait_for_function("() => window.said.at(-1).text.includes('가까워짐')")
    tones, said = page.evaluate("[window.cues.tones, window.said.length]")
    assert tones > 0, "the pitch leads"
    page.evaluate(LATER)
    expect(page.locator(".say .sentence")).to_contain_text("오래된 값")
    page.wait_for_timeout(1_500)
    assert page.evaluate("[window.cues.tones, window.said.length]") == [tones, said]


@pytest.mark.parametrize("voices", [(ear.REMOTE, ear.FOREIGN), ()])
def test_without_a_voice_of_its_own_the_phone_only_sounds(
    open_phone: OpenPhone, site: Site, probe: FakeProbe, voices: tuple[dict[str, object], ...]
) -> None:
    phone = open_phone(site.url)
    page = phone.page
    page.add_init_script(ear.stand_in(*voices))
    start = begin(phone, probe, site.suspected_room)
    assert not start.has_radio_earphone
    expect(cover(page)).to_contain_text("소리와 진동으로만")
    probe.tell(progress(None))
    page.wait_for_function("() => window.cues.tones >= 1")
    probe.tell(notice_event("head_away"))
    page.wait_for_function("() => window.cues.buzzes.some(({pattern}) => pattern.length === 3)")
    assert page.evaluate("window.said") == []


@pytest.mark.parametrize(
    ("shape", "scale"), [("412x915", 1), ("360x640", 1), pytest.param("412x915", 2, marks=pytest.mark.soak)]
)
def test_the_choice_and_the_cover_are_accessible_and_a_radio_earphone_is_declared(
    open_phone: OpenPhone, site: Site, probe: FakeProbe, shape: str, scale: int
) -> None:
    phone = open_phone(site.url, viewport=PHONE if shape == "412x915" else SMALL_PHONE)
    page = phone.page
    page.add_init_script(ear.stand_in(ear.LOCAL))
    page.add_init_script(f"addEventListener('load', () => document.documentElement.style.fontSize = '{16 * scale}px')")
    phone.log_in(path=f"#/rooms/{site.suspected_room}/start")
    radio = page.get_by_role("radio", name="무선 이어폰")
    radio.check(force=True)
    expect(page.get_by_text("전파 세기는 판정하지 않습니다")).to_be_visible()
    assert [one.text for one in ear.said(page)] == ["음성 안내 점검"], "one hears at once whether one hears"
    radio.scroll_into_view_if_needed()
    phone.shoot(f"by-ear-choice-{shape}-{scale}", full=False)
    assert phone.faults() == []
    start = press_start(page, probe)
    assert start.has_radio_earphone
    probe.tell(progress(None))
    expect(cover(page)).to_contain_text("천장")
    assert page.evaluate("document.activeElement.matches('dialog button')")
    box: Any = cover(page).get_by_role("button").bounding_box()
    assert [box["width"], box["height"]] == page.evaluate("[innerWidth, innerHeight]")
    assert phone.faults() == []
    phone.shoot(f"by-ear-cover-{shape}-{scale}", full=False)


@pytest.mark.soak
def test_a_whole_simulated_sweep_by_ear(open_phone: OpenPhone, agent_site: AgentSite) -> None:
    phone = open_phone(agent_site.url)
    page = phone.page
    page.add_init_script(ear.stand_in(ear.REMOTE, ear.LOCAL))
    page.add_init_script(COUNT)
    phone.log_in()
    page.locator("a.room", has_text="1층 여자화장실").click()
    page.get_by_role("link", name="점검 시작").click()
    expect(page.get_by_role("radio", name=re.compile(AGENT_ID))).to_be_checked()
    page.get_by_role("radio", name="유선 이어폰").check(force=True)
    page.get_by_label("점검자 2", exact=True).fill("점검자-02")
    page.get_by_role("button", name="점검 준비").click()
    page.get_by_role("button", name="점검자-01 확인").click(timeout=60_000)
    page.get_by_role("button", name="점검자-02 확인").click()
    page.get_by_role("button", name="퇴실 확인 완료, 점검 시작").click()
    expect(cover(page)).to_be_visible()
    taps(page)
    page.evaluate("window.said.length = 0")
    over = page.get_by_role("link", name="점검 지도 보기")
    expect(over).to_be_visible(timeout=240_000)
    page.wait_for_timeout(500)
    *heard, last = ear.said(page)
    if heard[-1].text.startswith("점검 마침. "):  # said at once; how it ended once the report is judged
        heard.pop()
    seen = ear.shown(page)
    count = ear.check([one for one in heard if one.ms >= seen[0].ms], seen)
    print(*(f"{(one.ms - heard[0].ms) / 1000:6.1f} s  {one.text}" for one in heard), last.text, sep="\n")
    assert count >= 12
    named = {one.text.split(". ")[0] for one in heard if ". 천장" in one.text}
    assert named >= {"1번 칸", "2번 칸", "3번 칸", "세면대", "출입구"}
    assert taps(page) == 0
    assert "곳" in last.text or "마침" in last.text
    assert {one.voice for one in heard} == {"여기"}

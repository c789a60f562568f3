"""A look by eye on the phone: one place, one tap, no answer before one can have looked, and nothing else commands."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from sweep.judge.eye_looks import load_policy
from sweep.modality.eye_looks import EyeLooks
from sweep.modality.measurement import Measurement
from sweep.report import (
    EYE_OUTCOMES,
    AnswerLookCommand,
    EyeAnswer,
    LiveEvent,
    LookAnsweredEvent,
    LookAskedEvent,
    Position,
    WallSpot,
    new_id,
    place_of,
)
from sweep.run.modalities import SENSING_MODALITIES
from sweep.run.plan.eye_look_planner import EyeLookPlanner
from tests.judge.test_fusion import lens as glint
from tests.report_factory import text
from tests.run.test_eye_looks import MANIFEST
from tests.web.conftest import OpenPhone, Phone, sweeping_in
from tests.web.live_screen import command as sentence
from tests.web.live_screen import commands, pulled, pushed
from tests.web.probe import FakeProbe
from tests.web.site import Site
from tests.web.test_live_room import SPY
from tests.web.test_near import camera, lens, near, tell_of_stand
from tests.web.test_response_test import ZONE, progress
from tests.web.test_taps import COUNT, taps

pytestmark = pytest.mark.browser

SPOT = WallSpot(corner=0, along_m=0.2, width_m=1.0, up_m=0.5, height_m=2.4)


def asked(where: str, **changes: Any) -> LookAskedEvent:
    return LookAskedEvent(
        type="look_asked", look_id=new_id(), zone_id=ZONE, is_pointed=True, is_close=False, x_m=0.6, y_m=0.1,
        radius_m=0.2, bearing_deg=-12.0, elevation_deg=None, range_m=1.1, spot=SPOT, longest_s=10.0, left_s=30.0,
        is_known=False, where=text(where, where), text=text("눈으로 10초 보아 주십시오", "look"),
    ).model_copy(update=changes)  # fmt: skip


def answered(look: LookAskedEvent, answer: Any) -> LookAnsweredEvent:
    return LookAnsweredEvent(
        type="look_answered", look_id=look.look_id, zone_id=ZONE, answer=answer, seconds=4.0, leads_to=None,
        text=text("살펴봄", "looked at"),
    )  # fmt: skip


def words(*without: EyeAnswer) -> list[str]:
    return [word.ko for answer, word in EYE_OUTCOMES.items() if answer not in {"not_answered", *without}]


def test_one_tap_answers_and_the_next_place_comes(live_phone: Phone, live_probe: FakeProbe) -> None:
    page = live_phone.page
    page.evaluate(SPY)
    tell_of_stand(live_phone, live_probe)
    first, second = (
        asked("2번 칸 뒷벽, 무릎 높이, 왼쪽 모서리 옆"),
        asked("2번 칸 문 쪽, 눈높이, 가운데", is_close=True),
    )
    live_probe.tell(first, second, near(camera("same")))
    commands(page, "look")
    card = sentence(page)
    expect(card).to_contain_text("뒷벽, 무릎 높이, 왼쪽 모서리 옆")  # a device that sends leads nobody away from it
    expect(page.get_by_role("img", name=first.where.ko)).to_be_visible()
    expect(page.locator(".mover").get_by_role("progressbar", name="확인할 곳")).to_be_visible()
    expect(pulled(page).get_by_label("확인할 곳", exact=True)).to_contain_text("왼쪽으로 12° · 1.1 m")
    pushed(page)
    nothing = page.get_by_role("button", name=EYE_OUTCOMES["nothing"].ko, exact=True)
    answers = page.locator(".answers button")
    assert answers.all_inner_texts() == words("bottom_seen")
    expect(nothing).to_be_enabled()
    assert live_phone.violations() == []
    live_phone.shoot("live-eye-look-ko-light")
    page.get_by_role("button", name="소리 · 진동 켜기").click()
    before = page.evaluate("window.cues.buzzes.length")

    live_probe.tell(near(lens(20.0, 4.0)))  # until the probe points there
    expect(card).to_have_text("오른쪽으로 돌리십시오")
    page.wait_for_function("() => window.cues.tones > 1")
    live_phone.shoot("live-eye-look-lead-ko-light")
    live_probe.tell(near(lens(1.0, 1.0, range_m=0.4)))
    expect(card).to_have_text("가운데 · 눈으로 확인하십시오")
    expect(page.get_by_role("img", name=first.where.ko)).to_be_visible()
    live_probe.tell(near())
    expect(card).to_contain_text("뒷벽, 무릎 높이, 왼쪽 모서리 옆")

    nothing.click()
    command = live_probe.expect("answer_look")
    assert isinstance(command, AnswerLookCommand)
    assert (command.look_id, command.answer) == (first.look_id, "nothing")
    live_probe.tell(answered(first, "nothing"))
    expect(card).to_contain_text("문 쪽, 눈높이, 가운데")
    expect(nothing).to_be_disabled()  # it is another place
    page.wait_for_function(f"() => window.cues.buzzes.length > {before}")  # and the hand feels that one comes
    assert answers.all_inner_texts() == words(), "from close by one sees the bottom of a hole"
    live_phone.shoot("live-eye-look-close-ko-light")
    live_probe.tell(answered(second, "not_answered"))
    commands(page, "aim")
    live_probe.state("done")
    expect(page.get_by_text("눈으로 살펴보지 않은 곳 1")).to_be_visible()


def _stood(planner: EyeLookPlanner, probe: FakeProbe, at: list[Position], bearings: tuple[float, ...]) -> None:
    """The inspector stood in the next stall, where something glints in these directions."""
    assert probe.start is not None
    zone = [one for one in probe.start.plan.zones if one.kind == "stall"][len(at)]
    x_m, y_m = (sum(values) / len(values) for values in zip(*zone.polygon, strict=True))
    at.append(
        Position(
            position_id=f"p{len(at)}", zone_id=zone.zone_id, x_m=x_m, y_m=y_m, facing_deg=270.0,
            start_ns=time.monotonic_ns(), end_ns=time.monotonic_ns(),
        )
    )  # fmt: skip
    probe.tell(progress(None, zone.zone_id))
    measured = []
    for number, position in enumerate(at):
        seen = tuple(
            glint(100 * number + n, position.zone_id, 2.65 - 0.1 * n, position_id=position.position_id,
                  bearing_deg=bearing, elevation_deg=-30.0, range_m=None)
            for n, bearing in enumerate(bearings if position is at[-1] else (), start=1)
        )  # fmt: skip
        measured.append(Measurement(position.zone_id, position.position_id, "lens", 15.0, 60, 0, 0.9, None, seen))
    manifest = MANIFEST.model_copy(update={"plan": probe.start.plan})
    planner.stood(manifest, at, measured, (), 3 - len(at))


def _tap(page: Page, probe: FakeProbe, looks: EyeLooks, answer: EyeAnswer) -> float:
    """Answer the look that stands on the screen; how long the phone took from its being asked."""
    (look, *_) = looks.pending
    expect(sentence(page)).to_contain_text(look.where.ko)
    page.get_by_role("button", name=EYE_OUTCOMES[answer].ko, exact=True).click()
    command = probe.expect("answer_look")
    assert isinstance(command, AnswerLookCommand)
    now = time.monotonic_ns()
    begun_ns = looks.free_from(look)
    assert looks.answer(command.look_id, command.answer, now) == "taken", "the page waits as long as the probe does"
    return (now - begun_ns) / 1e9


def test_three_stalls_five_places_and_one_that_is_like_a_camera(
    open_phone: OpenPhone, site: Site, live_probe: FakeProbe, capsys: pytest.CaptureFixture[str]
) -> None:
    live_phone = sweeping_in(open_phone(site.url), live_probe, site.another_room().room_id)
    page = live_phone.page
    page.set_viewport_size({"width": 412, "height": 915})
    page.evaluate(COUNT)
    looks = EyeLooks()
    policy = load_policy().model_copy(update={"control_share": 0.0, "least_value": 1e-12})
    told: list[Any] = []

    def tell(event: LiveEvent) -> None:
        told.append(event)
        live_probe.tell(event)

    planner = EyeLookPlanner(looks, policy, tell, new_id(), SENSING_MODALITIES, None, now_ns=time.monotonic_ns)
    at: list[Position] = []
    seconds: list[float] = []
    taps(page)
    _stood(planner, live_probe, at, (-35.0, 20.0))
    seconds.append(_tap(page, live_probe, looks, "screw_or_reflection"))
    seconds.append(_tap(page, live_probe, looks, "nothing"))
    planner.leave()
    _stood(planner, live_probe, at, (10.0,))
    seconds.append(_tap(page, live_probe, looks, "hole"))
    page.get_by_text("20~40 cm까지 다가가").wait_for()
    live_phone.shoot("live-eye-look-hole", full=False)
    seconds.append(_tap(page, live_probe, looks, "bottom_seen"))
    planner.leave()
    _stood(planner, live_probe, at, (0.0, 30.0))
    live_phone.shoot("live-eye-look-third-stall", full=False)
    seconds.append(_tap(page, live_probe, looks, "screw_or_reflection"))
    seconds.append(_tap(page, live_probe, looks, "camera_like"))
    expect(page).to_have_url(re.compile(r"#/find/"))
    expect(page.get_by_role("heading", level=2)).to_be_visible()
    live_phone.shoot("live-eye-look-guide", full=False)
    taken = taps(page)
    planner.leave()
    assert [one.answer for one in looks.made] == [
        "screw_or_reflection", "nothing", "hole", "bottom_seen", "screw_or_reflection", "camera_like",
    ]  # fmt: skip
    assert len({place_of(one) for one in looks.made}) == 5
    assert taken == len(seconds) == 6, "a hole is looked at from close by as well"
    for event in (LookAskedEvent, LookAnsweredEvent):
        of_event = [one.look_id for one in told if isinstance(one, event)]
        assert of_event == [one.look_id for one in looks.made], "nothing that was said is withdrawn in silence"
    with capsys.disabled():
        each = f"{min(seconds):.1f} to {max(seconds):.1f} s a look"
        print(f"\nthree stalls, five places: {taken} taps, {sum(seconds):.1f} s ({each})")
    case = page.url.rsplit("/", 1)[1]
    (opened, *_) = page.request.get(f"{live_phone.url}/api/cases/{case}").json()["events"]
    assert (opened["step"]["step"], opened["step"]["what"]) == ("reported", looks.made[-1].where.ko)

"""A look by eye on the phone: one place, one tap, no answer before one can have looked, and nothing else commands."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from sweep.report import EYE_OUTCOMES, AnswerLookCommand, LookAnsweredEvent, LookAskedEvent, new_id
from tests.report_factory import text
from tests.web.conftest import Phone
from tests.web.probe import FakeProbe
from tests.web.test_near import camera, near, tell_of_stand
from tests.web.test_response_test import ZONE

pytestmark = pytest.mark.browser


def asked(where: str, **changes: Any) -> LookAskedEvent:
    return LookAskedEvent(
        type="look_asked", look_id=new_id(), zone_id=ZONE, is_pointed=True, is_close=False, x_m=0.6, y_m=0.1,
        radius_m=0.2, bearing_deg=-12.0, elevation_deg=None, range_m=1.1, longest_s=10.0, left_s=30.0, is_known=False,
        text=text(where, where),
    ).model_copy(update=changes)  # fmt: skip


def answered(look: LookAskedEvent, answer: Any) -> LookAnsweredEvent:
    return LookAnsweredEvent(
        type="look_answered", look_id=look.look_id, zone_id=ZONE, answer=answer, seconds=4.0, leads_to=None,
        text=text("살펴봄", "looked at"),
    )  # fmt: skip


def test_one_tap_answers_and_the_next_place_comes(live_phone: Phone, live_probe: FakeProbe) -> None:
    page = live_phone.page
    tell_of_stand(live_phone, live_probe)
    first, second = asked("2번 칸, 왼쪽으로 12°, 약 1.1 m"), asked("2번 칸, 정면으로 약 0.9 m")
    live_probe.tell(first, second, near(camera("same")))
    card = page.get_by_label("살펴볼 곳", exact=True)
    expect(card).to_contain_text("왼쪽으로 12°")
    expect(page.get_by_label("가까워지는지", exact=True)).to_have_count(0)  # one imperative at a time
    nothing = card.get_by_role("button", name=EYE_OUTCOMES["nothing"].ko, exact=True)
    expect(nothing).to_be_disabled()
    assert card.get_by_role("button").all_inner_texts() == [
        word.ko for answer, word in EYE_OUTCOMES.items() if answer != "not_answered"
    ]
    expect(nothing).to_be_enabled()
    assert live_phone.violations() == []
    live_phone.shoot("live-eye-look-ko-light")
    nothing.click()
    command = live_probe.expect("answer_look")
    assert isinstance(command, AnswerLookCommand)
    assert (command.look_id, command.answer) == (first.look_id, "nothing")
    live_probe.tell(answered(first, "nothing"))
    expect(card).to_contain_text("정면으로 약 0.9 m")
    expect(nothing).to_be_disabled()  # it is another place
    live_probe.tell(answered(second, "not_answered"))
    expect(card).to_have_count(0)

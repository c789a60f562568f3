"""The way of a case without a server: wrong turns, verdicts of single persons, gaps, and words that hurt nobody."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, get_args

import pytest

from server.cases import words
from server.cases.gaps import duty_of
from server.standing.cases import AT_ANY_TIME, CLOSED, FOLLOWING, FOUND, NEW, Case, Verdict, after_all, may_follow
from server.interface.fields import CaseState
from server.interface.plain_text import has_link
from server.interface.voice import Voice
from sweep.report import LocalText
from sweep.report.case_records import CameraFound, LookedAt, NotCamera, Reopened, Step

TODAY = date(2026, 11, 27)
STATES: tuple[CaseState, ...] = get_args(CaseState)
STEPS = {get_args(model.model_fields["step"].annotation)[0] for model in get_args(get_args(Step)[0])}


def test_every_wrong_turn_has_a_sentence_that_says_what_comes_first() -> None:
    allowed = refused = 0
    for state in STATES:
        for step in sorted(STEPS):
            if may_follow(Case(state), step, TODAY):
                allowed += 1
            else:
                refused += 1
                assert words.NEXT[state].ko != words.NEXT[state].en
    assert set(words.NEXT) == {None, *STATES}
    assert len({sentence.ko for sentence in words.NEXT.values()}) == len(STATES) + 1
    assert allowed + refused == len(STATES) * len(STEPS)
    assert set().union(*FOLLOWING.values()) | AT_ANY_TIME | {"reported"} == STEPS
    print(f"{len(STATES)} states x {len(STEPS)} steps: {allowed} allowed, {refused} refused")


def test_from_every_state_there_is_a_way_on_and_found_cases_end_with_the_police() -> None:
    for state in STATES:
        assert FOLLOWING[state], state
    after_the_call = FOUND - {"camera", "room_closed", "photographed"}
    for state in after_the_call:
        assert not FOLLOWING[state] & {"not_camera", "looked_at", "reopened", "defect_found"}, state


A, B = "p-aaaaaaaaaa", "p-bbbbbbbbbb"


def looked(second: str = "점검자-02") -> LookedAt:
    return LookedAt(step="looked_at", second_person=second, seen="object")


NOT_CAMERA = NotCamera(step="not_camera", second_person="점검자-02", what="나사", reopens=TODAY + timedelta(days=90))
CAMERA = CameraFound(step="camera", second_person="점검자-02", was_touched=False)


@pytest.mark.parametrize(
    ("happened", "state", "is_open"),
    [
        ((), "candidate", True),
        ((Verdict(Voice("하나"), "no_camera"),), "candidate", True),
        ((Verdict(Voice("하나"), "no_camera"), Verdict(Voice("하나"), "no_camera")), "candidate", True),
        ((Verdict(Voice("하나"), "no_camera"), Verdict(Voice("둘"), "no_camera")), "not_camera", False),
        ((Verdict(Voice("하나", A), "no_camera"), Verdict(Voice("둘", B), "no_camera")), "not_camera", False),
        ((Verdict(Voice("하나", A), "no_camera"), Verdict(Voice("하나", B), "no_camera")), "candidate", True),
        ((Verdict(Voice("하나", A), "no_camera"), Verdict(Voice("하나 2", A), "no_camera")), "candidate", True),
        ((Verdict(Voice("하나"), "no_camera"), Verdict(Voice("하나", A), "no_camera")), "candidate", True),
        (
            (Verdict(Voice("하나"), "no_camera"), Verdict(Voice("하나"), "recheck"), Verdict(Voice("둘"), "no_camera")),
            "candidate",
            True,
        ),
        ((Verdict(Voice("하나"), "camera_found"),), "camera", True),
        ((Verdict(Voice("하나"), "camera_found"), Verdict(Voice("하나"), "no_camera")), "camera", True),
        ((looked(), NOT_CAMERA), "not_camera", False),
        ((looked(), NOT_CAMERA, Reopened(step="reopened", why="다시 보임")), "candidate", True),
        ((looked(), CAMERA, Verdict(Voice("하나"), "no_camera")), "camera", True),
        ((looked(), NOT_CAMERA, Verdict(Voice("셋"), "camera_found")), "camera", True),
    ],
    ids=[
        "nobody looked",
        "one person",
        "one person twice",
        "two persons",
        "two accounts",
        "one name at two servers",
        "one account that was renamed",
        "one name from before and after accounts had ids",
        "one took it back",
        "one found a camera",
        "and changed their mind",
        "two looked and know what it is",
        "opened again",
        "two found a camera, one doubts it",
        "a find after all",
    ],
)
def test_what_a_case_is(happened: tuple[Step | Verdict, ...], state: CaseState, is_open: bool) -> None:
    case = after_all(happened, NEW)
    assert case is not None
    assert (case.state, case.is_open(TODAY)) == (state, is_open)


def test_what_was_no_camera_opens_again_on_its_day() -> None:
    case = after_all((looked(), NOT_CAMERA), NEW)
    assert case is not None
    days = [case.is_open(TODAY + timedelta(days=number)) for number in (0, 89, 90, 400)]
    assert days == [False, False, True, True]
    assert not may_follow(case, "looked_at", TODAY)
    assert may_follow(case, "looked_at", TODAY + timedelta(days=90))


@pytest.mark.parametrize(
    ("defect", "measured_mm", "said", "duty"),
    [
        ("floor_gap", 5, {"installed": date(2024, 1, 1)}, None),
        ("floor_gap", 6, {"installed": date(2024, 1, 1)}, "violation"),
        ("floor_gap", 6, {"installed": date(2023, 7, 20)}, "advice"),
        ("floor_gap", 6, {"installed": date(2023, 7, 21)}, "violation"),
        ("floor_gap", 6, {}, "advice"),
        ("floor_gap", 90, {"installed": date(2024, 1, 1), "is_door": True}, None),
        ("ceiling_gap", 300, {"installed": date(2024, 1, 1)}, None),
        ("ceiling_gap", 299, {"installed": date(2024, 1, 1)}, "violation"),
        ("ceiling_gap", 0, {"installed": date(2024, 1, 1), "has_own_ventilation": True}, None),
        ("ceiling_gap", 10, {"installed": date(2020, 1, 1)}, "advice"),
        ("floor_gap", None, {}, None),
        ("emergency_bell", None, {}, "defect"),
        ("hole", None, {}, "defect"),
    ],
    ids=str,
)
def test_what_a_gap_means(defect: Any, measured_mm: int | None, said: dict[str, Any], duty: str | None) -> None:
    found = duty_of(defect, measured_mm, **said)
    assert (None if isinstance(found, LocalText) else found) == duty


def test_no_sentence_of_a_case_hurts_or_leads_to_footage() -> None:
    texts = [*words.NEXT.values(), words.NOT_NOW]
    for text in texts:
        for one in (text.ko, text.en):
            assert words.hurtful_in(one) is None, one
            assert not has_link(one), one
    for instead in words.HURTFUL.values():
        assert words.hurtful_in(instead) is None, instead
    korean = " ".join(text.ko for text in texts)
    for wanted in ("손대지", "112", "인상착의", "보지 마십시오", "두 사람"):  # the handbook
        assert wanted in korean
    assert words.hurtful_in("몰카 발견") == ("몰카", "불법촬영 카메라")
    assert has_link("https://example.org/a") and has_link("see clips.tv") and not has_link("3.5 mm")
    assert not CLOSED & {"camera", "handed_over"}

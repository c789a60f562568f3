"""The way of a case: wrong turns, verdicts of single persons, who may close it, and what the police say in the end."""

from __future__ import annotations

from datetime import timedelta
from typing import get_args

import pytest

from server.interface.fields import CaseState
from server.interface.voice import Voice
from server.standing.cases import (
    AFTER_RELEASE,
    AT_ANY_TIME,
    CLOSED,
    FOLLOWING,
    FOUND,
    NEW,
    OPENING,
    Case,
    Verdict,
    after_all,
    may_follow,
    waits_for_release,
)

from .steps import IN_A_WEEK, OTHER_ROOM, STEP_NAMES, STEPS, TODAY, happened

STATES: tuple[CaseState, ...] = get_args(CaseState)
A, B = "p-aaaaaaaaaa", "p-bbbbbbbbbb"
CALLED = "looked, camera, closed, 112"


def case_after(words: str) -> Case:
    case = after_all(happened(words), NEW)
    assert case is not None
    return case


def test_from_every_state_there_is_a_way_on_and_found_cases_end_with_the_police() -> None:
    assert set(FOLLOWING) == set(STATES)
    assert set().union(*FOLLOWING.values()) | AT_ANY_TIME | OPENING == STEP_NAMES
    for state in STATES:
        assert FOLLOWING[state], state
    after_the_call = {*FOUND, "police_none"} - {"camera", "room_closed"}
    for state in STATES:
        assert ("police_result" in FOLLOWING[state]) == (state in after_the_call), state
        if state in after_the_call:
            assert not FOLLOWING[state] & {"not_camera", "looked_at", "reopened", "defect_found"}, state


@pytest.mark.parametrize(
    ("words", "state", "is_open"),
    [
        ("", "candidate", True),
        ("A none", "candidate", True),
        ("A none, A none", "candidate", True),
        ("A none, B none", "not_camera", False),
        ("A none, A again, B none", "candidate", True),
        ("A found", "camera", True),
        ("A found, A none", "camera", True),
        ("looked, not a camera", "not_camera", False),
        ("looked, not a camera, reopened", "candidate", True),
        ("looked, camera, A none", "camera", True),
        ("looked, not a camera, C found", "camera", True),
        ("A none, looked, camera, B none", "camera", True),
        ("A found, closed, A none, B none", "not_camera", False),
        ("A none, B none, B doubt", "candidate", True),
        ("A found, A none, B none, B doubt", "camera", True),
        ("A found, closed, A none, B none, B again", "room_closed", True),
        ("A none, B none, B doubt, B none", "not_camera", False),
        ("looked, not a camera, C doubt", "candidate", True),
        ("looked, defect, repaired, holds, C doubt", "candidate", True),
        ("looked, defect, repaired, fails", "defect", True),
        ("looked, defect, given", "defect", True),
        ("looked, defect, given, repaired, holds", "hole_repaired", False),
        ("looked, camera, given", "camera", True),
    ],
    ids=[
        "nobody looked",
        "one person",
        "one person twice",
        "two persons",
        "one took it back",
        "one found a camera",
        "and changed their mind",
        "two looked and know what it is",
        "opened again",
        "two found a camera, one doubts it",
        "a find after all",
        "a word from before two found it is none of two",
        "the room was closed, then two looked",
        "one of the two takes it back",
        "and with it the find stands again",
        "and the room is closed again",
        "and is convinced after all",
        "a third doubts what two looked at",
        "one doubts what was repaired",
        "it does not hold",
        "the facility has it",
        "and repaired it",
        "a camera is not for the facility",
    ],
)
def test_what_a_case_is(words: str, state: CaseState, is_open: bool) -> None:
    case = case_after(words)
    assert (case.state, case.is_open(TODAY)) == (state, is_open)


@pytest.mark.parametrize(
    ("one", "other", "are_two"),
    [
        (Voice("하나", A), Voice("둘", B), True),
        (Voice("하나", A), Voice("하나", B), False),
        (Voice("하나", A), Voice("하나 2", A), False),
        (Voice("하나"), Voice("하나", A), False),
    ],
    ids=[
        "two accounts",
        "one name at two servers",
        "one account that was renamed",
        "one name from before and after accounts had ids",
    ],
)
def test_two_persons_differ_by_account_and_by_name(one: Voice, other: Voice, *, are_two: bool) -> None:
    case = after_all((Verdict(one, "no_camera"), Verdict(other, "no_camera")), NEW)
    assert case is not None
    assert case.state == ("not_camera" if are_two else "candidate")


def test_what_was_no_camera_opens_again_on_its_day() -> None:
    case = case_after("looked, not a camera")
    days = [case.is_open(TODAY + timedelta(days=number)) for number in (0, 89, 90, 400)]
    assert days == [False, False, True, True]
    assert not may_follow(case, "looked_at", TODAY)
    assert may_follow(case, "looked_at", TODAY + timedelta(days=90))


@pytest.mark.parametrize(
    ("words", "state", "is_open", "is_found"),
    [
        (f"{CALLED}, police camera", "police_camera", False, True),
        (f"{CALLED}, police none", "police_none", False, False),
        (f"{CALLED}, police unknown", "police_called", True, True),
        (f"{CALLED}, handed, police unknown", "handed_over", True, True),
        (f"{CALLED}, handed, police none", "police_none", False, False),
        (f"{CALLED}, handed, city, police camera", "police_camera", False, True),
        (f"{CALLED}, police unknown, police camera", "police_camera", False, True),
        (f"{CALLED}, police camera, police none", "police_none", False, False),
        (f"{CALLED}, police none, police camera", "police_camera", False, True),
        (f"{CALLED}, police none, police unknown", "police_none", False, False),
        (f"{CALLED}, police camera, city", "police_camera", False, True),
        (f"{CALLED}, police camera, asked", "police_camera", False, True),
        (f"{CALLED}, police camera, A none, B none", "police_camera", False, True),
        (f"{CALLED}, police none, A found", "police_none", False, False),
        (f"{CALLED}, police none, reopened", "police_none", False, False),
        (f"{CALLED}, police none, A doubt", "police_none", False, False),
    ],
)
def test_the_police_end_a_case_and_only_they_say_more(
    words: str, state: CaseState, *, is_open: bool, is_found: bool
) -> None:
    case = case_after(words)
    assert (case.state, case.is_open(TODAY), case.is_found) == (state, is_open, is_found)


@pytest.mark.parametrize("words", ["", "looked", "A found", "looked, camera, closed, photo", "looked, not a camera"])
def test_what_the_police_say_counts_once_they_were_called(words: str) -> None:
    before, case = case_after(words), case_after(f"{words}, police none")
    assert (case.state, case.steps) == (before.state, before.steps + 1)
    assert not may_follow(before, "police_result", TODAY)


@pytest.mark.parametrize("words", [CALLED, f"{CALLED}, handed", f"{CALLED}, handed, city"])
@pytest.mark.parametrize("later", ["not a camera", "reopened", "defect", "looked", "A none, B none", "fails"])
def test_once_the_police_were_called_nobody_else_ends_it(words: str, later: str) -> None:
    assert case_after(f"{words}, {later}").is_found


def test_the_last_day_that_the_facility_was_given_counts() -> None:
    for words, due in (("defect", TODAY), ("defect, given", IN_A_WEEK), ("defect, given, repaired, fails", IN_A_WEEK)):
        assert case_after(f"looked, {words}").due == due
    assert case_after("looked, defect, repaired, given").due == TODAY
    assert case_after("looked, given").due is None


@pytest.mark.parametrize("state", STATES)
def test_nothing_is_repaired_before_its_room_is_released(state: CaseState) -> None:
    held = Case(state, is_held=True)
    assert not any(may_follow(held, step, TODAY) for step in AFTER_RELEASE)
    assert {step for step in STEP_NAMES if waits_for_release(held, step)} == AFTER_RELEASE & FOLLOWING[state]
    others = STEP_NAMES - AFTER_RELEASE
    free = Case(state)
    assert [may_follow(held, one, TODAY) for one in others] == [may_follow(free, one, TODAY) for one in others]
    assert not any(waits_for_release(free, step) for step in STEP_NAMES)


def test_a_correction_of_the_room_changes_nothing_else() -> None:
    for words in ("", "A found", "looked, not a camera", f"{CALLED}, police none"):
        before, case = case_after(words), case_after(f"{words}, moved")
        assert (case.state, case.reopens, case.corrected_room) == (before.state, before.reopens, OTHER_ROOM)


def test_every_state_is_reached_by_steps_that_may_follow() -> None:
    reached: set[CaseState] = set()
    waiting = [after_all([STEPS["reported"]])]
    while waiting:
        case = waiting.pop()
        assert case is not None
        if case.state in reached:
            continue
        reached.add(case.state)
        waiting += [after_all([step], case) for step in STEPS.values() if may_follow(case, step.step, TODAY)]
    assert reached == set(STATES)
    assert reached >= CLOSED

"""What two persons who looked have named asks one other person for half a year, and any change ends it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from server.interface.voice import Voice
from server.standing.cases import NEW, Case, Taken, Verdict, after, may_follow
from server.standing.joining import Happened, Sighting, case_beside
from server.standing.naming import HALF_YEAR, WEAK
from sweep.report import Modality
from sweep.report.case_records import LookedAt, NotCamera, Step, Unchanged
from sweep.report.known import Thing
from sweep.report.proof_records import Identified

from .steps import STEPS, TODAY

QUARTER = timedelta(days=90)
A, B, C, D = (Voice(f"점검자-0{number}", f"p-{number}") for number in range(1, 5))
BY_PASSWORDS = Identified(first="password", second="password")
PLACE = Thing("stall-2", 2.2, 0.4, 0.2, frozenset())


def taken(step: Step, *persons: Voice, day: int = 0) -> Taken:
    return Taken(step, persons, TODAY + timedelta(days=day), day)


def looked(*persons: Voice, seen: Any = "object", day: int = 0) -> Taken:
    step = LookedAt(step="looked_at", second_person=persons[1].name, seen=seen)
    return taken(step, *persons, day=day)


def named(*persons: Voice, day: int = 0, identified: Identified | None = BY_PASSWORDS) -> Taken:
    reopens = TODAY + timedelta(days=day) + QUARTER
    step = NotCamera(
        step="not_camera", second_person=persons[-1].name, what="나사", reopens=reopens, identified=identified
    )
    return taken(step, *persons, day=day)


def same(person: Voice, day: int) -> Taken:
    reopens = TODAY + timedelta(days=day) + QUARTER
    return taken(Unchanged(step="unchanged", reopens=reopens), person, day=day)


def case_after(*happened: Taken | Verdict) -> Case:
    case = NEW
    for one in happened:
        case = after(case, one)
    return case


def asks_one(case: Case, day: int) -> bool:
    today = TODAY + timedelta(days=day)
    assert may_follow(case, "unchanged", today) == case.asks_one(today)
    return case.asks_one(today)


NAMED = (looked(A, B), named(A, B))


def test_it_asks_one_person_between_its_day_and_half_a_year() -> None:
    case = case_after(*NAMED)
    assert [asks_one(case, day) for day in (0, 89, 90, 181, 182, 400)] == [False, False, True, True, False, False]
    assert may_follow(case, "looked_at", TODAY + QUARTER)
    assert may_follow(case, "looked_at", TODAY + HALF_YEAR)


def test_one_other_person_closes_it_to_the_end_of_the_half_year_at_most() -> None:
    case = case_after(*NAMED, same(C, 100))
    assert (case.state, case.reopens, case.is_open(TODAY + timedelta(days=181))) == (
        "not_camera", TODAY + HALF_YEAR, False,
    )  # fmt: skip
    assert not asks_one(case, 182)
    assert case.is_open(TODAY + HALF_YEAR)


@pytest.mark.parametrize("person", [A, B, C, Voice("다른 이름", "p-3"), Voice(C.name, "p-9")])
def test_never_the_same_person_twice(person: Voice) -> None:
    early = named(A, B)
    short = replace(early, step=early.step.model_copy(update={"reopens": TODAY}))
    soon = Taken(Unchanged(step="unchanged", reopens=TODAY), (C,), TODAY, 1)
    case = case_after(looked(A, B), short, soon)
    assert asks_one(case, 0)
    again = after(case, Taken(Unchanged(step="unchanged", reopens=TODAY + QUARTER), (person,), TODAY, 2))
    assert (again.reopens, again.steps) == (TODAY, case.steps + 1)
    other = after(case, Taken(Unchanged(step="unchanged", reopens=TODAY + QUARTER), (D,), TODAY, 2))
    assert other.reopens == TODAY + QUARTER


@pytest.mark.parametrize(
    "before",
    [
        pytest.param((named(A, B),), id="nobody looked"),
        pytest.param((looked(A, B, seen="nothing"), named(A, B)), id="nothing was seen"),
        pytest.param((looked(A, B), named(A, C)), id="one of the two has not looked"),
        pytest.param((looked(A, B), named(A)), id="one person"),
        pytest.param((looked(A, B), named(A, Voice(A.name, "p-9"))), id="one person by two accounts"),
        pytest.param((looked(A, B), named(A, B, identified=None)), id="nobody knows how they proved it"),
        *(
            pytest.param(
                (looked(A, B), named(A, B, identified=Identified(first="passkey", second=way))), id=f"one by {way}"
            )
            for way in sorted(WEAK)
        ),
        pytest.param((Verdict(A, "no_camera"), Verdict(B, "no_camera")), id="single verdicts"),
        pytest.param((*NAMED, Verdict(C, "cannot_exclude"), Verdict(C, "no_camera")), id="somebody doubted"),
        pytest.param((*NAMED, taken(STEPS["reopened"], C)), id="reopened"),
        pytest.param((*NAMED, looked(C, D, day=90)), id="two persons look again"),
        pytest.param((*NAMED, taken(STEPS["reopened"], C), named(A, B)), id="the look was before it opened again"),
    ],
)
def test_otherwise_two_persons_are_asked(before: tuple[Taken | Verdict, ...]) -> None:
    case = case_after(*before)
    assert not any(asks_one(case, day) for day in range(0, 200, 10))
    after_it = after(case, same(D, 100))
    assert (after_it.state, after_it.reopens) == (case.state, case.reopens)


def test_saying_it_names_nothing_and_two_who_look_name_it_anew() -> None:
    case = case_after(*NAMED, same(C, 100), same(D, 181))
    assert case.reopens == TODAY + HALF_YEAR
    case = case_after(*NAMED, same(C, 100), looked(A, C, day=182), named(A, C, day=182))
    assert asks_one(case, 272)
    assert not asks_one(case, 364)


def sighting(number: int, opened: int, thing: Thing = PLACE, by: Modality = "lens", *what: Taken | Verdict) -> Sighting:
    happened = tuple(
        Happened(one.at_ms if isinstance(one, Taken) else opened, place, place, one) for place, one in enumerate(what)
    )
    return Sighting(UUID(int=number), UUID(int=number), opened, thing, happened, by=frozenset({by}))


FIRST = sighting(1, -1, PLACE, "lens", *NAMED)
HEARD = replace(PLACE, devices=frozenset({("k", "aa")}))


@pytest.mark.parametrize(
    ("later", "is_changed"),
    [
        (sighting(2, 50), False),
        (sighting(2, 50, replace(PLACE, x_m=2.4)), False),
        (sighting(2, 50, replace(PLACE, zone_id="stall-1")), False),
        (sighting(2, -1, HEARD, "wifi"), False),
        (sighting(2, 50, HEARD, "wifi"), True),
        (sighting(2, 50, PLACE, "rf"), True),
        (sighting(2, 50, PLACE, "lens", Verdict(C, "cannot_exclude")), True),
        (sighting(2, 50, PLACE, "lens", Verdict(C, "no_camera")), False),
    ],
    ids=[
        "seen again",
        "beside it",
        "in another stall",
        "a device before",
        "a device",
        "another method",
        "doubt",
        "none",
    ],
)
def test_any_change_ends_it(later: Sighting, *, is_changed: bool) -> None:
    case = case_beside([FIRST], [FIRST, later])
    assert asks_one(case, 90) == (not is_changed)
    assert may_follow(case, "looked_at", TODAY + QUARTER)


def test_other_devices_than_those_that_were_named_are_a_change() -> None:
    first = replace(FIRST, thing=HEARD)
    for devices, is_changed in (({("k", "aa")}, False), ({("k", "bb")}, True), ({("k", "aa"), ("k", "bb")}, True)):
        later = sighting(2, 50, replace(HEARD, devices=frozenset(devices)))
        assert asks_one(case_beside([first], [first, later]), 90) == (not is_changed)


def test_that_nothing_changed_is_nobody_s_word_after_it_had() -> None:
    """As a Pi may say it, which does not know of the other sweep."""
    first = sighting(1, -1, PLACE, "lens", *NAMED, same(C, 100))
    kept = case_beside([first], [first, sighting(2, 120, HEARD, "wifi")])
    assert kept.reopens == TODAY + HALF_YEAR  # said before
    assert kept.named is None
    lost = case_beside([first], [first, sighting(2, 50, HEARD, "wifi")])
    assert (lost.reopens, lost.steps) == (TODAY + QUARTER, 3)
    assert lost.is_open(TODAY + QUARTER)

"""What stands open in a room: over all its sweeps and cases, the gravest and newest first."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import get_args

from server.interface.fields import CaseState, EquipmentResult, FindingState, PersonsResult
from server.standing.findings import OPEN
from server.standing.rooms import OpenThing, RoomStands, equipment_of_room, persons_of_room, room_of
from tests.report_factory import START, uid

STATES: tuple[FindingState, ...] = get_args(FindingState)


def thing(state: FindingState, sweep: int | None = 1, days: float = 0, case: CaseState | None = None) -> OpenThing:
    case = case or ("camera" if state == "found" else "candidate")
    return OpenThing(state, None if sweep is None else uid(sweep), START + timedelta(days=days), case)


def test_only_what_somebody_has_still_to_do_stands() -> None:
    for state in STATES:
        assert (room_of([thing(state)]) is not None) == (state in OPEN), state
    assert room_of([]) is None


def test_they_are_counted_by_what_stands_of_them_and_those_of_sweeps_that_nobody_decided_on() -> None:
    stands = room_of([thing(state) for state in STATES] + [thing("to_inspect", None)])
    counts: tuple[tuple[FindingState, int], ...] = (("found", 1), ("suspected", 1), ("recheck", 1), ("to_inspect", 2))
    assert stands == RoomStands(thing("found"), counts, undecided=1, asks="report")


def test_of_the_gravest_the_newest_is_shown_in_whatever_order_they_come() -> None:
    things = [thing("suspected", 1, 2), thing("found", 2, 0), thing("found", 3, 1), thing("to_inspect", None, 9)]
    for order in itertools.permutations(things):
        stands = room_of(order)
        assert stands is not None
        assert stands.gravest == thing("found", 3, 1)
        assert stands.counts == (("found", 2), ("suspected", 1), ("to_inspect", 1))


def test_of_finds_the_one_that_is_the_least_far_says_what_is_asked_for() -> None:
    way: tuple[CaseState, ...] = ("camera", "room_closed", "police_called", "handed_over", "reported_to_city")
    told = [room_of([thing("to_inspect"), thing("found", case=state)]) for state in way]
    assert [one and one.asks for one in told] == ["report"] * 2 + ["hand_over"] + ["police_result"] * 2
    both = room_of([thing("found", case="handed_over"), thing("found", case="police_called")])
    assert both is not None and both.asks == "hand_over"
    none = room_of([thing("to_inspect")])
    assert none is not None and none.asks is None


def test_one_more_thing_never_makes_a_room_less_grave() -> None:
    for one, other in itertools.product(sorted(OPEN), STATES):
        alone, both = room_of([thing(one)]), room_of([thing(one), thing(other)])
        assert alone is not None and both is not None
        shown = persons_of_room(alone, None), persons_of_room(both, None)
        assert shown[1] in {shown[0], "found", "suspected", "recheck"}


def test_what_persons_said_of_the_last_sweep_shows_where_nothing_graver_stands_open() -> None:
    shown = {
        (state, last): persons_of_room(room_of([thing(state)]), last)
        for state in sorted(OPEN)
        for last in get_args(PersonsResult)
    }
    assert {last for (state, last), told in shown.items() if state == "found" and told != "found"} == {"confirmed"}
    assert shown["recheck", "suspected"] == "suspected", "marks of the last visit are not hidden"
    assert shown["to_inspect", "nothing_unusual"] == "recheck"
    assert shown["to_inspect", "not_recorded"] == "not_recorded"
    for last in (None, *get_args(PersonsResult)):
        assert persons_of_room(None, last) == last


def test_the_equipment_says_of_a_room_that_places_of_its_own_wait() -> None:
    for last in (None, *get_args(EquipmentResult)):
        assert equipment_of_room(None, last) == last
        assert equipment_of_room(room_of([thing("to_inspect")]), last) == "to_inspect"
        for nothing_of_its_own in (thing("found"), thing("suspected"), thing("recheck"), thing("to_inspect", None)):
            assert equipment_of_room(room_of([nothing_of_its_own]), last) == last

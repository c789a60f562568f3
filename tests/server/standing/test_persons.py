"""What persons say of a sweep: the gravest of its findings and their note; nothing unusual only with nothing open."""

from __future__ import annotations

import itertools
from typing import get_args

from server.interface.fields import FindingState, PersonsResult
from server.standing.findings import GRAVEST_FIRST
from server.standing.persons import persons_of
from sweep.report.visit_records import ByEye

NOTES: tuple[ByEye | None, ...] = (None, *get_args(ByEye))
STATES: tuple[FindingState, ...] = get_args(FindingState)
ORDER: tuple[PersonsResult, ...] = ("confirmed", "found", "suspected", "recheck")


def gravity(result: PersonsResult) -> int:
    """0 is the gravest; everything below a wish to look again weighs the same."""
    return ORDER.index(result) if result in ORDER else len(ORDER)


def test_without_findings_the_note_is_the_result() -> None:
    told = {note: persons_of((), note) for note in NOTES}
    assert told == {
        None: "not_recorded", "nothing_unusual": "nothing_unusual", "marks": "suspected", "not_done": "not_done",
    }  # fmt: skip


def test_what_is_open_outweighs_a_note_that_nothing_is_unusual() -> None:
    told = {state: persons_of((state,), "nothing_unusual") for state in STATES}
    assert told == {
        "confirmed": "confirmed", "found": "found", "suspected": "suspected", "recheck": "recheck",
        "to_inspect": "recheck", "defect": "nothing_unusual", "no_camera": "nothing_unusual",
    }  # fmt: skip


def test_marks_are_a_suspicion_and_outweighed_by_finds_only() -> None:
    told = {state: persons_of((state,), "marks") for state in STATES}
    assert {state for state, result in told.items() if result != "suspected"} == {"confirmed", "found"}


def test_a_place_that_nobody_decided_on_is_not_what_persons_say() -> None:
    waiting: tuple[FindingState, ...] = ("to_inspect",)
    assert persons_of(waiting, None) == "not_recorded"
    assert persons_of(waiting, "not_done") == "not_done"


def test_one_more_finding_or_a_note_of_marks_never_makes_it_less_grave() -> None:
    for first, second in itertools.product(STATES, repeat=2):
        for note in NOTES:
            both = gravity(persons_of((first, second), note))
            assert both <= gravity(persons_of((first,), note)), (first, second, note)
            assert gravity(persons_of((first, second), "marks")) <= both, (first, second, note)


def test_the_order_of_findings_does_not_matter_and_every_result_is_reached() -> None:
    reached = set()
    for one, other in itertools.product(STATES, repeat=2):
        for note in NOTES:
            reached.add(persons_of((one, other), note))
            assert persons_of((one, other), note) == persons_of((other, one), note)
    assert reached == set(get_args(PersonsResult))
    assert GRAVEST_FIRST[: len(ORDER)] == ORDER

"""One thing, one case: what is joined, by device or place, and what stands for itself."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import pytest

from server.standing.cases import Taken, Verdict
from server.standing.joining import MOST_SEEN, Happened, Sighting, case_of_thing, things_of
from sweep.report.known import Thing
from tests.server.standing.steps import happened

PLACE = Thing("stall-2", 2.2, 0.4, 0.2, frozenset())
DEVICE = Thing("stall-2", 2.2, 0.4, 0.2, frozenset({("k", "aa")}))


def sighting(
    number: int, thing: Thing = PLACE, words: str = "", *, since: int = 0, sweep: int | None = None
) -> Sighting:
    """Of sweep `number`, which began at that time; what happened follows at `since`."""
    said = tuple(
        Happened(
            since + place,
            100 * number + place,
            since + place,
            what if isinstance(what, Verdict) else Taken(what),
        )
        for place, what in enumerate(happened(words))
    )
    return Sighting(UUID(int=number), UUID(int=sweep or number), 1_000 * number, thing, said)


def cases(*sightings: Sighting) -> list[list[int]]:
    """By number, the same in whatever order they come."""
    found = {str([[one.case_id.int for one in thing] for thing in things_of(order)]) for order in _orders(sightings)}
    assert len(found) == 1
    return [[one.case_id.int for one in thing] for thing in things_of(sightings)]


def _orders(sightings: tuple[Sighting, ...]) -> Iterator[tuple[Sighting, ...]]:
    return itertools.permutations(sightings)


def at(x_m: float, zone_id: str = "stall-2") -> Thing:
    return Thing(zone_id, x_m, 0.4, 0.2, frozenset())


@pytest.mark.parametrize(
    ("first", "second", "is_one"),
    [
        (PLACE, at(2.4), True), (PLACE, at(2.6), False), (PLACE, at(2.2, "stall-1"), False), (PLACE, DEVICE, False),
        (DEVICE, Thing("stall-1", 0, 0, 1, frozenset({("k", "aa"), ("k", "bb")})), True),
        (DEVICE, Thing("stall-2", 2.2, 0.4, 0.2, frozenset({("k", "bb")})), False),
    ],
)  # fmt: skip
def test_the_same_device_or_place_is_one_thing(first: Thing, second: Thing, *, is_one: bool) -> None:
    assert cases(sighting(1, first), sighting(2, second)) == ([[1, 2]] if is_one else [[1], [2]])


@pytest.mark.parametrize(
    ("words", "is_one"),
    [
        ("", True), ("A doubt", True), ("A again", True), ("A found", True), ("looked", True), ("looked, camera", True),
        ("A none", False), ("A doubt, A none, B none", False), ("looked, not a camera", False), ("defect", False),
        ("looked, not a camera, reopened", True), ("looked, camera, closed, photo, 112, police camera", False),
    ],
)  # fmt: skip
def test_only_what_stood_open_when_the_later_sweep_began_is_joined(words: str, *, is_one: bool) -> None:
    assert cases(sighting(1, words=words, since=1_500), sighting(2)) == ([[1, 2]] if is_one else [[1], [2]])
    assert cases(sighting(1, words=words, since=2_500), sighting(2)) == [[1, 2]]  # it was open, and goes the same way


def test_a_thing_does_not_wander_and_two_findings_of_a_sweep_are_two() -> None:
    assert cases(sighting(1), sighting(2, at(2.4)), sighting(3, at(2.6))) == [[1, 2], [3]]
    assert cases(sighting(1), sighting(2, sweep=9), sighting(3, sweep=9)) == [[1, 2], [3]]


def test_a_second_one_with_steps_stands_for_itself_and_an_only_one_with_steps_is_joined() -> None:
    stepped = sighting(2, words="looked", since=2_500)
    assert cases(sighting(1), stepped, sighting(3)) == [[2, 1, 3]]
    assert cases(sighting(1, words="looked", since=1_500), stepped, sighting(3)) == [[1, 3], [2]]
    pictured = replace(sighting(2), has_photograph=True)
    assert cases(sighting(1), pictured, sighting(3)) == [[2, 1, 3]]
    assert cases(sighting(1, words="looked", since=1_500), pictured) == [[1], [2]]


def test_what_is_decided_on_one_counts_for_all() -> None:
    (thing,) = things_of([sighting(1, words="A doubt", since=1_500), sighting(2, words="B none, C none", since=2_500)])
    assert case_of_thing(thing).state == "not_camera"
    assert case_of_thing(thing, 2_000).state == "candidate"
    (thing,) = things_of([sighting(1, words="looked", since=1_500), sighting(2, words="A found", since=2_500)])
    assert (case_of_thing(thing).state, case_of_thing(thing).is_found) == ("camera", True)


def test_a_thing_that_is_seen_too_often_opens_another_case() -> None:
    things = things_of([sighting(number) for number in range(1, MOST_SEEN + 3)])
    assert [len(thing) for thing in things] == [MOST_SEEN, 2]

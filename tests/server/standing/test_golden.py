"""What stands in each situation of golden.txt: by the equipment, by persons, of each finding, zone and the room."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from server.interface.fields import FindingState
from server.standing.cases import NEW, after_all
from server.standing.findings import state_of_finding
from server.standing.persons import persons_of
from server.standing.rooms import OpenThing, RoomStands, equipment_of_room, persons_of_room, room_of
from server.standing.zones import equipment_of, zones_of
from tests.report_factory import START, uid

from .golden import ALL, NOTES, Situation, parts, report_in, words_of_part
from .steps import happened

EARLIER, NOW = uid(0xC1), uid(0xC2)


def state_after(part: str) -> FindingState:
    """What stands of a finding after what a part of the table says."""
    case = after_all(happened(words_of_part(part)), NEW)
    assert case is not None
    return state_of_finding(case)


def states_in(situation: Situation) -> list[FindingState]:
    return [state_after(part) for part in parts(situation.done)]


def things_in(situation: Situation, states: Sequence[FindingState]) -> list[OpenThing]:
    """Of both sweeps and of cases without one."""
    things = [_thing(state, NOW, START) for state in states]
    for part in parts(situation.earlier):
        is_case = part.startswith("case:")
        things.append(_thing(state_after(part), None if is_case else EARLIER, START - timedelta(days=30)))
    return things


def _thing(state: FindingState, sweep_id: UUID | None, since: datetime) -> OpenThing:
    return OpenThing(state, sweep_id, since, "candidate")


def shown(*values: str | None) -> str:
    return ", ".join(value or "." for value in values)


def standing_shown(stands: RoomStands | None) -> str | None:
    return None if stands is None else " ".join(f"{count} {state}" for state, count in stands.counts)


@pytest.mark.parametrize("situation", ALL, ids=lambda one: one.name)
def test_what_stands(situation: Situation) -> None:
    is_reported = situation.end in {"done", "early"}
    report, states = report_in(situation, NOW) if is_reported else None, states_in(situation)
    is_swept = situation.end != "never"
    equipment = equipment_of(report) if is_swept else None
    persons = persons_of(states, NOTES[situation.note]) if is_swept else None
    stands = room_of(things_in(situation, states))
    told = dataclasses.replace(
        situation,
        equipment=equipment or ".",
        persons=persons or ".",
        findings=" ".join(states) or ".",
        by_zone=" ".join(zone.state for zone in zones_of(report)) if report is not None else ".",
        room=shown(standing_shown(stands), equipment_of_room(stands, equipment), persons_of_room(stands, persons)),
    )
    assert told == situation


def test_the_table_is_broad_and_says_each_thing_once() -> None:
    assert len(ALL) >= 80
    assert len({one.name for one in ALL}) == len(ALL)
    inputs = [(one.zones, one.end, one.earlier, one.done, one.note) for one in ALL]
    assert len(set(inputs)) == len(inputs)


def test_persons_change_nothing_of_the_equipment() -> None:
    """Whatever was done about the same findings of the same report, it says the same of zones and sweep."""
    told: dict[tuple[str, str, tuple[bool, ...]], set[tuple[str, str]]] = {}
    for one in ALL:
        places = tuple("2@" in part for part in parts(one.done))
        told.setdefault((one.zones, one.end, places), set()).add((one.equipment, one.by_zone))
    assert {key: said for key, said in told.items() if len(said) > 1} == {}
    assert max(sum(1 for one in ALL if one.zones == zones) for zones, _, _ in told) > 40, "it is tried often"

"""A word that still holds is not taken back by a later one: zones over several positions, and the end of notices."""

from __future__ import annotations

import pytest

from sweep.report import CoverageEvent, LiveEvent, NoticeEvent, VerdictName, ZoneEvent
from sweep.run.words import notice_event
from sweep.run.zone_updates import ZoneUpdates
from tests.report_factory import make_report_v2


def zone(quality: float, verdict: VerdictName = "not_assessable", zone_id: str = "stall-1") -> ZoneEvent:
    return ZoneEvent(type="zone", zone_id=zone_id, modality="lens", verdict=verdict, quality=quality)


def test_a_second_stand_adds_to_what_the_first_has_seen() -> None:
    events: list[LiveEvent] = []
    told = ZoneUpdates(events.append)
    told(zone(0.2))
    told.measured(zone(0.5, "candidate"))
    told.measured(zone(0.4, zone_id="stall-2"))
    told(zone(0.1))
    told.measured(zone(0.0))
    told.measured(zone(0.5))
    said = [(e.zone_id, e.verdict, e.quality) for e in events if isinstance(e, ZoneEvent)]
    assert said == [
        ("stall-1", "not_assessable", 0.2),
        ("stall-1", "candidate", 0.5),
        ("stall-2", "not_assessable", 0.4),
        ("stall-1", "candidate", pytest.approx(0.55)),
        ("stall-1", "candidate", 0.5),
        ("stall-1", "candidate", 0.75),
    ]


def test_notices_that_stand_are_over_with_the_sweep() -> None:
    events: list[LiveEvent] = []
    told = ZoneUpdates(events.append)
    told(notice_event("battery_low"))
    told(notice_event("head_away"))
    told(notice_event("head_away", is_over=True))
    told.end_notices()
    told.end_notices()
    said = [(e.code, e.is_over) for e in events if isinstance(e, NoticeEvent)]
    assert said == [("battery_low", False), ("head_away", False), ("head_away", True), ("battery_low", True)]


def test_the_last_number_of_a_zone_is_the_reports_and_nothing_is_said_twice() -> None:
    report = make_report_v2()
    first, *others = {one.zone_id: one for one in report.targets if one.probability is not None}
    said = tuple(one for one in report.targets if one.zone_id == first)
    walls = tuple(wall for one in report.coverage if one.zone_id == first for wall in one.walls)
    less = tuple(
        one if one.probability is None else one.model_copy(update={"probability": one.low, "low": 0.0}) for one in said
    )
    for told_before in (less, said):
        events: list[LiveEvent] = []
        told = ZoneUpdates(events.append)
        told(CoverageEvent(type="coverage", zone_id=first, targets=told_before, walls=walls))
        told.reported(report)
        told.reported(report)
        last = [event for event in events[1:] if isinstance(event, CoverageEvent)]
        assert [event.zone_id for event in last] == ([first] if told_before is less else []) + others
        assert all(event.targets == tuple(t for t in report.targets if t.zone_id == event.zone_id) for event in last)

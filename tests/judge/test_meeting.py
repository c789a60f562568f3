"""A bearing and a place that meet confirm each other by how seldom they would by chance."""

from __future__ import annotations

import pytest

from sweep import report as r
from sweep.judge.meeting import chance_of, meetings
from sweep.judge.thresholds import load_weights
from sweep.run.modalities import WEIGHERS
from tests.judge.test_fusion import FOLLOWS, PLAN, POSITIONS, judge, lens, wifi

ZONE = next(zone for zone in PLAN.zones if zone.zone_id == "stall-2")


def placed(*region: tuple[float, float, float, float]) -> r.TransmitterPlace:
    return r.TransmitterPlace(
        address=wifi(3, "stall-2", -45.0).addresses[0], positions=3, decision="inside", x_m=2.25, y_m=0.4, radius_m=0.5,
        region=region, zones={"stall-2": 0.6}, open_floor_share=0.2,
        outside=r.OutsideShares(left_share=0.05, right_share=0.05, top_share=0.05, bottom_share=0.05),
        text=r.LocalText(ko="-", en="-"), next_stand=None,
    )  # fmt: skip


def met(place: r.TransmitterPlace, *, score: float = 9.0) -> list[r.Evidence]:
    heard: list[r.Observation] = [lens(1, "stall-2", score=score), wifi(3, "stall-2", -45.0, stimulus=FOLLOWS)]
    (finding,) = [f for f in judge(*heard).findings if f.zone_id == "stall-2"]
    weighed = (*finding.evidence_for, *finding.evidence_against)
    return meetings(PLAN, ZONE, POSITIONS, heard, weighed, [place], WEIGHERS, load_weights())


def test_where_they_meet_the_chance_of_it_is_what_counts() -> None:
    here = placed((2.0, 0.0, 2.5, 0.4))
    (one,) = met(here)
    by_chance = chance_of(ZONE, here, 0.3)
    assert one.code == "bearing_meets"
    assert one.weight_log10 > 0.0
    assert 10**one.weight_log10 == pytest.approx(load_weights().rates["region_holds"].share / by_chance, rel=0.01)
    assert f"{100 * by_chance:.0f} %" in one.text.en


def test_where_they_do_not_meet_it_speaks_against() -> None:
    (one,) = met(placed((2.6, 1.2, 3.0, 1.5)))
    assert one.code == "bearing_misses"
    assert one.weight_log10 < 0.0


def test_a_region_that_covers_the_zone_tells_nothing() -> None:
    assert met(placed((0.0, 0.0, 3.0, 3.0))) == []

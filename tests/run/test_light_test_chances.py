"""Whom the light is still to be played for: what no position has tested, where it was heard, until it follows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sweep.modality.measurement import Measurement
from sweep.modality.pending_light import LIGHT_LATER, UNPLACED, Chance
from sweep.modality.task import blind
from sweep.report import Levels, Position, StimulusJudgement, VideoJudgement, WifiObservation
from sweep.run.plan.light_test_chances import chances_of
from sweep.sim.source import default_room
from tests.report_factory import uid
from tests.test_reasons import KEY, TASK

PLAN = default_room().plan
MIDDLES = {"stall-1": (0.5, 0.8), "stall-2": (1.5, 0.8), "stall-3": (2.5, 0.8), "basins": (1.3, 3.0)}
POSITIONS = [
    Position(position_id=zone, zone_id=zone, x_m=x, y_m=y, facing_deg=0.0, start_ns=0, end_ns=1)
    for zone, (x, y) in MIDDLES.items()
]
LATER = StimulusJudgement(verdict="not_assessable", p_value=None, kind="light", reason=LIGHT_LATER)


def heard(
    zone: str, level: float, *, stimulus: StimulusJudgement | None = LATER, outside_dbm: float | None = None,
    is_open: bool = False,
) -> Measurement:  # fmt: skip
    one = WifiObservation(
        observation_id=uid(1), zone_id=zone, position_id=zone, t_ns=0, modality="wifi", addresses=(KEY.token(1),),
        role="sta", vendor=None, is_randomised=True, channel_mhz=2437.0, rssi_dbm=Levels(median=level, max=level),
        outside_dbm=outside_dbm, frames=900, bytes_up=1, bytes_down=1, dwell_s=20.0,
        video=VideoJudgement(
            verdict="not_assessable" if is_open else "video_uplink", score=0.9, decided_after_s=None,
            reason="no_clock" if is_open else None,
        ),
        stimulus=stimulus,
    )  # fmt: skip
    return replace(blind(TASK, "wifi", "x"), zone_id=zone, position_id=zone, blind_reason=None, observations=(one,))


LEVELS = {"stall-1": -50.0, "stall-2": -38.0, "stall-3": -52.0, "basins": -60.0}
EVERYWHERE = [heard(zone, level) for zone, level in LEVELS.items()]


def only(measured: list[Measurement]) -> Chance | None:
    found = chances_of(PLAN, POSITIONS, measured, ())
    return found[0] if found else None


@pytest.mark.parametrize("is_open", [False, True])
def test_what_was_left_for_later_is_placed_by_its_levels(is_open: bool) -> None:
    measured = [heard(zone, level, is_open=is_open) for zone, level in LEVELS.items()]
    chance = only(measured)
    assert chance is not None
    assert max(chance.zones, key=lambda zone: chance.zones[zone]) == "stall-2"
    assert (chance.channel, chance.is_open) == (2437.0, is_open)


def test_a_zone_is_tested_once_and_what_follows_nowhere_else() -> None:
    dark = StimulusJudgement(verdict="does_not", p_value=1.0, kind="light", reason=None)
    again = only([*EVERYWHERE, heard("stall-2", -39, stimulus=dark)])
    assert again is not None
    assert "stall-2" not in again.zones
    broken = StimulusJudgement(verdict="not_assessable", p_value=None, kind="light", reason="adapter_away")
    assert "stall-2" not in (only([*EVERYWHERE, heard("stall-2", -39, stimulus=broken)]) or again).zones
    follows = StimulusJudgement(verdict="follows_light", p_value=0.001, kind="light", reason=None)
    assert only([*EVERYWHERE, heard("stall-2", -39, stimulus=follows)]) is None


def test_what_is_louder_outside_or_may_be_no_camera_is_left_out_and_few_levels_do() -> None:
    assert only([*EVERYWHERE, heard("basins", -60, outside_dbm=-32.0)]) is None, "6 dB louder outside the door"
    assert only([heard(one.zone_id, -50, stimulus=None) for one in EVERYWHERE]) is None
    few = only(EVERYWHERE[:2])
    assert few is not None
    assert few.zones == {"stall-2": UNPLACED}

"""Outside the door first: what is heard there is what inside is compared with."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sweep.judge.thresholds import load_weights
from sweep.link.head_messages import RfMeasured
from sweep.modality.control import Control
from sweep.modality.evidence import ZoneView
from sweep.modality.messages import NOBODY, MeasureRf, RfHeard
from sweep.modality.next_position import NOWHERE, OUTSIDE, NextPosition
from sweep.modality.task import Task
from sweep.report import Levels, WifiObservation
from sweep.rf.modality import judge_rf
from sweep.run.outside_baseline import failed_limits, outside_position, without_own_windows
from sweep.sim.head.emulated import EmulatedHead, RfScene
from sweep.sim.source import default_room
from sweep.sim.sources import SimulatedRoom
from sweep.wifi.session import WifiSession
from sweep.wifi.weigh import weigh_wifi
from tests.run.test_coordinator import Scene
from tests.run.test_live_head import ROOM, Sweep, limits_of_outside, started
from tests.sim.head_kit import built_elf
from tests.test_reasons import KEY, TASK, WINDOWS

ASK_OUTSIDE = MeasureRf(2.0, (5_800,), is_outside=True)
ASK_BASELINE = MeasureRf(0.0, is_outside=True)


def heard_of(scene: Scene) -> RfHeard:
    message = scene.rf[-1]
    assert isinstance(message, RfHeard)
    return message


def test_the_head_measures_outside_and_that_answers_at_each_later_position() -> None:
    scene = Scene()
    scene.hear(ASK_BASELINE)
    assert heard_of(scene).because == "not_recorded"
    scene.coordinator.begin("outside", 0, 3, is_outside=True)
    scene.hear(ASK_OUTSIDE)
    assert scene.head.said == [MeasureRf(2.0, (5_800,))]
    scene.head.words = [RfMeasured(WINDOWS)]
    scene.run(3.0)
    outside = heard_of(scene)
    assert outside.windows == WINDOWS
    scene.coordinator.begin("stall-1", 0, 3)
    scene.hear(ASK_BASELINE)
    assert heard_of(scene) == outside
    assert len(scene.head.said) == 1, "nothing is measured a second time"
    assert judge_rf(TASK, RfHeard(WINDOWS), heard_of(scene)).blind_reason is None


def test_windows_of_the_probes_own_radios_are_no_baseline() -> None:
    some = without_own_windows(RfHeard(WINDOWS, own=((0, 450_000_000),)))
    assert some.windows == WINDOWS[5:]
    none = without_own_windows(RfHeard(WINDOWS, own=((0, 10**12),)))
    assert (none.windows, none.because) == ((), "not_recorded")
    assert judge_rf(TASK, RfHeard(WINDOWS), none).blind_reason == "no_baseline"


def test_outside_comes_before_the_first_position_and_may_be_skipped() -> None:
    control = Control(clock=time.monotonic)
    control.declare_empty(("A-1", "A-2"))
    assert control.go_outside()
    assert control.next_position() == OUTSIDE
    assert control.go_outside(), "once more: nobody stood inside yet"
    assert control.skip_outside()
    assert control.next_position() == NOWHERE
    assert not control.walk(), "nobody walks outside"
    control.go_to(NextPosition("stall-1", 1.0, 1.0, 0.0))
    assert control.next_position() is not None
    assert not control.go_outside()
    assert not control.skip_outside()


def test_a_live_sweep_with_a_baseline_is_not_blind(tmp_path: Path) -> None:
    built_elf()
    sweep = Sweep(tmp_path, zones=1, begin=[OUTSIDE])
    with EmulatedHead(RfScene(), paced=True) as head:
        sweep.modality.symlink_to(head.port)
        started(sweep).join(60.0)
    (report,) = sweep.reports
    assert [position.zone_id for position in report.positions] == [ROOM.plan.zones[0].zone_id]
    assert sweep.rf(0).blind_reason is None
    assert limits_of_outside(report) == {"wifi_outside_failed"}, "no adapter was there"


def wifi_task(**changes: Any) -> Task[Any]:
    return replace(TASK, dwell_s=8.0, sweep_key=KEY, room_key=KEY, **changes)


def test_each_transmitter_has_its_level_outside_where_it_was_heard_there() -> None:
    room = SimulatedRoom(default_room().plan, seed=3, camera_zone="stall-2")
    modality = WifiSession()
    outside = modality.measure(
        wifi_task(position=outside_position(0, 8.0), source=room.outside_wifi(), is_outside=True), NOBODY
    )
    assert failed_limits([outside]) == set()
    inside = modality.measure(wifi_task(source=room.sources("p2", 0).wifi), NOBODY)
    levels = {o.addresses: o.rssi_dbm for o in outside.observations if isinstance(o, WifiObservation)}
    compared = [o for o in inside.observations if isinstance(o, WifiObservation) and o.outside_dbm is not None]
    assert compared
    for one in compared:
        there = levels[one.addresses]
        assert there is not None
        assert one.outside_dbm == there.median
    assert WifiSession().measure(wifi_task(source=room.sources("p2", 0).wifi), NOBODY).observations[0] not in compared


@pytest.mark.parametrize(("outside_dbm", "speaks"), [(-40.0, True), (-50.0, False), (None, False)])
def test_an_uplink_that_is_louder_outside_speaks_against_the_zone(outside_dbm: float | None, speaks: bool) -> None:
    room = SimulatedRoom(default_room().plan, seed=3, camera_zone="stall-2")
    found = WifiSession().measure(wifi_task(source=room.sources("p2", 0).wifi), NOBODY)
    uplinks = [o for o in found.observations if isinstance(o, WifiObservation) and o.video.verdict == "video_uplink"]
    level = Levels(median=-52.0, max=-50.0)
    one = uplinks[0].model_copy(update={"rssi_dbm": level, "outside_dbm": outside_dbm, "stimulus": None})
    zone = next(zone for zone in default_room().plan.zones if zone.zone_id == one.zone_id)
    weighed = weigh_wifi(ZoneView(zone=zone, observations=[one], coverage=None, places={}, weights=load_weights()))
    assert ("louder_outside" in {evidence.code for evidence in weighed}) == speaks

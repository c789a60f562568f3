"""How the probe itself is: what is told when, what stays unknown, and what the report says of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from sweep.host.machine import MachineState
from sweep.link.head_messages import HeadState, LostTold, SupplyTold
from sweep.modality.measurement import Measurement
from sweep.report import ConditionEvent, Gap, Modality, NoticeEvent, ProbeCondition
from sweep.run.watch.condition_watch import LEAST_DISK_BYTES, CameraPowerSeen, ConditionWatch, is_strained

COOL = MachineState(processor_c=52.0, is_slowed=False, is_undervolted=False, disk_free_bytes=3_100_000_000)
POWERED = CameraPowerSeen(True, "ended")
UNKNOWN = ProbeCondition(
    lowest_battery_v=None, undervolted_s=None, highest_processor_c=None, slowed_s=None, least_disk_free_bytes=None,
    head_absences=None, head_away_s=None, camera_faults=None, camera_power_cuts=None, hangs=0, lost={},
)  # fmt: skip


def measured(
    modality: Modality = "lens", *, samples: int = 0, dropped: int = 0, reason: str | None = None
) -> Measurement:
    gaps = () if reason is None else (Gap(start_ns=1, end_ns=2, reason=reason),)
    return Measurement(
        "stall-1", "p1", modality, 8.0, samples, dropped, 0.5, reason if not samples else None, gaps=gaps
    )


@dataclass
class Probe:
    """A watch on a clock of its own; what it told, by seconds."""

    machine: MachineState = COOL
    supply: CameraPowerSeen = POWERED
    now_s: float = 0.0
    is_declared: bool = True
    hangs: int = 0
    told: list[ConditionEvent] = field(default_factory=list)
    notices: list[tuple[str, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.watch = ConditionWatch(
            lambda: self.machine, has_head=True, read_camera=lambda: self.supply, clock_s=lambda: self.now_s
        )

    def run(self, seconds: float) -> None:
        until_s = self.now_s + seconds
        while self.now_s < until_s:
            self.now_s += 0.05
            for event in self.watch.look(is_declared=self.is_declared, hangs=self.hangs):
                if isinstance(event, ConditionEvent):
                    self.told.append(event)
                elif isinstance(event, NoticeEvent):
                    self.notices.append((event.code, event.is_over))


def test_what_nobody_tells_stays_unknown() -> None:
    now_s = 0.0
    watch = ConditionWatch(clock_s=lambda: now_s)
    (event,) = watch.look(is_declared=True)
    assert isinstance(event, ConditionEvent)
    assert event.model_dump(exclude_none=True) == {"type": "condition", "lost": {}}
    now_s = 60.0
    assert watch.look(is_declared=True) == []
    assert watch.summary() == UNKNOWN


def test_it_is_told_when_something_changes_and_numbers_every_few_seconds_at_most() -> None:
    probe = Probe()
    probe.watch.take([HeadState(True), SupplyTold(4.9)])
    probe.run(10.0)
    assert [(e.battery_v, e.processor_c, e.head, e.camera) for e in probe.told] == [(4.9, 52.0, "there", "on")]
    for degrees in range(53, 73):  # one more each second
        probe.machine = replace(COOL, processor_c=float(degrees))
        probe.run(1.0)
    assert 4 <= len(probe.told) - 1 <= 5
    probe.watch.take([HeadState(False)])
    probe.run(1.0)
    last = probe.told[-1]
    assert (last.head, last.battery_v) == ("away", None), "at once, and what the head said last says nothing of now"


def test_heat_and_disk_are_notices_with_room_to_recover() -> None:
    probe = Probe()
    for degrees, disk in ((79.0, COOL.disk_free_bytes), (81.0, LEAST_DISK_BYTES - 1), (78.0, LEAST_DISK_BYTES + 1)):
        probe.machine = replace(COOL, processor_c=degrees, is_slowed=degrees > 80.0, disk_free_bytes=disk)
        probe.run(10.0)
    assert probe.notices == [("hot", False), ("disk_low", False)]
    probe.machine = COOL
    probe.run(10.0)
    assert probe.notices[2:] == [("hot", True), ("disk_low", True)]
    summary = probe.watch.summary()
    assert (summary.highest_processor_c, summary.least_disk_free_bytes) == (81.0, LEAST_DISK_BYTES - 1)
    assert summary.slowed_s is not None
    assert 9.0 <= summary.slowed_s <= 11.0
    assert summary.undervolted_s == 0.0, "known, and it never was"


def test_a_head_that_goes_away_is_counted_with_how_long() -> None:
    probe = Probe()
    for is_there, seconds in ((True, 5.0), (False, 5.0), (True, 5.0), (False, 5.0)):
        probe.watch.take([HeadState(is_there)])
        probe.run(seconds)
    summary = probe.watch.summary()
    assert summary.head_absences == 2
    assert summary.head_away_s is not None
    assert 9.0 <= summary.head_away_s <= 11.0


def test_a_camera_that_fails_at_a_position_is_told_until_it_films_again() -> None:
    probe = Probe()
    probe.watch.take_measurement(measured(samples=80))
    probe.run(2.0)
    probe.watch.take_measurement(measured(reason="camera_failed"))
    probe.watch.take_measurement(measured(reason="too_fast"))  # says nothing of the camera
    probe.run(2.0)
    assert [(e.camera, e.camera_because) for e in probe.told] == [("on", None), ("fault", "camera_failed")]
    probe.watch.take_measurement(measured(samples=80))
    probe.run(2.0)
    assert probe.told[-1].camera == "on"
    assert probe.notices == [("camera_failed", False), ("camera_failed", True)]
    assert probe.watch.summary().camera_faults == {"camera_failed": 1}


def test_a_supply_that_is_cut_while_the_room_is_declared_is_said_and_one_that_persons_end_is_not() -> None:
    probe = Probe(is_declared=False, supply=CameraPowerSeen(False, "not_declared"))
    probe.watch.take([HeadState(True)])
    probe.run(3.0)
    probe.is_declared = True
    probe.run(1.0)  # it comes on within
    probe.supply = CameraPowerSeen(True, "not_declared")
    probe.run(3.0)
    probe.is_declared, probe.supply = False, CameraPowerSeen(False, "ended")
    probe.run(3.0)
    assert probe.notices == []
    probe.is_declared, probe.supply = True, CameraPowerSeen(True, "ended")
    probe.run(3.0)
    probe.supply = CameraPowerSeen(False, "process_died", is_cut=True)
    probe.run(3.0)
    assert probe.notices == [("camera_cut", False)]
    assert (probe.told[-1].camera, probe.told[-1].camera_because) == ("off", "process_died")
    probe.supply = CameraPowerSeen(True, "process_died")
    probe.run(3.0)
    assert probe.notices == [("camera_cut", False), ("camera_cut", True)]
    assert probe.watch.summary().camera_power_cuts == {"process_died": 1}


def test_power_that_comes_with_the_head_is_not_said_to_be_cut() -> None:
    probe = Probe(supply=CameraPowerSeen(False, "not_declared"))
    probe.run(10.0)
    assert (probe.told[-1].camera, probe.told[-1].camera_because) == ("off", "head_awaited"), "nobody has found it yet"
    probe.watch.take([HeadState(False)])
    probe.run(10.0)
    assert (probe.told[-1].head, probe.told[-1].camera_because) == ("away", "head_awaited")
    probe.watch.take([HeadState(True)])
    probe.supply = CameraPowerSeen(True, "not_declared")
    probe.run(2.0)
    assert (probe.told[-1].camera, probe.told[-1].camera_because) == ("on", None)
    assert probe.notices == []
    assert probe.watch.summary().camera_power_cuts == {}


def test_what_to_do_about_power_that_went_with_the_head_depends_on_whether_the_head_is_back() -> None:
    probe = Probe()
    probe.watch.take([HeadState(True)])
    probe.run(2.0)
    probe.watch.take([HeadState(False)])
    probe.supply = CameraPowerSeen(False, "away", is_cut=True)
    probe.run(3.0)
    assert probe.notices == [("camera_cut_with_head", False)]
    assert (probe.told[-1].camera, probe.told[-1].camera_because) == ("off", "head_away")
    probe.watch.take([HeadState(True)])
    probe.run(2.0)
    assert sorted(probe.notices[1:]) == [("camera_cut", False), ("camera_cut_with_head", True)]
    assert probe.told[-1].camera_because == "head_away", "it is back, and the camera still has no power"
    probe.supply = CameraPowerSeen(True, "ended")
    probe.run(2.0)
    assert probe.notices[3:] == [("camera_cut", True)]
    assert probe.watch.summary().camera_power_cuts == {"head_away": 1}


def test_a_sweep_that_goes_on_tells_of_both_of_its_parts() -> None:
    first, second = Probe(machine=replace(COOL, processor_c=81.0, is_slowed=True)), Probe()
    first.watch.take([HeadState(True), SupplyTold(4.5), LostTold((("head_restarts", 1),))])
    first.run(4.0)
    first.supply = CameraPowerSeen(False, "process_died", is_cut=True)
    first.run(4.0)
    second.watch.take_up(first.watch.summary())
    second.watch.take([HeadState(True), SupplyTold(4.9), LostTold((("head_restarts", 2), ("imu_lost", 1)))])
    second.hangs = 1
    second.run(4.0)
    second.watch.take([HeadState(False)])
    second.run(3.0)
    both = second.watch.summary()
    assert (both.lowest_battery_v, both.highest_processor_c, both.hangs) == (4.5, 81.0, 1)
    assert both.lost == {"head_restarts": 3, "imu_lost": 1}
    assert (both.head_absences, both.camera_power_cuts, both.camera_faults) == (1, {"process_died": 1}, {})
    assert both.slowed_s is not None
    assert 6.0 <= both.slowed_s <= 9.0
    assert UNKNOWN.followed_by(both) == both.followed_by(UNKNOWN) == both, "what nobody could tell changes nothing"


def test_a_process_that_stood_still_is_said_until_persons_declare_anew() -> None:
    probe = Probe()
    probe.run(3.0)
    probe.is_declared, probe.hangs, probe.supply = False, 1, CameraPowerSeen(False, "giver_silent")
    probe.run(3.0)
    assert probe.notices == [("probe_hung", False)]
    probe.is_declared, probe.supply = True, CameraPowerSeen(True, "giver_silent")
    probe.run(3.0)
    assert probe.notices == [("probe_hung", False), ("probe_hung", True)]
    assert probe.watch.summary().hangs == 1


def test_what_each_modality_dropped_and_the_head_lost_is_summed() -> None:
    probe = Probe()
    dropped: list[tuple[Modality, int]] = [("wifi", 3), ("wifi", 4), ("lens", 2), ("ble", 0)]
    for modality, count in dropped:
        probe.watch.take_measurement(measured(modality, samples=1, dropped=count))
    probe.watch.take(
        [LostTold((("head_restarts", 1), ("head_line_bad_crc", 2))), LostTold((("head_line_bad_crc", 1),))]
    )
    lost = {"wifi_dropped": 7, "lens_dropped": 2, "head_restarts": 1, "head_line_bad_crc": 3}
    assert probe.watch.summary().lost == lost
    probe.run(6.0)
    assert probe.told[-1].lost == lost


@pytest.mark.parametrize(
    ("machine", "strained"),
    [
        (MachineState(), False),
        (MachineState(processor_c=79.9, is_slowed=False, is_undervolted=False), False),
        (MachineState(processor_c=80.0), True),
        (MachineState(processor_c=60.0, is_slowed=True), True),
        (MachineState(processor_c=60.0, is_undervolted=True), True),
    ],
)
def test_a_processor_is_spared_where_the_machine_says_so(machine: MachineState, strained: bool) -> None:
    assert is_strained(machine) == strained

"""The self test of the real firmware in the emulator: the walk, the limits, and what a badly soldered head shows."""

import pytest

from sweep.link import messages
from sweep.sim.head.imu import Motion
from sweep.sim.head.machine import SLOT_CYCLES
from sweep.sim.head.pads import Assembly
from sweep.sim.head.scene import RfScene

from .head_kit import Host

ALL_PARTS = 0x3FFF
STEP_SLOTS = 3125
ON_AXIS, OFF_AXIS, MIDDLE_RING, RED, TRIGGER, WHITE, AIM, BUZZER, DATA, SELECT, CLOCK, BUTTON, SENSORS, OUTER_RING = (
    range(14)
)
STROBE = 11
WITHOUT_RED = ALL_PARTS & ~(1 << RED)
"""For walks in which it does not matter: red has to rest for two seconds after the reset."""
ALL_LINES = 0x2FFF
LINES = {
    "select_on_axis": ON_AXIS,
    "select_off_axis": OFF_AXIS,
    "select_middle_ring": MIDDLE_RING,
    "select_red": RED,
    "camera_trigger": TRIGGER,
    "white": WHITE,
    "aim": AIM,
    "buzzer": BUZZER,
    "tuner_data": DATA,
    "tuner_select": SELECT,
    "tuner_clock": CLOCK,
}


def walk(scene: RfScene, parts: int = ALL_PARTS, *, seconds: float = 4.0, is_watching_pins: bool = False) -> Host:
    host = Host(scene, is_watching_pins=is_watching_pins)
    host.send(messages.SelfTest(parts, STEP_SLOTS, 1))
    host.run(seconds, keep_alive=True)
    host.assert_nothing_lost()
    return host


def test_each_part_is_driven_alone_in_turn_and_within_limits() -> None:
    host = walk(RfScene(assembly=Assembly(), presses_s=((1.3, 1.35),)), is_watching_pins=True)
    steps = host.of(messages.SelfTestStep)
    assert [step.part for step in steps] == list(range(14))
    exposed = next(edge for edge in host.machine.edges if edge.pin == "camera_trigger" and not edge.level)
    origin = exposed.cycle - host.of(messages.Exposure)[0].tick * SLOT_CYCLES
    (result,) = host.of(messages.SelfTestResult)
    ends = [*(step.tick for step in steps[1:]), result.tick]
    for step, after in zip(steps, ends, strict=True):
        begin, end = (origin + (tick - 1) * SLOT_CYCLES for tick in (step.tick, after))
        moved = {edge.pin for edge in host.machine.edges if begin <= edge.cycle < end}
        own = {pin for pin, part in LINES.items() if part == step.part}
        if step.part == OUTER_RING:
            own = {"select_off_axis", "select_middle_ring"}
        is_lamp = step.part <= RED or step.part == OUTER_RING
        assert moved == own | ({"strobe", "camera_trigger"} if is_lamp else set()), step.part
    on = [edge.cycle for edge in host.machine.edges if edge.pin == "strobe" and edge.level]
    off = [edge.cycle for edge in host.machine.edges if edge.pin == "strobe" and not edge.level]
    lit_slots = [round((end - begin) / SLOT_CYCLES) for begin, end in zip(on, off, strict=True)]
    assert set(lit_slots) == {62, 12}
    assert lit_slots.count(12) == 12, "one burst of red"
    for begin, end, again in zip(on, off, on[1:], strict=False):
        assert again - end >= 19 * (end - begin) - 100
    assert host.of(messages.Counters)[-1].guard_trips == 0

    assert (result.parts, result.lines_followed, result.lines_stray) == (ALL_PARTS, ALL_LINES, 0)
    assert (result.button_changes, result.is_pressed) == (2, 0)
    assert result.battery_counts == pytest.approx(5000 / 3 / 2500 * 1023, abs=2)
    assert result.bandgap_counts == pytest.approx(1100 / 2500 * 1023, abs=2)
    assert result.detector_counts == pytest.approx(0.025 * 82 / 2.5 * 1023, abs=6)  # the noise floor at -62 dBm
    assert (result.imu_state, result.imu_who_am_i) == (2, 0x6C)
    assert host.of(messages.ImuStatus)[-1].state == 0, "a sensor that was off is off again"


@pytest.mark.soak
def test_a_shorted_and_a_bridged_pin_show_in_the_result() -> None:
    shorted = Assembly(stuck_low=("select_on_axis", "strobe", "tuner_select"))
    (result,) = walk(RfScene(assembly=shorted), WITHOUT_RED, seconds=2.0).of(messages.SelfTestResult)
    assert result.lines_followed == ALL_LINES & ~(1 << RED | 1 << ON_AXIS | 1 << STROBE | 1 << SELECT)
    assert result.lines_stray == 1 << SELECT  # it rests high
    bridged = Assembly(drags=(("select_on_axis", "select_off_axis"), ("white", "aim")))
    (result,) = walk(RfScene(assembly=bridged), WITHOUT_RED, seconds=2.0).of(messages.SelfTestResult)
    assert result.lines_followed == ALL_LINES & ~(1 << RED)
    assert result.lines_stray == 1 << OFF_AXIS | 1 << AIM


def test_one_part_alone_and_an_absent_sensor() -> None:
    scene = RfScene(assembly=Assembly(), motion=Motion("absent"))
    host = walk(scene, 1 << WHITE | 1 << SENSORS, seconds=0.4)
    (result,) = host.of(messages.SelfTestResult)
    assert [step.part for step in host.of(messages.SelfTestStep)] == [WHITE, SENSORS]
    assert (result.lines_followed, result.imu_state) == (1 << WHITE, 3)


def test_a_host_that_falls_silent_ends_the_walk_without_a_result() -> None:
    host = Host(RfScene(assembly=Assembly()), is_watching_pins=True)
    host.send(messages.SelfTest(ALL_PARTS, 31_250, 1))
    host.run(0.3, keep_alive=True)
    host.run(0.5)
    quiet_from = host.machine.avr.cycle
    host.run(2.0)
    assert not [edge for edge in host.machine.edges if edge.cycle > quiet_from]
    assert [step.part for step in host.of(messages.SelfTestStep)] == [ON_AXIS]
    assert not host.of(messages.SelfTestResult)


def test_a_walk_can_be_ended_and_nonsense_is_refused() -> None:
    host = Host(RfScene(assembly=Assembly()))
    host.send(messages.SelfTest(ALL_PARTS, 31_250, 1))
    host.run(0.3, keep_alive=True)
    host.send(messages.SelfTest(0, 0, 0))
    host.run(1.5, keep_alive=True)
    assert len(host.of(messages.SelfTestStep)) == 1
    assert not host.of(messages.SelfTestResult)
    for parts, step_slots in ((0x4000, 3125), (1, 3124), (1, 62_501), (1 << RED, 3125)):
        host.send(messages.SelfTest(parts, step_slots, 0))
    host.run(0.05)
    assert [refused.reason for refused in host.of(messages.Refused)] == [1, 1, 1, 3]
    host.send(messages.RfStart(3125, 767, 8))
    host.run(0.3, keep_alive=True)
    assert len(host.of(messages.EnvelopeWindow)) == 2, "the head measures on"

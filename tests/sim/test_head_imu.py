"""The inertial sensor of the real firmware in the emulator: samples against the hand that moved, and every fault."""

from itertools import pairwise

import numpy as np
import pytest

from sweep.link import messages
from sweep.link.imu import LOST, read_samples, sample_ticks
from sweep.modality.motion import ImuSample
from sweep.sim.head.imu import Hand, Motion
from sweep.sim.head.scene import RfScene, SceneError

from .head_kit import Host

SLOT_S = 32e-6
BOOT_S = 0.00056  # slot 0 begins that long after reset (8,936 cycles)
AGE_S = 0.0006  # a sample is 0 to 1.2 ms old
OFF, LOOKING, PRESENT, ABSENT, OTHER_PART, BUS_HELD = range(6)


def run(motion: Motion, seconds: float = 1.2, period_slots: int = 312) -> Host:
    host = Host(RfScene(motion=motion))
    host.send(messages.ImuSet(period_slots))
    host.run(seconds, keep_alive=True)
    host.assert_nothing_lost()  # whatever the sensor does: no slot, no message
    return host


def samples_of(host: Host) -> list[ImuSample]:
    return [
        sample
        for batch in host.of(messages.Imu)
        for sample in read_samples(batch, lambda tick: round(tick * SLOT_S * 1e9))
    ]


def states(host: Host) -> list[int]:
    """What the head said about the sensor, each state once in a row."""
    said = [status.state for status in host.of(messages.ImuStatus)]
    return [state for number, state in enumerate(said) if number == 0 or said[number - 1] != state]


def test_samples_are_what_the_hand_did_at_their_ticks() -> None:
    motion = Motion(roll_deg=20.0, pitch_deg=-10.0, turn_dps=15.0, tremor_dps=3.0)
    host = run(motion, 2.2)
    samples = samples_of(host)
    hand = Hand(motion, RfScene().seed)
    assert len(samples) == pytest.approx(2.05 * 100, abs=6)
    assert {b.t_ns - a.t_ns for a, b in pairwise(samples)} <= {n * 32_000 for n in range(306, 319)}
    measured = np.array([(*sample.rate_dps, *sample.acceleration_g) for sample in samples])

    def error(shift_s: float) -> np.ndarray[tuple[int, ...], np.dtype[np.floating]]:
        truth = np.array([[x for axis in hand.at(sample.t_ns / 1e9 + shift_s) for x in axis] for sample in samples])
        difference = measured - truth
        return np.concatenate([np.abs(difference.mean(axis=0)), difference.std(axis=0)])

    here = error(BOOT_S - AGE_S)
    assert here[:3].max() < 1.5  # the sensor's zero level in degrees a second
    assert here[3:6].max() < 0.04
    assert here[6:9].max() < 0.15  # its noise, and what the hand does within a sample's age
    assert here[9:].max() < 0.006
    # The ticks are right: truth 4 ms earlier or later fits much worse.
    assert min(error(shift)[6:9].max() for shift in (-0.004, 0.004)) > 2 * here[6:9].max()
    assert measured[:, 3:].mean(axis=0) == pytest.approx([0.17, 0.34, 0.92], abs=0.05)


def test_fifty_a_second_and_the_end() -> None:
    host = run(Motion(), 1.0, 625)
    assert len(samples_of(host)) == pytest.approx(0.85 * 50, abs=5)
    host.send(messages.ImuSet(0))
    host.run(0.05)
    seen = len(host.of(messages.Imu))
    host.run(1.1)
    assert len(host.of(messages.Imu)) == seen
    assert host.of(messages.ImuStatus)[-1].state == OFF
    for period in (1, 311, 626):
        host.send(messages.ImuSet(period))
    host.run(0.05)
    assert [refused.reason for refused in host.of(messages.Refused)] == [1, 1, 1]


def test_both_addresses_and_both_parts_are_found() -> None:
    host = run(Motion(address=0x6B, who_am_i=0x6A), 0.4)
    status = host.of(messages.ImuStatus)[-1]
    assert (status.state, status.address, status.who_am_i) == (PRESENT, 0x6B, 0x6A)
    assert samples_of(host)


def test_an_absent_sensor_and_another_part_are_named_and_nothing_hangs() -> None:
    absent = run(Motion("absent"), 2.2)
    assert states(absent) == [LOOKING, ABSENT]
    status = absent.of(messages.ImuStatus)[-1]
    assert (status.who_am_i, status.timeouts, status.lost_samples) == (0, 0, 0)
    assert status.nacks in (4, 6)  # both addresses, every second
    other = run(Motion(who_am_i=0x71), 0.2)
    assert (states(other), other.of(messages.ImuStatus)[-1].who_am_i) == ([LOOKING, OTHER_PART], 0x71)
    assert not absent.of(messages.Imu) + other.of(messages.Imu)


def test_a_sensor_that_dies_is_lost_sample_by_sample_and_then_said_to_be_absent() -> None:
    host = run(Motion("dead", fails_s=0.5), 1.0)
    assert states(host) == [LOOKING, PRESENT, ABSENT]
    status = host.of(messages.ImuStatus)[-1]
    lost = [late for batch in host.of(messages.Imu) for late in batch.late_slots if late == LOST]
    assert status.nacks == 10
    assert 10 <= status.lost_samples == len(lost) <= 13
    assert samples_of(host)[-1].t_ns / 1e9 == pytest.approx(0.5, abs=0.02)


def test_a_sensor_that_lost_its_settings_is_set_up_again() -> None:
    host = run(Motion("asleep", fails_s=0.4), 2.2)
    assert states(host) == [LOOKING, PRESENT, ABSENT, PRESENT]
    late = [sample for sample in samples_of(host) if sample.t_ns > 1.8e9]
    assert late
    assert all(sample.acceleration_g[2] == pytest.approx(1.0, abs=0.1) for sample in late)


@pytest.mark.parametrize("fault", ["held", "stretched"])
def test_a_bus_that_is_held_for_a_moment_is_clocked_free(fault: str) -> None:
    motion = Motion("held", fails_s=0.5) if fault == "held" else Motion("stretched", fails_s=0.5)
    host = run(motion, 1.2)
    assert states(host) == [LOOKING, PRESENT]
    status = host.of(messages.ImuStatus)[-1]
    assert (status.recoveries, status.timeouts) == (1, 1)
    assert 1 <= status.lost_samples <= 2
    assert len(samples_of(host)) > 90


def test_a_bus_that_stays_down_is_named_and_tried_again_every_second() -> None:
    host = run(Motion("held", fails_s=0.5, held_clocks=0), 2.7)
    assert states(host) == [LOOKING, PRESENT, BUS_HELD]
    status = host.of(messages.ImuStatus)[-1]
    assert status.recoveries in (2, 3)


def test_lost_samples_have_no_tick_and_ticks_wrap() -> None:
    batch = messages.Imu(0xFFFFFF00, 7, 312, bytes((0, LOST, 3, 254)), bytes(48))
    assert sample_ticks(batch) == [0xFFFFFF00, None, (0xFFFFFF00 + 627) & 0xFFFFFFFF, (0xFFFFFF00 + 1190) & 0xFFFFFFFF]
    assert len(read_samples(batch, lambda tick: tick)) == 3


def test_the_same_hand_twice() -> None:
    first, second = (run(Motion(turn_dps=5.0), 0.5) for _ in range(2))
    assert first.of(messages.Imu) == second.of(messages.Imu)
    assert RfScene.from_json(RfScene(motion=Motion("dead", 2.0)).to_json()).motion == Motion("dead", 2.0)
    with pytest.raises(SceneError):
        RfScene.from_json(RfScene().to_json().replace('"fails_s"', '"falls_s"'))

"""The range sensor's driver against a sensor that is modelled register by register."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.cli.doctor.camera import NOT_RANGED, range_once
from sweep.host.i2c import I2cError
from sweep.host.range_sensor import FAULTS, REACH_M, RangeFault, RangeSensor, ranged_of
from sweep.phrases import Phrase
from tests.simulators.vl53l1x import LASER, OSCILLATOR, PHASE, SIGMA, VALID, WRAPPED, Vl53l1x


def no_wait(seconds: float) -> None:
    assert seconds >= 0.0


def powered(chip: Vl53l1x) -> RangeSensor:
    chip.set(is_high=True)
    return RangeSensor(chip, wait=no_wait)


def read(chip: Vl53l1x, count: int) -> list[tuple[float | None, RangeFault | None]]:
    """The first measurements of a sensor that was set up."""
    sensor, found = powered(chip), list[tuple[float | None, RangeFault | None]]()
    assert not chip.is_ranging, "it sends nothing before it is asked to"
    sensor.start()
    for _ in range(20 * count):
        if (ranged := sensor.read()) is not None:
            found.append((ranged.distance_m, ranged.fault))
            if len(found) == count:
                break
    sensor.stop()
    assert not chip.is_ranging
    return found


def test_it_says_each_distance_once_and_why_it_has_none() -> None:
    chip = Vl53l1x(
        millimetres=[1400, 0, 900, 800, 7000, 12, 2100],
        statuses=[VALID, PHASE, SIGMA, WRAPPED, VALID, VALID, VALID],
    )
    assert read(chip, 7) == [
        (1.4, None), (None, "no_target"), (None, "unsure"), (None, "wrapped"), (None, "garbage"), (None, "garbage"),
        (2.1, None),
    ]  # fmt: skip
    assert int.from_bytes(chip.registers[0x6C:0x70], "big") == int(OSCILLATOR * 100 * 1.075), "every 100 ms"
    assert chip.registers[0x5E:0x60] + chip.registers[0x61:0x63] == bytes.fromhex("00ad00c6"), "50 ms of light"
    assert chip.registers[0x64:0x66] == bytes.fromhex("0168"), "unsure beyond 90 mm"


@pytest.mark.parametrize(
    ("chip", "because"),
    [
        (Vl53l1x(is_there=False), "does not answer"),
        (Vl53l1x(model=0xEEAC), "is no VL53L1X: it says 0xeeac"),
        (Vl53l1x(boots_after=10**6), "does not boot"),
        (Vl53l1x(is_never_ready=True), "does not calibrate itself"),
        (Vl53l1x(nacks={6}), "does not answer"),
    ],
    ids=["absent", "foreign", "asleep", "blind", "nack"],
)
def test_what_cannot_be_set_up_is_one_line(chip: Vl53l1x, because: str) -> None:
    with pytest.raises(I2cError, match=because):
        powered(chip)


def test_what_goes_wrong_while_it_measures_is_no_distance() -> None:
    assert read(Vl53l1x(is_garbage=True), 3) == [(None, "garbage"), (None, "stale"), (None, "stale")]
    assert read(Vl53l1x(is_stuck_ready=True), 3) == [(1.4, None), (None, "stale"), (None, "stale")]
    assert read(Vl53l1x(statuses=[LASER]), 1) == [(None, "sensor_fault")]
    chip = Vl53l1x()
    sensor = powered(chip)
    sensor.start()
    chip.nacks = {chip.transfers + 1}
    with pytest.raises(I2cError):
        sensor.read()
    chip.set(is_high=False)
    chip.set(is_high=True)
    assert [sensor.read() for _ in range(5)] == [None] * 5, "one that was without supply measures no more"


@given(st.binary(min_size=17, max_size=17))
def test_any_octets_are_a_distance_within_reach_or_a_reason(result: bytes) -> None:
    ranged = ranged_of(result)
    if ranged.distance_m is None:
        assert ranged.fault in {*FAULTS.values(), "garbage"}
    else:
        assert REACH_M[0] <= ranged.distance_m <= REACH_M[1]


@pytest.mark.parametrize(
    ("chip", "said"),
    [
        (Vl53l1x(), "1.40 m"),
        (Vl53l1x(statuses=[PHASE, VALID]), "1.40 m"),
        (Vl53l1x(statuses=[PHASE]), NOT_RANGED["no_target"]),
        (Vl53l1x(statuses=[LASER]), NOT_RANGED["sensor_fault"]),
    ],
    ids=["distance", "second", "nothing", "laser"],
)
def test_the_doctor_says_one_distance_or_why_not_and_leaves_it_dark(chip: Vl53l1x, said: Phrase | str) -> None:
    assert range_once(powered(chip), no_wait) == said
    assert not chip.is_ranging

"""The portable logic of inertial sensor and self test on this machine, under any outcome of the bus and any walk."""

import ctypes
from collections.abc import Iterator
from ctypes import POINTER, Structure, byref, c_uint8, c_uint16, c_uint32

from hypothesis import given
from hypothesis import strategies as st

BATCH, SAMPLE_SIZE, LOST = 4, 12, 255
OFF, LOOKING, PRESENT, ABSENT, OTHER_PART, BUS_HELD = range(6)
PENDING, DONE, NACK, TIMEOUT, HELD = range(5)
PERIOD = 312


class Batch(Structure):
    _fields_ = [
        ("tick", c_uint32),
        ("index", c_uint16),
        ("period_slots", c_uint16),
        ("late_slots", c_uint8 * BATCH),
        ("samples", c_uint8 * (BATCH * SAMPLE_SIZE)),
    ]


class Imu(Structure):
    _fields_ = [
        *[
            (name, c_uint8)
            for name in ("state", "address", "who_am_i", "octet", "step", "is_reading", "at", "failures")
        ],
        ("due", c_uint32),
        ("nacks", c_uint16),
        ("timeouts", c_uint16),
        ("lost_samples", c_uint16),
        ("batch", Batch),
    ]


class Transfer(Structure):
    _fields_ = [
        ("address", c_uint8),
        ("reg", c_uint8),
        ("is_write", c_uint8),
        ("size", c_uint8),
        ("octets", POINTER(c_uint8)),
    ]


class Bench:
    """The logic with a bus whose outcomes are given; each good sample carries the tick at which it was asked for."""

    def __init__(self, core: ctypes.CDLL, outcomes: Iterator[int]) -> None:
        self.core, self.outcomes = core, outcomes
        self.imu = Imu()
        self.tick = 0xFFFFF000  # soon wraps
        self.sent: list[tuple[int, int, bytes, bytes]] = []
        self.asked: Transfer | None = None
        self.asked_at = 0
        assert core.imu_set(byref(self.imu), c_uint16(PERIOD), c_uint32(self.tick))

    def turn(self, slots: int, *, has_room: bool = True) -> None:
        """One turn of the loop, `slots` after the one before."""
        self.tick = (self.tick + slots) & 0xFFFFFFFF
        if self.asked is not None:
            outcome = next(self.outcomes, DONE)
            if outcome == PENDING:
                return
            if outcome == DONE:
                self._transfer(self.asked)
            self.asked = None
            self.core.imu_ended(byref(self.imu), outcome, c_uint32(self.tick))
        if self.imu.state != OFF and self.imu.at == BATCH and has_room:
            batch = self.imu.batch
            self.sent.append((batch.tick, batch.index, bytes(batch.late_slots), bytes(batch.samples)))
            self.core.imu_sent(byref(self.imu))
        transfer = Transfer()
        if self.core.imu_next(byref(self.imu), c_uint32(self.tick), byref(transfer)):
            assert self.asked is None
            assert transfer.size in (1, SAMPLE_SIZE)
            self.asked, self.asked_at = transfer, self.tick

    def _transfer(self, asked: Transfer) -> None:
        if asked.is_write:
            return
        if asked.size == 1:
            asked.octets[0] = 0x6C
            return
        into = ctypes.addressof(asked.octets.contents) - ctypes.addressof(self.imu.batch.samples)
        assert 0 <= into <= (BATCH - 1) * SAMPLE_SIZE
        for at, octet in enumerate(self.asked_at.to_bytes(4, "little") + bytes((1,) * 8)):
            asked.octets[at] = octet


OUTCOMES = st.lists(st.sampled_from((PENDING, DONE, DONE, DONE, NACK, TIMEOUT, HELD)), max_size=40)
TURNS = st.lists(st.integers(1, 700), min_size=1, max_size=300)


@given(OUTCOMES, TURNS)
def test_each_sample_sent_is_where_its_tick_says_and_each_other_is_counted(
    core: ctypes.CDLL, outcomes: list[int], turns: list[int]
) -> None:
    bench = Bench(core, iter(outcomes))
    for slots in turns:
        bench.turn(slots)
    lost_in_sent = 0
    for number, (tick, index, late_slots, samples) in enumerate(bench.sent):
        assert index == number
        for place, late in enumerate(late_slots):
            sample = samples[place * SAMPLE_SIZE : (place + 1) * SAMPLE_SIZE]
            if late == LOST:
                lost_in_sent += 1
                assert sample == bytes(SAMPLE_SIZE)
            else:
                assert int.from_bytes(sample[:4], "little") == (tick + place * PERIOD + late) & 0xFFFFFFFF
    waiting = sum(late == LOST for late in list(bench.imu.batch.late_slots)[: bench.imu.at])
    assert bench.imu.lost_samples == lost_in_sent + waiting
    assert bench.imu.nacks + bench.imu.timeouts <= sum(outcome > DONE for outcome in outcomes)


@given(OUTCOMES, st.lists(st.tuples(st.integers(1, 700), st.booleans()), max_size=200))
def test_a_full_line_loses_whole_batches_by_number(
    core: ctypes.CDLL, outcomes: list[int], turns: list[tuple[int, bool]]
) -> None:
    bench = Bench(core, iter(outcomes))
    for slots, has_room in turns:
        bench.turn(slots, has_room=has_room)
    numbers = [index for _, index, _, _ in bench.sent]
    assert numbers == sorted(set(numbers))
    missing = (numbers[-1] + 1 - len(numbers)) if numbers else 0
    assert bench.imu.lost_samples >= missing


@given(OUTCOMES)
def test_whatever_happened_a_good_bus_finds_the_sensor_again(core: ctypes.CDLL, outcomes: list[int]) -> None:
    bench = Bench(core, iter(outcomes))
    for _ in range(12 * len(outcomes)):  # each may cost a second of waiting
        bench.turn(5_000)
    for _ in range(2_000):  # three seconds with every transfer done
        bench.turn(50)
    assert bench.imu.state == PRESENT
    assert bench.sent
    assert LOST not in bench.sent[-1][2]


# --- the walk ---------------------------------------------------------------------------------------------------------

NOTHING, REST, DRIVE, END = range(4)
PARTS, SENSORS = 14, 12


class SelfTest(Structure):
    _fields_ = [
        ("is_walking", c_uint8),
        ("is_driven", c_uint8),
        ("part", c_uint8),
        ("wanted", c_uint16),
        ("step_slots", c_uint16),
        ("since", c_uint32),
        ("moved", c_uint16),
        ("rested", c_uint16),
        ("stray", c_uint16),
    ]


class Command(Structure):
    _fields_ = [("parts", c_uint16), ("step_slots", c_uint16), ("is_room_empty", c_uint8)]


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.integers(1, 400))
def test_a_walk_drives_each_wanted_part_once_with_rest_before(
    core: ctypes.CDLL, parts: int, step_slots: int, turn: int
) -> None:
    test, tick = SelfTest(), 0xFFFFFF00
    is_good = parts == 0 or (parts < 1 << PARTS and 3125 <= step_slots <= 62_500)
    assert bool(core.self_test_begin(byref(test), byref(Command(parts, step_slots)), c_uint32(tick))) == is_good
    if not is_good:
        return
    driven: list[int] = []
    began = ended = 0
    for _ in range((PARTS + 1) * (62_500 + 700) // turn + PARTS * 2):
        news = core.self_test_step(byref(test), c_uint32(tick & 0xFFFFFFFF), c_uint8(1))
        if news == DRIVE:
            assert tick - ended >= 625 or not driven
            driven.append(test.part)
            began = tick
        elif news == REST:
            ended = tick
            assert test.part - 1 == SENSORS or tick - began >= step_slots
        elif news == END or parts == 0:
            break
        tick += turn
    assert driven == [part for part in range(PARTS) if parts >> part & 1]
    assert not test.is_walking

"""The portable C core against Python: framing both ways, envelope statistics, and the lamp guard under any commands."""

import ctypes
import random
import tomllib
from ctypes import POINTER, Structure, byref, c_uint8, c_uint16, c_uint32
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.link import messages
from sweep.link.frame import FrameReader, Received, encode

MAX_BODY = messages.MAX_PAYLOAD + 2
LONGEST_COMMAND = 2 + max(kind.LAYOUT.size for kind in messages.BY_ID.values() if not kind.IS_TO_HOST)
NONE, READY, REJECTED = 0, 1, 2


class Reader(Structure):
    _fields_ = [
        ("buffer", c_uint8 * (LONGEST_COMMAND + 3)),
        ("used", c_uint8),
        ("is_too_long", c_uint8),
        ("length", c_uint8),
    ]


class Envelope(Structure):
    _fields_ = [
        ("tick", c_uint32),
        ("sum", c_uint32),
        *[
            (name, c_uint16)
            for name in (
                "index",
                "samples",
                "dropped",
                "min",
                "max",
                "burst_samples",
                "bursts",
                "gaps",
                "run",
                "longest_burst",
                "longest_gap",
            )
        ],
        ("bins", c_uint16 * 120),
    ]


class Threshold(Structure):
    _fields_ = [("below", c_uint16), ("end", c_uint16), ("is_burst", c_uint8)]


class Schedule(Structure):
    _fields_ = [
        ("phase_count", c_uint8),
        ("phases", c_uint8 * 6),
        ("pulses", c_uint8 * 6),
        ("short_pulses", c_uint8 * 6),
        ("short_every", c_uint8),
        ("period", c_uint16),
        ("exposure", c_uint16),
    ]


class LampRun(Structure):
    _fields_ = [
        ("period_slots", c_uint16),
        ("exposure_slots", c_uint16),
        ("phase_count", c_uint8),
        ("phases", c_uint8 * 6),
        ("pulse_slots", c_uint8 * 6),
        ("short_slots", c_uint8 * 6),
        ("short_every", c_uint8),
    ]


class RedAsked(Structure):
    _fields_ = [
        ("exposure_slots", c_uint16),
        ("pulse_slots", c_uint8),
        ("red_slots", c_uint8),
        ("red_count", c_uint8),
        ("is_room_empty", c_uint8),
    ]


class RedBurst(Structure):
    _fields_ = [("count", c_uint8), ("red_pulse", c_uint8), ("pulse", c_uint8), ("exposure", c_uint16)]


class LightSet(Structure):
    _fields_ = [("light", c_uint8), ("is_on", c_uint8)]


class Lamps(Structure):
    """The levels, which stand first; the rest is opaque."""

    _fields_ = [
        ("select", c_uint8),
        ("is_strobe", c_uint8),
        ("is_exposing", c_uint8),
        ("lights", c_uint8),
        ("opaque", c_uint8 * 252),
    ]


class WireWindow(Structure):
    _fields_ = [
        ("tick", c_uint32),
        ("index", c_uint16),
        ("window_slots", c_uint16),
        ("samples", c_uint16),
        ("dropped", c_uint16),
        ("sum_counts", c_uint32),
        ("min_counts", c_uint16),
        ("max_counts", c_uint16),
        ("p10_counts", c_uint16),
        ("p50_counts", c_uint16),
        ("p90_counts", c_uint16),
        ("burst_samples", c_uint16),
        ("bursts", c_uint16),
        ("gaps", c_uint16),
        ("longest_burst_slots", c_uint16),
        ("longest_gap_slots", c_uint16),
    ]


def c_encode(core: ctypes.CDLL, payload: bytes) -> bytes:
    wire = (c_uint8 * (MAX_BODY + 2))()
    size = core.frame_encode(payload, c_uint8(len(payload)), wire)
    return bytes(wire[:size])


def c_feed(core: ctypes.CDLL, reader: Reader, data: bytes) -> list[bytes | None]:
    """Payloads of the frames that `data` completes, None for a rejected one."""
    out: list[bytes | None] = []
    for octet in data:
        result = core.frame_reader_push(byref(reader), c_uint8(octet))
        if result == READY:
            out.append(bytes(reader.buffer[: reader.length]))
        elif result == REJECTED:
            out.append(None)
    return out


def random_message(rng: random.Random) -> messages.Message:
    kind = rng.choice(list(messages.BY_ID.values()))
    octets = range(256) if rng.random() < 0.5 else (0, 0, 0, 1, 255)
    return kind(*kind.LAYOUT.unpack(bytes(rng.choices(octets, k=kind.LAYOUT.size))))


def test_c_and_python_agree_on_ten_thousand_random_messages(core: ctypes.CDLL) -> None:
    rng = random.Random(1)
    reader = Reader()
    to_host, to_head = FrameReader(), FrameReader(is_to_host=False)
    for number in range(10_000):
        message = random_message(rng)
        payload = bytes((message.ID, number & 0xFF)) + message.pack()
        wire = encode(message, number)
        assert c_encode(core, payload) == wire
        # The head's reader has room for commands only; what is longer it rejects.
        if not message.IS_TO_HOST:
            assert c_feed(core, reader, wire) == [payload]
        elif len(payload) > LONGEST_COMMAND:
            assert c_feed(core, reader, wire) == [None]
        events = (to_host if message.IS_TO_HOST else to_head).feed(wire)
        assert events == [Received(message, number & 0xFF, len(wire))]


@given(st.binary(max_size=400))
def test_c_reader_survives_anything_and_resynchronises(core: ctypes.CDLL, garbage: bytes) -> None:
    reader = Reader()
    wire = encode(messages.KeepAlive(), 7)
    assert c_feed(core, reader, garbage + b"\0" + wire)[-1] == bytes((messages.KeepAlive.ID, 7))


@given(st.binary(min_size=1, max_size=60), st.integers(0, 10_000))
def test_c_and_python_reject_the_same_damage(core: ctypes.CDLL, noise: bytes, at: int) -> None:
    wire = bytearray(encode(messages.RfStart(3125, 767, 8), 3))
    wire[at % (len(wire) - 1)] ^= noise[0]
    c_events = c_feed(core, Reader(), bytes(wire) + b"\0")
    reader = FrameReader(is_to_host=False)
    python_events = reader.feed(bytes(wire) + b"\0")
    # The head's reader does not know ids and lengths; up to the CRC both must judge alike.
    beyond_crc = reader.rejected.keys() & {"unknown_id", "wrong_length", "wrong_direction"}
    if not beyond_crc:
        assert [event is None for event in c_events] == [not isinstance(e, Received) for e in python_events]


def summarise(core: ctypes.CDLL, counts: list[int | None], below: int, hysteresis: int) -> WireWindow:
    envelope, wire = Envelope(), WireWindow()
    threshold = Threshold(below, below + hysteresis, 0)
    core.envelope_clear(byref(envelope))
    for value in counts:
        if value is None:
            core.envelope_drop(byref(envelope))
        else:
            core.envelope_add(byref(envelope), byref(threshold), c_uint16(value))
    core.envelope_close(byref(envelope), threshold.is_burst)
    core.envelope_summarise(byref(envelope), c_uint16(len(counts)), byref(wire))
    return wire


@given(st.lists(st.one_of(st.none(), st.integers(0, 1023)), min_size=1, max_size=300), st.integers(1, 1023))
def test_envelope_statistics_agree_with_numpy(core: ctypes.CDLL, counts: list[int | None], below: int) -> None:
    wire = summarise(core, counts, below, 8)
    used = np.array([value for value in counts if value is not None])
    assert wire.samples == used.size
    assert wire.samples + wire.dropped == len(counts)
    if used.size == 0:
        return
    assert wire.sum_counts == used.sum()
    assert (wire.min_counts, wire.max_counts) == (used.min(), used.max())
    for percent, value in ((10, wire.p10_counts), (50, wire.p50_counts), (90, wire.p90_counts)):
        exact = np.percentile(used, percent, method="inverted_cdf")
        # from 952 counts on, more than the log detector gives, one bin holds all
        assert abs(value - exact) <= 8 or (exact >= 952 and value >= 952)
        assert used.min() <= value <= used.max()
    bursts = is_burst = in_burst = 0
    for value in used:
        was = is_burst
        is_burst = (value < below + 8) if is_burst else (value < below)
        bursts += is_burst and not was
        in_burst += bool(is_burst)
    assert wire.bursts == bursts
    assert wire.burst_samples == in_burst
    assert wire.longest_burst_slots + wire.longest_gap_slots <= len(counts) + 1


def test_envelope_of_a_square_wave_is_exact(core: ctypes.CDLL) -> None:
    counts = ([840] * 30 + [500] * 10) * 10
    wire = summarise(core, list(counts), 767, 8)
    assert (wire.bursts, wire.gaps) == (10, 10)
    assert (wire.longest_burst_slots, wire.longest_gap_slots) == (10, 30)
    assert wire.burst_samples == 100
    assert abs(wire.p10_counts - 500) <= 7
    assert abs(wire.p90_counts - 840) <= 7


# --- the lamp guard ---------------------------------------------------------------------------------------------------

MAX_PULSE = {1: 62, 2: 62, 3: 62, 4: 12, 5: 62}
REST = {1: 19, 2: 19, 3: 19, 4: 19, 5: 19}
SILENCE_SLOTS = 3125
RED, RED_GAP, RED_BURST, RED_REST = 4, 312, 6250, 62_500
RESTED_SLOTS = 65_000
OK, BAD_ARGUMENT, OVER_LIMIT, NOT_DECLARED, RESTING = range(5)


@cache
def rested_lamps(core: ctypes.CDLL) -> bytes:
    """The state of lamps that rested since the reset."""
    bench = Bench(core)
    bench.rest(RESTED_SLOTS)
    return bytes(bench.lamps)


class Bench:
    """The lamp core driven slot by slot, recording for each slot which phase was lit."""

    def __init__(self, core: ctypes.CDLL, *, is_rested: bool = False) -> None:
        """`is_rested`: long enough after the reset for red."""
        self.core = core
        self.lamps = Lamps.from_buffer_copy(rested_lamps(core)) if is_rested else Lamps()
        self.lit: list[int] = []
        """Of each slot since then."""
        self.began = RESTED_SLOTS if is_rested else 0
        if not is_rested:
            core.lamps_init(byref(self.lamps))
        core.lamps_plan.argtypes = [POINTER(Schedule), POINTER(LampRun), POINTER(c_uint16)]
        core.lamps_next.restype = POINTER(Schedule)
        core.lamps_plan_red.argtypes = [POINTER(RedBurst), POINTER(RedAsked), POINTER(c_uint16)]

    def run(
        self,
        *,
        period: int,
        exposure: int,
        pulse: int | tuple[int, ...],
        phases: tuple[int, ...],
        shorter: int | tuple[int, ...] = 0,
        short_every: int = 0,
    ) -> tuple[int, int]:
        """(refusal, clamped slots) of a lamp_run command; adopted when it is not refused."""
        clamped = c_uint16()

        def each(slots: int | tuple[int, ...]) -> ctypes.Array[c_uint8]:
            return (c_uint8 * 6)(*((slots,) * 6 if isinstance(slots, int) else slots))

        command = LampRun(
            period, exposure, len(phases), (c_uint8 * 6)(*phases[:6]), each(pulse), each(shorter), short_every
        )
        refusal = self.core.lamps_plan(self.core.lamps_next(byref(self.lamps)), byref(command), byref(clamped))
        if refusal == 0:
            self.core.lamps_run(byref(self.lamps))
        return refusal, clamped.value

    def red(
        self, *, count: int = 5, red: int = 12, pulse: int = 32, exposure: int = 36, is_room_empty: int = 1
    ) -> tuple[int, int]:
        """(refusal, clamped slots) of a red_burst command."""
        burst, clamped = RedBurst(), c_uint16()
        command = RedAsked(exposure, pulse, red, count, is_room_empty)
        refusal = self.core.lamps_plan_red(byref(burst), byref(command), byref(clamped))
        return refusal or self.core.lamps_flash_red(byref(self.lamps), byref(burst)), clamped.value

    def rest(self, slots: int) -> None:
        """Let time pass beside a host that is there."""
        for _ in range(slots // 1000):
            self.heard()
            self.slots(1000)

    def slots(self, count: int) -> None:
        for _ in range(count):
            tick = self.began + len(self.lit) + 1
            if self.core.lamps_tick(byref(self.lamps), c_uint8(tick & 0xFF)):
                event = self.core.lamps_step(byref(self.lamps), c_uint16(tick & 0xFFFF))
                self.core.lamps_settle(byref(self.lamps), event, c_uint16(tick & 0xFFFF))
            self.lit.append(self.lamps.select if self.lamps.is_strobe else 0)

    def heard(self) -> None:
        self.core.lamps_host_heard(byref(self.lamps))

    def pulses(self) -> list[tuple[int, int, int]]:
        """(phase, first slot, length) of each stretch of light."""
        out: list[tuple[int, int, int]] = []
        begin = 0
        for at, (before, now) in enumerate(pairwise([*self.lit, 0]), start=1):
            if now != before:
                if before:
                    out.append((before, begin, at - begin))
                begin = at
        return out


def test_schedule_lights_each_phase_in_turn(core: ctypes.CDLL) -> None:
    bench = Bench(core)
    assert bench.run(period=520, exposure=100, pulse=31, phases=(1, 2, 0)) == (0, 0)
    for _ in range(8):
        bench.slots(520)
        bench.heard()
    pulses = bench.pulses()
    assert [phase for phase, _, _ in pulses][:4] == [1, 2, 1, 2]
    assert {length for _, _, length in pulses} == {31}
    starts = [begin for _, begin, _ in pulses]
    assert [b - a for a, b in pairwise(starts)][:3] == [520, 1040, 520]


def test_a_lamp_may_light_twice_a_group_where_it_rests_between(core: ctypes.CDLL) -> None:
    """The order that nothing locks to: on_axis, off_axis, dark, off_axis, on_axis, dark."""
    bench = Bench(core)
    assert bench.run(period=625, exposure=36, pulse=32, phases=(1, 2, 0, 2, 1, 0)) == (0, 0)
    for _ in range(16):
        bench.slots(625)
        bench.heard()
    starts = [(phase, round(begin / 625)) for phase, begin, _ in bench.pulses()]
    assert starts[:6] == [(1, 0), (2, 1), (2, 3), (1, 4), (1, 6), (2, 7)]
    assert {length for _, _, length in bench.pulses()} == {32}


def test_a_pulse_that_is_too_long_is_shortened(core: ctypes.CDLL) -> None:
    bench = Bench(core)
    assert bench.run(period=2000, exposure=900, pulse=200, phases=(1, 0)) == (0, 62)
    bench.slots(1500)
    assert bench.pulses() == [(1, bench.pulses()[0][1], 62)]


def test_a_schedule_over_the_duty_is_refused(core: ctypes.CDLL) -> None:
    bench = Bench(core)
    assert bench.run(period=100, exposure=80, pulse=62, phases=(1,))[0] == 2
    assert bench.run(period=520, exposure=100, pulse=31, phases=(1, 1))[0] == 2, "again before it has rested"
    assert bench.run(period=520, exposure=100, pulse=31, phases=(1, 2, 0, 0, 2, 1))[0] == 2, "in the next group"
    assert bench.run(period=520, exposure=100, pulse=31, phases=(6,))[0] == 1
    assert bench.run(period=520, exposure=100, pulse=1, phases=(1,))[0] == 1
    assert bench.run(period=520, exposure=100, pulse=31, shorter=62, short_every=4, phases=(1, 2))[0] == 2
    assert bench.run(period=520, exposure=100, pulse=31, shorter=1, short_every=4, phases=(1, 2))[0] == 1
    assert bench.run(period=100, exposure=100, pulse=31, phases=(1, 2, 0))[0] == 1
    bench.slots(3000)
    assert bench.pulses() == []


def test_lamps_go_off_within_100_ms_of_silence(core: ctypes.CDLL) -> None:
    bench = Bench(core)
    bench.run(period=520, exposure=100, pulse=31, phases=(1, 2, 0))
    light = LightSet(1, 1)
    bench.core.lamps_set_light(byref(bench.lamps), byref(light))
    bench.slots(SILENCE_SLOTS + 1)
    assert bench.pulses()[-1][1] > SILENCE_SLOTS - 1200
    assert (bench.lamps.lights, bench.lamps.is_strobe) == (0, 0)
    bench.slots(3000)
    assert bench.lit[SILENCE_SLOTS:] == [0] * (len(bench.lit) - SILENCE_SLOTS)


@given(st.integers(0, 2**32), st.integers(1, 12))
def test_no_host_can_make_the_lamps_exceed_their_limits(core: ctypes.CDLL, seed: int, commands: int) -> None:
    """Any schedules in any order, cut short at any slot: every pulse is short enough and rests long enough."""
    rng = random.Random(seed)
    bench = Bench(core, is_rested=True)
    for _ in range(commands):
        count = rng.randint(1, 6)
        phases = tuple(rng.choices(range(5), k=count) if rng.random() < 0.3 else rng.sample(range(5), min(count, 5)))
        exposure = rng.randint(5, 120)
        bench.run(
            period=exposure + rng.randint(2, 600),
            exposure=exposure,
            pulse=tuple(rng.choices((0, 1, 2, 31, 62, 63, 255), k=6)),
            shorter=tuple(rng.choices((0, 1, 2, 31, 62, 63, 255), k=6)),
            short_every=rng.choice((0, 0, 1, 2, 4, 255)),
            phases=phases,
        )
        bench.heard()
        bench.red(
            count=rng.randint(0, 9), red=rng.choice((2, 12, 13, 255)), exposure=exposure, pulse=rng.choice((0, 62))
        )
        bench.slots(rng.randint(1, 1500))
        if rng.random() < 0.3:
            bench.core.lamps_stop(byref(bench.lamps))
    bench.slots(50)
    last_end: dict[int, tuple[int, int]] = {}
    for phase, begin, length in bench.pulses():
        assert length <= MAX_PULSE[phase]
        if phase in last_end:
            end, before = last_end[phase]
            assert begin - end >= before * REST[phase]
        last_end[phase] = (begin + length, length)
    check_red(bench.pulses())


def test_the_guard_cuts_a_pulse_that_a_wrong_schedule_asks_for(core: ctypes.CDLL) -> None:
    """A schedule that never went through lamps_plan: the guard counts lit slots by itself."""
    bench = Bench(core, is_rested=True)
    wrong = Schedule(2, (c_uint8 * 6)(1, 4), (c_uint8 * 6)(200, 200), (c_uint8 * 6)(), 0, 400, 300)
    core.lamps_next(byref(bench.lamps))[0] = wrong
    core.lamps_run(byref(bench.lamps))
    for _ in range(8):
        bench.heard()
        bench.slots(1000)
    assert {(phase, length) for phase, _, length in bench.pulses()} == {(1, 62), (4, 12)}
    assert [phase for phase, _, _ in bench.pulses()].count(RED) <= 2, "one burst"
    check_red(bench.pulses())
    begins = [begin for phase, begin, _ in bench.pulses() if phase == 1]
    assert all(b - a >= 20 * 62 for a, b in pairwise(begins))


def check_red(pulses: list[tuple[int, int, int]]) -> None:
    """No two red pulses follow each other between 3 and 65 times a second, and bursts have an end."""
    red = [(begin, length) for phase, begin, length in pulses if phase == RED]
    began = None
    for (begin, _), (again, length) in pairwise(red):
        began = begin if began is None else began
        if again - begin > RED_GAP:
            assert again - begin >= RED_REST
            began = None
        else:
            assert again + length - began <= RED_BURST


def test_every_fourth_group_is_short_and_each_exposure_has_its_own_length(core: ctypes.CDLL) -> None:
    bench = Bench(core)
    assert bench.run(
        period=520,
        exposure=100,
        phases=(1, 0, 2),
        pulse=(32, 0, 20, 0, 0, 0),
        shorter=(2, 0, 3, 0, 0, 0),
        short_every=4,
    ) == (0, 0)
    bench.rest(520 * 3 * 9)
    assert [(phase, length) for phase, _, length in bench.pulses()][:18] == [
        *[(1, 32), (2, 20)] * 3, (1, 2), (2, 3), *[(1, 32), (2, 20)] * 3, (1, 2), (2, 3), (1, 32), (2, 20),
    ]  # fmt: skip
    starts = [begin for phase, begin, _ in bench.pulses() if phase == 1]
    assert {b - a for a, b in pairwise(starts)} == {3 * 520}, "a short group is as long as any other"


def test_a_red_burst_lies_between_two_groups_with_partners_before_and_after_it(core: ctypes.CDLL) -> None:
    bench = Bench(core, is_rested=True)
    assert bench.run(period=521, exposure=36, pulse=32, phases=(1, 2, 0)) == (0, 0)
    bench.slots(600)
    assert bench.red(count=5) == (0, 0)
    assert bench.red()[0] == RESTING, "one is on its way"
    bench.rest(12_000)
    pulses = bench.pulses()
    phases = [phase for phase, _, _ in pulses]
    first = phases.index(RED)
    assert phases[first - 3 : first] == [1, 2, 1], "the group was finished first, then came the partner"
    assert phases[first:][:14] == [RED] * 10 + [1, 1, 2, 1], "the partner, then the schedule goes on where it stood"
    red = pulses[first : first + 10]
    assert {length for _, _, length in red} == {12}
    assert {b - a for (_, a, _), (_, b, _) in pairwise(red)} == {RED_GAP}, "100 Hz, evenly"
    assert red[0][1] - pulses[first - 1][1] == pulses[first + 10][1] - red[8][1] == 2 * RED_GAP
    assert pulses[first + 11][1] - pulses[first + 10][1] == 2 * 2 * RED_GAP, "a dark exposure lies between"
    check_red(pulses)


def test_red_needs_the_declaration_and_rests(core: ctypes.CDLL) -> None:
    bench = Bench(core)
    assert bench.red()[0] == RESTING, "since the reset"
    bench.rest(RED_REST - 2000)
    assert bench.red()[0] == RESTING
    bench.rest(5000)
    for said in (0, 2, 255):
        assert bench.red(is_room_empty=said)[0] == NOT_DECLARED
    for wrong in ({"count": 0}, {"count": 7}, {"red": 1}, {"pulse": 1}, {"exposure": 5}, {"exposure": 311}):
        assert bench.red(**wrong)[0] == BAD_ARGUMENT
    assert bench.run(period=312, exposure=100, pulse=12, phases=(RED,))[0] == OVER_LIMIT, "never in a schedule"
    assert bench.pulses() == []
    assert bench.red(count=6, red=200) == (0, 12)
    bench.rest(6000)
    bench.slots(10 * 2 * RED_GAP + 3 - 6000)
    assert [phase for phase, _, _ in bench.pulses()] == [1, *[RED] * 12, 1]
    assert bench.pulses()[-1][1] + 32 - bench.pulses()[0][1] < RED_BURST
    assert (bench.lamps.is_exposing, bench.lamps.select) == (0, 0), "a burst alone is over when it is over"
    for _ in range(RED_REST // 1000):
        assert bench.red()[0] == RESTING
        bench.rest(1000)
    bench.rest(3000)
    assert bench.red()[0] == OK
    bench.slots(2000)
    bench.core.lamps_stop(byref(bench.lamps))
    bench.slots(1000)
    dark_from = len(bench.lit)
    assert bench.red()[0] == RESTING, "a burst that was stopped"
    bench.rest(RED_REST - 3000)
    assert bench.red()[0] == RESTING
    assert set(bench.lit[dark_from:]) == {0}
    check_red(bench.pulses())


def test_visible_light_has_a_longest_on_time(core: ctypes.CDLL) -> None:
    bench = Bench(core)
    light = LightSet(0, 1)
    bench.core.lamps_set_light(byref(bench.lamps), byref(light))
    on_slots = 0
    for _ in range(160):
        bench.heard()
        bench.slots(1000)
        on_slots += 1000 * (bench.lamps.lights & 1)
    assert 139_000 <= on_slots <= 141_000  # 4.5 s


def test_white_that_is_lit_anew_whenever_it_was_cut_ends_with_half_of_the_time(
    core: ctypes.CDLL, repo_root: Path
) -> None:
    """The rest rule of limits.toml: it may run ahead by balance_ms, then on is what off was."""
    limits = tomllib.loads((repo_root / "firmware/limits.toml").read_text(encoding="utf-8"))["light"]["white"]
    bench = Bench(core)
    light = LightSet(0, 1)
    lit: list[int] = []
    refused = 0
    for _ in range(round(300e6 / 32 / 1000)):  # five minutes in steps of 32 ms
        refused += bench.core.lamps_set_light(byref(bench.lamps), byref(light)) == 2
        bench.heard()
        bench.slots(1000)
        lit.append(bench.lamps.lights & 1)
    ahead_s = sum(lit) * 0.032 - (len(lit) - sum(lit)) * 0.032
    assert refused > 0
    assert 0 < ahead_s <= limits["balance_ms"] * 1e-3 + 0.5
    last = lit[len(lit) // 3 :]
    assert 0.45 < sum(last) / len(last) < 0.55
    aim = LightSet(1, 1)
    for _ in range(1000):
        assert bench.core.lamps_set_light(byref(bench.lamps), byref(aim)) == 0
        bench.heard()
        bench.slots(1000)


# --- histogram, tuner, panel ------------------------------------------------------------------------------------------


class WireTunerWindow(Structure):
    _fields_ = [
        ("tick", c_uint32),
        ("index", c_uint16),
        ("mhz", c_uint16),
        ("window_slots", c_uint16),
        ("rssi_samples", c_uint16),
        ("rssi_sum_counts", c_uint32),
        ("rssi_min_counts", c_uint16),
        ("rssi_max_counts", c_uint16),
        ("busy_samples", c_uint16),
        ("lines", c_uint16),
        ("blocks", c_uint8),
        ("least_lines", c_uint8),
        ("most_lines", c_uint8),
    ]


class Tuner(Structure):
    _fields_ = [
        ("state", c_uint8),
        ("blocks_left", c_uint8),
        ("dwell_blocks", c_uint8),
        ("rounds_left", c_uint8),
        ("at", c_uint8),
        ("count", c_uint8),
        ("first_mhz", c_uint16),
        ("busy_above", c_uint16),
        ("deltas", c_uint8 * 40),
        ("window", WireTunerWindow),
    ]


class TunerSet(Structure):
    _fields_ = [("mhz", c_uint16), ("dwell_blocks", c_uint8), ("busy_above_counts", c_uint16)]


class TunerSweep(Structure):
    _fields_ = [
        ("first_mhz", c_uint16),
        ("dwell_blocks", c_uint8),
        ("rounds", c_uint8),
        ("busy_above_counts", c_uint16),
        ("count", c_uint8),
        ("deltas_mhz", c_uint8 * 40),
    ]


IDLE, DUE, SETTLING, HEARING, DONE = range(5)


@given(st.lists(st.integers(0, 1023), min_size=1, max_size=400))
def test_the_histogram_holds_every_sample(core: ctypes.CDLL, counts: list[int]) -> None:
    envelope, threshold, used = Envelope(), Threshold(767, 775, 0), c_uint16(0)
    core.envelope_first_bin.restype = core.envelope_share.restype = c_uint8
    core.envelope_clear(byref(envelope))
    for value in counts:
        core.envelope_add(byref(envelope), byref(threshold), c_uint16(value))
    first_bin = core.envelope_first_bin(byref(envelope))
    in_bins = np.minimum(np.array(counts) // 8, 119)  # the last bin holds all from 952 counts on
    assert first_bin == in_bins.min()
    bins = np.bincount(np.minimum(in_bins - first_bin, 79), minlength=80)
    shares = [core.envelope_share(byref(envelope), c_uint8(at), byref(used)) for at in range(80)]
    assert shares == [-(-int(n) * 255 // len(counts)) for n in bins]


@pytest.mark.parametrize(
    ("mhz", "divider"),
    [(5865, 0x2A05), (5645, 0x2817), (5740, 0x2906), (5800, 0x2984), (5945, 0x2A8D)],
)
def test_the_synthesiser_gets_the_divider_of_public_tables(core: ctypes.CDLL, mhz: int, divider: int) -> None:
    core.tuner_word.restype = c_uint32
    assert core.tuner_word(c_uint16(mhz)) == divider << 5 | 0x11


def hear(core: ctypes.CDLL, tuner: Tuner, lines: list[int], rssi: int) -> None:
    """Settle, then one block for each entry of `lines`, five RSSI samples in each."""
    core.tuner_tuned(byref(tuner))
    tick = 1000
    while tuner.state == SETTLING:
        core.tuner_rssi(byref(tuner), c_uint16(1023))
        core.tuner_block(byref(tuner), c_uint32(tick), c_uint16(125), c_uint8(255))
        tick += 125
    for count in lines:
        for _ in range(5):
            core.tuner_rssi(byref(tuner), c_uint16(rssi))
        core.tuner_block(byref(tuner), c_uint32(tick), c_uint16(125), c_uint8(count))
        tick += 125


def test_a_sweep_visits_each_frequency_and_ends(core: ctypes.CDLL) -> None:
    tuner = Tuner()
    deltas = (c_uint8 * 40)(13, 0, 7)
    assert core.tuner_sweep(byref(tuner), byref(TunerSweep(5645, 2, 2, 300, 4, deltas))) == 1
    visited = []
    while tuner.state != IDLE:
        assert tuner.state == DUE
        hear(core, tuner, [62, 71], 310)
        assert tuner.state == DONE
        window = tuner.window
        visited.append((window.index, window.mhz))
        assert (window.window_slots, window.rssi_samples, window.rssi_sum_counts) == (250, 10, 3100)
        assert (window.rssi_min_counts, window.rssi_max_counts, window.busy_samples) == (310, 310, 10)
        assert (window.lines, window.blocks, window.least_lines, window.most_lines) == (133, 2, 62, 71)
        core.tuner_next(byref(tuner))
    assert visited == list(enumerate((5645, 5658, 5658, 5665) * 2))


def test_dwelling_settles_once_and_goes_on(core: ctypes.CDLL) -> None:
    tuner = Tuner()
    assert core.tuner_set(byref(tuner), byref(TunerSet(5800, 1, 300))) == 1
    hear(core, tuner, [62], 310)
    for index in range(1, 4):
        core.tuner_next(byref(tuner))
        assert tuner.state == SETTLING
        core.tuner_block(byref(tuner), c_uint32(0), c_uint16(125), c_uint8(9))
        assert tuner.state == HEARING
        core.tuner_block(byref(tuner), c_uint32(0), c_uint16(125), c_uint8(62))
        assert (tuner.state, tuner.window.index, tuner.window.lines) == (DONE, index, 62)
    core.tuner_stop(byref(tuner))
    assert tuner.state == IDLE


@given(st.integers(0, 65535), st.integers(0, 255), st.integers(0, 255), st.lists(st.integers(0, 255), max_size=40))
def test_no_plan_leaves_the_tuners_range(
    core: ctypes.CDLL, first_mhz: int, dwell: int, count: int, deltas: list[int]
) -> None:
    tuner = Tuner()
    padded = (c_uint8 * 40)(*deltas)
    taken = core.tuner_sweep(byref(tuner), byref(TunerSweep(first_mhz, dwell, 1, 300, count, padded)))
    used = list(padded)[: max(0, count - 1)]
    is_good = 0 < count <= 41 and dwell > 0 and first_mhz >= 5300 and first_mhz + sum(used) <= 6000
    assert bool(taken) == is_good
    assert (tuner.state == DUE) == is_good


class Button(Structure):
    _fields_ = [("is_pressed", c_uint8), ("seen", c_uint8), ("since", c_uint16)]


class Buzzer(Structure):
    _fields_ = [("beeps_left", c_uint8), ("on_slots", c_uint16), ("period_slots", c_uint16), ("began", c_uint16)]


class BuzzerSet(Structure):
    _fields_ = [("on_slots", c_uint16), ("period_slots", c_uint16), ("beeps", c_uint8)]


def test_a_bouncing_button_is_one_press(core: ctypes.CDLL) -> None:
    button = Button()
    levels = [0] * 50_000 + [1, 0] * 200 + [1] * 90_000 + [0, 1] * 100 + [0] * 2_000
    changes = [
        (at, button.is_pressed)
        for at, level in enumerate(levels)
        if core.button_step(byref(button), c_uint8(level), c_uint16(at & 0xFFFF))
    ]
    assert [pressed for _, pressed in changes] == [1, 0]
    assert changes[0][0] == pytest.approx(50_400 + 625, abs=2)


def test_beeps_are_counted_and_timed(core: ctypes.CDLL) -> None:
    buzzer = Buzzer()
    assert core.buzzer_set(byref(buzzer), byref(BuzzerSet(500, 2000, 3)), c_uint16(65_000)) == 1
    sound = [core.buzzer_step(byref(buzzer), c_uint16((65_000 + at) & 0xFFFF)) for at in range(9000)]
    assert sum(sound) == 1500
    assert [at for at, (a, b) in enumerate(pairwise([0, *sound])) if b > a] == [0, 2000, 4000]
    for wrong in ((0, 2000, 1), (2001, 2000, 1), (100, 300, 1), (100, 40_000, 1)):
        assert core.buzzer_set(byref(buzzer), byref(BuzzerSet(*wrong)), c_uint16(0)) == 0
    assert core.buzzer_set(byref(buzzer), byref(BuzzerSet(0, 0, 0)), c_uint16(0)) == 1

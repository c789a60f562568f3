"""A run of chips against a head whose ticks and reports are made up: times, hand-over, everything that may break."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.link.chips import PART_CHIPS, ChipRun
from sweep.link.clock import TickClock
from sweep.link.messages import SLOT_NS, Chip, Counters, LampsOff, StimulusRun

CHIP_S, SLOTS = 0.6, 18_750
COUNTERS = dict.fromkeys(
    (
        "rx_overrun_bytes", "rx_dropped_bytes", "rx_bad_frames", "rx_unknown_messages", "tx_dropped_messages",
        "dropped_samples", "missed_slots", "dropped_windows", "dropped_events", "guard_trips", "silence_trips",
    ),
    0,
)  # fmt: skip


class Line:
    """A head that plays what it is given, by a resonator that is off; time is counted here."""

    def __init__(self, drift: float = 0.0) -> None:
        self.clock = TickClock(SLOT_NS)
        self.now_ns = 5_000_000_000
        self.slot_ns = SLOT_NS * (1 + drift)
        self.said: list[StimulusRun] = []
        self.tick = 0
        for second in range(8):
            self.clock.observe(round(second * 1e9 / self.slot_ns), self.now_ns + second * 1_000_000_000)
        self.origin_ns = self.now_ns
        self.now_ns += 8_000_000_000
        self.lost: set[int] = set()

    def send_due(self, player: ChipRun) -> None:
        if (part := player.due(self.now_ns)) is not None:
            self.said.append(part)

    def play(self, player: ChipRun, count: int) -> list[int]:
        """Play parts as the firmware does; returns the true times of the chips that were reported."""
        times: list[int] = []
        begun = 0
        while begun < count:
            runs = len(self.said)
            part = self.said[-1]
            for index in range(part.chip_count):
                tick = round((self.now_ns - self.origin_ns) / self.slot_ns)
                times.append(self.now_ns)
                self.clock.observe(tick, self.now_ns)
                if begun not in self.lost:
                    level = part.chips[index >> 3] >> (index & 7) & 1
                    player.take(Chip(tick & 0xFFFFFFFF, index, level), self.now_ns)
                begun += 1
                end_ns = self.now_ns + round(SLOTS * self.slot_ns)
                self.now_ns = end_ns - 10_000_000
                while self.now_ns < end_ns:
                    self.now_ns = min(end_ns, self.now_ns + 1_000_000)
                    self.send_due(player)
                    if begun < count and len(self.said) > runs:
                        break
                if begun == count:
                    break
            else:
                player.take(LampsOff(round((self.now_ns - self.origin_ns) / self.slot_ns), 3), self.now_ns)
                self.send_due(player)
        return times


def player_on(line: Line, chips: tuple[int, ...]) -> ChipRun:
    player = ChipRun(line.clock, chips, CHIP_S)
    line.said.append(player.begin(line.now_ns))
    return player


@given(st.floats(-0.005, 0.005), st.integers(5, 190), st.integers(0, 2**190 - 1))
def test_chips_lie_where_the_times_say_whatever_the_resonator_does(drift: float, count: int, bits: int) -> None:
    line = Line(drift)
    chips = tuple(bits >> place & 1 for place in range(count))
    player = player_on(line, chips)
    true_ns = line.play(player, count)
    times = player.times()
    assert times is not None
    assert (times.begun, times.unreported, times.cut) == (count, 0, 0)
    worst = max(abs(times.start_ns + number * times.chip_ns - at) for number, at in enumerate(true_ns))
    assert worst <= times.error_ns
    assert times.error_ns <= 30_000_000
    sent = [part.chips[i >> 3] >> (i & 7) & 1 for part in line.said for i in range(part.chip_count)]
    assert tuple(sent) == chips
    assert [part.chip_count for part in line.said] == (
        [count] if count <= PART_CHIPS else [PART_CHIPS, count - PART_CHIPS]
    )


def test_a_lost_report_is_counted_and_moves_nothing() -> None:
    line = Line()
    line.lost = {3, 4}
    player = player_on(line, (1, 0) * 10)
    line.play(player, 20)
    times = player.times()
    assert times is not None
    assert (times.begun, times.unreported) == (20, 2)
    assert times.chip_ns == pytest.approx(CHIP_S * 1e9, rel=1e-4)


def test_the_lost_report_of_a_last_chip_does_not_stop_the_next_part() -> None:
    line = Line()
    line.lost = {PART_CHIPS - 1}
    player = player_on(line, (1, 0) * 80)
    line.play(player, 160)
    assert len(line.said) == 2
    times = player.times()
    assert times is not None
    assert times.begun == 160


def test_the_end_of_a_part_is_not_the_end_of_the_next_one() -> None:
    line = Line()
    player = player_on(line, (1, 0) * 95)
    for index in range(PART_CHIPS):
        tick = round((line.now_ns - line.origin_ns) / line.slot_ns)
        line.clock.observe(tick, line.now_ns)
        player.take(Chip(tick & 0xFFFFFFFF, index, 1 - index % 2), line.now_ns)
        line.now_ns += round(SLOTS * line.slot_ns)
    line.send_due(player)
    assert len(line.said) == 2
    assert not player.take(LampsOff(0, 3), line.now_ns)  # the head was done before the second part reached it
    assert not player.is_over
    player.take(Chip(round((line.now_ns - line.origin_ns) / line.slot_ns) & 0xFFFFFFFF, 0, 1), line.now_ns)
    assert player.take(LampsOff(0, 3), line.now_ns)
    assert player.is_over


def test_the_guard_cuts_a_chip_and_the_sequence_goes_on() -> None:
    line = Line()
    player = player_on(line, (1,) * 10)
    player.take(Chip(300_000, 0, 1), line.now_ns)
    assert player.take(LampsOff(440_000, 2), line.now_ns)
    assert player.fault is None
    times = player.times()
    assert times is not None
    assert times.cut == 1


@pytest.mark.parametrize("reason", [1, 2, 3])
def test_why_the_lamp_went_off(reason: int) -> None:
    line = Line()
    player = player_on(line, (1, 0, 1))
    player.take(LampsOff(1, reason), line.now_ns)
    assert (player.fault, player.is_over) == {1: ("lamp_went_off", False), 2: (None, False), 3: (None, True)}[reason]


def test_a_lamp_that_reports_nothing_does_not_play() -> None:
    line = Line()
    player = player_on(line, (1, 0, 1))
    player.take(Counters(tick=5, **COUNTERS), line.now_ns)
    line.now_ns += 1_000_000_000
    line.send_due(player)
    faults = [player.fault]
    line.now_ns += 2_000_000_000
    line.send_due(player)
    faults.append(player.fault)
    assert faults == [None, "lamp_not_playing"]
    assert player.times() is None


def test_a_lamp_that_stops_reporting_has_stopped() -> None:
    line = Line()
    player = player_on(line, (1, 0) * 20)
    for number in range(5):
        player.take(Chip(250_000 + number * SLOTS, number, 1), line.now_ns)
    line.now_ns += 8_000_000_000
    line.send_due(player)
    assert player.fault == "lamp_not_playing"


def test_a_clock_that_is_off_shows_in_the_error() -> None:
    line = Line()
    player = player_on(line, (1, 0) * 20)
    for number in range(20):  # each report comes 0.4 s behind the time that the clock gives
        tick = round((line.now_ns - line.origin_ns) / SLOT_NS) - 12_500
        player.take(Chip(tick, number, 1), line.now_ns)
        line.now_ns += 600_000_000
    times = player.times()
    assert times is not None
    assert times.error_ns >= 390_000_000


@pytest.mark.parametrize(("chips", "chip_s"), [((), 0.6), ((1, 2), 0.6), ((1, 0), 4.0), ((1, 0), 1e-6)])
def test_what_no_command_can_carry_is_refused(chips: tuple[int, ...], chip_s: float) -> None:
    with pytest.raises(ValueError, match="chips"):
        ChipRun(Line().clock, chips, chip_s)

"""Which chips a capture covers, and that those left are judged as if no others had been played."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sweep.wifi.stimulus.likelihood import BIN_S
from sweep.wifi.stimulus.null_sequences import NullSequences
from sweep.wifi.stimulus.sequence import ChipSequence, begin_later, mark_walks
from sweep.wifi.stimulus.significance import MIN_CHIPS, cover, examine_at_looks, examine_flow
from tests.simulators import air_encoded

CHIP_S = 0.6
COINS = tuple(int(chip) for chip in np.random.default_rng(1).integers(0, 2, 200))


def listened(start_s: float, seconds: float) -> Any:
    return SimpleNamespace(start_ns=round(start_s * 1e9), listened_s=seconds)


@given(
    begin_s=st.floats(-40.0, 140.0), listened_s=st.floats(0.0, 200.0), slack_s=st.floats(0.0, 0.5),
    count=st.integers(8, 200),
)  # fmt: skip
def test_just_the_chips_are_left_that_were_heard_whole_wherever_the_start_lies(
    begin_s: float, listened_s: float, slack_s: float, count: int
) -> None:
    assume(abs(begin_s - slack_s - BIN_S) > 1e-6)  # there nanoseconds decide
    sequence = ChipSequence(100.0, slack_s, CHIP_S, COINS[:count])
    log = listened(100.0 + begin_s, listened_s)
    left = cover(sequence, log)
    begins_s = CHIP_S * np.arange(count)
    is_heard = begins_s - slack_s >= begin_s - 1e-6
    if begin_s <= slack_s + BIN_S:  # what a camera does comes later than the light
        is_heard[:] = True
    is_heard &= begins_s + CHIP_S + slack_s <= begin_s + listened_s + 1e-6
    if isinstance(left, ChipSequence):
        first = int(np.flatnonzero(is_heard)[0])
        assert left.chips == sequence.chips[first:]
        assert left.start_s == pytest.approx(100.0 + first * CHIP_S, abs=1e-6)
        return
    assert is_heard.sum() <= MIN_CHIPS  # one more may end with the capture to the nanosecond
    match left:
        case "sequence_too_short":
            assert count < MIN_CHIPS
        case "sequence_before_capture":
            assert (count - MIN_CHIPS) * CHIP_S < begin_s + slack_s + 1e-6
        case "sequence_after_capture":
            assert begin_s <= slack_s + BIN_S
        case _:
            assert begin_s > slack_s + BIN_S


@given(from_s=st.floats(-5.0, 130.0))
def test_marked_times_go_on_with_a_whole_pause(from_s: float) -> None:
    marks = tuple((5.0 * n, 5.0 * n + 2.0) for n in range(1, 21))
    sequence = mark_walks(100.0, 0.3, marks)
    left = begin_later(sequence, from_s)
    if left is None:
        assert from_s > 5.0 * 14 + 2.0  # five walks are left
        return
    skipped_s = left.start_s - sequence.start_s
    assert skipped_s == 0 if from_s <= 0 else from_s <= skipped_s < from_s + 7.0 + 1e-9
    assert [(a + skipped_s, b + skipped_s) for a, b in left.marks] == [m for m in marks if m[0] > skipped_s]


@pytest.mark.parametrize("late_s", [0.5, 9.7, 30.0])
def test_a_capture_that_begins_late_is_judged_by_the_chips_left(late_s: float) -> None:
    flow, sequence, listened_s = air_encoded.draw_lit("lit_capped_600", 200, 150, np.random.default_rng(3))
    left = cover(sequence, listened(sequence.start_s + late_s, listened_s - sequence.start_s - late_s))
    assert isinstance(left, ChipSequence)
    assert len(left.chips) == 150 - int(np.ceil((late_s + 0.3) / CHIP_S))
    late_log = listened(sequence.start_s + late_s, listened_s - sequence.start_s - late_s)
    for examine in (examine_flow, examine_at_looks):
        test = examine(flow, left, NullSequences(left), late_log)
        assert test is not None
        assert test.p_value * 20 <= 0.05


@pytest.mark.parametrize("is_sequential", [False, True])
def test_p_values_of_late_captures_are_uniform(is_sequential: bool) -> None:
    """Streams that the sequence cannot have moved, heard from anywhere in it: null sequences are those of the rest."""
    rng = np.random.default_rng(5)
    flow, _, _ = air_encoded.draw_lit("lit_capped_600", 20, 110, np.random.default_rng(4))
    found = []
    for _ in range(60):
        begin_s = float(rng.uniform(0.5, 25.0))
        sequence = ChipSequence(0.0, 0.3, CHIP_S, tuple(int(chip) for chip in rng.integers(0, 2, 110)))
        log = listened(begin_s, 66.0 - begin_s)
        left = cover(sequence, log)
        assert isinstance(left, ChipSequence)
        test = (examine_at_looks if is_sequential else examine_flow)(flow, left, NullSequences(left, 199), log)
        assert test is not None
        found.append(test.p_value)
    p_values = np.sort(found)
    assert (p_values <= 0.05).sum() <= 9  # of 60, one in 900 times
    if not is_sequential:
        rank = np.arange(1, 61) / 60
        assert np.abs(p_values - rank).max() < 0.22

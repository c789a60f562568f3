"""Does a transmitter's traffic follow the light that the probe played?

Input is the flows of a capture and the chip sequence of the lamp; output is a p-value and a verdict per transmitter.
A brighter picture takes more octets and a changing one many more, so each uplink's octets per tenth of a second are
compared with the sequence itself and with its edges, at every delay that clock error and encoder allow.  The largest
correlation is judged against sequences that might have been played instead, so the p-value holds for any traffic; over
all flows it is corrected by Holm's method.  It says nothing of flows too short or too thin to tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from sweep.addresses import AddressForm, AddressKey, format_address

from .blindness import assess_hearing
from .framelog import FrameLog
from .sequence import ChipSequence, read_sequence
from .transmitters import Flow, list_flows, list_transmitters

Verdict = Literal["follows_light", "does_not", "not_assessable"]
Floats = NDArray[np.float32]

BIN_S: Final = 0.1
"""Octets are summed over this: guessed, a sixth of a chip and at least one picture of most cameras."""
LONGEST_DELAY_S: Final = 1.5
"""Exposure, encoder, buffers and radio: guessed; cheap cameras buffer up to a second."""
DETREND_S: Final = 6.0
"""Slower changes of traffic are taken out: guessed, ten chips."""
GROUP_PERIODS_S: Final = (0.5, 6.0)
"""Distances of complete pictures that are looked for and taken out."""
MIN_GROUP_CORRELATION: Final = 0.25
EDGE_BINS: Final = 2
"""Bins after a change of light in which its extra octets are looked for: derived, one picture at 5 per second."""
MIN_CHIPS: Final = 25
MIN_FRAMES: Final = 60
MIN_ACTIVE_SHARE: Final = 0.6
"""Share of whole seconds with traffic below which a flow is no stream that could follow anything: guessed."""
MIN_DENIAL_S: Final = 45.0
"""A shorter sequence can show that a flow follows, not that it does not: from the field notes, 60 s at +10 % light."""
SIGNIFICANT: Final = 0.05
FIRST_NULLS, ALL_NULLS = 999, 9_999
EXTEND_BELOW: Final = 0.2
"""Null sequences: first few, then many where it matters; p-values under the limit only ever get more of them."""
SEED: Final = 20_190_319
"""Of the null sequences: fixed, so that the same file gives the same answer."""


@dataclass(frozen=True, slots=True)
class FlowTest:
    """The test of one flow."""

    sender: int
    p_value: float
    """Before correction."""
    correlation: float
    """The largest one found, signed."""
    delay_s: float
    tested_s: float


@dataclass(frozen=True, slots=True)
class StimulusResult:
    """The judgement on one transmitter."""

    addresses: tuple[int, ...]
    p_value: float | None
    """Before correction over transmitters."""
    adjusted_p_value: float | None
    """After Holm's correction over all flows tested."""
    verdict: Verdict
    tested_s: float
    delay_s: float | None
    reason: str | None = None
    """Why it is not assessable: `not_tested`, `too_short`, `data_unheard`."""


@dataclass(frozen=True, slots=True)
class StimulusScan:
    """What one capture says about one sequence."""

    transmitters: tuple[StimulusResult, ...]
    flows_tested: int

    def to_json(self, *, addresses: AddressForm = "hashed", key: AddressKey | None = None) -> dict[str, Any]:
        """The scan as a JSON object (fields as DESIGN says)."""
        used = key or AddressKey.random()
        return {
            "flows_tested": self.flows_tested,
            "addresses": addresses,
            "key_id": used.key_id if addresses == "hashed" else None,
            "transmitters": [
                {
                    "addresses": [format_address(a) if addresses == "full" else used.tag(a) for a in one.addresses],
                    "p_value": one.p_value,
                    "adjusted_p_value": one.adjusted_p_value,
                    "verdict": one.verdict,
                    "tested_s": round(one.tested_s, 2),
                    "delay_s": one.delay_s,
                    "reason": one.reason,
                }
                for one in self.transmitters
            ],
        }


def stimulus_file(path: Path, sequence_path: Path, *, as_flows: bool = False) -> StimulusScan:
    """Test every transmitter of a capture; CaptureFileError (one line) when either file cannot be read."""
    from .scan import read_log

    sequence = read_sequence(sequence_path)
    log, _ = read_log(path, as_flows=as_flows)
    return judge_stimulus(log, sequence)


def judge_stimulus(log: FrameLog, sequence: ChipSequence) -> StimulusScan:
    """Test the uplinks of a log against a sequence and correct over all of them."""
    nulls = NullSequences(sequence)
    tests = [test for flow in list_flows(log) if is_uplink(flow) and (test := examine_flow(flow, sequence, nulls, log))]
    adjusted = holm([test.p_value for test in tests])
    by_sender: dict[int, list[tuple[FlowTest, float]]] = {}
    for test, p_value in zip(tests, adjusted, strict=True):
        by_sender.setdefault(test.sender, []).append((test, p_value))
    report = assess_hearing(log)
    results = []
    for one in list_transmitters(log):
        found = [item for address in one.addresses for item in by_sender.get(address, [])]
        results.append(_conclude(one.addresses, found, is_deaf=report.of(one.addresses).is_deaf))
    return StimulusScan(tuple(results), len(tests))


def _conclude(addresses: tuple[int, ...], found: list[tuple[FlowTest, float]], *, is_deaf: bool) -> StimulusResult:
    if not found:
        untested = "data_unheard" if is_deaf else "not_tested"
        return StimulusResult(addresses, None, None, "not_assessable", 0.0, None, untested)
    test, adjusted = min(found, key=lambda item: item[1])
    raw = min(1.0, min(item[0].p_value for item in found) * len(found))
    verdict: Verdict = "does_not"
    reason: str | None = None
    if adjusted <= SIGNIFICANT:  # whatever was not heard: the null sequences met the same losses
        verdict = "follows_light"
    elif is_deaf or test.tested_s < MIN_DENIAL_S:
        verdict, reason = "not_assessable", "data_unheard" if is_deaf else "too_short"
    return StimulusResult(addresses, raw, adjusted, verdict, test.tested_s, test.delay_s, reason)


def is_uplink(flow: Flow) -> bool:
    """True when the sender is the source: not for acknowledgements, nor for what an access point forwards."""
    is_source = not flow.is_from_ap or flow.self_sourced_share > 0.5
    return is_source and int(flow.frame_len.sum()) > int(flow.back_frame_len.sum())


def holm(p_values: list[float]) -> list[float]:
    """Holm's step-down adjustment; order kept."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(order):
        largest = max(largest, min(1.0, p_values[index] * (len(p_values) - rank)))
        adjusted[index] = largest
    return adjusted


class NullSequences:
    """Templates of the sequence played and of others that might have been: the same chips in another order."""

    def __init__(self, sequence: ChipSequence) -> None:
        self._sequence = sequence
        self._cache: dict[int, tuple[Floats, Floats]] = {}

    def templates(self, chips: int) -> tuple[Floats, Floats]:
        """Level and edge templates, one row per sequence, over the first `chips` chips; row 0 is what was played."""
        if chips not in self._cache:
            played = np.array(self._sequence.chips[:chips], dtype=np.float32)
            rng = np.random.default_rng(SEED)
            others = rng.permuted(np.tile(played, (ALL_NULLS, 1)), axis=1)
            rows = np.vstack([played[None, :], others])
            self._cache = {chips: build_templates(rows, self._sequence.chip_s)}
        return self._cache[chips]


def build_templates(chips: Floats, chip_s: float) -> tuple[Floats, Floats]:
    """Level and edge of chip sequences (one per row) on the grid of bins, detrended and of unit length."""
    bins = int(chips.shape[1] * chip_s / BIN_S)
    number = np.minimum(((np.arange(bins) + 0.5) * BIN_S / chip_s).astype(np.int64), chips.shape[1] - 1)
    level = chips[:, number]
    change = np.zeros_like(level)
    change[:, 1:] = np.abs(np.diff(level, axis=1))
    edge = change.copy()
    for shift in range(1, EDGE_BINS):
        edge[:, shift:] = np.maximum(edge[:, shift:], change[:, :-shift])
    return _normalise(_detrend(level)), _normalise(_detrend(edge))


def _detrend(rows: Floats) -> Floats:
    """Rows minus their moving average over DETREND_S (shorter at the ends)."""
    half = int(DETREND_S / BIN_S / 2)
    bins = rows.shape[1]
    sums = np.concatenate([np.zeros((len(rows), 1), rows.dtype), np.cumsum(rows, axis=1, dtype=np.float64)], axis=1)
    first = np.maximum(np.arange(bins) - half, 0)
    last = np.minimum(np.arange(bins) + half + 1, bins)
    smooth = (sums[:, last] - sums[:, first]) / (last - first)
    detrended: Floats = (rows - smooth).astype(np.float32)
    return detrended


def _normalise(rows: Floats) -> Floats:
    centred = rows - rows.mean(axis=1, keepdims=True)
    length = np.sqrt((centred**2).sum(axis=1, keepdims=True))
    return (centred / np.where(length > 0, length, 1.0)).astype(np.float32)


def examine_flow(flow: Flow, sequence: ChipSequence, nulls: NullSequences, log: FrameLog) -> FlowTest | None:
    """Test one flow; None when it is too thin or the capture covers too little of the sequence."""
    end_s = (log.start_ns / 1e9 + log.listened_s) - sequence.start_s
    begin_s = log.start_ns / 1e9 - sequence.start_s
    slack_s = sequence.start_uncertainty_s
    chips = min(len(sequence.chips), int((end_s - slack_s) / sequence.chip_s))
    if begin_s > slack_s + BIN_S or chips < MIN_CHIPS:
        return None
    level, edge = nulls.templates(chips)
    bins = level.shape[1]
    delays = np.arange(-round(slack_s / BIN_S), round((slack_s + LONGEST_DELAY_S) / BIN_S) + 1)
    t_s = (flow.t_ns / 1e9) - sequence.start_s
    series = _bin_octets(t_s, flow.frame_len, int(delays[0]), bins + len(delays) - 1)
    heard = series[: bins + len(delays) - 1]
    per_second = heard[: len(heard) // 10 * 10].reshape(-1, 10).sum(axis=1)
    inside = (t_s >= 0) & (t_s < bins * BIN_S)
    if int(inside.sum()) < MIN_FRAMES or float((per_second > 0).mean()) < MIN_ACTIVE_SHARE:
        return None
    cleaned = prepare_series(heard)
    windows = np.lib.stride_tricks.sliding_window_view(cleaned, bins)[: len(delays)]
    lagged = _normalise(np.ascontiguousarray(windows)).T
    played = np.concatenate([(level[:1] @ lagged), (edge[:1] @ lagged)], axis=0)
    row, column = np.unravel_index(int(np.argmax(np.abs(played))), played.shape)
    statistic = float(abs(played[row, column]))
    p_value = _p_value(level, edge, lagged, statistic)
    return FlowTest(flow.sender, p_value, float(played[row, column]), float(delays[column]) * BIN_S, bins * BIN_S)


def _p_value(level: Floats, edge: Floats, lagged: Floats, statistic: float) -> float:
    """Share of null sequences that reach the statistic, the one played counted among them."""

    def count(first: int, last: int) -> int:
        by_level = np.abs(level[first:last] @ lagged).max(axis=1)
        by_edge = np.abs(edge[first:last] @ lagged).max(axis=1)
        return int((np.maximum(by_level, by_edge) >= statistic - 1e-6).sum())

    reached = count(1, FIRST_NULLS + 1)
    p_value = (1 + reached) / (FIRST_NULLS + 1)
    if p_value >= EXTEND_BELOW:
        return p_value
    return (1 + reached + count(FIRST_NULLS + 1, ALL_NULLS + 1)) / (ALL_NULLS + 1)


def _bin_octets(t_s: NDArray[np.float64], octets: NDArray[np.int32], first_bin: int, bins: int) -> Floats:
    index = np.floor(t_s / BIN_S).astype(np.int64) - first_bin
    inside = (index >= 0) & (index < bins)
    return np.bincount(index[inside], weights=octets[inside], minlength=bins).astype(np.float32)


def prepare_series(octets: Floats) -> Floats:
    """Octets per bin with rare peaks tamed, slow changes and the rhythm of complete pictures taken out."""
    tamed = np.sqrt(np.minimum(octets, np.quantile(octets, 0.98)))
    steady = _detrend(tamed[None, :].astype(np.float32))[0]
    period = find_group_period(steady)
    if period:
        phase = np.arange(len(steady)) % period
        medians = np.array([np.median(steady[phase == number]) for number in range(period)], dtype=np.float32)
        steady = steady - medians[phase]
    return np.asarray(steady, dtype=np.float32)


def find_group_period(series: Floats) -> int:
    """Bins from one complete picture to the next by autocorrelation; 0 when there is no clear rhythm."""
    longest = min(int(GROUP_PERIODS_S[1] / BIN_S), len(series) // 4)
    shortest = int(GROUP_PERIODS_S[0] / BIN_S)
    energy = float((series**2).sum())
    if longest <= shortest or energy <= 0:
        return 0
    lags = range(shortest, longest + 1)
    values = np.array([float((series[:-lag] * series[lag:]).sum()) / energy for lag in lags])
    best = int(np.argmax(values))
    return shortest + best if values[best] >= MIN_GROUP_CORRELATION else 0

"""Does a transmitter's traffic follow the light that the probe played?

Input is the flows of a capture and the chip sequence of the lamp; output is a p-value and a verdict per transmitter.
A brighter picture takes more octets and a changing one many more, so the sizes of each uplink's pictures are compared
with the sequence, its edges on and off, and what follows them, at every delay that clock error and encoder allow.  The
Bayes factor found is judged against those of sequences that might have been played instead, so the p-value holds for
any traffic; over flows it is corrected by families (`families`), and beyond the sequences compared with it is
continued (`tail`).  With `is_sequential` it also holds whenever one chooses to stop listening.  Nothing is said of
flows too short or too thin to tell, and nothing follows whose address two transmitters use.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, isfinite
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from sweep.modality.addresses import AddressForm, AddressKey, format_address
from sweep.phrases import Phrase
from sweep.wifi.frames.element_reader import read_elements
from sweep.wifi.traffic.pictures import describe_sizes
from sweep.wifi.traffic.reception import conclude_reception
from sweep.wifi.transmitters.flow import Flow, is_source, is_uplink
from sweep.wifi.transmitters.missed_frames import queue_frames
from sweep.wifi.transmitters.shared_addresses import TWO_TRANSMITTERS
from sweep.wifi.transmitters.transmitters import describe_transmitters, list_sources

from .families import correct, hardest_p, weigh_families
from .likelihood import BIN_S, Response
from .null_sequences import NullSequences
from .p_value import FLOW_ALONE, Effort, effort_of, find_p_value
from .sending import find_sent_chips
from .sensitivity import LAMP_SHARE, find_smallest_light, is_constant
from .sequence import ChipSequence, SequenceError, begin_later
from .whole_capture import Listened, WholeCapture, gather

Verdict = Literal["follows_light", "does_not", "not_assessable"]
Uncovered = Literal[
    "sequence_too_short", "sequence_before_capture", "sequence_after_capture", "sequence_not_covered"
]  # fmt: skip
"""Why a capture covers too few chips: there are not more; they were over when it began; they came when it had ended;
it is shorter than that."""

LONGEST_DELAY_S: Final = 2.5
"""Exposure, encoder, buffers and radio: guessed; cheap cameras buffer up to a second, and a bad link two (measured)."""
DETREND_S, DETREND_CHIPS = 6.0, 10.0
"""Slower changes of traffic are taken out: guessed; of marked times 10 walks or pauses of mean length."""
SLOW_DELAY_CHIPS: Final = 0.75
"""With long chips, which a person follows instead of a lamp, the delay may be this share of a chip: guessed."""
MARK_DELAY_S: Final = 3.0
"""From a mark until somebody is in the picture, or out of it: guessed."""
MIN_CHIPS: Final = 25
MIN_FRAMES: Final = 60
MIN_ACTIVE_SHARE: Final = 0.6
"""Share of whole seconds with traffic below which a flow is no stream that could follow anything: guessed."""
MIN_DENIAL_S: Final = 44.5
"""A shorter sequence can show that a flow follows, not that it does not: 75 chips by a clock that is 1 % fast; from the
field notes, 60 s at +10 % light."""
LONGEST_LIGHT_CHIP_S: Final = 2.0
"""Longer chips are walked, and what a denial is worth is known for light only: derived, the lamp's last 0.6 s."""
SIGNIFICANT: Final = 0.05
LOOKS: Final = ((25, 0.04), (50, 0.10), (75, 0.14), (95, 0.30), (125, 0.17), (190, 0.25))
"""Chips after which a sequential test looks, and the share of the error that each look may use: guessed; most at a
minute and at two."""
CONSTANT_RATE: Final = "constant_rate"
"""Reason: it sends as much all the time, filled up or by the clock of a machine, whatever a camera might see."""
MAX_BESIDE: Final = 64
"""Flows tested that were not chosen, where some were: the thickest, so that made-up senders cannot stall the test.
Guessed."""
MAX_FIRST: Final = 1_000
"""Flows tested that were chosen, or of all where none was: the thickest.  Guessed; what no light is seen in is as thick
whichever chips come, and of a thousand the surest one still comes to 0.001."""


MOST_WEIGHED_KBPS: Final = 500
"""More makes no flow weigh more among others: 36 of 40 cameras drawn at random (`encode_cameras`) send less, and beside
1 to 20 thick uploads at most one of 34 fewer is found than where all weigh as much (`light_decoys`)."""


@dataclass(frozen=True, slots=True)
class FlowTest:
    """The test of one flow."""

    sender: int
    p_value: float
    """Before correction over flows."""
    nats: float
    """Logarithm of the Bayes factor for the sequence played."""
    delay_s: float
    """The likeliest."""
    tested_s: float
    response: Response
    rows: NDArray[np.int8]
    """Of the last look, and the sequences it was compared with."""
    share: float = 1.0
    """Of the error, which that look may use."""

    @property
    def is_constant(self) -> bool:
        """What it sends does not vary as pictures do: nothing of a camera behind it could show."""
        return is_constant(self.response)

    def smallest_light(self, p_value: float) -> float:
        """The least change of light, as a share of the scene's, at which 95 of 100 cameras such as were measured come
        to this p-value; infinite beyond all measured, and where it is constant.
        """
        return find_smallest_light(self.response, self.rows, p_value * self.share)


@dataclass(frozen=True, slots=True)
class StimulusResult:
    """The judgement on one transmitter."""

    addresses: tuple[int, ...]
    p_value: float | None
    """Before correction over transmitters."""
    adjusted_p_value: float | None
    """After correction over all flows tested, by families."""
    verdict: Verdict
    tested_s: float
    delay_s: float | None
    reason: str | None = None
    """Why it is not assessable: `not_tested`, `too_short`, `data_unheard`, `light_too_weak`, `constant_rate`,
    `two_transmitters`, or an `Uncovered`."""
    smallest_light_share: float | None = None
    """The least change of light at which the test shows 95 of 100 cameras such as were measured, where it did not show
    that the traffic follows; None where that was not asked, infinite where none that was measured would do."""


@dataclass(frozen=True, slots=True)
class StimulusScan:
    """What one capture says about one sequence."""

    transmitters: tuple[StimulusResult, ...]
    flows_tested: int

    def to_json(self, *, addresses: AddressForm = "hashed", key: AddressKey | None = None) -> dict[str, Any]:
        """The scan as a JSON object."""
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
                    "smallest_light_share": round_light(one.smallest_light_share),
                }
                for one in self.transmitters
            ],
        }


def judge_stimulus(
    log: Listened, sequence: ChipSequence, *, is_sequential: bool = False, valued: frozenset[int] | None = None,
    tests_here: int = 1, chosen: frozenset[int] = frozenset(),
) -> StimulusScan:  # fmt: skip
    """Test the uplinks of a log or capture against a sequence and correct over them by families: those of the addresses
    that were `chosen` before the light was played, or without looking at the chips, and all others.

    What a denial is worth is reckoned for the addresses in `valued` (None: for all), as one of so many `tests_here`, by
    which whoever asked multiplies the p-values.

    The p-values hold when the length of the log was settled beforehand; with `is_sequential` they hold for a log that
    was judged again and again as it grew, and ended when somebody was content; SequenceError (one line) when the times
    were marked by hand, which are judged once.
    """
    if is_sequential and sequence.marks:
        raise SequenceError(Phrase("marks_not_sequential"))
    capture = log if isinstance(log, WholeCapture) else gather([log], sequence)
    covered, flows = cover(sequence, capture), capture.streams.list_flows()
    first = {flow.sender for flow in flows if _is_chosen(flow, chosen)}
    tests: list[FlowTest] = []
    sent: list[int] = []
    if isinstance(covered, ChipSequence):
        nulls = NullSequences(covered)
        examine = examine_at_looks if is_sequential else examine_flow
        listed = _list_tested(flows, chosen)
        all_sent = [_sent_before_any_look(flow, covered, capture.start_ns) for flow in listed]
        weights = weigh_families([flow.sender in first for flow in listed], all_sent)
        for flow, octets, weight in zip(listed, all_sent, weights, strict=True):
            test = examine(flow, covered, nulls, capture, effort_of(weight))
            if test is not None:
                tests.append(test)
                sent.append(octets)
    families = [test.sender in first for test in tests]
    adjusted = correct([test.p_value for test in tests], families, sent)
    hardest = hardest_p(SIGNIFICANT / tests_here, families, sent)
    by_sender: dict[int, list[tuple[FlowTest, float]]] = {}
    hardest_of: dict[int, list[float]] = {}
    for test, p_value, its_hardest in zip(tests, adjusted, hardest, strict=True):
        by_sender.setdefault(test.sender, []).append((test, p_value))
        hardest_of.setdefault(test.sender, []).append(its_hardest)
    report = conclude_reception(capture.witnesses, capture.census.senders)
    said, chains = read_elements(capture.management).by_sender, [(flow.sender, *flow.successors) for flow in flows]
    results = []
    for one in describe_transmitters(capture.census, said, chains, list_sources(flows)):
        found = [item for address in one.addresses for item in by_sender.get(address, [])]
        untested = covered if isinstance(covered, str) else "not_tested"
        result = conclude(one.addresses, found, untested, is_deaf=report.of(one.addresses).is_deaf)
        is_asked = sequence.chip_s <= LONGEST_LIGHT_CHIP_S and not sequence.marks
        is_asked &= valued is None or not valued.isdisjoint(one.addresses)
        if covered is not untested and not capture.shared.keys().isdisjoint(one.addresses):
            result = replace(result, verdict="not_assessable", reason=TWO_TRANSMITTERS)
        elif is_asked and result.p_value is not None:
            its = [one for address in one.addresses for one in hardest_of.get(address, [])]
            result = _value_denial(result, [test for test, _ in found], its, tests_here)
        results.append(result)
    return StimulusScan(tuple(results), len(tests))


def conclude(
    addresses: tuple[int, ...], found: list[tuple[FlowTest, float]], untested: str, *, is_deaf: bool
) -> StimulusResult:
    """The result of one transmitter from the tests of its flows, each with its p-value after correction."""
    if not found:
        untested = "data_unheard" if is_deaf and untested == "not_tested" else untested
        return StimulusResult(addresses, None, None, "not_assessable", 0.0, None, untested)
    test, adjusted = min(found, key=lambda item: item[1])
    raw = min(1.0, min(item[0].p_value for item in found) * len(found))
    verdict: Verdict
    reason: str | None
    verdict, reason = deny(test.tested_s, None)
    if test.is_constant:
        verdict, reason = "not_assessable", CONSTANT_RATE
    if adjusted <= SIGNIFICANT:  # whatever was not heard: the null sequences met the same losses
        verdict, reason = "follows_light", None
    elif is_deaf:
        verdict, reason = "not_assessable", "data_unheard"
    return StimulusResult(addresses, raw, adjusted, verdict, test.tested_s, test.delay_s, reason)


def _value_denial(
    result: StimulusResult, tests: list[FlowTest], p_values: list[float], tests_here: int
) -> StimulusResult:
    """The result with what its tests would have shown, each at its p-value; not asked where it follows, or is too short
    to deny anything.
    """
    follows = result.adjusted_p_value is not None and result.adjusted_p_value * tests_here <= SIGNIFICANT
    if follows or result.tested_s < MIN_DENIAL_S:
        return result
    smallest = min(test.smallest_light(p_value) for test, p_value in zip(tests, p_values, strict=True))
    verdict, reason = result.verdict, result.reason
    if verdict == "does_not":
        verdict, reason = deny(result.tested_s, smallest)
    return replace(result, verdict=verdict, reason=reason, smallest_light_share=smallest)


def deny(tested_s: float, smallest_light_share: float | None) -> tuple[Verdict, str | None]:
    """Verdict and reason where a test did not show that the traffic follows, by what it would have shown."""
    if tested_s < MIN_DENIAL_S:
        return "not_assessable", "too_short"
    if smallest_light_share is not None and smallest_light_share > LAMP_SHARE:
        return "not_assessable", "light_too_weak"
    return "does_not", None


def round_light(share: float | None) -> float | None:
    """The reported value: to a thousandth, upwards; None also where no light that was measured would have shown."""
    return None if share is None or not isfinite(share) else ceil(share * 1_000 - 1e-6) / 1_000


def _list_tested(flows: tuple[Flow, ...], chosen: frozenset[int]) -> list[Flow]:
    """What the chosen ones send, however much comes back, and some others; only others where none was."""
    thickest = sorted(flows, key=lambda flow: -len(flow.t_ns))
    first = [flow for flow in thickest if is_source(flow) and _is_chosen(flow, chosen)]
    others = [flow for flow in thickest if is_uplink(flow) and not _is_chosen(flow, chosen)]
    return first[:MAX_FIRST] + others[:MAX_BESIDE] if first else others[:MAX_FIRST]


def _is_chosen(flow: Flow, chosen: frozenset[int]) -> bool:
    return not chosen.isdisjoint((flow.sender, *flow.successors))


def _sent_before_any_look(flow: Flow, sequence: ChipSequence, start_ns: int) -> int:
    """Octets by which a flow is weighed; settled before the first look, so that they are the same at all of them."""
    until_ns = round((sequence.start_s + MIN_CHIPS * sequence.chip_s) * 1e9)
    most = round(MOST_WEIGHED_KBPS * 125e-9 * max(until_ns - start_ns, 0))
    return min(int(flow.frame_len[flow.t_ns < until_ns].sum()), most)


def examine_flow(
    flow: Flow, sequence: ChipSequence, nulls: NullSequences, log: Listened, effort: Effort = FLOW_ALONE
) -> FlowTest | None:
    """Test one flow; None when it is too thin or the capture covers too little of the sequence."""
    chips = _chips_covered(sequence, log)
    return None if chips < MIN_CHIPS else _examine(flow, sequence, nulls, chips, effort)


def examine_at_looks(
    flow: Flow, sequence: ChipSequence, nulls: NullSequences, log: Listened, effort: Effort = FLOW_ALONE
) -> FlowTest | None:
    """Test one flow at every look passed so far; its p-value holds at any stopping time.

    At each look only what came before it is used, and the p-value found there is divided by the share of the error that
    the look may use; the smallest of these falls below alpha at any look with a chance of alpha at most.
    """
    covered = _chips_covered(sequence, log)
    best: FlowTest | None = None
    for chips, share in LOOKS:
        test = _examine(flow, sequence, nulls, chips, effort.at_look(share)) if chips <= covered else None
        if test is None:
            continue
        found = replace(test, p_value=min(test.p_value / share, 1.0), share=share)
        if best is not None and best.p_value <= found.p_value:
            found = replace(found, p_value=best.p_value, nats=best.nats, delay_s=best.delay_s)
        best = found
    return best


def cover(sequence: ChipSequence, log: Listened) -> ChipSequence | Uncovered:
    """The sequence from its first chip on that the capture covers, or why too few of its chips are left.

    Which these are depends on when the capture began and on nothing that was heard, so p-values of the chips left are
    as exact as those of all, and looks count from the first of them.
    """
    if len(sequence.chips) < MIN_CHIPS:
        return "sequence_too_short"
    slack_s = sequence.start_uncertainty_s
    begin_s = log.start_ns / 1e9 - sequence.start_s
    left = begin_later(sequence, begin_s + slack_s) if begin_s > slack_s + BIN_S else sequence
    if left is None or len(left.chips) < MIN_CHIPS:
        return "sequence_before_capture"
    if _chips_covered(left, log) >= MIN_CHIPS:
        return left
    return "sequence_after_capture" if left is sequence else "sequence_not_covered"


def _chips_covered(sequence: ChipSequence, log: Listened) -> int:
    """Whole chips that the capture covers wherever the start lies within its uncertainty; 0 when it began too late."""
    begin_s = log.start_ns / 1e9 - sequence.start_s
    end_s = begin_s + log.listened_s
    slack_s = sequence.start_uncertainty_s
    if begin_s > slack_s + BIN_S:
        return 0
    return max(min(len(sequence.chips), int((end_s - slack_s) / sequence.chip_s)), 0)


def _examine(
    flow: Flow, sequence: ChipSequence, nulls: NullSequences, chips: int, effort: Effort = FLOW_ALONE
) -> FlowTest | None:
    """Test a flow against those of the first `chips` chips in which it sends, by what was heard until the last delay
    after them.
    """
    first, last = find_sent_chips(flow, sequence, chips)
    if last - first < min(MIN_CHIPS, chips):
        return None
    begun = replace(sequence, start_s=sequence.start_s + first * sequence.chip_s)
    response = respond(flow, begun, nulls, last - first)
    if response is None:
        return None
    rows = nulls.rows(chips)[:, first:last]
    p_value, nats = find_p_value(response, rows, effort, is_drawn=not sequence.marks)
    column = int(np.argmax(response.compare(rows[:1])[0]))
    delay_s = round(column * BIN_S - round(sequence.start_uncertainty_s / BIN_S) * BIN_S, 3)
    return FlowTest(flow.sender, p_value, nats, delay_s, (last - first) * sequence.chip_s, response, rows)


def respond(flow: Flow, sequence: ChipSequence, nulls: NullSequences, chips: int) -> Response | None:
    """What a flow did during each of the first `chips` chips, whichever they were; None when it is too thin."""
    slack_s = sequence.start_uncertainty_s
    slow_s = MARK_DELAY_S if sequence.marks else SLOW_DELAY_CHIPS * sequence.chip_s
    delays = np.arange(-round(slack_s / BIN_S), round((slack_s + max(LONGEST_DELAY_S, slow_s)) / BIN_S) + 1)
    edges = np.rint(np.arange(chips + 1) * sequence.chip_s / BIN_S).astype(np.int64)
    bins = int(edges[-1])
    first_s, last_s = float(delays[0]) * BIN_S, (bins + int(delays[-1])) * BIN_S
    queue = queue_frames(flow, sequence.start_s, first_s - DETREND_S, last_s)
    inside_s = queue.t_s[(queue.t_s >= 0) & (queue.t_s < bins * BIN_S)]
    if len(inside_s) < MIN_FRAMES or np.unique(np.floor(inside_s)).size < MIN_ACTIVE_SHARE * bins * BIN_S:
        return None
    width_s = max(DETREND_CHIPS * sequence.pace_s, DETREND_S)
    sizes = describe_sizes(queue, first_s, bins + len(delays) - 1, BIN_S, detrend_s=width_s)
    return Response(
        sizes.series, edges, len(delays), nulls.pattern(chips), sizes.usual, ends_anywhere=sizes.ends_anywhere
    )

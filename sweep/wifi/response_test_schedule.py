"""The response tests of one position: on which channels, for how long each, and why not on others.

Input is what was wished for and the targets by channel; output is a `ResponseTestResult` for every channel that has
some, whether its test was made or not.  The surest come first, and where something is called video the time is given
before any other.  A person who skips a test skips all that were still to come here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from sweep.modality.messages import SKIPPED, Line, ResponseTestBegins, ResponseTestKind
from sweep.modality.mode import QUICK, SHORT_OF_TIME
from sweep.modality.pending_light import LIGHT_LATER
from sweep.report import ResponseTestFlow
from sweep.wifi.capture.air import CaptureOpenError
from sweep.wifi.listen import Listener
from sweep.wifi.partial_result_line import PartialResultLine
from sweep.wifi.position import WifiRequest
from sweep.wifi.scan import JudgedTransmitter
from sweep.wifi.stimulus.response_test import (
    FOLLOWS,
    LEAD_S,
    LIGHT_CHIP_S,
    ResponseTest,
    ResponseTestRequest,
    ResponseTestResult,
    Watch,
    looks_within,
    not_assessable,
)
from sweep.wifi.targets import MAX_RESPONSE_TESTS, TOO_MANY_CHANNELS, ChannelTargets, Target

MAY_PASS: Final = frozenset({"lamp_went_off", "lamp_not_playing", "head_restarted", "head_away"})
"""Troubles of the head that may be over by now: a test that was not judged yet begins once more, with new chips.  One
that was judged does not: it would be a second chance."""
LEAST_TEST_S: Final = looks_within(0.0)[0] * LIGHT_CHIP_S
"""Until the first look: with less a test is not begun."""
AROUND_TEST_S: Final = LEAD_S + 3.0
"""What a test takes besides its chips: derived, the lead, half a second for the lamp to begin, the longest delay."""
LEFT_OUT: Final = frozenset({QUICK, LIGHT_LATER, SHORT_OF_TIME, SKIPPED, TOO_MANY_CHANNELS})
"""Why a test was not begun by design, or ended by a person's wish: nothing broke it off."""
MAX_TOLD_FLOWS: Final = 16
"""Of one test, told to persons by name; the contract has room for no more."""

TagOf = Callable[[JudgedTransmitter], str]
"""The tag by which persons hear of a transmitter."""


def no_tag(_: JudgedTransmitter) -> str:
    """Where nobody listens."""
    return "0" * 16


def run_response_tests(
    wish: WifiRequest,
    kind: ResponseTestKind,
    wanted: Sequence[ChannelTargets],
    listener: Listener,
    line: PartialResultLine,
    tag: TagOf,
) -> list[ResponseTestResult]:
    """A test on each of `wanted`, the surest first, as far as there may be so many; results are those of `line`."""
    tested, left_out = wanted[:MAX_RESPONSE_TESTS], wanted[MAX_RESPONSE_TESTS:]
    results = line.results
    refusal = wish.no_test_because
    for index, (one, longest_s) in enumerate(
        zip(
            tested,
            shares_of_tests_s(wish, [o.has_video for o in tested], [o.is_thin_only for o in tested]),
            strict=True,
        )
    ):
        result = _missed(kind, one, refusal or SHORT_OF_TIME)
        if refusal is None and longest_s:
            told = tuple(_flow(target, tag) for target in one.targets[:MAX_TOLD_FLOWS])
            line.say(ResponseTestBegins(told, len(one.targets), index, len(tested)))
            for target in reversed(one.targets):
                listener.lead(tag(target.judged), target.addresses)
            result = _test(
                ResponseTestRequest(kind, one.addresses, longest_s, tests_here=len(tested)), one, listener, line
            )
        results.append(result)
        refusal = refusal or result.left or (SKIPPED if result.ended == SKIPPED else None)
    results += [_missed(kind, one, refusal or TOO_MANY_CHANNELS) for one in left_out]
    return results


def _test(
    wish: ResponseTestRequest, wanted: ChannelTargets, listener: Listener, line: PartialResultLine
) -> ResponseTestResult:
    """A test, begun once more where what broke it off may be over."""
    took_s = 0.0
    try:
        result = _try(wish, wanted, listener, line)
        if result.ended in MAY_PASS and result.looks == 0:
            took_s = result.took_s
            result = _try(wish, wanted, listener, line)
    except CaptureOpenError:
        result = _missed(wish.kind, wanted, "adapter_away")
    result.took_s += took_s
    result.open_s = open_part_s(wanted, result)
    return result


def _try(
    wish: ResponseTestRequest, wanted: ChannelTargets, listener: Listener, line: PartialResultLine
) -> ResponseTestResult:
    with line.of(ResponseTest(wish)) as begun:
        return run_response_test(begun, listener.watch(wanted.mhz), line)


def _missed(kind: ResponseTestKind, wanted: ChannelTargets, reason: str) -> ResponseTestResult:
    """A test that was not begun."""
    return ResponseTestResult(
        kind, {address: not_assessable(kind, reason) for address in wanted.addresses}, ended=reason
    )


def _flow(target: Target, tag: TagOf) -> ResponseTestFlow:
    one = target.judged.transmitter
    return ResponseTestFlow(
        tag=tag(target.judged),
        channel_mhz=None if one.channel_mhz is None else float(one.channel_mhz),
        rssi_dbm=None if one.level is None else one.level.median_dbm,
        vendor=one.vendor,
        why=target.why,
    )


def open_part_s(wanted: ChannelTargets, result: ResponseTestResult) -> float:
    """How much of a test was only for open targets: all of it, or what was played after the last other one answered."""
    if wanted.is_open_only:
        return result.took_s
    answered_s = 0.0
    for target in (one for one in wanted.targets if not one.is_open):
        found = [result.judgements[address] for address in target.addresses if address in result.judgements]
        after_s = [one.decided_after_s for one in found if one.verdict == FOLLOWS and one.decided_after_s is not None]
        if not after_s:
            return 0.0
        answered_s = max(answered_s, min(after_s))
    return max(0.0, result.played_s - answered_s)


def shares_of_tests_s(wish: WifiRequest, has_video: Sequence[bool], is_thin: Sequence[bool] = ()) -> list[float]:
    """How long each test may take, 0 for one that is not worth beginning: where something is called video (`has_video`
    says so of each) first, then the others of what that leaves, those last in which everything `is_thin`; among
    themselves as much as each other.
    """
    thin = is_thin or [False] * len(has_video)
    videos, thins = sum(has_video), sum(thin)
    shares = _even_shares(wish.test_longest_s, wish.tests_longest_s, videos)
    left_s = wish.open_tests_longest_s
    if wish.tests_longest_s is not None:
        left_s = min(wish.tests_longest_s - _spent_s(shares), wish.tests_longest_s if left_s is None else left_s)
    others = _even_shares(wish.test_longest_s, left_s, len(has_video) - videos - thins)
    last = _even_shares(wish.test_longest_s, None if left_s is None else left_s - _spent_s(others), thins)
    return [(shares if one else last if other else others).pop(0) for one, other in zip(has_video, thin, strict=True)]


def _spent_s(shares: Sequence[float]) -> float:
    return sum(share_s + AROUND_TEST_S for share_s in shares if share_s)


def _even_shares(longest_s: float, all_s: float | None, tests: int) -> list[float]:
    """As much as the others, as long as that is worth beginning."""
    if all_s is None:
        return [longest_s] * tests
    begun = max(1, min(tests, int(all_s // (LEAST_TEST_S + AROUND_TEST_S))))
    share_s = min(longest_s, all_s / begun - AROUND_TEST_S)
    return [share_s if number < begun and share_s >= LEAST_TEST_S else 0.0 for number in range(tests)]


def run_response_test(test: ResponseTest, watch: Watch, line: Line) -> ResponseTestResult:
    """Listen as long as the test wants, tell it what came and say what it has to say, until it is over."""
    now_ns = watch.now_ns()
    while test.is_going_on:
        watch.hear(test.listens_s(now_ns))
        now_ns = watch.now_ns()
        for message in test.step(now_ns, line.hear(), watch):
            line.say(message)
    return test.result

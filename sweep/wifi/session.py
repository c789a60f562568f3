"""One position heard here and now: listen over the channels, then test what sends like a camera by light or by a walk.

Input is a task with the adapter's name and a line to the runner, who plays the light or prompts the person; output is a
`Measurement`.  A transmitter whose answer is known in this zone already is not tested again.  Everything that kept a
test from being made or finished has a name in the observation and in the coverage.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sweep.plug.measurement import Measurement, code_of
from sweep.plug.talk import PLAYED_OUT, Leave, Line, Progress, TrialKind
from sweep.plug.task import Task, blind
from sweep.report import Gap, StimulusJudgement
from sweep.report.wording import guidance_text
from sweep.wifi.adapter import CaptureOpenError, heard_here, listen_here, watch_here
from sweep.wifi.listen import Heard, may_be_video
from sweep.wifi.observations import judge_wifi
from sweep.wifi.response_test import FOLLOWS, REPORT_EVERY_S, Trial, TrialResult, TrialWish, not_assessable
from sweep.wifi.scan import WifiScan, scan_log
from sweep.wifi.transmitters import list_flows
from sweep.wifi.video import OPEN_REASONS

if TYPE_CHECKING:
    from sweep.wifi.scan import JudgedTransmitter

ONE_CHANNEL_QUALITY: Final = 0.1
"""Guessed: where nothing could be tuned, one channel of the ten or more in use was heard."""
MAX_TRIALS: Final = 2
"""Channels tested at one position, those with the strongest signs first: guessed, four minutes."""
MAY_PASS: Final = frozenset({"lamp_went_off", "lamp_not_playing", "head_restarted", "head_away"})
"""Troubles of the head that may be over by now: a test that was not judged yet begins once more, with new chips.  One
that was judged does not: it would be a second chance."""
TOO_LITTLE: Final = frozenset({"too_few_frames", "too_short"})
SETTLED: Final = frozenset({"decided", PLAYED_OUT})


class _Interruption:
    """Hears the runner while the air is listened to, and tells it how far that is."""

    def __init__(self, line: Line, longest_s: float) -> None:
        self._line = line
        self._longest_s = longest_s
        self._begun_s = self._told_s = time.monotonic()
        self.left: str | None = None
        """Why everything has to stop."""

    def goes_on(self) -> bool:
        """False when the runner wants everything to stop."""
        for word in self._line.hear():
            if isinstance(word, Leave):
                self.left = word.reason
        now_s = time.monotonic()
        if now_s - self._told_s >= REPORT_EVERY_S:
            self._told_s = now_s
            self._line.say(Progress("listening", min(now_s - self._begun_s, self._longest_s), self._longest_s))
        return self.left is None


def hear_position(task: Task, adapter: str, line: Line) -> Measurement:
    """Transmitters heard here and now; an adapter that is away is a gap and a sentence for the inspector."""
    interruption = _Interruption(line, task.dwell_s)
    try:
        heard = listen_here(adapter, task.dwell_s, interruption.goes_on)
    except CaptureOpenError:
        nothing = blind(task, "wifi", "adapter_away", {"adapter_away": 1})
        return replace(nothing, guidance=(guidance_text("adapter_away"),))
    follows: dict[int, StimulusJudgement] = {}
    troubles: Counter[str] = Counter({f"left_{interruption.left}": 1} if interruption.left else {})
    settled = True
    if interruption.left is None and task.trial is not None:
        results = _test(task, task.trial, adapter, heard, line)
        for result in results:
            follows |= result.judgements
            troubles += result.chips
            if result.left is not None:
                troubles[f"left_{result.left}"] = 1
            if result.ended not in SETTLED:
                settled = False
                troubles[code_of(f"{result.kind}_{result.ended}")] += 1
        if results:
            heard = heard_here(adapter)
    return _measurement(task, heard, follows, troubles, is_settled=settled)


def _test(task: Task, kind: TrialKind, adapter: str, heard: Heard, line: Line) -> list[TrialResult]:
    """A test on each channel where something that matters sends."""
    wanted = targets_by_channel(
        scan_log(heard.log), heard, is_any=task.is_any_uplink, decided=task.decided | task.own_addresses
    )
    results: list[TrialResult] = []
    for mhz, addresses in wanted.items():
        wish = TrialWish(kind, addresses, task.trial_longest_s, trials=len(wanted))
        left = next((result.left for result in results if result.left is not None), None)
        refusal = left or task.no_trial_because
        if refusal is None:
            try:
                result = Trial(wish, watch_here(adapter, mhz), line).run()
                if result.ended in MAY_PASS and result.looks == 0:
                    result = Trial(wish, watch_here(adapter, mhz), line).run()
                results.append(result)
                continue
            except CaptureOpenError:
                refusal = "adapter_away"
        missed = {address: not_assessable(kind, refusal) for address in addresses}
        results.append(TrialResult(kind, missed, ended=refusal, left=left))
    return results


def targets_by_channel(
    scan: WifiScan, heard: Heard, *, is_any: bool, decided: frozenset[int]
) -> dict[int | None, frozenset[int]]:
    """Addresses worth a test by channel, MAX_TRIALS of them, the surest first.

    That is what sends like a camera and what nobody could judge but may be one; with `is_any` every thick uplink.
    """
    thick = {
        flow.sender
        for flow in list_flows(heard.log)
        if may_be_video(flow, min(heard.log.listened_s, max(1.0, (flow.t_ns[-1] - flow.t_ns[0]) / 1e9)))
    }
    ranked: dict[int | None, tuple[float, set[int]]] = {}
    for item in scan.transmitters:
        sureness = _sureness(item, thick, is_any=is_any)
        if sureness > 0.0 and not decided.intersection(item.transmitter.addresses):
            before, addresses = ranked.get(item.transmitter.channel_mhz, (0.0, set()))
            addresses.update(item.transmitter.addresses)
            ranked[item.transmitter.channel_mhz] = max(before, sureness), addresses
    best = sorted(ranked, key=lambda mhz: (-ranked[mhz][0], mhz or 0))[:MAX_TRIALS]
    return {mhz: frozenset(ranked[mhz][1]) for mhz in best}


def _sureness(item: JudgedTransmitter, thick: set[int], *, is_any: bool) -> float:
    if item.video.verdict == "video_uplink":
        return 1.0 + item.video.score
    if item.video.reason in OPEN_REASONS:  # all but sure by its traffic alone: the light tells
        return 0.75
    is_thick = not thick.isdisjoint(item.transmitter.addresses)
    return 0.5 if is_thick and (is_any or item.video.verdict == "not_assessable") else 0.0


def _measurement(
    task: Task, heard: Heard, follows: dict[int, StimulusJudgement], troubles: Counter[str], *, is_settled: bool
) -> Measurement:
    away_s = sum(gap.end_ns - gap.begin_ns for gap in heard.gaps) / 1e9
    dwelt_s = sum(dwell.seconds for dwell in heard.dwells) if heard.channels else task.dwell_s
    listened_s = max(0.0, min(dwelt_s + heard.watched_s, max(heard.log.listened_s, 1.0)) - away_s)
    scan = scan_log(heard.log)
    found = judge_wifi(task, scan, follows, listened_s=listened_s)
    gaps = tuple(Gap(start_ns=gap.begin_ns, end_ns=gap.end_ns, reason="adapter_away") for gap in heard.gaps)
    counts = {
        "adapter_away": len(gaps),
        "channel_refused": heard.refused.total() if heard.channels else 0,
        "channel_not_visited": max(0, heard.channels - heard.visited) if heard.channels else 0,
    }
    lefts = [name.removeprefix("left_") for name in troubles if name.startswith("left_")]
    has_left = bool(lefts)
    blind_reason = found.blind_reason
    if blind_reason in TOO_LITTLE:  # what made it too little is the reason
        blind_reason = "adapter_away" if gaps else lefts[0] if lefts else blind_reason
    is_open = not has_left and any(
        item.video.verdict == "video_uplink" and not any(_tells(follows, a) for a in item.transmitter.addresses)
        for item in scan.transmitters
    )
    guidance = [guidance_text("adapter_away")] if gaps else []
    if is_open and task.trial == "light":
        guidance.append(guidance_text("walk_test"))
    limits = [] if heard.channels else ["wifi_one_channel"]
    return replace(
        found,
        blind_reason=blind_reason,
        dropped=found.dropped + heard.dropped,
        quality=found.quality * (heard.visited / heard.channels if heard.channels else ONE_CHANNEL_QUALITY),
        rejections=found.rejections | {name: count for name, count in counts.items() if count} | dict(troubles),
        gaps=gaps,
        guidance=tuple(guidance),
        limits=(*limits, *([] if is_settled else ["trial_broken_off"])),
    )


def _tells(follows: dict[int, StimulusJudgement], address: int) -> bool:
    return address in follows and follows[address].verdict in {FOLLOWS, "does_not"}

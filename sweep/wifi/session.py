"""One stand heard: listen over the channels, then test what sends like a camera by light or by a walk.

Input is what is wished for, an air and a line to whoever plays the light or prompts the person; output is what was
heard and answered.  It knows no process, no file and no clock but the air's.  A transmitter whose answer is known in
this zone already is not tested again.  Everything that kept a test from being made or finished has a name.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sweep.plug.measurement import code_of
from sweep.plug.talk import PLAYED_OUT, Leave, Line, Progress, TrialKind
from sweep.report import StimulusJudgement
from sweep.wifi.air import Air, CaptureOpenError
from sweep.wifi.listen import Heard, Listener, may_be_video
from sweep.wifi.response_test import REPORT_EVERY_S, Trial, TrialResult, TrialWish, not_assessable
from sweep.wifi.scan import WifiScan, scan_log
from sweep.wifi.transmitters import list_flows
from sweep.wifi.video import OPEN_REASONS

if TYPE_CHECKING:
    from sweep.wifi.scan import JudgedTransmitter

MAX_TRIALS: Final = 2
"""Channels tested at one position, those with the strongest signs first: guessed, four minutes."""
MAY_PASS: Final = frozenset({"lamp_went_off", "lamp_not_playing", "head_restarted", "head_away"})
"""Troubles of the head that may be over by now: a test that was not judged yet begins once more, with new chips.  One
that was judged does not: it would be a second chance."""
SETTLED: Final = frozenset({"decided", PLAYED_OUT})


@dataclass(frozen=True, slots=True)
class WifiWish:
    """What is wished for at one stand."""

    dwell_s: float
    """Listen so long before any test."""
    trial: TrialKind | None = None
    """What sends like a camera is tested by the lamp, or by a person who walks; None: not at all."""
    trial_longest_s: float = 114.0
    """How long the lamp may play."""
    is_any_uplink: bool = False
    """Every thick uplink is tested, not only what may be a camera."""
    no_trial_because: str | None = None
    """Code that says why nothing can be played now; None when it can."""
    decided: frozenset[int] = frozenset()
    """Addresses whose answer is known in this zone already."""
    own_addresses: frozenset[int] = frozenset()
    """The probe's own radios, which are no transmitters of the room."""


@dataclass(frozen=True, slots=True)
class HeardStand:
    """What a stand came to."""

    heard: Heard
    follows: dict[int, StimulusJudgement]
    """Answers to light or walk, by address."""
    troubles: Counter[str]
    """What kept a test from being made or finished, and `left_…`: why everything had to stop."""
    is_settled: bool
    """Every test that was to be made came to its end."""

    @property
    def lefts(self) -> tuple[str, ...]:
        """Codes that say why everything had to stop before it was over."""
        return tuple(name.removeprefix("left_") for name in self.troubles if name.startswith("left_"))


class _Interruption:
    """Hears the runner while the air is listened to, and tells it how far that is."""

    def __init__(self, air: Air, line: Line, longest_s: float) -> None:
        self._air = air
        self._line = line
        self._longest_s = longest_s
        self._begun_ns = self._told_ns = air.now_ns()
        self.left: str | None = None
        """Why everything has to stop."""

    def goes_on(self) -> bool:
        """False when the runner wants everything to stop."""
        for word in self._line.hear():
            if isinstance(word, Leave):
                self.left = word.reason
        now_ns = self._air.now_ns()
        if now_ns - self._told_ns >= REPORT_EVERY_S * 1e9:
            self._told_ns = now_ns
            elapsed_s = (now_ns - self._begun_ns) / 1e9
            self._line.say(Progress("listening", min(elapsed_s, self._longest_s), self._longest_s))
        return self.left is None


def hear_stand(wish: WifiWish, air: Air, line: Line) -> HeardStand:
    """What is heard of `air` from now on, and what answers to what is played at the other end of `line`."""
    interruption = _Interruption(air, line, wish.dwell_s)
    listener = Listener(air)
    heard = listener.listen(wish.dwell_s, interruption.goes_on)
    follows: dict[int, StimulusJudgement] = {}
    troubles: Counter[str] = Counter({f"left_{interruption.left}": 1} if interruption.left else {})
    is_settled = True
    if interruption.left is None and wish.trial is not None:
        results = _test(wish, wish.trial, listener, heard, line)
        for result in results:
            follows |= result.judgements
            troubles += result.chips
            if result.left is not None:
                troubles[f"left_{result.left}"] = 1
            if result.ended not in SETTLED:
                is_settled = False
                troubles[code_of(f"{result.kind}_{result.ended}")] += 1
        if results:
            heard = listener.heard()
    return HeardStand(heard, follows, troubles, is_settled)


def _test(wish: WifiWish, kind: TrialKind, listener: Listener, heard: Heard, line: Line) -> list[TrialResult]:
    """A test on each channel where something that matters sends."""
    known = wish.decided | wish.own_addresses
    wanted = targets_by_channel(scan_log(heard.log), heard, is_any=wish.is_any_uplink, decided=known)
    results: list[TrialResult] = []
    for mhz, addresses in wanted.items():
        trial = TrialWish(kind, addresses, wish.trial_longest_s, trials=len(wanted))
        left = next((result.left for result in results if result.left is not None), None)
        refusal = left or wish.no_trial_because
        if refusal is None:
            try:
                result = Trial(trial, listener.watch(mhz), line).run()
                if result.ended in MAY_PASS and result.looks == 0:
                    result = Trial(trial, listener.watch(mhz), line).run()
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

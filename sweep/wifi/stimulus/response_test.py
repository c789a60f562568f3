"""One response test, sans-IO: chips are played while a channel is watched, and traffic is judged at looks.

Input is the addresses that matter, then step by step the time, a watched channel and words of whoever draws and plays
the chips; output is messages back, and in the end `ResponseTestResult`: a judgement for each transmitter heard, with a
named reason where there is none.  Light and a walking person are the same test with other chips.  It goes on while time
is left and what follows does not yet say so clearly enough, and ends as soon as every transmitter that matters has, or
nothing more can come of it (`stopping_rule`).  What was not played, not heard or broken off is never called "does not
follow".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from sweep.modality.messages import (
    PLAYED_OUT,
    SKIPPED,
    Leave,
    PlayChips,
    Played,
    Progress,
    ResponseTestKind,
    SkipResponseTests,
    StopChips,
    ToRunner,
    ToWorker,
)
from sweep.modality.white_lamp_rest import DARK_SHARE
from sweep.report import StimulusJudgement
from sweep.wifi.frames.framelog import FrameLog
from sweep.wifi.stimulus.sequence import ChipSequence
from sweep.wifi.stimulus.significance import (
    LONGEST_DELAY_S,
    LOOKS,
    SIGNIFICANT,
    SLOW_DELAY_CHIPS,
    StimulusResult,
    StimulusScan,
    deny,
    judge_stimulus,
    round_light,
)
from sweep.wifi.stimulus.stopping_rule import is_enough, is_hopeless
from sweep.wifi.transmitters.shared_addresses import TWO_TRANSMITTERS

LIGHT_CHIP_S: Final = 0.6
WALK_CHIP_S: Final = 4.0
WALK_CHIPS: Final = 30
"""Two minutes: 25 chips are the least that the test takes, and the first may be missed.  Judged once, at its end, so
the whole error is spent there: a person should not walk for six looks."""
LEAD_S: Final = 3.0
"""The channel is watched before the first chip, so that late reports of the lamp cost no chip: derived, half of what
the test uses to level traffic."""
SLICE_S: Final = 0.25
"""The longest that a stop has to wait for the receiver."""
REPORT_EVERY_S: Final = 1.0
START_WITHIN_S: Final = 8.0
"""The first chip is reported within this, or the lamp does not play: derived, the head's 3 s and a walker's 5 s."""
OVERDUE_S: Final = 30.0
"""A test that is not over so long after its last chip never will be: guessed, far above any clock's error."""
NO_PROMISE: Final = "no_promise"
"""How a test ends that nothing has answered and nothing will."""
SETTLED: Final = frozenset({"decided", PLAYED_OUT, NO_PROMISE})
"""Ends at which answers stand."""
LAMP_RESTED: Final = "lamp_rested"
"""Why nothing is denied: the lamp had to rest while it should have shone."""
GONE_S: Final = 12.0
"""A transmitter that sent nothing for so long sends no pictures any more: guessed, twice a slow encoder's group."""
RADIO_ERROR_NS: Final = 20_000_000
"""Between a picture's packet in the air and its time stamp, at most: guessed, a USB adapter that joins frames."""
WALK_ERROR_NS: Final = 500_000_000
"""A person turns or stands within half a second of the prompt: guessed."""


class Watch(Protocol):
    """A channel that is stayed on; a test only looks at it."""

    @property
    def is_away(self) -> bool:
        """The adapter was away since the watch began."""

    def now_ns(self) -> int:
        """The time up to which the channel was listened to, on the clock of its frames and of what is played."""

    def hear(self, seconds: float) -> None:
        """Listen so long."""

    def log(self) -> FrameLog:
        """Everything heard since the watch began."""


@dataclass(frozen=True, slots=True)
class ResponseTestRequest:
    """What is to be tested."""

    kind: ResponseTestKind
    targets: frozenset[int]
    """Addresses of the transmitters that matter."""
    longest_s: float
    """Of chips."""
    tests_here: int = 1
    """Tests at this position, settled before the first: each p-value is multiplied by it."""


@dataclass(slots=True)
class ResponseTestResult:
    """What came of one test."""

    kind: ResponseTestKind
    judgements: dict[int, StimulusJudgement] = field(default_factory=dict)
    """By address: every flow that was tested, and all targets."""
    ended: str = PLAYED_OUT
    """One of `SETTLED`, or the code of what broke it off."""
    played_s: float = 0.0
    looks: int = 0
    """Times it was judged."""
    chips: Counter[str] = field(default_factory=Counter)
    """Chips by what became of them: `chip_cut_by_guard`, `chip_unreported`, `chip_lamp_rested`."""
    left: str | None = None
    """The runner said that everything has to stop, and why."""
    longest_s: float = 0.0
    """How long the chips might take."""
    took_s: float = 0.0
    """Time at the position, with what a test takes besides its chips."""
    open_s: float = 0.0
    """Of it, what was only for transmitters that their traffic leaves open."""


class _Ended(Exception):
    """The test is over; the argument is the code."""


class ResponseTest:
    """One test on its way: listen for `listens_s`, then `step`, as long as it `is_going_on`."""

    def __init__(self, wish: ResponseTestRequest, judge: Callable[..., StimulusScan] = judge_stimulus) -> None:
        """Whoever the words of `step` go to draws the chips, plays them and tells which and when."""
        self._wish = wish
        self._judge_stimulus = judge
        is_light = wish.kind == "light"
        self._chip_s = LIGHT_CHIP_S if is_light else WALK_CHIP_S
        self._looks = looks_within(wish.longest_s) if is_light else (WALK_CHIPS,)
        self._longest_s = self._looks[-1] * self._chip_s
        self._now_ns = 0
        self._step_end_ns: int | None = None
        """Nothing is decided before."""
        self._asked_ns: int | None = None
        self._played: Played | None = None
        self._next_look = 0
        self._together: list[tuple[int, ...]] = []
        """Addresses of one transmitter, where it has several."""
        self._reported_ns = 0
        self._alone: dict[int, float] = {}
        """By address: its p-value at the last look, before correction over flows."""
        self.result = ResponseTestResult(wish.kind, longest_s=wish.longest_s)
        """Complete when it is over."""
        self.is_going_on = True

    def listens_s(self, now_ns: int) -> float:
        """How long the channel is to be watched until the next step; the first time `LEAD_S` begins."""
        if self._step_end_ns is None:
            self._step_end_ns = now_ns + round(LEAD_S * 1e9)
        return max(0.0, min(SLICE_S, (self._step_end_ns - now_ns) / 1e9))

    def step(self, now_ns: int, words: Sequence[ToWorker], watch: Watch) -> list[ToRunner]:
        """Take what was said and heard up to now; what to say."""
        self._now_ns = now_ns
        said: list[ToRunner] = []
        try:
            self._take(words)
            self._check(watch)
            said += self._report()
            if self._step_end_ns is None or now_ns >= self._step_end_ns:
                said += self._go_on(watch)
                self._step_end_ns = now_ns + round(SLICE_S * 1e9)
        except _Ended as end:
            self.result.ended = str(end)
            self.is_going_on = False
            self._finish()
            said.append(StopChips(self.result.ended))
        return said

    def _take(self, words: Sequence[ToWorker]) -> None:
        for word in words:
            match word:
                case Leave(reason=reason):
                    self.result.left = reason
                    raise _Ended(reason)
                case SkipResponseTests():
                    raise _Ended(SKIPPED)
                case Played() if self._asked_ns is not None:  # of a test before this one nothing is wanted
                    self._played = word
                case _:
                    pass

    def _check(self, watch: Watch) -> None:
        if watch.is_away:
            raise _Ended("adapter_away")
        played = self._played
        if played is not None and played.ended not in {None, PLAYED_OUT}:
            raise _Ended(played.ended or PLAYED_OUT)

    def _report(self) -> list[ToRunner]:
        if self._now_ns - self._reported_ns < REPORT_EVERY_S * 1e9:
            return []
        self._reported_ns = self._now_ns
        return [Progress(self._wish.kind, min(self._elapsed_s(), self._longest_s), self._longest_s)]

    def _go_on(self, watch: Watch) -> list[ToRunner]:
        """Ask for the chips once the channel was watched for a while; then look whenever it is time."""
        if self._asked_ns is None:
            self._asked_ns = self._now_ns
            return [PlayChips(self._wish.kind, self._looks[-1], self._chip_s)]
        patience_s = START_WITHIN_S if self._played is None else self._longest_s + OVERDUE_S
        if self._now_ns - self._asked_ns > patience_s * 1e9:
            raise _Ended("lamp_not_playing")
        if self._is_time_to_look():
            self._look(watch.log())
        return []

    def _elapsed_s(self) -> float:
        played = self._played
        return 0.0 if played is None or played.begun == 0 else max(0.0, (self._now_ns - played.start_ns) / 1e9)

    def _is_time_to_look(self) -> bool:
        played = self._played
        if played is None or played.begun == 0:
            return False
        chips = self._looks[self._next_look]
        delay_s = max(LONGEST_DELAY_S, SLOW_DELAY_CHIPS * self._chip_s)
        end_ns = played.start_ns + chips * played.chip_ns + self._error_ns(played) + delay_s * 1e9
        has_begun = played.begun >= chips or played.ended == PLAYED_OUT  # the last report may be lost
        return has_begun and len(played.chips) >= chips and self._now_ns > end_ns + SLICE_S * 1e9

    def _error_ns(self, played: Played) -> int:
        return played.error_ns + (RADIO_ERROR_NS if self._wish.kind == "light" else WALK_ERROR_NS)

    def _look(self, log: FrameLog) -> None:
        """Judge by the chips up to this look; raises _Ended when no further look can change anything."""
        chips = self._looks[self._next_look]
        self._next_look += 1
        self.result.looks += 1
        self._judge(log, chips)
        answers = self.result.judgements
        follow = {a for a, one in answers.items() if one.verdict == FOLLOWS}
        undecided = self._wish.targets - follow
        unclear = {a for a in self._wish.targets & follow if not is_enough(answers[a].p_value)}
        if not undecided and not unclear:
            raise _Ended("decided")
        if self._next_look == len(self._looks):
            raise _Ended("decided" if not undecided else PLAYED_OUT)
        sending = self._still_sending(log)
        if not (undecided | unclear) & sending:
            raise _Ended("decided" if not undecided else "transmitter_silent")
        hoping = {
            a for a in undecided
            if not is_hopeless(answers[a].p_value if a in answers else None, chips, alone=self._alone.get(a))
        }  # fmt: skip
        if not (hoping | unclear) & sending:
            raise _Ended(NO_PROMISE)

    def _still_sending(self, log: FrameLog) -> set[int]:
        """Addresses that sent something in the last GONE_S, or whose transmitter did under another one."""
        late = log.frames.t_ns >= self._now_ns - GONE_S * 1e9
        sending = set(log.frames.ta[late].tolist())
        return sending.union(*(one for one in self._together if not sending.isdisjoint(one)))

    def _judge(self, log: FrameLog, chips: int) -> None:
        played = self._played
        if played is None:
            return
        sequence = ChipSequence(
            start_s=played.start_ns / 1e9,
            start_uncertainty_s=self._error_ns(played) / 1e9,
            chip_s=played.chip_ns / 1e9,
            chips=played.chips[:chips],
        )
        is_light = self._wish.kind == "light"
        valued = None if self._next_look == len(self._looks) else self._wish.targets
        scan = self._judge_stimulus(
            log,
            sequence,
            is_sequential=is_light,
            valued=valued if is_light else frozenset(),
            tests_here=self._wish.tests_here,
            chosen=self._wish.targets,
        )
        self._together = [one.addresses for one in scan.transmitters if len(one.addresses) > 1]
        for one in scan.transmitters:
            judgement = self._judgement(one)
            if one.p_value is not None:
                self._alone |= dict.fromkeys(one.addresses, one.p_value * self._wish.tests_here)
            for address in one.addresses:
                known = self.result.judgements.get(address)
                if judgement.p_value is not None or address in self._wish.targets:
                    self.result.judgements[address] = judgement if known is None else later(known, judgement)

    def _judgement(self, one: StimulusResult) -> StimulusJudgement:
        adjusted = None if one.adjusted_p_value is None else min(1.0, one.adjusted_p_value * self._wish.tests_here)
        verdict, reason = one.verdict, one.reason
        if verdict == FOLLOWS and (adjusted is None or adjusted > SIGNIFICANT):
            verdict, reason = deny(one.tested_s, one.smallest_light_share)
        if verdict != FOLLOWS and self._was_dark():
            verdict, reason = "not_assessable", LAMP_RESTED
        return StimulusJudgement(
            verdict=verdict,
            p_value=adjusted,
            kind=self._wish.kind,
            reason=reason if verdict == "not_assessable" else None,
            tested_s=round(one.tested_s, 3),
            decided_after_s=round(self._elapsed_s(), 1) if verdict == FOLLOWS else None,
            smallest_light_share=round_light(one.smallest_light_share),
        )

    def _was_dark(self) -> bool:
        """Whether so many chips stayed dark that nothing can be denied."""
        played = self._played
        lit = 0 if played is None else sum(played.chips[: played.begun])
        return played is not None and played.withheld > DARK_SHARE * max(1, lit)

    def judgements_if_cut(self, reason: str) -> dict[int, StimulusJudgement]:
        """The answers, should it end now for that reason: what was broken off is not assessable, except where it was
        decided before.
        """
        answers = {}
        for address, one in self.result.judgements.items():
            changes = {"verdict": "not_assessable", "reason": reason}
            answers[address] = one if one.verdict == FOLLOWS else one.model_copy(update=changes)
        for address in self._wish.targets - answers.keys():
            answers[address] = not_assessable(self._wish.kind, reason)
        return answers

    def _finish(self) -> None:
        result, played = self.result, self._played
        if played is not None:
            result.played_s = round(played.begun * played.chip_ns / 1e9, 3)
            counts = {
                "chip_cut_by_guard": played.cut,
                "chip_unreported": played.unreported,
                "chip_lamp_rested": played.withheld,
            }
            result.chips.update({name: count for name, count in counts.items() if count})
        if result.ended not in SETTLED:
            result.judgements = self.judgements_if_cut(result.ended)
            return
        for address in self._wish.targets - result.judgements.keys():
            result.judgements[address] = not_assessable(self._wish.kind, "not_tested")


FOLLOWS: Final = "follows_light"


def later(known: StimulusJudgement, now: StimulusJudgement) -> StimulusJudgement:
    """The judgement at a later look: what was found once holds, as of when it was found, and may become surer; unless
    the address has shown two transmitters since.
    """
    if known.verdict != FOLLOWS or now.reason == TWO_TRANSMITTERS:
        return now
    if known.p_value is None or now.p_value is None or now.p_value >= known.p_value:
        return known
    return known.model_copy(update={"p_value": now.p_value, "tested_s": now.tested_s})


def not_assessable(kind: ResponseTestKind, reason: str) -> StimulusJudgement:
    """The judgement on a transmitter that was not tested, and why."""
    return StimulusJudgement(verdict="not_assessable", p_value=None, kind=kind, reason=reason)


def looks_within(longest_s: float) -> tuple[int, ...]:
    """Chips of light after which a test that may take so long looks; the first look always."""
    looks = [chips for chips, _ in LOOKS]
    return tuple(chips for chips in looks if chips * LIGHT_CHIP_S <= longest_s) or (looks[0],)

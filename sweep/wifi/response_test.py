"""One response test, live: chips are played while a channel is watched, and a transmitter's traffic is judged at looks.

Input is a watched channel and its clock, the addresses that matter and a line to whoever draws and plays the chips;
output is `TrialResult`: a judgement for each transmitter heard, with a named reason where there is none.  Light and a
walking person are the same test with other chips.  It ends as soon as every transmitter that matters is decided, or
when nothing more can come of it.  What was not played, not heard or broken off is never called "does not follow".
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final, Protocol

from sweep.plug.talk import PLAYED_OUT, Leave, Line, PlayChips, Played, Progress, StopChips, TrialKind
from sweep.report import StimulusJudgement
from sweep.wifi.framelog import FrameLog
from sweep.wifi.sequence import ChipSequence
from sweep.wifi.stimulus import (
    LONGEST_DELAY_S,
    LOOKS,
    MIN_DENIAL_S,
    SIGNIFICANT,
    SLOW_DELAY_CHIPS,
    StimulusScan,
    judge_stimulus,
)

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
GONE_S: Final = 12.0
"""A transmitter that sent nothing for so long sends no pictures any more: guessed, twice a slow encoder's group."""
RADIO_ERROR_NS: Final = 20_000_000
"""Between a picture's packet in the air and its time stamp, at most: guessed, a USB adapter that joins frames."""
WALK_ERROR_NS: Final = 500_000_000
"""A person turns or stands within half a second of the prompt: guessed."""


class Watch(Protocol):
    """A channel that is stayed on."""

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
class TrialWish:
    """What is to be tested."""

    kind: TrialKind
    targets: frozenset[int]
    """Addresses of the transmitters that matter."""
    longest_s: float
    """Of chips."""
    trials: int = 1
    """Tests at this position, settled before the first: each p-value is multiplied by it."""


@dataclass(slots=True)
class TrialResult:
    """What came of one test."""

    kind: TrialKind
    judgements: dict[int, StimulusJudgement] = field(default_factory=dict)
    """By address: every flow that was tested, and all targets."""
    ended: str = PLAYED_OUT
    """`decided`, `played_out`, or the code of what broke it off."""
    played_s: float = 0.0
    looks: int = 0
    """Times it was judged."""
    chips: Counter[str] = field(default_factory=Counter)
    """Chips by what became of them: `chip_cut_by_guard`, `chip_unreported`."""
    left: str | None = None
    """The runner said that everything has to stop, and why."""


class Judge(Protocol):
    """What decides whether traffic follows chips: `judge_stimulus`."""

    def __call__(self, log: FrameLog, sequence: ChipSequence, *, is_sequential: bool) -> StimulusScan:
        """Test the uplinks of a log against a sequence."""


class _Ended(Exception):
    """The trial is over; the argument is the code."""


class Trial:
    """One test on its way."""

    def __init__(self, wish: TrialWish, watch: Watch, line: Line, judge: Judge = judge_stimulus) -> None:
        """Whoever is at the other end of `line` draws the chips, plays them and tells which and when."""
        self._wish = wish
        self._watch = watch
        self._line = line
        self._judge_stimulus = judge
        is_light = wish.kind == "light"
        self._chip_s = LIGHT_CHIP_S if is_light else WALK_CHIP_S
        self._looks = looks_within(wish.longest_s) if is_light else (WALK_CHIPS,)
        self._has_asked = False
        self._played: Played | None = None
        self._next_look = 0
        self._reported_s = 0.0
        self._result = TrialResult(wish.kind)

    def run(self) -> TrialResult:
        """Play, listen and judge until it is over."""
        try:
            self._hear_for(LEAD_S)
            self._has_asked = True
            self._line.say(PlayChips(self._wish.kind, self._looks[-1], self._chip_s))
            asked_s = self._now_s()
            while True:
                self._hear_for(SLICE_S)
                longest_s = self._looks[-1] * self._chip_s + OVERDUE_S
                if self._now_s() - asked_s > (START_WITHIN_S if self._played is None else longest_s):
                    raise _Ended("lamp_not_playing")
                if self._is_time_to_look():
                    self._look()
        except _Ended as end:
            self._result.ended = str(end)
        self._line.say(StopChips(self._result.ended))
        self._finish()
        return self._result

    def _hear_for(self, seconds: float) -> None:
        end_ns = self._watch.now_ns() + round(seconds * 1e9)
        while (left_ns := end_ns - self._watch.now_ns()) > 0:
            self._watch.hear(min(SLICE_S, left_ns / 1e9))
            for word in self._line.hear():
                match word:
                    case Leave(reason=reason):
                        self._result.left = reason
                        raise _Ended(reason)
                    case Played() if self._has_asked:  # of a test before this one nothing is wanted
                        self._played = word
                    case _:
                        pass
            self._check()
            self._report()

    def _check(self) -> None:
        if self._watch.is_away:
            raise _Ended("adapter_away")
        played = self._played
        if played is not None and played.ended not in {None, PLAYED_OUT}:
            raise _Ended(played.ended or PLAYED_OUT)

    def _report(self) -> None:
        now_s = self._now_s()
        if now_s - self._reported_s >= REPORT_EVERY_S:
            self._reported_s = now_s
            longest_s = self._looks[-1] * self._chip_s
            self._line.say(Progress(self._wish.kind, min(self._elapsed_s(), longest_s), longest_s))

    def _now_s(self) -> float:
        return self._watch.now_ns() / 1e9

    def _elapsed_s(self) -> float:
        played = self._played
        return 0.0 if played is None or played.begun == 0 else max(0.0, (self._watch.now_ns() - played.start_ns) / 1e9)

    def _is_time_to_look(self) -> bool:
        played = self._played
        if played is None or played.begun == 0:
            return False
        chips = self._looks[self._next_look]
        delay_s = max(LONGEST_DELAY_S, SLOW_DELAY_CHIPS * self._chip_s)
        end_ns = played.start_ns + chips * played.chip_ns + self._error_ns(played) + delay_s * 1e9
        has_begun = played.begun >= chips or played.ended == PLAYED_OUT  # the last report may be lost
        return has_begun and len(played.chips) >= chips and self._watch.now_ns() > end_ns + SLICE_S * 1e9

    def _error_ns(self, played: Played) -> int:
        return played.error_ns + (RADIO_ERROR_NS if self._wish.kind == "light" else WALK_ERROR_NS)

    def _look(self) -> None:
        """Judge by the chips up to this look; raises _Ended when no further look can change anything."""
        chips = self._looks[self._next_look]
        self._next_look += 1
        self._result.looks += 1
        log = self._watch.log()
        self._judge(log, chips)
        undecided = self._wish.targets - {a for a, one in self._result.judgements.items() if one.verdict == FOLLOWS}
        if not undecided:
            raise _Ended("decided")
        if self._next_look == len(self._looks):
            raise _Ended(PLAYED_OUT)
        if not undecided & _still_sending(log, self._watch.now_ns()):
            raise _Ended("transmitter_silent")

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
        for one in self._judge_stimulus(log, sequence, is_sequential=self._wish.kind == "light").transmitters:
            judgement = self._judgement(one.verdict, one.adjusted_p_value, one.reason, one.tested_s)
            for address in one.addresses:
                known = self._result.judgements.get(address)
                if judgement.p_value is not None or address in self._wish.targets:
                    is_known = known is not None and known.verdict == FOLLOWS  # holds at whatever look it was found
                    self._result.judgements[address] = known if is_known and known is not None else judgement

    def _judgement(self, verdict: str, p_value: float | None, reason: str | None, tested_s: float) -> StimulusJudgement:
        adjusted = None if p_value is None else min(1.0, p_value * self._wish.trials)
        if verdict == FOLLOWS and (adjusted is None or adjusted > SIGNIFICANT):
            is_long = tested_s >= MIN_DENIAL_S
            verdict, reason = ("does_not", None) if is_long else ("not_assessable", "too_short")
        return StimulusJudgement.model_validate(
            {
                "verdict": verdict,
                "p_value": adjusted,
                "kind": self._wish.kind,
                "reason": reason if verdict == "not_assessable" else None,
                "tested_s": round(tested_s, 3),
                "decided_after_s": round(self._elapsed_s(), 1) if verdict == FOLLOWS else None,
            }
        )

    def _finish(self) -> None:
        """What was broken off is not assessable, except where it was decided before."""
        result, played = self._result, self._played
        if played is not None:
            result.played_s = round(played.begun * played.chip_ns / 1e9, 3)
            counts = {"chip_cut_by_guard": played.cut, "chip_unreported": played.unreported}
            result.chips.update({name: count for name, count in counts.items() if count})
        if result.ended in {"decided", PLAYED_OUT}:
            missing = "not_tested"
        else:
            missing = result.ended
            for address, one in result.judgements.items():
                if one.verdict != FOLLOWS:
                    changes = {"verdict": "not_assessable", "reason": missing}
                    result.judgements[address] = one.model_copy(update=changes)
        for address in self._wish.targets - result.judgements.keys():
            result.judgements[address] = not_assessable(self._wish.kind, missing)


FOLLOWS: Final = "follows_light"


def not_assessable(kind: TrialKind, reason: str) -> StimulusJudgement:
    """The judgement on a transmitter that was not tested, and why."""
    return StimulusJudgement(verdict="not_assessable", p_value=None, kind=kind, reason=reason)


def looks_within(longest_s: float) -> tuple[int, ...]:
    """Chips of light after which a test that may take so long looks; the first look always."""
    looks = [chips for chips, _ in LOOKS]
    return tuple(chips for chips in looks if chips * LIGHT_CHIP_S <= longest_s) or (looks[0],)


def _still_sending(log: FrameLog, now_ns: int) -> frozenset[int]:
    """Addresses that sent something in the last GONE_S."""
    late = log.frames.t_ns >= now_ns - GONE_S * 1e9
    return frozenset(int(address) for address in set(log.frames.ta[late].tolist()))

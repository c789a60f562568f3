"""The light of a simulated sweep: at which stands it is played, for how long, and how each transmitter answers.

Job: play the light stand after stand within the real budget, two channels a stand, by the real rule of stopping
(`sweep.wifi.stopping`) over measured runs, look by look. Input: transmitters with their runs and the budget; output:
p-values and seconds. Refuses more light than a sweep has time for: what was not played has no answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol, get_args

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr  # type: ignore[import-untyped]  # scipy has no types of its own

from sweep.wifi.response_test import LIGHT_CHIP_S, looks_within
from sweep.wifi.stand import WifiWish
from sweep.wifi.stimulus import LOOKS, MIN_DENIAL_S, SIGNIFICANT
from sweep.wifi.stopping import is_enough, is_hopeless
from sweep.wifi.targets import LOUDER_DB, MAX_TRIALS
from sweep.wifi.trials import AROUND_TRIAL_S, trial_shares

CHANNELS: Final = 2
"""Over which the transmitters of a room that are tested spread: derived, at least so many where there are two."""
POOL: Final = 1 << 18
"""Tests of what does not see the light that are drawn from."""
TOLD_LIGHT: Final = 0.08
"""What the lamp is sure to add (`sweep.wifi.sensitivity.LAMP_SHARE`)."""
Floats = npt.NDArray[np.float64]
Fate = Literal[
    "not_called_video", "louder_elsewhere", "no_time", "cut_short", "too_weak", "follows", "follows_clearly"
]  # fmt: skip
"""`cut_short`: it would have followed, among two flows, had the lamp played for 114 s; `too_weak`: not even then."""
FATES: Final[tuple[Fate, ...]] = get_args(Fate)
Verdict = Literal["follows_light", "does_not", "not_assessable"]


class LightPlan(Protocol):
    """What a stand's light may take (`sweep.run.budget.StandPlan`)."""

    @property
    def light_s(self) -> float | None:
        """All of it."""

    @property
    def open_light_s(self) -> float | None:
        """Of it, where nothing is called video."""


class Timing(Protocol):
    """How long a sweep may take (`sweep.run.budget.Budget`)."""

    def hold(self, seconds: float) -> None:
        """Keep so much for second looks."""

    def stand(self, stands: int, *, is_first: bool) -> LightPlan:
        """What the stand that begins may take."""

    def look(self) -> LightPlan:
        """What a second look by light may take."""


TimingOf = Callable[[int, Callable[[], float]], Timing]
"""Of a room with so many stalls, by a clock in seconds."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How the light test of one transmitter ended at one stand."""

    verdict: Verdict
    p_value: float | None
    """None: not tested."""


UNTESTED: Final = Answer("not_assessable", None)


class Lit(Protocol):
    """A transmitter as far as the light is concerned (`city_sweeps.Device`)."""

    @property
    def video(self) -> Literal["video_uplink", "not_video", "not_assessable"]:
        """What its traffic is called."""

    @property
    def lit_zone(self) -> int:
        """Where it sees the light; -1: nowhere."""

    @property
    def channel(self) -> int:
        """Which of CHANNELS."""

    @property
    def levels(self) -> Sequence[float]:
        """At each stand, in dBm."""

    @property
    def outside_dbm(self) -> float:
        """Outside the door."""

    @property
    def run(self) -> Sequence[float]:
        """P-values that hold at each look where it sees the light."""

    @property
    def again(self) -> Sequence[float]:
        """And in a second look."""

    @property
    def smallest(self) -> float | None:
        """Light that a denial is worth."""


class Dark:
    """Tests of what does not see the light, look by look: p-values of looks correlated as measured."""

    def __init__(self, correlation: Sequence[Sequence[float]], rng: np.random.Generator) -> None:
        """`correlation` of the looks' normal scores (`tests/simulators/light_nulls.py`)."""
        normal = rng.multivariate_normal(np.zeros(len(LOOKS)), np.array(correlation), POOL, method="cholesky")
        shares = np.array([share for _, share in LOOKS])
        self.holds: Floats = np.minimum.accumulate(np.minimum(ndtr(-normal) / shares, 1.0), axis=1)
        """By test and look: the p-value that holds."""
        self._rng = rng

    def draw(self) -> Floats:
        """One test."""
        drawn: Floats = self.holds[int(self._rng.integers(POOL))]
        return drawn


def stop_at(runs: Sequence[Sequence[float]], times: float, longest_s: float) -> tuple[list[float], float]:
    """P-values at which one test of several flows ends, and the seconds that it played.

    `runs`: what holds at each look, before they are multiplied by `times` (flows of the channel, tests of the stand).
    """
    looks = looks_within(longest_s)
    found = [1.0] * len(runs)
    for number, chips in enumerate(looks):
        found = [min(1.0, times * run[min(number, len(run) - 1)]) for run in runs]
        open_ones = [p for p in found if not is_enough(p)]
        if not open_ones or all(is_hopeless(p, chips) for p in open_ones):
            return found, chips * LIGHT_CHIP_S
    return found, looks[-1] * LIGHT_CHIP_S


def play_stand(
    devices: Sequence[Lit], zone: int, plan: LightPlan, dark: Dark, *, again: bool = False
) -> tuple[list[Answer], float]:
    """Answers of all transmitters of a room to the light in one zone, and what it takes."""
    answers = [UNTESTED] * len(devices)
    by_channel: dict[int, list[int]] = {}
    for number, device in enumerate(devices):
        if device.video != "not_video" and (again or not is_louder_elsewhere(device, zone)):
            by_channel.setdefault(device.channel, []).append(number)
    has_video = {c: any(devices[n].video == "video_uplink" for n in members) for c, members in by_channel.items()}
    tested = sorted(by_channel, key=lambda channel: (not has_video[channel], channel))[:MAX_TRIALS]
    wish = WifiWish(0.0, "light", trials_longest_s=plan.light_s, open_trials_longest_s=plan.open_light_s)
    spent_s = 0.0
    for channel, longest_s in zip(tested, trial_shares(wish, [has_video[c] for c in tested]), strict=True):
        if not longest_s:
            continue
        members = by_channel[channel]
        runs: list[Any] = []
        for number in members:
            one = devices[number]
            runs.append((one.again if again else one.run) if zone == one.lit_zone else dark.draw())
        found, played_s = stop_at(runs, len(members) * len(tested), longest_s)
        spent_s += played_s + AROUND_TRIAL_S
        for number, p_value in zip(members, found, strict=True):
            answers[number] = answer(devices[number], float(p_value), played_s)
    return answers, spent_s


def is_louder_elsewhere(device: Lit, zone: int) -> bool:
    """As a stand's earlier ones and the door know it (`sweep.wifi.targets.is_louder`)."""
    return max([device.outside_dbm, *device.levels[:zone]]) >= device.levels[zone] + LOUDER_DB


def fate_of(device: Lit, zone: int, told: Answer) -> Fate:
    """What became of the light test of a camera in its own zone."""
    if device.video == "not_video":
        return "not_called_video"
    if told.p_value is None:
        return "louder_elsewhere" if is_louder_elsewhere(device, zone) else "no_time"
    if told.p_value <= SIGNIFICANT:
        return "follows_clearly" if is_enough(told.p_value) else "follows"
    return "cut_short" if CHANNELS * device.run[-1] <= SIGNIFICANT else "too_weak"


def answer(device: Lit, p_value: float, played_s: float) -> Answer:
    """What the test of one transmitter came to."""
    if p_value <= SIGNIFICANT:
        return Answer("follows_light", p_value)
    is_told = played_s >= MIN_DENIAL_S and device.smallest is not None and device.smallest <= TOLD_LIGHT
    return Answer("does_not" if is_told else "not_assessable", p_value)

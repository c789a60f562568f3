"""The light of a simulated sweep: at which stands it is played, for how long, and how each transmitter answers.

Job: play the light when every zone was heard, in the order of `sweep.modality.pending_light` within the real budget, by
the real rule of stopping (`sweep.wifi.stimulus.stopping_rule`) over measured runs, look by look. Input: transmitters
with their runs and the budget; output: p-values and seconds. Refuses more light than a sweep has time for: what was not
played has no answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from sweep.modality.pending_light import LEAST_CHANCE, OPEN_WORTH, Chance
from sweep.run.plan.budget import Budget, Durations, PositionPlan
from sweep.wifi.position import WifiRequest
from sweep.wifi.response_test_schedule import AROUND_TEST_S, shares_of_tests_s
from sweep.wifi.stimulus.response_test import LIGHT_CHIP_S, looks_within
from sweep.wifi.stimulus.significance import LOOKS, MIN_DENIAL_S, SIGNIFICANT
from sweep.wifi.stimulus.stopping_rule import is_enough, is_hopeless
from sweep.wifi.targets import LOUDER_DB, MAX_RESPONSE_TESTS

CHANNELS: Final = 2
"""Over which the transmitters of a room that are tested spread: derived, at least so many where there are two."""
POOL: Final = 1 << 18
"""Tests of what does not see the light that are drawn from."""
TOLD_LIGHT: Final = 0.08
"""What the lamp is sure to add (`sweep.wifi.stimulus.sensitivity.LAMP_SHARE`)."""
Floats = npt.NDArray[np.float64]
Fate = Literal[
    "not_called_video", "unlikely_here", "no_time", "cut_short", "too_weak", "follows", "follows_clearly"
]  # fmt: skip
"""`unlikely_here`: by where it was heard nobody would play the light in its zone; `cut_short`: it would have followed,
among two flows, had the lamp played for 114 s; `too_weak`: not even then."""
FATES: Final[tuple[Fate, ...]] = get_args(Fate)
Verdict = Literal["follows_light", "does_not", "not_assessable"]


def timing_of(stalls: int, clock_s: Callable[[], float]) -> Budget:
    """The budget of a full sweep as the settings are by themselves."""
    usual = Durations(listen_s=20.0, light_s=114.0, ble_s=10.0, film_s=20.0, outside_s=20.0)
    return Budget("full", usual, stalls, clock_s, is_light_last=True)


@dataclass(frozen=True, slots=True)
class Answer:
    """How the light test of one transmitter ended at one position."""

    verdict: Verdict
    p_value: float | None
    """None: not tested."""


UNTESTED: Final = Answer("not_assessable", None)


@dataclass(frozen=True, slots=True)
class Device:
    """One transmitter heard in a room."""

    video: Literal["video_uplink", "not_video", "not_assessable"]
    levels: Sequence[float]
    shares: Sequence[float]
    """Probability of each zone."""
    lit_zone: int
    """Where it sees the light; -1: nowhere."""
    run: Sequence[float]
    """How its light test goes there, look by look."""
    again: Sequence[float]
    """And in a second look: of another camera of its kind, on time or late as it is."""
    smallest: float | None
    channel: int
    """Among those of the room."""
    outside_dbm: float
    """At the position outside the door."""


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


def dark_of(light_nulls: Mapping[str, Any], seed: int) -> Dark:
    """The same tests with a generator of their own, for whoever plays the light of a room once more."""
    return Dark(light_nulls["correlation"], np.random.default_rng([seed, 0xE7E]))


def stop_at(runs: Sequence[Sequence[float]], times: float, longest_s: float) -> tuple[list[float], float]:
    """P-values at which one test of several flows ends, and the seconds that it played.

    `runs`: what holds at each look, before they are multiplied by `times` (flows of the channel, tests of the
    position).
    """
    looks = looks_within(longest_s)
    found = [1.0] * len(runs)
    for number, chips in enumerate(looks):
        found = [min(1.0, times * run[min(number, len(run) - 1)]) for run in runs]
        open_ones = [p for p in found if not is_enough(p)]
        if not open_ones or all(is_hopeless(p, chips) for p in open_ones):
            return found, chips * LIGHT_CHIP_S
    return found, looks[-1] * LIGHT_CHIP_S


def play_ahead(
    devices: Sequence[Device], zone: int, members: Sequence[int], plan: PositionPlan, dark: Dark
) -> tuple[dict[int, Answer], float]:
    """Answers of those transmitters of one channel to the light in one zone, and what it takes besides listening."""
    channel = devices[members[0]].channel
    flows = sum(one.channel == channel and one.video != "not_video" for one in devices)
    has_video = any(devices[n].video == "video_uplink" for n in members)
    longest_s = shares_of_tests_s(_wish(plan), [has_video])[0]
    if not longest_s:
        return {}, 0.0
    runs: list[Any] = [devices[n].run if zone == devices[n].lit_zone else dark.draw() for n in members]
    found, played_s = stop_at(runs, flows, longest_s)
    told = {n: answer(devices[n], float(p), played_s) for n, p in zip(members, found, strict=True)}
    return told, played_s + AROUND_TEST_S


def play_again(devices: Sequence[Device], zone: int, plan: PositionPlan, dark: Dark) -> tuple[list[Answer], float]:
    """Answers of all transmitters of a room to the light at a second look in one zone, and what it takes."""
    answers = [UNTESTED] * len(devices)
    by_channel: dict[int, list[int]] = {}
    for number, device in enumerate(devices):
        if device.video != "not_video":
            by_channel.setdefault(device.channel, []).append(number)
    has_video = {c: any(devices[n].video == "video_uplink" for n in members) for c, members in by_channel.items()}
    tested = sorted(by_channel, key=lambda channel: (not has_video[channel], channel))[:MAX_RESPONSE_TESTS]
    spent_s = 0.0
    for channel, longest_s in zip(tested, shares_of_tests_s(_wish(plan), [has_video[c] for c in tested]), strict=True):
        if not longest_s:
            continue
        members = by_channel[channel]
        runs: list[Any] = [devices[n].again if zone == devices[n].lit_zone else dark.draw() for n in members]
        found, played_s = stop_at(runs, len(members) * len(tested), longest_s)
        spent_s += played_s + AROUND_TEST_S
        for number, p_value in zip(members, found, strict=True):
            answers[number] = answer(devices[number], float(p_value), played_s)
    return answers, spent_s


def _wish(plan: PositionPlan) -> WifiRequest:
    return WifiRequest(0.0, "light", tests_longest_s=plan.light_s, open_tests_longest_s=plan.open_light_s)


def chances_of(devices: Sequence[Device], tested: Sequence[Sequence[Answer]]) -> list[Chance]:
    """What may be a camera by what was heard and played so far, as `sweep.run.plan.light_test_chances` has it.

    `tested`: by zone, by transmitter.
    """
    chances = []
    for number, device in enumerate(devices):
        follows = any(of_zone[number].verdict == "follows_light" for of_zone in tested)
        if device.video == "not_video" or follows or is_louder_outside(device):
            continue
        zones = {str(k): share for k, share in enumerate(device.shares) if tested[k][number].p_value is None}
        chances.append(Chance(str(number), device.channel, device.video == "not_assessable", zones))
    return chances


def is_louder_outside(device: Device) -> bool:
    """Whether it was much louder outside the door than at any position."""
    return device.outside_dbm >= max(device.levels) + LOUDER_DB


def fate_of(device: Device, zone: int, told: Answer) -> Fate:
    """What became of the light test of a camera in its own zone."""
    if device.video == "not_video":
        return "not_called_video"
    if told.p_value is None:
        worth = device.shares[zone] * (OPEN_WORTH if device.video == "not_assessable" else 1.0)
        return "unlikely_here" if is_louder_outside(device) or worth < LEAST_CHANCE else "no_time"
    if told.p_value <= SIGNIFICANT:
        return "follows_clearly" if is_enough(told.p_value) else "follows"
    return "cut_short" if CHANNELS * device.run[-1] <= SIGNIFICANT else "too_weak"


def answer(device: Device, p_value: float, played_s: float) -> Answer:
    """What the test of one transmitter came to."""
    if p_value <= SIGNIFICANT:
        return Answer("follows_light", p_value)
    is_told = played_s >= MIN_DENIAL_S and device.smallest is not None and device.smallest <= TOLD_LIGHT
    return Answer("does_not" if is_told else "not_assessable", p_value)

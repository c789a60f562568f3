"""What leads to a candidate within a stand, told to persons twice a second: nearer or farther, and where a lens lies.

Input is what the modalities sense moment by moment and the head's RF windows; output is live events.  It keeps nothing
beyond a stand, and what was not heard lately is told as not heard, never as farther.  The air as a whole leads only
where it is louder than outside the door, by what an emitter has to stand out (`rf/judge`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Final

from sweep.plug.approach import HELD_S, STALE_S, Approach, Near, Reading, Trend
from sweep.plug.talk import LevelNow, SpotNow
from sweep.report import LiveEvent, NearEvent, Nearness, RfWindow
from sweep.rf.envelope import NOMINAL, summarise
from sweep.rf.judge import LEAST_EXCESS_DB
from sweep.rf.meter import LOWEST_MHZ, heard_level_dbm

TELL_EVERY_S: Final = 0.5
"""Between two events: a hand hears what it did half a second ago (guessed); the way to the phone takes less."""
MOST_TRANSMITTERS: Final = 3
STEP_DEG: Final = 3.0
"""By which a candidate has to have moved in the picture to be told as nearer its middle: six times the half degree
within which its looks are taken for one (`lens/live`, MATCH_PX), as much as a hand shakes (guessed)."""
STEP_M: Final = 0.1
"""The same of the distance: twice the range sensor's error at a metre (data sheet, 5 %)."""


@dataclass(slots=True)
class _Heard:
    """A transmitter, or the air as a whole."""

    approach: Approach
    modality: str
    tag: str | None
    mhz: float | None
    last_ns: int
    arrived_s: float

    def now(self, clock_s: float) -> Near:
        """On the clock of its readings, which may be that of a simulation."""
        return self.approach.now(self.last_ns + round(max(0.0, clock_s - self.arrived_s) * 1e9))


@dataclass(slots=True)
class _Spot:
    """A lens candidate: how far from the middle of the picture, and how far away, when something was last said."""

    word: SpotNow
    arrived_s: float
    said_deg: float
    said_m: float | None
    said_s: float
    trend: Trend = "first"

    def take(self, word: SpotNow, clock_s: float) -> None:
        aside_deg = aside_of(word)
        by_deg = self.said_deg - aside_deg
        by_m = 0.0 if self.said_m is None or word.range_m is None else self.said_m - word.range_m
        if abs(by_m) >= STEP_M or abs(by_deg) >= STEP_DEG:
            self.trend = "warmer" if (by_m if abs(by_m) >= STEP_M else by_deg) > 0.0 else "colder"
            self.said_deg, self.said_m, self.said_s = aside_deg, word.range_m, clock_s
        elif clock_s - self.said_s > HELD_S:
            self.trend = "same"
        if self.said_m is None:
            self.said_m = word.range_m
        self.word, self.arrived_s = word, clock_s


class Nearing:
    """One for a sweep; `begin` comes before each stand."""

    def __init__(self, on_event: Callable[[LiveEvent], None], clock_s: Callable[[], float]) -> None:
        self._on_event = on_event
        self._clock_s = clock_s
        self._zone_id = ""
        self._heard: dict[Hashable, _Heard] = {}
        self._spot: _Spot | None = None
        self._least_dbm: float | None = None
        """What the air has to come to; None: it leads nowhere."""
        self._told_s = -math.inf
        self._told: tuple[Nearness, ...] = ()

    def begin(self, zone_id: str, outside: Sequence[RfWindow] = ()) -> None:
        """A stand begins.  `outside`: what the head measured outside the door."""
        self.end()
        self._zone_id = zone_id
        before = summarise(outside, NOMINAL)
        self._least_dbm = None if before is None else before.peak_dbm + LEAST_EXCESS_DB

    def end(self) -> None:
        """The stand is over: nobody is led any more."""
        self._heard.clear()
        self._spot = None
        if self._told:
            self._say(())
        self._told_s = -math.inf

    def on_level(self, word: LevelNow) -> None:
        """A transmitter was received."""
        self._take(word.tag, "wifi", word.tag, float(word.channel_mhz), word.channel_mhz,
                   Reading(word.t_ns, word.seconds, word.level_dbm))  # fmt: skip

    def on_spot(self, word: SpotNow) -> None:
        """A lens candidate is in the picture."""
        now_s = self._clock_s()
        if self._spot is None or now_s - self._spot.arrived_s > STALE_S:
            self._spot = _Spot(word, now_s, aside_of(word), word.range_m, now_s)
        else:
            self._spot.take(word, now_s)

    def on_windows(self, windows: Sequence[RfWindow]) -> None:
        """The head has measured."""
        for window in windows:
            level_dbm = heard_level_dbm(window)
            is_louder = level_dbm is not None and self._least_dbm is not None and level_dbm >= self._least_dbm
            if level_dbm is not None and (is_louder or "rf" in self._heard):
                end_ns = window.t_ns + round(window.duration_s * 1e9)
                self._take("rf", "rf", None, None, LOWEST_MHZ, Reading(end_ns, window.duration_s, level_dbm))

    def _take(
        self, key: Hashable, modality: str, tag: str | None, shown_mhz: float | None, mhz: float, reading: Reading
    ) -> None:
        one = self._heard.get(key)
        if one is None:
            one = self._heard[key] = _Heard(Approach(mhz), modality, tag, shown_mhz, 0, 0.0)
        one.approach.add(reading)
        one.mhz, one.last_ns, one.arrived_s = shown_mhz, max(one.last_ns, reading.t_ns), self._clock_s()

    def tick(self) -> None:
        """Tell what there is, when it is time and something has changed."""
        now_s = self._clock_s()
        if now_s - self._told_s < TELL_EVERY_S or not (self._heard or self._spot):
            return
        self._told_s = now_s
        things = [] if self._spot is None else [_spot_now(self._spot, now_s)]
        levels = [_level_now(one, one.now(now_s)) for one in self._heard.values()]
        levels.sort(key=lambda one: (one.trend == "none", one.modality == "rf"))
        self._say((*things, *levels[:MOST_TRANSMITTERS]))

    def _say(self, things: tuple[Nearness, ...]) -> None:
        if all(one.trend == "none" for one in things) and _kinds(things) == _kinds(self._told):
            return  # still silent
        self._told = things
        self._on_event(NearEvent(type="near", zone_id=self._zone_id, things=things))


def aside_of(word: SpotNow) -> float:
    """How far from the middle of the picture, in degrees."""
    return math.hypot(word.right_deg, word.up_deg)


def _kinds(things: Sequence[Nearness]) -> list[tuple[str, str | None, str]]:
    return [(one.modality, one.tag, one.trend) for one in things]


def _spot_now(spot: _Spot, now_s: float) -> Nearness:
    silent_s = max(0.0, now_s - spot.arrived_s)
    word = None if silent_s > STALE_S else spot.word
    return Nearness(
        modality="lens",
        tag=None,
        channel_mhz=None,
        trend="none" if word is None else spot.trend,
        level_dbm=None,
        best_dbm=None,
        change_db=None,
        step_db=None,
        right_deg=None if word is None else word.right_deg,
        up_deg=None if word is None else word.up_deg,
        range_m=None if word is None or word.range_m is None else round(word.range_m, 2),
        snr=None if word is None else _rounded(word.snr),
        silent_s=round(silent_s, 1),
    )


def _level_now(one: _Heard, near: Near) -> Nearness:
    return Nearness(
        modality="rf" if one.modality == "rf" else "wifi",
        tag=one.tag,
        channel_mhz=one.mhz,
        trend=near.trend,
        level_dbm=_rounded(near.level_dbm),
        best_dbm=_rounded(near.best_dbm),
        change_db=_rounded(near.change_db),
        step_db=_rounded(near.step_db),
        right_deg=None,
        up_deg=None,
        range_m=None,
        snr=None,
        silent_s=round(near.silent_s, 1),
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, 1)

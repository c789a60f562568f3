"""What leads to a candidate within a position, told to persons twice a second: nearer or farther, and where a lens
lies.

Input is what the modalities sense moment by moment and the head's RF windows; output is live events.  It keeps nothing
beyond a position, and what was not heard lately is told as not heard, never as farther.  The air as a whole leads only
where it is louder than outside the door, by what an emitter has to stand out (`rf/judge`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Final

from sweep.modality.approach import HELD_S, STALE_S, Approach, Near, Reading, Trend
from sweep.modality.messages import LevelNow, SpotNow
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

    message: SpotNow
    arrived_s: float
    said_deg: float
    said_m: float | None
    said_s: float
    trend: Trend = "first"

    def take(self, message: SpotNow, clock_s: float) -> None:
        aside_deg = aside_of(message)
        by_deg = self.said_deg - aside_deg
        by_m = 0.0 if self.said_m is None or message.range_m is None else self.said_m - message.range_m
        if abs(by_m) >= STEP_M or abs(by_deg) >= STEP_DEG:
            self.trend = "warmer" if (by_m if abs(by_m) >= STEP_M else by_deg) > 0.0 else "colder"
            self.said_deg, self.said_m, self.said_s = aside_deg, message.range_m, clock_s
        elif clock_s - self.said_s > HELD_S:
            self.trend = "same"
        if self.said_m is None:
            self.said_m = message.range_m
        self.message, self.arrived_s = message, clock_s


class ProximityGuide:
    """One for a sweep; `begin` comes before each position."""

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
        """A position begins.  `outside`: what the head measured outside the door."""
        self.end()
        self._zone_id = zone_id
        before = summarise(outside, NOMINAL)
        self._least_dbm = None if before is None else before.peak_dbm + LEAST_EXCESS_DB

    def end(self) -> None:
        """The position is over: nobody is led any more, once the last of where the spot lay was told."""
        if self._spot is not None and self._spot.arrived_s > self._told_s:
            self._told_s = -math.inf
            self.tick()
        self._heard.clear()
        self._spot = None
        if self._told:
            self._say(())
        self._told_s = -math.inf

    def on_level(self, message: LevelNow) -> None:
        """A transmitter was received."""
        self._take(message.tag, "wifi", message.tag, float(message.channel_mhz), message.channel_mhz,
                   Reading(message.t_ns, message.seconds, message.level_dbm))  # fmt: skip

    def on_spot(self, message: SpotNow) -> None:
        """A lens candidate is in the picture."""
        now_s = self._clock_s()
        if self._spot is None or now_s - self._spot.arrived_s > STALE_S:
            self._spot = _Spot(message, now_s, aside_of(message), message.range_m, now_s)
        else:
            self._spot.take(message, now_s)

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


def aside_of(message: SpotNow) -> float:
    """How far from the middle of the picture, in degrees."""
    return math.hypot(message.right_deg, message.up_deg)


def _kinds(things: Sequence[Nearness]) -> list[tuple[str, str | None, str]]:
    return [(one.modality, one.tag, one.trend) for one in things]


def _spot_now(spot: _Spot, now_s: float) -> Nearness:
    silent_s = max(0.0, now_s - spot.arrived_s)
    message = None if silent_s > STALE_S else spot.message
    return Nearness(
        modality="lens",
        tag=None,
        channel_mhz=None,
        trend="none" if message is None else spot.trend,
        level_dbm=None,
        best_dbm=None,
        change_db=None,
        step_db=None,
        right_deg=None if message is None else message.right_deg,
        up_deg=None if message is None else message.up_deg,
        range_m=None if message is None or message.range_m is None else round(message.range_m, 2),
        snr=None if message is None else _rounded(message.snr),
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

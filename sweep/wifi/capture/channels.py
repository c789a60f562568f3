"""Where to listen next: one survey over all channels, then long dwells where something sends like a camera.

Input is the channels an adapter can hear and, after each dwell, what was heard there; output is the next dwell.  What
was heard fixes the order, and chance does not, so that two sweeps of the same air listen alike.  It touches no radio.
"""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field
from typing import Final, Literal

Band = Literal["2.4", "5", "6"]
"""In GHz."""
Interest = Literal["camera", "undecided", "thin", "quiet"]
"""What a dwell says of a channel, the likeliest first: a verdict `video_uplink`, an uplink nobody could judge yet, one
so thin that it is less likely a camera's, or none."""

SURVEY_S: Final = 0.25
"""Dwell of the survey: derived, two beacons at the usual 102.4 ms and four pictures of the slowest camera (4 per s
with bursts) or more."""
LISTEN_S: Final = 5.0
"""Dwell where something may be a camera: CamLoPA's; `video` decides within it."""
CAMERA_S, UNDECIDED_S = 20.0, 10.0
"""Listened at most to such a channel before others have their turn: guessed, four dwells and two."""
SURVEY_SHARE: Final = 0.25
"""Share of the time after the first survey that goes to channels without news: guessed; a camera that starts late or
moves is met within a minute on 25 channels."""
_RANKS: Final = {"camera": 0, "undecided": 1, "thin": 2, "quiet": 3}
RETUNE_S: Final = 0.05
"""Time a change of channel costs: guessed, iw takes 5 to 30 ms."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A 20 MHz channel that an adapter can receive on."""

    mhz: int
    """Centre of the primary 20 MHz."""
    is_wide: bool = False
    """The adapter hears the 80 MHz around it."""
    is_radar: bool = False
    """Shared with radar: nobody transmits there without listening first, but everybody may listen."""

    @property
    def band(self) -> Band:
        """Where it lies."""
        return "2.4" if self.mhz < 3_000 else "5" if self.mhz < 5_940 else "6"

    @property
    def centre_80_mhz(self) -> int:
        """Centre of the 80 MHz block that holds the channel (IEEE 802.11-2020, annex E; 802.11ax, 27.3.23.2)."""
        if self.band == "6":
            return 5_985 + (self.mhz - 5_955) // 80 * 80
        first = 5_745 if self.mhz >= 5_745 else 5_500 if self.mhz >= 5_500 else 5_180
        return first + 30 + (self.mhz - first) // 80 * 80

    @property
    def is_preferred(self) -> bool:
        """Where networks usually are: 1, 6, 11 and 13; all of 5 GHz; the scanning channels of 6 GHz (every fourth)."""
        if self.band == "2.4":
            return self.mhz in {2_412, 2_437, 2_462, 2_472}
        return self.band == "5" or (self.mhz - 5_975) % 80 == 0


@dataclass(frozen=True, slots=True)
class Dwell:
    """One stay on a channel."""

    channel: Channel
    seconds: float
    reason: Literal["survey", "camera", "undecided", "resurvey"]


@dataclass(frozen=True, slots=True)
class KnownChannel:
    """What was learnt of one channel."""

    channel: Channel
    interest: Interest = "quiet"
    listened_s: float = 0.0
    """Since the channel was last quiet."""
    visited: int = 0
    """Number of the dwell that was here last; 0: never."""


@dataclass(frozen=True, slots=True)
class ChannelMemory:
    """What a plan leaves to the plan of the next position."""

    known: tuple[KnownChannel, ...] = ()
    dwells: int = 0
    spent_s: float = 0.0
    """Since the survey was complete."""
    resurveyed_s: float = 0.0


NOTHING_KNOWN: Final = ChannelMemory()


@dataclass(slots=True)
class _State:
    channel: Channel
    interest: Interest = "quiet"
    listened_s: float = 0.0
    """Since the channel was last quiet."""
    visited: int = 0
    """Number of the dwell that was here last; 0: never."""


@dataclass(slots=True)
class ChannelPlan:
    """State of the choice; call `next` and `note` in turn."""

    channels: tuple[Channel, ...]
    learnt: InitVar[ChannelMemory] = NOTHING_KNOWN
    """At earlier positions; what it says of other channels is left out."""
    _states: list[_State] = field(init=False)
    _dwells: int = field(init=False, default=0)
    _spent_s: float = field(init=False, default=0.0)
    """Since the survey was complete."""
    _resurveyed_s: float = field(init=False, default=0.0)

    def __post_init__(self, learnt: ChannelMemory) -> None:
        if not self.channels:
            raise ValueError("an adapter without a channel hears nothing")
        known = {one.channel: one for one in learnt.known}
        self._states = []
        for channel in sorted(self.channels, key=lambda c: (not c.is_preferred, c.mhz)):
            one = known.get(channel, KnownChannel(channel))
            self._states.append(_State(channel, one.interest, one.listened_s, one.visited))
        self._dwells, self._spent_s, self._resurveyed_s = learnt.dwells, learnt.spent_s, learnt.resurveyed_s

    @property
    def memory(self) -> ChannelMemory:
        """What is known now, for the next position."""
        known = tuple(KnownChannel(s.channel, s.interest, s.listened_s, s.visited) for s in self._states)
        return ChannelMemory(known, self._dwells, self._spent_s, self._resurveyed_s)

    @property
    def is_surveyed(self) -> bool:
        """Every channel was visited."""
        return all(state.visited for state in self._states)

    @property
    def survey_s(self) -> float:
        """How long it takes at most to come to what was never visited."""
        return sum(SURVEY_S + RETUNE_S for state in self._states if not state.visited)

    def next(self, left_s: float) -> Dwell | None:
        """Where to listen now with `left_s` seconds left; None when that is too short for anything."""
        if left_s < SURVEY_S:
            return None
        for state in self._states:
            if not state.visited:
                return Dwell(state.channel, SURVEY_S, "survey")
        oldest = min(self._states, key=lambda state: state.visited)
        hot = [s for s in self._states if _is_worth_more(s)]
        if not hot or self._resurveyed_s < SURVEY_SHARE * self._spent_s:
            seconds = SURVEY_S if hot else _spread(left_s, len(self._states))
            return Dwell(oldest.channel, min(seconds, left_s), "resurvey")
        best = min(hot, key=lambda s: (_RANKS[s.interest], s.listened_s, s.visited))
        reason: Literal["camera", "undecided"] = "camera" if best.interest == "camera" else "undecided"
        return Dwell(best.channel, min(LISTEN_S, left_s), reason)

    def note(self, dwell: Dwell, interest: Interest) -> None:
        """What a dwell came to; a dwell in which the adapter was away is not noted."""
        (state,) = (s for s in self._states if s.channel == dwell.channel)
        if self.is_surveyed:
            self._spent_s += dwell.seconds + RETUNE_S
            self._resurveyed_s += dwell.seconds + RETUNE_S if dwell.reason == "resurvey" else 0.0
        self._dwells += 1
        state.visited = self._dwells
        state.listened_s = state.listened_s + dwell.seconds if interest != "quiet" else 0.0
        if dwell.reason == "survey" or interest != "quiet" or dwell.seconds >= LISTEN_S:
            state.interest = interest

    def begin_position(self) -> None:
        """Interests stay, since transmitters do; each position listens anew, since levels differ."""
        for state in self._states:
            state.listened_s = 0.0


def _is_worth_more(state: _State) -> bool:
    limits = {"camera": CAMERA_S, "undecided": UNDECIDED_S, "thin": UNDECIDED_S, "quiet": 0.0}
    return state.listened_s < limits[state.interest]


def _spread(left_s: float, channels: int) -> float:
    """With nothing of interest anywhere the time left is shared out, a second at a time at most."""
    return min(max(left_s / channels, SURVEY_S), 1.0)

"""What the processes of a running sweep say to each other while a measurement goes on: messages, and what a line is.

A modality's process asks for chips to be played and tells how far it is; the runner answers which were played when, or
that everything has to stop.  Messages are small frozen records.  It decides nothing and owns no pipe.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, Protocol

from sweep.modality.measurement import Measurement
from sweep.modality.motion import Moved
from sweep.modality.strobe import StopStrobe, Strobe, StrobeEnded, Triggers
from sweep.report import Gap, LocalText, ResponseTestFlow, RfWindow

ResponseTestKind = Literal["light", "motion"]
Doing = Literal["listening", "light", "motion"]

PLAYED_OUT: Final = "played_out"
"""Why chips ended when all of them were played."""
SKIPPED: Final = "skipped_by_person"
"""Why a response test ended, or was not begun, when a person skipped it."""


@dataclass(frozen=True, slots=True)
class ResponseTestBegins:
    """A response test begins now, and for whose sake."""

    flows: tuple[ResponseTestFlow, ...]
    """The surest first; persons hear of no more."""
    flow_count: int
    """How many there are."""
    index: int
    """Of the tests at this position, from 0."""
    tests_here: int


NO_RESPONSE_TEST: Final = ResponseTestBegins((), 0, 0, 1)
"""Nobody said for whose sake."""


@dataclass(frozen=True, slots=True)
class PlayChips:
    """Please draw and play so many chips: with the white lamp, or to a person."""

    kind: ResponseTestKind
    count: int
    chip_s: float


@dataclass(frozen=True, slots=True)
class StopChips:
    """Please stop: no more of them is needed."""

    ended: str = PLAYED_OUT
    """Why the test is over, a code."""


@dataclass(frozen=True, slots=True)
class Played:
    """The chips that have begun so far, on CLOCK_BOOTTIME: chip i began at `start_ns` + i x `chip_ns`."""

    begun: int
    """0 while the head has something else to do."""
    start_ns: int
    chip_ns: float
    error_ns: int
    """The true begin of each chip lies within this."""
    unreported: int = 0
    """Chips whose begin nobody reported, though later ones were."""
    cut: int = 0
    """Times the guard of the lamp put it out before the chip was over."""
    ended: str | None = None
    """Why no more will come: a code, PLAYED_OUT when that was all; None while they go on."""
    chips: tuple[int, ...] = ()
    """All that were drawn, 1 for light or walking; empty where nothing was begun."""
    withheld: int = 0
    """Chips that should have shone and stayed dark, since the lamp had to rest."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a measurement is; also a sign of life."""

    doing: Doing
    elapsed_s: float
    longest_s: float
    """It ends by then at the latest."""


@dataclass(frozen=True, slots=True)
class MeasureRf:
    """Please measure RF here for so long; the answer is one `RfHeard`."""

    seconds: float
    tuner_mhz: tuple[int, ...] = ()
    """Frequencies that the tuner visits meanwhile."""
    is_outside: bool = False
    """Outside the door; without seconds what was measured there before is wanted."""


@dataclass(frozen=True, slots=True)
class RfHeard:
    """RF windows of the sensor head, and why there are none or fewer than there were."""

    windows: tuple[RfWindow, ...] = ()
    because: str = ""
    """Code that says why there are no windows, or no more; empty where nothing is missing."""
    lost: tuple[tuple[str, int], ...] = ()
    """What was lost of them on the way, by code."""
    gaps: tuple[Gap, ...] = ()
    """When the head was away, or where its recording breaks off."""
    own: tuple[tuple[int, int], ...] | None = None
    """When the probe's own radios transmitted, (from, to) in the windows' nanoseconds; None: nobody kept a log."""
    spent_s: float = 0.0
    """How long it was measured, be it that nothing came of it."""
    is_over: bool = True
    """No more will come; else this is what there is so far."""


@dataclass(frozen=True, slots=True)
class Guide:
    """Something the inspector should do now."""

    text: LocalText


@dataclass(frozen=True, slots=True)
class FirstWord:
    """What can be said of the zone so far; the report has the last word."""

    is_candidate: bool
    quality: float
    """As `Measurement.quality`."""
    share_done: float
    """Of what is measured here, 0 to 1."""


@dataclass(frozen=True, slots=True)
class LevelNow:
    """How strongly a transmitter is received in this moment; nothing is said of a moment in which it was silent."""

    tag: str
    """Of its first address, as in the report."""
    channel_mhz: int
    t_ns: int
    """End of the moment."""
    seconds: float
    """How long it was listened."""
    level_dbm: float
    """Of the mean power of its frames."""


@dataclass(frozen=True, slots=True)
class SpotNow:
    """Where the best lens candidate lies in the camera's present picture, seen from its middle."""

    right_deg: float
    up_deg: float
    range_m: float | None
    """To the surface, where it is measured."""
    snr: float | None


@dataclass(frozen=True, slots=True)
class Leave:
    """Stop at once and hand over what there is; `reason` is a code."""

    reason: str


@dataclass(frozen=True, slots=True)
class SkipResponseTests:
    """A person wants no response test at this position, or no more of it: what was listened to is handed over."""


@dataclass(frozen=True, slots=True)
class AskTurn:
    """Please may this modality have the air to itself; the answer is `TakeTurn` or `Leave`.  While it waits it says so
    again.
    """


@dataclass(frozen=True, slots=True)
class TakeTurn:
    """The air is this modality's until it says `TurnOver` or its measurement ends."""


@dataclass(frozen=True, slots=True)
class TurnOver:
    """The air is not needed any more."""


@dataclass(frozen=True, slots=True)
class PartialMeasurement:
    """What this measurement has so far; the next message of it, or the measurement itself, takes its place."""

    measurement: Measurement


ToCoordinator = (
    ResponseTestBegins
    | PlayChips
    | StopChips
    | Progress
    | MeasureRf
    | Strobe
    | StopStrobe
    | Guide
    | FirstWord
    | AskTurn
    | TurnOver
    | LevelNow
    | SpotNow
)
ToRunner = ToCoordinator | PartialMeasurement
ToWorker = Played | RfHeard | Leave | SkipResponseTests | Triggers | Moved | StrobeEnded | TakeTurn


class Line(Protocol):
    """A worker's end of the line."""

    def say(self, message: ToRunner) -> None:
        """Tell the runner."""

    def hear(self, wait_s: float = 0.0) -> list[ToWorker]:
        """What the runner said since it was last asked; waits so long for the first message."""


class Nobody:
    """The line of a measurement that nobody attends to: a recording, or a test."""

    def say(self, message: ToRunner) -> None:
        """Says it to nobody."""

    def hear(self, wait_s: float = 0.0) -> list[ToWorker]:
        """That nobody is there, to who waits."""
        return [Leave("nobody")] if wait_s else []


NOBODY: Final = Nobody()

"""What the process that owns the sensor head and the runner say to each other; it decides nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sweep.link.schedule import User
from sweep.modality.messages import MeasureRf, PlayChips, Played, StopChips
from sweep.modality.motion import Moved
from sweep.modality.strobe import StopStrobe, Strobe, StrobeEnded, Triggers
from sweep.phrases import Phrase
from sweep.report import RfWindow

NOT_DECLARED: Final = "not_declared"
WHY_DARK: Final = {"expired": "declaration_expired", "button": "room_entered"}
"""Why a light ended, by why the lease did; NOT_DECLARED else."""
LEASE_OVER: Final = frozenset({NOT_DECLARED, *WHY_DARK.values()})


@dataclass(frozen=True, slots=True)
class HeadState:
    """Whether the head is there."""

    is_there: bool
    firmware: str | None = None
    why: Phrase | str | None = None
    """One line for people where it is not."""


@dataclass(frozen=True, slots=True)
class ButtonPressed:
    """Somebody pressed the head's button."""


@dataclass(frozen=True, slots=True)
class RfMeasured:
    """Windows that have ended, on CLOCK_BOOTTIME."""

    windows: tuple[RfWindow, ...]


@dataclass(frozen=True, slots=True)
class SupplyTold:
    """What the head measured of its supply; told when it changes."""

    battery_v: float


@dataclass(frozen=True, slots=True)
class LostTold:
    """What was lost on the line and in the head since this was last told, by code."""

    counts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class RfCut:
    """No more windows come, since somebody else has the head now."""


@dataclass(frozen=True, slots=True)
class HeadTurn:
    """Whose turn it is; told when it changes and when somebody has to wait."""

    holder: User | None
    waiting: tuple[User, ...]


FromHead = (
    HeadState
    | ButtonPressed
    | Played
    | RfMeasured
    | SupplyTold
    | LostTold
    | Triggers
    | Moved
    | StrobeEnded
    | RfCut
    | HeadTurn
)
ToHead = PlayChips | StopChips | MeasureRf | Strobe | StopStrobe

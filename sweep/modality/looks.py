"""Second looks: where a first-look candidate is looked at again, from which places, and what has become of each look;
and close looks of the probe at a spot that an eye could not explain.

Input is looks that the runner derives from what was measured, and what persons do about them, from any thread; output
is what is still to be looked at.  A position of a second look is a position whose id begins with `again-` and names the
zone and the view, one of a close look with `close-`, the zone and the look by eye that it stands beside, so that a
recording tells by its positions what was looked at again.  It decides nothing.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from sweep.report import LookKind, Modality, SeenAs

ViewName = Literal["near", "left", "right", "light"]
LOOK_MODALITY: Final[dict[LookKind, Modality]] = {"lens": "lens", "transmitter": "wifi"}
"""What looks again."""
LENS_LOOK_S: Final = 40.0
TRANSMITTER_LOOK_S: Final = 120.0
"""A second look takes no longer, walking included (as demanded of it)."""
VIEW_S: Final = 4.0
"""Of one view of a spot: derived, 30 triples at 50 frames a second with every fourth round short take 2.4 s, and lamps
and camera a second to begin."""
AGAIN: Final = re.compile(r"^again-(?P<zone>.+)-(?P<view>near|left|right|light)(?:-[0-9]+)?$")
CLOSE: Final = re.compile(r"^close-(?P<zone>.+)-(?P<look>[0-9a-f]{12})(?:-[0-9]+)?$")
CLOSE_M: Final = 0.3
"""From the probe to the spot: the middle of 20 to 40 cm."""
CLOSE_S: Final = 7.0
"""Of a close look: what the policy of looks gives it after a glance (17 s less 10 s), being led there and two to four
seconds of holding still."""
POINTED_DEG: Final = 4.0
"""From the middle of the picture: what lies farther is not what was pointed at (twice the aim of a hand, guessed)."""
State = Literal["asked", "looking", "looked", "nothing_seen_by_eye", "explained"]
BY_EYE: Final = frozenset[State]({"nothing_seen_by_eye", "explained"})
"""A person's word ends a look, whatever comes after."""


@dataclass(frozen=True, slots=True)
class View:
    """One place from which a spot is looked at again."""

    name: ViewName
    zone_id: str
    """Of the place, which may be another zone than the candidate's."""
    x_m: float
    y_m: float
    facing_deg: float
    range_m: float | None = None
    """To the spot, for lamps and exposure; None: nothing is filmed."""


@dataclass(frozen=True, slots=True)
class Look:
    """A second look that a candidate asks for."""

    finding_id: UUID
    zone_id: str
    """The candidate's."""
    kind: LookKind
    x_m: float
    y_m: float
    radius_m: float
    """Circle in which the spot is."""
    from_x_m: float
    from_y_m: float
    """Where it was seen or heard from at first."""
    views: tuple[View, ...]
    observation_id: UUID
    """What was seen or heard at first."""

    @property
    def longest_s(self) -> float:
        """It takes no longer."""
        return LENS_LOOK_S if self.kind == "lens" else TRANSMITTER_LOOK_S

    def position_id(self, view: View) -> str:
        """Of the position at which it is looked at so."""
        return f"again-{self.zone_id[:50]}-{view.name}"


@dataclass(frozen=True, slots=True)
class SeenFrom:
    """Where somebody stood from whom a spot was seen."""

    position_id: str
    x_m: float
    y_m: float
    facing_deg: float
    place_px: tuple[float, float] | None
    """Of the spot, in the picture from there; None: nothing shone."""


@dataclass(frozen=True, slots=True)
class CloseLook:
    """A spot that the probe is to film from close by."""

    position_id: str
    zone_id: str
    x_m: float
    y_m: float
    facing_deg: float
    seen_from: SeenFrom


def close_id_of(zone_id: str, look_id: UUID) -> str:
    """Id of the position at which the probe films what a close look by eye is about."""
    return f"close-{zone_id[:40]}-{look_id.hex[-12:]}"


def is_close(position_id: str) -> bool:
    """Whether a position belongs to a close look."""
    return CLOSE.match(position_id) is not None


def is_again(position_id: str) -> bool:
    """Whether a position belongs to a second look or to a close one: nobody looked for the first time there."""
    return AGAIN.match(position_id) is not None or is_close(position_id)


def modality_of(position_id: str) -> Modality | None:
    """What measures at a position of a second or close look; None: at any other everything does."""
    if is_close(position_id):
        return "lens"
    found = AGAIN.match(position_id)
    if found is None:
        return None
    return LOOK_MODALITY["transmitter" if found["view"] == "light" else "lens"]


def is_again_of(position_id: str, zone_id: str, kind: LookKind) -> bool:
    """Whether a position belongs to the second look of this kind at the candidate of this zone."""
    found = AGAIN.match(position_id)
    return found is not None and found["zone"] == zone_id[:50] and (found["view"] == "light") == (kind == "transmitter")


@dataclass(slots=True)
class _Known:
    look: Look
    state: State
    viewed: set[str]
    seen_as: SeenAs | None = None


class Looks:
    """Those of one sweep; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[tuple[UUID, LookKind], _Known] = {}
        self._on_change: Callable[[], None] = lambda: None

    def follow(self, on_change: Callable[[], None]) -> None:
        """Call `on_change` when a person or the sweep has changed how a look stands, in their thread."""
        self._on_change = on_change

    def offer(self, looks: Sequence[Look]) -> None:
        """What asks for a second look by what was measured so far; one that has begun, or is over, stays as it is."""
        with self._lock:
            wanted = {(look.finding_id, look.kind): look for look in looks}
            for key in [key for key, one in self._known.items() if one.state == "asked" and key not in wanted]:
                del self._known[key]
            for key, look in wanted.items():
                known = self._known.setdefault(key, _Known(look, "asked", set()))
                if known.state == "asked":
                    known.look = look

    def all(self) -> tuple[tuple[Look, State], ...]:
        """Each with how it stands, lens before transmitter, in the order in which they were offered."""
        with self._lock:
            known = [(one.look, one.state) for one in self._known.values()]
        return tuple(sorted(known, key=lambda item: item[0].kind))

    @property
    def pending(self) -> tuple[Look, ...]:
        """Those still to be made, or made in part."""
        return tuple(look for look, state in self.all() if state in {"asked", "looking"})

    def find(self, finding_id: UUID, kind: LookKind) -> Look | None:
        """A look by its candidate and kind."""
        with self._lock:
            known = self._known.get((finding_id, kind))
        return None if known is None else known.look

    def viewed_of(self, look: Look) -> frozenset[str]:
        """Names of the views that were taken."""
        with self._lock:
            known = self._known.get((look.finding_id, look.kind))
            return frozenset[str]() if known is None else frozenset(known.viewed)

    def next_view(self, look: Look) -> View | None:
        """The first view that was not taken yet."""
        viewed = self.viewed_of(look)
        return next((view for view in look.views if view.name not in viewed), None)

    def at(self, position_id: str) -> tuple[Look, View] | None:
        """Which look a position belongs to, and from where."""
        with self._lock:
            for one in self._known.values():
                for view in one.look.views:
                    name = re.escape(one.look.position_id(view))
                    if re.fullmatch(f"{name}(-[0-9]+)?", position_id):
                        return one.look, view
        return None

    def begin(self, look: Look) -> None:
        """A view of it is taken now."""
        with self._lock:
            known = self._known[look.finding_id, look.kind]
            if known.state not in BY_EYE:
                known.state = "looking"
        self._on_change()

    def viewed(self, look: Look, view: View) -> None:
        """A view was taken; with the last one the look is over."""
        with self._lock:
            known = self._known[look.finding_id, look.kind]
            known.viewed.add(view.name)
            if known.state not in BY_EYE and known.viewed >= {one.name for one in look.views}:
                known.state = "looked"

    def nothing_seen(self, finding_id: UUID) -> bool:
        """A person looked by eye and saw nothing; False for a candidate that nobody knows."""
        return self._end(finding_id, "nothing_seen_by_eye", None)

    def explained(self, finding_id: UUID, seen_as: SeenAs) -> bool:
        """A person looked by eye and says what it is; False for a candidate that nobody knows."""
        return self._end(finding_id, "explained", seen_as)

    def _end(self, finding_id: UUID, state: State, seen_as: SeenAs | None) -> bool:
        with self._lock:
            ours = [one for (of, _), one in self._known.items() if of == finding_id]
            for one in ours:
                one.state, one.seen_as = state, seen_as
        self._on_change()
        return bool(ours)

    @property
    def seen_as(self) -> dict[str, SeenAs]:
        """By zone, what persons who looked by eye say its candidate is."""
        with self._lock:
            return {one.look.zone_id: one.seen_as for one in self._known.values() if one.seen_as is not None}

    @property
    def by_eye(self) -> frozenset[str]:
        """Zones whose candidate a person looked at and saw nothing."""
        return frozenset(look.zone_id for look, state in self.all() if state == "nothing_seen_by_eye")

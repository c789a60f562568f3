"""How a modality's evidence weighs: what a weigher is given for a zone, and what it answers fusion with.

A weigher is pure: the same observations, in whatever order they were made, give the same evidence.  It reads its
weights from the tables it is handed; it knows neither the prior nor whether a finding is made: those are fusion's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sweep.modality.looks import is_again
from sweep.modality.targets import Estimate, ZoneLooks
from sweep.modality.weights import Weight, Weights
from sweep.modality.words import Words
from sweep.report import (
    Evidence,
    Levels,
    LocalText,
    Modality,
    Observation,
    Plan,
    Position,
    TargetCoverage,
    Zone,
    ZoneCoverage,
)

NEAR_DB = 6.0  # measured elsewhere: shadowing between positions of one room


@dataclass(frozen=True, slots=True)
class ZoneView:
    """What one modality has to weigh for one zone."""

    zone: Zone
    observations: Sequence[Observation]
    """Of this modality in all zones, each once, by id; those of second looks stand among them."""
    coverage: ZoneCoverage | None
    """How well this modality looked here; None: it is not part of the sweep."""
    places: Mapping[str, Mapping[str, float]]
    """By tag of a transmitter (the smallest by key and tag): the probability of each zone, where it could be placed."""
    weights: Weights
    again: Sequence[str] = ()
    """Positions from which this modality looked again at the zone's candidate, whatever it saw."""
    is_empty_by_eye: bool = False
    """A person looked at the candidate by eye and saw nothing."""
    zones: int = 0
    """Of the room; 0: not told."""
    names: Mapping[str, LocalText] = field(default_factory=dict)
    """Of the room's zones, by id."""
    close: Mapping[UUID, str] = field(default_factory=dict)
    """By observation of the first look: the position from which the probe filmed it from close by."""
    targets: Sequence[TargetCoverage] = ()
    """With what probability this modality would have found each of its targets here; none: not told.  They are said
    and weigh nothing."""

    def first_look(self) -> list[Observation]:
        """What was observed in this zone before any second look."""
        ours = (o for o in self.observations if o.zone_id == self.zone.zone_id)
        return [o for o in ours if not is_again(o.position_id)]


@dataclass(frozen=True, slots=True)
class Circle:
    """Where on the plan something is, in metres."""

    x_m: float
    y_m: float
    radius_m: float


@dataclass(frozen=True, slots=True)
class Weigher:
    """One modality's part in a judgement."""

    weigh: Callable[[ZoneView], Sequence[Evidence]]
    place: Callable[[Observation, Position, Plan], Circle | None] = lambda _observation, _position, _plan: None
    """Where what was observed from a position is, for a modality that sees better than by zone."""
    estimate: Callable[[ZoneLooks], Estimate] = lambda _looks: Estimate()
    """With what probability its targets would have been found; a modality without targets has no answer."""
    rests_on: Collection[str] = ()
    """Codes of the weights by which a camera would have shown: where they were measured decides whether a zone may be
    called clear.  Without any the modality has guesses only.
    """
    weigh_spots: Callable[[ZoneView], Sequence[Sequence[Evidence]]] = lambda _view: ()
    """What each spot of the zone says that an eye could be pointed at, its own observation first; none for a modality
    that hears."""


def evidence(
    modality: Modality,
    words: Words,
    observation: Observation | None,
    code: str,
    weight: Weight,
    *,
    about: UUID | None = None,
    **values: str | float | LocalText,
) -> Evidence:
    """A weight and the sentence of its code; `observation` None: what was not seen speaks. `about`: readings that
    share it are of one spot or one device.
    """
    return Evidence(
        observation_id=None if observation is None else observation.observation_id,
        modality=modality,
        code=code,
        text=words.evidence[code].text(**values),
        weight_log10=round(weight.log10, 3),
        low_log10=round(weight.low, 3),
        high_log10=round(weight.high, 3),
        counts=weight.counts,
        is_capped=weight.is_capped,
        weight_source=weight.source,
        about=about,
    )


def total_of(weighed: Sequence[Evidence]) -> float:
    """The sum of their weights."""
    return sum(e.weight_log10 for e in weighed)


def level_dbm(levels: Levels | None) -> float:
    """The median, and less than anything received where no level was reported."""
    return -200.0 if levels is None else levels.median

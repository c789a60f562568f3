"""How a modality's evidence weighs: what a weigher is given for a zone, and what it answers fusion with.

A weigher is pure: the same observations, in whatever order they were made, give the same evidence.  It knows neither
the prior nor the cap of its modality; those, and whether a finding is made, are fusion's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sweep.plug.words import Words
from sweep.report import Evidence, Levels, Modality, Observation, Plan, Position, Zone, ZoneCoverage

NEAR_DB = 6.0  # measured elsewhere: shadowing between positions of one room


@dataclass(frozen=True, slots=True)
class ZoneView:
    """What one modality has to weigh for one zone."""

    zone: Zone
    observations: Sequence[Observation]
    """Of this modality in all zones, each once, by id."""
    coverage: ZoneCoverage | None
    """How well this modality looked here; None: it is not part of the sweep."""
    places: Mapping[str, Mapping[str, float]]
    """By tag of a transmitter (the smallest by key and tag): the probability of each zone, where it could be placed."""


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
    place: Callable[[Observation, Position, Plan], Circle | None] = lambda _observation, _stand, _plan: None
    """Where what was observed from a position is, for a modality that sees better than by zone."""


def evidence(
    modality: Modality,
    words: Words,
    observation: Observation | None,
    code: str,
    weight_log10: float,
    **values: str | float,
) -> Evidence:
    """A guessed weight and the sentence of its code; `observation` None: what was not seen speaks."""
    return Evidence(
        observation_id=None if observation is None else observation.observation_id,
        modality=modality,
        code=code,
        text=words.evidence[code].text(**values),
        weight_log10=weight_log10,
        is_capped=False,
        weight_source="guessed",
    )


def level_dbm(levels: Levels | None) -> float:
    """The median, and less than anything received where no level was reported."""
    return -200.0 if levels is None else levels.median

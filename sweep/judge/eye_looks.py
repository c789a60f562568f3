"""Looks by eye: which place of a zone is worth some seconds of the inspector's eye while one stands there, and how many
seconds a room has for that.

Input is what was observed so far, as the modalities weigh it, and the policy of `eye_looks.json`; output is places in
the order in which they are worth a look, and a budget that says for how many there is time.  A look is no candidate:
nothing here raises, lowers or ends one.  It lies beside the judge because a place's worth is a posterior; the probe and
the simulated city choose by it alike.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import Field

from sweep.modality.evidence import Weigher, ZoneView, total_of
from sweep.modality.weights import Weights
from sweep.report import LensObservation, Modality, Observation, Zone, ZoneCoverage
from sweep.report.base import Log10, Record, Seconds, Share, Text

SLACK_S: Final = 1e-6
"""Seconds are added and taken away again."""


class EyeLookPolicy(Record):
    """What looks may cost, and from which worth on they are asked for."""

    v: Literal[1]
    version: Text
    made_by: Text
    chosen_on: Annotated[str, Field(max_length=600)]
    """The simulated city, its seed, and what was held."""
    budget_s: Annotated[Seconds, Field(le=600)]
    """Of a room: pointing, looking from close by and the answer are counted."""
    most_a_zone: Annotated[int, Field(ge=0, le=20)]
    glance_s: Annotated[Seconds, Field(gt=0)]
    """From where one stands."""
    close_s: Annotated[Seconds, Field(gt=0)]
    """From 20 to 40 cm, the glance before it counted; guessed, as is a glance."""
    unpointed_share: Share
    """Of hidden cameras that an eye sees to which nobody points (LAPD, SenSys 2021: 46.0 %)."""
    pointed_share: Share
    """Of those to which it is pointed: nobody has measured it."""
    control_share: Annotated[float, Field(ge=0, le=1)] = 0.05
    """As many looks again, by chance, at places where nothing shone: they measure the eye (demanded: 1 in 20)."""
    least_value: Annotated[float, Field(gt=0, le=1)]
    """Expected finds a second from which a place is looked at while nothing of the budget was spent."""
    faint_below: Annotated[float, Field(ge=0, le=5)]
    """Score of a glint below which the table of what glints around it says nothing (`sweep.lens.weigh.ALIKE_FROM`)."""
    faint_a_room: Annotated[float, Field(gt=0, le=100)]
    """Such glints in a room without a camera, on average: of the first world."""
    faint_shape: Annotated[float, Field(gt=0, le=100)]
    """Of the gamma distribution of their rate over rooms: that of the table of glints that score more."""
    dearer: Annotated[float, Field(ge=0, le=10)]
    """To this power of what is left of the budget seconds get dearer: the first look is cheap, the fourth is not.
    Of 0, 1, 2 and 3 the best in the three worlds at one least value.
    """
    unsure_from: Log10
    """Posterior from which a place of which nobody could tell is a candidate."""


@cache
def load_policy() -> EyeLookPolicy:
    """The policy that ships with the package."""
    text = files("sweep.judge").joinpath("eye_looks.json").read_text(encoding="utf-8")
    return EyeLookPolicy.model_validate_json(text)


@dataclass(frozen=True, slots=True)
class LookPlace:
    """A place that may be looked at."""

    zone_id: str
    observation_id: UUID | None
    """The glint; None: wherever a transmitter may be in the zone."""
    probability: float
    """That a camera is there."""
    share: float
    """Of cameras there that an eye sees."""
    seconds: float
    score: float
    """Of the glint: decides between places of equal worth."""
    finer: float = 0.0
    """Log10 of how much more it is worth than the posterior says: by its score within the step of the weights, and by
    how many like it the room has.
    """
    is_known: bool = False
    """An earlier visit explained it: it comes after what is not known anywhere in the room, and is worth no less."""

    @property
    def value(self) -> float:
        """Expected finds a second."""
        times: float = 10.0**self.finer
        return self.probability * times * self.share / self.seconds


@dataclass(frozen=True, slots=True)
class ZoneOdds:
    """Where in a zone a camera may be: at one of the spots that were seen, or where none was."""

    zone_id: str
    spots: Mapping[UUID, float]
    """Odds of a camera at each glint."""
    unseen: float
    """Odds of one anywhere else."""
    scores: Mapping[UUID, float]
    within_step: Mapping[UUID, float]
    """Log10 of how much more its score is worth than others of the same step of the weights."""
    glints: Sequence[float]
    """Scores of all glints of the room so far."""
    visited: float
    """Share of the room's zones."""
    is_heard: bool
    """Anything but the lens speaks for the zone: then the zone as a whole is a place, in which nobody can point."""

    def places(
        self, policy: EyeLookPolicy, looked: Collection[UUID | None] = (), known: Collection[UUID] = ()
    ) -> list[LookPlace]:
        """Those that nobody looked at yet; `looked`: observations, None for the zone as a whole; `known`: explained by
        an earlier visit.
        """
        whole = self.unseen + sum(self.spots.values())
        result = [
            LookPlace(
                self.zone_id, spot, odds / (1.0 + whole), policy.pointed_share, policy.glance_s, self.scores[spot],
                self.within_step[spot] - self._crowd(self.scores[spot], policy), spot in known,
            )
            for spot, odds in self.spots.items() if spot not in looked
        ]  # fmt: skip
        if self.is_heard and None not in looked:
            left = whole - policy.pointed_share * sum(odds for spot, odds in self.spots.items() if spot in looked)
            result.append(
                LookPlace(self.zone_id, None, left / (1.0 + whole), policy.unpointed_share, policy.glance_s, 0.0)
            )
        return result

    def _crowd(self, score: float, policy: EyeLookPolicy) -> float:
        """Log10 by which a faint glint is worth less, since the room has more of them than rooms have: the mean of
        their rate after what was seen over that before.
        """
        others = sum(one < policy.faint_below for one in self.glints) - 1
        if score >= policy.faint_below or others <= 0:
            return 0.0
        expected = policy.faint_a_room * self.visited
        return max(0.0, math.log10((policy.faint_shape + others) / (policy.faint_shape + expected)))


def odds_of(
    zone: Zone,
    observations: Sequence[Observation],
    coverage: Mapping[Modality, ZoneCoverage],
    *,
    weighers: Mapping[Modality, Weigher],
    weights: Weights,
    prior: float,
    places: Mapping[str, Mapping[str, float]] = MappingProxyType({}),
    zones: int = 0,
    visited: int = 0,
) -> ZoneOdds:
    """What was observed in the room so far says so much of this zone; `prior`, `places`, `zones` as fusion has them;
    `visited`: zones so far.
    """
    beside, is_heard, unseen = prior, False, 0.0
    spots: dict[UUID, float] = {}
    scores: dict[UUID, float] = {}
    within_step: dict[UUID, float] = {}
    glints: list[float] = []
    for modality, weigher in weighers.items():
        ours = [o for o in observations if o.modality == modality]
        view = ZoneView(zone, ours, coverage.get(modality), places, weights, zones=zones)
        found = weigher.weigh_spots(view)
        if not found:
            total = total_of(weigher.weigh(view))
            beside += total
            is_heard |= total > 0.0
            continue
        unseen = total_of(weigher.weigh(replace(view, observations=())))
        by_id = {o.observation_id: o for o in ours}
        glints += _glints(ours)
        for spot in found:
            seen = spot[0].observation_id
            if seen is not None:
                spots[seen] = total_of(spot)
                scores[seen] = float(getattr(by_id[seen], "score", 0.0))
                within_step[seen] = weights.within_step(spot[0].code, scores[seen])
    odds = {seen: 10.0 ** (beside + weight) for seen, weight in spots.items()}
    return ZoneOdds(
        zone.zone_id, odds, 10.0 ** (beside + unseen), scores, within_step, glints, visited / max(zones, 1), is_heard
    )


def _glints(observations: Iterable[Observation]) -> list[float]:
    """Scores of what glints in a room: of each zone the clip that shows most, for several clips show one spot."""
    by_clip: dict[str, dict[tuple[str, str], list[float]]] = {}
    for one in observations:
        if isinstance(one, LensObservation):
            by_clip.setdefault(one.zone_id, {}).setdefault((one.position_id, one.clip), []).append(one.score)
    return [score for clips in by_clip.values() for score in max(clips.values(), key=len)]


def in_order(places: Iterable[LookPlace], policy: EyeLookPolicy) -> list[LookPlace]:
    """Those that are worth a look: what is known last, then by worth; equals by their score."""
    worth = [one for one in places if one.value >= policy.least_value]
    return sorted(
        worth,
        key=lambda one: (one.is_known, -round(math.log10(one.value), 3), -one.score, str(one.observation_id)),
    )


class LookBudget:
    """The seconds of one room for looks by eye."""

    def __init__(self, policy: EyeLookPolicy) -> None:
        self._policy = policy
        self.left_s = policy.budget_s
        self._kept_s = 0.0
        self._zone_id = ""
        self._zones_to_come = 0
        self._looks: Counter[str] = Counter()
        self._kept_after: dict[str, float] = {}

    def enter(self, zone_id: str, zones_to_come: int) -> None:
        """The inspector stands in this zone; it leaves the later zones half of what there is when it begins, and as
        much when somebody comes back to it before they were visited.
        """
        self._zone_id, self._zones_to_come = zone_id, zones_to_come
        kept_s = self._kept_after.setdefault(zone_id, self.left_s / 2.0)
        self._kept_s = kept_s if zones_to_come else 0.0

    def kept_s(self, zones_to_come: int) -> float:
        """What nothing else may take: as much as zones to come may still ask for, and after them one glance, for what
        the light may show; the rest is the light's.
        """
        return min(self.left_s, self._policy.glance_s * max(1, self._policy.most_a_zone * zones_to_come))

    def may_take(self, seconds: float) -> bool:
        """Whether a look of so many seconds may be asked for here."""
        has_looks = self._looks[self._zone_id] < self._policy.most_a_zone
        return has_looks and self.has(seconds)

    def has(self, seconds: float) -> bool:
        """Whether there are so many seconds for a closer look at what was looked at already: it is no look more, and
        no other zone's time.
        """
        return self.left_s - seconds >= self._kept_s - SLACK_S

    def take_closer(self, seconds: float) -> None:
        """A closer look is asked for."""
        self.left_s = max(0.0, self.left_s - seconds)

    def take(self, seconds: float) -> None:
        """A look is asked for: it has so many seconds."""
        self._looks[self._zone_id] += 1
        self.left_s = max(0.0, self.left_s - seconds)

    def give_back(self, place: LookPlace) -> None:
        """A look that was chosen is not asked for."""
        self._looks[place.zone_id] -= 1
        self.settle(place.seconds, 0.0)

    def settle(self, planned_s: float, took_s: float) -> None:
        """A look took so long: what it did not need passes on, what it took beyond its plan is gone."""
        self.left_s = min(self._policy.budget_s, max(0.0, self.left_s + planned_s - took_s))

    @property
    def least_value(self) -> float:
        """Expected finds a second from which a place is looked at now."""
        spent = self._policy.budget_s / max(self.left_s, SLACK_S)
        return float(self._policy.least_value * spent**self._policy.dearer)

    def choose(self, places: Iterable[LookPlace]) -> list[LookPlace]:
        """What is looked at here now, in this order; its seconds are taken.  What is known waits for zones to come."""
        chosen = []
        for place in in_order(places, self._policy):
            if place.is_known and self._zones_to_come:
                break
            if place.value >= self.least_value and self.may_take(place.seconds):
                self.take(place.seconds)
                chosen.append(place)
        return chosen

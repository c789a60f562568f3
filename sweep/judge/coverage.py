"""Coverage: what was looked at in each zone with each modality, how well, and what was dropped.

Input is the plan and the measurements of all positions (plus gaps of processes that died), output is one `ZoneCoverage`
per zone and modality, so that "nothing found" can be told from "not looked", and one `TargetCoverage` per zone and
target: with what probability it would have been found.  `quality` is how much was looked at and no probability.  It
judges nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from sweep.judge.words import chance_text
from sweep.modality.evidence import Weigher
from sweep.modality.measurement import Measurement
from sweep.modality.targets import Estimate, Look, ZoneLooks
from sweep.modality.words import Vocabulary
from sweep.report import MODALITIES, Modality, Plan, Position, TargetCoverage, ZoneCoverage

FULL_QUALITY = (
    0.6  # guessed: a zone of which so much was looked at counts as looked at, below as partly; judges nothing
)


def estimate(
    plan: Plan,
    positions: Iterable[Position],
    measurements: Iterable[Measurement],
    weighers: Mapping[Modality, Weigher],
    *,
    only: str | None = None,
) -> dict[tuple[str, Modality], Estimate]:
    """What each modality would have found in each zone, or in the zone `only`; the order of measurements does not
    matter.
    """
    position_by_id = {position.position_id: position for position in positions}
    looks: dict[Modality, dict[str, Look]] = {modality: {} for modality in weighers}
    for one in measurements:
        if one.modality in looks and one.position_id in position_by_id:
            looks[one.modality][one.position_id] = Look(position_by_id[one.position_id], one)
    return {
        (zone.zone_id, modality): weigher.estimate(
            ZoneLooks(plan, zone, tuple(looks[modality][key] for key in sorted(looks[modality])))
        )
        for zone in plan.zones
        if only is None or zone.zone_id == only
        for modality, weigher in weighers.items()
    }


def targets_of(estimates: Mapping[tuple[str, Modality], Estimate], words: Vocabulary) -> tuple[TargetCoverage, ...]:
    """The estimates as the report has them."""
    return tuple(
        TargetCoverage(
            zone_id=zone_id,
            target=chance.target,
            modality=modality,
            probability=chance.probability,
            low=chance.low,
            high=chance.high,
            source=chance.source,
            reason=chance.reason,
            text=chance_text(chance, words),
        )
        for (zone_id, modality), estimate in estimates.items()
        for chance in estimate.chances
    )


def with_walls(
    coverage: Sequence[ZoneCoverage], estimates: Mapping[tuple[str, Modality], Estimate]
) -> tuple[ZoneCoverage, ...]:
    """Coverage with the walls as they were seen."""
    return tuple(
        one if key not in estimates else one.model_copy(update={"walls": estimates[key].walls})
        for one in coverage
        for key in [(one.zone_id, one.modality)]
    )


def cover(plan: Plan, measurements: Iterable[Measurement]) -> tuple[ZoneCoverage, ...]:
    """Coverage of every zone by every modality, in the plan's order; the order of measurements does not matter."""
    groups: dict[tuple[str, Modality], dict[str, Measurement]] = {}
    for one in measurements:
        groups.setdefault((one.zone_id, one.modality), {})[one.position_id] = one
    return tuple(
        _cover_zone(zone.zone_id, modality, tuple(groups.get((zone.zone_id, modality), {}).values()))
        for zone in plan.zones
        for modality in MODALITIES
    )


def _cover_zone(zone_id: str, modality: Modality, parts: tuple[Measurement, ...]) -> ZoneCoverage:
    rejections: Counter[str] = Counter()
    for part in parts:
        rejections.update(part.rejections)
    able = [part for part in parts if part.blind_reason is None]
    quality = 1.0
    for part in able:  # derived: views from several positions overlap at random
        quality *= 1.0 - min(max(part.quality, 0.0), 1.0)
    quality = 1.0 - quality if able else 0.0
    reasons = sorted(part.blind_reason for part in parts if part.blind_reason is not None)
    light_s, light_open_s = sum(part.light_s for part in parts), sum(part.light_open_s for part in parts)
    return ZoneCoverage(
        zone_id=zone_id,
        modality=modality,
        status="not_looked" if not parts else "looked" if quality >= FULL_QUALITY else "partly",
        quality=quality,
        dwell_s=sum(part.dwell_s for part in parts),
        samples=sum(part.samples for part in parts),
        dropped=sum(part.dropped for part in parts),
        rejections=dict(sorted(rejections.items())[:64]),
        unheard_mhz=_unheard_mhz(parts),
        gaps=tuple(sorted((g for part in parts for g in part.gaps), key=lambda g: (g.start_ns, g.end_ns, g.reason))),
        blind_reason=None if able else Counter(reasons).most_common(1)[0][0] if reasons else "not_looked",
        light_s=light_s or None,
        light_open_s=light_open_s if light_s else None,
    )


def _unheard_mhz(parts: tuple[Measurement, ...]) -> tuple[float, ...] | None:
    """Channels that could be heard from none of the positions where that is known."""
    known = [set(part.unheard_mhz) for part in parts if part.unheard_mhz is not None]
    return tuple(map(float, sorted(set.intersection(*known)))) if known else None

"""Coverage: what was looked at in each zone with each modality, how well, and what was dropped.

Input is the plan and the measurements of all positions (plus gaps of processes that died), output is one `ZoneCoverage`
per zone and modality, so that "nothing found" can be told from "not looked".  It judges nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sweep.plug.measurement import Measurement
from sweep.report import MODALITIES, Modality, Plan, ZoneCoverage

FULL_QUALITY = 0.6  # guessed: a zone seen to 60 % counts as looked at, below as partly


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

"""What glints, or their absence, say for or against a lens in a zone, and where a glint is."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from sweep.lens.words import WORDS
from sweep.modality.evidence import Circle, ZoneView, evidence, total_of
from sweep.modality.looks import is_again
from sweep.report import Evidence, LensObservation, Observation, Plan, Position
from sweep.report.words import COVERAGE_WORDS, chance_of

BY_FOREST = ("glint", "glints_around", "glint_again", "glint_close", "no_glint")
"""Codes whose tables and rates count scores of the lens forest, so that they hold for the one that they were counted
with."""
RANGE_ERROR = 0.3  # guessed: a range estimated from the light of the wall is good to a factor of about 1.5
MIN_RADIUS_M = 0.3  # guessed: pointing error of a hand-held probe at arm's length
NOT_CALLED = 0.0
"""Score that stands for a view in which nothing was called a candidate: derived, it is below that of every candidate
(`judge.candidate_score`)."""
ALIKE_FROM = 1.95
"""Score from which a glint by itself asks for a second look: so many others in the room say what the room is like."""
USUAL_ZONES = 5
"""Of the rooms that the table of `glints_around` is made for."""


def weigh_lens(view: ZoneView) -> Sequence[Evidence]:
    """The spot of the zone that speaks most for a lens, with its second look; without one, how well it was looked for.

    Where other spots of the room glint as much, it weighs less: they tell of screws or tiles that glint like lenses.

    Several clips of one spot are one spot. The second look is at the spot that scored best at first.
    """
    looked = view.coverage
    quality = 0.0 if looked is None or looked.blind_reason is not None else looked.quality
    nothing = view.weights.absence("no_glint", quality)
    best = max(weigh_lens_spots(view), key=total_of, default=None)
    if best is not None:
        return best
    if quality == 0.0:
        return []
    told = next((chance_of(one) for one in view.targets if one.target == "pinhole_1mm"), None)
    return [evidence("lens", WORDS, None, "no_glint", nothing, chance=told or COVERAGE_WORDS["unknown"])]


def weigh_lens_spots(view: ZoneView) -> list[list[Evidence]]:
    """What each glint of the zone says, the highest score first."""
    glints = [o for o in view.first_look() if isinstance(o, LensObservation)]
    glints.sort(key=lambda o: (-o.score, o.observation_id))
    return [_weigh_spot(view, one, is_best=number == 0) for number, one in enumerate(glints)]


def _weigh_spot(view: ZoneView, one: LensObservation, *, is_best: bool) -> list[Evidence]:
    about = one.observation_id
    values: dict[str, str | float] = {
        "ratio": "–" if one.off_axis_ratio is None else f"{one.off_axis_ratio:.2f}",
        "persistence": "–" if one.persistence is None else round(one.persistence * 100),
        "score": f"{one.score:.2f}",
    }
    result = [evidence("lens", WORDS, one, "glint", view.weights.at("glint", one.score), about=about, **values)]
    others = glints_around(view, one)
    if others:
        scaled = others * USUAL_ZONES / max(view.zones, USUAL_ZONES)
        weight = view.weights.at("glints_around", scaled)
        result.append(evidence("lens", WORDS, None, "glints_around", weight, about=about, count=others))
    near = _seen_close(view, about)
    if near is not None and "glint_close" in view.weights.tables:  # a district's own may be older
        weight = view.weights.at("glint_close", near.score)
        if weight.log10 != 0.0:  # what nobody has shown to tell anything is an observation and no evidence
            score = f"{near.score:.2f}"
            result.append(evidence("lens", WORDS, near, "glint_close", weight, about=about, score=score))
    if not is_best:
        return result
    if view.again:
        again, shown = _second_score(view)
        code = "glint_again" if shown is not None else "glint_gone"
        told = {"score": f"{again:.2f}", "views": len(view.again)} if shown is not None else {"views": len(view.again)}
        weight = view.weights.at("glint_again", again)
        result.append(evidence("lens", WORDS, shown, code, weight, about=about, **told))
    if view.is_empty_by_eye:
        result.append(evidence("lens", WORDS, None, "nothing_by_eye", view.weights.at("nothing_by_eye"), about=about))
    return result


def glints_around(view: ZoneView, one: LensObservation) -> int:
    """How many other spots of the room scored ALIKE_FROM at the first look.

    A spot that several clips of a zone show counts once: of each zone the clip with most of them counts.
    """
    by_clip: Counter[tuple[str, str, str]] = Counter(
        (o.zone_id, o.position_id, o.clip)
        for o in view.observations
        if isinstance(o, LensObservation) and o.score >= ALIKE_FROM and not is_again(o.position_id)
    )
    by_zone: dict[str, int] = {}
    for (zone_id, _, _), count in by_clip.items():
        by_zone[zone_id] = max(count, by_zone.get(zone_id, 0))
    return sum(by_zone.values()) - (one.score >= ALIKE_FROM)


def _second_score(view: ZoneView) -> tuple[float, LensObservation | None]:
    """The median over the places of the second look, and the best candidate there; None: none called one in most."""
    by_view: dict[str, LensObservation] = {}
    for o in view.observations:
        if isinstance(o, LensObservation) and o.position_id in view.again:
            best = by_view.get(o.position_id)
            if best is None or (o.score, o.observation_id) > (best.score, best.observation_id):
                by_view[o.position_id] = o
    scores = [by_view[name].score if name in by_view else NOT_CALLED for name in view.again]
    middle = float(statistics.median_low(scores))
    shown = max(by_view.values(), key=lambda o: (o.score, o.observation_id), default=None)
    return middle, shown if middle > NOT_CALLED else None


def _seen_close(view: ZoneView, seen: UUID) -> LensObservation | None:
    """What the probe saw of a spot from close by; None where it did not look, or saw nothing that it calls: nobody
    knows whether it pointed at the spot then.
    """
    place = view.close.get(seen)
    ours = (o for o in view.observations if isinstance(o, LensObservation) and o.position_id == place)
    return max(ours, key=lambda o: (o.score, o.observation_id), default=None)


def place_glint(observation: Observation, position: Position, plan: Plan) -> Circle | None:
    """Along the glint's bearing, inside the room; None where bearing or range is not known."""
    if not isinstance(observation, LensObservation) or observation.bearing_deg is None or observation.range_m is None:
        return None
    angle = math.radians(position.facing_deg + observation.bearing_deg)
    along_x, along_y = math.cos(angle), math.sin(angle)
    reach_m = min(
        observation.range_m,
        _to_wall(position.x_m, along_x, plan.width_m),
        _to_wall(position.y_m, along_y, plan.depth_m),
    )
    x_m, y_m = position.x_m + reach_m * along_x, position.y_m + reach_m * along_y
    return Circle(x_m, y_m, max(MIN_RADIUS_M, RANGE_ERROR * reach_m))


def _to_wall(start_m: float, direction: float, size_m: float) -> float:
    """Distance along one axis' share of a ray from `start_m` to the wall it runs into; infinite when it runs along."""
    if abs(direction) < 1e-9:
        return math.inf
    return max(0.0, ((size_m if direction > 0.0 else 0.0) - start_m) / direction)

"""What glints, or their absence, say for or against a lens in a zone, and where a glint is."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sweep.lens.words import WORDS
from sweep.plug.evidence import Circle, ZoneView, evidence
from sweep.report import Evidence, LensObservation, Observation, Plan, Position

RANGE_ERROR = 0.3  # guessed: a range estimated from the light of the wall is good to a factor of about 1.5
MIN_RADIUS_M = 0.3  # guessed: pointing error of a hand-held probe at arm's length


def weigh_lens(view: ZoneView) -> Sequence[Evidence]:
    """The most lens-like glint of the zone; without one, how well it was looked for."""
    glints = [o for o in view.observations if isinstance(o, LensObservation) and o.zone_id == view.zone.zone_id]
    if glints:
        best = max(glints, key=lambda o: (o.score, o.observation_id))
        return [
            evidence(
                "lens",
                WORDS,
                best,
                "glint",
                glint_weight(best.score),
                ratio="–" if best.off_axis_ratio is None else f"{best.off_axis_ratio:.2f}",
                persistence="–" if best.persistence is None else round(best.persistence * 100),
                score=f"{best.score:.2f}",
            )
        ]
    looked = view.coverage
    if looked is None or looked.blind_reason is not None or looked.quality == 0.0:
        return []
    weight = -0.3 * looked.quality  # guessed: half of the lenses that the view could show would have been seen
    return [evidence("lens", WORDS, None, "no_glint", weight, quality=round(looked.quality * 100))]


def glint_weight(score: float) -> float:
    """log10 weight of a glint: 1.5 at the score that makes a candidate (2.0), 2 from 4.0 on.  Guessed."""
    return 1.5 + min(max(0.25 * (score - 2.0), -0.5), 0.5)


def place_glint(observation: Observation, stand: Position, plan: Plan) -> Circle | None:
    """Along the glint's bearing, inside the room; None where bearing or range is not known."""
    if not isinstance(observation, LensObservation) or observation.bearing_deg is None or observation.range_m is None:
        return None
    angle = math.radians(stand.facing_deg + observation.bearing_deg)
    along_x, along_y = math.cos(angle), math.sin(angle)
    reach_m = min(
        observation.range_m, _to_wall(stand.x_m, along_x, plan.width_m), _to_wall(stand.y_m, along_y, plan.depth_m)
    )
    x_m, y_m = stand.x_m + reach_m * along_x, stand.y_m + reach_m * along_y
    return Circle(x_m, y_m, max(MIN_RADIUS_M, RANGE_ERROR * reach_m))


def _to_wall(start_m: float, direction: float, size_m: float) -> float:
    """Distance along one axis' share of a ray from `start_m` to the wall it runs into; infinite when it runs along."""
    if abs(direction) < 1e-9:
        return math.inf
    return max(0.0, ((size_m if direction > 0.0 else 0.0) - start_m) / direction)

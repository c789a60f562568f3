"""What a carrier that is stronger here than outside the door says for or against a transmitter in a zone."""

from __future__ import annotations

from collections.abc import Sequence

from sweep.plug.evidence import NEAR_DB, ZoneView, evidence
from sweep.report import Evidence, RfObservation
from sweep.rf.words import WORDS

EXCESS_FLOOR_DB = 6.0  # guessed: twice the level's spread over a minute
CARRIERS = {"analog_video": "analog_video", "continuous": "continuous_carrier"}


def weigh_rf(view: ZoneView) -> Sequence[Evidence]:
    """The carrier with the highest excess in the zone, unless it is much stronger in another one."""
    known = [o for o in view.observations if isinstance(o, RfObservation) and o.excess_db is not None]
    here = [o for o in view.first_look() if isinstance(o, RfObservation) and o.excess_db is not None]
    if not here:
        return []
    best = max(here, key=lambda o: (o.excess_db or 0.0, o.observation_id))
    excess = best.excess_db or 0.0
    highest = max(o.excess_db or 0.0 for o in known)
    if excess < EXCESS_FLOOR_DB:
        if view.coverage is None or view.coverage.blind_reason is not None:
            return []
        weight = view.weights.at("rf_like_outside")
        return [evidence("rf", WORDS, best, "rf_like_outside", weight, excess=round(excess))]
    if best.kind not in CARRIERS or highest - excess > NEAR_DB:
        return []
    code = CARRIERS[best.kind]
    values: dict[str, str | float] = {"level": round(best.level_dbm), "excess": round(excess)}
    return [evidence("rf", WORDS, best, code, view.weights.at(code), about=None, **values)]

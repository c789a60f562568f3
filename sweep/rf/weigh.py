"""What a carrier that is stronger here than outside the door says for or against a transmitter in a zone.

One transmitter is one reading: it is heard at every position of a room, nearly as loud in the stalls beside its own, so
that it speaks for the stall where it is strongest, and in the others the report says where that is.
"""

from __future__ import annotations

from collections.abc import Sequence

from sweep.modality.evidence import ZoneView, evidence
from sweep.modality.looks import is_again
from sweep.report import Evidence, LocalText, RfObservation
from sweep.rf.tuner import ALWAYS_ON_SHARE, SAME_MHZ
from sweep.rf.words import WORDS

EXCESS_FLOOR_DB = 6.0  # guessed: twice the level's spread over a minute
STRONGEST_DB = 1.0
"""What is below the strongest stand by less is as strong (guessed: half the spread of a level within seconds)."""
CARRIERS = {"analog_video": "analog_video", "probable_video": "continuous_carrier", "continuous": "continuous_carrier"}
"""By kind the code that weighs: what is probably a picture is no more than the carrier that it surely is."""


def weigh_rf(view: ZoneView) -> Sequence[Evidence]:
    """The carrier that speaks most for the zone; where nothing is louder than outside, that."""
    known = [o for o in view.observations if isinstance(o, RfObservation) and o.excess_db is not None]
    known = [o for o in known if not is_again(o.position_id)]
    here = [o for o in known if o.zone_id == view.zone.zone_id]
    if not here:
        return []
    carriers = [o for o in here if o.kind in CARRIERS and _excess(o) >= EXCESS_FLOOR_DB]
    carriers = [o for o in carriers if o.kind != "probable_video" or o.duty_cycle >= ALWAYS_ON_SHARE]
    if carriers:
        each = [_weigh_carrier(view, o, known) for o in carriers]
        return [max(each, key=lambda e: (e.weight_log10, str(e.observation_id)))]
    best = max(here, key=lambda o: (_excess(o), o.observation_id))
    if _excess(best) >= EXCESS_FLOOR_DB or view.coverage is None or view.coverage.blind_reason is not None:
        return []
    weight = view.weights.at("rf_like_outside")
    return [evidence("rf", WORDS, best, "rf_like_outside", weight, excess=round(_excess(best)))]


def _weigh_carrier(view: ZoneView, one: RfObservation, known: Sequence[RfObservation]) -> Evidence:
    strongest = max((o for o in known if _is_same(one, o)), key=lambda o: (_excess(o), o.observation_id))
    below = max(_excess(strongest) - _excess(one), 0.0)
    code = CARRIERS[one.kind]
    weight = view.weights.at(code, below)
    values: dict[str, str | float] = {"level": round(one.level_dbm), "excess": round(_excess(one))}
    if below < STRONGEST_DB:
        return evidence("rf", WORDS, one, code, weight, about=None, **values)
    near = f"{code}_near"
    values["below"] = round(below)
    found = evidence("rf", WORDS, one, near, weight, about=None, zone=strongest.zone_id, **values)
    name, said = view.names.get(strongest.zone_id), WORDS.evidence[near]
    if name is None:
        return found
    text = LocalText(ko=said.ko.format(**values, zone=name.ko), en=said.en.format(**values, zone=name.en))
    return found.model_copy(update={"text": text})


def _is_same(one: RfObservation, other: RfObservation) -> bool:
    """Whether both may be one transmitter: on one frequency, or of one kind where the frequency is not known."""
    if one.centre_mhz is None or other.centre_mhz is None:
        return one.kind == other.kind
    return other.kind in CARRIERS and abs(one.centre_mhz - other.centre_mhz) <= SAME_MHZ


def _excess(one: RfObservation) -> float:
    return one.excess_db or 0.0

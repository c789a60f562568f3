"""What an eye's word weighs: for the place it was given for, once, with the sensitivity of an eye.

Input is looks by eye; output is evidence beside that of the modalities, and the zones of which a person said something
that asks for a candidate.  An eye that sees no camera lowers what the report says of the place and ends nothing: it
overlooks more than half of them.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from typing import Final
from uuid import UUID

from sweep.judge.eye_looks import EyeLookPolicy
from sweep.modality.evidence import evidence
from sweep.modality.weights import HINT, Weights, guess
from sweep.modality.words import Words
from sweep.report import Evidence, EyeLook, EyeOutcome, last_words, place_of
from sweep.report.eye_looks import EXPLAINS_A_HOLE, NO_CAMERA, Place
from sweep.report.sentences import Sentences

WORDS: Final = Words(
    evidence=Sentences(
        "eye_looks.evidence",
        "screw_or_reflection_by_eye bottom_seen_by_eye nothing_by_eye hole_by_eye unsure_by_eye camera_like_by_eye",
    )
)
SPEAKS: Final[frozenset[EyeOutcome]] = frozenset({"hole", "camera_like"})
"""Answers that ask for a candidate wherever they are given."""


def after(before_log10: float, answer: EyeOutcome, share: float) -> float:
    """Log10 odds of a camera at a place after an answer by an eye that sees `share` of cameras; what speaks for one is
    a hint, since nobody has counted it.
    """
    if answer in NO_CAMERA:
        return before_log10 + math.log10(max(1.0 - share, 1e-3))
    return before_log10 if answer == "not_answered" else before_log10 + HINT


def eye_evidence(looks: Iterable[EyeLook], zone_id: str, spots: Collection[UUID], weights: Weights) -> list[Evidence]:
    """What eyes said of a zone; of each place the last word. That a spot is no camera counts where the spot does
    (`spots`): it says nothing of the others.
    """
    result = []
    for look in last_words(looks):
        is_meant = look.observation_id is None or look.observation_id in spots or look.answer not in NO_CAMERA
        is_proof = look.is_control and look.answer not in SPEAKS
        if look.zone_id != zone_id or not is_meant or is_proof or look.answer == "not_answered":
            continue
        weight = weights.at("nothing_by_eye") if look.answer in NO_CAMERA else guess(HINT)
        found = evidence("lens", WORDS, None, f"{look.answer}_by_eye", weight, about=look.observation_id)
        result.append(found.model_copy(update={"observation_id": look.observation_id}))
    return result


def asks_for_candidate(words: Sequence[EyeLook], policy: EyeLookPolicy) -> bool:
    """Whether what was said of one place, in its order, asks for a candidate, whatever the probe by itself makes of it:
    it is like a camera; it is a hole, and nobody saw its bottom since; or at this posterior nobody could tell.
    """
    said = [look for look in words if look.answer != "not_answered"]
    was_hole = any(look.answer == "hole" for look in said)
    if not said or said[-1].answer in (EXPLAINS_A_HOLE if was_hole else NO_CAMERA):
        return False
    is_worth = said[-1].prior_log10_odds >= policy.unsure_from and not said[-1].is_control
    return is_worth or any(look.answer in SPEAKS for look in said)


def raised_by_eye(looks: Iterable[EyeLook], policy: EyeLookPolicy) -> frozenset[str]:
    """Zones of which a person said something that asks for a candidate."""
    by_place: dict[Place, list[EyeLook]] = {}
    for look in looks:
        by_place.setdefault(place_of(look), []).append(look)
    return frozenset(zone_id for (zone_id, *_), words in by_place.items() if asks_for_candidate(words, policy))

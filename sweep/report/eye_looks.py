"""Looks by eye that a sweep asked for: one place, some seconds of an eye, what it said.

Input of this module is records, output is records.  A look is an observation of a person: it is no finding and no
candidate, and says nothing against a place by having been asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import Field

from .base import LocalText, Log10, Metres, Record, Seconds, Slug, TimeNs
from .findings import Finding

EyeAnswer = Literal["screw_or_reflection", "hole", "bottom_seen", "nothing", "unsure", "camera_like"]
"""What a person says who looked; `bottom_seen`: a hole whose bottom is seen from close by."""
EyeOutcome = Literal["screw_or_reflection", "hole", "bottom_seen", "nothing", "unsure", "camera_like", "not_answered"]
EXPLAINS_A_HOLE: Final[frozenset[EyeOutcome]] = frozenset({"screw_or_reflection", "bottom_seen"})
"""What a person says who saw what had looked like a hole: to see nothing there explains none."""
NO_CAMERA: Final[frozenset[EyeOutcome]] = EXPLAINS_A_HOLE | {"nothing"}
"""An eye that sees no camera: it overlooks more than half of them where nobody points it."""
EYE_OUTCOMES: Final[Mapping[EyeOutcome, LocalText]] = MappingProxyType({
    "screw_or_reflection": LocalText(ko="나사·반사", en="screw or reflection"),
    "hole": LocalText(ko="구멍", en="hole"),
    "bottom_seen": LocalText(ko="바닥이 보이는 구멍", en="hole with its bottom seen"),
    "nothing": LocalText(ko="아무것도 없음", en="nothing"),
    "unsure": LocalText(ko="모르겠음", en="cannot tell"),
    "camera_like": LocalText(ko="카메라 같음", en="like a camera"),
    "not_answered": LocalText(ko="살펴보지 않음", en="not looked at"),
})  # fmt: skip


class WallSpot(Record):
    """A place on a wall of its zone, as whoever faces that wall sees it."""

    corner: Annotated[int, Field(ge=0, lt=64)]
    """Of the zone's polygon, at which the wall begins: as in its coverage."""
    along_m: Annotated[float, Field(ge=0, le=200)]
    """From the wall's left end."""
    width_m: Annotated[float, Field(ge=0, le=200)]
    """Of the wall."""
    up_m: Annotated[float, Field(ge=0, le=10)] | None
    """Above the floor; null where no inertial sensor told."""
    height_m: Annotated[float, Field(gt=0, le=10)]
    """Of the room: guessed, plans do not say."""


class EyeLook(Record):
    """One look by eye."""

    look_id: UUID
    zone_id: Slug
    observation_id: UUID | None
    """The glint that it is for; null: the zone as a whole, for something that sends."""
    is_close: bool
    """From 20 to 40 cm, after a look from where one stands."""
    x_m: Metres
    y_m: Metres
    radius_m: Annotated[float, Field(ge=0, le=100)]
    where: LocalText
    spot: WallSpot | None = None
    """Null where nobody knows on which wall it is."""
    is_known: bool = False
    """An earlier visit explained what is there: it was asked for after what is not known."""
    is_control: bool = False
    """Nothing shone there: it measures the eye, and speaks of the place by what looks like a camera or a hole only."""
    answer: EyeOutcome
    asked_ns: TimeNs
    answered_ns: TimeNs | None
    """Null where nobody answered."""
    planned_s: Seconds
    seconds: Seconds
    """From when it was asked for, or the look before it answered."""
    prior_log10_odds: Log10
    """Of a camera at this place, when it was asked for."""
    posterior_log10_odds: Log10
    """After the answer, by an eye that sees 46.0 % of hidden cameras (LAPD, SenSys 2021)."""
    posterior_pointed_log10_odds: Log10
    """The same if an eye that is pointed there sees the share that the policy guesses: nobody has measured it."""


Place = tuple[str, UUID | None, bool]


def place_of(look: EyeLook) -> Place:
    """The place that a look is about, within its sweep."""
    return look.zone_id, look.observation_id, look.is_control


def last_words(looks: Iterable[EyeLook]) -> list[EyeLook]:
    """Of each place the last look that was answered, or that nobody answered any: a place counts once, and a hole stays
    one until its bottom is seen.
    """
    by_place: dict[Place, EyeLook] = {}
    for look in looks:
        place = place_of(look)
        before = by_place.get(place)
        leaves_a_hole = look.answer == "nothing" and before is not None and before.answer == "hole"
        if before is None or not (look.answer == "not_answered" or leaves_a_hole):
            by_place[place] = look
    return list(by_place.values())


def is_raised_by_eye(finding: Finding) -> bool:
    """Whether what an eye saw speaks for it."""
    return any(one.code.endswith("_by_eye") for one in finding.evidence_for)


def eye_looks_line(looks: Iterable[EyeLook]) -> LocalText | None:
    """What looks came to, in one line; None where none was asked for."""
    counts = Counter(look.answer for look in last_words(looks))
    missed = counts.pop("not_answered", 0)
    if not counts and not missed:
        return None
    told = {
        language: ", ".join(
            f"{getattr(name, language)} {counts[answer]}" for answer, name in EYE_OUTCOMES.items() if counts[answer]
        )
        for language in ("ko", "en")
    }
    looked = sum(counts.values())
    ko = [f"육안 살핌 {looked}곳: {told['ko']}"] if looked else []
    en = [f"Looked at by eye, {looked}: {told['en']}"] if looked else []
    if missed:
        ko.append(f"눈으로 살펴보지 않은 곳 {missed}")
        en.append(f"not looked at by eye, {missed}")
    return LocalText(ko=" · ".join(ko), en="; ".join(en))

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

EyeAnswer = Literal["screw_or_reflection", "hole", "nothing", "unsure", "camera_like"]
"""What a person says who looked."""
EyeOutcome = Literal["screw_or_reflection", "hole", "nothing", "unsure", "camera_like", "not_answered"]
NO_CAMERA: Final[frozenset[EyeOutcome]] = frozenset({"screw_or_reflection", "nothing"})
"""An eye that sees no camera: it overlooks more than half of them where nobody points it."""
EYE_OUTCOMES: Final[Mapping[EyeOutcome, LocalText]] = MappingProxyType({
    "screw_or_reflection": LocalText(ko="나사·반사", en="screw or reflection"),
    "hole": LocalText(ko="구멍", en="hole"),
    "nothing": LocalText(ko="아무것도 없음", en="nothing"),
    "unsure": LocalText(ko="모르겠음", en="cannot tell"),
    "camera_like": LocalText(ko="카메라 같음", en="like a camera"),
    "not_answered": LocalText(ko="살펴보지 않음", en="not looked at"),
})  # fmt: skip


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
    is_known: bool = False
    """An earlier visit explained what is there: it was asked for after what is not known."""
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


def last_words(looks: Iterable[EyeLook]) -> list[EyeLook]:
    """Of each place the last look that was answered, or that nobody answered any: a place counts once."""
    by_place: dict[tuple[str, UUID | None], EyeLook] = {}
    for look in looks:
        place = (look.zone_id, look.observation_id)
        if place not in by_place or look.answer != "not_answered":
            by_place[place] = look
    return list(by_place.values())


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
        ko.append(f"살펴보지 않은 곳 {missed}")
        en.append(f"not looked at, {missed}")
    return LocalText(ko=" · ".join(ko), en="; ".join(en))

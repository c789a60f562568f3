"""What people say of a visit: what they noted by eye, the form's other fields, and what was done about a find.

Input are the note of a visit and the steps of its cases; output are `HandEntries`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from server.interface.told import either, word
from server.interface.words import BELLS, DEFECT_WORDS, MEASURES, SPOTS
from server.projections.form_fields import HandEntries, ZoneLine
from sweep.phrases import Language
from sweep.report import LocalText
from sweep.report.case_records import (
    CaseStep,
    DefectFound,
    HandedOver,
    PoliceCalled,
    ReportedToCity,
    RoomClosed,
    Witnessed,
)
from sweep.report.visit_records import Spot, VisitNote, VisitSigned, ZoneCheck

NO_ZONE = LocalText(ko="구역 없이", en="no zone")
"""Under this photographs are counted that name no zone."""


def hand_entries(
    note: tuple[str, VisitNote] | None,
    steps: Sequence[CaseStep],
    signatures: Sequence[VisitSigned] = (),
    photographed: Sequence[str | None] = (),
    zone_names: Mapping[str, str] = MappingProxyType({}),
    language: Language = "ko",
) -> HandEntries:
    """The form's fields; `note` is (pseudonym of whoever wrote it, the note), None where nobody wrote one.

    `signatures`: by finger, over this very note; offices and ranks of theirs are printed, names are not.
    `photographed`: for each photograph of an object the name of its zone, None where it names none.
    `zone_names`: names of the plan's zones by their ids, for the checklist.
    """
    done = tuple(words for step in steps if (words := measure_of(step, language)) is not None)
    zones = Counter(word(language, NO_ZONE) if name is None else name for name in photographed)
    police = tuple(
        _signed(f"{step.step.agency} {step.step.rank}", language) for step in steps if isinstance(step.step, Witnessed)
    )
    if note is None:
        return HandEntries(
            measures=done,
            photographs=len(photographed),
            photographs_by_zone=tuple(zones.items()),
            companions=police,
        )
    who, said = note
    companions = (said.companions,) if said.companions else ()
    police += tuple(
        _signed(f"{one.agency} {one.rank or ''}".strip(), language) for one in signatures if one.signed_as == "witness"
    )
    keepers = tuple(
        f"{one.agency} {either(language, '확인 서명', '(signed)')}" for one in signatures if one.signed_as == "keeper"
    )
    confirmed = (*((said.confirmed_by,) if said.confirmed_by else ()), *keepers)
    none = either(language, "없음", "None") if said.by_eye == "nothing_unusual" else None
    return HandEntries(
        occasion=said.occasion,
        companions=(*companions, *police),
        suspicious_marks=said.marks or none,
        emergency_bell=word(language, BELLS[said.emergency_bell]),
        measures=(*(word(language, MEASURES[measure]) for measure in said.measures), *done),
        confirmed_by=", ".join(confirmed) or None,
        by_eye=said.by_eye,
        spots=_spots(said.spots, language),
        checks=tuple(_zone_line(check, zone_names, zones, language) for check in said.zones),
        noted_by=who,
        photographs=len(photographed),
        photographs_by_zone=tuple(zones.items()),
    )


def _signed(office: str, language: Language) -> str:
    return f"{office} {either(language, '입회 서명', '(signed as a companion)')}"


def _spots(looked: Sequence[Spot], language: Language) -> tuple[str, ...]:
    return tuple(word(language, SPOTS[spot]) for spot in SPOTS if spot in looked)


def _zone_line(
    check: ZoneCheck, names: Mapping[str, str], photographed: Mapping[str, int], language: Language
) -> ZoneLine:
    name = names.get(check.zone_id, check.zone_id)
    return ZoneLine(
        zone=name,
        fine=_spots(check.fine, language),
        marked=_spots(check.marked, language),
        broken=_spots(check.broken, language),
        holes=check.holes,
        floor_gap_mm=check.floor_gap_mm,
        ceiling_gap_mm=check.ceiling_gap_mm,
        emergency_bell=word(language, BELLS[check.emergency_bell]),
        sticker=check.sticker,
        photographs=photographed.get(name, 0),
    )


def zone_words(line: ZoneLine, language: Language = "ko") -> str:
    """What was seen in a zone, in one line."""

    def said(ko: str, en: str, value: int | str | None) -> list[str]:
        return [either(language, ko, en).format(value)] if value else []

    below, above = line.floor_gap_mm, line.ceiling_gap_mm
    parts = [
        *said("이상 없음 {}부위", "nothing unusual: {}", len(line.fine)),
        *said("표시 {}", "marked: {}", ", ".join(line.marked)),
        *said("고장 {}", "broken: {}", ", ".join(line.broken)),
        *said("구멍 {}개", "holes: {}", line.holes),
        *said("아래 틈 {} mm", "gap below {} mm", None if below is None else str(below)),
        *said("위 틈 {} mm", "gap above {} mm", None if above is None else str(above)),
        *([either(language, "스티커로 막음", "closed by a sticker")] if line.sticker else []),
        *said("사진 {}장", "photographs: {}", line.photographs),
    ]
    return ", ".join(parts) or either(language, "보지 않음", "not looked at")


def checklist_words(hand: HandEntries, language: Language = "ko") -> str:
    """The checklist in one cell; empty where nobody filled one in."""
    return " / ".join(f"{line.zone}: {zone_words(line, language)}" for line in hand.checks)


def gap_words(hand: HandEntries) -> str:
    """The widest gap at the floor and the narrowest at the ceiling, each with its zone; empty when none was measured.

    They are what was measured; what a rule makes of them is told in the case of a defect.
    """
    below = [(line.floor_gap_mm, line.zone) for line in hand.checks if line.floor_gap_mm is not None]
    above = [(line.ceiling_gap_mm, line.zone) for line in hand.checks if line.ceiling_gap_mm is not None]
    parts = []
    if below:
        widest, where = max(below, key=lambda one: one[0])
        parts.append(f"아래 최대 {widest} mm({where})")
    if above:
        narrowest, where = min(above, key=lambda one: one[0])
        parts.append(f"위 최소 {narrowest} mm({where})")
    return " · ".join(parts)


def measure_of(step: CaseStep, language: Language = "ko") -> str | None:
    """What a step of a case adds to the measures; None when it is none."""
    match step.step:
        case RoomClosed():
            return either(language, "출입 통제", "Room closed")
        case PoliceCalled(receipt_no=number):
            return either(language, f"112 신고(접수번호 {number})", f"112 called (receipt {number})")
        case HandedOver(station=station, receipt_no=number):
            return either(
                language,
                f"경찰 인계({station}, 접수증 {number})",
                f"Handed over to the police ({station}, receipt {number})",
            )
        case ReportedToCity():
            return either(language, "시 보고", "City told")
        case DefectFound(defect=defect, due=due):
            what = word(language, DEFECT_WORDS[defect])
            return either(language, f"보수 요청({what}, {due}까지)", f"Repair asked for ({what}, by {due})")
        case _:
            return None


def photograph_places(hand: HandEntries, language: Language = "ko") -> str:
    """Where photographs of objects were taken, with how many each; empty without any."""
    count = either(language, "{} {}장", "{}: {}")
    return ", ".join(count.format(name, taken) for name, taken in hand.photographs_by_zone)

"""What people say of a visit: what they noted by eye, the form's other fields, and what was done about a find.

Input are the note of a visit and the steps of its cases; output are `HandEntries`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from server.interface.words import BELLS, DEFECT_WORDS, MEASURES, SPOTS
from server.projections.log_records import HandEntries, ZoneLine
from sweep.report.case_records import (
    CaseStep,
    DefectFound,
    HandedOver,
    PoliceCalled,
    ReportedToCity,
    RoomClosed,
    Witnessed,
)
from sweep.report.visit_records import VisitNote, VisitSigned, ZoneCheck

NO_ZONE = "구역 없이"
"""Under this photographs are counted that name no zone."""


def hand_entries(
    note: tuple[str, VisitNote] | None,
    steps: Sequence[CaseStep],
    signatures: Sequence[VisitSigned] = (),
    photographed: Sequence[str | None] = (),
    zone_names: Mapping[str, str] = MappingProxyType({}),
) -> HandEntries:
    """The form's fields; `note` is (pseudonym of whoever wrote it, the note), None where nobody wrote one.

    `signatures`: by finger, over this very note; offices and ranks of theirs are printed, names are not.
    `photographed`: for each photograph of an object the name of its zone, None where it names none.
    `zone_names`: Korean names of the plan's zones by their ids, for the checklist.
    """
    done = tuple(words for step in steps if (words := measure_of(step)) is not None)
    zones = Counter(NO_ZONE if name is None else name for name in photographed)
    police = tuple(
        f"{step.step.agency} {step.step.rank} 입회 서명" for step in steps if isinstance(step.step, Witnessed)
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
        f"{one.agency} {one.rank or ''}".strip() + " 입회 서명" for one in signatures if one.signed_as == "witness"
    )
    keepers = tuple(f"{one.agency} 확인 서명" for one in signatures if one.signed_as == "keeper")
    confirmed = (*((said.confirmed_by,) if said.confirmed_by else ()), *keepers)
    return HandEntries(
        occasion=said.occasion,
        companions=(*companions, *police),
        suspicious_marks=said.marks or ("없음" if said.by_eye == "nothing_unusual" else None),
        emergency_bell=BELLS[said.emergency_bell].ko,
        measures=(*(MEASURES[measure].ko for measure in said.measures), *done),
        confirmed_by=", ".join(confirmed) or None,
        by_eye=said.by_eye,
        spots=tuple(SPOTS[spot].ko for spot in SPOTS if spot in said.spots),
        checks=tuple(_zone_line(check, zone_names, zones) for check in said.zones),
        noted_by=who,
        photographs=len(photographed),
        photographs_by_zone=tuple(zones.items()),
    )


def _zone_line(check: ZoneCheck, names: Mapping[str, str], photographed: Mapping[str, int]) -> ZoneLine:
    name = names.get(check.zone_id, check.zone_id)
    return ZoneLine(
        zone=name,
        fine=tuple(SPOTS[spot].ko for spot in SPOTS if spot in check.fine),
        marked=tuple(SPOTS[spot].ko for spot in SPOTS if spot in check.marked),
        broken=tuple(SPOTS[spot].ko for spot in SPOTS if spot in check.broken),
        holes=check.holes,
        floor_gap_mm=check.floor_gap_mm,
        ceiling_gap_mm=check.ceiling_gap_mm,
        emergency_bell=BELLS[check.emergency_bell].ko,
        sticker=check.sticker,
        photographs=photographed.get(name, 0),
    )


def zone_words(line: ZoneLine) -> str:
    """What was seen in a zone, in one line."""
    parts = [f"이상 없음 {len(line.fine)}부위"] if line.fine else []
    parts += [f"표시 {', '.join(line.marked)}"] if line.marked else []
    parts += [f"고장 {', '.join(line.broken)}"] if line.broken else []
    parts += [f"구멍 {line.holes}개"] if line.holes else []
    parts += [f"아래 틈 {line.floor_gap_mm} mm"] if line.floor_gap_mm is not None else []
    parts += [f"위 틈 {line.ceiling_gap_mm} mm"] if line.ceiling_gap_mm is not None else []
    parts += ["스티커로 막음"] if line.sticker else []
    parts += [f"사진 {line.photographs}장"] if line.photographs else []
    return ", ".join(parts) or "보지 않음"


def checklist_words(hand: HandEntries) -> str:
    """The checklist in one cell; empty where nobody filled one in."""
    return " / ".join(f"{line.zone}: {zone_words(line)}" for line in hand.checks)


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


def measure_of(step: CaseStep) -> str | None:
    """What a step of a case adds to the measures; None when it is none."""
    match step.step:
        case RoomClosed():
            return "출입 통제"
        case PoliceCalled(receipt_no=number):
            return f"112 신고(접수번호 {number})"
        case HandedOver(station=station, receipt_no=number):
            return f"경찰 인계({station}, 접수증 {number})"
        case ReportedToCity():
            return "시 보고"
        case DefectFound(defect=defect, due=due):
            return f"보수 요청({DEFECT_WORDS[defect].ko}, {due}까지)"
        case _:
            return None


def photograph_places(hand: HandEntries) -> str:
    """Where photographs of objects were taken, with how many each; empty without any."""
    return ", ".join(f"{name} {count}장" for name, count in hand.photographs_by_zone)

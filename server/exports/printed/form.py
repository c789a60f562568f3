"""The form of one sweep (점검일지) as the template prints it on its first sheet: the fields that an office files.

Input is a `SweepPage`, output a tree of dicts, lists and strings.  What nobody noted is an empty string and is printed
as a place to write; sex, floor and stalls stand apart, and the word of persons stands beside that of the equipment.
"""

from __future__ import annotations

from server.exports.columns import methods_words, scope_words, signature_words, standing_words
from server.exports.place_parts import floor_words, sex_words, stalls_words
from server.exports.printed.map import Tree
from server.exports.results import (
    equipment_reason,
    equipment_word,
    is_called,
    measures_words,
    next_step_words,
    persons_reason,
)
from server.exports.sheets.proof import proof_line, proof_qr
from server.interface.words import (
    EQUIPMENT,
    MODES,
    NOT_RECORDED,
    OCCASIONS,
    PERSONS,
    ROOM_KINDS,
    SPOTS,
    kst,
)
from server.projections.by_eye import gap_words, photograph_places
from server.projections.form_fields import ZoneLine
from server.projections.log_records import CaseLine, LogRow, Printing, SweepHeader, SweepPage
from sweep.report import ClockReading, LocalText
from sweep.report.words import with_pace


def printed_form(page: SweepPage, printing: Printing) -> Tree:
    """The form's fields."""
    row = page.row
    header, hand, place = row.header, row.hand, row.place
    proof = proof_line("entry", row.entry_hash, printing.proof)
    return {
        "when": f"{span(header)} (한국시간)" if row.original is None else _listed(row),
        "occasion": ticks(row),
        "facility": place.facility_name.ko,
        "number": place.facility_number or "",
        "room": f"{place.room_name.ko} ({ROOM_KINDS[place.room_kind]})",
        "sex": sex_words(place.sex) or "",
        "floor": floor_words(place.floor) or "",
        "stalls": stalls_words(row.stalls or row.place.stalls) or "",
        "inspectors": ", ".join(printing.who_of(row)),
        "companions": ", ".join(hand.companions) or ("없음" if hand.noted_by else ""),
        "methods": methods_words(row),
        "equipment": row.equipment,
        "is_measured": not row.inspected_by and row.original is None,
        "persons": {
            "code": row.persons,
            "word": PERSONS[row.persons].ko,
            "english": PERSONS[row.persons].en,
            "why": persons_reason(row),
        },
        "equipment_result": {
            "code": row.equipment_result,
            "word": equipment_word(row),
            "english": EQUIPMENT[row.equipment_result].en,
            "why": equipment_reason(row),
        },
        "spots": [{"name": spot.ko, "is_looked": spot.ko in hand.spots} for spot in SPOTS.values()],
        "is_noted": hand.noted_by is not None,
        "scope": scope_words(row),
        "marks": hand.suspicious_marks or "",
        "gaps": gap_words(hand),
        "checks": [*map(_check_row, hand.checks), *_left_out(page)],
        "bell": hand.emergency_bell or "",
        "measures": done_words(page),
        "is_called": is_called(row),
        "photographs": photograph_words(row),
        "standing": standing_words(row),
        "next": next_step_words(row),
        "confirmed_by": hand.confirmed_by or "",
        "entry_hash": row.entry_hash or "없음",
        "signatures": signature_words(row),
        "proof": {"line": proof, "qr": proof_qr(proof)} if proof else None,
    }


def done_words(page: SweepPage) -> str:
    """조치, each that is recorded with the case of another sweep with the day of that sweep; empty without any."""
    beside = [
        f"{one.said} [{case_of_line(one)}]" for one in page.case_lines if one.is_measure and one.opened is not None
    ]
    own = page.row.hand.measures
    return ", ".join([*own, *beside]) if beside else measures_words(page.row)


def case_of_line(line: CaseLine) -> str:
    """With which sweep's case it is recorded."""
    return "이 점검의 확인 건" if line.opened is None else f"{kst(line.opened)[:16]} 점검의 확인 건"


def _left_out(page: SweepPage) -> list[Tree]:
    """Zones of findings that a checklist has nothing on."""
    if page.report is None or not page.row.hand.checks:
        return []
    has = {line.zone for line in page.row.hand.checks}
    zones = {one.zone_id for one in page.report.findings}
    names = [zone.name.ko for zone in page.report.plan.zones if zone.zone_id in zones and zone.name.ko not in has]
    empty = dict.fromkeys(("fine", "marked", "holes", "gaps", "bell"), "–")
    return [{"zone": name, **empty, "rest": "장비가 지목한 구역, 점검표에 적지 않음"} for name in names]


def _check_row(line: ZoneLine) -> Tree:
    return {
        "zone": line.zone,
        "fine": ", ".join(line.fine) or "–",
        "marked": ", ".join(line.marked) or "–",
        "holes": str(line.holes) if line.holes else "–",
        "gaps": f"{_millimetres(line.floor_gap_mm)} / {_millimetres(line.ceiling_gap_mm)}",
        "bell": line.emergency_bell,
        "rest": ", ".join(
            [
                *([f"고장: {', '.join(line.broken)}"] if line.broken else []),
                *(["스티커"] if line.sticker else []),
                *([f"사진 {line.photographs}장"] if line.photographs else []),
            ]
        )
        or "–",
    }


def _millimetres(gap_mm: int | None) -> str:
    return "–" if gap_mm is None else f"{gap_mm} mm"


CHECK_HEADS = ("구역", "이상 없음", "표시", "구멍", "틈 아래/위", "비상벨", "그 밖")
"""Headings over the rows of `checks`."""


def photograph_words(row: LogRow) -> str:
    """How many photographs there are and of which zones; none is ever part of a document."""
    if not row.hand.photographs:
        return "없음"
    where = f"({photograph_places(row.hand)})" if row.hand.photographs_by_zone else ""
    return f"{row.hand.photographs}장{where}, 봉인하여 따로 보관"


def ticks(row: LogRow) -> str:
    """점검구분 as boxes."""
    typed = f" · 사후 입력, 점검표 {row.typed_from}" if row.typed_from else ""
    boxes = "  ".join(f"{'■' if row.hand.occasion == code else '□'} {word.ko}" for code, word in OCCASIONS.items())
    return f"{boxes}   ({MODES[row.header.mode].ko} 점검{typed})"


def span(header: SweepHeader) -> str:
    """From when to when, by the probe's clock."""
    started = kst(header.started.utc)
    if header.ended is None:
        return f"{started} – 종료 기록 없음"
    ended = _time_of(header.ended, started)
    return f"{started} – {with_pace(LocalText(ko=ended, en=ended), header.source).ko}"


def _listed(row: LogRow) -> str:
    """The day that an office's list has, with its time if it has one."""
    return f"{kst(row.header.started.utc)[: 16 if row.has_time else 10]} (목록에 적힌 대로)"


def _time_of(ended: ClockReading, started: str) -> str:
    return kst(ended.utc).removeprefix(started[:11])


def received_words(header: SweepHeader) -> str:
    """When the server received it, and whether that time counts."""
    if header.received is None:
        return NOT_RECORDED
    note = "" if header.counted_start == header.started.utc else " · 점검기 시각을 쓸 수 없어 접수 시각이 기준"
    return kst(header.received) + note

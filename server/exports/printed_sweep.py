"""One sweep as the template prints it: words, numbers and shapes, nothing left to decide.

Input is a `SweepPage`, output a tree of dicts, lists, strings and numbers that becomes the template's JSON.  Strings
are data for the template and never its source; coordinates are metres of the plan, origin upper left, y downwards.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sweep.report import MODALITIES, Evidence, Finding, Plan, SweepReport, Zone, ZoneCoverage, ZoneVerdict, centre_of

from .columns import disposition_words, limits_words, scope_words, signature_words
from .rows import EntryLine, LogRow, SignedDisposition, SweepPage
from .words import (
    ASSURANCES,
    COVERAGE_WORDS,
    DEMO_NOTICES,
    DISPOSITIONS,
    ENTRY_KINDS,
    MODALITY_WORDS,
    MODES,
    NEXT_STEPS,
    NOT_RECORDED,
    OCCASIONS,
    REFERENCE_CHECKS,
    RESULTS,
    ROOM_KINDS,
    SOURCES,
    STRENGTHS,
    VERDICTS,
    WEIGHT_SOURCES,
    clock_quality,
    kst,
    modality_list,
)

Tree = dict[str, Any]

# Spots that inspectors look at by eye in practice; the probe sees none of them as such, so they are filled in by hand.
HAND_SPOTS = (
    "환풍구",
    "천장·점검구",
    "조명",
    "콘센트·스위치",
    "출입문·잠금장치",
    "칸막이 틈새·나사 구멍",
    "변기·휴지걸이·휴지통 주변",
    "세면대·거울·배수구",
)


def printed_sweep(page: SweepPage, number: int) -> Tree:
    """The section of one sweep; `number` counts sections from 1."""
    row, report = page.row, page.report
    header = row.header
    letters = {} if report is None else {f.finding_id: f"F{n}" for n, f in enumerate(report.findings, start=1)}
    return {
        "number": number,
        "watermark": SOURCES[header.source].ko if row.is_demo else "",
        "notice": DEMO_NOTICES[header.source],
        "source": SOURCES[header.source].ko,
        "facility": row.place.facility_name.ko,
        "facility_number": row.place.facility_number or NOT_RECORDED,
        "room": row.place.room_name.ko,
        "room_kind": ROOM_KINDS[row.place.room_kind],
        "sweep_id": str(header.sweep_id),
        "started": kst(header.started.utc),
        "result": {
            "code": row.result,
            "word": RESULTS[row.result].ko,
            "english": RESULTS[row.result].en,
            "reason": row.result_reason,
            "next": NEXT_STEPS[row.result],
        },
        "fields": _fields(row, report),
        "inspectors": list(header.inspectors),
        "hand": _hand(row),
        "spots": list(HAND_SPOTS),
        "map": None if report is None else _map(report),
        "zones": None if report is None else _zone_table(report),
        "findings": [] if report is None else [_finding(report, f, letters, page) for f in report.findings],
        "limits": [] if report is None else [_limit(report, index) for index in range(len(report.limits))],
        "dispositions": [_disposition(item, letters) for item in page.dispositions],
        "disposition_words": disposition_words(row),
        "entries": [_entry(entry) for entry in page.entries],
        "gaps": [f"키 {gap.key_id}: 순번 {gap.from_seq}–{gap.to_seq} 없음" for gap in page.gaps],
        "signatures": signature_words(row),
    }


def _box(is_on: bool) -> str:
    return "■" if is_on else "□"


def _fields(row: LogRow, report: SweepReport | None) -> list[list[str]]:
    """Rows of the head table: label, English label, value."""
    header = row.header
    ended = kst(header.ended.utc) if header.ended else "종료 기록 없음"
    ticks = "  ".join(f"{_box(row.hand.occasion == code)} {word}" for code, word in OCCASIONS.items())
    declared = {True: "점검자 2인이 퇴실·폐쇄를 확인함", False: "확인하지 않음", None: "기록 없음"}
    kind = ROOM_KINDS[row.place.room_kind]
    fields = [
        [
            "점검일시",
            "Date and time",
            f"{kst(header.started.utc)} – {ended[-8:] if header.ended else ended} (한국시간)",
        ],
        ["시각 신뢰도", "Clock", clock_quality(header.started)],
        ["시설명", "Facility", row.place.facility_name.ko],
        ["관리번호", "Number", row.place.facility_number or NOT_RECORDED],
        ["위치(성별·층)", "Room", f"{row.place.room_name.ko} ({kind})"],
        ["점검구분", "Occasion", f"{ticks}   ({MODES[header.mode]} 점검)"],
        ["점검자", "Inspectors", ", ".join(header.inspectors)],
        ["동행·입회", "Companions", ", ".join(row.hand.companions)],
        ["점검방법", "Methods", f"{modality_list(row.methods)}  /  □ 육안  □ 열화상"],
        ["장비", "Equipment", row.equipment],
        ["점검부위·범위", "Scope", scope_words(row)],
        ["미점검·판정 불가", "Not judged", limits_words(row)],
        ["퇴실 확인", "Declared empty", declared[header.declared_empty]],
    ]
    if report is not None:
        check = report.reference_check
        when = "" if check.checked is None else f" ({kst(check.checked.utc)})"
        fields.append(["기준 표적 확인", "Reference check", REFERENCE_CHECKS[check.status] + when])
    return fields


def _hand(row: LogRow) -> Tree:
    return {
        "marks": row.hand.suspicious_marks or "",
        "bell": row.hand.emergency_bell or "",
        "measures": ", ".join(row.hand.measures),
        "confirmed_by": row.hand.confirmed_by or "",
    }


def _map(report: SweepReport) -> Tree:
    plan = report.plan
    return {
        "width_m": plan.width_m,
        "depth_m": plan.depth_m,
        "caption": f"도면 {plan.version}판 · "
        + ("현장 대조를 마친 도면" if plan.is_verified else "현장과 대조하지 않은 도면(실제와 다를 수 있음)"),
        "is_verified": plan.is_verified,
        "zones": [_map_zone(report, zone, index) for index, zone in enumerate(plan.zones, start=1)],
        "positions": [
            {"number": index, "x": position.x_m, "y": position.y_m, "facing_deg": position.facing_deg}
            for index, position in enumerate(report.positions, start=1)
            if _is_on(plan, position.x_m, position.y_m)
        ],
        "findings": [
            {"name": f"F{index}", "x": finding.x_m, "y": finding.y_m, "radius": finding.radius_m}
            for index, finding in enumerate(report.findings, start=1)
            if _is_on(plan, finding.x_m, finding.y_m)
        ],
        "alternative": _map_in_words(report),
    }


def _is_on(plan: Plan, x_m: float, y_m: float) -> bool:
    """Whether a point can be drawn: within half a metre of the room."""
    return -0.5 <= x_m <= plan.width_m + 0.5 and -0.5 <= y_m <= plan.depth_m + 0.5


def _map_zone(report: SweepReport, zone: Zone, number: int) -> Tree:
    xs, ys = [p[0] for p in zone.polygon], [p[1] for p in zone.polygon]
    state = zone_state(report, zone.zone_id)
    x, y = centre_of(zone)
    bars = []
    for modality in MODALITIES:
        coverage = _coverage_of(report, zone.zone_id, modality)
        bars.append(
            {
                "letter": MODALITY_WORDS[modality].ko[0],
                "quality": 0.0 if coverage is None else coverage.quality,
                "state": cell_state(coverage, _verdict_of(report, zone.zone_id, modality)),
            }
        )
    return {
        "number": number,
        "name": zone.name.ko,
        "points": [[x, y] for x, y in zone.polygon],
        "x": x,
        "y": y,
        "box": [min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)],
        "state": state,
        "word": VERDICTS[state].ko,
        "bars": bars,
    }


def _map_in_words(report: SweepReport) -> str:
    """The map for whoever listens to the document."""
    zones = "; ".join(
        f"{number} {zone.name.ko}: {VERDICTS[zone_state(report, zone.zone_id)].ko}"
        for number, zone in enumerate(report.plan.zones, start=1)
    )
    return f"점검 도면. {zones}. 육안 확인 필요 표시 {len(report.findings)}건."


def zone_state(report: SweepReport, zone_id: str) -> str:
    """How a zone is shaded: candidate before clear before not_assessable; not_looked when no method looked at it."""
    verdicts = {item.verdict for item in report.verdicts if item.zone_id == zone_id}
    if "candidate" in verdicts or any(finding.zone_id == zone_id for finding in report.findings):
        return "candidate"
    if "clear" in verdicts:
        return "clear"
    looked = any(item.zone_id == zone_id and item.status != "not_looked" for item in report.coverage)
    return "not_assessable" if looked else "not_looked"


def cell_state(coverage: ZoneCoverage | None, verdict: ZoneVerdict | None) -> str:
    """State of one zone by one method: not looked at weighs more than a verdict of not assessable."""
    if verdict is not None and verdict.verdict != "not_assessable":
        return verdict.verdict
    if coverage is None or coverage.status == "not_looked":
        return "not_looked"
    return "not_assessable"


def _coverage_of(report: SweepReport, zone_id: str, modality: str) -> ZoneCoverage | None:
    return next((c for c in report.coverage if (c.zone_id, c.modality) == (zone_id, modality)), None)


def _verdict_of(report: SweepReport, zone_id: str, modality: str) -> ZoneVerdict | None:
    return next((v for v in report.verdicts if (v.zone_id, v.modality) == (zone_id, modality)), None)


def _zone_table(report: SweepReport) -> Tree:
    """Zones by methods; a reason that many cells share is printed once, as a numbered note."""
    notes: list[str] = []
    rows = []
    for number, zone in enumerate(report.plan.zones, start=1):
        cells = []
        for modality in MODALITIES:
            coverage = _coverage_of(report, zone.zone_id, modality)
            verdict = _verdict_of(report, zone.zone_id, modality)
            cells.append(_cell(coverage, verdict, notes))
        rows.append({"number": number, "name": zone.name.ko, "cells": cells})
    heads = [{"ko": MODALITY_WORDS[m].ko, "en": MODALITY_WORDS[m].en} for m in MODALITIES]
    return {"heads": heads, "rows": rows, "notes": notes}


def _cell(coverage: ZoneCoverage | None, verdict: ZoneVerdict | None, notes: list[str]) -> Tree:
    state = cell_state(coverage, verdict)
    looked = "점검 기록 없음"
    if coverage is not None:
        looked = COVERAGE_WORDS[coverage.status]
        if coverage.status != "not_looked":
            looked += f" {coverage.quality:.0%} · {coverage.dwell_s:.0f}초"
    note = 0
    if verdict is not None:
        words = verdict.text.ko if verdict.target is None else f"{verdict.text.ko} (대상: {verdict.target.ko})"
        if words not in notes:
            notes.append(words)
        note = notes.index(words) + 1
    return {"state": state, "word": VERDICTS[state].ko, "looked": looked, "note": note}


def _finding(report: SweepReport, finding: Finding, letters: dict[UUID, str], page: SweepPage) -> Tree:
    zone = next(zone for zone in report.plan.zones if zone.zone_id == finding.zone_id)
    decided = [item for item in page.dispositions if item.disposition.finding_id == finding.finding_id]
    return {
        "name": letters[finding.finding_id],
        "zone": zone.name.ko,
        "where": (
            f"도면 왼쪽 위에서 오른쪽 {finding.x_m:.2f} m, 아래 {finding.y_m:.2f} m · 반경 {finding.radius_m:.2f} m 안"
        ),
        "strength": STRENGTHS[finding.strength],
        "for": [_evidence(item) for item in finding.evidence_for],
        "against": [_evidence(item) for item in finding.evidence_against],
        "prior": _signed(finding.prior_log10_odds),
        "posterior": _signed(finding.posterior_log10_odds),
        "advice": finding.advice.ko,
        "disposition": DISPOSITIONS[decided[-1].disposition.verdict].ko if decided else "미판정 (육안 확인 전)",
        "is_open": not decided,
    }


def _evidence(item: Evidence) -> Tree:
    source = WEIGHT_SOURCES[item.weight_source]
    return {
        "modality": MODALITY_WORDS[item.modality].ko,
        "text": item.text.ko,
        "weight": _signed(item.weight_log10),
        "source": f"{source}, 상한 적용" if item.is_capped else source,
    }


def _signed(value: float) -> str:
    """A log10 number with its sign, `+2.0`, `−0.4`; the minus is a hyphen because the font has no true one."""
    return f"{value:+.1f}".replace("-", "–")


def _limit(report: SweepReport, index: int) -> Tree:
    limit = report.limits[index]
    return {
        "scope": "전체" if limit.modality is None else MODALITY_WORDS[limit.modality].ko,
        "text": limit.text.ko,
    }


def _disposition(item: SignedDisposition, letters: dict[UUID, str]) -> Tree:
    decision = item.disposition
    return {
        "finding": letters.get(decision.finding_id, "–"),
        "verdict": DISPOSITIONS[decision.verdict].ko,
        "note": "" if decision.note is None else decision.note.ko,
        "who": item.decided_by,
        "assurance": ASSURANCES.get(item.assurance, item.assurance),
        "when": kst(decision.decided.utc),
        "hash": item.entry_hash[:16],
        "signature": "유효" if item.signature_ok else "무효",
    }


def _entry(entry: EntryLine) -> Tree:
    bodies = [f"본문 {entry.bodies_present}"]
    if entry.bodies_erased:
        bodies.append(f"삭제 {entry.bodies_erased}")
    if entry.bodies_missing:
        bodies.append(f"없음 {entry.bodies_missing}")
    return {
        "kind": ENTRY_KINDS.get(entry.kind, entry.kind),
        "key": f"{entry.key_id} / {entry.seq}",
        "received": kst(entry.received),
        "index": "–" if entry.log_index is None else str(entry.log_index),
        "bodies": " · ".join(bodies),
        "hash": entry.entry_hash,
        "signature": "유효" if entry.signature_ok else "무효",
        "is_ok": entry.signature_ok,
    }

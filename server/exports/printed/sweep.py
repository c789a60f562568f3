"""One sweep as the template prints it: words, numbers and shapes, nothing left to decide.

Input is a `SweepPage`, output a tree of dicts, lists, strings and numbers that becomes the template's JSON.  Strings
are data for the template and never its source; coordinates are metres of the plan, origin upper left, y downwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from server.exports.columns import clock_words, decision_words, limits_words, scope_words, signature_words
from server.exports.printed.form import case_of_line, printed_form, received_words
from server.exports.printed.inspection import printed_inspection
from server.exports.printed.map import Tree, coverage_of, printed_map, targets_of, verdict_of
from server.exports.printed.odds import walk_of
from server.exports.printed.targets import target_table
from server.exports.results import next_step_words
from server.interface.fields import ZoneState
from server.interface.safe_text import plain_text
from server.interface.words import (
    ASSURANCES,
    DISPOSITIONS,
    ENTRY_KINDS,
    FINDINGS,
    IMPORTED,
    NOT_RECORDED,
    REFERENCE_CHECKS,
    ROOM_KINDS,
    SOURCES,
    STRENGTHS,
    ZONES,
    demo_notice,
    kst,
)
from server.projections.log_records import EntryLine, LogRow, Printing, SignedDisposition, SweepPage
from server.standing.findings import OPEN
from server.standing.zones import method_state
from sweep.report import MODALITIES, SHOWN, Evidence, Finding, SweepReport, ZoneCoverage, ZoneVerdict, are_measured
from sweep.report.walls.spots import where_found
from sweep.report.words import SOURCE_WORDS, names_of, share_words

SHORT_NAME = 60  # derived: two lines in the list of the cover, one in the running head


def printed_sweep(page: SweepPage, number: int, printing: Printing | None = None) -> Tree:
    """The section of one sweep; `number` counts sections from 1."""
    row, report, printing = page.row, page.report, printing or Printing()
    header = row.header
    letters = {} if report is None else {f.finding_id: f"F{n}" for n, f in enumerate(report.findings, start=1)}
    return {
        "number": number,
        "watermark": SOURCES[header.source].ko if row.is_demo else "" if row.original is None else "가져온 기록",
        "notice": demo_notice(header.source) or ("" if row.original is None else IMPORTED.ko),
        "is_signed": row.original is None,
        "source": SOURCES[header.source].ko,
        "facility": row.place.facility_name.ko,
        "facility_number": row.place.facility_number or NOT_RECORDED,
        "room": row.place.room_name.ko,
        "short_name": short(f"{row.place.facility_name.ko} · {row.place.room_name.ko}"),
        "room_kind": ROOM_KINDS[row.place.room_kind],
        "sweep_id": str(header.sweep_id),
        "started": kst(header.started.utc),
        "next": next_step_words(row),
        "form": printed_form(page, printing),
        "fields": _fields(row, report),
        "eye_looks": row.eye_looks,
        "inspectors": printing.who_of(row),
        "inspection": None if page.inspection is None else printed_inspection(page.inspection),
        "map": None if report is None else printed_map(report),
        "zones": None if report is None else _zone_table(report, dict(page.row.hand.photographs_by_zone)),
        "targets": None if report is None or not report.targets else target_table(report),
        "findings": [] if report is None else _findings(report, letters, page),
        "limits": [] if report is None else [_limit(report, index) for index in range(len(report.limits))],
        "dispositions": [_disposition(item, letters) for item in page.dispositions],
        "case_lines": [
            {
                "finding": letters.get(one.finding_id, "–"),
                "case": case_of_line(one),
                "said": one.said,
                "who": ", ".join(map(printing.who, one.persons)),
                "when": kst(one.decided),
                "hash": one.entry_hash[:16],
            }
            for one in page.case_lines
        ],
        "state_words": decision_words(row) if row.findings else "",
        "entries": [_entry(entry) for entry in page.entries],
        "gaps": [f"키 {gap.key_id}: 순번 {gap.from_seq}–{gap.to_seq} 없음" for gap in page.gaps],
        "alarms": [words.ko for words in page.alarms],
        "signatures": signature_words(row),
    }


def short(name: str) -> str:
    """A name for a narrow place; the whole name stands in the overview."""
    return plain_text(name, limit=SHORT_NAME)


def _fields(row: LogRow, report: SweepReport | None) -> list[list[str]]:
    """Rows of the head table: label, English label, value."""
    header = row.header
    declared = {True: "점검자가 퇴실과 폐쇄를 확인했다고 기록됨", False: "확인하지 않음", None: "기록 없음"}
    fields = [
        ["시각 신뢰도", "Clock", clock_words(row)],
        ["접수", "Received", received_words(header)],
        ["장비", "Equipment", row.equipment],
        *([["장비 상태", "State of it", row.probe_state]] if not row.inspected_by and row.original is None else []),
        ["점검 범위", "Scope", scope_words(row)],
        ["판정 불가·미점검", "Not judged", limits_words(row)],
        ["퇴실 확인", "Declared empty", declared[header.declared_empty]],
    ]
    if row.eye_looks:
        fields.append(["육안 살핌", "Looks by eye", row.eye_looks])
    if report is not None and report.light_time is not None:
        fields.append(["조명 반응 시험", "Light test", report.light_time.text.ko])
    if report is not None:
        check = report.reference_check
        when = "" if check.checked is None else f" ({kst(check.checked.utc)})"
        fields.append(["기준 점검", "Reference check", REFERENCE_CHECKS[check.status].ko + when])
    return fields


def _zone_table(report: SweepReport, photographs: Mapping[str, int]) -> Tree:
    """Zones by methods; a reason that many cells share is printed once, as a numbered note."""
    notes: list[str] = []
    rows = []
    for number, zone in enumerate(report.plan.zones, start=1):
        cells = []
        for modality in MODALITIES:
            coverage = coverage_of(report, zone.zone_id, modality)
            verdict = verdict_of(report, zone.zone_id, modality)
            state = method_state(coverage, verdict, targets_of(report, zone.zone_id, modality))
            cells.append(_cell(state, coverage, verdict, notes))
        taken = photographs.get(zone.name.ko, 0)
        line = {"number": number, "name": zone.name.ko, "photographs": f"사진 {taken}장" if taken else ""}
        rows.append(line | {"cells": cells})
    heads = [SHOWN[modality].heading.model_dump() for modality in MODALITIES]
    return {"heads": heads, "rows": rows, "notes": notes}


UNPROVEN = "감지된 것 없음. 다만 모든 대상을 현장 측정으로 확인하지 않아 이상 없음으로 판정하지 않음"


def _cell(state: ZoneState, coverage: ZoneCoverage | None, verdict: ZoneVerdict | None, notes: list[str]) -> Tree:
    looked = ""
    if coverage is not None and coverage.status != "not_looked":
        looked = f"{share_words(coverage.modality, coverage.quality).ko} · {coverage.dwell_s:.0f}초"
    note = 0
    if verdict is not None:
        words = verdict.text.ko
        if verdict.target is not None:
            words = f"{words} (대상: {verdict.target.ko})" if state == "clear" else UNPROVEN
            words += f" · 제외: {names_of(verdict.not_clear_of).ko}" if verdict.not_clear_of else ""
        if words not in notes:
            notes.append(words)
        note = notes.index(words) + 1
    return {"state": state, "word": ZONES[state].ko, "looked": looked, "note": note}


def _findings(report: SweepReport, letters: dict[UUID, str], page: SweepPage) -> list[Tree]:
    """Those that earlier visits explain come last; their names, which the map has, stay."""
    known = {one.finding_id for one in page.known}
    ordered = sorted(report.findings, key=lambda finding: finding.finding_id in known)
    return [_finding(report, finding, letters, page) for finding in ordered]


def _known(page: SweepPage, finding_id: UUID) -> str:
    """What an earlier visit said of the same device or place; empty where none did."""
    for one in page.known:
        if one.finding_id == finding_id:
            what = "같은 기기" if one.by == "device" else "같은 자리"
            note = "" if one.note is None else f" ‘{one.note.ko}’"
            return f"{what}를 이전 점검에서 카메라가 아닌 것으로 확인함{note} ({kst(one.decided)}). 이번에도 다시 확인"
    return ""


def _finding(report: SweepReport, finding: Finding, letters: dict[UUID, str], page: SweepPage) -> Tree:
    place = where_found(report, finding)
    on_plan = f"도면 왼쪽 위에서 오른쪽 {place.x_m:.2f} m, 아래 {place.y_m:.2f} m"
    state = page.states.get(finding.finding_id, "to_inspect")
    return {
        "name": letters[finding.finding_id],
        "zone": place.where.ko,
        "where": f"{on_plan} · 반경 {finding.radius_m:.2f} m 안",
        "strength": STRENGTHS[finding.strength].ko,
        "for": [_evidence(item) for item in finding.evidence_for],
        "against": [_evidence(item) for item in finding.evidence_against],
        "odds": _odds(finding),
        "before": _signed(finding.prior_log10_odds),
        "after": _signed(finding.posterior_log10_odds),
        "walk": _walk(finding),
        "known": _known(page, finding.finding_id),
        "sum": _signed(sum(e.weight_log10 for e in (*finding.evidence_for, *finding.evidence_against))),
        "advice": finding.advice.ko,
        "disposition": FINDINGS[state].ko,
        "is_open": state in OPEN,
    }


def _odds(finding: Finding) -> Tree | None:
    """Odds when every weight behind them was measured; None otherwise: nobody should read any."""
    if not are_measured((*finding.evidence_for, *finding.evidence_against)):
        return None
    return {
        "prior": _signed(finding.prior_log10_odds),
        "posterior": _signed(finding.posterior_log10_odds),
        "prior_ratio": _ratio(finding.prior_log10_odds),
        "posterior_ratio": _ratio(finding.posterior_log10_odds),
    }


def _evidence(item: Evidence) -> Tree:
    source = SOURCE_WORDS[item.weight_source].ko
    return {
        "modality": SHOWN[item.modality].name.ko,
        "text": item.text.ko,
        "weight": _signed(item.weight_log10),
        "source": f"{source}, 상한 적용" if item.is_capped else source,
    }


def _walk(finding: Finding) -> Tree:
    """From the prior over each evidence to the sum, as the page draws it: places on a scale from 0 to 100, even odds
    among them, and the numbers at its ticks.
    """
    walk = walk_of(finding)

    def place(log10_odds: float) -> float:
        return round(100.0 * (log10_odds - walk.lowest) / (walk.highest - walk.lowest), 2)

    interval = (finding.posterior_low_log10_odds, finding.posterior_high_log10_odds)
    low, high = (finding.posterior_log10_odds if end is None else end for end in interval)
    strong = finding.strong_from_log10_odds
    return {
        "ticks": [
            {"at": place(tick), "number": f"{tick:+d}" if tick else "0"}
            for tick in range(walk.lowest, walk.highest + 1)
        ],
        "even": place(0),
        "strong": None if strong is None else {"at": place(strong), "number": _signed(strong)},
        "prior": place(finding.prior_log10_odds),
        "posterior": place(finding.posterior_log10_odds),
        "low": place(low),
        "high": place(high),
        "steps": [
            {
                "from": place(a),
                "at": place(min(a, b)),
                "width": round(place(max(a, b)) - place(min(a, b)), 2),
                "is_for": b >= a,
            }
            for a, b in walk.steps
        ],
    }


def _signed(value: float) -> str:
    """A log10 number with its sign, `+2.0`, `−0.4`; the minus is a hyphen because the font has no true one."""
    return f"{value:+.1f}".replace("-", "–")


def _ratio(log10_odds: float) -> str:
    """Odds for : against in round numbers, `1 : 100,000`."""
    odds = 10 ** abs(log10_odds)
    side = f"{odds:,.0f}" if abs(log10_odds) < 9 else "10억 넘음"
    return f"1 : {side}" if log10_odds < 0 else f"{side} : 1"


def _limit(report: SweepReport, index: int) -> Tree:
    limit = report.limits[index]
    return {
        "scope": "전체" if limit.modality is None else SHOWN[limit.modality].name.ko,
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
        "claimed": "" if decision.claimed is None else kst(decision.claimed.utc),
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
        "kind": ENTRY_KINDS[entry.kind].ko if entry.kind in ENTRY_KINDS else entry.kind,
        "key": f"{entry.key_id} / {entry.seq}",
        "received": kst(entry.received),
        "index": "–" if entry.log_index is None else str(entry.log_index),
        "bodies": " · ".join(bodies),
        "hash": entry.entry_hash,
        "signature": "유효" if entry.signature_ok else "무효",
        "is_ok": entry.signature_ok,
    }

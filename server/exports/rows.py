"""Rows and pages of the inspection log, filled from what is known of a sweep; pure.

Input is a sweep's report (or its opening, when no report is there), the persons' dispositions and the entries that
carry them; output is one `LogRow` and one `SweepPage` per sweep.  Nothing here touches a database.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from server.exports.judgement import ReportState, judge, latest_dispositions
from server.exports.printed.map import zone_state
from server.exports.probe_state import state_words
from server.exports.records import (
    EntryLine,
    ExportError,
    HandEntries,
    LogRow,
    Place,
    SequenceGap,
    SignedDisposition,
    SweepHeader,
    SweepPage,
)
from server.interface.views.sweeps import KnownBefore
from sweep.entry import kinds
from sweep.phrases import Phrase
from sweep.report import MODALITIES, Disposition, LocalText, Modality, SweepReport


def build_page(
    header: SweepHeader,
    place: Place,
    report: SweepReport | None,
    *,
    report_state: ReportState,
    dispositions: Sequence[SignedDisposition] = (),
    entries: Sequence[EntryLine] = (),
    gaps: Sequence[SequenceGap] = (),
    alarms: Sequence[LocalText] = (),
    hand: HandEntries | None = None,
    known: Sequence[KnownBefore] = (),
) -> SweepPage:
    """The page of one sweep with its row; dispositions are put in the order of their decision.

    Raises ExportError when `report_state` and `report` contradict each other or a record belongs to another sweep.
    """
    ordered = tuple(sorted(dispositions, key=lambda item: item.disposition.counts_from))
    row = build_log_row(
        header,
        place,
        report,
        report_state=report_state,
        dispositions=ordered,
        entries=entries,
        gaps=gaps,
        alarms=alarms,
        hand=hand,
    )
    return SweepPage(row, report, ordered, tuple(entries), tuple(gaps), tuple(alarms), tuple(known))


def build_log_row(
    header: SweepHeader,
    place: Place,
    report: SweepReport | None,
    *,
    report_state: ReportState,
    dispositions: Sequence[SignedDisposition] = (),
    entries: Sequence[EntryLine] = (),
    gaps: Sequence[SequenceGap] = (),
    alarms: Sequence[LocalText] = (),
    hand: HandEntries | None = None,
) -> LogRow:
    """The log line of one sweep; pure.

    Raises ExportError when `report_state` and `report` contradict each other or a record belongs to another sweep.
    """
    if (report is not None) != (report_state == "present"):
        raise ExportError(Phrase("log_line_report_state", sweep_id=header.sweep_id, state=report_state))
    strangers = {item.disposition.sweep_id for item in dispositions} | ({report.sweep_id} if report else set())
    if strangers - {header.sweep_id}:
        raise ExportError(Phrase("log_line_of_another_sweep", sweep_id=header.sweep_id))
    looked, not_looked, not_assessable, nothing_detected = _zones(report)
    decisions = tuple(item.disposition for item in dispositions)
    latest = latest_dispositions(decisions)
    names = {} if report is None else {zone.zone_id: zone.name.ko for zone in report.plan.zones}
    findings = () if report is None else report.counted_findings
    result, reason = judge(report, report_state, decisions)
    return LogRow(
        header=header,
        place=place,
        hand=hand or HandEntries(),
        report_state=report_state,
        is_aborted=report is not None and report.outcome == "aborted",
        methods=_methods(report),
        equipment=_equipment(header, report),
        probe_state=state_words(None if report is None else report.condition),
        zones_total=len(names),
        zones_looked=looked,
        zones_not_looked=not_looked,
        zones_not_assessable=not_assessable,
        zones_nothing_detected=nothing_detected,
        candidate_zones=tuple(names[finding.zone_id] for finding in findings),
        candidates_open=sum(finding.finding_id not in latest for finding in findings),
        result=result,
        result_reason=reason,
        dispositions=_disposition_counts(latest),
        entry_hash=_entry_hash(entries),
        entries=len(entries),
        signatures_ok=bool(entries) and all(entry.signature_ok for entry in entries),
        missing_entries=sum(gap.to_seq - gap.from_seq + 1 for gap in gaps),
        alarms=len(alarms),
        stalls=0 if report is None else sum(zone.kind == "stall" for zone in report.plan.zones),
    )


def _zones(report: SweepReport | None) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Names of zones looked at, not looked at, looked at without any verdict but `not_assessable`, and of those where
    `nothing_detected` is the best that any method says.
    """
    if report is None:
        return (), (), (), ()
    seen = {item.zone_id for item in report.coverage if item.status != "not_looked"}
    judged = {item.zone_id for item in report.verdicts if item.verdict != "not_assessable"}
    zones = report.plan.zones
    return (
        tuple(zone.name.ko for zone in zones if zone.zone_id in seen),
        tuple(zone.name.ko for zone in zones if zone.zone_id not in seen),
        tuple(zone.name.ko for zone in zones if zone.zone_id in seen and zone.zone_id not in judged),
        tuple(zone.name.ko for zone in zones if zone_state(report, zone.zone_id) == "nothing_detected"),
    )


def _methods(report: SweepReport | None) -> tuple[Modality, ...]:
    if report is None:
        return ()
    used = {item.modality for item in report.coverage if item.status != "not_looked"}
    return tuple(modality for modality in MODALITIES if modality in used)


def _equipment(header: SweepHeader, report: SweepReport | None) -> str:
    if report is None:
        return f"점검기 {header.probe_id}"
    versions = report.versions
    parts = (
        f"점검기 {header.probe_id}",
        f"소프트웨어 {versions.software}",
        f"펌웨어 {versions.firmware or '정보 없음'}",
        f"판정 기준 {versions.thresholds}",
        f"보정 {versions.calibration or '안 됨'}",
    )
    return " · ".join(parts)


def _disposition_counts(latest: dict[UUID, Disposition]) -> tuple[tuple[str, int], ...]:
    counts = Counter[str](disposition.verdict for disposition in latest.values())
    order = ("camera_found", "cannot_exclude", "recheck", "no_camera")
    return tuple((verdict, counts[verdict]) for verdict in order if counts[verdict])


def _entry_hash(entries: Sequence[EntryLine]) -> str | None:
    for kind in (kinds.REPORT, kinds.OPENED):
        hashes = [entry.entry_hash for entry in entries if entry.kind == kind]
        if hashes:
            return hashes[-1]
    return None

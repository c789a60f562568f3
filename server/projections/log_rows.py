"""Rows and pages of the inspection log, filled from what is known of a sweep; pure.

Input is a sweep's report (or its opening, when no report is there), the persons' dispositions and the entries that
carry them; output is one `LogRow` and one `SweepPage` per sweep.  Nothing here touches a database.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from uuid import UUID

from server.interface.fields import BodyState, FindingState
from server.interface.told import either, word
from server.interface.views.sweeps import KnownBefore
from server.projections.form_fields import HandEntries
from server.projections.imported_words import original_of
from server.projections.inspection_words import instrument_words, look_words
from server.projections.log_records import (
    CaseLine,
    EntryLine,
    ExportError,
    LogRow,
    Place,
    SequenceGap,
    SignedDisposition,
    SweepHeader,
    SweepPage,
)
from server.projections.probe_state import state_words
from server.standing.findings import GRAVEST_FIRST
from server.standing.inspections import inspected_zones, opens_case, persons_of_inspection
from server.standing.persons import persons_of
from server.standing.zones import equipment_of, zones_of
from sweep.entry import kinds
from sweep.phrases import Language, Phrase
from sweep.report import EMULATED_HEAD, MODALITIES, SHOWN, TARGETS, LocalText, Modality, SweepReport, eye_looks_line
from sweep.report.imported_records import InspectionCited, InspectionImported
from sweep.report.inspection_records import InspectionRecorded
from sweep.report.walls.spots import where_found
from sweep.report.words import COVERAGE_WORDS, SOURCE_WORDS, TARGET_WORDS, chance_of, curve_of, percent


def build_page(
    header: SweepHeader,
    place: Place,
    report: SweepReport | None,
    *,
    report_state: BodyState,
    states: Mapping[UUID, FindingState] = MappingProxyType({}),
    dispositions: Sequence[SignedDisposition] = (),
    entries: Sequence[EntryLine] = (),
    gaps: Sequence[SequenceGap] = (),
    alarms: Sequence[LocalText] = (),
    hand: HandEntries | None = None,
    known: Sequence[KnownBefore] = (),
    inspection: InspectionRecorded | None = None,
    imported: tuple[InspectionImported, InspectionCited | None] | None = None,
    case_lines: Sequence[CaseLine] = (),
) -> SweepPage:
    """The page of one sweep with its row; dispositions are put in the order of their decision.

    Raises ExportError when `report_state` and `report` contradict each other or a record belongs to another sweep.
    """
    if any(item.disposition.sweep_id != header.sweep_id for item in dispositions):
        raise ExportError(Phrase("log_line_of_another_sweep", sweep_id=header.sweep_id))
    ordered = tuple(sorted(dispositions, key=lambda item: item.disposition.counts_from))
    row = build_log_row(
        header,
        place,
        report,
        report_state=report_state,
        states=states,
        entries=entries,
        gaps=gaps,
        alarms=alarms,
        hand=hand,
        inspection=inspection,
        imported=imported,
    )
    return SweepPage(
        row,
        report,
        ordered,
        tuple(entries),
        tuple(gaps),
        tuple(alarms),
        tuple(known),
        states,
        inspection,
        tuple(case_lines),
    )


def build_log_row(
    header: SweepHeader,
    place: Place,
    report: SweepReport | None,
    *,
    report_state: BodyState,
    states: Mapping[UUID, FindingState] = MappingProxyType({}),
    entries: Sequence[EntryLine] = (),
    gaps: Sequence[SequenceGap] = (),
    alarms: Sequence[LocalText] = (),
    hand: HandEntries | None = None,
    inspection: InspectionRecorded | None = None,
    imported: tuple[InspectionImported, InspectionCited | None] | None = None,
    language: Language = "ko",
) -> LogRow:
    """The log line of one sweep, of an inspection with other instruments, or of what an office's list says; pure.

    Raises ExportError when `report_state` and `report` contradict each other or a record belongs to another sweep.
    """
    if any(one is not None for one in (report, inspection, imported)) != (report_state == "present"):
        raise ExportError(Phrase("log_line_report_state", sweep_id=header.sweep_id, state=report_state))
    if report is not None and report.sweep_id != header.sweep_id:
        raise ExportError(Phrase("log_line_of_another_sweep", sweep_id=header.sweep_id))
    looked, not_looked, not_assessable, nothing_detected = _zones(report, language)
    hand = hand or HandEntries()
    counts = Counter(states.values())
    looks = None if report is None else eye_looks_line(report.eye_looks)
    row = LogRow(
        header=header,
        place=place,
        hand=hand,
        report_state=report_state,
        is_aborted=report is not None and report.outcome == "aborted",
        methods=_methods(report),
        equipment=_equipment(header, report, language),
        probe_state=state_words(None if report is None else report.condition, language),
        zones_total=0 if report is None else len(report.plan.zones),
        zones_looked=looked,
        zones_not_looked=not_looked,
        zones_not_assessable=not_assessable,
        zones_nothing_detected=nothing_detected,
        chances=() if report is None else tuple(_chances(report, language)),
        places_to_inspect=()
        if report is None
        else tuple(word(language, where_found(report, one).where) for one in report.findings),
        equipment_result=equipment_of(report),
        unable=_unable(report),
        reach="" if report is None else ", ".join(_reach(report, language)),
        persons=persons_of(states.values(), hand.by_eye),
        findings=tuple((state, counts[state]) for state in GRAVEST_FIRST if counts[state]),
        entry_hash=_entry_hash(entries),
        entries=len(entries),
        signatures_ok=bool(entries) and all(entry.signature_ok for entry in entries),
        missing_entries=sum(gap.to_seq - gap.from_seq + 1 for gap in gaps),
        alarms=len(alarms),
        stalls=0 if report is None else sum(zone.kind == "stall" for zone in report.plan.zones),
        eye_looks="" if looks is None else word(language, looks),
        language=language,
    )
    if imported is not None:
        return _taken_over(row, *imported)
    return row if inspection is None else _inspected(row, inspection)


def _inspected(row: LogRow, said: InspectionRecorded) -> LogRow:
    """The row of what persons inspected with other instruments: by their word, and with nothing measured."""
    names = {zone.zone_id: row.word(zone.name) for zone in said.zones}
    looked = inspected_zones(said)
    asks = dict.fromkeys(names.get(one.zone_id, one.zone_id) for one in said.looks if opens_case(one))
    return replace(
        row,
        equipment=" · ".join(instrument_words(said, row.language)),
        equipment_result="not_measured",
        zones_total=len(names),
        zones_looked=tuple(name for zone, name in names.items() if zone in looked),
        zones_not_looked=tuple(name for zone, name in names.items() if zone not in looked),
        places_to_inspect=tuple(asks),
        persons=persons_of_inspection(said, row.hand.by_eye),
        looks=tuple(look_words(one, names, row.language) for one in said.looks),
        typed_from=said.typed_from or "",
        inspected_by=tuple(dict.fromkeys(one.kind for one in said.looks)),
    )


def _taken_over(row: LogRow, said: InspectionImported, cited: InspectionCited | None) -> LogRow:
    """The row of what an office's list says of the past: its words, and nothing measured or witnessed here."""
    return replace(
        row,
        equipment="",
        equipment_result="not_measured",
        persons=said.result,
        original=original_of(said, cited),
    )


def _zones(
    report: SweepReport | None, language: Language
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Names of the zones that stand at anything but `not_looked`, and of those at that, at `not_assessable` and at
    `nothing_detected`.
    """
    if report is None:
        return (), (), (), ()
    names = {zone.zone_id: word(language, zone.name) for zone in report.plan.zones}
    stands = [(names[zone.zone_id], zone.state) for zone in zones_of(report)]
    return (
        tuple(name for name, state in stands if state != "not_looked"),
        tuple(name for name, state in stands if state == "not_looked"),
        tuple(name for name, state in stands if state == "not_assessable"),
        tuple(name for name, state in stands if state == "nothing_detected"),
    )


def _chances(report: SweepReport, language: Language) -> Iterator[str]:
    """By target, in the report's own words of the number."""
    names = {zone.zone_id: word(language, zone.name) for zone in report.plan.zones}
    unknown = word(language, COVERAGE_WORDS["unknown"])
    for target in TARGETS:
        here = [one for one in report.targets if one.target == target]
        told = ", ".join(f"{names[one.zone_id]} {chance_of(one) or unknown}" for one in here)
        name, space = word(language, TARGET_WORDS[target]), either(language, "", " ")
        if told:
            yield f"{name}{space}[{word(language, curve_of(here))}]: {told}"


def _unable(report: SweepReport | None) -> tuple[int, int]:
    """Of the zones where nothing was detected: how many methods could not judge at most, of how many."""
    unsure = [] if report is None else [zone for zone in zones_of(report) if zone.state == "nothing_detected"]
    worst = max(unsure, key=lambda zone: zone.unable, default=None)
    return (0, 0) if worst is None else (worst.unable, worst.ways)


def _reach(report: SweepReport, language: Language) -> Iterator[str]:
    """By method, over all its targets in zones where nothing was detected, and where the curves behind it are from."""
    zones = {zone.zone_id for zone in zones_of(report) if zone.state == "nothing_detected"}
    for modality in MODALITIES:
        here = [one for one in report.targets if one.modality == modality and one.zone_id in zones]
        known = [one.probability for one in here if one.probability is not None]
        parts = []
        if known:
            sources = dict.fromkeys(
                word(language, SOURCE_WORDS[one.source]) for one in here if one.probability is not None
            )
            span = either(language, "~", "–").join(dict.fromkeys((percent(min(known)), percent(max(known)))))
            parts.append(f"{span}{either(language, '', ' ')}({', '.join(sources)})")
        if len(known) < len(here):
            parts.append(word(language, COVERAGE_WORDS["unknown"]))
        if parts:
            yield f"{word(language, SHOWN[modality].name)} {either(language, ' 또는 ', ' or ').join(parts)}"


def _methods(report: SweepReport | None) -> tuple[Modality, ...]:
    if report is None:
        return ()
    used = {item.modality for item in report.coverage if item.status != "not_looked"}
    return tuple(modality for modality in MODALITIES if modality in used)


def _equipment(header: SweepHeader, report: SweepReport | None, language: Language) -> str:
    probe = f"{either(language, '점검기', 'Probe')} {header.probe_id}"
    if report is None:
        return probe
    versions = report.versions
    firmware = versions.firmware or either(language, "정보 없음", "not known")
    if versions.firmware == EMULATED_HEAD:
        firmware = either(language, "모의(실물 아님)", "emulated (no real head)")
    parts = [
        ("소프트웨어", "software", versions.software),
        ("펌웨어", "firmware", firmware),
        ("판정 기준", "thresholds", versions.thresholds),
        ("보정", "calibration", versions.calibration or either(language, "안 됨", "none")),
        ("렌즈 판정 모형", "lens forest", versions.forest),
    ]
    return " · ".join([probe, *(f"{either(language, ko, en)} {what}" for ko, en, what in parts if what is not None)])


def _entry_hash(entries: Sequence[EntryLine]) -> str | None:
    for kind in (kinds.REPORT, kinds.OPENED, kinds.INSPECTED, kinds.INSPECTION_IMPORTED):
        hashes = [entry.entry_hash for entry in entries if entry.kind == kind]
        if hashes:
            return hashes[-1]
    return None

"""What people said of a sweep: the form's fields for its line of the log, and their note as the page shows it."""

from __future__ import annotations

from server.interface.told import word
from server.interface.views.sweeps import InspectionView, SignatureView, VisitView
from server.projections.by_eye import hand_entries
from server.projections.form_fields import HandEntries
from server.projections.sweep_record import SweepRecord
from server.standing.inspections import case_of_look, inspected_zones
from server.standing.persons import is_over_note
from sweep.phrases import Language
from sweep.report.visit_records import Noted, VisitSigned


def hand_of(record: SweepRecord, language: Language = "ko") -> HandEntries:
    """What people noted, and what the cases of its findings add."""
    steps = [step for _, step in record.steps]
    names = _zone_names(record, language)
    zones = [None if one.zone_id is None else names.get(one.zone_id, one.zone_id) for _, one in record.photographs]
    if record.visit is None:
        return hand_entries(None, steps, photographed=zones, language=language)
    row, note = record.visit
    return hand_entries((row.subject, note), steps, signatures_of_note(record), zones, names, language)


def signatures_of_note(record: SweepRecord) -> list[VisitSigned]:
    """Those over the last note."""
    if record.visit is None:
        return []
    row, note = record.visit
    return [one for _, one in record.signatures if is_over_note(one, row.entry_id, row.entry_hash, note)]


def _zone_names(record: SweepRecord, language: Language) -> dict[str, str]:
    if record.report is not None:
        return {zone.zone_id: word(language, zone.name) for zone in record.report.plan.zones}
    zones = () if record.inspection is None else record.inspection.zones
    return {zone.zone_id: word(language, zone.name) for zone in zones}


def inspection_view(record: SweepRecord) -> InspectionView | None:
    """What they inspected without a probe; None when a probe measured it."""
    row, said = record.inspection_row, record.inspection
    if row is None or said is None:
        return None
    looked = inspected_zones(said)
    confirmed = record.confirmation
    return InspectionView(
        said=said,
        entry_hash=row.entry_hash,
        recorded_by=row.subject or "",
        confirmed_by=None if confirmed is None else confirmed[0].subject,
        confirmed=None if confirmed is None else confirmed[1].confirmed.utc,
        zones_left=tuple(zone.zone_id for zone in said.zones if zone.zone_id not in looked),
        cases=tuple(case_of_look(record.sweep_id, look) for look in said.looks),
    )


def visit_view(record: SweepRecord) -> VisitView:
    """What they noted and signed."""
    standing = signatures_of_note(record)
    signatures = tuple(
        SignatureView(
            signature_id=row.entry_id,
            signed_as=one.signed_as,
            agency=one.agency,
            name=one.name,
            rank=one.rank,
            is_of_last_note=one in standing,
            taken_by=row.subject,
            signed=one.signed.utc,
            claimed=one.claimed,
        )
        for row, one in record.signatures
    )
    if record.visit is None:
        return VisitView(note=None, noted_by=None, noted=None, claimed=None, note_hash=None, signatures=signatures)
    row, note = record.visit
    noted = Noted(**{name: getattr(note, name) for name in Noted.model_fields})
    return VisitView(
        note=noted,
        noted_by=row.subject,
        noted=note.noted.utc,
        claimed=note.claimed,
        note_hash=row.entry_hash,
        signatures=signatures,
    )

"""What people said of a sweep: the form's fields for its line of the log, and their note as the page shows it."""

from __future__ import annotations

from server.interface.views.sweeps import SignatureView, VisitView
from server.projections.by_eye import hand_entries
from server.projections.log_records import HandEntries
from server.projections.sweep_record import SweepRecord
from sweep.report.visit_records import Noted


def hand_of(record: SweepRecord) -> HandEntries:
    """What people noted, and what the cases of its findings add."""
    steps = [step for _, step in record.steps]
    names = {} if record.report is None else {zone.zone_id: zone.name.ko for zone in record.report.plan.zones}
    zones = [None if one.zone_id is None else names.get(one.zone_id, one.zone_id) for _, one in record.photographs]
    if record.visit is None:
        return hand_entries(None, steps, photographed=zones)
    row, note = record.visit
    signatures = [one for _, one in record.signatures if one.shown_hash == row.entry_hash]
    return hand_entries((row.subject, note), steps, signatures, zones, names)


def visit_view(record: SweepRecord) -> VisitView:
    """What they noted and signed."""
    signatures = tuple(
        SignatureView(
            signature_id=row.entry_id,
            signed_as=one.signed_as,
            agency=one.agency,
            name=one.name,
            rank=one.rank,
            is_of_last_note=record.visit is not None and one.shown_hash == record.visit[0].entry_hash,
            taken_by=row.subject,
            signed=one.signed.utc,
        )
        for row, one in record.signatures
    )
    if record.visit is None:
        return VisitView(note=None, noted_by=None, noted=None, note_hash=None, signatures=signatures)
    row, note = record.visit
    noted = Noted(**{name: getattr(note, name) for name in Noted.model_fields})
    return VisitView(
        note=noted,
        noted_by=row.subject,
        noted=note.noted.utc,
        note_hash=row.entry_hash,
        signatures=signatures,
    )

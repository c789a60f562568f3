"""Sweeps as the page sees them: summaries from the projections, details from the entries and their bodies.

Input is a sweep's id; output are views.  Addresses and names of devices appear only for those who may see them, and
only as display-safe text.  It writes nothing.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from server.interface.errors import ApiError, not_found
from server.interface.views.entries import BodyView, DsseSignature, DsseView, EntryRow, GapView, SignedEntryRow
from server.interface.views.sweeps import (
    CropView,
    DispositionView,
    FindingDetailsView,
    FindingPlace,
    FindingStands,
    SweepDetail,
    ZoneStands,
)
from server.people.original_names import has_names
from server.places.entry_words import about_entries
from server.places.history import known_before
from server.places.rooms import room_summary
from server.places.summaries import at_city_of, sweep_summary
from server.projections.case_rows import states_of
from server.projections.claim_words import claim_view
from server.projections.imported_words import imported_view
from server.projections.sightings import case_of
from server.projections.sweep_record import SweepRecord, read_sweep
from server.projections.visit_words import inspection_view, visit_view
from server.signing.keys import find_keys
from server.signing.signatures import is_signed_by
from server.standing.zones import zones_of
from server.store.alarms import alarms_about
from server.store.clock import from_ms
from server.store.schema import IS_ACCEPTED, entries, keys, sweeps
from server.store.stored_bodies import bodies_of_entries, own_bodies_of
from server.store.stored_rows import StoredEntry
from server.store.stored_wire import signed_entry
from sweep.entry import kinds
from sweep.entry.dsse import SignedEntry
from sweep.phrases import Phrase
from sweep.report import ContractError, FindingDetails, SweepReport, display_text, eye_looks_line, parse_json
from sweep.report.walls.spots import where_found

MAX_WAITING_SHOWN = 50  # guessed: more than a revoked probe has under way; a thief with its key sends thousands


def own_controls(report: SweepReport, shown_to: str) -> SweepReport:
    """The report as this person sees it: which looks measured the eye is told to those alone whose eyes they were."""
    if shown_to in report.inspectors:
        return report
    looks = tuple(one.model_copy(update={"is_control": False}) for one in report.eye_looks)
    return report.model_copy(update={"eye_looks": looks})


def sweep_detail(connection: Connection, sweep_id: UUID, *, may_see_details: bool, shown_to: str = "") -> SweepDetail:
    """Everything about one sweep; ApiError 404 when no entry speaks of it, 410 when all that did was erased."""
    summary = connection.execute(select(sweeps).where(sweeps.c.sweep_id == sweep_id)).one_or_none()
    if summary is None:
        raise _gone(connection, sweep_id)
    record, _ = read_sweep(connection, sweep_id)
    rows = _rows_about(connection, sweep_id)
    details, crops = _report_bodies(connection, record) if may_see_details else ((), ())
    return SweepDetail(
        summary=sweep_summary(connection, summary, at_city_of(connection, [sweep_id])[sweep_id]),
        zones=() if record.report is None else tuple(ZoneStands(**asdict(one)) for one in zones_of(record.report)),
        findings=tuple(
            FindingStands(finding_id=finding_id, state=state, case_id=case_of(sweep_id, finding_id))
            for finding_id, state in states_of(connection, record).items()
        ),
        finding_places=() if record.report is None else tuple(_places_of(record.report)),
        room=room_summary(connection, summary.room_id),
        report=record.report if record.report is None else own_controls(record.report, shown_to),
        eye_looks=None if record.report is None else eye_looks_line(record.report.eye_looks),
        report_state=record.report_state,
        declared_empty=None if record.opened is None else record.opened.declared_empty,
        identified=None if record.opened is None else record.opened.identified,
        details=details,
        crops=crops,
        dispositions=tuple(
            DispositionView(
                log_index=row.log_index,
                finding_id=item.finding_id,
                verdict=item.verdict,
                note=item.note,
                subject=row.subject,
                assurance=row.assurance,
                decided=item.decided.utc,
                claimed=item.claimed,
                is_identity_proven=record.proven.is_proven(row),
            )
            for row, item in record.dispositions
        ),
        claims=tuple(map(claim_view, record.claims)),
        visit=visit_view(record),
        inspection=inspection_view(record),
        imported=imported_view(record, has_names=has_names(connection, sweep_id)),
        known=known_before(connection, summary.room_id, record),
        entries=tuple(EntryRow(**values) for values in _entry_values(connection, rows)),
        gaps=gaps_beside(connection, rows),
        alarms=alarms_about(connection, sweep_id, frozenset(row.key_id for row in rows)),
    )


def _places_of(report: SweepReport) -> Iterator[FindingPlace]:
    for finding in report.findings:
        yield FindingPlace(finding_id=finding.finding_id, **asdict(where_found(report, finding)))


def _gone(connection: Connection, sweep_id: UUID) -> ApiError:
    """Why nothing can be said of a sweep: its bodies were erased, it was taken back, or nobody here knows it."""
    told = select(entries.c.log_index).where(
        entries.c.sweep_id == sweep_id,
        IS_ACCEPTED,
        entries.c.kind.in_(sorted({kinds.OPENED, kinds.REPORT} | kinds.INSPECTION_HEADS)),
    )
    if connection.scalar(told.limit(1)) is None:
        return not_found(Phrase("sweep_not_found"))
    withdrawn = select(entries.c.log_index).where(
        entries.c.sweep_id == sweep_id, IS_ACCEPTED, entries.c.kind == kinds.INSPECTION_WITHDRAWN
    )
    if connection.scalar(withdrawn.limit(1)) is not None:
        return ApiError(410, Phrase("inspection_withdrawn"))
    return ApiError(410, Phrase("sweep_erased"))


def _rows_about(connection: Connection, sweep_id: UUID) -> list[StoredEntry]:
    """Entries about a sweep in the order of the log: all that stand there and, of those that wait, the first ones.

    What does not count is none of its record but where a key sent it that may speak of it: of its own district's probes
    and of this server.  Anybody else can write a sweep's id, as often as they like.
    """
    about = select(entries).where(entries.c.sweep_id == sweep_id)
    counting = connection.execute(about.where(IS_ACCEPTED)).all()
    measured = {row.tenant for row in counting if row.assurance == "device"}
    is_servers = (keys.c.role == "server") | ((keys.c.role == "demo") & keys.c.probe_id.is_(None))
    own = select(keys.c.key_id).where(keys.c.tenant.in_(measured) | is_servers)
    others = about.where(~IS_ACCEPTED, entries.c.key_id.in_(own)).order_by(entries.c.log_index)
    return sorted([*counting, *connection.execute(others.limit(MAX_WAITING_SHOWN))], key=lambda row: row.log_index)


def signed_entry_rows(connection: Connection, rows: Sequence[StoredEntry]) -> tuple[SignedEntryRow, ...]:
    """Rows of the log with the documents as they came, and what they are about."""
    about = about_entries(connection, rows)
    return tuple(
        SignedEntryRow(
            **values,
            dsse=dsse_view(signed_entry(row)),
            about=about.get(row.log_index),
            conflict_with=row.conflict_with,
        )
        for row, values in zip(rows, _entry_values(connection, rows), strict=True)
    )


def dsse_view(document: SignedEntry) -> DsseView:
    """A DSSE document as a view."""
    return DsseView(
        payloadType=document.payload_type,
        payload=base64.b64encode(document.payload).decode(),
        signatures=tuple(
            DsseSignature(keyid=key_id, sig=base64.b64encode(signature).decode())
            for key_id, signature in document.signatures
        ),
    )


def gaps_beside(connection: Connection, rows: Sequence[StoredEntry]) -> tuple[GapView, ...]:
    """Missing sequence numbers of the keys of these entries, within or next to the numbers that the entries use."""
    spans: dict[str, tuple[int, int]] = {}
    for row in rows:
        if row.status == "accepted" and row.seq is not None:
            low, high = spans.get(row.key_id, (row.seq, row.seq))
            spans[row.key_id] = (min(low, row.seq), max(high, row.seq))
    return tuple(
        gap
        for key_id, (low, high) in sorted(spans.items())
        if not _speaks_elsewhere(connection, key_id)
        for gap in gaps_within(connection, key_id, low, high)
    )


def _speaks_elsewhere(connection: Connection, key_id: str) -> bool:
    """Is everything of this key an erasure that came from another log, without the rest of its chain (RELAY.md)?"""
    other = select(entries.c.log_index).where(
        IS_ACCEPTED, entries.c.key_id == key_id, entries.c.kind.is_(None) | (entries.c.kind != kinds.BODY_ERASED)
    )
    return connection.scalar(other.limit(1)) is None


def gaps_within(connection: Connection, key_id: str, low: int, high: int) -> Iterator[GapView]:
    """Holes in the numbers of a key from its last one before `low` to its first one after `high`."""
    numbers = select(entries.c.seq).where(IS_ACCEPTED, entries.c.key_id == key_id)
    before = connection.scalar(numbers.where(entries.c.seq < low).order_by(entries.c.seq.desc()).limit(1)) or 0
    within = connection.scalars(numbers.where(entries.c.seq >= low, entries.c.seq <= high).order_by(entries.c.seq))
    after = connection.scalar(numbers.where(entries.c.seq > high).order_by(entries.c.seq).limit(1))
    for seq in (*within, *(() if after is None else (after,))):
        if seq > before + 1:
            yield GapView(key_id=key_id, from_seq=before + 1, to_seq=seq - 1)
        before = seq


def _entry_values(connection: Connection, rows: Sequence[StoredEntry]) -> Iterator[dict[str, Any]]:
    """What a view says of each row of the log; its signature is verified anew."""
    names = ("log_index", "entry_id", "entry_hash", "status", "reason", "is_readable", "key_id", "seq", "kind")
    known = find_keys(connection, {row.key_id for row in rows})
    bodies = dict(bodies_of_entries(connection, [row.log_index for row in rows], with_data=False))
    for row in rows:
        values = {name: getattr(row, name) for name in (*names, "source", "subject", "room_id", "sweep_id")}
        yield values | {
            "signature_ok": is_signed_by(row, known.get(row.key_id)),
            "received": from_ms(row.received_ms),
            "bodies": tuple(
                BodyView(commitment=body.commitment, media_type=body.media_type, size=body.size, state=body.state)
                for body in bodies[row.log_index]
            ),
        }


def _report_bodies(
    connection: Connection, record: SweepRecord
) -> tuple[tuple[FindingDetailsView, ...], tuple[CropView, ...]]:
    if record.report_row is None:
        return (), ()
    details, crops = [], []
    of_crop = _findings_by_crop(record.report)
    for body in own_bodies_of(connection, record.report_row):
        if body.data is None:
            continue
        if body.media_type == kinds.CROP_TYPE:
            sha256 = hashlib.sha256(body.data).hexdigest()
            crops.append(CropView(sha256=sha256, commitment=body.commitment, finding_id=of_crop.get(body.commitment)))
        elif body.media_type == kinds.DETAILS_TYPE:
            try:
                details.append(_safe_details(parse_json(FindingDetails, body.data)))
            except ContractError:
                continue  # hostile or broken: nothing of it is shown, the entry row still names the body
    return tuple(details), tuple(crops)


def _safe_details(details: FindingDetails) -> FindingDetailsView:
    return FindingDetailsView(
        finding_id=details.finding_id,
        addresses=details.addresses,
        ssids=tuple(display_text(bytes.fromhex(ssid)) for ssid in details.ssids),
        names=tuple(display_text(bytes.fromhex(name)) for name in details.names),
    )


def _findings_by_crop(report: SweepReport | None) -> dict[str, UUID]:
    """The finding that cites the observation of each crop."""
    if report is None:
        return {}
    cited = {
        evidence.observation_id: finding.finding_id
        for finding in report.findings
        for evidence in (*finding.evidence_for, *finding.evidence_against)
        if evidence.observation_id is not None
    }
    return {
        observation.crop_commitment: cited[observation.observation_id]
        for observation in report.observations
        if observation.modality == "lens" and observation.crop_commitment and observation.observation_id in cited
    }

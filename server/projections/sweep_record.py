"""What the accepted entries of one sweep say: its opening, the report that stands, and the persons' verdicts.

Input are the accepted entries in any order of arrival; output is a `SweepRecord`, and the entries whose body cannot be
read.  What the signing rules forbid is never read.  It writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Connection, select

from server.cases.proving import provers_of_note, provers_of_step, provers_of_verdict, second_of
from server.interface.claimed_time import counted
from server.interface.fields import BodyState
from server.projections.proof_rows import Claim, Proven, proven_among
from server.signing.validity import allowed, counting
from server.store.clock import from_ms
from server.store.schema import entries
from server.store.stored_bodies import StoredBody, bodies_of, own_bodies_of
from server.store.stored_rows import StoredEntry
from sweep.entry import kinds
from sweep.entry.dsse import EntryError
from sweep.entry.envelope import parse_envelope
from sweep.phrases import Phrase
from sweep.report import ContractError, Disposition, Limit, Record, SweepOpened, SweepReport, local_text, parse_json
from sweep.report.case_records import CaseStep
from sweep.report.imported_records import InspectionCited, InspectionImported, InspectionWithdrawn
from sweep.report.inspection_records import InspectionConfirmed, InspectionRecorded
from sweep.report.newer import NewerFormatError, parse_newer
from sweep.report.photo_records import PhotoTaken
from sweep.report.visit_records import VisitNote, VisitSigned

R = TypeVar("R", bound=Record)
OF_PROBES: tuple[type[Record], ...] = (SweepOpened, SweepReport)
"""What a probe signs; it may be of the next release."""
LATER_FORMS = frozenset(str(number) for number in range(2, 100))


@dataclass(slots=True)
class SweepRecord:
    """What the accepted entries of one sweep hold."""

    sweep_id: UUID
    opened: SweepOpened | None = None
    opened_row: StoredEntry | None = None
    report: SweepReport | None = None
    report_state: BodyState = "missing"
    report_row: StoredEntry | None = None
    """The entry of the report, also when its body is not there."""
    report_commitment: str | None = None
    inspection: InspectionRecorded | None = None
    """With other instruments than a probe: then there is neither opening nor report."""
    inspection_row: StoredEntry | None = None
    """Its entry, also when the body is not there."""
    confirmation: tuple[StoredEntry, InspectionConfirmed] | None = None
    """The second person's word on it."""
    imported: InspectionImported | None = None
    """Taken over from an office's list: then `inspection_row` is its entry, and nobody inspected or confirmed here."""
    citation: tuple[StoredEntry, InspectionCited] | None = None
    """The last word of an officer who has its original."""
    is_withdrawn: bool = False
    """Its import was taken back: nothing is left to show."""
    dispositions: list[tuple[StoredEntry, Disposition]] = field(default_factory=list)
    steps: list[tuple[StoredEntry, CaseStep]] = field(default_factory=list)
    """Of the cases that its findings opened."""
    visit: tuple[StoredEntry, VisitNote] | None = None
    """What the inspectors noted last."""
    signatures: list[tuple[StoredEntry, VisitSigned]] = field(default_factory=list)
    """By finger, over this or an earlier note."""
    photographs: list[tuple[StoredEntry, PhotoTaken]] = field(default_factory=list)
    """Of objects, in the cases of its findings; that they were taken, never what they show."""
    claims: list[Claim] = field(default_factory=list)
    """What a Pi's server said in persons' names and they have not proven: it counts for nothing."""
    proven: Proven = field(default_factory=lambda: Proven(frozenset()))
    left_out: dict[type[Record], int] = field(default_factory=dict)
    """Fields that only a newer probe knows, of its opening and its report: they are in the entry and not shown."""
    slots: list[int] = field(default_factory=list)
    """Of the bodies from which all this was read: what is kept of it is sealed so that it dies with any of them."""

    @property
    def last_received(self) -> datetime:
        """When the last of them came: the sweep cannot have ended later."""
        return from_ms(max(row.received_ms for row in self._heads))

    @property
    def received(self) -> datetime:
        """When the first entry came that says when the sweep began: it cannot have begun later."""
        return from_ms(min((row.received_ms for row in self._heads), default=0))

    @property
    def _heads(self) -> list[StoredEntry]:
        return [row for row in (self.opened_row, self.report_row, self.inspection_row) if row is not None]

    rivals: list[tuple[StoredEntry, StoredEntry]] = field(default_factory=list)
    """Reports of other keys, each with the one that stood when it came."""


def read_sweep(connection: Connection, sweep_id: UUID) -> tuple[SweepRecord, list[tuple[StoredEntry, str]]]:
    """The sweep as its accepted entries tell it, and the entries whose body cannot be read, each with why as a code."""
    record, unreadable = SweepRecord(sweep_id), list[tuple[StoredEntry, str]]()
    statement = (
        select(entries)
        .where(
            entries.c.status == "accepted",
            entries.c.sweep_id == sweep_id,
            entries.c.kind.in_(sorted(kinds.SWEEP_KINDS | {kinds.CASE_STEP, kinds.PHOTO_TAKEN})),
        )
        .order_by(entries.c.log_index)
    )
    rows: list[StoredEntry] = counting(connection, connection.execute(statement).all())
    record.proven = proven_among(connection, rows)
    for row in rows:
        try:
            _take(connection, record, row)
        except NewerFormatError:
            unreadable.append((row, "newer_body"))
        except (ContractError, EntryError):
            unreadable.append((row, "unreadable_body"))
    record.report = _marked(record)
    return record, unreadable


def _marked(record: SweepRecord) -> SweepReport | None:
    """The report; with a limit that says so where a newer probe made it and not all is shown."""
    report, left_out = record.report, sum(record.left_out.values())
    if report is None or not left_out:
        return report
    said = Limit(code="newer_probe", modality=None, text=local_text(Phrase("newer_probe", count=left_out)))
    return report.model_copy(update={"limits": (said, *report.limits)})


def read_words(connection: Connection, sweep_ids: Iterable[UUID]) -> dict[UUID, SweepRecord]:
    """Of sweeps that are projected, only what persons did about their findings: verdicts, steps, photographs."""
    records = {sweep_id: SweepRecord(sweep_id) for sweep_id in sweep_ids}
    statement = select(entries).where(
        entries.c.status == "accepted",
        entries.c.sweep_id.in_(list(records)),
        entries.c.kind.in_((kinds.DISPOSITION, kinds.CASE_STEP, kinds.PHOTO_TAKEN)),
    )
    rows: list[StoredEntry] = allowed(connection, connection.execute(statement.order_by(entries.c.log_index)).all())
    proven = proven_among(connection, rows)
    for row in rows:
        record = records.get(row.sweep_id) if row.sweep_id else None
        if record is not None:
            record.proven = proven
            with suppress(ContractError, EntryError):  # its own projection marks it
                _take(connection, record, row)
    return records


def _take(connection: Connection, record: SweepRecord, row: StoredEntry) -> None:
    """Add one entry to the record; raises ContractError when its body is broken or contradicts its envelope."""
    match row.kind:
        case kinds.OPENED:
            opened = _read(connection, record, row, kinds.OPENED_TYPE, SweepOpened)
            if opened is not None and record.opened is None:
                _agree(row, opened.sweep_id, opened.room_id, opened.source, opened.probe_id)
                record.opened, record.opened_row = opened, row
        case kinds.REPORT:
            _take_report(connection, record, row)
        case kinds.DISPOSITION:
            item = _read(connection, record, row, kinds.DISPOSITION_TYPE, Disposition)
            if item is not None:
                _agree(row, item.sweep_id, row.room_id, row.source)
                if not _waits(record, row, item, provers_of_verdict(item)):
                    record.dispositions.append((row, _in_its_time(item, from_ms(row.received_ms))))
        case kinds.CASE_STEP:
            step = _read(connection, record, row, kinds.CASE_STEP_TYPE, CaseStep)
            needed = 0 if step is None else provers_of_step(step.step, opens=False)
            if step is not None and not _waits(record, row, step, needed, second_of(step.step)):
                record.steps.append((row, step))
        case kinds.INSPECTED | kinds.INSPECTION_CONFIRMED:
            _take_inspection(connection, record, row)
        case kinds.INSPECTION_IMPORTED | kinds.INSPECTION_CITED | kinds.INSPECTION_WITHDRAWN:
            _take_import(connection, record, row)
        case kinds.PHOTO_TAKEN | kinds.VISIT_NOTED | kinds.VISIT_SIGNED:
            _take_by_hand(connection, record, row)
        case _:
            pass  # `body.erased` acts when it is written and says nothing about the sweep itself


def _take_inspection(connection: Connection, record: SweepRecord, row: StoredEntry) -> None:
    """The first one stands; it is confirmed by the first other account that saw its hash."""
    if row.kind == kinds.INSPECTED:
        said = _read(connection, record, row, kinds.INSPECTED_TYPE, InspectionRecorded)
        if record.inspection_row is None:
            if said is not None:
                _agree(row, said.sweep_id, row.room_id, row.source)
            record.inspection = said
            _take_head(connection, record, row)
        return
    confirmed = _read(connection, record, row, kinds.INSPECTION_CONFIRMED_TYPE, InspectionConfirmed)
    if confirmed is None or record.inspection_row is None or record.confirmation is not None:
        return
    _agree(row, confirmed.sweep_id, row.room_id, row.source)
    is_other = record.inspection is not None and record.inspection.account != confirmed.account
    if is_other and confirmed.shown_hash == record.inspection_row.entry_hash:
        record.confirmation = (row, confirmed)


def _take_head(connection: Connection, record: SweepRecord, row: StoredEntry) -> None:
    """Take this entry for the one that makes the inspection."""
    body = next(iter(bodies_of(connection, row.log_index, with_data=False)), None)
    record.inspection_row = row
    record.report_state = "missing" if body is None else body.state
    record.report_commitment = None if body is None else body.commitment


def _take_import(connection: Connection, record: SweepRecord, row: StoredEntry) -> None:
    """What an office's list says, the last citation of its original, and that it was taken back."""
    head = record.inspection_row
    if row.kind == kinds.INSPECTION_IMPORTED:
        said = _read(connection, record, row, kinds.INSPECTION_IMPORTED_TYPE, InspectionImported)
        if head is None:
            if said is not None:
                _agree(row, said.sweep_id, row.room_id, row.source)
            record.imported = said
            _take_head(connection, record, row)
    elif head is not None and head.kind == kinds.INSPECTION_IMPORTED:
        if row.kind == kinds.INSPECTION_WITHDRAWN:
            _read(connection, record, row, kinds.INSPECTION_WITHDRAWN_TYPE, InspectionWithdrawn)
            record.is_withdrawn = True
            return
        cited = _read(connection, record, row, kinds.INSPECTION_CITED_TYPE, InspectionCited)
        if cited is not None:
            _agree(row, cited.sweep_id, row.room_id, row.source)
        record.citation = None if cited is None else (row, cited)


def _take_by_hand(connection: Connection, record: SweepRecord, row: StoredEntry) -> None:
    """What persons noted, signed and photographed on the spot."""
    match row.kind:
        case kinds.PHOTO_TAKEN:
            taken = _read(connection, record, row, kinds.PHOTO_TAKEN_TYPE, PhotoTaken)
            if taken is not None and taken.photo_id not in {known.photo_id for _, known in record.photographs}:
                record.photographs.append((row, taken))
        case kinds.VISIT_NOTED:
            note = _read(connection, record, row, kinds.VISIT_NOTED_TYPE, VisitNote)
            if note is not None:
                _agree(row, note.sweep_id, row.room_id, row.source)
                if _waits(record, row, note, provers_of_note(note)):
                    return
            record.visit = None if note is None else (row, note)  # an erased one leaves nothing, not an older word
        case _:
            signature = _read(connection, record, row, kinds.VISIT_SIGNED_TYPE, VisitSigned)
            if signature is not None:
                _agree(row, signature.sweep_id, row.room_id, row.source)
                record.signatures.append((row, signature))


def _waits(record: SweepRecord, row: StoredEntry, what: Record, needed: int, second: str | None = None) -> bool:
    """Do persons have to prove this first? It is a claim until then."""
    missing = record.proven.missing(row, needed, second)
    if missing:
        record.claims.append(Claim(row, what, missing))
    return bool(missing)


def _in_its_time(item: Disposition, received: datetime) -> Disposition:
    """The disposition with the time that counts, so that one dated ahead is not the last word for ever."""
    return item.model_copy(update={"decided": item.decided.model_copy(update={"utc": counted(item.decided, received)})})


def _take_report(connection: Connection, record: SweepRecord, row: StoredEntry) -> None:
    """The first report stands; a later one replaces it only when its key wrote both and it cites the first."""
    before = record.report_row
    if before is not None:
        if before.key_id != row.key_id:
            record.rivals.append((row, before))
        if before.key_id != row.key_id or before.entry_id not in parse_envelope(row.payload).refs:
            return
    report = _read(connection, record, row, kinds.REPORT_TYPE, SweepReport)
    if report is not None:
        _agree(row, report.sweep_id, report.room_id, report.source, report.probe_id)
    body = next((body for body in bodies_of(connection, row.log_index, with_data=False) if _is_report(body)), None)
    record.report, record.report_row = report, row
    record.report_state = "missing" if body is None or (report is None and body.state == "present") else body.state
    record.report_commitment = None if body is None else body.commitment


def _is_report(body: StoredBody) -> bool:
    return body.media_type == kinds.REPORT_TYPE


def _read(connection: Connection, record: SweepRecord, row: StoredEntry, media_type: str, model: type[R]) -> R | None:
    """The entry's body of this type as a record; None when it is not there; raises ContractError when broken."""
    for body in own_bodies_of(connection, row):
        if body.media_type == media_type:
            if body.data is not None and body.slot is not None:
                record.slots.append(body.slot)
            if body.data is None:
                return None
            if model not in OF_PROBES:
                return parse_json(model, body.data)
            said, record.left_out[model] = parse_newer(model, body.data)
            return said
        if _is_later(body.media_type, media_type):
            raise NewerFormatError
    raise ContractError(Phrase("entry_without_body", kind=row.kind, media_type=media_type))


def _is_later(given: str, known: str) -> bool:
    """Whether a media type is a later form of one that is known."""
    stem, _, _ = known.rpartition(".v1+json")
    number = given.removeprefix(f"{stem}.v").removesuffix("+json")
    return given == f"{stem}.v{number}+json" and number in LATER_FORMS


def _agree(row: StoredEntry, sweep_id: UUID, room_id: UUID | None, source: str, probe_id: str | None = None) -> None:
    if (sweep_id, room_id, source) != (row.sweep_id, row.room_id, row.source):
        raise ContractError(Phrase("body_of_another_sweep"))
    if row.source in {"live", "practice"} and probe_id is not None and probe_id != row.subject:
        raise ContractError(Phrase("body_of_another_probe"))

"""Alarms: things about the record that a person must look at. Appended by the ingest path, never changed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, insert, or_, select

from server.interface.views.entries import AlarmView
from server.store.clock import from_ms, now_ms
from server.store.schema import alarms
from sweep.phrases import Phrase
from sweep.report import local_text, new_id

TEXTS: dict[str, Phrase] = {
    "conflict": Phrase("alarm_conflict"),
    "chain_break": Phrase("alarm_chain_break"),
    "source_not_allowed": Phrase("alarm_source_not_allowed"),
    "tenant_not_allowed": Phrase("alarm_tenant_not_allowed"),
    "kind_not_allowed": Phrase("alarm_kind_not_allowed"),
    "assurance_not_allowed": Phrase("alarm_assurance_not_allowed"),
    "subject_not_allowed": Phrase("alarm_subject_not_allowed"),
    "sweep_not_allowed": Phrase("alarm_sweep_not_allowed"),
    "room_not_allowed": Phrase("alarm_room_not_allowed"),
    "sweep_of_another_key": Phrase("alarm_sweep_of_another_key"),
    "sweep_of_another_probe": Phrase("alarm_sweep_of_another_probe"),
    "server_key_is_relay": Phrase("alarm_server_key_is_relay"),
    "erasure_not_of_this": Phrase("alarm_erasure_not_of_this"),
    "sweep_of_another_room": Phrase("alarm_sweep_of_another_room"),
    "sweep_of_another_source": Phrase("alarm_sweep_of_another_source"),
    "quarantine_purged": Phrase("alarm_quarantine_purged"),
    "witness_refused": Phrase("alarm_witness_refused"),
    "log_forked": Phrase("alarm_log_forked"),
    "witness_forgot": Phrase("alarm_witness_forgot"),
    "city_log_went_back": Phrase("alarm_city_log_went_back"),
    "city_key_changed": Phrase("alarm_city_key_changed"),
    "relay_refused": Phrase("alarm_relay_refused"),
    "city_entry_refused": Phrase("alarm_city_entry_refused"),
    "plan_kept": Phrase("alarm_plan_kept"),
    "judged_anew": Phrase("alarm_judged_anew"),
    "unreadable_body": Phrase("alarm_unreadable_body"),
    "newer_body": Phrase("newer_format"),
    "photo_doubted": Phrase("alarm_photo_doubted"),
    "photo_not_openable": Phrase("alarm_photo_not_openable"),
    "probe_out_of_control": Phrase("alarm_probe_out_of_control"),
    "inspection_too_fast": Phrase("alarm_inspection_too_fast"),
    "door_not_read": Phrase("alarm_door_not_read"),
    "inspections_disagree": Phrase("alarm_inspections_disagree"),
    "second_report": Phrase("alarm_second_report"),
}
OF_INSPECTIONS = ("inspection_too_fast", "door_not_read", "inspections_disagree")
"""About what persons did in a room, whose server signed it: for the district in which the room lies."""


def raise_alarm(
    connection: Connection,
    code: str,
    *,
    key_id: str | None,
    sweep_id: UUID | None,
    log_index: int | None,
    other_log_index: int | None = None,
) -> None:
    """Append an alarm with a code of `TEXTS`, once for the same pair of entries."""
    known = select(alarms.c.alarm_id).where(
        alarms.c.code == code, alarms.c.log_index == log_index, alarms.c.other_log_index == other_log_index
    )
    if connection.scalar(known) is not None:
        return
    connection.execute(
        insert(alarms).values(
            alarm_id=new_id(),
            at_ms=now_ms(),
            code=code,
            key_id=key_id,
            sweep_id=sweep_id,
            log_index=log_index,
            other_log_index=other_log_index,
        )
    )


def alarms_about(connection: Connection, sweep_id: UUID, key_ids: frozenset[str]) -> tuple[AlarmView, ...]:
    """Alarms about what its own keys said of a sweep, and conflicts of theirs that name no sweep, oldest first.

    What another key says of it is no alarm of the sweep's: anybody can write its id.
    """
    is_about = or_(alarms.c.sweep_id == sweep_id, alarms.c.sweep_id.is_(None))
    statement = (
        select(alarms).where(is_about, alarms.c.key_id.in_(sorted(key_ids))).order_by(alarms.c.at_ms, alarms.c.alarm_id)
    )
    return tuple(alarm_view(row) for row in connection.execute(statement))


def alarm_view(row: Row[Any]) -> AlarmView:
    """A row of `alarms` as a view."""
    return AlarmView(
        at=from_ms(row.at_ms),
        code=row.code,
        text=local_text(TEXTS[row.code]),
        key_id=row.key_id,
        log_index=row.log_index,
        other_log_index=row.other_log_index,
    )

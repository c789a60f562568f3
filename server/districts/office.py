"""What a district's office wants on its documents: approval boxes, the word before a number, names or pseudonyms.

Input is what an office decides; output are its settings, those of every office where it decided nothing.  It is an
ordinary table with an audit trail.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from server.districts.register import name_of, rename
from server.interface.office_requests import OfficeRequest
from server.interface.views.offices import OfficeView
from server.store.audit import record
from server.store.clock import now_ms
from server.store.schema import office_settings

APPROVAL = ("담당", "검토", "확인")
"""Boxes (결재란) where an office decided nothing."""


@dataclass(frozen=True, slots=True)
class Office:
    """How an office's documents look."""

    approval: tuple[str, ...] = APPROVAL
    """What stands over each box, from whoever wrote the document to whoever decides; none: no boxes."""
    number_word: str = ""
    """What stands before the number of a document, as the name of the division; empty: `점검` and the year."""
    shows_names: bool = False
    """Do names stand beside pseudonyms, for those who may see them?"""


def office_of(connection: Connection, district_id: str) -> Office:
    """How this district's documents look."""
    row = _row(connection, district_id)
    return Office() if row is None else Office(tuple(json.loads(row.approval_json)), row.number_word, row.shows_names)


def change_office(connection: Connection, district_id: str, wanted: OfficeRequest, *, actor: str) -> OfficeView:
    """Have this district's documents look otherwise from now on; what was made stays as it is."""
    values = {
        "approval_json": json.dumps(wanted.approval, ensure_ascii=False),
        "number_word": wanted.number_word,
        "shows_names": wanted.shows_names,
    }
    row = _row(connection, district_id)
    if row is None:
        connection.execute(insert(office_settings).values(district_id=district_id, changed_ms=now_ms(), **values))
    else:
        of_district = office_settings.c.district_id == district_id
        connection.execute(update(office_settings).where(of_district).values(changed_ms=now_ms(), **values))
    if wanted.name is not None:
        rename(connection, district_id, wanted.name, actor=actor)
    changed = sorted(name for name, value in values.items() if row is None or getattr(row, name) != value)
    record(connection, actor=actor, action="office.changed", object_id=district_id, detail={"changed": changed})
    return office_view(connection, district_id)


def office_view(connection: Connection, district_id: str) -> OfficeView:
    """The same as it goes out."""
    office = office_of(connection, district_id)
    return OfficeView(
        district_id=district_id,
        name=name_of(connection, district_id),
        approval=office.approval,
        number_word=office.number_word,
        shows_names=office.shows_names,
    )


def _row(connection: Connection, district_id: str) -> Row[Any] | None:
    return connection.execute(select(office_settings).where(office_settings.c.district_id == district_id)).one_or_none()

"""The register of documents that an office had made: a number each, never given twice.

Input is who had what made and why, inside the write transaction that writes the access down; output is the number as it
stands on the document.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from sqlalchemy import Connection, func, insert, select

from server.districts.office import office_of
from server.interface.views.offices import DocumentKind, IssuedDocument, IssuedDocuments
from server.store.clock import from_ms, now_ms
from server.store.schema import issued_documents
from sweep.report import new_id


def issue(
    connection: Connection,
    district_id: str,
    kind: DocumentKind,
    file_name: str,
    *,
    today: date,
    made_by: str,
    reason: str,
    about: Mapping[str, object] = MappingProxyType({}),
) -> str:
    """The number of a new document: the office's word and how many it had made this year.

    `about`: ids and days alone, by which what comes of the document can be told to be of it.
    """
    issued = issued_documents.c
    of_year = (issued.district_id == district_id) & (issued.year == today.year)
    number = (connection.scalar(select(func.max(issued.number)).where(of_year)) or 0) + 1
    word = office_of(connection, district_id).number_word
    document_no = f"{word}-{number}" if word else f"점검 {today.year}-{number:04}"
    connection.execute(
        insert(issued_documents).values(
            document_id=new_id(),
            district_id=district_id,
            year=today.year,
            number=number,
            document_no=document_no,
            kind=kind,
            file_name=file_name[:200],
            made_ms=now_ms(),
            made_by=made_by,
            reason=reason,
            about_json=json.dumps(dict(about)),
        )
    )
    return document_no


def is_listed(connection: Connection, district_id: str, document_no: str, room_id: str, day: date) -> bool:
    """Was a day's list of this number made for this room and day?"""
    issued = issued_documents.c
    statement = select(issued.about_json).where(
        issued.district_id == district_id, issued.kind == "day_list", issued.document_no == document_no
    )
    about = [json.loads(one) for one in connection.scalars(statement)]
    return any(room_id in one["rooms"] and one["day"] == day.isoformat() for one in about)


def documents_of(connection: Connection, district_id: str, limit: int) -> IssuedDocuments:
    """The newest documents of an office."""
    of_office = select(issued_documents).where(issued_documents.c.district_id == district_id)
    newest = of_office.order_by(issued_documents.c.year.desc(), issued_documents.c.number.desc())
    rows = connection.execute(newest.limit(limit + 1)).all()
    return IssuedDocuments(
        documents=tuple(
            IssuedDocument(
                document_no=row.document_no,
                kind=row.kind,
                file_name=row.file_name,
                made=from_ms(row.made_ms),
                made_by=row.made_by,
                reason=row.reason,
            )
            for row in rows[:limit]
        ),
        is_cut=len(rows) > limit,
    )

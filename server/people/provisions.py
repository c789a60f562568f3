"""The register of what was given to other agencies and persons (제3자 제공 대장): what, to whom, on what ground, when.

Input is what an office writes down, and the lines of the access log by which the file of a case was given away; output
is the register of a year.  What was written down wrongly is withdrawn and stays.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, insert, select, update

from server.interface.errors import invalid, not_found
from server.interface.office_requests import ProvisionRequest
from server.interface.views.offices import Provisions, ProvisionView
from server.interface.words import KST
from server.people.access_log import in_korean
from server.store.audit import record
from server.store.clock import day_of, from_ms, now_ms, to_ms
from server.store.schema import access_log, cases, facilities, provisions, rooms
from sweep.phrases import Phrase
from sweep.report import new_id

POLICE = "경찰(112 신고를 접수한 관서)"


def write_down(connection: Connection, district_id: str, wanted: ProvisionRequest, *, today: date, actor: str) -> UUID:
    """Write down that something was given away; ApiError 400 for a day to come."""
    if wanted.day > today:
        raise invalid(Phrase("provision_in_the_future"))
    provision_id = new_id()
    connection.execute(
        insert(provisions).values(
            provision_id=provision_id,
            district_id=district_id,
            recorded_ms=now_ms(),
            recorded_by=actor,
            **wanted.model_dump() | {"day": wanted.day.isoformat()},
        )
    )
    record(connection, actor=actor, action="provision.recorded", object_id=str(provision_id), detail={})
    return provision_id


def withdraw(connection: Connection, district_id: str, provision_id: UUID, *, actor: str) -> None:
    """Say that a line was written down wrongly; ApiError 404."""
    is_it = (provisions.c.provision_id == provision_id) & (provisions.c.district_id == district_id)
    row = connection.execute(select(provisions.c.withdrawn_ms).where(is_it)).one_or_none()
    if row is None:
        raise not_found(Phrase("provision_not_found"))
    if row.withdrawn_ms is None:
        connection.execute(update(provisions).where(is_it).values(withdrawn_ms=now_ms()))
        record(connection, actor=actor, action="provision.withdrawn", object_id=str(provision_id), detail={})


def register_of(connection: Connection, district_id: str, year: int) -> Provisions:
    """What was written down in a year, and the files of cases of which only the access log says that they went."""
    of_year = provisions.c.day.between(f"{year}-01-01", f"{year}-12-31")
    written = select(provisions).where(provisions.c.district_id == district_id, of_year)
    found = [
        ProvisionView(
            provision_id=row.provision_id,
            document_no=row.document_no,
            day=date.fromisoformat(row.day),
            recipient=row.recipient,
            basis=row.basis,
            purpose=row.purpose,
            items=row.items,
            form=row.form,
            limits=row.limits,
            recorded_by=row.recorded_by,
            is_withdrawn=row.withdrawn_ms is not None,
        )
        for row in connection.execute(written)
    ]
    return Provisions(
        provisions=tuple(sorted([*found, *_given_files(connection, district_id, year)], key=lambda one: one.day))
    )


def _given_files(connection: Connection, district_id: str, year: int) -> list[ProvisionView]:
    """Files of cases, which leave for the police alone."""
    first = datetime(year, 1, 1, tzinfo=KST)
    end = datetime(year + 1, 1, 1, tzinfo=KST) - timedelta(milliseconds=1)
    of_room = cases.join(rooms, rooms.c.room_id == cases.c.room_id)
    of_district = select(cases.c.case_id).select_from(
        of_room.join(facilities, facilities.c.facility_id == rooms.c.facility_id)
    )
    own = {str(one) for one in connection.scalars(of_district.where(facilities.c.district_id == district_id))}
    given = select(access_log).where(
        access_log.c.action == "case.given", access_log.c.at_ms.between(to_ms(first), to_ms(end))
    )
    return [
        ProvisionView(
            provision_id=None,
            document_no=f"확인 건 {row.object_id.split()[0]}",
            day=day_of(from_ms(row.at_ms)),
            recipient=POLICE,
            basis="investigation",
            purpose=row.reason,
            items=", ".join(in_korean(one) for one in row.shown.split()),
            form="file",
            limits="",
            recorded_by=row.name,
            is_withdrawn=False,
        )
        for row in connection.execute(given.order_by(access_log.c.at_ms))
        if row.object_id.split()[0] in own
    ]

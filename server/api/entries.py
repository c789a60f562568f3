"""Routes of the log: the write door, the receipt, the log page by page, the server's key."""

from __future__ import annotations

import shutil
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from server import entries as door
from server import sweeps
from server.access import Viewer
from server.access_log import shows
from server.api.sweeps import as_json
from server.arrivals import MAX_WIRE_BYTES, Arrival, read_arrival
from server.db import DiskFullError
from server.entry_rows import Outcome
from server.errors import not_found
from server.fields import LogIndex
from server.projections import catch_up
from server.projector import LIST_WAIT_S
from server.quarantine import network_of
from server.requests import read_body
from server.schema import entries
from server.services import Services, services_of
from server.views import DsseView, EntryList, ServerKey, SignedEntryRow

router = APIRouter(tags=["log"])

MIB = 1024 * 1024
WIRE_BODY = {
    "requestBody": {
        "required": True,
        "description": "an entry and its bodies as sweep/ENTRY.md describes",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["dsse", "bodies"],
                    "properties": {
                        "dsse": {"$ref": "#/components/schemas/DsseView"},
                        "bodies": {"type": "array", "items": {"type": "object"}},
                    },
                }
            }
        },
    }
}


@router.post("/api/entries", openapi_extra=WIRE_BODY | shows())
async def post_entry(request: Request) -> DsseView:
    """The write door: a signed receipt once the entry is on disk, the same receipt for the same entry again."""
    services = services_of(request)
    wire = await read_body(request, MAX_WIRE_BYTES)
    network = network_of(request.client.host if request.client else None)
    arrival, outcome = await services.crews.door.run(partial(_accept, services, wire, network))
    if outcome.status == "accepted" and outcome.sweep_id is not None:
        services.projector.entry_arrived(outcome.sweep_id, outcome.kind if outcome.is_new else None)
    if outcome.status == "conflict":
        raise door.conflict_error()
    return sweeps.dsse_view(door.receipt_for(outcome, arrival, services.notary.signer))


@router.get("/api/entries", response_model=EntryList, openapi_extra=shows())
def list_entries(
    request: Request,
    _person: Viewer,
    after: LogIndex = -1,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """Entries after a log index, oldest first."""
    services = services_of(request)
    services.projector.wait(LIST_WAIT_S)
    with services.db.read() as connection:
        rows = connection.execute(
            select(entries).where(entries.c.log_index > after).order_by(entries.c.log_index).limit(limit)
        ).all()
        return as_json(EntryList(entries=tuple(sweeps.signed_entry_row(connection, row) for row in rows)))


@router.get("/api/entries/{entry_id}", openapi_extra=shows())
def get_entry(request: Request, _person: Viewer, entry_id: UUID) -> SignedEntryRow:
    """One entry; the first that claimed this id when there are several."""
    db = services_of(request).db
    statement = (
        select(entries)
        .where(entries.c.entry_id == entry_id)
        .order_by(entries.c.status != "accepted", entries.c.log_index)
        .limit(1)
    )
    with db.read() as connection:
        row = connection.execute(statement).one_or_none()
    if row is None:
        raise not_found("기록", "entry")
    if row.sweep_id is not None:
        catch_up(db, row.sweep_id)
    with db.read() as connection:
        row = connection.execute(statement).one()
        return sweeps.signed_entry_row(connection, row)


@router.get("/api/server-key", openapi_extra=shows())
def server_key(request: Request) -> ServerKey:
    """The key under which receipts verify."""
    signer = services_of(request).notary.signer
    return ServerKey(key_id=signer.key_id, public_key=signer.public_key.hex())


def _accept(services: Services, wire: bytes, network: str) -> tuple[Arrival, Outcome]:
    if shutil.disk_usage(services.settings.data_dir).free < services.settings.min_free_mib * MIB:
        raise DiskFullError("the disk is nearly full")
    arrival = read_arrival(wire)
    return arrival, services.door.accept(arrival, network)

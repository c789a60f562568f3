"""Routes of the log: the ingest path, the receipt, the log page by page, the server's key."""

from __future__ import annotations

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from server.api.access import AS_ENTRY, AS_LIST, OPEN, Viewer
from server.api.records.sweeps import as_json
from server.api.service.disk import refuse_when_full
from server.api.service.reading import reading
from server.api.service.services import Services, services_of
from server.districts.scope import IS_WAITING, entries_with_places, is_entry_of
from server.ingest import entries as ingest
from server.ingest.arrivals import MAX_WIRE_BYTES, Arrival, read_arrival
from server.ingest.entry_rows import Outcome
from server.ingest.quarantine import network_of
from server.interface.errors import not_found
from server.interface.fields import LogIndex
from server.interface.request_body import read_body
from server.interface.views.entries import DsseView, EntryList, SignedEntryRow
from server.interface.views.keys import ServerKey, ServerSuccession
from server.people.access_log import shows
from server.places import sweeps
from server.projections.projecting import catch_up
from server.projections.projector import LIST_WAIT_S
from server.server_keys.rotation import succession
from server.store.schema import entries
from sweep.entry.envelope import InclusionProof
from sweep.phrases import Phrase

router = APIRouter(tags=["log"])

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


@router.post("/api/entries", dependencies=[AS_ENTRY, OPEN], openapi_extra=WIRE_BODY | shows())
async def post_entry(request: Request) -> DsseView:
    """The ingest path: a signed receipt once the entry is on disk, again for the same entry, with a later proof."""
    services = services_of(request)
    wire = await read_body(request, MAX_WIRE_BYTES)
    network = network_of(request.client.host if request.client else None)
    with services.ingest.coming():
        arrival, outcome, proof = await services.pools.ingest.run(partial(_accept, services, wire, network))
    if outcome.status == "accepted" and outcome.sweep_id is not None:
        services.projector.entry_arrived(outcome.sweep_id, outcome.kind if outcome.is_new else None)
    if outcome.status == "conflict":
        raise ingest.conflict_error()
    return sweeps.dsse_view(ingest.receipt_for(outcome, arrival, services.server_signer.signer, proof))


@router.get("/api/entries", dependencies=[AS_LIST], response_model=EntryList, openapi_extra=shows())
def list_entries(
    request: Request,
    person: Viewer,
    after: LogIndex = -1,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    only_waiting: bool = False,
) -> Response:
    """Entries after a log index, oldest first; `only_waiting`: those that do not count until a person settles them."""
    services = services_of(request)
    services.projector.wait(LIST_WAIT_S)
    with reading(request) as connection:
        statement = select(entries).where(entries.c.log_index > after).order_by(entries.c.log_index).limit(limit)
        if only_waiting:
            statement = statement.where(IS_WAITING)
        if person.district_id is not None:
            statement = statement.select_from(entries_with_places()).where(is_entry_of(person.district_id))
        rows = connection.execute(statement).all()
        return as_json(EntryList(entries=sweeps.signed_entry_rows(connection, rows)))


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
        raise not_found(Phrase("entry_not_found"))
    if row.sweep_id is not None:
        catch_up(db, row.sweep_id)
    with db.read() as connection:
        row = connection.execute(statement).one()
        return sweeps.signed_entry_rows(connection, [row])[0]


@router.get("/api/server-key", dependencies=[OPEN], openapi_extra=shows())
def server_key(request: Request) -> ServerKey:
    """The key under which receipts and checkpoints verify."""
    services = services_of(request)
    signer = services.server_signer.signer
    with services.db.read() as connection:
        verifier_key = str(services.heads.verifier_key(connection))
    return ServerKey(key_id=signer.key_id, public_key=signer.public_key.hex(), verifier_key=verifier_key)


@router.get("/api/server-key/succession", dependencies=[OPEN], openapi_extra=shows())
def server_succession(request: Request) -> ServerSuccession:
    """Admissions that lead from the log's first root key to this server's key, for whoever pinned an earlier one."""
    services = services_of(request)
    with services.db.read() as connection:
        return ServerSuccession(admissions=tuple(succession(connection, services.server_signer)))


def _accept(services: Services, wire: bytes, network: str) -> tuple[Arrival, Outcome, InclusionProof]:
    refuse_when_full(services.settings)
    arrival = read_arrival(wire)
    outcome, head = services.ingest.accept(arrival, network)
    return arrival, outcome, services.heads.inclusion_in(services.db, head, outcome.log_index)

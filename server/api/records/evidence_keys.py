"""Routes of evidence officers' public keys: each keeps one's own; the private ones never come here."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.requests import Request

from server.api.access import CaseReader, OwnEvidenceKeys
from server.api.service.services import services_of
from server.interface.fields import KeyId
from server.interface.photo_requests import EvidenceKeyRequest
from server.interface.request_body import describe, json_body
from server.interface.views.photos import EvidenceKeyList, EvidenceKeyView
from server.people import evidence_keys
from server.people.access_log import shows
from server.people.auth import Person

router = APIRouter(tags=["photographs"])


@router.get("/api/evidence-keys", openapi_extra=shows())
def list_evidence_keys(request: Request, person: CaseReader) -> EvidenceKeyList:
    """To whose keys photographs of one's district are sealed."""
    with services_of(request).db.read() as connection:
        return _keys(connection, person)


@router.post("/api/evidence-keys", status_code=201, openapi_extra=describe(EvidenceKeyRequest) | shows())
def post_evidence_key(
    request: Request, person: OwnEvidenceKeys, body: Annotated[EvidenceKeyRequest, json_body(EvidenceKeyRequest)]
) -> EvidenceKeyView:
    """Register one's own public key: from now on photographs are sealed to it, too."""
    with services_of(request).db.write() as connection:
        row = evidence_keys.add(
            connection,
            body.recipient,
            name=person.display_name,
            district_id=person.district_id,
            user_id=person.user_id,
            actor=person.display_name,
        )
        return evidence_keys.key_view(row, person)


@router.delete("/api/evidence-keys/{key_id}", openapi_extra=shows())
def delete_evidence_key(request: Request, person: OwnEvidenceKeys, key_id: KeyId) -> EvidenceKeyList:
    """Seal nothing more to one's own key; it still opens what was sealed to it."""
    with services_of(request).db.write() as connection:
        evidence_keys.end(connection, key_id, actor=person.display_name, user_id=person.user_id)
        return _keys(connection, person)


def _keys(connection: Connection, person: Person) -> EvidenceKeyList:
    rows = evidence_keys.live(connection, person.district_id, everywhere=person.district_id is None)
    return EvidenceKeyList(keys=tuple(evidence_keys.key_view(row, person) for row in rows))

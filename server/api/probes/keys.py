"""Routes of keys and of the quarantine: who may speak, who may no more, and what strangers have sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Path
from sqlalchemy import Connection
from starlette.requests import Request

from server.api.access import Admin, KeyReader
from server.api.service.services import services_of
from server.districts.register import existing_district
from server.ingest import quarantine
from server.ingest.judging import Judged, judge_anew, quarantined_of_admitted
from server.interface.key_requests import AdmitRequest, KeyReasonRequest, ReplaceKeyRequest, RevokeRequest
from server.interface.request_body import describe, json_body
from server.interface.views.keys import AskedOfRoot, Discarded, JudgedKey, KeyList, KeyView, LogFork, WaitingKeyView
from server.people.access_log import shows
from server.relay.telling_keys import districts_by_key, districts_of, let_tell
from server.server_keys.root import root_at_hand, sign_waiting
from server.signing import keys, statements
from server.store.clock import from_ms
from server.store.erasure import destroy_dead_keys
from server.witness.found_forks import found_forks
from sweep.entry.kinds import KEY_KINDS

router = APIRouter(tags=["keys"])

KeyIdPath = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")]


@router.get("/api/keys", openapi_extra=shows())
def list_keys(request: Request, _person: KeyReader) -> KeyList:
    """Every admitted key, and what waits of keys that nobody admitted."""
    services = services_of(request)
    with services.db.read() as connection:
        held, told = quarantined_of_admitted(connection), districts_by_key(connection)
        admitted = tuple(
            KeyView(
                key_id=key.key_id,
                role=key.role,
                probe_id=key.probe_id,
                name=key.name,
                tenant=key.tenant,
                valid_from_index=key.valid_from_index,
                revoked_from_index=key.revoked_from_index,
                predecessor=key.predecessor,
                probes=tuple(sorted(key.probes)),
                tells_for=tuple(told.get(key.key_id, ())),
                quarantined=held.get(key.key_id, 0),
            )
            for key in keys.all_keys(connection)
        )
        waiting = tuple(
            WaitingKeyView(
                key_id=item.key_id,
                entries=item.entries,
                size=item.size,
                networks=item.networks,
                first_received=from_ms(item.first_received_ms),
                last_received=from_ms(item.last_received_ms),
                tenants=item.tenants,
                subjects=item.subjects,
                is_admitted=any(key.key_id == item.key_id for key in admitted),
            )
            for item in quarantine.waiting(connection)
        )
        is_root_here = root_at_hand(connection, services.server_signer) is not None
        asked = tuple(
            AskedOfRoot(kind=one.kind, actor=one.actor, at=from_ms(one.made_ms))
            for one in statements.waiting(connection)
            if one.kind in KEY_KINDS and not is_root_here
        )
        forks = tuple(
            LogFork(
                fork_id=fork.fork_id,
                key_id=fork.key_id,
                size=fork.size,
                found=from_ms(fork.found_ms),
                settled=None if fork.settled_ms is None else from_ms(fork.settled_ms),
                note=fork.note,
                own_note=fork.own_note,
            )
            for fork in found_forks(connection)
        )
    return KeyList(
        keys=admitted,
        waiting=waiting,
        asked_of_root=asked,
        forks=forks,
        max_bytes=services.settings.quarantine_max_mib * 1024 * 1024,
    )


@router.post("/api/keys", status_code=201, openapi_extra=describe(AdmitRequest) | shows())
def admit_key(request: Request, person: Admin, body: Annotated[AdmitRequest, json_body(AdmitRequest)]) -> JudgedKey:
    """Admit the key of a probe, or of a server that relays or tells; what it sent before is judged anew."""
    tenant = services_of(request).server_signer.tenant

    def admit(connection: Connection, is_in_force: bool) -> keys.Key:
        district_id = existing_district(connection, body.district_id)
        key = keys.admit(
            connection,
            public_key=bytes.fromhex(body.public_key),
            role=body.role,
            probe_id=body.probe_id,
            probes=frozenset(body.probes),
            name=body.name,
            actor=person.display_name,
            tenant=district_id or next(iter(body.tells_for), tenant),
            is_in_force=is_in_force,
        )
        let_tell(connection, key.key_id, body.tells_for, actor=person.display_name)
        return key

    return _judged(request, admit)


@router.post("/api/keys/{key_id}/revoke", openapi_extra=describe(RevokeRequest) | shows())
def revoke_key(
    request: Request, person: Admin, key_id: KeyIdPath, body: Annotated[RevokeRequest, json_body(RevokeRequest)]
) -> JudgedKey:
    """Revoke a key from a log index on, by default from now."""
    return _judged(
        request,
        lambda connection, is_in_force: keys.revoke(
            connection,
            key_id,
            actor=person.display_name,
            reason=body.reason,
            from_index=body.from_index,
            is_in_force=is_in_force,
        ),
    )


@router.post("/api/keys/{key_id}/reinstate", openapi_extra=describe(KeyReasonRequest) | shows())
def reinstate_key(
    request: Request, person: Admin, key_id: KeyIdPath, body: Annotated[KeyReasonRequest, json_body(KeyReasonRequest)]
) -> JudgedKey:
    """Take a revocation back; what was quarantined for it is judged anew."""
    return _judged(
        request,
        lambda connection, is_in_force: keys.reinstate(
            connection, key_id, actor=person.display_name, reason=body.reason, is_in_force=is_in_force
        ),
    )


@router.post("/api/keys/{key_id}/replace", status_code=201, openapi_extra=describe(ReplaceKeyRequest) | shows())
def replace_key(
    request: Request, person: Admin, key_id: KeyIdPath, body: Annotated[ReplaceKeyRequest, json_body(ReplaceKeyRequest)]
) -> JudgedKey:
    """Admit the successor of a probe's key and revoke the key itself from now on."""

    def replace(connection: Connection, is_in_force: bool) -> keys.Key:
        key = keys.replace_key(
            connection,
            key_id,
            public_key=bytes.fromhex(body.public_key),
            actor=person.display_name,
            reason=body.reason,
            is_in_force=is_in_force,
        )
        let_tell(connection, key.key_id, districts_of(connection, key_id), actor=person.display_name)
        return key

    return _judged(request, replace)


@router.post("/api/quarantine/{key_id}/release", openapi_extra=shows())
def release(request: Request, _person: Admin, key_id: KeyIdPath) -> JudgedKey:
    """Judge what waits of an admitted key anew; 404 for a key that nobody admitted."""
    with services_of(request).db.write() as connection:
        judged = judge_anew(connection, keys.the_key(connection, key_id))
    return _told(key_id, judged)


@router.post("/api/quarantine/{key_id}/discard", openapi_extra=describe(KeyReasonRequest) | shows())
def discard(
    request: Request, person: Admin, key_id: KeyIdPath, body: Annotated[KeyReasonRequest, json_body(KeyReasonRequest)]
) -> Discarded:
    """Purge what strangers sent under this key; never what an admitted key signed."""
    services = services_of(request)
    with services.db.write() as connection:
        done = quarantine.discard(connection, key_id, actor=person.display_name, reason=body.reason)
        sign_waiting(connection, services.server_signer)
    destroy_dead_keys(services.db)
    return Discarded(entries=done)


def _judged(request: Request, change: Callable[[Connection, bool], keys.Key]) -> JudgedKey:
    """Change a key and judge its entries anew, in one transaction; without the root key here it is only asked for."""
    services = services_of(request)
    with services.db.write() as connection:
        is_in_force = root_at_hand(connection, services.server_signer) is not None
        key = change(connection, is_in_force)
        judged = judge_anew(connection, key) if is_in_force else None
        sign_waiting(connection, services.server_signer)
    return _told(key.key_id, judged)


def _told(key_id: str, judged: Judged | None) -> JudgedKey:
    """What became of a key's entries; None: nothing yet, the root key has to sign first."""
    if judged is None:
        return JudgedKey(key_id=key_id, released=0, left=0, documents=(), waits_for_root=True)
    return JudgedKey(
        key_id=key_id,
        released=judged.released,
        left=judged.left,
        documents=judged.documents,
        waits_for_root=False,
    )

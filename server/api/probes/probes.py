"""Routes of probes: live messages in, commands out, and the event stream of the page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from server.api.access import SESSION_COOKIE, Inspector, Probe, Viewer
from server.api.probes.commands import OrdinaryRequest, build_command, build_stop, note_command
from server.api.probes.declaring import prove_declarers
from server.api.service.services import Services, services_of
from server.districts.scope import is_within, refuse_foreign
from server.interface.command_requests import CommandRequest, DeclareEmptyRequest, StartRequest, StopRequest
from server.interface.errors import ApiError, invalid, not_found
from server.interface.live_requests import LiveBatch, read_batch
from server.interface.request_body import describe, json_body
from server.interface.views.probes import CommandQueued, EntryEvent, LiveAccepted, ProbeList
from server.live.channel import Known
from server.live.hub import Listener, LiveHub, ServerEvent
from server.people.access_log import shows
from server.people.auth import Person
from server.people.sessions import hash_token
from server.signing.keys import Key, all_keys
from sweep.phrases import Phrase
from sweep.report import Command, CommandList, parse_json, utc_now

router = APIRouter(tags=["probes"])

ProbeId = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
HEARTBEAT_S = 5.0  # guessed: a page without one for three of them says that the connection is lost
BEAT = ServerEvent("beat", "{}").encode()
PROBE_ROLES = frozenset({"probe", "demo"})
STREAM_LIFE = timedelta(hours=1)  # a stream ends then and the page comes back, with its session checked anew


@router.get("/api/probes", openapi_extra=shows())
def list_probes(request: Request, person: Viewer) -> ProbeList:
    """All enrolled probes, or those of the district."""
    services = services_of(request)
    with services.db.read() as connection:
        found = [key for key in all_keys(connection) if _speaks(key) and person.district_id in {None, key.tenant}]
    return ProbeList(probes=tuple(services.hub.view(key, key.probe_id) for key in found if key.probe_id is not None))


@router.post("/api/probes/{probe_id}/live", openapi_extra=describe(LiveBatch) | shows())
async def post_live(request: Request, probe: Probe) -> LiveAccepted:
    """Take live messages of a probe and fan them out; never evidence."""
    messages = read_batch(probe.body)
    if any(message.probe_id != probe.probe_id for message in messages):
        raise invalid(Phrase("message_of_another_probe"), code="not_this_probe")
    accepted = await services_of(request).exchange.publish(probe.probe_id, probe.key, messages)
    return LiveAccepted(accepted=accepted)


@router.get("/api/probes/{probe_id}/commands", response_model=CommandList, openapi_extra=shows())
async def get_commands(
    request: Request,
    probe: Probe,
    wait_s: Annotated[float, Query(ge=0, le=30)] = 25,
    after: Annotated[str, Query(max_length=36)] = "",
) -> Response:
    """Commands for a probe: waits for one, and gives them again until `after` names the last one received."""
    try:
        acknowledged = UUID(after) if after else None
    except ValueError:
        raise invalid(Phrase("after_not_a_command_id")) from None
    commands = await services_of(request).exchange.fetch(probe.probe_id, probe.key, acknowledged, wait_s)
    return Response(CommandList(commands=commands).model_dump_json(), media_type="application/json")


@router.post("/api/probes/{probe_id}/commands", openapi_extra=describe(CommandRequest) | shows())
async def post_command(
    request: Request,
    person: Inspector,
    probe_id: ProbeId,
    body: Annotated[CommandRequest, json_body(CommandRequest)],
) -> CommandQueued:
    """Queue a command; the same command id again does nothing. A stop is queued before anything else is done."""
    services, wanted = services_of(request), body.root
    hub = services.hub
    known = hub.known_command(probe_id, wanted.command_id)
    if known is not None and wanted.command_id is not None:
        return _queued(hub, probe_id, wanted.command_id, known)
    if isinstance(wanted, StopRequest):
        if not hub.has_heard_of(probe_id):
            await services.pools.stops.run(partial(_check_probe, services, probe_id))
        stop = build_stop(wanted, hub.channel(probe_id).sweep_id)
        known = await services.exchange.enqueue(probe_id, stop, stop.sweep_id, asked_by=person.display_name)
        await services.pools.stops.run(partial(_note, services, probe_id, stop, person.display_name))
        return _queued(hub, probe_id, stop.command_id, known)
    command = await run_in_threadpool(_build, request, probe_id, wanted, person)
    if not hub.channel(probe_id).is_online:
        raise ApiError(409, Phrase("probe_offline"))
    known = await services.exchange.enqueue(probe_id, command, command.sweep_id, asked_by=person.display_name)
    return _queued(hub, probe_id, command.command_id, known)


@router.get(
    "/api/live",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "Server-sent events"}},
    openapi_extra=shows(),
)
async def get_live(
    request: Request, person: Viewer, probe_id: Annotated[str, Query(max_length=64)] = ""
) -> StreamingResponse:
    """Live events as they come, after a replay of the current sweep and what is known of the probe right now."""
    services = services_of(request)
    key = await run_in_threadpool(_key_of, services, probe_id) if probe_id else None
    session = hash_token(request.cookies[SESSION_COOKIE])
    listener = services.hub.listen(probe_id or None, person.user_id, session, person.district_id)
    if key is not None:
        listener.offer(ServerEvent("probe", services.hub.view(key, probe_id).model_dump_json()))
    return StreamingResponse(
        _stream(services, listener),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _stream(services: Services, listener: Listener) -> AsyncIterator[bytes]:
    hub = services.hub
    ends = utc_now() + STREAM_LIFE
    try:
        yield b"retry: 2000\n\n"
        while utc_now() < ends and not (listener.is_lost and listener.queue.empty()):
            try:
                event = await asyncio.wait_for(listener.queue.get(), HEARTBEAT_S)
            except TimeoutError:
                yield BEAT
                continue
            if (
                listener.tenant is None
                or event.name != "entry"
                or await run_in_threadpool(_may_hear, services, listener, event)
            ):
                yield event.encode()
    finally:
        hub.leave(listener)


def _may_hear(services: Services, listener: Listener, event: ServerEvent) -> bool:
    """Is the sweep of this event one of the listener's district?"""
    sweep_id = parse_json(EntryEvent, event.data.encode()).sweep_id
    with services.db.read() as connection:
        return is_within(connection, listener.tenant, "sweep_id", str(sweep_id))


def _speaks(key: Key) -> bool:
    return key.role in PROBE_ROLES and key.probe_id is not None and key.revoked_from_index is None


def _build(request: Request, probe_id: str, wanted: OrdinaryRequest, person: Person) -> Command:
    services = services_of(request)
    declarers = None
    if isinstance(wanted, DeclareEmptyRequest):
        declarers = prove_declarers(request, person, probe_id, wanted, _key_of(services, probe_id))
    with services.db.write() as connection:
        if isinstance(wanted, StartRequest):
            refuse_foreign(connection, person.district_id, {"room_id": str(wanted.room_id)})
        return build_command(connection, probe_id, wanted, actor=person.display_name, declarers=declarers)


def _note(services: Services, probe_id: str, stop: Command, actor: str) -> None:
    with services.db.write() as connection:
        note_command(connection, probe_id, stop, actor=actor)


def _check_probe(services: Services, probe_id: str) -> None:
    if _key_of(services, probe_id) is None:
        raise not_found(Phrase("probe_not_found"))


def _key_of(services: Services, probe_id: str) -> Key | None:
    """The probe's key that was admitted last; None when there is no such probe."""
    with services.db.read() as connection:
        found = [key for key in all_keys(connection) if _speaks(key) and key.probe_id == probe_id]
    return found[-1] if found else None


def _queued(hub: LiveHub, probe_id: str, command_id: UUID, known: Known) -> CommandQueued:
    return CommandQueued(
        command_id=command_id,
        sweep_id=known.sweep_id,
        answer=known.answer,
        probe_online=hub.channel(probe_id).is_online,
    )

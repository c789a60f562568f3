"""Routes of probes: live messages in, commands out, and the event stream of the page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from server.access import SESSION_COOKIE, Inspector, Probe, Viewer
from server.access_log import shows
from server.auth import hash_token
from server.commands import build_command
from server.errors import ApiError, invalid
from server.keys import all_keys
from server.live import Listener, LiveHub
from server.requests import CommandRequest, LiveBatch, describe, json_body
from server.services import Services, services_of
from server.views import CommandQueued, LiveAccepted, ProbeList
from sweep.report import Command, CommandList, parse_json, utc_now

router = APIRouter(tags=["probes"])

ProbeId = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
HEARTBEAT_S = 15.0  # guessed: shorter than the idle time-outs of proxies and phones
STREAM_LIFE = timedelta(hours=1)  # a stream ends then and the page comes back, with its session checked anew


@router.get("/api/probes", openapi_extra=shows())
def list_probes(request: Request, _person: Viewer) -> ProbeList:
    """All enrolled probes."""
    services = services_of(request)
    with services.db.read() as connection:
        found = [key for key in all_keys(connection) if key.role in {"probe", "demo"} and key.probe_id is not None]
    return ProbeList(probes=tuple(services.hub.view(key, key.probe_id) for key in found if key.probe_id is not None))


@router.post("/api/probes/{probe_id}/live", openapi_extra=describe(LiveBatch) | shows())
async def post_live(request: Request, probe: Probe) -> LiveAccepted:
    """Take live messages of a probe and fan them out; never evidence."""
    messages = parse_json(LiveBatch, probe.body).messages
    if any(message.probe_id != probe.probe_id for message in messages):
        raise invalid("a message names another probe", code="not_this_probe")
    return LiveAccepted(accepted=services_of(request).hub.publish(probe.probe_id, probe.key, messages))


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
        raise invalid("after: not a command id") from None
    commands = await services_of(request).hub.fetch(probe.probe_id, probe.key, acknowledged, wait_s)
    return Response(CommandList(commands=commands).model_dump_json(), media_type="application/json")


@router.post("/api/probes/{probe_id}/commands", openapi_extra=describe(CommandRequest) | shows())
async def post_command(
    request: Request,
    person: Inspector,
    probe_id: ProbeId,
    body: Annotated[CommandRequest, json_body(CommandRequest)],
) -> CommandQueued:
    """Queue a command; the same command id again does nothing."""
    services = services_of(request)
    wanted = body.root
    known = services.hub.known_sweep(probe_id, wanted.command_id)
    if known is not None and wanted.command_id is not None:
        return CommandQueued(command_id=wanted.command_id, sweep_id=known)
    command: Command = await run_in_threadpool(_build, services, probe_id, body, person.display_name)
    if not services.hub.channel(probe_id).is_online:
        raise ApiError(409, "probe_offline", "점검기가 연결되어 있지 않습니다", "the probe is not connected")
    sweep_id = services.hub.enqueue(probe_id, command, command.sweep_id)
    return CommandQueued(command_id=command.command_id, sweep_id=sweep_id)


@router.get(
    "/api/live",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "Server-sent events"}},
    openapi_extra=shows(),
)
async def get_live(
    request: Request, person: Viewer, probe_id: Annotated[str, Query(max_length=64)] = ""
) -> StreamingResponse:
    """Live events as they come, after a replay of the current sweep."""
    hub = services_of(request).hub
    listener = hub.listen(probe_id or None, person.user_id, hash_token(request.cookies[SESSION_COOKIE]))
    return StreamingResponse(
        _stream(hub, listener),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _stream(hub: LiveHub, listener: Listener) -> AsyncIterator[bytes]:
    ends = utc_now() + STREAM_LIFE
    try:
        yield b"retry: 2000\n\n"
        while utc_now() < ends and not (listener.is_lost and listener.queue.empty()):
            try:
                event = await asyncio.wait_for(listener.queue.get(), HEARTBEAT_S)
            except TimeoutError:
                yield b": still here\n\n"
                continue
            yield event.encode()
    finally:
        hub.leave(listener)


def _build(services: Services, probe_id: str, body: CommandRequest, actor: str) -> Command:
    with services.db.write() as connection:
        return build_command(connection, probe_id, body.root, actor=actor)

"""The application: `create_app(settings)` puts routes, services, error shape and security headers together.

Input are settings; output is an ASGI application whose database is migrated and whose keys exist.  It holds no logic of
its own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from uuid import UUID

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette_compress import CompressMiddleware, remove_compress_type

from server import access_log, errors, keys, quarantine
from server.api import entries, exports, login, page, probes, rooms, sweeps
from server.api import keys as key_routes
from server.db import AwayError, BusyError, Database, DiskFullError, SchemaError
from server.describing import describe_application
from server.devices import KnownDevices
from server.errors import ApiError
from server.export_queue import ExportQueue
from server.group_commit import GroupCommit
from server.headers import SecurityHeaders
from server.hosts import HostCheck
from server.intake import PACE, BodyBudget, BoundedBodies, Pace
from server.judging import judge_old_log
from server.live import LiveHub
from server.login_delays import LoginDelays
from server.persons import Notary
from server.projector import Projector
from server.pulse import Pulse
from server.release import VERSION
from server.services import Services
from server.settings import Settings
from server.views import EntryEvent, ErrorView
from sweep.entry import Signer

ROUTERS = tuple(part.router for part in (login, rooms, sweeps, entries, key_routes, probes, exports, page))
MIB = 1024 * 1024
SILENCE_CHECK_S = 5.0
SESSION_CHECK_S = 1.0  # guessed: a person who was switched off reads on for a second at most
COMPRESSED_FROM_BYTES = 1_000  # derived: less than a packet holds, and more than an answer with a token in it takes
TEND_S = 5.0
OPTIMIZE_S = 3600.0  # SQLite's own advice: every few hours, and when a connection opens


remove_compress_type("text/event-stream")  # an event must leave at once, and is smaller than what compressing adds


def create_app(settings: Settings, pace: Pace = PACE) -> FastAPI:
    """The whole server, to which bodies come at such a pace; migrates the database and makes its keys on the way."""
    services = build_services(settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        watchers = [
            asyncio.create_task(work)
            for work in (
                _watch_silence(services.hub),
                _watch_sessions(services),
                _tend(services.db, settings.quarantine_max_days),
                services.exports.run(),
            )
        ]
        services.projector.start(partial(_tell_listeners, asyncio.get_running_loop(), services.hub))
        yield
        await run_in_threadpool(services.projector.stop)
        for watcher in watchers:
            watcher.cancel()
        await asyncio.gather(*watchers, return_exceptions=True)
        services.db.close()

    app = FastAPI(
        title="Ansim Sweep",
        version=VERSION,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=lifespan,
        separate_input_output_schemas=False,
        responses={"default": {"model": ErrorView, "description": "Refused; the code says why"}},
    )
    app.state.services = services
    errors.install(app)
    app.add_middleware(BoundedBodies, pace=pace, budget=BodyBudget())
    app.add_middleware(HostCheck, settings=settings)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(CompressMiddleware, minimum_size=COMPRESSED_FROM_BYTES)
    for router in ROUTERS:
        app.include_router(router)
    describe_application(app, ROUTERS)
    return app


def build_services(settings: Settings) -> Services:
    """Database (migrated), keys (made at first start, admitted), live hub and what guards logins."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    db = Database(settings.url)
    try:
        db.migrate()
    except SchemaError:
        db.close()
        raise
    judge_old_log(db, settings.tenant)
    notary = _admit_own_keys(
        db,
        Notary(
            settings.tenant,
            Signer.load_or_create(settings.data_dir / "server.key"),
            Signer.load_or_create(settings.data_dir / "server-demo.key"),
        ),
    )
    door = GroupCommit(db, quarantine_max_bytes=settings.quarantine_max_mib * MIB)
    return Services(
        settings,
        db,
        notary,
        LiveHub(time.monotonic),
        LoginDelays(settings.login_attempts_per_minute, time.monotonic),
        KnownDevices.load_or_create(settings.data_dir / "devices.key"),
        Pulse(db.ping),
        door,
        Projector(db, lambda: door.is_busy),
        ExportQueue(settings.data_dir / "exports", settings.url, settings.export_memory_mib, time.monotonic),
    )


def _admit_own_keys(db: Database, notary: Notary) -> Notary:
    """Admit the server's two keys at its first start; later this only reads. The log keeps the tenant it began with."""
    with db.read() as connection:
        own = keys.find_keys(connection, {notary.signer.key_id, notary.demo_signer.key_id})
    if len(own) == 2:
        return replace(notary, tenant=own[notary.signer.key_id].tenant or notary.tenant)
    with db.write() as connection:
        for signer, role, name in ((notary.signer, "server", "server"), (notary.demo_signer, "demo", "server, demo")):
            keys.admit(
                connection,
                public_key=signer.public_key,
                role="demo" if role == "demo" else "server",
                probe_id=None,
                name=name,
                actor="system",
                tenant=notary.tenant,
            )
    return notary


def _tell_listeners(loop: asyncio.AbstractEventLoop, hub: LiveHub, sweep_id: UUID, kind: str) -> None:
    """Announce, from another thread, that something about a sweep can be read."""
    event = EntryEvent(sweep_id=sweep_id, kind=kind)
    loop.call_soon_threadsafe(hub.announce, "entry", event.model_dump_json())


async def _watch_silence(hub: LiveHub) -> None:
    while True:
        await asyncio.sleep(SILENCE_CHECK_S)
        hub.find_silent()


async def _watch_sessions(services: Services) -> None:
    """End the streams of sessions that ended, wherever that was done: by a route or from a terminal."""
    while True:
        await asyncio.sleep(SESSION_CHECK_S)
        with suppress(BusyError, AwayError, ApiError):
            await services.end_dead_streams()


def _purge_access_log(db: Database) -> None:
    with db.write() as connection:
        access_log.purge(connection)


def _purge_quarantine(db: Database, elapsed_s: int, max_days: int) -> None:
    with db.write() as connection:
        done = quarantine.grow_old(connection, elapsed_s, max_days=max_days)
    db.needs_scrub = db.needs_scrub or done > 0


async def _tend(db: Database, quarantine_max_days: int) -> None:
    """Keep what the database knows of its tables up to date, and overwrite what was deleted once nobody reads it."""
    next_s, aged_s = 0.0, time.monotonic()
    while True:
        try:
            if db.needs_scrub:
                await run_in_threadpool(db.scrub)
            if time.monotonic() >= next_s:
                await run_in_threadpool(_purge_access_log, db)
                elapsed_s = int(time.monotonic() - aged_s)
                await run_in_threadpool(_purge_quarantine, db, elapsed_s, quarantine_max_days)
                aged_s += elapsed_s
                await run_in_threadpool(db.optimize)
                next_s = time.monotonic() + OPTIMIZE_S
        except (BusyError, AwayError, DiskFullError):
            pass  # the next round does it
        await asyncio.sleep(TEND_S)

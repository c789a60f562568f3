"""The application: `create_app(settings)` puts routes, services, error shape and security headers together.

Input are settings; output is an ASGI application whose database is migrated and whose keys exist.  It holds no logic of
its own.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import cache, partial
from uuid import UUID

import httpx
from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute
from starlette_compress import CompressMiddleware, remove_compress_type

from server.api import page, refusals
from server.api.describing import describe_application
from server.api.people import (
    accounts,
    could_change,
    login,
    notifications,
    offices,
    passkeys,
    proofs,
    second_factor,
    second_person,
    single_sign_on,
)
from server.api.places import (
    day_lists,
    facility,
    imports,
    instruments,
    practice,
    public_page,
    registers,
    rooms,
    schedule,
    statistics,
)
from server.api.probes import keys as key_routes
from server.api.probes import probes, reference_checks, relay
from server.api.records import (
    cases,
    desk,
    entries,
    evidence_keys,
    exports,
    filing,
    inspections,
    log,
    photos,
    rules,
    sweeps,
)
from server.api.service.couriers import couriers_of
from server.api.service.database_check import DatabaseCheck
from server.api.service.disk import is_full
from server.api.service.maintenance import run_maintenance
from server.api.service.maintenance_log import MaintenanceLog
from server.api.service.notifying import run_notifications
from server.api.service.reading import SeenHeader
from server.api.service.request_metrics import RequestMetricsMiddleware
from server.api.service.services import Services, find_request_keys
from server.bounds.body_limits import PACE, BodyBudget, BoundedBodies, Pace
from server.bounds.headers import SecurityHeaders
from server.bounds.hosts import HostCheck
from server.bounds.load import THREADS
from server.bounds.thread_pools import PersonalShares, Pools
from server.config.inspection_policy import PolicyError, Rule, read_policy
from server.config.public_page import PublicPage, PublicPageError, read_public_page
from server.config.release import VERSION
from server.config.retention import read_periods
from server.config.settings import Settings, SettingsError
from server.districts.register import settle_home
from server.exports.jobs.export_queue import ExportQueue
from server.exports.jobs.shared_documents import SharedDocuments
from server.ingest.group_commit import GroupCommit
from server.ingest.judging import judge_old_log
from server.interface.errors import ApiError
from server.interface.views.answer import ErrorView
from server.live.exchange import Exchange, OwnExchange
from server.live.hub import LiveHub
from server.live.shared import SharedExchange
from server.log.build import build_tree
from server.log.heads import Heads
from server.notifications.delivering import ways_of
from server.people.challenges import Challenges
from server.people.login_delays import LoginDelays
from server.people.shared_delays import SharedDelays
from server.projections.projector import Projector
from server.relay.above import open_above
from server.relay.city import open_city
from server.server_keys.own_keys import open_keys, refuse_other_folder
from server.server_keys.relays import judge_relays
from server.server_keys.root import sign_waiting
from server.server_keys.rotation import KEY_FILE
from server.signing.placements import read_once
from server.store.bodies import check_store, is_in_storage, take_block
from server.store.crypto.body_keys import BodyKeys, BodyKeysError
from server.store.db import Database
from server.store.faults import AwayError, BusyError, DiskFullError, SchemaError
from server.store.objects import ObjectStore
from server.witness.cosigning import ask
from server.witness.stamping import StampError, stamp_head
from sweep.phrases import Phrase

ROUTERS = tuple(
    part.router
    for part in (
        entries,  # first: routes are tried one after the other, and nothing is asked more often
        login,
        passkeys,
        second_factor,
        second_person,
        single_sign_on,
        accounts,
        offices,
        notifications,
        facility,
        rooms,
        registers,
        rules,
        practice,
        imports,
        instruments,
        schedule,
        day_lists,
        sweeps,
        inspections,
        cases,
        proofs,
        photos,
        evidence_keys,
        desk,
        log,
        could_change,
        key_routes,
        probes,
        reference_checks,
        relay,
        filing,
        statistics,  # before the documents, of which each has a path of its own
        exports,
        public_page,
        page,
    )
)
MIB = 1024 * 1024
SESSION_CHECK_S = 1.0  # guessed: a person who was switched off reads on for a second at most
REPLICA_CHECK_S = 2.0  # guessed: as exact is what health says of how far behind it is
COMPRESSED_FROM_BYTES = 1_000  # derived: less than a packet holds, and more than an answer with a token in it takes
OUTSIDE_S = 60.0  # guessed: what is cut off within a minute no witness has seen
logger = logging.getLogger(__name__)


remove_compress_type("text/event-stream")  # an event must leave at once, and is smaller than what compressing adds


def create_app(settings: Settings, pace: Pace = PACE) -> FastAPI:
    """The whole server, to which bodies come at such a pace; migrates the database and makes its keys on the way."""
    services = build_services(settings, may_be_newer=True)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        services.pools.open_routes(THREADS)
        watchers = [
            asyncio.create_task(work)
            for work in (
                services.exchange.run(),
                _watch_sessions(services),
                _watch_replica(services),
                run_maintenance(services),
                services.exports.run(),
                _ask_outside(services),
                run_notifications(services),
            )
        ]
        for watcher in watchers:
            watcher.add_done_callback(_say_why)
        with suppress(BusyError, AwayError, DiskFullError):  # the first entry takes it then
            await run_in_threadpool(take_block, services.db)
        if await run_in_threadpool(is_full, services):
            logger.warning("the disk is full: what is there can be read; entries and changes are refused with 507")
        services.projector.start(partial(_tell_listeners, asyncio.get_running_loop(), services.exchange))
        couriers = couriers_of(services)
        for courier in couriers:
            courier.start()
        yield
        for courier in couriers:
            await run_in_threadpool(courier.stop)
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
    )
    app.state.services = services
    refusals.install(app)
    app.add_middleware(RequestMetricsMiddleware, measures=services.measures)
    if services.db.replica is not None:
        app.add_middleware(SeenHeader)
    app.add_middleware(BoundedBodies, pace=pace, budget=BodyBudget())
    app.add_middleware(HostCheck, settings=settings)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(CompressMiddleware, minimum_size=COMPRESSED_FROM_BYTES)
    app.router.routes.extend(_routes())
    describe_application(app, ROUTERS)
    return app


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """Of every application of this process: what FastAPI works out of a route at its first request, it does once."""
    whole = FastAPI(
        openapi_url=None,
        responses={"default": {"model": ErrorView, "description": "Refused; the code says why"}},
    )
    for router in ROUTERS:
        whole.include_router(router)
    return tuple(whole.routes)


def build_services(settings: Settings, *, may_be_newer: bool = False) -> Services:
    """Database (migrated), keys (made at first start, admitted), live hub and what guards logins.

    `may_be_newer`: a server goes on beside a later release; commands, which write and copy whole tables, do not.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    body_keys = BodyKeys(settings.body_keys_path, settings.store_key_path)
    db = Database(settings.url, body_keys, storage_of(settings), replica_url=settings.database_replica_url)
    try:
        db.migrate(may_be_newer=may_be_newer)
        _check_store(db, settings)
    except (SchemaError, BusyError, BodyKeysError, SettingsError):
        db.close()
        raise
    settle_home(db, settings.tenant)
    open_city(db, settings.city_url)
    open_above(db, settings.above_url, settings.above_policy)
    judge_old_log(db, settings.tenant)
    build_tree(db)
    read_once(db)
    try:
        server_signer, devices = open_keys(db, settings)
    except SettingsError:
        db.close()
        raise
    judge_relays(db, server_signer)
    ingest = GroupCommit(
        db,
        quarantine_max_bytes=settings.quarantine_max_mib * MIB,
        say_first=partial(sign_waiting, server_signer=server_signer),
    )
    hub, shares, free = LiveHub(time.monotonic), PersonalShares(), settings.login_attempts_per_minute
    pools = Pools()
    return Services(
        settings,
        db,
        server_signer,
        Heads(server_signer.signer),
        read_periods(settings.retention),
        *_words_of(settings),
        hub,
        OwnExchange(hub) if db.is_sqlite else SharedExchange(hub, db, shares, time.monotonic),
        LoginDelays(free, time.monotonic) if db.is_sqlite else SharedDelays(db, free, devices.hash_name),
        devices,
        Challenges(devices.challenge_mac),
        single_sign_on.sign_on_of(settings, devices.challenge_mac),
        DatabaseCheck(db.ping),
        ingest,
        Projector(db, lambda: ingest.is_busy),
        ExportQueue(
            settings.data_dir / "exports",
            settings.url,
            body_keys,
            settings.export_memory_mib,
            time.monotonic,
            signing_key=settings.data_dir / KEY_FILE,
            storage_url=settings.storage_url,
            replica_url=settings.database_replica_url,
            shared=None if db.is_sqlite else SharedDocuments(db, body_keys),
        ),
        shares,
        ways_of(settings, devices, time.time),
        find_request_keys(db, pools),
        pools,
        upkeep=MaintenanceLog(holds_plain=db.holds_plain()),
    )


def _check_store(db: Database, settings: Settings) -> None:
    """BodyKeysError when the store is not the database's; SettingsError when nothing in the data folder is."""
    try:
        with db.read() as connection:
            check_store(connection)
            if db.objects is None and is_in_storage(connection):
                raise SettingsError(Phrase("storage_setting_missing"))
    except BodyKeysError:
        refuse_other_folder(db, settings.data_dir)
        raise


def storage_of(settings: Settings) -> ObjectStore | None:
    """The object storage of these settings; nothing is asked of it yet."""
    return None if settings.storage is None else ObjectStore(settings.storage)


def _tell_listeners(loop: asyncio.AbstractEventLoop, exchange: Exchange, sweep_id: UUID, kind: str) -> None:
    """Announce, from another thread, that something about a sweep can be read."""
    loop.call_soon_threadsafe(exchange.entry_read, sweep_id, kind)


def _say_why(ended: asyncio.Task[None]) -> None:
    """A watcher ends when it is cancelled, and else by a fault of ours."""
    if not ended.cancelled() and ended.exception() is not None:
        logger.error("a part of the server has ended", exc_info=ended.exception())


def _words_of(settings: Settings) -> tuple[PublicPage, tuple[Rule, ...]]:
    """What an operator chose of the public page and of how often rooms are inspected."""
    try:
        return read_public_page(settings.public_page), read_policy(settings.inspection_policy)
    except (PolicyError, PublicPageError) as error:
        raise SettingsError(error) from None


async def _watch_sessions(services: Services) -> None:
    """End the streams of sessions that ended, wherever that was done: by a route or from a terminal."""
    while True:
        await asyncio.sleep(SESSION_CHECK_S)
        with suppress(BusyError, AwayError, ApiError):
            await services.end_dead_streams()


async def _watch_replica(services: Services) -> None:
    """Look again and again whether the replica may be read."""
    while services.db.replica is not None:
        with suppress(BusyError, AwayError):
            await run_in_threadpool(services.db.look_at_replica)
        await asyncio.sleep(REPLICA_CHECK_S)


async def _ask_outside(services: Services) -> None:
    """Have the head of the log signed by the witness, once a minute while it grows, and stamped once a day."""
    settings = services.settings
    if settings.witness is None and not settings.timestamp_url:
        return
    said: tuple[str, ...] = ()
    with httpx.Client() as client:
        while True:
            lines = await run_in_threadpool(_outside, services, client)
            services.upkeep.witness = "degraded" if lines else "ok"
            for line in set(lines) - set(said):
                logger.warning("%s", line)
            said = lines
            await asyncio.sleep(OUTSIDE_S)


def _outside(services: Services, client: httpx.Client) -> tuple[str, ...]:
    """Ask witness and time-stamping service; what did not go well, one line each."""
    settings, lines = services.settings, []
    try:
        if settings.witness is not None:
            asked = ask(services.db, services.heads, settings.witness, settings.witness_url, client)
            if asked.state in {"refused", "unreachable"}:
                lines.append(f"witness {asked.state}: {asked.detail}")
            if asked.forks:
                lines.append(f"{asked.forks} heads of this log that are not of it: sweep-server keys shows them")
        if settings.timestamp_url and settings.timestamp_roots is not None:
            stamp_head(services.db, services.heads, settings.timestamp_url, settings.timestamp_roots, client)
    except (BusyError, AwayError, DiskFullError, StampError) as error:
        lines.append(str(error))
    return tuple(lines)

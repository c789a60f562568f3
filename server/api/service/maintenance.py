"""What the server does by the clock: removes what retention lets go, and keeps its keys and tables.

Input are the services; what was done is noted in `services.upkeep`.  A work that found the database busy is done in the
next round; nothing here ends the process.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress

from starlette.concurrency import run_in_threadpool

from server.api.service.maintenance_log import ROUND_S
from server.api.service.services import Services
from server.config.retention import days_of
from server.ingest import photo_retention, quarantine
from server.notifications.delivering import forget
from server.people import access_log
from server.people.first_passwords import age_first_passwords
from server.relay.told_retention import districts_due, expire_told
from server.schedule.periods import today
from server.server_keys.root import sign_waiting
from server.store.clock import now_ms
from server.store.crypto.body_keys import BodyKeysError
from server.store.erasure import destroy_dead_keys
from server.store.faults import AwayError, BusyError, DiskFullError, StorageError
from server.store.moving_bodies import move_some, sweep_objects

TEND_S = 5.0
MOVING_S = 5.0  # guessed: half of the time, until all that is large lies in the storage
logger = logging.getLogger(__name__)


async def run_maintenance(services: Services) -> None:
    """Keep what the database knows of its tables up to date, and destroy the keys of bodies that are gone."""
    db, upkeep = services.db, services.upkeep
    next_s, aged_s = 0.0, time.monotonic()
    while True:
        try:
            if db.body_keys is not None and db.body_keys.is_due:
                await run_in_threadpool(destroy_dead_keys, db)
            await services.exports.drop_outdated()  # also what another process erased
            await run_in_threadpool(_tend_storage, services)
            if time.monotonic() >= next_s:
                upkeep.note("access_log", await run_in_threadpool(tend_access_log, services))
                elapsed_s = int(time.monotonic() - aged_s)
                own_s = elapsed_s // services.hub.processes  # every process adds its part
                days = days_of(services.periods, "quarantine")
                await run_in_threadpool(_age_first_passwords, services, own_s)
                upkeep.note("quarantine", await run_in_threadpool(_purge_quarantine, services, own_s, days))
                upkeep.note("photographs", await run_in_threadpool(_expire_photographs, services, own_s))
                upkeep.note("notifications", await run_in_threadpool(_forget_notifications, services))
                upkeep.note("told", await run_in_threadpool(_expire_told, services))
                aged_s += elapsed_s
                await run_in_threadpool(destroy_dead_keys, db)
                upkeep.note("body_keys")
                with suppress(StorageError):  # the next hour does it
                    await run_in_threadpool(sweep_objects, db)
                await run_in_threadpool(db.optimize)
                await run_in_threadpool(db.write_anew)
                upkeep.holds_plain = await run_in_threadpool(db.holds_plain)
                upkeep.note("tables")
                next_s = time.monotonic() + ROUND_S
        except (BusyError, AwayError, DiskFullError):
            pass  # the next round does it
        except BodyKeysError as error:
            logger.error("%s", error)  # noqa: TRY400  the line says it all
        await asyncio.sleep(TEND_S)


def _tend_storage(services: Services) -> None:
    """Move some bodies that lie in the database to the storage, if there is one that answers."""
    db = services.db
    if db.objects is None or db.objects.is_away:
        return
    moved, until_s = move_some(db), time.monotonic() + MOVING_S
    while moved.bodies and time.monotonic() < until_s:
        moved = move_some(db, moved.last_slot)


def _age_first_passwords(services: Services, elapsed_s: int) -> None:
    with services.db.write() as connection:
        age_first_passwords(connection, elapsed_s)


def tend_access_log(services: Services) -> int:
    """Seal the days of the access log that are over, and forget what is past its time; how many went."""
    with services.db.write() as connection:
        access_log.seal_days(connection)
        removed = access_log.purge(connection, days_of(services.periods, "access_log"))
        sign_waiting(connection, services.server_signer)
    return removed


def _purge_quarantine(services: Services, elapsed_s: int, max_days: int) -> int:
    db = services.db
    with db.write() as connection:
        done = quarantine.grow_old(connection, elapsed_s, max_days=max_days)
        sign_waiting(connection, services.server_signer)
    if done:
        destroy_dead_keys(db)
    return done


def _forget_notifications(services: Services) -> int:
    period = services.periods.get("notifications")
    if period is None or period.days is None:
        return 0
    with services.db.write() as connection:
        return forget(connection, period.days, now_ms())


def _expire_told(services: Services) -> int:
    db, period = services.db, services.periods.get("told")
    if period is None or period.by != "server" or period.days is None:
        return 0
    day, removed = today(), 0
    with db.read() as connection:
        due = districts_due(connection, day, period.days)
    for district_id in due:  # one by one, so that nobody waits for long
        with db.write() as connection:
            removed += expire_told(connection, district_id, day, period.days)
    return removed


def _expire_photographs(services: Services, elapsed_s: int) -> int:
    db, period = services.db, services.periods.get("photographs")
    if period is None or period.by != "server":
        return 0
    with db.write() as connection:
        done = photo_retention.expire(connection, period.days, period.basis, elapsed_s)
        sign_waiting(connection, services.server_signer)
    if done:
        destroy_dead_keys(db)
    return done

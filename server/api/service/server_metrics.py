"""What the server is like when Prometheus asks: counts, sizes and times, read anew each time.

Input are the services, output metrics.  No person, address, facility, room or sweep is ever a label; a district is.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection, func, select

from server.api.service.disk import free_bytes
from server.api.service.health import health_parts
from server.api.service.maintenance_log import JOBS
from server.api.service.services import Services
from server.bounds.load import BOUNDS
from server.config.certificate import certificate_end
from server.config.release import VERSION
from server.log import tiles
from server.notifications.queue import counts
from server.relay.heard import silent_districts
from server.store.clock import now_ms
from server.store.faults import AwayError, BusyError
from server.store.life import SignOfLife
from server.store.overdue_bodies import count_overdue
from server.store.schema import alarms, checkpoints, due_sweeps, entries, keys, quarantine, relayed, sendings
from server.witness.cosigning import cosigned, witnessed_ms
from sweep.entry.notes import parse_checkpoint, parse_note

MOST_DISTRICTS = 250
"""So many labels at most: there are about 230 in the country."""


class ServerMetrics(Collector):
    """What is there when somebody asks; read anew each time."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def collect(self) -> Iterator[Metric]:
        """Each metric with its value; those of the database are left out while it does not answer."""
        services, began_s = self._services, time.monotonic()
        yield _gauge("ansim_build", "Always 1; the release is its label", 1, version=VERSION)
        yield _gauge(
            "ansim_disk_free_bytes", "Free where the data folder lies, or an SQLite database if that is less",
            free_bytes(services.settings),
        )  # fmt: skip
        yield from self._load()
        yield from self._exports()
        yield from self._upkeep()
        yield from self._replica()
        try:
            sign = services.db.ping()
            with services.db.read() as connection:
                found = [*self._database(connection), *self._health(sign)]
        except (AwayError, BusyError):
            yield _gauge("ansim_database_up", "1 when the database answered", 0)
            return
        yield _gauge("ansim_database_up", "1 when the database answered", 1)
        yield _gauge("ansim_database_look_seconds", "How long this look took", time.monotonic() - began_s)
        yield from found

    def _load(self) -> Iterator[Metric]:
        load = self._services.load
        yield _gauge("ansim_work", "What holds or waits for a thread of routes and ingest path", load.work())
        off = CounterMetricFamily("ansim_put_off", "Requests that were put off", labels=("rank",))
        for rank in BOUNDS:
            off.add_metric([rank], load.refused[rank])
        yield off

    def _health(self, sign: SignOfLife) -> Iterator[Metric]:
        parts = GaugeMetricFamily("ansim_health", "1 when this part is ok, 0 when it is degraded", labels=("part",))
        for part, state in health_parts(self._services, sign).model_dump().items():
            if state != "off":
                parts.add_metric([part], int(state == "ok"))
        yield parts
        yield _gauge(
            "ansim_clock_off_seconds", "From the database's clock, or behind its log", sign.clock_off_ms / 1000
        )
        file = self._services.settings.tls_certificate
        if file is not None and (ends_s := certificate_end(file)) is not None:
            yield _gauge("ansim_certificate_seconds", "Until the certificate of the page ends", ends_s - time.time())

    def _ages(self, connection: Connection) -> Iterator[Metric]:
        """How long ago what was done last: only what was done at all."""
        waiting = select(func.min(entries.c.received_ms)).join(relayed, relayed.c.log_index == entries.c.log_index)
        times = {
            "log_witnessed": witnessed_ms(connection, self._services.settings.witness),
            "log_stamped": connection.scalar(select(func.max(checkpoints.c.stamped_ms))),
            "server_key": connection.scalar(select(func.max(keys.c.admitted_ms)).where(keys.c.role == "server")),
            "oldest_relay": connection.scalar(waiting.where(relayed.c.state.in_(("due", "lacking")))),
            "oldest_sending": connection.scalar(
                select(func.min(sendings.c.due_ms)).where(sendings.c.outcome.is_(None))
            ),
        }
        ages = GaugeMetricFamily("ansim_age_seconds", "Since it was done, or since it is due", labels=("of",))
        for of, at_ms in times.items():
            if at_ms is not None:
                ages.add_metric([of], (now_ms() - at_ms) / 1000)
        yield ages
        unsent = select(func.count()).select_from(relayed).where(relayed.c.state.in_(("due", "lacking")))
        yield _gauge("ansim_relay_due", "Entries on their way to the city", connection.scalar(unsent) or 0)

    def _exports(self) -> Iterator[Metric]:
        family = GaugeMetricFamily("ansim_exports", "Documents of this process by state", labels=("state",))
        for state, count in sorted(self._services.exports.counts().items()):
            family.add_metric([state], count)
        yield family

    def _upkeep(self) -> Iterator[Metric]:
        upkeep = self._services.upkeep
        ago = GaugeMetricFamily("ansim_upkeep_seconds", "Since the work was done last", labels=("job",))
        gone = CounterMetricFamily("ansim_upkeep_removed", "Rows that retention removed", labels=("job",))
        for job in JOBS:
            seconds = upkeep.ago_s(job)
            if seconds is not None:
                ago.add_metric([job], seconds)
            gone.add_metric([job], upkeep.removed.get(job, 0))
        yield ago
        yield gone
        yield _gauge("ansim_witness_ok", "0 when the last asking failed or none is set", int(upkeep.witness == "ok"))

    def _silent(self, connection: Connection) -> Metric:
        silent = GaugeMetricFamily(
            "ansim_silent_districts", "1 for each that tells nothing for too long; beyond 250, how many",
            labels=("district",),
        )  # fmt: skip
        found = silent_districts(connection, self._services.settings.told_silent_hours)
        for district_id in found[:MOST_DISTRICTS]:
            silent.add_metric([district_id], 1)
        if beyond := found[MOST_DISTRICTS:]:
            silent.add_metric(["others"], len(beyond))
        return silent

    def _replica(self) -> Iterator[Metric]:
        replica = self._services.db.replica
        if replica is None:
            return
        state, seconds, octets = replica.behind
        yield _gauge("ansim_replica_up", "1 while the replica follows and is read", int(state == "follows"))
        if seconds is not None and octets is not None:
            yield _gauge("ansim_replica_behind_seconds", "Since the primary wrote what the replica lacks", seconds)
            yield _gauge("ansim_replica_behind_bytes", "Of the write-ahead log that the replica lacks", octets)

    def _database(self, connection: Connection) -> Iterator[Metric]:
        services, size = self._services, tiles.tree_size(connection)
        yield _gauge("ansim_log_entries", "Entries of the log", size)
        for name, words, table in (
            ("ansim_quarantined_entries", "Entries of keys that nobody admitted", quarantine),
            ("ansim_due_sweeps", "Sweeps that wait to be read", due_sweeps),
            ("ansim_alarms", "Alarms so far", alarms),
        ):
            yield _gauge(name, words, connection.scalar(select(func.count()).select_from(table)) or 0)
        told = GaugeMetricFamily("ansim_notifications", "Messages by what became of them", labels=("outcome",))
        for outcome, count in sorted(counts(connection).items()):
            told.add_metric([outcome], count)
        yield told
        yield from self._ages(connection)
        yield self._silent(connection)
        note = cosigned(connection, services.settings.witness)
        seen = 0 if note is None else parse_checkpoint(parse_note(note).text).size
        yield _gauge("ansim_unwitnessed_entries", "Entries that no witness has signed", size - seen)
        overdue = GaugeMetricFamily("ansim_overdue_bodies", "Bodies that two persons have to erase", labels=("sort",))
        for sort, period in services.periods.items():
            if period.media_types:
                overdue.add_metric([sort], count_overdue(connection, period.media_types, period.days))
        yield overdue


def _gauge(name: str, words: str, value: float, **labels: str) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=tuple(labels))
    family.add_metric(list(labels.values()), value)
    return family

"""How each part of the server is, in words that an operator's monitor reads: no numbers, no names, nothing personal."""

from __future__ import annotations

from typing import Literal

from server.api.service.disk import is_full
from server.api.service.services import Services
from server.interface.views.answer import HealthParts, PartState, ReplicaHealth
from server.store.life import SignOfLife


def _storage(services: Services) -> PartState:
    objects = services.db.objects
    if objects is None:
        return "off"
    return "degraded" if objects.has_failed else "ok"


def replica_health(services: Services) -> ReplicaHealth | None:
    """How the replica was at the last look; None where there is none."""
    replica = services.db.replica
    if replica is None:
        return None
    state, seconds, octets = replica.behind
    return ReplicaHealth(state=state, behind_s=seconds, behind_bytes=octets)


def _replica(services: Services) -> PartState:
    found = replica_health(services)
    if found is None:
        return "off"
    return "ok" if found.state == "follows" else "degraded"


def health_parts(services: Services, sign: SignOfLife | None) -> HealthParts:
    """The parts of a server whose database has just answered so; reads the disk, so call it in a thread."""
    settings = services.settings
    return HealthParts(
        database="degraded" if sign is not None and sign.is_read_only else "ok",
        writer="degraded" if services.db.is_stuck else "ok",
        clock="degraded" if sign is not None and sign.is_clock_wrong else "ok",
        disk="degraded" if is_full(services) else "ok",
        witness=services.upkeep.witness,
        queue="degraded" if services.exports.is_full else "ok",
        page="ok" if (settings.web_dir / "index.html").is_file() else "off",
        retention="degraded" if services.upkeep.is_late else "ok",
        erasure="degraded" if services.upkeep.holds_plain else "ok",
        storage=_storage(services),
        load="degraded" if services.load.is_too_much else "ok",
        replica=_replica(services),
    )


def whole(parts: HealthParts) -> Literal["ok", "degraded"]:
    """Degraded as soon as one part is."""
    return "degraded" if "degraded" in parts.model_dump().values() else "ok"

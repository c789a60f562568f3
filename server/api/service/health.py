"""How each part of the server is, in words that an operator's monitor reads: no numbers, no names, nothing personal."""

from __future__ import annotations

from server.api.service.disk import is_full
from server.api.service.services import Services
from server.interface.views.answer import HealthParts, PartState


def _storage(services: Services) -> PartState:
    objects = services.db.objects
    if objects is None:
        return "off"
    return "degraded" if objects.has_failed else "ok"


def health_parts(services: Services) -> HealthParts:
    """The parts of a server whose database has just answered; reads the disk, so call it in a thread."""
    settings = services.settings
    return HealthParts(
        database="ok",
        disk="degraded" if is_full(services) else "ok",
        witness=services.upkeep.witness,
        queue="degraded" if services.exports.is_full else "ok",
        page="ok" if (settings.web_dir / "index.html").is_file() else "off",
        retention="degraded" if services.upkeep.is_late else "ok",
        erasure="degraded" if services.upkeep.holds_plain else "ok",
        storage=_storage(services),
    )

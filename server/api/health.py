"""How each part of the server is, in words that an operator's monitor reads: no numbers, no names, nothing personal."""

from __future__ import annotations

import shutil

from server.api.services import Services
from server.interface.views.answer import HealthParts

MIB = 1024 * 1024


def health_parts(services: Services) -> HealthParts:
    """The parts of a server whose database has just answered; reads the disk, so call it in a thread."""
    settings = services.settings
    free_mib = shutil.disk_usage(settings.data_dir).free / MIB
    return HealthParts(
        database="ok",
        disk="ok" if free_mib >= settings.min_free_mib else "degraded",
        witness=services.upkeep.witness,
        queue="degraded" if services.exports.is_full else "ok",
        page="ok" if (settings.web_dir / "index.html").is_file() else "off",
        retention="degraded" if services.upkeep.is_late else "ok",
        erasure="degraded" if services.upkeep.holds_plain else "ok",
    )

"""What was done about a thing, by whom and when, as it stands beside it."""

from __future__ import annotations

from datetime import datetime

from server.interface.views.answer import View


class AuditLine(View):
    """What somebody did about a thing."""

    at: datetime
    actor: str
    action: str
    said: dict[str, str | int | bool | None]
    """What goes with it, as the name before a change; never an address, a device or a secret."""

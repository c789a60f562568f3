"""How a route answers an entry of a sweep that the server signed for somebody: who looks at the sweep is told, once."""

from __future__ import annotations

from uuid import UUID

from server.api.service.services import Services
from server.ingest.entry_rows import Outcome
from server.interface.views.entries import EntryCreated


def created(services: Services, outcome: Outcome, sweep_id: UUID, kind: str) -> EntryCreated:
    """The answer, after new ones were told to those who listen."""
    if outcome.is_new:
        services.exchange.entry_read(sweep_id, kind)
    return EntryCreated(entry_id=outcome.entry_id, log_index=outcome.log_index)

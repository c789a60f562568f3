"""One sweep in a list: a row of the projection as a view."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Row

from server.clock import from_ms
from server.views import SweepSummary


def sweep_summary(row: Row[Any]) -> SweepSummary:
    """A row of `sweeps` as a view."""
    return SweepSummary(
        sweep_id=row.sweep_id,
        room_id=row.room_id,
        source=row.source,
        mode=row.mode,
        outcome=row.outcome,
        started=from_ms(row.started_ms),
        started_claimed=from_ms(row.claimed_ms),
        received=from_ms(row.received_ms),
        ended=None if row.ended_ms is None else from_ms(row.ended_ms),
        result=row.result,
        candidates=row.candidates,
        not_assessable_zones=row.not_assessable_zones,
        is_demo=row.source != "live",
        inspectors=tuple(json.loads(row.inspectors_json)),
        probe_id=row.probe_id,
    )

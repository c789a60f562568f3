"""Which sweeps and cases count: live ones, and in a demonstration's facilities the made-up ones, which are alone there.

Output are conditions for queries over sweeps or cases beside facilities; it reads nothing.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, or_

from server.store.schema import cases, facilities, sweeps

NEEDED_PERSONS = 2  # DESIGN: two taps by one thumb are not two persons
IS_DONE: ColumnElement[bool] = and_(sweeps.c.outcome == "completed", sweeps.c.persons >= NEEDED_PERSONS)
"""A completed sweep by two persons: an aborted one, or one of a single person, is no visit."""
SWEEP_COUNTS: ColumnElement[bool] = or_(sweeps.c.source == "live", facilities.c.is_demo)
CASE_COUNTS: ColumnElement[bool] = or_(cases.c.source == "live", facilities.c.is_demo)

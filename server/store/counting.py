"""Which sweeps and cases count: live ones, and in a demonstration's facilities the made-up ones, which are alone there.

Output are conditions for queries over sweeps or cases beside facilities; it reads nothing.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, not_, or_

from server.interface.fields import IMPORTED_AS, INSPECTED_WITH
from server.store.schema import cases, facilities, sweeps

NEEDED_PERSONS = 2  # DESIGN: two taps by one thumb are not two persons


def is_done_by(persons: int) -> ColumnElement[bool]:
    """A completed visit by so many persons at least."""
    return and_(sweeps.c.outcome == "completed", sweeps.c.persons >= persons)


IS_DONE: ColumnElement[bool] = is_done_by(NEEDED_PERSONS)
"""A completed sweep by two persons: an aborted one, or one of a single person, is no visit."""
IS_MEASURED: ColumnElement[bool] = sweeps.c.mode.not_in((*INSPECTED_WITH, *IMPORTED_AS))
"""By a probe: what persons inspected with other instruments or by eye is counted apart, and never added to it."""
IS_MADE_HERE: ColumnElement[bool] = sweeps.c.mode.not_in(IMPORTED_AS)
"""Not taken over from an office's list."""


def counts_by(source: ColumnElement[str | None]) -> ColumnElement[bool]:
    """Of a row with this source beside its facility; a practice counts nowhere."""
    return or_(source == "live", and_(facilities.c.is_demo, source != "practice"))


SWEEP_COUNTS: ColumnElement[bool] = and_(counts_by(sweeps.c.source), IS_MADE_HERE)
IMPORT_COUNTS: ColumnElement[bool] = and_(counts_by(sweeps.c.source), not_(IS_MADE_HERE))
"""What was taken over from lists is counted by itself."""
IS_ROOT: ColumnElement[bool] = cases.c.joins.is_(None)
"""Of a thing that several sweeps saw the first case is the one that counts: the others join it."""
CASE_COUNTS: ColumnElement[bool] = and_(counts_by(cases.c.source), IS_ROOT)

"""Which sweeps and cases count as work, and which stand in lists: in a demonstration's facilities made-up ones, too.

Output are conditions for queries over sweeps or cases beside facilities; it reads nothing.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, and_, or_

from server.interface.fields import IMPORTED_AS, INSPECTED_WITH
from server.store.schema import cases, facilities, sweeps
from server.verifier.signing_rules import MADE_UP

REAL: Final = "live"
"""The one source that counts as work, in whichever facility: statistics, the printed log's measurements, what a server
above and the public are told.  A simulation, replay or practice is counted apart and never added to it."""
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


def is_work(source: ColumnElement[str | None], *, is_demo: bool = False) -> ColumnElement[bool]:
    """Of rows with this source the real ones; `is_demo`: simulations and replays in their place, alone."""
    return source.in_(sorted(MADE_UP)) if is_demo else source == REAL


def counts_by(source: ColumnElement[str | None]) -> ColumnElement[bool]:
    """Does a row with this source stand in lists, beside its facility? A practice stands nowhere."""
    return or_(source == REAL, and_(facilities.c.is_demo, source != "practice"))


SWEEP_COUNTS: ColumnElement[bool] = and_(counts_by(sweeps.c.source), IS_MADE_HERE)
IS_ROOT: ColumnElement[bool] = cases.c.joins.is_(None)
"""Of a thing that several sweeps saw the first case is the one that counts: the others join it."""
CASE_COUNTS: ColumnElement[bool] = and_(counts_by(cases.c.source), IS_ROOT)

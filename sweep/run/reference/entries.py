"""The entry of a reference check: what a probe says of itself, outside any sweep.

Input is a check that was made and the repeats it was made from; output is one signed entry in the outbox.
"""

from __future__ import annotations

from sweep.deliver.outbox import Outbox
from sweep.entry.dsse import SignedEntry
from sweep.entry.envelope import make_body
from sweep.entry.kinds import REFERENCE_CHECKED, REFERENCE_TYPE
from sweep.host.clock import WallClock
from sweep.report import ReferenceCheck, Source, to_json
from sweep.run.reference.reference import Readings, checked_of


def append_check(
    outbox: Outbox, probe_id: str, check: ReferenceCheck, readings: Readings, *, source: Source, clock: WallClock
) -> SignedEntry | None:
    """Sign a check and put it beside what waits; None for one of which nothing could be read."""
    if check.status == "not_done":
        return None
    body = make_body(REFERENCE_TYPE, to_json(checked_of(probe_id, check, readings)))
    return outbox.append(REFERENCE_CHECKED, (body,), source=source, room_id=None, sweep_id=None, clock=clock)

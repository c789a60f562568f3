"""Two visits of one room side by side: coverage, verdicts, transmitters, places, and what was repaired between them.

Devices are keyed tags only, as in a report; persons are not named.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from server.interface.fields import FindingState, ZoneState
from server.interface.views.answer import View
from sweep.report import LocalText, Mode, Source
from sweep.report.case_records import Defect
from sweep.report.verdicts import TargetCoverage
from sweep.report.visit_records import Measure

Change = Literal["stayed", "came", "went"]
SpotChange = Literal[Change, "unclear"]
"""`unclear`: the same as far as it is known, but one visit does not know the wall or the height that the other does."""


class VisitSide(View):
    """One of the two."""

    sweep_id: UUID
    started: datetime
    source: Source
    mode: Mode
    plan_version: int
    measures: tuple[Measure, ...]
    """What the inspectors noted that they did on the spot."""


class ZoneThen(View):
    """A zone at one visit."""

    state: ZoneState | None
    """What the equipment said of it; null where the plan did not have it."""
    targets: tuple[TargetCoverage, ...]
    """With what probability each target in it would have been found."""


class ZoneCompared(View):
    """A zone at both."""

    zone_id: str
    name: LocalText
    older: ZoneThen
    newer: ZoneThen


class HeardThen(View):
    """A Wi-Fi transmitter under the room's key, by the visit at which it was heard, the newer one where it stayed."""

    tag: str
    """The first digits of its tag."""
    change: Change
    zone: LocalText | None
    """Where it was loudest; null where the plan has no such zone."""
    max_dbm: float | None
    is_cited: bool
    """Does a finding of that visit cite it?"""


class AirCompared(View):
    """What was heard at both, or at one of them."""

    is_comparable: bool
    """False where the tags of the two visits are of different keys; then there are no counts."""
    stayed: int
    came: int
    went: int
    heard: tuple[HeardThen, ...]
    """What came and went, the loudest first, as many as a page shows."""


class SpotCompared(View):
    """A place or a device that was suspected at one visit or at both."""

    change: SpotChange
    older_finding_id: UUID | None
    newer_finding_id: UUID | None
    older_where: LocalText | None
    """Zone, wall and height as that visit knew them, or that it did not; null where it did not name it."""
    newer_where: LocalText | None
    older_state: FindingState | None
    """What stands of it as the older visit found it, and below as the newer one did; null where that one did not."""
    newer_state: FindingState | None
    note: LocalText | None
    """What it was found to be."""


class RepairThen(View):
    """A step of a case about the building between the two visits, or on the day of the newer one."""

    case_id: UUID
    when: datetime
    step: Literal["defect_found", "repair_handed", "repaired", "rechecked"]
    defect: Defect | None
    """Of the case; null where nothing readable says so."""
    holds: bool | None
    """Of a look at the repair."""


class VisitComparison(View):
    """Two visits of one room."""

    older: VisitSide
    newer: VisitSide
    zones: tuple[ZoneCompared, ...]
    air: AirCompared
    spots: tuple[SpotCompared, ...]
    """What stayed first, then what may be the same, what came, what went."""
    repairs: tuple[RepairThen, ...]
    """Oldest first."""

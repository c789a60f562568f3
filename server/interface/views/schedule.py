"""The schedule: what is due, who visits what today, pairs and ordered visits."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from server.interface.views.answer import View
from server.interface.views.trail import AuditLine
from sweep.report import LocalText, RoomKind

DueState = Literal["waiting", "due", "overdue", "missed", "done"]
Method = Literal["equipment", "visual"]


class RuleView(View):
    """How often rooms are inspected, and on what basis."""

    name: str
    words: LocalText
    basis: str
    method: Method
    every: Literal["day", "week", "month", "half_year"]
    is_floor: bool


class DueView(View):
    """What one rule says of one room today."""

    room_id: UUID
    facility_id: UUID
    district_id: str | None
    facility_name: LocalText
    room_name: LocalText
    kind: RoomKind
    rule: str
    """Name of a rule, or `ordered`."""
    state: DueState
    drawn: date | None
    """The day on which its facility was drawn, or an ordered visit begins; null where no day is drawn."""
    until: date
    """The last day of its period; of a missed one, the day on which that ended."""
    last_done: datetime | None
    is_again: bool
    """Done in this period, and drawn once more."""
    with_police: bool


class DueList(View):
    """What is due today, by facility and room, with counts of everything by rule."""

    today: date
    is_working_day: bool
    rules: tuple[RuleView, ...]
    counts: dict[str, dict[DueState, int]]
    """By rule."""
    items: tuple[DueView, ...]
    is_cut: bool
    """More than were asked for."""


class StopView(View):
    """A place in a round."""

    facility_id: UUID
    facility_name: LocalText
    rooms: tuple[UUID, ...]
    is_done: bool
    """Every room was visited today."""
    straight_line_m: int | None
    """From the place before, as the crow flies; no road is known here."""
    expected: str
    """HH:MM, with walks along straight lines."""
    is_open: bool
    """By the opening hours that are known."""
    latitude_deg: float | None
    longitude_deg: float | None


class RoundView(View):
    """What one pair does today."""

    pair: PairView
    stops: tuple[StopView, ...]
    minutes: int
    """At the places, without walks."""
    straight_line_m: int
    left_over: int
    """Places that do not fit into the day."""


class DayPlan(View):
    """Today's rounds of a district."""

    today: date
    rounds: tuple[RoundView, ...]
    unassigned: int
    """Places of districts without a pair."""
    is_lens_due: bool = False
    """No hidden lens measured the eye of the inspector who asks for a month: told to nobody else."""


class PairView(View):
    """Two inspectors who walk together."""

    pair_id: UUID
    district_id: str
    names: tuple[str, str]
    usernames: tuple[str, str]


class PairList(View):
    """Pairs by district."""

    pairs: tuple[PairView, ...]


class InspectorView(View):
    """Somebody who may walk with another."""

    username: str
    name: str
    district_id: str | None
    """Null: in any district."""
    is_paired: bool


class InspectorList(View):
    """Who may be of a pair, by district and name."""

    people: tuple[InspectorView, ...]


class PairDetail(View):
    """A pair, and what was done about it, newest first."""

    pair: PairView
    history: tuple[AuditLine, ...]


class VisitOrderView(View):
    """A visit that somebody ordered."""

    order_id: UUID
    facility_id: UUID
    first_day: date
    last_day: date
    with_police: bool
    reason: str
    created: datetime
    created_by: str


class VisitOrderList(View):
    """Ordered visits, the newest first."""

    orders: tuple[VisitOrderView, ...]

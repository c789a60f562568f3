"""By which rules the office works: how often rooms are inspected, what is kept how long, and who looked at what."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from server.interface.views.answer import View
from server.interface.views.schedule import RuleView
from sweep.report import LocalText, RoomKind


class PolicyRule(RuleView):
    """A rule in full."""

    rooms: tuple[RoomKind, ...]
    facilities: tuple[str, ...]
    """Kinds of facilities; empty: all."""
    only_special: bool
    modes: tuple[str, ...]
    """Which visits fulfil it."""
    persons: int
    """How many it needs at least."""
    again_per_day: float
    """Chance that a room that is done is drawn once more on a working day."""


class PolicyView(View):
    """How often which rooms are inspected."""

    rules: tuple[PolicyRule, ...]
    is_own: bool
    """The body's own file; false: what the program comes with."""


class PeriodView(View):
    """How long one sort of thing is kept."""

    name: str
    words: LocalText
    days: int | None
    """Null: nobody decided, and nothing goes."""
    by: Literal["server", "two persons"]
    """Who removes it."""
    basis: str
    due: int | None
    """How many are over their period; null for people of one district."""


class RetentionView(View):
    """What is kept how long."""

    periods: tuple[PeriodView, ...]
    is_own: bool
    """The body's own file; false: what the program comes with."""


class AccessLine(View):
    """Somebody looked at personal data, or gave it out."""

    access_id: UUID
    at: datetime
    name: str
    """Pseudonym."""
    account: str
    address: str
    """From where."""
    action: str
    object_id: str
    shown: tuple[str, ...]
    reason: str
    """Empty where none is asked for."""


class AccessList(View):
    """Accesses, the newest first."""

    accesses: tuple[AccessLine, ...]
    is_cut: bool
    """There are more."""

"""The desk of supervisors and the city: what needs somebody today, and where everything lies.  For staff alone."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from server.interface.fields import VisitMode
from server.interface.views.answer import View
from server.interface.views.entries import AlarmView
from sweep.report import LocalText, Source
from sweep.report.reference import CheckStatus


class OpenSweep(View):
    """A sweep that was opened and not closed yet; it says in which room, never where a person is."""

    sweep_id: UUID
    room_id: UUID
    facility_name: LocalText
    room_name: LocalText
    district_id: str | None
    probe_id: str
    mode: VisitMode
    source: Source
    started: datetime


class CheckedProbe(View):
    """The last reference check of a probe."""

    probe_id: str
    at: datetime
    log_index: int
    status: CheckStatus
    cusum: float | None
    """The largest sum of its control charts, in standard deviations; null where none is kept."""


class DeskDay(View):
    """What needs somebody today, beside what is due and which cases are open."""

    open_sweeps: tuple[OpenSweep, ...]
    """Newest first, a hundred at most."""
    checks: tuple[CheckedProbe, ...]
    """Of probes that were ever checked."""
    alarms: tuple[AlarmView, ...]
    """The newest twenty of the last month."""
    alarms_count: int
    """Of the last month."""
    quarantined: int
    """Entries that wait for somebody to decide about their key."""
    districts_without_lens: int
    """With inspectors, whose eyes no hidden lens measured for a month; without a person's name."""
    public_reports: int
    """Of the public, that nobody closed."""
    open_cases: int
    is_demo: bool
    """Does the city that is shown come from a demonstration?"""
    found_cases: int
    """Of those, cameras that were found and whose way is not at its end."""


class MapPlace(View):
    """A facility as a point on the map."""

    facility_id: UUID
    name: LocalText
    district_id: str | None
    latitude_deg: float
    longitude_deg: float
    rooms: int
    open_cases: int
    is_found: bool
    """Is one of them a camera that was found?"""
    first_room_id: UUID


Ring = tuple[tuple[float, float], ...]


class DistrictOutline(View):
    """A district's outline: polygons of rings of (longitude, latitude) in degrees, WGS 84."""

    name: LocalText
    code: str
    polygons: tuple[tuple[Ring, ...], ...]


class CityMap(View):
    """Outlines of districts, and facilities as points; without coordinates they are only counted."""

    outlines: tuple[DistrictOutline, ...]
    places: tuple[MapPlace, ...]
    unplaced: int

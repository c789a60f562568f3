"""Documents that are being made, and the statistics of a quarter as the page shows them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from server.interface.formats import Format
from server.interface.views.answer import ErrorBody, View
from sweep.phrases import Language


class ExportJobView(View):
    """A document that is being made, and kept for an hour when it is ready."""

    job_id: UUID
    state: Literal["queued", "running", "ready", "failed"]
    percent: int
    parts: int
    """In how many documents it comes, which one ZIP holds; known once it is being made."""
    parts_done: int
    left_s: int | None
    """Seconds until it is ready, by what was done so far; null while nobody can say."""
    ahead: int
    """How many documents are made before this one; 0 when it is its turn."""
    format: Format
    period_first: date
    period_last: date
    room_id: UUID | None
    sweep_id: UUID | None = None
    language: Language
    file_name: str
    size: int | None
    """Bytes; null until it is ready."""
    failure: ErrorBody | None
    asked: datetime


class ExportSize(View):
    """How large a log would be."""

    sweeps: int
    parts: int
    """Documents that hold them: of several each holds some facilities, or some days of one."""


class ExportJobList(View):
    """One's own documents, newest first."""

    exports: tuple[ExportJobView, ...]


class DistrictStatistics(View):
    """What happened in a district within a quarter, in counts; exports/README.md says what counts."""

    district_id: str | None
    """Null: a sum, or facilities that belong to no district yet."""
    name: str
    """Korean."""
    facilities: int
    rooms: int
    """As they are registered now, whichever quarter it is."""
    rooms_visited: int
    measured: int
    """Rooms with a sweep that counts."""
    at_most: float | None
    """Of none found in these, the largest share of rooms, 0 to 1, with 95 %, that may hold a device that the method
    could have found; null while that probability is not proven in the field."""
    full: int
    quick: int
    instruments: int
    """With other instruments than a probe: nothing was measured, so it is added to nothing."""
    by_eye: int
    not_counted: int
    candidates: int
    public_reports: int
    public_reports_closed: int
    cases: int
    cases_of_probes: int
    """Of the cases, those that a finding opened; the rest of these three persons opened."""
    cases_of_instruments: int
    cases_of_public: int
    undecided: int
    not_camera: int
    defects: int
    cameras: int
    """Of the cases, those in which persons found one or could not rule it out, whatever opened the case."""
    cameras_of_probes: int
    """Of those, the ones that a finding opened."""
    handed_over: int
    repairs: int
    repairs_checked: int
    repairs_late: int
    eye_looks: int
    """Places at which persons looked by eye because the probe asked them to."""
    eye_look_ms: int
    """What that took."""
    eye_cases: int
    """Of the cases, those for which an eye's word speaks."""
    eye_cameras: int
    eye_shown: int
    """Hidden lenses in whose zone somebody looked: practice of three persons at least."""
    eye_seen: int
    eye_seen_low: float | None
    """Lower end of the 90 % interval of the eye's sensitivity; null of nothing."""
    eye_seen_high: float | None
    eye_controls: int
    """Looks at places where nothing had shone."""
    eye_errors: int
    looked: int
    """Of the cases, those at which two persons looked by the guide: other looks than `eye_looks`."""
    to_look_h: float | None
    """Median hours from a case's opening to the look of two persons; null: there was none."""
    to_call_h: float | None
    """Median hours from the finding of a camera to the call of 112."""
    to_repair_days: float | None
    """Median days from a defect's finding to the look that its repair holds."""


class QuarterStatistics(View):
    """The statistics of a quarter in Korean days."""

    year: int
    quarter: int
    first: date
    last: date
    is_over: bool
    is_demo: bool
    """Simulations and replays alone are counted; otherwise none of them is."""
    simulated: int
    """Simulated and replayed sweeps of the quarter, whichever are counted."""
    districts: tuple[DistrictStatistics, ...]
    """By name."""
    total: DistrictStatistics

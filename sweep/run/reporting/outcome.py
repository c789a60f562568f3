"""How a sweep ended, and what its manifest says then that nobody knew when it began.

Input is the answer of persons, what closed the sweep and what was measured; output is the outcome with the codes of
what must be said of it, and manifests.  It writes no report and keeps no file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sweep.entry.dsse import SignedEntry
from sweep.modality.control import Answer, Control, Standing
from sweep.modality.measurement import Measurement
from sweep.modality.protocol import SensingModality
from sweep.report import ExplainedByEye, RecordedSweep, SweepReport
from sweep.run.reporting.report_builder import is_measured
from sweep.run.sweep_sources import LiveSource

Outcome = Literal["completed", "aborted"]


@dataclass(frozen=True, slots=True)
class SweepResult:
    """What a sweep left behind."""

    report: SweepReport
    entries: tuple[SignedEntry, ...]
    restarts: int
    """How often a modality's process had to be started again."""


def outcome_of(
    answer: Answer,
    standing: Standing,
    closed_because: str | None,
    why_stopped: Callable[[], str | None],
    measurements: Iterable[Measurement],
) -> tuple[Outcome, set[str]]:
    """How the sweep ended, and what must be said of that.

    `closed_because`: why the probe itself closed it; `why_stopped`: why this process was told to stop, if it was.
    """
    is_aborted = answer in {"abort", "expired"} or standing == "abort"
    if closed_because is not None:
        return "aborted", {f"closed_{closed_because}"}
    if is_aborted:
        code = why_stopped()
        return "aborted", set() if code is None else {f"closed_{code}"}
    if not any(is_measured(one) for one in measurements):
        return "aborted", {"nothing_measured"}
    return "completed", set()


def said_of_persons(inspectors: Iterable[str], proved_by: Iterable[str]) -> set[str]:
    """What must be said when others proved that the room was empty than were written down when the sweep began."""
    return {"proved_by_others"} if set(proved_by) - set(inspectors) else set()


def with_what_was_seen(manifest: RecordedSweep, control: Control) -> RecordedSweep:
    """The manifest with where persons looked by eye: at candidates, and where they were asked to."""
    looks = control.looks
    before = {one.zone_id: one.seen_as for one in manifest.explained_by_eye}
    named = before | looks.seen_as
    made = {one.look_id: one for one in control.eye_looks.made}
    update = {
        "seen_by_eye": tuple(sorted({*manifest.seen_by_eye, *looks.by_eye} - named.keys())),
        "eye_looks": (*(one for one in manifest.eye_looks if one.look_id not in made), *made.values()),
        "explained_by_eye": tuple(ExplainedByEye(zone_id=k, seen_as=v) for k, v in sorted(named.items())),
    }
    return manifest.model_copy(update=update)


def manifest_to_keep(
    manifest: RecordedSweep, ended: datetime, modalities: Sequence[SensingModality], room: LiveSource | None
) -> RecordedSweep:
    """What is kept beside the recordings; in a room, with the modalities that the probe has not."""
    kept = manifest.model_copy(update={"ended": ended})
    if room is None:
        return kept
    absent = tuple(modality.name for modality in modalities if modality.name not in room.sources_here)
    return kept.model_copy(update={"not_connected": absent})

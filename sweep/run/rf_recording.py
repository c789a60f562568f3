"""RF windows of a recorded serial line, and why there are none or fewer than there were.

Input is a path of a recorded sweep; output is an `RfRecording`.  What could be read before a recording breaks off
counts; a recording that is unreadable and one without windows are told apart.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from sweep.link.decode import HeadError, Losses
from sweep.link.head import read_windows
from sweep.link.port import PortError
from sweep.plug.task import Task
from sweep.report import Gap, RfWindow

MAX_RF_SECONDS: Final = 600.0  # bounds what one position may hold


@dataclass(frozen=True, slots=True)
class RfRecording:
    """What a recording holds."""

    windows: tuple[RfWindow, ...] = ()
    because: str = "not_recorded"
    """Code that says why there are no windows, or no more; empty where the recording is whole."""
    lost: dict[str, int] = field(default_factory=dict)
    """What was lost between the detector and the recording, by code."""


def read_rf(path: Path | None, start_ns: int) -> RfRecording:
    """The windows of a recording whose first has the time `start_ns`; None: nothing was recorded."""
    if path is None:
        return RfRecording()
    if not path.exists():
        return RfRecording(because="input_unreadable", lost={"input_missing": 1})
    windows: list[RfWindow] = []
    losses: list[Losses] = []
    because = ""
    try:
        windows.extend(read_windows(str(path), MAX_RF_SECONDS, start_ns=start_ns, losses=losses))  # as far as it goes
    except (HeadError, PortError, OSError):
        because = "input_unreadable"
    if not windows and not because:
        because = "no_windows"
    return RfRecording(tuple(windows), because, _lost(losses))


def with_recording(task: Task, recording: RfRecording) -> Task:
    """An RF task with what its recording holds; live there is none, and the task says why by itself."""
    if recording.because == "not_recorded":
        return task
    gaps: tuple[Gap, ...] = ()
    if recording.windows and recording.because:
        last = recording.windows[-1]
        end_ns = last.t_ns + round(last.duration_s * 1e9)
        gaps = (Gap(start_ns=end_ns, end_ns=max(end_ns, task.position.end_ns), reason=recording.because),)
    return replace(
        task,
        windows=recording.windows,
        lost_windows=tuple(sorted(recording.lost.items())),
        rf_gaps=gaps,
        nothing_because=recording.because or task.nothing_because,
    )


def _lost(losses: list[Losses]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for one in losses:
        counts["serial_rejected"] += one.rejected.total()
        counts["serial_windows_missing"] += one.missing_windows
        counts["head_restarts"] += one.restarts
    return {name: count for name, count in counts.items() if count}

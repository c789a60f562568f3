"""What a live sweep has that a recording has not: the probe's own parts, and the tasks that they make possible.

Input is a task as a recording would have it, and what is known live; output is the task with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sweep.plug.own_transmissions import OwnTransmissions, intervals_ns
from sweep.plug.talk import TrialKind
from sweep.plug.task import Task
from sweep.power.line import LinePlace
from sweep.report import Gap, RfWindow

if TYPE_CHECKING:
    from sweep.config import Policy


@dataclass(frozen=True, slots=True)
class ProbeParts:
    """What a probe measures with where the source is the room itself."""

    wifi_adapter: str | None = None
    """Interface that listens; without one no Wi-Fi is heard."""
    head_port: str | None = None
    """Serial port of the sensor head: RF, its button, and where `stimulus` allows it, its white light."""
    camera_power: LinePlace | None = None
    """Line that switches the camera's supply."""
    stimulus: Policy = "never"
    stimulus_longest_s: float = 114.0
    own_transmissions: OwnTransmissions | None = None
    """When the probe's own radios sent; None: nobody keeps a log."""
    own_addresses: frozenset[int] = frozenset()
    """Addresses of the probe's own radios."""


def with_trial(
    task: Task, kind: TrialKind, live: ProbeParts, known: Mapping[int, str], why_no_light: str | None
) -> Task:
    """Light where the settings want it; a walk whenever a person asked for one, also of what denied the light.

    `known`: addresses whose answer is known in this zone, and the answer.
    """
    if kind == "motion":
        decided = frozenset(address for address, verdict in known.items() if verdict == "follows_light")
        return replace(task, trial="motion", decided=decided, is_any_uplink=True)
    return replace(
        task,
        trial=None if live.stimulus == "never" else "light",
        trial_longest_s=live.stimulus_longest_s,
        is_any_uplink=live.stimulus == "always",
        no_trial_because=why_no_light,
        decided=frozenset(known),
    )


def with_windows(
    task: Task, windows: tuple[RfWindow, ...], own_transmissions: OwnTransmissions | None, away: tuple[Gap, ...] = ()
) -> Task:
    """An RF task with what the head measured live, when it was away, and when the probe's own radios sent meanwhile."""
    task = replace(task, rf_gaps=away)
    if not windows:
        return replace(task, nothing_because=away[0].reason if away else "no_windows")
    own = None
    if own_transmissions is not None:
        start_ns = min(window.t_ns for window in windows)
        end_ns = max(window.t_ns + round(window.duration_s * 1e9) for window in windows)
        own = intervals_ns(own_transmissions.during(start_ns, end_ns), start_ns)
    return replace(task, windows=windows, own=own, dwell_s=sum(window.duration_s for window in windows))

"""One modality's work at one position, as the runner hands it to that modality's process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sweep.addresses import AddressKey
from sweep.plug.measurement import Measurement
from sweep.plug.talk import TrialKind
from sweep.report import Gap, Modality, Position, RfWindow, derived_id

MIN_LISTEN_S = 5.0  # CamLoPA listens 5 s per channel; less cannot tell a stream from a burst


@dataclass(frozen=True, slots=True)
class Task:
    """One modality's work at one position."""

    sweep_id: UUID
    position: Position
    path: Path | None
    dwell_s: float
    sweep_key: AddressKey
    room_key: AddressKey
    stimulus: Path | None = None
    wifi_adapter: str | None = None
    """Interface that listens here and now where nothing was recorded."""
    trial: TrialKind | None = None
    """Live: what sends like a camera is tested by the lamp, or by a person who walks."""
    trial_longest_s: float = 114.0
    """How long the lamp may play at one position."""
    is_any_uplink: bool = False
    """Every thick uplink is tested, not only what may be a camera."""
    no_trial_because: str | None = None
    """Code that says why nothing can be played now; None when it can."""
    decided: frozenset[int] = frozenset()
    """Addresses whose answer is known in this zone already."""
    windows: tuple[RfWindow, ...] = ()
    baseline: tuple[RfWindow, ...] = ()
    own: tuple[tuple[int, int], ...] | None = None
    """When the probe's own radios transmitted, (from, to) in the windows' nanoseconds; None: nobody kept a log."""
    lost_windows: tuple[tuple[str, int], ...] = ()
    """What was lost of them on the way, by code."""
    rf_gaps: tuple[Gap, ...] = ()
    """When the head was away, or where its recording breaks off."""
    nothing_because: str = "not_recorded"
    """Code that says why there is nothing to measure: nobody recorded it, or live, what would measure is not there."""
    no_baseline_because: str = "no_baseline"
    """Code that says why there is no baseline."""
    own_addresses: frozenset[int] = frozenset()
    """The probe's own radios, which are no transmitters of the room."""
    lens_limits: tuple[str, ...] = ("lens_uncalibrated",)
    """What must be said of the calibration of camera and lamps."""

    def observation_id(self, modality: Modality, number: int) -> UUID:
        """The same on every replay of the same recording."""
        return derived_id(self.sweep_id, f"{self.position.position_id}/{modality}/{number}")

    @property
    def middle_ns(self) -> int:
        """Middle of the dwell."""
        return (self.position.start_ns + self.position.end_ns) // 2


def blind(task: Task, modality: Modality, reason: str, rejections: dict[str, int] | None = None) -> Measurement:
    """A measurement of nothing, and why."""
    return Measurement(
        zone_id=task.position.zone_id,
        position_id=task.position.position_id,
        modality=modality,
        dwell_s=task.dwell_s if task.path is not None else 0.0,
        samples=0,
        dropped=0,
        quality=0.0,
        blind_reason=reason,
        rejections=rejections or {},
    )


def unreadable(task: Task, modality: Modality, path: Path) -> Measurement:
    """A recording that is named and cannot be used; the coverage says whether it is there at all."""
    return blind(task, modality, "input_unreadable", {"input_unreadable" if path.exists() else "input_missing": 1})

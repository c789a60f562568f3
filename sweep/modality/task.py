"""One modality's work at one position, as the runner hands it to that modality's process."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic, TypeVar
from uuid import UUID

from sweep.modality.addresses import AddressKey
from sweep.modality.lease_pipe import LeaseEnd
from sweep.modality.measurement import Measurement
from sweep.report import Modality, Position, derived_id

MIN_LISTEN_S = 5.0  # CamLoPA listens 5 s per channel; less cannot tell a stream from a burst

D = TypeVar("D")


@dataclass(frozen=True, slots=True)
class Task(Generic[D]):
    """What to measure where, and the source of samples."""

    sweep_id: UUID
    position: Position
    dwell_s: float
    sweep_key: AddressKey
    room_key: AddressKey
    source: D | None = None
    """Where its samples come from, of the modality's own kinds; None: from nowhere."""
    nothing_because: str = "not_recorded"
    """Code that says why there is no source: nobody recorded it, or live, what would measure is not there."""
    is_walk: bool = False
    """A person walks here instead of the light."""
    is_spared: bool = False
    """The processor is slowed down, too hot or short of supply: who films does so at a lower rate."""
    range_m: float | None = None
    """To the spot that is looked at again, for lamps and exposure; None: as for the walls of a stall."""
    is_outside: bool = False
    """The position is outside the door: what is heard here is compared with later."""
    light_s: float | None = None
    """How long all light tests here may take together; None: as the settings say."""
    open_light_s: float | None = None
    """The same for those of them in which nothing is called video."""
    light_tags: frozenset[str] = frozenset()
    """Tags of the transmitters that the light is for; none: of all that may be cameras."""
    led_tags: tuple[str, ...] = ()
    """Tags of the transmitters that persons were told of at earlier positions, the surest first: how strongly these are
    received is told moment by moment."""
    no_light_because: str | None = None
    """Code that says why no light is played here though it could be."""
    keep: Path | None = None
    """Folder of this position that gets what was sampled; None: nothing is kept."""
    lease: LeaseEnd | None = None
    """This process's end of the persons' lease, put in where the task arrives; None where nobody may film or light."""

    def observation_id(self, modality: Modality, number: int) -> UUID:
        """The same on every replay of the same recording."""
        return derived_id(self.sweep_id, f"{self.position.position_id}/{modality}/{number}")

    @property
    def middle_ns(self) -> int:
        """Middle of the dwell."""
        return (self.position.start_ns + self.position.end_ns) // 2


def blind(task: Task[D], modality: Modality, reason: str, rejections: dict[str, int] | None = None) -> Measurement:
    """A measurement of nothing, and why."""
    return Measurement(
        zone_id=task.position.zone_id,
        position_id=task.position.position_id,
        modality=modality,
        dwell_s=0.0,
        samples=0,
        dropped=0,
        quality=0.0,
        blind_reason=reason,
        rejections=rejections or {},
    )


def unreadable(task: Task[D], modality: Modality, path: Path) -> Measurement:
    """A recording that is named and cannot be used; the coverage says whether it is there at all."""
    code = "input_unreadable" if path.exists() else "input_missing"
    return replace(blind(task, modality, "input_unreadable", {code: 1}), dwell_s=task.dwell_s)

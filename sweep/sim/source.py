"""The simulated room as a source of sweeps, and as a recorder that writes a recorded sweep to a folder.

Input is a room, a seed and where a camera hides; output is the captures of one position after another.  The frames are
rendered, the air is made up, the serial bytes come from the real firmware in the emulator; everything made here calls
itself simulated.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from sweep.host.clock import boottime_ns
from sweep.report import (
    MANIFEST_NAME,
    LocalText,
    Mode,
    Plan,
    Position,
    RecordedPosition,
    RecordedSweep,
    RoomKind,
    derived_id,
    new_id,
    to_json,
    utc_now,
)
from sweep.sim import air, world
from sweep.sim.doors import LensDoor, rf_door
from sweep.sim.world import HiddenKind, Standpoint, World

ROOM_FILE = Path(__file__).with_name("demo_room.json")


@dataclass(frozen=True, slots=True)
class Room:
    """The room that is swept."""

    room_id: UUID
    facility_name: LocalText
    room_name: LocalText
    room_kind: RoomKind
    plan: Plan
    is_laboratory: bool = False


def default_room() -> Room:
    """The demonstration room."""
    text = json.loads(ROOM_FILE.read_text(encoding="utf-8"))
    return Room(
        room_id=UUID(text["room_id"]),
        facility_name=LocalText.model_validate(text["facility_name"]),
        room_name=LocalText.model_validate(text["room_name"]),
        room_kind=text["room_kind"],
        plan=Plan.model_validate_json(json.dumps(text["plan"])),
    )


class SimulatedSource:
    """Makes each position's captures when the sweep gets there; `close` removes them."""

    is_live = False

    def __init__(
        self,
        folder: Path,
        room: Room,
        *,
        seed: int,
        camera_zone: str | None,
        camera_kind: HiddenKind = "wifi_camera",
        probe_id: str,
        inspectors: tuple[str, ...] = ("점검자-01", "점검자-02"),
        sweep_id: UUID | None = None,
        started: datetime | None = None,
        mode: Mode = "full",
    ) -> None:
        """A quick sweep visits stalls and booths only.  Raises ValueError for a camera zone that is not on the plan."""
        self._world = world.make_world(room.plan, seed, camera_zone, camera_kind)
        if mode == "quick":
            self._world = world.visit_only(self._world, world.QUICK_KINDS)
        self._started = started or utc_now()
        self._begun_ns = boottime_ns()
        self._live = started is None
        schedule = world.lay_out_time(self._started, self._world.standpoints)
        sweep = sweep_id or new_id()
        self.folder = folder / str(sweep)
        self.folder.mkdir(parents=True)
        self.manifest = RecordedSweep(
            v=1,
            sweep_id=sweep,
            room_id=room.room_id,
            facility_name=room.facility_name,
            room_name=room.room_name,
            room_kind=room.room_kind,
            plan=room.plan,
            source="simulated",
            mode=mode,
            inspectors=inspectors,
            probe_id=probe_id,
            firmware="emulated sensor head",
            calibration=None,
            clock_synchronised=True,
            clock_max_error_ms=1_000,
            started=self._started,
            ended=schedule.ended,
            baseline_rf="baseline.serial",
            baseline_own=(),  # the simulated probe has no radios of its own
            positions=tuple(
                _recorded(stand, dwell) for stand, dwell in zip(self._world.standpoints, schedule.dwells, strict=True)
            ),
        )
        rf_door(self._world, None, seed * 100).open(self.folder / "baseline.serial")

    def positions(self) -> Iterator[RecordedPosition]:
        """Each position after its captures were made."""
        for number, (recorded, stand) in enumerate(zip(self.manifest.positions, self._world.standpoints, strict=True)):
            _record_position(self.folder, recorded, stand, self._world, number)
            yield recorded

    def ended(self, done: Sequence[Position]) -> datetime:
        """Now for a sweep that runs now, else by the schedule of what was done."""
        if self._live:
            return self._started + timedelta(microseconds=(boottime_ns() - self._begun_ns) // 1_000)
        ends = {position.id: position.end for position in self.manifest.positions}
        return ends[done[-1].position_id] if done else self.manifest.started

    def close(self) -> None:
        """Remove the captures."""
        shutil.rmtree(self.folder, ignore_errors=True)


def record_sweep(
    folder: Path,
    room: Room,
    *,
    seed: int,
    camera_zone: str | None,
    camera_kind: HiddenKind = "wifi_camera",
    say: Callable[[str], None],
    started: datetime | None = None,
) -> RecordedSweep:
    """Write a whole recorded sweep to `folder` (created); says each position.  Raises ValueError, EmulatorError."""
    begin = started or utc_now().replace(microsecond=0)
    # The same room, seed and time give the same recording under the same name.
    sweep_id = derived_id(
        UUID(int=round(begin.timestamp() * 1000) << 80), f"{room.room_id}/{seed}/{camera_zone}{_mark_of(camera_kind)}"
    )
    source = SimulatedSource(
        folder.parent,
        room,
        seed=seed,
        camera_zone=camera_zone,
        camera_kind=camera_kind,
        probe_id="probe-demo-1",
        sweep_id=sweep_id,
        started=begin,
    )
    try:
        for position in source.positions():
            say(f"{position.id} {position.zone}")
        (source.folder / MANIFEST_NAME).write_bytes(to_json(source.manifest) + b"\n")
        source.folder.rename(folder)
    finally:
        source.close()
    return source.manifest


def _mark_of(kind: HiddenKind) -> str:
    return "" if kind == "wifi_camera" else f"/{kind}"


def _recorded(stand: Standpoint, dwell: tuple[datetime, datetime]) -> RecordedPosition:
    name = stand.position_id
    return RecordedPosition(
        id=name,
        zone=stand.zone_id,
        x_m=stand.x_m,
        y_m=stand.y_m,
        facing_deg=stand.facing_deg,
        start=dwell[0],
        end=dwell[1],
        lens=f"{name}/lens",
        wifi=f"{name}/wifi.pcap",
        ble=f"{name}/ble.json",
        rf=f"{name}/head.serial",
        own=(),
        stimulus=f"{name}/stimulus.json",
    )


def _record_position(folder: Path, recorded: RecordedPosition, stand: Standpoint, room: World, number: int) -> None:
    """All captures of one position; the seed differs by position, the hidden camera does not."""
    place = folder / recorded.id
    place.mkdir()
    seed = room.seed * 100 + number + 1
    LensDoor(stand, room.camera, seed).open(place / "lens")
    rf_door(room, stand, seed).open(place / "head.serial")
    air.record_air(place, stand, room, recorded.start, seed)

"""The simulated room as a source of sweeps, and as a recorder that writes a recorded sweep to a folder.

Input is a room, a seed and where a camera hides; output is the captures of one position after another.  The frames are
rendered, the air is made up, the serial bytes come from the real firmware in the emulator; everything made here calls
itself simulated.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from sweep.host.clock import boottime_ns
from sweep.link.rf_recording import recorded_rf
from sweep.plug.talk import MeasureRf, RfHeard
from sweep.report import (
    MANIFEST_NAME,
    LocalText,
    Modality,
    Mode,
    Plan,
    Position,
    RecordedPosition,
    RecordedSweep,
    RoomKind,
    StartCommand,
    ZoneKind,
    derived_id,
    new_id,
    to_json,
    utc_now,
)
from sweep.rf.channels import tuner_frequencies
from sweep.sim import air, world
from sweep.sim.head import record_serial
from sweep.sim.head_scene import Emitter, EmitterKind, RfScene
from sweep.sim.lens_scene import COMPACT_TRIPLES, HALF_SIZE_FOCAL_PX, PlantedLens, render_clip
from sweep.sim.world import HiddenKind, Standpoint, World
from sweep.wifi.plug import RecordedWifi

RF_SECONDS = 4.0
BASELINE_RF_SECONDS = 4.0
NEIGHBOUR_WIFI_DBM = -47.0
CAMERA_RF_AT_1M_DBM = -22.0  # guessed: 20 dBm of a small module, 40 dB over the first metre
ANALOG_CAMERA_MHZ = 5_800.0
HALF_SIZE_WIDTH_PX = 728
CLIP_SIZE = (256, 192)  # measured on rendered scenes: a lens of 1.4 mm at 1.1 m is found with every seed tried
E_PER_DN = 12.0  # a coarse converter setting: half the file of the probe's usual one
QUICK_KINDS: frozenset[ZoneKind] = frozenset({"stall", "booth"})
ROOM_FILE = Path(__file__).with_name("demo_room.json")


@dataclass(frozen=True, slots=True)
class Room:
    """The room that is swept."""

    room_id: UUID
    facility_name: LocalText
    room_name: LocalText
    room_kind: RoomKind
    plan: Plan


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
            self._world = world.visit_only(self._world, QUICK_KINDS)
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
        _record_rf(self.folder / "baseline.serial", self._world, None, seed * 100)

    def positions(self) -> Iterator[RecordedPosition]:
        """Each position after its captures were made."""
        for number, (recorded, stand) in enumerate(zip(self.manifest.positions, self._world.standpoints, strict=True)):
            _record_position(self.folder, recorded, stand, self._world, number)
            yield recorded

    def doors(self, recorded: RecordedPosition) -> dict[Modality, object]:
        """The captures that were made."""
        wifi = RecordedWifi(self.folder / str(recorded.wifi), self.folder / str(recorded.stimulus))
        return {"lens": self.folder / str(recorded.lens), "wifi": wifi, "ble": self.folder / str(recorded.ble)}

    def recorded_rf(self, recorded: RecordedPosition, position: Position) -> Callable[[MeasureRf], RfHeard]:
        """The windows that the emulated head measured."""

        def answer(ask: MeasureRf) -> RfHeard:
            name = self.manifest.baseline_rf if ask.is_outside else recorded.rf
            start_ns = 0 if ask.is_outside else position.start_ns
            return recorded_rf(ask, self.folder / str(name), (), start_ns, position.end_ns)

        return answer

    def ended(self, done: Sequence[Position]) -> datetime:
        """Now for a sweep that runs now, else by the schedule of what was done."""
        if self._live:
            return self._started + timedelta(microseconds=(boottime_ns() - self._begun_ns) // 1_000)
        ends = {position.id: position.end for position in self.manifest.positions}
        return ends[done[-1].position_id] if done else self.manifest.started

    def close(self) -> None:
        """Remove the captures."""
        shutil.rmtree(self.folder, ignore_errors=True)


def make_source_for(
    command: StartCommand, folder: Path, *, seed: int, camera_zone: str | None, probe_id: str
) -> SimulatedSource:
    """The source of a sweep that was started from the phone; a camera zone that this room lacks hides none."""
    room = Room(command.room_id, command.facility_name, command.room_name, "restroom", command.plan)
    zones = {zone.zone_id for zone in command.plan.zones}
    return SimulatedSource(
        folder,
        room,
        seed=seed,
        camera_zone=camera_zone if camera_zone in zones else None,
        probe_id=probe_id,
        inspectors=command.inspectors,
        sweep_id=command.sweep_id,
        mode=command.mode,
    )


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
    _record_lens(place / "lens", stand, room, seed)
    _record_rf(place / "head.serial", room, stand, seed)
    air.record_air(place, stand, room, recorded.start, seed)


def _record_lens(folder: Path, stand: Standpoint, room: World, seed: int) -> None:
    folder.mkdir()
    width, height = CLIP_SIZE
    lenses = []
    camera = room.camera
    if camera is not None and camera.zone_id == stand.zone_id:
        focal_px = HALF_SIZE_FOCAL_PX * width / HALF_SIZE_WIDTH_PX
        x_px = width / 2.0 + focal_px * math.tan(math.radians(camera.bearing_deg))
        lenses = [
            PlantedLens(
                aperture_mm=camera.aperture_mm,
                range_m=camera.range_m,
                x_px=min(max(x_px, 12.0), width - 12.0),
                y_px=height * camera.height_share,
            )
        ]
    render_clip(
        folder,
        clip=f"{stand.position_id}-a",
        seed=seed,
        lenses=lenses,
        size=CLIP_SIZE,
        triples=COMPACT_TRIPLES,
        fmt="npz",
        range_m=1.1,
        e_per_dn=E_PER_DN,
    )


def _record_rf(path: Path, room: World, stand: Standpoint | None, seed: int) -> None:
    """Serial bytes of the emulated head at a standpoint, or outside the door for None."""
    emitters = [Emitter("wifi", NEIGHBOUR_WIFI_DBM, duty_cycle=0.08)]
    camera = room.camera
    if camera is not None:
        outside = (room.plan.width_m, room.plan.depth_m + 2.0)
        ear = outside if stand is None else (stand.x_m, stand.y_m)
        loss = world.path_loss_db(world.distance_m(ear, (camera.x_m, camera.y_m))) + (12.0 if stand is None else 0.0)
        is_analog = camera.kind == "analog_camera"
        kind: EmitterKind = "analog_video" if is_analog else "wifi"
        centre_mhz = ANALOG_CAMERA_MHZ if is_analog else None  # the Wi-Fi camera sends at 2.4 GHz
        emitters.append(Emitter(kind, CAMERA_RF_AT_1M_DBM - loss, duty_cycle=0.35, centre_mhz=centre_mhz))
    seconds = BASELINE_RF_SECONDS if stand is None else RF_SECONDS
    record_serial(path, RfScene(emitters=tuple(emitters), seed=seed), seconds, tuner_mhz=tuner_frequencies())

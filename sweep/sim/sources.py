"""The sources through which the simulated room is sensed, one for each modality, instead of a real one.

Input is a room, a seed and where a camera hides; output is, for each position, sources that can be sent to another
process and opened there.  What comes out of a source is what the modality's own code takes; what hides where stays
behind it.

A real sweep opens a monitor-mode interface, the sensor head's serial port, BlueZ and a camera.  Here frames are handed
over as an adapter's blocks, serial bytes come from the head's firmware in the emulator, adverts from a BlueZ stand-in
on a private bus, and pictures are rendered under the lamp that the emulated head lit; none of it keeps to wall time.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from sweep.ble.adverts import Advert, read_body
from sweep.modality.addresses import parse_address
from sweep.modality.looks import CLOSE_M, CloseLook
from sweep.modality.messages import Line
from sweep.modality.mode import QUICK_KINDS
from sweep.modality.strobe import Phase
from sweep.report import Mode, Plan, RecordedPosition
from sweep.report.walls.lines import HEIGHT_M
from sweep.report.walls.spots import EYE_M
from sweep.wifi.capture.channels import NOTHING_KNOWN, ChannelMemory

from . import world
from .air.ble import BleEmitter, hear_adverts
from .air.ble_bus import scan_bus
from .air.bluez import BUS_DAEMON
from .air.radios import ble_emitters, radios_by_channel
from .air.sensed_air import AirSetting, SimulatedAir
from .air.sensed_line import SimulatedLine
from .head.emulated import record_serial
from .head.lamp_pins import run_lamps
from .head.scene import Emitter, EmitterKind, RfScene
from .scene.turn import Turn
from .scene.wall import HALF_SIZE_FOCAL_PX, WALL_LEVEL_DN, PlantedLens, Wall, render_clip
from .world import HiddenCamera, HiddenKind, SimulatedPosition, World

RF_SECONDS: Final = 4.0
BASELINE_RF_SECONDS: Final = 4.0
NEIGHBOUR_WIFI_DBM: Final = -47.0
CAMERA_RF_AT_1M_DBM: Final = -22.0
"""Guessed: 20 dBm of a small module, 40 dB over the first metre."""
BLE_RF_AT_1M_DBM: Final = -40.0
"""The same for 0 dBm, rounded up."""
ANALOG_CAMERA_MHZ: Final = 5_800.0
RF_OF: Final[dict[HiddenKind, EmitterKind]] = {
    "wifi_camera": "wifi", "wifi_on_motion": "wifi", "analog_camera": "analog_video", "analog_1200": "analog_video",
    "analog_2400": "analog_video", "ble_setup": "ble", "lte": "wifi",
}  # fmt: skip
"""What the sensor head hears of a camera: of one with a SIM bursts like those of Wi-Fi, of a recorder nothing."""
HALF_SIZE_WIDTH_PX: Final = 728
CLIP_SIZE: Final = (364, 272)
TURN_TRIPLES: Final = 80
"""Of a first look: four seconds in which whoever stands there turns to the walls beside him and up."""
LOOK_TRIPLES: Final = 6
"""Of the wall ahead, held still: a recording has nothing else, so that it stays small."""
AGAIN_TRIPLES: Final = 8
"""Of one view of a second look: the phone asks for 30; what a place scores hardly rises beyond."""
CLOSE_TRIPLES: Final = 24
"""Of a close look: 2.4 s at 30 frames a second."""
AGAIN_NUMBER: Final = 50
"""Second looks draw other noise than the positions, of which no room has more."""
E_PER_DN: Final = 12.0
"""A coarse converter setting: half the file of the probe's usual one."""
TURN_LEVEL_DN: Final = 60.0
"""So dark is the wall ahead that the one beside, at half the distance, is not saturated (derived)."""
NEAR_WALL_M: Final = 0.35
"""Nobody holds the probe nearer to the wall beside him (guessed)."""
LAMP_ORDER: Final[tuple[Phase, ...]] = ("A", "B", "C")


_memories: dict[str, ChannelMemory] = {}
"""In the process that listens, by sweep: what earlier positions learnt of the channels."""


@dataclass(frozen=True, slots=True)
class WifiSource:
    """The air of one position, and the other end of its line; an `AirSource` (sweep/wifi/capture/sources.py)."""

    setting: AirSetting
    sweep: str
    """What tells this sweep from others in the same process."""

    why_no_light = None
    """There is a lamp."""

    @contextmanager
    def open(self, line: Line) -> Iterator[tuple[SimulatedAir, SimulatedLine]]:
        """`line`: to whoever attends to the measurement.  What is learnt of the channels stays for the next
        position.
        """
        air, answers = self.sense(line, _memories.get(self.sweep, NOTHING_KNOWN))
        yield air, answers
        _memories[self.sweep] = air.memory

    def sense(self, line: Line, memory: ChannelMemory = NOTHING_KNOWN) -> tuple[SimulatedAir, SimulatedLine]:
        """The same for somebody who knows so much of the channels, and leaves nothing here."""
        air = SimulatedAir(self.setting, memory)
        return air, SimulatedLine(line, air, self.setting.seed)


@dataclass(frozen=True, slots=True)
class BleSource:
    """The advertisers around one position."""

    emitters: tuple[BleEmitter, ...]
    receiver_xy_m: tuple[float, float]
    seed: int
    start_ns: int

    def listen(self, seconds: float, *, daemon: str | None = BUS_DAEMON) -> list[Advert]:
        """Adverts heard within `seconds` of the start of the position; where `daemon` gives no bus, they are handed
        over.

        Raises BleSourceError.
        """
        heard = hear_adverts(
            emitters=self.emitters,
            listener_xy_m=self.receiver_xy_m,
            seconds=seconds,
            seed=self.seed,
            start_ns=self.start_ns,
        )
        if daemon is not None:
            with suppress(OSError):
                return scan_bus(heard, seconds, daemon)
        return [
            Advert(
                t_ns=advert.t_ns,
                address=parse_address(advert.emitter.address),
                is_random=True,
                rssi_dbm=advert.level_dbm,
                is_connectable=advert.is_connectable,
                name=(body := read_body(advert.payload)).name,
                manufacturer_data=body.manufacturer_data,
                service_uuids=body.service_uuids,
                service_data=body.service_data,
                appearance=body.appearance,
            )
            for advert in heard
        ]


@dataclass(frozen=True, slots=True)
class RfSource:
    """What the sensor head hears at one position."""

    scene: RfScene
    seconds: float

    def open(self, path: Path, tuner_mhz: Sequence[int]) -> Path:
        """Serial bytes of the firmware asked to visit these frequencies, in a file.  Raises EmulatorError."""
        record_serial(path, self.scene, self.seconds, tuner_mhz=tuner_mhz)
        return path


def outside_of(room: World) -> tuple[float, float]:
    """Where somebody stands outside the closed door."""
    return room.plan.width_m, room.plan.depth_m + 2.0


def rf_source(room: World, position: SimulatedPosition | None, seed: int) -> RfSource:
    """The source at a position, or outside the entrance for None."""
    emitters = [Emitter("wifi", NEIGHBOUR_WIFI_DBM, duty_cycle=0.08)]
    camera = room.camera
    if camera is not None:
        receiver_xy_m = outside_of(room) if position is None else (position.x_m, position.y_m)
        loss = world.path_loss_db(world.distance_m(receiver_xy_m, (camera.x_m, camera.y_m))) + (
            12.0 if position is None else 0.0
        )
        kind = RF_OF.get(camera.kind)
        if camera.kind == "wifi_on_motion" and (position is None or position.zone_id != camera.zone_id):
            kind = None  # nobody moves before it
        if kind is not None:
            level_dbm = (BLE_RF_AT_1M_DBM if kind == "ble" else CAMERA_RF_AT_1M_DBM) - loss
            centre_mhz = ANALOG_CAMERA_MHZ if camera.kind == "analog_camera" else None  # the tuner hears 5.8 GHz only
            emitters.append(Emitter(kind, level_dbm, duty_cycle=0.35, centre_mhz=centre_mhz))
    return RfSource(
        RfScene(emitters=tuple(emitters), seed=seed), BASELINE_RF_SECONDS if position is None else RF_SECONDS
    )


@dataclass(frozen=True, slots=True)
class LensSource:
    """What the camera sees from one position."""

    position: SimulatedPosition
    hidden: HiddenCamera | None
    """Wherever it hides in the room."""
    seed: int
    looks_from: tuple[str, float, float, float] | None = None
    """The same wall looked at from another place: its position's id, x_m, y_m and facing_deg on the plan."""
    closer_to: CloseLook | None = None
    """The same wall filmed from close by."""
    turn: Turn | None = None
    """Where a first look turns to before it stays ahead; None: it does nothing else."""

    def open(self, folder: Path) -> Path:
        """A folder (created) with a clip, exposed under the lamps that the emulated head lit.  Raises EmulatorError."""
        if self.closer_to is not None:
            towards = self._towards(self.closer_to, 1.0)
            return self._film(folder, f"{self.closer_to.position_id}-a", CLOSE_TRIPLES, towards)
        if self.looks_from is not None:
            return self._film(folder, f"{self.looks_from[0]}-a", AGAIN_TRIPLES)
        name = self.position.position_id
        if self.turn is None:
            return self._film(folder, f"{name}-a", LOOK_TRIPLES)
        self._film(folder, f"{name}-a", TURN_TRIPLES, turn=self.turn)
        return self._film(folder, f"{name}-b", LOOK_TRIPLES)

    def on_the_way(self, folder: Path) -> Path | None:
        """The same from half the way to a close look; None at any other position.  Raises EmulatorError."""
        close = self.closer_to
        return None if close is None else self._film(folder, "on-the-way-a", LOOK_TRIPLES, self._towards(close, 0.5))

    @staticmethod
    def _towards(close: CloseLook, share: float) -> tuple[float, float, float, float]:
        """To where it shone, as the hand is led; to the middle of the wall where nothing did."""
        x_px, y_px = close.seen_from.place_px or (CLIP_SIZE[0] / 2.0, CLIP_SIZE[1] / 2.0)
        return x_px, y_px, CLOSE_M, share

    def _film(
        self,
        folder: Path,
        clip: str,
        triples: int,
        close: tuple[float, float, float, float] | None = None,
        turn: Turn | None = None,
    ) -> Path:
        folder.mkdir(exist_ok=True)
        lamps = run_lamps(LAMP_ORDER, triples)
        wall = Wall(
            self.seed, self.lenses(), CLIP_SIZE, range_m=1.1, e_per_dn=E_PER_DN, aside=self._aside(), close=close,
            turn=turn, wall_level_dn=TURN_LEVEL_DN if turn else WALL_LEVEL_DN,
        )  # fmt: skip
        render_clip(
            folder,
            clip=clip,
            wall=wall,
            order="".join(lamps.told),
            triples=1,
            fmt="npy" if turn else "npz",
            lit=lamps.lit,
        )
        return folder

    def _aside(self) -> tuple[float, float, float] | None:
        """Metres to the right and towards the wall, and degrees turned to the right, as seen from the position."""
        if self.looks_from is None:
            return None
        _, x_m, y_m, facing_deg = self.looks_from
        ahead, across = math.radians(self.position.facing_deg), math.radians(self.position.facing_deg + 90.0)
        moved = (x_m - self.position.x_m, y_m - self.position.y_m)
        right_m, nearer_m = (moved[0] * math.cos(way) + moved[1] * math.sin(way) for way in (across, ahead))
        turn_deg = (facing_deg - self.position.facing_deg + 180.0) % 360.0 - 180.0
        return right_m, nearer_m, turn_deg

    def lenses(self) -> tuple[PlantedLens, ...]:
        """What hides on this wall, by pixels of the clip."""
        camera, (width, height) = self.hidden, CLIP_SIZE
        if camera is None or camera.zone_id != self.position.zone_id:
            return ()
        focal_px = HALF_SIZE_FOCAL_PX * width / HALF_SIZE_WIDTH_PX
        x_px = width / 2.0 + focal_px * math.tan(math.radians(camera.bearing_deg))
        lens = PlantedLens(
            aperture_mm=camera.aperture_mm,
            range_m=camera.range_m,
            x_px=min(max(x_px, 12.0), width - 12.0),
            y_px=height * camera.height_share,
            is_filtered=camera.kind == "recorder_1mm_ircut",
        )
        return (lens,)


@dataclass(frozen=True, slots=True)
class PositionSources:
    """All sources of one position."""

    wifi: WifiSource
    ble: BleSource
    rf: RfSource
    lens: LensSource


class SimulatedRoom:
    """A room that can be sensed; what is hidden in it stays in here and behind its sources."""

    def __init__(
        self,
        plan: Plan,
        *,
        seed: int,
        camera_zone: str | None,
        camera_kind: HiddenKind = "wifi_camera",
        mode: Mode = "full",
        turns: bool = True,
    ) -> None:
        """A quick sweep visits stalls and booths only; `turns`: whoever stands somewhere films the walls beside as
        well.  Raises ValueError for a camera zone that is not on the plan.
        """
        self._turns = turns
        self._world = world.make_world(plan, seed, camera_zone, camera_kind)
        if mode == "quick":
            self._world = world.visit_only(self._world, QUICK_KINDS)
        self._sweep = secrets.token_hex(8)

    @property
    def camera(self) -> HiddenCamera | None:
        """What hides here."""
        return self._world.camera

    @property
    def positions(self) -> tuple[SimulatedPosition, ...]:
        """Where the inspector stands, one after the other."""
        return self._world.positions

    def outside(self) -> RfSource:
        """What the sensor head hears outside the entrance."""
        return rf_source(self._world, None, self._world.seed * 100)

    def outside_wifi(self) -> WifiSource:
        """The air outside the entrance; what was learnt of its channels does not hold inside."""
        xy_m = outside_of(self._world)
        position = SimulatedPosition("outside", "outside", *xy_m, 0.0)
        radios = radios_by_channel(self._world, position)
        return WifiSource(AirSetting(radios, xy_m, (self._world.seed, 0), 0), self._sweep)

    def sources(self, position_id: str, start_ns: int) -> PositionSources:
        """The sources of a position for a stay that begins then, on whatever clock the sweep has.

        KeyError for a standpoint that the room lacks.
        """
        positions = {
            position.position_id: (number, position) for number, position in enumerate(self.positions, start=1)
        }
        number, position = positions[position_id]
        return self._sources_at(position, (position.x_m, position.y_m), number, start_ns)

    def sources_again(self, at: RecordedPosition, start_ns: int) -> PositionSources:
        """The sources of a place from which a zone is looked at again: the same wall, the same air, seen and heard from
        there.  KeyError for a zone without a standpoint.
        """
        positions = {position.zone_id: (number, position) for number, position in enumerate(self.positions, start=1)}
        number, position = positions[at.zone]
        sources = self._sources_at(position, (at.x_m, at.y_m), AGAIN_NUMBER + number, start_ns)
        lens = LensSource(
            position, self._world.camera, self._world.seed * 100 + number, (at.id, at.x_m, at.y_m, at.facing_deg)
        )
        return replace(sources, lens=lens)

    def sources_close(self, look: CloseLook, start_ns: int) -> PositionSources:
        """The sources of a close look: the wall that the spot was seen on.  KeyError for a standpoint that the room
        lacks.
        """
        sources = self.sources(look.seen_from.position_id, start_ns)
        return replace(sources, lens=replace(sources.lens, closer_to=look))

    def _sources_at(
        self, position: SimulatedPosition, receiver_xy_m: tuple[float, float], number: int, start_ns: int
    ) -> PositionSources:
        seed = self._world.seed * 100 + number
        here = replace(position, x_m=receiver_xy_m[0], y_m=receiver_xy_m[1])
        return PositionSources(
            wifi=WifiSource(
                AirSetting(radios_by_channel(self._world, here), receiver_xy_m, (self._world.seed, number), start_ns),
                self._sweep,
            ),
            ble=BleSource(tuple(ble_emitters(self._world)), receiver_xy_m, seed, start_ns),
            rf=rf_source(self._world, here, seed),
            lens=LensSource(position, self._world.camera, seed, turn=self._turn_at(position) if self._turns else None),
        )

    def _turn_at(self, position: SimulatedPosition) -> Turn:
        """Between the walls of the zone."""
        zone = next(zone for zone in self._world.plan.zones if zone.zone_id == position.zone_id)
        west_m, east_m = position.x_m - min(x for x, _ in zone.polygon), max(x for x, _ in zone.polygon) - position.x_m
        left_m, right_m = (west_m, east_m) if position.facing_deg == world.UP_DEG else (east_m, west_m)
        return Turn(max(left_m, NEAR_WALL_M), max(right_m, NEAR_WALL_M), HEIGHT_M - EYE_M)

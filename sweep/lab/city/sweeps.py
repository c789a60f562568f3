"""One sweep of the simulated city as its observations: what lens and radio would have shown, drawn from measured
curves.

Job: draw a room with clutter and neighbours, perhaps with a camera, and what both looks would observe there. Input:
world, generator; output: `Room`, whose zones hand out observations. Refuses to judge: the probe's own weighers do.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from uuid import UUID

import numpy as np
import numpy.typing as npt

from sweep.lab.city.light import CHANNELS, Answer, Dark, Device
from sweep.lab.city.rooms import CameraKind, Lens, RoomKind, World
from sweep.lab.city.samples import AGAIN_FROM, CALLED, Curves, outside_excess_db
from sweep.report import (
    MODALITIES,
    AddressToken,
    BleObservation,
    LensObservation,
    Levels,
    Modality,
    Observation,
    RfObservation,
    StimulusJudgement,
    VideoJudgement,
    WifiObservation,
    Zone,
    ZoneCoverage,
)

Floats = npt.NDArray[np.float64]
LIGHTS: Final = (0.0, 0.05, 0.1, 0.2, 0.4)
"""Shares of light at which tests were run."""
PHONES_CALLED: Final = 15 / 19
"""`live_phone` of `air_venue` (tests/simulators/FIGURES.md)."""
OTHERS: Final = (9 / 920, 43 / 920)
"""Other uploads called video, and left open (the same table)."""
ANALOG_TOLD: Final = 38 / 39
"""Pictures told by their lines (tests/rf/test_confusion.py)."""
ANALOG_CARRIER: Final = 0.6
"""Guessed: 1.2 and 2.4 GHz are seen by the wideband detector only, among Wi-Fi."""
BLE_HEARD: Final = 0.9
"""Guessed: a beacon of a camera that waits to be set up is heard within 10 s of an active scan."""
CarrierKind = Literal["analog_video", "continuous"]
ORDINARY: Final[tuple[Literal["analog_video", "continuous", "wifi"], float, float]] = ("wifi", -60.0, -60.0)
"""What the detector hears where no carrier is: Wi-Fi as loud as outside. Any level weighs the same."""


@dataclass(frozen=True, slots=True)
class Spot:
    """One thing that a look may score."""

    kind: str
    score: float
    again: float | None
    """Score of the second look; None: out of its view."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """One carrier that never pauses, heard at every position of a room."""

    kind: CarrierKind
    levels: Sequence[float]
    """dBm at each position (`sweep.lab.city.places`)."""
    outside_dbm: float
    """At the position outside the door."""


@dataclass(slots=True)
class Room:
    """A room with what both looks at it would observe."""

    kind: RoomKind
    camera_zone: int
    """-1: none."""
    spots: list[list[Spot]]
    """By zone."""
    devices: list[Device]
    carriers: list[Carrier]
    hints: set[int]
    """Zones with a Bluetooth hint."""
    is_streaming: bool = field(default=False)
    """The camera streams over Wi-Fi, and is the first of `devices`."""
    tested: int = field(default=0)
    """Transmitters that the light test is for."""


class Sampler:
    """Draws sweeps of one world."""

    def __init__(self, world: World, curves: Curves, rng: np.random.Generator) -> None:
        self.world, self.curves, self.rng = world, curves, rng
        self._rooms = list(world.rooms)
        self._shares = np.array([room.share for room in world.rooms])
        self._inside = {
            room.name: [[r for r in curves.places[room.name] if r[0] == z] for z in range(len(room.plan.zones))]
            for room in world.rooms
        }
        self._beyond = {room.name: [r for r in curves.places[room.name] if r[0] < 0] for room in world.rooms}
        self._things = list(curves.tails().items())
        self._called = {
            (room.name, zone.kind): self._means(room, zone.kind) for room in world.rooms for zone in room.plan.zones
        }
        self._lens = {lens: np.array(curves.lens_scores(lens, world)) for lens in world.lens_shares}
        self._again_lens = [(f, s) for f, s in curves.again_lenses(world) if f >= AGAIN_FROM]
        self._again_things: dict[str, list[tuple[float, float | None]]] = {}
        for kind, first, second in curves.again_things:
            self._again_things.setdefault(kind, []).append((first, second))
        self._again_all = [(f, s) for _, f, s in curves.again_things]
        answers = [run for run in curves.light if run["air"] in world.light_airs]
        self._lit = {light: [r for r in answers if r["light"] == light] for light in LIGHTS}
        self._alike = {
            (light, *alike): [r for r in runs if alike_of(r) == alike]
            for light, runs in self._lit.items() for alike in {alike_of(r) for r in runs}
        }  # fmt: skip
        self._denied = self._lit[0.0]
        self._excess = {
            inside: outside_excess_db(world, rng, 20_000, is_inside=inside) for inside in (True, False)
        }  # fmt: skip
        self.dark = Dark(curves.light_nulls["correlation"], rng)

    def room(self, camera: CameraKind | None) -> Room:
        """A room, with a camera of that kind in one of its zones."""
        rng = self.rng
        kind = self._rooms[int(rng.choice(len(self._rooms), p=self._shares))]
        zones = kind.plan.zones
        at = int(rng.integers(len(zones))) if camera is not None else -1
        room = Room(kind, at, [], [], [], set())
        room.spots = spots = self.clutter(room)
        if camera is not None:
            spots[at].append(self._lens_spot(camera.lens))
            self._radio(room, camera)
        self._neighbours(room)
        room.tested = sum(d.video != "not_video" for d in room.devices)
        return room

    def clutter(self, room: Room) -> list[list[Spot]]:
        """What glints in a room of that kind besides a camera, by zone."""
        return [self._clutter(room.kind, zone) for zone in room.kind.plan.zones]

    def _clutter(self, kind: RoomKind, zone: Zone) -> list[Spot]:
        counts = self.rng.poisson(self._called[(kind.name, zone.kind)])
        spots = []
        for place in np.flatnonzero(counts):
            thing, tail = self._things[int(place)]
            for _ in range(int(counts[place])):
                score = tail.draw(CALLED, self.rng)
                spots.append(Spot(thing, score, self.again_of(thing, score)))
        return spots

    def _means(self, kind: RoomKind, zone_kind: str) -> Floats:
        """How many of each of `_things` are called in a zone, on average."""
        table = kind.clutter.get(zone_kind) or kind.clutter["entrance"]
        means = [self.world.views if thing == "background" else table.get(thing, 0.0) for thing, _ in self._things]
        reach = [tail.beyond(CALLED) for _, tail in self._things]
        called: Floats = np.array(means) * np.array(reach)
        return called

    def again_of(self, thing: str, score: float) -> float | None:
        """The second score of a thing of that kind and about that first score; of any kind where few were measured."""
        own = [pair for pair in self._again_things.get(thing, []) if pair[0] >= AGAIN_FROM]
        pairs = own if len(own) >= 5 else [pair for pair in self._again_all if pair[0] >= AGAIN_FROM]
        near = sorted(pairs, key=lambda pair: abs(pair[0] - score))[: max(5, len(pairs) // 3)]
        seen = [second for _, second in near if second is not None]
        return None if not seen else float(self.rng.choice(seen))

    def _lens_spot(self, lens: Lens | None) -> Spot:
        names = list(self.world.lens_shares)
        if lens is None:
            lens = names[int(self.rng.choice(len(names), p=[self.world.lens_shares[n] for n in names]))]
        score = float(self.rng.choice(self._lens[lens]))
        near = sorted(self._again_lens, key=lambda pair: abs(pair[0] - score))[: max(5, len(self._again_lens) // 4)]
        seen = [second for _, second in near if second is not None]
        return Spot("lens", score, float(self.rng.choice(seen)) if seen else None)

    def _radio(self, room: Room, camera: CameraKind) -> None:
        rng, zone = self.rng, room.camera_zone
        if camera.radio in {"wifi_streaming", "wifi_on_motion"}:
            called, is_open = self.world.streams
            if camera.radio == "wifi_on_motion":  # clips by motion and battery, air_venue: 22 of 38 called, 1 left open
                called, is_open = 22 / 38, 1 / 38
            lit = room.is_streaming = camera.radio == "wifi_streaming"  # a clip ends before the light has told anything
            draw = rng.random()
            video = "video_uplink" if draw < called else "not_assessable" if draw < called + is_open else "not_video"
            rows = self._inside[room.kind.name][zone]
            room.devices.append(self._device(room, rows, video, zone if lit else -1))
        if camera.radio == "analog_5800" and rng.random() < ANALOG_TOLD:
            room.carriers.append(self._carrier(self._inside[room.kind.name][zone], "analog_video"))
        if camera.radio in {"analog_1200", "analog_2400"} and rng.random() < ANALOG_CARRIER:
            room.carriers.append(self._carrier(self._inside[room.kind.name][zone], "continuous"))
        if camera.radio == "ble_setup" and rng.random() < BLE_HEARD:
            room.hints.add(zone)

    def _neighbours(self, room: Room) -> None:
        rng, world = self.rng, self.world
        beyond = self._beyond[room.kind.name]
        zones = len(room.kind.plan.zones)
        for mean, (called, is_open) in (
            (world.neighbour_uplinks, world.streams),
            (world.phone_uplinks, (PHONES_CALLED, 0.0)),
            (world.other_uploads, OTHERS),
        ):
            for _ in range(rng.poisson(mean)):
                draw = rng.random()
                if draw >= called + is_open:
                    continue
                lit = (
                    int(rng.integers(zones))
                    if rng.random() < world.sees_light and mean is not world.other_uploads
                    else -1
                )
                video = "video_uplink" if draw < called else "not_assessable"
                room.devices.append(self._device(room, beyond, video, lit))
        # an access point or somebody's phone, which streams nothing: some are heard in every room (guessed), and one
        # says as much as several, since what is denied of all is weighed once
        room.devices.append(self._device(room, beyond, "not_video", -1))
        for _ in range(rng.poisson(world.ble_hint)):
            room.hints.add(int(rng.integers(zones)))
        if rng.random() < world.carrier:
            inside = self._inside[room.kind.name][int(rng.integers(zones))]
            room.carriers.append(self._carrier(inside, "continuous"))
        if rng.random() < world.video_senders * ANALOG_TOLD:
            room.carriers.append(self._carrier(beyond, "analog_video"))

    def _carrier(self, rows: list[list[float]], kind: CarrierKind) -> Carrier:
        row = rows[int(self.rng.integers(len(rows)))]
        levels = row[1 : 1 + (len(row) - 1) // 2]
        excess = self._excess[row[0] >= 0]
        return Carrier(kind, levels, max(levels) + float(excess[int(self.rng.integers(len(excess)))]))

    def _device(self, room: Room, rows: list[list[float]], video: Any, lit_zone: int) -> Device:
        zones = len(room.kind.plan.zones)
        row = rows[int(self.rng.integers(len(rows)))]
        lights = room.kind.lights[room.kind.plan.zones[max(lit_zone, 0)].kind]
        light = list(lights)[int(self.rng.choice(len(lights), p=list(lights.values())))]
        lit, denied = self._lit[light], self._denied
        run = lit[int(self.rng.integers(len(lit)))]
        alike = self._alike[(light, *alike_of(run))]
        again = alike[int(self.rng.integers(len(alike)))]
        told = denied[int(self.rng.integers(len(denied)))]["smallest"] if denied else None
        channel = int(self.rng.integers(CHANNELS))
        levels = row[1 : 1 + zones]
        excess = self._excess[row[0] >= 0]
        outside_dbm = max(levels) + float(excess[int(self.rng.integers(len(excess)))])
        return Device(
            video, levels, row[1 + zones :], lit_zone, run["p"], again["p"], told, channel, outside_dbm
        )  # fmt: skip


def alike_of(run: dict[str, Any]) -> tuple[str, bool]:
    """By which two light tests of one camera are alike: its encoder, and whether its pictures come on time."""
    return run["kind"], run["late"] == "on time"


_NUMBERS: Final = itertools.count(1)


def new_id() -> UUID:
    """Ids in the order in which they were drawn."""
    return UUID(int=next(_NUMBERS))


def lens_of(zone: Zone, position_id: str, score: float) -> LensObservation:
    """A called glint; built without validation, for there are millions."""
    return LensObservation.model_construct(
        observation_id=new_id(), zone_id=zone.zone_id, position_id=position_id, t_ns=0, modality="lens", clip="c",
        frame=0, x_px=0.0, y_px=0.0, score=score, snr=None, off_axis_ratio=None, persistence=None, range_m=1.0,
        bearing_deg=None, elevation_deg=None, reasons=(), crop_commitment=None,
    )  # fmt: skip


def wifi_of(zone: Zone, position_id: str, number: int, device: Device, level: float, told: Answer) -> WifiObservation:
    """A transmitter at one position."""
    token = AddressToken.model_construct(
        scheme="room", key_id="0" * 8, tag=tag_of(number), oui=None, is_locally_administered=True
    )
    stimulus = None
    if told.p_value is not None:
        stimulus = StimulusJudgement.model_construct(
            verdict=told.verdict, p_value=told.p_value, kind="light", reason=None, tested_s=None, decided_after_s=None,
            smallest_light_share=device.smallest,
        )  # fmt: skip
    return WifiObservation.model_construct(
        observation_id=new_id(), zone_id=zone.zone_id, position_id=position_id, t_ns=0, modality="wifi",
        addresses=(token,), role="sta", vendor=None, is_randomised=True, channel_mhz=2437.0,
        rssi_dbm=Levels.model_construct(median=level, max=level), outside_dbm=device.outside_dbm, frames=900,
        bytes_up=1, bytes_down=1,
        dwell_s=20.0, video=VideoJudgement.model_construct(verdict=device.video, score=0.9, decided_after_s=5.0,
        reason=None),
        stimulus=stimulus,
    )  # fmt: skip


def tag_of(number: int) -> str:
    """Of the n-th transmitter of a room."""
    return f"{number:016x}"


def radio_of(zone: Zone, position_id: str, position: int, room: Room) -> Iterator[Observation]:
    """What the detector hears at a zone's position, and a Bluetooth hint."""
    heard = [ORDINARY] if not room.carriers else []
    heard += [(carrier.kind, carrier.levels[position], carrier.outside_dbm) for carrier in room.carriers]
    for kind, level, outside in heard:
        yield RfObservation.model_construct(
            observation_id=new_id(), zone_id=zone.zone_id, position_id=position_id, t_ns=0, modality="rf",
            kind=kind, centre_mhz=None, level_dbm=level, baseline_dbm=outside, excess_db=level - outside,
            duty_cycle=1.0, windows=10,
        )  # fmt: skip
    if position in room.hints:
        yield BleObservation.model_construct(
            observation_id=new_id(), zone_id=zone.zone_id, position_id=position_id, t_ns=0, modality="ble",
            addresses=(),
            kind="camera_hint", company=None, rssi_dbm=Levels.model_construct(median=-60.0, max=-60.0), adverts=5,
        )  # fmt: skip


def coverage_of(zone: Zone, quality: float = 0.9) -> dict[Modality, ZoneCoverage]:
    """A zone that was looked at as a full sweep does."""
    return {
        modality: ZoneCoverage.model_construct(
            zone_id=zone.zone_id, modality=modality, status="looked", quality=quality, dwell_s=20.0, samples=10,
            dropped=0, rejections={}, gaps=(), unheard_mhz=None, blind_reason=None, light_s=None, light_open_s=None,
        )
        for modality in MODALITIES
    }  # fmt: skip

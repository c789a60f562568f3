"""The two worlds of the simulated city: rooms, what hangs and sends in them, which cameras are planted, what is
assumed.

Job: hold every assumption in one place, each with where it comes from. Input: nothing; output: `WORLDS`. Choices
(weights, thresholds) are made in the first world only; the second one assumes otherwise and takes its curves from
renderers that train nothing. Refuses measured figures: those stand in `city_curves.json`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from sweep.report import LocalText, Plan, Zone
from sweep.sim.world import template_plan

WorldName = Literal["first", "second"]
Radio = Literal[
    "wifi_streaming", "wifi_on_motion", "analog_1200", "analog_2400", "analog_5800", "ble_setup", "none"
]  # fmt: skip
Lens = Literal["pinhole_1mm", "pinhole_1mm_ircut", "lens_2mm"]
RADIOS: Final[tuple[Radio, ...]] = (
    "wifi_streaming", "wifi_on_motion", "analog_1200", "analog_2400", "analog_5800", "ble_setup", "none",
)  # fmt: skip
LENSES: Final[tuple[Lens, ...]] = ("pinhole_1mm", "pinhole_1mm_ircut", "lens_2mm")


@dataclass(frozen=True, slots=True)
class CameraKind:
    """A kind of hidden camera: planted in runs of its own, and weighted by its share of all cameras."""

    name: str
    radio: Radio
    lens: Lens | None
    """None: any, in the shares of the world."""
    share: float
    """Of all hidden cameras. Guessed: nobody has counted; FIELD.md names the kinds only."""


KINDS: Final = (
    CameraKind("wifi_streaming", "wifi_streaming", None, 0.40),
    CameraKind("wifi_on_motion", "wifi_on_motion", None, 0.15),
    CameraKind("analog_1200", "analog_1200", None, 0.04),
    CameraKind("analog_2400", "analog_2400", None, 0.04),
    CameraKind("analog_5800", "analog_5800", None, 0.04),
    CameraKind("ble_setup", "ble_setup", None, 0.05),
    CameraKind("recorder_1mm", "none", "pinhole_1mm", 0.13),
    CameraKind("recorder_1mm_ircut", "none", "pinhole_1mm_ircut", 0.09),
    CameraKind("recorder_2mm", "none", "lens_2mm", 0.06),
)


@dataclass(frozen=True, slots=True)
class RoomKind:
    """A kind of room, and how many of each thing a fully covered zone of it holds on average."""

    name: str
    plan: Plan
    share: float
    clutter: Mapping[str, Mapping[str, float]]
    """By kind of zone, by type of confuser as the renderers name it."""
    lights: Mapping[str, Mapping[float, float]]
    """By kind of zone: the share of the scene's light that the lamp adds to what cameras see, and how often."""


@dataclass(frozen=True, slots=True)
class World:
    """What a city is assumed to be like."""

    name: WorldName
    rooms: tuple[RoomKind, ...]
    lens_shares: Mapping[Lens, float]
    ranges_m: tuple[float, float]
    """From the stand to the lens: walls of a stall are 0.4 to 1.5 m away, those of a hall farther."""
    views: float
    """Clips that cover a zone: what a background scores, it may score in each."""
    streams: tuple[float, float]
    """Cameras that stream: called video within 30 s, and left open, which gets the light as well."""
    neighbour_uplinks: float
    """Cameras of neighbours and legitimate CCTV that are heard in a room, on average."""
    phone_uplinks: float
    """Phones in meetings and on air behind the wall."""
    other_uploads: float
    """Uploads of shops and neighbours that are thick enough to be judged."""
    sees_light: float
    """Share of those cameras that see the probe's light all the same: through a gap, or in the entrance."""
    ble_hint: float
    """Advertisers of a camera's family beside the room, on average: sensors far more often than cameras."""
    carrier: float
    """Rooms with a continuous carrier of another kind (motion sensors, wireless links), per room."""
    exponent: float
    shadowing_db: float
    wall_db: tuple[float, float]


def _zone(zone_id: str, kind: str, ko: str, en: str, box: tuple[float, float, float, float]) -> Zone:
    x, y, w, h = box
    corners = ((x, y), (x + w, y), (x + w, y + h), (x, y + h))
    name = LocalText(ko=ko, en=en)
    return Zone.model_validate({"zone_id": zone_id, "kind": kind, "name": name, "polygon": corners})


def changing_room() -> Plan:
    """Four booths with curtains and a hall with mirrors."""
    booths = tuple(
        _zone(f"booth-{n + 1}", "booth", f"{n + 1}번 탈의칸", f"Booth {n + 1}", (1.1 * n, 0.0, 1.1, 1.2))
        for n in range(4)
    )
    hall = _zone("hall", "entrance", "탈의실 입구", "Hall", (0.0, 1.6, 4.4, 1.4))
    return Plan(version=0, is_verified=False, width_m=4.4, depth_m=3.0, zones=(*booths, hall))


_STALL = MappingProxyType({
    "screw": 12.0, "button": 2.0, "chrome_cyl": 2.0, "chrome_sphere": 1.0, "tap": 0.2, "gloss_img": 1.0,
    "mirror_img": 0.05, "glass": 0.1, "facet": 0.3, "glitter": 0.05, "bright_dot": 3.0, "dark_hole": 4.0,
    "ind_led": 0.3, "ir_beacon": 0.1, "eyes": 0.02, "glasses": 0.01, "drops": 0.1, "tape": 0.05, "reflector": 0.02,
    "tape_frag": 0.02,
})  # fmt: skip
"""Guessed from fittings at hand: locks, hinges, holders and rails with their screws; a status LED in every third stall,
a sensor in every tenth; drops after cleaning; a flake of tape or thread of a safety vest in every fiftieth."""
_BASIN = MappingProxyType(dict(_STALL) | {
    "screw": 8.0, "tap": 3.0, "chrome_cyl": 3.0, "gloss_img": 2.0, "mirror_img": 2.0, "glass": 1.0, "drops": 0.6,
    "eyes": 0.1, "ind_led": 1.0, "ir_beacon": 1.0,
})  # fmt: skip
"""The mirror shows the inspector: eyes in every tenth look."""
_ENTRANCE = MappingProxyType(dict(_STALL) | {"screw": 6.0, "eyes": 0.05, "reflector": 0.1, "tape": 0.2, "drops": 0.02})
_BOOTH = MappingProxyType(dict(_STALL) | {
    "screw": 8.0, "chrome_sphere": 2.0, "mirror_img": 1.0, "glitter": 0.4, "facet": 1.0, "drops": 0.01, "eyes": 0.05,
    "tape_frag": 0.05, "ind_led": 0.1, "tap": 0.0,
})  # fmt: skip
"""A mirror in each booth; sequins and cut edges of clothes and hangers."""


def _more(table: Mapping[str, float], **times: float) -> Mapping[str, float]:
    return MappingProxyType({kind: mean * times.get(kind, times["rest"]) for kind, mean in table.items()})


Lights = Mapping[str, Mapping[float, float]]
USUAL_RESTROOM: Final[Lights] = MappingProxyType({
    "stall": {0.1: 0.02, 0.2: 0.47, 0.4: 0.51}, "basin": {0.05: 0.25, 0.1: 0.41, 0.2: 0.28, 0.4: 0.06},
    "entrance": {0.0: 0.01, 0.05: 0.14, 0.1: 0.37, 0.2: 0.40, 0.4: 0.08},
})  # fmt: skip
USUAL_CHANGING: Final[Lights] = MappingProxyType({
    "booth": {0.1: 0.04, 0.2: 0.40, 0.4: 0.56}, "entrance": {0.05: 0.23, 0.1: 0.58, 0.2: 0.19},
})  # fmt: skip
BRIGHT_RESTROOM: Final[Lights] = MappingProxyType({
    "stall": {0.05: 0.06, 0.1: 0.56, 0.2: 0.37, 0.4: 0.01}, "basin": {0.0: 0.38, 0.05: 0.32, 0.1: 0.26, 0.2: 0.04},
    "entrance": {0.0: 0.22, 0.05: 0.37, 0.1: 0.36, 0.2: 0.05},
})  # fmt: skip
BRIGHT_CHANGING: Final[Lights] = MappingProxyType({
    "booth": {0.05: 0.09, 0.1: 0.47, 0.2: 0.42, 0.4: 0.02}, "entrance": {0.0: 0.32, 0.05: 0.56, 0.1: 0.12},
})  # fmt: skip
"""Derived, not measured: the lamp of the design in rooms of 100 to 300 lx, and in bright ones with dark walls
(`hardware/optics`, views), each camera counted with the next smaller light that was measured."""

RESTROOM: Final = MappingProxyType({"stall": _STALL, "basin": _BASIN, "entrance": _ENTRANCE})
CHANGING: Final = MappingProxyType({"booth": _BOOTH, "entrance": _BOOTH})

FIRST: Final = World(
    name="first",
    rooms=(
        RoomKind("restroom", template_plan(), 0.8, RESTROOM, USUAL_RESTROOM),
        RoomKind("changing_room", changing_room(), 0.2, CHANGING, USUAL_CHANGING),
    ),
    lens_shares={"pinhole_1mm": 0.5, "pinhole_1mm_ircut": 0.3, "lens_2mm": 0.2},
    ranges_m=(0.3, 1.5),
    views=10.0,
    streams=(0.75, 0.235),
    neighbour_uplinks=1.5,
    phone_uplinks=0.1,
    other_uploads=4.0,
    sees_light=0.002,
    ble_hint=0.15,
    carrier=0.03,
    exponent=2.2,
    shadowing_db=5.0,
    wall_db=(8.0, 4.0),
)
SECOND: Final = World(
    name="second",
    rooms=(
        RoomKind(
            "restroom", template_plan(), 0.6,
            {zone: _more(table, rest=0.7, drops=2.0, eyes=2.0, facet=2.0) for zone, table in RESTROOM.items()},
            BRIGHT_RESTROOM,
        ),
        RoomKind(
            "changing_room", changing_room(), 0.4,
            {zone: _more(table, rest=0.7, glitter=2.0, mirror_img=2.0, eyes=2.0) for zone, table in CHANGING.items()},
            BRIGHT_CHANGING,
        ),
    ),
    lens_shares={"pinhole_1mm": 0.35, "pinhole_1mm_ircut": 0.45, "lens_2mm": 0.2},
    ranges_m=(0.25, 2.0),
    views=7.0,
    streams=(281 / 440, 95 / 440),
    neighbour_uplinks=3.0,
    phone_uplinks=0.3,
    other_uploads=8.0,
    sees_light=0.005,
    ble_hint=0.4,
    carrier=0.08,
    exponent=2.8,
    shadowing_db=6.5,
    wall_db=(5.0, 4.0),
)  # fmt: skip
"""Fewer screws, more drops, eyes and sequins; more changing rooms, more IR-cuts; twice the neighbours through thinner
walls; brighter rooms with dark walls."""
STREAMS: Final = (739, 750)
"""First world: cameras of `air_halls` not denied within 30 s; half of them are late by 45 ms and more (guessed), which
leaves three quarters of those open (tests/simulators/README.md). Second world: `air_venue`."""
WORLDS: Final[dict[WorldName, World]] = {"first": FIRST, "second": SECOND}

"""The screws of the enclosure: where they stand, what they pass through, how deep their holes are.

Job: one list for the model, which drills the holes, for the bill of materials, which buys the screws, and for the
tests, which ask whether each screw is long enough to hold and short enough not to bottom. Input: the tables behind
`layout.py`; lengths in mm, places in the enclosure's coordinates.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from hardware.enclosure import layout
from hardware.enclosure.solids import Cylinder

SPRING_WASHER_MM = 0.5
"""DIN 127 B for M2: under the heads that hold boards to the front plate, whose holes may not be deeper."""


@dataclass(frozen=True, slots=True)
class Thread:
    """A metric coarse thread, mm."""

    minor: float
    """Of the nut, D1 (ISO 724)."""
    clearance: tuple[float, float]
    """Through holes, fine and coarse series (ISO 273)."""
    pan: tuple[float, float]
    """Head of DIN 7985: diameter, height."""


THREADS = {
    "M2": Thread(1.567, (2.2, 2.6), (4.0, 1.6)),
    "M2.5": Thread(2.013, (2.7, 3.1), (5.0, 2.0)),
    "M3": Thread(2.459, (3.2, 3.6), (6.0, 2.4)),
    "M4": Thread(3.242, (4.3, 4.8), (8.0, 3.1)),
}
"""By the standards named, from memory of their tables: check against a print of them."""
THUMB = (12.0, 8.0)
"""Head of DIN 464 M3: diameter, height with its collar."""


@dataclass(frozen=True, slots=True)
class Fastening:
    """What one kind of screw holds."""

    what: str
    thread: str
    """M2 to M4, or 1/4-20."""
    length_mm: float
    head: str
    """pan, countersunk, thumb or hex."""
    count: int
    through_mm: float
    """What it passes before its thread begins to hold."""
    depth_mm: float
    """Of the hole that it forms its thread in, or of the nut with what may stand out behind it."""
    nut: bool = False
    washer_mm: float = 0.0
    """Spring washer under its head: part of what it passes."""

    @property
    def engaged_mm(self) -> float:
        """Length of thread that holds."""
        return self.length_mm - self.through_mm

    @property
    def article(self) -> str:
        """As the bill of materials names it."""
        return f"{self.thread}x{self.length_mm:g} {self.head}"


def columns() -> list[tuple[float, float, float, float]]:
    """x0, x1, z0, z1 of the four corner columns that take the screws of lid and front plate."""
    shell = layout.shell()["shell"]
    width, inner, back = shell["column_width"], shell["half_width"] - shell["wall"], -shell["front_thickness"]
    rear = layout.rear() + shell["wall"]
    spans = [(-inner, -inner + width), (inner - width, inner)]
    return [(x0, x1, z0, z1) for x0, x1 in spans for z0, z1 in ((back - 14.0, back), (rear, rear + 12.0))]


def lid() -> list[tuple[float, float]]:
    """X and z of the lid's screws."""
    return [((x0 + x1) / 2, (z0 + z1) / 2) for x0, x1, z0, z1 in columns()]


def plate() -> list[tuple[float, float]]:
    """X and y of the front plate's screws, in the two front columns."""
    shell = layout.shell()["shell"]
    x = shell["half_width"] - shell["wall"] - shell["column_width"] / 2
    return [(sx * x, sy * shell["front_screw_y"]) for sx in (-1, 1) for sy in (-1, 1)]


def bracket() -> list[tuple[float, float]]:
    """X and y of the camera bracket's posts."""
    camera = layout.shell()["camera"]
    return [(sx * camera["post_x"], sy * camera["post_y"]) for sx in (-1, 1) for sy in (-1, 1)]


def light_box() -> list[tuple[float, float]]:
    """X and y of the screws that hold the white light box to the front plate."""
    x = layout.shell()["white"]["centre_x"]
    return [(x + 21.0 * side, y) for side in (-1, 1) for y in (-26.0, 26.0)]


def aim() -> list[tuple[float, float]]:
    """X and y of the aiming tube's screws."""
    return [(layout.shell()["aim"]["centre_x"], side * 11.5) for side in (-1, 1)]


def thermal() -> list[tuple[float, float]]:
    """X and y of the screws of the plate over the thermal array's opening."""
    table = layout.shell()["thermal"]
    x, y = table["at"]
    return [(x + side * table["screw_x"], y) for side in (-1, 1)]


def bars() -> list[tuple[float, float]]:
    """X and y of the bars' screws."""
    return [(x + px, py) for x in layout.bar_centres() for px, py in layout.boards()["bar"]["holes_mm"]]


def _camera() -> list[tuple[float, float]]:
    """X and y of the camera's screws."""
    pitch = layout.shell()["camera"]["hole_pitch"] / 2
    return [(sx * pitch, sy * pitch) for sx in (-1, 1) for sy in (-1, 1)]


def door() -> float:
    """Y of the door's thumbscrews, which come from both sides at the grip's middle."""
    return layout.grip_bottom() + float(layout.shell()["grip"]["door_overlap"]) / 2


def grip() -> list[tuple[float, float]]:
    """X and z of the screws between shell and grip."""
    table = layout.shell()["grip"]
    x, z = table["flange_screw_x"], table["flange_screw_z"]
    return [(sx * x, table["z"] + sz * z) for sx in (-1, 1) for sz in (-1, 1)]


def wifi() -> list[tuple[float, float]]:
    """X and z of the screws that hold the adapter's shell, from inside the lid."""
    return [(x, z) for x, z in layout.shell()["wifi"]["posts"]]


def phone() -> list[tuple[float, float]]:
    """X and z of the screws of the phone's foot, from inside the lid."""
    table = layout.shell()["phone"]
    return [(table["x"] + side * table["screw_x"], table["z"]) for side in (-1, 1)]


def fastenings() -> dict[str, Fastening]:
    """All screws of a probe by what they hold."""
    shell, boards = layout.shell(), layout.boards()
    ring, bar, white, carrier = (boards[name]["thickness_mm"] for name in ("ring", "bar", "white", "carrier"))
    wall, front, gasket = shell["shell"]["wall"], shell["shell"]["front_thickness"], shell["eye"]["gasket"]
    grip_mm = shell["grip"]["flange"][2] + wall
    spring, front_depth = SPRING_WASHER_MM, front - 1.2  # a wall of 1.2 mm stays in front of the hole
    pi_mm, door_mm = shell["pi"]["standoff"] - 1.0, shell["grip"]["door_wall"] + shell["grip"]["door_clearance"]
    washed = {name: mm + gasket + spring for name, mm in (("ring", ring), ("bar", bar))}
    found = (
        Fastening(
            "ring board", "M2", 4, "pan", len(layout.ring_screws()), washed["ring"], front_depth, washer_mm=spring
        ),
        Fastening("bars", "M2", 4, "pan", len(bars()), washed["bar"], front_depth, washer_mm=spring),
        Fastening("light box", "M2", 8, "pan", len(light_box()), 5.8, front_depth),
        Fastening("aiming tube", "M2", 5, "pan", len(aim()), 3.0, front_depth),
        Fastening("thermal plate", "M2", 4, "pan", len(thermal()), shell["thermal"]["flange"][2], front_depth),
        Fastening("camera", "M2.5", 6, "pan", 4, shell["camera"]["board_thickness"], shell["camera"]["back"] + 3.0),
        Fastening("pi", "M2.5", 6, "pan", len(layout.pi_holes()), 1.6, pi_mm),
        Fastening("camera bracket", "M3", 16, "countersunk", len(bracket()), front, 14.0),
        Fastening("white board", "M3", 5, "pan", len(layout.white_screws()), white, 4.0),
        Fastening("carrier", "M3", 8, "pan", len(boards["carrier"]["holes_mm"]), carrier, 12.0),
        Fastening("front plate", "M3", 12, "countersunk", len(plate()), front, 12.0),
        Fastening("lid", "M3", 8, "countersunk", len(lid()), wall, 7.0),
        Fastening("adapter shell", "M3", 10, "pan", len(wifi()), wall, 12.0),
        Fastening("phone foot", "M3", 10, "pan", len(phone()), wall, 8.0),
        Fastening("door", "M3", 6, "thumb", 2, door_mm, 6.0 - door_mm),
        Fastening("grip", "M4", 10, "pan", len(grip()), grip_mm, 4.0, nut=True),
    )
    return {one.what: one for one in found}


@dataclass(frozen=True, slots=True)
class Placed:
    """One screw where it stands; `axis` and `at` as in `solids.Cylinder`."""

    what: str
    axis: str
    at: tuple[float, float]
    seat: float
    """Where its head rests, or a countersunk one lies flush."""
    way: int
    """1: its tip points along the axis, -1: against it."""

    def span(self, begin_mm: float, end_mm: float) -> tuple[float, float]:
        """From and to along the axis, measured from the seat towards the tip."""
        ends = self.seat + self.way * begin_mm, self.seat + self.way * end_mm
        return min(ends), max(ends)

    def shank(self) -> Cylinder:
        """Its thread, at the nominal diameter."""
        held = fastenings()[self.what]
        return Cylinder(self.axis, self.at, float(held.thread[1:]) / 2, *self.span(0.0, held.length_mm))

    def head(self) -> Cylinder | None:
        """Its head; None for a countersunk one."""
        held = fastenings()[self.what]
        if held.head == "countersunk":
            return None
        wide, high = THUMB if held.head == "thumb" else THREADS[held.thread].pan
        return Cylinder(self.axis, self.at, wide / 2, *self.span(-high, 0.0))


def placed() -> list[Placed]:
    """Every screw of a probe."""
    s = layout.shell()
    back, board, front = -s["shell"]["front_thickness"], layout.boards(), layout.ring_front()
    top, under = layout.lid_top(), layout.lid_top() - s["shell"]["wall"]
    camera, table, held = layout.camera_board_front(), s["grip"], fastenings()
    behind = {name: front - board[name]["thickness_mm"] - SPRING_WASHER_MM for name in ("ring", "bar")}
    carrier = s["carrier"]["underside"] + board["carrier"]["thickness_mm"]
    side = table["outer"][0] / 2 + table["door_clearance"] + table["door_wall"]
    groups = (
        ("ring board", "z", layout.ring_screws(), behind["ring"], 1),
        ("bars", "z", bars(), behind["bar"], 1),
        ("light box", "z", light_box(), back - held["light box"].through_mm, 1),
        ("aiming tube", "z", aim(), back - held["aiming tube"].through_mm, 1),
        ("thermal plate", "z", thermal(), back - held["thermal plate"].through_mm, 1),
        ("camera", "z", _camera(), camera, -1),
        ("pi", "y", layout.pi_holes(), layout.floor() + s["pi"]["standoff"] + 1.6, -1),
        ("camera bracket", "z", bracket(), 0.0, -1),
        ("white board", "z", layout.white_screws(), layout.white_board_front() - board["white"]["thickness_mm"], 1),
        ("carrier", "y", [layout.carrier_hole(index) for index in range(4)], carrier, -1),
        ("front plate", "z", plate(), 0.0, -1),
        ("lid", "y", lid(), top, -1),
        ("adapter shell", "y", wifi(), under, 1),
        ("phone foot", "y", phone(), under, 1),
        ("door", "x", [(door(), table["z"])], side, -1),
        ("door", "x", [(door(), table["z"])], -side, 1),
        ("grip", "y", grip(), layout.grip_top() - table["flange"][2], 1),
    )
    return [Placed(what, axis, at, seat, way) for what, axis, places, seat, way in groups for at in places]


def articles() -> Counter[str]:
    """How many of each screw a probe takes; nuts and washers under their thread."""
    wanted: Counter[str] = Counter()
    for one in fastenings().values():
        wanted[one.article] += one.count
        if one.nut:
            wanted[f"{one.thread} nut"] += one.count
        if one.washer_mm:
            wanted[f"{one.thread} spring washer"] += one.count
    return wanted

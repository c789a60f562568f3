"""The screws of the enclosure: where they stand, what they pass through, how deep their holes are.

Job: one list for the model, which drills the holes, for the bill of materials, which buys the screws, and for the
tests, which ask whether each screw is long enough to hold and short enough not to bottom. Input: the tables behind
`layout.py`; lengths in mm, places in the enclosure's coordinates.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from hardware.enclosure import layout


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
    return [(sx * x, sy * (shell["half_height"] - 9.0)) for sx in (-1, 1) for sy in (-1, 1)]


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
    names = ("ring", "arc", "bar", "white", "carrier")
    ring, arc, bar, white, carrier = (boards[name]["thickness_mm"] for name in names)
    wall, front, gasket = shell["shell"]["wall"], shell["shell"]["front_thickness"], shell["eye"]["gasket"]
    grip_mm = shell["grip"]["flange"][2] + wall
    found = (
        Fastening("ring board", "M2", 4, "pan", len(layout.ring_screws()), ring + gasket, 2.7),
        Fastening("arc board", "M2", 4, "pan", len(layout.arc_screws()), arc + gasket, 2.7),
        Fastening("bars", "M2", 4, "pan", 2 * len(boards["bar"]["holes_mm"]), bar + gasket, 2.7),
        Fastening("light box", "M2", 8, "pan", len(light_box()), 5.5, 2.7),
        Fastening("aiming tube", "M2", 5, "pan", len(aim()), 3.0, 2.7),
        Fastening("camera", "M2.5", 6, "pan", 4, shell["camera"]["board_thickness"], shell["camera"]["back"] + 3.0),
        Fastening("pi", "M2.5", 6, "pan", len(layout.pi_holes()), 1.6, shell["pi"]["standoff"] + 1.5),
        Fastening("camera bracket", "M3", 16, "countersunk", len(bracket()), front, 14.0),
        Fastening("white board", "M3", 5, "pan", len(layout.white_screws()), white, 4.0),
        Fastening("carrier", "M3", 8, "pan", len(boards["carrier"]["holes_mm"]), carrier, 12.0),
        Fastening("front plate", "M3", 12, "countersunk", len(plate()), front, 12.0),
        Fastening("lid", "M3", 8, "countersunk", len(lid()), wall, 12.0),
        Fastening("adapter shell", "M3", 10, "pan", len(wifi()), wall, 12.0),
        Fastening("phone foot", "M3", 10, "pan", len(phone()), wall, 7.2),
        Fastening("door", "M3", 6, "thumb", 2, 2.5 + shell["grip"]["door_clearance"], 3.3),
        Fastening("grip", "M4", 12, "pan", len(grip()), grip_mm, 5.0, nut=True),
    )
    return {one.what: one for one in found}


def articles() -> Counter[str]:
    """How many of each screw a probe takes; nuts under their thread."""
    wanted: Counter[str] = Counter()
    for one in fastenings().values():
        wanted[one.article] += one.count
        if one.nut:
            wanted[f"{one.thread} nut"] += one.count
    return wanted

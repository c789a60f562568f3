"""Mass of the probe with and without its bank, where it balances, and what a fall from a metre does.

Job: add up printed volumes and the masses of the bill; one formula for a fall. Input: the exported meshes, `bom.csv`,
`enclosure.toml`; output: grams, mm and the tables of `README.md` (`python -m hardware.documents`). Printed parts weigh
what the slicer says (`printing.py`), bought ones what the bill says.
"""

from __future__ import annotations

from collections.abc import Sequence

from manifold3d import Manifold

from hardware import bom
from hardware.enclosure import layout, mesh, printing

GRAVITY = 9.81
TPU_J_CM3 = 1.25
"""Taken up by TPU of 85 Shore A pressed to half its height: about 5 MPa at half, nearly straight (guessed)."""
PLACES = {"eye": "camera, lens, filter", "lid": "Wi-Fi adapter, phone clamp, light"}
AWAY = ("tools",)
"""Places of the bill that are not carried."""


def printed_g() -> dict[str, float]:
    """Each part but the corner blocks, which stand in the bill."""
    return {name: row["grams"] for name, row in printing.record().items() if name != "corner_block"}


def bank_g(bill: Sequence[bom.Line]) -> float:
    """One bank: the second one lies in the bag."""
    return next(line.mass_g for line in bill if line.fits == "power bank")


def groups_g(bill: Sequence[bom.Line]) -> dict[str, float]:
    """Grams by what carries them, the bank left out."""
    found = {"printed parts": sum(printed_g().values()), "boards with their parts": 0.0, "screws": 0.0}
    for line in bill:
        mass = line.quantity * line.mass_g
        if line.is_on_boards or line.place in ("boards", "carrier"):
            found["boards with their parts"] += mass
        elif line.place == "screws":
            found["screws"] += mass
        elif line.place == "outside":
            found["strap, corner blocks, cord"] = found.get("strap, corner blocks, cord", 0.0) + mass
        elif line.place not in AWAY and line.fits != "power bank":
            name = PLACES.get(line.place, "Pi, radio modules, converters, cables")
            found[name] = found.get(name, 0.0) + mass
    return found


def total_g(bill: Sequence[bom.Line]) -> tuple[float, float]:
    """Without and with one bank."""
    without = sum(groups_g(bill).values())
    return without, without + bank_g(bill)


def balance_z_mm(bill: Sequence[bom.Line]) -> float:
    """Where along the optical axis it balances, bank included: printed parts, bank and what has a place of its own."""
    masses = {
        line.fits: line.quantity * line.mass_g for line in bill if line.fits and line.quantity and not line.is_on_boards
    }
    boards = sum(line.quantity * line.mass_g for line in bill if line.is_on_boards and "carrier" in line.place)
    masses |= {"carrier": boards + 60.0, "power bank": bank_g(bill), "converters": masses.pop("converter", 0.0)}
    moments = [(g, middle_z_mm(mesh.part(name))) for name, g in printed_g().items() if name != "cap"]
    moments += [(masses[name], middle_z_mm(solid)) for name, solid in mesh.contents().items() if name in masses]
    return sum(g * z for g, z in moments) / sum(g for g, _ in moments)


def middle_z_mm(solid: Manifold) -> float:
    """Middle of a solid's bounding box along z (mm): good enough for boxes and shells."""
    box = solid.bounding_box()
    return float(box[2] + box[5]) / 2


def fall_j(mass_g: float, height_m: float = 1.0) -> float:
    """Energy of a fall."""
    return mass_g * 1e-3 * GRAVITY * height_m


def corner_j() -> float:
    """What a corner block takes up when the half of it that a corner falls on is pressed to half its thickness."""
    x, y, z = layout.shell()["corner"]["block"]
    return float(x * y * z) / 2 * 1e-3 * TPU_J_CM3


def deceleration_g(stop_mm: float, height_m: float = 1.0) -> float:
    """Mean deceleration over a stopping distance, in multiples of gravity; the peak is about twice that."""
    return height_m * 1e3 / stop_mm


def mass_table() -> list[str]:
    """Lines of what the groups and the whole weigh."""
    bill = bom.lines()
    without, with_bank = total_g(bill)
    groups = "; ".join(f"{name} {grams:.0f} g" for name, grams in groups_g(bill).items())
    whole = (
        f"**without bank {without:.0f} g**, bank {bank_g(bill):.0f} g, **in the hand {with_bank:.0f} g** without phone"
    )
    rows = [f"{groups[0].upper()}{groups[1:]}; {whole}.", ""]
    grip, z = layout.shell()["grip"]["z"], balance_z_mm(bill)
    return [
        *rows,
        f"It balances {abs(z - grip):.0f} mm {'behind' if z < grip else 'in front of'} the middle of the handle.",
    ]


def fall_table() -> list[str]:
    """Lines of the list of a fall from a metre."""
    mass = total_g(bom.lines())[1]
    stop = layout.shell()["corner"]["block"][0] / 2
    mean = deceleration_g(stop)
    return [
        f"A fall from 1 m has {fall_j(mass):.1f} J; half a corner block at half its thickness takes {corner_j():.1f}.",
        f"It brakes over {stop:g} mm with {mean:.0f} g, at its peak about {2 * mean:.0f} g; 1 mm of plastic without",
        f"blocks with {deceleration_g(1.0):.0f} g.",
    ]

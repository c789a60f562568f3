"""Generates the carrier's schematic from `circuit.py`, `interfaces.toml` and the firmware's `pins.toml`."""

import tomllib
from pathlib import Path

import circuit
import circuit_head
import circuit_lamps
import circuit_pi
import circuit_power
from parts import boxes
from sexpr import Node, Quoted, number, stable_id, write
from sheet import Sheet
from symbols import GRID, Symbol, library

HARDWARE = Path(__file__).resolve().parent.parent
PINS = HARDWARE.parent / "firmware/board/atmega328p/pins.toml"
NANO_PINS = {
    "TX1": "1", "RX0": "2", "D2": "5", "D3": "6", "D4": "7", "D5": "8", "D6": "9", "D7": "10", "D8": "11", "D9": "12", "D10": "13",
    "D11": "14", "D12": "15", "D13": "16", "A0": "19", "A1": "20", "A2": "21", "A3": "22", "A4": "23", "A5": "24", "A6": "25", "A7": "26",
}  # fmt: skip
"""Label on the Nano to pin number (Gravitech Arduino Nano 3.0, pin layout)."""
SHEETS = (
    ("banks", "Power banks", "Two USB-C inputs, ideal diodes\n4 A fuse, switch, energy meter", circuit_power.banks),
    ("power", "Supplies", "5 V to the Pi; 18 V for lamps\nQuiet 5 V, 3.3 V", circuit_power.power),
    ("head", "Sensor head", "Arduino Nano, pull-downs\nReference, button, buzzer", circuit_head.head),
    ("rf", "Radio", "AD8318, RX5808, filters\nLM1881 counts lines", circuit_head.rf),
    (
        "limiter",
        "Limits in hardware",
        "Windows of the pulses, decoder\nOn-time counters of white, aim",
        circuit_lamps.limiter,
    ),
    ("lamps", "Infrared lamps", "on_axis, off_axis, middle ring\nReservoirs bound the average", circuit_lamps.lamps),
    ("red", "Red lamp", "Driver; bursts, then rest,\nby one-shots alone", circuit_lamps.red),
    ("visible", "Visible lights", "White: three sinks from 5 V\nAiming spot: one LED", circuit_lamps.visible),
    ("camera", "Camera", "Supply switched, light on it\nTrigger at 1.8 V", circuit_pi.camera),
    ("pi", "Raspberry Pi", "Pins 1 to 20, serial line\nIMU", circuit_pi.pi),
    (
        "extras",
        "Range, thermal, reset",
        "Range sensor, thermal array on\nthe camera's supply; reset",
        circuit_pi.extras,
    ),
)

LOCAL = {"LAMP_IN", "LAMP_SW", "CAM_1V8", "V_FUSED", "V_SWITCHED"}
"""Nets of one wire that only carry a name: a plain label is enough."""


def nano_nets() -> dict[str, str]:
    """Pin number of the Nano to net: the names of pins.toml in capitals."""
    pins = tomllib.loads(PINS.read_text())
    return {
        NANO_PINS[row["nano"]]: name.upper() for table in ("pin", "analog_only") for name, row in pins[table].items()
    }


def write_schematic(folder: Path, project: str, symbols: dict[str, Symbol]) -> None:
    """All sheets, the root with its block diagram among them."""
    circuit.NANO_NETS.update(nano_nets())
    sheets = []
    for name, title, _, describe in SHEETS:
        sheet = Sheet(name, f"Carrier: {title}", symbols, revision="C")
        describe(sheet)
        sheets.append(sheet)
    root = str(stable_id(project, "root"))
    for page, sheet in enumerate(sheets, 2):
        sheet.render(
            folder / f"{sheet.name}.kicad_sch",
            page,
            LOCAL,
            f"/{root}/{stable_id(project, sheet.name, 'symbol')}",
            project,
        )
    (folder / f"{project}.kicad_sch").write_text(write(_root(project, root)) + "\n")


def _root(project: str, root: str) -> Node:
    paper = Sheet("root", "Carrier of the sweep probe", {})
    paper.text("CARRIER OF THE SWEEP PROBE", (8, 9), 4, bold=True)
    paper.text("Each box is a sheet; nets that leave a sheet carry the same name everywhere. Lamps: a select line, the common strobe, and a\n"
               "window made in hardware must agree. Nothing on this board is a laser, and the camera has no supply until GPIO17 of the Pi is high.",
               (8, 12), 1.6)  # fmt: skip
    node: Node = ["kicad_sch", ["version", "20250114"], ["generator", Quoted("ansim")], ["generator_version", Quoted("9.0")],
                  ["uuid", Quoted(root)], ["paper", Quoted("A4")],
                  ["title_block", ["title", Quoted("Carrier of the sweep probe")], ["date", Quoted("2026-12-01")], ["rev", Quoted("C")],
                   ["company", Quoted("Ansim Sweep")], ["comment", "1", Quoted("MIT licence; generated, see hardware/generate")]],
                  ["lib_symbols"]]  # fmt: skip
    paper.text("Tracks (IPC-2221, outer layer, 35 um, 10 K): see carrier/README.md\nF1 4 A replaceable; F2, F3 resettable\n"
               "H1 to H4: M3, on ground. Optional lamps: J7, J8", (8, 63), 1.6)  # fmt: skip
    for i, (name, title, words, _) in enumerate(SHEETS):
        x, y, w, h = 8 + 26 * (i % 4), 18 + 15 * (i // 4), 23, 10
        paper.text(words, (x + 1, y + 5), 1.6)
        node.append(["sheet", ["at", number(x * GRID), number(y * GRID)], ["size", number(w * GRID), number(h * GRID)],
                     ["exclude_from_sim", "no"], ["in_bom", "yes"], ["on_board", "yes"], ["dnp", "no"],
                     ["stroke", ["width", "0.25"], ["type", "solid"], ["color", "90", "110", "150", "1"]],
                     ["fill", ["color", "243", "246", "252", "1"]], ["uuid", stable_id(project, name, "symbol")],
                     _property("Sheetname", title, x + 0.2, y - 0.4, 2.2, "bottom"), _property("Sheetfile", f"{name}.kicad_sch", x + 0.2, y + h + 0.4, 1.27, "top"),
                     ["instances", ["project", Quoted(project), ["path", Quoted(f"/{root}"), ["page", Quoted(str(i + 2))]]]]])  # fmt: skip
    return [
        *node,
        *paper.nodes,
        ["sheet_instances", ["path", Quoted("/"), ["page", Quoted("1")]]],
        ["embedded_fonts", "no"],
    ]


def _property(key: str, value: str, x: float, y: float, size: float, side: str) -> Node:
    return ["property", Quoted(key), Quoted(value), ["at", number(x * GRID), number(y * GRID), "0"],
            ["effects", ["font", ["size", number(size), number(size)]], ["justify", "left", side]]]  # fmt: skip


def main() -> None:
    """Library and schematic; the board is made from the netlist by `board.py`."""
    (HARDWARE / "lib").mkdir(exist_ok=True)
    (HARDWARE / "carrier").mkdir(exist_ok=True)
    symbols = library(boxes(), HARDWARE / "lib/ansim.kicad_sym")
    write_schematic(HARDWARE / "carrier", "carrier", symbols)


if __name__ == "__main__":
    main()

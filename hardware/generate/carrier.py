"""Generates the carrier's schematic from `circuit.py`, `interfaces.toml` and the firmware's `pins.toml`."""

import tomllib
from pathlib import Path

import circuit
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
    (
        "power",
        "Power",
        "USB-C power bank, 4 A fuse, 5 V to the Pi\n18 V for the pulsed lamps, behind a 0.5 A fuse\nQuiet 5 V for radio, 3.3 V for the IMU",
        circuit.power,
    ),
    (
        "head",
        "Sensor head",
        "Arduino Nano: firmware/board/atmega328p\nPull-downs, 2.5 V reference, thermometer\nButton, buzzer, test points",
        circuit.head,
    ),
    (
        "rf",
        "Radio",
        "AD8318 log detector, 16 kHz filter\nRX5808 tuner at 3.3 V levels\nLM1881 sync separator, lines to T0",
        circuit.rf,
    ),
    (
        "limiter",
        "Limits in hardware",
        "Pulse windows of the infrared and red lamps\nOn-time counters of white and aim\nIndependent of the firmware",
        circuit.limiter,
    ),
    (
        "lamps",
        "Pulsed lamps",
        "on_axis, off_axis; middle_ring, red (reserved)\nReservoirs that bound the average\nTwo current sinks a group",
        circuit.lamps,
    ),
    (
        "visible",
        "Visible lights",
        "White stimulus: three sinks from 5 V\nAiming spot: one LED, no laser",
        circuit.visible,
    ),
    (
        "camera",
        "Camera",
        "Cable passes through, supply is switched\nCamera-on light on the switched supply\nTrigger at 1.8 V",
        circuit.camera,
    ),
    (
        "pi",
        "Raspberry Pi",
        "Ribbon to pins 1 to 10, serial line\nSecure element on the Pi's bus\nIMU on the Nano's bus",
        circuit.pi,
    ),
)

LOCAL = {"VBUS", "LAMP_IN", "CAM_1V8"}
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
        sheet = Sheet(name, f"Carrier: {title}", symbols)
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
               "window made in hardware must agree. Nothing on this board is a laser, and the camera has no supply until GPIO4 of the Pi is high.",
               (8, 12), 1.6)  # fmt: skip
    node: Node = ["kicad_sch", ["version", "20250114"], ["generator", Quoted("ansim")], ["generator_version", Quoted("9.0")],
                  ["uuid", Quoted(root)], ["paper", Quoted("A4")],
                  ["title_block", ["title", Quoted("Carrier of the sweep probe")], ["date", Quoted("2026-11-24")], ["rev", Quoted("A")],
                   ["company", Quoted("Ansim Sweep")], ["comment", "1", Quoted("MIT licence; generated, see hardware/generate")]],
                  ["lib_symbols"]]  # fmt: skip
    paper.text("Tracks (IPC-2221, outer layer, 35 um, 10 K): see carrier/README.md\nF1 4 A replaceable; F2, F3 resettable\n"
               "H1 to H4: M3, on ground\nUnpopulated lamps: headers J7 and J8", (78, 57), 1.6)  # fmt: skip
    for i, (name, title, words, _) in enumerate(SHEETS):
        x, y, w, h = 8 + 35 * (i % 3), 18 + 17 * (i // 3), 30, 12
        paper.text(words, (x + 1, y + 6), 1.8)
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

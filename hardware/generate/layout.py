"""Where the carrier's parts stand and how wide its tracks are. Lengths in mm from the upper left corner, y down."""

import circuit
from board import HARDWARE, Maker, Place, Plan
from parts import CAMERA_CABLE
from router import Klass

WIDE = [Klass(0.25, 0.6, 0.3), Klass(0.5, 0.8, 0.4), Klass(0.8, 0.8, 0.4), Klass(1.2, 0.8, 0.4)]
KLASS_NETS: dict[int, list[str]] = {
    1: [
        "ON_AXIS_K*",
        "OFF_AXIS_K*",
        "MIDDLE_RING_K*",
        "RED_K*",
        "AIM_K",
        "PI_CAM_3V3",
        "CAM_3V3",
        "+3V3",
        "WHITE_K*",
        "GND",
        "/Power/VBUS",
        "+18V",
        "/Power/LAMP_IN",
    ],
    2: ["+5V", "+5VA", "ON_AXIS_A", "OFF_AXIS_A", "MIDDLE_RING_A", "RED_A", "WHITE_A"],
}
SINK_X = [9.5 + 11.2 * i for i in range(12)]
"""Columns of the twelve current sinks: four pulsed groups of two, white of three, aim."""


def places() -> dict[str, Place]:
    """Designator to place."""
    at: dict[str, Place] = {
        "H1": (4, 4, 0), "H2": (146, 4, 0), "H3": (4, 96, 0), "H4": (146, 96, 0),
        # power, left
        "J1": (3.7, 22, 270), "R1": (14.5, 28.5, 90), "R2": (17, 28.5, 90), "F1": (18, 20, 0), "D1": (25.2, 28.3, 90), "C1": (20.5, 36, 0),
        "J2": (6, 36, 270), "R3": (29, 36, 90), "D2": (29, 40.3, 90), "R4": (31.8, 37, 90), "R5": (34.2, 37, 90), "C2": (36.6, 37, 90),
        "F2": (10, 47, 0), "C3": (16, 47, 90), "JP1": (8, 52.5, 90), "R6": (15, 52.8, 90), "U2": (21.5, 53, 0), "L1": (21.5, 47, 0), "R7": (26.5, 53, 90),
        "R8": (29, 53, 90), "C4": (33, 53, 90), "C5": (36.5, 53, 90), "TP1": (30.5, 30.5, 0), "TP2": (40, 53, 0),
        # 3.3 V, top right, beside the IMU
        "U1": (121, 15.5, 0), "C6": (117.2, 15.5, 90), "C7": (124.6, 15.5, 90), "TP3": (124.6, 20, 0),
        "J18": (103.8, 5, 90), "Q26": (105, 14.5, 0), "Q27": (111, 14.5, 0), "R107": (103.4, 18.8, 90), "R108": (106.2, 18.8, 90),
        "R109": (109.0, 18.8, 90), "R110": (111.8, 18.8, 90),
        # camera, top left
        "J13": (36, 9, 0), "J14": (36, 22, 0),
        "U12": (55.5, 9, 0), "C35": (59.5, 9, 90), "R102": (52, 9, 90), "U13": (55.5, 18, 0), "C36": (61, 18, 90),
        "R103": (62.4, 11.5, 90), "D6": (62.4, 6.5, 90), "R104": (69, 12, 90), "J15": (66.8, 5.5, 0),
        "U14": (66, 18.5, 0), "C37": (69.8, 18.5, 90), "U15": (74, 18.5, 0), "R105": (75.5, 12.5, 90), "J16": (73.8, 5, 90),
        # Pi, top middle
        "J17": (85.4, 9.5, 90), "U16": (80, 17, 0), "R106": (76.8, 24, 90), "C38": (83.2, 17.5, 90), "U17": (87, 17, 0), "C39": (90, 21.5, 90),
        "JP2": (80, 22.5, 90), "U18": (97, 25, 0), "C40": (102.5, 25, 90),
        # sensor head
        "A1": (54, 47.5, 90), "U3": (86, 27.5, 0), "R19": (89.5, 27.5, 90), "C10": (82.4, 27.5, 90), "TP11": (94, 20.3, 0),
        "U4": (56, 60, 0), "R20": (63.5, 28, 90), "C11": (66, 28, 90), "R24": (70.6, 28, 90), "C13": (73.3, 28, 90),
        "R21": (47, 38.4, 90), "R22": (44.5, 38.4, 90), "C12": (42, 38.4, 90), "SW1": (38.5, 42.5, 0),
        "J3": (44, 30.5, 0),
        "BZ1": (134.5, 61.5, 0), "Q1": (129, 57.5, 0), "D3": (134, 53.6, 0), "R23": (128.5, 53.6, 0),
        # pull-downs under the Nano's lower row
        "R10": (66.0, 52.2, 90), "R11": (68.7, 52.2, 90), "R12": (71.4, 52.2, 90), "R13": (74.1, 52.2, 90), "R16": (76.8, 52.2, 90), "R18": (79.5, 52.2, 90), "R17": (62, 52, 90),
        "R14": (76.0, 28, 90), "R15": (78.7, 28, 90),
        # radio, right
        "J4": (143, 14, 0), "C14": (136.5, 17, 90), "J5": (143, 29, 0), "C16": (131, 28, 0), "C17": (135.6, 21.3, 90),
        "FB1": (118, 25, 0), "C8": (122, 30, 0), "C9": (128, 22, 90),
        "R25": (112, 42, 90), "R26": (114.4, 42, 90), "R27": (116.8, 42, 90), "R28": (119.2, 42, 90), "R29": (121.6, 42, 90), "R30": (124, 42, 90),
        "R31": (99, 32.5, 90), "C15": (101.4, 32.5, 90),
        "U5": (121, 49.5, 0), "R32": (138, 49, 90), "R33": (135.5, 49, 90), "C18": (133, 49, 90), "C19": (130, 49, 90), "R34": (127.5, 49, 90),
        "C20": (115.8, 54.4, 0), "R35": (114.8, 49, 90), "C21": (121.2, 54.4, 0), "TP14": (141, 53, 0),
        # limits, middle
        "U6": (46.5, 61.5, 90), "R36": (36.5, 58.2, 90), "C22": (39.1, 58.2, 90), "R37": (36.5, 63.8, 90), "C23": (39.1, 63.8, 90), "C24": (53, 64.2, 90),
        "U7": (64.5, 61.5, 90), "C41": (70.8, 63.5, 90), "U8": (77.5, 61.5, 90), "C42": (83.8, 63.5, 90), "U11": (90, 61.5, 90), "C43": (96.3, 64, 90),
        "U9": (103.6, 61.5, 90), "R38": (110.2, 58.5, 90), "R39": (112.6, 58.5, 90), "C25": (110.2, 63.5, 90), "D4": (112.9, 64, 90), "C26": (96.3, 59, 90),
        "U10": (121.3, 63.5, 90), "R41": (117.5, 57.6, 0), "R42": (122.5, 57.6, 0), "C27": (128.6, 62.5, 90), "D5": (128.6, 68.3, 90), "C28": (115, 69.6, 0),
        # white
        "F3": (15, 42.2, 0), "C34": (132.5, 73, 0),
    }  # fmt: skip
    columns = (2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24)
    resistors = (51, 55, 61, 65, 71, 75, 81, 85, 90, 93, 96, 99)
    for x, q, r in zip(SINK_X, columns, resistors, strict=True):
        at[f"Q{q}"] = (x + 4.5, 86, 90)
        at[f"Q{q + 1}"] = (x + 0.5, 82.6, 0)
        at[f"R{r}"] = (x + 0.5, 78.8, 0)
        at[f"R{r + 1}"] = (x + 4.6, 78.8, 0)
        at[f"R{r + 2}"] = (x + (6.3 if 90 <= r < 99 else 5.0), 82.2, 180)
    for n, (r, c) in enumerate(((50, 30), (60, 31), (70, 32), (80, 33))):
        x = SINK_X[2 * n]
        at[f"R{r}"] = (x + 2.5, 72, 0)
        at[f"C{c}"] = (x + 10.5, 72, 0)
    connectors = {"J6": 10, "J9": 34, "J10": 44, "J7": 59, "J8": 81, "J11": 106, "J12": 135}
    at |= {ref: (float(x), 95.0, 0.0) for ref, x in connectors.items()}
    test_points = {
        "TP4": (8, 62),
        "TP5": (99.5, 72.5),
        "TP6": (57, 66),
        "TP7": (80.8, 56),
        "TP8": (70, 24),
        "TP9": (104.5, 31),
        "TP10": (110, 49),
        "TP12": (50.5, 28.5),
        "TP13": (50, 55),
    }
    return at | {ref: (x, y, 0.0) for ref, (x, y) in test_points.items()}


PINS = {
    "J3": ("BTN", "GND"), "J4": ("5V", "GND", "OUT", "GND"), "J5": ("GND", "5V", "DATA", "SEL", "CLK", "RSSI", "VIDEO", "GND"),
    "J6": ("A", "K1", "K2"), "J7": ("A", "K1", "K2"), "J8": ("A", "K1", "K2"), "J9": ("A", "K"), "J10": ("A", "K"),
    "J11": ("A", "K1", "K2", "K3"), "J12": ("A", "K"), "J15": ("A", "K"), "J16": ("XTR", "GND"),
    "J18": ("VCC", "GND", "SCL", "SDA", "XDA", "XCL", "AD0", "INT"),
}  # fmt: skip
"""Words beside the pins of each header, pin 1 first."""
SIDES = {"J3": "down", "J4": "left", "J5": "left", "J15": "down", "J16": "down", "J18": "down"}
WORDS = (
    ("ON AXIS", 12, 89.9, 1.2), ("LEFT", 35, 89.9, 1.2), ("RIGHT", 45, 89.9, 1.2), ("MIDDLE RING", 61, 89.9, 1.2), ("RED", 83, 89.9, 1.2),
    ("WHITE", 109, 89.9, 1.2), ("AIM", 136, 89.9, 1.2), ("5V 3A IN", 8, 14.6, 1.2), ("TO PI", 6.5, 31.2, 1.2), ("4A FAST", 18, 15.6, 1.0), ("+5V", 12.4, 36.0, 0.9), ("GND", 12.4, 39.4, 0.9),
    ("LAMPS", 9.2, 56, 1.2), ("UART", 80, 26, 1.0), ("PI PINS 1-10", 90.4, 2.0, 1.0), ("CAMERA: PI SIDE", 36, 3.6, 1.2),
    ("CAMERA SIDE", 36, 16.6, 1.2), ("CAM ON", 66.5, 1.6, 1.0), ("IMU GY-521", 112.5, 1.9, 1.0), ("AD8318", 140.3, 10.2, 1.2), ("RX5808", 140.3, 25.4, 1.2),
    ("BUTTON", 45, 26.2, 1.0), ("ANSIM SWEEP", 113.5, 73, 1.8), ("CARRIER  REV A", 113.5, 75.6, 1.2),
)  # fmt: skip
NET_WORDS = {"TP1": "+5V", "TP2": "+18V", "TP3": "+3V3", "TP4": "GND", "TP5": "GND", "TP6": "STROBE", "TP7": "TRIG", "TP8": "LOG", "TP9": "RSSI",
             "TP10": "SYNC", "TP11": "AREF", "TP12": "BATT", "TP13": "RESET", "TP14": "VIDEO"}  # fmt: skip
"""What is printed beside each test point."""


def plan() -> Plan:
    """The carrier."""
    table = circuit.TABLE["carrier"]
    at = places()
    vbus = [
        (6.4, 20.05),
        (11, 20.05),
        (11, 18.2),
        (16.8, 18.2),
        (16.8, 23.95),
        (6.4, 23.95),
        (6.4, 23.1),
        (11, 23.1),
        (11, 20.9),
        (6.4, 20.9),
    ]
    five = [
        (19.8, 17),
        (24, 17),
        (24, 25),
        (27, 25),
        (27, 27.4),
        (24, 27.4),
        (24, 34),
        (22.5, 38.2),
        (14.2, 38.2),
        (14.2, 44),
        (11.6, 44),
        (11.6, 38.2),
        (3.8, 38.2),
        (3.8, 33.8),
        (18, 33.8),
        (19.8, 32),
    ]
    # The white group's 1.4 A has its own strip on the back: 3 mm from F3 down and along the lower edge to J11.
    white_top = [(16, 40.2), (19.4, 40.2), (19.4, 44.1), (16, 44.1)]
    white_strip = [(16, 40.2), (19.4, 40.2), (19.4, 96.2), (105, 96.2), (105, 94), (107, 94), (107, 99.2), (16, 99.2)]
    through = [(n, f"CAM_{name}") for n, name in enumerate(CAMERA_CABLE, 1) if name[0] in "DC" and name[1] != "A"]
    tracks = [
        (net, 0, 0.6, [(28.0 + n, y), (28.0 + n, y + 13)])
        for n, net in through
        for y in (7.25 if n % 2 == 0 else 10.85,)
    ]
    words = [(text, x, y, h, 0.0, False) for text, x, y, h in WORDS]
    words += [(text, at[ref][0], at[ref][1] - 1.6, 0.9, 0.0, False) for ref, text in NET_WORDS.items()]
    return Plan(
        "carrier", tuple(table["outline_mm"]), at, WIDE, {}, corner_mm=table["corner_radius_mm"], thickness_mm=table["thickness_mm"],
        zones=[("/Power/VBUS", 0, vbus), ("+5V", 0, five), ("WHITE_A", 0, white_top), ("WHITE_A", 1, white_strip)],
        vias=[("WHITE_A", 2, 18.7, 40.9 + 0.95 * i) for i in range(4)], tracks=tracks, texts=words,
        labels={ref: {str(i): word for i, word in enumerate(pins, 1)} for ref, pins in PINS.items()},
        label_side={ref: SIDES.get(ref, "up") for ref in PINS}, hidden_refs=set(NET_WORDS), keep_outs=[(28.6, 8.6, 38.4, 19, 1)],
    )  # fmt: skip


def nets_of(patterns: dict[int, list[str]], names: list[str]) -> dict[str, int]:
    """Net name to class."""
    from fnmatch import fnmatchcase

    return {name: k for name in names for k, found in patterns.items() if any(fnmatchcase(name, p) for p in found)}


def main() -> None:
    """Project file and board."""
    folder = HARDWARE / "carrier"
    made = Maker(plan(), folder, KLASS_NETS)
    from board import netlist

    made.plan.klass_of = nets_of(KLASS_NETS, [n.get("name", "") for n in netlist(made.schematic).iter("net")])
    made.make()


if __name__ == "__main__":
    main()

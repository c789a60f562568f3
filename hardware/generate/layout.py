"""Where the carrier's parts stand and how wide its tracks are. Lengths in mm from the upper left corner, y down."""

import sys
from pathlib import Path

import circuit
from board import HARDWARE, Maker, netlist
from parts import CAMERA_CABLE
from plan import Place, Plan
from router import Klass

WIDE = [Klass(0.25, 0.6, 0.3), Klass(0.5, 0.8, 0.4), Klass(0.8, 0.8, 0.4), Klass(1.2, 0.8, 0.4)]
KLASS_NETS: dict[int, list[str]] = {
    1: [
        *("ON_AXIS_K*", "OFF_AXIS_K*", "MIDDLE_RING_K*", "RED_K*", "AIM_K"),
        *("PI_CAM_3V3", "CAM_3V3", "RANGE_3V3", "+3V3", "GND", "+18V", "*/LAMP_IN", "*/LAMP_SW"),
        *("VBUS_A", "VBUS_B", "VSYS", "*/V_FUSED", "*/V_SWITCHED"),
    ],
    2: ["WHITE_K*", "+5V", "+5VA", "ON_AXIS_A", "OFF_AXIS_A", "MIDDLE_RING_A", "RED_A", "WHITE_A"],
}
WHITE_FETS = (18, 20, 22)
SINK_X = [5.5 + 9.0 * i for i in (0, 1, 2, 3, 4, 5, 8, 9)] + [97.0 + 11.2 * i for i in range(3)] + [132.0]
"""Columns of the twelve current sinks: four pulsed groups of two, white of three, aim."""
IDEAL_DIODE_Y = {"A": 25.6, "B": 12.9}
"""Middle of each power bank's socket, from the upper edge."""


def places() -> dict[str, Place]:
    """Designator to place."""
    at: dict[str, Place] = {
        "H1": (4, 4, 0), "H2": (146, 4, 0), "H3": (4, 96, 0), "H4": (146, 96, 0),
        # power banks, left: sockets, ideal diodes, fuse, switch, meter, from above to below
        "J19": (3.7, 12.9, 270), "J1": (3.7, 25.6, 270), "Q36": (12.9, 12.9, 180), "Q35": (12.9, 25.6, 180),
        "U25": (12.9, 6.9, 0), "C51": (9.8, 6.7, 270), "U24": (12.0, 20.7, 0), "C50": (11.4, 17.8, 0),
        "R140": (16.3, 4.5, 90), "R141": (18.7, 4.5, 90), "R1": (9.9, 30.2, 0), "R2": (14.0, 30.2, 0), "C52": (18.0, 7.6, 0),
        "R142": (21.2, 4.5, 90), "R143": (23.6, 4.5, 90), "R144": (38.0, 29.5, 90), "R145": (40.2, 29.5, 90),
        "F1": (21.9, 14.5, 270), "Q37": (22, 24.2, 270), "R155": (22, 31.5, 270),
        "R146": (25.9, 13.0, 90), "C54": (28.1, 15.5, 90), "R152": (25.9, 25.6, 90), "C55": (25.9, 17.9, 90),
        "R153": (27.1, 29.0, 0), "R154": (27.1, 33.8, 0), "C56": (27.1, 31.4, 0), "U23": (32.6, 30.9, 180), "C61": (31.0, 26.9, 0),
        "J21": (9, 61.5, 0), "D7": (38.6, 35.6, 0), "D8": (38.6, 38.2, 0), "R151": (15.8, 62.2, 90), "R150": (48.8, 42.2, 90),
        "R147": (30.3, 41.2, 90), "R148": (32.6, 41.2, 90), "C53": (34.9, 41.2, 90), "Q38": (29.6, 45.3, 0), "Q39": (34.3, 45.3, 0), "R149": (40.8, 50.3, 0), "R166": (45.0, 50.3, 0), "D13": (40.6, 52.7, 0), "C67": (45.4, 52.9, 0),
        # 5 V
        "C1": (13.2, 36.1, 0), "J2": (6, 36, 270), "D1": (22.9, 38.2, 0), "F3": (15, 42.4, 0),
        "R3": (28, 37.2, 90), "D2": (26.6, 42.2, 90), "R4": (30.3, 37.2, 90), "R5": (32.6, 37.2, 90), "C2": (34.9, 37.2, 90), "TP1": (22.2, 43.0, 0),
        # 18 V as in the figure of the TLV61046A's data sheet: inductor over the chip, its switched end over SW, capacitors at the pins
        "F2": (10, 47, 0), "JP1": (8, 52.5, 90), "R6": (15, 52.8, 90), "U2": (22, 54, 0), "L1": (21.8, 48.4, 180), "C3": (27.0, 51.2, 0),
        "C4": (26.2, 55.6, 270), "R7": (22.2, 58.2, 180), "R8": (18.2, 58.2, 180), "C5": (36.5, 53.4, 90), "TP2": (32.5, 53, 0),
        # 3.3 V, top right, beside the IMU
        "U1": (126.5, 15.5, 0), "C6": (130.1, 15.0, 270), "C7": (122.9, 16.0, 90), "TP3": (135.2, 8.4, 0),
        "J18": (127.1, 5, 270), "Q26": (110.8, 14.5, 0), "Q27": (116.8, 14.5, 0), "R107": (109.6, 18.8, 90), "R108": (112.2, 18.8, 90),
        "R109": (114.8, 18.8, 90), "R110": (117.4, 18.8, 90),
        # camera, top left
        "J13": (36, 9, 0), "J14": (36, 22, 0),
        "U12": (55.5, 9, 0), "C35": (59.5, 8.6, 270), "C57": (52.2, 8.6, 270), "R102": (49.6, 9, 90), "U13": (56.0, 18, 0), "C36": (61.5, 15.3, 0),
        "R103": (62.4, 11.5, 90), "D6": (62.4, 6.5, 90), "R104": (69, 11.8, 90), "J15": (66.8, 5.5, 0),
        "U14": (66, 18.8, 0), "C58": (67.0, 15.7, 0), "C37": (62.9, 21.4, 180), "U15": (74, 18.5, 0), "C66": (77.2, 18.3, 270), "R105": (75.5, 12.2, 90),
        "J16": (73.8, 5, 90), "R156": (71.0, 15.4, 90), "TP17": (47.0, 8.0, 0), "TP18": (47.0, 12.6, 0),
        # thermal array, for later
        "J23": (50.05, 16.75, 270), "Q40": (54.2, 26.5, 0), "Q41": (58.2, 26.5, 0), "C68": (50.6, 11.9, 0),
        # range sensor, reset of the head
        "J22": (80.8, 5.5, 0), "U22": (81.5, 13.3, 0), "C59": (78.3, 12.7, 270), "C60": (84.6, 12.8, 270), "R157": (86.9, 12.8, 90),
        "Q29": (90.3, 11.6, 0), "Q34": (94.6, 11.6, 0), "R158": (92.0, 7.3, 90), "R159": (94.6, 7.3, 90), "Q28": (87, 22.0, 0), "R160": (86.9, 24.75, 0),
        # Pi, top middle
        "J17": (100.9, 9.5, 0), "U16": (81.7, 17.2, 0), "R106": (76.1, 23.8, 90), "C38": (84.8, 17.1, 270), "U17": (88.0, 17.3, 0), "C39": (91.3, 17.2, 270),
        "JP2": (80.1, 22.3, 90),
        # sensor head
        "A1": (54, 47.5, 90), "U3": (86, 27.5, 0), "R19": (89.5, 28, 90), "C10": (82.4, 28, 270), "TP11": (73.5, 24, 0),
        "U4": (57, 60.6, 0), "C44": (56, 57.2, 0), "R20": (63.5, 28, 90), "C11": (66, 28, 90), "R24": (70.6, 28, 90), "C13": (73.3, 28, 90),
        "R21": (47, 38.4, 90), "R22": (44.5, 38.4, 90), "C12": (42, 38.4, 90), "SW1": (38.5, 42.5, 0),
        "J3": (44, 30.5, 0),
        "BZ1": (134.5, 61.5, 0), "Q1": (129, 57.5, 0), "D3": (134, 53.6, 0), "R23": (128.5, 53.6, 0),
        # pull-downs under the Nano's lower row
        "R10": (66.0, 52.2, 90), "R11": (68.7, 52.2, 90), "R12": (71.4, 52.2, 90), "R13": (74.1, 52.2, 90), "R16": (76.8, 52.2, 90), "R18": (79.5, 52.2, 90), "R17": (62, 52, 90),
        "R14": (76.0, 28, 90), "R15": (78.7, 28, 90),
        # radio, right
        "J4": (143, 14, 0), "C14": (136.5, 17, 90), "J5": (143, 29, 0), "C16": (129.5, 34.4, 0), "C17": (135.6, 21.3, 90),
        "FB1": (118, 25, 0), "C8": (119, 34.4, 0), "C9": (128, 22, 90),
        "R25": (113.6, 42, 90), "R26": (116.0, 42, 90), "R27": (118.4, 42, 90), "R28": (120.8, 42, 90), "R29": (123.2, 42, 90), "R30": (125.6, 42, 90),
        "R31": (91.9, 28.1, 90), "C15": (94.2, 28.1, 90),
        "U5": (121, 49.5, 0), "R32": (138, 49, 90), "R33": (135.5, 49, 90), "C18": (133, 49, 90), "C19": (130, 49, 90), "R34": (127.5, 49, 90),
        "C20": (123.6, 54.2, 0), "R35": (114.8, 49, 90), "C21": (123.5, 45.1, 0), "TP14": (141, 53, 0),
        # limits, middle: each capacitor at its chip's supply pin
        "U6": (33.8, 61.5, 90), "R36": (19.6, 62.2, 90), "C22": (22.0, 62.2, 90), "R37": (24.4, 62.4, 90), "C23": (26.8, 62.2, 90), "C24": (30.3, 56.7, 0),
        "U21": (47.5, 61.5, 90), "C46": (44.0, 56.7, 0),
        "U7": (64.5, 61.5, 90), "C41": (61.6, 56.7, 0), "U8": (77.5, 61.5, 90), "C42": (74.6, 56.7, 0), "U11": (90, 61.5, 90), "C43": (87.1, 56.7, 0),
        "U9": (103.6, 61.5, 90), "R38": (110.6, 59.0, 90), "R39": (113.0, 59.0, 90), "C25": (110.6, 63.5, 90), "D4": (113.2, 64.4, 90), "C26": (96.3, 59, 90),
        "U10": (121.3, 63.5, 90), "R41": (117.5, 56.3, 0), "R42": (122.5, 57.6, 0), "C27": (128.6, 62.5, 90), "D5": (128.6, 68.3, 90), "C28": (117.9, 58.7, 0),
        # bursts of red
        "U20": (101.5, 44.3, 90), "C48": (98.0, 39.6, 0), "C64": (108.4, 42.4, 90), "R161": (110.8, 42.4, 90), "C65": (108.4, 47.5, 90), "R162": (110.8, 47.0, 90),
        "U19": (101.5, 53.0, 90), "C47": (94.8, 50.8, 270), "C62": (108.4, 52.6, 90), "R163": (110.8, 51.4, 90), "C63": (111.6, 56.1, 0), "R164": (113.4, 52.6, 90),
        "D10": (91.4, 50.3, 0), "D11": (91.4, 52.7, 0), "D12": (91.4, 55.1, 0),
        # white
        "C34": (132.5, 73, 0),
    }  # fmt: skip
    columns = [(base + 1 + 4 * k, q + 2 * k) for base, _, q in circuit.GROUP_REFS.values() for k in range(2)]
    columns += [(90, 18), (93, 20), (96, 22), (99, 24)]
    for x, (r, q) in zip(SINK_X, columns, strict=True):
        white = q in WHITE_FETS
        up = 1.3 if white else 0.0
        at[f"Q{q}"] = (x + 4.5, 87.7, 270) if white else (x + 4.5, 86, 90)
        at[f"Q{q + 1}"] = (x + 0.5, 82.6 - up, 0)
        at[f"R{r}"] = (x + 0.5, 78.8 - up, 0)
        at[f"R{r + 1}"] = (x + 4.6, 78.8 - up, 0)
        at[f"R{r + 2}"] = (x + (6.3 if white else 5.0), 82.2 - up, 180)
    for n, (r, c, _) in enumerate(circuit.GROUP_REFS.values()):
        x = SINK_X[2 * n]
        at[f"C{c}"] = (x + 1.0, 72, 0)
        at[f"R{r}"] = (x + 11.8, 72, 0)
    connectors = {"J6": 10, "J9": 26, "J10": 36, "J7": 46, "J8": 82, "J11": 104, "J12": 135}
    at |= {ref: (float(x), 95.0, 0.0) for ref, x in connectors.items()}
    test_points = {
        "TP4": (4.4, 59.5),
        "TP5": (99.5, 72.5),
        "TP6": (57, 66),
        "TP7": (80.8, 56),
        "TP8": (70, 24),
        "TP9": (66.5, 24),
        "TP10": (114.0, 45.9),
        "TP12": (50.5, 28.5),
        "TP13": (50, 55),
        "TP15": (65.4, 56.3),
        "TP16": (70.5, 56.3),
    }
    return at | {ref: (x, y, 0.0) for ref, (x, y) in test_points.items()}


PINS = {
    "J3": ("BTN", "GND"), "J4": ("5V", "GND", "OUT", "GND"), "J5": ("GND", "5V", "DATA", "SEL", "CLK", "RSSI", "VIDEO", "GND"),
    "J6": ("A", "K1", "K2"), "J7": ("A", "K1", "K2"), "J8": ("2 ", "K1", "A"), "J9": ("A", "K"), "J10": ("A", "K"),
    "J11": ("A", "K1", "K2", "K3"), "J12": ("A", "K"), "J15": ("A", "K"), "J16": ("XTR", "GND"),
    "J18": ("GND", "3V3", "SDA", "SCL", "SDO", "CS"), "J21": ("SW", "GND"), "J22": ("3V3", "GND", "SDA", "SCL"),
}  # fmt: skip
"""Words beside the pins of each header, pin 1 first; a space keeps a word off the mark of pin 1."""
SIDES = {
    "J3": "down",
    "J4": "left",
    "J5": "left",
    "J15": "down",
    "J16": "down",
    "J18": "up",
    "J21": "down",
    "J22": "down",
}
WORDS = (
    ("ON AXIS", 12, 89.9, 1.2), ("LEFT", 27, 89.9, 1.2), ("RIGHT", 37, 89.9, 1.2), ("MIDDLE RING", 48, 89.9, 1.2),
    ("RED", 84, 89.9, 1.2), ("WHITE", 118.4, 95.6, 1.2), ("AIM", 136, 89.9, 1.2),
    ("BANK B", 4.2, 19.1, 1.0), ("BANK A", 4.2, 32.0, 1.0), ("4A FAST", 22.75, 7.7, 0.9), ("+5V", 9.6, 32.4, 0.9), ("TO PI", 4.5, 43.6, 1.2),
    ("LAMPS", 9.2, 56, 1.2), ("UART", 80.6, 25.0, 1.0), ("PI PINS 1-20", 102.2, 2.4, 1.0), ("CAMERA: PI SIDE", 36, 3.6, 1.2),
    ("CAMERA SIDE", 36, 16.6, 1.2), ("CAM ON", 66.5, 1.6, 1.0), ("RANGE", 92.6, 3.4, 1.0), ("IMU LSM6DSO", 136.4, 1.9, 1.0), ("AD8318", 140.3, 10.6, 1.2), ("RX5808", 140.3, 25.4, 1.2),
    ("BUTTON", 45, 27.2, 0.9), ("POWER", 10, 58.4, 0.9), ("ANSIM SWEEP", 113.5, 70.9, 1.8), ("CARRIER  REV C", 113.5, 73.6, 1.2),
)  # fmt: skip
NET_WORDS = {"TP1": "+5V", "TP2": "+18V", "TP3": "+3V3", "TP4": "GND", "TP5": "GND", "TP6": "STROBE", "TP7": "TRIG", "TP8": "LOG", "TP9": "RSSI",
             "TP10": "SYNC", "TP11": "AREF", "TP12": "BATT", "TP13": "RESET", "TP14": "VIDEO", "TP15": "SEL ON", "TP16": "SEL RED", "TP17": "EN", "TP18": "CAM"}  # fmt: skip
"""What is printed beside each test point."""
ASIDE_MM = {"TP15": -0.9, "TP16": 1.1}
"""Words that would touch their neighbour's."""
FIDUCIALS = ((3.5, 90.5), (146.5, 9.5), (146.5, 90.5))


def plan() -> Plan:
    """The carrier."""
    table = circuit.TABLE["carrier"]
    at = places()
    # Areas of the 3 A: socket to ideal diode (two arms past the CC pins), both diodes to the fuse, fuse to switch, switch to meter, 5 V.
    arms = [(6.4, -1.95), (7.7, -1.95), (8.1, -2.4), (14.6, -2.4), (14.6, 2.4), (8.1, 2.4), (7.7, 1.95), (6.4, 1.95), (6.4, 1.3), (7.6, 1.3), (7.9, 1.5),
            (10.2, 1.5), (10.2, -1.5), (7.9, -1.5), (7.6, -1.3), (6.4, -1.3)]  # fmt: skip
    power = [(f"VBUS_{bank}", 0, [(x, y + dy) for x, dy in arms]) for bank, y in IDEAL_DIODE_Y.items()]
    power += [
        ("VSYS", 0, [(15.3, 11.7), (16.8, 11.7), (16.8, 9.2), (24.0, 9.2), (24.0, 13.6), (19.2, 13.6), (19.2, 28.1), (15.3, 28.1), (15.3, 24.5),
                     (16.8, 24.5), (16.8, 15.3), (15.3, 15.3)]),
        ("/Power banks/V_FUSED", 0, [(19.8, 15.4), (24.1, 15.4), (24.6, 20.4), (24.6, 22.0), (20.9, 22.0), (20.9, 20.2), (19.8, 20.2)]),
        ("/Power banks/V_SWITCHED", 0, [(19.8, 22.7), (24.2, 22.7), (24.2, 29.3), (19.8, 29.3)]),
        ("+5V", 0, [(20.2, 33.6), (25.6, 33.6), (25.6, 39.4), (23.4, 39.4), (23.4, 36.6), (19.4, 36.6), (19.4, 38.4), (14.2, 38.4), (14.2, 44.2), (11.6, 44.2), (11.6, 38.4),
                    (3.8, 38.4), (3.8, 33.8), (20.2, 33.8)]),
    ]  # fmt: skip
    boost = [
        ("/Supplies/LAMP_SW", 0, [(19.3, 46.4), (20.6, 46.4), (20.6, 50.6), (21.5, 52.6), (21.5, 53.4), (20.2, 53.4), (19.3, 51.6)]),
        ("/Supplies/LAMP_IN", 0, [(23.0, 46.4), (24.3, 46.4), (24.3, 50.2), (26.2, 50.2), (26.2, 52.2), (24.4, 52.8), (24.2, 53.35), (22.5, 53.35), (22.5, 52.4), (23.0, 51.6)]),
        ("+18V", 0, [(22.5, 53.75), (24.2, 53.75), (25.2, 53.4), (27.2, 53.4), (27.2, 54.8), (25.2, 54.8), (24.2, 54.25), (22.5, 54.25)]),
    ]  # fmt: skip
    # The white group's 1.4 A has its own strip on the back: 3 mm from F3 down and along the lower edge to J11.
    white_top = [(16, 40.4), (19.4, 40.4), (19.4, 44.3), (16, 44.3)]
    white_strip = [(16, 40.4), (19.4, 40.4), (19.4, 96.2), (103, 96.2), (103, 94), (105, 94), (105, 99.2), (16, 99.2)]
    # Copper on both sides carries the heat of the white sinks away (../power/thermal.py counts it).
    heat = [(f"WHITE_K{k + 1}", at[f"Q{q}"][0]) for k, q in enumerate(WHITE_FETS)]
    plates = [
        (net, layer, [(x - 5, 85.8), (x + 5, 85.8), (x + 5, 93), (x - 5, 93)]) for net, x in heat for layer in (0, 1)
    ]
    heat_vias = [(net, 2, x + dx, y) for net, x in heat for dx in (-4.2, -3.0, 3.0, 4.2) for y in (88.0, 90.0, 92.2)]
    through = [(n, f"CAM_{name}") for n, name in enumerate(CAMERA_CABLE, 1) if name[0] in "DC" and name[1] != "A"]
    tracks = [
        (net, 0, 0.6, [(28.0 + n, y), (28.0 + n, y + 13)])
        for n, net in through
        for y in (7.25 if n % 2 == 0 else 10.85,)
    ]
    # Pin 9 of the ribbon lies among lines that leave no plane around it: to pin 14, and to what lies beside it.
    tracks.append(("GND", 0, 0.4, [(100.9, 19.66), (102.17, 20.93), (102.17, 23.47), (103.44, 24.74)]))
    tracks.append(("GND", 1, 0.4, [(100.9, 19.66), (98.84, 17.6), (93.6, 17.6)]))
    # So does U16's ground.
    tracks.append(("GND", 0, 0.25, [(80.56, 18.15), (79.2, 19.5), (79.2, 19.8)]))
    words = [(text, x, y, h, 0.0, False) for text, x, y, h in WORDS]
    words.append(("THERMAL", 49.2, 25.9, 0.8, 0.0, False))
    words += [
        (text, at[ref][0] + ASIDE_MM.get(ref, 0.0), at[ref][1] - 1.6, 0.9, 0.0, False)
        for ref, text in NET_WORDS.items()
    ]
    return Plan(
        "carrier", tuple(table["outline_mm"]), at, WIDE, {}, corner_mm=table["corner_radius_mm"], thickness_mm=table["thickness_mm"],
        zones=[*power, *boost, ("WHITE_A", 0, white_top), ("WHITE_A", 1, white_strip), *plates],
        vias=[("WHITE_A", 2, 18.7, 41.1 + 0.95 * i) for i in range(4)] + heat_vias + [("GND", 0, 93.6, 17.6), ("GND", 0, 79.2, 19.8)], tracks=tracks, texts=words,
        labels={ref: {str(i): word for i, word in enumerate(pins, 1)} for ref, pins in PINS.items()},
        label_side={ref: SIDES.get(ref, "up") for ref in PINS}, hidden_refs=set(NET_WORDS), keep_outs=[(28.6, 8.6, 38.4, 19, 1), (72, 11.9, 88, 13.3, 1)], fiducials=FIDUCIALS, revision="C",
    )  # fmt: skip


def nets_of(patterns: dict[int, list[str]], names: list[str]) -> dict[str, int]:
    """Net name to class."""
    from fnmatch import fnmatchcase

    return {name: k for name in names for k, found in patterns.items() if any(fnmatchcase(name, p) for p in found)}


def main() -> None:
    """Project file and board."""
    folder = HARDWARE / "carrier"
    kept = Path(sys.argv[sys.argv.index("keep") + 1]) if "keep" in sys.argv else None
    made = Maker(plan(), folder, KLASS_NETS, kept)
    made.plan.klass_of = nets_of(KLASS_NETS, [n.get("name", "") for n in netlist(made.schematic).iter("net")])
    made.make()


if __name__ == "__main__":
    main()

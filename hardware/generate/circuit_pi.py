"""Sheets of the carrier: the camera and the Raspberry Pi."""

import parts as p
from circuit import TABLE, ohms, tap
from parts import capacitor as cap
from parts import header, ph, resistor, test_point
from sheet import Sheet


def camera(s: Sheet) -> None:
    """The camera's cable passes through; its 3.3 V is switched, and what is wired to it shows or follows it."""
    pi_side: dict[str, str] = {}
    cam_side: dict[str, str] = {}
    for n, name in enumerate(p.CAMERA_CABLE, 1):
        through = name == "GND" or name[0] in "DC"
        cam_side[str(n)] = name if name == "GND" else f"CAM_{name}"
        pi_side[str(n)] = cam_side[str(n)] if through else f"PI_{name}"
    pi_side["15"] = "PI_CAM_3V3"
    s.block("CAMERA CABLE, PI SIDE", (6, 6), (26, 30))
    s.add("J13", p.FFC, (13, 20), pi_side)
    s.block("CAMERA CABLE, CAMERA SIDE", (34, 6), (26, 30))
    s.add("J14", p.FFC, (41, 20), cam_side)
    s.block(
        "CAMERA POWER SWITCH",
        (62, 6),
        (49, 17),
        "Off unless the Pi raises GPIO17. The output is discharged when off; GPIO4 reads it back.",
    )
    s.add("U12", p.LOAD_SWITCH, (88, 13), {"2": "GND", "3": "CAM_ENABLE", "4": "NC"})
    vin = s.pin("U12", "1")
    s.wire(vin, (79, vin[1]))
    s.label("PI_CAM_3V3", (79, vin[1]), 180)
    s.power("PWR_FLAG", (81, vin[1]))
    out, qod = s.pin("U12", "6"), s.pin("U12", "5")
    s.wire(out, (100, out[1]))
    s.wire(qod, (qod[0] + 1, qod[1]), (qod[0] + 1, out[1]))
    s.label("CAM_3V3", (100, out[1]))
    s.add("C35", cap("10u"), (98, out[1] + 2.5), {"2": "GND"})
    s.wire((98, out[1]), s.pin("C35", "1"))
    s.add("R102", resistor(ohms(TABLE["camera"]["enable_pulldown_ohm"])), (67, 16), {"2": "GND"})
    tap(s, "R102", "1", "CAM_ENABLE")
    s.block("CAMERA-ON LIGHT: wired to the sensor's supply, no program can dim it", (62, 25), (49, 18))
    s.add("R103", resistor("330"), (68, 32), {})
    tap(s, "R103", "1", "CAM_3V3")
    s.add("D6", p.LED_RED, (68, 37), {"1": "GND"}, angle=90)
    s.wire(s.pin("R103", "2"), s.pin("D6", "2"))
    s.add("R104", resistor("330"), (86, 32), {})
    tap(s, "R104", "1", "CAM_3V3")
    s.add("J15", ph(2, "WIRE2", "CAM-ON LED"), (81, 37), {})
    y = s.pin("J15", "1")[1]
    s.wire(s.pin("R104", "2"), (86, y), s.pin("J15", "1"))
    y = s.pin("J15", "2")[1]
    s.wire(s.pin("J15", "2"), (86, y), (86, y + 1))
    s.power("GND", (86, y + 1))
    s.block("CONTROL LINES cut while the camera is off, so they cannot feed it", (6, 38), (54, 27))
    s.add("U13", p.BUS_SWITCH, (28, 51), {
        "2": "PI_SCL", "5": "PI_SDA", "9": "PI_IO0", "12": "PI_IO1", "3": "CAM_SCL", "6": "CAM_SDA", "8": "CAM_IO0", "11": "CAM_IO1",
        **dict.fromkeys(("1", "4", "10", "13"), "CAM_ENABLE"), "7": "GND",
    })  # fmt: skip
    tap(s, "U13", "14", "PI_CAM_3V3")
    s.add("C36", cap("100n"), (46, 53), {"2": "GND"})
    tap(s, "C36", "1", "PI_CAM_3V3")
    s.add("C57", cap("1u"), (46, 60), {"2": "GND"})
    tap(s, "C57", "1", "PI_CAM_3V3")
    s.add("C58", cap("1u"), (96, 33), {"2": "GND"})
    tap(s, "C58", "1", "CAM_3V3")
    s.add("R156", resistor("4.7k"), (107, 33), {"1": "CAM_3V3", "2": "CAM_POWERED"})
    for i, net in enumerate(("CAM_ENABLE", "CAM_3V3")):
        s.add(f"TP{17 + i}", test_point(net), (94 + 6 * i, 40), {"1": net}, angle=180)
    s.block("TRIGGER: 5 V to the sensor's 1.8 V, dead while the camera is off", (62, 45), (49, 20),
            "XTR of the Global Shutter camera: at most 2.1 V, exposes while low.\nRemove R11 of the camera board if Q2 is fitted.")  # fmt: skip
    s.add("U14", p.LDO18, (74, 51), {"3": "CAM_3V3", "1": "GND"})
    y = s.pin("U14", "2")[1]
    s.add("C37", cap("1u"), (82, y + 1.5), {"2": "GND"})
    s.wire(s.pin("U14", "2"), (94, y))
    s.label("CAM_1V8", (94, y))
    s.add("C66", cap("100n"), (104, 51), {"1": "CAM_1V8", "2": "GND"})
    s.add("U15", p.BUFFER, (91, 57), {"2": "CAMERA_TRIGGER", "1": "NC", "3": "GND"})
    s.wire(s.pin("U15", "5"), (s.pin("U15", "5")[0], y))
    y = s.pin("U15", "4")[1]
    s.add("R105", resistor("1k"), (98, y), {}, angle=90)
    s.wire(s.pin("U15", "4"), s.pin("R105", "1"))
    s.add("J16", header(2, "WIRE2", "XTR"), (107, y), {}, mirror="y")
    a, b = s.pin("J16", "1"), s.pin("J16", "2")
    s.join(s.pin("R105", "2"), (101, a[1]))
    s.wire((101, a[1]), a) if a[0] != 101 else None
    s.wire(b, (103, b[1]), (103, b[1] + 1))
    s.power("GND", (103, b[1] + 1))


def pi(s: Sheet) -> None:
    """Ribbon to the Pi, serial line in both directions, IMU."""
    s.block(
        "RIBBON TO THE PI, pins 1 to 20",
        (6, 6),
        (52, 22),
        "Lines: [pi] in interfaces.toml. The Pi's 5 V pins stay open: it is fed through J2.",
    )
    lines = {str(row["pin"]): name.upper() for name, row in TABLE["pi"].items()}
    s.add("J17", p.PI_RIBBON, (30, 16), {
        "1": "PI_3V3", "17": "PI_3V3", "2": "NC", "4": "NC", "3": "PI_SDA1", "5": "PI_SCL1", "8": "PI_TXD", "10": "PI_RXD",
        **dict.fromkeys(("6", "9", "14", "20"), "GND"), **lines,
    })  # fmt: skip
    s.block(
        "SERIAL LINE, 500 kbit/s", (60, 6), (51, 36), "JP2 open: the Nano can be programmed through its own USB socket."
    )
    s.add("U16", p.BUFFER_5V, (84, 15), {"1": "GND", "5": "+5V", "3": "GND"})
    y = s.pin("U16", "2")[1]
    s.wire((74, y), s.pin("U16", "2"))
    s.label("PI_TXD", (74, y), 180)
    s.add("R106", resistor("10k"), (76, y - 2.5), {})
    s.wire(s.pin("R106", "2"), (76, y))
    s.wire(s.pin("R106", "1"), (76, y - 5), (75, y - 5))
    s.label("PI_3V3", (75, y - 5), 180)
    y = s.pin("U16", "4")[1]
    s.add("JP2", p.JUMPER, (96, y), {"2": "UART_RX"})
    s.join(s.pin("U16", "4"), s.pin("JP2", "1"))
    s.add("U17", p.BUFFER, (84, 32), {"2": "UART_TX", "1": "NC", "3": "GND", "4": "PI_RXD"})
    tap(s, "U17", "5", "PI_3V3")
    s.add("C38", cap("100n"), (100, 24), {"1": "+5V", "2": "GND"})
    s.add("C39", cap("100n"), (100, 34), {"2": "GND"})
    tap(s, "C39", "1", "PI_3V3")
    s.block(
        "IMU (SparkFun SEN-18020, LSM6DSO, address 0x6B)",
        (6, 47),
        (105, 18),
        "The IMU's bus runs at 3.3 V, the Nano wants 3.5 V for a high level: two BSS138 shift it.",
    )
    s.add("J18", header(6, "SEN18020_MODULE", "IMU"), (14, 55.5), {
        "1": "GND", "2": "+3V3", "3": "SDA_3V", "4": "SCL_3V", "5": "NC", "6": "NC",
    }, mirror="y")  # fmt: skip
    for n, line in enumerate(("SDA", "SCL")):
        x, q = 44 + 32 * n, f"Q{26 + n}"
        s.add(q, p.LEVEL_FET, (x + 9, 56.5), {"1": "+3V3"}, stub=1)
        d, src = s.pin(q, "3"), s.pin(q, "2")
        s.add(f"R{107 + 2 * n}", resistor("10k"), (x, 55.5), {"1": "+3V3"})
        s.wire(s.pin(f"R{107 + 2 * n}", "2"), (x, 60), (src[0], 60), src)
        s.wire((x, 60), (x - 1, 60))
        s.label(f"{line}_3V", (x - 1, 60), 180)
        s.add(f"R{108 + 2 * n}", resistor("4.7k"), (x + 15, 52), {"1": "+5V"})
        s.wire(s.pin(f"R{108 + 2 * n}", "2"), (x + 15, d[1]), d)
        s.wire((x + 15, d[1]), (x + 16, d[1]))
        s.label(f"IMU_{line}", (x + 16, d[1]))


def extras(s: Sheet) -> None:
    """Range sensor and thermal array behind the camera's switch; the Nano's reset."""
    s.block("RANGE SENSOR (VL53L1X, 940 nm): behind the camera's switch, so dark while the camera is", (6, 6), (105, 30),
            "Two switches in series: CAM_ENABLE and RANGE_ENABLE. Q29 and Q34 open its bus while it has no supply.")  # fmt: skip
    s.add(
        "U22",
        p.LOAD_SWITCH,
        (27, 16),
        {"1": "CAM_3V3", "2": "GND", "3": "RANGE_ENABLE", "4": "NC", "5": "RANGE_3V3", "6": "RANGE_3V3"},
    )
    s.add("R157", resistor("10k"), (11, 28), {"1": "RANGE_ENABLE", "2": "GND"})
    s.add("C59", cap("1u"), (17, 28), {"1": "CAM_3V3", "2": "GND"})
    s.add("C60", cap("1u"), (40, 28), {"1": "RANGE_3V3", "2": "GND"})
    for n, line in enumerate(("SDA", "SCL")):
        s.add(
            f"Q{(29, 34)[n]}",
            p.LEVEL_FET,
            (54 + 18 * n, 17),
            {"1": "RANGE_3V3", "2": f"RANGE_{line}", "3": f"PI_{line}1"},
            stub=2,
        )
        s.add(f"R{158 + n}", resistor("10k"), (62 + 18 * n, 28), {"1": "RANGE_3V3", "2": f"RANGE_{line}"})
    s.add("J22", ph(4, "RANGE4", "RANGE"), (94, 17), {"1": "RANGE_3V3", "2": "GND", "3": "RANGE_SDA", "4": "RANGE_SCL"})
    s.block("RESET OF THE SENSOR HEAD by the Pi: open drain", (6, 38), (42, 28),
            "For programming without opening the case. While it is\nreset all lamps are dark (sheet Sensor head).")  # fmt: skip
    s.add("Q28", p.LEVEL_FET, (20, 50), {"1": "HEAD_RESET", "2": "GND", "3": "RESET"}, stub=2)
    s.add("R160", resistor("10k"), (36, 52), {"1": "HEAD_RESET", "2": "GND"})
    s.block("THERMAL ARRAY, for later (0x33, 3.3 V): on the camera's supply", (50, 38), (61, 28),
            "Q40 and Q41 open its bus while the camera is off. Its module brings pull-ups.")  # fmt: skip
    s.add("C68", cap("1u"), (54, 59), {"1": "CAM_3V3", "2": "GND"})
    for n, line in enumerate(("SDA", "SCL")):
        s.add(
            f"Q{40 + n}",
            p.LEVEL_FET,
            (64 + 18 * n, 49),
            {"1": "CAM_3V3", "2": f"THERMAL_{line}", "3": f"PI_{line}1"},
            stub=2,
        )
    s.add(
        "J23",
        ph(4, "RANGE4", "THERMAL"),
        (99, 49),
        {"1": "CAM_3V3", "2": "GND", "3": "THERMAL_SDA", "4": "THERMAL_SCL"},
    )

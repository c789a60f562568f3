"""The carrier's circuit, one function a sheet. Values of lamps, limiter and filters come from `interfaces.toml`."""

import tomllib
from pathlib import Path
from typing import Any

import parts as p
from parts import capacitor as cap
from parts import header, ph, resistor, test_point
from sheet import Part, Point, Sheet

HARDWARE = Path(__file__).resolve().parent.parent
TABLE: dict[str, Any] = tomllib.loads((HARDWARE / "interfaces.toml").read_text())
PULSED = ("on_axis", "off_axis", "middle_ring", "red")
NANO_NETS: dict[str, str] = {}
"""Nano pin number to net, filled from pins.toml by `carrier.py`."""


def ohms(value: float) -> str:
    """As on the schematic: 330, 4.7k, 6.2."""
    return f"{value / 1000:g}k" if value >= 1000 else f"{value:g}"


def _sink_ma(group: str) -> float:
    return 1000 * float(TABLE["sink"]["clamp_vbe_v"]) / float(TABLE["group"][group]["sense_resistor_ohm"])


def power(s: Sheet) -> None:
    """USB-C input, fuse, 5 V to the Pi, 3.3 V for the IMU's side, boost converter for the lamps, quiet 5 V for RF."""
    s.block(
        "POWER BANK IN",
        (6, 6),
        (60, 22),
        "Sink of 3 A (two 5.1k). F1 is the only replaceable fuse. The Pi is fed through J2 and a USB-C pigtail.",
    )
    s.add("J1", p.USB, (11, 16), {"A5": "CC1", "B5": "CC2", "A12": "GND", "B12": "GND", "S1": "GND"})
    y, b9 = s.pin("J1", "A9")[1], s.pin("J1", "B9")
    s.wire(s.pin("J1", "A9"), (21, y))
    s.wire(b9, (16.5, b9[1]), (16.5, y))
    s.label("VBUS", (17.5, y))
    s.add("F1", p.FUSE, (22.5, y), {}, angle=90)
    s.wire((24, y), (59, y))
    s.wire((25.5, y), (25.5, y - 1))
    s.power("+5V", (25.5, y - 1))
    s.add("R1", resistor("5.1k"), (22, 20.5), {"1": "CC1", "2": "GND"})
    s.add("R2", resistor("5.1k"), (26.5, 20.5), {"1": "CC2", "2": "GND"})
    for ref, part, x, turn, top in (
        ("D1", p.TVS, 30, 90, "2"),
        ("C1", p.BULK, 36.5, 0, "1"),
        ("R3", resistor("1k"), 43, 0, "1"),
        ("R4", resistor("20k"), 48, 0, "1"),
    ):
        s.add(ref, part, (x, y + 2.5), {}, angle=turn)
        s.wire((x, y), s.pin(ref, top))
    s.power("GND", s.pin("D1", "1"))
    s.power("GND", s.pin("C1", "2"))
    s.add("D2", p.LED_GREEN, (43, y + 6.5), {"1": "GND"}, angle=90)
    s.wire(s.pin("R3", "2"), s.pin("D2", "2"))
    s.add("R5", resistor("10k"), (48, y + 7.5), {"2": "GND"})
    s.wire(s.pin("R4", "2"), s.pin("R5", "1"))
    mid = (48, y + 5)
    s.wire(mid, (56, y + 5))
    s.label("BATTERY", (56, y + 5))
    s.add("C2", cap("100n"), (53, y + 7.5), {"2": "GND"})
    s.wire((53, y + 5), s.pin("C2", "1"))
    s.add("J2", p.PI_POWER, (63, y + 1), {"2": "GND"})
    s.join((59, y), s.pin("J2", "1"))

    s.block(
        "LAMP SUPPLY 18 V",
        (6, 30),
        (60, 24),
        "JP1 open: no pulsed lamp can light (first power-up). Vout = 0.795 V x (1 + 215k / 10k) = 17.9 V",
    )
    s.add("U2", p.BOOST, (30, 40), {"2": "GND"})
    y = s.pin("U2", "6")[1]
    s.add("F2", p.PTC_LAMPS, (10.5, y), {}, angle=90)
    s.wire((8, y), (9, y))
    s.power("+5V", (8, y))
    s.wire((12, y), s.pin("U2", "6"))
    s.label("LAMP_IN", (12.5, y))
    s.add("C3", cap("10u"), (18, y + 2.5), {"2": "GND"})
    s.wire((18, y), s.pin("C3", "1"))
    s.power("PWR_FLAG", (21, y))
    s.add("L1", p.INDUCTOR, (30, y - 4), {}, angle=90)
    s.wire((24.5, y), (24.5, y - 4), s.pin("L1", "1"))
    sw = s.pin("U2", "1")
    s.wire(s.pin("L1", "2"), (sw[0] + 1, y - 4), (sw[0] + 1, sw[1]), sw)
    s.add("JP1", p.JUMPER, (17, 48), {})
    a, b, en = s.pin("JP1", "1"), s.pin("JP1", "2"), s.pin("U2", "4")
    s.wire((13, y), (13, a[1]), a)
    s.wire(b, (24.5, b[1]), (24.5, en[1]), en)
    s.add("R6", resistor("100k"), (24.5, b[1] + 1.5), {"2": "GND"})
    out, fb = s.pin("U2", "5"), s.pin("U2", "3")
    s.wire(out, (58, out[1]))
    s.add("R7", resistor("215k"), (40, out[1] + 2.5), {})
    s.wire((40, out[1]), s.pin("R7", "1"))
    s.add("R8", resistor("10k"), (40, out[1] + 7.5), {"2": "GND"})
    s.wire(s.pin("R7", "2"), s.pin("R8", "1"))
    s.wire(fb, (37, fb[1]), (37, out[1] + 5), (40, out[1] + 5))
    for ref, x in (("C4", 46), ("C5", 53)):
        s.add(ref, Part("C", "4.7u 50V", p.C1206, "CL31B475KBHNNNE"), (x, out[1] + 2.5), {"2": "GND"})
        s.wire((x, out[1]), s.pin(ref, "1"))
    s.wire((58, out[1]), (58, out[1] - 1))
    s.power("+18V", (58, out[1] - 1))

    s.block("3.3 V (IMU side)", (68, 6), (43, 22), "Nothing of the camera or the Pi hangs on this rail.")
    s.add("U1", p.LDO33, (87, 15), {"1": "GND"})
    y = s.pin("U1", "3")[1]
    s.add("C6", cap("1u"), (76, y + 1.5), {"2": "GND"})
    s.wire(s.pin("C6", "1"), s.pin("U1", "3"))
    s.power("+5V", (76, y))
    s.add("C7", cap("1u"), (98, y + 1.5), {"2": "GND"})
    s.wire(s.pin("U1", "2"), s.pin("C7", "1"))
    s.power("+3V3", (98, y))

    s.block("QUIET 5 V (radio, reference)", (68, 30), (43, 24))
    s.add("FB1", p.FERRITE, (80, 40), {}, angle=90, ref_at=(0, -1.6))
    s.wire((75, 40), s.pin("FB1", "1"))
    s.power("+5V", (75, 40))
    s.wire(s.pin("FB1", "2"), (104, 40))
    s.power("+5VA", (104, 40))
    s.power("PWR_FLAG", (100, 40))
    s.add("C8", p.BULK, (86, 43), {"2": "GND"})
    s.wire((86, 40), s.pin("C8", "1"))
    s.add("C9", cap("100n"), (95, 43), {"2": "GND"})
    s.wire((95, 40), s.pin("C9", "1"))
    s.block("TEST POINTS AND HOLES", (6, 56), (60, 14))
    for i, (ref, net) in enumerate((("TP1", "+5V"), ("TP2", "+18V"), ("TP3", "+3V3"), ("TP4", "GND"), ("TP5", "GND"))):
        s.add(ref, test_point(net), (10 + 5 * i, 63.5), {"1": net}, angle=0 if net == "GND" else 180)
    for i in range(4):
        s.add(f"H{i + 1}", p.HOLE, (38 + 5 * i, 62.5), {"1": "GND"})
    s.power("PWR_FLAG", (59, 63.5))
    s.power("GND", (59, 63.5))


def head(s: Sheet) -> None:
    """The Arduino Nano with its pins as `pins.toml` names them, pull-downs, reference, thermometer, button, buzzer."""
    s.block("SENSOR HEAD (Arduino Nano on sockets)", (6, 6), (56, 46),
            "Net names are the names of firmware/board/atmega328p/pins.toml in capitals; a test compares them.")  # fmt: skip
    nets = {**NANO_NETS, "4": "GND", "27": "+5V", "30": "NC", "17": "NC", "28": "RESET", "3": "NC", "18": "AREF"}
    s.add("A1", p.NANO, (34, 28), nets, stub=2)
    s.wire(s.pin("A1", "29"), s.pin("A1", "4"))
    s.block("PULL-DOWNS: dark while the MCU is in reset; the trigger idles high", (64, 6), (47, 20))
    downs = (
        "WHITE",
        "AIM",
        "SELECT_ON_AXIS",
        "SELECT_OFF_AXIS",
        "SELECT_MIDDLE_RING",
        "SELECT_RED",
        "STROBE",
        "BUZZER",
    )
    for i, net in enumerate(downs):
        s.add(f"R{10 + i}", resistor("10k"), (67 + 5 * i, 21), {"1": net, "2": "GND"})
    s.add("R18", resistor("10k"), (107.5, 13), {"1": "+5V", "2": "CAMERA_TRIGGER"})
    s.block("REFERENCE 2.5 V", (64, 27), (23, 15))
    s.add("R19", resistor(ohms(TABLE["adc"]["reference_ohm"])), (68, 32), {"1": "+5VA"})
    s.wire(s.pin("R19", "2"), (68, 34), (81, 34))
    s.label("AREF", (81, 34))
    s.add("U3", p.REFERENCE, (74, 37), {"3": "NC", "2": "GND"})
    s.wire((68, 34), (68, s.pin("U3", "1")[1]), s.pin("U3", "1"))
    s.add("C10", cap("100n"), (81, 36), {"2": "GND"})
    s.wire((81, 34), s.pin("C10", "1"))
    s.block("TEMPERATURE", (88, 27), (23, 15))
    s.add("U4", p.THERMOMETER, (94.5, 36), {"3": "GND"})
    s.power("+5VA", s.pin("U4", "1"))
    y = s.pin("U4", "2")[1]
    s.add("R20", resistor("1k"), (100.5, y), {}, angle=90)
    s.wire(s.pin("U4", "2"), s.pin("R20", "1"))
    s.wire(s.pin("R20", "2"), (104, y))
    s.add("C11", cap("100n"), (104, y + 2.5), {"2": "GND"})
    s.wire((104, y), s.pin("C11", "1"))
    s.wire((104, y), (104, y - 3))
    s.label("TEMPERATURE", (104, y - 3), 180)
    s.block("BUTTON", (64, 43), (23, 22))
    s.add("R21", resistor("10k"), (72, 48.5), {"1": "+5V"})
    s.add("R22", resistor("1k"), (76.5, 52), {}, angle=90)
    s.wire(s.pin("R21", "2"), (72, 52), s.pin("R22", "1"))
    s.wire(s.pin("R22", "2"), (81, 52), (81, 51))
    s.label("BUTTON", (81, 51), 90)
    s.add("C12", cap("100n"), (81, 54.5), {"2": "GND"})
    s.wire((81, 52), s.pin("C12", "1"))
    s.wire((72, 52), (72, 61))
    s.add("SW1", p.BUTTON, (77, 61), {"2": "GND"})
    s.wire((72, 61), s.pin("SW1", "1"))
    s.add("J3", ph(2, "WIRE2", "BUTTON"), (67, 56), {})
    s.join(s.pin("J3", "1"), (72, s.pin("J3", "1")[1]))
    s.wire(s.pin("J3", "2"), (70, s.pin("J3", "2")[1]), (70, 58))
    s.power("GND", (70, 58))
    s.block("BUZZER", (88, 43), (23, 22))
    s.add("BZ1", p.BUZZER, (105, 50), {})
    bp, bm = s.pin("BZ1", "1"), s.pin("BZ1", "2")
    s.wire(bp, (100, bp[1]), (100, bp[1] - 1))
    s.power("+5V", (100, bp[1] - 1))
    s.add("Q1", p.MOSFET, (99, 58), {"2": "GND"})
    d = s.pin("Q1", "3")
    s.wire(bm, (d[0], bm[1]), d)
    s.add("D3", p.DIODE, (94, 51), {}, angle=270, ref_at=(-1.4, 0))
    s.wire(s.pin("D3", "1"), (94, bp[1]), (100, bp[1]))
    s.wire(s.pin("D3", "2"), (94, 54), (d[0], 54))
    s.add("R23", resistor("100"), (94.5, 58), {}, angle=90)
    s.wire(s.pin("R23", "2"), s.pin("Q1", "1"))
    s.wire(s.pin("R23", "1"), (91, 58), (91, 59))
    s.label("BUZZER", (91, 59), 270)
    s.block("TEST POINTS", (6, 54), (56, 15))
    for i, net in enumerate(
        ("STROBE", "CAMERA_TRIGGER", "LOG_DETECTOR", "TUNER_RSSI", "LINE_SYNC", "AREF", "BATTERY", "RESET")
    ):
        s.add(f"TP{6 + i}", test_point(net), (9 + 6.5 * i, 59), {"1": net})


def rf(s: Sheet) -> None:
    """The two RF modules, their filters, and the sync separator."""
    adc = TABLE["adc"]
    s.block(
        "LOG DETECTOR (AD8318 module, 1 MHz to 8 GHz)",
        (6, 6),
        (52, 20),
        "Analog Devices AD8318: 0.5 V to 2.1 V, falling with power. The filter passes 16 kHz.",
    )
    s.add("J4", header(4, "AD8318_MODULE", "LOG DETECTOR"), (11, 14), {"1": "+5VA", "2": "GND", "4": "GND"}, mirror="y")
    y = s.pin("J4", "3")[1]
    s.wire(s.pin("J4", "3"), (24, y))
    _filter(s, (24, y), ("R24", ohms(adc["log_detector_ohm"])), ("C13", "10n"), "LOG_DETECTOR")
    s.add("C14", cap("10u"), (50, 15), {"1": "+5VA", "2": "GND"})
    s.block("5.8 GHz TUNER (RX5808 module, chip RTC6715)", (6, 28), (52, 40),
            "SPI mode: CH1 data, CH2 latch, CH3 clock (RichWave RTC6715), 3.3 V levels through dividers of 2/3.\nRemove the resistor that ties the module to switch mode, if it has one.")  # fmt: skip
    s.add("J5", header(8, "RX5808_MODULE", "TUNER"), (12, 41), {
        "1": "GND", "2": "+5VA", "3": "TUNER_DATA_3V", "4": "TUNER_SELECT_3V", "5": "TUNER_CLOCK_3V", "7": "VIDEO", "8": "GND",
    }, mirror="y")  # fmt: skip
    for i, net in enumerate(("TUNER_DATA", "TUNER_SELECT", "TUNER_CLOCK")):
        x = 34 + 9 * i
        s.add(f"R{25 + 2 * i}", resistor("1k"), (x, 41), {"1": net})
        s.add(f"R{26 + 2 * i}", resistor("2k"), (x, 45.5), {"2": "GND"})
        s.wire(s.pin(f"R{25 + 2 * i}", "2"), s.pin(f"R{26 + 2 * i}", "1"))
        s.wire((x, 43), (x - 1.5, 43), (x - 1.5, 43.5))
        s.label(f"{net}_3V", (x - 1.5, 43.5), 270)
    rssi = s.pin("J5", "6")
    s.wire(rssi, (27, rssi[1]), (27, 55))
    _filter(s, (27, 55), ("R31", ohms(adc["tuner_rssi_ohm"])), ("C15", "100n"), "TUNER_RSSI")
    s.add("C16", p.BULK, (11, 56.5), {"1": "+5VA", "2": "GND"})
    s.add("C17", cap("100n"), (20, 56.5), {"1": "+5VA", "2": "GND"})
    s.block("SYNC SEPARATOR", (60, 6), (51, 32),
            "TI LM1881: 620 ohm with 510 pF keeps the colour carrier out. CSYNC counts lines on T0.")  # fmt: skip
    s.add("U5", p.SYNC, (92, 19), {"8": "+5VA", "4": "GND", "3": "NC", "5": "NC", "7": "NC"})
    y = s.pin("U5", "2")[1]
    s.add("R32", resistor("75"), (64, y + 3.5), {"2": "GND"})
    s.wire((64, y - 2), (64, y), s.pin("R32", "1"))
    s.label("VIDEO", (64, y - 2), 0)
    s.add("R33", resistor("620"), (69, y), {}, angle=90)
    s.wire((64, y), s.pin("R33", "1"))
    s.add("C19", cap("100n"), (78.5, y), {}, angle=90)
    s.wire(s.pin("R33", "2"), s.pin("C19", "1"))
    s.add("C18", cap("510p C0G"), (73, y + 3.5), {"2": "GND"})
    s.wire((73, y), s.pin("C18", "1"))
    s.wire(s.pin("C19", "2"), s.pin("U5", "2"))
    rset = s.pin("U5", "6")
    s.wire(rset, (82, rset[1]), (82, 25), (88, 25))
    s.add("R34", resistor("680k"), (82, 27.5), {"2": "GND"})
    s.wire((82, 25), s.pin("R34", "1"))
    s.add("C20", cap("100n"), (88, 27.5), {"2": "GND"})
    s.wire((88, 25), s.pin("C20", "1"))
    y = s.pin("U5", "1")[1]
    s.add("R35", resistor("330"), (102, y), {}, angle=90)
    s.wire(s.pin("U5", "1"), s.pin("R35", "1"))
    s.wire(s.pin("R35", "2"), (106, y), (106, y + 1))
    s.label("LINE_SYNC", (106, y + 1), 270)
    s.add("C21", cap("100n"), (97, 29), {"1": "+5VA", "2": "GND"})
    s.add("TP14", test_point("VIDEO"), (106, 28), {"1": "VIDEO"})


def _filter(s: Sheet, at: Point, r: tuple[str, str], c: tuple[str, str], net: str) -> None:
    """Series resistor to the right of `at`, capacitor to ground, label."""
    x, y = at
    s.add(r[0], resistor(r[1]), (x + 4, y), {}, angle=90)
    s.wire(at, s.pin(r[0], "1"))
    s.wire(s.pin(r[0], "2"), (x + 11, y))
    s.add(c[0], cap(c[1]), (x + 8, y + 2.5), {"2": "GND"})
    s.wire((x + 8, y), s.pin(c[0], "1"))
    s.label(net, (x + 11, y))


def limiter(s: Sheet) -> None:
    """On-time limits that no program can change."""
    lim = TABLE["limiter"]
    s.block("PULSE LIMIT: one-shots on the common strobe, not retriggerable", (6, 6), (54, 30),
            "t = 0.7 R C. Infrared 2.4 ms (firmware 2.0 ms), red 1.2 ms (firmware 1.0 ms).\nA lamp lights while SELECT and STROBE and its window are high.")  # fmt: skip
    s.add("U6", p.ONE_SHOT, (35, 19), {
        "1": "GND", "15": "GND", "3": "+5V", "13": "+5V", "4": "STROBE", "12": "STROBE", "6": "WINDOW_IR", "10": "WINDOW_RED",
        "5": "ONCE_IR", "7": "ONCE_IR", "11": "ONCE_RED", "9": "ONCE_RED", "16": "+5V", "8": "GND", "2": "T_IR", "14": "T_RED",
    })  # fmt: skip
    for n, (x, net) in enumerate(((9, "T_IR"), (18, "T_RED"))):
        name = net[2:].lower()
        s.add(f"R{36 + n}", resistor(ohms(lim[f"{name}_ohm"])), (x, 14), {"1": "+5V"})
        s.add(f"C{22 + n}", cap(f"{lim[f'{name}_nf']:g}n C0G"), (x, 20), {"2": "GND"})
        s.wire(s.pin(f"R{36 + n}", "2"), s.pin(f"C{22 + n}", "1"))
        s.wire((x, 17), (x + 1, 17))
        s.label(net, (x + 1, 17))
    s.add("C24", cap("100n"), (54, 14), {"1": "+5V", "2": "GND"})
    s.block("GATES", (6, 37), (54, 34))
    for i, group in enumerate(PULSED):
        upper = group.upper()
        ref, unit = ("U7", i + 1) if i < 3 else ("U8", 1)
        window = "WINDOW_RED" if group == "red" else "WINDOW_IR"
        nets = (f"SELECT_{upper}", "STROBE", window, f"GATE_{upper}")
        s.add(
            ref,
            p.AND3,
            (22 + 27 * (i % 2), 43 + 8 * (i // 2)),
            dict(zip(AND3_PINS[unit], nets, strict=True)),
            unit=unit,
        )
    for i, unit in enumerate((2, 3)):
        a, b, c, out = AND3_PINS[unit]
        s.add("U8", p.AND3, (13 + 11 * i, 61), {out: "NC", c: "GND"}, unit=unit, ref_at=(0, -2.0))
        s.wire(s.pin("U8", a, unit), s.pin("U8", b, unit), s.pin("U8", c, unit))
    for i, (ref, unit, part) in enumerate((("U7", 4, p.AND3), ("U8", 4, p.AND3), ("U11", 5, p.NOR))):
        x = 33 + 10 * i
        s.add(ref, part, (x, 62), {"14": "+5V", "7": "GND"}, unit=unit, ref_at=(0, 0))
        s.add(f"C{41 + i}", cap("100n"), (x + 3.5, 62), {"1": "+5V", "2": "GND"})
    s.text("spare gates", (8, 65), 1.27)
    s.block("ON-TIME LIMIT OF THE VISIBLE LIGHTS: counters, reset while the light is off", (62, 6), (49, 43),
            "74HC4060: T = 2.5 R C, the gate closes after 8192 T and the diode stops the oscillator.\nWhite 5.9 s (firmware 4.5 s), aim 76 s (firmware 60 s).")  # fmt: skip
    for n, (light, y) in enumerate((("white", 17), ("aim", 36))):
        name, ref = light.upper(), f"U{9 + n}"
        s.add(ref, p.COUNTER, (92, y), {
            "12": f"{name}_OFF", "3": f"{name}_DONE", "16": "+5V", "8": "GND",
            **dict.fromkeys(("7", "5", "4", "6", "14", "13", "15", "1", "2"), "NC"),
        })  # fmt: skip
        rs, rtc, ctc = s.pin(ref, "11"), s.pin(ref, "10"), s.pin(ref, "9")
        r, r2, c = f"R{38 + 3 * n}", f"R{39 + 3 * n}", f"C{25 + 2 * n}"
        low = ctc[1] + 3
        s.add(r, resistor(ohms(lim[f"{light}_ohm"])), (84, rtc[1]), {}, angle=90)
        s.wire(rtc, s.pin(r, "2"))
        s.add(c, cap(f"{lim[f'{light}_nf']:g}n C0G"), (82, low), {}, angle=90)
        s.wire(ctc, (86, ctc[1]), (86, low), s.pin(c, "2"))
        s.wire(s.pin(r, "1"), (78, rtc[1]), (78, low), s.pin(c, "1"))
        s.add(r2, resistor("1M"), (74, rtc[1]), {}, angle=90)
        s.wire(s.pin(r2, "2"), (78, rtc[1]))
        s.wire(s.pin(r2, "1"), (71, rtc[1]), (71, rtc[1] - 2.5), (87, rtc[1] - 2.5), (87, rs[1]), rs)
        s.label(f"{name}_RS", (71, rtc[1] - 2.5), 180)
        s.add(f"D{4 + n}", p.DIODE, (75, low + 3), {"1": f"{name}_RS", "2": f"{name}_DONE"}, ref_at=(0, -1.2))
        s.add(f"C{26 + 2 * n}", cap("100n"), (106, y - 4), {"1": "+5V", "2": "GND"})
    s.block("LIGHT GATES: (not off) and (not done)", (62, 50), (49, 15))
    unit_pins = {1: ("2", "3", "1"), 2: ("5", "6", "4"), 3: ("8", "9", "10"), 4: ("11", "12", "13")}
    for n, (name, inverter, gate) in enumerate((("WHITE", 1, 2), ("AIM", 3, 4))):
        x, i, g = 74 + 24 * n, unit_pins[inverter], unit_pins[gate]
        s.add("U11", p.NOR, (x, 55), {i[0]: name, i[2]: f"{name}_OFF"}, unit=inverter)
        s.wire(s.pin("U11", i[0], inverter), s.pin("U11", i[1], inverter))
        s.add("U11", p.NOR, (x, 61), {g[0]: f"{name}_OFF", g[1]: f"{name}_DONE", g[2]: f"GATE_{name}"}, unit=gate)


AND3_PINS = {1: ("1", "2", "13", "12"), 2: ("3", "4", "5", "6"), 3: ("9", "10", "11", "8")}


def lamps(s: Sheet) -> None:
    """Four equal drivers of two strings: charge resistor, reservoir, current sinks."""
    vbe = TABLE["sink"]["clamp_vbe_v"]
    s.text("Passive limit: the charge resistor refills the reservoir, so no fault of logic can hold a group above\n"
           f"(18 V - LEDs) / 330 = 24 mA on average. Sink: I = {vbe:g} V / {TABLE['group']['on_axis']['sense_resistor_ohm']:g} ohm = {_sink_ma('on_axis'):.0f} mA a string;\n"
           f"the small transistor of each sink (MMBT3904) pulls the gate down when its base sees {vbe:g} V.", (7, 67), 1.5)  # fmt: skip
    for n, group in enumerate(PULSED):
        x, y = 6 + 53 * (n % 2), 6 + 29.5 * (n // 2)
        reserved = " (reserved)" if group in {"middle_ring", "red"} else ""
        s.block(f"{group.upper()}{reserved}", (x, y), (52, 28.5))
        name, row, base = group.upper(), TABLE["group"][group], 50 + 10 * n
        s.add(
            f"R{base}",
            resistor(ohms(row["charge_resistor_ohm"]), p.R2512, "RC2512FK-07330RL"),
            (x + 4, y + 6),
            {"1": "+18V"},
        )
        s.add(f"C{30 + n}", p.RESERVOIR, (x + 4, y + 11), {"2": "GND"})
        s.wire(s.pin(f"R{base}", "2"), s.pin(f"C{30 + n}", "1"))
        s.wire((x + 4, y + 9), (x + 5.5, y + 9))
        s.label(f"{name}_A", (x + 5.5, y + 9))
        for k in range(2):
            _sink(
                s,
                (x + 21.5 + 17 * k, y + 15),
                f"GATE_{name}",
                f"{name}_K{k + 1}",
                row["sense_resistor_ohm"],
                base + 1 + 4 * k,
                2 + 4 * n + 2 * k,
            )
    # off_axis has one connector a bar, the others one a board.
    for n, (group, at) in enumerate((("on_axis", (10, 27)), ("middle_ring", (10, 56.5)), ("red", (63, 56.5)))):
        name = group.upper()
        nets = {"1": f"{name}_A", "2": f"{name}_K1", "3": f"{name}_K2"}
        s.add(f"J{6 + n}", ph(3, "LAMP3", name.replace("_", " ")), at, nets)
    s.add("J9", ph(2, "LAMP2", "LEFT BAR"), (63, 25), {"1": "OFF_AXIS_A", "2": "OFF_AXIS_K1"})
    s.add("J10", ph(2, "LAMP2", "RIGHT BAR"), (63, 30.5), {"1": "OFF_AXIS_A", "2": "OFF_AXIS_K2"})


def _sink(s: Sheet, at: Point, gate: str, cathode: str, sense: float, r: int, q: int) -> None:
    """MOSFET `Q{q}`, clamp `Q{q+1}`, gate resistor `R{r}`, pull-down `R{r+1}`, sense resistor `R{r+2}`."""
    x, y = at
    row = TABLE["sink"]
    s.add(f"Q{q}", p.MOSFET, (x + 6.5, y), {"3": cathode})
    s.add(f"R{r}", resistor(ohms(row["gate_resistor_ohm"])), (x - 3.5, y), {}, angle=90)
    s.wire((x - 5, y), (x - 5, y - 3))
    s.label(gate, (x - 5, y - 3), 0)
    s.wire(s.pin(f"R{r}", "2"), s.pin(f"Q{q}", "1"))
    s.add(f"R{r + 1}", resistor(ohms(row["gate_pulldown_ohm"])), (x - 1, y + 3), {"2": "GND"})
    s.wire((x - 1, y), s.pin(f"R{r + 1}", "1"))
    src = s.pin(f"Q{q}", "2")
    part = resistor(ohms(sense))
    if sense < 3:
        part = resistor(ohms(sense), p.R2010, part.mpn.replace("RC0805FR", "RC2010FK"))
    s.add(f"R{r + 2}", part, (src[0], src[1] + 4.5), {"2": "GND"})
    s.wire(src, s.pin(f"R{r + 2}", "1"))
    # The clamp's base looks at the sense resistor, its collector pulls the gate down.
    s.add(f"Q{q + 1}", p.CLAMP, (x + 4, y + 4), {"2": "GND"}, mirror="y", ref_at=(1.1, 1.7))
    base, collector = s.pin(f"Q{q + 1}", "1"), s.pin(f"Q{q + 1}", "3")
    s.wire(base, (src[0], base[1]))
    s.wire(collector, (collector[0], y))


def visible(s: Sheet) -> None:
    """White stimulus on three sinks from 5 V, aiming spot on one."""
    row = TABLE["group"]
    s.block(
        f"WHITE STIMULUS: 3 x {_sink_ma('white'):.0f} mA",
        (6, 6),
        (105, 28),
        "F3 opens the group when a sink fails short. Longest on time 5.9 s in hardware.",
    )
    s.add("F3", p.PTC_WHITE, (10, 12), {"1": "+5V"})
    s.add("C34", p.BULK, (10, 18), {"2": "GND"})
    s.wire(s.pin("F3", "2"), s.pin("C34", "1"))
    s.wire((10, 15), (12, 15))
    s.label("WHITE_A", (12, 15))
    for k in range(3):
        _sink(
            s,
            (30 + 20 * k, 17),
            "GATE_WHITE",
            f"WHITE_K{k + 1}",
            row["white"]["sense_resistor_ohm"],
            90 + 3 * k,
            18 + 2 * k,
        )
    s.add("J11", ph(4, "LAMP4", "WHITE"), (95, 17), {"1": "WHITE_A", "2": "WHITE_K1", "3": "WHITE_K2", "4": "WHITE_K3"})
    s.block(
        f"AIMING SPOT: one visible LED of {_sink_ma('aim'):.0f} mA, no laser",
        (6, 36),
        (60, 28),
        f"Longest on time {TABLE['group']['aim']['limit_ms'] / 1000:.0f} s in hardware.",
    )
    _sink(s, (18, 47), "GATE_AIM", "AIM_K", row["aim"]["sense_resistor_ohm"], 99, 24)
    s.add("J12", ph(2, "LAMP2", "AIM"), (45, 47), {"1": "+5V", "2": "AIM_K"})


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
        "CAMERA POWER SWITCH", (62, 6), (49, 17), "Off unless the Pi raises GPIO4. The output is discharged when off."
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
    _tap(s, "R102", "1", "CAM_ENABLE")
    s.block("CAMERA-ON LIGHT: wired to the sensor's supply, no program can dim it", (62, 25), (49, 18))
    s.add("R103", resistor("330"), (68, 32), {})
    _tap(s, "R103", "1", "CAM_3V3")
    s.add("D6", p.LED_RED, (68, 37), {"1": "GND"}, angle=90)
    s.wire(s.pin("R103", "2"), s.pin("D6", "2"))
    s.add("R104", resistor("330"), (86, 32), {})
    _tap(s, "R104", "1", "CAM_3V3")
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
    _tap(s, "U13", "14", "PI_CAM_3V3")
    s.add("C36", cap("100n"), (46, 53), {"2": "GND"})
    _tap(s, "C36", "1", "PI_CAM_3V3")
    s.block("TRIGGER: 5 V to the sensor's 1.8 V, dead while the camera is off", (62, 45), (49, 20),
            "XTR of the Global Shutter camera: at most 2.1 V, exposes while low.\nRemove R11 of the camera board if Q2 is fitted.")  # fmt: skip
    s.add("U14", p.LDO18, (74, 51), {"3": "CAM_3V3", "1": "GND"})
    y = s.pin("U14", "2")[1]
    s.add("C37", cap("1u"), (82, y + 1.5), {"2": "GND"})
    s.wire(s.pin("U14", "2"), (94, y))
    s.label("CAM_1V8", (94, y))
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


def _tap(s: Sheet, ref: str, pin: str, net: str) -> None:
    """A label that lies beside the upper end of an upright part."""
    x, y = s.pin(ref, pin)
    s.wire((x, y), (x, y - 1), (x + 1, y - 1))
    s.label(net, (x + 1, y - 1))


def pi(s: Sheet) -> None:
    """Ribbon to the Pi, serial line in both directions, secure element, IMU."""
    s.block(
        "RIBBON TO THE PI, pins 1 to 10",
        (6, 6),
        (52, 19),
        "GPIO4 raises the camera's supply. The Pi's 5 V pins stay open: it is fed through J2.",
    )
    s.add("J17", p.PI_RIBBON, (30, 14), {
        "1": "PI_3V3", "2": "NC", "4": "NC", "3": "PI_SDA1", "5": "PI_SCL1", "6": "GND", "9": "GND", "7": "CAM_ENABLE", "8": "PI_TXD", "10": "PI_RXD",
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
    _tap(s, "U17", "5", "PI_3V3")
    s.add("C38", cap("100n"), (100, 24), {"1": "+5V", "2": "GND"})
    s.add("C39", cap("100n"), (100, 34), {"2": "GND"})
    _tap(s, "C39", "1", "PI_3V3")
    s.block("SECURE ELEMENT", (6, 26), (52, 20), "On the Pi's I2C bus, pulled up on the Pi.")
    s.add(
        "U18",
        p.SECURE,
        (27, 36),
        {"5": "PI_SDA1", "6": "PI_SCL1", "4": "GND", **dict.fromkeys(("1", "2", "3", "7"), "NC")},
    )
    _tap(s, "U18", "8", "PI_3V3")
    s.add("C40", cap("100n"), (45, 37), {"2": "GND"})
    _tap(s, "C40", "1", "PI_3V3")
    s.block(
        "IMU (GY-521 board, MPU-6050)",
        (6, 47),
        (105, 18),
        "The IMU's bus runs at 3.3 V, the Nano wants 3.5 V for a high level: two BSS138 shift it.",
    )
    s.add("J18", header(8, "GY521_MODULE", "IMU"), (14, 55.5), {
        "1": "+5V", "2": "GND", "3": "SCL_3V", "4": "SDA_3V", "5": "NC", "6": "NC", "7": "GND", "8": "NC",
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

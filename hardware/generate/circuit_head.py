"""Sheets of the carrier: the Nano with what hangs on it, and the radio modules."""

import parts as p
from circuit import NANO_NETS, TABLE, low_pass, ohms
from parts import capacitor as cap
from parts import header, ph, resistor, test_point
from sheet import Sheet


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
    s.add("C44", cap("100n"), (108.5, 37), {"1": "+5VA", "2": "GND"})
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
    low_pass(s, (24, y), ("R24", ohms(adc["log_detector_ohm"])), ("C13", "10n"), "LOG_DETECTOR")
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
    low_pass(s, (27, 55), ("R31", ohms(adc["tuner_rssi_ohm"])), ("C15", "100n"), "TUNER_RSSI")
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

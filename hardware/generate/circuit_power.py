"""Sheets of the carrier: inputs, switch and meter; supplies."""

import parts as p
from parts import capacitor as cap
from parts import ph, resistor, test_point
from sheet import Sheet


def banks(s: Sheet) -> None:
    """Two USB-C inputs behind ideal diodes, fuse, switch with its latch, energy meter."""
    s.block("TWO POWER BANKS: the one of the higher voltage feeds, the other may be changed", (6, 6), (105, 30),
            "Sinks of 3 A (two 5.1k each). Ideal diodes: no bank feeds the other.")  # fmt: skip
    inputs = (("A", "J1", 1, "U24", "Q35", "C50", 142), ("B", "J19", 140, "U25", "Q36", "C51", 144))
    for n, (letter, jack, r, u, q, c, there) in enumerate(inputs):
        x, vbus, gate = 6 + 52 * n, f"VBUS_{letter}", f"DIODE_GATE_{letter}"
        s.add(jack, p.USB, (x + 5, 16), {
            "A9": vbus, "B9": vbus, "A5": f"CC1_{letter}", "B5": f"CC2_{letter}", "A12": "GND", "B12": "GND", "S1": "GND",
        })  # fmt: skip
        s.add(f"R{r}", resistor("5.1k"), (x + 4, 29), {"1": f"CC1_{letter}", "2": "GND"})
        s.add(f"R{r + 1}", resistor("5.1k"), (x + 8, 29), {"1": f"CC2_{letter}", "2": "GND"})
        s.add(u, p.IDEAL_DIODE, (x + 25, 13), {"1": vbus, "2": "GND", "3": "GND", "4": "NC", "5": gate, "6": "VSYS"})
        s.add(q, p.PASS_FET, (x + 42, 20), {"5": vbus, "4": gate, "1": "VSYS", "2": "VSYS", "3": "VSYS"})
        s.add(c, cap("100n"), (x + 19, 28), {"1": vbus, "2": "GND"})
        s.add(f"R{there}", resistor("33k"), (x + 26, 27), {"1": vbus})
        s.add(f"R{there + 1}", resistor("47k"), (x + 26, 31), {"2": "GND"})
        s.wire(s.pin(f"R{there}", "2"), s.pin(f"R{there + 1}", "1"))
        s.wire((x + 26, 29), (x + 27, 29))
        s.label(f"BANK_{letter}", (x + 27, 29))
        s.power("PWR_FLAG", (x + 15, 28))
        s.label(vbus, (x + 15, 28), 270)
    s.add("C52", cap("10u"), (45, 30), {"1": "VSYS", "2": "GND"})
    s.block("SWITCH: a press latches it, POWER_OFF of the Pi lets go of it", (6, 38), (62, 36),
            "C54, C55 and R152 make 5 V rise in 7 ms (2 mF behind it: 2 A). D13 and C67 keep Q39 on after the Pi has lost its own supply. What leaks through\nD8 into the dead Pi and through Q38 lifts Q37's gate by 50 mV at 55 C, because of R146.")  # fmt: skip
    s.add("F1", p.FUSE, (9, 46), {"1": "VSYS", "2": "V_FUSED"})
    s.add(
        "Q37",
        p.PASS_FET,
        (20, 46),
        {"4": "POWER_GATE", "1": "V_FUSED", "2": "V_FUSED", "3": "V_FUSED", "5": "V_SWITCHED"},
    )
    s.add("Q38", p.LEVEL_FET, (38, 48), {"1": "POWER_HOLD", "2": "GND", "3": "POWER_PULL"})
    s.add("Q39", p.LEVEL_FET, (55, 48), {"1": "POWER_OFF_HELD", "2": "GND", "3": "POWER_HOLD"})
    s.add("J21", ph(2, "WIRE2", "POWER"), (61, 53), {"1": "POWER_SW", "2": "GND"})
    for ref, part, x, kathode, anode in (
        ("D7", p.DIODE, 15, "BUTTON_DOWN", "POWER_PULL"),
        ("D8", p.DIODE, 31, "BUTTON_DOWN", "POWER_BUTTON"),
        ("D13", p.DIODE, 51.5, "POWER_OFF_HELD", "POWER_OFF"),
    ):
        s.add(ref, part, (x, 54), {"1": kathode, "2": anode}, ref_at=(0, -1.3))
    for i, (ref, part, upper, lower) in enumerate((
        ("R146", resistor("47k"), "V_FUSED", "POWER_GATE"),
        ("C54", cap("10u"), "V_FUSED", "POWER_GATE"),
        ("C55", cap("1u"), "POWER_GATE", "V_SWITCHED"),
        ("R152", resistor("4.7k"), "POWER_GATE", "POWER_PULL"),
        ("R147", resistor("150k"), "+5V", "POWER_HOLD"),
        ("R148", resistor("100k"), "POWER_HOLD", "GND"),
        ("C53", cap("1u"), "POWER_HOLD", "GND"),
        ("R149", resistor("10k"), "POWER_OFF", "GND"),
        ("R166", resistor("1M"), "POWER_OFF_HELD", "GND"),
        ("C67", p.C_4U7, "POWER_OFF_HELD", "GND"),
        ("R150", resistor("10k"), "PI_3V3", "POWER_BUTTON"),
        ("R151", resistor("100"), "BUTTON_DOWN", "POWER_SW"),
    )):  # fmt: skip
        s.add(ref, part, (8.5 + 5 * i, 64), {"1": upper, "2": lower})
    s.block(
        "METER: voltage and current of the probe",
        (70, 38),
        (41, 26),
        "INA219 at 0x40. Per cent = 1 - energy counted / what the bank holds.",
    )
    s.add("R155", p.SHUNT, (75, 46), {"1": "V_SWITCHED", "2": "+5V"})
    s.add("R153", resistor("10"), (82, 46), {"1": "V_SWITCHED", "2": "METER_P"})
    s.add("R154", resistor("10"), (88, 46), {"1": "+5V", "2": "METER_N"})
    s.add("C56", cap("100n"), (97, 46), {"1": "METER_P", "2": "METER_N"})
    s.add(
        "U23",
        p.METER,
        (86, 58),
        {
            "8": "METER_P",
            "7": "METER_N",
            "1": "GND",
            "2": "GND",
            "3": "PI_SDA1",
            "4": "PI_SCL1",
            "5": "+3V3",
            "6": "GND",
        },
    )
    s.add("C61", cap("100n"), (107, 57), {"1": "+3V3", "2": "GND"})


def power(s: Sheet) -> None:
    """5 V to the Pi, 3.3 V for the IMU's side, boost converter for the lamps, quiet 5 V for RF."""
    s.block(
        "5 V",
        (6, 6),
        (60, 22),
        "Everything behind the switch and the meter. The Pi is fed through J2 and a USB-C pigtail.",
    )
    y = 14.0
    s.wire((24, y), (59, y))
    s.wire((24, y), (24, y - 1))
    s.power("+5V", (24, y - 1))
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
    s.label("LAMP_SW", (sw[0] + 1, y - 3), 0)
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
        s.add(ref, p.C_4U7, (x, out[1] + 2.5), {"2": "GND"})
        s.wire((x, out[1]), s.pin(ref, "1"))
    s.wire((58, out[1]), (58, out[1] - 1))
    s.power("+18V", (58, out[1] - 1))

    s.block(
        "3.3 V (IMU side)",
        (68, 6),
        (43, 22),
        "IMU and energy meter. Nothing of the camera or the Pi hangs on this rail.",
    )
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

"""Sheets of the carrier: limits that no program changes, drivers of the lamps."""

import parts as p
from circuit import GROUP_REFS, INFRARED, TABLE, ohms, sink_ma
from parts import capacitor as cap
from parts import ph, resistor, test_point
from sheet import Part, Point, Sheet

AND3_PINS = {1: ("1", "2", "13", "12"), 2: ("3", "4", "5", "6"), 3: ("9", "10", "11", "8")}


def limiter(s: Sheet) -> None:
    """On-time limits that no program can change."""
    lim = TABLE["limiter"]
    s.block("PULSE LIMIT: one-shots on the common strobe, not retriggerable", (6, 6), (54, 30),
            "t = 0.7 R C. Infrared 2.4 ms (firmware 2.0 ms), red 0.5 ms (firmware 0.4 ms).\nA lamp lights while its group is selected and STROBE and its window are high.")  # fmt: skip
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
    for i, group in enumerate(INFRARED):
        upper = group.upper()
        select = "SELECT" if group == "on_axis" else "LAMP"
        nets = (f"{select}_{upper}", "STROBE", "WINDOW_IR", f"GATE_{upper}")
        place, pins = (24 + 22 * (i % 2), 43 + 7 * (i // 2)), dict(zip(AND3_PINS[i + 1], nets, strict=True))
        s.add("U7", p.AND3, place, pins, unit=i + 1)
    s.add("U8", p.AND3, (46, 50), dict(zip(AND3_PINS[1], ("GND", "GND", "GND", "NC"), strict=True)), unit=1)
    s.add("U21", p.DECODER, (22, 61), {
        "1": "SELECT_OFF_AXIS", "2": "SELECT_MIDDLE_RING", "3": "GND", "4": "GND", "5": "GND", "6": "+5V", "16": "+5V", "8": "GND",
        "14": "LAMP_OFF_AXIS", "13": "LAMP_MIDDLE_RING", **dict.fromkeys(("15", "12", "11", "10", "9", "7"), "NC"),
    })  # fmt: skip
    s.add("C46", cap("100n"), (35.5, 55), {"1": "+5V", "2": "GND"})
    for i, (ref, unit, part) in enumerate((("U7", 4, p.AND3), ("U8", 4, p.AND3), ("U11", 5, p.NOR))):
        x = 40 + 7.5 * i
        s.add(ref, part, (x, 62), {"14": "+5V", "7": "GND"}, unit=unit, ref_at=(0, 0))
        s.add(f"C{41 + i}", cap("100n"), (x + 3.5, 62), {"1": "+5V", "2": "GND"})
    for i, net in enumerate(("SELECT_ON_AXIS", "SELECT_RED")):
        s.add(f"TP{15 + i}", test_point(net), (48 + 8 * i, 30), {"1": net}, angle=180)
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


def lamps(s: Sheet) -> None:
    """Three equal drivers of two strings: charge resistor, reservoir, current sinks."""
    vbe = TABLE["sink"]["clamp_vbe_v"]
    s.text("Passive limit: the charge resistor refills the reservoir, so no fault of logic can hold a group above\n"
           f"(18 V - LEDs) / 330 = 24 mA on average. Sink: I = {vbe:g} V / {TABLE['group']['on_axis']['sense_resistor_ohm']:g} ohm = {sink_ma('on_axis'):.0f} mA a string;\n"
           f"the small transistor of each sink (MMBT3904) pulls the gate down when its base sees {vbe:g} V.", (7, 67), 1.5)  # fmt: skip
    for n, group in enumerate(INFRARED):
        _driver(s, group, (6 + 53 * (n % 2), 6 + 29.5 * (n // 2)))
    # off_axis has one connector a bar, the others one a board.
    for ref, group, at in (("J6", "on_axis", (10, 27)), ("J7", "middle_ring", (10, 56.5))):
        _socket(s, ref, group, at)
    s.add("J9", ph(2, "LAMP2", "LEFT BAR"), (63, 25), {"1": "OFF_AXIS_A", "2": "OFF_AXIS_K1"})
    s.add("J10", ph(2, "LAMP2", "RIGHT BAR"), (63, 30.5), {"1": "OFF_AXIS_A", "2": "OFF_AXIS_K2"})


def red(s: Sheet) -> None:
    """Driver of the red lamp, and what keeps it from flickering: a burst ends, then red rests, whatever the logic asks."""
    lim = TABLE["limiter"]
    _driver(s, "red", (6, 6))
    _socket(s, "J8", "red", (10, 27))
    s.block("BURSTS: end after a gap or after their longest time, then rest", (6, 36), (105, 28.5),
            "GAP is retriggered by each red pulse; without one for 13 ms it falls and starts REST A (1.5 s). BURST begins with the first pulse, lasts 0.27 s,\n"
            "and its end starts REST B (1.2 s). Red needs both rests over: one broken part leaves the other. D10 to D12 empty large capacitors at power-off.")  # fmt: skip
    t = {
        "GAP": ("gap", "nf", "C64"),
        "REST_A": ("rest", "uf", "C65"),
        "BURST": ("burst", "uf", "C62"),
        "REST_B": ("burst_rest", "uf", "C63"),
    }
    s.add("U20", p.ONE_SHOT, (46, 49), {
        "1": "GND", "15": "GND", "3": "+5V", "13": "+5V", "4": "GATE_RED", "5": "+5V", "6": "RED_GAP", "7": "NC", "2": "T_GAP",
        "12": "GND", "11": "RED_GAP", "9": "RED_FREE_A", "10": "NC", "14": "T_REST_A", "16": "+5V", "8": "GND",
    })  # fmt: skip
    s.add("U19", p.ONE_SHOT, (97, 49), {
        "1": "GND", "15": "GND", "3": "+5V", "13": "+5V", "4": "GATE_RED", "5": "ONCE_BURST", "7": "ONCE_BURST", "6": "RED_BURST", "2": "T_BURST",
        "12": "GND", "11": "RED_BURST", "9": "RED_FREE_B", "10": "NC", "14": "T_REST_B", "16": "+5V", "8": "GND",
    })  # fmt: skip
    for n, (net, (key, unit, c)) in enumerate(t.items()):
        x = 10 + 9 * (n % 2) + 51 * (n // 2)
        value = f"{lim[f'red_{key}_{unit}']:g}"
        s.add(f"R{161 + n}", resistor(ohms(lim[f"red_{key}_ohm"])), (x, 43), {"1": "+5V"})
        s.add(c, cap(f"{value}n C0G" if unit == "nf" else f"{value}u"), (x, 49), {"2": "GND"})
        s.wire(s.pin(f"R{161 + n}", "2"), s.pin(c, "1"))
        s.wire((x, 46), (x + 1, 46))
        s.label(f"T_{net}", (x + 1, 46))
        if unit == "uf":
            s.add(f"D{9 + n}", p.DIODE, (x + 2, 54.5 + 3 * (n % 2)), {"2": f"T_{net}", "1": "+5V"}, ref_at=(0, -1.2))
    s.add("C48", cap("100n"), (30, 57), {"1": "+5V", "2": "GND"})
    s.add("C47", cap("100n"), (84, 57), {"1": "+5V", "2": "GND"})
    s.block(
        "GATE OF RED",
        (60, 6),
        (51, 28.5),
        "Selected and rested; then as the others: STROBE and its own window of 0.5 ms.",
    )
    for unit, nets, x in (
        (2, ("SELECT_RED", "RED_FREE_A", "RED_FREE_B", "RED_READY"), 73),
        (3, ("RED_READY", "STROBE", "WINDOW_RED", "GATE_RED"), 97),
    ):
        s.add("U8", p.AND3, (x, 19), dict(zip(AND3_PINS[unit], nets, strict=True)), unit=unit)


def _driver(s: Sheet, group: str, at: Point) -> None:
    """Charge resistor, reservoir and two sinks of a pulsed group, in a frame."""
    (x, y), name, row = at, group.upper(), TABLE["group"][group]
    base, reservoir, q = GROUP_REFS[group]
    s.block(name, at, (52, 28.5))
    ohm = ohms(row["charge_resistor_ohm"])
    charge = resistor(ohm, p.R2512, resistor(ohm).mpn.replace("RC0805FR", "RC2512FK"))
    s.add(f"R{base}", charge, (x + 4, y + 6), {"1": "+18V"})
    s.add(f"C{reservoir}", p.RESERVOIR_RED if group == "red" else p.RESERVOIR, (x + 4, y + 11), {"2": "GND"})
    s.wire(s.pin(f"R{base}", "2"), s.pin(f"C{reservoir}", "1"))
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
            q + 2 * k,
        )


def _socket(s: Sheet, ref: str, group: str, at: Point) -> None:
    """Header of a lamp board with two strings; red's has its pins in reverse, so that no lamp lights in a wrong socket."""
    name, red = group.upper(), group == "red"
    modality = ph(3, "LAMP3_RED" if red else "LAMP3", name.replace("_", " "))
    nets = [f"{name}_A", f"{name}_K1", f"{name}_K2"]
    pins = zip(("3", "2", "1") if red else ("1", "2", "3"), nets, strict=True)
    s.add(ref, modality, at, dict(pins))


def _sink(
    s: Sheet,
    at: Point,
    gate: str,
    cathode: str,
    sense: float,
    r: int,
    q: int,
    mosfet: Part = p.MOSFET,
) -> None:
    """MOSFET `Q{q}`, clamp `Q{q+1}`, gate resistor `R{r}`, pull-down `R{r+1}`, sense resistor `R{r+2}`."""
    x, y = at
    row = TABLE["sink"]
    drain, source = ("2", "3") if mosfet is p.POWER_FET else ("3", "2")
    s.add(f"Q{q}", mosfet, (x + 6.5, y), {drain: cathode})
    s.add(f"R{r}", resistor(ohms(row["gate_resistor_ohm"])), (x - 3.5, y), {}, angle=90)
    s.wire((x - 5, y), (x - 5, y - 3))
    s.label(gate, (x - 5, y - 3), 0)
    s.wire(s.pin(f"R{r}", "2"), s.pin(f"Q{q}", "1"))
    s.add(f"R{r + 1}", resistor(ohms(row["gate_pulldown_ohm"])), (x - 1, y + 3), {"2": "GND"})
    s.wire((x - 1, y), s.pin(f"R{r + 1}", "1"))
    src = s.pin(f"Q{q}", source)
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
        f"WHITE STIMULUS: 3 x {sink_ma('white'):.0f} mA",
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
            p.POWER_FET,
        )
    s.add("J11", ph(4, "LAMP4", "WHITE"), (95, 17), {"1": "WHITE_A", "2": "WHITE_K1", "3": "WHITE_K2", "4": "WHITE_K3"})
    s.block(
        f"AIMING SPOT: one visible LED of {sink_ma('aim'):.0f} mA, no laser",
        (6, 36),
        (60, 28),
        f"Longest on time {TABLE['group']['aim']['limit_ms'] / 1000:.0f} s in hardware.",
    )
    _sink(s, (18, 47), "GATE_AIM", "AIM_K", row["aim"]["sense_resistor_ohm"], 99, 24)
    s.add("J12", ph(2, "LAMP2", "AIM"), (45, 47), {"1": "+5V", "2": "AIM_K"})

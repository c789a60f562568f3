"""The committed boards: KiCad finds nothing, and they agree with the firmware's pins, the lamp table and the optics."""

import json
import math
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest

from hardware.generate.sexpr import child
from tests.hardware.kicad import (
    BOARDS,
    HARDWARE,
    footprints,
    netlist,
    on_net,
    outline,
    pads,
    place,
    rule_check,
    track_widths,
    value_of,
)

TABLE: dict[str, Any] = tomllib.loads((HARDWARE / "interfaces.toml").read_text())
NANO = {
    "TX1": "1",
    "RX0": "2",
    **{f"D{n}": str(n + 3) for n in range(2, 14)},
    **{f"A{n}": str(n + 19) for n in range(8)},
}
"""Label to pin number, Arduino Nano 3.0: TX1 RX0 RST GND D2..D12 in a row, D13 3V3 AREF A0..A7 5V RST GND VIN back."""
SELECTS = ("SELECT_ON_AXIS", "SELECT_OFF_AXIS", "SELECT_MIDDLE_RING", "SELECT_RED")
PULSED = ("on_axis", "off_axis", "middle_ring", "red")


@pytest.mark.parametrize("name", BOARDS)
def test_electrical_rules_find_nothing(name: str, tmp_path: Path) -> None:
    assert rule_check("sch", Path(f"{BOARDS[name]}.kicad_sch"), tmp_path) == []


@pytest.mark.parametrize("name", BOARDS)
def test_no_rule_is_switched_off(name: str) -> None:
    project = json.loads(Path(f"{BOARDS[name]}.kicad_pro").read_text())
    rules = [
        *project["erc"]["rule_severities"].values(),
        *project["board"]["design_settings"]["rule_severities"].values(),
    ]
    assert set(rules) == {"warning"}  # those that KiCad leaves off by itself are switched on
    assert project["erc"]["erc_exclusions"] == project["board"]["design_settings"]["drc_exclusions"] == []


@pytest.mark.parametrize("name", BOARDS)
def test_design_rules_and_parity_find_nothing(name: str, tmp_path: Path) -> None:
    assert rule_check("pcb", Path(f"{BOARDS[name]}.kicad_pcb"), tmp_path) == []


def test_a_cut_track_and_a_renamed_net_are_found(tmp_path: Path) -> None:
    shutil.copytree(HARDWARE / "lib", tmp_path / "lib", ignore=shutil.ignore_patterns("models"))
    shutil.copytree(HARDWARE / "led", tmp_path / "led")
    file = tmp_path / "led/bar.kicad_pcb"
    whole = file.read_text()
    start = whole.index("\t(segment")
    file.write_text(whole[:start] + whole[whole.index("\n\t)\n", start) + 4 :])
    assert any("unconnected" in found for found in rule_check("pcb", file, tmp_path))
    file.write_text(whole.replace('"K"', '"KX"'))
    assert any("net_conflict" in found or "parity" in found for found in rule_check("pcb", file, tmp_path))


def pins_table(root: Path) -> dict[str, str]:
    """Nano pin number to the name that the firmware gives it."""
    pins = tomllib.loads((root / "firmware/board/atmega328p/pins.toml").read_text())
    return {NANO[row["nano"]]: name for table in ("pin", "analog_only") for name, row in pins[table].items()}


def test_the_socket_of_the_nano_is_what_the_firmware_uses(repo_root: Path) -> None:
    """No pin differs in either direction: what the firmware does not name is not wired either."""
    _, nets = netlist("carrier")
    fixed = {"4": "GND", "29": "GND", "27": "+5V", "28": "RESET", "18": "AREF"}
    wired = {pin: net for (ref, pin), net in nets.items() if ref == "A1" and not net.startswith("unconnected")}
    assert wired == fixed | {pin: name.upper() for pin, name in pins_table(repo_root).items()}
    assert wired != fixed | {pin: name.upper() for pin, name in {**pins_table(repo_root), "12": "white"}.items()}


@pytest.mark.parametrize("group", [*PULSED, "white", "aim"])
def test_each_string_is_driven_as_the_lamp_table_says(group: str) -> None:
    """Gate resistor to gate, pull-down, sense resistor between source and ground, clamp across it."""
    row, sink, name = TABLE["group"][group], TABLE["sink"], group.upper()
    parts, nets = netlist("carrier")
    gate_resistors = on_net(f"GATE_{name}", "R")
    assert len(gate_resistors) == row["strings"]
    for resistor in gate_resistors:
        assert value_of(resistor) == sink["gate_resistor_ohm"]
        side = "2" if nets[resistor, "1"] == f"GATE_{name}" else "1"
        gate_net = nets[resistor, side]
        (pull,) = on_net(gate_net, "R") - {resistor}
        assert value_of(pull) == sink["gate_pulldown_ohm"]
        assert "GND" in {nets[pull, "1"], nets[pull, "2"]}
        transistors = {ref: pin for (ref, pin), net in nets.items() if net == gate_net and ref.startswith("Q")}
        kind = row.get("mosfet", sink["mosfet"])
        drain, source = ("2", "3") if kind == "NDT3055L" else ("3", "2")  # SOT-223 and SOT-23
        ((mosfet, gate),) = [(q, pin) for q, pin in transistors.items() if parts[q]["value"] == kind]
        ((clamp, collector),) = [(q, pin) for q, pin in transistors.items() if parts[q]["value"] == sink["clamp"]]
        assert (gate, collector) == ("1", "3")
        assert nets[clamp, "1"] == nets[mosfet, source]
        assert nets[clamp, "2"] == "GND"
        (sense,) = on_net(nets[mosfet, source], "R")
        assert value_of(sense) == row["sense_resistor_ohm"]
        assert {nets[sense, "1"], nets[sense, "2"]} == {nets[mosfet, source], "GND"}
        assert nets[mosfet, drain].startswith(f"{name}_K")


def inputs_of(gate: str, output: str) -> set[str]:
    """Nets at the inputs of one gate of a 74HC11."""
    return {
        netlist("carrier")[1][gate, pin]
        for pin in {"12": ("1", "2", "13"), "6": ("3", "4", "5"), "8": ("9", "10", "11")}[output]
    }


@pytest.mark.parametrize("group", PULSED)
def test_a_pulsed_group_needs_select_strobe_and_window_and_lives_from_its_reservoir(group: str) -> None:
    name, (parts, nets) = group.upper(), netlist("carrier")
    ((gate, output),) = [
        (ref, pin) for (ref, pin), net in nets.items() if net == f"GATE_{name}" and parts[ref]["value"] == "74HC11"
    ]
    select = {"on_axis": "SELECT_ON_AXIS", "red": "RED_READY"}.get(group, f"LAMP_{name}")
    window = "WINDOW_RED" if group == "red" else "WINDOW_IR"
    assert inputs_of(gate, output) == {select, "STROBE", window}
    (charge,) = on_net(f"{name}_A", "R")
    assert value_of(charge) == TABLE["group"][group]["charge_resistor_ohm"]
    assert {nets[charge, "1"], nets[charge, "2"]} == {"+18V", f"{name}_A"}
    (reservoir,) = on_net(f"{name}_A", "C")
    assert value_of(reservoir) == 1e3 * TABLE["group"][group]["reservoir_uf"]


def test_windows_and_counters_have_the_parts_that_the_limits_are_computed_from(repo_root: Path) -> None:
    lim, (parts, nets) = TABLE["limiter"], netlist("carrier")
    firmware = tomllib.loads((repo_root / "firmware/limits.toml").read_text())
    for net, kind in (("T_IR", "ir"), ("T_RED", "red")):
        assert [value_of(*on_net(net, "R")), value_of(*on_net(net, "C"))] == [lim[f"{kind}_ohm"], lim[f"{kind}_nf"]]
    # Not retriggerable: the inverted output holds the second trigger; started by the strobe; never held in reset.
    for trigger, block, output, window in (("4", "5", "7", "WINDOW_IR"), ("12", "11", "9", "WINDOW_RED")):
        assert nets["U6", trigger] == "STROBE"
        assert nets["U6", block] == nets["U6", output]
        assert nets["U6", {"7": "6", "9": "10"}[output]] == window
    assert parts["U6"]["value"] == "74HC4538"
    for group, row in firmware["lamp"].items():
        kind = "red" if group == "red" else "ir"
        window_us = 0.7 * lim[f"{kind}_ohm"] * lim[f"{kind}_nf"] * 1e-3
        longest = row["max_pulse_us"]
        assert longest <= window_us * (1 - lim["one_shot_tolerance"])
        assert window_us < 1.5 * longest
    for light, counter in (("white", "U9"), ("aim", "U10")):
        r = next(r for r in on_net(nets[counter, "10"], "R"))
        c = next(c for c in on_net(nets[counter, "9"], "C"))
        assert [value_of(r), value_of(c)] == [lim[f"{light}_ohm"], lim[f"{light}_nf"]]
        assert nets[counter, "3"] == f"{light.upper()}_DONE"
        assert nets[counter, "12"] == f"{light.upper()}_OFF"


def test_select_lines_are_decoded_as_the_firmware_names_its_groups(repo_root: Path) -> None:
    """Each group of pins.toml, its lines high and the others low, opens its own gate and no other; outer_ring, which
    has no lamp on this board, opens none.
    """
    _, nets = netlist("carrier")
    groups = tomllib.loads((repo_root / "firmware/board/atmega328p/pins.toml").read_text())["group"]
    assert set(groups) == {*PULSED, "outer_ring"}
    assert [nets["U21", pin] for pin in "12345"] == ["SELECT_OFF_AXIS", "SELECT_MIDDLE_RING", "GND", "GND", "GND"]
    assert nets["U21", "6"] == "+5V"
    outputs = dict(enumerate(nets["U21", pin] for pin in ("15", "14", "13", "12")))  # Y0 to Y3
    for group, high in groups.items():
        code = ("select_off_axis" in high) + 2 * ("select_middle_ring" in high)
        lit = {net for net in ("SELECT_ON_AXIS", "SELECT_RED") if net.lower() in high}
        lit |= {outputs[code]} if outputs[code].startswith("LAMP_") else set()
        own = {f"{'SELECT' if group in ('on_axis', 'red') else 'LAMP'}_{group.upper()}"}
        assert lit == (own if group in PULSED else set()), group


def test_red_rests_after_each_burst_by_two_one_shots_that_share_no_part() -> None:
    lim, (parts, nets) = TABLE["limiter"], netlist("carrier")
    (ready,) = [
        (ref, pin) for (ref, pin), net in nets.items() if net == "RED_READY" and pin in ("12", "6", "8") and ref == "U8"
    ]
    assert inputs_of(*ready) == {"SELECT_RED", "RED_FREE_A", "RED_FREE_B"}
    for chip, watch, free in (("U20", "RED_GAP", "RED_FREE_A"), ("U19", "RED_BURST", "RED_FREE_B")):
        assert parts[chip]["value"] == "74HC4538"
        assert (nets[chip, "4"], nets[chip, "6"]) == ("GATE_RED", watch)  # begun by the light itself
        assert (nets[chip, "11"], nets[chip, "12"], nets[chip, "9"]) == (watch, "GND", free)  # its end begins the rest
        assert nets[chip, "3"] == nets[chip, "13"] == "+5V"  # nothing resets either
    assert nets["U20", "5"] == "+5V"  # the gap's is retriggered by each pulse
    assert nets["U19", "5"] == nets["U19", "7"]  # the burst's is not
    for net, key in (("T_GAP", "gap"), ("T_REST_A", "rest"), ("T_BURST", "burst"), ("T_REST_B", "burst_rest")):
        unit = "nf" if f"red_{key}_nf" in lim else "uf"
        ohm, nf = lim[f"red_{key}_ohm"], lim[f"red_{key}_{unit}"] * {"nf": 1, "uf": 1e3}[unit]
        assert [value_of(*on_net(net, "R")), value_of(*on_net(net, "C"))] == [ohm, nf]
        assert 0.7e-6 * ohm * nf == pytest.approx(lim[f"red_{key}_ms"], rel=0.01)
        assert bool(on_net(net, "D")) == (unit == "uf")  # a large capacitor is emptied past the chip at power-off


def test_the_bounds_on_red_leave_the_firmware_its_burst_and_are_over_before_its_rest(repo_root: Path) -> None:
    lim = TABLE["limiter"]
    red = tomllib.loads((repo_root / "firmware/limits.toml").read_text())["lamp"]["red"]
    assert red["max_gap_us"] < 1e3 * lim["red_gap_ms"] * (1 - lim["one_shot_tolerance"])
    assert red["burst_ms"] < lim["red_burst_ms"] * (1 - lim["red_burst_tolerance"])
    longest = lim["red_gap_ms"] * (1 + lim["one_shot_tolerance"]) + lim["red_rest_ms"] * (1 + lim["red_rest_tolerance"])
    other = lim["red_burst_ms"] * (1 + lim["red_burst_tolerance"]) + lim["red_burst_rest_ms"] * (
        1 + lim["red_rest_tolerance"]
    )
    assert max(longest, other) < red["burst_rest_ms"]


def test_filters_and_the_battery_divider_match_the_table(repo_root: Path) -> None:
    adc = TABLE["adc"]
    pins = tomllib.loads((repo_root / "firmware/board/atmega328p/pins.toml").read_text())
    for net, r, c in (("LOG_DETECTOR", "R24", "C13"), ("TUNER_RSSI", "R31", "C15"), ("TEMPERATURE", "R20", "C11")):
        key = net.lower()
        assert {r} == on_net(net, "R") and {c} == on_net(net, "C")
        assert [value_of(r), value_of(c)] == [adc[f"{key}_ohm"], adc[f"{key}_nf"]]
    top, bottom = value_of("R4"), value_of("R5")
    assert {"R4", "R5"} == on_net("BATTERY", "R")
    assert [top, bottom] == [adc["battery_top_ohm"], adc["battery_bottom_ohm"]]
    assert (top + bottom) / bottom == pins["analog_only"]["battery"]["divider"]


def test_everything_that_lights_is_pulled_down_and_the_trigger_up(repo_root: Path) -> None:
    _, nets = netlist("carrier")
    for name in ("white", "aim", "strobe", *map(str.lower, SELECTS)):
        assert any({nets[r, "1"], nets[r, "2"]} == {name.upper(), "GND"} for r in on_net(name.upper(), "R")), name
    assert any({nets[r, "1"], nets[r, "2"]} == {"CAMERA_TRIGGER", "+5V"} for r in on_net("CAMERA_TRIGGER", "R"))


def ipc_2221_a(width_mm: float, rise_k: float = 10.0, thickness_mm: float = 0.035) -> float:
    """Current of an outer track: I = 0.048 dT^0.44 A^0.725, A in square mil."""
    return float(0.048 * rise_k**0.44 * (width_mm * thickness_mm / 0.0254**2) ** 0.725)


def test_tracks_carry_their_currents() -> None:
    """Pulse currents as if they were steady, by IPC-2221 at 10 K; the 3 A paths are areas (carrier/README.md)."""
    widths = track_widths("carrier")
    vbe = TABLE["sink"]["clamp_vbe_v"]
    for group, row in TABLE["group"].items():
        for net, width in widths.items():
            if net.startswith(f"{group.upper()}_K"):
                assert ipc_2221_a(width) > 1.2 * vbe / row["sense_resistor_ohm"], (net, width)
        if group in PULSED:
            assert ipc_2221_a(widths[f"{group.upper()}_A"]) > 1.2 * row["strings"] * vbe / row["sense_resistor_ohm"]
    assert ipc_2221_a(widths["+5V"]) > 1.5  # all but the Pi and the white light
    for name in ("ring", "bar", "white"):
        assert ipc_2221_a(min(track_widths(name).values())) > 1.4


def test_outlines_holes_and_lamps_are_where_the_enclosure_and_the_optics_expect_them(repo_root: Path) -> None:
    optics = tomllib.loads((repo_root / "sweep/lens/optics.toml").read_text())["led"]
    carrier, ring, bar, white = TABLE["carrier"], TABLE["ring"], TABLE["bar"], TABLE["white"]
    assert outline("carrier") == tuple(carrier["outline_mm"])
    parts = footprints("carrier")
    assert sorted(place("carrier", parts[f"H{n}"]) for n in range(1, 5)) == sorted(map(tuple, carrier["holes_mm"]))
    for ref, row in TABLE["carrier_connectors"].items():
        spots = [place("carrier", node) for node in pads("carrier", parts[ref])]
        middle = [(min(v) + max(v)) / 2 for v in zip(*spots, strict=True)]
        assert middle == pytest.approx(row["at"], abs=0.01), ref
    assert outline("ring") == (ring["outline_diameter_mm"],) * 2
    parts, centre = footprints("ring"), ring["outline_diameter_mm"] / 2
    angles = []
    for n in range(1, ring["led_count"] + 1):
        x, y = (v - centre for v in place("ring", parts[f"D{n}"]))
        assert math.hypot(x, y) == pytest.approx(1000 * optics["on_axis_offset_m"], abs=0.01)
        angles.append(round(math.degrees(math.atan2(y, x)) % 360, 1))
    assert (
        sorted(angles) == [ring["led_first_angle_deg"] + 45 * n for n in range(8)]
        and ring["led_count"] == optics["on_axis_count"]
    )
    for name, row in (("bar", bar), ("white", white)):
        width, height = outline(name)
        assert [width, height] == row["outline_mm"]
        parts = footprints(name)
        leds = [place(name, parts[f"D{n}"]) for n in range(1, len(row["led_positions_mm"]) + 1)]
        assert sorted((x - width / 2, y - height / 2) for x, y in leds) == sorted(map(tuple, row["led_positions_mm"]))
        holes = [place(name, node) for ref, node in parts.items() if ref.startswith("H")]
        assert sorted((x - width / 2, y - height / 2) for x, y in holes) == sorted(map(tuple, row["holes_mm"]))
    assert bar["centre_offset_mm"] == 1000 * optics["off_axis_offset_m"]


def test_lamps_face_the_front_and_the_cables_of_ring_and_bar_leave_behind() -> None:
    for name in ("ring", "bar", "white"):
        for ref, node in footprints(name).items():
            side = (child(node, "layer") or ["", ""])[1]
            assert side == ("B.Cu" if ref.startswith("J") and name != "white" else "F.Cu"), (name, ref)

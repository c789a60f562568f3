"""Supplies and lines of the carrier: what the Pi drives and reads, and what is dark until somebody drives it."""

import tomllib
from typing import Any

from tests.hardware.kicad import HARDWARE, joined, netlist, on_net, value_of

TABLE: dict[str, Any] = tomllib.loads((HARDWARE / "interfaces.toml").read_text())
SELECTS = ("SELECT_ON_AXIS", "SELECT_OFF_AXIS", "SELECT_MIDDLE_RING", "SELECT_RED")


def test_an_unpowered_camera_has_no_supply_from_anywhere_and_its_light_hangs_on_the_supply() -> None:
    parts, nets = netlist("carrier")
    assert nets["J14", "15"] == "CAM_3V3" == nets["U12", "6"]
    assert parts["U12"]["value"] == "TPS22917" and nets["U12", "1"] == nets["J13", "15"] == "PI_CAM_3V3"
    allowed = {"U12", "U14", "C35", "C58", "R103", "R104", "J14", "R156", "TP18", "U22", "C59"}
    allowed |= {"J23", "C68", "Q40", "Q41"}  # the thermal array that may come
    assert {ref for (ref, _), net in nets.items() if net == "CAM_3V3"} == allowed
    # Control lines go through the bus switch; only the pairs of the serial link pass straight.
    straight = {nets["J13", str(n)] for n in range(1, 16)} & {nets["J14", str(n)] for n in range(1, 16)}
    assert straight == {"GND", *(f"CAM_{pair}_{leg}" for pair in ("D0", "D1", "CK") for leg in "NP")}
    led = next(pin for ref, pin in joined("R103", "2") if ref == "D6")
    assert led == "2" and nets["D6", "1"] == "GND"
    assert nets["U15", "5"] == nets["U14", "2"] == "/Camera/CAM_1V8"
    assert parts["U14"]["value"].endswith("1802") and TABLE["camera"]["trigger_v"] == 1.8


def undriven_v(pull_down_ohm: float, pull_up_ohm: float) -> float:
    """The camera's enable line when the Pi leaves it alone: its pull-up against the board's pull-down, 1 % low."""
    low_ohm = 1.01 * pull_down_ohm
    return float(TABLE["camera"]["pi_supply_max_v"]) * low_ohm / (low_ohm + pull_up_ohm)


def test_the_camera_is_off_while_the_pi_boots_whichever_way_the_pi_pulls() -> None:
    """GPIO17 is pulled down at boot; R102 also wins against a pull-up, which the line of revision A had."""
    camera, (_, nets) = TABLE["camera"], netlist("carrier")
    assert nets["U12", "3"] == nets["J17", "11"] == "CAM_ENABLE"  # ON of the switch, GPIO17
    assert {nets["R102", "1"], nets["R102", "2"]} == {"CAM_ENABLE", "GND"}
    assert on_net("CAM_ENABLE", "R") == {"R102"}  # nothing else pulls
    assert value_of("R102") == camera["enable_pulldown_ohm"]
    for pull_up_ohm in camera["pi_pull_up_ohm"]:
        assert undriven_v(value_of("R102"), pull_up_ohm) < camera["switch_off_below_v"]
    assert undriven_v(100e3, max(camera["pi_pull_up_ohm"])) > 1.0
    assert 3.3 / value_of("R102") < 2e-3  # what the pin gives while it is high; 8 mA by default


def test_the_pi_reads_the_cameras_supply_and_cannot_feed_it() -> None:
    """GPIO4, pulled up at boot, behind 4.7k: low while the camera is off; driven high by mistake it gives 0.7 mA."""
    camera, (_, nets) = TABLE["camera"], netlist("carrier")
    assert nets["J17", "7"] == "CAM_POWERED"
    assert on_net("CAM_POWERED", "R") == {"R156"} and {nets["R156", "1"], nets["R156", "2"]} == {
        "CAM_POWERED",
        "CAM_3V3",
    }
    assert undriven_v(value_of("R156"), min(camera["pi_pull_up_ohm"])) < 0.8  # V_IL of the Pi
    assert camera["pi_supply_max_v"] / value_of("R156") < 1e-3
    assert {ref for (ref, _), net in nets.items() if net == "CAM_POWERED"} == {"J17", "R156"}


def test_the_ribbon_carries_the_lines_of_the_table() -> None:
    """Pins of the 40-pin header: supply, ground, I2C, serial line, and each line of `[pi]` under its name."""
    _, nets = netlist("carrier")
    wired = {pin: net for (ref, pin), net in nets.items() if ref == "J17" and not net.startswith("unconnected")}
    fixed = {"1": "PI_3V3", "17": "PI_3V3", "3": "PI_SDA1", "5": "PI_SCL1", "8": "PI_TXD", "10": "PI_RXD"}
    lines = {str(row["pin"]): name.upper() for name, row in TABLE["pi"].items()}
    assert wired == fixed | lines | dict.fromkeys(("6", "9", "14", "20"), "GND")
    header = {4: 7, 17: 11, 18: 12, 27: 13, 22: 15, 23: 16, 24: 18, 10: 19}  # GPIO to pin, Raspberry Pi
    assert {row["gpio"]: row["pin"] for row in TABLE["pi"].values()} == header
    for name, row in TABLE["pi"].items():
        if row["direction"] == "out":
            assert row["undriven"] == "low" and row["gpio"] > 8  # a Pi pulls GPIO0 to 8 up until it has booted
            assert any("GND" in {nets[r, "1"], nets[r, "2"]} for r in on_net(name.upper(), "R")), name


def test_the_range_sensor_has_supply_only_behind_the_cameras_switch() -> None:
    parts, nets = netlist("carrier")
    assert parts["U22"]["value"] == "TPS22917"
    assert (nets["U22", "1"], nets["U22", "3"], nets["U22", "6"]) == ("CAM_3V3", "RANGE_ENABLE", "RANGE_3V3")
    fed = {(ref, pin) for (ref, pin), net in nets.items() if net == "RANGE_3V3"}
    assert fed == {
        ("U22", "5"),
        ("U22", "6"),
        ("C60", "1"),
        ("J22", "1"),
        ("Q29", "1"),
        ("Q34", "1"),
        ("R158", "1"),
        ("R159", "1"),
    }
    for transistor, line in (("Q29", "SDA"), ("Q34", "SCL")):  # gate on its supply: the bus is cut while it has none
        assert (nets[transistor, "2"], nets[transistor, "3"]) == (f"RANGE_{line}", f"PI_{line}1")


def test_the_thermal_arrays_connector_is_dead_with_the_camera_and_its_bus_is_cut_then() -> None:
    """Its supply is the camera's own, so no program gives it any without the declaration that the camera needs."""
    parts, nets = netlist("carrier")
    assert [nets["J23", pin] for pin in "1234"] == ["CAM_3V3", "GND", "THERMAL_SDA", "THERMAL_SCL"]
    for line, transistor in (("SDA", "Q40"), ("SCL", "Q41")):
        assert parts[transistor]["value"] == "BSS138"
        assert [nets[transistor, pin] for pin in "123"] == ["CAM_3V3", f"THERMAL_{line}", f"PI_{line}1"]
        assert {ref for (ref, _), net in nets.items() if net == f"THERMAL_{line}"} == {"J23", transistor}
    addresses = list(TABLE["pi_bus"].values())
    assert TABLE["pi_bus"]["thermal_array"] == 0x33 and len(set(addresses)) == len(addresses)


def test_the_pi_can_only_pull_the_heads_reset_down() -> None:
    parts, nets = netlist("carrier")
    assert (nets["Q28", "1"], nets["Q28", "2"], nets["Q28", "3"]) == ("HEAD_RESET", "GND", "RESET")
    assert parts["Q28"]["value"] == "BSS138"
    assert on_net("RESET", "R") == set() and nets["A1", "28"] == "RESET"


def test_each_bank_feeds_through_its_own_diode_and_the_switch_lies_behind_both() -> None:
    _, nets = netlist("carrier")
    for bank, jack, diode, controller in (("A", "J1", "Q35", "U24"), ("B", "J19", "Q36", "U25")):
        assert nets[jack, "A9"] == nets[jack, "B9"] == nets[diode, "5"] == nets[controller, "1"] == f"VBUS_{bank}"
        assert nets[diode, "1"] == nets[controller, "6"] == "VSYS"  # body diode from drain to source: towards the load
        assert nets[diode, "4"] == nets[controller, "5"]
        assert nets[controller, "3"] == "GND"  # always on
        pulls = {frozenset((nets[jack, a], "GND")) for a in ("A5", "B5")}
        assert {
            frozenset((nets[r, "1"], nets[r, "2"])) for r in (("R1", "R2") if bank == "A" else ("R140", "R141"))
        } == pulls
    path = [nets["F1", "1"], nets["F1", "2"], nets["Q37", "1"], nets["Q37", "5"], nets["R155", "1"], nets["R155", "2"]]
    assert path[0] == "VSYS" and path[1] == path[2] and path[3] == path[4] and path[5] == "+5V"


def test_nothing_that_lights_waits_for_its_driver_to_be_dark() -> None:
    """The table "Dark when nobody drives": every output of the Nano or the Pi that ends at a lamp, buzzer or supply."""
    _, nets = netlist("carrier")
    lines = ["WHITE", "AIM", "STROBE", "BUZZER", "CAM_ENABLE", "RANGE_ENABLE", "HEAD_RESET", *SELECTS]
    for line in lines:
        assert any({nets[r, "1"], nets[r, "2"]} == {line, "GND"} and value_of(r) <= 10e3 for r in on_net(line, "R")), (
            line
        )
        pulled_up = [r for r in on_net(line, "R") if {nets[r, "1"], nets[r, "2"]} & {"+5V", "PI_3V3", "+3V3"}]
        assert pulled_up == [], line
    enable = nets["U2", "4"]  # of the lamp supply
    assert any({nets[r, "1"], nets[r, "2"]} == {enable, "GND"} for r in on_net(enable, "R"))

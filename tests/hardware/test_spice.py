"""Circuits in ngspice: each promise of the safety assessment and of the firmware, and the part that breaks it."""

import math

import pytest

from hardware.safety import assess
from hardware.spice import bench
from sweep.host.carrier import CAMERA_FOLLOWS_S
from tests.hardware.kicad import netlist

PI_UNDERVOLTAGE_V = 4.63  # Raspberry Pi: the level below which it warns and throttles
LONGEST_ON_S = 4.5  # limits.toml, light.white
COUNTS = 8192
LSB_V = 2.5 / 1024


def lamp(temperature_c: float = 25.0, **changed: float) -> dict[str, float]:
    return bench.run("lamp", bench.lamp() | changed, temperature_c)


@pytest.mark.parametrize("group", ["on_axis", "off_axis"])
def test_the_current_is_the_nominal_one_and_flat_through_the_pulse(group: str) -> None:
    parameters = bench.lamp(group)
    got = bench.run("lamp", parameters)
    assert got["i_start"] == pytest.approx(parameters["i_nominal"], rel=0.05)
    assert got["i_end"] == pytest.approx(got["i_start"], rel=0.03)
    assert got["i_peak"] < 1.1 * got["i_start"]
    assert got["t_rise"] < 20e-6 > got["t_fall"]  # a slot of the firmware is 32 us
    assert abs(got["i_dark"]) < 1e-4
    assert got["v_end"] == pytest.approx(parameters["v_start"], abs=0.4)  # the mean that it started from is kept


def test_the_short_pulse_gives_a_sixteenth_of_the_light_in_cold_and_heat_and_with_any_leds() -> None:
    """`pulse_scale` of clips: what the table says is what the driver does, whatever the reservoir gave before."""
    pulse, usual = bench.boards()["pulse"], bench.short()
    sparse, stiff = {"t_group": 6 / bench.FRAMES_1_S}, {"rgate": 1.1 * usual["rgate"]}
    for changed, temperature_c in (({}, 25.0), ({}, -20.0), ({"x_vf": 0.25}, 45.0), (sparse, 25.0), (stiff, 25.0)):
        scale = bench.pulse_scale(bench.run("short", usual | changed, temperature_c))
        assert scale == pytest.approx(pulse["scale"], rel=0.2 * pulse["scale_tolerance"])  # most is for what warms up
        assert scale == pytest.approx(pulse["short_us"] / pulse["nominal_us"], rel=0.005)
    slow = bench.pulse_scale(bench.run("short", usual | {"rgate": 10e3}))
    assert slow < (1 - 2 * pulse["scale_tolerance"]) * pulse["scale"]
    assert pulse["nominal_us"] <= bench.firmware_limits()["lamp"]["on_axis"]["max_pulse_us"]
    assert pulse["nominal_us"] % 32 == pulse["short_us"] % 32 == 0  # slots of the firmware


def test_the_last_pulse_of_a_red_burst_is_as_bright_as_the_first_and_with_a_small_reservoir_it_is_not() -> None:
    usual = bench.red()
    assert usual["t_last"] <= bench.firmware_limits()["lamp"]["red"]["burst_ms"] * 1e-3
    got = bench.run("red", usual)
    assert got["i_first"] == pytest.approx(usual["i_nominal"], rel=0.05)
    assert got["q_last"] > 0.99 * got["q_first"]
    worn = bench.run("red", usual | {"cres": 0.8 * usual["cres"]})
    assert worn["q_last"] > 0.99 * worn["q_first"]
    worst = bench.run("red", usual | {"cres": 0.8 * usual["cres"], "x_vf": 0.25}, -20.0)
    assert worst["q_last"] > 0.9 * worst["q_first"]
    small = bench.run("red", usual | {"cres": 10e-6})
    assert small["q_last"] < 0.9 * small["q_first"]


def test_a_lot_of_high_forward_voltage_still_gets_its_current_and_a_small_reservoir_does_not() -> None:
    nominal = bench.lamp()["i_nominal"]
    assert lamp(x_vf=0.25)["i_end"] > 0.95 * nominal
    assert lamp(x_vf=0.25, cres=22e-6)["i_end"] < 0.5 * nominal


def test_the_cold_current_is_within_what_safety_assumes_and_without_its_resistor_it_is_not() -> None:
    table = assess.tables()
    allowed = assess.sink_current_a(table, "on_axis")
    assert lamp(-20.0)["i_peak"] < allowed
    assert lamp(-20.0, rsense=bench.lamp()["rsense"] / 2)["i_peak"] > allowed
    white = bench.run("rail", bench.rail(), -20.0)["i_white"]
    assert white < assess.sink_current_a(table, "white")


def test_stuck_logic_gets_no_more_than_the_passive_average() -> None:
    table = assess.tables()
    strings = table["boards"]["group"]["on_axis"]["strings"]
    allowed = assess.passive_average(table, "on_axis") * strings * assess.sink_current_a(table, "on_axis")
    assert -bench.run("stuck", bench.sink("on_axis"))["i_average"] < allowed
    shorted = -bench.run("stuck", bench.sink("on_axis") | {"rcharge": 10.0})["i_average"]
    assert shorted > 3 * allowed


@pytest.mark.parametrize("group", ["on_axis", "red"])
def test_the_one_shot_ends_a_pulse_that_the_strobe_never_ends(group: str) -> None:
    parameters = bench.limiter(group)
    longest = assess.hardware_pulse_s(assess.tables(), group)
    wanted = bench.firmware_limits()["lamp"][group]["max_pulse_us"] * 1e-6
    got = bench.run("limiter", parameters)
    assert wanted < got["t_light"] < longest
    assert abs(got["i_last"]) < 1e-3
    wrong = bench.run("limiter", parameters | {"ctime": 2.2 * parameters["ctime"]})
    assert wrong["t_light"] > longest


@pytest.mark.parametrize("hertz", [5.0, 20.0, 60.0])
def test_red_is_one_flash_a_rest_however_a_strobe_asks_for_it_below_68_hertz(hertz: float) -> None:
    got = bench.run("bursts", bench.bursts(hertz))
    assert [round(n) for n in got.values()] == [1, 1, 2]  # until 0.4 s, 1 s and 2 s


def test_a_strobe_that_never_stops_gets_one_burst_a_rest() -> None:
    table = bench.boards()["limiter"]
    got = bench.run("bursts", bench.bursts(100.0))
    assert round(got["n_burst"]) == round(got["n_second"]) == math.ceil(table["red_burst_ms"] / 10.0)
    assert got["n_burst"] > bench.firmware_limits()["lamp"]["red"]["burst_ms"] / 10.0


BROKEN = {
    f"{part}{timer}": {f"{part}{timer}": bench.bursts()[f"{part}{timer}"] * factor}
    for timer in ("gap", "rest", "burst", "burstrest")
    for part, factor in (("r", 1e6), ("c", 1e-3))
}
"""Each resistor open: that one-shot never ends. Each capacitor nearly gone: it ends at once."""


@pytest.mark.parametrize("part", BROKEN)
def test_one_broken_part_never_lets_red_flicker_on(part: str) -> None:
    """At 20 Hz nothing follows the burst."""
    got = bench.run("bursts", bench.bursts(20.0) | BROKEN[part])
    assert 1 <= round(got["n_burst"]) <= 6
    assert round(got["n_second"]) == round(got["n_burst"])


def test_two_broken_parts_do_which_is_why_there_are_two_rests() -> None:
    got = bench.run("bursts", bench.bursts(20.0) | BROKEN["crest"] | BROKEN["cburstrest"])
    assert round(got["n_second"]) == 20


def test_a_toggling_strobe_gets_past_the_one_shot_which_is_why_the_charging_resistor_exists() -> None:
    toggled = bench.run("limiter", bench.limiter() | {"t_high": 2.4e-3, "t_toggle": 2.6e-3, "t_end": 14e-3})
    assert toggled["i_average"] > 0.5 * bench.limiter()["i_nominal"]


@pytest.mark.parametrize("bounce", [1.0, 3.0])
@pytest.mark.parametrize("group", ["on_axis", "red"])
def test_a_strobe_touched_by_hand_is_one_pulse_however_the_contact_bounces(group: str, bounce: float) -> None:
    """Step 4 of the first power-up: the capacitor at the test point fills at once and keeps the line up."""
    parameters = bench.hand(group) | {"bounce": bounce}
    got = bench.run("hand", parameters)
    assert 0.9 < got["t_lit"] / (0.7 * parameters["rtime"] * parameters["ctime"]) < 1.1
    assert got["i_peak"] == pytest.approx(parameters["i_nominal"], rel=0.08)
    assert got["i_later"] < 1e-3
    assert got["v_dip"] > parameters["v_up"]
    bare = bench.run("hand", parameters | {"cstrobe": 50e-12})
    assert bare["i_later"] > 0.5 * parameters["i_nominal"]


def test_without_its_select_line_the_strobe_lights_nothing() -> None:
    """Why step 4 asks for a clip at SEL ON: the Nano is held in reset, and the line is pulled down."""
    assert bench.run("hand", bench.hand() | {"v_select": 0.0})["i_peak"] < 1e-4


@pytest.mark.parametrize(("light", "needed_s"), [("white", LONGEST_ON_S), ("aim", 60.0)])
def test_the_counter_is_longer_than_the_firmware_and_within_its_tolerance(light: str, needed_s: float) -> None:
    assert bench.firmware_limits()["light"][light]["max_on_ms"] == needed_s * 1e3
    parameters = bench.counter(light)
    table = assess.tables()
    seconds = bench.run("counter", parameters)["period"] / 4 * COUNTS
    parts = 0.06  # capacitor 5 %, resistor 1 %
    assert needed_s < seconds * (1 - parts)
    assert assess.light_limit_s(table, light, -1) < seconds < assess.light_limit_s(table, light, 1)
    wrong = bench.run("counter", parameters | {"ctime": parameters["ctime"] * 0.68})["period"] / 4 * COUNTS
    assert wrong < needed_s


@pytest.mark.parametrize(
    ("name", "corner_hz"),
    [("log_detector", 15.9e3), ("tuner_rssi", 1.59e3), ("temperature", 1.59e3), ("battery", 239.0)],
)
def test_the_filters_have_their_corners(name: str, corner_hz: float) -> None:
    assert bench.run("adc", bench.adc(name))["corner"] == pytest.approx(corner_hz, rel=0.02)


def test_the_log_detectors_filter_is_as_wide_as_the_conversions_allow() -> None:
    """One pole at half the rate of conversions: what folds back from the rate itself is 7 dB down, no more."""
    parameters = bench.adc("log_detector")
    got = bench.run("adc", parameters)
    assert parameters["f_sample"] == pytest.approx(31_250)
    assert 0.4 * parameters["f_sample"] < got["corner"] < 0.55 * parameters["f_sample"]
    assert got["at_sampling"] == pytest.approx(-6.9, abs=0.2)


def test_a_burst_of_100_us_is_seen_whole_and_a_slow_filter_loses_it() -> None:
    parameters = bench.burst()
    got = bench.run("burst", parameters)
    assert got["v_seen"] == pytest.approx(parameters["v_burst"], abs=LSB_V)
    assert got["t_ninety"] < 32e-6
    slow = bench.run("burst", parameters | {"cfilter": 30e-9})
    assert slow["v_seen"] > parameters["v_burst"] + 10 * LSB_V


def test_a_conversion_after_another_channel_is_right_to_one_step() -> None:
    for name in ("log_detector", "tuner_rssi", "temperature", "battery"):
        parameters = bench.adc_step(name)
        held = bench.run("adc_step", parameters)["v_held"]
        assert held == pytest.approx(parameters["v_source"], abs=LSB_V), name
    parameters = bench.adc_step("log_detector")
    without = bench.run("adc_step", parameters | {"rsource": 100e3, "cfilter": 50e-12})["v_held"]
    assert abs(without - parameters["v_source"]) > 10 * LSB_V


def test_lamps_are_dark_while_the_logic_has_no_supply_and_light_without_their_pull_downs() -> None:
    parameters = bench.brownout()
    got = bench.run("brownout", parameters)
    assert got["i_peak"] < assess.sink_current_a(assess.tables(), "on_axis")
    assert abs(got["i_floating"]) < 1e-4
    assert bench.run("brownout", parameters | {"rpulldown": 3e6})["i_floating"] > 5e-3


def test_a_program_that_hangs_with_the_strobe_high_is_bounded_though_the_one_shot_fails_too() -> None:
    """Two faults: the reservoir gives what it holds, its resistor the rest, until the watchdog resets the head."""
    table, parameters = assess.tables(), bench.stall()
    got = bench.run("stall", parameters)
    assert got["i_peak"] < assess.sink_current_a(table, "on_axis")
    assert got["t_bright"] < assess.reservoir_s(table, "on_axis")  # as the assessment takes it
    assert got["t_bright"] > 2 * assess.hardware_pulse_s(table, "on_axis"), "the window never closed"
    assert got["i_held"] < assess.passive_average(table, "on_axis") * assess.sink_current_a(table, "on_axis")
    assert abs(got["i_after"]) < 1e-4, "dark once the pins have let go"
    assert parameters["t_watchdog"] > 1e-3 * bench.firmware_limits()["host"]["watchdog_ms"]
    bare = bench.run("stall", parameters | {"rcharge": 10.0})  # were the resistor shorted too
    assert bare["i_held"] > 5 * got["i_held"]


def test_pins_that_let_go_in_a_brown_out_end_the_pulse_and_light_nothing_afterwards() -> None:
    parameters = bench.tristate()
    got = bench.run("tristate", parameters)
    assert got["i_before"] == pytest.approx(parameters["i_nominal"], rel=0.05)
    assert got["t_reset"] == pytest.approx(2.7e-3, abs=1e-6)
    assert got["t_lit"] < 5e-6, "of light behind the reset"
    assert abs(got["i_later"]) < 1e-5
    assert got["v_line"] < 0.1
    floating = bench.run("tristate", parameters | {"r_pull": 10e6})
    assert floating["i_later"] > 0.9 * parameters["i_nominal"], (
        "without its pull-down the strobe comes back with the supply"
    )


@pytest.mark.parametrize("mode", ["stimulus", "looking"])
def test_the_pi_keeps_4_75_v_from_a_regulator_at_its_least_and_did_not_on_revision_b(mode: str) -> None:
    assert bench.run("rail", bench.rail(bench.REGULATOR_LEAST_V, mode))["v_least"] >= 4.75
    assert bench.run("rail", bench.rail(4.85, mode))["v_least"] < PI_UNDERVOLTAGE_V + 0.02


def test_white_has_its_current_and_a_thin_pigtail_pulls_the_pi_under_its_limit() -> None:
    parameters = bench.rail()
    got = bench.run("rail", parameters)
    assert got["v_least"] > 4.9
    assert got["i_white"] == pytest.approx(parameters["i_nominal"], rel=0.08)
    assert bench.run("rail", parameters | {"r_feed": 0.2})["v_least"] < PI_UNDERVOLTAGE_V


def test_the_camera_is_dark_until_its_line_is_driven_and_soon_after_and_not_without_its_resistor() -> None:
    got = bench.run("camera", bench.camera())
    assert got["i_dark"] < 1e-6
    assert got["i_light"] > 4e-3
    assert got["t_lit"] < CAMERA_FOLLOWS_S
    assert got["v_later"] < 0.1
    broken = bench.run("camera", bench.camera() | {"r102": 100e3})
    assert broken["i_dark"] > 4e-3, "with 100 kohm a Pi that pulls the line up switches the camera on"
    assert broken["v_later"] > 3.0


@pytest.mark.parametrize("vto_small", [0.8, 1.5])
@pytest.mark.parametrize("temperature_c", [-20.0, 25.0, 55.0])
def test_the_switch_waits_for_the_button_holds_through_a_dip_and_stays_off_after_the_pi(
    temperature_c: float, vto_small: float
) -> None:
    parameters = bench.switch(temperature_c, vto_small=vto_small)
    got = bench.run("switch", parameters, temperature_c)
    assert got["v_plugged"] < 0.1  # a bank that is plugged in switches nothing on, whatever leaks
    assert got["v_bias"] < 0.1  # AON6411: its least threshold is not known; of its maker's like 0.3 to 0.5 V
    assert got["v_on"] > 5.0
    assert got["v_gate"] < 0.6
    assert got["v_told"] < 0.8  # V_IL of the Pi
    assert got["i_rush"] < 3.0  # what a USB-C bank gives at 5 V
    assert got["v_after_dip"] > 5.0
    assert got["v_later"] < 0.05
    for load_a in (0.1, 2.0):
        assert bench.run("switch", parameters | {"i_load": load_a}, temperature_c)["v_later"] < 0.05


@pytest.mark.parametrize("temperature_c", [25.0, 55.0])
def test_the_switch_of_revision_b_came_on_by_itself_and_could_not_be_switched_off(temperature_c: float) -> None:
    """Through D8's leakage into the dead Pi; warm, a smaller R146 alone would not have done."""
    got = bench.run("switch", bench.switch(temperature_c, **bench.OF_REVISION_B), temperature_c)
    assert got["v_plugged"] > 5.0
    assert got["v_later"] > 5.0
    smaller: bench.SwitchParts = {**bench.OF_REVISION_B, "r146": 100e3, "r152": 10e3, "c54": 4.7e-6, "c55": 0.47e-6}
    warm = bench.run("switch", bench.switch(55.0, **smaller), 55.0)
    assert warm["v_plugged"] > 5.0


@pytest.mark.parametrize(
    ("part", "value", "fails"),
    [
        ("c54", 1e-9, "v_plugged"),  # C55 alone pulls the gate along: on by itself
        ("c55", 1e-11, "i_rush"),
        ("r147", 1e9, "v_after_dip"),  # nothing holds it
        ("r146", 1e9, "v_later"),  # nothing takes the charge off the gate
        ("c67", 1e-10, "v_later"),  # POWER_OFF goes with the Pi's supply before 5 V has gone
    ],
)
def test_each_part_of_the_switch_is_needed(part: str, value: float, fails: str) -> None:
    got = bench.run("switch", bench.switch(vto_small=0.8) | {part: value})
    good = {"v_plugged": got["v_plugged"] < 0.1, "i_rush": got["i_rush"] < 3.0, "v_after_dip": got["v_after_dip"] > 5.0}
    good["v_later"] = got["v_later"] < 0.05
    assert not good[fails]


def test_the_switch_is_simulated_as_it_is_drawn() -> None:
    values, (parts, nets) = bench.switch(), netlist("carrier")
    drawn = {
        "r146": "47k",
        "c54": "10u",
        "c55": "1u",
        "r152": "4.7k",
        "r147": "150k",
        "r148": "100k",
        "r150": "10k",
        "c53": "1u",
        "r166": "1M",
        "c67": "4.7u",
    }
    factor = {"k": 1e3, "M": 1e6, "n": 1e-9, "u": 1e-6}
    for name, text in drawn.items():
        assert parts[name.upper()]["value"].split()[0] == text
        assert values[name] == pytest.approx(float(text[:-1]) * factor[text[-1]])
    assert {parts[ref]["value"] for ref in ("D7", "D8")} == {"1N4148W"}
    assert {parts[ref]["value"] for ref in ("Q38", "Q39")} == {"BSS138"}
    assert nets["D7", "2"] == nets["Q38", "3"] == nets["R152", "2"]  # POWER_PULL
    assert nets["D7", "1"] == nets["D8", "1"] == nets["R151", "1"]  # BUTTON_DOWN
    assert nets["D8", "2"] == nets["R150", "2"] == nets["J17", "15"]  # POWER_BUTTON
    assert nets["R150", "1"] == nets["J17", "1"]  # the Pi's 3.3 V


def test_the_constants_of_the_decks_are_those_of_the_firmware() -> None:
    assert bench.lamp()["t_pulse"] == pytest.approx(bench.firmware_limits()["lamp"]["on_axis"]["max_pulse_us"] * 1e-6)
    assert bench.pins()["adc"]["reference_mv"] == pytest.approx(LSB_V * 1024 * 1e3)
    divider = bench.boards()["adc"]
    top, bottom = divider["battery_top_ohm"], divider["battery_bottom_ohm"]
    assert (top + bottom) / bottom == pytest.approx(bench.pins()["analog_only"]["battery"]["divider"])
    assert bench.boards()["limiter"]["counter_divisor"] == COUNTS


def test_a_deck_that_measures_nothing_is_an_error() -> None:
    with pytest.raises(bench.SpiceError, match="t_light"):
        bench.run("limiter", bench.limiter() | {"v_rail": 1.0})

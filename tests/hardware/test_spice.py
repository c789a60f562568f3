"""Circuits in ngspice: each promise of the safety assessment and of the firmware, and the part that breaks it."""

import pytest

from hardware.safety import assess
from hardware.spice import bench

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


def test_a_toggling_strobe_gets_past_the_one_shot_which_is_why_the_charging_resistor_exists() -> None:
    toggled = bench.run("limiter", bench.limiter() | {"t_high": 2.4e-3, "t_toggle": 2.6e-3, "t_end": 14e-3})
    assert toggled["i_average"] > 0.5 * bench.limiter()["i_nominal"]


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


def test_the_white_light_does_not_pull_the_pi_under_its_limit_and_a_thin_cable_does() -> None:
    parameters = bench.rail()
    got = bench.run("rail", parameters)
    assert got["v_least"] > PI_UNDERVOLTAGE_V + 0.1
    assert got["i_white"] == pytest.approx(parameters["i_nominal"], rel=0.08)
    assert bench.run("rail", parameters | {"r_cable": 0.2})["v_least"] < PI_UNDERVOLTAGE_V


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

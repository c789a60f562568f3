"""The photobiological assessment: every limit holds, and each is seen to break when a constant is broken."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from hardware import documents
from hardware.safety import assess, flicker, limits_62471, mutations
from hardware.safety.finding import Finding, Table


def broken(table: Table) -> set[tuple[str, str, str]]:
    return {(f.group, f.situation, f.hazard) for f in assess.assess(table) if f.must_hold and not f.is_within}


def test_every_lamp_stays_in_the_exempt_group() -> None:
    findings = assess.assess(assess.tables())
    assert not broken(assess.tables())
    lamps = {"on_axis", "off_axis", "middle_ring", "red", "white", "aim"}
    assert {f.group for f in findings} == lamps | {"all infrared", "range sensor", "red and white"}
    for group in ("on_axis", "off_axis", "middle_ring"):
        hazards = {(f.situation, f.hazard) for f in findings if f.group == group}
        assert {
            ("firmware fails", "cornea, 1000 s"),
            ("firmware fails", "retina, weak stimulus"),
            ("firmware fails", "cornea, one pulse"),
            ("firmware fails", "retina, one pulse"),
            ("one-shot fails too", "cornea, one pulse"),
            ("one-shot fails too", "retina, one pulse"),
        } <= hazards


@cache
def broken_by(mutation: mutations.Mutation) -> set[tuple[str, str, str]]:
    table = assess.tables()
    mutation.change(table)
    return broken(table)


@pytest.mark.parametrize("mutation", mutations.MUTATIONS, ids=[m.words for m in mutations.MUTATIONS])
def test_a_broken_constant_breaks_its_limit(mutation: mutations.Mutation) -> None:
    assert mutation.breaks in broken_by(mutation)


def test_every_limit_breaks_somewhere() -> None:
    wanted = {(f.group, f.situation, f.hazard) for f in assess.assess(assess.tables()) if f.must_hold}
    assert set().union(*map(broken_by, mutations.MUTATIONS)) == wanted


def test_the_range_sensor_has_no_supply_while_nobody_drives_its_line() -> None:
    line = assess.tables()["boards"]["pi"]["range_enable"]
    assert (line["direction"], line["undriven"]) == ("out", "low")
    assert "only while the camera has" in line["doc"]


def test_the_charging_resistor_alone_bounds_the_average() -> None:
    table = assess.tables()
    for group in assess.infrared_groups(table):
        assert assess.passive_average(table, group) < 0.2
        table["boards"]["group"][group]["charge_resistor_ohm"] = 0
        assert assess.passive_average(table, group) == 1.0


def test_the_hardware_lets_the_firmwares_pulse_through_and_not_much_more() -> None:
    table = assess.tables()
    tolerance = table["boards"]["limiter"]["one_shot_tolerance"]
    for group in assess.pulsed_groups(table):
        longest_s = assess.hardware_pulse_s(table, group)
        shortest_s = longest_s / (1 + tolerance) * (1 - tolerance)
        wanted_s = table["firmware"]["lamp"][group]["max_pulse_us"] * 1e-6 * 1.005  # the resonator's 0.5 %
        assert wanted_s < shortest_s < longest_s < 1.5 * wanted_s
    chips_s = 7 * 0.6  # the longest run of a sequence (limits.toml)
    assert assess.light_limit_s(table, "white", -1) > chips_s * 1.005


def test_the_firmwares_average_intensity_is_what_its_table_promises() -> None:
    """limits.toml: exempt as long as the pulse stays below 4 W/sr times duty_divisor."""
    table = assess.tables()
    for group in assess.infrared_groups(table):
        divisor = table["firmware"]["lamp"][group]["duty_divisor"]
        assert assess.group_intensity_w_sr(table, group) < 4.0 * divisor
    exempt_w_sr = limits_62471.cornea_w_m2(1000.0) * limits_62471.DISTANCE_M**2
    assert exempt_w_sr == pytest.approx(4.0)


def test_every_group_of_the_firmware_and_of_the_carrier_is_assessed() -> None:
    """A lamp board for a group that has no row here must not exist."""
    table = assess.tables()
    assessed = {f.group for f in assess.assess(table)}
    assert set(table["boards"]["group"]) <= assessed
    without_a_lamp = {"outer_ring"}  # its lines open no gate of the carrier (test_boards.py)
    assert {*table["firmware"]["lamp"], *table["firmware"]["light"]} - without_a_lamp <= assessed
    for group in assess.pulsed_groups(table):
        wiring = table["boards"]["group"][group]
        places = assess.led_places_mm(table, group)
        assert len(set(places)) == wiring["strings"] * wiring["leds_per_string"], group


def test_red_is_one_glow_and_the_firmware_waits_for_the_carrier() -> None:
    """Two pulses a frame at 100 or 120 Hz pass both gaps; the firmware's rest is over after the carrier's."""
    table = assess.tables()
    red, limiter = table["firmware"]["lamp"]["red"], table["boards"]["limiter"]
    assert red["max_pulse_us"] * red["duty_divisor"] <= 1e6 / 120
    assert red["max_gap_us"] * 1e-3 * 1.005 < limiter["red_gap_ms"] * (1 - limiter["one_shot_tolerance"])
    gap_ms = limiter["red_gap_ms"] * (1 + limiter["one_shot_tolerance"])
    assert red["burst_rest_ms"] > limiter["red_rest_ms"] * (1 + limiter["red_rest_tolerance"]) + gap_ms
    assert red["burst_ms"] < limiter["red_burst_ms"] * (1 - limiter["red_burst_tolerance"])
    rested_ms = limiter["red_burst_rest_ms"] * (1 + limiter["red_rest_tolerance"])
    cut_ms = limiter["red_burst_ms"] * (1 + limiter["red_burst_tolerance"])
    assert red["burst_ms"] + red["burst_rest_ms"] > cut_ms + rested_ms
    assert flicker.red_rest_s(table) > 1.0
    assert flicker.red_cd(1.0, 630.0) == pytest.approx(181, rel=0.02)  # 683 lm/W x 0.265


def test_no_strobe_makes_red_flash_twice_a_second_and_a_broken_watch_lets_20_hz_through() -> None:
    """Whatever the logic asks, at the tolerance that lets most through."""
    usual = flicker.watches(assess.tables(), 1)
    for hertz in (*range(1, 130, 3), 20, 500, 2000):
        assert flicker.most_flashes(usual.let_through([k / hertz for k in range(6 * hertz)])) == 1, hertz
    strobe = [k / 20.0 for k in range(120)]
    assert usual.let_through(strobe) == pytest.approx([1.2 * k for k in range(5)])  # one pulse, then a rest
    assert flicker.most_flashes(usual.let_through(strobe)) == 1
    assert flicker.most_flashes(replace(usual, rest_s=0.0).let_through(strobe)) > 3
    assert flicker.most_flashes(replace(usual, gap_s=0.06).let_through(strobe)) > 3
    assert flicker.most_flashes(strobe) == 20


def test_the_firmwares_burst_passes_whole_and_again_after_its_rest() -> None:
    table = assess.tables()
    red = table["firmware"]["lamp"]["red"]
    gap_s, burst_s, rest_s = red["max_gap_us"] * 1e-6, red["burst_ms"] * 1e-3, red["burst_rest_ms"] * 1e-3
    one = [k * gap_s for k in range(round(burst_s / gap_s))]
    bursts = [start + at for start in (0.0, burst_s + rest_s) for at in one]
    for side in (-1, 1):
        lit = flicker.watches(table, side).let_through(bursts)
        assert lit == bursts
        assert flicker.most_flashes(lit) == 1
    early = [start + at for start in (0.0, 0.5) for at in one]
    assert flicker.watches(table, -1).let_through(early) == one


def test_the_limits_are_those_of_the_standard() -> None:
    assert limits_62471.cornea_w_m2(1e-3) == pytest.approx(18_000 * 1e-3**-0.75)
    assert limits_62471.cornea_w_m2(999.9) == pytest.approx(101.2, abs=0.2)
    assert limits_62471.weak_stimulus_w_m2_sr(0.001) == pytest.approx(6000 / 0.011)
    assert limits_62471.weak_stimulus_w_m2_sr(0.5) == pytest.approx(60_000)
    assert limits_62471.thermal_w_m2_sr(0.1, 10.0) == pytest.approx(280_000)
    assert limits_62471.retinal_weight(850.0) == pytest.approx(0.50, abs=0.005)
    assert limits_62471.retinal_weight(940.0) == pytest.approx(0.33, abs=0.005)
    assert limits_62471.blue_weight(437.0) == 1.0
    assert limits_62471.blue_weight(500.0) == pytest.approx(0.1)
    assert limits_62471.blue_weight(850.0) == 0.0


def test_the_worst_patch_is_found() -> None:
    count, least_mm = assess.worst_patch(((0.0, 0.0),))
    assert count == 1
    assert least_mm == pytest.approx(2.2)
    seen, diameter = assess.worst_patch(((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (100.0, 0.0)))
    assert seen == 3
    assert diameter < 3.0


def test_no_part_is_a_laser(repo_root: Path) -> None:
    lists = [*(repo_root / "hardware").glob("*.csv"), *(repo_root / "hardware").rglob("*.toml")]
    assert lists
    for file in lists:
        words = file.read_text(encoding="utf-8").lower()
        assert not any(word in words for word in ("laser diode", "laser module", "vcsel", "레이저 다이오드")), file


def test_the_inspector_is_told_what_matters(repo_root: Path) -> None:
    text = (repo_root / "hardware" / "safety" / "INSPECTOR.md").read_text(encoding="utf-8")
    assert text.index("레이저가 없습니다") < text.index("No laser")  # Korean first
    for word in ("20 cm", "확산판", "봉인", "KC", "광과민성", "빨간", "1등급", "VL53L1X"):
        assert word in text
    assert "안전합니다" not in text


@pytest.mark.parametrize("name", ["README.md", "RED.md"])
def test_the_document_says_what_the_code_computes(repo_root: Path, name: str) -> None:
    document = repo_root / "hardware" / "safety" / name
    text = document.read_text(encoding="utf-8")
    assert documents.tables_in(text)
    assert documents.with_tables(text, documents.computed()[document]) == text, "run: python -m hardware.documents"


def test_the_command_prints_and_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert assess.main() == 0
    assert "firmware fails" in capsys.readouterr().out


def test_a_finding_knows_its_share() -> None:
    finding = Finding("on_axis", "x", "y", 2.0, 4.0, "W/m2")
    assert finding.share == 0.5
    assert finding.is_within

"""The photobiological assessment: every limit holds, and each is seen to break when a constant is broken."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hardware import documents
from hardware.safety import assess, limits_62471
from hardware.safety.assess import Finding, Table


def broken(table: Table) -> set[tuple[str, str, str]]:
    return {(f.group, f.situation, f.hazard) for f in assess.assess(table) if f.must_hold and not f.is_within}


def test_every_lamp_stays_in_the_exempt_group() -> None:
    findings = assess.assess(assess.tables())
    assert not broken(assess.tables())
    assert {f.group for f in findings} >= {"on_axis", "off_axis", "middle_ring", "white", "aim", "all infrared"}
    for group in ("on_axis", "off_axis"):
        hazards = {(f.situation, f.hazard) for f in findings if f.group == group}
        assert {
            ("firmware fails", "cornea, 1000 s"),
            ("firmware fails", "retina, weak stimulus"),
            ("firmware fails", "cornea, one pulse"),
            ("firmware fails", "retina, one pulse"),
        } <= hazards


def set_value(*path: str, value: float) -> Callable[[Table], None]:
    def change(table: Table) -> None:
        for key in path[:-1]:
            table = table[key]
        table[path[-1]] = value

    return change


def brighter(led: str, key: str, factor: float) -> Callable[[Table], None]:
    def change(table: Table) -> None:
        table["boards"]["led"][led][key] *= factor

    return change


def no_passive_limit(table: Table) -> None:
    table["boards"]["group"]["on_axis"]["charge_resistor_ohm"] = 0
    table["boards"]["group"]["on_axis"]["sense_resistor_ohm"] = 2.0


def ten_ohm_everywhere(table: Table) -> None:
    for group in ("on_axis", "off_axis", "middle_ring"):
        table["boards"]["group"][group].update(charge_resistor_ohm=10, sense_resistor_ohm=1.5)


def bright_without_rest(table: Table) -> None:
    table["firmware"]["lamp"]["on_axis"]["duty_divisor"] = 1
    table["boards"]["group"]["on_axis"]["sense_resistor_ohm"] = 0.8


MUTATIONS: list[tuple[str, Callable[[Table], None], tuple[str, str, str]]] = [
    (
        "duty limit of the firmware gone, lamps of 8 W/sr",
        bright_without_rest,
        ("on_axis", "firmware in order", "cornea, 1000 s"),
    ),
    (
        "charging resistor shorted and three times the current",
        no_passive_limit,
        ("on_axis", "firmware fails", "cornea, 1000 s"),
    ),
    (
        "charging resistor of 10 ohm in every group",
        ten_ohm_everywhere,
        ("all infrared", "firmware fails", "cornea, 1000 s"),
    ),
    (
        "infrared LEDs twenty times as bright",
        brighter("ir", "intensity_w_sr_at_1a", 20.0),
        ("off_axis", "charging resistor shorted too", "retina, weak stimulus"),
    ),
    (
        "a reservoir and LEDs that put ten times the light into a pulse",
        brighter("ir", "intensity_w_sr_at_1a", 10.0),
        ("on_axis", "sense resistor shorted", "retina, one pulse"),
    ),
    (
        "white LEDs a fifth brighter",
        brighter("white", "flux_lm_at_350ma", 1.2),
        ("white", "on without a break", "blue light, 10,000 s"),
    ),
    (
        "a diffuser half as large",
        lambda t: t["optics"]["white"].update(window_mm=[22.0, 40.0]),
        ("white", "on without a break", "blue light, 10,000 s"),
    ),
    (
        "the diffuser on top of the LEDs",
        set_value("optics", "white", "chamber_depth_mm", value=8.0),
        ("white", "on without a break", "blue light, 10,000 s"),
    ),
    (
        "an aiming LED of 60 cd",
        brighter("aim", "intensity_cd", 2.0),
        ("aim", "on without a break", "blue light, 10,000 s"),
    ),
]


@pytest.mark.parametrize(("change", "expected"), [m[1:] for m in MUTATIONS], ids=[m[0] for m in MUTATIONS])
def test_a_broken_constant_breaks_its_limit(change: Callable[[Table], None], expected: tuple[str, str, str]) -> None:
    table = assess.tables()
    change(table)
    assert expected in broken(table)


def test_the_charging_resistor_alone_bounds_the_average() -> None:
    table = assess.tables()
    for group in assess.infrared_groups(table):
        assert assess.passive_average(table, group) < 0.2
        table["boards"]["group"][group]["charge_resistor_ohm"] = 0
        assert assess.passive_average(table, group) == 1.0


def test_the_hardware_lets_the_firmwares_pulse_through_and_not_much_more() -> None:
    table = assess.tables()
    tolerance = table["boards"]["limiter"]["one_shot_tolerance"]
    for group in ("on_axis", "off_axis", "middle_ring", "red"):
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


def test_a_reserved_group_without_an_led_is_not_called_assessed(repo_root: Path) -> None:
    table = assess.tables()
    assert "red" not in assess.infrared_groups(table)
    if "red" in table["boards"]["led"]:
        assert any(f.group == "red" for f in assess.assess(table)), "a red lamp exists and nobody assessed it"
    assert "**not assessed**" in (repo_root / "hardware" / "safety" / "README.md").read_text(encoding="utf-8")


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
    text = (repo_root / "hardware" / "safety" / "README.md").read_text(encoding="utf-8")
    assert text.index("레이저가 없습니다") < text.index("No laser")  # Korean first
    for word in ("20 cm", "확산판", "봉인", "KC", "광과민성"):
        assert word in text
    assert "안전합니다" not in text


def test_the_document_says_what_the_code_computes(repo_root: Path) -> None:
    document = repo_root / "hardware" / "safety" / "README.md"
    text = document.read_text(encoding="utf-8")
    assert documents.with_tables(text, documents.computed()[document]) == text, "run: python -m hardware.documents"


def test_the_command_prints_and_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert assess.main() == 0
    assert "firmware fails" in capsys.readouterr().out


def test_a_finding_knows_its_share() -> None:
    finding = Finding("on_axis", "x", "y", 2.0, 4.0, "W/m2")
    assert finding.share == 0.5
    assert finding.is_within

"""The assembly guide: its wiring is the firmware's, its pictures exist, its numbers are those of the tables."""

import re
import tomllib
from pathlib import Path

import pytest

from hardware.safety import assess
from hardware.spice import bench

ROW = re.compile(r"^\| `(\w+)` \| (\w+) \| (in|out|analog) \| (.+) \|$", re.MULTILINE)


@pytest.fixture
def guide(repo_root: Path) -> str:
    return (repo_root / "hardware" / "README.md").read_text(encoding="utf-8")


def wiring(text: str) -> dict[str, tuple[str, str]]:
    rows = ROW.findall(text)
    assert len({name for name, *_ in rows}) == len(rows), "a signal stands twice"
    return {name: (label, direction) for name, label, direction, _ in rows}


def pins(repo_root: Path) -> dict[str, tuple[str, str]]:
    path = repo_root / "firmware" / "board" / "atmega328p" / "pins.toml"
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    digital = {name: (pin["nano"], pin["direction"]) for name, pin in table["pin"].items()}
    return digital | {name: (pin["nano"], "analog") for name, pin in table["analog_only"].items()}


def test_the_breadboard_is_wired_as_the_firmware_is_compiled(repo_root: Path, guide: str) -> None:
    assert wiring(guide) == pins(repo_root)


def test_a_swapped_wire_is_found(repo_root: Path, guide: str) -> None:
    swapped = guide.replace("| `white` | D5 |", "| `white` | D6 |")
    assert swapped != guide
    assert wiring(swapped) != pins(repo_root)


def test_every_picture_and_link_of_the_folder_exists(repo_root: Path) -> None:
    for document in (repo_root / "hardware").rglob("README.md"):
        for target in re.findall(r"\]\(([^)#]+)\)", document.read_text(encoding="utf-8")):
            if not target.startswith("http"):
                assert (document.parent / target).exists(), f"{document}: {target}"


def test_the_first_power_up_expects_what_the_tables_say(guide: str) -> None:
    table = assess.tables()
    tolerance = table["boards"]["limiter"]["one_shot_tolerance"]
    longest_ms = assess.hardware_pulse_s(table, "on_axis") * 1e3
    shortest_ms = longest_ms / (1 + tolerance) * (1 - tolerance)
    low, high = (float(v) for v in re.findall(r"pulse of ([\d.]+) to ([\d.]+) ms", guide)[0])
    assert low == pytest.approx(shortest_ms, abs=0.06)
    assert high == pytest.approx(longest_ms, abs=0.06)
    sense = table["boards"]["group"]["on_axis"]["sense_resistor_ohm"]
    assert f"over {sense:g} ohm" in guide
    for group, words in (("on_axis", r"(\d+) to (\d+) mA a string \("), ("white", r"(\d+) to (\d+) mA a string;")):
        least, most = (float(v) * 1e-3 for v in re.findall(words, guide)[0])
        assert least < bench.sink(group)["i_nominal"] < most
    least_s, most_s = (float(v) for v in re.findall(r"itself after ([\d.]+) to ([\d.]+) s", guide)[0])
    simulated_s = bench.run("counter", bench.counter("white"))["period"] / 4 * 8192
    assert least_s < simulated_s < most_s
    assert least_s > table["firmware"]["light"]["white"]["max_on_ms"] * 1e-3


def test_the_breadboards_lamps_are_exempt_when_they_are_stuck_on(guide: str) -> None:
    """Eight TSHG6400 (Vishay 84636: 70 mW/sr at 100 mA, 22 degrees, 1.5 V) in strings of two at 5 V through 47 ohm."""
    assert "47 ohm a string" in guide
    current_a = (5.0 - 2 * 1.4) / 47.0
    intensity = 8 * 0.070 * current_a / 0.1 * 1.8  # the brightest of its bins: 125 mW/sr
    assert intensity < 1.0
    assert intensity / 0.2**2 < 100.0


def test_step_nine_finds_a_line_that_floats_or_is_high(guide: str) -> None:
    """It measures with nobody driving: a step that drives GPIO4 low first would pass on a board without R102."""
    camera = assess.tables()["boards"]["camera"]
    (step,) = re.findall(r"^\| 9\. (.+)$", guide, re.MULTILINE)
    assert "nothing running, GPIO4 left alone" in step
    (most_v, expected_v) = (float(v) for v in re.findall(r"below ([\d.]+) V \(([\d.]+) V expected", step)[0])
    assert most_v == camera["switch_off_below_v"]
    assert expected_v == pytest.approx(3.3 * 3300 / (3300 + 50e3), abs=0.01)
    assert most_v < 3.3 * 100e3 / (100e3 + 50e3)  # the old resistor fails the step


def test_korean_comes_first_and_nobody_is_promised_anything(guide: str) -> None:
    assert guide.index("요약") < guide.index("What is here")
    assert "아직 아무도 만들어 보지 않았습니다" in guide

"""The inertial sensor that is bought, drawn and accepted by the firmware is one and the same."""

import csv
import math
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from hardware.generate.sexpr import Node, child, children
from tests.hardware.kicad import HARDWARE, Point, footprints, netlist, pads, place

IMU: dict[str, Any] = tomllib.loads((HARDWARE / "interfaces.toml").read_text())["imu"]
NET_OF_PIN = {"GND": "GND", "3V3": "+3V3", "SDA": "SDA_3V", "SCL": "SCL_3V"}
LOW = ("R_0805", "C_0805", "L_0805", "SOT-23", "SOIC-8", "TestPoint", "PinHeader_1x06")
"""What may lie under the sensor's board: nothing of it is higher than 1.75 mm (SOIC), J18 carries it."""


def accepted(root: Path) -> set[str]:
    """Sensors whose WHO_AM_I the firmware takes."""
    header = (root / "firmware/core/imu.h").read_text()
    names = set(re.findall(r"#define IMU_WHO_(\w+) 0x", header))
    tested = set(re.findall(r"IMU_WHO_(\w+)", (root / "firmware/core/imu.c").read_text()))
    assert names == tested
    return names


def is_accepted(sensor: str, root: Path) -> bool:
    """The LSM6DSOX answers as an LSM6DSO does (core/imu.h says so)."""
    return sensor.replace("-", "").removesuffix("X") in accepted(root)


def bought() -> dict[str, str]:
    """The sensor's row of the bill of materials."""
    with (HARDWARE / "bom.csv").open(newline="") as file:
        (row,) = [row for row in csv.DictReader(file) if row["item"].startswith("IMU")]
    return row


def test_the_firmware_accepts_what_is_bought_and_its_substitute(repo_root: Path) -> None:
    row = bought()
    (sensor,) = re.findall(r"\b(?:LSM|MPU|ICM|BMI)\w+", row["item"])
    assert sensor == IMU["sensor"]
    assert is_accepted(sensor, repo_root)
    (substitute,) = re.findall(r"\((\w+)\)", row["substitutes"])
    assert is_accepted(substitute, repo_root)
    assert not is_accepted("MPU6050", repo_root)


def test_its_address_is_one_that_the_firmware_asks(repo_root: Path) -> None:
    (low,) = re.findall(r"#define IMU_ADDRESS (0x\w+)", (repo_root / "firmware/core/imu.h").read_text())
    assert IMU["address"] in {int(low, 16), int(low, 16) + 1}
    assert f"0x{IMU['address']:X}" in bought()["item"]


def test_the_header_has_the_boards_own_order_and_its_supply(repo_root: Path) -> None:
    _, nets = netlist("carrier")
    wired = {pin: net for (ref, pin), net in nets.items() if ref == "J18"}
    for number, name in enumerate(IMU["pins"], 1):
        net = wired[str(number)]
        assert net == NET_OF_PIN[name] if name in NET_OF_PIN else net.startswith("unconnected"), (number, name, net)
    assert len(wired) == len(IMU["pins"])
    row = next(
        line for line in (HARDWARE / "carrier/HEADERS.md").read_text().splitlines() if line.startswith("| J18 |")
    )
    assert bought()["mpn"] in row
    assert re.findall(r"\d (\w+)", row.split("|")[3]) == IMU["pins"]


def test_the_bus_is_pulled_up_as_strongly_as_it_may_be() -> None:
    """At most 3 mA for whoever pulls a line low (I2C specification), both sides of the level shifter together."""
    parts, nets = netlist("carrier")
    for line in ("SDA", "SCL"):
        high = [ref for (ref, _), net in nets.items() if net == f"IMU_{line}" and ref[0] == "R"]
        low = [ref for (ref, _), net in nets.items() if net == f"{line}_3V" and ref[0] == "R"]
        ohm = {ref: float(parts[ref]["value"].removesuffix("k")) * 1e3 for ref in (*high, *low)}
        current_a = 5.0 / ohm[high[0]] + 3.3 / ohm[low[0]] + 3.3 / IMU["pull_up_ohm"]
        assert len(high) == len(low) == 1
        assert 1e-3 < current_a < 3e-3


def box_of(part: Node) -> tuple[float, float, float, float]:
    """Left, bottom, right, top of a part's courtyard (mm from the carrier's lower left corner)."""
    ax, ay, turn = ([float(v) for v in (child(part, "at") or [])[1:]] + [0.0])[:3]
    cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    points: list[Point] = []
    for shape in (item for item in part if isinstance(item, list) and item and str(item[0]).startswith("fp_")):
        if (child(shape, "layer") or ["", ""])[1] != "F.CrtYd":
            continue
        ends = [child(shape, key) for key in ("start", "end", "center")]
        nodes = [*filter(None, ends), *children(child(shape, "pts") or ["pts"], "xy")]
        spots = [(float(node[1]), float(node[2])) for node in nodes]
        if shape[0] == "fp_circle":
            (ex, ey), (cx, cy) = spots
            spots = [(cx + dx * math.hypot(ex - cx, ey - cy), cy) for dx in (-1, 1)]
            spots += [(cx, cy + dy * math.hypot(ex - cx, ey - cy)) for dy in (-1, 1)]
        points += [(ax + x * cos + y * sin, ay - x * sin + y * cos) for x, y in spots]
    placed = [place("carrier", ["at", str(x), str(y)]) for x, y in points]
    xs, ys = zip(*placed, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


@pytest.mark.soak
def test_its_board_lies_over_low_parts_only_and_inside_the_carrier() -> None:
    parts = footprints("carrier")
    row = [place("carrier", pad) for pad in pads("carrier", parts["J18"])]
    (ground_x, y), (cs_x, _) = row[0], row[-1]
    assert cs_x < ground_x, "GND has to be on the right when the board lies over the carrier, parts upward"
    (width, height), table = IMU["outline_mm"], tomllib.loads((HARDWARE / "interfaces.toml").read_text())["carrier"]
    right, top = ground_x + IMU["ground_from_edge_mm"], y + IMU["row_from_edge_mm"]
    left, bottom = right - width, top - height
    assert 0 < left < right < table["outline_mm"][0] and top < table["outline_mm"][1]
    below = set()
    for ref, part in parts.items():
        x0, y0, x1, y1 = box_of(part)
        if x0 < right and left < x1 and y0 < top and bottom < y1:
            below.add(ref)
            assert str(part[1]).split(":")[-1].startswith(LOW), f"{ref} stands under the sensor's board"
    assert {"J18", "Q26", "Q27", "U1"} <= below
    assert not [ref for ref in below if ref.startswith("TP")], "nobody could reach that test point"


@pytest.mark.parametrize("old", ["GY-521", "GY521", "MPU-6050", "MPU6050"])
def test_no_drawing_names_the_sensor_that_the_firmware_refuses(old: str) -> None:
    drawings = [*HARDWARE.rglob("*.kicad_*"), *HARDWARE.rglob("*.md"), *HARDWARE.glob("generate/*.py")]
    assert [str(path) for path in drawings if old in path.read_text(errors="ignore")] == []

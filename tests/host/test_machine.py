"""What a machine says of itself: a Raspberry Pi's files, those of another machine, and files that lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from sweep.host.machine import Machine, MachineState, find_alarm, free_bytes, parse_millidegrees, parse_throttled

THROTTLED = "devices/platform/soc/soc:firmware/get_throttled"
ON_A_PI_5 = "devices/platform/soc@107c000000/soc@107c000000:firmware/get_throttled"


def files(root: Path, **texts: str) -> Path:
    for name, text in texts.items():
        file = root / name.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")
    return root


def pi(root: Path, *, temp: str = "52123", bits: str = "0", alarm: str = "0", throttled: str = THROTTLED) -> Path:
    files(root, **{"class/thermal/thermal_zone0/type": "cpu-thermal", "class/thermal/thermal_zone0/temp": temp})
    files(root, **{"class/hwmon/hwmon1/name": "rpi_volt", "class/hwmon/hwmon1/in0_lcrit_alarm": alarm})
    return files(root, **{throttled: bits})


@pytest.mark.parametrize(
    ("bits", "alarm", "is_slowed", "is_undervolted"),
    [
        ("0", "0", False, False),
        ("50000", "0", False, False),  # it happened once since it started, and does not now
        ("50005", "0", True, True),
        ("80008", "0", True, False),  # the soft limit of temperature
        ("2", "1", True, True),
        ("lies", "1", None, True),
        ("lies", "0", None, False),
    ],
)
@pytest.mark.parametrize("throttled", [THROTTLED, ON_A_PI_5], ids=["pi-4", "pi-5"])
def test_a_pi_says_whether_it_is_slowed_and_undervolted_now(
    tmp_path: Path, throttled: str, bits: str, alarm: str, is_slowed: bool | None, is_undervolted: bool
) -> None:
    said = Machine(tmp_path, pi(tmp_path, bits=bits, alarm=alarm, throttled=throttled)).read()
    assert said == MachineState(52.123, is_slowed, is_undervolted, said.disk_free_bytes)
    assert said.disk_free_bytes is not None
    assert said.disk_free_bytes > 0


def test_a_machine_that_does_not_say_is_not_cold_and_not_full(tmp_path: Path) -> None:
    other = files(tmp_path, **{"class/thermal/thermal_zone0/type": "BAT0", "class/thermal/thermal_zone0/temp": "31000"})
    assert find_alarm(other) is None
    assert Machine(tmp_path / "gone", other).read() == MachineState(None, None, None, None)
    assert free_bytes(tmp_path / "gone") is None


def test_files_that_go_away_say_nothing_any_more(tmp_path: Path) -> None:
    machine = Machine(tmp_path, pi(tmp_path, temp="200000"))
    assert machine.read().processor_c is None, "no processor is so hot"
    for file in (*tmp_path.rglob("temp"), *tmp_path.rglob("get_throttled"), *tmp_path.rglob("in0_lcrit_alarm")):
        file.unlink()
    said = machine.read()
    assert (said.processor_c, said.is_slowed, said.is_undervolted) == (None, None, None)


@pytest.mark.parametrize(("text", "degrees"), [("52123", 52.123), ("-5000", -5.0), ("", None), ("9e9", None)])
def test_degrees_are_thousands_of_them(text: str, degrees: float | None) -> None:
    assert parse_millidegrees(text) == degrees


@pytest.mark.parametrize(("text", "bits"), [("50005", 0x50005), ("0x8", 8), ("", None), ("-1", None), ("f" * 40, None)])
def test_bits_are_hexadecimal(text: str, bits: int | None) -> None:
    assert parse_throttled(text) == bits

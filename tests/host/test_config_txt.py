"""config.txt as the firmware reads it, what a probe needs of it, and that the guide's lines are enough."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sweep.cli.config import Config
from sweep.cli.doctor.boot import BootRow, boot_rows, show_boot
from sweep.host.config_txt import model_number, parse_config

PROBE = Config(carrier="B", camera="pi", port="/dev/ttyAMA0")
README = (Path(__file__).parents[2] / "sweep" / "COMMANDS.md").read_text(encoding="utf-8")


def documented() -> str:
    """The block of the guide for a Raspberry Pi 5."""
    (block,) = re.findall(r"```\n(# /boot/firmware/config\.txt.*?)```", README, re.DOTALL)
    return str(block)


def missing(text: str, settings: Config = PROBE, cmdline: str = "quiet", number: int | None = 5) -> list[BootRow]:
    return [row for row in boot_rows(settings, parse_config(text, number), cmdline, number) if row.advice is not None]


def test_filters_hold_for_their_board_only() -> None:
    text = "[pi4]\nenable_uart=1\n[pi5]\ndtparam=uart0\n[EDID=x]\ndtparam=spi=on\n[all]\n# no\n"
    text += "dtoverlay=imx296,always-on\n"
    found = parse_config(text, 5)
    assert found.has_param("uart0")
    assert not found.settings
    assert not found.has_param("spi")
    assert found.has_overlay("imx296", "always-on")
    assert parse_config(text, 4).settings == {"enable_uart": "1"}
    assert [model_number(name) for name in ("Raspberry Pi 5 Model B Rev 1.0", "ROCK 5B")] == [5, None]


def test_the_guides_lines_are_all_that_a_probe_needs() -> None:
    assert missing(documented()) == []


@pytest.mark.parametrize("index", range(10))
def test_each_line_of_the_guide_is_missed(index: int) -> None:
    lines = [line for line in documented().splitlines() if line and not line.startswith(("#", "["))]
    assert len(lines) == 10
    rest = "\n".join(line for line in lines if line != lines[index])
    (row,) = missing(rest)
    key = lines[index].split(",")[0].split("#")[0].strip()
    assert key in row.line
    assert row.advice is not None
    assert key in str(row.advice)


def test_what_a_carrier_of_revision_a_wanted_is_named_on_revision_b() -> None:
    said = {row.line for row in missing(documented() + "gpio=4=op,dl,pd\ndtparam=spi=on\ndtoverlay=w1-gpio\n")}
    assert said == {"no gpio=4=op", "no dtparam=spi=on", "no dtoverlay=w1-gpio"}
    assert missing("gpio=4=op,dl,pd\ndtparam=strict_gpiod\n", Config(carrier="A")) == []


@pytest.mark.parametrize(
    ("written", "settings", "number", "wanted"),
    [
        ("imx296,cam0", {}, 5, None),
        ("imx296", {}, 5, "dtoverlay=imx296,cam0"),
        ("imx296", {"camera_socket": "cam1"}, 5, None),
        ("imx296,cam0", {"camera_socket": "cam1"}, 5, "dtoverlay=imx296"),
        ("imx296", {"camera_socket": "cam0"}, 4, None),
        ("imx296,always-on,cam0", {"camera_sensor": "bind"}, 5, None),
        ("imx296,cam0", {"camera_module": "imx219"}, 5, "dtoverlay=imx219,cam0"),
        ("imx219,cam0", {"camera_module": "imx219"}, 5, None),
    ],
)
def test_the_overlay_is_that_of_the_socket_the_cable_is_in(
    written: str, settings: dict[str, str], number: int, wanted: str | None
) -> None:
    """Every overlay of a Pi 5 means CAM1 unless told otherwise; the guides' cable is in CAM0."""
    kit = Config.model_validate({"carrier": "kit", "camera": "pi", **settings})
    rows = missing(f"camera_auto_detect=0\ndtoverlay={written}\n", kit, number=number)
    assert [row.line for row in rows] == ([] if wanted is None else [wanted])
    if wanted is not None and written.partition(",")[0] in wanted:
        assert "CAM1 unless told otherwise" in str(rows[0].advice)


def test_a_raspberry_pi_4_wants_its_full_uart_for_the_head_and_no_console_on_it() -> None:
    rows = {row.line for row in missing("", Config(port="/dev/serial0"), "console=serial0,115200 quiet", 4)}
    assert rows == {"enable_uart=1", "dtoverlay=miniuart-bt", "no console=serial0,115200 (cmdline.txt)"}
    assert missing("enable_uart=1\ndtoverlay=disable-bt\n", Config(port="/dev/ttyAMA0"), number=4) == []
    assert missing("", Config(port="/dev/ttyUSB0"), "console=serial0,115200") == []


def test_the_doctor_tells_only_on_a_raspberry_pi(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert show_boot(PROBE, tmp_path, tmp_path / "model") == 0
    (tmp_path / "model").write_text("Raspberry Pi 5 Model B Rev 1.0\0", encoding="ascii")
    (tmp_path / "cmdline.txt").write_text("quiet", encoding="ascii")
    (tmp_path / "config.txt").write_text(documented().replace("dtparam=strict_gpiod\n", ""), encoding="utf-8")
    assert show_boot(PROBE, tmp_path, tmp_path / "model") == 1
    assert "strict_gpiod" in capsys.readouterr().out

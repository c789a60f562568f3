"""What `config.txt` has to say on this probe's Raspberry Pi, as `sweep doctor` checks it.

Input is the settings and what is written there; output is a row for each line that is wanted, with
what to do where it is missing.  Written from the Raspberry Pi's documentation and **unproven** until a Pi has run it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from sweep.cli.output import out
from sweep.config import Config
from sweep.host.carrier import CarrierLines
from sweep.host.config_txt import BOOT, MODEL, BootConfig, read_boot
from sweep.report import LocalText

PI_5 = 5
HEADER_UARTS = ("ttyAMA", "ttyS", "serial")


@dataclass(frozen=True, slots=True)
class BootRow:
    """One thing that is wanted."""

    line: str
    """The line of the file; several where any of them will do."""
    purpose: LocalText
    advice: LocalText | None = None
    """What to do; None where all is well."""


def show_boot(settings: Config, folder: Path = BOOT, model: Path = MODEL) -> int:
    """Print what is wanted of config.txt, where this is a Raspberry Pi; how much of it is missing."""
    found = read_boot(folder, model)
    if found is None:
        return 0
    rows = boot_rows(settings, *found)
    table = Table("config.txt", "용도 / for", "상태 / state")
    for row in rows:
        state = "있음 / there" if row.advice is None else f"{row.advice.ko} / {row.advice.en}"
        table.add_row(row.line, f"{row.purpose.ko} / {row.purpose.en}", state)
    if rows:
        out.print(table)
    return sum(row.advice is not None for row in rows)


def boot_rows(settings: Config, boot: BootConfig, cmdline: str, number: int | None) -> list[BootRow]:
    """What this probe needs of config.txt and cmdline.txt."""
    rows = [*_uart(settings, boot, cmdline, number), *_camera(settings, boot)]
    lines = settings.lines
    if lines is not None and lines.power_button is not None:
        rows += [*_carrier_b(boot, lines, number)]
    return rows


def _row(boot: BootConfig, line: str, ko: str, en: str, holds: Callable[[BootConfig], bool]) -> BootRow:
    advice = LocalText(ko=f"config.txt에 {line} 추가 후 재시작", en=f"put {line} into config.txt, then start anew")
    return BootRow(line, LocalText(ko=ko, en=en), None if holds(boot) else advice)


def _forbidden(line: str, ko: str, en: str, why_ko: str, why_en: str, *, is_there: bool) -> BootRow:
    advice = LocalText(ko=f"{line} 삭제: {why_ko}", en=f"take {line} out: {why_en}")
    return BootRow(f"no {line}", LocalText(ko=ko, en=en), advice if is_there else None)


def _uart(settings: Config, boot: BootConfig, cmdline: str, number: int | None) -> Iterator[BootRow]:
    """The head on pins 8 and 10; a head on USB needs none of it."""
    if settings.port is None or not Path(settings.port).name.startswith(HEADER_UARTS):
        return
    ko, en = "센서 헤드 UART", "UART of the sensor head"
    if number is None or number >= PI_5:
        yield _row(boot, "dtparam=uart0=on", ko, en, lambda found: found.has_param("uart0"))
    else:
        yield _row(boot, "enable_uart=1", ko, en, lambda found: found.settings.get("enable_uart") == "1")
        line = "dtoverlay=miniuart-bt"  # 500,000 baud want the full UART, which Bluetooth has otherwise
        holds = ("miniuart-bt", "disable-bt")
        yield _row(boot, line, ko, en, lambda found: any(found.has_overlay(name) for name in holds))
    console = next((word for word in cmdline.split() if word.startswith(("console=serial", "console=ttyAMA"))), None)
    yield _forbidden(
        f"{console or 'console=serial0,115200'} (cmdline.txt)", ko, en, "콘솔이 헤드의 선을 씁니다",
        "a console talks on the head's line", is_there=console is not None,
    )  # fmt: skip


def _camera(settings: Config, boot: BootConfig) -> Iterator[BootRow]:
    place = settings.camera_power
    if settings.camera == "pi":
        ko, en = "카메라 드라이버", "driver of the camera"
        if settings.camera_sensor == "overlay":
            yield _forbidden(
                "dtoverlay=imx296", ko, en, "전원이 들어온 뒤에 불러옵니다", "it is loaded once the camera has power",
                is_there=any(name == "imx296" for name, _ in boot.overlays),
            )  # fmt: skip
        else:
            line = "dtoverlay=imx296" + (",always-on" if settings.camera_sensor == "bind" else "")
            yield _row(boot, line, ko, en, lambda found: any(name == "imx296" for name, _ in found.overlays))
        yield _row(boot, "camera_auto_detect=0", ko, en, lambda found: found.settings.get("camera_auto_detect") == "0")
    if place is None:
        return
    ko, en = "카메라 전원은 꺼짐이 기본", "the camera's supply is off by default"
    line = f"gpio={place.offset}=op,dl,pd"
    yield _row(boot, line, ko, en, lambda found: _drives_low(found, place.offset))
    yield _row(boot, "dtparam=strict_gpiod", ko, en, lambda found: found.has_param("strict_gpiod"))


def _drives_low(boot: BootConfig, offset: int) -> bool:
    return any(said.split("=")[0] == str(offset) and {"op", "dl"} <= _words(said) for said in boot.gpio)


def _words(said: str) -> set[str]:
    return set(said.partition("=")[2].split(","))


def _carrier_b(boot: BootConfig, lines: CarrierLines, number: int | None) -> Iterator[BootRow]:
    bus = "dtparam=i2c_arm=on"
    yield _row(
        boot, bus, "전력계와 거리 센서", "energy meter and range sensor", lambda found: found.has_param("i2c_arm")
    )
    button = ("gpio-shutdown", f"gpio_pin={lines.power_button}", "active_low=1", "gpio_pull=off", "debounce=1000")
    yield _row(
        boot, f"dtoverlay={','.join(button)}", "전원 버튼(1초 누름)", "power button, held for a second",
        lambda found: found.has_overlay(button[0], button[1]),
    )  # fmt: skip
    off = ("gpio-poweroff", f"gpiopin={lines.power_off}")
    yield _row(
        boot, f"dtoverlay={','.join(off)}", "종료 후 전원 차단", "supply cut once the system is down",
        lambda found: found.has_overlay(*off),
    )  # fmt: skip
    if number is None or number >= PI_5:  # earlier ones give their sockets 1.2 A whatever feeds them
        yield _row(
            boot, "usb_max_current_enable=1", "USB 전류(무선 랜 어댑터)", "USB current of the Wi-Fi adapter",
            lambda found: found.settings.get("usb_max_current_enable") == "1",
        )  # fmt: skip
        yield _row(
            boot, "arm_freq=2000", "전력(보조배터리 두 개로 6시간)", "power: six hours on two banks",
            lambda found: found.settings.get("arm_freq") == "2000",
        )  # fmt: skip
    read_back = f"gpio={lines.cam_powered}=op"
    yield _forbidden(
        read_back, "카메라 전원 되읽기", "the camera's supply, read back", "A형 보드의 설정입니다",
        "that is for a carrier of revision A", is_there=any(
            said.split("=")[0] == str(lines.cam_powered) and "op" in _words(said) for said in boot.gpio
        ),
    )  # fmt: skip
    yield _forbidden(
        "dtparam=spi=on", "보조배터리 감지(GPIO10)", "bank A is seen on GPIO10", "SPI가 GPIO10을 씁니다",
        "SPI takes GPIO10", is_there=boot.has_param("spi"),
    )  # fmt: skip
    yield _forbidden(
        "dtoverlay=w1-gpio", "카메라 전원 되읽기", "the camera's supply, read back", "GPIO4를 씁니다", "it takes GPIO4",
        is_there=any(name == "w1-gpio" and not any(p.startswith("gpiopin=") for p in given)
                     for name, given in boot.overlays),
    )  # fmt: skip

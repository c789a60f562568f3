"""What `config.txt` has to say on this probe's Raspberry Pi, as `sweep doctor` checks it.

Input is the settings and what is written there; output is a row for each line that is wanted, with
what to do where it is missing.  Written from the Raspberry Pi's documentation and **unproven** until a Pi has run it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sweep.cli.config import Config
from sweep.cli.tables import show_table
from sweep.host.carrier import CarrierLines, camera_overlay
from sweep.host.config_txt import BOOT, MODEL, BootConfig, read_boot
from sweep.phrases import Phrase

PI_5 = 5
HEADER_UARTS = ("ttyAMA", "ttyS", "serial")


@dataclass(frozen=True, slots=True)
class BootRow:
    """One thing that is wanted."""

    line: str
    """The line of the file; several where any of them will do."""
    purpose: Phrase
    advice: Phrase | None = None
    """What to do; None where all is well."""


def show_boot(settings: Config, folder: Path = BOOT, model: Path = MODEL) -> int:
    """Print what is wanted of config.txt, where this is a Raspberry Pi; how much of it is missing."""
    found = read_boot(folder, model)
    if found is None:
        return 0
    rows = boot_rows(settings, *found)
    if rows:
        show_table(
            ("config.txt", Phrase("column_for"), Phrase("column_state")),
            [(row.line, row.purpose, row.advice or Phrase("is_there")) for row in rows],
        )
    return sum(row.advice is not None for row in rows)


def boot_rows(settings: Config, boot: BootConfig, cmdline: str, number: int | None) -> list[BootRow]:
    """What this probe needs of config.txt and cmdline.txt."""
    rows = [*_uart(settings, boot, cmdline, number), *_camera(settings, boot, number)]
    lines = settings.lines
    if lines is not None and lines.power_button is not None:
        rows += [*_carrier_b(boot, lines, number)]
    return rows


def _row(boot: BootConfig, line: str, purpose: Phrase, holds: Callable[[BootConfig], bool]) -> BootRow:
    advice = Phrase("advice_config_txt", line=line)
    return BootRow(line, purpose, None if holds(boot) else advice)


def _forbidden(line: str, purpose: Phrase, why: Phrase, *, is_there: bool) -> BootRow:
    return BootRow(f"no {line}", purpose, Phrase("advice_take_line_out", line=line, why=why) if is_there else None)


def _uart(settings: Config, boot: BootConfig, cmdline: str, number: int | None) -> Iterator[BootRow]:
    """The head on pins 8 and 10; a head on USB needs none of it."""
    if settings.port is None or not Path(settings.port).name.startswith(HEADER_UARTS):
        return
    purpose = Phrase("head_uart")
    if number is None or number >= PI_5:
        yield _row(boot, "dtparam=uart0=on", purpose, lambda found: found.has_param("uart0"))
    else:
        yield _row(boot, "enable_uart=1", purpose, lambda found: found.settings.get("enable_uart") == "1")
        line = "dtoverlay=miniuart-bt"  # 500,000 baud want the full UART, which Bluetooth has otherwise
        holds = ("miniuart-bt", "disable-bt")
        yield _row(boot, line, purpose, lambda found: any(found.has_overlay(name) for name in holds))
    console = next((word for word in cmdline.split() if word.startswith(("console=serial", "console=ttyAMA"))), None)
    line = f"{console or 'console=serial0,115200'} (cmdline.txt)"
    yield _forbidden(line, purpose, Phrase("console_on_heads_line"), is_there=console is not None)


def _camera(settings: Config, boot: BootConfig, number: int | None) -> Iterator[BootRow]:
    place = settings.camera_power
    if settings.camera == "pi":
        purpose, module = Phrase("camera_driver"), settings.camera_module
        overlay = camera_overlay(module, settings.camera_socket, number)
        given = [params for name, params in boot.overlays if name == module]
        if settings.camera_sensor == "overlay":
            yield _forbidden(f"dtoverlay={module}", purpose, Phrase("loaded_once_powered"), is_there=bool(given))
        else:
            line = f"dtoverlay={overlay}" + (",always-on" if settings.camera_sensor in {"bind", "helper"} else "")
            is_cam0 = overlay != module
            if given and not any(("cam0" in params) == is_cam0 for params in given):
                yield BootRow(
                    line, purpose, Phrase("advice_camera_socket", line=line, socket="CAM0" if is_cam0 else "CAM1")
                )
            else:
                yield _row(boot, line, purpose, lambda _: bool(given))
        yield _row(boot, "camera_auto_detect=0", purpose, lambda found: found.settings.get("camera_auto_detect") == "0")
    if place is None:
        return
    purpose = Phrase("camera_off_by_default")
    line = f"gpio={place.offset}=op,dl,pd"
    yield _row(boot, line, purpose, lambda found: _drives_low(found, place.offset))
    yield _row(boot, "dtparam=strict_gpiod", purpose, lambda found: found.has_param("strict_gpiod"))


def _drives_low(boot: BootConfig, offset: int) -> bool:
    return any(said.split("=")[0] == str(offset) and {"op", "dl"} <= _words(said) for said in boot.gpio)


def _words(said: str) -> set[str]:
    return set(said.partition("=")[2].split(","))


def _carrier_b(boot: BootConfig, lines: CarrierLines, number: int | None) -> Iterator[BootRow]:
    bus = "dtparam=i2c_arm=on"
    yield _row(boot, bus, Phrase("energy_meter_and_range_sensor"), lambda found: found.has_param("i2c_arm"))
    button = ("gpio-shutdown", f"gpio_pin={lines.power_button}", "active_low=1", "gpio_pull=off", "debounce=1000")
    line = f"dtoverlay={','.join(button)}"
    yield _row(boot, line, Phrase("power_button_held"), lambda found: found.has_overlay(button[0], button[1]))
    off = ("gpio-poweroff", f"gpiopin={lines.power_off}")
    line = f"dtoverlay={','.join(off)}"
    yield _row(boot, line, Phrase("supply_cut_after_shutdown"), lambda found: found.has_overlay(*off))
    if number is None or number >= PI_5:  # earlier ones give their sockets 1.2 A whatever feeds them
        usb = "usb_max_current_enable"
        yield _row(boot, f"{usb}=1", Phrase("usb_current_of_adapter"), lambda found: found.settings.get(usb) == "1")
        clock = "arm_freq"
        yield _row(boot, f"{clock}=2000", Phrase("power_six_hours"), lambda found: found.settings.get(clock) == "2000")
    read_back, line = Phrase("camera_supply_read_back"), f"gpio={lines.cam_powered}=op"
    is_there = any(said.split("=")[0] == str(lines.cam_powered) and "op" in _words(said) for said in boot.gpio)
    yield _forbidden(line, read_back, Phrase("setting_of_carrier_a"), is_there=is_there)
    is_there = boot.has_param("spi")
    yield _forbidden("dtparam=spi=on", Phrase("bank_seen_on_gpio10"), Phrase("spi_takes_gpio10"), is_there=is_there)
    wires = [given for name, given in boot.overlays if name == "w1-gpio"]
    is_there = any(not any(one.startswith("gpiopin=") for one in given) for given in wires)
    yield _forbidden("dtoverlay=w1-gpio", read_back, Phrase("takes_gpio4"), is_there=is_there)

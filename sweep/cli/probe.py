"""Commands about the probe itself: doctor and flash."""

from __future__ import annotations

import platform
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from sweep.cli.options import ConfigFile, read_settings
from sweep.cli.output import fail, one_line, out

PARTS: tuple[tuple[str, str, str], ...] = (
    ("cv2", "lens detection", "pip install 'ansim-sweep[probe]'"),
    ("bleak", "Bluetooth scan", "pip install 'ansim-sweep[probe]'"),
    ("serial", "sensor head", "pip install 'ansim-sweep[probe]'"),
    ("gpiod", "camera's supply", "pip install 'ansim-sweep[probe]'"),
    ("picamera2", "camera", "apt install python3-picamera2 (Raspberry Pi only)"),
)
TOOLS: tuple[tuple[str, str, str], ...] = (
    ("iw", "monitor mode", "apt install iw"),
    ("avrdude", "flashing the sensor head", "apt install avrdude"),
)


def _ports() -> list[str]:
    return sorted(str(path) for pattern in ("ttyUSB*", "ttyACM*", "ttyAMA*") for path in Path("/dev").glob(pattern))


def _scapy_state() -> tuple[str, str]:
    """Whether scapy is there and reads a known beacon, and what to do otherwise."""
    if find_spec("scapy") is None:
        return "missing", "pip install 'ansim-sweep[probe]'"
    from sweep.wifi.dissection import examine

    wrong = examine()
    return ("reads names, channel, RSN, WPA, WPS", "") if wrong is None else ("differs", wrong)


def doctor(
    head: Annotated[
        str | None,
        typer.Option("--head", metavar="PORT", help="Walk the sensor head on this port through its self test."),
    ] = None,
    step_s: Annotated[
        float, typer.Option("--step-s", min=0.1, max=2.0, help="How long the self test stays on each part.")
    ] = 1.0,
    config: ConfigFile = None,
    is_camera_off: Annotated[
        bool, typer.Option("--camera-off", help="Only switch the camera's supply off (for ExecStopPost of a service).")
    ] = False,
) -> None:
    """Say what this machine can measure and what is missing; with --head, test a freshly assembled sensor head.

    Refuses, with exit code 2, a machine on which a crash could leave the camera's supply on.
    """
    from sweep.captures.kernel import KERNEL_TROUBLE
    from sweep.cli.camera_doctor import supply_state, switch_off
    from sweep.cli.wifi_doctor import channel_state
    from sweep.power.line import PowerLineError

    settings = read_settings(config, None, None)
    if is_camera_off:
        place = settings.camera_power
        if place is None:
            fail("camera_power_line is not set, so nothing is known to switch off")
        with one_line(PowerLineError):
            switch_off(place)
        out.print(f"the camera's supply is off ({place})")
        raise typer.Exit(0)
    if head is not None:
        from sweep.cli.head_doctor import examine_head

        examine_head(head, step_s)
        raise typer.Exit(0)
    table = Table("part", "for", "state", "remedy")
    missing = 0
    for module, purpose, remedy in PARTS:
        found = find_spec(module) is not None
        missing += not found
        table.add_row(module, purpose, "there" if found else "missing", "" if found else remedy)
    state, remedy = _scapy_state()
    missing += bool(remedy)
    table.add_row("scapy", "management frames", state, remedy)
    trouble = KERNEL_TROUBLE
    missing += trouble is not None
    table.add_row("kernel", "fast reading of captures", trouble or "there", "make setup" if trouble else "")
    for tool, purpose, remedy in TOOLS:
        found = shutil.which(tool) is not None
        missing += not found
        table.add_row(tool, purpose, "there" if found else "missing", "" if found else remedy)
    ports = _ports()
    table.add_row("serial port", "sensor head", ", ".join(ports) or "missing", "" if ports else "plug in the probe")
    monitors = sorted(path.parent.name for path in Path("/sys/class/net").glob("*/phy80211"))
    table.add_row("Wi-Fi", "capture", ", ".join(monitors) or "missing", "" if monitors else "plug in the adapter")
    for interface in monitors:
        table.add_row(interface, "channels it can hear", *channel_state(interface))
    state, remedy, refusal = supply_state(settings)
    table.add_row("camera's supply", "camera", state, remedy)
    out.print(table)
    out.print(f"{platform.machine()}, Python {platform.python_version()}; {missing} parts missing")
    if refusal is not None:
        fail(f"a live sweep would be refused: {refusal}")
    raise typer.Exit(0)


def flash(
    port: Annotated[str | None, typer.Argument(metavar="PORT", help="Serial port (default: the only one).")] = None,
    image: Annotated[Path | None, typer.Option("--hex", metavar="FILE", help="Firmware image (Intel HEX).")] = None,
    old_bootloader: Annotated[bool, typer.Option("--old-bootloader", help="For Nanos from before 2018.")] = False,
    no_verify: Annotated[bool, typer.Option("--no-verify", help="Do not ask the head afterwards who it is.")] = False,
) -> None:
    """Write the firmware into the sensor head; refuses while a sweep holds the port."""
    from sweep.link.flash import find_image
    from sweep.link.flash import flash as write

    if port is None:
        ports = _ports()
        if len(ports) != 1:
            fail("no serial port found: plug in the probe" if not ports else f"name the port: {', '.join(ports)}")
        port = ports[0]
    with one_line(ValueError):
        identity = write(port, find_image(image), is_old_bootloader=old_bootloader, is_verifying=not no_verify)
    if identity is None:
        out.print(f"written to {port}, not verified")
    else:
        name = "".join(chr(octet) if 0x20 < octet < 0x7F else "?" for octet in identity.firmware_git)
        out.print(f"written to {port}: firmware {name}, protocol {identity.protocol_version}")

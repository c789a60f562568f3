"""`sweep flash`: writes the firmware into the sensor head, over its own USB socket or without opening the case."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from sweep.cli.next_steps import serial_ports
from sweep.cli.options import ConfigFile, read_settings
from sweep.cli.output import fail, one_line, print_words
from sweep.host.gpio import LineError


def flash(
    port: Annotated[
        str | None, typer.Argument(metavar="PORT", help="Serial port (default: that of the settings, or the only one).")
    ] = None,
    image: Annotated[Path | None, typer.Option("--hex", metavar="FILE", help="Firmware image (Intel HEX).")] = None,
    old_bootloader: Annotated[bool, typer.Option("--old-bootloader", help="For Nanos from before 2018.")] = False,
    no_verify: Annotated[
        bool, typer.Option("--no-verify", help="Do not verify the head's identity afterwards.")
    ] = False,
    config: ConfigFile = None,
) -> None:
    """Write the firmware into the sensor head; refuses while a sweep holds the port."""
    from sweep.host.head_reset import pulse_reset
    from sweep.link.flash import find_image
    from sweep.link.flash import flash as write

    settings = read_settings(config, None, None)
    port = port or settings.port
    if port is None:
        ports = serial_ports()
        if len(ports) != 1:
            fail("name_port", ports=", ".join(ports)) if ports else fail("no_serial_port")
        port = ports[0]
    place = settings.line("head_reset")
    with one_line(ValueError, LineError):
        identity = write(
            port,
            find_image(image),
            is_old_bootloader=old_bootloader,
            is_verifying=not no_verify,
            reset=None if place is None else partial(pulse_reset, place),
        )
    if identity is None:
        print_words("firmware_written_unverified", port=port)
    else:
        name = "".join(chr(octet) if 0x20 < octet < 0x7F else "?" for octet in identity.firmware_git)
        print_words("firmware_written", port=port, firmware=name, protocol=identity.protocol_version)

"""Calls `iw`: which channels an adapter may receive on, monitor mode, and tuning.

Input is an interface name; output is `Channel` records, or an `IwError` with one line that says what to do.  Everything
asked of the radio is to listen: channels on which nobody may transmit first (no IR, radar) are as good as any other,
since a monitor interface never does.  It needs CAP_NET_ADMIN, so only the capture helper calls it.
"""

from __future__ import annotations

import fcntl
import re
import socket
import struct
import subprocess
from contextlib import suppress
from typing import Final

from sweep.phrases import Phrase

from .channels import Channel

IW: Final = "iw"
TIMEOUT_S: Final = 5.0
NOT_INSTALLED: Final = Phrase("iw_not_installed")
_NOT_SPAWNED: Final = 127
"""What posix_spawn may leave of a program that is not there in place of an error (POSIX; qemu-user does)."""
_CHANNEL: Final = re.compile(r"^\s*\* (\d{4})(?:\.\d+)? MHz \[\d+\](.*)$")
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1  # linux/sockios.h, linux/if.h


class IwError(ValueError):
    """The radio does not do what it was asked for; the message is one line that says what to do."""


def list_channels(interface: str, program: str = IW) -> tuple[Channel, ...]:
    """Channels that the adapter may receive on, ascending."""
    description = run_iw("dev", interface, "info", program=program)
    number = re.search(r"wiphy (\d+)", description)
    if number is None:
        raise IwError(Phrase("adapter_without_radio", interface=interface))
    return parse_channels(run_iw("phy", f"phy{number[1]}", "channels", program=program))


def parse_channels(text: str) -> tuple[Channel, ...]:
    """Channels in the output of `iw phy … channels` that are not disabled.

    A channel's line is followed by indented lines: `Radar detection`, `No IR`, `Channel widths: 20MHz HT40+ VHT80`.
    """
    found: dict[int, Channel] = {}
    last: int | None = None
    for line in text.splitlines():
        begin = _CHANNEL.match(line)
        if begin is not None:
            last = None if "disabled" in begin[2] else int(begin[1])
            if last is not None:
                found[last] = Channel(last)
        elif last is not None:
            is_wide = "VHT80" in line or "HE80" in line
            if is_wide or "Radar detection" in line:
                found[last] = Channel(last, found[last].is_wide or is_wide, found[last].is_radar or not is_wide)
    return tuple(found[mhz] for mhz in sorted(found))


def tune(interface: str, channel: Channel, program: str = IW) -> None:
    """Listen on a channel, 80 MHz wide where both sides can: a narrow receiver does not hear what is sent wider."""
    if channel.is_wide:
        with suppress(IwError):  # some drivers list widths that they do not monitor
            run_iw("dev", interface, "set", "freq", str(channel.mhz), "80", str(channel.centre_80_mhz), program=program)
            return
    run_iw("dev", interface, "set", "freq", str(channel.mhz), program=program)


def set_monitor(interface: str) -> None:
    """Put the interface into monitor mode and bring it up; an interface has to be down for the change."""
    try:
        _set_up(interface, is_up=False)
        run_iw("dev", interface, "set", "type", "monitor")
        _set_up(interface, is_up=True)
    except OSError as error:
        raise IwError(Phrase("monitor_mode_refused", interface=interface, why=error)) from None


def _set_up(interface: str, *, is_up: bool) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16s24x", interface.encode()[:15])
        flags = struct.unpack_from("H", fcntl.ioctl(any_socket, _SIOCGIFFLAGS, request), 16)[0]
        wanted = flags | _IFF_UP if is_up else flags & ~_IFF_UP
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sH22x", interface.encode()[:15], wanted))


def run_iw(*arguments: str, program: str = IW) -> str:
    """Output of `iw`; IwError with its own words when it fails."""
    try:
        done = subprocess.run(
            [program, *arguments], capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )  # the path of a root process is its own
    except FileNotFoundError:
        raise IwError(NOT_INSTALLED) from None
    except subprocess.TimeoutExpired:
        raise IwError(Phrase("iw_does_not_answer")) from None
    if done.returncode == _NOT_SPAWNED:
        raise IwError(NOT_INSTALLED)
    if done.returncode:
        said = ascii(done.stderr.strip().split("\n")[-1])[:200]
        raise IwError(Phrase("iw_refused", why=said))
    return done.stdout

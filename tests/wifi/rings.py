"""Whether live capture can be tested here: on a TAP device, with a ring of the kernel's."""

from __future__ import annotations

import errno
import socket
from pathlib import Path

import pytest

from tests.rights import need_root

_SOL_PACKET, _PACKET_VERSION, _TPACKET_V3 = 263, 10, 2  # linux/socket.h, if_packet.h


def need_live_capture() -> None:
    """Without root skip, but fail in CI; skip under qemu-user, which hands no option of that level to the kernel.

    No kernel with packet sockets refuses that option, so nothing else is skipped.
    """
    need_root("live capture")
    if not Path("/dev/net/tun").exists():
        pytest.fail("live capture is tested on a TAP device: here is no /dev/net/tun")
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as opened:
        try:
            opened.setsockopt(_SOL_PACKET, _PACKET_VERSION, _TPACKET_V3)
        except OSError as error:
            if error.errno != errno.ENOPROTOOPT:
                raise
            pytest.skip("an emulator without rings of packets (qemu-user)")

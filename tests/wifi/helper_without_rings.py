"""The capture helper on a kernel that answers with the error of the first argument where a packet ring is asked for."""

from __future__ import annotations

import errno
import os
import socket
import sys
from typing import Any, Final
from unittest.mock import patch

from sweep.captures.packets import LINK_RADIOTAP
from sweep.wifi.capture import helper_process as capture_helper

REFUSAL: Final = int(sys.argv.pop(1))
_SOL_PACKET: Final = 263  # linux/socket.h


class PacketSocket(socket.socket):
    """Takes a filter, as any socket does, and no ring."""

    def __init__(self, family: int = -1, kind: int = -1, protocol: int = -1, fileno: int | None = None) -> None:
        if family != socket.AF_PACKET:
            super().__init__(family, kind, protocol, fileno)
        elif REFUSAL == errno.EAFNOSUPPORT:
            raise OSError(REFUSAL, os.strerror(REFUSAL))
        else:
            super().__init__(socket.AF_UNIX, socket.SOCK_DGRAM)

    def setsockopt(self, level: int, *rest: Any) -> None:
        """Refuses what only packet sockets know."""
        if level == _SOL_PACKET:
            raise OSError(REFUSAL, os.strerror(REFUSAL))
        super().setsockopt(level, *rest)


if __name__ == "__main__":
    with (
        patch.object(socket, "socket", PacketSocket),
        patch.object(capture_helper, "_find_link_type", return_value=LINK_RADIOTAP),
    ):
        capture_helper.main()

"""The privileged half of live capture: opens the packet socket, tunes the radio, and does nothing else.

Input is lines on a Unix socket (`open`, `monitor`, `tune CHANNEL`, `channels`); output is one line for each, `ok …` or
`error CODE SENTENCE`, and with `open` the packet socket beside it.  Run it as a module with an interface and the number
of that socket (0 where a service manager hands it over), with CAP_NET_ADMIN and CAP_NET_RAW.  It never reads a packet
and never makes the radio transmit; what it opened is read by a process without capabilities, behind the filter of
`capture_filter`, which is locked.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import socket
import struct
import sys
from typing import Final

from sweep.captures.packets import LINK_IEEE80211, LINK_RADIOTAP
from sweep.phrases import Phrase, phrase_of, to_line

from . import iw
from .air import CaptureOpenError
from .channels import Channel
from .filter import build_filter

LINK_TYPE_OF: Final = {801: LINK_IEEE80211, 803: LINK_RADIOTAP}
"""ARPHRD_IEEE80211 and ARPHRD_IEEE80211_RADIOTAP (linux/if_arp.h)."""
BLOCK_OCTETS, BLOCKS, FRAME_OCTETS = 1 << 18, 64, 1 << 11
"""Ring of the packet socket: derived, 16 MB hold two seconds of 40,000 snapped frames per second."""
RETIRE_MS: Final = 50
"""A block that is not full is handed over after this: guessed, far under a dwell."""
MAX_COMMAND_OCTETS: Final = 64
ADVICE: Final = {
    errno.ENODEV: Phrase("advice_plug_adapter_in"),
    errno.ENXIO: Phrase("advice_plug_adapter_in"),
    errno.ENOMEM: Phrase("advice_free_memory"),
    errno.EPERM: Phrase("advice_give_helper_capabilities"),
}
"""What to do where an interface cannot be opened."""

_SIOCGIFHWADDR, _SIOCGIFFLAGS = 0x8927, 0x8913  # linux/sockios.h
_ETH_P_ALL, _SOL_PACKET = 0x0003, 263  # linux/if_ether.h, socket.h
_PACKET_RX_RING, _PACKET_VERSION, _PACKET_IGNORE_OUTGOING, _TPACKET_V3 = 5, 10, 23, 2  # linux/if_packet.h
_SO_ATTACH_FILTER, _SO_LOCK_FILTER = 26, 44  # asm-generic/socket.h


def open_packet_socket(interface: str) -> tuple[socket.socket, int]:
    """A packet socket with ring and locked filter on a monitor-mode interface, and its link type."""
    shown = ascii(interface)
    try:
        packet_socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)  # hears nothing before it is bound
    except PermissionError:
        raise CaptureOpenError(Phrase("packet_sockets_not_permitted")) from None
    except OSError as error:
        if error.errno != errno.EAFNOSUPPORT:
            advice = Phrase("advice_start_helper_anew")
            raise CaptureOpenError(Phrase("adapter_not_opened", interface=shown, why=error, advice=advice)) from None
        raise _without_rings(error) from None
    try:
        link_type = _find_link_type(packet_socket, interface)
        program = build_filter(link_type)
        code = b"".join(struct.pack("HBBI", *instruction) for instruction in program)
        buffer = ctypes.create_string_buffer(code, len(code))
        fprog = struct.pack("HxxxxxxP" if struct.calcsize("P") == 8 else "HxxP", len(program), ctypes.addressof(buffer))
        packet_socket.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, fprog)
        packet_socket.setsockopt(socket.SOL_SOCKET, _SO_LOCK_FILTER, 1)
        _make_ring(packet_socket)
        packet_socket.bind((interface, _ETH_P_ALL))
    except OSError as error:
        packet_socket.close()
        advice = ADVICE.get(error.errno or 0, Phrase("advice_bring_interface_up"))
        raise CaptureOpenError(Phrase("adapter_not_opened", interface=shown, why=error, advice=advice)) from None
    except CaptureOpenError:
        packet_socket.close()
        raise
    return packet_socket, link_type


def _make_ring(packet_socket: socket.socket) -> None:
    try:
        packet_socket.setsockopt(_SOL_PACKET, _PACKET_VERSION, _TPACKET_V3)
        packet_socket.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
        frames = BLOCK_OCTETS // FRAME_OCTETS * BLOCKS
        ring = struct.pack("7I", BLOCK_OCTETS, BLOCKS, FRAME_OCTETS, frames, RETIRE_MS, 0, 0)
        packet_socket.setsockopt(_SOL_PACKET, _PACKET_RX_RING, ring)
    except OSError as error:
        if error.errno not in {errno.ENOPROTOOPT, errno.EINVAL}:  # of memory, say
            raise
        raise _without_rings(error) from None


def _without_rings(error: OSError) -> CaptureOpenError:
    said = Phrase("kernel_without_packet_rings", why=error)
    return CaptureOpenError(said, "no_packet_rings")


def _find_link_type(packet_socket: socket.socket, interface: str) -> int:
    request = struct.pack("16s24x", interface.encode()[:15])
    is_up = struct.unpack_from("H", fcntl.ioctl(packet_socket, _SIOCGIFFLAGS, request), 16)[0] & 1
    if not is_up:
        raise CaptureOpenError(Phrase("adapter_down", interface=interface))
    hardware = struct.unpack_from("H", fcntl.ioctl(packet_socket, _SIOCGIFHWADDR, request), 16)[0]
    if hardware not in LINK_TYPE_OF:
        raise CaptureOpenError(Phrase("adapter_not_in_monitor_mode", interface=interface, hardware=hardware))
    return LINK_TYPE_OF[hardware]


def serve(interface: str, commands: socket.socket) -> None:
    """Answer commands until the other side is gone; an interface that is renamed meanwhile is still the same one."""
    index: int | None = None
    with commands:
        while command := commands.recv(MAX_COMMAND_OCTETS):
            name, index = follow(interface, index)
            try:
                _answer(name, commands, command.decode("ascii", "replace").split())
            except CaptureOpenError as error:
                commands.send(_told(error.code, error))
            except iw.IwError as error:
                commands.send(_told("adapter_away", error))


def _told(code: str, error: Exception) -> bytes:
    return f"error {code} {to_line(phrase_of(error))}".encode()


def write_channel(channel: Channel) -> str:
    """A channel as one word: its centre in MHz, `w` when 80 MHz are heard, `r` when it is shared with radar."""
    return f"{channel.mhz}{'w' * channel.is_wide}{'r' * channel.is_radar}"


def read_channel(word: str) -> Channel:
    """The other way; CaptureOpenError for anything else."""
    digits = word.rstrip("wr")
    if not (digits.isascii() and digits.isdecimal() and 2_000 <= int(digits) <= 8_000):
        raise CaptureOpenError(Phrase("unknown_channel"))
    return Channel(int(digits), is_wide="w" in word, is_radar="r" in word)


def follow(interface: str, index: int | None) -> tuple[str, int | None]:
    """Name and number of the interface now: by its number while that exists, by its first name after that."""
    with contextlib.suppress(OSError):
        if index is not None:
            return socket.if_indextoname(index), index
    with contextlib.suppress(OSError):
        return interface, socket.if_nametoindex(interface)
    return interface, None


def _answer(interface: str, commands: socket.socket, words: list[str]) -> None:
    match words:
        case ["open"]:
            packet_socket, link_type = open_packet_socket(interface)
            with packet_socket:
                socket.send_fds(commands, [f"ok {link_type}".encode()], [packet_socket.fileno()])
        case ["monitor"]:
            iw.set_monitor(interface)
            commands.send(b"ok")
        case ["tune", word]:
            iw.tune(interface, read_channel(word))
            commands.send(b"ok")
        case ["channels"]:
            commands.send(("ok " + " ".join(map(write_channel, iw.list_channels(interface)))).encode())
        case _:
            raise CaptureOpenError(Phrase("unknown_command"))


def main() -> None:
    """Entry point: interface and number of the inherited socket."""
    interface, number = sys.argv[1:]
    serve(interface, socket.socket(fileno=int(number)))


if __name__ == "__main__":
    main()

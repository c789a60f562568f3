"""The filter that cuts every frame behind its header inside the kernel, so that no payload octet reaches user space.

Input is a link type; output is a classic BPF program (linux/filter.h) for a packet socket.  Data frames keep 24 octets
(26 with QoS, 30 or 32 with four addresses) and what encryption puts before the body in the clear, 8 octets with the
packet number, or 4.  Announcements go on to their elements, Block Acks to their bitmap, and all other management
frames, probe requests with the names of a bystander's networks among them, end after 24.  It drops nothing: a frame too
short for its own header keeps its first octets, so that the parser can say what was wrong with it.
"""

from __future__ import annotations

from typing import Final

from sweep.captures.packets import LINK_RADIOTAP

MAX_ODD_OCTETS: Final = 64
"""Kept of a packet that is too short for its own header."""
CONTROL_OCTETS: Final = 52
"""A Block Ack of 256 frames: 20 octets of header, 32 of bitmap."""
ANNOUNCEMENT_OCTETS: Final = 512
"""Header, fixed fields, network name and the elements behind it, which announce the radio to everybody."""
HEADER_OCTETS: Final = 24
PROTECTED, ORDER, EXTENDED_IV = 0x40, 0x80, 0x20
"""Bits of Frame Control, as in `dot11`, which this process does not load; and of the fourth octet of encryption."""
HT_CONTROL_OCTETS, KEY_OCTETS, NUMBER_OCTETS = 4, 4, 8
"""Behind QoS Control where the order bit says so; of encryption without and with a packet number."""

Instruction = tuple[int, int, int, int]
"""Code, jump if true, jump if false, constant."""
_Line = tuple[str, int] | tuple[str, int, str, str] | str
"""An instruction with its constant, a jump with two labels, or a label."""

# A is the accumulator; X holds the length of the receiver's header.
_CODES: Final = {
    "load_length": 0x80, "load_octet": 0x30, "load_octet_behind_x": 0x50, "shift_left": 0x64, "and": 0x54, "add": 0x04,
    "add_x": 0x0C, "subtract_x": 0x1C, "to_x": 0x07, "from_x": 0x87, "set_x": 0x01, "keep": 0x06, "keep_a": 0x16,
    "if_equal": 0x15, "if_at_least": 0x35, "if_above_x": 0x2D, "if_any_bit": 0x45,
}  # fmt: skip

_FIND_RADIOTAP_END: Final[list[_Line]] = [
    ("load_length", 0),
    ("if_at_least", 4, "has_length", "odd"),
    "has_length",
    ("load_octet", 3),
    ("shift_left", 8),
    ("to_x", 0),
    ("load_octet", 2),
    ("add_x", 0),
    ("to_x", 0),
]


def _keep_behind_x(label: str, octets: int) -> list[_Line]:
    return [label, ("from_x", 0), ("add", octets), ("keep_a", 0)]


def _keep_to_number(label: str, octets: int, *, is_qos: bool) -> list[_Line]:
    """Of a data frame the header; where it is encrypted and as long, what stands before the body as well."""
    head = f"{label}_head"
    lines: list[_Line] = [
        label, ("load_octet_behind_x", 1), ("if_any_bit", PROTECTED, f"{label}_closed", head), f"{label}_closed",
    ]  # fmt: skip
    if is_qos:
        lines += [("if_any_bit", ORDER, f"{label}_longer", f"{label}_as_long")]
        lines += _keep_key(f"{label}_longer", octets + HT_CONTROL_OCTETS, head)
    return lines + _keep_key(f"{label}_as_long", octets, head) + _keep_behind_x(head, octets)


def _keep_key(label: str, octets: int, otherwise: str) -> list[_Line]:
    return [
        label, ("load_length", 0), ("subtract_x", 0),
        ("if_at_least", octets + NUMBER_OCTETS, f"{label}_key", otherwise),
        f"{label}_key", ("load_octet_behind_x", octets + KEY_OCTETS - 1),
        ("if_any_bit", EXTENDED_IV, f"{label}_number", f"{label}_none"),
        *_keep_behind_x(f"{label}_number", octets + NUMBER_OCTETS),
        *_keep_behind_x(f"{label}_none", octets + KEY_OCTETS),
    ]  # fmt: skip


def build_filter(link_type: int) -> list[Instruction]:
    """The program for radiotap, or for bare 802.11 where the frame begins at once."""
    lines: list[_Line] = [
        *(_FIND_RADIOTAP_END if link_type == LINK_RADIOTAP else [("set_x", 0)]),
        ("load_length", 0),
        ("if_above_x", 0, "has_frame", "odd"),
        "has_frame",
        ("subtract_x", 0),
        ("if_at_least", 2, "has_frame_control", "odd"),
        "has_frame_control",
        ("load_octet_behind_x", 0),
        ("and", 0x0C),
        ("if_equal", 0x08, "data", "no_data"),
        "no_data",
        ("if_equal", 0x04, "control", "management"),
        "management",
        ("load_octet_behind_x", 0),
        ("and", 0xFC),
        ("if_equal", 0x80, "announcement", "no_beacon"),
        "no_beacon",
        ("if_equal", 0x50, "announcement", "plain"),
        "data",
        ("load_octet_behind_x", 0),
        ("if_any_bit", 0x80, "qos", "no_qos"),
        "qos",
        ("load_octet_behind_x", 1),
        ("and", 3),
        ("if_equal", 3, "qos_relayed", "qos_plain"),
        "no_qos",
        ("load_octet_behind_x", 1),
        ("and", 3),
        ("if_equal", 3, "relayed", "three"),
        *_keep_behind_x("announcement", ANNOUNCEMENT_OCTETS),
        *_keep_behind_x("control", CONTROL_OCTETS),
        *_keep_to_number("qos_relayed", HEADER_OCTETS + 8, is_qos=True),
        *_keep_to_number("qos_plain", HEADER_OCTETS + 2, is_qos=True),
        *_keep_to_number("relayed", HEADER_OCTETS + 6, is_qos=False),
        *_keep_to_number("three", HEADER_OCTETS, is_qos=False),
        *_keep_behind_x("plain", HEADER_OCTETS),
        "odd",
        ("keep", MAX_ODD_OCTETS),
    ]
    return _assemble(lines)


def _assemble(lines: list[_Line]) -> list[Instruction]:
    places: dict[str, int] = {}
    count = 0
    for line in lines:
        if isinstance(line, str):
            places[line] = count
        else:
            count += 1
    program: list[Instruction] = []
    for line in lines:
        if isinstance(line, str):
            continue
        if len(line) == 4:
            name, constant, if_true, if_false = line
            here = len(program) + 1
            program.append((_CODES[name], places[if_true] - here, places[if_false] - here, constant))
        else:
            program.append((_CODES[line[0]], 0, 0, line[1]))
    return program

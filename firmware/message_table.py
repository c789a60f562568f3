"""The table of wire messages, `messages.toml`, read and checked, and the source made of it: a C header for the head, a
Python module for the host. Refuses a table with a doubled name or id, an unknown type or a message too long. Writes no
file: `generate.py` does.
"""

from __future__ import annotations

import re
import tomllib
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SLOT_US = 32  # 512 cycles at 16 MHz: one ADC conversion (432 cycles) and its interrupt fit
SCALARS = {
    "u8": ("uint8_t", "B", 1),
    "u16": ("uint16_t", "H", 2),
    "u32": ("uint32_t", "I", 4),
    "i16": ("int16_t", "h", 2),
}


class TableError(ValueError):
    """A table contradicts itself; the message says where."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a message; `count` is 0 for a scalar."""

    name: str
    type: str
    count: int
    doc: str

    @property
    def size(self) -> int:
        return SCALARS[self.type][2] * max(self.count, 1)


@dataclass(frozen=True, slots=True)
class Message:
    """One wire message."""

    name: str
    id: int
    to_host: bool
    is_acknowledged: bool
    doc: str
    fields: tuple[Field, ...]

    @property
    def size(self) -> int:
        """Octets of the fields, without the two octets of header."""
        return sum(field.size for field in self.fields)

    def offsets(self) -> list[tuple[Field, int]]:
        """Each field with its place behind the header."""
        return [(field, sum(f.size for f in self.fields[:i])) for i, field in enumerate(self.fields)]

    @property
    def class_name(self) -> str:
        return "".join(part.capitalize() for part in self.name.split("_"))


@dataclass(frozen=True, slots=True)
class Table:
    """The message table with its CRC."""

    version: int
    max_payload: int
    messages: tuple[Message, ...]
    reserved: dict[str, int]
    crc: int

    @property
    def longest_command(self) -> int:
        """Octets of the longest message to the head, with its header."""
        return 2 + max(message.size for message in self.messages if not message.to_host)


def _field(entry: dict[str, Any], where: str) -> Field:
    match = re.fullmatch(r"(u8|u16|u32|i16)(?:\[(\d+)\])?", entry["type"])
    if match is None or (match[2] and match[1] != "u8"):
        raise TableError(f"{where}.{entry['name']}: unknown type {entry['type']!r}")
    return Field(entry["name"], match[1], int(match[2] or 0), entry["doc"])


def read_table(path: Path) -> Table:
    """The checked message table of `path`. Raises TableError."""
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    messages = tuple(
        Message(
            entry["name"],
            entry["id"],
            {"to_host": True, "to_head": False}[entry["direction"]],
            entry["direction"] == "to_head" and entry.get("is_acknowledged", True),
            entry["doc"],
            tuple(_field(field, entry["name"]) for field in entry["fields"]),
        )
        for entry in raw["message"]
    )
    ids = [message.id for message in messages] + list(raw["reserved"].values())
    names = [message.name for message in messages] + list(raw["reserved"])
    if len(set(ids)) != len(ids) or len(set(names)) != len(names):
        raise TableError("a message name or id is used twice")
    for message in messages:
        if message.to_host != (message.id >= 0x80):
            raise TableError(f"{message.name}: ids from 0x80 go to the host, those below to the head")
        if message.size + 2 > raw["protocol"]["max_payload"]:
            raise TableError(f"{message.name}: longer than max_payload")
    facts = [f"v{raw['protocol']['version']} {raw['protocol']['max_payload']}"]
    facts += [
        f"{message.id:02x} {message.name} {'numbered ' * message.is_acknowledged}"
        + " ".join(f"{f.name}:{f.type}:{f.count}" for f in message.fields)
        for message in sorted(messages, key=lambda message: message.id)
    ]
    crc = zlib.crc32("\n".join(facts).encode())
    return Table(raw["protocol"]["version"], raw["protocol"]["max_payload"], messages, raw["reserved"], crc)


def _c_put(field: Field, at: int) -> list[str]:
    if field.count:
        return [f"    memcpy(out + {at}, m->{field.name}, {field.count});"]
    if field.size == 1:
        return [f"    out[{at}] = m->{field.name};"]
    unsigned = f"(uint{8 * field.size}_t)" if field.type == "i16" else ""
    return [
        f"    out[{at + i}] = (uint8_t)({unsigned}m->{field.name}{f' >> {8 * i}' if i else ''});"
        for i in range(field.size)
    ]


def _c_get(field: Field, at: int) -> list[str]:
    if field.count:
        return [f"    memcpy(m->{field.name}, in + {at}, {field.count});"]
    if field.size == 1:
        return [f"    m->{field.name} = in[{at}];"]
    wide = "uint32_t" if field.size == 4 else "uint16_t"
    parts = [f"(({wide})in[{at + i}] << {8 * i})" if i else f"({wide})in[{at}]" for i in range(field.size)]
    return [f"    m->{field.name} = ({SCALARS[field.type][0]})({' | '.join(parts)});"]


def messages_h(table: Table) -> str:
    """C header: ids, lengths, one struct per message with its encoder and decoder."""
    out = [
        "// Generated by firmware/generate.py from messages.toml. Do not edit.",
        "// clang-format off",
        "#ifndef CORE_MESSAGES_H",
        "#define CORE_MESSAGES_H",
        "",
        "#include <stdint.h>",
        "#include <string.h>",
        "",
        f"#define PROTOCOL_VERSION {table.version}",
        f"#define MESSAGE_TABLE_CRC 0x{table.crc:08x}UL",
        f"#define MESSAGE_MAX_PAYLOAD {table.max_payload}",
        f"#define COMMAND_MAX_PAYLOAD {table.longest_command} // of those that go to the head",
        "#define MESSAGE_HEADER_SIZE 2 // id, sequence number",
    ]
    for message in table.messages:
        upper = message.name.upper()
        out += ["", f"// {message.doc}", f"#define MSG_{upper}_ID 0x{message.id:02x}"]
        out += [f"#define MSG_{upper}_SIZE {message.size}"]
        if not message.to_host:
            out += [f"#define MSG_{upper}_IS_ACKNOWLEDGED {int(message.is_acknowledged)}"]
        if not message.fields:
            continue
        out += [f"struct msg_{message.name} {{"]
        for field in message.fields:
            dimension = f"[{field.count}]" if field.count else ""
            out.append(f"    {SCALARS[field.type][0]} {field.name}{dimension}; // {field.doc}")
        out += ["};"]
        struct = f"struct msg_{message.name} *m"
        out += ["", f"static inline void msg_{message.name}_encode(const {struct}, uint8_t *out)", "{"]
        for field, at in message.offsets():
            out += _c_put(field, at)
        out += ["}"]
        out += ["", f"static inline void msg_{message.name}_decode({struct}, const uint8_t *in)", "{"]
        for field, at in message.offsets():
            out += _c_get(field, at)
        out += ["}"]
    out += ["", "#endif"]
    return "\n".join(out) + "\n"


def messages_py(table: Table) -> str:
    """Python module: one frozen dataclass per message with its id, layout and documentation."""
    out = [
        '"""Wire messages of the sensor head, generated by firmware/generate.py from messages.toml; do not edit. Each',
        "record packs to and unpacks from the fields of one frame (without the two octets of header); a value outside",
        "its field's range raises struct.error when packed. Says nothing about framing: that is frame.py.",
        '"""',
        "",
        "import struct",
        "from collections.abc import Callable",
        "from dataclasses import dataclass",
        "from typing import Annotated, ClassVar, TypeVar, dataclass_transform",
        "",
        f"PROTOCOL_VERSION = {table.version}",
        f"TABLE_CRC = 0x{table.crc:08X}",
        f"MAX_PAYLOAD = {table.max_payload}",
        "HEADER_SIZE = 2",
        f"SLOT_NS = {SLOT_US * 1000}",
        "",
        *(f'{name.upper()} = Annotated[int, "{code}"]' for name, (_, code, _) in SCALARS.items()),
        "",
        "",
        "class Message:",
        '    """Any message: its fields, in their order on the wire and annotated with their types there."""',
        "",
        "    __slots__ = ()",
        "    __match_args__: ClassVar[tuple[str, ...]]",
        "    ID: ClassVar[int]",
        "    IS_TO_HOST: ClassVar[bool]",
        "    IS_ACKNOWLEDGED: ClassVar[bool]",
        "    LAYOUT: ClassVar[struct.Struct]",
        "",
        "    def __init__(self, *fields: int | bytes) -> None:",
        '        """As each message of the table has it."""',
        "",
        "    def pack(self) -> bytes:",
        '        """The fields as they stand on the wire."""',
        "        return self.LAYOUT.pack(*(getattr(self, name) for name in self.__match_args__))",
        "",
        "",
        'M = TypeVar("M", bound=Message)',
        "BY_ID: dict[int, type[Message]] = {}",
        '"""Message class of each id."""',
        "",
        "",
        "@dataclass_transform(frozen_default=True)",
        "def _message(number: int, *, is_acknowledged: bool = True) -> Callable[[type[M]], type[M]]:",
        "    def make(fields: type[M]) -> type[M]:",
        "        kind = dataclass(frozen=True, slots=True)(fields)",
        "        kind.ID, kind.IS_TO_HOST = number, number >= 0x80",
        "        kind.IS_ACKNOWLEDGED = is_acknowledged and not kind.IS_TO_HOST",
        "        codes = [wire.__metadata__[0] for wire in kind.__annotations__.values()]",
        """        kind.LAYOUT = struct.Struct("<" + "".join(codes))""",
        "        BY_ID[number] = kind",
        "        return kind",
        "",
        "    return make",
    ]
    for message in table.messages:
        answer = "" if message.is_acknowledged or message.to_host else ", is_acknowledged=False"
        out += ["", "", f"@_message(0x{message.id:02X}{answer})", f"class {message.class_name}(Message):"]
        out += [f'    """{message.doc}"""'] + [""] * bool(message.fields)
        for field in message.fields:
            kind = f'Annotated[bytes, "{field.count}s"]' if field.count else field.type.upper()
            out += [f"    {field.name}: {kind}", f'    """{field.doc}"""']
    return "\n".join(out) + "\n"

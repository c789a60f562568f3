"""Turns the three tables of the firmware into source: `messages.toml` into core/messages.h and sweep/link/messages.py,
`limits.toml` into core/limits.h, board/*/pins.toml into pins.h. `--check` writes nothing and fails when a generated
file is not what the tables say. Refuses a table with a doubled name or id, an unknown type or a message too long.
"""

from __future__ import annotations

import re
import sys
import tomllib
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FIRMWARE = Path(__file__).resolve().parent
MESSAGES_PY = FIRMWARE.parent / "sweep" / "link" / "messages.py"
BOARD = FIRMWARE / "board" / "atmega328p"

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


SEEN_FLICKER_HZ = (3.0, 65.0)
"""Between these red light flickers to the eye, and 15 to 25 Hz is the worst of it for photosensitive people."""


def _burst_limits(lamps: dict[str, Any]) -> list[str]:
    """Times in slots of the one group that lights in bursts only; the rest rounded up, so that it protects."""
    bursting = {name: row for name, row in lamps.items() if "burst_ms" in row}
    if list(bursting) != ["red"]:
        raise TableError("red, and nothing else, lights in bursts")
    row = bursting["red"]
    slowest_us, fastest_ms = 1e6 / SEEN_FLICKER_HZ[1], 1e3 / SEEN_FLICKER_HZ[0]
    if row["max_gap_us"] >= slowest_us or row["burst_rest_ms"] <= fastest_ms:
        raise TableError("red: what comes between 3 and 65 times a second is seen to flicker")
    if row["max_pulse_us"] * row["duty_divisor"] > row["max_gap_us"]:
        raise TableError("red: its pulses have to rest for longer than max_gap_us")
    return [
        f"#define RED_GAP_SLOTS {row['max_gap_us'] // SLOT_US} // from the begin of one pulse of a burst to the next",
        f"#define RED_BURST_SLOTS {row['burst_ms'] * 1000 // SLOT_US} // first pulse to end of the last",
        f"#define RED_REST_SLOTS {-(-row['burst_rest_ms'] * 1000 // SLOT_US)}UL // dark after a burst",
    ]


def limits_h(path: Path) -> str:
    """C header: lamp limits in slots, rounded down, one row per pulsed group and per light."""
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    phases = sorted(raw["lamp"].items(), key=lambda item: item[1]["phase"])
    lights = sorted(raw["light"].items(), key=lambda item: item[1]["light"])
    if [row["phase"] for _, row in phases] != list(range(1, len(phases) + 1)):
        raise TableError("lamp phases must be numbered 1, 2, 3, ...")
    if [row["light"] for _, row in lights] != list(range(len(lights))):
        raise TableError("lights must be numbered 0, 1, ...")
    out = [
        "// Generated by firmware/generate.py from limits.toml. Do not edit.",
        "// clang-format off",
        "#ifndef CORE_LIMITS_H",
        "#define CORE_LIMITS_H",
        "",
        "#include <stdint.h>",
        "",
        '#include "flash_table.h"',
        "",
        f"#define SLOT_US {SLOT_US}",
        "// two slots early: that long it takes until the edge",
        f"#define HOST_SILENCE_SLOTS {raw['host']['silence_ms'] * 1000 // SLOT_US - 2}",
        f"#define WATCHDOG_MS {raw['host']['watchdog_ms']}",
        "",
        f"#define LAMP_PHASES {len(phases) + 1} // phase 0 is dark",
        "",
        *(f"#define LAMP_{name.upper()} {row['phase']}" for name, row in phases),
        "",
        "struct lamp_limit {",
        "    uint16_t max_pulse_slots;",
        "    uint16_t rest_per_slot; // slots of rest owed for each slot of light",
        "};",
        "static const struct lamp_limit LAMP_LIMITS[LAMP_PHASES] FLASH_TABLE = {",
        "    {0, 0}, // dark",
    ]
    out += [f"    {{{row['max_pulse_us'] // SLOT_US}, {row['duty_divisor'] - 1}}}, // {name}" for name, row in phases]
    out += ["};", "", *_burst_limits(raw["lamp"])]
    out += ["", f"#define LIGHTS {len(lights)}", ""]
    out += [
        "struct light_limit {",
        "    uint32_t max_on_slots;",
        "    uint16_t balance_slots256; // so far on may run ahead of off, in rounds of 256 slots; 0 without rest",
        "};",
    ]
    out += ["static const struct light_limit LIGHT_LIMITS[LIGHTS] = {"]
    for name, row in lights:
        if row["duty_divisor"] != (2 if row["balance_ms"] else 1):
            raise TableError(
                f"{name}: lights rest as long as they shone (duty_divisor 2) or not at all (1, balance_ms 0)"
            )
        balance = row["balance_ms"] * 1000 // SLOT_US // 256
        out.append(f"    {{{row['max_on_ms'] * 1000 // SLOT_US}UL, {balance}}}, // {name}")
    return "\n".join([*out, "};", "", "#endif"]) + "\n"


def _selects(pins: dict[str, Any], groups: dict[str, list[str]], lamps: dict[str, Any]) -> list[str]:
    """Of each port: the bits of all select lines, and which of them are high in each phase."""
    lines = {name: pin for name, pin in pins.items() if name.startswith("select_")}
    by_phase = [
        set[str](),
        *(set(groups.get(name, ())) for name in sorted(lamps, key=lambda name: lamps[name]["phase"])),
    ]
    if not all(by_phase[1:]) or any(chosen - lines.keys() for chosen in by_phase):
        raise TableError("each lamp needs its select lines under [group]")
    if any(by_phase.count(chosen) > 1 for chosen in by_phase):
        raise TableError("two lamps have the same select lines")
    out = [""]
    for port in "BCD":
        bits = [sum(1 << lines[n]["bit"] for n in chosen if lines[n]["port"] == port) for chosen in (lines, *by_phase)]
        out.append(f"#define SELECTS_{port} 0x{bits[0]:02x}")
        out.append(f"#define SELECTS_{port}_OF_PHASE {{{', '.join(f'0x{b:02x}' for b in bits[1:])}}}")
    return out


def pins_h(path: Path, limits: Path) -> str:
    """C header: port letter and bit of each pin, select lines of each lamp, ADC channels, clock and baud rate."""
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    lamps = tomllib.loads(limits.read_text(encoding="utf-8"))["lamp"]
    places = [(pin["port"], pin["bit"]) for pin in raw["pin"].values()]
    if len(set(places)) != len(places):
        raise TableError("a pin is used twice")
    out = [
        "// Generated by firmware/generate.py from pins.toml. Do not edit.",
        "// clang-format off",
        "#ifndef BOARD_PINS_H",
        "#define BOARD_PINS_H",
        "",
        f"#define CLOCK_HZ {raw['mcu']['frequency_hz']}UL",
        f"#define UART_BAUD {raw['mcu']['baud']}UL",
        f"#define ADC_REFERENCE_MV {raw['adc']['reference_mv']}",
    ]
    for name, pin in raw["pin"].items():
        upper = name.upper()
        out += ["", f"#define {upper}_PORT PORT{pin['port']}", f"#define {upper}_DDR DDR{pin['port']}"]
        out += [f"#define {upper}_PIN PIN{pin['port']}", f"#define {upper}_BIT {pin['bit']}"]
        if "adc" in pin:
            out.append(f"#define {upper}_ADC {pin['adc']}")
    for port in "BCD":
        mask = sum(1 << p["bit"] for p in raw["pin"].values() if p["port"] == port and p["direction"] == "out")
        out += ["", f"#define OUTPUTS_{port} 0x{mask:02x}"]
    out += _selects(raw["pin"], raw["group"], lamps)
    out += [""]
    for name, pin in raw["analog_only"].items():
        out += [f"#define {name.upper()}_ADC {pin['adc']}"]
    return "\n".join([*out, "", "#endif"]) + "\n"


def generated() -> dict[Path, str]:
    """What each generated file should hold."""
    table = read_table(FIRMWARE / "messages.toml")
    return {
        FIRMWARE / "core" / "messages.h": messages_h(table),
        MESSAGES_PY: messages_py(table),
        FIRMWARE / "core" / "limits.h": limits_h(FIRMWARE / "limits.toml"),
        BOARD / "pins.h": pins_h(BOARD / "pins.toml", FIRMWARE / "limits.toml"),
    }


def main(arguments: list[str]) -> int:
    """Write the generated files, or with --check only compare; 1 when one is out of date."""
    stale = [
        path for path, text in generated().items() if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    if "--check" in arguments:
        for path in stale:
            print(f"{path.name} is not what the tables say: run python firmware/generate.py")
        return 1 if stale else 0
    for path in stale:
        path.write_text(generated()[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

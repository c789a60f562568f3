"""Fuses and bootloader of the Nano: one place for the guides of probe and kit, their pictures and the tests.

Job: the command that burns them, and what the fuse bits mean. Input: `[nano]` of `interfaces.toml`; output: lines of a
document, numbers. It burns nothing itself.
"""

from __future__ import annotations

from typing import Any

from hardware.enclosure import layout

BROWN_OUT_V = {0b111: 0.0, 0b110: 1.8, 0b101: 2.7, 0b100: 4.3}
"""BODLEVEL, the low bits of efuse, to typical volts (ATmega328P data sheet, fuse bits); 0: never stops."""
BOOT_OCTETS = {0b11: 512, 0b10: 1024, 0b01: 2048, 0b00: 4096}
"""BOOTSZ, bits 2 and 1 of hfuse, to the size of the boot section."""
CRYSTAL = 0b1111
"""Low bits of lfuse that take a crystal above 8 MHz; 1110 does too, with a shorter start."""


def nano() -> dict[str, Any]:
    """`[nano]` of the shared table."""
    return dict(layout.interfaces()["nano"])


def brown_out_v() -> float:
    """Supply below which the controller stands still (V, typical)."""
    return BROWN_OUT_V[int(nano()["efuse"], 16) & 0b111]


def boot_octets() -> int:
    """Size of the boot section."""
    return BOOT_OCTETS[int(nano()["hfuse"], 16) >> 1 & 0b11]


def least_v(clock_mhz: float) -> float:
    """Supply that the data sheet asks for at a clock: a straight line from 10 MHz at 2.7 V to 20 MHz at 4.5 V."""
    return 2.7 + (clock_mhz - 10.0) / 10.0 * (4.5 - 2.7)


def command() -> str:
    """How a second Nano with ArduinoISP burns all of it."""
    table = nano()
    fuses = " ".join(f"-U {name}:w:{table[name]}:m" for name in ("lfuse", "hfuse", "efuse"))
    return f"avrdude -c stk500v1 -b 19200 -p m328p -P PORT -e {fuses} -U flash:w:{table['bootloader']}:i"


def fuse_words() -> str:
    """The three values for a picture."""
    return " · ".join(f"{name} {nano()[name]}" for name in ("lfuse", "hfuse", "efuse"))


def markdown() -> list[str]:
    """The command for a guide, and what the last fuse is for."""
    clock = nano()["clock_mhz"]
    why = f"{brown_out_v():g} V: {clock:g} MHz asks for {least_v(clock):.2f} V (ATmega328P data sheet)"
    return [
        "```",
        command(),
        "```",
        "",
        f"`efuse` {nano()['efuse']}: {brown_out_v():g} V 아래에서 멈춥니다. It stops below {why}.",
    ]

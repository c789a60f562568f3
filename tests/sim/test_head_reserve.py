"""How long the slot interrupt keeps the receiver's own interrupt waiting, and what the receiver has left at 500 kbaud.

Measured on the emulated machine and held against firmware/README.md; the same firmware with a longer slot has to fail.
"""

import re
import shutil
import subprocess
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from sweep.link import messages
from sweep.link.frame import encode
from sweep.sim.head.avr import CLOCK_HZ
from sweep.sim.head.machine import HeadMachine
from sweep.sim.head.scene import Emitter, RfScene
from sweep.sim.head.uart import ARRIVAL_CYCLES, BUFFER_OCTETS, OCTET_CYCLES

from .head_kit import REPO_ROOT, Asker, built_elf, lamp_run

SLOT_VECTOR = 11
ONE_INSTRUCTION_CYCLES = 12
"""Between two interrupts that follow each other the program executes one instruction (return, instruction, entry)."""
RESERVE_CYCLES = BUFFER_OCTETS * OCTET_CYCLES + OCTET_CYCLES - ARRIVAL_CYCLES
"""From an octet that is complete to the start bit of the third one after it, which overwrites: 656 cycles."""
USUAL = (messages.RfStart(3125, 767, 8), lamp_run((1, 2, 0)))
EVERYTHING = (
    *USUAL,
    messages.StimulusRun(1000, 128, bytes((0x5A,) * 16)),
    messages.RfHistogram(1),
    messages.TunerSweep(5645, 8, 0, 300, 41, bytes((5,) * 40)),
    messages.BuzzerSet(500, 3000, 50),
    messages.ImuSet(312),
    messages.LightSet(1, 1),
)
ROW = re.compile(
    r"^\| (windows and lamps|everything), line (\w+) full \| (\d+) \| ([\d,]+) \| (\d+) \| (\d+) \|$", re.MULTILINE
)
LOADS = {"hardly": 0.01, "fifth": 0.2, "wholly": 1.0}


@dataclass(frozen=True, slots=True)
class Measured:
    """Cycles of 62.5 ns."""

    longest_slot: int
    longest_block: int
    """Slot interrupts one behind the other: so long the receiver's own interrupt has no turn."""
    longest_wait: int
    """Of an octet between being complete and being read."""
    overwritten: int


def measure(commands: tuple[messages.Message, ...], load: float, elf: Path) -> Measured:
    """One second of machine time with the line filled to a share with keep-alives."""
    machine = HeadMachine(RfScene((Emitter("wifi", -40.0, duty_cycle=0.5),)), elf)
    asker = Asker(machine)
    asker.wait(0.02)
    spans: list[tuple[int, int]] = []
    begun = [0]

    def note(is_running: int) -> None:
        if is_running:
            begun[0] = machine.avr.cycle
        else:
            spans.append((begun[0], machine.avr.cycle))

    machine.avr.on_interrupt(SLOT_VECTOR, note)
    for command in commands:
        machine.send(encode(command, 0))
        asker.wait(0.01)
    spans.clear()
    machine.receiver.longest_wait_cycles = 0
    octets = encode(messages.KeepAlive(), 0)
    until = machine.avr.cycle + CLOCK_HZ
    while machine.avr.cycle < until:
        machine.send(octets)
        machine.run(len(octets) * OCTET_CYCLES / CLOCK_HZ / load)
    block = longest_block = 0
    for (begin, end), (following, _) in pairwise(spans):
        block += end - begin
        longest_block = max(longest_block, block)
        block = block + following - end if following - end <= ONE_INSTRUCTION_CYCLES else 0
    longest = max(end - begin for begin, end in spans)
    return Measured(longest, longest_block, machine.receiver.longest_wait_cycles, machine.receiver.overwritten)


def documented() -> dict[tuple[str, str], tuple[int, int, int, int]]:
    """What is on, how full the line is: longest slot, block, wait (rounded up), and what is left."""
    text = (REPO_ROOT / "firmware/README.md").read_text(encoding="utf-8")
    rows = {}
    for m in ROW.finditer(text):
        slot, block, wait, left = (int(v.replace(",", "")) for v in m.groups()[2:])
        rows[m[1], m[2]] = (slot, block, wait, left)
    return rows


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("windows and lamps", "hardly"),
        ("everything", "hardly"),
        ("everything", "fifth"),
        ("everything", "wholly"),
    ],
)
def test_the_document_gives_the_measured_times_and_the_receiver_keeps_a_reserve(what: str, line: str) -> None:
    got = measure(EVERYTHING if what == "everything" else USUAL, LOADS[line], built_elf())
    assert got.overwritten == 0
    assert got.longest_wait < RESERVE_CYCLES
    slot, block, wait, left = documented()[what, line]
    assert left == RESERVE_CYCLES - wait
    for measured, written in ((got.longest_slot, slot), (got.longest_block, block), (got.longest_wait, wait)):
        assert 0.6 * written < measured <= written


@pytest.mark.soak
def test_a_slot_that_outgrows_the_reserve_is_found(tmp_path: Path) -> None:
    """The firmware with 300 cycles more around a lamp edge."""
    folder = tmp_path / "firmware"
    shutil.copytree(REPO_ROOT / "firmware", folder, ignore=shutil.ignore_patterns("build"))
    source = folder / "board/atmega328p/slot_lamps.c"
    text = source.read_text(encoding="utf-8")
    assert "    uart_relieve();\n" in text
    source.write_text(
        text.replace("    uart_relieve();\n", "    __builtin_avr_delay_cycles(300);\n    uart_relieve();\n", 1)
    )
    subprocess.run(["make", "--quiet", "-C", str(folder)], check=True, stdout=subprocess.DEVNULL)
    got = measure(EVERYTHING, LOADS["wholly"], folder / "build/sensor_head.elf")
    assert got.overwritten > 0 or got.longest_wait >= RESERVE_CYCLES

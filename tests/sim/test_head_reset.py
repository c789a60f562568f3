"""Why the head was reset, and what a bootloader leaves of it: stubs that do with MCUSR, r2 and watchdog what Optiboot
4, 5 and 8 do (optiboot.c of the project of that name), in front of the real firmware.
"""

import subprocess
from pathlib import Path

import pytest

from sweep.link.frame import FrameReader, Received
from sweep.link.messages import Identity
from sweep.sim.head.avr import flash_segments
from sweep.sim.head.machine import HeadMachine
from sweep.sim.head.scene import RfScene

from .head_kit import built_elf

BOOT_ADDRESS, VERSION_ADDRESS = 0x7E00, 0x7FFE
MCUSR = 0x54
POWER_ON, EXTERNAL, BROWN_OUT, WATCHDOG, UNKNOWN = 1, 2, 4, 8, 0
CAUSES = (POWER_ON, EXTERNAL, BROWN_OUT, WATCHDOG)
LAMP_PINS = {"strobe", "select_on_axis", "select_off_axis", "select_middle_ring", "select_red", "white", "aim"}

RUN_APPLICATION = """
run:    {pass_r2}
        ldi r25, (1 << WDCE) | (1 << WDE)
        sts WDTCSR, r25
        ldi r25, 0
        sts WDTCSR, r25
        jmp {application}
wait:   ldi r25, (1 << WDCE) | (1 << WDE) ; nobody programs: the watchdog ends it, after 16 ms instead of a second
        sts WDTCSR, r25
        ldi r25, (1 << WDE)
        sts WDTCSR, r25
forever: rjmp forever
"""
CLEARS = """
        in r24, MCUSR
        ldi r25, 0
        out MCUSR, r25
        sbrc r24, EXTRF
        rjmp wait
"""
LEAVES = """
        in r24, MCUSR
        tst r24
        breq wait
        mov r25, r24
        andi r25, (1 << WDRF) | (1 << EXTRF)
        cpi r25, (1 << EXTRF)
        breq wait
        ldi r25, 0xff ^ (1 << WDRF)
        sbrc r24, EXTRF
        out MCUSR, r25
"""
GARBAGE = "ldi r25, 4\n        mov r2, r25 ; what it happens to hold"
BOOTLOADERS = {4: (0x0404, CLEARS, GARBAGE), 5: (0x0500, CLEARS, "mov r2, r24"), 8: (0x0803, LEAVES, "mov r2, r24")}


def assemble(folder: Path, code: str) -> bytes:
    source, elf = folder / "boot.S", folder / "boot.elf"
    source.write_text("#define __SFR_OFFSET 0\n#include <avr/io.h>\n.section .text\n.global main\nmain:\n" + code)
    place = f"-Wl,--section-start=.text={BOOT_ADDRESS:#x}"
    subprocess.run(["avr-gcc", "-mmcu=atmega328p", "-nostdlib", place, "-o", str(elf), str(source)], check=True)
    ((_, stub),) = flash_segments(elf)
    return stub


def with_bootloader(folder: Path, major: int) -> HeadMachine:
    """A head whose resets begin in the bootloader; simavr knows no BOOTRST fuse, so the reset vector leads there."""
    version, first, pass_r2 = BOOTLOADERS[major]
    machine = HeadMachine(RfScene(), built_elf(), is_watching_pins=True)
    vector = next(code for address, code in flash_segments(built_elf()) if address == 0)[:4]
    application = 2 * int.from_bytes(vector[2:4], "little")  # of a jmp
    stub = assemble(folder, first + RUN_APPLICATION.format(pass_r2=pass_r2, application=application))
    machine.avr.load_flash(BOOT_ADDRESS, stub)
    machine.avr.load_flash(VERSION_ADDRESS, version.to_bytes(2, "little"))
    machine.avr.load_flash(0, vector[:2] + (BOOT_ADDRESS // 2).to_bytes(2, "little"))
    return machine


class ResetFlags:
    """MCUSR as the chip has it: its flags add up and a program can only clear them. simavr 1.6 forgets the others at a
    watchdog reset, and lets the program set them.
    """

    def __init__(self, machine: HeadMachine) -> None:
        self._avr = machine.avr
        self._held = 0
        self._avr.on_access(MCUSR, self._look)

    def reset(self, cause: int) -> None:
        """A power-on or another reset happens now."""
        self._held = cause
        self._avr.write_memory(MCUSR, cause)

    def _look(self, value: int) -> None:
        is_fresh = value == WATCHDOG and not self._held & WATCHDOG
        self._held = self._held | WATCHDOG if is_fresh else self._held & value
        self._avr.write_memory(MCUSR, self._held)


def told(machine: HeadMachine, flags: ResetFlags, cause: int) -> int:
    """What a head says that is reset for this cause."""
    machine.restart()
    flags.reset(cause)
    events = FrameReader().feed(machine.run(0.06))
    identities = [e.message for e in events if isinstance(e, Received) and isinstance(e.message, Identity)]
    assert len(identities) == 1
    return identities[0].reset_cause


def test_without_a_bootloader_the_controllers_own_register_is_told() -> None:
    machine = HeadMachine(RfScene(), built_elf())
    flags = ResetFlags(machine)
    assert [told(machine, flags, cause) for cause in (*CAUSES, POWER_ON | BROWN_OUT)] == [*CAUSES, POWER_ON | BROWN_OUT]


@pytest.mark.parametrize(
    ("major", "expected"),
    [
        (4, (UNKNOWN,) * 4),
        (5, (POWER_ON, EXTERNAL | WATCHDOG, BROWN_OUT, EXTERNAL | WATCHDOG)),
        (8, CAUSES),
    ],
)
def test_what_a_bootloader_leaves_is_told_and_what_it_hides_is_not_guessed(
    tmp_path: Path, major: int, expected: tuple[int, ...]
) -> None:
    machine = with_bootloader(tmp_path, major)
    flags = ResetFlags(machine)
    assert tuple(told(machine, flags, cause) for cause in CAUSES) == expected
    lit = [edge for edge in machine.edges if edge.pin in LAMP_PINS and edge.level]
    assert not lit, "dark in the bootloader and after it"

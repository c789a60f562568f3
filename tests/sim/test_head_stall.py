"""A program that stands still with the strobe high: how long the head leaves it there, and that it is dark afterwards.

Until then the carrier's one-shot alone ends the light (2.35 ms); what becomes of it when that has failed too, and what
the lines do when the pins let go, is simulated in hardware/spice (`stall`, `tristate`).
"""

import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from sweep.link import messages
from sweep.link.frame import FrameReader, Received, encode
from sweep.sim.head.avr import CLOCK_HZ
from sweep.sim.head.machine import HeadMachine
from sweep.sim.head.scene import RfScene

from .head_kit import REPO_ROOT, lamp_run

AT = "    uart_relieve(); // twice"
STALLS = {
    "the interrupt never ends": "for (;;) ;",
    "the timer's interrupt is switched off": "TIMSK1 = 0;",
}
WATCHDOG_S = 0.128
"""2,048 x 8 periods of the watchdog's oscillator, 128 kHz: the part's setting next to limits.toml, watchdog_ms."""
WATCHDOG = 8


@pytest.mark.parametrize("how", STALLS)
def test_a_strobe_that_is_left_high_ends_with_the_watchdog_and_stays_dark(how: str, tmp_path: Path) -> None:
    folder = tmp_path / "firmware"
    shutil.copytree(REPO_ROOT / "firmware", folder, ignore=shutil.ignore_patterns("build"))
    source = folder / "board/atmega328p/slots.c"
    text = source.read_text(encoding="utf-8")
    assert text.count(AT) == 1
    source.write_text(text.replace(AT, f"    if (lamps.is_strobe && lamps.lit == 9) {{ {STALLS[how]} }}\n{AT}"))
    subprocess.run(["make", "--quiet", "-C", str(folder)], check=True, stdout=subprocess.DEVNULL)

    machine = HeadMachine(RfScene(), folder / "build/sensor_head.elf", is_watching_pins=True)
    machine.run(0.02)
    machine.send(encode(lamp_run((1, 0), pulse=31), 0))
    machine.run(0.05)
    begun = [edge.cycle for edge in machine.edges if edge.pin == "strobe" and edge.level]
    assert len(begun) == 1
    said = machine.run(0.3)
    ended = [edge.cycle for edge in machine.edges if edge.pin == "strobe" and not edge.level and edge.cycle > begun[0]]
    lit_s = (ended[0] - begun[0]) / CLOCK_HZ
    limits = tomllib.loads((REPO_ROOT / "firmware/limits.toml").read_text(encoding="utf-8"))
    assert 1e-3 * limits["host"]["watchdog_ms"] < lit_s < 1.05 * WATCHDOG_S
    events = FrameReader().feed(said)
    causes = [
        e.message.reset_cause for e in events if isinstance(e, Received) and isinstance(e.message, messages.Identity)
    ]
    assert causes and causes[0] & WATCHDOG
    later = [edge for edge in machine.edges if edge.pin in {"strobe", "select_on_axis"} and edge.cycle > ended[0]]
    assert not any(edge.level for edge in later), "dark until a host asks again"

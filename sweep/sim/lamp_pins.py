"""Which lamp shines in each exposure: the real firmware in the emulator strobes, and its pins are read.

Input is the phases that a host asks for; output is, exposure by exposure, what the head says that it did and which lamp
its pins lit while the camera was triggered.  The renderer takes its light from the pins, so a head that says one thing
and does another shows in the frames.  It renders nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from sweep.lens.optics import load_optics
from sweep.link.frame import FrameReader, Received, encode
from sweep.link.messages import SLOT_NS, Exposure, Identify, KeepAlive, LampRun
from sweep.plug.strobe import Phase
from sweep.sim.head_avr import EmulatorError
from sweep.sim.head_machine import Edge, HeadMachine
from sweep.sim.head_pads import Assembly
from sweep.sim.head_scene import RfScene

NUMBERS: Final[dict[Phase, int]] = {"C": 0, "A": 1, "B": 2, "M": 3, "R": 4}
"""Phases as the wire protocol counts them."""
SELECTS: Final[dict[str, Phase]] = {
    "select_on_axis": "A", "select_off_axis": "B", "select_middle_ring": "M", "select_red": "R",
}  # fmt: skip
EXPOSURE_S: Final = 0.002
"""Long enough for every pulse of the renderer."""
BOOT_S, STEP_S, PATIENCE_S = 0.02, 0.02, 1.0


@dataclass(frozen=True, slots=True)
class LampLog:
    """Some exposures in a row."""

    told: tuple[Phase, ...]
    """What the head reported."""
    lit: tuple[Phase, ...]
    """The lamp that its pins lit, C where there was none."""


@cache
def run_lamps(order: tuple[Phase, ...], rounds: int, assembly: Assembly | None = None) -> LampLog:
    """Strobe so many rounds.  Raises EmulatorError without firmware or emulator, and when two lamps shine at once."""
    machine = HeadMachine(RfScene(assembly=assembly), is_watching_pins=True)
    try:
        reader, told, wanted = FrameReader(), list[Phase](), len(order) * rounds
        letters = {number: letter for letter, number in NUMBERS.items()}
        machine.run(BOOT_S)
        machine.send(encode(Identify(), 0))
        machine.run(STEP_S)
        slots = round(EXPOSURE_S * 1e9 / SLOT_NS)
        phases = bytes(NUMBERS[letter] for letter in order).ljust(5, b"\0")
        period = round(1e9 / load_optics().fps / SLOT_NS)
        machine.send(encode(LampRun(period, slots, slots, len(order), phases), 1))
        steps = round((wanted / load_optics().fps + PATIENCE_S) / STEP_S)
        for number in range(steps):
            for event in reader.feed(machine.run(STEP_S)):
                if isinstance(event, Received) and isinstance(event.message, Exposure):
                    told.append(letters[event.message.phase])
            if len(told) > wanted:  # the last exposure wanted is over
                break
            machine.send(encode(KeepAlive(), 2 + number & 0xFF))
        stuck = () if assembly is None else assembly.stuck_low
        lit = list(_read_lamps([edge for edge in machine.edges if edge.pin not in stuck]))
    finally:
        machine.close()
    if len(told) <= wanted or len(lit) < wanted:
        raise EmulatorError("the emulated head does not strobe")
    return LampLog(tuple(told[:wanted]), tuple(lit[:wanted]))


def _read_lamps(edges: Sequence[Edge]) -> Iterator[Phase]:
    """For each exposure, from one edge of the camera's trigger to the other, the lamp that shone in it."""
    levels: dict[str, int] = {}
    shone: set[Phase] | None = None
    for edge in edges:
        levels[edge.pin] = edge.level
        if edge.pin == "camera_trigger":  # low while the camera exposes
            if edge.level and shone is not None:
                if len(shone) > 1:
                    raise EmulatorError("the emulated head lights two lamps at once")
                yield next(iter(shone), "C")
            shone = None if edge.level else set()
        if shone is not None and levels.get("strobe"):
            shone |= {phase for pin, phase in SELECTS.items() if levels.get(pin)}

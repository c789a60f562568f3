"""Which lamp shines in each exposure: the real firmware in the emulator strobes, and its pins are read.

Input is the phases that a host asks for; output is, exposure by exposure, what the head says that it did and which lamp
its pins lit while the camera was triggered.  The renderer takes its light from the pins, so a head that says one thing
and does another shows in the frames.  It renders nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from sweep.lens.optics import load_optics
from sweep.link.frame import FrameReader, Received, encode
from sweep.link.messages import SLOT_NS, Exposure, Identify, KeepAlive, LampRun
from sweep.link.strobe import PHASE_LETTERS, PHASE_NUMBERS
from sweep.plug.strobe import Phase
from sweep.sim.head_avr import EmulatorError
from sweep.sim.head_machine import Edge, HeadMachine
from sweep.sim.head_pads import Assembly
from sweep.sim.head_scene import RfScene

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
        machine.run(BOOT_S)
        machine.send(encode(Identify(), 0))
        machine.run(STEP_S)
        slots = round(EXPOSURE_S * 1e9 / SLOT_NS)
        phases = bytes(PHASE_NUMBERS[letter] for letter in order).ljust(5, b"\0")
        period = round(1e9 / load_optics().fps / SLOT_NS)
        machine.send(encode(LampRun(period, slots, slots, len(order), phases), 1))
        steps = round((wanted / load_optics().fps + PATIENCE_S) / STEP_S)
        for number in range(steps):
            for event in reader.feed(machine.run(STEP_S)):
                if isinstance(event, Received) and isinstance(event.message, Exposure):
                    told.append(PHASE_LETTERS[event.message.phase])
            if len(told) > wanted:  # the last exposure wanted is over
                break
            machine.send(encode(KeepAlive(), 2 + number & 0xFF))
        lit = list(read_lamps(machine.edges, assembly))
    finally:
        machine.close()
    if len(told) <= wanted or len(lit) < wanted:
        raise EmulatorError("the emulated head does not strobe")
    return LampLog(tuple(told[:wanted]), tuple(lit[:wanted]))


@dataclass(frozen=True, slots=True)
class LitExposure:
    """One pulse of the camera's trigger, in cycles of the controller, and the lamp that shone in it."""

    begun: int
    ended: int
    lit: Phase
    """C where there was none."""


class LampWatch:
    """Follows the wires of trigger and lamps, edge by edge."""

    def __init__(self, assembly: Assembly | None = None) -> None:
        self._assembly = assembly or Assembly()
        self._wires = {a: b for pair in self._assembly.crossed for a, b in (pair, pair[::-1])}
        self._levels: dict[str, int] = {}
        self._strobes = 0
        self._begun = 0
        self._shone: set[Phase] | None = None

    def take(self, edge: Edge) -> LitExposure | None:
        """The exposure that this edge ends.  Raises EmulatorError when two lamps shone in it."""
        pin = self._wires.get(edge.pin, edge.pin)
        if pin in self._assembly.stuck_low:
            return None
        self._levels[pin] = edge.level
        self._strobes += pin == "strobe" and edge.level == 1
        ended = None
        if pin == "camera_trigger":  # low while the camera exposes
            if edge.level and self._shone is not None:
                if len(self._shone) > 1:
                    raise EmulatorError("the emulated head lights two lamps at once")
                ended = LitExposure(self._begun, edge.cycle, next(iter(self._shone), "C"))
            self._begun, self._shone = edge.cycle, None if edge.level else set()
        if self._shone is not None and self._levels.get("strobe") and not self._is_lost():
            self._shone |= {phase for wire, phase in SELECTS.items() if self._levels.get(wire)}
        return ended

    def _is_lost(self) -> bool:
        every = self._assembly.loses_strobe_every
        return every > 0 and self._strobes % every == 0


def read_lamps(edges: Iterable[Edge], assembly: Assembly | None = None) -> Iterator[Phase]:
    """For each exposure the lamp that shone in it.  Raises EmulatorError."""
    watch = LampWatch(assembly)
    for edge in edges:
        exposure = watch.take(edge)
        if exposure is not None:
            yield exposure.lit

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

from sweep.link.clock import TickClock
from sweep.link.frame import FrameReader, Received, encode
from sweep.link.messages import SLOT_NS, Exposure, Identify, KeepAlive
from sweep.link.strobe import PHASE_LETTERS, StrobeRun
from sweep.modality.strobe import Phase, Strobe
from sweep.phrases import Phrase
from sweep.sim.head.avr import EmulatorError
from sweep.sim.head.machine import Edge, HeadMachine
from sweep.sim.head.pads import Assembly
from sweep.sim.head.scene import RfScene

SELECTS: Final[dict[frozenset[str], Phase]] = {
    frozenset({"select_on_axis"}): "A", frozenset({"select_off_axis"}): "B", frozenset({"select_middle_ring"}): "M",
    frozenset({"select_off_axis", "select_middle_ring"}): "N", frozenset({"select_red"}): "R",
}  # fmt: skip
"""Lamp by the select lines that are high, from [group] of firmware/board/atmega328p/pins.toml (tests compare)."""
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
    from sweep.lens.optics import load_optics  # loads Pydantic and OpenCV, which no process of an emulated head needs

    fps = load_optics().fps
    machine = HeadMachine(RfScene(assembly=assembly), is_watching_pins=True)
    try:
        reader, told, wanted = FrameReader(), list[Phase](), len(order) * rounds
        machine.run(BOOT_S)
        machine.send(encode(Identify(), 0))
        machine.run(STEP_S)
        run = StrobeRun(TickClock(SLOT_NS), Strobe(fps, EXPOSURE_S, 1.0, order, short_every=0))
        machine.send(encode(run.command, 1))
        steps = round((wanted / fps + PATIENCE_S) / STEP_S)
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
        raise EmulatorError(Phrase("emulated_head_does_not_strobe"))
    return LampLog(tuple(told[:wanted]), tuple(lit[:wanted]))


@dataclass(frozen=True, slots=True)
class LitExposure:
    """One pulse of the camera's trigger, in cycles of the controller, and the lamp that shone in it."""

    begun: int
    ended: int
    lit: Phase
    """C where there was none."""
    lit_cycles: int
    """How long it shone."""


class LampWatch:
    """Follows the wires of trigger and lamps, edge by edge."""

    def __init__(self, assembly: Assembly | None = None) -> None:
        self._assembly = assembly or Assembly()
        self._wires = {a: b for pair in self._assembly.crossed for a, b in (pair, pair[::-1])}
        self._levels: dict[str, int] = {}
        self._strobes = 0
        self._begun = 0
        self._shone: set[Phase] | None = None
        self._lit_since: int | None = None
        self._lit_cycles = 0

    def take(self, edge: Edge) -> LitExposure | None:
        """The exposure that this edge ends.  Raises EmulatorError when two lamps shone in it."""
        pin = self._wires.get(edge.pin, edge.pin)
        if pin in self._assembly.stuck_low:
            return None
        self._levels[pin] = edge.level
        self._strobes += pin == "strobe" and edge.level == 1
        self._time_strobe(pin, edge)
        ended = None
        if pin == "camera_trigger":  # low while the camera exposes
            if edge.level and self._shone is not None:
                if len(self._shone) > 1:
                    raise EmulatorError(Phrase("emulated_head_lights_two_lamps"))
                ended = LitExposure(self._begun, edge.cycle, next(iter(self._shone), "C"), self._lit_cycles)
            self._begun, self._shone, self._lit_cycles = edge.cycle, None if edge.level else set(), 0
        if self._shone is not None and self._levels.get("strobe") and not self._is_lost():
            chosen = frozenset(wire for wire, level in self._levels.items() if level and wire.startswith("select_"))
            if chosen and chosen not in SELECTS:
                raise EmulatorError(Phrase("emulated_head_lights_two_lamps"))
            self._shone |= {SELECTS[chosen]} if chosen else set()
        return ended

    def _time_strobe(self, pin: str, edge: Edge) -> None:
        """How long the lamps' gate was open within the exposure; red's second pulse of two lies outside."""
        if pin == "strobe" and edge.level:
            self._lit_since = edge.cycle
        elif pin == "strobe" and self._lit_since is not None:
            self._lit_cycles += edge.cycle - self._lit_since if self._shone else 0
            self._lit_since = None

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

"""The output pins of an emulated sensor head as a meter on them would see them, which is what the head reads back in
its self test: levels that the timer itself drives, a pin that is held low, a pin that a solder bridge drags along.
Input is what the emulated controller does to its pins, output the levels that it reads. It says nothing of what hangs
on them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from sweep.sim.head.avr import Avr

TCCR1A = 0x80
COMPARES = {"strobe": (3, 6), "camera_trigger": (4, 4)}
"""Timer signal, and place of the two output bits in TCCR1A, of the pins that the timer itself moves. Their levels are
taken from there: on the pins simavr 1.6 inverts output B for a moment at each overflow, as in PWM, though the timer
clears on compare, and it shows the port's own level of such a pin when another pin of the port is written."""
COMPARE_CLEARS, COMPARE_SETS = 2, 3
PORTS = {"iogB": 0x25, "iogC": 0x28, "iogD": 0x2B}

# Output pins, from firmware/board/atmega328p/pins.toml (tests compare).
PINS = {
    "strobe": ("iogB", 1),
    "camera_trigger": ("iogB", 2),
    "select_off_axis": ("iogB", 0),
    "select_on_axis": ("iogD", 7),
    "select_middle_ring": ("iogC", 3),
    "select_red": ("iogC", 2),
    "white": ("iogD", 5),
    "aim": ("iogD", 6),
    "buzzer": ("iogD", 3),
    "tuner_data": ("iogB", 3),
    "tuner_select": ("iogB", 4),
    "tuner_clock": ("iogB", 5),
}


@dataclass(frozen=True, slots=True)
class Assembly:
    """What went wrong when the head was put together."""

    stuck_low: tuple[str, ...] = ()
    """Pins that are shorted to ground."""
    drags: tuple[tuple[str, str], ...] = ()
    """Pairs of neighbours with a bridge: the second goes where the first goes."""
    crossed: tuple[tuple[str, str], ...] = ()
    """Pairs whose wires behind the pins are crossed: the controller reads back what it wrote."""
    loses_strobe_every: int = 0
    """Behind its pin one strobe pulse of so many does not arrive (a loose contact); 0: all do."""


def compare_level(avr: Avr, place: int) -> int | None:
    """What a compare that happens now does to its pin; None: nothing."""
    action = avr.read_memory(TCCR1A) >> place & 3
    return int(action == COMPARE_SETS) if action in {COMPARE_CLEARS, COMPARE_SETS} else None


class Pads:
    """Makes the controller read its output pins as they are. Without it simavr reads what was written to the port."""

    def __init__(self, avr: Avr, assembly: Assembly) -> None:
        self._avr = avr
        self._assembly = assembly
        for pin, (signal, place) in COMPARES.items():
            avr.on_change("tmr1", signal, partial(self._compare, pin, place))
        for pin in PINS.keys() - COMPARES.keys():
            if pin in assembly.stuck_low or any(pin == first for first, _ in assembly.drags):
                avr.on_change(*PINS[pin], partial(self._change, pin))

    def _compare(self, pin: str, place: int, _: int) -> None:
        level = compare_level(self._avr, place)
        if level is not None:
            self._set(pin, level)
            self._change(pin, level)

    def _change(self, pin: str, value: int) -> None:
        level = value & 1
        if pin in self._assembly.stuck_low:
            level = 0
            self._set(pin, 0)
        for first, second in self._assembly.drags:
            if pin == first:
                self._set(second, level)

    def _set(self, pin: str, level: int) -> None:
        module, bit = PINS[pin]
        port = self._avr.read_memory(PORTS[module])
        self._avr.write_memory(PORTS[module], port & ~(1 << bit) | level << bit)

"""The emulated sensor head as a machine in this process: the real firmware, a scene on its log detector, bytes in
and out, edges of its lamp and camera pins with their cycle. Deterministic: the same scene and the same bytes at the
same cycles give the same output. It opens no ports and knows no wall time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sweep.sim.head_avr import CLOCK_HZ, Avr, EmulatorError
from sweep.sim.head_scene import BLOCK_SLOTS, RfScene, Waveform

SLOT_CYCLES = 512
LOG_DETECTOR_ADC = 0
UART_CHUNK = 32  # octets: the emulated UART holds 64
BYTE_CYCLES = 352  # 22 us: 11 bits at 500 kbaud
ARTEFACT_CYCLES = 8
"""simavr 1.6 inverts compare output B for a moment at each overflow, as in PWM, though the timer clears on compare."""

# Output pins worth watching, from firmware/board/atmega328p/pins.toml (tests compare).
PINS = {
    "strobe": ("iogB", 1),
    "camera_trigger": ("iogB", 2),
    "select_off_axis": ("iogB", 0),
    "select_on_axis": ("iogD", 7),
    "select_middle_ring": ("iogC", 3),
    "select_red": ("iogC", 2),
    "white": ("iogD", 5),
    "aim": ("iogD", 6),
}
BUTTON = ("iogD", 2)

SOURCE_TREE = Path(__file__).resolve().parents[2]


def find_elf(elf: Path | None = None) -> Path:
    """The firmware image: `elf`, or the one built in this source tree. Raises EmulatorError."""
    path = elf or SOURCE_TREE / "firmware" / "build" / "sensor_head.elf"
    if not path.is_file():
        raise EmulatorError("the sensor head's firmware is not built: run make firmware")
    return path


@dataclass(frozen=True, slots=True)
class Edge:
    """A pin changed its level."""

    cycle: int
    pin: str
    level: int


class HeadMachine:
    """An emulated head that runs when told to."""

    def __init__(self, scene: RfScene, elf: Path | None = None, *, is_watching_pins: bool = False) -> None:
        self._avr = Avr(find_elf(elf))
        self._samples = _samples(scene)
        self._avr.feed_adc(LOG_DETECTOR_ADC, self._samples.__next__)
        self._avr.raise_signal(*BUTTON, 1)
        self._pending = bytearray()
        self.edges: list[Edge] = []
        self._levels: dict[str, int] = {}
        if is_watching_pins:
            for pin, (port, bit) in PINS.items():
                self._avr.on_change(port, bit, partial(self._note, pin))

    @property
    def avr(self) -> Avr:
        """The microcontroller, for measurements of interrupts and cycles."""
        return self._avr

    def _note(self, pin: str, value: int) -> None:
        level = value & 1
        if self._levels.get(pin, 0) == level:
            return
        self._levels[pin] = level
        cycle = self._avr.cycle
        if self.edges and self.edges[-1].pin == pin and cycle - self.edges[-1].cycle <= ARTEFACT_CYCLES:
            self.edges.pop()
        else:
            self.edges.append(Edge(cycle, pin, level))

    def send(self, data: bytes) -> None:
        """Queue bytes for the head's UART."""
        self._pending += data

    def run(self, seconds: float) -> bytes:
        """Run for `seconds` of emulated time and return what the head sent meanwhile."""
        left = round(seconds * CLOCK_HZ)
        while left > 0:
            step = left
            if self._pending:
                chunk = bytes(self._pending[:UART_CHUNK])
                del self._pending[:UART_CHUNK]
                self._avr.send(chunk)
                step = len(chunk) * BYTE_CYCLES
            self._avr.run(step)
            left -= step
        return self._avr.take_output()

    def close(self) -> None:
        """Free the emulator."""
        self._avr.close()


def _samples(scene: RfScene) -> Iterator[int]:
    waveform = Waveform(scene)
    while True:
        block = waveform.next_block().tolist()
        if len(block) != BLOCK_SLOTS:
            raise EmulatorError("a block of the waveform has the wrong length")
        yield from block

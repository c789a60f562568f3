"""The emulated sensor head as a machine in this process: the real firmware, a scene on its log detector, bytes in
and out, a tuner on its three lines, a button, edges of its output pins with their cycle. Deterministic: the same scene
and the same bytes at the same cycles give the same output. It opens no ports and knows no wall time.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sweep.host.installation import built
from sweep.phrases import Phrase
from sweep.sim.head.avr import BANDGAP_CHANNEL, CLOCK_HZ, Avr, EmulatorError, load_simavr
from sweep.sim.head.imu import COND_START, ImuModel
from sweep.sim.head.pads import COMPARES, PINS, Pads, compare_level
from sweep.sim.head.scene import BLOCK_SLOTS, RfScene, Waveform
from sweep.sim.head.tuner import TunerModel
from sweep.sim.head.uart import Receiver

SLOT_CYCLES = 512
SLOT_VECTOR = 11  # timer 1 compare A
LOG_DETECTOR, TUNER_RSSI, TEMPERATURE, BATTERY = ADC_CHANNELS = (0, 1, 6, 7)
BANDGAP_MV = 1100
BATTERY_DIVIDER = 3
TWI, TWI_INPUT, TWI_OUTPUT, TWI_STATUS = "twi\0", 0, 1, 2
TWSR, TWCR, TWIE = 0xB9, 0xBC, 0x01
TWI_ADDRESS_STATUS = {0x28: 0x18, 0x30: 0x20}
"""simavr 1.6 shows the status of a data octet after the address of a write; the chip shows that of the address."""
IOPORT_DIRECTION = 9
PRESS_STEP_CYCLES = CLOCK_HZ // 1000

BUTTON = ("D", 2)
LINE_SYNC = ("iogD", 4)
IMU_SDA, IMU_SCL = ("C", 4), ("C", 5)
TUNER_DATA, TUNER_SELECT, TUNER_CLOCK = PINS["tuner_data"], PINS["tuner_select"], PINS["tuner_clock"]


def find_elf(elf: Path | None = None) -> Path:
    """The firmware image: `elf`, or the one that was built for this program. Raises EmulatorError."""
    path = elf or built("sensor_head.elf")
    if not path.is_file():
        raise EmulatorError(Phrase("firmware_not_built"))
    return path


def check_emulator() -> None:
    """Raises EmulatorError where the firmware or the library that runs it lacks, before a sweep has begun."""
    find_elf()
    load_simavr()


@dataclass(frozen=True, slots=True)
class Edge:
    """A pin changed its level."""

    cycle: int
    pin: str
    level: int


class HeadMachine:
    """An emulated head that runs when told to."""

    def __init__(
        self,
        scene: RfScene,
        elf: Path | None = None,
        *,
        is_watching_pins: bool = False,
        only: Collection[str] = PINS,
        is_swift: bool = False,
    ) -> None:
        """`only`: the pins that are watched; to hear at each slot of those that the timer moves costs three quarters of
        all else.  `is_swift` gains an eighth of the speed and may miss a slot where commands come without any pause.
        """
        self._avr = Avr(find_elf(elf))
        if not is_swift:
            self._avr.keep_turn(SLOT_VECTOR)
        self._scene = scene
        self._waveform = Waveform(scene)
        self._block: list[int] = []
        self._late_block: list[int] = []
        """The same half a slot later."""
        self._keys: list[tuple[bool, ...]] = []
        """Of each slot of the block: which emitters are on the air."""
        self._line_sync = self._avr.signal(*LINE_SYNC)
        self._at = 0
        self.tuner = TunerModel(scene)
        self._avr.on_change(*TUNER_DATA, self.tuner.set_data)
        self._avr.on_change(*TUNER_SELECT, self.tuner.set_select)
        self._avr.on_change(*TUNER_CLOCK, self.tuner.set_clock)
        self._avr.feed_adc(self._convert, SLOT_CYCLES)
        self._imu = ImuModel(scene.motion, scene.seed, self._now_s, partial(self._avr.raise_signal, TWI, TWI_INPUT))
        self._hold_bus()
        self._clock_level = 1
        self._is_write_addressed = False
        self._avr.on_change(TWI, TWI_OUTPUT, self._on_bus)
        self._avr.on_change(TWI, TWI_STATUS, self._on_bus_status)
        self._avr.on_change(f"iog{IMU_SCL[0]}", IOPORT_DIRECTION, self._on_direction)
        if scene.assembly is not None:
            Pads(self._avr, scene.assembly)
        self._is_pressed = False
        self._hold_button(1)
        self.receiver = Receiver(self._avr)
        self.edges: list[Edge] = []
        self._levels: dict[str, int] = {}
        if is_watching_pins:
            for pin in COMPARES.keys() & set(only):
                signal, place = COMPARES[pin]
                self._avr.on_change("tmr1", signal, partial(self._compare, pin, place))
            for pin in set(only) - COMPARES.keys():
                self._avr.on_change(*PINS[pin], partial(self._note, pin))

    @property
    def avr(self) -> Avr:
        """The microcontroller, for measurements of interrupts and cycles."""
        return self._avr

    def _compare(self, pin: str, place: int, _: int) -> None:
        level = compare_level(self._avr, place)
        if level is not None:
            self._note(pin, level)

    def _note(self, pin: str, value: int) -> None:
        level = value & 1
        if self._levels.get(pin, 0) != level:
            self._levels[pin] = level
            self.edges.append(Edge(self._avr.cycle, pin, level))

    def _convert(self, channel: int) -> int:
        """Millivolts on a channel in the slot that begins; called once per slot."""
        self._at += 1
        if self._at >= len(self._block):
            self._block = self._waveform.next_block().tolist()
            self._late_block = self._block if self._waveform.late is None else self._waveform.late.tolist()
            if len(self._block) != BLOCK_SLOTS:
                raise EmulatorError(Phrase("waveform_block_length"))
            self._keys = list(zip(*self._waveform.keys, strict=True)) or [()] * BLOCK_SLOTS
            self._at = 0
        if self.tuner.mhz is not None:
            for _ in range(self.tuner.sample(self._keys[self._at])):
                self._line_sync(1)
                self._line_sync(0)
        if channel == LOG_DETECTOR:
            return (self._late_block if self._avr.is_sampling_late() else self._block)[self._at]
        if channel == TUNER_RSSI:
            return self.tuner.rssi_mv(self._keys[self._at])
        if channel == TEMPERATURE:  # 500 mV at 0 degrees, 10 mV a degree
            return round(500 + 10 * self._scene.temperature_c)
        if channel == BATTERY:
            return round(self._scene.battery_mv / BATTERY_DIVIDER)
        return BANDGAP_MV if channel == BANDGAP_CHANNEL else 0

    def _now_s(self) -> float:
        return self._avr.cycle / CLOCK_HZ

    def _on_bus(self, event: int) -> None:
        self._is_write_addressed = bool(event >> 8 & COND_START) and not event >> 16 & 1
        self._imu.on_bus(event)
        self._hold_bus()
        if self._imu.is_clock_held:  # simavr knows no held clock: its transfer goes on, but nobody hears of it
            control = self._avr.read_memory(TWCR)
            self._avr.write_memory(TWCR, control & ~TWIE)

    def _on_bus_status(self, status: int) -> None:
        if self._is_write_addressed and status in TWI_ADDRESS_STATUS:
            self._avr.write_memory(TWSR, TWI_ADDRESS_STATUS[status])
        self._is_write_addressed = False

    def _on_direction(self, outputs: int) -> None:
        """The head drives the bus by hand: an output is a line pulled down."""
        level = 1 - (outputs >> IMU_SCL[1] & 1)
        if level != self._clock_level:
            self._clock_level = level
            self._imu.on_release()
            if level:
                self._imu.on_clock()
            self._hold_bus()

    def _hold_bus(self) -> None:
        self._avr.hold_inputs(IMU_SDA[0], {IMU_SDA[1]: int(not self._imu.is_data_held), IMU_SCL[1]: 1})

    def _hold_button(self, level: int) -> None:
        port, bit = BUTTON
        self._avr.hold_inputs(port, {bit: level})

    def hold_button(self, *, is_pressed: bool) -> None:
        """Somebody presses the button, or lets it go; beside what the scene plans."""
        self._hold_button(int(not is_pressed))

    def _press(self) -> None:
        now_s = self._avr.cycle / CLOCK_HZ
        is_pressed = any(begin <= now_s < end for begin, end in self._scene.presses_s)
        if is_pressed != self._is_pressed:
            self._is_pressed = is_pressed
            self._hold_button(int(not is_pressed))

    def send(self, data: bytes) -> None:
        """Queue bytes for the head's UART."""
        self.receiver.send(data)

    def run(self, seconds: float) -> bytes:
        """Run for `seconds` of emulated time and return what the head sent meanwhile."""
        left = round(seconds * CLOCK_HZ)
        while left > 0:
            step = left
            if self._scene.presses_s:
                self._press()
                step = min(step, PRESS_STEP_CYCLES)
            self._avr.run(step)
            left -= step
        return self._avr.take_output()

    def restart(self) -> None:
        """The head is reset; what is on the line meanwhile goes on."""
        self._avr.reset()
        self.receiver.resume()

    def close(self) -> None:
        """Free the emulator."""
        self._avr.close()

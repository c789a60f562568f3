"""The ATmega328P of libsimavr, through ctypes: load a flash image, run for a number of cycles, exchange UART bytes,
feed the ADC, watch pins. The library's public functions are used where there are any; of its main struct the head is
mirrored here and checked against two exported functions before anything is trusted. It knows nothing of messages,
scenes or ports.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable
from ctypes import (
    CFUNCTYPE,
    POINTER,
    Structure,
    byref,
    c_char_p,
    c_int,
    c_uint8,
    c_uint16,
    c_uint32,
    c_uint64,
    c_void_p,
    cast,
)
from functools import partial
from pathlib import Path
from typing import Any

from sweep.phrases import Phrase
from sweep.sim.head import loop as head_loop
from sweep.sim.head.loop import LEAST_CRASHED, compiled_loop, plain_loop

CLOCK_HZ = 16_000_000
LIBRARY = "libsimavr.so.2"
MCU = b"atmega328p"
FLASH_SIZE = 32 * 1024
RUN_LIMIT_CYCLES = 100_000  # between two looks of the emulator at its timers; events end a run earlier
VCC_MV, AREF_MV = 5000, 2500

UART_OUTPUT = 1
ADC_IN_TRIGGER, ADC_OUT_TRIGGER = 17, 18
MUX_CHANNEL_SHIFT, MUX_KIND_MASK, MUX_SINGLE = 19, 7, 2  # avr_adc_mux_t as it comes with ADC_OUT_TRIGGER
BANDGAP_CHANNEL = 5  # a pin that the board uses otherwise stands in for the bandgap, which simavr reads too early
OCR1B_HIGH = 0x8B
LATE_CYCLES = (224, 288)
"""So many cycles behind where they otherwise begin, late conversions begin."""
ADMUX_ADDRESS = 0x7C
TIMER_OUT_COMPARE_B = 4
INTERRUPT_RUNNING = 1
IO_WHOLE = 8  # signal of a register, behind those of its bits
ELF_LOAD = 1


class EmulatorError(ValueError):
    """The emulator cannot run; the message says what to do."""


class EmulatorGoneError(EmulatorError):
    """It ran, and its process is gone or silent: to whoever uses it the head is away."""


class _Avr(Structure):
    """The beginning of avr_t of simavr 1.6 (sim_avr.h)."""

    _fields_ = [
        ("mmcu", c_char_p),
        ("ioend", c_uint16),
        ("ramend", c_uint16),
        ("flashend", c_uint32),
        ("e2end", c_uint32),
        ("vector_size", c_uint8),
        ("signature", c_uint8 * 3),
        ("fuse", c_uint8 * 6),
        ("lockbits", c_uint8),
        ("rampz", c_uint16),
        ("eind", c_uint16),
        ("address_size", c_uint8),
        ("reset_flags", c_uint32 * 4),
        ("codeend", c_uint32),
        ("state", c_int),
        ("frequency", c_uint32),
        ("vcc", c_uint32),
        ("avcc", c_uint32),
        ("aref", c_uint32),
        ("cycle", c_uint64),
        ("run_cycle_count", c_uint64),
        ("run_cycle_limit", c_uint64),
        ("sleep_usec", c_uint32),
        ("time_base", c_uint64),
        ("init", c_void_p),
        ("reset", c_void_p),
        ("custom", c_void_p * 3),
        ("run", c_void_p),
        ("sleep", c_void_p),
    ]


class _Irq(Structure):
    """avr_irq_t of simavr 1.6 (sim_irq.h): only its size is used, to step through arrays of them."""

    _fields_ = [
        ("pool", c_void_p),
        ("name", c_char_p),
        ("irq", c_uint32),
        ("value", c_uint32),
        ("flags", c_uint8),
        ("hook", c_void_p),
    ]


_NOTIFY = CFUNCTYPE(None, c_void_p, c_uint32, c_void_p)
_SLEEP = CFUNCTYPE(None, c_void_p, c_uint64)
_TIMER = CFUNCTYPE(c_uint64, c_void_p, c_uint64, c_void_p)


class _Vector(Structure):
    """The beginning of avr_int_vector_t of simavr 1.6 (sim_interrupts.h), up to its first signal."""

    _fields_ = [("vector", c_uint8), ("enable", c_uint32), ("raised", c_uint32), ("padding", c_uint32)]


def flash_segments(elf: Path) -> list[tuple[int, bytes]]:
    """(address, bytes) of what `elf` puts into flash. Raises EmulatorError where it is not an AVR program."""
    try:
        data = elf.read_bytes()
    except OSError as error:
        raise EmulatorError(Phrase("firmware_elf_missing", file=elf.name, why=error)) from error
    if data[:7] != b"\x7fELF\x01\x01\x01" or len(data) < 52:
        raise EmulatorError(Phrase("not_a_32_bit_elf", file=elf.name))
    table, count = struct.unpack_from("<I", data, 28)[0], struct.unpack_from("<H", data, 44)[0]
    segments = []
    for index in range(count):
        header = data[table + 32 * index : table + 32 * (index + 1)]
        if len(header) < 32:
            raise EmulatorError(Phrase("elf_cut_short", file=elf.name))
        kind, offset, _, physical, size = struct.unpack_from("<5I", header)
        if kind == ELF_LOAD and size and physical + size <= FLASH_SIZE:
            segments.append((physical, data[offset : offset + size]))
    if not segments:
        raise EmulatorError(Phrase("elf_without_flash_contents", file=elf.name))
    return segments


def load_simavr() -> Any:
    """The library, its functions declared.  Raises EmulatorError where it is not installed or is another."""
    try:
        lib = ctypes.CDLL(LIBRARY)
    except OSError as error:
        raise EmulatorError(Phrase("simavr_missing", library=LIBRARY)) from error
    avr = POINTER(_Avr)
    for name, result, arguments in (
        ("avr_make_mcu_by_name", avr, [c_char_p]),
        ("avr_init", c_int, [avr]),
        ("avr_run", c_int, [avr]),
        ("avr_terminate", None, [avr]),
        ("avr_reset", None, [avr]),
        ("avr_loadcode", None, [avr, c_char_p, c_uint32, c_uint32]),
        ("avr_ioctl", c_int, [avr, c_uint32, c_void_p]),
        ("avr_io_getirq", c_void_p, [avr, c_uint32, c_int]),
        ("avr_get_interrupt_irq", c_void_p, [avr, c_uint8]),
        ("avr_raise_interrupt", c_int, [avr, c_void_p]),
        ("avr_clear_interrupt", None, [avr, c_void_p]),
        ("avr_iomem_getirq", c_void_p, [avr, c_uint16, c_char_p, c_int]),
        ("avr_cycle_timer_register", None, [avr, c_uint64, _TIMER, c_void_p]),
        ("avr_raise_irq", None, [c_void_p, c_uint32]),
        ("avr_connect_irq", None, [c_void_p, c_void_p]),
        ("avr_irq_register_notify", None, [c_void_p, _NOTIFY, c_void_p]),
        ("avr_core_watch_read", c_uint8, [avr, c_uint16]),
        ("avr_core_watch_write", None, [avr, c_uint16, c_uint8]),
        ("avr_extint_set_strict_lvl_trig", None, [avr, c_uint8, c_uint8]),
    ):
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    return lib


def _ioctl(code: str) -> int:
    return int.from_bytes(code.encode("ascii"), "big")


def _once(callback: Callable[[], object], _avr: int, _when: int, _param: int) -> int:
    callback()
    return 0  # simavr: not again


class Avr:
    """One emulated microcontroller. Not reentrant; nothing here blocks or waits for wall time."""

    def __init__(self, elf: Path) -> None:
        segments = flash_segments(elf)
        self._lib = load_simavr()
        self._avr = self._lib.avr_make_mcu_by_name(MCU)
        if not self._avr:
            raise EmulatorError(Phrase("simavr_without_atmega328p", library=LIBRARY))
        self._lib.avr_init(self._avr)
        self._core = self._avr.contents
        step, kernel = self._lib.avr_run, head_loop.KERNEL
        self._loop = plain_loop(step, self._avr) if kernel is None else compiled_loop(kernel, step, self._avr)
        for field, function in (("run", "avr_callback_run_raw"), ("sleep", "avr_callback_sleep_raw")):
            if getattr(self._core, field) != cast(getattr(self._lib, function), c_void_p).value:
                raise EmulatorError(Phrase("simavr_core_differs", library=LIBRARY))
        self._irqs: dict[tuple[str, int], int] = {}
        self._keep: list[object] = []  # ctypes callbacks live as long as this object
        self._timers: dict[Callable[[], object], Any] = {}
        self._core.frequency = CLOCK_HZ
        self._core.vcc = self._core.avcc = VCC_MV
        self._core.aref = AREF_MV
        self._core.run_cycle_limit = RUN_LIMIT_CYCLES
        no_sleep = _SLEEP(lambda _avr, _cycles: None)
        self._keep.append(no_sleep)
        self._core.sleep = cast(no_sleep, c_void_p).value
        for address, code in segments:
            self.load_flash(address, code)
        silent = c_uint32(0)  # no console copy, no usleep when polled
        self._lib.avr_ioctl(self._avr, _ioctl("uas0"), byref(silent))
        for number in (0, 1):  # else a low INT pin is polled every cycle and slows the emulator down tenfold
            self._lib.avr_extint_set_strict_lvl_trig(self._avr, number, 0)
        # simavr triggers the ADC in free-running mode only: forward timer 1 compare B.
        self._lib.avr_connect_irq(self._irq("tmr1", TIMER_OUT_COMPARE_B), self._irq("adc ", ADC_IN_TRIGGER))
        self._output = bytearray()
        self.on_change("uar0", UART_OUTPUT, self._output.append)

    def _irq(self, module: str, index: int) -> int:
        known = self._irqs.get((module, index))
        if known is None:
            known = self._irqs[module, index] = int(self._lib.avr_io_getirq(self._avr, _ioctl(module), index) or 0)
        if not known:
            raise EmulatorError(Phrase("simavr_signal_missing", library=LIBRARY, module=module, index=index))
        return known

    @property
    def cycle(self) -> int:
        """Cycles since reset."""
        return int(self._core.cycle)

    def _register(self, irq: int, callback: Callable[[int], object]) -> None:
        self._notify(irq, lambda _irq, value, _param: callback(value))

    def _notify(self, irq: int, callback: Callable[[int, int, int], object]) -> None:
        """As simavr calls: with the signal, its value and nothing.  One frame less, where it counts."""
        notify = _NOTIFY(callback)
        self._keep.append(notify)
        self._lib.avr_irq_register_notify(irq, notify, None)

    def on_change(self, module: str, index: int, callback: Callable[[int], object]) -> None:
        """Call `callback(value)` whenever the signal of a peripheral is raised, e.g. ("iogB", 1) for pin PB1."""
        self._register(self._irq(module, index), callback)

    def on_interrupt(self, vector: int, callback: Callable[[int], object]) -> None:
        """Call `callback(1)` when the handler of an interrupt vector begins and `callback(0)` when it returns."""
        base = int(self._lib.avr_get_interrupt_irq(self._avr, vector))
        self._register(base + INTERRUPT_RUNNING * ctypes.sizeof(_Irq), callback)

    def _vector(self, number: int) -> int:
        """Address of what simavr keeps of an interrupt: its first signal stands in it."""
        signal = int(self._lib.avr_get_interrupt_irq(self._avr, number))
        address = signal - ctypes.sizeof(_Vector)
        if _Vector.from_address(address).vector != number:
            raise EmulatorError(Phrase("simavr_interrupts_differ", library=LIBRARY))
        return address

    def raise_interrupt(self, number: int) -> None:
        """Set the flag of an interrupt: its handler runs when it is enabled and its turn comes."""
        self._lib.avr_raise_interrupt(self._avr, self._vector(number))

    def clear_interrupt(self, number: int) -> None:
        """Take the flag of an interrupt back, and its turn."""
        self._lib.avr_clear_interrupt(self._avr, self._vector(number))

    def keep_turn(self, number: int) -> None:
        """Give an interrupt its turn back where simavr 1.6 takes it because another flag of its register is cleared."""
        is_due = [False]
        give_back = partial(self.raise_interrupt, number)

        def on_pending(_irq: int, is_pending: int, _param: int) -> None:
            if is_pending:
                is_due[0] = True
            elif is_due[0]:  # and its handler has not begun
                self.call_after(1, give_back)

        def on_running(_irq: int, is_running: int, _param: int) -> None:
            if is_running:
                is_due[0] = False

        pending = int(self._lib.avr_get_interrupt_irq(self._avr, number))
        self._notify(pending, on_pending)
        self._notify(pending + INTERRUPT_RUNNING * ctypes.sizeof(_Irq), on_running)

    def on_access(self, register: int, callback: Callable[[int], object]) -> None:
        """Call `callback(value)` when the program has read or written a register, by its address in the data space.

        On a read what the callback writes there is what the program gets.
        """
        self._register(int(self._lib.avr_iomem_getirq(self._avr, register, None, IO_WHOLE)), callback)

    def call_after(self, cycles: int, callback: Callable[[], object]) -> None:
        """Call `callback()` so many cycles from now, behind the instruction that is going on then."""
        if callback not in self._timers:
            self._timers[callback] = _TIMER(partial(_once, callback))
        self._lib.avr_cycle_timer_register(self._avr, cycles, self._timers[callback], None)

    def feed_adc(self, source: Callable[[int], int], slot_cycles: int) -> None:
        """Ask `source(channel)` for millivolts at each conversion; BANDGAP_CHANNEL stands for the 1.1 V of the chip.

        The chip holds a conversion's channel and voltage from its start; simavr looks at both when the result is read,
        one slot later, when the next conversion has begun. So each result is put where that read will find it; one that
        begins late in its slot has not been followed by another when it is read. simavr also begins one where the flag
        that starts them is cleared, which the chip does not and nobody hears of.
        """
        pins = {channel: self._irq("adc ", channel) for channel in range(8)}
        raise_irq, held, began = self._lib.avr_raise_irq, [0], [0]

        def begin(_irq: int, mux: int, _param: int) -> None:
            channel = mux >> MUX_CHANNEL_SHIFT
            if mux & MUX_KIND_MASK != MUX_SINGLE:
                channel = BANDGAP_CHANNEL
                self.write_memory(ADMUX_ADDRESS, BANDGAP_CHANNEL)
            if self.is_sampling_late():
                if not LATE_CYCLES[0] <= (self.cycle - began[0]) % slot_cycles <= LATE_CYCLES[1]:
                    return
                held[0] = source(channel)
                raise_irq(pins[channel], held[0])
                return
            began[0] = self.cycle
            raise_irq(pins[channel], held[0])
            held[0] = source(channel)

        self._notify(self._irq("adc ", ADC_OUT_TRIGGER), begin)

    def is_sampling_late(self) -> bool:
        """Whether conversions begin in the middle of their slots: compare B of timer 1 starts them."""
        return bool(self.read_memory(OCR1B_HIGH))

    def signal(self, module: str, index: int) -> Callable[[int], object]:
        """What drives an input of a peripheral, for one that is driven often."""
        return partial(self._lib.avr_raise_irq, self._irq(module, index))

    def raise_signal(self, module: str, index: int, value: int) -> None:
        """Drive an input of a peripheral, e.g. ("iogD", 2) for pin PD2."""
        self._lib.avr_raise_irq(self._irq(module, index), value)

    def hold_inputs(self, port: str, levels: dict[int, int]) -> None:
        """Drive inputs of a port by bit: all with a pull-up, whose level simavr else takes from each write to it."""
        mask = sum(1 << bit for bit in levels)
        held = c_uint64(ord(port) | mask << 7 | sum(level << bit for bit, level in levels.items()) << 15)
        self._lib.avr_ioctl(self._avr, _ioctl(f"iop{port}"), byref(held))  # avr_ioport_external_t
        for bit, level in levels.items():
            self.raise_signal(f"iog{port}", bit, level)

    def load_flash(self, address: int, code: bytes) -> None:
        """Put `code` into the flash, over what is there."""
        self._lib.avr_loadcode(self._avr, code, len(code), address)

    def read_memory(self, address: int) -> int:
        """One octet of the data space (registers from 0, I/O from 0x20, RAM 0x100-0x8FF) without side effects."""
        return int(self._lib.avr_core_watch_read(self._avr, address))

    def write_memory(self, address: int, value: int) -> None:
        """Overwrite one octet of the data space."""
        self._lib.avr_core_watch_write(self._avr, address, value)

    def take_output(self) -> bytes:
        """What the UART has sent since the last call."""
        data = bytes(self._output)
        self._output.clear()
        return data

    def run(self, cycles: int) -> None:
        """Run for at least `cycles`. Raises EmulatorError when the program crashed."""
        if self._loop(self._core.cycle + cycles) >= LEAST_CRASHED:
            raise EmulatorError(Phrase("emulated_program_crashed", cycle=self.cycle))

    def reset(self) -> None:
        """Begin at the reset vector with registers at rest, as after the reset pin; what was due is forgotten."""
        self._lib.avr_reset(self._avr)

    def close(self) -> None:
        """Free the emulator's resources."""
        self._lib.avr_terminate(self._avr)

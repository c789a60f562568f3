"""A VL53L1X on its I2C bus, register by register, behind a switch that gives it supply.

Modelled from its data sheet and from what drivers in use expect of it: no answer without supply, a reset and a time to
boot after it, registers that count on by themselves, results that stand until they are cleared, a stream counter. What
is wrong with it is said beforehand. It counts what it was asked, and knows when it sends light.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sweep.host.i2c import I2cError

ADDRESS = 0x29
VALID, SIGMA, PHASE, WRAPPED, LASER = 9, 6, 5, 7, 2
OSCILLATOR = 0x01BC
"""Counts of its slow oscillator (a usual part)."""
SETTINGS = range(0x2D, 0x88)


@dataclass
class Vl53l1x:
    """The sensor, its supply and its bus: a `Wire`, a `Switch` and a `RangeSource`."""

    millimetres: list[int] = field(default_factory=lambda: [1400])
    """Of each measurement that is read; the last one again and again."""
    statuses: list[int] = field(default_factory=lambda: [VALID])
    is_there: bool = True
    model: int = 0xEACC
    boots_after: int = 3
    """Times that it is asked before it has booted."""
    looks_a_measurement: int = 2
    """Times that it is asked for data before it has some."""
    is_stuck_ready: bool = False
    is_never_ready: bool = False
    is_garbage: bool = False
    """Its result registers read as a bus that nobody drives."""
    nacks: set[int] = field(default_factory=set)
    """Transfers, by number, that nobody acknowledges."""

    def __post_init__(self) -> None:
        self.supply = False
        self.edges: list[bool] = []
        self.transfers = 0
        self.asked_dark = 0
        """Transfers while it had no supply."""
        self.told = 0
        """Results that were read."""
        self._reset()

    def _reset(self) -> None:
        self.registers = bytearray(0x200)
        self._put(0x010F, self.model.to_bytes(2, "big"))
        self._put(0x00DE, OSCILLATOR.to_bytes(2, "big"))
        self._asked_to_boot = self._looks = self._stream = 0
        self._is_ready = False

    def _put(self, register: int, octets: bytes) -> None:
        self.registers[register : register + len(octets)] = octets

    @property
    def is_ranging(self) -> bool:
        """Whether its laser sends light."""
        return self.supply and self.registers[0x0087] == 0x40

    @contextmanager
    def switch(self) -> Iterator[Vl53l1x]:
        """Its supply; a line that is let go of is pulled down."""
        try:
            yield self
        finally:
            self.set(is_high=False)

    @contextmanager
    def wire(self) -> Iterator[Vl53l1x]:
        """Its bus."""
        yield self

    def set(self, *, is_high: bool) -> None:
        """High: it has supply."""
        if is_high != self.supply:
            self.edges.append(is_high)
            self.supply = is_high
            self._reset()

    def transfer(self, address: int, write: bytes, read: int = 0) -> bytes:
        """Raises I2cError where it does not acknowledge."""
        self.transfers += 1
        self.asked_dark += not self.supply
        if address != ADDRESS or not (self.is_there and self.supply) or self.transfers in self.nacks:
            raise I2cError(f"0x{address:02x} does not answer (Remote I/O error)")
        register, octets = int.from_bytes(write[:2], "big"), write[2:]
        if octets:
            self._take(register, octets)
        return self._tell(register, read) if read else b""

    def _take(self, register: int, octets: bytes) -> None:
        assert self._asked_to_boot >= self.boots_after, "written to before it had booted"
        self._put(register, octets)
        if register <= 0x0086 < register + len(octets) and self.registers[0x0086] & 1:
            self._is_ready = self.is_stuck_ready
            self._looks = 0

    def _tell(self, register: int, count: int) -> bytes:
        if register == 0x00E5:
            self._asked_to_boot += 1
            self.registers[register] = 3 if self._asked_to_boot >= self.boots_after else 2
        elif register == 0x0031:
            self._measure()
            is_high = self.registers[0x0030] & 0x10 == 0
            self.registers[register] = 2 | int(self._is_ready == is_high)
        elif register == 0x0089:
            self.told += 1
            if self.is_garbage:
                return b"\xff" * count
        return bytes(self.registers[register : register + count])

    def _measure(self) -> None:
        """Whoever asks makes its time go on."""
        if not self.is_ranging or self._is_ready or self.is_never_ready:
            return
        self._looks += 1
        if self._looks < self.looks_a_measurement:
            return
        assert any(self.registers[one] for one in SETTINGS), "measures without settings"
        self._is_ready = True
        self._stream = 128 if self._stream == 255 else self._stream + 1
        millimetres, status = (row[min(self.told, len(row) - 1)] for row in (self.millimetres, self.statuses))
        result = bytearray(17)
        result[0], result[2] = 0xC0 | status, self._stream
        result[9:11], result[13:15] = (12).to_bytes(2, "big"), millimetres.to_bytes(2, "big")
        self._put(0x0089, bytes(result))

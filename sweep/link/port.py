"""The only door to pyserial: opens the sensor head's serial device (or a pseudo-terminal) and moves bytes. It frames
nothing and interprets nothing; a device that is not there or goes away is one clear PortError.
"""

from __future__ import annotations

import contextlib
from types import TracebackType
from typing import Self

import serial

BAUD = 500_000
READ_TIMEOUT_S = 0.01
"""The head's lamps go off when it hears nothing for 100 ms; between two reads a sign of life may be sent."""
READ_SIZE = 4096


class PortError(ValueError):
    """The serial device cannot be opened or has gone; the message says which."""


class SerialPort:
    """An open serial device, 8N1; also a context manager."""

    def __init__(self, device: str, *, read_timeout_s: float = READ_TIMEOUT_S) -> None:
        """Open `device` for this process alone. Raises PortError."""
        self.device = device
        try:
            self._serial = serial.Serial(
                device, BAUD, timeout=read_timeout_s, write_timeout=1.0, exclusive=True, dsrdtr=False, rtscts=False
            )
        except (serial.SerialException, OSError, ValueError) as error:
            raise PortError(f"cannot open {device}: is the sensor head plugged in, and free? ({error})") from error

    def read(self) -> bytes:
        """What has arrived, at least one byte unless the timeout passes first. Raises PortError when unplugged."""
        try:
            data = self._serial.read(max(1, min(self._serial.in_waiting, READ_SIZE)))
        except (serial.SerialException, OSError) as error:
            raise PortError(f"{self.device} has gone: plug the sensor head in again") from error
        return bytes(data)

    def write(self, data: bytes) -> None:
        """Send `data`. Raises PortError when unplugged or when nothing takes it."""
        try:
            self._serial.write(data)
            self._serial.flush()
        except (serial.SerialException, OSError) as error:
            raise PortError(f"{self.device} takes no data: plug the sensor head in again") from error

    def close(self) -> None:
        """Give the device back."""
        with contextlib.suppress(OSError):
            self._serial.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

"""The only module that uses the I2C bus: octets to a device and from it, in one transfer.

Input is a bus of the kernel (i2c-dev) and a device's 7-bit address; output is what it answered.  It knows no device.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
from typing import Final, Protocol, Self

from sweep.phrases import Phrase

I2C_RDWR: Final = 0x0707
"""linux/i2c-dev.h."""
I2C_M_RD: Final = 0x0001
"""linux/i2c.h."""


class I2cError(RuntimeError):
    """The device does not answer, or the bus is not there; one line that says what to do."""


class Wire(Protocol):
    """A bus, real or simulated."""

    def transfer(self, address: int, write: bytes, read: int = 0) -> bytes:
        """Write octets, then read so many without letting go of the bus. Raises I2cError."""


class _Message(ctypes.Structure):
    """struct i2c_msg."""

    _fields_ = (
        ("address", ctypes.c_uint16),
        ("flags", ctypes.c_uint16),
        ("length", ctypes.c_uint16),
        ("octets", ctypes.c_void_p),
    )


class _Transfer(ctypes.Structure):
    """struct i2c_rdwr_ioctl_data."""

    _fields_ = (("messages", ctypes.POINTER(_Message)), ("count", ctypes.c_uint32))


class I2cBus:
    """A bus of the kernel; a context manager."""

    def __init__(self, device: str) -> None:
        """Raises I2cError."""
        self._device = device
        try:
            self._fd = os.open(device, os.O_RDWR | os.O_CLOEXEC)
        except OSError as error:
            raise I2cError(Phrase("i2c_bus_not_opened", device=device, why=error)) from error

    def transfer(self, address: int, write: bytes, read: int = 0) -> bytes:
        """Write octets, then read so many without letting go of the bus. Raises I2cError."""
        out, back = ctypes.create_string_buffer(write, len(write)), ctypes.create_string_buffer(max(1, read))
        messages = (_Message * 2)(
            _Message(address, 0, len(write), ctypes.addressof(out)),
            _Message(address, I2C_M_RD, read, ctypes.addressof(back)),
        )
        try:
            fcntl.ioctl(self._fd, I2C_RDWR, _Transfer(messages, 2 if read else 1))
        except OSError as error:
            raise I2cError(Phrase("i2c_no_answer", device=self._device, address=address, why=error)) from error
        return back.raw[:read]

    def close(self) -> None:
        """Give the bus back."""
        os.close(self._fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

"""Writes the firmware into the sensor head with avrdude and asks it afterwards who it is. Refuses while another process
holds the port (a sweep runs), and says in one line what is missing: port, image or avrdude.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sweep.link.decode import HeadError
from sweep.link.head import Head, PortError, SerialPort
from sweep.link.messages import Identity

BAUD = 115_200
OLD_BAUD = 57_600
"""Of the bootloader that Nanos and their copies carried until 2018."""
FLASH_TIMEOUT_S = 120.0
"""At 57,600 baud 32 KiB take 10 s to write and to read back (guessed: ten times that, and the reset)."""
RECORD_START = b":"


class FlashError(ValueError):
    """The firmware was not written; the message says what to do."""


def find_image(image: Path | None) -> Path:
    """The Intel HEX image: `image`, or the one built in this source tree. Raises FlashError."""
    path = image or Path(__file__).resolve().parents[2] / "firmware" / "build" / "sensor_head.hex"
    if not path.is_file():
        raise FlashError(f"no firmware image {path.name}: run make firmware, or name one with --hex")
    with path.open("rb") as file:
        if file.read(1) != RECORD_START:
            raise FlashError(f"{path.name} is not an Intel HEX image: name the .hex that make firmware builds")
    return path


def flash(port: str, image: Path, *, is_old_bootloader: bool = False, is_verifying: bool = True) -> Identity | None:
    """Write `image` through the bootloader on `port`; returns who answers afterwards (None where not asked).

    Raises FlashError, HeadError (nobody or another firmware answers afterwards).
    """
    avrdude = shutil.which("avrdude")
    if avrdude is None:
        raise FlashError("avrdude is missing: apt install avrdude")
    baud = OLD_BAUD if is_old_bootloader else BAUD
    command = [avrdude, "-q", "-c", "arduino", "-p", "m328p", "-P", port, "-b", str(baud), "-D"]
    command += ["-U", f"flash:w:{image}:i"]
    with _held(port):
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=FLASH_TIMEOUT_S, check=False)
        except subprocess.TimeoutExpired as error:
            raise FlashError(f"avrdude did not finish on {port}: unplug the sensor head and try again") from error
        except OSError as error:
            raise FlashError(f"avrdude cannot be started: {error.strerror}") from error
    if done.returncode != 0:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        reason = next((line for line in said if "error" in line.lower() or "not in sync" in line), said[-1:] or "")
        hint = "" if is_old_bootloader else "; an older Nano needs --old-bootloader"
        raise FlashError(f"avrdude could not write to {port}{hint}: {reason if isinstance(reason, str) else reason[0]}")
    if not is_verifying:
        return None
    with SerialPort(port) as opened:
        return Head(opened).identity


@contextmanager
def _held(port: str) -> Iterator[None]:
    """Keep other processes of this software off `port`; avrdude itself does not ask for the lock."""
    try:
        handle = os.open(port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError as error:
        raise FlashError(f"cannot open {port}: is the sensor head plugged in? ({error.strerror})") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise FlashError(f"{port} is in use: a sweep runs; finish or abort it first") from error
        if not os.isatty(handle):
            raise FlashError(f"{port} is not a serial port")
        yield
    finally:
        os.close(handle)


__all__ = ["FlashError", "HeadError", "PortError", "find_image", "flash"]

"""Writes the firmware into the sensor head with avrdude and asks it afterwards who it is. Refuses while another process
holds the port (a sweep runs), and says in one line what is missing: port, image or avrdude, or a way to reset the head.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sweep.link.decode import HeadError
from sweep.link.head import Head, PortError, SerialPort
from sweep.link.messages import Identity
from sweep.link.reset import RESTART_S, resets_itself, restarts

BAUD = 115_200
OLD_BAUD = 57_600
"""Of the bootloader that Nanos and their copies carried until 2018."""
FLASH_TIMEOUT_S = 120.0
"""At 57,600 baud 32 KiB take 10 s to write and to read back (guessed: ten times that, and the reset)."""
RECORD_START = b":"
HEADER_PORTS = ("ttyAMA", "ttyS")
"""UARTs of the Raspberry Pi's header, which have no line that resets a Nano."""


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


def flash(
    port: str,
    image: Path,
    *,
    is_old_bootloader: bool = False,
    is_verifying: bool = True,
    reset: Callable[[], None] | None = None,
    restart_s: float = RESTART_S,
    avrdude: str = "avrdude",
) -> Identity | None:
    """Write `image` through the bootloader on `port`; returns who answers afterwards (None where not asked).

    `reset`: resets the head where opening the port does not; None: nothing does. `restart_s`: how long a head that was
    not written is then waited for, to tell why. `avrdude`: the program.

    Raises FlashError, HeadError (nobody or another firmware answers afterwards), LineError.
    """
    if resets_itself(port):
        reset = None
    elif reset is None and Path(port).resolve().name.startswith(HEADER_PORTS):
        raise FlashError(
            f'nothing resets the sensor head on {port}: with a carrier of revision B set carrier = "B" in the '
            "configuration; revision A does not bring RESET to the Raspberry Pi, so open the case and name the port of "
            "the Nano's own USB socket"
        )
    program = shutil.which(avrdude)
    if program is None:
        raise FlashError("avrdude is missing: apt install avrdude")
    baud = OLD_BAUD if is_old_bootloader else BAUD
    command = [program, "-q", "-c", "arduino", "-p", "m328p", "-P", port, "-b", str(baud), "-D"]
    command += ["-U", f"flash:w:{image}:i"]
    with _held(port):
        try:
            if reset is not None:
                reset()  # the bootloader then waits a second for avrdude, which begins within half of one
            done = subprocess.run(command, capture_output=True, text=True, timeout=FLASH_TIMEOUT_S, check=False)
        except subprocess.TimeoutExpired as error:
            raise FlashError(f"avrdude did not finish on {port}: unplug the sensor head and try again") from error
        except OSError as error:
            raise FlashError(f"avrdude cannot be started: {error.strerror}") from error
    if done.returncode != 0:
        why = _reason(done.stderr)
        hint = "" if is_old_bootloader else "; an older Nano needs --old-bootloader"
        if reset is not None:
            hint = _reset_hint(hint, has_restarted=restarts(port, reset, within_s=restart_s))
        raise FlashError(f"avrdude could not write to {port}{hint}: {why}")
    if not is_verifying:
        return None
    with SerialPort(port) as opened:
        return Head(opened).identity


def _reason(said: str) -> str:
    """The line of avrdude's that says what went wrong."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return next(
        (line for line in lines if "error" in line.lower() or "not in sync" in line), lines[-1] if lines else ""
    )


def _reset_hint(hint: str, *, has_restarted: bool) -> str:
    """What to do where the head was reset by its line and its bootloader did not answer."""
    if has_restarted:
        return f"; RESET reaches the head, which began anew, but its bootloader did not answer{hint}"
    return (
        "; the head did not begin anew when its RESET was pulsed: it has no firmware yet, or RESET does not reach it "
        "(the ribbon J17, or a carrier of revision A: open the case and use the Nano's own USB socket)"
    )


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

"""A GPIO chip, a sweep's process with real holder and guard, and what happens to them, timed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from sweep.modality.liveness import boottime_ns
from tests.simulators.gpio_kernel import GpioKernel
from tests.waiting import PATIENCE_S, wait_until

ROOT = Path(__file__).parents[2]
STAND_IN = ROOT / "tests" / "simulators" / "gpiod_stand_in"
DARK_WITHIN_MS = 100.0


def stand_in_environment() -> dict[str, str]:
    """An environment whose Pythons find the stand-in for gpiod before the real one."""
    return os.environ | {"PYTHONPATH": f"{STAND_IN}{os.pathsep}{ROOT}"}


class Rig:
    """A context manager; every process that it started is ended with it."""

    def __init__(self, kernel: GpioKernel, head_port: str | None = None) -> None:
        self.kernel = kernel
        self._giver = subprocess.Popen(
            [sys.executable, "-m", "tests.simulators.power_giver", str(kernel.device), kernel.kernel]
            + ([head_port] if head_port else []),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            env=stand_in_environment(),
        )
        assert self._giver.stdout is not None
        self._killed: set[str] = set()
        self.pids: dict[str, int] = json.loads(self._giver.stdout.readline())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in self.pids.keys() - self._killed:
            self.send(name, signal.SIGKILL)
        self._giver.wait()
        wait_until(lambda: not self.kernel.is_claimed, "a claim outlasted its process")
        for pipe in (self._giver.stdin, self._giver.stdout):
            if pipe is not None:
                pipe.close()

    def await_word(self, word: str) -> None:
        """Wait for what the sweep's process says."""
        assert self._giver.stdout is not None
        for line in self._giver.stdout:
            if line.strip() == word:
                return
        raise AssertionError(f"never said {word}")

    def order(self, line: str) -> int:
        """Tell the sweep's process; when that was."""
        assert self._giver.stdin is not None
        at_ns = boottime_ns()
        self._giver.stdin.write(f"{line}\n")
        return at_ns

    def light(self) -> None:
        """Declare, and wait until the line is high."""
        self.order("declare")
        wait_until(lambda: self.kernel.level == 1, "the line never rose")

    def send(self, name: str, number: int) -> None:
        """A signal to one of the processes; one that is gone is nobody's loss."""
        try:
            os.kill(self.pids[name], number)
        except ProcessLookupError:
            return

    def kill(self, *names: str) -> int:
        """SIGKILL, all at once (none of them acts on the death of another); when that was."""
        at_ns = boottime_ns()
        self._killed |= set(names)
        for number in (signal.SIGSTOP, signal.SIGKILL) if len(names) > 1 else (signal.SIGKILL,):
            for name in names:
                self.send(name, number)
        return at_ns

    def wait_for_giver(self) -> None:
        """Until the sweep's process has gone."""
        self._giver.wait(PATIENCE_S)

    def dark_after_ms(self, at_ns: int) -> float:
        """How long after that moment the line fell, and that it stayed low; waits for it."""
        wait_until(lambda: self.kernel.level == 0, "the line never fell")
        (fall,) = [edge for edge in self.kernel.edges if edge.level == 0][-1:]
        return (fall.t_ns - at_ns) / 1e6

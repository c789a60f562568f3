"""The probe's own access point, switched off for a moment and on again: the only caller of NetworkManager.

Input is a wish; output is whether it was fulfilled yet.  Asking takes seconds, so it is asked without waiting.  Who may
ask is the package's rule for polkit; where it is refused, that is an answer like any other.
"""

from __future__ import annotations

import subprocess
from contextlib import suppress
from typing import Final, Literal

NMCLI: Final = "nmcli"
CONNECTION: Final = "ansim-sweep-hotspot"
"""As `sweep-server hotspot` calls it."""
PATIENCE_S: Final = 30.0
"""In which an access point comes up (guessed)."""


class AccessPoint:
    """NetworkManager's connection of that name."""

    _asked: subprocess.Popen[bytes] | None = None

    def ask(self, wish: Literal["up", "down"]) -> None:
        """Begin to switch it; what was asked before is given up."""
        self.give_up()
        wait = ["--wait", f"{PATIENCE_S:.0f}"]
        with suppress(OSError):
            self._asked = subprocess.Popen(
                [NMCLI, *wait, "connection", wish, CONNECTION],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )

    def has_done(self) -> bool | None:
        """Whether it did what it was asked; None: not yet."""
        if self._asked is None:
            return False
        code = self._asked.poll()
        return None if code is None else code == 0

    def wait(self) -> bool:
        """Wait for what was asked; whether it was done."""
        if self._asked is None:
            return False
        try:
            return self._asked.wait(PATIENCE_S) == 0
        except subprocess.TimeoutExpired:
            return False

    def give_up(self) -> None:
        """Wait for nothing any more."""
        if self._asked is not None:
            if self._asked.poll() is None:
                self._asked.terminate()
                self._asked.wait()
            self._asked = None

"""A terminal with somebody at it, for commands that ask persons."""

from __future__ import annotations

import os
import threading
from typing import Final, Self

EVERY_S: Final = 0.2


class TwoPersons:
    """They answer each question with `y` within a fifth of a second, which begins zones too, and go on typing while
    nobody asks; the input never ends before they do.
    """

    def __init__(self) -> None:
        self._keyboard, self.terminal = os.openpty()
        os.set_blocking(self._keyboard, False)
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._type, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def leave(self) -> None:
        """Nobody answers any more; what was typed already is still in the terminal."""
        self._left.set()
        self._thread.join()

    def __exit__(self, *_: object) -> None:
        self.leave()
        os.close(self._keyboard)
        os.close(self.terminal)

    def _type(self) -> None:
        while not self._left.wait(EVERY_S):
            try:
                os.write(self._keyboard, b"y\n")
            except BlockingIOError:  # nobody reads
                continue

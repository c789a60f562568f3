"""Who may have the air: modalities that disturb each other take turns at a position, and who waits is told.

Input is who begins, asks and ends; output is messages to those whose turn it is.  A scan for Bluetooth sends, and one
by the Pi's own radio floods its Wi-Fi channel with CTS (raspberrypi/linux#3727), so it comes after Wi-Fi with its light
test and after RF, and is written down as the probe's own transmission.  It touches no radio.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Final

from sweep.modality.messages import AskTurn, Leave, TakeTurn, ToWorker, TurnOver
from sweep.modality.own_transmissions import OwnTransmissions, Radio
from sweep.report import Modality

GOES_AFTER: Final[dict[Modality, frozenset[Modality]]] = {"ble": frozenset({"wifi", "rf"})}
"""Who asks for a turn, and whose measurement at the position has to be over before."""
SENDS: Final[dict[Modality, Radio]] = {"ble": "ble_scan"}
"""What the probe's own transmissions are while one has its turn; a passive scan, too: CTS is sent all the same."""


class AirTurns:
    """One for a sweep; `begin` comes before each position."""

    def __init__(self, say: Callable[[Modality, ToWorker], None], own: OwnTransmissions | None) -> None:
        """`own`: the log of what the probe sends; None: nobody keeps one."""
        self._say = say
        self._own = own
        self._measuring: set[Modality] = set()
        self._asked: list[Modality] = []
        self._has: Modality | None = None
        self._why_left: str | None = None
        self._sending = ExitStack()

    def begin(self, measuring: frozenset[Modality]) -> None:
        """A position begins at which these measure."""
        self._give_back()
        self._measuring, self._asked, self._why_left = set(measuring), [], None

    @property
    def has_turn(self) -> Modality | None:
        """Who has the air to itself."""
        return self._has

    @property
    def waiting(self) -> tuple[Modality, ...]:
        """Who asked and waits, in the order of asking."""
        return tuple(self._asked)

    def on_message(self, modality: Modality, message: AskTurn | TurnOver) -> None:
        """What a modality says of its turn."""
        if isinstance(message, TurnOver):
            if self._has == modality:
                self._give_back()
        elif self._why_left is not None:
            self._say(modality, Leave(self._why_left))
            return
        elif modality not in self._asked and self._has != modality:
            self._asked.append(modality)
        self._next()

    def ended(self, modality: Modality) -> None:
        """Its measurement at this position is over, whatever became of it."""
        self._measuring.discard(modality)
        if modality in self._asked:
            self._asked.remove(modality)
        if self._has == modality:
            self._give_back()
        self._next()

    def leave(self, reason: str) -> None:
        """Everything has to stop: who waits or has its turn is told."""
        self._why_left = reason
        for modality in (*self._asked, *(() if self._has is None else (self._has,))):
            self._say(modality, Leave(reason))
        self._asked = []

    def _next(self) -> None:
        if self._has is not None:
            return
        for modality in self._asked:
            if not self._measuring & GOES_AFTER.get(modality, frozenset()):
                self._asked.remove(modality)
                self._has = modality
                if self._own is not None and modality in SENDS:
                    self._sending.enter_context(self._own.sending(SENDS[modality]))
                self._say(modality, TakeTurn())
                return

    def _give_back(self) -> None:
        self._has = None
        self._sending.close()

"""A modality's turn on the air: it asks, waits, has the air to itself, and gives it back.

Input is the line to the runner; output is why the turn never came, if it did not.  Who waits for whom is decided at the
other end (`run/air_turns`); where nobody is there, nobody disturbs anybody.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sweep.modality.messages import AskTurn, Leave, Line, TakeTurn, TurnOver

ASK_EVERY_S: Final = 10.0
"""While it waits, as a sign of life: well within the time that the runner gives a silent process."""


@contextmanager
def air_turn(line: Line) -> Iterator[str | None]:
    """The air is this modality's alone within the block; gives the code that says why it is not, else None."""
    why = _wait(line)
    try:
        yield why
    finally:
        if why is None:
            line.say(TurnOver())


def _wait(line: Line) -> str | None:
    while True:
        line.say(AskTurn())
        for message in line.hear(ASK_EVERY_S):
            match message:
                case TakeTurn() | Leave("nobody"):
                    return None
                case Leave(reason):
                    return reason
                case _:
                    pass

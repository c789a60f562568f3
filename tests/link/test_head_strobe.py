"""The head's lamps for the camera: what is lit goes out when the rest is refused."""

from __future__ import annotations

from typing import Any

from sweep.link.head import HeadRefused
from sweep.link.head_strobe import HeadStrobe
from sweep.link.messages import LampRun, LampStop, LightSet, Message
from sweep.link.schedule import Schedule
from sweep.modality.strobe import Strobe, StrobeEnded
from sweep.phrases import Phrase
from tests.link.test_strobe import settled_clock


class Refusing:
    """A head that lights its aiming spot and refuses to record."""

    clock = settled_clock()

    def __init__(self) -> None:
        self.took: list[Message] = []

    def ask(self, message: Message) -> None:
        """By the strobe."""
        if isinstance(message, LampRun):
            raise HeadRefused(Phrase("bench_unnamed"))
        self.took.append(message)

    def send(self, message: Message) -> None:
        """By the strobe."""
        self.took.append(message)


def test_the_aiming_light_goes_out_when_the_lamps_are_refused() -> None:
    told: list[Any] = []
    head: Any = Refusing()
    strobe = HeadStrobe(Schedule(), told.append, lambda: None)
    strobe.ask(Strobe(60.0, 1e-3, 10.0, is_shown=True))
    strobe.begin(head)
    assert head.took[-2:] == [LightSet(1, 1), LampStop()]
    assert (told, strobe.is_lit) == ([StrobeEnded("lamp_refused")], False)

"""Whose turn on the air it is: Bluetooth after Wi-Fi and RF, never beside them, and written down as a transmission."""

from __future__ import annotations

from sweep.modality.messages import AskTurn, Leave, TakeTurn, ToWorker, TurnOver
from sweep.modality.own_transmissions import OwnTransmissions
from sweep.report import Modality
from sweep.run.position.air_turns import AirTurns

EVERYBODY: frozenset[Modality] = frozenset({"lens", "wifi", "ble", "rf"})


class Scene:
    def __init__(self) -> None:
        self.now_ns = 0
        self.said: list[tuple[Modality, ToWorker]] = []
        self.own = OwnTransmissions(lambda: self.now_ns)
        self.turns = AirTurns(lambda modality, message: self.said.append((modality, message)), self.own)
        self.turns.begin(EVERYBODY)

    def ask(self) -> None:
        self.turns.on_message("ble", AskTurn())

    def sent_s(self) -> list[tuple[float, float]]:
        return [(one.start_s, one.end_s) for one in self.own.during(0, 10**12)]


def test_a_scan_waits_for_wifi_with_its_light_and_for_rf_and_is_logged_while_it_has_its_turn() -> None:
    scene = Scene()
    scene.ask()
    scene.turns.ended("rf")
    scene.ask()  # it says again that it waits
    assert (scene.said, scene.turns.waiting, scene.turns.has_turn) == ([], ("ble",), None)
    scene.now_ns = 30_000_000_000
    scene.turns.ended("wifi")
    assert scene.said == [("ble", TakeTurn())]
    assert (scene.turns.waiting, scene.turns.has_turn) == ((), "ble")
    scene.now_ns = 40_000_000_000
    scene.turns.on_message("ble", TurnOver())
    assert scene.turns.has_turn is None
    assert scene.sent_s() == [(30.0, 40.0)]


def test_the_camera_keeps_nobody_from_the_air_and_an_end_gives_a_turn_back() -> None:
    scene = Scene()
    for one in ("wifi", "rf"):
        scene.turns.ended(one)
    scene.ask()
    assert scene.said == [("ble", TakeTurn())]
    scene.now_ns = 5_000_000_000
    scene.turns.ended("ble")  # its process died in its turn
    assert (scene.turns.has_turn, scene.sent_s()) == (None, [(0.0, 5.0)])


def test_who_waits_is_told_to_leave_and_a_turn_that_is_asked_for_later_never_comes() -> None:
    scene = Scene()
    scene.ask()
    scene.turns.leave("room_entered")
    scene.ask()
    scene.turns.ended("wifi")
    scene.turns.ended("rf")
    assert scene.said == [("ble", Leave("room_entered"))] * 2
    scene.turns.begin(EVERYBODY - {"wifi"})
    scene.ask()
    scene.turns.ended("rf")
    scene.turns.leave("moved_on")
    assert scene.said[-2:] == [("ble", TakeTurn()), ("ble", Leave("moved_on"))]

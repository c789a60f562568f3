"""Where the phone leads: to the next zone while there is one, and to the end once every zone was visited."""

from __future__ import annotations

from sweep.cli.asking import zones_to_visit
from sweep.cli.config import Config
from sweep.cli.live import room_source
from sweep.modality.control import Control
from sweep.modality.next_position import NextPosition
from sweep.report import GuidanceEvent, LiveEvent
from sweep.run.words import GUIDANCE
from tests.run.honest_server import start_command


def test_whoever_has_visited_every_zone_is_told_to_finish_and_sent_to_no_next_one() -> None:
    command, control = start_command(), Control()
    control.declare_empty(("A-1", "A-2"))
    said: list[LiveEvent] = []
    positions = room_source(command, control, said.append, Config(ble_scan="never")).positions()
    zones = zones_to_visit(command.mode, command.plan)
    for zone in (*zones, zones[0]):
        control.go_to(NextPosition(zone.zone_id, 1.0, 1.0, 0.0))
        next(positions)
    texts = [event.text for event in said if isinstance(event, GuidanceEvent)]
    assert texts == [GUIDANCE["stand_next"].text()] * len(zones) + [GUIDANCE["finish"].text()]

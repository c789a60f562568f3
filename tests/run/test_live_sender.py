"""Live messages on their way: what a server that began anew has to be told again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import cast

import pytest

from sweep.deliver.uplink import ServerUnreachableError, Uplink
from sweep.report import CommandEvent, LiveMessage, ProgressEvent, StateEvent, ZoneEvent, new_id, utc_now
from sweep.run.live_sender import LiveSender
from sweep.run.words import state_event
from tests.report_factory import text


class Server:
    """Takes live messages, unless it is away; in the place of an `Uplink`."""

    def __init__(self) -> None:
        self.taken: list[LiveMessage] = []
        self.is_away = False
        self.time = self

    def now(self) -> datetime:
        return utc_now()

    def send_live(self, _: str, messages: Sequence[LiveMessage]) -> None:
        if self.is_away:
            raise ServerUnreachableError("away")
        self.taken += messages


def zone(name: str, quality: float) -> ZoneEvent:
    return ZoneEvent(type="zone", zone_id=name, modality="wifi", verdict="nothing_detected", quality=quality)


def answer() -> CommandEvent:
    return CommandEvent(type="command", command_id=new_id(), accepted=True, text=text("받음", "taken"))


PROGRESS = ProgressEvent(
    type="progress", position_index=1, positions=2, zone_id="stall-2", modality="wifi", fraction=0.5
)


@pytest.mark.parametrize("was_away", [False, True])
def test_a_server_that_began_anew_is_told_what_still_holds(was_away: bool) -> None:
    server, earlier, sweep = Server(), new_id(), new_id()
    sender = LiveSender(cast(Uplink, server), "probe-01")
    sender.put(zone("stall-9", 0.9), earlier)
    for event in (state_event("running"), zone("stall-1", 0.2), answer(), zone("stall-1", 0.4), PROGRESS):
        sender.put(event, sweep)
    sender.put(answer(), earlier)  # about another sweep, which ends nothing
    server.is_away = was_away
    for event in (state_event("paused"), zone("stall-2", 0.3)):
        sender.put(event, sweep)
    assert sender.flush() is not was_away
    server.is_away = False
    before = [] if was_away else list(server.taken)
    server.taken.clear()
    sender.tell_again()
    assert sender.flush()
    told = server.taken[-4:]
    assert [message.event for message in told] == [
        zone("stall-1", 0.4), PROGRESS, state_event("paused"), zone("stall-2", 0.3),
    ]  # fmt: skip
    assert {message.sweep_id for message in told} == {sweep}
    numbers = [message.seq for message in (*before, *server.taken)]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "no hole, nothing in the place of another"


def test_what_counts_down_goes_on_when_it_is_told_again() -> None:
    server, sweep, clock_s = Server(), new_id(), [0.0]
    sender = LiveSender(cast(Uplink, server), "probe-01", monotonic_s=lambda: clock_s[0])
    sender.put(PROGRESS, sweep)
    clock_s[0] = 100.0
    sender.put(state_event("running"), sweep)
    for now_s in (250.0, 400.0):  # the network is lost twice: the second age is no sum of both
        clock_s[0] = now_s
        sender.tell_again()
    assert sender.flush()
    ages = [(message.event.type, message.age_s) for message in server.taken]
    assert ages == [
        ("progress", 0.0), ("state", 0.0), ("progress", 250.0), ("state", 150.0), ("progress", 400.0), ("state", 300.0),
    ]  # fmt: skip


def test_between_sweeps_it_is_told_that_the_probe_rests() -> None:
    server = Server()
    sender = LiveSender(cast(Uplink, server), "probe-01")
    sender.put(state_event("idle"), None)
    assert sender.flush()
    sender.tell_again()
    assert sender.flush()
    assert [cast(StateEvent, message.event).state for message in server.taken] == ["idle", "idle"]

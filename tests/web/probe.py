"""A probe that keeps the live contract and measures nothing: it answers commands and tells a made-up sweep.

It lets the page be driven step by step; the simulated agent of `sweep` is tested in its own flow.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import httpx

from sweep.entry.envelope import sign_request
from sweep.report import (
    MODALITIES,
    Command,
    CommandEvent,
    CommandList,
    DeclareEmptyCommand,
    FindingEvent,
    GuidanceEvent,
    LiveEvent,
    LiveMessage,
    ProbeState,
    ProgressEvent,
    StartCommand,
    StateEvent,
    ZoneEvent,
    parse_json,
    to_json,
    utc_now,
)
from tests.report_factory import text
from tests.web import evidence as made
from tests.web.site import Sender

STATE_TEXTS = {
    "idle": text("대기하고 있습니다.", "Idle."),
    "waiting_for_empty": text("두 사람의 확인을 기다립니다.", "Waiting for two people."),
    "running": text("점검하고 있습니다.", "Sweeping."),
    "paused": text("멈췄습니다. 카메라와 조명이 꺼졌습니다.", "Paused. Camera and lamps are off."),
    "closing": text("기록을 닫고 있습니다.", "Closing the record."),
    "done": text("점검을 마쳤습니다.", "Done."),
    "aborted": text("중단했습니다.", "Aborted."),
}


class FakeProbe:
    """One probe's side of the live link, told by the test what to do next."""

    def __init__(self, url: str, probe_id: str, sender: Sender) -> None:
        self._client = httpx.Client(base_url=url, timeout=30)
        self._sender = sender
        self.probe_id = probe_id
        self._seq = int(time.time()) % 1_000_000 * 1_000  # grows over several probes of one session
        self._after = ""
        self.sweep_id: UUID | None = None
        self.start: StartCommand | None = None

    def forget_earlier(self) -> None:
        """Acknowledge, without an answer, what reached the server after the probe of an earlier test had hung up."""
        while late := self._poll(0.0):
            self._after = str(late[-1].command_id)

    def close(self) -> None:
        """Acknowledge what was taken, or the server would rightly give it to the next probe of this name; hang up."""
        if self._after:
            assert self._poll(0.0) == (), "a command that this test sent was never looked at"
        self._client.close()

    def commands(self, wait_s: float = 10) -> tuple[Command, ...]:
        """Commands that wait, acknowledged and answered as accepted."""
        found = self._poll(wait_s)
        for command in found:
            self._after = str(command.command_id)
            if isinstance(command, StartCommand):
                self.start, self.sweep_id = command, command.sweep_id
            taken = text("받았습니다.", "Taken.")
            self.tell(CommandEvent(type="command", command_id=command.command_id, accepted=True, text=taken))
        return found

    def _poll(self, wait_s: float) -> tuple[Command, ...]:
        target = f"/api/probes/{self.probe_id}/commands?wait_s={wait_s:g}&after={self._after}"
        answer = self._client.get(target, headers=self._authorise("GET", target, b""))
        assert answer.status_code == 200, answer.text
        return parse_json(CommandList, answer.content).commands

    def expect(self, kind: str) -> Command:
        """Wait for just one command of this kind."""
        found: tuple[Command, ...] = ()
        for _ in range(6):  # a loaded machine may take longer to click than one poll waits
            found = self.commands()
            if found:
                break
        assert [command.command for command in found] == [kind], f"wanted {kind}, found {found}"
        return found[0]

    def expect_declaration(self) -> tuple[str, str]:
        """Wait for the declaration of the empty room; returns who declared it."""
        command = self.expect("declare_empty")
        assert isinstance(command, DeclareEmptyCommand)
        return command.declared_by

    def tell(self, *events: LiveEvent) -> None:
        """Post live messages."""
        messages = []
        for event in events:
            self._seq += 1
            message = LiveMessage(
                v=1, probe_id=self.probe_id, seq=self._seq, sent=utc_now(), sweep_id=self.sweep_id, event=event
            )
            messages.append(json.loads(to_json(message)))
        target = f"/api/probes/{self.probe_id}/live"
        body = json.dumps(messages).encode()
        answer = self._client.post(target, content=body, headers=self._authorise("POST", target, body))
        assert answer.status_code == 200, answer.text

    def state(self, state: ProbeState) -> None:
        """Tell a change of state."""
        self.tell(StateEvent(type="state", state=state, text=STATE_TEXTS[state]))

    def guide(self, ko: str, en: str) -> None:
        """Tell the inspector something."""
        self.tell(GuidanceEvent(type="guidance", text=text(ko, en)))

    def measure(self, zones: int) -> None:
        """Tell the first `zones` zones as judged, and the next one as being measured."""
        assert self.start is not None
        assert self.sweep_id is not None
        plan = self.start.plan
        report = made.make_sweep(sweep_id=self.sweep_id, room_id=self.start.room_id).report
        events: list[LiveEvent] = []
        for zone in plan.zones[:zones]:
            for modality in MODALITIES:
                verdict = next(v for v in report.verdicts if (v.zone_id, v.modality) == (zone.zone_id, modality))
                coverage = next(c for c in report.coverage if (c.zone_id, c.modality) == (zone.zone_id, modality))
                events.append(
                    ZoneEvent(
                        type="zone",
                        zone_id=zone.zone_id,
                        modality=modality,
                        verdict=verdict.verdict,
                        quality=coverage.quality,
                    )
                )
        current = plan.zones[min(zones, len(plan.zones) - 1)].zone_id
        events.append(
            ProgressEvent(
                type="progress",
                position_index=zones,
                positions=len(plan.zones),
                zone_id=current,
                modality="wifi",
                fraction=zones / len(plan.zones),
            )
        )
        self.tell(*events)

    def finish(self) -> UUID:
        """Close the sweep: a finding, the report through the ingest path, done. Returns the finding's id."""
        assert self.start is not None
        assert self.sweep_id is not None
        self.state("closing")
        sweep = made.make_sweep(
            sweep_id=self.sweep_id, room_id=self.start.room_id, started=utc_now(), plan=self.start.plan
        )
        finding = sweep.report.findings[0]
        self.tell(
            FindingEvent(
                type="finding", finding_id=finding.finding_id, zone_id=finding.zone_id, strength=finding.strength
            )
        )
        self._sender.deliver(sweep)
        self.state("done")
        return finding.finding_id

    def _authorise(self, method: str, target: str, body: bytes) -> dict[str, str]:
        return {"Authorization": sign_request(self._sender.key, method, target, body, int(time.time()))}


@contextmanager
def connected_probe(url: str, probe_id: str, sender: Sender) -> Iterator[FakeProbe]:
    """A probe that is online and idle."""
    probe = FakeProbe(url, probe_id, sender)
    try:
        probe.forget_earlier()
        probe.state("idle")
        yield probe
    finally:
        probe.close()

"""The phone of an agent's tests and the honest server behind it: starts sweeps, declares rooms empty, reads entries."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sweep.entry import envelope as e
from sweep.entry.kinds import REPORT_TYPE
from sweep.report import SweepReport, new_id, parse_json, to_json, utc_now
from tests.run.honest_server import PERSONS, Honest, start_command
from tests.waiting import wait_until


class Phone(Honest):
    """Answers as the server does, and steers as a person does."""

    def __init__(self) -> None:
        super().__init__()
        self.kinds: dict[UUID | None, list[str]] = {}
        """Of the entries that came, by sweep."""
        self.reports: dict[UUID, SweepReport] = {}

    def _receipt(self, wire: bytes) -> object:
        signed, bodies = e.from_wire(wire)
        envelope = e.parse_envelope(signed.payload)
        self.kinds.setdefault(envelope.sweep_id, []).append(envelope.kind)
        for body in bodies:
            if body.media_type == REPORT_TYPE and envelope.sweep_id is not None:
                self.reports[envelope.sweep_id] = parse_json(SweepReport, body.data)
        return super()._receipt(wire)

    def start(self) -> UUID:
        """Ask for a sweep."""
        start = start_command()
        self.commands = [json.loads(to_json(start))]
        return start.sweep_id

    def say(self, command: str, sweep_id: UUID, **more: Any) -> None:
        """Steer a sweep."""
        now = utc_now()
        said = {
            "command": command,
            "command_id": str(new_id()),
            "sweep_id": str(sweep_id),
            "issued": now.isoformat(),
            "expires": (now + timedelta(hours=1)).isoformat(),
        }
        self.commands = [said | more]

    def declare(self, sweep_id: UUID) -> None:
        """Two persons say that the room is empty."""
        self.say("declare_empty", sweep_id, declared_by=PERSONS)

    def state_of(self, sweep_id: UUID) -> str | None:
        """What the phone shows of a sweep."""
        states = [
            one["event"]["state"]
            for one in list(self.live)
            if one["event"]["type"] == "state" and one["sweep_id"] == str(sweep_id)
        ]
        return states[-1] if states else None

    def zones_told(self, sweep_id: UUID) -> int:
        """How many first words on a zone the phone has heard."""
        told = [one for one in list(self.live) if one["event"]["type"] == "zone"]
        return sum(one["sweep_id"] == str(sweep_id) for one in told)

    def wait_for(self, is_there: Callable[[], object], what: str, patience_s: float = 300.0) -> None:
        """Look ten times a second."""
        wait_until(is_there, what, patience_s, 0.1)

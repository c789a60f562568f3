"""The server that an agent knows, as one callable behind a listening socket, and the command that starts a sweep."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, Final

from sweep.entry import dsse
from sweep.entry import envelope as e
from sweep.modality.room import Room
from sweep.report import StartCommand, new_id, utc_now
from sweep.sim.source import default_room
from tests.entry_factory import signer
from tests.hostile_server import Bytes, Request, as_json

PERSONS: Final = ("A-1", "A-2")


class Honest:
    """The server that the probe knows: key, receipts, live messages, commands."""

    def __init__(self, name: str = "server") -> None:
        self.key = signer(name)
        self.live: list[dict[str, Any]] = []
        self.stored: list[int] = []
        self.commands: list[dict[str, Any]] = []

    def __call__(self, request: Request) -> Bytes:
        match request.method, request.target.partition("?")[0].rpartition("/")[2]:
            case "GET", "server-key":
                return as_json({"key_id": self.key.key_id, "public_key": self.key.public_key.hex()})
            case "POST", "entries":
                return as_json(self._receipt(request.body))
            case "POST", "live":
                self.live += json.loads(request.body)
                return as_json({"accepted": 1})
            case "GET", "commands":
                waiting, self.commands = self.commands, []
                return as_json({"commands": waiting})
            case _:
                return as_json({}, 404)

    def _receipt(self, wire: bytes) -> object:
        entry, bodies = e.from_wire(wire)
        envelope = e.parse_envelope(entry.payload)
        self.stored.append(envelope.seq)
        receipt = e.Receipt(
            v=1,
            entry_id=envelope.entry_id,
            entry_hash=entry.entry_hash,
            commitments=tuple(body.commitment for body in bodies),
            log_index=0,
            received_ms=1,
            inclusion_proof=None,
        )
        return self.key.sign(dsse.RECEIPT_TYPE, receipt.model_dump_json().encode()).to_json()

    def notices(self) -> dict[str, int | None]:
        """What the phone was told last, by code; what is over is left out."""
        said: dict[str, int | None] = {}
        for message in list(self.live):
            if message["event"]["type"] == "notice":
                said.pop(message["event"]["code"], None)
                if not message["event"]["is_over"]:
                    said[message["event"]["code"]] = message["event"]["count"]
        return said

    def answers(self) -> list[tuple[bool, str]]:
        events = [message["event"] for message in list(self.live)]
        return [(one["accepted"], one["text"]["en"]) for one in events if one["type"] == "command"]


def start_command() -> StartCommand:
    """A quick sweep of the default room by `PERSONS`."""
    room, now = default_room(), utc_now()
    return StartCommand(
        command_id=new_id(),
        issued=now,
        expires=now + timedelta(hours=1),
        command="start",
        sweep_id=new_id(),
        mode="quick",
        inspectors=PERSONS,
        **{name: getattr(room, name) for name in Room.model_fields if name in StartCommand.model_fields},
    )

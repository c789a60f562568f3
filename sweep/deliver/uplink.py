"""The probe's way to its server.  It only calls out, and believes nothing that it is told until it has been checked.

Input is wire bytes, live messages and the probe's key; output is receipts and commands.  The server's key is pinned at
the first contact.  Every failure to reach the server is one `ServerUnreachableError` (an OSError) that says what to do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlencode
from uuid import UUID

import httpx

from sweep.deliver.exchange import TIMEOUT_S, Answer, Exchange, ServerUnreachableError
from sweep.deliver.sending import EntryHeldError, EntryRefusedError
from sweep.deliver.server_time import ServerTime
from sweep.entry.dsse import EntryError, Signer
from sweep.entry.envelope import from_wire, sign_request
from sweep.entry.merkle import MAX_PROOF_HASHES
from sweep.entry.succession import MAX_ADMISSIONS, follow
from sweep.host.disk import DISK, DiskError, disk_trouble, read_file
from sweep.modality.own_transmissions import OwnTransmissions
from sweep.phrases import Phrase, Spoken
from sweep.report import Command, CommandList, ContractError, LiveMessage, display_text, parse_json

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
REFUSED_FOR_GOOD = {400, 409, 413, 422}
CANNOT_NOW: Final = frozenset({429, 502, 503, 504, 507})
KEY_BYTES: Final = 32
HASH: Final = re.compile(r"[0-9a-f]{64}")
MAX_COMMANDS: Final = 100

__all__ = ["Commands", "LiveRefusedError", "ServerChangedError", "ServerUnreachableError", "Uplink"]


class ServerChangedError(RuntimeError):
    """The server's key is not the one that was pinned, or the pin is damaged: nobody knows who answers."""


class LiveRefusedError(RuntimeError):
    """The server will never take these live messages."""


@dataclass(frozen=True, slots=True)
class Commands:
    """What a poll brought: commands, and the ids of those that this probe cannot read."""

    commands: tuple[Command, ...]
    unreadable: tuple[UUID, ...] = ()
    nameless: int = 0
    """Unreadable ones that have not even an id."""
    last: UUID | None = None
    """The id of the last one, which acknowledges all of them."""


class Uplink:
    """One server as seen by one probe key."""

    def __init__(
        self,
        base_url: str,
        signer: Signer,
        *,
        transport: httpx.BaseTransport | None = None,
        own_transmissions: OwnTransmissions | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """`own_transmissions` is told of each request: a radio may carry it, unless the server is on this machine.

        Raises ValueError for an address that is none.
        """
        self._exchange = Exchange(base_url, transport, timeout_s=timeout_s)
        self._url = base_url.rstrip("/")
        self._own_air = None if self._exchange.url.host in LOOPBACK else own_transmissions
        self._signer = signer
        self.time = ServerTime()
        """By which commands expire and requests are signed."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._exchange.close()

    def server_key(self, pin_file: Path, root_key_id: str | None = None) -> bytes:
        """The server's public key; stored in `pin_file` at first contact, ServerChangedError when it differs later.

        `root_key_id` is the root key of the log that was seen there: what it admitted in the place of the pinned key is
        followed.  Raises ServerUnreachableError when the server cannot be reached or this disk takes no pin.
        """
        answer = self._table("GET", "/api/server-key")
        key = _key_of(answer.get("public_key"))
        if key is None:
            raise ServerUnreachableError(Phrase("server_without_key", url=self._url))
        pinned = _read_pin(pin_file)
        if pinned is None or (pinned != key and self._has_followed(key, root_key_id, pinned)):
            _write_pin(pin_file, key)
        elif pinned != key:
            raise ServerChangedError(Phrase("server_key_changed", url=self._url, file=pin_file))
        return key

    def _has_followed(self, key: bytes, root_key_id: str | None, pinned: bytes) -> bool:
        """Whether the root key of the log admitted this key in the place of the one that was pinned."""
        if root_key_id is None:
            return False
        admissions = self._table("GET", "/api/server-key/succession").get("admissions")
        if not isinstance(admissions, list):
            return False
        try:
            wires = [from_wire(json.dumps(one).encode()) for one in admissions[:MAX_ADMISSIONS]]
            return follow(wires, root_key_id, pinned) == key
        except (EntryError, ValueError, RecursionError):
            return False

    def send_entry(self, wire: bytes) -> object:
        """Post one entry; the receipt as decoded JSON.

        Raises EntryRefusedError, EntryHeldError when it is not taken now, or ServerUnreachableError.
        """
        answer = self._request("POST", "/api/entries", wire)
        receipt = answer.json()
        if answer.status == 200 and isinstance(receipt, dict):
            return receipt
        if _reason(answer) is None:
            raise self._no_server(answer)
        if answer.status in REFUSED_FOR_GOOD:
            raise EntryRefusedError(Phrase("place_and_reason", place=answer.status, why=_reason(answer)))
        raise EntryHeldError(Phrase("place_and_reason", place=answer.status, why=_reason(answer)))

    def fetch_growth(self, old: int, new: int) -> tuple[bytes, ...]:
        """Hashes of the proof that the server's log of `new` entries begins with that of `old`.

        What is no such proof is an empty one, which proves nothing.  Raises ServerUnreachableError.
        """
        found = self._table("GET", f"/api/log/consistency?old={old}&new={new}").get("hashes")
        if not isinstance(found, list) or not all(
            isinstance(one, str) and HASH.fullmatch(one) for one in found[:MAX_PROOF_HASHES]
        ):
            return ()
        return tuple(bytes.fromhex(one) for one in found[:MAX_PROOF_HASHES])

    def send_live(self, probe_id: str, messages: Sequence[LiveMessage]) -> None:
        """Post up to 50 live messages; they are ephemeral.  Raises LiveRefusedError or ServerUnreachableError."""
        body = b"[" + b",".join(message.model_dump_json().encode() for message in messages) + b"]"
        answer = self._signed("POST", f"/api/probes/{probe_id}/live", body)
        match answer.json():
            case {"accepted": int()} if answer.status == 200:
                return
            case _:
                pass
        reason = _reason(answer)
        if reason is None:
            raise self._no_server(answer)
        if answer.status in REFUSED_FOR_GOOD:
            raise LiveRefusedError(Phrase("live_messages_refused", status=answer.status, why=reason))
        raise ServerUnreachableError(Phrase("live_messages_refused", status=answer.status, why=reason))

    def poll_commands(self, probe_id: str, after: UUID | None, wait_s: float) -> Commands:
        """Commands newer than `after`; waits up to `wait_s` seconds for one.  Raises ServerUnreachableError."""
        query = urlencode({"wait_s": f"{wait_s:g}", **({"after": str(after)} if after else {})})
        answer = self._signed("GET", f"/api/probes/{probe_id}/commands?{query}", b"", wait_s)
        if answer.status != 200 and (reason := _reason(answer)) is not None:
            raise ServerUnreachableError(Phrase("commands_refused", status=answer.status, why=reason))
        table = answer.json()
        if answer.status != 200 or not isinstance(table, dict):
            raise self._no_server(answer)
        try:
            commands = parse_json(CommandList, answer.content).commands
        except ContractError as error:
            found = _one_by_one(table.get("commands"))
            if found is None:
                raise ServerUnreachableError(Phrase("server_commands_unreadable", why=error)) from None
            return found
        return Commands(commands, last=commands[-1].command_id if commands else None)

    def _signed(self, method: str, target: str, body: bytes, wait_s: float = 0.0) -> Answer:
        header = sign_request(self._signer, method, target, body, int(self.time.unix_s()))
        return self._request(method, target, body, headers={"Authorization": header}, wait_s=wait_s)

    def _request(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        *,
        headers: dict[str, str] | None = None,
        wait_s: float = 0.0,
    ) -> Answer:
        # A request that waits for a command is silent while it waits: only its ends are on the air.
        is_long = wait_s > 0.0
        with nullcontext() if self._own_air is None or is_long else self._own_air.sending("uplink"):
            if self._own_air is not None and is_long:
                self._own_air.note("uplink")
            answer = self._exchange.ask(method, target, body, headers or {}, wait_s)
            self.time.hear(answer.date)
            if self._own_air is not None and is_long:
                self._own_air.note("uplink")
        if answer.status in CANNOT_NOW:
            raise ServerUnreachableError(
                Phrase(
                    "server_cannot_now",
                    url=self._url,
                    status=answer.status,
                    why=_reason(answer) or Phrase("no_reason_given"),
                )
            )
        return answer

    def _table(self, method: str, target: str) -> dict[str, Any]:
        answer = self._request(method, target)
        table = answer.json()
        if answer.status != 200 or not isinstance(table, dict):
            raise self._no_server(answer)
        return table

    def _no_server(self, answer: Answer) -> ServerUnreachableError:
        """What answers is none of ours: a router's login page, another service."""
        is_redirected = 300 <= answer.status < 400
        status = answer.status
        what = Phrase("redirected", status=status) if is_redirected else Phrase("unexpected_answer", status=status)
        return ServerUnreachableError(Phrase("not_an_ansim_server", url=self._url, what=what))


def _key_of(text: object) -> bytes | None:
    """A public key from its hexadecimal digits; None for anything else."""
    if not isinstance(text, str) or not text.isascii() or len(text) != 2 * KEY_BYTES:
        return None
    try:
        key = bytes.fromhex(text)
    except ValueError:
        return None
    return key if len(key) == KEY_BYTES else None


def _write_pin(pin_file: Path, key: bytes) -> None:
    """Pin a key.  Raises ServerUnreachableError when this disk takes no pin."""
    try:
        DISK.make_folder(pin_file.parent)
        DISK.write_whole(pin_file, f"{key.hex()}\n".encode())
    except OSError as error:
        raise ServerUnreachableError(disk_trouble(pin_file.parent, error)) from None
    except DiskError as error:
        raise ServerUnreachableError(Phrase("server_key_not_saved", why=error)) from None


def _read_pin(pin_file: Path) -> bytes | None:
    """The key that was pinned; None before the first contact.  Raises ServerChangedError for a damaged pin."""
    try:
        key = _key_of(read_file(pin_file, 1_024).decode("ascii", "replace").strip())
    except FileNotFoundError:
        return None
    except OSError:
        key = None
    if key is None:
        raise ServerChangedError(Phrase("pinned_server_key_damaged", file=pin_file))
    return key


def _one_by_one(listed: object) -> Commands | None:
    """Each command that can be read; a newer server may know more of them than this probe.  None where no list is."""
    if not isinstance(listed, list):
        return None
    commands: list[Command] = []
    unreadable: list[UUID] = []
    last: UUID | None = None
    for item in listed[:MAX_COMMANDS]:
        try:
            (command,) = parse_json(CommandList, json.dumps({"commands": [item]}).encode()).commands
        except (ContractError, RecursionError):
            command_id = item.get("command_id") if isinstance(item, dict) else None
            try:
                last = UUID(command_id)
            except (ValueError, TypeError, AttributeError):
                continue
            unreadable.append(last)
        else:
            last = command.command_id
            commands.append(command)
    return Commands(tuple(commands), tuple(unreadable), len(listed) - len(commands) - len(unreadable), last)


def _reason(answer: Answer) -> Spoken | None:
    """What a server of ours says; None when it is none of ours."""
    match answer.json():
        case {"error": {"message": {"ko": str(ko), "en": str(en)}}}:
            return Spoken(display_text(ko, limit=160), display_text(en, limit=160))
        case _:
            return None

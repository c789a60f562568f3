"""The probe's way to its server: the only module that speaks HTTP.  It only calls out.

Input is wire bytes, live messages and the probe's key; output is receipts and commands.  The server's key is pinned at
the first contact.  Every failure to reach the server is one `ServerUnreachableError` (an OSError) that says what to do.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlencode
from uuid import UUID

import httpx

from sweep.entry import Signer, sign_request
from sweep.outbox import EntryRefusedError
from sweep.ownair import OwnAir
from sweep.report import CommandList, ContractError, LiveMessage, display_text, parse_json

TIMEOUT_S = 15.0
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
REFUSED_FOR_GOOD = {400, 409, 413, 422}


class ServerUnreachableError(OSError):
    """The server did not answer, or answered that it cannot now; try again later."""


class ServerChangedError(RuntimeError):
    """The server's key is not the one that was pinned: somebody else answers at this address."""


class Uplink:
    """One server as seen by one probe key."""

    def __init__(
        self,
        base_url: str,
        signer: Signer,
        *,
        transport: httpx.BaseTransport | None = None,
        own_air: OwnAir | None = None,
    ) -> None:
        """`own_air` is told of each request: a radio may carry it, unless the server is on this machine."""
        is_here = httpx.URL(base_url).host in LOOPBACK
        self._own_air = None if is_here else own_air
        self._signer = signer
        self._url = base_url.rstrip("/")
        self._client = httpx.Client(base_url=self._url, timeout=TIMEOUT_S, transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def server_key(self, pin_file: Path) -> bytes:
        """The server's public key; stored in `pin_file` at first contact, ServerChangedError when it differs later."""
        answer = self._request("GET", "/api/server-key")
        key = bytes.fromhex(str(_json_of(answer)["public_key"]))
        if pin_file.exists():
            if pin_file.read_text().strip() != key.hex():
                raise ServerChangedError(
                    f"the server at {self._url} has another key than before; if it was set up anew, remove {pin_file}"
                )
        else:
            pin_file.parent.mkdir(parents=True, exist_ok=True)
            pin_file.write_text(key.hex() + "\n")
        return key

    def send_entry(self, wire: bytes) -> object:
        """Post one entry; the receipt as decoded JSON.  Raises EntryRefusedError or ServerUnreachableError."""
        answer = self._request("POST", "/api/entries", wire)
        if answer.status_code in REFUSED_FOR_GOOD:
            raise EntryRefusedError(f"{answer.status_code}: {_reason(answer)}")
        return _json_of(answer)

    def send_live(self, probe_id: str, messages: Sequence[LiveMessage]) -> None:
        """Post up to 50 live messages; they are ephemeral, so a refusal is only an error for the caller to count."""
        body = b"[" + b",".join(message.model_dump_json().encode() for message in messages) + b"]"
        answer = self._signed("POST", f"/api/probes/{probe_id}/live", body)
        if answer.status_code >= 400:
            raise ServerUnreachableError(f"live messages refused ({answer.status_code}: {_reason(answer)})")

    def poll_commands(self, probe_id: str, after: UUID | None, wait_s: float) -> CommandList:
        """Commands newer than `after`; waits up to `wait_s` seconds for one.  Raises ServerUnreachableError."""
        query = urlencode({"wait_s": f"{wait_s:g}", **({"after": str(after)} if after else {})})
        answer = self._signed("GET", f"/api/probes/{probe_id}/commands?{query}", b"", wait_s)
        if answer.status_code >= 400:
            raise ServerUnreachableError(f"commands refused ({answer.status_code}: {_reason(answer)})")
        try:
            return parse_json(CommandList, answer.content)
        except ContractError as error:
            raise ServerUnreachableError(f"the server's commands cannot be read: {error}") from None

    def _signed(self, method: str, target: str, body: bytes, wait_s: float = 0.0) -> httpx.Response:
        header = sign_request(self._signer, method, target, body, int(time.time()))
        return self._request(method, target, body, headers={"Authorization": header}, wait_s=wait_s)

    def _request(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        *,
        headers: dict[str, str] | None = None,
        wait_s: float = 0.0,
    ) -> httpx.Response:
        # A request that waits for a command is silent while it waits: only its ends are on the air.
        is_long = wait_s > 0.0
        with nullcontext() if self._own_air is None or is_long else self._own_air.sending("uplink"):
            if self._own_air is not None and is_long:
                self._own_air.note("uplink")
            answer = self._exchange(method, target, body, headers or {}, TIMEOUT_S + wait_s)
            if self._own_air is not None and is_long:
                self._own_air.note("uplink")
        if answer.status_code >= 500 or answer.status_code == 429:
            raise ServerUnreachableError(
                f"the server at {self._url} cannot now ({answer.status_code}: {_reason(answer)})"
            )
        return answer

    def _exchange(
        self, method: str, target: str, body: bytes, headers: dict[str, str], timeout_s: float
    ) -> httpx.Response:
        try:
            return self._client.request(
                method,
                target,
                content=body or None,
                headers={"Content-Type": "application/json", **headers},
                timeout=timeout_s,
            )
        except httpx.HTTPError as error:
            raise ServerUnreachableError(
                f"no answer from {self._url} ({type(error).__name__}); is it running?"
            ) from None


def _json_of(answer: httpx.Response) -> dict[str, object]:
    try:
        value = answer.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        value = None
    if answer.status_code != 200 or not isinstance(value, dict):
        raise ServerUnreachableError(f"unexpected answer ({answer.status_code}); is this an Ansim Sweep server?")
    return value


def _reason(answer: httpx.Response) -> str:
    try:
        return display_text(str(answer.json()["error"]["message"]["en"]), limit=160)
    except (ValueError, KeyError, TypeError):
        return "no reason given"

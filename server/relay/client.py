"""Requests to the city's server: one at a time, bounded in time and size whatever answers.

Input is a request; output is status and bytes, or `CityAwayError`, an OSError with one line: nobody answers, what
answers is none of ours, or it cannot now.  Requests that speak for this server are signed as a probe's are.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from typing import Any

import httpx

from sweep.entry.dsse import EntryError, SignedEntry, Signer
from sweep.entry.envelope import Body, from_wire, sign_request
from sweep.entry.merkle import MAX_PROOF_HASHES
from sweep.entry.succession import MAX_ADMISSIONS
from sweep.phrases import Phrase, Spoken
from sweep.report import display_text
from sweep.report.base import reject_duplicate_keys

TIMEOUT_S = 15.0  # as long as a probe gives its server
SLOWEST_BYTES_PER_S = 8_000.0  # guessed: 64 kbit/s
MAX_ANSWER_BYTES = 16 * 1024 * 1024  # derived: as much as the ingest path takes
REFUSED_FOR_GOOD = frozenset({400, 409, 413, 422})
HASH = re.compile(r"[0-9a-f]{64}")


class CityAwayError(OSError):
    """The city's server did not answer, or not as one of ours that can now; try again later."""


class CityRefusesError(CityAwayError):
    """The city's server does not know this one, or knows it no more."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer."""

    status: int
    content: bytes

    def table(self) -> dict[str, Any] | None:
        """The JSON object in it; None for anything else."""
        try:
            found = json.loads(self.content, object_pairs_hook=reject_duplicate_keys)
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None

    def reason(self) -> Spoken | None:
        """What a server of ours refuses with; None when it is none."""
        match self.table():
            case {"error": {"message": {"ko": str(ko), "en": str(en)}}}:
                return Spoken(display_text(ko, limit=160), display_text(en, limit=160))
            case _:
                return None


class CityClient:
    """One city's server; used by one thread."""

    def __init__(self, url: str, signer: Signer, client: httpx.Client) -> None:
        self._url = url.rstrip("/")
        self._signer = signer
        self._client = client

    def server_key(self) -> bytes:
        """The key that signs its receipts, as it says."""
        text = self._table("GET", "/api/server-key").get("public_key")
        if not isinstance(text, str) or not HASH.fullmatch(text):
            raise CityAwayError(Phrase("server_without_key", url=self._url))
        return bytes.fromhex(text)

    def succession(self) -> list[tuple[SignedEntry, tuple[Body, ...]]]:
        """Admissions that lead from the root key of its log to its key, as it says; empty when they cannot be read."""
        found = self._table("GET", "/api/server-key/succession").get("admissions")
        try:
            return [from_wire(json.dumps(one).encode()) for one in found or ()][:MAX_ADMISSIONS]
        except (EntryError, ValueError, TypeError, RecursionError):
            return []

    def post_entry(self, wire: bytes) -> tuple[dict[str, Any] | None, str]:
        """(receipt, "") or (None, why the city refuses this entry for good).  CityAwayError: not now."""
        answer = self._ask("POST", "/api/entries", wire)
        receipt, reason = answer.table(), answer.reason()
        if answer.status == 200 and receipt is not None:
            return receipt, ""
        if answer.status in REFUSED_FOR_GOOD and reason is not None:
            return None, f"{answer.status}: {reason.en}"
        raise self._away(answer)

    def head(self) -> str:
        """The signed head of its log."""
        answer = self._ask("GET", "/api/log/checkpoint", b"")
        if answer.status != 200:
            raise self._away(answer)
        return answer.content.decode("utf-8", "replace")

    def growth(self, old: int, new: int) -> tuple[bytes, ...]:
        """Hashes of the proof that its log of `new` entries begins with that of `old`; none prove nothing."""
        found = self._table("GET", f"/api/log/consistency?old={old}&new={new}").get("hashes")
        if not isinstance(found, list):
            return ()
        hashes = found[:MAX_PROOF_HASHES]
        if not all(isinstance(one, str) and HASH.fullmatch(one) for one in hashes):
            return ()
        return tuple(bytes.fromhex(one) for one in hashes)

    def get_signed(self, target: str) -> bytes:
        """What it gives to this server alone; CityRefusesError when it gives this server nothing."""
        return self._signed("GET", target, b"")

    def post_signed(self, target: str, body: bytes) -> bytes:
        """What it answers to what this server tells it; CityRefusesError when it takes nothing from this server."""
        return self._signed("POST", target, body)

    def _signed(self, method: str, target: str, body: bytes) -> bytes:
        header = sign_request(self._signer, method, target, body, int(time.time()))
        answer = self._ask(method, target, body, {"Authorization": header})
        if answer.status in {401, 403}:
            raise CityRefusesError(Phrase("city_refuses_server", url=self._url, why=answer.reason()))
        if answer.status != 200:
            raise self._away(answer)
        return answer.content

    def _table(self, method: str, target: str) -> dict[str, Any]:
        answer = self._ask(method, target, b"")
        table = answer.table()
        if answer.status != 200 or table is None:
            raise self._away(answer)
        return table

    def _away(self, answer: Answer) -> CityAwayError:
        return CityAwayError(
            Phrase(
                "city_cannot_now",
                url=self._url,
                status=answer.status,
                why=answer.reason() or Phrase("not_an_answer_of_ours"),
            )
        )

    def _ask(self, method: str, target: str, body: bytes, headers: dict[str, str] | None = None) -> Answer:
        ends_s = time.monotonic() + 2 * TIMEOUT_S + len(body) / SLOWEST_BYTES_PER_S
        sent = {"Content-Type": "application/json", "Accept-Encoding": "identity", **(headers or {})}
        try:
            with self._client.stream(
                method, self._url + target, content=body or None, headers=sent, timeout=TIMEOUT_S
            ) as response:
                content = bytearray()
                for piece in response.iter_raw():
                    content += piece
                    if len(content) > MAX_ANSWER_BYTES or time.monotonic() > ends_s:
                        raise CityAwayError(Phrase("city_answer_too_long", url=self._url))
                return Answer(response.status_code, bytes(content))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise CityAwayError(Phrase("city_no_answer", url=self._url, why=type(error).__name__)) from None

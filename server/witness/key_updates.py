"""Telling the witness what the root key said of keys, before a head is signed that needs it and after a rotation.

Input is the log; output is the witness's count of what it knows.  A witness of another make has no such route and is
told nothing.  A witness that was told other entries than these refuses, which is an alarm there and here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx
from sqlalchemy import Connection, select

from server.log.heads import Heads
from server.log.proven_records import records_at
from server.store.db import Database
from server.store.schema import IS_ACCEPTED, entries, keys
from server.verifier.strict import write_exact
from server.witness.succession import MAX_TOLD_BYTES, digest_of, told_of
from sweep.entry import notes
from sweep.entry.kinds import KEY_KINDS
from sweep.phrases import Phrase

ASK_TIMEOUT_S = 10.0
MAX_REPLY_BYTES = 1024 * 1024  # derived: the forks of a log, with their heads
FULL_BYTES = MAX_TOLD_BYTES - 2 * notes.MAX_NOTE_BYTES
MOST_TELLINGS = 50  # guessed: twenty thousand keys; what is left is told a minute later


class RefusedError(RuntimeError):
    """The witness does not take what it is told; the message is one line."""

    def __init__(self, phrase: Phrase, *, is_contradicted: bool) -> None:
        """`is_contradicted`: what the witness knows and what this log says cannot both be."""
        super().__init__(phrase)
        self.is_contradicted = is_contradicted


@dataclass(frozen=True, slots=True)
class Known:
    """What a witness knows of the root key's entries."""

    count: int
    digest: str
    forks: int
    """Forks of this log that two persons there have to decide."""


def tell_keys(db: Database, heads: Heads, url: str, client: httpx.Client) -> Known | None:
    """Let the witness know every entry of the root key; None when it has no such route.

    Raises RefusedError, and httpx.HTTPError when it cannot be reached.
    """
    with db.read() as connection:
        origin = heads.origin(connection)
    answer = request(client, "GET", f"{url.rstrip('/')}/keys", params={"origin": origin})
    if answer.status_code == 404:
        return None
    known = _known(answer)
    for _ in range(MOST_TELLINGS):
        with db.read() as connection:
            told = _next_telling(connection, heads, known)
        if told is None:
            return known
        before, known = known, _known(request(client, "POST", f"{url.rstrip('/')}/add-keys", content=told))
        if known.count <= before.count:
            raise RefusedError(Phrase("witness_takes_nothing"), is_contradicted=False)
    return known


def request(client: httpx.Client, method: str, url: str, **options: Any) -> httpx.Response:
    """The answer of a witness, no longer than it may be; httpx.HTTPError."""
    with client.stream(method, url, timeout=ASK_TIMEOUT_S, **options) as answer:
        text = b""
        for piece in answer.iter_bytes():
            text += piece
            if len(text) > MAX_REPLY_BYTES:
                raise httpx.ReadError(str(Phrase("witness_answer_too_long")))
        return httpx.Response(answer.status_code, headers=answer.headers, content=text)


def _next_telling(connection: Connection, heads: Heads, known: Known) -> bytes | None:
    """What the witness does not know yet, as much as one telling holds; None when it knows all."""
    roots = select(keys.c.key_id).where(keys.c.role == "root")
    by_root = entries.c.kind.in_(sorted(KEY_KINDS)) & entries.c.key_id.in_(roots)
    statement = select(entries.c.log_index, entries.c.entry_hash).where(IS_ACCEPTED, by_root)
    rows = connection.execute(statement.order_by(entries.c.log_index)).all()
    if known.count > len(rows):
        raise RefusedError(
            Phrase("witness_knows_other_count", witness=known.count, own=len(rows)),
            is_contradicted=True,
        )
    is_same = digest_of(row.entry_hash for row in rows[: known.count]) == known.digest
    first = known.count if is_same else 0  # from the start: it shows what contradicts
    records: list[dict[str, Any]] = []
    size = 0
    for record in records_at(connection, [row.log_index for row in rows[first:]], "structure"):
        size += len(write_exact(record)) + 1
        if size > FULL_BYTES and records:
            break
        records.append(record)
    return told_of(first, heads.note(connection), records) if records else None


def _known(answer: httpx.Response) -> Known:
    if answer.status_code != 200:
        raise RefusedError(
            Phrase("witness_keys_refused", why=first_line(answer)), is_contradicted=answer.status_code in {409, 422}
        )
    parts = answer.text.split("\n")
    if len(parts) != 4 or not _is_count(parts[0]) or not _is_count(parts[2]) or parts[3]:
        raise RefusedError(Phrase("witness_keys_answer_invalid"), is_contradicted=False)
    return Known(int(parts[0]), parts[1], int(parts[2]))


def first_line(answer: httpx.Response) -> str:
    """Status and first line of an answer."""
    return f"{answer.status_code}: {answer.text.splitlines()[0][:200] if answer.text else ''}"


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 16

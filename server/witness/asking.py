"""Asking the witness: the server's side of C2SP `tlog-witness`, once a minute while the log grows.

Input is the signed head of the tree; output is the head with the witness's line in the table of checkpoints, or an
alarm when the witness does not sign because the log is not what it remembers.  A witness that cannot be reached changes
nothing but what exports say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import httpx
from sqlalchemy import Connection, insert, select, update

from server.log import tiles
from server.log.heads import Heads
from server.store.alarms import raise_alarm
from server.store.clock import now_ms
from server.store.db import Database
from server.store.schema import checkpoints
from server.witness.book import SIZE_TEXT, request_of
from sweep.entry import notes

ASK_TIMEOUT_S = 10.0
MAX_REPLY_BYTES = notes.MAX_NOTE_BYTES
State = Literal["signed", "nothing_new", "unreachable", "refused"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking."""

    state: State
    size: int
    detail: str = ""


def cosigned(connection: Connection, key: notes.VerifierKey | None, size: int | None = None) -> str | None:
    """The latest head, or that of `size`, which this witness signed; None when there is none."""
    if key is None:
        return None
    statement = select(checkpoints.c.note).order_by(checkpoints.c.size.desc())
    if size is not None:
        statement = statement.where(checkpoints.c.size == size)
    for note in connection.scalars(statement.limit(100)):
        try:
            if notes.cosigned_at(notes.parse_note(note), key) is not None:
                return str(note)
        except notes.NoteError:
            continue
    return None


def ask(db: Database, heads: Heads, key: notes.VerifierKey, url: str, client: httpx.Client) -> Asked:
    """Have the head of the log as it is signed by the witness, unless it is already."""
    with db.read() as connection:
        size = tiles.tree_size(connection)
        last = cosigned(connection, key)
        old = 0 if last is None else notes.parse_checkpoint(notes.parse_note(last).text).size
        if size == old:
            return Asked("nothing_new", size)
        note = heads.note(connection, size)
    try:
        answer = _post(client, url, _request(db, old, size, note))
        told = _size_in(answer)
        if told is not None and old != told <= size:  # it remembers another head than this server: on from there
            answer = _post(client, url, _request(db, told, size, note))
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Asked("unreachable", size, (str(error).splitlines() or [type(error).__name__])[0][:200])
    if answer.status_code != 200:
        detail = f"{answer.status_code}: {answer.text.splitlines()[0][:200] if answer.text else ''}"
        if answer.status_code in {409, 422}:
            with db.write() as connection:
                raise_alarm(connection, "witness_refused", key_id=None, sweep_id=None, log_index=size - 1)
            return Asked("refused", size, detail)
        return Asked("unreachable", size, detail)
    line = answer.text
    try:
        held = notes.cosigned_at(notes.parse_note(note + line), key)
    except notes.NoteError as error:
        return Asked("unreachable", size, str(error))
    if held is None:
        return Asked("unreachable", size, "its answer holds no line of its key")
    with db.write() as connection:
        _keep(connection, size, note + line)
    return Asked("signed", size)


def _request(db: Database, old: int, size: int, note: str) -> bytes:
    with db.read() as connection:
        proof = tiles.prove_consistency(connection, old, size) if 0 < old <= size else ()
    return request_of(old, proof, note)


def _post(client: httpx.Client, url: str, body: bytes) -> httpx.Response:
    with client.stream("POST", f"{url.rstrip('/')}/add-checkpoint", content=body, timeout=ASK_TIMEOUT_S) as answer:
        text = b""
        for piece in answer.iter_bytes():
            text += piece
            if len(text) > MAX_REPLY_BYTES:
                raise httpx.ReadError("the witness answers at too great a length")
        return httpx.Response(answer.status_code, headers=answer.headers, content=text)


def _size_in(answer: httpx.Response) -> int | None:
    text = answer.text.strip()
    if answer.status_code != 409 or not answer.headers.get("content-type", "").startswith(SIZE_TEXT):
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 16 else None


def _keep(connection: Connection, size: int, note: str) -> None:
    """Remember a head with the line; another witness's line of the same head stays beside it."""
    known = connection.scalar(select(checkpoints.c.note).where(checkpoints.c.size == size))
    if known is None:
        connection.execute(insert(checkpoints).values(size=size, note=note, signed_ms=now_ms()))
        return
    lines = [line for line in note.rpartition("\n\n")[2].splitlines(keepends=True) if line not in known]
    values = {"note": known + "".join(lines), "signed_ms": now_ms()}
    connection.execute(update(checkpoints).where(checkpoints.c.size == size).values(**values))

"""Time stamps by a third party (RFC 3161) on heads of the log, once a day where a service is configured.

Input is a signed head; output is the service's token beside it in the table of checkpoints, verified against the roots
that the operator trusts, or the reason why there is none.  A token says that the head existed at that time; it does not
say that the head is the log's only one: that is what a witness is for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import httpx
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)
from sqlalchemy import Connection, func, insert, select, update

from server.log import tiles
from server.log.heads import Heads
from server.store.clock import now_ms
from server.store.db import Database
from server.store.schema import checkpoints
from sweep.entry import crypto
from sweep.phrases import Phrase

QUERY_TYPE = "application/timestamp-query"  # RFC 3161, section 3.4
ASK_TIMEOUT_S = 20.0
MAX_REPLY_BYTES = 64 * 1024  # guessed: a token with a chain of certificates takes 6 kB
EVERY_MS = 24 * 3600 * 1000


class StampError(RuntimeError):
    """No time stamp: the message is one line."""


@dataclass(frozen=True, slots=True)
class Stamped:
    """What came of asking."""

    state: Literal["stamped", "nothing_new", "not_due"]
    size: int


def stamp(url: str, note: str, roots: Path, client: httpx.Client) -> bytes:
    """The service's answer for the text of a note (DER), verified; raises StampError."""
    request = TimestampRequestBuilder(data=note.encode(), hash_algorithm=HashAlgorithm.SHA256).build()
    try:
        answer = client.post(
            url, content=request.as_bytes(), headers={"Content-Type": QUERY_TYPE}, timeout=ASK_TIMEOUT_S
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise StampError(f"{url}: {(str(error).splitlines() or [type(error).__name__])[0][:200]}") from None
    if answer.status_code != 200 or len(answer.content) > MAX_REPLY_BYTES:
        raise StampError(Phrase("not_a_time_stamp", url=url, status=answer.status_code, octets=len(answer.content)))
    verify_stamp(answer.content, note, roots, nonce=request.nonce)
    return answer.content


def verify_stamp(token: bytes, note: str, roots: Path, *, nonce: int | None = None) -> datetime:
    """When the service saw this note; raises StampError unless the token is of it and leads to a trusted root."""
    builder = VerifierBuilder(nonce=nonce)
    try:
        certificates = crypto.read_certificates(roots.read_bytes())
    except (OSError, ValueError) as error:
        raise StampError(Phrase("place_and_reason", place=roots, why=error)) from None
    for certificate in certificates:
        builder = builder.add_root_certificate(certificate)
    response = _decode(token)
    try:
        builder.build().verify_message(response, note.encode())
    except (VerificationError, ValueError) as error:
        raise StampError(Phrase("time_stamp_invalid", why=error)) from None
    return response.tst_info.gen_time


def stamp_head(db: Database, heads: Heads, url: str, roots: Path, client: httpx.Client) -> Stamped:
    """Stamp the head of the log when a day has passed since the last stamp and the log grew; raises StampError."""
    with db.read() as connection:
        size = tiles.tree_size(connection)
        last = connection.execute(
            select(checkpoints.c.size, checkpoints.c.stamped_ms)
            .where(checkpoints.c.stamped_ms.is_not(None))
            .order_by(checkpoints.c.stamped_ms.desc())
            .limit(1)
        ).one_or_none()
        if last is not None and last.size == size:
            return Stamped("nothing_new", size)
        if last is not None and 0 <= now_ms() - last.stamped_ms < EVERY_MS:
            return Stamped("not_due", size)
        note = heads.note(connection, size)
    token = stamp(url, note.rpartition("\n\n")[0] + "\n", roots, client)
    with db.write() as connection:
        _keep(connection, size, note, token)
    return Stamped("stamped", size)


def stamps(connection: Connection) -> list[tuple[int, str, bytes]]:
    """(size, note, token) of every head that was stamped, oldest first."""
    statement = select(checkpoints.c.size, checkpoints.c.note, checkpoints.c.stamp)
    rows = connection.execute(statement.where(checkpoints.c.stamp.is_not(None)).order_by(checkpoints.c.size))
    return [(row.size, row.note, row.stamp) for row in rows]


def _keep(connection: Connection, size: int, note: str, token: bytes) -> None:
    values = {"stamp": token, "stamped_ms": now_ms()}
    if connection.scalar(select(func.count()).where(checkpoints.c.size == size)):
        connection.execute(update(checkpoints).where(checkpoints.c.size == size).values(**values))
    else:
        connection.execute(insert(checkpoints).values(size=size, note=note, signed_ms=now_ms(), **values))


def _decode(token: bytes) -> TimeStampResponse:
    try:
        return decode_timestamp_response(token)
    except ValueError as error:
        raise StampError(Phrase("time_stamp_not_received", why=error)) from None

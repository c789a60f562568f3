"""Asking the witness: the server's side of C2SP `tlog-witness`, once a minute while the log grows.

Input is the signed head of the tree; output is the head with the witness's line in the table of checkpoints, or an
alarm when the witness does not sign because the log is not what it remembers, with the head that it remembers beside
this log's own.  A witness that cannot be reached changes nothing but what exports say.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import httpx
from sqlalchemy import Connection, insert, select, update

from server.log import tiles
from server.log.heads import Heads
from server.signing.keys import find_key
from server.store.alarms import raise_alarm
from server.store.clock import now_ms
from server.store.db import Database
from server.store.schema import checkpoints
from server.verifier.strict import read_json
from server.witness.found_forks import keep_foreign, settle, unsettled
from server.witness.key_updates import MAX_REPLY_BYTES, Known, RefusedError, first_line, request, tell_keys
from server.witness.witness_state import SIZE_TEXT, request_of
from sweep.entry import notes
from sweep.entry.dsse import key_id_of

State = Literal["signed", "nothing_new", "unreachable", "refused"]
TRIES = 3  # guessed: another process of this server may ask at the same time


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking."""

    state: State
    size: int
    detail: str = ""
    forks: int = 0
    """Heads of this log that are not of this log, and nobody has settled."""


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


def witnessed_ms(connection: Connection, key: notes.VerifierKey | None) -> int | None:
    """When this witness signed the latest head that it signed; None when it did not."""
    note = cosigned(connection, key)
    seconds = None if note is None or key is None else notes.cosigned_at(notes.parse_note(note), key)
    return None if seconds is None else seconds * 1000


def ask(db: Database, heads: Heads, key: notes.VerifierKey, url: str, client: httpx.Client) -> Asked:
    """Tell the witness what it does not know of keys and have the head of the log signed, unless it is already."""
    shown: list[str] = []
    known: Known | None = None
    try:
        known = tell_keys(db, heads, url, client)
        asked, told = _have_signed(db, heads, key, url, client)
        if known is not None and known.forks:
            shown += _forks_at(db, heads, url, client)
        if asked.state == "refused" and told is not None:
            shown += _last_at(db, heads, url, client)
    except RefusedError as error:
        asked, told = Asked("refused", _size(db), str(error)), 0 if error.is_contradicted else None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Asked("unreachable", _size(db), (str(error).splitlines() or [type(error).__name__])[0][:200])
    is_settled = asked.state in {"signed", "nothing_new"} and (known is None or not known.forks)
    with db.read() as connection:
        is_quiet = not shown and unsettled(connection) == 0 and asked.state != "refused"
        signed = _size_signed(connection, key)
    if is_quiet and (told is None or told >= signed):
        return asked
    with db.write() as connection:
        keep_foreign(connection, heads, shown)
        if asked.state == "refused" and told is not None:
            _alarm(connection, "witness_refused", signed, told)
        elif told is not None and told < signed:
            _alarm(connection, "witness_forgot", signed, told)
        if is_settled:
            settle(connection)
        return replace(asked, forks=unsettled(connection))


def _have_signed(
    db: Database, heads: Heads, key: notes.VerifierKey, url: str, client: httpx.Client
) -> tuple[Asked, int | None]:
    """What came of it, and the size that the witness remembered where it said one; httpx.HTTPError."""
    with db.read() as connection:
        size, old = tiles.tree_size(connection), _size_signed(connection, key)
    if size == old:
        return Asked("nothing_new", size), None
    asked_of, told, note, answer = old, None, "", httpx.Response(409)
    for _ in range(TRIES):
        with db.read() as connection:
            size = tiles.tree_size(connection)  # anew: another process of this server may have asked just now
            if asked_of > size:
                break
            note = heads.note(connection, size)
            proof = tiles.prove_consistency(connection, asked_of, size) if asked_of else ()
        answer = request(client, "POST", f"{url.rstrip('/')}/add-checkpoint", content=request_of(asked_of, proof, note))
        said = _size_in(answer)
        if said is None:
            break
        told = said
        if said == asked_of:
            break
        asked_of = said  # it remembers another head than this server: on from there
    if answer.status_code == 200:
        return _signed(db, key, size, note, answer.text), told
    if answer.status_code in {409, 422}:
        return Asked("refused", size, first_line(answer)), asked_of
    if answer.status_code == 403:
        return Asked("refused", size, first_line(answer) + _revoked(db, heads)), None
    return Asked("unreachable", size, first_line(answer)), None


def _signed(db: Database, key: notes.VerifierKey, size: int, note: str, line: str) -> Asked:
    try:
        held = notes.cosigned_at(notes.parse_note(note + line), key)
    except notes.NoteError as error:
        return Asked("unreachable", size, str(error))
    if held is None:
        return Asked("unreachable", size, "its answer holds no line of its key")
    with db.write() as connection:
        _keep(connection, size, note + line)
    return Asked("signed", size)


def _revoked(db: Database, heads: Heads) -> str:
    """Words for a server that still signs with the key that was replaced."""
    with db.read() as connection:
        key = find_key(connection, key_id_of(heads.verifier_key(connection).public_key))
    is_revoked = key is not None and key.revoked_from_index is not None
    return "; this server's key is revoked: restart the server" if is_revoked else ""


def _forks_at(db: Database, heads: Heads, url: str, client: httpx.Client) -> list[str]:
    """Heads in the forks that the witness keeps of this log; nothing when it shows something else."""
    with db.read() as connection:
        origin = heads.origin(connection)
    answer = request(client, "GET", f"{url.rstrip('/')}/forks", params={"origin": origin})
    try:
        found = read_json(answer.content, max_bytes=MAX_REPLY_BYTES) if answer.status_code == 200 else []
        open_ones = [fork for fork in found if fork["decision"] is None]
        return [str(head) for fork in open_ones for head in (fork["remembered"], *fork["refused"])]
    except (ValueError, KeyError, TypeError):
        return []


def _last_at(db: Database, heads: Heads, url: str, client: httpx.Client) -> list[str]:
    """The head that the witness remembers."""
    with db.read() as connection:
        origin = heads.origin(connection)
    answer = request(client, "GET", f"{url.rstrip('/')}/last", params={"origin": origin})
    return [answer.text] if answer.status_code == 200 else []


def _size(db: Database) -> int:
    with db.read() as connection:
        return tiles.tree_size(connection)


def _size_signed(connection: Connection, key: notes.VerifierKey) -> int:
    """Size of the last head that the witness signed."""
    last = cosigned(connection, key)
    return 0 if last is None else notes.parse_checkpoint(notes.parse_note(last).text).size


def _size_in(answer: httpx.Response) -> int | None:
    text = answer.text.strip()
    if answer.status_code != 409 or not answer.headers.get("content-type", "").startswith(SIZE_TEXT):
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 16 else None


def _alarm(connection: Connection, code: str, signed: int, told: int) -> None:
    """Raise an alarm once for what was signed last and what the witness remembers, however long it lasts."""
    first, other = (size - 1 if size else None for size in (signed, told))
    raise_alarm(connection, code, key_id=None, sweep_id=None, log_index=first, other_log_index=other)


def _keep(connection: Connection, size: int, note: str) -> None:
    """Remember a head with the line; another witness's line of the same head stays beside it."""
    known = connection.scalar(select(checkpoints.c.note).where(checkpoints.c.size == size))
    if known is None:
        connection.execute(insert(checkpoints).values(size=size, note=note, signed_ms=now_ms()))
        return
    lines = [line for line in note.rpartition("\n\n")[2].splitlines(keepends=True) if line not in known]
    values = {"note": known + "".join(lines), "signed_ms": now_ms()}
    connection.execute(update(checkpoints).where(checkpoints.c.size == size).values(**values))

"""Documents of several processes on one PostgreSQL: whoever asks any of them sees all of its own, and gets them.

Input is what the process that makes a document says of it, and its file; output are the same for every other process.
A finished one is kept in pieces, in object storage or, without one, in the database, sealed under a key of its own that
lies as a file beside the keys of bodies: who removes it erases every copy.  Nothing here waits for the log's writer.
"""

from __future__ import annotations

import json
import os
import secrets
import uuid
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or_update
from sqlalchemy.exc import IntegrityError

from server.store.crypto.body_keys import BodyKeys, overwrite_and_unlink
from server.store.db import Database
from server.store.faults import StorageError
from server.store.schema import document_pieces, documents
from server.store.turns import NOW_US
from sweep.entry.crypto import decrypt, encrypt

PIECE_BYTES = 1024 * 1024
NONCE_BYTES, KEY_BYTES = 12, 32
DOMAIN = b"ansim-document-piece-v1\x00"
FOLDER = "documents"
"""Of the keys, beside those of bodies, and of the objects."""
KEPT_US = 3_600_000_000  # as export_queue.KEPT_S
SILENT_US = 30_000_000  # derived: six times as long as its process is silent about one that is being made
_GONE = documents.c.told_us < NOW_US - KEPT_US


@dataclass(frozen=True, slots=True)
class Told:
    """What a process said of a document last."""

    job_id: UUID
    user_id: UUID
    said: Mapping[str, Any]
    is_silent: bool
    """Was it said so long ago that its process is gone?"""


class SharedDocuments:
    """What one process tells the others, and they tell it; every method asks the database, so call it in a thread."""

    def __init__(self, db: Database, body_keys: BodyKeys) -> None:
        """`body_keys`: beside its file the keys of documents lie."""
        self._db, self._folder = db, body_keys.path.parent / FOLDER
        self._process_id = uuid.uuid4().hex

    def tell(self, said: Mapping[UUID, tuple[UUID, Mapping[str, Any]]], gone: Collection[UUID]) -> set[UUID]:
        """Say how documents of this process are, by id with whose they are; `gone`: forget these.

        Returns which of its own somebody cancelled elsewhere.
        """
        own = documents.c.process_id == self._process_id
        cancelled = select(documents.c.job_id).where(own, documents.c.is_cancelled)
        if not said and not gone:  # as every second in which there is nothing to say
            return self._db.look(lambda connection: set(connection.scalars(cancelled)))
        with self._db.beside(is_durable=False) as connection:
            self._forget(connection, gone)
            for job_id, (user_id, words) in said.items():
                values = {"told_us": NOW_US, "told_json": json.dumps(words, ensure_ascii=False)}
                new = insert_or_update(documents).values(
                    job_id=job_id, process_id=self._process_id, user_id=user_id, **values
                )
                connection.execute(new.on_conflict_do_update(index_elements=["job_id"], set_=values))
            return set(connection.scalars(cancelled))

    def others(self, user_id: UUID, job_id: UUID | None = None) -> list[Told]:
        """A person's documents that other processes make or made, newest first; or this one alone."""
        silent = (documents.c.told_us < NOW_US - SILENT_US).label("is_silent")
        wanted = select(documents.c.job_id, documents.c.user_id, documents.c.told_json, silent).where(
            documents.c.user_id == user_id,
            documents.c.process_id != self._process_id,
            ~documents.c.is_cancelled,
            ~_GONE,
        )
        if job_id is not None:
            wanted = wanted.where(documents.c.job_id == job_id)
        with self._db.read() as connection:
            rows = connection.execute(wanted.order_by(documents.c.job_id.desc())).all()
        return [Told(row.job_id, row.user_id, json.loads(row.told_json), row.is_silent) for row in rows]

    def cancel(self, job_id: UUID) -> None:
        """Have whoever makes it forget it; nobody sees it any more."""
        with self._db.beside(is_durable=False) as connection:
            connection.execute(update(documents).where(documents.c.job_id == job_id).values(is_cancelled=True))
            self._drop_pieces(connection, [job_id])

    def keep(self, job_id: UUID, path: Path) -> None:
        """Keep a finished document, which was told of before, where every process finds it."""
        with self._db.beside(is_durable=False) as connection:
            self._drop_pieces(connection, [job_id])  # of a try that the database broke off
        key = self._new_key(job_id)
        with path.open("rb") as file, suppress(IntegrityError):  # it was forgotten meanwhile
            for number in count():
                piece = file.read(PIECE_BYTES)
                if not piece:
                    return
                nonce = secrets.token_bytes(NONCE_BYTES)
                self._keep_piece(job_id, number, nonce + encrypt(key, nonce, piece, _bound(job_id, number)))

    def _keep_piece(self, job_id: UUID, number: int, sealed: bytes) -> None:
        objects = self._db.objects
        if objects is not None and not objects.is_away:
            with suppress(StorageError):
                objects.put({_object(job_id, number): sealed}, is_read_soon=False)
                return
        with self._db.beside(is_durable=False) as connection:
            connection.execute(insert(document_pieces).values(job_id=job_id, number=number, sealed=sealed))

    def pieces(self, job_id: UUID, size: int) -> Iterator[bytes]:
        """A finished document piece by piece; FileNotFoundError when it is gone, perhaps in between."""
        key = self._key_path(job_id).read_bytes()
        for number in range(-(-size // PIECE_BYTES)):
            where = (document_pieces.c.job_id == job_id) & (document_pieces.c.number == number)
            with self._db.read() as connection:
                sealed = connection.scalar(select(document_pieces.c.sealed).where(where))
            if sealed is None and self._db.objects is not None:
                sealed = self._db.objects.get(_object(job_id, number))
            if sealed is None:
                raise FileNotFoundError(job_id)
            yield decrypt(key, sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound(job_id, number))

    def drop_outdated(self, times_destroyed: int) -> None:
        """Erase what was made before keys of bodies were destroyed last, by whatever process: its key goes."""
        with self._db.read() as connection:
            rows = connection.execute(select(documents.c.job_id, documents.c.told_json)).all()
        said = [(row.job_id, json.loads(row.told_json)) for row in rows]
        old = [job_id for job_id, words in said if words["state"] == "ready" and words["made_after"] != times_destroyed]
        if old:
            with self._db.beside(is_durable=False) as connection:
                self._drop_pieces(connection, old)

    def clear(self) -> None:
        """Remove what nobody wants any more: documents of an hour ago, keys without one, and pieces without a key."""
        with self._db.beside(is_durable=False) as connection:
            self._forget(connection, connection.scalars(select(documents.c.job_id).where(_GONE)).all())
            known = {str(job_id) for job_id in connection.scalars(select(documents.c.job_id))}
        for path in self._folder.glob("*") if self._folder.is_dir() else ():
            if path.name not in known:
                overwrite_and_unlink(path)
        if self._db.objects is not None:
            for some in self._db.objects.sizes(FOLDER):
                self._db.objects.delete([name for name in some if name.split("/")[1] not in known])

    def _forget(self, connection: Connection, gone: Collection[UUID]) -> None:
        if gone:
            self._drop_pieces(connection, gone)
            connection.execute(delete(documents).where(documents.c.job_id.in_(gone)))

    def _drop_pieces(self, connection: Connection, gone: Collection[UUID]) -> None:
        """Erase by the key; what lies in object storage is swept up by `clear`."""
        for job_id in gone:
            overwrite_and_unlink(self._key_path(job_id))
        connection.execute(delete(document_pieces).where(document_pieces.c.job_id.in_(gone)))

    def _key_path(self, job_id: UUID) -> Path:
        return self._folder / str(job_id)

    def _new_key(self, job_id: UUID) -> bytes:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = secrets.token_bytes(KEY_BYTES)
        descriptor = os.open(self._key_path(job_id), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(key)
        return key


def _bound(job_id: UUID, number: int) -> bytes:
    return DOMAIN + job_id.bytes + number.to_bytes(4, "big")


def _object(job_id: UUID, number: int) -> str:
    return f"{FOLDER}/{job_id}/{number:06}"

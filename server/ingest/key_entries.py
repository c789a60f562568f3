"""Entries about keys take effect: what the root key signed changes who may speak, from wherever it came.

Input is an accepted entry of a kind of `KEY_KINDS` with its body; output is the table of keys as the entry says, and
what waited of the key judged anew.  An entry whose statement is in force already changes nothing.
"""

from __future__ import annotations

from sqlalchemy import Connection

from server.ingest.judging import release_quarantine
from server.signing import keys
from server.signing.key_bodies import read_key_body
from server.signing.statements import said
from server.store.down_changes import note_change
from sweep.entry.envelope import Body, Envelope
from sweep.report.log_records import KeyAdmitted, KeyRevoked


def take_effect(connection: Connection, envelope: Envelope, bodies: tuple[Body, ...], log_index: int) -> None:
    """Do what an accepted entry about a key says; inside the transaction that stores it."""
    body = read_key_body(envelope, bodies)
    before = keys.find_key(connection, body.key_id)
    if isinstance(body, KeyAdmitted):
        may_correct = before is None or _may_correct(before, body) or not keys.has_spoken(connection, body.key_id)
        if may_correct and _follows(connection, before, body):
            keys.take_admission(connection, body, actor=envelope.subject)
    elif isinstance(body, KeyRevoked):
        keys.take_revocation(connection, body.key_id, min(body.from_index, log_index))
    else:
        keys.take_revocation(connection, body.key_id, None)
    said(connection, envelope.entry_id)
    note_change(connection, log_index=log_index)
    key = keys.find_key(connection, body.key_id)
    if key is not None and key != before:
        release_quarantine(connection, key)


def _follows(connection: Connection, before: keys.Key | None, said: KeyAdmitted) -> bool:
    """Does an admission make no root key but the one after the last?"""
    if before is not None:
        return "root" not in (before.role, said.role) or _may_correct(before, said)
    last = keys.current_root(connection)
    return said.role != "root" or last is None or said.predecessor == last.key_id


def _may_correct(before: keys.Key, said: KeyAdmitted) -> bool:
    """Of a key that has spoken only a relay's probes are corrected; the rest of what it is stays."""
    known = (before.role, before.probe_id, before.tenant, before.valid_from_index, before.predecessor)
    return known == (said.role, said.probe_id, said.tenant, said.valid_from_index, said.predecessor)

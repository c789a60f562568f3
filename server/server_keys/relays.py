"""Servers of Pis that an older release admitted as `server`: judged as what they are, relays of no probe yet.

Input is a database from before; output is the table of keys as pens.py reads the log, with a correction for the root
key to sign, and everything that counts no more in quarantine, each with its alarm.  Receipts stay right.  Once their
probes are named (`sweep-server enrol KEY --role relay --probe-id …`) what they said of those counts again.
"""

from __future__ import annotations

import json
from dataclasses import replace

from sqlalchemy import Connection, update

from server.ingest.judging import judge_by_role
from server.ingest.persons import ServerSigner
from server.server_keys.root import root_at_hand, sign_waiting
from server.signing import keys
from server.signing.statements import is_asked, say
from server.store.alarms import raise_alarm
from server.store.audit import record
from server.store.db import Database
from server.store.schema import keys as key_table
from server.verifier.log_signers import ITSELF, LogSigners
from sweep.entry.kinds import KEY_ADMITTED

IS_RELAY = "server_key_is_relay"


def judge_relays(db: Database, server_signer: ServerSigner) -> int:
    """Bring the servers of Pis in an older log under their rule, once; how many there were."""
    with db.read() as connection:
        if not _foreign(connection):
            return 0
    with db.write() as connection:
        found = _foreign(connection)
        for key in found:
            _correct(connection, server_signer, key)
        sign_waiting(connection, server_signer)
        return len(found)


def _foreign(connection: Connection) -> list[keys.Key]:
    """Keys that stand as pens of this log and are none, as the relays that they are."""
    pens = LogSigners()
    judged = [(key, pens.take(keys.admitted(key))) for key in keys.all_keys(connection)]
    return [replace(key, role=role) for key, role in judged if role != key.role]


def _correct(connection: Connection, server_signer: ServerSigner, key: keys.Key) -> None:
    values = {"role": key.role, "probes": json.dumps([])}
    connection.execute(update(key_table).where(key_table.c.key_id == key.key_id).values(**values))
    said, is_in_force = keys.admission(key), root_at_hand(connection, server_signer) is not None
    if not is_asked(connection, KEY_ADMITTED, said):
        say(connection, KEY_ADMITTED, said, actor=ITSELF, is_in_force=is_in_force)
    record(connection, actor=ITSELF, action="key.corrected", object_id=key.key_id, detail={"role": key.role})
    raise_alarm(connection, IS_RELAY, key_id=key.key_id, sweep_id=None, log_index=None)
    judge_by_role(connection, key)

"""The server's own keys: made at the first start, admitted, and one set for all processes that serve the database.

Input are the key files of the data folder; output is the notary that signs with them.  The database holds what the keys
are known by, never a secret.  The first process that writes it down has decided which keys are the server's; one with
other keys, or none, refuses to start until the files are copied to it.  A new server key is an explicit command, see
rotation.py.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select

from server.config.settings import Settings, SettingsError
from server.ingest.persons import ServerSigner
from server.people.devices import KnownDevices
from server.people.register import is_missing, register_missing
from server.server_keys.root import can_sign, open_root, root_at_hand, sign_waiting
from server.server_keys.rotation import KEY_FILE, take_over
from server.signing import keys
from server.store.db import Database
from server.store.schema import keys as admitted
from server.store.schema import own_keys
from server.verifier.log_signers import ITSELF, LOG_KEY_NAME
from server.verifier.signing_rules import KeyRole
from sweep.entry.dsse import Signer
from sweep.phrases import Phrase

DEMO_FILE, DEVICES_FILE = "server-demo.key", "devices.key"
FILES = (KEY_FILE, DEMO_FILE, DEVICES_FILE)
"""What every process that serves a database has in its data folder; the root key lies in one of them or elsewhere."""
SIGNERS: tuple[tuple[str, KeyRole, str], ...] = (
    (KEY_FILE, "server", "server"),
    (DEMO_FILE, "demo", "server, demo"),
)
LOG_FILE = "server-log.key"
LOG_SIGNER: tuple[str, KeyRole, str] = (LOG_FILE, "server", LOG_KEY_NAME)


def open_keys(db: Database, settings: Settings) -> tuple[ServerSigner, KnownDevices]:
    """The server's keys, made and admitted at the first start; later this only reads. A log keeps its tenant.

    A server with a city has one more, for what it says of its own log, which stays here (RELAY.md).  SettingsError, in
    one line, when the database's keys are others than those in the data folder.
    """
    with db.read() as connection:
        take_over(connection, settings.data_dir)
    _be_the_server(db, settings.data_dir)
    signer = Signer.load_or_create(settings.data_dir / KEY_FILE)
    demo_signer = Signer.load_or_create(settings.data_dir / DEMO_FILE)
    devices = KnownDevices.load_or_create(settings.data_dir / DEVICES_FILE)
    log_file = settings.data_dir / LOG_FILE
    log_signer = Signer.load_or_create(log_file) if settings.city_url or log_file.exists() else None
    key_ids = {one.key_id for one in (signer, demo_signer, log_signer) if one is not None}
    with db.read() as connection:
        own = keys.find_keys(connection, key_ids)
        tenant = own[signer.key_id].tenant if signer.key_id in own else None
    server_signer = ServerSigner(tenant or settings.tenant, signer, demo_signer, log_signer=log_signer)
    server_signer = replace(server_signer, root_signer=open_root(db, settings.data_dir, server_signer.tenant))
    with db.read() as connection:
        is_whole = len(own) == len(key_ids) and not is_missing(connection)
        if is_whole and not can_sign(connection, server_signer):
            return server_signer, devices
    with db.write() as connection:
        _admit(connection, server_signer)
        register_missing(connection)
        sign_waiting(connection, server_signer)
    return server_signer, devices


def refuse_other_folder(db: Database, folder: Path) -> None:
    """SettingsError when this folder has no key of the server whose database this is: nothing else in it fits."""
    with db.read() as connection:
        noted = _noted(connection)
    if noted and not any(_fingerprint(folder, name) == known for name, known in noted.items()):
        raise SettingsError(Phrase("folder_without_server_key", folder=folder, files=", ".join(FILES)))


def unfit_key(connection: Connection, folder: Path) -> tuple[str, str] | None:
    """A file of this folder that is missing or another than this database needs, and what is needed; None: all fit."""
    noted, before = _noted(connection), _admitted_before(connection)
    for name in _names(connection):
        needed = _needed(connection, folder, name, noted, before)
        if needed is not None:
            return name, needed
    return None


def refuse_replaced(db: Database, server_signer: ServerSigner) -> None:
    """SettingsError when this server's key was rotated while this process began, or elsewhere: it signs no more.

    On PostgreSQL it waits for whoever writes now: who rotates sees this process, or this one sees what they did.
    """
    key_id = server_signer.signer.key_id
    with db.read() if db.is_sqlite else db.write() as connection:
        key, successor = keys.find_key(connection, key_id), keys.successor_of(connection, key_id)
    if key is not None and key.revoked_from_index is not None and successor is not None:
        raise SettingsError(Phrase("server_key_replaced", key_id=key_id, new=successor, files=", ".join(FILES)))


def _admit(connection: Connection, server_signer: ServerSigner) -> None:
    is_in_force = root_at_hand(connection, server_signer) is not None
    signers = (server_signer.signer, server_signer.demo_signer, server_signer.log_signer)
    for (_, role, words), signer in zip((*SIGNERS, LOG_SIGNER), signers, strict=True):
        if (
            signer is not None and keys.find_key(connection, signer.key_id) is None
        ):  # another process may have been quicker
            keys.admit(
                connection,
                public_key=signer.public_key,
                role=role,
                probe_id=None,
                name=words,
                actor=ITSELF,
                tenant=server_signer.tenant,
                is_in_force=is_in_force,
            )


def _be_the_server(db: Database, folder: Path) -> None:
    """Write down what this folder's keys are known by, unless that is written; SettingsError when they are others."""
    with db.read() as connection:
        names, noted = _names(connection), _noted(connection)
    if all(name in noted and _fingerprint(folder, name) == noted[name] for name in names):
        return
    with db.write() as connection:
        noted, before = _noted(connection), _admitted_before(connection)
        for name in names:
            needed = _needed(connection, folder, name, noted, before)
            if needed is not None:
                raise _others(folder, name, needed)
            fingerprint = _make(folder, name)
            connection.execute(delete(own_keys).where(own_keys.c.name == name))
            connection.execute(insert(own_keys).values(name=name, fingerprint=fingerprint))


def _names(connection: Connection) -> tuple[str, ...]:
    """Of the files that have to fit: whoever is alone may forget the devices it knows."""
    return FILES[:2] if connection.dialect.name == "sqlite" else FILES


def _needed(
    connection: Connection, folder: Path, name: str, noted: dict[str, str], before: dict[str, list[str]]
) -> str | None:
    """What the key in a file has to be known by, where it is not; None: it fits, or there was none yet."""
    own, known = _fingerprint(folder, name), [noted[name]] if name in noted else before.get(name, [])
    if not known or own in known or any(_replaces(connection, own, old) for old in known):
        return None
    return known[0]


def _replaces(connection: Connection, key_id: str | None, old_id: str) -> bool:
    """Whether this key was admitted in the place of the other one, which is revoked (rotation.py)."""
    key, old = keys.find_key(connection, key_id or ""), keys.find_key(connection, old_id)
    if key is None or old is None:
        return False
    return key.line == old.line and key.revoked_from_index is None and old.revoked_from_index is not None


def _others(folder: Path, name: str, fingerprint: str) -> SettingsError:
    what = Phrase("key_file_is_another") if (folder / name).exists() else Phrase("key_file_is_missing")
    return SettingsError(
        Phrase(
            "server_key_file_unfit",
            folder=folder / name,
            what=what,
            key_id=fingerprint[:16],
            files=", ".join(FILES),
        )
    )


def _fingerprint(folder: Path, name: str) -> str | None:
    """What the key in a file is known by; None without the file."""
    return _make(folder, name) if (folder / name).exists() else None


def _make(folder: Path, name: str) -> str:
    """`_fingerprint` of a file that is made when it is not there."""
    if name == DEVICES_FILE:
        return KnownDevices.load_or_create(folder / name).fingerprint
    return Signer.load_or_create(folder / name).key_id


def _noted(connection: Connection) -> dict[str, str]:
    """What the keys of this database's server are known by, by file."""
    return {row.name: row.fingerprint for row in connection.execute(select(own_keys))}


def _admitted_before(connection: Connection) -> dict[str, list[str]]:
    """Ids of the valid keys that servers admitted for themselves before they were written down, by file."""
    statement = (
        select(admitted.c.name, admitted.c.key_id)
        .where(admitted.c.admitted_by == "system", admitted.c.revoked_from_index.is_(None))
        .order_by(admitted.c.admitted_ms)
    )
    rows = connection.execute(statement).all()
    return {name: [row.key_id for row in rows if row.name == words] for name, _, words in SIGNERS}

"""Keys and the quarantine from a terminal: `enrol`, `revoke`, `replace`, `rotate-key`, `keys`, `quarantine`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Annotated

import typer
from sqlalchemy import Connection

from server.api.app import build_services
from server.cli.base import (
    DatabaseUrl,
    DataDir,
    database_of,
    fail,
    kept_settings,
    parse_key,
    print_words,
)
from server.cli.witness import tell_witness
from server.config.settings import Settings
from server.ingest import quarantine
from server.ingest.judging import quarantined_of_admitted, release_quarantine
from server.ingest.persons import ServerSigner
from server.interface.fields import SLUG
from server.relay.telling_keys import districts_by_key, districts_of, let_tell
from server.server_keys.root import root_at_hand, sign_waiting
from server.server_keys.rotation import rotate, take_over
from server.serving.sole_server import nobody_serves, refuse_servers
from server.signing import keys
from server.store.erasure import destroy_dead_keys
from server.verifier.signing_rules import KeyRole
from server.witness.found_forks import found_forks
from sweep.phrases import Phrase
from sweep.report import display_text
from sweep.report.log_records import RELAYS

_ROLES: dict[str, KeyRole] = {
    "probe": "probe",
    "demo": "demo",
    "relay": "relay",
    "demo-relay": "demo-relay",
    "witness": "witness",
    "server": "relay",  # as older releases called it: nobody but a server itself makes its own key
    "demo-server": "demo-relay",
}
KeyIdArgument = Annotated[str, typer.Argument(help="16 hexadecimal digits, as `sweep key` and `keys` print them.")]


def enrol(
    public_key: Annotated[str, typer.Argument(help="64 hexadecimal digits, as `sweep key` prints them.")],
    role: Annotated[
        str, typer.Option(help="probe, demo, relay (a Pi's server), demo-relay (its demonstrations) or witness.")
    ],
    name: Annotated[str, typer.Option(help="Display name.")],
    probe_id: Annotated[
        list[str] | None,
        typer.Option(help="Probe of this key; for the key of a Pi's server, each probe beside it."),
    ] = None,
    tells_for: Annotated[
        list[str] | None,
        typer.Option(help="District of which the key of its server, or of its city's, tells this one; each once."),
    ] = None,
    tenant: Annotated[
        str | None, typer.Option(help="District of the key; default: the first of --tells-for, or this server's.")
    ] = None,
    from_index: Annotated[int, typer.Option(min=0, help="Log index from which it counts; 0: everything it sent.")] = 0,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Admit a key. Its entries that waited in quarantine are judged anew."""
    kept = _ROLES.get(role)
    if kept is None:
        fail("option_one_of", option="--role", choices=", ".join(sorted({*_ROLES.values()})))
    probes, told_of = probe_id or [], tells_for or []
    if any(re.fullmatch(SLUG, one) is None for one in probes):
        fail("probe_id_invalid")
    if kept in {"probe", "demo"} and len(probes) != 1:
        fail("probe_id_needed")
    if told_of and (kept != "relay" or probes):
        fail("tells_for_alone")
    if kept in RELAYS and not probes and not told_of:
        fail("relay_probes_needed")
    if kept == "witness" and probes:
        fail("witness_key_without_probe_id")
    if any(re.fullmatch(SLUG, one) is None for one in (*told_of, *filter(None, [tenant]))):
        fail("tenant_invalid")
    _, public = parse_key(public_key)
    with _key_act(kept_settings(data_dir, database_url)) as (connection, server_signer, is_in_force):
        key = keys.admit(
            connection,
            public_key=public,
            role=kept,
            probe_id=probes[0] if kept in {"probe", "demo"} else None,
            probes=frozenset(probes) if kept in RELAYS else frozenset(),
            name=display_text(name, limit=100),
            actor="sweep-server",
            tenant=tenant or next(iter(told_of), server_signer.tenant),
            valid_from_index=from_index,
            is_in_force=is_in_force,
        )
        let_tell(connection, key.key_id, told_of, actor="sweep-server")
        told = _judged(connection, key, is_in_force)
    if is_in_force:
        print_words("key_is_admitted", key_id=key.key_id, role=kept, told=told)
    else:
        print_words("key_is_to_be_admitted", key_id=key.key_id, role=kept, told=told)


def revoke(
    key_id: KeyIdArgument,
    reason: Annotated[str, typer.Option(help="Reason; it is recorded.")],
    from_index: Annotated[
        int | None, typer.Option(min=0, help="Log index from which nothing of it counts; default: now.")
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Reinstate the key.")] = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Revoke a key: what it sends from then on is quarantined. `--undo` reinstates it."""
    why = display_text(reason, limit=300)
    actor = "sweep-server"
    with _key_act(kept_settings(data_dir, database_url)) as (connection, _, is_in_force):
        if undo:
            key = keys.reinstate(connection, key_id, actor=actor, reason=why, is_in_force=is_in_force)
        else:
            key = keys.revoke(
                connection, key_id, actor=actor, reason=why, from_index=from_index, is_in_force=is_in_force
            )
        told = _judged(connection, key, is_in_force)
    match undo, is_in_force:
        case True, True:
            print_words("key_counts_again", key_id=key_id, told=told)
        case True, False:
            print_words("key_is_to_count_again", key_id=key_id, told=told)
        case False, True:
            print_words("key_is_revoked", key_id=key_id, index=key.revoked_from_index, told=told)
        case _:
            print_words("key_is_to_be_revoked", key_id=key_id, told=told)


def replace(
    key_id: KeyIdArgument,
    public_key: Annotated[str, typer.Argument(help="The new key: 64 hexadecimal digits, as `sweep key` prints them.")],
    reason: Annotated[str, typer.Option(help="Reason; it is recorded.")],
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Replace a probe's key: the new one is admitted like the old one, which is revoked from now on."""
    _, public = parse_key(public_key)
    why = display_text(reason, limit=300)
    with _key_act(kept_settings(data_dir, database_url)) as (connection, _, is_in_force):
        key = keys.replace_key(
            connection, key_id, public_key=public, actor="sweep-server", reason=why, is_in_force=is_in_force
        )
        let_tell(connection, key.key_id, districts_of(connection, key_id), actor="sweep-server")
        told = _judged(connection, key, is_in_force)
    if is_in_force:
        print_words("key_replaces", key_id=key.key_id, old=key_id, told=told)
    else:
        print_words("key_is_to_replace", key_id=key.key_id, old=key_id, told=told)


def rotate_key(
    reason: Annotated[str, typer.Option(help="Reason; it is recorded.")],
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Rotate this server's key; stop the server first. Probes accept the new key by the root key's signature."""
    settings = kept_settings(data_dir, database_url)
    services = build_services(settings)
    with closing(services.db) as db:
        with nobody_serves(settings.url), db.write() as connection:
            refuse_servers(connection)
            key = rotate(
                connection,
                services.server_signer,
                settings.data_dir,
                actor="sweep-server",
                reason=display_text(reason, limit=200),
            )
            sign_waiting(connection, services.server_signer)
        with db.read() as connection:
            is_done = take_over(connection, settings.data_dir)
        if is_done:
            print_words("key_signs_from_now_on", key_id=key.key_id)
        else:
            print_words("key_signs_once_admitted", key_id=key.key_id)
        tell_witness(db, settings)


def list_keys(data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """List the admitted keys, which of them are revoked, and heads that they signed of another log."""
    with database_of(kept_settings(data_dir, database_url)) as db, db.read() as connection:
        held, told = quarantined_of_admitted(connection), districts_by_key(connection)
        for key in keys.all_keys(connection):
            state = (
                Phrase("valid") if key.revoked_from_index is None else Phrase("revoked", index=key.revoked_from_index)
            )
            probes = " ".join(sorted(key.probes)) or key.probe_id
            told_of = " ".join(told.get(key.key_id, ()))
            print_words(
                "key_listed",
                key_id=key.key_id,
                role=key.role,
                probes=Phrase("of_probes", probes=probes) if probes else "",
                tells=Phrase("key_tells_of", districts=told_of) if told_of else "",
                tenant=key.tenant,
                state=state,
                waiting=Phrase("of_it_in_quarantine", count=held[key.key_id]) if key.key_id in held else "",
                name=display_text(key.name),
            )
        for fork in found_forks(connection):
            state = Phrase("fork_open") if fork.settled_ms is None else Phrase("fork_settled")
            print_words(
                "fork_listed",
                fork=fork.fork_id,
                state=state,
                key_id=fork.key_id,
                note=fork.note,
                own_note=fork.own_note,
            )


def show_quarantine(
    release: Annotated[
        str | None, typer.Option(help="Judge the quarantined entries of this admitted key again.")
    ] = None,
    discard: Annotated[str | None, typer.Option(help="Purge the entries that strangers sent under this key.")] = None,
    reason: Annotated[str, typer.Option(help="Reason for the purge; it is recorded.")] = "",
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """List, judge again or purge the quarantined entries of keys that nobody admitted."""
    if discard is not None and not reason.strip():
        fail("discard_reason_needed")
    services = build_services(kept_settings(data_dir, database_url))
    with closing(services.db) as db:
        if release is not None:
            with db.write() as connection:
                released, left = release_quarantine(connection, keys.the_key(connection, release))
            print_words("quarantine_released", key_id=release, released=released, left=left)
        if discard is not None:
            why = display_text(reason, limit=300)
            with db.write() as connection:
                done = quarantine.discard(connection, discard, actor="sweep-server", reason=why)
                sign_waiting(connection, services.server_signer)
            destroy_dead_keys(db)
            print_words("quarantine_purged", key_id=discard, count=done)
        if release is None and discard is None:
            with db.read() as connection:
                found = quarantine.waiting(connection)
                if not found:
                    print_words("none_listed")
                for item in found:
                    values = {"entries": item.entries, "octets": item.size, "networks": ", ".join(item.networks)}
                    print_words("quarantine_waiting", key_id=item.key_id, **values)


@contextmanager
def _key_act(settings: Settings) -> Iterator[tuple[Connection, ServerSigner, bool]]:
    """A write transaction for an act about a key, the server's keys, and whether the root key is here to sign it."""
    services = build_services(settings)
    with closing(services.db) as db, db.write() as connection:
        yield connection, services.server_signer, root_at_hand(connection, services.server_signer) is not None
        sign_waiting(connection, services.server_signer)


def _judged(connection: Connection, key: keys.Key, is_in_force: bool) -> Phrase:
    """What became of the entries of a key, in words."""
    if not is_in_force:
        return Phrase("once_root_key_has_signed")
    released, left = release_quarantine(connection, key)
    return Phrase("entries_released", released=released, left=left)

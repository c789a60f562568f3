"""What a witness is told of keys: what the root key signed, in its order, proven in a head, and never taken back."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import select

from server.api.app import build_services
from server.api.service.services import Services
from server.config.settings import Settings
from server.log.heads import Heads
from server.log.proven_records import records_at
from server.store.schema import entries, keys
from server.verifier.package_lines import EntryLine, read_line
from server.verifier.strict import write_exact
from server.witness.succession import told_of
from server.witness.witness_state import WitnessState
from sweep.entry import kinds, merkle, notes
from sweep.entry.dsse import Signer
from tests.entry_factory import make_entry, salted, signer
from tests.server.conftest import Call
from tests.server.witness.test_forks import opened
from tests.server.witness_kit import NAME, NOW_S, asked, log_key, witnessing


def records_of(services: Services) -> tuple[str, list[dict[str, Any]]]:
    """A signed head and every key entry with its proof in it."""
    with services.db.read() as connection:
        where = entries.c.kind.in_(sorted(kinds.KEY_KINDS))
        indices = connection.scalars(select(entries.c.log_index).where(where).order_by(entries.c.log_index)).all()
        return services.heads.note(connection), list(records_at(connection, indices, "structure"))


def told(book: WitnessState, note: str, rows: list[dict[str, Any]], first: int = 0) -> int:
    return book.add_keys(told_of(first, note, rows)).status


def test_it_takes_what_the_root_key_said_once_and_in_order(settings: Settings, tmp_path: Path, call: Call) -> None:
    assert call("rotate-key", "--reason", "yearly")[0] == 0
    with opened(settings) as services:
        note, rows = records_of(services)
        book = WitnessState(tmp_path, NAME, [log_key(services)], lambda: NOW_S)
    assert [row["log_index"] for row in rows] == [0, 1, 2, 3, 4]
    assert told(book, note, rows[1:]) == 422, "the root key's own admission is left out"
    assert told(book, note, rows[1:], first=1) == 409, "the witness knows nothing yet"
    assert told(book, note, rows[:2] + rows[3:]) == 422, "one in the middle is left out"
    assert told(book, note, [rows[0], rows[2], rows[1]]) == 422, "in another order"
    assert told(book, note, rows[:3]) == 200
    assert told(book, note, rows[:2]) == 200, "less than is known takes nothing back"
    assert told(book, note, rows[2:], first=2) == 200
    assert book.known_keys(log_key_name(note)).text.split("\n")[0] == "5"
    again = WitnessState(tmp_path, NAME, [], lambda: NOW_S)
    assert again.known_keys(log_key_name(note)).status == 404, "a log that is not watched"


def log_key_name(note: str) -> str:
    return note.split("\n", 1)[0]


def _change(row: dict[str, Any], change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(row))
    change(copy)
    return copy


def test_it_takes_nothing_that_the_root_key_did_not_sign_or_that_is_not_in_the_head(
    settings: Settings, tmp_path: Path
) -> None:
    with opened(settings) as services:
        note, rows = records_of(services)
        key = log_key(services)
        book = WitnessState(tmp_path, NAME, [key], lambda: NOW_S)
    body = rows[1]["bodies"][0]["data"]
    changed = {
        "another body": _change(rows[1], lambda row: row["bodies"][0].update(data=body[:-8] + "AAAAAAA=")),
        "another place": _change(rows[1], lambda row: row.update(log_index=2)),
        "another signature": _change(rows[1], lambda row: row["dsse"].update(signatures=rows[0]["dsse"]["signatures"])),
        "no body": _change(rows[1], lambda row: row.update(bodies=[])),
        "another proof": _change(rows[1], lambda row: row.update(proof=rows[0]["proof"])),
    }
    assert {name: told(book, note, [rows[0], row]) for name, row in changed.items()} == dict.fromkeys(changed, 422)
    stranger = notes.VerifierKey(key.name, notes.ED25519, signer("stranger").public_key)
    head = notes.parse_checkpoint(notes.parse_note(note).text)
    forged = f"{head.text}\n{notes.sign_note(head.text, stranger, signer('stranger').sign_bytes)}"
    assert told(book, forged, rows) == 403
    for nonsense in (b"", b"{}", b'{"first":0,"checkpoint":""}', b"\xff\xfe", b"[" * 50_000, told_of(0, note, [])):
        assert book.add_keys(nonsense).status == 400
    assert book.add_keys(b"x" * 2_000_000).status == 400
    assert book.known_keys(key.name).text.startswith("0\n")


def test_a_new_root_key_is_followed_and_the_old_one_speaks_no_more(
    settings: Settings, tmp_path: Path, call: Call
) -> None:
    """The ceremony with a witness beside it; the old root key was copied before."""
    phrase, key, to_sign, signed = (tmp_path / name for name in ("phrase", "root.pem", "asked", "signed"))
    phrase.write_text("a long enough passphrase\n")
    with opened(settings) as services:
        first = log_key(services)
    old_root = Signer.load_or_create(settings.data_dir / "root.key")
    people = ("--person", "first", "--person", "second", "--passphrase-file", phrase)
    public = call("root", "create", key, *people)[1].split()[-1]
    with witnessing(tmp_path / "w", first) as (url, memory):
        with opened(settings) as services:
            assert asked(services, url, memory).state == "signed"
        assert call("root", "hand-over", public, "--reason", "ceremony")[0] == 0
        assert call("rotate-key", "--reason", "yearly")[0] == 0
        assert call("root", "requests", to_sign)[0] == 0
        assert call("root", "sign", to_sign, signed, "--key", key, "--passphrase-file", phrase, "--yes")[0] == 0
        running_still = build_services(settings)  # a server that was not started again
        assert call("root", "accept", signed)[0] == 0
        with running_still.db.read() as connection:
            by_next = Heads(Signer.load_or_create(settings.data_dir / "server.key.next"))
            note = by_next.note(connection)
            rows = list(records_at(connection, range(7), "structure"))
        assert told(memory, note, rows) == 200
        refused = asked(running_still, url, memory)
        assert (refused.state, refused.detail.rpartition("; ")[2]) == (
            "refused",
            "this server's key is revoked: restart the server",
        )
        running_still.db.close()
        with opened(settings) as services:
            assert asked(services, url, memory).state == "signed"
            assert services.server_signer.signer.public_key != first.public_key
            thief = forged_admission(services, old_root)
        assert "chain" in memory.add_keys(told_of(7, *thief)).text


def forged_admission(services: Services, root: Signer, seq: int | None = None) -> tuple[str, list[dict[str, Any]]]:
    """A root key admits a thief's server key: a head of that entry alone, by the server's own key, and the entry."""
    with services.db.read() as connection:
        own = select(entries).where(entries.c.key_id == root.key_id).order_by(entries.c.seq.desc())
        last = connection.execute(own.where(entries.c.seq < (seq or 2**31)).limit(1)).one()
        before = connection.scalar(select(keys.c.key_id).where(keys.c.role == "server").limit(1))
        key = services.heads.verifier_key(connection)
    said = {
        "v": 1, "key_id": signer("thief").key_id, "public_key": signer("thief").public_key.hex(),
        "algorithm": "ed25519", "role": "server", "tenant": "demo-gu", "probe_id": None, "name": "server",
        "valid_from_index": 0, "predecessor": before if seq is None else None,
    }  # fmt: skip
    body = salted(kinds.KEY_ADMITTED_TYPE, json.dumps(said).encode())
    entry = make_entry(
        root, last.seq + 1, last.entry_hash, kind=kinds.KEY_ADMITTED, bodies=(body,), source="live",
        room_id=None, assurance="ceremony", subject="system",
    )  # fmt: skip
    leaf = merkle.leaf_hash(merkle.leaf_data(entry.entry_hash, entry.signatures_hash, 5))
    head = notes.Checkpoint(key.name, 1, leaf)
    carried = {
        "media_type": body.media_type,
        "salt": b64encode(body.salt).decode(),
        "data": b64encode(body.data).decode(),
    }
    row = {
        "log_index": 0, "status": "accepted", "received_ms": 5, "dsse": entry.to_json(), "bodies": [carried],
        "states": {}, "proof": [],
    }  # fmt: skip
    return f"{head.text}\n{notes.sign_note(head.text, key, services.server_signer.signer.sign_bytes)}", [row]


def test_a_root_key_that_contradicts_itself_is_an_alarm_and_changes_nothing(settings: Settings, tmp_path: Path) -> None:
    with opened(settings) as services, witnessing(tmp_path / "w", log_key(services)) as (url, memory):
        root = services.server_signer.root_signer
        assert root is not None
        _, (row,) = forged_admission(services, root, seq=2)
        _, rows = records_of(services)
        first = rows[0] | {"log_index": 0}
        leaf = [leaf_of(first), leaf_of(row)]
        head = notes.Checkpoint(log_key(services).name, 2, merkle.root_of(leaf))
        text = f"{head.text}\n{notes.sign_note(head.text, log_key(services), services.server_signer.signer.sign_bytes)}"
        told_here = [first | {"proof": [leaf[1].hex()]}, row | {"log_index": 1, "proof": [leaf[0].hex()]}]
        assert told(memory, text, told_here) == 200, "the thief was here first"
        refused = asked(services, url, memory)
        assert (refused.state, "told before" in refused.detail) == ("refused", True)
        (fork,) = memory.forks.all()
        assert (fork.why, fork.shown()["remembered"]) == ("keys", "")
        assert memory.known_keys(head.origin).text.startswith("2\n")
        assert asked(services, url, memory).state == "refused"
        memory.resolve(fork.fork_id, None, ("a", "b"), "told by telephone which is true")
        assert asked(services, url, memory).state == "signed"
        assert memory.known_keys(head.origin).text.startswith("3\n")
        assert len(memory.forks.all()) == 1


def leaf_of(row: dict[str, Any]) -> bytes:
    item = read_line(write_exact({name: value for name, value in row.items() if name != "proof"}))
    assert isinstance(item, EntryLine)
    return merkle.leaf_hash(merkle.leaf_data(item.entry.entry_hash, item.entry.signatures_hash, item.received_ms))

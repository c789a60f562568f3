"""The ceremony: a district takes the root key into its own hands, and what it signs travels as files."""

from __future__ import annotations

import base64
import contextlib
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from sqlalchemy import select

from server.api.app import build_services
from server.config.settings import Settings
from server.ingest.arrivals import read_arrival
from server.ingest.entries import accept
from server.server_keys import root
from server.signing import keys
from server.store.schema import entries
from sweep.entry import kinds
from sweep.entry.envelope import parse_envelope
from sweep.report import new_id
from tests.entry_factory import signer
from tests.server.conftest import Call
from tests.server.log_kit import admitted_keys, end_of, own_entries, waiting_kinds
from tests.server.sweep_kit import Probe

MIB = 1024 * 1024
PASSPHRASE = "열두 글자가 넘는 암호문입니다"


@pytest.fixture
def passphrase(tmp_path: Path) -> Path:
    file = tmp_path / "passphrase"
    file.write_text(PASSPHRASE + "\n", encoding="utf-8")
    return file


@pytest.fixture
def new_root(call: Call, tmp_path: Path, passphrase: Path) -> Path:
    """The file of a root key that was made elsewhere."""
    file, paper = tmp_path / "new-root.pem", tmp_path / "paper.pdf"
    people = ("--person", "점검자-01", "--person", "점검자-02")
    done = call("root", "create", file, *people, "--passphrase-file", passphrase, "--paper", paper)
    assert (done[0], file.stat().st_mode & 0o077) == (0, 0), done
    assert b"ENCRYPTED" in file.read_bytes()
    assert paper.read_bytes().startswith(b"%PDF")
    return file


def _handed_over(call: Call, file: Path) -> str:
    """Hand the log over to the key in the file; its key id."""
    private = load_pem_private_key(file.read_bytes(), PASSPHRASE.encode())
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    code, out, err = call("root", "hand-over", public.hex(), "--reason", "인계")
    assert code == 0, err
    return out.split()[2]


def _carried(call: Call, file: Path, passphrase: Path, tmp_path: Path) -> tuple[int, str, str]:
    """Requests to the root key and back: what `accept` says."""
    asked, signed = tmp_path / f"asked-{new_id()}", tmp_path / f"signed-{new_id()}"
    assert call("root", "requests", asked)[0] == 0
    done = call("root", "sign", asked, signed, "--key", file, "--passphrase-file", passphrase, "--yes")
    assert done[0] == 0, done
    return call("root", "accept", signed)


def test_a_district_takes_the_root_key_into_its_own_hands(
    call: Call, settings: Settings, tmp_path: Path, new_root: Path, passphrase: Path
) -> None:
    with contextlib.closing(build_services(settings).db) as db:
        (first_id, _), *_ = admitted_keys(db)
    key_id = _handed_over(call, new_root)
    assert not (settings.data_dir / root.ROOT_FILE).exists()
    services = build_services(settings)
    with contextlib.closing(services.db) as db:
        assert services.server_signer.root_signer is None
        assert admitted_keys(db)[-1] == (key_id, "root")
        envelope, body = own_entries(db)[-1]
        assert (envelope.key_id, body["predecessor"], body["valid_from_index"]) == (first_id, first_id, end_of(db) - 1)
        assert waiting_kinds(db) == [kinds.KEY_REVOKED]
        with db.read() as connection:
            assert services.heads.origin(connection) == f"ansim-log/demo-gu/{first_id}"

    probe = Probe()
    wanted = (probe.signer.public_key.hex(), "--role", "demo", "--probe-id", "probe-demo-1", "--name", "시범")
    for _ in range(2):  # asked twice it is asked for once
        code, out, _ = call("enrol", *wanted)
        assert (code, "is to be admitted" in out, "root requests" in out) == (0, True, True)
    with contextlib.closing(build_services(settings).db) as db:
        assert waiting_kinds(db) == [kinds.KEY_REVOKED, kinds.KEY_ADMITTED]
        waits = accept(db, read_arrival(probe.opened(new_id())), quarantine_max_bytes=MIB)
        assert (waits.status, waits.reason) == ("quarantined", keys.UNKNOWN_KEY)  # not in force yet

    code, out, err = _carried(call, new_root, passphrase, tmp_path)
    assert (code, out) == (0, "2 entries of the root key are in the log\n"), err
    with contextlib.closing(build_services(settings).db) as db:
        assert waiting_kinds(db) == []
        by_new = [envelope for envelope, _ in own_entries(db) if envelope.key_id == key_id]
        assert [(one.kind, one.seq) for one in by_new] == [(kinds.KEY_REVOKED, 1), (kinds.KEY_ADMITTED, 2)]
        with db.read() as connection:
            assert keys.the_key(connection, first_id).revoked_from_index is not None
            row = connection.execute(select(entries).where(entries.c.log_index == waits.log_index)).one()
        assert row.status == "accepted"  # what waited was judged anew
    assert call("root", "requests", tmp_path / "none")[2].startswith("sweep-server: nothing waits")
    gone = call("root", "hand-over", "00" * 32, "--reason", "x")
    assert (gone[0], "the root key is not on this server" in gone[2]) == (2, True)


def _altered(file: Path, change: dict[str, object]) -> bytes:
    asked = json.loads(file.read_bytes())
    return json.dumps(asked | change).encode()


def test_requests_and_signed_files_that_were_changed_on_the_way_are_refused(
    call: Call, settings: Settings, tmp_path: Path, new_root: Path, passphrase: Path
) -> None:
    _handed_over(call, new_root)
    call("enrol", signer("x").public_key.hex(), "--role", "witness", "--name", "w")
    asked, signed = tmp_path / "asked", tmp_path / "signed"
    call("root", "requests", asked)
    items = json.loads(asked.read_bytes())["items"]
    odd: list[dict[str, object]] = [
        {"ansim_root_requests": 2},
        {"items": 7},
        {"items": [items[0] | {"body": items[1]["body"]}]},  # another body than the one that is committed to
        {"items": [items[0] | {"salt": base64.b64encode(bytes(32)).decode()}]},
        {"items": [items[0] | {"payload": "AAAA"}]},
    ]
    sign = ("--key", new_root, "--passphrase-file", passphrase, "--yes")
    for change in odd:
        (tmp_path / "odd").write_bytes(_altered(asked, change))
        code, _, said = call("root", "sign", tmp_path / "odd", signed, *sign)
        assert (code, "not a file of" in said, signed.exists()) == (2, True, False), change
    wrong = tmp_path / "wrong"
    wrong.write_text("another passphrase", encoding="utf-8")
    refused = call("root", "sign", asked, signed, "--key", new_root, "--passphrase-file", wrong, "--yes")
    assert (refused[0], "another passphrase" in refused[2]) == (2, True)
    (tmp_path / "odd").write_bytes(_altered(asked, {"root": "00" * 8}))
    refused = call("root", "sign", tmp_path / "odd", signed, *sign)
    assert (refused[0], "the requests are for root key" in refused[2], signed.exists()) == (2, True, False)

    code, out, _ = call("root", "sign", asked, signed, *sign)
    assert (code, out.count("revoke "), out.count("admit ")) == (0, 1, 1)
    lines = signed.read_bytes().splitlines()
    first = json.loads(lines[0])
    payload = base64.b64decode(first["dsse"]["payload"]).replace(b'"seq":1', b'"seq":9')
    first["dsse"]["payload"] = base64.b64encode(payload).decode()
    with contextlib.closing(build_services(settings).db) as db:
        before = end_of(db)
    for bad in ([json.dumps(first).encode(), lines[1]], [lines[1][:-9]], [b"{}"], [b""]):
        signed.write_bytes(b"\n".join(bad))
        assert call("root", "accept", signed)[0] == 2, bad
    with contextlib.closing(build_services(settings).db) as db:
        assert (end_of(db), len(waiting_kinds(db))) == (before, 2)  # all or none
    signed.write_bytes(b"\n".join(lines))
    assert call("root", "accept", signed)[0] == 0
    assert call("root", "accept", signed)[0] == 0  # once more changes nothing
    with contextlib.closing(build_services(settings).db) as db:
        assert (end_of(db), waiting_kinds(db)) == (before + 2, [])


def test_what_another_root_key_signed_is_refused(
    call: Call, settings: Settings, tmp_path: Path, new_root: Path, passphrase: Path
) -> None:
    _handed_over(call, new_root)
    asked, signed = tmp_path / "asked", tmp_path / "signed"
    call("root", "requests", asked)
    _, items = root.read_requests(asked.read_bytes())
    impostor = signer("impostor")
    own = [
        (parse_envelope(payload).model_copy(update={"key_id": impostor.key_id}).model_dump_json().encode(), body)
        for payload, body in items
    ]
    for forged, wanted in (
        (items, "the envelope names a key that did not sign it"),
        (own, "not signed by key " + json.loads(asked.read_bytes())["root"]),
    ):
        signed.write_bytes(root.sign_requests(impostor, forged))
        code, _, said = call("root", "accept", signed)
        assert (code, said) == (2, f"sweep-server: {wanted}\n")


def test_a_root_key_is_made_before_two_persons_and_never_overwritten(
    call: Call, tmp_path: Path, new_root: Path, passphrase: Path
) -> None:
    people = ("--person", "점검자-01", "--person", "점검자-02")
    secret = ("--passphrase-file", passphrase)
    short = tmp_path / "short"
    short.write_text("짧다", encoding="utf-8")
    before = new_root.read_bytes()
    for arguments in (
        (tmp_path / "a", *people[:2], *secret),
        (tmp_path / "a", *people[:2], *people[:2], *secret),
        (tmp_path / "a", *people[:2], "--person", "점검자－０1", *secret),
        (tmp_path / "a", "--person", "A", "--person", "А", *secret),
        (tmp_path / "a", *people, "--passphrase-file", short),
        (new_root, *people, *secret),
    ):
        code, out, said = call("root", "create", *arguments)
        assert (code, out, len(said.splitlines())) == (2, "", 1)
    assert not (tmp_path / "a").exists()
    assert new_root.read_bytes() == before

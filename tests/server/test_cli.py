"""`sweep-server` from a terminal: what it prints, its exit codes, and one line for everything that is wrong."""

from __future__ import annotations

import contextlib
import csv
import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import delete

from server.app import build_services
from server.arrivals import read_arrival
from server.entries import accept
from server.facilities import DEMO_FACILITY
from server.schema import sweeps
from server.settings import Settings
from tests.server.conftest import Call
from tests.server.sweep_kit import Probe


def _fill(settings: Settings, *, quarantine: bool = False) -> Probe:
    probe = Probe()
    services = build_services(settings)
    with contextlib.closing(services.db):
        for wire in probe.whole_sweep()[1:]:
            accept(services.db, read_arrival(wire), quarantine_max_bytes=10**9 if quarantine else 0)
    return probe


def test_a_district_sets_up_its_server(call: Call, settings: Settings, tmp_path: Path) -> None:
    assert call("migrate") == (0, "the database is up to date\n", "")
    assert call("import-facilities", DEMO_FACILITY)[1] == "1 facilities added, 0 were there already\n"
    assert call("import-facilities", DEMO_FACILITY)[1] == "0 facilities added, 1 were there already\n"
    probe = _fill(settings, quarantine=True)
    key = probe.signer.public_key.hex()
    code, out, _ = call("enrol", key, "--role", "demo", "--probe-id", "probe-demo-1", "--name", "시범 점검기")
    assert (code, out.split("; ")[1]) == (0, "2 entries released, 0 left in quarantine\n")
    assert call("enrol", key, "--role", "probe", "--probe-id", "probe-demo-1", "--name", "x")[0] == 2
    code, out, _ = call("add-user", "kim", "--display-name", "점검자-01")
    assert (code, out.split()[:2]) == (0, ["user:", "kim"])
    assert call("add-user", "kim", "--display-name", "점검자-01")[0] == 2
    table = tmp_path / "log.csv"
    assert call("export", "log", table, "--reason", "월간 점검", "--from", "2026-03-01", "--to", "2026-03-31")[0] == 0
    with table.open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.reader(file))) == 2


def test_a_key_is_revoked_reinstated_and_replaced(call: Call, settings: Settings) -> None:
    probe, new = _fill(settings, quarantine=True), Probe("new")
    old_id, key = probe.signer.key_id, probe.signer.public_key.hex()
    assert call("quarantine")[1].startswith(f"{old_id}: 2 entries, ")
    call("enrol", key, "--role", "demo", "--probe-id", "probe-demo-1", "--name", "시범")
    assert call("quarantine")[1] == ""
    gone = call("revoke", old_id, "--reason", "분실", "--from-index", "1")
    assert gone[1] == f"key {old_id} is revoked from log index 1 on; 0 entries released, 0 left in quarantine\n"
    listed = call("keys")[1].splitlines()
    assert f"{old_id} demo of probe-demo-1, tenant demo-gu, revoked from 1, 1 entries in quarantine: 시범" in listed
    assert call("revoke", old_id, "--undo", "--reason", "찾음")[1].startswith(f"key {old_id} counts again; 1 entries")
    done = call("replace", old_id, new.signer.public_key.hex(), "--reason", "수리")
    assert done[1] == f"key {new.signer.key_id} replaces {old_id}; 0 entries released, 0 left in quarantine\n"
    assert call("replace", old_id, new.signer.public_key.hex(), "--reason", "수리")[0] == 2
    assert call("quarantine", "--release", old_id)[1] == f"key {old_id}: 0 entries released, 0 left in quarantine\n"
    assert call("quarantine", "--discard", old_id, "--reason", "x")[1] == f"key {old_id}: 0 entries purged\n"


@pytest.mark.parametrize("content", [b"", b"[", b"[1]", b"{}", b"[" * 99_999, b"\xff"])
def test_a_file_that_holds_no_facilities(call: Call, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "facilities.json"
    path.write_bytes(content)
    code, out, error = call("import-facilities", path)
    assert (code, out, len(error.splitlines())) == (2, "", 1)


def test_rebuild(call: Call, settings: Settings) -> None:
    probe = _fill(settings, quarantine=True)
    call("enrol", probe.signer.public_key.hex(), "--role", "demo", "--probe-id", "p", "--name", "x")
    services = build_services(settings)
    with contextlib.closing(services.db), services.db.write() as connection:
        connection.execute(delete(sweeps))
    assert call("rebuild")[1] == "1 sweeps rebuilt\n"


def test_verify_an_export(call: Call, settings: Settings, tmp_path: Path) -> None:
    probe = _fill(settings, quarantine=True)
    key = probe.signer.public_key.hex()
    call("enrol", key, "--role", "demo", "--probe-id", "p", "--name", "x")
    whole, light = tmp_path / "log.jsonl", tmp_path / "light.jsonl"
    assert call("export", "entries", whole)[1] == f"{whole}: 2 entries\n"
    call("export", "entries", light, "--no-bodies")
    assert call("verify", whole)[:2] == (
        0,
        "2 entries: 2 signatures hold, 0 unreadable kinds, 0 in quarantine; bodies: 3 hold, 0 erased, 0 missing\n",
    )
    assert call("verify", light)[1].endswith("bodies: 0 hold, 0 erased, 3 missing\n")
    assert call("verify", whole, "--key", key)[0] == 0
    code, out, _ = call("verify", whole, "--key", "00" * 32)
    assert (code, out.count("none of its keys is known")) == (1, 2)

    lines = whole.read_text(encoding="utf-8").splitlines()
    entry = json.loads(lines[1])
    payload = entry["dsse"]["payload"]
    entry["dsse"]["payload"] = payload[:40] + ("B" if payload[40] == "A" else "A") + payload[41:]
    (tmp_path / "tampered.jsonl").write_text("\n".join([lines[0], json.dumps(entry), *lines[2:]]), encoding="utf-8")
    code, out, _ = call("verify", tmp_path / "tampered.jsonl")
    assert (code, f"the signature of key {probe.signer.key_id} does not hold" in out) == (1, True)
    entry = json.loads(lines[2])
    entry["bodies"][0]["data"] = "AAAA"
    (tmp_path / "swapped.jsonl").write_text("\n".join([*lines[:2], json.dumps(entry)]), encoding="utf-8")
    assert "1 bodies match no commitment" in call("verify", tmp_path / "swapped.jsonl")[1]
    (tmp_path / "dropped.jsonl").write_text("\n".join([lines[0], *lines[2:]]), encoding="utf-8")
    code, out, _ = call("verify", tmp_path / "dropped.jsonl")
    assert (code, "log index 0 is missing" in out, "number 1 is missing" in out) == (1, True, True)
    if settings.url.startswith("sqlite"):
        assert call("verify", settings.url.removeprefix("sqlite:///"))[0] == 0


NO_LOGS = (b"", b"{}", b"\xff\xfe", b'{"ansim_log": 1, "keys": []}\n[]', b"[" * 99_999, b"PK\x03\x04")


@pytest.mark.parametrize("content", NO_LOGS)
def test_verify_something_else(call: Call, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other"
    path.write_bytes(content)
    code, out, error = call("verify", path)
    assert (code, out, len(error.splitlines())) == (2, "", 1)


@pytest.mark.parametrize(
    "arguments",
    [
        ("verify", "/no/such/file"),
        ("enrol", "abc", "--role", "probe", "--probe-id", "p", "--name", "x"),
        ("enrol", "00" * 32, "--role", "king", "--name", "x"),
        ("enrol", "00" * 32, "--role", "probe", "--name", "x"),
        ("enrol", "00" * 32, "--role", "probe", "--probe-id", "p", "--name", "x", "--tenant", "a b"),
        ("revoke", "00" * 8, "--reason", "x"),
        ("replace", "00" * 8, "00" * 32, "--reason", "x"),
        ("quarantine", "--discard", "00" * 8),
        ("quarantine", "--release", "00" * 8),
        ("import-facilities", "/no/such/file.json"),
        ("import-facilities", "table.csv"),
        ("export", "log", "log.doc", "--reason", "x"),
        ("export", "log", "log.csv", "--reason", "x", "--from", "2026-03-02", "--to", "2026-03-01"),
        ("migrate", "--database-url", "nonsense"),
        ("migrate", "--database-url", "sqlite:////proc/none.sqlite3"),
        ("serve", "--port", "70000"),
        ("serve", "--host", "256.0.0.1", "--port", "0"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(call: Call, arguments: tuple[str, ...]) -> None:
    code, out, error = call(*arguments)
    assert (code, out, len(error.splitlines())) == (2, "", 1), error
    assert error.startswith("sweep-server: ")


def test_a_port_that_is_taken_is_said_in_one_line(call: Call) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, _, error = call("serve", "--port", taken.getsockname()[1])
    assert (code, error.count("\n"), "Address already in use" in error) == (2, 1, True)


def test_the_first_start_prints_the_password_once(tmp_path: Path, repo_root: Path) -> None:
    command = [sys.executable, "-m", "server.cli", "serve", "--port", "0", "--data-dir", str(tmp_path)]
    for lines in (2, 1):
        with subprocess.Popen(command, cwd=repo_root, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            printed = [process.stdout.readline() for _ in range(lines)]
            process.terminate()
        assert printed[-1].startswith("serving on http://127.0.0.1:")
        assert [line.startswith("first user: admin   password: ") for line in printed] == [True, False][-lines:]

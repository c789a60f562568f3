"""`sweep-server` from a terminal: what it prints, its exit codes, and one line for everything that is wrong."""

from __future__ import annotations

import contextlib
import contextvars
import csv
import errno
import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import delete

from server.api.app import build_services
from server.cli import main
from server.config.settings import Settings
from server.ingest.arrivals import read_arrival
from server.ingest.entries import accept
from server.places.facilities import DEMO_FACILITY
from server.server_keys.root import ROOT_FILE
from server.store.schema import sweeps
from sweep.entry.dsse import WEIGHTS_TYPE, Signer, parse_signed, verify_signature
from tests.server.conftest import Call
from tests.server.sweep_kit import Probe

OWN = 3
"""Entries with which a log begins: about the root key and the server's two."""


def _fill(settings: Settings, *, quarantine: bool = False) -> Probe:
    probe = Probe()
    services = build_services(settings)
    with contextlib.closing(services.db):
        for wire in probe.whole_sweep()[1:]:
            accept(services.db, read_arrival(wire), quarantine_max_bytes=10**9 if quarantine else 0)
    return probe


def test_a_district_sets_up_its_server(call: Call, settings: Settings, tmp_path: Path) -> None:
    assert call("migrate") == (0, f"{settings.url} is up to date\n", "")
    assert call("import-facilities", DEMO_FACILITY)[1] == "1 facility added, 0 were there already\n"
    assert call("import-facilities", DEMO_FACILITY)[1] == "0 facilities added, 1 were there already\n"
    probe = _fill(settings, quarantine=True)
    key = probe.signer.public_key.hex()
    code, out, _ = call("enrol", key, "--role", "demo", "--probe-id", "probe-demo-1", "--name", "시범 점검기")
    assert (code, out.split("; ")[1]) == (0, "2 entries released, 0 left in quarantine\n")
    assert call("enrol", key, "--role", "probe", "--probe-id", "probe-demo-1", "--name", "x")[0] == 2
    code, out, _ = call("add-user", "kim", "--display-name", "점검자-01")
    assert (code, out.split()[:2]) == (0, ["user:", "kim"])
    assert call("add-user", "kim", "--display-name", "점검자-01")[0] == 2
    code, _, err = call("add-user", "kim 1", "--display-name", "점검자-01")
    assert (code, err.count("\n"), "kim 1" in err) == (2, 1, True)
    code, out, err = call("due", "--district", "nonsense")
    assert (code, out, "nonsense" in err) == (2, "", True)
    table = tmp_path / "log.csv"
    assert call("export", "log", table, "--reason", "월간 점검", "--from", "2026-03-01", "--to", "2026-03-31")[0] == 0
    with table.open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.reader(file))) == 2


def test_a_key_is_revoked_reinstated_and_replaced(call: Call, settings: Settings) -> None:
    probe, new = _fill(settings, quarantine=True), Probe("new")
    second = OWN + 1
    old_id, key = probe.signer.key_id, probe.signer.public_key.hex()
    assert call("quarantine")[1].startswith(f"{old_id}: 2 entries, ")
    call("enrol", key, "--role", "demo", "--probe-id", "probe-demo-1", "--name", "시범")
    assert call("quarantine")[1] == "none\n"
    gone = call("revoke", old_id, "--reason", "분실", "--from-index", str(second))
    assert gone[1] == f"key {old_id} is revoked from log index {second} on; 0 entries released, 0 left in quarantine\n"
    listed = call("keys")[1].splitlines()
    assert (
        f"{old_id} demo of probe-demo-1, tenant demo-gu, revoked from {second}, 1 entry in quarantine: 시범" in listed
    )
    assert call("revoke", old_id, "--undo", "--reason", "찾음")[1].startswith(f"key {old_id} counts again; 1 entry")
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
    assert call("rebuild")[1] == "1 sweep rebuilt\n"


def test_verify_an_export(call: Call, settings: Settings, tmp_path: Path) -> None:
    probe = _fill(settings, quarantine=True)
    key = probe.signer.public_key.hex()
    call("enrol", key, "--role", "demo", "--probe-id", "p", "--name", "x")
    whole, city, light, head = (tmp_path / name for name in ("log.jsonl", "city.jsonl", "light.jsonl", "checkpoint"))
    count = OWN + 3  # the probe's admission and its two entries with their three bodies
    printed = call("export", "checkpoint", head)[1].splitlines()
    assert (printed[0], printed[1].split("/")[0]) == (f"{head}: checkpoint of {count} entries", "log key: ansim-log")
    assert call("export", "checkpoint", head, "--witnessed")[0] == 2
    told = f"{whole}: {count} entries, scope full; bodies: {OWN + 4} present, 0 withheld, 0 erased, 0 missing\n"
    assert call("export", "entries", whole)[1] == told
    assert "scope city; bodies: 6 present, 1 withheld" in call("export", "entries", city, "--scope", "city")[1]
    assert "scope structure; bodies: 4 present, 3 withheld" in call("export", "entries", light, "--no-bodies")[1]
    assert call("export", "entries", light, "--scope", "all")[0] == 2
    root = Signer.load_or_create(settings.data_dir / ROOT_FILE)
    for path in (whole, city, light):
        for pinned in (root.public_key.hex(), root.key_id):
            code, out, _ = call("verify", path, "--checkpoint", head, "--root", pinned)
            assert (code, out.splitlines()[-1]) == (0, "everything holds")
            assert f"proven: the first {count} entries are those of the checkpoint given" in out
            assert f"proven: every key was admitted under root key {root.key_id}" in out
            assert "not proven: that anybody but the operator saw this log: no witness signed (--witness)" in out
    alone = call("verify", whole)[1]
    assert "not proven: whether entries were cut off or left out before this file was made" in alone
    assert call("verify", whole, "--root", key)[0] == 1
    if settings.url.startswith("sqlite"):
        code, out, _ = call("verify", settings.url.removeprefix("sqlite:///"), "--checkpoint", head)
        assert (code, "a database has neither checkpoint nor manifest" in out) == (0, True)


def test_verify_a_changed_export(call: Call, settings: Settings, tmp_path: Path) -> None:
    probe = _fill(settings, quarantine=True)
    call("enrol", probe.signer.public_key.hex(), "--role", "demo", "--probe-id", "p", "--name", "x")
    whole, changed = tmp_path / "log.jsonl", tmp_path / "changed.jsonl"
    call("export", "entries", whole)
    lines = whole.read_text(encoding="utf-8").splitlines(keepends=True)
    first = 1 + OWN  # behind the heading

    def problems(*changed_lines: str) -> str:
        changed.write_text("".join(changed_lines), encoding="utf-8")
        code, out, _ = call("verify", changed)
        assert (code, out.splitlines()[-1].endswith((" problem", " problems"))) == (1, True)
        return out

    entry = json.loads(lines[first])
    payload = entry["dsse"]["payload"]
    entry["dsse"]["payload"] = payload[:40] + ("B" if payload[40] == "A" else "A") + payload[41:]
    compact = json.dumps(entry, separators=(",", ":")) + "\n"
    assert "problem: " in problems(*lines[:first], compact, *lines[first + 1 :])
    entry = json.loads(lines[first + 1])
    entry["bodies"][0]["data"] = "AAAA"
    compact = json.dumps(entry, separators=(",", ":")) + "\n"
    out = problems(*lines[: first + 1], compact, *lines[first + 2 :])
    assert f"problem: log index {OWN + 1}: a body matches no commitment" in out
    out = problems(*lines[:first], *lines[first + 1 :])
    assert f"log index {OWN + 1} stands where {OWN} must" in out
    assert "the manifest is missing" in problems(*lines[:-1])


def test_a_command_without_its_server_begins_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for environment, folder in (({}, "var"), ({"ANSIM_DATA_DIR": "elsewhere"}, "elsewhere")):
        with pytest.raises(SystemExit) as end:
            contextvars.copy_context().run(main, ["keys"], environment)
        assert (end.value.code, f"no data folder {folder}:" in capsys.readouterr().err) == (2, True)
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    "options",
    [
        ("--checkpoint", "/no/such/file"),
        ("--checkpoint", __file__),
        ("--root", "abc"),
        ("--witness", "abc"),
        ("--witness", "w+00000000+AAAA"),
    ],
)
def test_verify_with_anchors_that_are_none(call: Call, tmp_path: Path, options: tuple[str, str]) -> None:
    path = tmp_path / "log.jsonl"
    assert call("export", "entries", path)[0] == 0
    code, out, error = call("verify", path, *options)
    assert (code, out, len(error.splitlines())) == (2, "", 1)


NO_LOGS = (b"", b"{}", b"\xff\xfe", b'{"ansim_log":1,"keys":[]}\n[]', b"[" * 99_999, b"PK\x03\x04")


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
    assert (code, error.count("\n"), "another program has port" in error) == (2, 1, True)
    assert "--port" in error


def test_a_port_without_the_right_to_it_says_what_to_do(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def bind(self: socket.socket, address: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", bind)
    code, _, error = call("serve", "--port", "80")
    assert (code, error.count("\n"), "CAP_NET_BIND_SERVICE" in error) == (2, 1, True)


def test_the_first_start_prints_the_password_once(tmp_path: Path, repo_root: Path) -> None:
    command = [sys.executable, "-m", "server.cli", "serve", "--port", "0", "--data-dir", str(tmp_path)]
    for lines in (2, 1):
        with subprocess.Popen(command, cwd=repo_root, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            printed = [process.stdout.readline() for _ in range(lines)]
            process.terminate()
        assert printed[-1].startswith("serving on http://127.0.0.1:")
        assert [line.startswith("first user: admin   password: ") for line in printed] == [True, False][-lines:]


def test_a_file_that_is_not_there_is_named_in_one_line(call: Call, tmp_path: Path) -> None:
    missing = tmp_path / "missing.jsonl"
    assert call("verify", missing) == (2, "", f"sweep-server: {missing}: No such file or directory\n")


def test_a_mistyped_data_folder_begins_no_second_server(call: Call, tmp_path: Path) -> None:
    mistyped = tmp_path / "ansim-dta"
    for command in ("keys", "rebuild", "due", "retention"):
        code, _, err = call(command, "--data-dir", str(mistyped))
        assert (code, str(mistyped) in err, mistyped.exists()) == (2, True, False), command


def test_a_field_test_is_signed_by_the_server_and_only_for_its_district(
    call: Call, settings: Settings, tmp_path: Path
) -> None:
    file, out = tmp_path / "field.json", tmp_path / "signed.json"
    table = {"v": 1, "tenant": "demo-gu", "measured": "2026-11-01T00:00:00Z", "weights": {"v": 1}}
    file.write_text(json.dumps(table))
    services = build_services(settings)
    with contextlib.closing(services.db):
        signer = services.server_signer.signer
    code, said, _ = call("sign-weights", file, out)
    key = f"signed by key {signer.key_id}; on a probe that does not know it: --key {signer.public_key.hex()}"
    assert (code, said) == (0, f"{out}: measured 2026-11-01, {key}\n")
    document = parse_signed(json.loads(out.read_bytes()))
    assert verify_signature(document, WEIGHTS_TYPE, signer.public_key) == file.read_bytes()
    file.write_text(json.dumps(table | {"forest": {}, "detection": {}, "levels": {}}))
    assert call("sign-weights", file, tmp_path / "whole.json")[0] == 0
    for wrong in (table | {"tenant": "other-gu"}, table | {"more": 1}, table | {"weights": {}}):
        file.write_text(json.dumps(wrong))
        assert call("sign-weights", file, out)[0] == 2
    file.write_text("{")
    assert call("sign-weights", file, out)[0] == 2


def test_no_server_begins_to_sign_a_field_test(call: Call, tmp_path: Path) -> None:
    file, out, empty = tmp_path / "field.json", tmp_path / "signed.json", tmp_path / "empty"
    file.write_text(json.dumps({"v": 1, "tenant": "demo-gu", "measured": "2026-11-01T00:00:00Z", "weights": {"v": 1}}))
    empty.mkdir()
    for folder in (empty, tmp_path / "mistyped"):
        said = f"sweep-server: no server in {folder}: give its --data-dir\n"
        assert call("sign-weights", file, out, "--data-dir", folder) == (2, "", said)
    assert (list(empty.iterdir()), (tmp_path / "mistyped").exists(), out.exists()) == ([], False, False)

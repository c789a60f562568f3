"""What the verifier needs, holds in memory and says: of anchors from outside, of scopes, of files from before."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn
from uuid import UUID

import pytest

from server.verifier.fact_table import FactTable
from server.verifier.findings import PackageError
from server.verifier.words import lines_of
from sweep.entry import kinds, notes
from sweep.entry.dsse import key_id_of
from sweep.entry.envelope import Assurance
from sweep.entry.notes import VerifierKey
from sweep.report import new_id
from tests.entry_factory import salted, signer
from tests.package_kit import (
    ORIGIN,
    PROBE,
    ROOT,
    SERVER,
    SWEEP,
    WITNESS,
    WITNESS_KEY,
    WitnessState,
    a_log,
    checkpoint,
    compact,
    pack,
    scoped,
    seal,
)
from tests.server.verifier.judges import both, findings

BYTES_OF_AN_ENTRY = 64
"""Of memory, where 3 million may take 512 MB; measured: none."""
FOREIGN = """
import sys
sys.path.insert(0, sys.argv[1])
before = set(sys.modules)
import server.verifier.__main__
known = {*sys.stdlib_module_names, "server", "sweep", "cryptography"}
print(*sorted({name.split(".")[0] for name in set(sys.modules) - before} - known))
"""


def test_it_needs_only_the_standard_library_and_cryptography(repo_root: Path) -> None:
    run = [sys.executable, "-I", "-c", FOREIGN, str(repo_root)]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"_cffi_backend", "cffi", "_openssl"}  # what cryptography itself is made of


def test_it_runs_without_the_server(repo_root: Path, tmp_path: Path) -> None:
    book = a_log()
    package, head, short = tmp_path / "log", tmp_path / "head", tmp_path / "short"
    package.write_bytes(pack(book.lines))
    short.write_bytes(pack(book.lines[:-1]))
    head.write_text(checkpoint(book.lines), encoding="utf-8")

    def run(*arguments: object) -> tuple[int, str, str]:
        command = [sys.executable, "-m", "server.verifier", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=repo_root)
        return done.returncode, done.stdout, done.stderr

    code, out, _ = run(package, "--checkpoint", head, "--root", ROOT.key_id)
    assert (code, out.splitlines()[-1]) == (0, "everything holds")
    code, out, _ = run(short, "--checkpoint", head)
    assert (code, "problem: the checkpoint given is of 26 entries; this file ends after 25" in out) == (1, True)
    for arguments in ((tmp_path / "none",), (head,), (package, "--root", "x"), (package, "--witness", "x")):
        code, out, error = run(*arguments)
        assert (code, out, len(error.splitlines())) == (2, "", 1)


def test_bodies_are_not_held() -> None:
    book = WitnessState()
    for key, role, probe_id in ((ROOT, "root", None), (SERVER, "server", None), (PROBE, "probe", "probe-a")):
        book.admit(key, role, probe_id)
    size = 1_000_000
    for number in range(12):
        book.say(PROBE, kinds.REPORT, salted(kinds.REPORT_TYPE, bytes([number]) * size), sweep_id=SWEEP)
    data = pack(book.lines)
    tracemalloc.start()
    assert findings(data).problems == []
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12 * size  # one line takes some five times its body while it is read


def _peak_of(data: bytes) -> int:
    tracemalloc.start()
    try:
        assert findings(data).problems == []
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_what_an_entry_takes_lies_in_a_file_that_is_gone_at_the_end() -> None:
    book, sizes, peaks = a_log(), [], []
    with connecting() as opened:
        for more in (1_000, 2_000):  # the first fills what is read at once
            for number in range(more):
                body = salted(kinds.DISPOSITION_TYPE, f'{{"number":{number}}}'.encode())
                how: Assurance = "password"
                book.say(SERVER, kinds.DISPOSITION, body, sweep_id=new_id(), subject="점검자-01", assurance=how)
            peaks.append(_peak_of(pack(book.lines)))
            sizes.append(len(book.lines))
    assert opened == ["", ""]  # SQLite's name for a file that nobody finds
    assert (peaks[1] - peaks[0]) / (sizes[1] - sizes[0]) < BYTES_OF_AN_ENTRY


@contextmanager
def connecting() -> Iterator[list[str]]:
    """The names of the databases that are opened in the block."""
    opened: list[str] = []
    connect = sqlite3.connect

    def noted(name: str, **options: Any) -> sqlite3.Connection:
        opened.append(name)
        found: sqlite3.Connection = connect(name, **options)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite3, "connect", noted)
        yield opened


def test_no_room_for_that_file_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> NoReturn:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(FactTable, "_flush", full)
    with pytest.raises(OSError, match="SQLITE_TMPDIR"):
        findings(pack(a_log().lines))


def test_a_checkpoint_from_elsewhere() -> None:
    book = a_log()
    data = pack(book.lines)
    other = notes.Checkpoint(ORIGIN.replace("demo-gu", "other-gu"), 3, bytes(32))
    key = notes.VerifierKey(other.origin, notes.ED25519, SERVER.public_key)
    another_log = other.text + "\n" + notes.sign_note(other.text, key, SERVER.sign_bytes)
    grown = a_log()
    grown.decide("recheck")
    cases = {
        checkpoint(book.lines): "",
        checkpoint([]): "",
        checkpoint(book.lines[:1]): "",
        checkpoint(grown.lines): "this file ends after 26",
        checkpoint([*book.lines[:5], book.lines[6]]): "are not those of the checkpoint given",
        checkpoint(book.lines, key=signer("forger")): "no server key of this log signed the checkpoint given",
        another_log: "is of another log",
        "nonsense": "not a signed note",
        checkpoint(book.lines)[:-3] + "\n": "not base64",
    }
    for given, problem in cases.items():
        first, second = both(data, checkpoint=given)
        assert (bool(first), bool(second)) == (bool(problem), bool(problem)), given
        assert any(problem in line for line in first) or not problem
    assert both(data, root_key=ROOT.key_id) == ([], [])
    first, second = both(data, root_key=SERVER.key_id)
    assert len(first) == len(second) == 1


def test_a_witness() -> None:
    book = a_log()
    seen, unseen = pack(book.lines, witness=WITNESS), pack(book.lines)
    early = checkpoint(book.lines[:20], witness=WITNESS)
    by_witness_alone = "\n".join([*early.split("\n")[:4], *early.split("\n")[5:]])
    assert both(seen, witness=WITNESS_KEY) == ([], [])
    assert both(unseen, witness=WITNESS_KEY, checkpoint=early) == ([], [])
    assert both(unseen, witness=WITNESS_KEY, checkpoint=by_witness_alone) == ([], [])
    for data, given in ((unseen, None), (unseen, checkpoint(book.lines)), (pack(book.lines, witness=PROBE), None)):
        first, second = both(data, witness=WITNESS_KEY, checkpoint=given)
        assert (bool(first), bool(second)) == (True, True)
    said = findings(unseen, witness=WITNESS_KEY, checkpoint=early)
    assert list(map(str, said.proven)) == [
        "the first 20 entries are those of the checkpoint given, none dropped or changed",
        "the witness witness.example.kr signed the tree of 20 entries at 2026-02-25 06:13:20 UTC",
    ]
    assert "lines by others in its checkpoint (1) were not checked" in " ".join(map(str, findings(seen).unproven))
    assert "증명됨: 처음 20건의 기록은 제시한 체크포인트의 것이며, 빠지거나 바뀐 것이 없습니다" in lines_of(said, "ko")
    assert all(line.isascii() for line in lines_of(said))


def test_a_scope_carries_what_it_says() -> None:
    book = a_log()
    for scope, other in (("structure", "city"), ("city", "full"), ("full", "city"), ("city", "structure")):
        first, second = both(pack(scoped(book.lines, other), scope=scope))
        assert (bool(first), bool(second)) == (True, True), (scope, other)


def test_a_conflict_is_told_and_stands_as_one() -> None:
    book = a_log()
    doubled = [*book.lines, book.lines[-1] | {"log_index": len(book.lines), "status": "conflict"}]
    first, second = both(pack(doubled))
    assert first == ["log index 26: conflicts with log index 25: it has the same id or number"]
    assert len(second) == 1


def test_the_next_root_key_signs_and_the_one_before_does_not() -> None:
    book, heir = a_log(), signer("root-2")
    book.admit(heir, "root", predecessor=ROOT)
    book.say_of_key(kinds.KEY_REVOKED, by=heir, key_id=ROOT.key_id, from_index=len(book.lines), reason="handed over")
    book.admit(signer("late"), "probe", "probe-l", by=heir)
    assert both(pack(book.lines)) == ([], [])
    book.admit(signer("later"), "probe", "probe-l", status="quarantined")
    assert both(pack(book.lines)) == ([], [])
    book.lines[-1]["status"] = "accepted"
    assert [bool(found) for found in both(pack(book.lines))] == [True, True]


def test_a_root_key_names_the_one_before_it_which_then_speaks_no_more() -> None:
    stray, heir, late = (signer(name) for name in ("stray", "root-2", "late"))
    for how in ("no predecessor", "beside its successor", "of the first again"):
        book = a_log()
        if how == "no predecessor":
            book.admit(stray, "root")
        else:
            book.admit(heir, "root", predecessor=ROOT)
        assert [bool(found) for found in both(pack(book.lines))] == [how == "no predecessor"] * 2
        if how == "beside its successor":
            book.admit(late, "probe", "probe-l")
        elif how == "of the first again":
            book.admit(stray, "root", by=heir, predecessor=ROOT)
        assert [bool(found) for found in both(pack(book.lines))] == [True, True], how


@pytest.mark.parametrize("kept", ["server", "witness"])
def test_every_line_of_a_key_in_a_checkpoint_holds(kept: str) -> None:
    book = a_log()
    own = VerifierKey(ORIGIN, notes.ED25519, SERVER.public_key)
    good = checkpoint(book.lines, witness=WITNESS)
    more = notes.sign_note("another\n", own, SERVER.sign_bytes)
    if kept == "witness":
        more = notes.cosign("another\n", WITNESS_KEY, WITNESS.sign_bytes, 1_772_000_001)
    header = {"ansim_log": 2, "origin": ORIGIN, "scope": "full", "checkpoint": good}
    assert both(seal(header, book.lines), witness=WITNESS_KEY) == ([], [])
    header["checkpoint"] = good + more
    assert [bool(found) for found in both(seal(header, book.lines), witness=WITNESS_KEY)] == [True, True]


@pytest.mark.parametrize(
    ("kind", "members", "holds"),
    [
        (kinds.ROOM_PLACED, {"district": "x", "rooms": [str(UUID(int=n)) for n in range(1000)]}, True),
        (kinds.ROOM_PLACED, {"district": "x", "rooms": [str(UUID(int=n)) for n in range(1001)]}, False),
        (kinds.ROOM_PLACED, {"district": "x", "rooms": [str(UUID(int=1))] * 2}, False),
        (kinds.ACCESS_LOG_HEAD, {"day": "2028-02-29"}, True),
        *((kinds.ACCESS_LOG_HEAD, {"day": day}, False) for day in ("2026-02-29", "20261130", "2026-11-3\uff10")),
        *((kinds.ACCESS_LOG_HEAD, {"day": day}, False) for day in ("2026-11-30\n", "2026-W48-1", "2026-11-30T00:00")),
    ],
)
def test_what_the_log_says_of_itself_is_exactly_of_its_form(kind: str, members: dict[str, Any], holds: bool) -> None:
    book = a_log()
    if kind == kinds.ACCESS_LOG_HEAD:
        members |= {"count": 1, "head": "3" * 64, "before": "2" * 64}
    book.say_itself(kind, **members)
    assert [not found for found in both(pack(book.lines))] == [holds, holds]


def test_a_point_for_which_anybody_can_sign_is_no_key() -> None:
    book = a_log()
    point = bytes((1,)) + bytes(31)
    said: dict[str, Any] = {
        "key_id": key_id_of(point),
        "public_key": point.hex(),
        "algorithm": "ed25519",
        "role": "probe",
    }
    book.say_of_key(
        kinds.KEY_ADMITTED, **said, tenant="demo-gu", probe_id="p", name="p", valid_from_index=0, predecessor=None
    )
    assert [bool(found) for found in both(pack(book.lines))] == [True, True]


def test_a_file_of_the_version_before_says_what_to_do() -> None:
    with pytest.raises(PackageError, match="export it again"):
        findings(compact({"ansim_log": 1, "keys": []}) + b"\n")

"""The records of a ZIP are judged by the rules of a package, as far as they are here."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from server.verifier.anchors import Anchors
from server.verifier.command import verify_package
from server.verifier.findings import Findings, PackageError
from sweep.entry import kinds, notes
from sweep.entry.dsse import Signer
from tests.entry_factory import ROOM_ID, salted, signer
from tests.package_kit import (
    DEMO,
    ORIGIN,
    OTHER,
    PROBE,
    ROOT,
    SERVER,
    STRANGER,
    SWEEP,
    Line,
    WitnessState,
    checkpoint,
    compact,
    envelope_of,
    hashes_of,
    scoped,
)
from tests.server.verifier.bombs import CASE_ID, DATE, listed, records, small_log, statement, submission, zip_of
from tests.server.verifier.zip_kit import Entry, written

RELAY = signer("relay")
ASKED = "01920000-0000-7000-8000-00000000ca5e"


def _found(data: bytes, folder: Path, anchors: Anchors = Anchors()) -> Findings:  # noqa: B008 - frozen
    file = folder / "asked.zip"
    file.write_bytes(data)
    return verify_package(file, anchors)


def _submitted(book: WitnessState, folder: Path, without: Sequence[int] = ()) -> list[str]:
    """What stands against a submission of all records of a log but these."""
    lines = scoped(book.lines, "structure")
    kept = [line for index, line in enumerate(records(lines).splitlines(keepends=True)) if index not in without]
    return list(
        map(str, _found(zip_of(submission(lines, of_records=b"".join(kept), of_log=listed())), folder).problems)
    )


def _log() -> WitnessState:
    book = WitnessState()
    book.admit(ROOT, "root")
    book.admit(SERVER, "server")
    book.admit(PROBE, "probe", "probe-a")
    book.admit(OTHER, "probe", "probe-b")
    book.say(PROBE, kinds.OPENED, sweep_id=SWEEP)
    book.say(PROBE, kinds.REPORT, salted(kinds.REPORT_TYPE, b"{}"), sweep_id=SWEEP)
    return book


@pytest.mark.parametrize("gone", range(4))
def test_every_key_entry_is_there(tmp_path: Path, gone: int) -> None:
    book = _log()
    cut = [
        book.say_of_key(kinds.KEY_REVOKED, key_id=OTHER.key_id, from_index=4, reason="lost"),
        book.say_of_key(kinds.KEY_REINSTATED, key_id=OTHER.key_id, reason="found"),
    ]
    heir = signer("root-2")
    cut.append(book.admit(heir, "root", predecessor=ROOT))
    cut.append(book.say_of_key(kinds.KEY_REVOKED, by=heir, key_id=ROOT.key_id, from_index=len(book.lines), reason="x"))
    book.admit(signer("late"), "probe", "probe-l", by=heir)
    assert _submitted(book, tmp_path) == []
    assert _submitted(book, tmp_path, cut[gone:][:1])
    if gone < 2:
        assert any("every key entry must be here" in line for line in _submitted(book, tmp_path, cut[gone:][:1]))


def _another_key(book: WitnessState) -> None:
    book.say(OTHER, kinds.REPORT, sweep_id=SWEEP, subject="probe-b")


def _another_room(book: WitnessState) -> None:
    book.say(PROBE, kinds.REPORT, sweep_id=SWEEP, room_id=UUID(int=5))


def _another_source(book: WitnessState) -> None:
    book.say(PROBE, kinds.REPORT, sweep_id=SWEEP, source="practice")


def _another_probe(book: WitnessState) -> None:
    _admit_relay(book, "probe-b")
    body = salted(kinds.DISPOSITION_TYPE, b"{}")
    book.say(RELAY, kinds.DISPOSITION, body, sweep_id=SWEEP, subject="person", assurance="password")


def _another_district(book: WitnessState) -> None:
    book.say_itself(kinds.ROOM_PLACED, district="mapo-gu", rooms=[str(ROOM_ID)])


def _admit_relay(book: WitnessState, *probes: str) -> None:
    said: dict[str, Any] = {
        "key_id": RELAY.key_id,
        "public_key": RELAY.public_key.hex(),
        "algorithm": "ed25519",
        "role": "relay",
    }
    rest: dict[str, Any] = {"probe_id": None, "name": "pi", "valid_from_index": 0, "predecessor": None}
    book.say_of_key(kinds.KEY_ADMITTED, **said, **rest, tenant="demo-gu", probes=list(probes))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_another_key, "sweep_of_another_key"),
        (_another_room, "sweep_of_another_room"),
        (_another_source, "sweep_of_another_source"),
        (_another_probe, "sweep_of_another_probe"),
        (_another_district, "room_not_allowed"),
    ],
)
def test_records_of_a_sweep_are_judged_together(
    tmp_path: Path, change: Callable[[WitnessState], None], code: str
) -> None:
    book = _log()
    assert _submitted(book, tmp_path) == []
    change(book)
    assert any(code in line for line in _submitted(book, tmp_path))
    assert _submitted(book, tmp_path, [len(book.lines) - 1]) == [], "what is not here raises no objection"


def test_rooms_that_nobody_can_read_are_a_problem(tmp_path: Path) -> None:
    book = _log()
    book.say_itself(kinds.ROOM_PLACED, district="demo-gu", rooms=[str(ROOM_ID)] * 2)
    assert _submitted(book, tmp_path) == ["log index 6: says where rooms lie, and nobody can read it"]


def test_nothing_is_erased_without_an_erasure(tmp_path: Path) -> None:
    book = _log()
    (named,) = (envelope_of(book.lines[5]) or {})["bodies"]
    book.lines[5] |= {"bodies": [], "states": {named["commitment"]: "erased"}}
    assert any("no erasure here names it" in line for line in _submitted(book, tmp_path))
    book.erase(named["commitment"])
    assert _submitted(book, tmp_path) == []
    assert _submitted(book, tmp_path, [6])


@pytest.mark.parametrize("count", [1, 2, 4, 20])
def test_the_end_record_counts_the_entries(tmp_path: Path, count: int) -> None:
    data = bytearray(zip_of(submission(small_log())))
    assert _found(bytes(data), tmp_path).holds
    data[-14:-10] = count.to_bytes(2, "little") * 2
    with pytest.raises(PackageError, match=r"counts|octets between"):
        _found(bytes(data), tmp_path)


def test_the_proof_stands_last_and_one_newline_behind_the_statement(tmp_path: Path) -> None:
    lines = small_log()
    *first, last = records(lines).splitlines(keepends=True)
    value = json.loads(last)
    moved = compact({"proof": value.pop("proof")} | value) + b"\n"
    found = _found(zip_of(submission(lines, of_records=b"".join([*first, moved]))), tmp_path)
    assert any("its proof at the end" in line for line in map(str, found.problems))
    files = submission(lines)
    for data in (files["submission.json"] + b"\n", files["submission.json"][:-1]):
        with pytest.raises(PackageError, match="its statement cannot be read"):
            _found(zip_of(files | {"submission.json": data}), tmp_path)


def test_every_line_of_a_key_in_a_checkpoint_holds(tmp_path: Path) -> None:
    lines = small_log()
    own = notes.VerifierKey(ORIGIN, notes.ED25519, SERVER.public_key)
    bad = notes.sign_note("another\n", own, SERVER.sign_bytes)
    found = _found(zip_of(submission(lines, head=checkpoint(lines) + bad)), tmp_path)
    assert any("does not hold" in line for line in map(str, found.problems))


def test_a_checkpoint_given_with_a_zip_is_the_logs_own(tmp_path: Path) -> None:
    lines = small_log()
    data = zip_of(submission(lines))
    assert "the checkpoint given is that of this submission" in list(
        map(str, _found(data, tmp_path, Anchors(checkpoint(lines))).proven)
    )
    found = _found(data, tmp_path, Anchors(checkpoint(lines, key=STRANGER)))
    assert list(map(str, found.problems)) == [
        "no server key of this log signed the checkpoint given, and no witness whose key was given"
    ]
    assert not any("the checkpoint given" in line for line in map(str, found.proven))
    other = checkpoint(lines).replace("demo-gu", "mapo-gu")
    assert any("of another log" in line for line in map(str, _found(data, tmp_path, Anchors(other)).problems))


def _case(*, by: Signer = SERVER, photo_of: str = CASE_ID, probes: Sequence[str] = (), **asked: Any) -> WitnessState:
    """A case with a photograph, of which the police ask for the radio record."""
    book = _log()
    book.admit(DEMO, "demo")
    _admit_relay(book, *probes)
    opened = book.lines[5]
    for name, key, more in (("looked_at", SERVER, {}), ("police_asked", by, asked)):
        step = {"step": name, "wanted": ["wifi_timeline"]}
        body = salted(kinds.CASE_STEP_TYPE, compact({"v": 1, "case_id": CASE_ID, "step": step}))
        about: dict[str, Any] = {"sweep_id": SWEEP, "subject": "person", "assurance": "password"} | more
        book.say(key, kinds.CASE_STEP, body, refs=(UUID((envelope_of(opened) or {})["entry_id"]),), **about)
        opened = book.lines[-1]
    photo = salted(kinds.PHOTO_TAKEN_TYPE, compact({"v": 1, "case_id": photo_of}))
    book.say(SERVER, kinds.PHOTO_TAKEN, photo, sweep_id=SWEEP, subject="person", assurance="password")
    return book


def _case_file(book: WitnessState) -> bytes:
    files = {"records.jsonl": records(copy.deepcopy(book.lines)), "case.pdf": b"%PDF"}
    files |= {"case.json": statement(files, checkpoint(book.lines), case_id=CASE_ID)}
    return written([Entry(name.encode(), data, date=DATE) for name, data in files.items()])


def test_only_a_step_of_the_case_that_counts_asks_for_anything(tmp_path: Path) -> None:
    assert _found(_case_file(_case()), tmp_path).problems == []
    assert _found(_case_file(_case(by=RELAY, probes=["probe-a"])), tmp_path).problems == []
    for book in (_case(by=RELAY), _case(by=DEMO, source="replay"), _case(sweep_id=None), _case(room_id=UUID(int=5))):
        found = _found(_case_file(book), tmp_path)
        assert any("which the file of such a case withholds" in line for line in map(str, found.problems)), list(
            map(str, found.problems)
        )
        assert "asked for by the police in writing: nothing" in list(map(str, found.notes))


def test_a_photograph_of_another_case_is_not_told_as_this_ones(tmp_path: Path) -> None:
    found = _found(_case_file(_case(photo_of=ASKED)), tmp_path)
    assert [line.partition(": ")[2][:28] for line in map(str, found.problems)] == ["a photograph of another case"]


def test_a_submission_lists_records_of_sweeps_only(tmp_path: Path) -> None:
    lines: list[Line] = small_log()
    found = _found(zip_of(submission(lines, of_log=listed(hashes_of(lines[1])[0]))), tmp_path)
    assert any("is not among the records here" in line for line in map(str, found.problems))

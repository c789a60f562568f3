"""What a printed log names, as an auditor who has the paper in hand holds it against a file."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest

from server.exports.seal import Seal
from server.exports.sheets.proof import proof_line
from server.verifier.command import AnchorError, anchors_of, verify_package
from server.verifier.findings import Findings
from tests.package_kit import PROBE, Line, a_log, hashes_of, pack, root_of
from tests.server.verifier.bombs import small_log, submission, zip_of


def _asked(data: bytes, entry: str, folder: Path) -> Findings:
    file = folder / "asked"
    file.write_bytes(data)
    return verify_package(file, anchors_of(None, None, None, entry))


def _paper(digest: str, lines: list[Line], what: str = "entry", root: bytes | None = None) -> str:
    """The text of its QR code."""
    found = base64.b64encode(root_of(lines) if root is None else root).decode()
    return proof_line(what, digest, Seal(len(lines), found, None, 0, None).proof)


def test_a_whole_log_tells_where_the_record_of_a_paper_stands(tmp_path: Path) -> None:
    lines = a_log().lines
    data = pack(lines)
    one = hashes_of(lines[7])[0]
    for entry in (one, one.upper(), _paper(one, lines[:9])):
        found = _asked(data, entry, tmp_path)
        assert found.holds, found.problems
        (said,) = (
            line
            for line in map(str, found.proven)
            if line.startswith(f"the record {one} is log index 7: sweep.report, ")
        )
        assert said.endswith(f"signed by key {PROBE.key_id} (probe probe-a)")
    found = _asked(data, _paper(one, lines[:9]), tmp_path)
    assert "the first 9 entries are those of the log that the paper was printed from" in list(map(str, found.proven))
    other = _asked(data, _paper(one, lines[:9], root=bytes(32)), tmp_path)
    assert list(map(str, other.problems)) == [
        "the first 9 entries are not those of the log that the paper was printed from"
    ]
    later = _asked(data, _paper(one, [*lines, lines[-1]]), tmp_path)
    assert later.holds and any("27 entries there, 26 here" in line for line in map(str, later.unproven))


def test_a_record_that_is_not_there_or_does_not_count_is_a_problem(tmp_path: Path) -> None:
    lines = a_log().lines
    data = pack(lines)
    assert list(map(str, _asked(data, "0" * 64, tmp_path).problems)) == [f"no record here has the hash {'0' * 64}"]
    waiting = hashes_of(lines[8])[0]
    (problem,) = map(str, _asked(data, waiting, tmp_path).problems)
    assert problem.startswith(f"log index 8: the record {waiting} does not count")
    gone = hashes_of(lines[0])[0]
    (problem,) = map(str, _asked(data, gone, tmp_path).problems)
    assert problem == f"log index 0: the record {gone} does not count: it was purged, and only its hashes are left"


def test_a_submission_tells_of_a_record_and_of_a_list(tmp_path: Path) -> None:
    lines = small_log()
    data = zip_of(submission(lines))
    one = hashes_of(lines[-1])[0]
    found = _asked(data, _paper(one, lines), tmp_path)
    assert found.holds, found.problems
    assert any(f"the record {one} is log index 4: sweep.report" in line for line in map(str, found.proven))
    assert f"the first {len(lines)} entries are those of the log that the paper was printed from" in list(
        map(str, found.proven)
    )
    digest = hashlib.sha256(f"{one}\n".encode()).hexdigest()
    found = _asked(data, _paper(digest, lines, "records"), tmp_path)
    assert found.holds and any("the printed list is of just the records" in line for line in map(str, found.proven))
    assert not _asked(data, _paper("1" * 64, lines, "records"), tmp_path).holds


@pytest.mark.parametrize("entry", ["", "x", "0" * 63, "ansim-proof/2 entry " + "0" * 64, "ansim-proof/1 entry 00"])
def test_what_is_no_record_hash_is_one_line(entry: str) -> None:
    with pytest.raises(AnchorError, match="--entry: neither"):
        anchors_of(None, None, None, entry)

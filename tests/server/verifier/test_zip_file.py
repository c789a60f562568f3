"""Every octet of a file of a case belongs to it: verify refuses it, or every extractor reads what verify read."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from server.exports.gathering.zipped import zipped
from server.log.proven_records import signed_statement
from server.verifier.anchors import Anchors
from server.verifier.command import verify_package
from server.verifier.findings import PackageError
from server.verifier.statement import NamedFile
from server.verifier.zip_file import ZipFile
from tests.package_kit import SERVER, hashes_of
from tests.server.verifier import bombs
from tests.server.verifier.bombs import small_log, submission, zip_of
from tests.server.verifier.hostile_zips import honest_variants, hostile
from tests.server.verifier.zip_kit import Entry, ask, deflated, entries_of, extracted, written

CASE, SUBMISSION = Path("zips/case/capture.zip"), Path("zips/submission/capture.zip")
EXTRACTORS = {"python", "bsdtar", "7z", "unzip"}
MAX_MB, MAX_S = 256, 10
COSTLY = (
    "zeros", "zeros of another size", "records: empty lines", "records: long texts", "records: rare characters",
    "records: a key entry again and again, no keys", "log: the same sweep", "log: spaces", "log: many keys",
    "case: steps with long texts", "package: empty lines", "package: many purges", "package: a long text",
)  # fmt: skip


@pytest.fixture(scope="module")
def captures(repo_root: Path) -> Path:
    return repo_root / "tests/captures"


def _told(file: Path) -> str | None:
    """What stands against a file in one line; None when it holds."""
    try:
        found = verify_package(file, Anchors())
    except PackageError as error:
        return str(error)
    return None if found.holds else str(found.problems[0])


@pytest.mark.parametrize("file", [CASE, SUBMISSION])
def test_what_earlier_releases_issued_holds(captures: Path, file: Path) -> None:
    assert _told(captures / file) is None
    assert written(entries_of((captures / file).read_bytes())) == (captures / file).read_bytes()


def test_what_is_written_now_has_no_octet_more(tmp_path: Path) -> None:
    made = datetime(2026, 3, 2, 9, 30, 12, tzinfo=timezone(timedelta(hours=9)))
    files = {"a.txt": b"a" * 1000, "b.json": b"", "c.bin": random.Random(1).randbytes(200_000)}
    data = zipped(files, made)
    file = tmp_path / "made.zip"
    file.write_bytes(data)
    with file.open("rb") as source:
        book = ZipFile(source)
        assert {part.name: b"".join(book.pieces(part.name)) for part in book.parts} == files
        assert {(part.made.hour, part.made.minute, part.made.second) for part in book.parts} == {(9, 30, 12)}
    assert data == written(entries_of(data))
    assert len(set(extracted(data, tmp_path))) == len(EXTRACTORS)
    with pytest.raises(ValueError, match="no name of a file"):
        signed_statement(SERVER, "application/x", {}, "", [NamedFile.of("점검.pdf", b"")])


def test_a_hostile_file_is_refused_in_one_line(captures: Path, tmp_path: Path) -> None:
    file = tmp_path / "hostile.zip"
    seen = set[str]()
    for what, data in hostile(entries_of((captures / CASE).read_bytes())):
        file.write_bytes(data)
        assert (_told(file) or "\n").count("\n") == 0, what
        assert what not in seen
        seen.add(what)
    assert len(seen) > 120


def test_of_what_holds_every_extractor_reads_the_same(captures: Path, tmp_path: Path) -> None:
    for number, (what, data) in enumerate(honest_variants(entries_of((captures / CASE).read_bytes()))):
        folder = tmp_path / str(number)
        folder.mkdir()
        file = folder / "held.zip"
        file.write_bytes(data)
        assert _told(file) is None, what
        with file.open("rb") as source:
            book = ZipFile(source)
            read = {part.name: b"".join(book.pieces(part.name)) for part in book.parts}
        found = extracted(data, folder)
        assert found.keys() == EXTRACTORS, "apt-get install libarchive-tools 7zip unzip"
        assert all(one == read for one in found.values()), (what, [name for name in found if found[name] != read])


def test_no_octet_can_be_another_one(captures: Path, tmp_path: Path) -> None:
    data = (captures / CASE).read_bytes()
    headers, at = list[int](), 0
    for entry in entries_of(data):
        start = at + len(entry.header())
        headers += [*range(at, start), *range(start + len(entry.octets) - 2, start + len(entry.octets))]
        at = start + len(entry.octets)
    chance = random.Random(4)
    file = tmp_path / "changed.zip"
    for place in [*headers, *range(at, len(data)), *(chance.randrange(len(data)) for _ in range(200))]:
        for bit in {0, 7, chance.randrange(8)}:
            changed = bytearray(data)
            changed[place] ^= 1 << bit
            file.write_bytes(changed)
            assert _told(file) is not None, (place, bit)


@pytest.mark.parametrize("length", [1, 7, 300, 70_000])
def test_nothing_hides_in_the_bits_behind_a_stream(tmp_path: Path, length: int) -> None:
    data = random.Random(length).randbytes(length // 2) + bytes(length // 2)
    stream = deflated(data)
    file = tmp_path / "bits.zip"
    accepted = []
    for bit in range(8):
        file.write_bytes(written([Entry(b"a", data, stored=stream[:-1] + bytes((stream[-1] ^ 1 << bit,)))]))
        with file.open("rb") as source:
            try:
                accepted.append(b"".join(ZipFile(source).pieces("a")) == data)
            except PackageError:
                continue
    assert accepted == []
    file.write_bytes(written([Entry(b"a", data, stored=stream)]))
    with file.open("rb") as source:
        assert b"".join(ZipFile(source).pieces("a")) == data


def test_a_sweep_is_listed_once_and_a_record_stands_once(tmp_path: Path) -> None:
    lines, file = small_log(), tmp_path / "one.zip"
    file.write_bytes(zip_of(submission(lines)))
    assert _told(file) is None
    last = hashes_of(lines[-1])[0]
    file.write_bytes(zip_of(submission(lines, of_log=bombs.listed(last, last))))
    assert "two sweeps stand on the record" in (_told(file) or "")
    twice = [*lines, lines[-1] | {"log_index": len(lines)}]
    file.write_bytes(zip_of(submission(twice)))
    assert "has the id or the number of an entry before it" in (_told(file) or "")


def _hold_to_bounds(what: str, data: bytes, file: Path) -> None:
    file.write_bytes(data)
    answer = ask(file)
    assert answer.code in {0, 1, 2} and "Traceback" not in answer.error, (what, answer)
    assert (answer.code == 2) == (answer.error.count("\n") == 1), (what, answer.error)
    assert answer.mb < MAX_MB and answer.seconds < MAX_S, (what, answer.mb, answer.seconds)


def test_a_small_file_costs_little(tmp_path: Path) -> None:
    files = bombs.zips(40) | bombs.packages(2)
    for what in COSTLY:
        _hold_to_bounds(what, files[what](), tmp_path / "costly")


@pytest.mark.soak  # two minutes
def test_no_small_file_costs_much(tmp_path: Path) -> None:
    for what, make in (bombs.zips(240) | bombs.packages(20)).items():
        _hold_to_bounds(what, make(), tmp_path / "costly")

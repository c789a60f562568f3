"""Small files that would cost much: submissions and packages that somebody made with keys of their own, or with none.

Output is each file by its name.  Everything that can be signed is signed right, since whoever makes such a file makes
the log for it too; `submission` is the honest one, from which the others differ in one thing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any

from server.verifier.case_file import CASE_FILE_TYPE
from server.verifier.submission import SUBMISSION_TYPE
from sweep.entry import kinds, merkle, notes
from tests.entry_factory import salted
from tests.package_kit import (
    ORIGIN,
    PROBE,
    ROOT,
    SERVER,
    SWEEP,
    Line,
    WitnessState,
    checkpoint,
    compact,
    hashes_of,
    scoped,
    seal,
)
from tests.server.verifier.zip_kit import Entry, written

MIB = 1024 * 1024
LOG = "inspection-log_2026-03.json"
RARE = "😀".encode()
MADE_MS = 1_796_000_000_000
DATE = (2026 - 1980) << 9 | 11 << 5 | 30
CASE_ID = "018f0000-0000-7000-8000-0000000000d1"
Files = dict[str, bytes]
Make = Callable[[], bytes]


def small_log() -> list[Line]:
    """Keys, and a sweep with its report."""
    book = WitnessState()
    book.admit(ROOT, "root")
    book.admit(SERVER, "server")
    book.admit(PROBE, "probe", "probe-a")
    book.say(PROBE, kinds.OPENED, sweep_id=SWEEP)
    book.say(PROBE, kinds.REPORT, sweep_id=SWEEP)
    return scoped(book.lines, "structure")


def records(lines: Sequence[Line]) -> bytes:
    """The lines with their proofs."""
    leaves = [merkle.leaf_hash(merkle.leaf_data(*hashes_of(line), line["received_ms"])) for line in lines]

    @cache
    def subtree(level: int, position: int) -> bytes:
        return merkle.root_of(leaves[position << level : position + 1 << level])

    return b"".join(
        _record(line, merkle.prove(merkle.inclusion_path(index, len(lines)), subtree))
        for index, line in enumerate(lines)
    )


def listed(*hashes: str) -> bytes:
    """A log as JSON that lists these records."""
    return json.dumps({"format": "ansim-inspection-log/1", "sweeps": [{"entry_hash": one} for one in hashes]}).encode()


def submission(lines: Sequence[Line], *, head: str | None = None, **more: bytes) -> Files:
    """Files that belong together; `more`: of other contents than follow from the lines."""
    files = {LOG: listed(hashes_of(lines[-1])[0]), "records.jsonl": more.get("of_records") or records(lines)}
    if "of_log" in more:
        files[LOG] = more["of_log"]
    return files | {"submission.json": statement(files, head or checkpoint(lines))}


def statement(files: Files, head: str, *, case_id: str | None = None, repeat: int = 1) -> bytes:
    """The statement of files, signed; `repeat`: how often it names each."""
    about: dict[str, Any] = {"district": None, "first": "2026-03-01", "last": "2026-03-31"}
    if case_id is not None:
        about = {"case_id": case_id}
    named = [
        {"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in files.items()
    ]
    said = {"v": 1, "origin": ORIGIN, **about, "made_ms": MADE_MS, "checkpoint": head, "files": named * repeat}
    media_type = SUBMISSION_TYPE if case_id is None else CASE_FILE_TYPE
    return compact(SERVER.sign(media_type, compact(said)).to_json()) + b"\n"


def zip_of(files: Files) -> bytes:
    """As a server writes it."""
    return written([Entry(name.encode(), data, date=DATE) for name, data in files.items()])


def zips(mib: int) -> dict[str, Make]:
    """Hostile submissions that unpack to about so many MiB."""
    size, lines = mib * MIB, small_log()
    honest = submission(lines)

    def with_zeros() -> Files:
        return honest | {"bulk.bin": bytes(size)}

    line = records(lines).splitlines(keepends=True)
    own = b"".join(line)
    many: dict[str, Make] = {
        "empty lines": lambda: b"\n" * size,
        "empty objects": lambda: b"{}\n" * (size // 3),
        "no line end": lambda: b" " * size,
        "a key entry again and again": lambda: line[2] * (size // len(line[2])),
        "brackets": lambda: (b"[" * 8_000 + b"\n") * (size // 8_001),
        "objects in objects": lambda: (b'{"a":' * 4_000 + b"\n") * (size // 20_001),
        "long texts": lambda: (b'"' + b"a" * (31 * MIB) + b'"\n') * max(1, size // (31 * MIB)),
        "long lists": lambda: (b"[" + b"0," * 8_000 + b"0]\n") * (size // 16_003),
        "long numbers": lambda: (b"1" * (31 * MIB) + b"\n") * max(1, size // (31 * MIB)),
        "rare characters": lambda: (RARE + b"a" * (31 * MIB) + b"\n") * max(1, size // (31 * MIB)),
    }
    one = b'{"entry_hash": "%s"},' % hashes_of(lines[-1])[0].encode()
    logs: dict[str, Make] = {
        "the same sweep": lambda: b'{"sweeps": [' + one * (size // len(one)) + b"{}]}",
        "empty sweeps": lambda: b'{"sweeps": [' + b"{}," * (size // 3) + b"{}]}",
        "brackets": lambda: b'{"sweeps": ' + b"[" * size,
        "objects": lambda: b'{"a":' * (size // 5),
        "spaces": lambda: b'{"sweeps": [' + b" " * size + b"]}",
        "a long text": lambda: b'{"a": "' + b"a" * size + b'", "sweeps": []}',
        "rare characters": lambda: b'{"a": "' + RARE + b"a" * size + b'", "sweeps": []}',
        "many keys": lambda: b'{"sweeps": []' + b"".join(b',"%d":0' % n for n in range(MIB)) + b"}",
        "the list twice": lambda: b'{"sweeps": [' + one[:-1] + b'], "sweeps": []}',
        "a long number": lambda: b'{"a": ' + b"1" * size + b"}",
        "no list": lambda: b'{"sweeps": 1}',
    }
    return {
        "zeros": lambda: zip_of(_stated(with_zeros(), lines)),
        "zeros named 300 times": lambda: zip_of(_stated(with_zeros(), lines, repeat=300)),
        "zeros of another size": lambda: _lying(with_zeros(), lines, 300),
        "zeros of the largest size": lambda: _lying(with_zeros(), lines, 0xFFFFFFFE),
        "17 parts of zeros": lambda: zip_of(honest | {f"n{number}": bytes(size // 17) for number in range(17)}),
        **{f"records: {what}": partial(_of_records, lines, own, make) for what, make in many.items()},
        **{f"records: {what}, no keys": partial(_of_records, lines, b"", make) for what, make in many.items()},
        "records: one entry at every place": lambda: zip_of(_one_everywhere(size)),
        **{f"log: {what}": partial(_of_log, lines, make) for what, make in logs.items()},
        "case: steps with long texts": lambda: zip_of(_long_steps(max(2, size // (11 * MIB)))),
    }


def packages(mib: int) -> dict[str, Make]:
    """Hostile packages of about so many MiB."""
    size, lines = mib * MIB, small_log()
    head = compact({"ansim_log": 2, "origin": ORIGIN, "scope": "full", "checkpoint": checkpoint(lines)}) + b"\n"
    many: dict[str, Make] = {
        "empty lines": lambda: b"\n" * size,
        "empty objects": lambda: b"{}\n" * (size // 3),
        "brackets": lambda: (b"[" * 8_000 + b"\n") * (size // 8_001),
        "objects in objects": lambda: (b'{"a":' * 4_000 + b"\n") * (size // 20_001),
        "a long text": lambda: b'"' + b"a" * size + b'"\n',
        "rare characters": lambda: b'"' + RARE + b"a" * size + b'"\n',
        "no line end": lambda: b"a" * size,
        "manifests": lambda: (b'{"payloadType":' + b" " * 64_000 + b"\n") * (size // 64_016),
    }
    return {
        **{f"package: {what}": partial(_behind, head, make) for what, make in many.items()},
        **{f"package: {what} from the start": make for what, make in many.items()},
        "package: many purges": lambda: _purges(size),
        "package: binary": lambda: hashlib.shake_256(b"binary").digest(size),
    }


def _of_records(lines: Sequence[Line], own: bytes, make: Make) -> bytes:
    return zip_of(submission(lines, of_records=own + make()))


def _of_log(lines: Sequence[Line], make: Make) -> bytes:
    return zip_of(submission(lines, of_log=make()))


def _behind(head: bytes, make: Make) -> bytes:
    return head + make()


def _stated(files: Files, lines: Sequence[Line], repeat: int = 1) -> Files:
    """Files with a statement of them all."""
    rest = {name: data for name, data in files.items() if name != "submission.json"}
    return rest | {"submission.json": statement(rest, checkpoint(lines), repeat=repeat)}


def _lying(files: Files, lines: Sequence[Line], size: int) -> bytes:
    """The bulk says another size than it has."""
    entries = [Entry(name.encode(), data, date=DATE) for name, data in _stated(files, lines).items()]
    return written([replace(one, size=size) if one.name == b"bulk.bin" else one for one in entries])


def _record(line: Line, proof: Sequence[bytes]) -> bytes:
    return compact(line | {"proof": [one.hex() for one in proof]}) + b"\n"


def _one_everywhere(size: int) -> Files:
    """A tree of the same leaf over and over: every place of it is proven, and every line nearly the same."""
    line = small_log()[0] | {"received_ms": 0}
    node = merkle.leaf_hash(merkle.leaf_data(*hashes_of(line), 0))
    count = 1 << (size // 4_000).bit_length() - 1
    proof = []
    for _ in range(count.bit_length() - 1):
        proof.append(node)
        node = merkle.node_hash(node, node)
    head = notes.Checkpoint(ORIGIN, count, node)
    note = head.text + "\n" + notes.sign_note(
        head.text, notes.VerifierKey(ORIGIN, notes.ED25519, SERVER.public_key), SERVER.sign_bytes
    )  # fmt: skip
    all_lines = b"".join(_record(line | {"log_index": index}, proof) for index in range(count))
    files = {"records.jsonl": all_lines}
    return files | {"submission.json": statement(files, note)}


def _long_steps(count: int) -> Files:
    """A case of which each step has a body of 8 MiB."""
    book = WitnessState()
    book.admit(ROOT, "root")
    book.admit(SERVER, "server")
    for number in range(count):
        said = {"v": 1, "case_id": CASE_ID, "step": {"step": "reported", "what": "a" * (8 * MIB - 400), "n": number}}
        body = salted(kinds.CASE_STEP_TYPE, compact(said))
        book.say(SERVER, kinds.CASE_STEP, body, subject="점검자-01", assurance="password")
    files = {"records.jsonl": records(book.lines), "case.pdf": b"%PDF"}
    return files | {"case.json": statement(files, checkpoint(book.lines), case_id=CASE_ID)}


def _purges(size: int) -> bytes:
    """Half purged entries, half purges that name all of them again and again."""
    book = WitnessState()
    book.admit(ROOT, "root")
    book.admit(SERVER, "server")
    gone = size // 2 // 200
    for number in range(gone):
        digest = hashlib.sha256(b"%d" % number).hexdigest()
        line = {"log_index": len(book.lines), "status": "purged", "received_ms": 0}
        book.lines.append(line | {"entry_hash": digest, "signatures_hash": digest})
    for _ in range(size // 2 // 34_000):
        book.say_itself(kinds.QUARANTINE_PURGED, indices=[[2, gone + 1]] * 2_700, reason="x")
    header = {"ansim_log": 2, "origin": ORIGIN, "scope": "full", "checkpoint": checkpoint(book.lines)}
    return seal(header, book.lines)

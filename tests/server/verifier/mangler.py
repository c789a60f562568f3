"""Packages mangled at random: lines, members and types, payloads signed again by whoever holds the keys, raw bytes.

Input is an honest log and a seeded `Random`; output are the bytes of a file.  Half of them the operator seals anew, so
that what is wrong lies deeper than in a digest.
"""

from __future__ import annotations

import base64
import contextlib
import copy
import json
import re
from collections.abc import Callable
from random import Random
from typing import Any

from sweep.entry.dsse import ENTRY_TYPE, Signer
from tests.package_kit import (
    DEMO,
    HEIR,
    ORIGIN,
    OTHER,
    PROBE,
    ROOT,
    SERVER,
    STRANGER,
    Line,
    WitnessState,
    base64_of,
    checkpoint,
    commitment_of,
    compact,
    envelope_of,
    hashes_of,
    renumbered,
    scoped,
    seal,
)
from tests.server.verifier.judges import findings

BROKEN = (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError)
SIGNERS: dict[str, Signer] = {key.key_id: key for key in (ROOT, SERVER, PROBE, OTHER, DEMO, STRANGER, HEIR)}
DEEP: Any = json.loads("[" * 40 + "]" * 40)
ODD: tuple[Any, ...] = (
    None, True, False, -1, 0, 1, 2, 5, 2**53 - 1, 2**53, 10**400, 1.0, 1.5, float("nan"), float("inf"), [], {}, [[]],
    DEEP, "", "x", "a/b", "text/html", "image/png", "IMAGE/PNG", "application/x;y", "\ud800", "\u202e", "AAAA", "AAAB=",
    "0" * 16, "0" * 64, "A" * 5_000, "accepted", "quarantined", "conflict", "purged", "erased", "withheld", "missing",
    "full", "city", "live", "replay", "key.admitted", "body.erased", "ceremony", "password", "probe", "root", "server",
    "018f0000-0000-7000-8000-0000000000c1", "2026-02-30T00:00:00Z", "2026-03-02T06:00:00+09:00", "demo-gu", "probe-a",
)  # fmt: skip
STATUS = re.compile(r"log index (\d+): stands as (accepted|conflict|quarantined)(?:, but counts| and does not count)")
NESTS = (b"[" * 2_000, b'{"a":' * 2_000, b"[" * 100_000)
RAW = (
    b"\xff\xfe",
    b"\x00",
    b"\xed\xa0\x80",
    b"\n",
    b" ",
    b"NaN",
    b"\\",
    b'"',
    b",",
    b"{",
    b"}",
    b'"log_index":0,',
    *NESTS,
)


def mangled(book: WitnessState, random: Random) -> bytes:
    """One file."""
    scope = random.choice(("full", "full", "city", "structure"))
    lines = scoped(book.lines, scope)
    header: Line = {"ansim_log": 2, "origin": ORIGIN, "scope": scope, "checkpoint": checkpoint(lines)}
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        change = random.choice(CHANGES)
        with contextlib.suppress(*BROKEN):  # a line that an earlier change broke
            change(lines, random)
    is_sealed = random.random() < 0.6
    if is_sealed and random.random() < 0.9:
        lines = renumbered(lines)
    if random.random() < 0.1:
        _edit(header, random)
    try:
        if is_sealed:
            header["checkpoint"] = checkpoint(lines)
        data = seal(header, lines)
    except BROKEN:
        data = seal(header | {"scope": scope}, book.lines, raw=[_written(line) for line in lines])
    return _raw_change(data, random) if random.random() < 0.3 else data


def signed_otherwise(book: WitnessState, random: Random) -> bytes:
    """A log in which owners of keys signed something else, with the statuses that follow as the product sees them."""
    lines = copy.deepcopy(book.lines)
    for _ in range(random.randrange(1, 4)):
        with contextlib.suppress(*BROKEN):
            random.choice((_sign_again, _sign_again, _change_body, _double, _swap))(lines, random)
    lines, data = renumbered(lines), b""
    for _ in range(3):
        header: Line = {"ansim_log": 2, "origin": ORIGIN, "scope": "full", "checkpoint": checkpoint(lines)}
        try:
            data = seal(header, lines)
        except BROKEN:  # an envelope that names no bodies any more
            return seal(header, book.lines, raw=[_written(line) for line in lines])
        for problem in map(str, findings(data).problems):
            found = STATUS.match(problem)
            if found is not None:
                lines[int(found[1])]["status"] = "accepted" if found[2] == "quarantined" else "quarantined"
    return data


def flipped(data: bytes, random: Random) -> bytes:
    """The file with one bit changed."""
    place = random.randrange(len(data) * 8)
    found = bytearray(data)
    found[place // 8] ^= 1 << place % 8
    return bytes(found)


def _drop(lines: list[Line], random: Random) -> None:
    if lines:
        del lines[random.randrange(len(lines))]


def _cut(lines: list[Line], random: Random) -> None:
    del lines[random.randrange(len(lines) + 1) :]


def _double(lines: list[Line], random: Random) -> None:
    if lines:
        lines.insert(random.randrange(len(lines) + 1), copy.deepcopy(random.choice(lines)))


def _swap(lines: list[Line], random: Random) -> None:
    if len(lines) > 1:
        one, other = random.sample(range(len(lines)), 2)
        lines[one], lines[other] = lines[other], lines[one]


def _change_line(lines: list[Line], random: Random) -> None:
    if lines:
        _edit(random.choice(lines), random)


def _change_status(lines: list[Line], random: Random) -> None:
    if lines:
        random.choice(lines)["status"] = random.choice(("accepted", "quarantined", "conflict"))


def _withhold(lines: list[Line], random: Random) -> None:
    there = [line for line in lines if line.get("bodies") and envelope_of(line)]
    if there:
        line = random.choice(there)
        body = line["bodies"].pop(random.randrange(len(line["bodies"])))
        line["states"][commitment_of(body)] = random.choice(("withheld", "erased", "missing"))


def _sign_again(lines: list[Line], random: Random) -> None:
    """Change an envelope, and sign it with its key: what an owner of the key may do."""
    own = [line for line in lines if envelope_of(line)]
    if not own:
        return
    line = random.choice(own)
    envelope = envelope_of(line) or {}
    key = SIGNERS[envelope["key_id"]]
    if random.random() < 0.3:
        key = random.choice(list(SIGNERS.values()))
        envelope["key_id"] = key.key_id
    _edit(envelope, random)
    kind = random.choice((ENTRY_TYPE, ENTRY_TYPE, ENTRY_TYPE, ENTRY_TYPE.replace("v1", "v3"), ENTRY_TYPE + "x"))
    line["dsse"] = key.sign(kind, json.dumps(envelope).encode("utf-8", "surrogatepass")).to_json()


def _change_body(lines: list[Line], random: Random) -> None:
    """Change what a body says, and let its key commit to that."""
    there = [line for line in lines if line.get("bodies") and envelope_of(line)]
    if not there:
        return
    line = random.choice(there)
    envelope, body = envelope_of(line) or {}, random.choice(line["bodies"])
    before = commitment_of(body)
    try:
        content = json.loads(base64.b64decode(body["data"]))
    except ValueError:
        content = {}
    _edit(content, random)
    body["data"] = base64_of(json.dumps(content).encode("utf-8", "surrogatepass"))
    for ref in envelope["bodies"]:
        if ref["commitment"] == before:
            ref["commitment"], ref["size"] = commitment_of(body), len(base64.b64decode(body["data"]))
    line["dsse"] = SIGNERS[envelope["key_id"]].sign(ENTRY_TYPE, json.dumps(envelope).encode()).to_json()


def _purge(lines: list[Line], random: Random) -> None:
    whole = [place for place, line in enumerate(lines) if "dsse" in line]
    if whole:
        place = random.choice(whole)
        line = lines[place]
        entry_hash, signatures_hash = hashes_of(line)
        lines[place] = {"log_index": place, "status": "purged", "received_ms": line["received_ms"]}
        lines[place] |= {"entry_hash": entry_hash, "signatures_hash": signatures_hash}


CHANGES: tuple[Callable[[list[Line], Random], None], ...] = (
    _drop, _cut, _double, _swap, _change_line, _change_line, _change_status, _withhold, _sign_again, _sign_again,
    _change_body, _change_body, _purge,
)  # fmt: skip


def _edit(value: Any, random: Random) -> None:
    """Change one member somewhere inside."""
    place: Any = value
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            if isinstance(place, dict):
                place["x"] = random.choice(ODD)
            else:
                place.append(random.choice(ODD))
            return
        key = random.choice(keys)
        if isinstance(place[key], dict | list) and random.random() < 0.7:
            place = place[key]
            continue
        break
    match random.randrange(6):
        case 0:
            del place[key]
        case 1 if isinstance(place, dict):
            place[random.choice(("x", "v", "status", "bodies"))] = random.choice(ODD)
        case 2 if isinstance(place, dict):
            moved = place.pop(key)
            place[key] = moved
        case _:
            place[key] = copy.deepcopy(random.choice(ODD))


def _written(line: Line) -> bytes:
    try:
        return compact(line)
    except (ValueError, TypeError, RecursionError):
        return b"{}"


def _raw_change(data: bytes, random: Random) -> bytes:
    place = random.randrange(len(data))
    match random.randrange(4):
        case 0:
            return data[:place]
        case 1:
            return data[:place] + data[place + random.randrange(1, 50) :]
        case 2:
            return data + random.choice((b"\n", b"{}\n", data))
        case _:
            return data[:place] + random.choice(RAW) + data[place:]

"""Sixteen ways to change an exported log, each as a function of its lines."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable
from typing import Any

from sweep.entry import kinds
from tests.entry_factory import salted, signer
from tests.package_kit import (
    DEMO,
    HEIR,
    PROBE,
    Line,
    WitnessState,
    base64_of,
    commitment_of,
    envelope_of,
    hashes_of,
    renumbered,
)

FORGER = signer("forger")


def last_five_cut_off(book: WitnessState) -> list[Line]:
    return book.lines[:-5]


def a_probe_dropped(book: WitnessState) -> list[Line]:
    return renumbered([line for line in book.lines if key_of(line) != HEIR.key_id])


def camera_found_dropped(book: WitnessState) -> list[Line]:
    return renumbered(book.lines[:-1])


def order_changed(book: WitnessState) -> list[Line]:
    place = _last(book, PROBE.key_id)
    lines = list(book.lines)
    lines[place - 1], lines[place] = lines[place], lines[place - 1]
    return renumbered(lines)


def status_changed(book: WitnessState) -> list[Line]:
    return [*book.lines[:-1], book.lines[-1] | {"status": "quarantined"}]


def receipt_time_changed(book: WitnessState) -> list[Line]:
    return [*book.lines[:-1], book.lines[-1] | {"received_ms": book.lines[-1]["received_ms"] - 86_400_000}]


def all_bodies_gone(book: WitnessState) -> list[Line]:
    return _without_bodies(book, "missing")


def all_bodies_withheld(book: WitnessState) -> list[Line]:
    return _without_bodies(book, "withheld")


def erased_without_an_erasure(book: WitnessState) -> list[Line]:
    line = copy.deepcopy(book.lines[-1])
    line["states"] = {commitment_of(line["bodies"].pop()): "erased"}
    return [*book.lines[:-1], line]


def role_of_a_key_changed(book: WitnessState) -> list[Line]:
    lines = copy.deepcopy(book.lines)
    for line in lines:
        for body in line.get("bodies", ()):
            data = base64.b64decode(body["data"])
            if DEMO.public_key.hex().encode() in data:
                body["data"] = base64_of(data.replace(b'"role": "demo"', b'"role": "probe"'))
    return lines


def forged_entry_with_its_key(book: WitnessState) -> list[Line]:
    forged = copy.deepcopy(book)
    forged.admit(FORGER, "probe", "probe-f", by=FORGER)
    forged.say(FORGER, kinds.OPENED, salted(kinds.OPENED_TYPE, b"{}"), sweep_id=None, subject="probe-f")
    return forged.lines


def payload_changed(book: WitnessState) -> list[Line]:
    line = copy.deepcopy(book.lines[-1])
    payload = base64.b64decode(line["dsse"]["payload"])
    line["dsse"]["payload"] = base64_of(payload.replace(b"demo-gu", b"demo-gv"))
    return [*book.lines[:-1], line]


def body_exchanged(book: WitnessState) -> list[Line]:
    line = copy.deepcopy(book.lines[-1])
    line["bodies"][0]["data"] = base64_of(b'{"verdict":"no_camera"}')
    return [*book.lines[:-1], line]


def dropped_from_the_middle(book: WitnessState) -> list[Line]:
    middle = next(line["log_index"] for line in book.lines if kind_of(line) == kinds.DISPOSITION)
    return renumbered([line for line in book.lines if line["log_index"] != middle])


def an_entry_doubled(book: WitnessState) -> list[Line]:
    return renumbered([*book.lines, book.lines[-1]])


def purge_pretended(book: WitnessState) -> list[Line]:
    changed = copy.deepcopy(book)
    place = _last(book, HEIR.key_id)
    entry_hash, signatures_hash = hashes_of(changed.lines[place])
    time = changed.lines[place]["received_ms"]
    changed.lines[place] = {
        "log_index": place,
        "status": "purged",
        "received_ms": time,
        "entry_hash": entry_hash,
        "signatures_hash": signatures_hash,
    }
    return changed.lines


Mutation = Callable[[WitnessState], list[Line]]
MUTATIONS: tuple[Mutation, ...] = (
    last_five_cut_off,
    a_probe_dropped,
    camera_found_dropped,
    order_changed,
    status_changed,
    receipt_time_changed,
    all_bodies_gone,
    all_bodies_withheld,
    erased_without_an_erasure,
    role_of_a_key_changed,
    forged_entry_with_its_key,
    payload_changed,
    body_exchanged,
    dropped_from_the_middle,
    an_entry_doubled,
    purge_pretended,
)


def _without_bodies(book: WitnessState, state: str) -> list[Line]:
    lines = copy.deepcopy(book.lines)
    for line in lines:
        envelope = envelope_of(line)
        if envelope is not None:
            line["bodies"] = []
            line["states"] = {ref["commitment"]: state for ref in envelope["bodies"]}
    return lines


def key_of(line: Line) -> Any:
    return (envelope_of(line) or {}).get("key_id")


def kind_of(line: Line) -> Any:
    return (envelope_of(line) or {}).get("kind")


def _last(book: WitnessState, key_id: str) -> int:
    return max(int(line["log_index"]) for line in book.lines if key_of(line) == key_id)

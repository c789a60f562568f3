"""A verifier of exported logs written from sweep/LOG.md and sweep/ENTRY.md alone: it imports nothing of the project but
entry_verifier.py, which was written so too.

It holds the whole file in memory and checks one rule of LOG.md after the other.  `problems` gives one line for each
thing that does not hold; an empty list is a log that holds.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tests.entry_verifier import (
    HEX16,
    HEX64,
    MEDIA,
    SLUG,
    TYPE,
    UUID,
    Dsse,
    Wrong,
    commitment,
    fits,
    holds,
    is_number,
    is_one,
    key_id,
    members,
    need,
    read_dsse,
    read_envelope,
    read_json,
    sha,
    unbase64,
)

ENTRY = re.compile(r"application/vnd\.ansim\.entry\.v([1-9][0-9]{0,5})\+json")
KEY_KINDS = {"key.admitted": "key-admitted", "key.revoked": "key-revoked", "key.reinstated": "key-reinstated"}
OWN_KINDS = {
    "quarantine.purged": "quarantine-purged",
    "access_log.head": "access-log-head",
    "photo.expired": "photo-expired",
    "room.placed": "room-placed",
}
REGISTER = {"person.registered": "person-registered"}
STRUCTURE = {**KEY_KINDS, **OWN_KINDS, "body.erased": "body-erased"}
CITY = STRUCTURE | REGISTER
CITY |= {"sweep.opened": "sweep-opened", "sweep.report": "sweep-report", "disposition": "disposition"}
INSPECTION_HEADS = {"inspection.recorded", "inspection.imported"}
INSPECTION_KINDS = INSPECTION_HEADS | {"inspection.confirmed", "inspection.cited", "inspection.withdrawn"}
CASE_KINDS = {"case.step", "visit.noted", "visit.signed"} | INSPECTION_KINDS
PHOTO_KINDS = {"photo.taken", "photo.opened", "photo.checked"}
PROBE_KINDS = {"reference.checked"}
READ = set(CITY) | CASE_KINDS | PHOTO_KINDS | PROBE_KINDS | {"proof.given"}
DEVICE_KINDS = {"sweep.opened", "sweep.report"}
PERSON_KINDS = {"disposition", "body.erased", "proof.given"} | CASE_KINDS | PHOTO_KINDS


def as_written(data: bytes) -> Any:
    value = read_json(data)
    need(json.dumps(value, separators=(",", ":")).encode() == data, "not as json.dumps writes it")
    return value


@dataclass
class Note:
    text: str
    origin: str
    size: int
    root: bytes
    lines: list[tuple[str, bytes]]

    def lines_of(self, name: str, kind: int, public_key: bytes) -> list[bytes]:
        """What follows the key hash in each line of this key."""
        mark = sha(name.encode(), b"\n", bytes([kind]), public_key)[:4]
        return [blob[4:] for by, blob in self.lines if by == name and blob[:4] == mark]

    def signed_by(self, public_key: bytes) -> bool | None:
        """None without a line of this key."""
        found = self.lines_of(self.origin, 1, public_key)
        return all(holds(public_key, blob, self.text.encode()) for blob in found) if found else None

    def cosigned_by(self, name: str, public_key: bytes) -> bool | None:
        found = self.lines_of(name, 4, public_key)
        for blob in found:
            seconds = int.from_bytes(blob[:8], "big")
            message = f"cosignature/v1\ntime {seconds}\n{self.text}".encode()
            if len(blob) != 72 or seconds >= 2**53 or not holds(public_key, blob[8:], message):
                return False
        return True if found else None


def read_note(text: str) -> Note:
    need(len(text.encode("utf-8", "replace")) <= 16384, "a note that is too long")
    need(not re.search("[\x00-\x09\x0b-\x1f\ud800-\udfff]", text), "a control character in a note")
    body, gap, tail = text.rpartition("\n\n")
    need(gap and body and tail.endswith("\n"), "not a signed note")
    lines = []
    for line in tail[:-1].split("\n"):
        found = re.fullmatch("\u2014 ([^\\s+\x00-\x1f\x7f]{1,200}) (.*)", line)
        if found is None:
            raise Wrong("not a signature line")
        lines.append((found[1], unbase64(found[2])))
        need(len(lines[-1][1]) >= 5 and len(lines) <= 100, "a signature line")
    rows = (body + "\n").split("\n")
    need(len(rows) >= 4 and rows[0] and all(rows[3:-1]), "not a checkpoint")
    need(re.fullmatch("0|[1-9][0-9]{0,15}", rows[1]) and int(rows[1]) < 2**53, "a checkpoint's size")
    root = unbase64(rows[2])
    need(len(root) == 32, "a checkpoint's root")
    return Note(body + "\n", rows[0], int(rows[1]), root, lines)


def tree(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, as it stands there."""
    if not leaves:
        return sha()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return sha(b"\x01", tree(leaves[:k]), tree(leaves[k:]))


# --- the file -------------------------------------------------------------------------------------------------------


@dataclass
class Item:
    index: int
    status: str
    leaf: bytes
    entry_hash: str
    document: Dsse | None = None
    """None for a purged entry."""
    envelope: dict[str, Any] | None = None
    """None for a purged or unread entry."""
    bodies: list[tuple[str, int, str, bytes]] = field(default_factory=list)
    """Media type, size, commitment, data."""
    states: dict[str, str] = field(default_factory=dict)
    is_signed: bool = False
    counts: bool = False

    @property
    def kind(self) -> str:
        return self.envelope["kind"] if self.envelope else ""

    def body_of(self, name: str) -> bytes | None:
        """The only body when it is of the type of this name."""
        there = [data for media, _, _, data in self.bodies if media == TYPE.format(name)]
        return there[0] if len(there) == 1 else None


def leaf(entry_hash: str, signatures_hash: str, received_ms: int) -> bytes:
    return sha(b"\x00", f"ansim-leaf-v1\n{entry_hash}\n{signatures_hash}\n{received_ms}\n".encode())


def read_item(line: bytes, index: int) -> Item:
    need(len(line) <= 32 * 1024 * 1024, "a line that is too long")
    value = as_written(line)
    need(isinstance(value, dict), "a line that is no object")
    if value.get("status") == "purged":
        number, status, time, one, two = members(
            value, "log_index", "status", "received_ms", "entry_hash", "signatures_hash"
        )
        need(is_number(number) and number == index and is_number(time), "log_index or received_ms")
        need(fits(HEX64, one) and fits(HEX64, two), "a hash")
        return Item(index, status, leaf(one, two, time), one)
    number, status, time, dsse, bodies, states = members(
        value, "log_index", "status", "received_ms", "dsse", "bodies", "states"
    )
    need(is_number(number) and number == index and is_number(time), "log_index or received_ms")
    need(status in ["accepted", "quarantined", "conflict"], "status")
    document = read_dsse(dsse, ENTRY)
    by = b"".join(name.encode() + document.signatures[name] for name in sorted(document.signatures))
    entry_hash = sha(document.pae).hex()
    item = Item(index, status, leaf(entry_hash, sha(by).hex(), time), entry_hash, document)
    need(isinstance(bodies, list) and len(bodies) <= 256, "bodies")
    for body in bodies:
        media, salt, data = members(body, "media_type", "salt", "data")
        raw, grain = unbase64(data), unbase64(salt)
        need(fits(MEDIA, media) and len(grain) == 32 and len(raw) <= 8388608, "a body")
        item.bodies.append((media, len(raw), commitment(grain, raw), raw))
    need(isinstance(states, dict) and len(states) <= 256, "states")
    need(all(fits(HEX64, name) for name in states), "states")
    need(all(state in ["withheld", "erased", "missing"] for state in states.values()), "states")
    item.states = states
    return item


@dataclass
class Key:
    public_key: bytes
    role: str
    tenant: str
    probe_id: str | None
    valid_from: int
    predecessor: str | None
    probes: frozenset[str] = frozenset()
    revoked_from: int | None = None

    def counts_at(self, index: int) -> bool:
        return self.valid_from <= index and (self.revoked_from is None or index < self.revoked_from)


class Log:
    """One file on its way through the rules."""

    def __init__(self, data: bytes) -> None:
        self.problems: list[str] = []
        self.keys: dict[str, Key] = {}
        self.admitted_at: dict[str, int] = {}
        self.pens: dict[tuple[str, str], set[str]] = defaultdict(set)
        self.items: list[Item] = []
        self.rooms: dict[str, list[tuple[int, str]]] = {}
        self.leaves: list[bytes] = []
        self.manifest: bytes | None = None
        self.counts = dict.fromkeys(("present", "withheld", "erased", "missing"), 0)
        self.read(data)

    def say(self, index: int, line: str) -> None:
        self.problems.append(f"{index}: {line}")

    def read(self, data: bytes) -> None:
        lines = data.split(b"\n")
        need(lines.pop() == b"", "the file does not end with a newline")
        need(lines, "an empty file")
        head = as_written(lines[0])
        version, self.origin, self.scope, self.checkpoint = members(head, "ansim_log", "origin", "scope", "checkpoint")
        need(is_number(version) and version == 2, "another version")
        need(self.scope in ["full", "city", "structure"] and isinstance(self.checkpoint, str), "scope, checkpoint")
        need(isinstance(self.origin, str) and self.origin.count("/") == 2, "origin")
        name, self.tenant, self.first_root = self.origin.split("/")
        need(name == "ansim-log" and fits(SLUG, self.tenant) and fits(HEX16, self.first_root), "origin")
        end = len(lines)
        for number, line in enumerate(lines[1:], 1):
            if line.startswith(b'{"payloadType":'):
                self.manifest, end = line, number
                if number != len(lines) - 1:
                    self.problems.append("lines after the manifest")
                break
        self.digest = sha(*(line + b"\n" for line in lines[:end])).hex()
        for index, line in enumerate(lines[1:end]):
            try:
                item = read_item(line, index)
                self.leaves.append(item.leaf)
                if item.document is not None:
                    item.envelope = read_envelope(item.document)
                self.items.append(item)
            except Wrong as wrong:
                self.say(index, str(wrong))
                self.leaves += [b""] * (index + 1 - len(self.leaves))

    # keys

    def follow_keys(self) -> None:
        self.roots = [self.first_root]
        for item in self.items:
            if item.envelope is not None and item.kind in KEY_KINDS:
                try:
                    self.take_key_entry(item, item.envelope)
                except Wrong as wrong:
                    self.say(item.index, str(wrong))

    def take_key_entry(self, item: Item, e: dict[str, Any]) -> None:
        name = KEY_KINDS[item.kind]
        is_form = len(e["bodies"]) == 1 and e["bodies"][0]["media_type"] == TYPE.format(name)
        data = item.body_of(name) if is_form else None
        if data is not None and item.bodies[0][2] != e["bodies"][0]["commitment"]:
            data = None
        said: dict[str, Any] | None = None
        fault = "the body of a key entry"
        try:
            said = None if data is None else read_key_body(item.kind, data)
        except Wrong as wrong:
            fault = str(wrong)
        root = self.keys.get(e["key_id"])
        if root is None and said is not None and item.kind == "key.admitted":
            is_self = said["key_id"] == e["key_id"] == self.first_root
            if is_self and said["role"] == "root" and said["tenant"] == self.tenant:
                root = key_of(said)
        if root is None or e["key_id"] != self.roots[-1] or not root.counts_at(item.index):
            return
        is_row = e["source"] == "live" and e["assurance"] == "ceremony" and e["tenant"] == root.tenant
        if not is_row or (e["room_id"], e["sweep_id"]) != (None, None) or item.document is None:
            return
        if not item.document.signed_by(root.public_key):
            return
        item.counts = True
        need(said is not None, fault)
        self.act(item, said or {})

    def act(self, item: Item, said: dict[str, Any]) -> None:
        name = said["key_id"]
        if item.kind != "key.admitted":
            need(name in self.keys, "a key that nobody admitted")
            need(said.get("from_index", 0) <= item.index, "a revocation beyond itself")
            self.keys[name].revoked_from = said.get("from_index")
            return
        new = key_of(said)
        if new.role == "server" or (new.role == "demo" and new.probe_id is None):
            subject = (item.envelope or {})["subject"]
            case = "city" if subject == "city" else "own"
            if (said["name"], subject) == ("server, its own log", "system"):
                case = "log"
            pens = self.pens[new.role, case]
            if not pens or name in pens or new.predecessor in pens:
                pens.add(name)
            else:
                new.role = "relay" if new.role == "server" else "demo-relay"
        if new.predecessor is not None:
            old = self.keys.get(new.predecessor)
            need(old is not None, "a predecessor that nobody admitted")
            if old is not None:
                need(
                    (old.role, old.tenant, old.probe_id) == (new.role, new.tenant, new.probe_id), "another's successor"
                )
            need(name not in self.line_of(new.predecessor), "a key that follows itself")
        known = self.keys.get(name)
        if known is not None and "root" in (known.role, new.role):
            need((known.role, known.predecessor) == (new.role, new.predecessor), "a root key made another")
        elif new.role == "root" and name != self.first_root:
            need(new.predecessor == self.roots[-1], "a root key that does not follow the last one")
            self.roots.append(name)
        if name in self.keys:
            new.revoked_from = self.keys[name].revoked_from
        self.keys[name] = new
        self.admitted_at.setdefault(name, item.index)

    def line_of(self, name: str) -> list[str]:
        """The key and those it followed, back to the first."""
        line = [name]
        while (before := self.keys[line[-1]].predecessor) is not None:
            line.append(before)
        return line

    # what counts

    def judge(self) -> None:
        judged: dict[Any, list[Item]] = defaultdict(list)
        for item in self.items:
            if item.document is None:
                continue
            by = item.envelope["key_id"] if item.envelope else min(item.document.signatures)
            key = self.keys.get(by)
            item.is_signed = key is not None and item.document.signed_by(key.public_key)
            if item.kind in KEY_KINDS or key is None or not item.is_signed or not key.counts_at(item.index):
                continue
            if item.envelope is None:
                item.counts = True
            elif self.may_sign(item.envelope, key):
                item.counts = True
                if item.status != "conflict":
                    judged[item.envelope["sweep_id"]].append(item)
        self.rooms = rooms_of(self.items)
        for item in judged.pop(None, []):
            item.counts = self.is_at_home(item, item.index)
        for about in judged.values():
            recorded = [item for item in about if item.kind in INSPECTION_HEADS]
            own = [item for item in about if self.is_device(item) and self.is_at_home(item, item.index)]
            if recorded and min(item.index for item in [*own, *recorded]) == recorded[0].index:
                self.judge_inspection(about, recorded[0])
                continue
            for item in recorded:
                item.counts = False
            self.judge_sweep([item for item in about if item not in recorded])

    def may_sign(self, e: dict[str, Any], key: Key) -> bool:
        """The row of "What a key may sign" for this key, without what depends on other entries."""
        is_read = e["kind"] in READ
        person = e["assurance"] in ("password", "passkey")
        is_alone = e["sweep_id"] is None and e["room_id"] is None
        has_sweep = e["sweep_id"] is not None or e["kind"] not in DEVICE_KINDS | INSPECTION_KINDS
        if e["tenant"] != key.tenant:
            return False
        made_up = {"practice", "replay", "simulated"}
        allowed = {"probe": {"live", "practice"}, "demo": made_up, "demo-relay": made_up}.get(key.role, {"live"})
        if e["source"] not in allowed or (
            e["source"] == "practice" and key.role == "demo" and key.probe_id is not None
        ):
            return False
        match key.role, key.probe_id:
            case "probe", probe_id:
                is_own = e["subject"] == probe_id
                is_mine = (e["kind"] in DEVICE_KINDS or not is_read) and has_sweep
                is_mine |= e["kind"] in PROBE_KINDS and is_alone
                return is_mine and e["assurance"] == "device" and is_own
            case "demo", str():
                is_mine = (e["kind"] in DEVICE_KINDS or not is_read) and has_sweep
                is_mine |= e["kind"] in PROBE_KINDS and is_alone
                return is_mine and e["assurance"] == "device"
            case "server", _ if e["kind"] in OWN_KINDS | REGISTER:
                return e["assurance"] == "device" and e["subject"] == "server" and is_alone
            case ("server", _) | ("demo", None):
                return (e["kind"] in PERSON_KINDS or not is_read) and person and has_sweep
            case (("relay" | "demo-relay"), _):
                return person and e["kind"] in PERSON_KINDS - INSPECTION_KINDS - {
                    "body.erased",
                    "photo.opened",
                    "photo.checked",
                    "proof.given",
                }
            case "witness", _:
                return not is_read and e["kind"].startswith("checkpoint.") and e["assurance"] == "witness" and is_alone
            case _:
                return False  # a root key signs key entries only, which are judged apart

    def is_at_home(self, item: Item, index: int) -> bool:
        """Does its key, of a probe or a Pi, speak of a room of its own district, as the log had it at this index?"""
        e = item.envelope or {}
        key = self.keys[e["key_id"]]
        is_bound = key.role in ("probe", "relay", "demo-relay") or (key.role == "demo" and key.probe_id is not None)
        said = self.rooms.get(e["room_id"], [])
        lies = [district for since, district in said if since <= index] or [district for _, district in said[:1]]
        return not is_bound or not lies or lies[-1] == key.tenant

    def is_device(self, item: Item) -> bool:
        key = self.keys[(item.envelope or {})["key_id"]]
        return key.role == "probe" or (key.role == "demo" and key.probe_id is not None)

    def judge_inspection(self, about: list[Item], recorded: Item) -> None:
        """Persons recorded it before any device spoke of it: only servers speak of it, in its room and source."""
        said = recorded.envelope or {}
        for item in about:
            e = item.envelope or {}
            is_persons = self.keys[e["key_id"]].role in ("server", "demo") and not self.is_device(item)
            is_same = all(e[name] == said[name] for name in ("room_id", "source"))
            item.counts = is_persons and (is_same or item.kind not in READ)

    def judge_sweep(self, about: list[Item]) -> None:
        def envelope(item: Item) -> dict[str, Any]:
            return item.envelope or {}

        def key(item: Item) -> Key:
            return self.keys[envelope(item)["key_id"]]

        def owner_of(item: Item) -> tuple[str, str]:
            return self.line_of(envelope(item)["key_id"])[-1], key(item).role

        own = [item for item in about if self.is_device(item) and self.is_at_home(item, item.index)]
        for is_demo, opening in ((False, True), (False, False), (True, True), (True, False)):
            first = [i for i in own if (key(i).role == "demo") == is_demo and (i.kind == "sweep.opened") >= opening]
            if first:
                break
        else:
            for item in about:
                item.counts = key(item).role not in ("relay", "demo-relay") and self.is_at_home(item, item.index)
            return
        owner = first[0]
        for item in about:
            is_beside = key(owner).probe_id in key(item).probes and key(owner).tenant == key(item).tenant
            is_foreign = self.is_device(item) and owner_of(item) != owner_of(owner)
            is_strange = key(item).role in ("relay", "demo-relay") and not is_beside
            if is_foreign or is_strange or not self.is_at_home(item, owner.index):
                item.counts = False
            elif item.kind in READ:
                is_room = owner.kind not in READ or envelope(item)["room_id"] == envelope(owner)["room_id"]
                item.counts = is_room and envelope(item)["source"] == envelope(owner)["source"]

    def check_statuses(self) -> None:
        marks: dict[Any, list[Item]] = defaultdict(list)
        for item in self.items:
            if item.document is None:
                continue
            if item.counts == (item.status == "quarantined"):
                self.say(item.index, f"stands as {item.status}, which does not follow from the log")
            if item.counts:
                for mark in self.marks(item):
                    marks[mark].append(item)
        for same in marks.values():
            if sum(item.status == "accepted" for item in same) > 1:
                self.say(same[-1].index, "two rivals are accepted")
        for item in self.items:
            if item.status == "conflict":
                same = [one for mark in self.marks(item) for one in marks[mark]]
                has_rival = any(one.status == "accepted" for one in same)
                self.say(item.index, "a conflict" if has_rival else "a conflict without a rival")

    def marks(self, item: Item) -> list[Any]:
        if item.envelope is not None:
            return [item.envelope["entry_id"], (item.envelope["key_id"], item.envelope["seq"])]
        try:
            guess = read_json(item.document.payload if item.document else b"")
        except Wrong:
            guess = None
        name = guess.get("entry_id") if isinstance(guess, dict) else None
        return [name if fits(UUID, name) else item.entry_hash]

    def check_chains(self) -> None:
        purged = self.purges()
        signed = {
            (item.envelope["key_id"], item.envelope["seq"], item.entry_hash)
            for item in self.items
            if item.envelope is not None and item.is_signed
        }
        kinds: dict[str, set[str]] = defaultdict(set)
        for item in self.items:
            if item.envelope is not None and item.is_signed:
                kinds[item.envelope["key_id"]].add(item.envelope["kind"])
        for item in self.items:
            e = item.envelope
            if e is None or not item.counts or kinds[e["key_id"]] == {"body.erased"}:
                continue
            if e["seq"] == 1:
                if e["prev"] is not None:
                    self.say(item.index, "a first entry that names one before it")
            elif (e["key_id"], e["seq"] - 1, e["prev"]) not in signed and not (
                e["prev"] in purged and purged[e["prev"]] < self.admitted_at[e["key_id"]]
            ):
                self.say(item.index, "does not follow the entry before it of its key")

    def purges(self) -> dict[str, int]:
        """The last purge that names a purged entry's place; of several places with its hash the one purged first."""
        found: dict[str, int] = {}
        said = [
            (item.index, purge(item) or []) for item in self.items if item.counts and item.kind == "quarantine.purged"
        ]
        for item in self.items:
            if item.status == "purged":
                by = [index for index, runs in said if any(first <= item.index <= last for first, last in runs)]
                if by:
                    found[item.entry_hash] = min(max(by), found.get(item.entry_hash, max(by)))
        return found

    # bodies

    def check_bodies(self) -> None:  # noqa: C901 - one line for each way in which a body can be wrong
        for item in self.items:
            if item.document is None:
                continue
            if item.envelope is None:
                if item.states or (item.bodies and self.scope != "full"):
                    self.say(item.index, "bodies of an unread entry")
                continue
            rest, states = list(item.bodies), list(item.states.items())
            for named in item.envelope["bodies"]:
                is_carried = self.carries(item, named["media_type"])
                if rest and rest[0][:3] == (named["media_type"], named["size"], named["commitment"]):
                    del rest[0]
                    self.counts["present"] += 1
                    if not is_carried:
                        self.say(item.index, "a body that the scope withholds")
                elif states and states[0][0] == named["commitment"]:
                    state = states.pop(0)[1]
                    self.counts[state] += 1
                    if state == "withheld" and (is_carried or item.kind in KEY_KINDS):
                        self.say(item.index, "withheld though the scope carries it")
                    if state == "missing" and item.status != "quarantined":
                        self.say(item.index, "a body is missing")
                    if state == "erased" and item.kind in KEY_KINDS:
                        self.say(item.index, "the body of a key entry is erased")
                else:
                    self.counts[item.states.get(named["commitment"], "present")] += 0
                    self.say(item.index, "a body of which nothing is said")
            if rest or states:
                self.say(item.index, "bodies or states that the envelope does not name, or out of order")

    def carries(self, item: Item, media_type: str) -> bool:
        if self.scope == "full":
            return True
        name = (CITY if self.scope == "city" else STRUCTURE).get(item.kind)
        return item.status != "quarantined" and name is not None and media_type == TYPE.format(name)

    def check_own_kinds(self) -> None:  # noqa: C901 - three kinds and what rests on them, in the order of the log
        erased, purged, before, is_known = set(), set(), None, True
        for item in self.items:
            if not item.counts:
                continue
            if item.kind in ("body.erased", "photo.expired"):
                erased |= erasures(item)
            elif item.kind == "quarantine.purged":
                runs = purge(item)
                if runs is None and item.bodies:
                    self.say(item.index, "a purge that cannot be read")
                for first, last in runs or ():
                    purged |= set(range(first, min(last, len(self.leaves)) + 1))
            elif item.kind == "access_log.head":
                head = access_head(item)
                if head is None and item.bodies:
                    self.say(item.index, "an access log head that cannot be read")
                elif head is not None and is_known and head[1] != before:
                    self.say(item.index, "an access log head that does not follow")
                before, is_known = (head[0], True) if head else (None, False)
            elif item.kind == "room.placed" and placed(item) is None:
                self.say(item.index, "a record of rooms that cannot be read")
        for item in self.items:
            if item.status == "purged" and item.index not in purged:
                self.say(item.index, "purged without a purge")
            if item.envelope and any(state == "erased" and name not in erased for name, state in item.states.items()):
                self.say(item.index, "erased without an erasure")

    # what seals the file

    def check_seal(self, given: str | None, witness: tuple[str, bytes] | None, root_key: str | None) -> None:
        root, size = tree(self.leaves), len(self.leaves)
        servers = [key for key in self.keys.values() if key.role == "server"]
        last = [key for key in servers if key.counts_at(size - 1)]
        try:
            self.check_manifest(root, last)
        except Wrong as wrong:
            self.problems.append(f"manifest: {wrong}")
        cosigned = []
        try:
            inner = read_note(self.checkpoint)
            need((inner.origin, inner.size, inner.root) == (self.origin, size, root), "not of this file")
            cosigned.append(None if witness is None else inner.cosigned_by(*witness))
            signed = [inner.signed_by(key.public_key) for key in last]
            need(True in signed and False not in signed, "not signed by the server")
        except Wrong as wrong:
            self.problems.append(f"checkpoint inside: {wrong}")
        if given is not None:
            try:
                outer = read_note(given)
                need(outer.origin == self.origin, "of another log")
                need(outer.size <= size, "more entries than here")
                need(tree(self.leaves[: outer.size]) == outer.root, "other entries")
                cosigned.append(None if witness is None else outer.cosigned_by(*witness))
                signed = [outer.signed_by(key.public_key) for key in servers]
                need(
                    False not in signed and (True in signed or cosigned[-1]), "not signed by the server or the witness"
                )
            except Wrong as wrong:
                self.problems.append(f"checkpoint given: {wrong}")
        if witness is not None and (True not in cosigned or False in cosigned):
            self.problems.append("the witness signed no checkpoint, or its line does not hold")
        if root_key is not None and root_key != self.first_root:
            self.problems.append("another root key")

    def check_manifest(self, root: bytes, signers: list[Key]) -> None:
        need(self.manifest is not None, "missing")
        document = read_dsse(as_written(self.manifest or b""), re.compile(re.escape(TYPE.format("manifest"))))
        need(len(document.signatures) == 1, "one signature")
        need(any(document.signed_by(key.public_key) for key in signers), "not signed by the server")
        names = ("v", "origin", "scope", "tree_size", "root_hash", "made_ms", "lines_sha256", "bodies")
        version, *rest, bodies = members(as_written(document.payload), *names)
        need(is_one(version) and is_number(rest[2]) and is_number(rest[4]), "numbers")
        need(rest[:4] == [self.origin, self.scope, len(self.leaves), root.hex()], "of another log")
        need(rest[5] == self.digest, "the digest of the lines")
        need(all(map(is_number, members(bodies, *self.counts))) and bodies == self.counts, "the counts of bodies")


# --- bodies that are read -------------------------------------------------------------------------------------------


def read_key_body(kind: str, data: bytes) -> dict[str, Any]:
    need(len(data) <= 65536, "a body that is too long")
    said = read_json(data)
    need(isinstance(said, dict), "a body that is no object")
    names = {
        "key.admitted": "v key_id public_key algorithm role tenant probe_id name valid_from_index predecessor",
        "key.revoked": "v key_id from_index reason",
        "key.reinstated": "v key_id reason",
    }
    need(set(said) - {"probes"} == set(names[kind].split()), "members of a key entry's body")
    is_relay = kind == "key.admitted" and said["role"] in ("relay", "demo-relay")
    need(is_relay == ("probes" in said), "probes of a relay")
    need(is_one(said["v"]) and fits(HEX16, said["key_id"]), "v or key_id")
    if kind != "key.admitted":
        need(isinstance(said["reason"], str) and is_number(said.get("from_index", 0)), "reason or from_index")
        return dict(said)
    need(fits(HEX64, said["public_key"]), "public_key")
    need(key_id(bytes.fromhex(said["public_key"])) == said["key_id"] and said["algorithm"] == "ed25519", "public_key")
    need(not has_small_order(bytes.fromhex(said["public_key"])), "a public key of small order")
    roles = ["root", "server", "probe", "demo", "witness", "relay", "demo-relay"]
    need(said["role"] in roles and fits(SLUG, said["tenant"]), "role, tenant")
    probes = said.get("probes", [])
    need(isinstance(probes, list) and len(probes) <= 100 and all(fits(SLUG, one) for one in probes), "probes")
    need(said["probe_id"] is None or isinstance(said["probe_id"], str), "probe_id")
    need(isinstance(said["name"], str) and is_number(said["valid_from_index"]), "name or valid_from_index")
    need(said["predecessor"] is None or fits(HEX16, said["predecessor"]), "predecessor")
    return dict(said)


def has_small_order(public_key: bytes) -> bool:
    """Does the order of the point divide 8? The doubles of the points of order 8 have y = 0: d y^4 + 2 y^2 = 1."""
    p = 2**255 - 19
    y = int.from_bytes(public_key, "little") % 2**255 % p
    d = -121665 * pow(121666, -1, p)
    return y in (0, 1, p - 1) or (d * y**4 + 2 * y**2 - 1) % p == 0


def key_of(said: dict[str, Any]) -> Key:
    names = ("role", "tenant", "probe_id", "valid_from_index", "predecessor")
    key = Key(bytes.fromhex(said["public_key"]), *(said[name] for name in names))
    key.probes = frozenset(said.get("probes", []))
    return key


def read_own(item: Item, name: str, *names: str) -> dict[str, Any] | None:
    data = item.body_of(name)
    try:
        said = read_json(data) if data is not None and len(data) <= 65536 else None
    except Wrong:
        return None
    is_form = isinstance(said, dict) and set(said) == set(names) and is_one(said["v"])
    return said if is_form else None


def erasures(item: Item) -> set[str]:
    """What a `body.erased` or `photo.expired` names; nothing when one of its bodies cannot be read."""
    names = set()
    for media, size, _, data in item.bodies:
        if media == TYPE.format((item.kind or "").replace(".", "-")):
            try:
                said = read_json(data) if size <= 65536 else None
            except Wrong:
                return set()
            if not isinstance(said, dict) or not fits(HEX64, said.get("commitment")):
                return set()
            names.add(said["commitment"])
    return names


def purge(item: Item) -> list[list[int]] | None:
    said = read_own(item, "quarantine-purged", "v", "indices", "reason")
    if said is None or not isinstance(said["reason"], str) or not isinstance(said["indices"], list):
        return None
    for run in said["indices"]:
        if not isinstance(run, list) or len(run) != 2 or not all(map(is_number, run)):
            return None
        if not run[0] <= run[1] < item.index:
            return None
    return list(said["indices"])


def rooms_of(items: list[Item]) -> dict[str, list[tuple[int, str]]]:
    """Where rooms lie: by room, (index, district) of each record that counts, in their order."""
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for item in items:
        if item.kind != "room.placed" or not item.counts or item.status != "accepted":
            continue
        district, rooms = placed(item) or ("", [])
        for room in rooms:
            found[room].append((item.index, district))
    return found


def placed(item: Item) -> tuple[str, list[str]] | None:
    said = read_own(item, "room-placed", "v", "district", "rooms")
    if said is None or not fits(SLUG, said["district"]) or not isinstance(said["rooms"], list):
        return None
    rooms = said["rooms"]
    is_form = 1 <= len(rooms) <= 1000 and all(fits(UUID, room) for room in rooms) and len(set(rooms)) == len(rooms)
    return (said["district"], rooms) if is_form else None


def access_head(item: Item) -> tuple[str, str | None] | None:
    said = read_own(item, "access-log-head", "v", "day", "count", "head", "before")
    if (
        said is None
        or not fits(re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), said["day"])
        or not is_number(said["count"])
        or not fits(HEX64, said["head"])
    ):
        return None
    if said["before"] is not None and not fits(HEX64, said["before"]):
        return None
    try:
        date(*map(int, said["day"].split("-")))
    except ValueError:
        return None
    return said["head"], said["before"]


def problems(
    data: bytes,
    *,
    checkpoint: str | None = None,
    witness: tuple[str, bytes] | None = None,
    root_key: str | None = None,
) -> list[str]:
    """What does not hold in a package; `witness`: name and public key, `root_key`: key id."""
    try:
        log = Log(data)
    except Wrong as wrong:
        return [str(wrong)]
    log.follow_keys()
    log.judge()
    log.check_statuses()
    log.check_chains()
    log.check_bodies()
    log.check_own_kinds()
    log.check_seal(checkpoint, witness, root_key)
    return log.problems

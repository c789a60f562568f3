"""A log written by hand and packed as sweep/LOG.md describes, and what somebody may do to such a file.

`a_log` is a small district: keys admitted, replaced and revoked, a sweep with its decisions, a stranger, a purge, an
erased crop.  `pack` seals any lines with the operator's key, honest or not.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sweep.entry import kinds, merkle, notes
from sweep.entry.dsse import SignedEntry, Signer, commit, pae
from sweep.entry.envelope import Assurance, Body
from sweep.report import Source
from tests.entry_factory import ROOM_ID, make_entry, salted, signer

TENANT = "demo-gu"
SWEEP = UUID("018f0000-0000-7000-8000-0000000000c1")
DEMO_SWEEP = UUID("018f0000-0000-7000-8000-0000000000c2")
MANIFEST_TYPE = "application/vnd.ansim.manifest.v1+json"
ROOT, SERVER, PROBE, OTHER, DEMO, STRANGER, HEIR = map(
    signer, ("root", "server", "probe-a", "probe-b", "demo", "stranger", "heir")
)
WITNESS = signer("witness")
WITNESS_KEY = notes.VerifierKey("witness.example.kr", notes.COSIGNATURE, WITNESS.public_key)
ORIGIN = f"ansim-log/{TENANT}/{ROOT.key_id}"
CITY = {
    kinds.OPENED: kinds.OPENED_TYPE,
    kinds.REPORT: kinds.REPORT_TYPE,
    kinds.DISPOSITION: kinds.DISPOSITION_TYPE,
}
STRUCTURE = {
    kinds.KEY_ADMITTED: kinds.KEY_ADMITTED_TYPE,
    kinds.KEY_REVOKED: kinds.KEY_REVOKED_TYPE,
    kinds.KEY_REINSTATED: kinds.KEY_REINSTATED_TYPE,
    kinds.BODY_ERASED: kinds.ERASED_TYPE,
    kinds.QUARANTINE_PURGED: kinds.QUARANTINE_PURGED_TYPE,
    kinds.ACCESS_LOG_HEAD: kinds.ACCESS_LOG_HEAD_TYPE,
    kinds.PHOTO_EXPIRED: kinds.PHOTO_EXPIRED_TYPE,
    kinds.ROOM_PLACED: kinds.ROOM_PLACED_TYPE,
}
Line = dict[str, Any]


def compact(value: Any) -> bytes:
    """As a package writes it."""
    return json.dumps(value, separators=(",", ":")).encode()


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


@dataclass
class WitnessState:
    """Entries in the order of a log, with the status that each has."""

    lines: list[Line] = field(default_factory=list)
    seq: dict[str, int] = field(default_factory=dict)
    prev: dict[str, str | None] = field(default_factory=dict)

    def add(self, entry: SignedEntry, bodies: Sequence[Body] = (), status: str = "accepted") -> int:
        """Its line; returns its index."""
        index = len(self.lines)
        self.lines.append(
            {
                "log_index": index,
                "status": status,
                "received_ms": 1_772_000_000_000 + index,
                "dsse": entry.to_json(),
                "bodies": [
                    {"media_type": body.media_type, "salt": base64_of(body.salt), "data": base64_of(body.data)}
                    for body in bodies
                ],
                "states": {},
            }
        )
        return index

    def say(
        self,
        key: Signer,
        kind: str,
        *bodies: Body,
        status: str = "accepted",
        source: Source = "live",
        sweep_id: UUID | None = None,
        room_id: UUID | None = ROOM_ID,
        subject: str = "probe-a",
        assurance: Assurance = "device",
        refs: tuple[UUID, ...] = (),
    ) -> int:
        """The next entry of a key."""
        seq = self.seq[key.key_id] = self.seq.get(key.key_id, 0) + 1
        entry = make_entry(
            key,
            seq,
            self.prev.get(key.key_id),
            kind=kind,
            bodies=bodies,
            source=source,
            sweep_id=sweep_id,
            room_id=room_id,
            subject=subject,
            assurance=assurance,
            refs=refs,
        )
        self.prev[key.key_id] = entry.entry_hash
        return self.add(entry, bodies, status)

    def say_of_key(self, kind: str, by: Signer = ROOT, status: str = "accepted", **members: Any) -> int:
        """An entry of the root key."""
        body = salted(STRUCTURE[kind], json.dumps({"v": 1} | members).encode())
        how: Assurance = "ceremony"
        return self.say(by, kind, body, status=status, room_id=None, subject="sweep-server", assurance=how)

    def admit(
        self,
        key: Signer,
        role: str,
        probe_id: str | None = None,
        *,
        by: Signer = ROOT,
        predecessor: Signer | None = None,
        valid_from_index: int = 0,
        status: str = "accepted",
    ) -> int:
        """Admit a key."""
        return self.say_of_key(
            kinds.KEY_ADMITTED,
            by,
            status,
            key_id=key.key_id,
            public_key=key.public_key.hex(),
            algorithm="ed25519",
            role=role,
            tenant=TENANT,
            probe_id=probe_id,
            name=role,
            valid_from_index=valid_from_index,
            predecessor=predecessor.key_id if predecessor else None,
        )

    def say_itself(self, kind: str, **members: Any) -> int:
        """What the server says for itself."""
        body = salted(STRUCTURE[kind], json.dumps({"v": 1} | members).encode())
        return self.say(SERVER, kind, body, room_id=None, subject="server")

    def decide(self, verdict: str, sweep_id: UUID = SWEEP) -> int:
        """A person's disposition."""
        body = salted(kinds.DISPOSITION_TYPE, json.dumps({"verdict": verdict, "n": len(self.lines)}).encode())
        how: Assurance = "password"
        return self.say(SERVER, kinds.DISPOSITION, body, sweep_id=sweep_id, subject="점검자-01", assurance=how)

    def erase(self, commitment: str) -> int:
        """Two persons erase a body."""
        body = salted(kinds.ERASED_TYPE, json.dumps({"v": 1, "commitment": commitment}).encode())
        how: Assurance = "password"
        return self.say(SERVER, kinds.BODY_ERASED, body, sweep_id=SWEEP, subject="점검자-01", assurance=how)

    def purge(self, index: int) -> int:
        """Leave nothing of an entry but its hashes, and say so."""
        line = self.lines[index]
        entry_hash, signatures_hash = hashes_of(line)
        self.lines[index] = {
            "log_index": index,
            "status": "purged",
            "received_ms": line["received_ms"],
            "entry_hash": entry_hash,
            "signatures_hash": signatures_hash,
        }
        return self.say_itself(kinds.QUARANTINE_PURGED, indices=[[index, index]], reason="x")


def a_log() -> WitnessState:
    """A log with one of everything; it holds."""
    book = WitnessState()
    stranger = book.say(STRANGER, "note.left", status="quarantined", subject="?")
    early = salted(kinds.OPENED_TYPE, b'{"opened":1}')
    book.say(PROBE, kinds.OPENED, early, sweep_id=SWEEP)  # before its key is admitted
    book.admit(ROOT, "root")
    book.admit(SERVER, "server")
    book.admit(PROBE, "probe", "probe-a")
    book.admit(OTHER, "probe", "probe-b")
    book.admit(DEMO, "demo", "probe-d")
    crop, details = (
        salted(kinds.CROP_TYPE, b"\x89PNG crop"),
        salted(kinds.DETAILS_TYPE, b'{"address":"02:00:00:00:00:01"}'),
    )
    report = salted(kinds.REPORT_TYPE, b'{"report":"x"}')
    of_report = book.say(PROBE, kinds.REPORT, report, details, crop, sweep_id=SWEEP)
    book.say(OTHER, kinds.REPORT, sweep_id=SWEEP, subject="probe-b", status="quarantined")  # another's sweep
    book.decide("recheck")
    replay: Source = "replay"
    book.say(DEMO, kinds.OPENED, early, sweep_id=DEMO_SWEEP, source=replay, subject="probe-x")
    book.erase(crop.commitment)
    erased = book.lines[of_report]
    del erased["bodies"][2]
    erased["states"] = {crop.commitment: "erased"}
    book.purge(stranger)
    book.say_itself(kinds.ACCESS_LOG_HEAD, day="2026-11-24", count=2, head="1" * 64, before=None)
    book.say_itself(kinds.ACCESS_LOG_HEAD, day="2026-11-25", count=1, head="2" * 64, before="1" * 64)
    book.say(PROBE, "custody.handed_over", sweep_id=SWEEP)
    name = b'{"v":2,"entry_id":"018f0000-0000-7000-8000-0000000000f2"}'
    unread = SERVER.sign("application/vnd.ansim.entry.v2+json", name)
    book.add(unread, (salted("text/plain", b"?"),))
    book.say_of_key(kinds.KEY_REVOKED, key_id=OTHER.key_id, from_index=6, reason="lost")
    book.admit(HEIR, "probe", "probe-b", predecessor=OTHER)
    book.say(OTHER, kinds.OPENED, sweep_id=None, subject="probe-b", status="quarantined")
    book.say(HEIR, kinds.OPENED, early, sweep_id=UUID(int=9), subject="probe-b")
    book.say_of_key(kinds.KEY_REVOKED, key_id=DEMO.key_id, from_index=3, reason="x")
    book.say_of_key(kinds.KEY_REINSTATED, key_id=DEMO.key_id, reason="found")
    book.decide("no_camera")
    book.say(PROBE, kinds.OPENED, early, sweep_id=UUID(int=7))
    book.decide("camera_found")
    return book


def hashes_of(line: Line) -> tuple[str, str]:
    """(entry hash, signatures hash) of a line."""
    if line["status"] == "purged":
        return line["entry_hash"], line["signatures_hash"]
    dsse = line["dsse"]
    pairs = sorted((item["keyid"], base64.b64decode(item["sig"])) for item in dsse["signatures"])
    entry_hash = hashlib.sha256(pae(dsse["payloadType"], base64.b64decode(dsse["payload"]))).hexdigest()
    return entry_hash, hashlib.sha256(b"".join(key.encode() + sig for key, sig in pairs)).hexdigest()


def root_of(lines: Sequence[Line]) -> bytes:
    """Root of the tree over these lines."""
    leaves = (merkle.leaf_hash(merkle.leaf_data(*hashes_of(line), line["received_ms"])) for line in lines)
    return merkle.root_of(leaves)


def checkpoint(lines: Sequence[Line], *, key: Signer = SERVER, witness: Signer | None = None) -> str:
    """A signed head of these lines."""
    head = notes.Checkpoint(ORIGIN, len(lines), root_of(lines))
    own = notes.VerifierKey(ORIGIN, notes.ED25519, key.public_key)
    note = head.text + "\n" + notes.sign_note(head.text, own, key.sign_bytes)
    if witness is not None:
        note += notes.cosign(head.text, WITNESS_KEY, witness.sign_bytes, 1_772_000_000)
    return note


def scoped(lines: Sequence[Line], scope: str) -> list[Line]:
    """The lines with the bodies that this scope carries; the others are withheld."""
    carried = STRUCTURE | CITY if scope == "city" else STRUCTURE
    found = copy.deepcopy(list(lines))
    for line in found:
        envelope = envelope_of(line)
        if scope == "full" or line["status"] == "purged":
            continue
        if envelope is None:
            line["bodies"] = []
            continue
        counts = line["status"] != "quarantined"
        kept, states = [], {}
        there = {commitment_of(body): body for body in line["bodies"]}
        for ref in envelope["bodies"]:
            name = ref["commitment"]
            is_carried = counts and carried.get(envelope["kind"]) == ref["media_type"]
            if name in there and is_carried:
                kept.append(there[name])
            else:
                states[name] = line["states"].get(name, "withheld")
        line["bodies"], line["states"] = kept, states
    return found


def seal(header: Any, lines: Sequence[Any], *, key: Signer = SERVER, raw: Sequence[bytes] | None = None) -> bytes:
    """Header, lines and a manifest that fits them; `raw`: what stands in the file for the lines."""
    text = b"".join(line + b"\n" for line in (compact(header), *(raw or map(compact, lines))))
    counts = dict.fromkeys(("present", "withheld", "erased", "missing"), 0)
    for line in lines:
        count_bodies(line, counts)
    manifest = {
        "v": 1,
        "origin": ORIGIN,
        "scope": header["scope"],
        "tree_size": len(lines),
        "root_hash": root_of(lines).hex(),
        "made_ms": 1_772_100_000_000,
        "lines_sha256": hashlib.sha256(text).hexdigest(),
        "bodies": counts,
    }
    return text + compact(key.sign(MANIFEST_TYPE, compact(manifest)).to_json()) + b"\n"


def pack(lines: Sequence[Line], *, scope: str = "full", key: Signer = SERVER, witness: Signer | None = None) -> bytes:
    """A package of these lines as they are, signed by the operator's key."""
    header = {
        "ansim_log": 2,
        "origin": ORIGIN,
        "scope": scope,
        "checkpoint": checkpoint(lines, key=key, witness=witness),
    }
    return seal(header, lines, key=key)


def renumbered(lines: Sequence[Line]) -> list[Line]:
    """The lines with indices as they now stand."""
    return [line | {"log_index": index} for index, line in enumerate(lines)]


def envelope_of(line: Line) -> dict[str, Any] | None:
    """The envelope of a line, None for an unread or purged entry."""
    if line["status"] == "purged" or ".v1+" not in line["dsse"]["payloadType"]:
        return None
    return dict(json.loads(base64.b64decode(line["dsse"]["payload"])))


def commitment_of(body: Line) -> str:
    return commit(base64.b64decode(body["salt"]), base64.b64decode(body["data"]))


def count_bodies(line: Line, counts: dict[str, int]) -> None:
    envelope = envelope_of(line)
    if envelope is not None:
        there = {commitment_of(body) for body in line["bodies"]}
        for ref in envelope["bodies"]:
            state = "present" if ref["commitment"] in there else line["states"].get(ref["commitment"])
            if state is not None:
                counts[state] += 1

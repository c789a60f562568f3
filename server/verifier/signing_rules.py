"""What a key may sign: one table, and the judgement of entries by it.

Input are facts about keys and what entries say of themselves, no database; output is the code of the rule that an entry
breaks, or None.  sweep/ENTRY.md prints the same table.  What it forbids is quarantined at the ingest path, never read
by a projection and a problem to `sweep-server verify`.  A sweep belongs to the key that opened it and to its
successors. It needs only the standard library, so that ingest and a verifier without a server judge by the same lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from server.verifier.placements import Room
from sweep.entry.kinds import (
    BODY_ERASED,
    CASE_KINDS,
    DISPOSITION,
    INSPECTION_HEADS,
    INSPECTION_KINDS,
    KEY_KINDS,
    KNOWN_KINDS,
    OPENED,
    PHOTO_KINDS,
    PHOTO_TAKEN,
    PROBE_KINDS,
    PROOF_KINDS,
    REPORT,
    SERVER_KINDS,
    VISIT_NOTED,
    VISIT_SIGNED,
)

KeyRole = Literal["probe", "demo", "server", "relay", "demo-relay", "witness", "root"]
Signatory = Literal["probe", "demo probe", "server", "demo server", "relay", "demo relay", "witness", "root"]


@dataclass(frozen=True, slots=True)
class Rule:
    """What one sort of key may sign; everything that no rule names is forbidden."""

    kinds: frozenset[str]
    """Of the kinds that are read here."""
    other_kinds: str | None
    """Kinds that nobody here reads yet, by how they begin; None: no such kind."""
    sources: frozenset[str]
    assurances: frozenset[str]
    subject: Literal["its probe", "itself", "any"]
    sweep: Literal["its own", "its probes'", "any", "none"]


ITSELF = "server"
"""Subject of what the server says for itself."""
DEVICE_KINDS = frozenset({OPENED, REPORT})
OF_A_SWEEP = DEVICE_KINDS | INSPECTION_KINDS
"""What is nothing without the sweep or inspection that it names."""
RELAYED_KINDS = frozenset({DISPOSITION, VISIT_NOTED, VISIT_SIGNED, PHOTO_TAKEN}) | CASE_KINDS
"""What persons do at a Pi. Erasing and opening photographs are none of it, and nothing that nobody reads yet is."""
PERSON_KINDS = (
    frozenset({DISPOSITION, BODY_ERASED, VISIT_NOTED, VISIT_SIGNED})
    | INSPECTION_KINDS
    | CASE_KINDS
    | PHOTO_KINDS
    | PROOF_KINDS
)
LIVE = frozenset({"live"})
MEASURED = frozenset({"live", "practice"})
"""A practice is measured by the probe itself, and by its source never counts as an inspection."""
MADE_UP = frozenset({"replay", "simulated"})
UNCOUNTED = MADE_UP | {"practice"}
DEVICE = frozenset({"device"})
PERSON = frozenset({"passkey", "password"})
RULES: dict[Signatory, tuple[Rule, ...]] = {
    "probe": (
        Rule(DEVICE_KINDS, "", MEASURED, DEVICE, "its probe", "its own"),
        Rule(PROBE_KINDS, None, MEASURED, DEVICE, "its probe", "none"),
    ),
    # a replay speaks in the name of the probe that made the recording
    "demo probe": (
        Rule(DEVICE_KINDS, "", MADE_UP, DEVICE, "any", "its own"),
        Rule(PROBE_KINDS, None, MADE_UP, DEVICE, "any", "none"),
    ),
    "server": (
        Rule(PERSON_KINDS, "", LIVE, PERSON, "any", "any"),
        Rule(SERVER_KINDS, None, LIVE, DEVICE, "itself", "none"),
    ),
    "demo server": (Rule(PERSON_KINDS, "", UNCOUNTED, PERSON, "any", "any"),),
    # a Pi's server as its city knows it: for persons of its district, about what its own probes measured
    "relay": (Rule(RELAYED_KINDS, None, LIVE, PERSON, "any", "its probes'"),),
    "demo relay": (Rule(RELAYED_KINDS, None, UNCOUNTED, PERSON, "any", "its probes'"),),
    "witness": (Rule(frozenset(), "checkpoint.", LIVE, frozenset({"witness"}), "any", "none"),),
    "root": (Rule(KEY_KINDS, None, LIVE, frozenset({"ceremony"}), "any", "none"),),
}
OF_DEVICES: frozenset[Signatory] = frozenset({"probe", "demo probe"})
"""Those whose sweeps are their own."""
RELAYS: frozenset[Signatory] = frozenset({"relay", "demo relay"})
"""Servers of Pis at their city's."""
PLACED: frozenset[Signatory] = OF_DEVICES | RELAYS
"""Those who may speak only of rooms that lie in their district."""
SWEEP_CODES = ("sweep_of_another_key", "sweep_of_another_probe", "sweep_of_another_room", "sweep_of_another_source")
ROOM_CODE = "room_not_allowed"
JUDGED_TOGETHER = (ROOM_CODE, *SWEEP_CODES)
"""What hangs on the other entries about a sweep: what waits for such a reason is judged anew with each of them."""
CODES = (
    "source_not_allowed",
    "tenant_not_allowed",
    "kind_not_allowed",
    "assurance_not_allowed",
    "subject_not_allowed",
    "sweep_not_allowed",
    ROOM_CODE,
    *SWEEP_CODES,
)


@dataclass(frozen=True, slots=True)
class Bearer:
    """A key as the rules see it."""

    role: KeyRole
    probe_id: str | None
    tenant: str | None
    """None: nothing is known of it, and nothing is held against an entry."""
    line: str
    """The first key of its line of predecessors; its own id when it replaced none."""
    probes: frozenset[str] = frozenset()
    """Of a relay: the probes that stand beside it."""

    @property
    def signatory(self) -> Signatory:
        """Which rule is its."""
        match self.role:
            case "probe" | "server" | "witness" | "root":
                return self.role
            case "demo":
                return "demo server" if self.probe_id is None else "demo probe"
            case "relay":
                return "relay"
            case "demo-relay":
                return "demo relay"


@dataclass(frozen=True, slots=True)
class Claim:
    """What an entry of a readable version says of itself."""

    kind: str
    source: str
    tenant: str | None
    """None: not known."""
    assurance: str
    subject: str
    room_id: UUID | str | None
    sweep_id: UUID | str | None
    """Ids are only compared: one reader has them as they are written, another as objects."""


@dataclass(frozen=True, slots=True)
class Statement:
    """An entry in its place in the log."""

    log_index: int
    claim: Claim
    bearer: Bearer


DistrictAt = Callable[[Room, int], str | None]
"""The district in which a room lies at a log index; None where no record says."""


def nowhere(_room: Room, _log_index: int) -> None:
    """For a log of which no record says where a room lies."""


def broken_rule(claim: Claim, bearer: Bearer, district: str | None = None) -> str | None:
    """The code of what this key may not sign here, whatever else is said of its sweep.

    `district`: where the room lies that it speaks of, at its place in the log; None where no record says.
    """
    rules = RULES[bearer.signatory]
    rule = next((rule for rule in rules if _is_of_kind(claim.kind, rule)), None)
    is_kind_allowed, rule = rule is not None, rule or rules[0]
    subjects = {"its probe": bearer.probe_id, "itself": ITSELF, "any": claim.subject}
    checks = {
        "source_not_allowed": claim.source in rule.sources,
        "tenant_not_allowed": None in (claim.tenant, bearer.tenant) or claim.tenant == bearer.tenant,
        "kind_not_allowed": is_kind_allowed,
        "assurance_not_allowed": claim.assurance in rule.assurances,
        "subject_not_allowed": claim.subject == subjects[rule.subject],
        "sweep_not_allowed": (claim.sweep_id, claim.room_id) == (None, None)
        if rule.sweep == "none"
        else claim.sweep_id is not None or claim.kind not in OF_A_SWEEP,
        ROOM_CODE: is_placed(bearer, district),
    }
    return next((code for code, holds in checks.items() if not holds), None)


def is_placed(bearer: Bearer, district: str | None) -> bool:
    """May this key speak of a room of this district?"""
    return bearer.signatory not in PLACED or None in (district, bearer.tenant) or district == bearer.tenant


def broken_rules_in_sweep(statements: Iterable[Statement], district_at: DistrictAt = nowhere) -> dict[int, str | None]:
    """By log index, the code of what is forbidden among all statements about one sweep, in whatever order they came.

    The sweep is that of the first key that opened it or, while no opening is there, of the first key that speaks of it
    as its own, and made-up ones never stand in the way of a live one; other keys of that sort may not speak of it, a
    relay only when it is one of its probes', and nobody may put it into another room or source.  Where its room lies is
    asked at the place of its owner's statement, so that a sweep that began before the room went to another district is
    finished by the key that began it.  One that persons recorded as an inspection, or imported, before any device spoke
    of it is no device's; one that a device spoke of before is no inspection.
    """
    ordered = sorted(statements, key=lambda statement: statement.log_index)
    found = {item.log_index: broken_rule(item.claim, item.bearer) for item in ordered}
    standing = [item for item in ordered if found[item.log_index] is None]
    own = [item for item in standing if item.bearer.signatory in OF_DEVICES and _is_placed(item, district_at)]
    inspected = next((item for item in standing if item.claim.kind in INSPECTION_HEADS), None)
    if inspected is not None and all(item.log_index > inspected.log_index for item in own):
        return found | {item.log_index: _against_inspection(item, inspected) for item in standing}
    found |= {item.log_index: "sweep_of_another_key" for item in standing if item.claim.kind in INSPECTION_HEADS}
    standing = [item for item in standing if item.claim.kind not in INSPECTION_HEADS]
    if not own:
        found |= {item.log_index: "sweep_of_another_probe" for item in standing if _is_relay(item.bearer)}
        return found | {item.log_index: ROOM_CODE for item in standing if not _is_placed(item, district_at)}
    owner = min(own, key=lambda item: (item.bearer.role == "demo", item.claim.kind != OPENED, item.log_index))
    for item in standing:
        is_device = item.bearer.signatory in OF_DEVICES
        if is_device and (item.bearer.line, item.bearer.role) != (owner.bearer.line, owner.bearer.role):
            found[item.log_index] = "sweep_of_another_key"
        elif _is_relay(item.bearer) and not _is_beside(item.bearer, owner.bearer):
            found[item.log_index] = "sweep_of_another_probe"
        elif not is_placed(item.bearer, district_at(item.claim.room_id, owner.log_index)):
            found[item.log_index] = ROOM_CODE
        elif item.claim.kind not in KNOWN_KINDS:
            continue  # nobody here reads it
        elif owner.claim.kind in KNOWN_KINDS and item.claim.room_id != owner.claim.room_id:
            found[item.log_index] = "sweep_of_another_room"
        elif item.claim.source != owner.claim.source:
            found[item.log_index] = "sweep_of_another_source"
    return found


def _against_inspection(item: Statement, inspected: Statement) -> str | None:
    """What is wrong about a statement on an inspection that persons recorded without a device."""
    if item.bearer.signatory in OF_DEVICES:
        return "sweep_of_another_key"
    if _is_relay(item.bearer):
        return "sweep_of_another_probe"
    if item.claim.kind not in KNOWN_KINDS:
        return None
    if item.claim.room_id != inspected.claim.room_id:
        return "sweep_of_another_room"
    return None if item.claim.source == inspected.claim.source else "sweep_of_another_source"


def _is_relay(bearer: Bearer) -> bool:
    return bearer.signatory in RELAYS


def _is_beside(relay: Bearer, probe: Bearer) -> bool:
    return probe.probe_id in relay.probes and probe.tenant == relay.tenant


def _is_placed(item: Statement, district_at: DistrictAt) -> bool:
    return is_placed(item.bearer, district_at(item.claim.room_id, item.log_index))


def _is_of_kind(kind: str, rule: Rule) -> bool:
    is_other = kind not in KNOWN_KINDS and rule.other_kinds is not None and kind.startswith(rule.other_kinds)
    return kind in rule.kinds or is_other

"""What a key may sign: one table, and the judgement of entries by it.

Input are facts about keys and what entries say of themselves, no database; output is the code of the rule that an entry
breaks, or None.  sweep/ENTRY.md prints the same table.  What it forbids is quarantined at the write door, never read by
a projection and a problem to `sweep-server verify`.  A sweep belongs to the key that opened it and to its successors.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from server.fields import KeyRole
from sweep.entry import Envelope
from sweep.report.kinds import BODY_ERASED, DISPOSITION, KNOWN_KINDS, OPENED, REPORT

Signatory = Literal["probe", "demo probe", "server", "demo server", "witness"]


@dataclass(frozen=True, slots=True)
class Rule:
    """What one sort of key may sign; everything that no rule names is forbidden."""

    kinds: frozenset[str]
    """Of the kinds that are read here."""
    other_kinds: str | None
    """Kinds that nobody here reads yet, by how they begin; None: no such kind."""
    sources: frozenset[str]
    assurances: frozenset[str]
    subject: Literal["its probe", "any"]
    sweep: Literal["its own", "any", "none"]


DEVICE_KINDS = frozenset({OPENED, REPORT})
PERSON_KINDS = frozenset({DISPOSITION, BODY_ERASED})
LIVE = frozenset({"live"})
MADE_UP = frozenset({"replay", "simulated"})
DEVICE = frozenset({"device"})
PERSON = frozenset({"passkey", "password"})
RULES: dict[Signatory, Rule] = {
    "probe": Rule(DEVICE_KINDS, "", LIVE, DEVICE, "its probe", "its own"),
    # a replay speaks in the name of the probe that made the recording
    "demo probe": Rule(DEVICE_KINDS, "", MADE_UP, DEVICE, "any", "its own"),
    "server": Rule(PERSON_KINDS, "", LIVE, PERSON, "any", "any"),
    "demo server": Rule(PERSON_KINDS, "", MADE_UP, PERSON, "any", "any"),
    "witness": Rule(frozenset(), "checkpoint.", LIVE, frozenset({"witness"}), "any", "none"),
}
SWEEP_CODES = ("sweep_of_another_key", "sweep_of_another_room", "sweep_of_another_source")
CODES = (
    "source_not_allowed",
    "tenant_not_allowed",
    "kind_not_allowed",
    "assurance_not_allowed",
    "subject_not_allowed",
    "sweep_not_allowed",
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

    @property
    def signatory(self) -> Signatory:
        """Which rule is its."""
        match self.role:
            case "probe" | "server" | "witness":
                return self.role
            case "demo":
                return "demo server" if self.probe_id is None else "demo probe"


@dataclass(frozen=True, slots=True)
class Claim:
    """What an entry of a readable version says of itself."""

    kind: str
    source: str
    tenant: str | None
    """None: not known."""
    assurance: str
    subject: str
    room_id: UUID | None
    sweep_id: UUID | None


@dataclass(frozen=True, slots=True)
class Statement:
    """An entry in its place in the log."""

    log_index: int
    claim: Claim
    bearer: Bearer


def claim_of(envelope: Envelope) -> Claim:
    """What an envelope says of itself."""
    return Claim(
        envelope.kind,
        envelope.source,
        envelope.tenant,
        envelope.assurance,
        envelope.subject,
        envelope.room_id,
        envelope.sweep_id,
    )


def broken_rule(claim: Claim, bearer: Bearer) -> str | None:
    """The code of what this key may not sign here, whatever else the log holds."""
    rule = RULES[bearer.signatory]
    is_known = claim.kind in KNOWN_KINDS
    is_own_kind = claim.kind in rule.kinds
    is_other_kind = not is_known and rule.other_kinds is not None and claim.kind.startswith(rule.other_kinds)
    checks = {
        "source_not_allowed": claim.source in rule.sources,
        "tenant_not_allowed": None in (claim.tenant, bearer.tenant) or claim.tenant == bearer.tenant,
        "kind_not_allowed": is_own_kind or is_other_kind,
        "assurance_not_allowed": claim.assurance in rule.assurances,
        "subject_not_allowed": rule.subject == "any" or claim.subject == bearer.probe_id,
        "sweep_not_allowed": (claim.sweep_id, claim.room_id) == (None, None)
        if rule.sweep == "none"
        else claim.sweep_id is not None or claim.kind not in DEVICE_KINDS,
    }
    return next((code for code, holds in checks.items() if not holds), None)


def broken_rules_in_sweep(statements: Iterable[Statement]) -> dict[int, str | None]:
    """By log index, the code of what is forbidden among all statements about one sweep, in whatever order they came.

    The sweep is that of the first key that opened it or, while no opening is there, of the first key that speaks of it
    as its own, and made-up ones never stand in the way of a live one; other keys of that sort may not speak of it, and
    nobody may put it into another room or source.
    """
    ordered = sorted(statements, key=lambda statement: statement.log_index)
    found = {item.log_index: broken_rule(item.claim, item.bearer) for item in ordered}
    standing = [item for item in ordered if found[item.log_index] is None]
    own = [item for item in standing if RULES[item.bearer.signatory].sweep == "its own"]
    if not own:
        return found
    owner = min(own, key=lambda item: (item.bearer.role == "demo", item.claim.kind != OPENED, item.log_index))
    for item in standing:
        is_device = RULES[item.bearer.signatory].sweep == "its own"
        if is_device and (item.bearer.line, item.bearer.role) != (owner.bearer.line, owner.bearer.role):
            found[item.log_index] = "sweep_of_another_key"
        elif item.claim.kind not in KNOWN_KINDS:
            continue  # nobody here reads it
        elif owner.claim.kind in KNOWN_KINDS and item.claim.room_id != owner.claim.room_id:
            found[item.log_index] = "sweep_of_another_room"
        elif item.claim.source != owner.claim.source:
            found[item.log_index] = "sweep_of_another_source"
    return found

"""What is to be judged of an entry, and which entries break the table of what a key may sign.

Input are facts about entries and where rooms lie; output are objections.  What a key may sign is written in
signing_rules.py; entries about one sweep are judged together, the others alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from server.verifier.package_lines import Status
from server.verifier.placements import Placements
from server.verifier.signing_rules import Bearer, Claim, Statement, broken_rule, broken_rules_in_sweep
from sweep.phrases import Phrase

UNKNOWN_KEY = Phrase("objection_key_unknown")
NOT_SIGNED = Phrase("objection_not_signed")
NOT_VALID = Phrase("objection_key_not_valid")
NOT_OF_ROOT = Phrase("objection_not_of_root")
Placed = Mapping[int, tuple[str, list[str]] | None]
"""What the records of where rooms lie say, by their index."""


@dataclass(slots=True)
class Fact:
    """What judging an entry together with all others takes."""

    log_index: int
    status: Status
    entry_hash: bytes
    mark: bytes
    """Its id, or its hash where the version is unread and names none."""
    key_id: str = ""
    """Of the envelope; empty for an unread version."""
    seq: int = 0
    prev: bytes | None = None
    claim: Claim | None = None
    bearer: Bearer | None = None
    is_signed: bool = False
    """Does the signature of its key hold, whether that key counts or not?"""
    objection: Phrase | None = None
    """Why it does not count, whatever else is in the log."""

    @property
    def is_alone(self) -> bool:
        """Is it judged without others? What stands in conflict takes no effect, so that no sweep is judged by it."""
        return self.status == "conflict" or self.claim is None or self.claim.sweep_id is None


def judge_rules(facts: Sequence[Fact], placed: Placed) -> None:
    """Hold every entry of which nothing else is against the table of what a key may sign."""
    places = places_of(facts, placed)
    of_sweep: defaultdict[object, list[Fact]] = defaultdict(list)
    for fact in facts:
        if fact.objection is None and fact.claim is not None and fact.bearer is not None:
            if fact.is_alone:
                fact.objection = in_words(broken_alone(fact.log_index, fact.claim, fact.bearer, places), fact)
            else:
                of_sweep[fact.claim.sweep_id].append(fact)
    for together in of_sweep.values():
        found = broken_rules_in_sweep(_statements(together), places.district_at)
        for fact in together:
            fact.objection = in_words(found[fact.log_index], fact)


def broken_alone(log_index: int, claim: Claim, bearer: Bearer, places: Placements) -> str | None:
    """The code of the rule that an entry breaks for itself."""
    return broken_rule(claim, bearer, places.district_at(claim.room_id, log_index))


def places_of(facts: Iterable[Fact], placed: Placed) -> Placements:
    """Where rooms lie, by the records that count."""
    places = Placements()
    for fact in facts:
        said = placed.get(fact.log_index)
        if said is None or fact.claim is None or fact.bearer is None or fact.status != "accepted":
            continue
        if fact.objection is None and broken_rule(fact.claim, fact.bearer) is None:
            district, rooms = said
            for room in rooms:
                places.place(room, fact.log_index, district)
    return places


def in_words(code: str | None, fact: Fact) -> Phrase | None:
    """The objection of a broken rule."""
    if code is None or fact.bearer is None or fact.claim is None:
        return None
    return may_not_sign(fact.bearer, fact.claim.kind, code)


def may_not_sign(bearer: Bearer, kind: str, code: str) -> Phrase:
    """That a key may not sign an entry of this kind."""
    return Phrase("objection_may_not_sign", signatory=bearer.signatory, kind=kind, rule=code)


def _statements(facts: Iterable[Fact]) -> Iterable[Statement]:
    for fact in facts:
        if fact.claim is not None and fact.bearer is not None:
            yield Statement(fact.log_index, fact.claim, fact.bearer)

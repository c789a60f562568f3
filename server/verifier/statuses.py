"""Which entries count, which stand in conflict, and whether each follows the one before it of its key.

Input are facts about every entry, a few hundred bytes each, and the status that the file gives it; output are problems.
What a key may sign is judged by signing_rules.py, over all entries about a sweep; the rest is sweep/LOG.md's "What
counts" and "Package".
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from server.verifier.package_lines import Status
from server.verifier.placements import Placements
from server.verifier.signing_rules import Bearer, Claim, Statement, broken_rule, broken_rules_in_sweep
from sweep.entry.kinds import BODY_ERASED
from sweep.phrases import Phrase

UNKNOWN_KEY = Phrase("objection_key_unknown")
NOT_SIGNED = Phrase("objection_not_signed")
NOT_VALID = Phrase("objection_key_not_valid")
NOT_OF_ROOT = Phrase("objection_not_of_root")


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
    def counts(self) -> bool:
        """Does it count, as far as it was judged?"""
        return self.objection is None


Complain = Callable[[int, Phrase], None]


def judge_rules(facts: Sequence[Fact], placed: Mapping[int, tuple[str, list[str]] | None]) -> None:
    """Hold every entry of which nothing else is against the table of what a key may sign.

    `placed`: what the records of where rooms lie say, by their index.  What stands in conflict takes no effect, so that
    no sweep is judged by it.
    """
    places = _places(facts, placed)
    of_sweep: defaultdict[object, list[Fact]] = defaultdict(list)
    for fact in facts:
        if fact.objection is None and fact.claim is not None and fact.bearer is not None:
            if fact.claim.sweep_id is None or fact.status == "conflict":
                district = places.district_at(fact.claim.room_id, fact.log_index)
                fact.objection = _in_words(broken_rule(fact.claim, fact.bearer, district), fact)
            else:
                of_sweep[fact.claim.sweep_id].append(fact)
    for together in of_sweep.values():
        found = broken_rules_in_sweep(_statements(together), places.district_at)
        for fact in together:
            fact.objection = _in_words(found[fact.log_index], fact)


def _places(facts: Iterable[Fact], placed: Mapping[int, tuple[str, list[str]] | None]) -> Placements:
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


def check_statuses(facts: Iterable[Fact], complain: Complain) -> None:
    """Complain of each status that does not follow from the log, and of each conflict."""
    accepted: dict[object, int] = {}
    contested: list[Fact] = []
    for fact in facts:
        if not fact.counts:
            if fact.status != "quarantined":
                complain(fact.log_index, Phrase("stands_and_does_not_count", status=fact.status, why=fact.objection))
        elif fact.status == "quarantined":
            complain(fact.log_index, Phrase("quarantined_but_counts"))
        elif fact.status == "conflict":
            contested.append(fact)
        else:
            for mark in _marks(fact):
                other = accepted.setdefault(mark, fact.log_index)
                if other != fact.log_index:
                    complain(fact.log_index, Phrase("entry_repeats_another", other=other))
    for fact in contested:
        rivals = [accepted[mark] for mark in _marks(fact) if mark in accepted]
        if rivals:
            complain(fact.log_index, Phrase("entry_conflicts", other=min(rivals)))
        else:
            complain(fact.log_index, Phrase("conflict_without_rival"))


def check_chains(
    facts: Sequence[Fact], purged: Mapping[bytes, int], admitted_at: Callable[[str], int], complain: Complain
) -> None:
    """Complain of each entry that counts and does not follow one that its key signed.

    `purged`: hash of each purged entry and the log index of the purge that took it, which must lie before the key's
    first admission, for what an admitted key signed is no stranger's.
    """
    links: defaultdict[str, dict[int, bytes | list[bytes]]] = defaultdict(dict)
    for fact in facts:
        if fact.is_signed and fact.seq:
            chain = links[fact.key_id]
            there = chain.get(fact.seq)
            chain[fact.seq] = fact.entry_hash if there is None else [*_hashes(there), fact.entry_hash]
    numbers: dict[str, list[int]] = {}
    elsewhere = _speaking_elsewhere(facts)
    for fact in facts:
        if not fact.counts or not fact.seq or fact.key_id in elsewhere:
            continue
        if fact.seq == 1:
            if fact.prev is not None:
                complain(fact.log_index, Phrase("first_names_one_before", key_id=fact.key_id))
            continue
        chain = links[fact.key_id]
        before = chain.get(fact.seq - 1)
        if before is not None and fact.prev in _hashes(before):
            continue
        if fact.prev is not None and fact.prev in purged:
            if purged[fact.prev] > admitted_at(fact.key_id):
                complain(fact.log_index, Phrase("follows_purged", key_id=fact.key_id))
        elif before is None:
            if fact.key_id not in numbers:
                numbers[fact.key_id] = sorted(chain)
            complain(fact.log_index, _gap(fact, numbers[fact.key_id]))
        else:
            out = Phrase("number_does_not_follow", seq=fact.seq, key_id=fact.key_id, before=fact.seq - 1)
            complain(fact.log_index, out)


def _gap(fact: Fact, own: list[int]) -> Phrase:
    place = bisect_left(own, fact.seq)
    first, last = (own[place - 1] if place else 0) + 1, fact.seq - 1
    if first == last:
        return Phrase("number_missing", key_id=fact.key_id, seq=fact.seq, last=last)
    return Phrase("numbers_missing", key_id=fact.key_id, seq=fact.seq, first=first, last=last)


def _speaking_elsewhere(facts: Iterable[Fact]) -> set[str]:
    """Keys of which only erasures are here: they came from another log without the rest of their chain."""
    kinds_of: defaultdict[str, set[str]] = defaultdict(set)
    for fact in facts:
        if fact.is_signed and fact.claim is not None:
            kinds_of[fact.key_id].add(fact.claim.kind)
    return {key_id for key_id, found in kinds_of.items() if found == {BODY_ERASED}}


def _statements(facts: Iterable[Fact]) -> Iterator[Statement]:
    for fact in facts:
        if fact.claim is not None and fact.bearer is not None:
            yield Statement(fact.log_index, fact.claim, fact.bearer)


def _in_words(code: str | None, fact: Fact) -> Phrase | None:
    if code is None or fact.bearer is None or fact.claim is None:
        return None
    return Phrase("objection_may_not_sign", signatory=fact.bearer.signatory, kind=fact.claim.kind, rule=code)


def _marks(fact: Fact) -> tuple[object, ...]:
    return (fact.mark, (fact.key_id, fact.seq)) if fact.seq else (fact.mark,)


def _hashes(known: bytes | list[bytes]) -> list[bytes]:
    return known if isinstance(known, list) else [known]

"""Which entries stand as they must, which are in conflict, and whether each follows the one before it of its key.

Input is a table of facts about every entry, judged by the rules, with the status that the file gives each; output are
problems.  sweep/LOG.md says it under "What counts" and "Package".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from server.verifier.fact_table import FactTable, Loose
from sweep.phrases import Phrase

Complain = Callable[[int, Phrase], None]


def check_statuses(facts: FactTable, complain: Complain) -> None:
    """Complain of each status that does not follow from the log, and of each conflict."""
    for log_index, other in facts.wrong():
        if other is not None:
            complain(log_index, Phrase("entry_repeats_another", other=other))
            continue
        why = facts.why_not(log_index)
        if why is None:
            complain(log_index, Phrase("quarantined_but_counts"))
        else:
            complain(log_index, Phrase("stands_and_does_not_count", status=facts.status(log_index), why=why))
    for log_index, rival in facts.contested():
        if rival is not None:
            complain(log_index, Phrase("entry_conflicts", other=rival))
        else:
            complain(log_index, Phrase("conflict_without_rival"))


def check_chains(
    facts: FactTable, purged: Mapping[bytes, int], admitted_at: Callable[[str], int], complain: Complain
) -> None:
    """Complain of each entry that counts and does not follow one that its key signed.

    `purged`: hash of each purged entry and the log index of the purge that took it, which must lie before the key's
    first admission, for what an admitted key signed is no stranger's.
    """
    for loose in facts.loose():
        if loose.seq == 1:
            complain(loose.log_index, Phrase("first_names_one_before", key_id=loose.key_id))
        elif loose.prev is not None and loose.prev in purged:
            if purged[loose.prev] > admitted_at(loose.key_id):
                complain(loose.log_index, Phrase("follows_purged", key_id=loose.key_id))
        else:
            last = facts.last_before(loose.key_id, loose.seq) or 0
            if last == loose.seq - 1:
                before = Phrase("number_does_not_follow", seq=loose.seq, key_id=loose.key_id, before=last)
                complain(loose.log_index, before)
            else:
                complain(loose.log_index, _gap(loose, last))


def _gap(loose: Loose, before: int) -> Phrase:
    """Numbers that are missing; `before`: the last one that is there."""
    first, last = before + 1, loose.seq - 1
    if first == last:
        return Phrase("number_missing", key_id=loose.key_id, seq=loose.seq, last=last)
    return Phrase("numbers_missing", key_id=loose.key_id, seq=loose.seq, first=first, last=last)

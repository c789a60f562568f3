"""Sixteen changes of an exported log: by whoever has the file, and by the operator, who holds the server's key.

An outsider changes lines and cannot sign anything again.  The operator seals the changed lines anew, so that the file
is one with itself; what is left are anchors that he does not hold: a checkpoint from before, the witness's line.
"""

from __future__ import annotations

import copy

import pytest

from sweep.entry import kinds
from tests.package_kit import (
    HEIR,
    PROBE,
    ROOT,
    SERVER,
    SWEEP,
    WITNESS,
    WITNESS_KEY,
    WitnessState,
    a_log,
    checkpoint,
    compact,
    pack,
    scoped,
)
from tests.server.verifier import mutations
from tests.server.verifier.judges import both, findings
from tests.server.verifier.mutations import MUTATIONS

UNSEEN_ALONE = {
    "last_five_cut_off",
    "a_probe_dropped",
    "camera_found_dropped",
    "order_changed",
    "receipt_time_changed",
}
"""What nobody can see in a file that the operator sealed anew, without an anchor from outside."""
NAMES = [one.__name__ for one in MUTATIONS]


def test_an_honest_log_holds_in_each_scope() -> None:
    book = a_log()
    for scope in ("full", "city", "structure"):
        data = pack(scoped(book.lines, scope), scope=scope, witness=WITNESS)
        assert both(data) == ([], [])
        assert both(data, checkpoint=checkpoint(book.lines[:12]), witness=WITNESS_KEY) == ([], [])


@pytest.mark.parametrize("mutation", MUTATIONS, ids=NAMES)
def test_by_an_outsider(mutation: mutations.Mutation) -> None:
    book = a_log()
    header, *_, manifest = pack(book.lines, witness=WITNESS).splitlines(keepends=True)
    lines = mutation(copy.deepcopy(book))
    assert lines != book.lines
    data = header + b"".join(compact(line) + b"\n" for line in lines) + manifest
    first, second = both(data)
    assert (bool(first), bool(second)) == (True, True)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=NAMES)
def test_by_the_operator(mutation: mutations.Mutation) -> None:
    book = a_log()
    honest = checkpoint(book.lines, witness=WITNESS)
    data = pack(mutation(copy.deepcopy(book)))
    alone, beside, witnessed = (
        both(data),
        both(data, checkpoint=honest),
        both(data, witness=WITNESS_KEY),
    )
    is_seen = mutation.__name__ not in UNSEEN_ALONE
    assert [bool(found) for found in alone] == [is_seen, is_seen], alone
    assert [bool(found) for found in beside] == [True, True]
    assert [bool(found) for found in witnessed] == [True, True]


def test_what_nobody_can_see_is_said() -> None:
    book = a_log()
    found = findings(pack(mutations.camera_found_dropped(book)))
    assert found.holds
    said = " / ".join(map(str, found.unproven))
    assert "no checkpoint from outside was given (--checkpoint)" in said
    assert "no witness signed (--witness)" in said
    assert "compare it with what it published (--root)" in said


def test_the_operator_may_purge_what_is_last_of_its_key_and_it_is_said() -> None:
    """The leaf stays, so no anchor tells; whoever holds the receipt of the entry can. A purge is always named."""
    book = a_log()
    place = max(line["log_index"] for line in book.lines if mutations.key_of(line) == HEIR.key_id)
    honest = checkpoint(book.lines, witness=WITNESS)
    book.purge(place)
    data = pack(book.lines)
    assert both(data, checkpoint=honest, root_key=None) == ([], [])
    assert "what 2 purged entries were: only their hashes are left" in list(map(str, findings(data).unproven))


def test_what_an_admitted_key_signed_cannot_be_purged_in_the_middle_of_its_chain() -> None:
    book = a_log()
    place = next(
        line["log_index"]
        for line in book.lines
        if mutations.kind_of(line) == kinds.REPORT and line["status"] == "accepted"
    )
    book.purge(place)
    first, second = both(pack(book.lines))
    assert any("was admitted before that purge" in line for line in first)
    assert second


def test_a_stranger_that_was_purged_may_be_admitted_later() -> None:
    book = WitnessState()
    early = book.say(PROBE, kinds.OPENED, sweep_id=SWEEP, status="quarantined")
    book.admit(ROOT, "root")
    book.admit(SERVER, "server")
    book.purge(early)
    book.admit(PROBE, "probe", "probe-a")
    book.say(PROBE, kinds.REPORT, sweep_id=SWEEP)
    assert both(pack(book.lines)) == ([], [])

"""The power of a probe is cut at any moment: no signed entry is lost, no number given twice, every sweep is closed, and
of its journal no more is gone than was not written yet.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final

import pytest

from sweep.cli.config import open_signer
from sweep.deliver.journal import JournalError, journals_in, read_journal
from sweep.entry.envelope import from_wire, parse_envelope
from sweep.entry.kinds import OPENED, REPORT
from sweep.host.clock import read_boot_id
from sweep.run.modalities import SENSING_MODALITIES
from sweep.run.reporting.recovery import Now, close_interrupted
from tests.disk_calls import Step, can_record, record
from tests.power_cuts import LOSSES, Card
from tests.run.kill_rig import PACED, SAMPLE_S, box, modalities_in
from tests.run.power_rig import Server, Witness, open_box
from tests.run.test_kills import MOST_LOST_S, journalled

CUTS: Final = 20
"""In `make test`; the long run has 500."""


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> list[Step]:
    """What two sweeps do to the disk."""
    folder = tmp_path_factory.mktemp("recorded")
    if not can_record(folder):
        pytest.skip("no process can be traced here")
    (folder / "state").mkdir()
    witness = folder / "witness"
    command = [sys.executable, "-m", "tests.run.power_rig", str(folder / "state"), str(witness)]
    return record(command, folder / "state", witness, log=folder / "strace", timeout_s=120)


def play(steps: Sequence[Step], upto: int) -> Card:
    """The card after so many steps."""
    card = Card()
    for step in steps[:upto]:
        card.apply(step)
    return card


def told(card: Card) -> list[list[str]]:
    """What the probe said that may be relied on."""
    return [line.split() for line in b"".join(card.witnessed).decode().splitlines()]


def entries_in(state: Path) -> dict[int, tuple[str, str]]:
    """Hash and kind of each entry that waits, by number."""
    found = {}
    for path in sorted((state / "outbox").glob("*.entry")):
        entry, _ = from_wire(path.read_bytes())
        envelope = parse_envelope(entry.payload)
        found[envelope.seq] = entry.entry_hash, envelope.kind
    return found


def samples_in(state: Path) -> dict[tuple[str, str], int]:
    """What the lens modality has in each journal that can be read, by sweep and position."""
    found = {}
    for path in journals_in(state / "journal"):
        try:
            journal = read_journal(path)
        except JournalError:
            continue
        for record_ in journal.measured:
            one = record_.measurement
            if one.modality == "lens":
                found[path.name, one.position_id] = one.samples
    return found


def survive(card: Card, state: Path, witness: Path) -> str:
    """Start the probe anew on what the cut left, and hold it against what was said before; what became of the sweep."""
    said = told(card)
    signed = {int(words[1]): words[2] for words in said if words[0] == "signed"}
    received = {int(words[1]): words[2] for words in said if words[0] == "received"}
    key_id = next((words[1] for words in said if words[0] == "key"), None)
    kept = {(words[1], words[2]): int(words[3]) for words in said if words[0] == "kept"}
    journalled = samples_in(state)
    with open_box(state) as outbox:
        assert key_id in {None, open_signer(state).key_id}, "the probe's key is another one"
        assert not outbox.damaged_heads
        assert not outbox.asides()
        there = {seq: entry_hash for seq, (entry_hash, _) in entries_in(state).items()}
        lost = {seq for seq, entry_hash in signed.items() if entry_hash not in {there.get(seq), received.get(seq)}}
        assert not lost, f"entries {sorted(lost)} are gone"
        for (sweep_id, position_id), samples in kept.items():
            closed = len([words for words in said if words[0] == "signed"]) >= 2 * int(sweep_id[-1])
            is_written = closed or 2 * int(sweep_id[-1]) in there
            assert is_written or journalled.get((sweep_id, position_id), 0) >= samples, "what was journalled is gone"
        closed_now = list(
            close_interrupted(
                state / "journal", outbox, lambda _: SENSING_MODALITIES, now=lambda: Now(0, read_boot_id())
            )
        )
        assert [one.trouble for one in closed_now if one.trouble] == []
        assert not list((state / "journal").glob("*"))
        kinds = {seq: kind for seq, (_, kind) in entries_in(state).items()}
        begun = max([*kinds, *received, 0])
        assert begun % 2 == 0, "a sweep that was begun is closed"
        assert {kind for seq, kind in kinds.items() if seq % 2} <= {OPENED}
        assert {kind for seq, kind in kinds.items() if seq % 2 == 0} <= {REPORT}
        after = Witness(witness)
        server = Server(after)
        done = outbox.deliver(server.send, server.key.public_key)
        assert (done.refused, done.damaged, done.pending) == (0, 0, 0)
    for line in witness.read_text().splitlines():
        _, seq, entry_hash = line.split()
        assert received.setdefault(int(seq), entry_hash) == entry_hash, f"number {seq} was given twice"
    assert sorted(received) == list(range(1, begun + 1)), "every number is at the server"
    return "nothing begun" if not begun else "closed at the start" if any(one.report for one in closed_now) else "whole"


def cut(steps: Sequence[Step], total: int, seed: int, folder: Path) -> Counter[tuple[str, str]]:
    """Cut the power so often; how often what came of it, by what was lost."""
    rng = random.Random(seed)
    ends: Counter[tuple[str, str]] = Counter()
    for number in range(total):
        upto, loss = rng.randrange(1, len(steps) + 1), LOSSES[number % len(LOSSES)]
        card, state = play(steps, upto), folder / f"cut-{number}"
        card.lay_out(state, loss, rng)
        try:
            ends[loss, survive(card, state, folder / f"witness-{number}")] += 1
        except BaseException as error:
            error.add_note(f"cut {number} after step {upto} of {len(steps)} ({steps[upto - 1].what} "
                           f"{steps[upto - 1].path}), lost: {loss}")  # fmt: skip
            raise
        shutil.rmtree(state)
    return ends


def test_a_cut_at_any_moment_loses_nothing_that_was_said_to_be_safe(steps: list[Step], tmp_path: Path) -> None:
    ends = cut(steps, CUTS, 22, tmp_path)
    assert sum(ends.values()) == CUTS


def test_a_card_keeps_what_was_synced_and_may_lose_the_rest(tmp_path: Path) -> None:
    """The card itself: a file that was synced in a folder that was not is gone; one that was renamed is old or new."""
    steps = [
        Step(0.0, "folder", "d"), Step(0.0, "make", "d/a"), Step(0.0, "write", "d/a", data=b"one"),
        Step(0.0, "begin_sync", "d/a"), Step(0.0, "sync", "d/a"), Step(0.0, "sync", "d"),
    ]  # fmt: skip
    card = play(steps, len(steps))
    card.lay_out(tmp_path / "lost", "all", random.Random(0))
    assert list((tmp_path / "lost").iterdir()) == []
    for step in (
        Step(0.0, "sync", ""), Step(0.0, "make", "d/b"), Step(0.0, "write", "d/b", data=b"two"),
        Step(0.0, "move", "d/b", "d/a"),
    ):  # fmt: skip
        card.apply(step)
    seen = set[tuple[bytes, bytes | None]]()
    for seed in range(30):
        card.lay_out(tmp_path / f"{seed}", "any", random.Random(seed))
        there = {path.name: path.read_bytes() for path in (tmp_path / f"{seed}" / "d").iterdir()}
        seen.add((there["a"], there.get("b")))
    assert seen == {(b"one", None), (b"one", b""), (b"one", b"two"), (b"", None), (b"two", None)}


@pytest.mark.soak
def test_cuts_of_a_real_sweep_cost_two_seconds_of_what_was_sensed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Runner, workers and journal in processes of their own, which sense ten samples a second; `CUTS` as above."""
    total, seed = int(os.environ.get("CUTS", "500")), int(os.environ.get("CUTS_SEED", "1"))
    folder = tmp_path / "rig"
    folder.mkdir()
    command = [sys.executable, "-m", "tests.run.kill_rig", str(folder)]
    steps = record(command, folder, tmp_path / "none", log=tmp_path / "strace", timeout_s=300)
    rng = random.Random(seed)
    lost_s, ends = list[float](), Counter[str]()
    for number in range(total):
        upto, loss = rng.randrange(1, len(steps) + 1), LOSSES[number % len(LOSSES)]
        card, left = play(steps, upto), tmp_path / f"cut-{number}"
        card.lay_out(left, loss, rng)
        known, begun = journalled(left), entries_in(left)
        if [kind for _, kind in begun.values()] == [OPENED]:
            for name in PACED:
                truth = (card.read(f"truth-{name}") or b"").split()
                if truth:
                    samples = int(truth[1]) - known.get((truth[0].decode(), name), 0)
                    lost_s.append(max(0, samples) * SAMPLE_S)
        with box(left) as outbox:
            modalities = modalities_in(left)
            closed = list(close_interrupted(left / "journal", outbox, lambda _, modalities=modalities: modalities))  # type: ignore[misc]  # mypy infers no lambda with defaults
        assert [one.trouble for one in closed if one.trouble] == []
        kinds = [kind for _, kind in entries_in(left).values()]
        assert kinds in ([], [OPENED, REPORT]), "a sweep that was begun is closed, once"
        ends["not begun" if not kinds else "closed at the start" if closed and closed[0].report else "whole"] += 1
        shutil.rmtree(left)
    with capsys.disabled():
        print(f"\n{total} cuts in {len(steps)} steps, seed {seed}: {dict(ends)}; lost of what was sensed: "
              f"median {median(lost_s):.1f} s, most {max(lost_s):.1f} s of {len(lost_s)} readings")  # fmt: skip
    assert max(lost_s) <= MOST_LOST_S


@pytest.mark.soak
def test_five_hundred_cuts(steps: list[Step], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`CUTS` and `CUTS_SEED` choose others."""
    total, seed = int(os.environ.get("CUTS", "500")), int(os.environ.get("CUTS_SEED", "1"))
    ends = cut(steps, total, seed, tmp_path)
    with capsys.disabled():
        print(f"\n{total} cuts in {len(steps)} steps, seed {seed}")
        for (loss, end), count in sorted(ends.items()):
            print(f"  lost {loss:5} {end:20} {count:4}")

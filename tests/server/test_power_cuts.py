"""The power of a server on SQLite is cut at any moment, from its first start on: it starts again, and what it gave a
receipt for is in its log.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
from collections import Counter
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import select

from server.api.app import build_services
from server.store.schema import entries
from tests.disk_calls import Step, can_record, record
from tests.power_cuts import LOSSES, Card
from tests.server.log_kit import verified
from tests.server.power_rig import settings_in

ENTRIES: Final = 12

pytestmark = pytest.mark.soak


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> list[Step]:
    """What a server does to its disk from its first start to its end."""
    folder = tmp_path_factory.mktemp("recorded")
    if not can_record(folder):
        pytest.skip("no process can be traced here")
    (folder / "data").mkdir()
    witness = folder / "witness"
    command = [sys.executable, "-m", "tests.server.power_rig", str(folder / "data"), str(witness), str(ENTRIES)]
    return record(command, folder / "data", witness, log=folder / "strace", timeout_s=600)


def test_a_server_starts_again_with_all_that_it_gave_a_receipt_for(
    steps: list[Step], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`CUTS` and `CUTS_SEED` choose others."""
    total, seed = int(os.environ.get("CUTS", "100")), int(os.environ.get("CUTS_SEED", "1"))
    rng, ends = random.Random(seed), Counter[tuple[str, str]]()
    is_set_up = next(at for at, step in enumerate(steps) if step.what == "witness")
    for number in range(total):
        upto = rng.randrange(is_set_up if number % 4 else 1, len(steps) + 1)  # one in four while it is set up
        loss = LOSSES[number % len(LOSSES)]
        card, left = Card(), tmp_path / f"cut-{number}"
        for step in steps[:upto]:
            card.apply(step)
        card.lay_out(left, loss, rng)
        told = b"".join(card.witnessed).decode().split("\n")
        received = {line.split()[1] for line in told if line.startswith("received ")}
        try:
            services = build_services(settings_in(left))
            with services.db.read() as connection:
                there = set(connection.execute(select(entries.c.entry_hash)).scalars())
                found = verified(connection)
            services.db.close()
            assert received <= there, f"{len(received - there)} entries with a receipt are gone"
            assert found.problems == []
        except BaseException as error:
            last = steps[upto - 1]
            error.add_note(f"cut {number} after step {upto} of {len(steps)} ({last.what} {last.path}), {loss}")
            raise
        ends[loss, f"{len(received):2} receipts" if received else "none yet"] += 1
        shutil.rmtree(left)
    with capsys.disabled():
        print(f"\n{total} cuts in {len(steps)} steps, seed {seed}")
        for loss in LOSSES:
            some = {end: count for (one, end), count in sorted(ends.items()) if one == loss}
            print(f"  lost {loss:5} {sum(some.values())} cuts, {some.get('none yet', 0)} before the first receipt")

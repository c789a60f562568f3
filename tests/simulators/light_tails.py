"""How often the continued tail of a light test calls what does not see the lamp: `python -m
tests.simulators.light_tails OUT [FLOWS]`.

Input is the cameras of `encode_cameras` without light, over airs and lateness as `light_runs` has them, at each look.
The tail is fitted as a test fits it, to 9,999 sequences; then SEQUENCES more are scored, and those counted whose
p-value would be at most as small as each of LEVELS.  Output is JSON: how many were scored, how many reached each level.
"""

from __future__ import annotations

import json
import sys
from math import log
from pathlib import Path
from typing import Final

import numpy as np

from sweep.wifi.stimulus.null_sequences import NullSequences
from sweep.wifi.stimulus.significance import LOOKS, respond
from sweep.wifi.stimulus.tail import fit_tail
from tests.simulators import air_encoded
from tests.simulators.encode_cameras import CAMERA_CHIPS, CAMERA_LEVELS
from tests.simulators.fit_light import LATE, Case, list_cases
from tests.simulators.light_runs import AIRS

SEQUENCES: Final = 200_000
AT_ONCE: Final = 10_000
LEVELS: Final = (1e-3, 1e-4, 3e-5, 1e-5, 3e-6, 1e-6)


def count(case: Case, sequences: int = SEQUENCES) -> dict[int, list[int]] | None:
    """By look: how many sequences reached each level; None where the flow is too thin."""
    first = CAMERA_CHIPS * CAMERA_LEVELS.index(0.0)
    rng = np.random.default_rng([86, AIRS.index(case.air), *map(ord, case.name + case.lateness)])
    flow, sequence, _ = air_encoded.draw_lit(case.name, first, LOOKS[-1][0], rng, air=case.air, **LATE[case.lateness])
    nulls = NullSequences(sequence)
    chips, _ = LOOKS[int(rng.integers(len(LOOKS)))]
    response = respond(flow, sequence, nulls, chips)
    if response is None:
        return None
    rows = nulls.rows(chips)
    tail = fit_tail(response.score(rows[1:]))
    needed = [tail.edge + log(tail.p_value / level) / tail.pace for level in LEVELS]
    reached = np.zeros(len(LEVELS), dtype=np.int64)
    for _ in range(sequences // AT_ONCE):
        scores = response.score(rng.permuted(np.tile(rows[0], (AT_ONCE, 1)), axis=1))
        reached += [int((scores >= one).sum()) for one in needed]
    return {chips: reached.tolist()}


def main() -> None:
    """Write what the flows come to into the file of the first argument, again after each."""
    cases = [Case(one.name, one.air, one.lateness, 200) for half in ("odd", "even") for one in list_cases(half)]
    order = np.random.default_rng(5).permutation(len(cases))
    most = int(sys.argv[2]) if len(sys.argv) > 2 else len(cases)
    total, flows = dict.fromkeys((chips for chips, _ in LOOKS), np.zeros(len(LEVELS), dtype=np.int64)), 0
    for at in order[:most]:
        found = count(cases[int(at)])
        for chips, reached in (found or {}).items():
            flows, total[chips] = flows + 1, total[chips] + reached
        every = np.sum(list(total.values()), axis=0)
        told = {"flows": flows, "sequences": flows * SEQUENCES, "levels": LEVELS, "reached": every.tolist()}
        by_look = {"by_look": {chips: reached.tolist() for chips, reached in total.items()}}
        Path(sys.argv[1]).write_text(json.dumps(told | by_look) + "\n", encoding="utf-8")
        print(told, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()

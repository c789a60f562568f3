"""How the light test goes, look by look, for cameras that do not see the lamp, with very many sequences that might have
been played: `python -m tests.simulators.light_nulls OUT`.

Input is the cameras of `encode_cameras` without light, over airs and lateness as `light_runs` has them. For each of
them SEQUENCES sequences of fair coins are scored at every look by what came before it; the p-value of one is its rank
among the others. Output is JSON: how often a rule of stopping would have called one falsely, counted, and the
correlation of the looks' p-values, from which the simulated city draws tests of what does not see the lamp.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from sweep.wifi.stimulus.null_sequences import NullSequences
from sweep.wifi.stimulus.significance import LOOKS, respond
from tests.simulators import air_encoded
from tests.simulators.encode_cameras import CAMERA_CHIPS, CAMERA_LEVELS
from tests.simulators.fit_light import LATE, Case, list_cases
from tests.simulators.light_runs import AIRS

SEQUENCES: Final = 4_000
LEVELS: Final = (0.05, 0.01, 0.003, 0.001)
Floats = npt.NDArray[np.float64]


def p_values(case: Case) -> Floats | None:
    """By sequence and look: its rank among the others; None where the flow is too thin."""
    first = CAMERA_CHIPS * CAMERA_LEVELS.index(0.0)
    rng = np.random.default_rng([85, AIRS.index(case.air), *map(ord, case.name + case.lateness)])
    flow, sequence, _ = air_encoded.draw_lit(case.name, first, LOOKS[-1][0], rng, air=case.air, **LATE[case.lateness])
    nulls = NullSequences(sequence)
    rows = rng.integers(0, 2, (SEQUENCES, LOOKS[-1][0]), dtype=np.int8)
    found = []
    for chips, _share in LOOKS:
        response = respond(flow, sequence, nulls, chips)
        if response is None:
            return None
        scores = response.score(rows[:, :chips])
        ranks = np.empty(SEQUENCES)
        ranks[np.argsort(-scores)] = np.arange(SEQUENCES)
        found.append((ranks + 0.5) / SEQUENCES)
    return np.stack(found, axis=1)


def count(every: Floats) -> dict[str, Any]:
    """What p-values by sequence and look come to."""
    shares = np.array([share for _, share in LOOKS])
    holds = np.minimum.accumulate(np.minimum(every / shares, 1.0), axis=1)
    return {
        "sequences": len(every),
        "looks": [list(one) for one in LOOKS],
        "reached": [[int((holds[:, look] <= level).sum()) for look in range(len(LOOKS))] for level in LEVELS],
        "levels": list(LEVELS),
        "without_promise": [int((holds[:, look] >= 1.0).sum()) for look in range(len(LOOKS))],
        "correlation": np.corrcoef(ndtri(1.0 - every).T).round(4).tolist(),
    }


def main() -> None:
    """Write what all cases come to into the file of the first argument, again after each."""
    cases = [Case(one.name, one.air, one.lateness, 200) for half in ("odd", "even") for one in list_cases(half)]
    order = np.random.default_rng(4).permutation(len(cases))
    most = int(sys.argv[2]) if len(sys.argv) > 2 else len(cases)
    every: list[Floats] = []
    for at in order[:most]:
        found = p_values(cases[int(at)])
        every += [] if found is None else [found]
        if every:
            told = {"flows": len(every)} | count(np.concatenate(every))
            Path(sys.argv[1]).write_text(json.dumps(told) + "\n", encoding="utf-8")
            print(f"{len(every)} flows", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()

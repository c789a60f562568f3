"""How the light test ends, look by look, for cameras that see the lamp and for those that do not: `python -m
tests.simulators.light_runs OUT [LIGHT ...]`.

Input is the cameras of `encode_cameras` over airs and lateness as `fit_light` has them, 114 s at no, 10, 20 and 40 %
more light of the scene, or at those named; output is a JSON list with the p-value that holds after each look, and where
the flow does not follow, the least light that the denial is worth.  The weights of `sweep/judge` are counted on it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

import numpy as np

from sweep.wifi.stimulus.null_sequences import NullSequences
from sweep.wifi.stimulus.p_value import FLOW_ALONE, find_p_value
from sweep.wifi.stimulus.significance import (
    LOOKS,
    SIGNIFICANT,
    FlowTest,
    respond,
    round_light,
)
from tests.simulators import air_encoded
from tests.simulators.encode_cameras import BRIGHT, CAMERA_CHIPS, CAMERA_LEVELS, kind_of
from tests.simulators.fit_light import LATE, Case, list_cases

LIGHTS: Final = (0.0, 0.1, 0.2, BRIGHT)
ENDED_P: Final = 0.00072
"""Below, no test goes on, even among four flows (`sweep.wifi.stimulus.stopping_rule.ENOUGH_P`)."""


def run(case: Case, light: float) -> dict[str, Any] | None:
    """One camera under one light; None where it is too thin to be tested."""
    name, first = case.name.replace("camera", "bright"), 0
    if light != BRIGHT:
        name, first = case.name, CAMERA_CHIPS * CAMERA_LEVELS.index(light)
    rng = np.random.default_rng([84, AIRS.index(case.air), *map(ord, case.name + case.lateness)])
    flow, sequence, _ = air_encoded.draw_lit(name, first, LOOKS[-1][0], rng, air=case.air, **LATE[case.lateness])
    nulls = NullSequences(sequence)
    after: list[float] = []
    smallest = None
    for chips, share in LOOKS:
        response, rows = respond(flow, sequence, nulls, chips), nulls.rows(chips)
        if response is None:
            return None
        p_value, _ = find_p_value(response, rows, FLOW_ALONE.at_look(share))
        after.append(round(min(p_value / share, 1.0, *after[-1:]), 6))
        if after[-1] <= ENDED_P:
            break
        test = FlowTest(flow.sender, after[-1], 0.0, 0.0, chips * sequence.chip_s, response, rows, share)
        smallest = test if after[-1] > SIGNIFICANT else None
    told = None if smallest is None else round_light(smallest.smallest_light(SIGNIFICANT))
    about = {"kind": kind_of(case.name), "air": case.air, "late": case.lateness, "light": light}
    return about | {"p": after, "smallest": told}


AIRS: Final[tuple[air_encoded.Air, ...]] = ("good", "radio", "cell")


def main() -> None:
    """Write all cases of both halves to the file of the first argument."""
    found = []
    out, lights = Path(sys.argv[1]), [float(one) for one in sys.argv[2:]] or list(LIGHTS)
    cases = [Case(one.name, one.air, one.lateness, 200) for half in ("odd", "even") for one in list_cases(half)]
    order = np.random.default_rng(3).permutation(len(cases))
    for number, at in enumerate(order):
        found += [one for light in lights if (one := run(cases[int(at)], light)) is not None]
        out.write_text(json.dumps(found), encoding="utf-8")
        if number % 10 == 0:
            print(f"{number} of {len(cases)} cases", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()

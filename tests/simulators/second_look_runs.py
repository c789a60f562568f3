"""What a second look loses and what it removes, by confuser: rendered pairs of looks judged at the operating points.

    python -m tests.simulators.second_look_runs PAIRS --mode held_out

`PAIRS` is a folder that `sweep.lab.lens.pairs` filled.  Only the lens speaks here: a glint whose weight alone passes
the operating point of a first look, and what is left of it after the second.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from sweep.judge.thresholds import load_thresholds, load_weights
from sweep.lab.lens.pairs import Spot, load_pair, spots_of
from sweep.lab.scoring.intervals import clopper_pearson


def outcome_of(spot: Spot) -> str | None:
    """`stands`, `gone` or `out_of_view` of a place that is a candidate at first; None: it is none."""
    weights, thresholds = load_weights(), load_thresholds()
    if not math.isfinite(spot.first):
        return None
    first = thresholds.prior + weights.at("glint", spot.first).log10
    if first < thresholds.first_look:
        return None
    if not spot.second_in_view:
        return "out_of_view"
    again = max(spot.second, -9.0)  # nothing was followed there
    return "stands" if first + weights.at("glint_again", again).log10 >= thresholds.second_look else "gone"


def table_of(spots: Iterable[Spot]) -> dict[str, Counter[str]]:
    """Outcomes by kind of thing."""
    table: dict[str, Counter[str]] = {}
    for spot in spots:
        outcome = outcome_of(spot)
        if outcome is not None:
            table.setdefault(spot.kind, Counter())[outcome] += 1
    return table


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--mode", default="held_out")
    args = parser.parse_args(arguments)
    paths = sorted(args.pairs.glob(f"{args.mode}-*.json"))
    table = table_of(spot for path in paths for spot in spots_of(*load_pair(path)))
    print(json.dumps({"pairs": len(paths)}))
    others: Counter[str] = sum((c for kind, c in table.items() if kind != "lens"), Counter())
    for kind, counts in [*sorted(table.items()), ("all that are no lens", others)]:
        judged = counts["stands"] + counts["gone"]
        low, high = clopper_pearson(counts["gone"], judged) if judged else (0.0, 1.0)
        print(f"{kind}: {judged} candidates, {counts['gone']} gone ({low:.0%} to {high:.0%}), "
              f"{counts['out_of_view']} not in the second view")  # fmt: skip
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""What the judge comes to in cities whose things glint as another world that trains draws them: the spread of worlds
that may be chosen by.

Job: put scores of lenses and things of the worlds `training`, `plain` and `tuning` in the place of the first world's,
everything else as it is, and say what the posterior is worth there. Input: folders of rows (`lens_train rows`); output:
candidates, findings and skill by world. Refuses the worlds that only judge, and clips that the forest was trained on.

    python -m tests.simulators.city_worlds --rows DIR... [--seed N] [--rooms N] [--per-kind N]
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from sweep.judge.thresholds import load_thresholds
from sweep.lab.city.curves import measure_clips
from sweep.lab.city.figures import figures
from sweep.lab.city.rooms import LENSES, WORLDS
from sweep.lab.city.samples import APERTURES_MM, FILTERS, Curves, load_curves
from sweep.lab.city.simulation import run_city

CHOOSING = ("training", "plain", "tuning")


def curves_of(paths: Iterable[Path], first: Curves) -> Curves:
    """The first world's curves with the scores of these clips; of a kind that none of them shows, its own.

    A world without a lens of some target lends the nearest it has: `plain` draws apertures of 1 mm only.
    """
    told = measure_clips(paths)
    things = {kind: (about["scores"], about["count"]) for kind, about in told["things"].items() if about["count"]}
    lenses = list(told["lenses"])
    for lens in LENSES:
        low, high = APERTURES_MM[lens]
        mine = [row for row in lenses if row[0] == FILTERS[lens]]
        if not any(low <= row[1] < high for row in mine):
            lenses += [[row[0], low, *row[2:]] for row in mine]
    return replace(
        first, clips=told["clips"], things=first.things | things, background=told["background"], lenses=lenses
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=Path, nargs="+", required=True)
    parser.add_argument("--seed", type=int, default=12)
    parser.add_argument("--rooms", type=int, default=6_000)
    parser.add_argument("--per-kind", type=int, default=300)
    args = parser.parse_args(arguments)
    paths = [path for folder in args.rows for path in sorted(folder.glob("*.npz")) if not path.name.endswith(".2.npz")]
    skills = []
    for name in CHOOSING:
        mine = [path for path in paths if path.name.startswith(f"{name}-")]
        if not mine:
            parser.error(f"no rows of the world {name}")
        curves = curves_of(mine, load_curves("first"))
        rows = run_city(WORLDS["first"], curves, seed=args.seed, rooms=args.rooms, per_kind=args.per_kind)
        told = figures(rows, load_thresholds())
        after, skill = told["per_1000_rooms"]["after"], told["posterior"]["log_skill"]
        skills.append(skill)
        print(
            f"{name}: {curves.clips} clips, {after['first_look']['rate']:g} candidates and "
            f"{after['findings']['rate']:g} findings per 1,000 rooms, log skill {skill:+.3f}"
        )
    print(f"mean log skill {sum(skills) / len(skills):+.3f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

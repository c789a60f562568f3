"""The weights file of the judge, counted on labelled runs of the real code.

Job: turn `city_curves.json` (what was measured) and the first world of `lab.city.rooms` (how many of each thing a zone
holds) into log10 likelihood ratios with counts and 90 % intervals: glints (`lab.weights.lens`), transmitters and the
light (`lab.weights.transmitter`), Bluetooth and RF (`lab.weights.radio`). Input: those two; output:
`sweep/judge/weights.json`. Refuses the second world, and counts that were made with another forest than the one that
ships.

    python -m sweep.lab.weights.from_runs
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from sweep.lab.city.rooms import FIRST, KINDS, LENSES, STREAMS, World
from sweep.lab.city.samples import CALLED, Curves, load_curves
from sweep.lab.scoring.intervals import clopper_pearson
from sweep.lab.weights.lens import again, around, close, close_build, glint
from sweep.lab.weights.radio import radio
from sweep.lab.weights.transmitter import light_test, uplinks
from sweep.lens.evidence.judge import shipped_build
from sweep.modality.weights import FORMAT, Rate, Weights
from sweep.phrases import Phrase
from sweep.report.findings import WeightSource

VERSION: Final = "rendered-2026-12-02.1"


def no_glint(curves: Curves, world: World, called: float, source: WeightSource, text: str) -> Rate:
    """Lenses that score `called` and more, of those in view."""
    found = [score >= called for lens in LENSES for score in curves.lens_scores(lens, world)]
    share = sum(
        world.lens_shares[lens] * float(np.mean(np.array(curves.lens_scores(lens, world)) >= called)) for lens in LENSES
    )
    return _rate(sum(found), len(found), share, source, text, curves.independent)


def rates(curves: Curves, world: World) -> dict[str, Rate]:
    """What was detected of what could have been seen."""
    streaming = next(kind.share for kind in KINDS if kind.name == "wifi_streaming")
    return {
        "no_glint": no_glint(
            curves, world, CALLED, "rendered", f"the lenses of the table of glints; {curves.build}"
        ),
        "region_holds": _rate(
            *curves.region_holds, curves.region_holds[0] / curves.region_holds[1], "simulated",
            "transmitters inside, in the 90 % region of locate or 0.3 m beside it (sweep/lab/city/places.py)",
        ),
        "no_video_uplink": _rate(
            *STREAMS, streaming * STREAMS[0] / STREAMS[1], "simulated",
            "air_halls, 30 s: 739 of 750 cameras not denied; share of streaming cameras guessed",
        ),
    }  # fmt: skip


def _rate(hits: int, of: int, share: float, source: WeightSource, text: str, independent: float = 1.0) -> Rate:
    half = 1.645 * math.sqrt(max(share * (1.0 - share), 0.01) / max(independent * of, 1))
    low, high = max(0.0, share - half), min(1.0, share + half)
    if independent < 1.0:  # few enough that the exact interval is wider than that one
        exact = clopper_pearson(round(independent * hits), round(independent * of))
        low, high = min(low, exact[0]), max(high, exact[1])
    return Rate(
        hits=hits, of=of, share=round(share, 3), low=round(low, 3), high=round(high, 3), source=source, made_from=text
    )


def make_weights(curves: Curves, world: World = FIRST) -> Weights:
    """All tables, from the curves of the first world."""
    for build in (curves.build, close_build()):
        if build != shipped_build():
            raise ValueError(Phrase("counts_of_another_forest", theirs=build, ours=shipped_build()))
    rng = np.random.default_rng(19)
    tables = (
        {"glint": glint(curves, world, rng), "glints_around": around(curves)}
        | again(curves, world, rng)
        | {"glint_close": close(np.random.default_rng(23))}
        | uplinks(curves, world, rng)
    )
    tables |= light_test(curves, world, rng) | radio(curves, world, rng)
    return Weights(
        v=FORMAT, version=VERSION, made_by="python -m sweep.lab.weights.from_runs", tables=tables,
        rates=rates(curves, world),
    )  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[2] / "judge" / "weights.json")
    args = parser.parse_args(arguments)
    weights = make_weights(load_curves("first"))
    text = json.dumps(weights.model_dump(mode="json"), indent=1, ensure_ascii=False)
    args.out.write_text(text + "\n", encoding="utf-8")
    for code, table in weights.tables.items():
        print(code, *(f"{w.log10:+.2f} [{w.low:+.2f}, {w.high:+.2f}] {w.counts}" for w in table.weights), sep="\n  ")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

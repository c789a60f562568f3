"""What made-up senders cost a camera that sees the lamp: `python -m tests.simulators.light_decoys [CAMERAS] [LIGHT]`.

Input is the cameras of `encode_cameras` on time over a good air under one light; output is how many of them follow
beside so many other uplinks: in a capture of a minute, and by the live rule with all its looks.  Decoys are *beside* it
where they were not chosen; *chosen* where they sent like a camera before the light, or in a capture without a time
before, which has one family: each sends as little as is chosen, as three full frames a second, or as the camera.
*Counted only* is without the continued tail and with Holm's correction over everybody.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from sweep.wifi.stimulus.families import correct, weigh
from sweep.wifi.stimulus.null_sequences import NullSequences
from sweep.wifi.stimulus.p_value import FLOW_ALONE, find_p_value
from sweep.wifi.stimulus.significance import LOOKS, MAX_BESIDE, MOST_WEIGHED_KBPS, SIGNIFICANT, respond
from sweep.wifi.stimulus.stopping_rule import is_enough, is_hopeless
from sweep.wifi.traffic.thin import LEAST_KBPS
from tests.simulators import air_encoded
from tests.simulators.encode_cameras import CAMERA_CHIPS, CAMERA_LEVELS
from tests.simulators.fit_light import list_cameras

DECOYS: Final = (0, 20, 80, 600, 1_000)
DECOYS_KBPS: Final = (3.0, LEAST_KBPS, 34.0, 20_000.0)
"""Three short frames a second, which choose in a capture; the least that is open live; three full frames a second; and
thick uploads, which are no decoys."""
MINUTE_CHIPS: Final = 100


@dataclass(frozen=True)
class Camera:
    """P-values of one camera, continued and counted only: of the capture, and at each look before its share."""

    minute: tuple[float, float]
    looks: tuple[tuple[float, float], ...]
    kbps: float


def measure(name: str, light: float) -> Camera | None:
    """One camera; None where it is too thin."""
    first = CAMERA_CHIPS * CAMERA_LEVELS.index(light)
    rng = np.random.default_rng([87, *map(ord, name)])
    flow, sequence, _ = air_encoded.draw_lit(name, first, LOOKS[-1][0], rng, air="good")
    nulls, found = NullSequences(sequence), []
    for chips, share in ((MINUTE_CHIPS, 1.0), *LOOKS):
        response = respond(flow, sequence, nulls, chips)
        if response is None:
            return None
        p_value, _ = find_p_value(response, nulls.rows(chips), FLOW_ALONE.at_look(share))
        found.append((p_value, max(p_value, 1.0 / len(nulls.rows(chips)))))
    kbps = float(flow.frame_len.sum()) * 8e-3 / float(np.ptp(flow.t_ns) / 1e9)
    return Camera(found[0], tuple(found[1:]), kbps)


Adjust = Callable[[float], float]


def beside(decoys: int) -> Adjust:
    """The camera was chosen, the decoys were not."""
    others = min(decoys, MAX_BESIDE)
    return lambda p: correct([p, *[1.0] * others], [True, *[False] * others], [1.0] * (1 + others))[0]


def chosen(decoys: int, kbps: float, camera_kbps: float) -> Adjust:
    """All of them were, or nobody was; each decoy sends `kbps`."""
    weight = weigh([min(one, MOST_WEIGHED_KBPS) for one in (camera_kbps, *[kbps] * decoys)])[0]
    return lambda p: min(1.0, p / weight)


def list_ways(decoys: int) -> list[tuple[str, Callable[[Camera], Adjust], bool]]:
    """What is told of so many decoys: its name, the correction for a camera, and whether p-values are counted only."""
    return [
        ("counted only", lambda one: chosen(decoys, one.kbps, one.kbps), True),
        ("beside", lambda _: beside(decoys), False),
        ("chosen, as thick as the camera", lambda one: chosen(decoys, one.kbps, one.kbps), False),
    ] + [
        (f"chosen, {kbps:g} kbit/s each", partial(_chosen_beside, decoys, kbps), False) for kbps in DECOYS_KBPS
    ]  # fmt: skip


def _chosen_beside(decoys: int, kbps: float, camera: Camera) -> Adjust:
    return chosen(decoys, kbps, camera.kbps)


def follows_live(camera: Camera, adjust: Adjust, *, counted_only: bool) -> bool:
    """Whether it is found before the live test ends."""
    held = 1.0
    for (chips, share), p_values in zip(LOOKS, camera.looks, strict=True):
        held = min(held, p_values[counted_only] / share)
        adjusted = adjust(held)
        if is_enough(adjusted) or is_hopeless(adjusted, chips, alone=None if counted_only else held):
            break
    return adjust(held) <= SIGNIFICANT


def main() -> None:
    """Print a table."""
    most, light = int(sys.argv[1]) if len(sys.argv) > 1 else 40, float(sys.argv[2]) if len(sys.argv) > 2 else 0.1
    names = [name for half in ("odd", "even") for name in list_cameras(half)]
    names = [names[int(at)] for at in np.random.default_rng(6).permutation(len(names))[:most]]
    cameras = [one for name in names if (one := measure(name, light)) is not None]
    print(f"{len(cameras)} cameras, {light:.0%} more light")
    for decoys in DECOYS:
        told = [f"{decoys} others"]
        told += [
            f"{what}: capture {sum(adjust(one)(one.minute[counted_only]) <= SIGNIFICANT for one in cameras)}, "
            f"live {sum(follows_live(one, adjust(one), counted_only=counted_only) for one in cameras)}"
            for what, adjust, counted_only in list_ways(decoys)
        ]
        print("; ".join(told), flush=True)


if __name__ == "__main__":
    main()

"""What is left open as thin, and the light that it takes: `python -m tests.simulators.thin_minutes [FLOWS] [WORLD...]`.

Input is the worlds of flows that are no cameras; output is, by world, how many of FLOWS flows of each kind are called,
left open and left open as thin, with intervals, and how many minutes the lamp plays in a room for eight transmitters of
those kinds: by the real order (`pending_light`), the real shares of time and the real rule of stopping, without thin
streams and with them.  Every other transmitter is louder outside; the rest are placed by nothing but chance.
"""

from __future__ import annotations

import importlib
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from scipy.stats import beta

from sweep.lab.city.light import Dark, stop_at
from sweep.lab.city.samples import load_curves
from sweep.modality.pending_light import Chance, PendingLight, pending_light
from sweep.wifi.response_test_schedule import AROUND_TEST_S, LEAST_TEST_S
from sweep.wifi.stimulus.response_test import LIGHT_CHIP_S
from sweep.wifi.stimulus.significance import LOOKS
from sweep.wifi.traffic.video import OPEN_REASONS, TOO_THIN, judge_flow
from tests.simulators import air_venue

WORLDS: Final = {
    "air_flows": ("backup", "call", "voice", "game", "browse", "download", "sensor"),
    "air_queues SEEN": ("congestion_window", "photographs", "conference", "voice_assistant", "pages"),
    "air_queues SECOND": ("congestion_window", "photographs", "conference", "voice_assistant", "pages"),
    "air_homes": ("tcp_upload", "paced_upload", "meeting", "sound", "constant_datagrams", "reading", "telemetry"),
    "air_halls": ("upload", "upload_by_quic", "share_files", "meet", "play_sound", "report", "play", "read_pages"),
    "air_venue": tuple(air_venue.OTHERS),
}
SEED: Final = 20_28
ROOMS, TRANSMITTERS, CHANNELS, ZONES = 2_000, 8, 3, 5
LIGHT_S: Final = 240.0
"""What a sweep of three stalls has left for the light when everything else took as long as it may."""


def count(world: str, flows: int) -> list[Counter[str]]:
    """By kind: how many are called, open, thin, or none of it."""
    name, _, ranges = world.partition(" ")
    source: Any = importlib.import_module(f"tests.simulators.{name}")
    worlds = [getattr(source, ranges)] if ranges else []
    found = []
    for kind in WORLDS[world]:
        told: Counter[str] = Counter()
        for number in range(flows):
            rng = np.random.default_rng([SEED, number, sum(map(ord, kind))])
            flow = air_venue.draw_told(kind, 30.0, rng)[0] if source is air_venue else None
            one = judge_flow(flow or source.draw_flow(kind, 30.0, rng, *worlds))
            is_open = one.reason in OPEN_REASONS
            told["called" if one.verdict == "video_uplink" else "other"] += not is_open
            told["thin" if one.reason == TOO_THIN else "open"] += is_open
        found.append(told)
    return found


def played_s(kinds: Sequence[Counter[str]], dark: Dark, rng: np.random.Generator, *, with_thin: bool) -> list[float]:
    """Of one room: seconds of light, those for thin streams alone, and the share of tests left out."""
    chances = []
    for number in range(TRANSMITTERS):
        told = kinds[int(rng.integers(len(kinds)))]
        what = rng.choice(sorted(told), p=[told[one] / told.total() for one in sorted(told)])
        zones = dict(zip(map(str, range(ZONES)), rng.dirichlet(np.full(ZONES, 0.5)).tolist(), strict=True))
        channel = float(rng.integers(CHANNELS))
        if rng.random() < 0.5 or what == "other" or (what == "thin" and not with_thin):
            continue
        chances.append(Chance(str(number), channel, is_open=what != "called", zones=zones, is_thin=what == "thin"))
    thin = {one.tag for one in chances if one.is_thin}
    ahead = pending_light(chances)
    left_s, all_s, thin_s, left_out = LIGHT_S, 0.0, 0.0, 0
    for test in ahead:
        took_s = _test_s(test, left_s - AROUND_TEST_S, dark)
        left_s, all_s = left_s - took_s, all_s + took_s
        thin_s += took_s if test.tags <= thin else 0.0
        left_out += not took_s
    return [all_s, thin_s, left_out / max(len(ahead), 1)]


def _test_s(test: PendingLight, longest_s: float, dark: Dark) -> float:
    if longest_s < LEAST_TEST_S:
        return 0.0
    longest_s = min(longest_s, LOOKS[-1][0] * LIGHT_CHIP_S)
    return stop_at([dark.draw().tolist() for _ in test.tags], len(test.tags), longest_s)[1] + AROUND_TEST_S


def main() -> None:
    """Print both, world by world."""
    flows = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    nulls = load_curves("first").light_nulls
    for world in sys.argv[2:] or WORLDS:
        kinds = count(world, flows)
        total = sum(kinds, Counter[str]())
        for what in ("called", "open", "thin"):
            some, every = total[what], total.total()
            low, high = (
                beta.ppf(0.025, some, every - some + 1) if some else 0.0,
                beta.ppf(0.975, some + 1, every - some),
            )
            print(f"{world}: {what} {some} of {every} ({100 * low:.1f} to {100 * high:.1f} %)", flush=True)
        for with_thin in (False, True):
            rng = np.random.default_rng(SEED)
            dark = Dark(nulls["correlation"], np.random.default_rng(SEED))
            rooms = np.array([played_s(kinds, dark, rng, with_thin=with_thin) for _ in range(ROOMS)])
            light_s, thin_s, left_out = rooms.mean(axis=0)
            error = 1.96 * rooms[:, 0].std() / np.sqrt(ROOMS)
            print(
                f"{world}, {'with' if with_thin else 'without'} thin: {light_s / 60:.2f} min of light a room "
                f"(± {error / 60:.2f}), {thin_s / 60:.2f} for thin alone; {100 * left_out:.0f} % of tests left out",
                flush=True,
            )


if __name__ == "__main__":
    main()

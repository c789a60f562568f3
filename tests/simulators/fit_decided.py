"""How soon a camera's flow is called video, by simulated cameras: writes `sweep/wifi/decided.json`.

Job: draw flows of cameras in every world that Wi-Fi is tested in, listen to each for growing times and count how many
are called video by then; count how many show an uplink worth a dwell in a survey's quarter of a second.  Input: nothing
but seeds; output: one table with its counts.  Refuses to smooth.

    python -m tests.simulators.fit_decided
"""

from __future__ import annotations

import importlib
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from sweep.wifi.capture.channels import SURVEY_S
from sweep.wifi.listen import UPLINK_FRAMES_HZ, UPLINK_OCTETS
from sweep.wifi.traffic.video import judge_flow
from sweep.wifi.transmitters.flow import Flow
from tests.simulators.air_late import Lateness, draw_late

TABLE: Final = Path(__file__).resolve().parents[2] / "sweep" / "wifi" / "decided.json"
SECONDS: Final = (2.6, 5.2, 10.4, 20.4)
COUNT: Final = 120
SEED: Final = 7_719
STREAMING: Final = (("air_flows", "camera"), ("air_queues", "encoder"), ("air_encoded", "camera"),
                    ("air_homes", "camera"), ("air_halls", "camera"))  # fmt: skip
LATE: Final = (Lateness(0.006), Lateness(0.03), Lateness(0.06))
ON_MOTION: Final = (("air_late", "clips"),)


def draw(module: str, kind: str, seconds: float, number: int) -> Flow:
    """One flow; the same for the same arguments."""
    rng = np.random.default_rng([SEED, number, sum(map(ord, module + kind))])
    if module == "air_late":
        return draw_late("clips", seconds, rng, LATE[number % len(LATE)])
    source: Any = importlib.import_module(f"tests.simulators.{module}")
    flow: Flow = source.draw_flow(kind, seconds, rng)
    return flow


def begin_of(flow: Flow, seconds: float) -> Flow:
    """What was heard of it in its first seconds."""
    heard, back = flow.t_ns < seconds * 1e9, flow.back_t_ns < seconds * 1e9
    is_numbered = len(flow.sequence_number) == len(heard)
    return replace(
        flow, t_ns=flow.t_ns[heard], frame_len=flow.frame_len[heard], back_t_ns=flow.back_t_ns[back],
        back_frame_len=flow.back_frame_len[back],
        sequence_number=flow.sequence_number[heard] if is_numbered else flow.sequence_number,
        tid=flow.tid[heard] if is_numbered else flow.tid,
    )  # fmt: skip


def is_noticed(flow: Flow, begin_s: float) -> bool:
    """Whether a survey's stay that begins then shows an uplink that may be video."""
    begin_ns = begin_s * 1e9
    inside = (flow.t_ns >= begin_ns) & (flow.t_ns < begin_ns + SURVEY_S * 1e9)
    count = int(inside.sum())
    return count >= UPLINK_FRAMES_HZ * SURVEY_S and float(flow.frame_len[inside].mean()) >= UPLINK_OCTETS


def count(worlds: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """Flows called video by listening time, and flows noticed in a survey's stay, of how many."""
    decided = dict.fromkeys(SECONDS, 0)
    noticed = 0
    for module, kind in worlds:
        for number in range(COUNT):
            whole = draw(module, kind, SECONDS[-1], number)
            for seconds in SECONDS:
                decided[seconds] += judge_flow(begin_of(whole, seconds)).verdict == "video_uplink"
            begin_s = float(np.random.default_rng(number).uniform(0.0, SECONDS[-1] - 1.0))
            noticed += is_noticed(whole, begin_s)
    total = COUNT * len(worlds)
    return {"flows": total, "decided": [decided[s] for s in SECONDS], "noticed": noticed}


def main() -> int:
    """Write the table."""
    table = {
        "source": "simulated",
        "seconds": list(SECONDS),
        "streaming": count(STREAMING),
        "on_motion": count(ON_MOTION),
    }
    TABLE.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""A receiver that could not have heard a camera must not count as one that looked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sweep.modality.addresses import parse_address
from sweep.modality.messages import NOBODY
from sweep.wifi.capture.sources import RecordedWifi
from sweep.wifi.modality import WifiModality
from tests.run.test_workers import TASK
from tests.simulators.air_deaf import write_exchange
from tests.simulators.air_queues import SECOND, draw_flow
from tests.wifi import frames as wifi


@pytest.mark.parametrize(
    ("heard", "verdict", "blind"), [(1.0, "video_uplink", None), (0.1, "not_assessable", "data_unheard")]
)
def test_a_deaf_receiver_is_blind_in_the_coverage_too(
    tmp_path: Path, heard: float, verdict: str, blind: str | None
) -> None:
    path = tmp_path / "a.pcap"
    write_exchange(
        path,
        draw_flow("encoder", 10.0, np.random.default_rng([1, 3]), SECOND),
        np.random.default_rng(1),
        heard_share=heard,
    )
    found = WifiModality().open()(replace(TASK, source=RecordedWifi(path), dwell_s=10.0), NOBODY)
    assert verdict in {o.video.verdict for o in found.observations if o.modality == "wifi"}
    assert found.blind_reason == blind
    assert (found.quality > 0.5) == (blind is None)
    assert ("senders_unheard" in found.rejections) == (blind is not None)


def test_the_probe_s_own_radio_is_no_transmitter_of_the_room(tmp_path: Path) -> None:
    path = wifi.write_frames(
        tmp_path / "a.pcap", [wifi.data_up(sequence=n) for n in range(1, 60)] * 2, interval_ms=90.0
    )
    task = replace(TASK, source=RecordedWifi(path), dwell_s=10.0)
    own = frozenset({parse_address(wifi.STATION)})
    everybody, others = (WifiModality(own_addresses=one).open()(task, NOBODY) for one in (frozenset(), own))
    assert len(everybody.observations) == len(others.observations) + 1
    assert others.rejections["own_transmitter"] == 1
    assert "own_transmitter" not in everybody.rejections

"""An agent without a sweep tells how its machine is, and nothing that only a sweep could know."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from sweep.deliver.outbox import Outbox
from sweep.deliver.uplink import Uplink
from sweep.host.machine import MachineState
from sweep.run.agent import Agent
from sweep.run.condition_watch import ConditionWatch
from tests.entry_factory import signer
from tests.hostile_server import HostileServer
from tests.run.honest_server import Honest
from tests.run.no_sweep import no_sweep
from tests.waiting import PATIENCE_S, wait_until

HOT = MachineState(processor_c=84.0, is_slowed=True, disk_free_bytes=3_100_000_000)


def test_an_idle_agent_tells_heat_and_disk_and_leaves_the_rest_open(tmp_path: Path) -> None:
    honest, key, stop = Honest(), signer("probe"), threading.Event()
    with (
        HostileServer(honest) as server,
        Outbox(tmp_path / "outbox", key, tenant="demo-gu", subject="probe-demo-1") as outbox,
        Uplink(server.url, key) as uplink,
    ):
        agent = Agent(
            uplink,
            outbox,
            probe_id="probe-demo-1",
            pin_file=tmp_path / "server.pub",
            runner_for=no_sweep,
            say=lambda _: None,
            poll_s=0.0,
            idle_watch=lambda: ConditionWatch(lambda: HOT, clock_s=time.monotonic),
        )
        thread = threading.Thread(target=agent.run, args=(stop,))
        thread.start()
        try:
            wait_until(lambda: "hot" in honest.notices(), "the notice")
        finally:
            stop.set()
            thread.join(PATIENCE_S)
    (told,) = [one["event"] for one in honest.live if one["event"]["type"] == "condition"]
    assert (told["processor_c"], told["is_slowed"], told["disk_free_bytes"]) == (84.0, True, 3_100_000_000)
    assert {told[name] for name in ("head", "camera", "battery_v", "camera_because")} == {None}
    assert {one["sweep_id"] for one in honest.live} == {None}, "it ends no sweep that the page still shows"

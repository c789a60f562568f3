"""An agent without a sweep tells how its machine is, and nothing that only a sweep could know."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from sweep.deliver.outbox import Outbox
from sweep.deliver.uplink import Uplink
from sweep.host.machine import MachineState
from sweep.report import DoctorCheck, DoctorEvent, LocalText
from sweep.run.agent import Agent
from sweep.run.watch.condition_watch import ConditionWatch
from tests.entry_factory import signer
from tests.hostile_server import HostileServer
from tests.report_factory import START
from tests.run.honest_server import Honest
from tests.run.no_sweep import no_sweep
from tests.waiting import PATIENCE_S, wait_until

LACKS = DoctorEvent(
    type="doctor",
    looked=START,
    checks=(
        DoctorCheck(
            group="machine", code="disk", title=LocalText(ko="저장 공간", en="disk"), state="wrong",
            found=LocalText(ko="98% 사용", en="98% used"), advice=LocalText(ko="비우십시오", en="clear it"),
        ),
    ),
)  # fmt: skip
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
            examine=lambda: LACKS,
        )
        thread = threading.Thread(target=agent.run, args=(stop,))
        thread.start()
        try:
            wait_until(lambda: "hot" in honest.notices(), "the notice")
            wait_until(lambda: any(one["event"]["type"] == "doctor" for one in honest.live), "the list")
        finally:
            stop.set()
            thread.join(PATIENCE_S)
    (told,) = [one["event"] for one in honest.live if one["event"]["type"] == "condition"]
    assert (told["processor_c"], told["is_slowed"], told["disk_free_bytes"]) == (84.0, True, 3_100_000_000)
    assert {told[name] for name in ("head", "camera", "battery_v", "camera_because")} == {None}
    (listed,) = [one["event"] for one in honest.live if one["event"]["type"] == "doctor"]
    assert listed["checks"] == LACKS.model_dump(mode="json")["checks"]
    assert {one["sweep_id"] for one in honest.live} == {None}, "it ends no sweep that the page still shows"

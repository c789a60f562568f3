"""The agent with real modalities on a simulated room, and any process of its, is killed: the phone gets one report."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest

from sweep.entry.kinds import OPENED, REPORT
from tests.hostile_server import HostileServer
from tests.run.phone import Phone
from tests.run.test_kills import Kill, descendants, table, wait_for_the_end_of

PATIENCE_S = 1_200.0
"""A simulated sweep takes half a minute, and ten times that where the machine has other things to do."""
KILLS = int(os.environ.get("AGENT_KILLS", "10"))
ROLES = {"head_process": "emulator", "dbus-daemon": "bus", "resource_tracker": "tracker", "spawn_main": "worker"}


def role(line: str) -> str:
    return next((name for mark, name in ROLES.items() if mark in line), "helper")


class Probe:
    """`sweep agent --sim` as a process; a context manager that ends it."""

    def __init__(self, url: str, state: Path, scratch: Path) -> None:
        command = [sys.executable, "-m", "sweep.cli", "agent", "--sim", "--camera-in", "stall-2"]
        command += ["--server", url, "--state", str(state)]
        self.process = subprocess.Popen(command, env={**os.environ, "TMPDIR": str(scratch)})

    def kill(self) -> None:
        """As the kernel does."""
        self.process.kill()
        self.process.wait()


def begun(phone: Phone) -> UUID:
    """A sweep that is measuring."""
    sweep_id = phone.start()
    phone.wait_for(lambda: phone.state_of(sweep_id) == "waiting_for_empty", "the start")
    phone.declare(sweep_id)
    phone.wait_for(lambda: phone.state_of(sweep_id) == "running", "the declaration")
    return sweep_id


@pytest.mark.soak
def test_whatever_is_killed_the_phone_gets_one_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = random.Random(int(os.environ.get("KILLS_SEED", "1")))
    scratch, state, phone, kills = tmp_path / "tmp", tmp_path / "state", Phone(), list[Kill]()
    scratch.mkdir()
    with HostileServer(phone) as server:
        probe = Probe(server.url, state, scratch)
        try:
            for number in range(KILLS):
                sweep_id = begun(phone)
                zones = rng.randrange(1, 12)  # of twenty
                phone.wait_for(lambda zones=zones, of=sweep_id: phone.zones_told(of) >= zones, "the moment", PATIENCE_S)  # type: ignore[misc]  # mypy infers no lambda with defaults
                family = descendants(probe.process.pid)
                if number % 2 == 0:
                    victim = "agent"
                    probe.kill()
                    wait_for_the_end_of(family)
                    probe = Probe(server.url, state, scratch)
                else:
                    pid = rng.choice(sorted(family))
                    victim = role(family[pid])
                    os.kill(pid, signal.SIGKILL)
                phone.wait_for(partial(phone.reports.__contains__, sweep_id), "the report", PATIENCE_S)
                assert phone.kinds[sweep_id] == [OPENED, REPORT]
                report = phone.reports[sweep_id]
                assert (report.outcome == "aborted") == (victim == "agent")
                gaps = sorted({gap.reason for one in report.coverage for gap in one.gaps})
                limits = sorted(limit.code for limit in report.limits if "restart" in limit.code)
                kills.append(Kill(victim, {}, " ".join([report.outcome, *gaps, *limits])))
        finally:
            probe.process.terminate()
            probe.process.wait(120)
    with capsys.disabled():
        print(f"\n{table(kills)}")
    assert not list(scratch.iterdir())
    assert not list((state / "journal").iterdir())

"""The real agent beside a real server: `sweep agent --sim` as a process, enrolled, in a room that hides a camera."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from server.api.app import build_services
from server.config.settings import Settings
from server.places import facilities
from server.signing import keys
from sweep.cli.config import open_signer
from tests.web.site import add_people, serving

PROBE_ID = "probe-demo-1"  # the name that `sweep` gives itself without a configuration file
CAMERA_IN = "stall-3"
SWEEP = [sys.executable, "-m", "sweep.cli"]


@dataclass(frozen=True, slots=True)
class AgentSite:
    """Where the server answers, and what the agent said."""

    url: str
    log: Path


@contextmanager
def serving_probe(folder: Path, state: Path, role: Literal["demo", "probe"]) -> Iterator[str]:
    """A server in `folder` with the demonstration facility, which knows the probe of that state; gives its address."""
    services = build_services(Settings(data_dir=folder))
    with services.db.write() as connection:
        add_people(connection)
        facilities.load_demo_facility(connection)
        keys.admit(
            connection,
            public_key=open_signer(state).public_key,
            role=role,
            probe_id=PROBE_ID,
            name="시범 점검기",
            actor="test",
        )
    services.db.close()
    with serving(folder) as url:
        yield url


@contextmanager
def running_agent(folder: Path, repo_root: Path) -> Iterator[AgentSite]:
    """A simulated probe whose room hides a camera in stall 3, and its server."""
    state = folder / "probe"
    log = folder / "agent.log"
    with serving_probe(folder / "server", state, "demo") as url, log.open("wb") as out:
        agent = [*SWEEP, "agent", "--sim", "--camera-in", CAMERA_IN, "--server", url, "--state", str(state)]
        with subprocess.Popen(agent, stdout=out, stderr=subprocess.STDOUT, cwd=repo_root) as process:
            try:
                yield AgentSite(url, log)
            finally:
                process.terminate()

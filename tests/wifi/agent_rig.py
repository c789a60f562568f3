"""A sweep from the phone with `sweep agent` and real parts: server, agent process, firmware, adapter, a camera.

Run as `unshare -n python -m tests.wifi.agent_rig FOLDER SCENE`; prints one JSON object with every live message.  The
phone's commands go through the server's API as the page sends them.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import httpx

from server.config.settings import Settings
from server.store.clock import today
from sweep.cli.config import open_signer
from sweep.sim.head.emulated import RfScene
from tests.server.conftest import Client, running
from tests.server.sweep_kit import DEMO_ROOM
from tests.waiting import wait_until
from tests.wifi.lit_rig import World, settings_of
from tests.wifi.tap_rig import set_up

PROBE: Final = "probe-demo-1"
INSPECTORS: Final = ["점검자-01", "점검자-02"]
POSITION: Final = {"zone_id": "stall-2", "x_m": 2.0, "y_m": 1.0, "facing_deg": 0.0}
PATIENCE_S: Final = 90.0
EDGES: Final = 4
"""Of the lamp, after which somebody comes in: in the middle of the first look."""


class Phone:
    """The page of one inspector: sends commands, reads what the probe tells."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.messages: list[dict[str, Any]] = []
        threading.Thread(target=self._listen, daemon=True).start()
        self.sweep_id = ""
        self.times: dict[str, float] = {}

    def _listen(self) -> None:
        with (
            contextlib.suppress(httpx.HTTPError),
            self._client.http.stream("GET", f"/api/live?probe_id={PROBE}", timeout=None) as stream,
        ):
            for line in stream.iter_lines():
                if line.startswith("data: ") and '"event"' in line:
                    self.messages.append(json.loads(line.removeprefix("data: ")))

    def command(self, name: str, **fields: Any) -> None:
        about = {"sweep_id": self.sweep_id} if self.sweep_id else {}
        answer = self._client.post(f"/api/probes/{PROBE}/commands", {"command": name, **about, **fields})
        assert answer.status_code == 200, answer.text
        self.sweep_id = answer.json()["sweep_id"]

    def state(self) -> str | None:
        probes = self._client.get("/api/probes").json()["probes"]
        return probes[0]["state"] if probes else None

    def events(self) -> list[dict[str, Any]]:
        return [message["event"] for message in list(self.messages) if message["sweep_id"] == self.sweep_id]

    def wait(self, is_there: Callable[[], object], what: str, patience_s: float = PATIENCE_S) -> float:
        """Seconds waited."""
        began = time.monotonic()
        try:
            wait_until(is_there, what, patience_s, 0.02)
        except AssertionError as late:
            raise SystemExit(f"waited in vain for {late}: {self.events()[-6:]}") from None
        return time.monotonic() - began

    def fetch_log(self, path: Path) -> None:
        """The inspection log of today as the city prints it."""
        wanted = {"format": "pdf", "reason": "점검 결과 확인", "from": str(today() - timedelta(days=1))}
        answer = self._client.get("/api/exports/inspection-log", **wanted)
        assert answer.status_code == 200, answer.text
        path.write_bytes(answer.content)

    def report(self) -> dict[str, Any]:
        def get() -> dict[str, Any] | None:
            found = self._client.get(f"/api/sweeps/{self.sweep_id}")
            return found.json().get("report") if found.status_code == 200 else None

        self.wait(get, "the report")
        report = get()
        assert report is not None
        return report


def heard(phone: Phone, event: str, **fields: Any) -> bool:
    return any(e["type"] == event and all(e.get(k) == v for k, v in fields.items()) for e in phone.events())


def listening(phone: Phone) -> bool:
    return any(e["type"] == "progress" and e["modality"] == "wifi" for e in phone.events())


def play_short(phone: Phone, world: World) -> None:
    """Abort while the air is listened to."""
    phone.command("position", **POSITION)
    phone.wait(lambda: listening(phone), "listening")
    phone.command("abort")
    phone.times["abort_to_aborted_s"] = phone.wait(lambda: phone.state() == "aborted", "aborted")


def play_long(phone: Phone, world: World) -> None:
    """Somebody comes in while the light plays; then light to its answer; then a walk, ended by the inspector."""
    phone.command("position", **POSITION)
    phone.wait(lambda: len(world.lamp.edges) >= EDGES, "chips")
    phone.command("pause")
    asked_s = time.monotonic()
    phone.wait(lambda: phone.state() == "paused", "paused")
    time.sleep(1.0)  # a lamp that went on again would show meanwhile
    last_s, level = world.lamp.edges[-1]
    phone.times["pause_to_dark_s"] = max(0.0, last_s - asked_s) if level == 0 else 99.0
    phone.wait(lambda: heard(phone, "trial", phase="over"), "the end of the test")
    phone.command("resume")
    phone.wait(lambda: phone.state() == "waiting_for_empty", "the question whether the room is empty")
    phone.command("declare_empty", declared_by=INSPECTORS)
    phone.wait(lambda: phone.state() == "running", "going on")
    phone.command("position", **POSITION)
    overs = len([e for e in phone.events() if e["type"] == "trial" and e["phase"] == "over"])
    phone.wait(
        lambda: len([e for e in phone.events() if e["type"] == "trial" and e["phase"] == "over"]) > overs,
        "the answer to the light",
    )
    phone.command("walk")
    phone.wait(lambda: heard(phone, "trial", kind="motion", prompt="walk"), "the prompt to walk")
    phone.command("finish")
    phone.times["finish_to_done_s"] = phone.wait(lambda: phone.state() == "done", "done")


def play_walk(phone: Phone, world: World) -> None:
    """No light; a person who does what the phone says, half a second late, until the test has its answer."""
    phone.command("position", **POSITION)
    phone.wait(lambda: heard(phone, "zone", modality="wifi"), "the position")
    phone.command("walk")

    def has_ended() -> bool:
        prompts = [event["prompt"] for event in phone.events() if event["type"] == "trial" and event["prompt"]]
        if prompts and (prompts[-1] == "walk") != bool(world.walker):
            time.sleep(REACTION_S)  # a person is late
            world.walker = int(prompts[-1] == "walk")
        return heard(phone, "trial", phase="over")

    phone.wait(has_ended, "the answer to the walk", patience_s=200.0)
    phone.command("finish")
    phone.wait(lambda: phone.state() == "done", "done")


SCENES: Final = {"short": play_short, "long": play_long, "walk": play_walk}
REACTION_S: Final = 0.5


def main() -> None:
    folder, scene = Path(sys.argv[1]), sys.argv[2]
    set_up("lo")
    (folder / "probe").mkdir()
    (folder / "server").mkdir()
    site_settings = Settings(
        data_dir=folder / "server" / "data", database_url=f"sqlite:///{folder / 'server' / 'test.sqlite3'}", port=0,
        min_free_mib=0, web_dir=folder / "server" / "dist",
    )  # fmt: skip
    is_walk = scene == "walk"
    with running(site_settings) as site, World(folder, RfScene(), is_walked=is_walk) as world:
        text = settings_of(folder, world.head.port, 57.0) + f'server = "{site.url}"\nprobe_id = "{PROBE}"\n'
        text += 'stimulus = "never"\n' if is_walk else ""
        (folder / "sweep.toml").write_text(text, encoding="utf-8")
        site.admit(open_signer(folder / "state"), "probe", PROBE)
        phone = Phone(site.login("inspector"))
        command = ["chrt", "--other", "0", sys.executable, "-m", "sweep.cli", "agent"]
        environment = os.environ | {"PYTHONFAULTHANDLER": "1", "PATH": f"{folder}:{os.environ['PATH']}"}
        log = folder / "agent.log"
        with log.open("wb") as said, subprocess.Popen(
            [*command, "--config", str(folder / "sweep.toml")], env=environment, stdin=subprocess.DEVNULL, stdout=said,
            stderr=said, cwd=folder / "probe",
        ) as agent:  # fmt: skip
            try:
                phone.wait(lambda: phone.state() == "idle", "the agent")
                phone.command("start", room_id=str(DEMO_ROOM), mode="full", inspectors=INSPECTORS)
                phone.wait(lambda: phone.state() == "waiting_for_empty", "the question whether the room is empty")
                phone.command("declare_empty", declared_by=INSPECTORS)
                phone.wait(lambda: phone.state() == "running", "running")
                SCENES[scene](phone, world)
                report = phone.report()
                phone.fetch_log(folder / "log.pdf")
            finally:
                agent.terminate()
                try:
                    agent.wait(timeout=PATIENCE_S)
                except subprocess.TimeoutExpired:
                    agent.send_signal(signal.SIGABRT)
                    agent.wait()
        events = phone.events()
    result = {
        "events": events, "report": report, "times": phone.times, "said": log.read_text(encoding="utf-8"),
        "messages": phone.messages,
    }  # fmt: skip
    print(json.dumps(result, ensure_ascii=False))


if __name__ == "__main__":
    main()

"""A practice with a real probe: the real agent beside the real server, declared by two, signed as what it is."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.waiting import wait_until
from tests.web.agent import PROBE_ID, serving_probe
from tests.web.site import PASSWORD

SETTINGS = 'probe_id = "{probe_id}"\nserver = "{url}"\nstate = "{state}"\nwifi_adapter = "none9"\nwifi_dwell_s = 5.0\n'
PATIENCE_S = 60.0


@pytest.mark.soak
def test_a_real_agent_makes_a_practice_and_everything_says_so(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with serving_probe(tmp_path / "server", state, "probe") as url, httpx.Client(base_url=url) as http:
        (tmp_path / "sweep.toml").write_text(
            SETTINGS.format(probe_id=PROBE_ID, url=url, state=state), encoding="utf-8"
        )  # fmt: skip
        command = [sys.executable, "-m", "sweep.cli", "agent", "--config", str(tmp_path / "sweep.toml")]
        with (tmp_path / "agent.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as agent:
            try:
                practise(http)
            finally:
                agent.terminate()


def practise(http: httpx.Client) -> None:
    person = http.post("/api/login", json={"username": "inspector", "password": PASSWORD}).json()
    http.headers["X-CSRF-Token"] = person["csrf_token"]
    me = person["user"]["display_name"]

    def probe() -> dict[str, Any]:
        (found,) = http.get("/api/probes").json()["probes"]
        return dict(found)

    def say(command: str, **more: Any) -> dict[str, Any]:
        answer = http.post(f"/api/probes/{PROBE_ID}/commands", json={"command": command} | more)
        assert answer.status_code in {200, 202}, answer.text
        return dict(answer.json())

    def soon(is_so: Callable[[], bool]) -> None:
        wait_until(is_so, f"the probe: {probe()}", PATIENCE_S, 0.2)

    soon(lambda: probe()["online"])
    room = http.get("/api/rooms").json()["rooms"][0]["room_id"]
    zone = http.get(f"/api/rooms/{room}").json()["plan"]["zones"][0]
    hidden = [{"zone_id": zone["zone_id"], "kind": "lens"}]
    assert http.post("/api/practice", json={"room_id": room, "hidden": hidden}).status_code == 201
    start = {"room_id": room, "mode": "full", "inspectors": [me, "감독자-01"], "is_practice": True}
    sweep_id = say("start", **start)["sweep_id"]
    soon(lambda: probe()["state"] == "waiting_for_empty")
    assert probe()["is_practice"]
    refused = http.post(
        f"/api/probes/{PROBE_ID}/commands",
        json={"command": "declare_empty", "sweep_id": sweep_id, "declared_by": [me, "감독자-01"]},
    )
    assert refused.status_code == 403, "a real camera asks for two persons, in a practice as always"
    say(
        "declare_empty",
        sweep_id=sweep_id,
        declared_by=[me, "감독자-01"],
        second_person={"username": "supervisor", "password": PASSWORD},
    )
    soon(lambda: probe()["state"] == "running")
    say("skip_outside", sweep_id=sweep_id)
    say("position", sweep_id=sweep_id, zone_id=zone["zone_id"], x_m=0.5, y_m=0.5, facing_deg=0.0)
    soon(lambda: probe()["state"] == "running")
    say("finish", sweep_id=sweep_id)
    soon(lambda: http.get(f"/api/sweeps/{sweep_id}").json().get("report") is not None)
    detail = http.get(f"/api/sweeps/{sweep_id}").json()
    assert {detail["summary"]["source"], detail["report"]["source"]} == {"practice"}
    assert not [key for key in detail["entries"] if key.get("quarantined")]
    (run,) = http.get("/api/practice").json()["runs"]
    told = http.post(f"/api/practice/{run['run_id']}/sweep", json={"sweep_id": sweep_id})
    assert told.status_code == 200, told.text
    assert [
        (thing["is_found"], told.json()["results"][0]["false_alarms"]) for thing in told.json()["runs"][0]["things"]
    ] == [(False, 0)]

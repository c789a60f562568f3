"""The page of whoever records a field test: blind, one clip at a time, under a declaration, by a code elsewhere."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from ipaddress import IPv4Interface
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from sweep.cli import build_app
from sweep.cli.config import Config
from sweep.cli.doctor.checks import Here
from sweep.cli.doctor.checks_parts import check_camera, check_head
from sweep.lab.campaign.folder import Campaign, new_campaign, open_campaign
from sweep.lab.campaign.pairing import ALL_TRIES, TRIES, Pairing, addresses_near
from sweep.lab.campaign.record_page import RecordPage, application
from sweep.lab.campaign.serving import OWN_HEADER
from sweep.lab.campaign.setups import draw
from sweep.modality.control import Control
from sweep.modality.lease import DECLARATION_S
from sweep.report import DoctorCheck
from tests.lab.campaign_kit import SEED, recorder
from tests.waiting import wait_until

OWN = {OWN_HEADER: "1"}
HOME = IPv4Interface("192.168.4.1/24")
BY = ("A-1", "A-2")


class Bench:
    """A campaign whose clips are taken when the test lets them."""

    def __init__(self, folder: Path) -> None:
        self.campaign = new_campaign(folder, SEED)
        self.taken = recorder(self.campaign.clips)
        self.gate = threading.Semaphore(0)
        self.controls: list[Control] = []
        self.missing: list[DoctorCheck] = []
        self.page = RecordPage(self.campaign, self.record, BY, lambda: self.missing)

    def record(self, name: str, control: Control) -> Path:
        self.controls.append(control)
        assert self.gate.acquire(timeout=60.0)
        control.permit()
        return self.taken(name)

    @property
    def now(self) -> Campaign:
        return open_campaign(self.campaign.folder)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "test")


@pytest.fixture
def here(bench: Bench) -> Iterator[TestClient]:
    with TestClient(application(bench.page), base_url="http://127.0.0.1", client=("127.0.0.1", 50000)) as client:
        yield client


def card(state: dict[str, Any]) -> dict[str, Any]:
    """What the page sends for the card that it shows."""
    return {name: state["card"][name] for name in ("number", "background", "is_light_on")}


def until_filmed(here: TestClient) -> dict[str, Any]:
    """The state after the clip on its way."""
    wait_until(lambda: not here.get("/api/state").json()["is_filming"], "the clip", every_s=0.02)
    return dict(here.get("/api/state").json())


def test_card_by_card_under_one_declaration_and_nobody_is_told_what_is_on_a_card(
    bench: Bench, here: TestClient
) -> None:
    state = here.get("/api/state").json()
    first, second = draw(SEED)[:2]
    assert state["card"] == {
        "number": 1, "range_m": first.range_m, "background": first.background, "is_light_on": first.is_light_on,
    }  # fmt: skip
    assert (state["count"], state["left"], state["last"], state["declared_s"]) == (200, 200, None, 0)
    text = here.get("/api/state").text
    assert first.thing not in text
    assert first.group not in text
    refused = here.post("/api/record", json=card(state), headers=OWN)
    assert (refused.status_code, "declare" in refused.json()["error"]["en"]) == (422, True)
    assert here.post("/api/declare").status_code == 403, "a foreign page may not"
    state = here.post("/api/declare", headers=OWN).json()
    assert DECLARATION_S - 5.0 < state["declared_s"] <= DECLARATION_S
    filming = here.post("/api/record", json=card(state), headers=OWN).json()
    assert filming["is_filming"]
    busy = here.post("/api/record", json=card(state), headers=OWN)
    assert (busy.status_code, busy.json()["error"]["ko"]) == (422, "지금 녹화 중입니다.")
    bench.gate.release()
    state = until_filmed(here)
    assert (state["left"], state["card"]["number"], state["said"]) == (199, 2, None)
    assert state["last"] == {"clip": "f001", "number": 1, "tries": 1}
    assert here.get("/api/look.png").content == (bench.campaign.clips / "f001" / "look.png").read_bytes()
    stale = here.post("/api/record", json={**card(state), "number": 1}, headers=OWN)
    assert (stale.status_code, "next card has changed" in stale.json()["error"]["en"]) == (422, True)
    (control,) = bench.controls
    declared = control.declaration
    assert declared is not None
    assert declared.by == BY
    for _ in range(2):
        bench.gate.release()
    here.post("/api/again", json={"because": "camera moved"}, headers=OWN)
    assert until_filmed(here)["last"] == {"clip": "f001-2", "number": 1, "tries": 2}
    here.post("/api/record", json={"number": 2, "background": "glossy tile", "is_light_on": False}, headers=OWN)
    until_filmed(here)
    assert [(one.clip, one.because, one.background) for one in bench.now.tries] == [
        ("f001", "", first.background), ("f001-2", "camera moved", first.background), ("f002", "", "glossy tile"),
    ]  # fmt: skip
    assert (bench.campaign.clips / "f001").is_dir(), "the first try is kept"
    again = bench.controls[1].declaration
    assert again is not None
    assert again.until_ns <= declared.until_ns, "a clip does not prolong what two persons said"
    assert second.thing not in here.get("/api/state").text


def test_somebody_who_comes_in_ends_it_at_once(bench: Bench, here: TestClient) -> None:
    state = here.post("/api/declare", headers=OWN).json()
    here.post("/api/record", json=card(state), headers=OWN)
    wait_until(lambda: bench.controls, "the recorder")
    assert here.post("/api/stop", headers=OWN).json()["declared_s"] == 0
    assert bench.controls[0].declaration is None, "lease and supply follow it"
    bench.gate.release()
    state = until_filmed(here)
    assert "Nothing was recorded" in state["said"]["en"]
    assert (state["left"], state["last"], bench.now.tries) == (200, None, ())
    assert here.post("/api/record", json=card(state), headers=OWN).status_code == 422
    assert here.get("/api/look.png").status_code == 404
    assert here.post("/api/again", json={"because": "lamp off"}, headers=OWN).status_code == 422


def test_what_is_missing_is_said_with_what_to_do(bench: Bench, here: TestClient, tmp_path: Path) -> None:
    settings = Config(port="/dev/ansim-head", camera="/dev/video0")
    machine = Here(root=tmp_path)
    bench.missing = [next(check_camera(settings, machine)), check_head(settings, machine, str)]
    parts = here.get("/api/state").json()["parts"]
    assert [(one["group"], one["state"]) for one in parts] == [("camera", "wrong"), ("head", "wrong")]
    assert all("없음" in one["found"]["ko"] and one["advice"] for one in parts)
    for name in ("ansim-head", "video0"):
        (tmp_path / "dev").mkdir(exist_ok=True)
        (tmp_path / "dev" / name).touch()
    assert check_head(settings, machine, str).state == next(check_camera(settings, machine)).state == "ok"


def test_malformed_requests_are_one_line(here: TestClient) -> None:
    state = here.get("/api/state").json()
    for wrong in ({**card(state), "background": "moon"}, {}, {**card(state), "more": 1}):
        answer = here.post("/api/record", json=wrong, headers=OWN)
        assert (answer.status_code, set(answer.json()["error"])) == (422, {"ko", "en"})
    assert here.post("/api/again", json={"because": ""}, headers=OWN).status_code == 422
    assert here.post("/api/pair", json={"code": "123456"}, headers=OWN).status_code == 404, "no phone was asked for"


Phone = Callable[[str], TestClient]


@pytest.fixture
def shown() -> list[str]:
    """What the terminal shows."""
    return []


@pytest.fixture
def phone(bench: Bench, shown: list[str]) -> Phone:
    app = application(bench.page, Pairing(shown.append), [HOME])
    return lambda address: TestClient(app, base_url=f"http://{HOME.ip}", client=(address, 50000))


def test_a_phone_is_let_in_by_the_code_of_the_terminal_once(phone: Phone, shown: list[str]) -> None:
    one, other = phone("192.168.4.23"), phone("192.168.4.99")
    assert one.get("/").status_code == one.get("/record.js").status_code == 200
    for path in ("/api/state", "/api/look.png"):
        assert one.get(path).status_code == 401
    assert one.post("/api/record", json={}, headers=OWN).status_code == 401
    wrong = one.post("/api/pair", json={"code": "x" * 6}, headers=OWN)
    assert (wrong.status_code, len(shown)) == (422, 1)
    assert one.post("/api/pair", json={"code": shown[0]}).status_code == 403, "a foreign page may not"
    paired = one.post("/api/pair", json={"code": shown[0]}, headers=OWN)
    assert (paired.status_code, len(shown)) == (204, 2)
    assert "HttpOnly" in paired.headers["set-cookie"]
    assert "samesite=strict" in paired.headers["set-cookie"].lower()
    assert one.get("/api/state").status_code == 200
    assert other.post("/api/pair", json={"code": shown[0]}, headers=OWN).status_code == 422, "it is spent"
    assert other.get("/api/state").status_code == 401
    assert other.post("/api/pair", json={"code": shown[1]}, headers=OWN).status_code == 204
    assert (other.get("/api/state").status_code, one.get("/api/state").status_code) == (200, 401), "one at a time"


def test_who_guesses_gets_other_codes_and_then_none(phone: Phone, shown: list[str]) -> None:
    guesser = phone("192.168.4.66")
    for _ in range(ALL_TRIES):
        assert guesser.post("/api/pair", json={"code": "nobody"}, headers=OWN).status_code == 422
    assert len(shown) == 1 + ALL_TRIES // TRIES
    closed = guesser.post("/api/pair", json={"code": shown[-1]}, headers=OWN)
    assert (closed.status_code, "no phone is taken any more" in closed.json()["error"]["en"]) == (422, True)
    assert phone("127.0.0.1").get("/api/state").status_code == 200, "this machine needs none"


def test_who_is_not_near_sees_nothing(phone: Phone, shown: list[str]) -> None:
    for address in ("192.168.5.2", "203.0.113.9", "10.0.0.1"):
        stranger = phone(address)
        assert stranger.get("/").status_code == 401
        assert stranger.post("/api/pair", json={"code": shown[0]}, headers=OWN).status_code == 401
    near = phone("192.168.4.23")
    assert near.get("/", headers={"host": "somewhere.example"}).status_code == 400
    assert all(not one.is_loopback for one in addresses_near())


COMMAND = ("bench", "record", "--bench", "b", "--declared-empty", "A-1", "--declared-empty", "A-2")


def test_the_command_serves_it_says_what_is_missing_and_ends_by_ctrl_c(tmp_path: Path) -> None:
    new_campaign(tmp_path / "test", SEED)
    arguments = [*COMMAND, str(tmp_path / "test"), "--page", "--page-port", "0", "--port", str(tmp_path / "head")]
    command = [sys.executable, "-m", "sweep.cli", *arguments]
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "LC_ALL": "C.UTF-8", "XDG_STATE_HOME": str(tmp_path)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        wait_until(lambda: answers(address), "the page", every_s=0.05)
        parts = httpx.get(f"{address}/api/state").json()["parts"]
        assert [one["state"] for one in parts if one["group"] == "head"] == ["wrong"]
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60.0)
    assert process.returncode == 0, said
    assert "Open this address in a browser" in said
    assert f"sweep bench record {tmp_path / 'test'} goes on here" in " ".join(said.split())


def answers(address: str) -> bool:
    try:
        return httpx.get(address).is_success
    except httpx.TransportError:
        return False


def test_without_a_network_there_is_no_phone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new_campaign(tmp_path / "test", SEED)
    monkeypatch.setattr("sweep.lab.campaign.pairing.addresses_near", tuple)
    done = CliRunner().invoke(
        build_app(["bench"]), [*COMMAND, str(tmp_path / "test"), "--phone", "--port", "/dev/null"]
    )
    assert (done.exit_code, "in no local network" in done.stderr) == (2, True)


def test_a_radio_has_no_page(tmp_path: Path) -> None:
    app = build_app(["bench"])
    plan = ["bench", "plan", str(tmp_path / "rf"), "--seed", "7", "--of", "rf", "--sender-dbm", "-10", "--mhz", "5800"]
    assert CliRunner().invoke(app, plan).exit_code == 0
    done = CliRunner().invoke(app, [*COMMAND, str(tmp_path / "rf"), "--page"])
    assert (done.exit_code, "goes on in the terminal" in done.stderr) == (2, True)

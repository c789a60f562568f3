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
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from sweep.cli import build_app
from sweep.cli.config import Config
from sweep.cli.doctor.checks import Here
from sweep.cli.doctor.checks_parts import check_camera, check_head
from sweep.lab.campaign.folder import SHEET, TORN, TRIES, Campaign, new_campaign, open_campaign
from sweep.lab.campaign.pairing import ADDRESS_TRIES, ALL_TRIES, PAUSE_S, Pairing, PairingError, addresses_near
from sweep.lab.campaign.record_page import SILENT_S, CardRequest, RecordPage, application
from sweep.lab.campaign.serving import OWN_HEADER
from sweep.lab.campaign.setups import draw
from sweep.modality.control import Control
from sweep.modality.lease import DECLARATION_S, RoomNotEmptyError
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
        self.now_s = 0.0
        self.page = RecordPage(self.campaign, self.record, BY, lambda: self.missing, lambda: self.now_s)

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
    wait_until(lambda: not here.get("/api/state", headers=OWN).json()["is_filming"], "the clip", every_s=0.02)
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
    assert here.post("/api/stop", headers=OWN).status_code == 204
    assert here.get("/api/state").json()["declared_s"] == 0
    assert bench.controls[0].declaration is None, "lease and supply follow it"
    bench.gate.release()
    state = until_filmed(here)
    assert "Nothing was recorded" in state["said"]["en"]
    assert (state["left"], state["last"], bench.now.tries) == (200, None, ())
    assert here.post("/api/record", json=card(state), headers=OWN).status_code == 422
    assert here.get("/api/look.png").status_code == 404
    assert here.post("/api/again", json={"because": "lamp off"}, headers=OWN).status_code == 422


def filming(bench: Bench, here: TestClient) -> dict[str, Any]:
    """A clip is on its way; the state before."""
    state = dict(here.post("/api/declare", headers=OWN).json())
    assert here.post("/api/record", json=card(state), headers=OWN).json()["is_filming"]
    wait_until(lambda: bench.controls, "the recorder")
    return state


def test_whoever_stops_is_obeyed_though_the_sheet_cannot_be_read(bench: Bench, here: TestClient) -> None:
    state = filming(bench, here)
    (bench.campaign.folder / SHEET).unlink()
    assert here.get("/api/state").status_code == 422
    assert here.post("/api/stop").status_code == 403, "a foreign page may not"
    assert here.post("/api/stop", headers=OWN).status_code == 204
    assert bench.controls[0].declaration is None
    bench.gate.release()
    here.post("/api/declare", headers=OWN)
    wait_until(lambda: here.post("/api/record", json=card(state), headers=OWN).status_code == 422, "the clip's end")
    refused = here.post("/api/record", json=card(state), headers=OWN).json()["error"]["en"]
    assert SHEET in refused, "nothing films of which nobody would see that it does"
    assert len(bench.controls) == 1


def test_a_clip_ends_when_nobody_is_heard_who_can_stop_it(bench: Bench, here: TestClient) -> None:
    state = filming(bench, here)
    bench.now_s += SILENT_S
    assert here.get("/api/state", headers=OWN).json()["declared_s"] > 0
    bench.now_s += SILENT_S
    here.get("/api/state")  # no page of ours
    assert bench.controls[0].declaration is not None
    bench.now_s += 0.1
    wait_until(lambda: bench.controls[0].declaration is None, "nobody was heard", every_s=0.02)
    bench.gate.release()
    state = until_filmed(here)
    assert f"not heard of for {SILENT_S:.0f} s" in state["said"]["en"]
    assert (state["declared_s"], bench.now.tries) == (0, ())
    here.post("/api/declare", headers=OWN)
    bench.page.hear("192.168.4.23")  # another one's page
    bench.now_s += SILENT_S + 0.1
    bench.page.hear("192.168.4.23")
    card_now = bench.page.state()["card"]
    with pytest.raises(RoomNotEmptyError):
        bench.page.begin(CardRequest(**{name: card_now[name] for name in CardRequest.model_fields}))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("error", [OSError("disk is full"), RuntimeError("our own")], ids=repr)
def test_a_clip_that_fails_in_any_way_is_said_and_its_name_is_free(
    bench: Bench, here: TestClient, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    state = here.post("/api/declare", headers=OWN).json()
    with monkeypatch.context() as patched:

        def note(*_: object) -> Campaign:
            raise error

        patched.setattr("sweep.lab.campaign.session.note", note)
        bench.gate.release()
        here.post("/api/record", json=card(state), headers=OWN)
        said = until_filmed(here)["said"]["en"]
    assert "Nothing was recorded" in said
    assert str(error) in said
    bench.gate.release()
    here.post("/api/record", json=card(state), headers=OWN)
    assert until_filmed(here)["last"] == {"clip": "f001", "number": 1, "tries": 1}
    assert [one.name for one in (bench.campaign.folder / TORN).iterdir()] == ["f001"]


def test_no_clip_begins_without_a_thread_or_without_space(
    bench: Bench, here: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = here.post("/api/declare", headers=OWN).json()
    with monkeypatch.context() as patched:

        def start(*_: object) -> None:
            raise RuntimeError("can't start new thread")

        patched.setattr(threading.Thread, "start", start)
        refused = here.post("/api/record", json=card(state), headers=OWN)
        assert (refused.status_code, "new thread" in refused.json()["error"]["en"]) == (422, True)
    monkeypatch.setattr("sweep.lab.campaign.folder.shutil.disk_usage", lambda _: SimpleNamespace(free=400_000_000))
    assert here.post("/api/record", json=card(state), headers=OWN).json()["is_filming"]
    assert "needs 500 MB free for a clip" in until_filmed(here)["said"]["en"]
    assert bench.controls == []


def test_a_reason_is_one_and_any_letter_in_it_is_read_again(bench: Bench, here: TestClient) -> None:
    filming(bench, here)
    for _ in range(2):
        bench.gate.release()
    until_filmed(here)
    for none in ("  ", "-", "a", "12345", "lamp\u2028off", "lamp\noff", "\u200b\u200b"):
        assert here.post("/api/again", json={"because": none}, headers=OWN).status_code == 422, repr(none)
    here.post("/api/again", json={"because": "  흔들림 "}, headers=OWN)
    until_filmed(here)
    assert bench.now.tries[-1].because == "흔들림"
    path = bench.campaign.folder / TRIES
    path.write_text(path.read_text(encoding="utf-8").replace("흔들림", "흔들\u2028림\x85"), encoding="utf-8")
    assert bench.now.tries[-1].because == "흔들\u2028림\x85"


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


def test_who_guesses_waits_and_the_right_code_is_taken_afterwards() -> None:
    shown: list[str] = []
    now_s = [0.0]
    pairing = Pairing(shown.append, lambda: now_s[0])

    def refused(address: str, code: str = "nobody") -> str:
        with pytest.raises(PairingError) as told:
            pairing.take(code, address)
        return str(told.value)

    for _ in range(ADDRESS_TRIES):
        assert "not the code" in refused("192.168.4.66")
    assert refused("192.168.4.66", shown[0]).endswith(f"in {PAUSE_S:.0f} s."), "the right one neither"
    token = pairing.take(shown[0], "192.168.4.23")
    assert pairing.knows(token, "192.168.4.23"), "who did not guess does not wait"
    assert not pairing.knows(token, "192.168.4.66")
    assert not pairing.knows("흔들", "192.168.4.23")
    for number in range(ALL_TRIES - ADDRESS_TRIES):
        now_s[0] += 1.0
        assert "not the code" in refused(f"192.168.4.{100 + number}")
    assert "Too many" in refused("192.168.4.24", shown[1])
    now_s[0] = PAUSE_S
    assert pairing.knows(pairing.take(shown[1], "192.168.4.24"), "192.168.4.24")
    assert not pairing.knows(token, "192.168.4.23"), "one at a time"


def test_an_unpaired_phone_can_stop_and_a_host_is_no_path(bench: Bench, here: TestClient, phone: Phone) -> None:
    filming(bench, here)
    stranger = phone("192.168.4.66")
    odd = stranger.get("/api/state", headers={"host": f"{HOME.ip}/record.js?"})
    assert odd.status_code in {400, 401}
    assert stranger.post("/api/stop", headers=OWN).status_code == 204
    assert bench.controls[0].declaration is None
    bench.gate.release()
    until_filmed(here)


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

"""A sweep with an adapter, start to report: channels chosen, a camera heard, and trouble with the adapter survived."""

import contextlib
import json
import os
import select
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sweep.cli.asking import Terminal, ask_for_position
from sweep.entry.envelope import from_wire
from sweep.modality.control import Control
from sweep.modality.pending_light import PendingLight
from sweep.report import MODALITIES, RecordedPosition, SweepReport, parse_json
from sweep.run.sweep_sources import LiveSource, SourceError, middle_of, read_room
from sweep.sim.source import default_room
from tests.keyboard import TwoPersons
from tests.wifi.live_rig import CAMERA_MHZ, CHANNELS, ZONES
from tests.wifi.rings import need_live_capture


def run_rig(folder: Path, trouble: str) -> tuple[dict[str, Any], SweepReport]:
    need_live_capture()
    command = ["unshare", "-n", sys.executable, "-m", "tests.wifi.live_rig", str(folder), trouble]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["code"] == 0, found["err"]
    return found, parse_json(SweepReport, (folder / "report.json").read_bytes())


@pytest.mark.parametrize(
    "trouble", ["taken_back", *(pytest.param(one, marks=pytest.mark.soak) for one in ("none", "renamed", "pulled_out"))]
)
def test_a_live_capture_gives_a_report_whatever_happens_to_the_adapter(tmp_path: Path, trouble: str) -> None:
    found, report = run_rig(tmp_path, trouble)
    assert report.source == "live"
    heard = [o for o in report.observations if o.modality == "wifi"]
    assert {o.zone_id for o in heard} == {zone.zone_id for zone in report.plan.zones}
    senders = [o for o in heard if o.role == "sta" and o.channel_mhz == CAMERA_MHZ]
    assert len(senders) == ZONES
    assert all(o.frames > 100 for o in senders)
    # The survey comes to every channel once; from then on the time goes to the channel with the uplink.
    tuned = [line.rsplit(" ", 1)[1] for line in found["asked"] if " set freq " in line]
    channels = CHANNELS.count("MHz")
    assert len(set(tuned[:channels])) == channels
    assert tuned[channels] == str(CAMERA_MHZ)
    assert all(" set type monitor" in line or " set freq " in line or line.endswith(("info", "channels"))
               for line in found["asked"])  # fmt: skip
    gaps = [gap for cover in report.coverage if cover.modality == "wifi" for gap in cover.gaps]
    assert len(gaps) == (trouble != "none")
    assert all(gap.reason == "adapter_away" and gap.end_ns > gap.start_ns for gap in gaps)
    assert found["asked"].count("dev mon0 set type monitor") == (2 if trouble in {"taken_back", "pulled_out"} else 1)
    assert not {"lens", "ble", "rf"} & {cover.modality for cover in report.coverage if cover.samples}


def test_an_adapter_and_bluetooth_alone_are_a_sweep_of_two_modalities(tmp_path: Path) -> None:
    """A laptop: no head, no camera."""
    _, report = run_rig(tmp_path, "bluetooth")
    assert report.outcome == "completed"
    assert {cover.modality for cover in report.coverage if cover.samples} == {"wifi", "ble"}
    assert {o.zone_id for o in report.observations if o.modality == "ble"} == {z.zone_id for z in report.plan.zones}
    assert {o.channel_mhz for o in report.observations if o.modality == "wifi" and o.role == "sta"} == {CAMERA_MHZ}
    limits = {limit.code for limit in report.limits}
    assert {"lens_never_measured", "rf_never_measured"} <= limits
    assert not {"wifi_never_measured", "ble_never_measured", "nothing_measured"} & limits
    assert not any(verdict.verdict == "clear" for verdict in report.verdicts)


def test_an_absent_adapter_is_said_and_the_sweep_goes_on(tmp_path: Path) -> None:
    _, report = run_rig(tmp_path, "absent")
    covers = [cover for cover in report.coverage if cover.modality == "wifi"]
    assert {cover.blind_reason for cover in covers} == {"adapter_away"}
    texts = {v.text.ko for v in report.verdicts if v.modality == "wifi"}
    assert texts == {"와이파이 수신기가 없거나 응답하지 않음"}


def test_a_room_comes_from_a_file_and_a_bad_one_is_refused(tmp_path: Path) -> None:
    room = default_room()
    path = tmp_path / "room.json"
    path.write_text(room.model_dump_json(), encoding="utf-8")
    assert read_room(path) == room
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(SourceError, match=r"room\.json"):
        read_room(path)
    with pytest.raises(SourceError, match="cannot be read"):
        read_room(tmp_path / "absent")
    with pytest.raises(SourceError, match="inspectors"):
        LiveSource(room, inspectors=("A-1",), probe_id="p", dwell_s=5.0, positions=[])


def test_the_inspector_ends_a_live_sweep(tmp_path: Path) -> None:
    room = default_room()
    one, two = (middle_of(zone) for zone in room.plan.zones[:2])
    asked_for = [one, two, replace(two, is_walk=True), replace(two, is_walk=True), replace(one, zone_id="elsewhere")]
    source = LiveSource(room, inspectors=("A-1", "A-2"), probe_id="p", dwell_s=5.0, positions=asked_for)
    positions = [one for one in source.positions() if isinstance(one, RecordedPosition)]
    assert [position.zone for position in positions] == [one.zone_id, *[two.zone_id] * 3]
    assert len({position.id for position in positions}) == 4
    assert [source.is_walk(position) for position in positions] == [False, False, True, True]
    assert source.is_live


def live_command(folder: Path, *arguments: str, inspectors: tuple[str, str] = ("A-1", "A-2")) -> list[str]:
    """A live sweep whose adapter is not there."""
    room = default_room()
    (folder / "room.json").write_text(room.model_dump_json(), encoding="utf-8")
    (folder / "sweep.toml").write_text('wifi_adapter = "none9"\nwifi_dwell_s = 5.0\n', encoding="utf-8")
    command = [sys.executable, "-m", "sweep.cli", "run", "--config", str(folder / "sweep.toml")]
    command += ["--room", str(folder / "room.json"), "--inspector", inspectors[0], "--inspector", inspectors[1]]
    return [*command, "--state", str(folder / "state"), "--json", str(folder / "report.json"), *arguments]


@pytest.mark.parametrize(
    ("inspectors", "why"), [(("A-1", "A-2"), "at a terminal"), (("A-1", " a-1"), "two different persons")]
)
def test_nobody_declares_a_room_empty_by_being_absent_or_twice_the_same(
    tmp_path: Path, inspectors: tuple[str, str], why: str
) -> None:
    done = subprocess.run(
        live_command(tmp_path, inspectors=inspectors), stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 2
    assert why in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "report.json").exists()
    assert not list(tmp_path.rglob("*.entry"))


def test_a_sweep_in_which_nothing_measured_is_not_completed(tmp_path: Path) -> None:
    with TwoPersons() as persons:
        done = subprocess.run(
            live_command(tmp_path), stdin=persons.terminal, capture_output=True, text=True, check=False, timeout=120
        )
    assert done.returncode == 0, done.stderr
    report = parse_json(SweepReport, (tmp_path / "report.json").read_bytes())
    assert report.outcome == "aborted"
    never = {f"{modality}_never_measured" for modality in MODALITIES}
    assert {"nothing_measured", *never} <= {limit.code for limit in report.limits}
    assert done.stderr.count("15 minutes") == 1
    assert all(position.end_ns >= position.start_ns > 0 for position in report.positions)
    opened = next(from_wire(path.read_bytes())[1][0] for path in sorted(tmp_path.rglob("*.entry")))
    assert json.loads(opened.data)["declared_empty"] is True


def test_only_a_yes_after_the_question_declares_the_room_empty(tmp_path: Path) -> None:
    terminal, side = os.openpty()
    os.write(terminal, b"y\ny\n")  # typed ahead
    with subprocess.Popen(live_command(tmp_path), stdin=side, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) as run:
        assert run.stderr is not None
        for line in (b"\n", b"n\n", b"\x04"):
            while b"15 minutes" not in run.stderr.readline():
                assert run.poll() is None
            os.write(terminal, line)
        run.stderr.read()
    os.close(side)
    os.close(terminal)
    assert parse_json(SweepReport, (tmp_path / "report.json").read_bytes()).positions == ()


class Typed(Terminal):
    def __init__(self, *lines: str) -> None:
        self.lines = iter(lines)

    def forget_what_was_typed(self) -> None:
        """Nothing was."""

    def read_line(self, control: Control) -> str:
        return next(self.lines)


def test_a_declaration_that_ended_is_asked_for_again() -> None:
    terminal = Typed("y\n", "s\n", "\n", "\n", "y\n", "\n", "")
    control = Control()
    zones = default_room().plan.zones[:3]
    asked = ask_for_position(zones, control, ("A-1", "A-2"), terminal)
    assert next(asked).zone_id == zones[0].zone_id
    control.pause()  # the head's button
    assert next(asked).zone_id == zones[1].zone_id
    assert control.is_declared
    assert list(asked) == [], "the end of the input ends the sweep"


def test_first_of_all_somebody_stands_outside_or_skips_it() -> None:
    zones = default_room().plan.zones[:1]
    for lines, asked_for in ((("y\n", "\n", "\n"), ["outside", zones[0].zone_id]), (("y\n", ""), [])):
        asked = ask_for_position(zones, Control(), ("A-1", "A-2"), Typed(*lines))
        assert [position.zone_id for position in asked] == asked_for


def test_after_the_last_zone_somebody_is_asked_back_for_the_light_or_skips_it() -> None:
    zones = default_room().plan.zones[:2]
    lines = ["y\n", "s\n", "\n", "\n"]
    for answers, went in ((["\n"], [zones[0].zone_id]), (["s\n"], [])):
        control = Control()
        asked = ask_for_position(zones, control, ("A-1", "A-2"), Typed(*lines, *answers))
        assert [next(asked).zone_id for _ in zones] == [zone.zone_id for zone in zones]
        ahead = PendingLight(zones[0].zone_id, frozenset({"a"}), 0.5)
        control.lights.offer([ahead])
        back = []
        for position in asked:
            back.append(position.zone_id)
            control.lights.begin(ahead)
        assert back == went


def test_ctrl_c_at_the_prompt_aborts_and_the_report_is_written(tmp_path: Path) -> None:
    command = live_command(tmp_path)
    terminal, side = os.openpty()
    said = b""
    command = ["setsid", "--ctty", "--wait", *command]  # so that Ctrl-C of that terminal reaches it
    with subprocess.Popen(command, stdin=side, stdout=side, stderr=side) as run:
        os.close(side)
        while b"Enter" not in said:
            said += os.read(terminal, 4096)
        os.write(terminal, b"\x03")
        while run.poll() is None:
            ready, _, _ = select.select([terminal], [], [], 0.1)
            if ready:
                with contextlib.suppress(OSError):
                    os.read(terminal, 4096)
    os.close(terminal)
    assert run.returncode == 0
    assert parse_json(SweepReport, (tmp_path / "report.json").read_bytes()).outcome == "aborted"


@pytest.mark.parametrize("way", ["terminated", "terminal_gone"])
def test_a_sweep_that_is_told_to_end_writes_its_report(way: str, tmp_path: Path) -> None:
    terminal, side = os.openpty()
    with subprocess.Popen(["setsid", "--ctty", *live_command(tmp_path)], stdin=side, stdout=side, stderr=side) as run:
        os.close(side)
        said = b""
        while b"Enter" not in said:
            said += os.read(terminal, 4096)
        os.write(terminal, b"y\n")
        while b"stand outside" not in said:
            said += os.read(terminal, 4096)
        os.write(terminal, b"s\n")
        while b"Stall 1" not in said:
            said += os.read(terminal, 4096)
        if way == "terminated":
            run.terminate()
            with contextlib.suppress(OSError):
                while os.read(terminal, 4096):
                    pass
        os.close(terminal)
        run.wait(timeout=300)
    assert run.returncode == 0
    assert parse_json(SweepReport, (tmp_path / "report.json").read_bytes()).outcome == "aborted"

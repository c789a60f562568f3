"""Whole sweeps from recording to signed report: what they claim, and that it follows from the input."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sweep.cli import build_app
from sweep.deliver.outbox import Outbox
from sweep.entry.envelope import from_wire, parse_envelope
from sweep.entry.kinds import DETAILS_TYPE, REPORT_TYPE
from sweep.modality.addresses import AddressKey
from sweep.modality.control import Control
from sweep.report import LiveEvent, SweepReport, parse_json
from sweep.run.reporting.outcome import SweepResult
from sweep.run.runner import Runner
from sweep.run.sweep_sources import RecordedSource
from tests.entry_factory import signer
from tests.entry_verifier import verify

pytestmark = pytest.mark.usefixtures("forked_processes")
DEMO = Path(__file__).parents[2] / "sweep" / "sim" / "recorded"
CLI = CliRunner()
app = build_app()


def run(folder: Path, state: Path, *, control: Control | None = None) -> tuple[SweepResult, list[LiveEvent]]:
    events: list[LiveEvent] = []
    with Outbox(state, signer("demo"), tenant="demo-gu", subject="probe-demo-1") as outbox:
        result = Runner(
            RecordedSource(folder),
            outbox,
            room_key=AddressKey("room", b"r" * 32),
            control=control or Control(needs_persons=False),
            on_event=events.append,
        ).run()
    return result, events


def found(report: SweepReport) -> list[str]:
    return [finding.zone_id for finding in report.findings]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[SweepResult, list[LiveEvent], Path]:
    state = tmp_path_factory.mktemp("demo")
    return *run(DEMO, state), state


def test_the_recorded_sweep_finds_the_planted_camera_and_nothing_else(
    demo: tuple[SweepResult, list[LiveEvent], Path],
) -> None:
    report = demo[0].report
    assert found(report) == ["stall-2"]
    (finding,) = report.findings
    assert (finding.strength, finding.stage) == ("weak", "first_look"), "nobody looked again, and screws glint so too"
    assert -3.0 < finding.posterior_log10_odds < -1.0
    assert {e.code for e in finding.evidence_for} == {"glint", "follows_light", "video_uplink"}
    assert 1.0 <= finding.x_m <= 2.0
    assert finding.y_m < 0.6
    verdicts = {(v.zone_id, v.modality): v.verdict for v in report.verdicts}
    assert "clear" not in verdicts.values()
    assert {zone for (zone, _), verdict in verdicts.items() if verdict == "candidate"} == {"stall-2"}
    assert report.source == "simulated"
    assert {c.status for c in report.coverage if c.modality != "lens"} == {"looked"}
    lens = [c for c in report.coverage if c.modality == "lens"]
    assert {c.status for c in lens} == {"partly"}, "one clip of one wall is not a stall"
    assert all(0.05 < c.quality < 0.25 for c in lens)


def test_a_recording_asks_nobody_to_look_again_and_says_that_nobody_did(
    demo: tuple[SweepResult, list[LiveEvent], Path],
) -> None:
    result, events, _ = demo
    assert not [event for event in events if event.type == "second_look"]
    assert {(one.outcome, one.reason) for one in result.report.looked_again} == {("not_done", "recorded")}


def test_the_entries_hold_and_keep_private_things_in_bodies_of_their_own(
    demo: tuple[SweepResult, list[LiveEvent], Path],
) -> None:
    result, _, state = demo
    wires = [path.read_bytes() for path in sorted(state.glob("*.entry"))]
    opened, closed = (from_wire(wire) for wire in wires)
    key = signer("demo").public_key
    first_hash, first = verify(opened[0].to_json(), key)
    _, second = verify(closed[0].to_json(), key)
    assert (first["kind"], second["kind"]) == ("sweep.opened", "sweep.report")
    assert second["prev"] == first_hash
    assert {first["source"], second["source"]} == {"simulated"}
    report = next(body.data for body in closed[1] if body.media_type == REPORT_TYPE)
    assert parse_json(SweepReport, report) == result.report
    for private in ("02:c4:3e", "02c43e", "00:00:5e:00:53:01"):
        assert private.encode() not in report
    details = [json.loads(body.data) for body in closed[1] if body.media_type == DETAILS_TYPE]
    assert [one["addresses"] for one in details] == [["02:c4:3e:00:00:17"]]
    crops = [body for body in closed[1] if body.media_type == "image/png"]
    cited = {o.crop_commitment for o in result.report.observations if o.modality == "lens"} - {None}
    assert {crop.commitment for crop in crops} == cited
    assert 1 <= len(crops) <= 20
    assert parse_envelope(closed[0].payload).bodies[0].media_type == REPORT_TYPE


def test_live_events_tell_the_sweep_in_order(demo: tuple[SweepResult, list[LiveEvent], Path]) -> None:
    events = demo[1]
    states = [event.state for event in events if event.type == "state"]
    assert states == ["running", "closing", "done"]
    fractions = [event.fraction for event in events if event.type == "progress"]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert len([event for event in events if event.type == "zone"]) == 5 * 4
    assert [event.zone_id for event in events if event.type == "finding"] == ["stall-2"]


def test_the_last_words_on_a_zone_and_its_devices_are_those_of_the_report(
    demo: tuple[SweepResult, list[LiveEvent], Path],
) -> None:
    result, events, _ = demo
    report = result.report
    told = {event.zone_id: event for event in events if event.type == "coverage"}
    assert told.keys() == {position.zone_id for position in report.positions}
    for zone, event in told.items():
        assert event.targets == tuple(one for one in report.targets if one.zone_id == zone)
        (seen,) = (one.walls for one in report.coverage if (one.zone_id, one.modality) == (zone, "lens"))
        assert event.walls == seen
    devices = [event for event in events if event.type == "devices"]
    assert [event.stands for event in devices] == list(range(1, len(report.positions) + 1))
    assert {one.why for one in devices[-1].devices} & {"cited", "follows_light"}, "the planted camera"


def test_a_replay_names_everything_alike(demo: tuple[SweepResult, list[LiveEvent], Path], tmp_path: Path) -> None:
    again, _ = run(DEMO, tmp_path)
    plain = {"observations": (), "findings": ()}
    assert again.report.model_copy(update=plain) == demo[0].report.model_copy(update=plain)
    assert again.report.findings == demo[0].report.findings
    assert [o.observation_id for o in again.report.observations] == [
        o.observation_id for o in demo[0].report.observations
    ]


@pytest.mark.parametrize(
    ("seed", "camera", "expected"),
    [
        pytest.param(1, "stall-3", ["stall-3"], marks=pytest.mark.soak),
        pytest.param(3, "none", [], marks=pytest.mark.soak),
        pytest.param(8, "stall-1", ["stall-1"], marks=pytest.mark.soak),
    ],
)
def test_the_marker_follows_the_camera_and_is_gone_without_it(
    seed: int, camera: str, expected: list[str], tmp_path: Path
) -> None:
    """The recipe with another seed or another stall: nothing of the result is canned."""
    made = CLI.invoke(app, ["simulate", str(tmp_path / "sweep"), "--seed", str(seed), "--camera-in", camera])
    assert made.exit_code == 0, made.stderr
    result, _ = run(tmp_path / "sweep", tmp_path / "state")
    assert found(result.report) == expected


def test_a_modality_whose_recording_is_broken_is_blind_and_the_others_go_on(tmp_path: Path) -> None:
    folder = tmp_path / "sweep"
    shutil.copytree(DEMO, folder)
    (folder / "p2" / "wifi.pcap").write_bytes(b"garbage")
    (folder / "p1" / "head.serial").write_bytes(b"")
    shutil.rmtree(folder / "p3" / "lens")
    result, _ = run(folder, tmp_path / "state")
    reasons = {(v.zone_id, v.modality): v.reason for v in result.report.verdicts}
    assert reasons["stall-2", "wifi"] == "input_unreadable"
    assert reasons["stall-1", "rf"] == "input_unreadable"
    assert reasons["stall-3", "lens"] == "input_unreadable"
    assert reasons["stall-2", "lens"] != "input_unreadable"
    assert set(found(result.report)) <= {"stall-2"}, "a glint alone may or may not ask for a second look"


def test_an_aborted_sweep_says_so_and_still_leaves_a_report(tmp_path: Path) -> None:
    control = Control(needs_persons=False)
    control.abort()
    result, events = run(DEMO, tmp_path, control=control)
    assert result.report.outcome == "aborted"
    assert result.report.positions == ()
    assert {c.status for c in result.report.coverage} == {"not_looked"}
    assert events[-1].type == "state"
    assert events[-1].state == "aborted"


def test_replaying_twice_makes_no_second_sweep_and_fail_on_sets_the_exit_code(tmp_path: Path) -> None:
    arguments = ["replay", str(DEMO), "--state", str(tmp_path), "--quiet"]
    assert CLI.invoke(app, arguments).exit_code == 0
    second = CLI.invoke(app, arguments)
    assert second.exit_code == 0
    assert "replayed before" in second.stderr
    third = CLI.invoke(app, [*arguments, "--json", "-"])
    assert (third.exit_code, third.stdout) == (2, "")
    assert "--again" in third.stderr
    assert len(list((tmp_path / "outbox").glob("*.entry"))) == 2
    assert CLI.invoke(app, [*arguments, "--again", "--fail-on", "candidate"]).exit_code == 1
    assert len(list((tmp_path / "outbox").glob("*.entry"))) == 4


@pytest.fixture(scope="module")
def assembled(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> SweepReport:
    """A sweep of real Wi-Fi and Bluetooth captures and real photographs of tiles."""
    folder = tmp_path_factory.mktemp("assembled")
    photos = sorted((shared_data / "lens").glob("*tiles*.jpg"))[:3]
    arguments = ["assemble", str(folder / "sweep"), "--wifi", str(shared_data / "wifi" / "Chrome_1.pcapng")]
    arguments += ["--ble", str(shared_data / "ble" / "1-May_Screen_Room__nRF52__nrf52_capture_90.pcapng")]
    arguments += [part for photo in photos for part in ("--photo", str(photo))]
    made = CLI.invoke(app, [*arguments, "--emulated-head"])
    assert made.exit_code == 0, made.stderr
    return run(folder / "sweep", folder / "state")[0].report


def test_real_captures_without_a_camera_give_no_candidate(assembled: SweepReport) -> None:
    assert assembled.findings == ()
    assert assembled.source == "replay"
    assert {v.verdict for v in assembled.verdicts} == {"nothing_detected", "not_assessable"}
    heard = [o for o in assembled.observations if o.modality == "wifi"]
    assert len(heard) == 40
    assert {o.video.verdict for o in heard} <= {"not_video", "not_assessable"}
    cover = next(c for c in assembled.coverage if (c.zone_id, c.modality) == ("stall-1", "wifi"))
    assert (cover.blind_reason, cover.quality) == ("data_unheard", 0.0), "this receiver was nearly deaf to data"


def test_ordinary_photographs_are_not_assessable(assembled: SweepReport) -> None:
    reasons: dict[tuple[str, str], Any] = {(v.zone_id, v.modality): v.reason for v in assembled.verdicts}
    for zone in ("stall-1", "stall-2", "stall-3"):
        assert reasons[zone, "lens"] == "lamp_phases_do_not_differ"
    assert reasons["basins", "lens"] == "not_recorded"

"""Bench recordings: they exist in the laboratory only, are refused on a probe in service, and are what they say."""

from __future__ import annotations

import base64
import hashlib
import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from sweep.cli import build_app
from sweep.entry.dsse import SignedEntry, Signer
from sweep.lab.bench import recording
from sweep.lab.bench.recording import RecordError, check_bench, next_name, record_with, sign_recording
from sweep.lens import scan_clips
from sweep.lens.camera.source import nominal_meta
from sweep.lens.clip.clips import read_clip
from sweep.lens.clip.frames import CameraError, CameraSettings, RawFrame
from sweep.link.clock import TickClock
from sweep.link.head import HeadError
from sweep.link.head_messages import FromHead, HeadState, ToHead
from sweep.link.messages import SLOT_NS, Exposure, LampRun, LampStop, Message, RedBurst
from sweep.link.strobe import StrobeRun
from sweep.modality.control import Control
from sweep.modality.lease import RoomNotEmptyError, RoomPermit
from sweep.modality.liveness import boottime_ns
from sweep.modality.strobe import VARIED_ORDER, StopStrobe, Strobe, StrobeEnded, Triggers
from sweep.run.laboratory import LAB_PACKAGE
from tests.lens.clip_factory import strobed_frames
from tests.lens.live_triples import PHASES, walk


class BenchHead:
    """Stands in for the head's process: it flashes as asked, and its clock is settled."""

    def __init__(self, camera: BenchCamera, *, settled: bool = True) -> None:
        self.clock = TickClock(SLOT_NS)
        for second in range(8 if settled else 1):
            self.clock.observe(round(second * 1e9 / SLOT_NS), 10**12 + second * 10**9)
        self.asked: list[Message] = []
        self.camera = camera
        self.run: StrobeRun | None = None
        self.sent = self.groups = 0
        self.due_phases: list[tuple[int, int]] = []
        self.flashed: list[Message] = []
        self.extra: list[FromHead] = [HeadState(True)]

    def say(self, message: ToHead) -> None:
        match message:
            case Strobe():
                self.run = StrobeRun(self.clock, message)
                self.asked.append(self.run.command)
            case StopStrobe():
                self.run = None
                self.asked.append(LampStop())
            case _:
                raise AssertionError(message)

    def hear(self) -> list[FromHead]:
        found, self.extra = self.extra, []
        if self.run is None:
            return found
        triggers = []
        while self.sent <= self.camera.due:  # a trigger comes before its frame
            phase, lit = self.next_exposure(self.run.command)
            exposure = Exposure(self.sent * self.run.command.period_slots, self.sent, phase, lit)
            triggers.append(self.run.take(exposure))
            self.sent += 1
        burst = self.run.due(boottime_ns())
        if burst is not None:
            self.asked.append(burst)
        return [*found, Triggers(tuple(one for one in triggers if one is not None))]

    def next_exposure(self, run: LampRun) -> tuple[int, int]:
        """Phase and lit slots of the next trigger: groups, every so many a short one, a burst of red between two."""
        if not self.due_phases:
            self.groups += 1
            is_short = run.short_every and self.groups % run.short_every == 0
            slots = run.short_slots if is_short else run.pulse_slots
            self.due_phases += [
                (phase, slots[i] if phase else 0) for i, phase in enumerate(run.phases[: run.phase_count])
            ]
            burst = next((m for m in self.asked if isinstance(m, RedBurst)), None)
            if burst is not None and burst not in self.flashed:
                self.flashed.append(burst)
                assert burst.is_room_empty == 1
                partners = [(0, 0), (1, burst.pulse_slots)]
                reds = [(4, burst.red_slots)] * burst.red_count
                self.due_phases[:0] = [*partners, *reds, *reversed(partners)]
        return self.due_phases.pop(0)


class BenchCamera:
    """Gives its frames as if each had been triggered."""

    serial = "bench camera 1"

    def __init__(self, frames: list[np.ndarray], *, period_ns: int, ends: Exception | None = None) -> None:
        self.frames, self.period_ns, self.ends = frames, period_ns, ends
        self.due = self.closed = 0

    def read(self) -> RawFrame:
        if self.due >= len(self.frames):
            raise self.ends or CameraError("no frame came")
        at = self.due
        self.due += 1
        return RawFrame(self.frames[at], 10**12 + at * self.period_ns + 1_000_000, 1.0)

    def close(self) -> None:
        self.closed += 1


PERIOD_NS = round(1e9 / 60.0 / SLOT_NS) * SLOT_NS


def bench(count: int, ends: Exception | None = None) -> tuple[BenchHead, BenchCamera]:
    frames = strobed_frames(3, phases=(VARIED_ORDER * count)[: 3 * count], glint=(200.0, 130.0))
    camera = BenchCamera(frames, period_ns=PERIOD_NS, ends=ends)
    return BenchHead(camera), camera


def permit() -> RoomPermit:
    control = Control()
    control.declare_empty(("A-1", "A-2"))
    return control.permit()


def test_a_recording_is_a_clip_that_the_scan_reads(tmp_path: Path) -> None:
    head, camera = bench(12)
    _, meta = walk(1)
    clip = record_with(tmp_path / "f001", head, lambda: camera, meta, 8, permit())
    read = read_clip(clip)
    assert read.meta.phases == VARIED_ORDER * 4
    assert np.array_equal(read.frame(3), camera.frames[3])
    assert camera.closed >= 1
    assert isinstance(head.asked[-1], LampStop)
    (run,) = [m for m in head.asked if isinstance(m, LampRun)]
    assert (run.phases, run.phase_count) == (b"\x01\x02\x00\x02\x01\x00", 6)
    assert set(run.pulse_slots[:3]) == {run.exposure_slots - 4} == {32}  # 1,024 us for 1 ms
    (result,) = scan_clips(tmp_path).clips
    assert result.error is None
    assert result.candidates


def test_a_recording_holds_short_pulses_rings_and_one_whole_burst_of_red(tmp_path: Path) -> None:
    frames = strobed_frames(3, phases=PHASES * 34, glint=None)
    camera = BenchCamera(frames, period_ns=PERIOD_NS)
    head, (_, meta) = BenchHead(camera), walk(1)
    clip = read_clip(record_with(tmp_path / "f001", head, lambda: camera, meta, 8, permit(), ("M", "N", "R")))
    phases = "".join(clip.meta.phases)
    assert len(phases) == 8 * 5 + 10
    start = phases.index("R") - 2
    assert phases[start : start + 10] == "CARRRRRRAC"
    assert phases[:start] + phases[start + 10 :] == "ABCMN" * 8
    rounds = [scale for at, scale in enumerate(clip.meta.pulse_scale) if not start <= at < start + 10]
    by_round = [tuple(rounds[at : at + 5]) for at in range(0, 40, 5)]
    assert by_round.count((0.0625, 0.0625, 1.0, 0.0625, 0.0625)) == 2
    assert by_round.count((1.0,) * 5) == 6
    assert set(clip.meta.pulse_scale[start : start + 10]) == {1.0}
    (run,) = [m for m in head.asked if isinstance(m, LampRun)]
    assert 4 not in run.phases, "red never strobes"


def test_nominal_lamps_are_those_of_the_boards(repo_root: Path) -> None:
    boards = tomllib.loads((repo_root / "hardware" / "interfaces.toml").read_text(encoding="utf-8"))
    led = nominal_meta(CameraSettings(), ("M", "N", "R")).led
    assert led["M"].offset_m * 1e3 == led["R"].offset_m * 1e3 == boards["middle"]["led_radius_mm"]
    assert set(nominal_meta(CameraSettings()).led) == {"A", "B"}


@pytest.mark.parametrize("ends", [CameraError("unplugged"), RoomNotEmptyError("somebody came in")])
def test_a_recording_cut_short_leaves_nothing_and_switches_everything_off(tmp_path: Path, ends: Exception) -> None:
    head, camera = bench(3, ends)
    _, meta = walk(1)
    with pytest.raises(type(ends)):
        record_with(tmp_path / "f001", head, lambda: camera, meta, 8, permit())
    assert list(tmp_path.iterdir()) == []
    assert camera.closed >= 1
    assert isinstance(head.asked[-1], LampStop)


def test_without_a_settled_clock_the_camera_is_not_even_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    camera = BenchCamera([np.full((64, 64), 100, np.uint16)] * 400, period_ns=PERIOD_NS)
    head = BenchHead(camera, settled=False)
    monkeypatch.setattr(recording, "BEGIN_S", 0.0)
    opened: list[BenchCamera] = []

    def open_camera() -> BenchCamera:
        opened.append(camera)
        return camera

    with pytest.raises(RecordError, match="no trigger that can be used"):
        record_with(tmp_path / "f001", head, open_camera, walk(1)[1], 8, permit())
    assert (opened, list(tmp_path.iterdir())) == ([], [])
    assert isinstance(head.asked[-1], LampStop)


def test_the_recording_is_signed_as_a_demonstration(tmp_path: Path) -> None:
    head, camera = bench(8)
    _, meta = walk(1)
    (tmp_path / "clips").mkdir()
    clip = record_with(tmp_path / "clips" / "f001", head, lambda: camera, meta, 6, permit())
    signer = Signer.load_or_create(tmp_path / "key")
    path = sign_recording(
        clip, signer, bench="bench 2", declared_by=("a1", "b1"), camera_serial=camera.serial, calibration=None,
        recorded=datetime(2026, 6, 1, tzinfo=UTC),
    )  # fmt: skip
    document = json.loads(path.read_text(encoding="utf-8"))
    statement = json.loads(base64.b64decode(document["payload"]))
    assert statement["source"] == "demo"
    assert (statement["bench"], statement["declared_by"]) == ("bench 2", ["a1", "b1"])
    for name, digest in statement["files"].items():
        assert hashlib.sha256((clip / name).read_bytes()).hexdigest() == digest
    assert set(statement["files"]) == {"meta.json", "frames.npy"}
    again = signer.sign(recording.RECORDING_TYPE, base64.b64decode(document["payload"]))
    assert isinstance(again, SignedEntry)
    assert again.to_json() == document
    assert scan_clips(tmp_path / "clips").clips[0].error is None, "a signed clip is still a clip"


def test_outside_the_laboratory_there_is_no_recording() -> None:
    with pytest.raises(RecordError, match=r"ansim-sweep\[lab\]"):
        check_bench(server=None, bench="bench 2", package="nobody_has_this")


def test_a_probe_in_service_does_not_record() -> None:
    with pytest.raises(RecordError, match="may be live"):
        check_bench(server="http://127.0.0.1:8000", bench="bench 2")
    with pytest.raises(RecordError, match="name the bench"):
        check_bench(server=None, bench=" ")


def test_the_command_refuses_in_one_line(tmp_path: Path) -> None:
    config = tmp_path / "probe.toml"
    config.write_text('server = "http://127.0.0.1:8000"\n', encoding="utf-8")
    out, port = str(tmp_path / "out"), ["--port", str(tmp_path / "no-port")]
    names = ["--declared-empty", "a1", "--declared-empty", "b1"]
    cases = [
        (["--bench", "b", "--config", str(config), *names, *port], "may be live"),
        (["--bench", "b", "--declared-empty", "a1", *port], "two persons"),
        (["--bench", "b", "--declared-empty", "a1", "--declared-empty", "a1", *port], "different persons"),
        (["--bench", "b", *names], "port"),
        ([*names, *port], "name the bench"),
    ]
    for arguments, says in cases:
        done = CliRunner().invoke(build_app(["lens-record"]), ["lens-record", out, *arguments])
        assert done.exit_code == 2, done.output
        assert says in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").glob("f*"))


def test_clips_are_numbered_and_named_by_nothing_else(tmp_path: Path) -> None:
    for name in ("f001", "f003"):
        (tmp_path / name).mkdir()
    assert next_name(tmp_path) == "f002"


def test_nominal_numbers_are_those_of_the_design() -> None:
    meta = nominal_meta(CameraSettings())
    assert meta.focal_px == pytest.approx(2 * 869.6, rel=1e-3)
    assert meta.principal_point == (727.5, 543.5)


@pytest.mark.parametrize(
    ("said", "error", "says"),
    [
        (
            [StrobeEnded("head_away"), HeadState(False, why="no sensor head answers")],
            HeadError,
            "no sensor head answers",
        ),
        ([StrobeEnded("lamp_went_off")], RecordError, "lamp_went_off"),
    ],
)
def test_a_head_that_is_lost_ends_the_recording(
    tmp_path: Path, said: list[FromHead], error: type[Exception], says: str
) -> None:
    head, camera = bench(12)
    head.extra += said
    with pytest.raises(error, match=says):
        record_with(tmp_path / "f001", head, lambda: camera, walk(1)[1], 8, permit())
    assert list(tmp_path.iterdir()) == []
    assert isinstance(head.asked[-1], LampStop)


def test_an_end_of_the_declaration_ends_the_recording(tmp_path: Path) -> None:
    control = Control()
    control.declare_empty(("A-1", "A-2"))
    taken = control.permit()
    control.pause()
    head, camera = bench(12)
    with pytest.raises(RoomNotEmptyError):
        record_with(tmp_path / "f001", head, lambda: camera, walk(1)[1], 8, taken)
    assert isinstance(head.asked[-1], LampStop)


def test_the_extra_is_what_the_check_looks_for() -> None:
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    (lab,) = [line for line in text.splitlines() if line.startswith("lab = ")]
    assert LAB_PACKAGE in lab
    others = text.replace(lab, "")
    assert f'"{LAB_PACKAGE}' not in others, "no other extra brings it"

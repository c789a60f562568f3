"""The sources of the simulated room: each can be sent to another process, and what comes out depends on the seed."""

import pickle
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import pytest

from sweep.ble.adverts import Advert
from sweep.ble.devices import build_scan
from sweep.cli.output import CameraKind
from sweep.lens.clip.clips import read_clip
from sweep.lens.live.wall_coverage import walls_in, widest
from sweep.link.head import PortError
from sweep.link.readings import read_windows
from sweep.modality.directions import CELLS, STEP_DEG
from sweep.modality.messages import MeasureRf
from sweep.report import Position
from sweep.rf.channels import tuner_frequencies
from sweep.sim.air.ble_bus import scan_bus
from sweep.sim.air.channel import ChannelAir
from sweep.sim.air.frames import WifiEmitter
from sweep.sim.air.stage import Stage
from sweep.sim.head.avr import EmulatorGoneError
from sweep.sim.head.scene import RfScene
from sweep.sim.source import default_room, measure_rf
from sweep.sim.sources import TURN_TRIPLES, PositionSources, RfSource, SimulatedRoom
from sweep.sim.world import HiddenKind

from .head_kit import built_elf

START_NS = 5_000_000_000


@pytest.fixture(autouse=True, scope="module")
def firmware() -> None:
    built_elf()


def sources(seed: int = 1, zone: str | None = "stall-2", position_id: str = "p2") -> PositionSources:
    room = SimulatedRoom(default_room().plan, seed=seed, camera_zone=zone)
    found = room.sources(position_id, START_NS)
    sent: PositionSources = pickle.loads(pickle.dumps(found))  # noqa: S301  written a moment ago
    assert sent == found
    return sent


def test_a_quick_sweep_stands_in_stalls_and_no_stand_is_made_up() -> None:
    room = SimulatedRoom(default_room().plan, seed=1, camera_zone=None, mode="quick")
    assert [position.zone_id for position in room.positions] == ["stall-1", "stall-2", "stall-3"]
    with pytest.raises(KeyError):
        room.sources("p9", START_NS)
    with pytest.raises(ValueError, match="not on the plan"):
        SimulatedRoom(default_room().plan, seed=1, camera_zone="attic")


def kinds(adverts: list[Advert]) -> dict[str, int]:
    return {one.identity.kind: one.adverts for one in build_scan(adverts, rejected=Counter()).devices}


def test_adverts_are_the_same_through_the_bus_as_handed_over() -> None:
    source = sources().ble
    bus, handed = source.listen(20.0), source.listen(20.0, daemon=None)
    assert kinds(bus) == kinds(handed)
    assert set(kinds(bus)) == {"phone", "headphones", "tracker"}
    assert bus != handed, "BlueZ does not tell whether one may connect"
    assert [(a.t_ns, a.address, a.rssi_dbm) for a in bus] == [(a.t_ns, a.address, a.rssi_dbm) for a in handed]
    assert all(START_NS <= advert.t_ns < START_NS + 20_000_000_000 for advert in bus)
    assert bus == source.listen(20.0), "the same again"
    assert bus != sources(seed=2).ble.listen(20.0)


@pytest.mark.parametrize("daemon", ["dbus-daemon-that-is-not-there", "true"])
def test_where_no_bus_can_be_started_adverts_are_handed_over(daemon: str) -> None:
    source = sources().ble
    with pytest.raises(OSError, match=daemon):
        scan_bus([], 1.0, daemon)
    assert source.listen(20.0, daemon=daemon) == source.listen(20.0, daemon=None)


def test_an_analogue_camera_sends_nothing_over_wifi() -> None:
    room = SimulatedRoom(default_room().plan, seed=1, camera_zone="stall-2", camera_kind="analog_camera")
    kinds = {emitter.kind for _, emitters in room.sources("p2", START_NS).wifi.setting.radios for emitter in emitters}
    assert kinds == {"ap", "browser", "caller", "uploader"}


def test_every_kind_of_camera_can_be_asked_for() -> None:
    assert {kind.hidden_kind for kind in CameraKind} == set(get_args(HiddenKind))


@pytest.mark.parametrize(
    ("kind", "rf", "ble", "aperture_mm"),
    [
        ("analog_camera", "analog_video", 3, (1.4, 2.2)), ("analog_1200", "analog_video", 3, (1.4, 2.2)),
        ("analog_2400", "analog_video", 3, (1.4, 2.2)), ("ble_setup", "ble", 4, (1.4, 2.2)),
        ("wifi_on_motion", "wifi", 3, (1.4, 2.2)), ("recorder_1mm", None, 3, (0.9, 1.1)),
        ("recorder_1mm_ircut", None, 3, (0.9, 1.1)), ("recorder_2mm", None, 3, (1.8, 2.2)),
        ("lte", "wifi", 3, (1.4, 2.2)),
    ],
)  # fmt: skip
def test_each_kind_of_camera_sends_what_it_is_named_for(
    kind: HiddenKind, rf: str | None, ble: int, aperture_mm: tuple[float, float]
) -> None:
    room = SimulatedRoom(default_room().plan, seed=3, camera_zone="stall-2", camera_kind=kind)
    here, beside = room.sources("p2", START_NS), room.sources("p1", START_NS)
    assert [one.kind for one in here.rf.scene.emitters[1:]] == ([] if rf is None else [rf])
    tuned = [one.centre_mhz for one in here.rf.scene.emitters[1:]]
    assert tuned == ([5_800.0] if kind == "analog_camera" else [None] * len(tuned))
    assert len(here.ble.emitters) == ble
    sends = [
        sum(one.is_camera for _, air in position.wifi.setting.radios for one in air) for position in (here, beside)
    ]
    assert sends == ([1, 0] if kind == "wifi_on_motion" else [0, 0])
    (lens,) = here.lens.lenses()
    assert aperture_mm[0] <= lens.aperture_mm <= aperture_mm[1]
    assert lens.is_filtered == (kind == "recorder_1mm_ircut")
    assert beside.lens.lenses() == ()


def test_a_camera_by_motion_is_silent_between_its_clips() -> None:
    shares = []
    for clips_s in (None, ((5.0, 40.0), (5.0, 60.0))):
        camera = WifiEmitter("camera_station", "02:c4:3e:00:00:17", 0.5, 0.5, peer="00:00:5e:00:53:01", clips_s=clips_s)
        heard = ChannelAir(2_437, (camera,), (0.7, 0.7), Stage(), (1, 2)).until(600.0)
        shares.append(len({int(t_s) for t_s, _, _ in heard}) / 600)
    assert shares[0] > 0.98
    assert 0.2 < shares[1] < 0.75


def test_serial_bytes_come_from_the_firmware(tmp_path: Path) -> None:
    levels = {}
    for zone in ("stall-2", None):
        source = replace(sources(zone=zone).rf, seconds=0.5)
        path = source.open(tmp_path / f"{zone}.serial", tuner_frequencies())
        windows = [one for one in read_windows(str(path), 10.0) if one.receiver == "log_detector"]
        assert len(windows) == 5
        levels[zone] = min(window.p10_counts for window in windows)
    assert levels["stall-2"] < levels[None], "fewer counts are more power"


def test_frames_are_lit_by_the_head_and_hold_the_lens_of_this_stand(tmp_path: Path) -> None:
    clips = {}
    for name, zone in (("with", "stall-2"), ("other", "stall-1"), ("without", None)):
        clips[name] = read_clip(sources(zone=zone).lens.open(tmp_path / name) / "p2-b")
    assert clips["with"].meta.phases == ("A", "B", "C") * 6
    assert read_clip(tmp_path / "with" / "p2-a").meta.phases == ("A", "B", "C") * TURN_TRIPLES
    shown = [bool((clips[name].frame(0) != clips["without"].frame(0)).any()) for name in ("with", "other")]
    assert shown == [True, False]


def test_whoever_stands_somewhere_turns_to_the_walls_beside_unless_a_recording_is_to_stay_small(tmp_path: Path) -> None:
    room = SimulatedRoom(default_room().plan, seed=1, camera_zone=None, turns=False)
    ahead = room.sources("p1", START_NS).lens.open(tmp_path / "ahead") / "p1-a"
    turned = sources(zone=None, position_id="p1").lens.open(tmp_path / "turned") / "p1-a"
    seen = [walls_in(read_clip(clip)) for clip in (ahead, turned)]
    assert seen[0].solid_angle_sr < 0.6
    assert seen[1].solid_angle_sr > 2.0
    directions = widest(seen[1:]).directions
    assert directions is not None
    assert directions.is_anchored
    counts = directions.triple_counts()
    middle, side = CELLS // 2, round(45.0 / STEP_DEG)
    assert (counts[middle, [middle - side, middle, middle + side]] >= 3).all()  # left, ahead, right


@pytest.mark.parametrize(
    "trouble", [EmulatorGoneError("the emulator did not start"), PortError("gone")], ids=["not started", "gone"]
)
def test_an_emulated_head_that_is_gone_is_a_head_that_is_away(trouble: ValueError) -> None:
    @dataclass(frozen=True)
    class Killed(RfSource):
        def open(self, path: Path, tuner_mhz: Sequence[int]) -> Path:
            raise trouble

    position = Position(position_id="p", zone_id="z", x_m=0.0, y_m=0.0, facing_deg=0.0, start_ns=5, end_ns=9)
    heard = measure_rf(Killed(RfScene(), 1.0), MeasureRf(1.0), position)
    assert (heard.because, [gap.reason for gap in heard.gaps]) == ("head_away", ["head_away"])
    assert not heard.windows

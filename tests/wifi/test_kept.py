"""A position that was kept and heard again gives the same measurement; what is damaged of it is counted, never made
up.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sweep.captures.packets import CaptureFileError
from sweep.modality.measurement import Measurement
from sweep.modality.messages import (
    NOBODY,
    SKIPPED,
    Leave,
    Played,
    Progress,
    ResponseTestKind,
    SkipResponseTests,
    ToWorker,
)
from sweep.phrases import Phrase
from sweep.report import WifiObservation
from sweep.wifi.capture.channels import Channel, ChannelMemory
from sweep.wifi.capture.sources import RecordedWifi
from sweep.wifi.modality import WifiModality
from sweep.wifi.observations import judge_position
from sweep.wifi.position import PositionResult, WifiRequest
from sweep.wifi.recording.lines import steps_beside
from sweep.wifi.recording.player import open_recording
from sweep.wifi.recording.recorder import record_position
from sweep.wifi.session import hear, hear_position, is_recording, measure_recording
from tests.run.test_workers import TASK
from tests.wifi.frames import write_frames
from tests.wifi.lit_camera import LitCamera
from tests.wifi.lit_rig import ROW, WALK_ROW
from tests.wifi.live_rig import CAMERA_MHZ
from tests.wifi.made_up_air import (
    CAMERA,
    CHANNELS,
    OTHER,
    MadeUpAir,
    MadeUpPlayer,
    Pictures,
    network,
    phone,
)

QUICK = WifiRequest(dwell_s=12.0, kind="light", test_longest_s=15.0)


class NextPosition:
    """A made-up stand whose troubles follow from a seed; the camera is there when the seed is even."""

    def __init__(self, seed: int, *, is_plain: bool = False) -> None:
        """`is_plain`: nothing goes wrong."""
        rng = np.random.default_rng(seed)
        self.kind: ResponseTestKind = "motion" if seed % 5 == 4 else "light"
        row = WALK_ROW if self.kind == "motion" else ROW
        channels: tuple[Channel, ...] = () if seed % 7 == 3 else CHANNELS
        refused = frozenset({2_412}) if rng.random() < 0.3 and not is_plain else frozenset()
        away = (30.0, 32.0) if seed % 8 == 6 else (2.0, 3.0) if seed % 8 == 3 else (np.inf, np.inf)
        self.air = MadeUpAir(channels=channels, refused=refused, away=away, lateness_s=0.02, seed=seed)
        self.player = MadeUpPlayer(self.air, seed=seed)
        self.air.place(CAMERA_MHZ, network(), phone())
        if seed % 2 == 0:
            camera = LitCamera(row, 1 if is_plain else seed)
            self.air.place(CAMERA_MHZ, Pictures(CAMERA, camera, self.player.level_at))
        if seed % 3 == 0:
            self.air.place(CAMERA_MHZ, Pictures(OTHER, LitCamera("lit_walked_800", seed), seed=seed))
        if seed % 9 == 8:
            self.player.stops.append((4.0, "lamp_went_off"))
        if seed % 10 == 4:
            self.player.says.append((7.0, SkipResponseTests()))
        if seed % 10 == 6:
            self.player.says.append((9.0, Leave("room_entered")))
        self.wish = WifiRequest(
            dwell_s=12.0, kind=self.kind, test_longest_s=30.0 if seed % 4 == 0 else 15.0,
            is_any_uplink=seed % 2 == 1, decided=frozenset({OTHER} if seed % 6 == 0 else ()),
            own_addresses=frozenset({0x02_9F_31_7C_5A_E1}), elsewhere_dbm={OTHER: -20.0} if seed % 4 == 1 else {},
        )  # fmt: skip


def check_that_replays_are_equal(folder: Path, seed: int, positions: int) -> Counter[str]:
    """Stands one after the other, since what is learnt at the first is known at the second; what they came to."""
    position, seen = NextPosition(seed), Counter[str]()
    for number in range(positions):
        capture = folder / f"{seed}-{number}.pcapng"
        found = judge_position(TASK, position.wish, hear(position.wish, position.air, position.player, capture))
        assert WifiModality().open()(replace(TASK, source=RecordedWifi(capture)), NOBODY) == found, (seed, number)
        seen.update(found.rejections.keys())
        seen.update(answers(found))
        position.player.says.clear()
    return seen


@pytest.mark.parametrize(("seed", "positions"), [(0, 2), (3, 1), (6, 1)])
def test_a_stand_that_is_heard_again_gives_the_same_measurement(tmp_path: Path, seed: int, positions: int) -> None:
    check_that_replays_are_equal(tmp_path, seed, positions)


@pytest.mark.soak
def test_many_stands_that_are_heard_again_give_the_same_measurements(tmp_path: Path) -> None:
    seen = sum((check_that_replays_are_equal(tmp_path, seed, 2) for seed in range(40)), Counter[str]())
    print(dict(seen))
    assert {"follows_light", "not_assessable", "adapter_away", "left_room_entered", f"light_{SKIPPED}"} <= seen.keys()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Measurement]:
    """A camera that followed the light within 15 s."""
    position = NextPosition(2, is_plain=True)
    capture = tmp_path_factory.mktemp("kept") / "stand.pcapng"
    found = judge_position(TASK, QUICK, hear(QUICK, position.air, position.player, capture))
    assert found.rejections == {}
    assert answers(found) == ["follows_light"]
    return capture, found


@pytest.fixture
def copy(kept: tuple[Path, Measurement], tmp_path: Path) -> Path:
    """Files of one's own to damage."""
    capture = tmp_path / "stand.pcapng"
    for path in (kept[0], steps_beside(kept[0])):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return capture


def answers(found: Measurement) -> list[str]:
    """To light and walk, of what was tested."""
    return [o.stimulus.verdict for o in found.observations if isinstance(o, WifiObservation) and o.stimulus]


def lines_of(capture: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in steps_beside(capture).read_bytes().splitlines()]


def write_lines(capture: Path, lines: list[dict[str, object]]) -> None:
    steps_beside(capture).write_bytes(b"".join(json.dumps(line).encode() + b"\n" for line in lines))


def test_the_lines_say_when_what_was_heard_tuned_and_played(kept: tuple[Path, Measurement]) -> None:
    lines = lines_of(kept[0])
    assert [line["what"] for line in lines[:4]] == ["began", "asked", "tuned", "listened"]
    assert lines[-1]["what"] == "ended"
    times = [line["t_ns"] for line in lines]
    assert times == sorted(times)  # type: ignore[type-var]  # numbers
    played = [line for line in lines if line["what"] == "played"]
    assert len({str(line["chips"]) for line in played}) == 1
    assert played[-1]["begun"] == 25


def test_the_frames_alone_are_a_capture_like_any_other(kept: tuple[Path, Measurement], tmp_path: Path) -> None:
    alone = tmp_path / "alone.pcapng"
    alone.write_bytes(kept[0].read_bytes())
    assert not is_recording(alone)
    found = WifiModality().open()(replace(TASK, source=RecordedWifi(alone)), NOBODY)
    assert found.samples == kept[1].samples
    assert found.blind_reason is None


def test_whoever_runs_the_replay_hears_how_far_it_is_and_may_stop_it(kept: tuple[Path, Measurement]) -> None:
    class Runner:
        def __init__(self, *words: Leave) -> None:
            self.words, self.said = list(words), list[object]()

        def say(self, message: object) -> None:
            self.said.append(message)

        def hear(self, wait_s: float = 0.0) -> list[ToWorker]:
            words, self.words = self.words, []
            return [*words, Played(0, 0, 0.0, 0, ended="no_lamp")]

    runner = Runner()
    assert measure_recording(TASK, kept[0], runner) == kept[1]
    assert {type(message) for message in runner.said} == {Progress}, "nothing is played again"
    stopped = measure_recording(TASK, kept[0], Runner(Leave("aborted")))
    assert stopped.rejections["left_aborted"] == 1


def hear_again(capture: Path, **changes: Any) -> PositionResult:
    """As other code would that wishes for something else."""
    with open_recording(capture) as again:
        return hear_position(replace(again.wish, **changes), again.air, again.line)


def test_other_code_hears_a_sensible_air(kept: tuple[Path, Measurement]) -> None:
    capture, found = kept
    silent = hear_again(capture, kind=None)
    (gap, *more) = silent.heard.gaps or (None,)
    assert (gap, more, silent.follows) == (None, [], {})
    assert silent.heard.log.listened_s == pytest.approx(12.0, abs=0.5)
    longer = hear_again(capture, test_longest_s=57.0)
    assert longer.follows[CAMERA].verdict == "follows_light", "nothing more is needed than was played"
    sooner = hear_again(capture, dwell_s=6.0)
    assert (len(sooner.heard.log.frames) > 0, sooner.heard.gaps) == (True, ())
    patient = hear_again(capture, dwell_s=60.0)
    (gap,) = patient.heard.gaps
    assert "ends here" in gap.reason
    last_ns = lines_of(capture)[-1]["t_ns"]
    assert gap.begin_ns == last_ns
    measured = judge_position(TASK, replace(QUICK, dwell_s=60.0), patient)
    assert measured.dwell_s <= found.dwell_s + 1.0, "time that was not kept was not listened"


def test_other_code_that_takes_other_steps_gets_all_the_same_frames(kept: tuple[Path, Measurement]) -> None:
    end_ns = lines_of(kept[0])[-1]["t_ns"]

    def frames(seconds: float) -> int:
        with open_recording(kept[0]) as again:
            count = 0
            while again.air.now_ns() < int(str(end_ns)):
                count += sum(len(block) for block in again.air.blocks(seconds))
            return count

    heard = frames(0.25)
    assert heard > 200
    assert frames(0.1) == heard == frames(1.0), "to the end, where calls of any length meet"


def test_other_code_is_refused_what_was_refused(tmp_path: Path) -> None:
    air = MadeUpAir({}, refused=frozenset({2_412}))
    with record_position(tmp_path / "a.pcapng", QUICK, air, MadeUpPlayer(air)) as keeping:
        hear_position(QUICK, keeping.air, keeping.line)
    with open_recording(tmp_path / "a.pcapng") as again:
        again.air.tune(Channel(2_462))
        again.air.tune(Channel(5_955))
        with pytest.raises(ValueError, match="refused"):
            again.air.tune(Channel(2_412))
        assert again.air.channels() == CHANNELS


def test_an_air_that_can_be_tuned_nowhere_is_still_heard_to_the_end(tmp_path: Path) -> None:
    air = MadeUpAir({CAMERA_MHZ: [network()]}, refused=frozenset(channel.mhz for channel in CHANNELS))
    found = judge_position(TASK, QUICK, hear(QUICK, air, MadeUpPlayer(air), tmp_path / "a.pcapng"))
    assert found.rejections["channel_not_visited"] == len(CHANNELS)
    assert measure_recording(TASK, tmp_path / "a.pcapng") == found


@pytest.mark.parametrize("channels", [CHANNELS, ()], ids=["tuned", "where_it_is"])
def test_channels_that_the_adapter_could_not_hear_are_told_again(tmp_path: Path, channels: tuple[Channel, ...]) -> None:
    air = MadeUpAir({CAMERA_MHZ: [network()]}, channels=channels, is_adapter=True)
    found = judge_position(TASK, QUICK, hear(QUICK, air, MadeUpPlayer(air), tmp_path / "a.pcapng"))
    assert found.unheard_mhz
    assert measure_recording(TASK, tmp_path / "a.pcapng") == found


def test_what_was_learnt_before_is_kept_too(tmp_path: Path) -> None:
    position = NextPosition(2, is_plain=True)
    hear_position(replace(QUICK, kind=None), position.air, position.player)
    learnt = position.air.memory
    assert learnt != ChannelMemory()
    with record_position(tmp_path / "a.pcapng", QUICK, position.air, position.player) as keeping:
        hear_position(replace(QUICK, kind=None), keeping.air, keeping.line)
    with open_recording(tmp_path / "a.pcapng") as again:
        assert again.air.memory == learnt
        assert again.wish == QUICK


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.999])
def test_lines_that_break_off_are_heard_up_to_there(copy: Path, kept: tuple[Path, Measurement], share: float) -> None:
    path = steps_beside(copy)
    path.write_bytes(path.read_bytes()[: round(share * path.stat().st_size)])
    found = measure_recording(TASK, copy)
    assert found.rejections["kept_cut_short"] == 1
    assert found.samples <= kept[1].samples
    if share < 0.9:
        assert len(found.gaps) == 1
        assert set(answers(found)) <= {"not_assessable"}


@pytest.mark.parametrize("share", [0.3, 0.8])
def test_frames_that_break_off_are_counted_as_missing(copy: Path, kept: tuple[Path, Measurement], share: float) -> None:
    copy.write_bytes(copy.read_bytes()[: round(share * copy.stat().st_size)])
    found = measure_recording(TASK, copy)
    assert found.rejections["kept_frames_missing"] > 0
    assert found.samples + found.rejections["kept_frames_missing"] == kept[1].samples


def hostile_lines() -> Iterator[tuple[str, dict[str, object], str]]:
    """A change of a line, and the reason by which it is refused."""
    changes: list[tuple[str, dict[str, object]]] = [
        ("played", {"chip_ns": 1.0}),
        ("played", {"chip_ns": 1e300}),
        ("played", {"error_ns": 10**15}),
        ("played", {"begun": 10_000}),
        ("played", {"chips": "01x"}),
        ("played", {"start_ns": -1}),
        ("played", {"ended": "<script>"}),
        ("listened", {"asked_s": 1e9}),
        ("listened", {"asked_s": -1.0}),
        ("listened", {"blocks": [-1]}),
        ("listened", {"blocks": [0.5]}),
        ("listened", {"gaps": [{"number": 10**9, "begin_ns": 0, "end_ns": 0, "reason": "x"}]}),
        ("listened", {"gaps": [{"number": 0, "begin_ns": 5, "end_ns": 0, "reason": "x"}]}),
        ("listened", {"more": 1}),
        ("tuned", {"refusal": "line\nbreak"}),
        ("tuned", {"what": "eval"}),
    ]
    for what, change in changes:
        yield what, change, "kept_line_unreadable"
    yield "listened", {"t_ns": 5}, "kept_line_misplaced"


@pytest.mark.parametrize(("what", "change", "reason"), list(hostile_lines()))
def test_a_line_that_cannot_be_is_refused_and_nothing_after_it_is_used(
    copy: Path, what: str, change: dict[str, object], reason: str
) -> None:
    lines = lines_of(copy)
    at = [number for number, line in enumerate(lines) if line["what"] == what][3]
    lines[at] |= change
    write_lines(copy, lines)
    found = measure_recording(TASK, copy)
    assert found.rejections[reason] == 1
    assert len(found.gaps) == 1


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("listened", {"t_ns": 2**62}),
        ("listened", {"blocks": [2**53 - 1]}),
        ("listened", {"asked_s": 0.0}),
        ("listened", {"is_open": False}),
        ("played", {"start_ns": 2**62}),
        ("played", {"start_ns": 0}),
        ("played", {"chips": "", "begun": 0}),
    ],
)
def test_lines_that_are_odd_end_in_a_measurement(copy: Path, what: str, change: dict[str, object]) -> None:
    lines = [line | change if line["what"] == what else line for line in lines_of(copy)]
    write_lines(copy, lines)
    found = measure_recording(TASK, copy)
    assert what == "listened" or "follows_light" not in answers(found)


def test_a_file_that_asks_for_too_much_is_none(copy: Path) -> None:
    lines = lines_of(copy)
    lines[0]["dwell_s"] = 1e9
    write_lines(copy, lines)
    with pytest.raises(CaptureFileError, match="dwell_s"), open_recording(copy):
        pass
    found = measure_recording(TASK, copy)
    assert found.blind_reason == "input_unreadable"


@pytest.mark.parametrize("octets", [b"", b"\n", b"null\n", b"[" * 60_000, b"{}\n", b"\xff\xfe\n", b"x" * 200_000])
def test_junk_is_no_kept_stand(copy: Path, octets: bytes) -> None:
    steps_beside(copy).write_bytes(octets)
    assert measure_recording(TASK, copy).blind_reason == "input_unreadable"


def test_frames_of_another_kind_are_left_out_and_counted(copy: Path, kept: tuple[Path, Measurement]) -> None:
    write_frames(copy, [bytes(60)] * kept[1].samples, link_type=1)
    found = measure_recording(TASK, copy)
    assert (found.samples, found.rejections["foreign_link_type"] > 0) == (0, True)
    copy.unlink()
    assert measure_recording(TASK, copy).rejections == {"input_missing": 1}


def test_random_octets_in_either_file_end_in_a_measurement(copy: Path) -> None:
    rng = np.random.default_rng(7)
    honest = {path: path.read_bytes() for path in (copy, steps_beside(copy))}
    for _ in range(12):
        for path, octets in honest.items():
            damaged = bytearray(octets)
            for place in rng.integers(0, len(octets), 3).tolist():
                damaged[place] = int(rng.integers(256))
            path.write_bytes(damaged)
        measure_recording(TASK, copy)


def test_a_full_disk_ends_the_keeping_and_not_the_stand(tmp_path: Path) -> None:
    (tmp_path / "full.jsonl").symlink_to("/dev/full")
    position = NextPosition(1)
    with record_position(tmp_path / "full.pcapng", QUICK, position.air, position.player) as keeping:
        heard = hear_position(QUICK, keeping.air, keeping.line)
    assert keeping.paper.fault == Phrase("no_space_left")
    assert len(heard.heard.log.frames) > 0


def test_what_is_out_of_bounds_ends_the_keeping_and_not_the_stand(tmp_path: Path) -> None:
    position = NextPosition(2, is_plain=True)
    position.player.says.append((1.0, Played(1, 5, 6e8, 10**15, chips=(1,) * 25)))
    with record_position(tmp_path / "odd.pcapng", QUICK, position.air, position.player) as keeping:
        assert hear_position(QUICK, keeping.air, keeping.line).follows[CAMERA].verdict == "follows_light"
    assert keeping.paper.fault is not None
    assert "error_ns" in str(keeping.paper.fault)
    assert measure_recording(TASK, tmp_path / "odd.pcapng").rejections["kept_cut_short"] == 1


def test_the_place_of_a_stand_is_the_tasks(kept: tuple[Path, Measurement]) -> None:
    task = replace(TASK, dwell_s=99.0, is_walk=True)
    assert measure_recording(task, kept[0]) == kept[1], "what was wished for is kept with the position"

"""The live scan: candidates are confirmed once, guidance is said once, drops are counted, and memory stays bounded."""

from __future__ import annotations

import gc
import shutil
import threading
import time
import weakref
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from sweep.lens.camera.pi import PiCamera
from sweep.lens.clip.binning import binned, binned_meta
from sweep.lens.clip.clips import Clip, ClipMeta, write_clip
from sweep.lens.clip.frames import CameraError, CameraSettings, PhaseFrame, RawFrame
from sweep.lens.clip.hot_pixels import HotPixels
from sweep.lens.clip.pairing import TripleBuilder
from sweep.lens.live.held_view import HOLD_TRIPLES, KEPT_ON_AXIS, HeldView
from sweep.lens.live.live import CONFIRMATIONS, MAX_FOLLOWED, MAX_GAP, PATIENCE, STRIDE, UNSEEN_EVERY, LiveScan
from sweep.lens.live.records import Confirmed, CropBudget, LiveSummary, LiveUpdate
from sweep.lens.live.session import measurement_of
from sweep.lens.modality import measure_clips
from sweep.lens.records import ClipResult, Detection
from sweep.lens.scan import scan_clip
from sweep.lens.words import WORDS
from sweep.modality.control import Control
from sweep.modality.lease import RoomNotEmptyError
from sweep.modality.strobe import VARIED_ORDER, Trigger, round_of
from sweep.report import display_text
from tests.lens.clip_factory import strobed_frames
from tests.lens.live_triples import PHASES, film, triples_of, walk
from tests.lens.picamera2_stand_in import Module
from tests.run.test_workers import TASK
from tests.waiting import wait_until


class Detector:
    """Finds what it is told to, look by look (the last one again and again), where the latest on_axis frame is."""

    def __init__(self, *looks: Sequence[tuple[float, float]]) -> None:
        self.told = looks or ((),)
        self.judged: list[int] = []
        """Triples of each look."""

    def __call__(self, meta: ClipMeta, hot: HotPixels) -> HeldView:
        return Told(meta, hot, self)


class Told(HeldView):
    def __init__(self, meta: ClipMeta, hot: HotPixels, detector: Detector) -> None:
        super().__init__(meta, hot)
        self.detector = detector

    @property
    def followed(self) -> int:
        return max(0, self.triples - 1)

    def _follow(self, until: int) -> None:
        del until

    def judge(self) -> ClipResult:
        told = self.detector
        told.judged.append(self.triples)
        places = told.told[min(len(told.judged), len(told.told)) - 1]
        found = tuple(
            Detection("live", x, y, max(self._on_axis), 3.0, "lens_candidate", {"snr": 9.0}, ()) for x, y in places
        )
        return ClipResult("live", None, "", "candidate", "lens_candidate", None, None, found, 1.0)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def run(scan: LiveScan, count: int = 24, **kind: Any) -> tuple[list[LiveUpdate], LiveSummary]:
    triples, _ = walk(count, **kind)
    updates = [scan.add(triple) for triple in triples]
    return updates, scan.finish()


def scan_with(detector: Detector, crops: CropBudget | None = None) -> LiveScan:
    _, meta = walk(1)
    return LiveScan(meta, crops=crops or CropBudget(), clock=Clock(), hold=detector)


def test_a_lens_shows_early_and_is_confirmed_once_by_the_whole_hold() -> None:
    """The real detector on a wall with a glint: looks at 8 and 16 triples, judged as a whole when it ends."""
    triples, meta = walk(24)
    scan = LiveScan(meta, crops=CropBudget(), clock=Clock())
    updates = [scan.add(triple) for triple in triples]
    assert [len(u.candidates) for u in updates] == [0] * 8 + [1] * 16
    assert not any(u.confirmed for u in updates)
    (shown,) = updates[-1].candidates
    assert (shown.x, shown.y) == pytest.approx((200.0, 130.0), abs=4.0)
    assert shown.looks == 2
    summary = scan.finish()
    assert summary.looks == 3
    (confirmed,) = summary.confirmed
    assert confirmed.detection.evidence["triples"] == pytest.approx(np.log2(24), abs=0.1)
    assert confirmed.crop_png is not None
    picture = cv2.imdecode(np.frombuffer(confirmed.crop_png, np.uint8), cv2.IMREAD_UNCHANGED)
    assert picture is not None
    assert picture.shape == (64, 64)
    assert confirmed.detection.reasons


def test_what_is_filmed_is_followed_as_a_recording_is() -> None:
    """The same triples, some lost, give the same detections."""
    triples, meta = walk(14)
    triples = [t for t in triples if t.number not in {5, 6}]
    hold = HeldView(meta, HotPixels(meta))
    for triple in triples:
        hold.add(triple)
    parts = [part for t in triples for part in (t.on_axis, t.off_axis, t.dark)]
    recorded = scan_clip(
        Clip("a", meta.model_copy(update={"phases": PHASES * len(triples)}), lambda i: parts[i].pixels)
    )
    live = hold.finish()
    (one,), (other,) = live.candidates, recorded.candidates
    assert (one.x, one.y) == pytest.approx((other.x, other.y), abs=0.1)
    assert one.score == pytest.approx(other.score, abs=0.3)
    assert live.quality is not None
    assert recorded.quality is not None
    assert live.quality.triples_usable == recorded.quality.triples_usable == 12


class Watched(HeldView):
    """Follows nothing, but looks whether all frames of a triple are there when its turn comes."""

    turns = 0

    def _follow(self, until: int) -> None:
        for number in range(self.turns, until):
            one = self._paired(self._triples[number].on_axis)
            assert one is not None
            assert one.frames <= set(self._source.frames)
            self.turns += 1


def test_frames_that_were_lost_leave_each_triple_its_partners() -> None:
    (one, *_), meta = walk(1)
    rng = np.random.default_rng(3)
    for order in (VARIED_ORDER, PHASES, ("A", "M", "B", "C"), ("C", "B", "N", "A")):
        hold, builder, beside = Watched(meta, HotPixels(meta)), TripleBuilder(round_of(order)), list[PhaseFrame]()
        for number in range(50 * len(order)):
            if rng.random() < 0.1:
                continue
            is_short = number // len(order) % 4 == 3 and order[number % len(order)] != "C"
            trigger = Trigger(number, number * 10**7, order[number % len(order)], True, 0.06 if is_short else 1.0)
            part = PhaseFrame(one.dark.pixels, trigger, 0)
            if trigger.phase not in PHASES:
                beside.append(part)
                continue
            triple = builder.add(part)
            if triple is not None and hold.triples < HOLD_TRIPLES:
                hold.add(replace(triple, beside=tuple(beside)))
                beside.clear()
        assert hold.turns == hold.triples - 1 > 20


def test_a_candidate_is_followed_by_the_motion_of_the_view() -> None:
    """Between looks nobody looks for it, yet its place is known to a few pixels."""
    triples, meta = walk(24, drift_px=(1.5, -0.8))
    scan = LiveScan(meta, crops=CropBudget(), clock=Clock())
    for index, triple in enumerate(triples):
        for one in scan.add(triple).candidates:
            frames_left = 3 * (len(triples) - 1 - index)
            place = (200.0 - 1.5 * frames_left, 130.0 + 0.8 * frames_left)
            assert (one.x, one.y) == pytest.approx(place, abs=6.0)
    assert len(scan.finish().confirmed) == 1


def test_confirmation_takes_an_early_look_and_the_whole_hold() -> None:
    place, near = (200.0, 130.0), (202.0, 130.0)
    still = {"drift_px": (0.0, 0.0)}
    for detector, count, confirmed, withdrawn in (
        (Detector([place]), STRIDE, 0, 0),  # one look
        (Detector([place, near]), STRIDE, 0, 0),  # two detections of one look
        (Detector([place]), STRIDE + 1, 1, 0),
        (Detector([place], [place], []), 3 * STRIDE, 0, 1),  # what the whole hold does not call is withdrawn
        (Detector([], [], [], [place]), 3 * STRIDE + 2, 0, 0),
    ):
        updates, summary = run(scan_with(detector), count, **still)
        assert len(summary.confirmed) == confirmed, (count, detector.told)
        assert summary.dropped.get("candidate_withdrawn", 0) == withdrawn
        assert not any(c.is_confirmed for u in updates for c in u.candidates)
    assert CONFIRMATIONS == 2


def test_a_hold_ends_by_itself_where_the_view_is_lost_and_where_too_much_is_missing() -> None:
    place = (200.0, 130.0)
    detector = Detector([place])
    scan = scan_with(detector)
    one, meta = walk(1)
    frames = [part.pixels for part in (one[0].on_axis, one[0].off_axis, one[0].dark)]
    updates = [scan.add(triple) for triple in triples_of(frames * (2 * HOLD_TRIPLES + 4))]
    summary = scan.finish()
    assert [n for n, u in enumerate(updates) if u.confirmed] == [HOLD_TRIPLES - 1]
    whole = [*range(STRIDE + 1, HOLD_TRIPLES, STRIDE), HOLD_TRIPLES]
    assert detector.judged == whole * 2
    assert (summary.looks, summary.dropped["hold_too_short"], len(summary.confirmed)) == (2 * len(whole), 1, 1)
    elsewhere, _ = walk(2, seed=9)
    triples = triples_of(frames * 14)
    later_on = triples_of(frames * 2, first=12 + MAX_GAP)
    for later, why in ((elsewhere, "view_lost"), (later_on, "hold_with_gap")):
        detector = Detector([place])
        scan = LiveScan(meta, crops=CropBudget(), clock=Clock(), hold=detector)
        updates = [scan.add(triple) for triple in (*triples[:12], *later)]
        assert detector.judged == [STRIDE + 1, 12]
        assert [len(u.confirmed) for u in updates] == [0] * 12 + [1, 0]
        assert scan.so_far().dropped[why] == 1


def test_crops_are_held_to_the_budget_of_the_sweep() -> None:
    crops = CropBudget(3)
    places = [(40.0 + 50.0 * i, 60.0 + 60.0 * j) for i in range(3) for j in range(2)]
    _, summary = run(scan_with(Detector(places), crops), 16, drift_px=(0.0, 0.0))
    assert len(summary.confirmed) == 6
    assert sum(one.crop_png is not None for one in summary.confirmed) == 3
    assert summary.dropped["crop_over_budget"] == 3
    _, second = run(scan_with(Detector([(100.0, 100.0)]), crops), 16, drift_px=(0.0, 0.0))
    assert [one.crop_png for one in second.confirmed] == [None]


def test_triples_that_were_dropped_are_no_haste_of_the_hand() -> None:
    triples, meta = walk(16, drift_px=(8.0, 0.0))
    scan = LiveScan(meta, crops=CropBudget(), hold=Detector())
    spared = [scan.add(t) for t in triples[::3]]
    assert [u.guidance for u in spared] == [()] * len(spared)
    assert spared[-1].quality.motion_px == pytest.approx(24.0, abs=1.0), "a triple, not three"


def test_memory_is_bounded_and_frames_are_let_go() -> None:
    triples, meta = walk(30)
    scan = LiveScan(meta, crops=CropBudget())
    alive = [weakref.ref(triple.on_axis.pixels) for triple in triples]
    while triples:
        scan.add(triples.pop(0))
        gc.collect(1)
        held = sum(ref() is not None for ref in alive) - len(triples)
        assert held <= KEPT_ON_AXIS
    scan.finish()
    gc.collect()
    assert not any(ref() is not None for ref in alive)


def test_candidates_that_cannot_be_followed_are_counted() -> None:
    places = [(10.0 + 20.0 * (i % 17), 10.0 + 20.0 * (i // 17)) for i in range(MAX_FOLLOWED + 10)]
    _, summary = run(scan_with(Detector(places)), STRIDE, drift_px=(0.0, 0.0))
    assert summary.dropped["candidate_not_followed"] == 10


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ({}, ()),
        ({"drift_px": (40.0, 0.0)}, ("slower",)),
    ],
)
def test_guidance_for_motion(kind: dict[str, object], said: tuple[str, ...]) -> None:
    _, summary = run(scan_with(Detector()), 10, **kind)
    assert summary.guidance == said


def changed(gain: float, offset: float) -> tuple[LiveUpdate, LiveSummary]:
    """Frames whose light is multiplied and lifted, in DN."""
    _, meta = walk(1)
    scan = LiveScan(meta, crops=CropBudget(), hold=Detector())
    frames = strobed_frames(3, phases=PHASES * 8)
    frames = [np.clip(60 + offset + gain * (f.astype(float) - 60), 0, 1023).astype(np.uint16) for f in frames]
    updates = [scan.add(t) for t in triples_of(frames)]
    return updates[-1], scan.finish()


@pytest.mark.parametrize(
    ("gain", "offset", "said"), [(30.0, 0.0, "farther"), (0.02, 0.0, "closer"), (0.2, 700.0, "less_light")]
)
def test_guidance_for_light(gain: float, offset: float, said: str) -> None:
    _, summary = changed(gain, offset)
    assert said in summary.guidance


def test_glare_is_told_from_a_wall_that_is_too_close() -> None:
    frames = strobed_frames(3, phases=PHASES * 8)
    for frame in frames[::3]:
        frame[40:120, 40:120] = 1023  # a mirror, 6 % of the frame
    _, meta = walk(1)
    scan = LiveScan(meta, crops=CropBudget(), hold=Detector())
    assert {name for t in triples_of(frames) for name in scan.add(t).guidance} == {"glare"}


def test_where_nobody_looked_yet_is_said_now_and_then() -> None:
    scan = scan_with(Detector())
    updates, summary = run(scan, UNSEEN_EVERY, drift_px=(0.0, 0.0))
    assert [u.guidance for u in updates[:-1]] == [()] * (UNSEEN_EVERY - 1)
    (said,) = updates[-1].guidance
    assert said in {"unseen_left", "unseen_right", "unseen_up", "unseen_down"}
    assert said in WORDS.guidance
    assert summary.guidance == (), "what was not seen in time is in the coverage"


def test_quality_means_the_same_live_and_recorded(tmp_path: Path) -> None:
    frames = strobed_frames(3, phases=PHASES * 12, drift_px=(2.0, 0.5))
    _, meta = walk(1)
    scan = LiveScan(meta, crops=CropBudget(), hold=Detector())
    for triple in triples_of(frames):
        scan.add(triple)
    live = measurement_of(TASK, scan.finish(), meta, Counter(), None)
    write_clip(tmp_path / "clips" / "a", frames, meta.model_copy(update={"phases": PHASES * 12, "clip": "a"}), "npy")
    recorded = measure_clips(TASK, tmp_path / "clips", ())
    assert 0.05 < live.quality < 0.5
    assert recorded.quality == pytest.approx(live.quality)
    shutil.copytree(tmp_path / "clips" / "a", tmp_path / "clips" / "b")
    assert measure_clips(TASK, tmp_path / "clips", ()).quality == recorded.quality, "it may be the same wall again"


def test_guidance_is_said_once_until_it_was_right_for_a_while() -> None:
    scan = scan_with(Detector())
    good, _ = walk(12)
    fast, _ = walk(12, drift_px=(40.0, 0.0))
    said = [u.guidance for u in (scan.add(t) for t in (*good[:4], *fast[:6], *good[4:10], *fast[6:]))]
    assert Counter(name for names in said for name in names)["slower"] == 2
    assert said[4 : 4 + PATIENCE - 1] == [()] * (PATIENCE - 1)


def test_every_guidance_has_its_sentence_in_both_languages() -> None:
    for name in ("slower", "farther", "closer", "less_light", "hold_longer"):
        said = WORDS.guidance[name]
        assert said.ko != said.en
        assert display_text(said.ko) == said.ko


def test_a_lost_view_starts_a_new_map() -> None:
    first, meta = walk(8, seed=3)
    second, _ = walk(8, seed=9)
    scan = LiveScan(meta, crops=CropBudget(), hold=Detector())
    before = [scan.add(t) for t in first][-1].seen_sr
    after = [scan.add(t) for t in second][-1].seen_sr
    assert before > 0.1
    assert after >= before
    assert after < 2.0 * before, "two maps that may show the same are not added"


def test_binning_keeps_electrons_and_saturation() -> None:
    rng = np.random.default_rng(2)
    frame = rng.integers(60, 1000, (8, 12)).astype(np.uint16)
    frame[3, 5] = 1023
    half = binned(frame, 1023)
    meta = walk(1)[1].model_copy(update={"width": 1456, "height": 1088, "principal_point": (728.5, 543.5)})
    after = binned_meta(meta)
    assert half.shape == (4, 6)
    assert half[1, 2] == after.saturation_dn == 4092
    electrons = (half.astype(float) - after.black_level) * after.e_per_dn
    full = (frame.astype(float) - meta.black_level) * meta.e_per_dn
    assert electrons[0, 0] == pytest.approx(full[:2, :2].sum())
    assert after.principal_point == (364.0, 271.5)
    assert ClipMeta.model_validate(after.model_dump()) == after


class FakeSource:
    """A camera that plays frames and then ends as told."""

    serial = "stand-in"

    def __init__(self, frames: list[np.ndarray], ending: Exception) -> None:
        self.frames, self.ending, self.number, self.closed = frames, ending, 0, False

    def read(self) -> RawFrame:
        if self.number >= len(self.frames):
            raise self.ending
        self.number += 1
        at = self.number - 1
        return RawFrame(self.frames[at], 10**12 + at * 16_666_667 + 1_050_000, 1.0)

    def close(self) -> None:
        self.closed = True


def triggers_for(source: FakeSource) -> Iterator[list[Trigger]]:
    number = 0
    while True:
        due = []
        while number < source.number:
            due.append(Trigger(number, 10**12 + number * 16_666_667, PHASES[number % 3], True))
            number += 1
        yield due


@pytest.mark.parametrize(
    ("ending", "reason"),
    [(RoomNotEmptyError("x"), "room_not_declared_empty"), (CameraError("x"), "camera_failed"), (None, None)],
)
def test_a_position_is_filmed_and_measured(ending: Exception | None, reason: str | None) -> None:
    frames = strobed_frames(3, phases=PHASES * 24, glint=(200.0, 130.0), drift_px=(0.6, 0.3))
    _, meta = walk(1)
    source = FakeSource(frames, ending or CameraError("never asked"))
    feed = triggers_for(source)
    told: list[LiveUpdate] = []
    before_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    measured = film(
        TASK, source, lambda: next(feed), LiveScan(meta, crops=CropBudget(), clock=Clock()), meta,
        goes_on=lambda: ending is not None or source.number < len(frames), on_update=told.append, room=100,
    )  # fmt: skip
    assert source.closed
    assert [gap.reason for gap in measured.gaps] == ([] if reason is None else [reason])
    assert all(gap.start_ns >= before_ns for gap in measured.gaps), "from when it stopped"
    if reason == "room_not_declared_empty":
        assert measured.samples + measured.rejections.get("triple_after_stop", 0) == 24, "what waited is thrown away"
        return
    assert measured.samples == len(told) == 24
    assert measured.blind_reason is None
    assert 0.0 < measured.quality <= 1.0
    (observation,) = measured.observations
    assert observation.modality == "lens"
    assert list(measured.crops) == [str(observation.observation_id)]
    assert measured.limits == ("lens_uncalibrated",)


def test_a_position_that_was_stopped_before_anything_was_seen_is_blind() -> None:
    _, meta = walk(1)
    summary = LiveSummary(2, 0, {}, {}, 0.0, 1.0, (), ())
    for stopped, blind in ((None, "too_few_triples"), ("room_not_declared_empty", "room_not_declared_empty")):
        measured = measurement_of(TASK, summary, meta, Counter(), stopped)
        assert (measured.blind_reason, measured.quality) == (blind, 0.0)


def test_from_close_by_only_what_the_probe_points_at_is_observed_and_may_leave_a_crop() -> None:
    _, meta = walk(1)
    (x, y), aside = meta.principal_point, meta.focal_px * 0.1
    seen = tuple(
        Confirmed(n, Detection("live", x + n * aside, y, 0, 2.0 + n, "lens_candidate", {}, ()), 8, b"png")
        for n in range(2)
    )
    summary = LiveSummary(24, 3, {}, {}, 0.1, 0.3, seen, ())
    close = replace(TASK, position=TASK.position.model_copy(update={"position_id": "close-stall-1-39a05f43a26e"}))
    usual, near = (measurement_of(task, summary, meta, Counter(), None) for task in (TASK, close))
    assert [one.score for one in usual.observations if one.modality == "lens"] == [2.0, 3.0]
    assert [one.score for one in near.observations if one.modality == "lens"] == [2.0], "though the other shines more"
    assert list(near.crops) == [str(near.observations[0].observation_id)]
    assert (usual.rejections, near.rejections) == ({}, {"not_pointed_at": 1})


def test_a_permit_that_ends_stops_the_filming(tmp_path: Path) -> None:
    control = Control(clock=Clock())
    control.declare_empty(("a1", "b1"))
    frames = strobed_frames(3, phases=PHASES * 12)
    (tmp_path / "mode").write_text("1", encoding="ascii")
    stamps = [{"SensorTimestamp": 10**12 + n * 16_666_667 + 1_050_000, "AnalogueGain": 1.0} for n in range(36)]
    module = Module(list(zip(frames, stamps, strict=True)))
    settings = CameraSettings(width=364, height=272)
    camera = PiCamera(control.permit(), settings, trigger_mode=tmp_path / "mode", module=module)
    _, meta = walk(1)
    updates: list[LiveUpdate] = []
    number = 0

    def triggers() -> list[Trigger]:
        nonlocal number
        number += 1
        at = number - 1
        if at == 14:
            control.pause()  # somebody came in while frame 14 was taken
        return [Trigger(at, 10**12 + at * 16_666_667, PHASES[at % 3], True)]

    scan = LiveScan(meta, crops=CropBudget(), clock=Clock())
    measured = film(TASK, camera, triggers, scan, meta, goes_on=lambda: True, on_update=updates.append)
    assert len(updates) <= 5
    assert module.open_cameras == 0
    assert len(module.frames) >= 36 - 16, "one more is on its way at most"
    assert [gap.reason for gap in measured.gaps] == ["room_not_declared_empty"]


def test_what_the_detector_has_no_time_for_is_dropped_and_counted() -> None:
    frames = strobed_frames(3, phases=PHASES * 30)
    _, meta = walk(1)
    source = FakeSource(frames, CameraError("x"))
    feed = triggers_for(source)
    begun = threading.Event()

    def on_update(_: LiveUpdate) -> None:
        if not begun.is_set():
            wait_until(lambda: source.closed, "the camera was read to its end")
            begun.set()

    scan = LiveScan(meta, crops=CropBudget(), clock=Clock(), hold=Detector())
    measured = film(TASK, source, lambda: next(feed), scan, meta, goes_on=lambda: True, on_update=on_update, room=4)
    assert measured.samples + measured.rejections["triple_dropped"] == 30
    assert measured.samples <= 6
    assert measured.dropped >= 24


def test_a_fault_of_our_own_is_not_swallowed() -> None:
    _, meta = walk(1)
    source = FakeSource([], ZeroDivisionError("ours"))
    scan = LiveScan(meta, crops=CropBudget(), hold=Detector())
    with pytest.raises(ZeroDivisionError, match="ours"):
        film(TASK, source, list, scan, meta, goes_on=lambda: True, on_update=lambda _: None)
    assert source.closed

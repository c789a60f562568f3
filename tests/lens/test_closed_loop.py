"""The closed loop: firmware, lamp pins, rendered frames, pairing, live scan, candidate on the page and in the report.

All processes are real and keep to wall time; rendered detection rates are rendered ones. `pytest -s` prints figures.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from sweep.lens.clip.frames import LiveTriple, PhaseFrame
from sweep.lens.live.live import LiveScan
from sweep.lens.live.records import CropBudget
from sweep.modality.strobe import ORDER, Trigger
from sweep.sim.head.pads import Assembly
from sweep.sim.scene.wall import PlantedLens
from tests.lens.film_rig import HALF_SIZE, QUARTER_SIZE, FilmRig, lens_of, loads, plain_lens
from tests.simulators.film import FPS, Film, FilmSet
from tests.waiting import wait_until

FRAME_BYTES = 2 * QUARTER_SIZE[0] * QUARTER_SIZE[1]


@dataclass
class Watched:
    """What the process that films had open and wrote while it filmed."""

    opened: set[str] = field(default_factory=set)
    written_bytes: int = 0


def lens_process(rig: FilmRig) -> int | None:
    """Of the processes below this one, the one that has OpenCV in it and is not the rendered sensor."""
    for name in loads():
        pid = int(name.split()[0])
        try:
            is_it = "cv2" in Path(f"/proc/{pid}/maps").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        if is_it and "multiprocessing.spawn" in name and pid != rig.sensor.process_id:
            return pid
    return None


@contextmanager
def watching(rig: FilmRig) -> Iterator[Watched]:
    """Look at the process that films all the time."""
    watched, stop = Watched(), threading.Event()

    def look() -> None:
        pid = None
        while not stop.wait(0.1):
            pid = pid or lens_process(rig)
            if pid is None:
                continue
            try:
                said = Path(f"/proc/{pid}/io").read_text(encoding="ascii")
                watched.written_bytes = int(said.split("wchar: ")[1].split()[0])
                for one in Path(f"/proc/{pid}/fd").iterdir():
                    info = Path(f"/proc/{pid}/fdinfo/{one.name}").read_text(encoding="ascii")
                    mode = int(info.split("flags:")[1].split()[0], 8) & os.O_ACCMODE
                    watched.opened.add(f"{'r' if mode == os.O_RDONLY else 'w'} {one.readlink()}")
            except OSError:
                continue

    thread = threading.Thread(target=look, name="watch", daemon=True)
    thread.start()
    try:
        yield watched
    finally:
        stop.set()
        thread.join()


def sockets_of_the_network() -> set[str]:
    """Inodes of every TCP and UDP socket here."""
    tables = [Path(f"/proc/net/{name}") for name in ("tcp", "tcp6", "udp", "udp6", "raw", "packet")]
    lines = [line.split() for table in tables if table.exists() for line in table.read_text().splitlines()[1:]]
    return {message for line in lines for message in line[8:10]}


@pytest.mark.wall_clock("the wall is filmed as fast as the emulated head strobes, on a machine shared with other tests")
def test_a_lens_is_told_while_it_is_filmed_and_no_frame_leaves_the_process(tmp_path: Path) -> None:
    lens = plain_lens(QUARTER_SIZE)
    with FilmRig(tmp_path, FilmSet(3, QUARTER_SIZE, (lens,)), dwell_s=7.0) as rig, watching(rig) as watched:
        report = rig.sweep()
        network = sockets_of_the_network()
    cover, seen = lens_of(report)
    print(f"{cover.samples} triples in 7 s, {cover.rejections}")
    assert cover.samples >= 22, "two windows of eight, and the short ones"
    assert cover.blind_reason is None
    assert {gap.reason for gap in cover.gaps} <= {"lamp_went_off"}, "of a machine that is too busy at the very end"
    assert 0.0 < cover.quality < 1.0
    assert seen
    best = max(seen, key=lambda one: one.score)  # the wall may offer a weaker one: .3 a clip pass as candidates
    assert (best.x_px, best.y_px) == pytest.approx((lens.x_px, lens.y_px), abs=30.0), "where it is, but for the hand"
    assert {f.zone_id for f in report.findings} <= {best.zone_id}, "a glint alone asks for a second look if bright"
    assert len(rig.candidates_told()) >= 2, "while it was filmed, and with the position"

    assert watched.opened
    paths = {name for name in watched.opened if name.startswith("w /")}
    ours = {f"w {Path(f'/proc/self/fd/{number}').readlink()}" for number in (1, 2)}  # where pytest catches what is said
    assert paths <= {"w /dev/null", *ours}, "no file is open for writing"
    inodes = {name.split("[")[1].rstrip("]") for name in watched.opened if "socket:[" in name}
    assert not inodes & network
    print(f"the process that films wrote {watched.written_bytes} bytes in all, a frame has {FRAME_BYTES}")
    assert 0 < watched.written_bytes < FRAME_BYTES, "words, a measurement and one crop"
    left = [path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()]
    assert sum(left) < FRAME_BYTES


@pytest.mark.soak
@pytest.mark.parametrize("way", ["crossed", "loose", "stuck"])
def test_lamps_that_are_wired_wrongly_lose_the_triple(tmp_path: Path, way: str) -> None:
    assembly = {
        "crossed": Assembly(crossed=(("select_on_axis", "select_off_axis"),)),
        "loose": Assembly(loses_strobe_every=7),
        "stuck": Assembly(stuck_low=("strobe",)),
    }[way]
    made = FilmSet(3, QUARTER_SIZE, (plain_lens(QUARTER_SIZE),))
    with FilmRig(tmp_path, made, dwell_s=8.0, assembly=assembly) as rig:
        cover, seen = lens_of(rig.sweep())
    print(way, cover.samples, cover.rejections)
    if way == "loose":
        assert cover.rejections["lamp_phases_do_not_differ"] >= 5, "one triple in four has a lamp that did not shine"
        return
    assert not seen
    assert set(rig.candidates_told()) == set()
    if way == "stuck":
        assert cover.rejections["lamp_phases_do_not_differ"] >= 1


@pytest.mark.soak
def test_a_camera_that_is_pulled_is_a_gap_and_is_looked_for_at_the_next_position(tmp_path: Path) -> None:
    with FilmRig(tmp_path, FilmSet(3, QUARTER_SIZE), dwell_s=6.0, zones=3) as rig:
        rig.gate.release()
        rig.wait_for_frames()
        rig.sensor.pull()
        rig.gate.release()
        wait_until(lambda: rig.ended(1), "the second position", 60.0, 0.05)
        rig.sensor.__enter__()
        rig.gate.release()
        wait_until(lambda: rig.reports, "the report", 60.0, 0.05)
    first, second, third = (lens_of(rig.reports[0], zone)[0] for zone in range(3))
    assert [gap.reason for gap in first.gaps] == ["camera_away"]
    assert (second.blind_reason, [gap.reason for gap in second.gaps]) == ("camera_away", ["camera_away"])
    assert (third.blind_reason, third.gaps) == (None, ())
    assert third.samples >= 10


@pytest.mark.soak
def test_somebody_comes_in_and_not_one_frame_more_is_judged(tmp_path: Path) -> None:
    with FilmRig(tmp_path, FilmSet(3, QUARTER_SIZE), dwell_s=30.0) as rig:
        rig.gate.release()
        rig.wait_for_frames()
        paused_s = time.monotonic()
        rig.control.pause()
        wait_until(lambda: rig.ended(0), "the end of the position", 10.0, 0.01)
        print(f"from the pause to the measurement: {time.monotonic() - paused_s:.2f} s")
        rig.control.abort()
        wait_until(lambda: rig.reports, "the report", 60.0, 0.05)
    cover, _ = lens_of(rig.reports[0])
    assert {gap.reason for gap in cover.gaps} <= {"room_not_declared_empty", "room_entered"}


@pytest.mark.soak
@pytest.mark.parametrize("what", ["lens", "nothing", "hole", "poster"])
def test_ten_scenes(tmp_path: Path, what: str) -> None:
    """Lenses at 1 m and empty walls, at half size; a lens behind a hole and printed eyes only say what happens."""
    found, triples = 0, []
    for seed in range(10):
        lenses: tuple[PlantedLens, ...] = ()
        if what in {"lens", "hole"}:
            lenses = (plain_lens(HALF_SIZE, visible_share=1.0 if what == "lens" else 0.15),)
        made = FilmSet(100 + seed, HALF_SIZE, lenses, printed_eyes=3 if what == "poster" else 0)
        folder = tmp_path / str(seed)
        folder.mkdir()
        with FilmRig(folder, made, dwell_s=20.0) as rig:
            cover, seen = lens_of(rig.sweep())
        near = [o for o in seen if not lenses or abs(o.x_px - lenses[0].x_px) < 60 > abs(o.y_px - lenses[0].y_px)]
        found += bool(near)
        triples.append(cover.samples / 15.0)
        print(what, seed, len(seen), [round(o.score, 2) for o in seen], cover.samples, cover.rejections)
    print(f"{what}: {found} of 10, {min(triples):.1f} to {max(triples):.1f} triples a second")
    if what == "lens":
        assert found == 10
    if what == "nothing":
        assert found == 0


def is_past(moment_s: float) -> bool:
    return time.monotonic() >= moment_s


@pytest.mark.soak
def test_what_it_costs(tmp_path: Path) -> None:
    """Processor and memory by process at half size, against wall time."""
    with FilmRig(tmp_path, FilmSet(3, HALF_SIZE, (plain_lens(HALF_SIZE),)), dwell_s=20.0) as rig:
        rig.gate.release()
        rig.wait_for_frames()
        before, begun_s = loads(), time.monotonic()
        during, films, sensor = before, lens_process(rig), rig.sensor.process_id
        while not rig.ended(0):
            during = loads()
            wait_until(partial(is_past, time.monotonic() + 0.5), "half a second")
        spent_s = time.monotonic() - begun_s
        wait_until(lambda: rig.reports, "the report", 60.0, 0.05)
    names = {sensor: "rendered sensor", films: "lens", os.getpid(): "runner and this test"}
    spent: dict[str, float] = {}
    for name, load in sorted(during.items(), key=lambda item: -item[1].cpu_s):
        pid = int(name.split()[0])
        what = names.get(pid, "emulated head" if "head_process" in name else f"another ({pid})")
        spent[what] = load.cpu_s - (before[name].cpu_s if name in before else 0.0)
        print(f"{what:22} {spent[what] / spent_s:5.2f} of a processor, {load.peak_mib:4.0f} MiB at most")
    cover, _ = lens_of(rig.reports[0])
    print(f"{cover.samples / 15.0:.1f} triples a second, load {os.getloadavg()[0]:.1f}, {cover.rejections}")
    assert cover.samples > 0


@pytest.mark.soak
def test_ten_triples_a_second_take_less_than_one_processor() -> None:
    """At half size with its judging, by the processor's time, so that it is the same on a busy machine."""
    film = Film(FilmSet(3, HALF_SIZE, (plain_lens(HALF_SIZE),)))
    triples = []
    for number in range(33):
        parts = []
        for at, phase in enumerate(ORDER, start=3 * number):
            trigger = Trigger(at, at * 20_000_000, phase, True)
            parts.append(PhaseFrame(film.frame(at / FPS, phase), trigger, at * 20_000_000))
        on_axis, off_axis, dark = parts
        triples.append(LiveTriple(number, on_axis, off_axis, dark))
    scan = LiveScan(film.meta, crops=CropBudget())
    scan.add(triples[0])
    begun_s = time.process_time()
    for triple in triples[1:]:
        scan.add(triple)
    summary = scan.finish()
    each_ms = 1e3 * (time.process_time() - begun_s) / 32
    print(f"{each_ms:.0f} ms of a processor for each triple, {summary.looks} looks")
    assert summary.looks == 5
    assert len(summary.confirmed) == 1
    assert each_ms < 100.0

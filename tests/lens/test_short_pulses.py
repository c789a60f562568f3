"""Short pulses, middle rings and bursts of red while it is filmed: what they change, and what they must not."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
import pytest

from sweep.lab.bench.lamps import mean_electrons
from sweep.lens.calibration import SensorFit
from sweep.lens.clip.bursts import PARTNERS, RoundSieve, burst_of
from sweep.lens.clip.clips import Clip, ClipMeta
from sweep.lens.clip.frames import LiveTriple, PhaseFrame
from sweep.lens.clip.hot_pixels import HotPixels
from sweep.lens.clip.pairing import TripleBuilder
from sweep.lens.live.held_view import HeldView
from sweep.lens.live.live import LiveScan
from sweep.lens.live.records import CropBudget
from sweep.modality.strobe import SHORT_EVERY, SHORT_SCALE, Phase, Trigger
from tests.lens.clip_factory import meta_for
from tests.lens.live_triples import PERIOD_NS, walk


def renumbered(triple: LiveTriple, number: int) -> LiveTriple:
    """The same triple as that of another round."""
    on_axis, off_axis, dark = (
        replace(part, trigger=replace(part.trigger, number=3 * number + at))
        for at, part in enumerate((triple.on_axis, triple.off_axis, triple.dark))
    )
    return LiveTriple(number, on_axis, off_axis, dark)


def test_short_triples_measure_what_saturates_and_change_neither_coverage_nor_where_a_candidate_is() -> None:
    plain, meta = walk(18)
    holds: list[HeldView] = []

    def kept(meta: ClipMeta, hot: HotPixels) -> HeldView:
        holds.append(HeldView(meta, hot))
        return holds[-1]

    def as_short(triple: LiveTriple, number: int) -> LiveTriple:
        """The same place under short pulses: only its lamps are a sixteenth."""
        moved = renumbered(triple, number)
        on_axis, off_axis = (
            replace(part, pixels=moved.dark.pixels, trigger=replace(part.trigger, pulse_scale=SHORT_SCALE))
            for part in (moved.on_axis, moved.off_axis)
        )
        return LiveTriple(number, on_axis, off_axis, moved.dark)

    mixed: list[LiveTriple] = []
    for triple in plain:
        mixed.append(renumbered(triple, len(mixed)))
        if len(mixed) % SHORT_EVERY == SHORT_EVERY - 1:
            mixed.append(as_short(triple, len(mixed)))
    without, scan = LiveScan(meta, crops=CropBudget()), LiveScan(meta, crops=CropBudget(), hold=kept)
    for triple in plain:
        without.add(triple)
    for triple in mixed:
        scan.add(triple)
    one, other = without.finish(), scan.finish()
    assert (other.triples, one.looks, other.looks) == (len(mixed), 3, 3)
    assert other.seen_sr == pytest.approx(one.seen_sr)
    assert other.guidance == one.guidance
    assert len(other.confirmed) == len(one.confirmed) == 1
    groups = [(triple.on_axis, *triple.short) for triple in holds[0].so_far().triples if triple.short is not None]
    assert len({on for _, on, _ in groups}) == len(groups) == len(mixed) - 18, "each belongs to one triple"
    assert all(abs(on - here) == 3 for here, on, _ in groups)


def test_rings_and_a_burst_of_red_go_to_the_detector_with_the_next_triple() -> None:
    order: tuple[Phase, ...] = ("A", "B", "C", "M")
    burst = burst_of(order) + PARTNERS
    assert burst == 8
    stream = [*order, *order, *"CARRRRAC", *order, *order]
    (triple, *_), meta = walk(9)
    sieve, builder, triples = RoundSieve(order, burst), TripleBuilder(len(order)), list[LiveTriple]()
    for number, phase in enumerate(stream):
        trigger = Trigger(number, number * PERIOD_NS, cast("Phase", phase), True)
        part = sieve.add(PhaseFrame(triple.on_axis.pixels, trigger, number * PERIOD_NS))
        made = None if part is None else builder.add(part)
        if made is not None:
            triples.append(replace(made, beside=sieve.beside()))
    assert [t.number for t in triples] == [0, 1, 4, 5]
    assert [[p.trigger.phase for p in t.beside] for t in triples] == [[], ["M"], ["M", *"CARRRRAC"], ["M"]]
    assert builder.dropped["triple_lost"] == sieve.rounds == 2, "which is taken off again: nothing was lost"
    hold = HeldView(meta, HotPixels(meta))
    for one in triples:
        hold.add(one)
    paired = [(t.on_axis, t.off_axis, t.dark, t.middle, t.red) for t in hold.so_far().triples]
    assert paired == [(0, 1, 2, 3, None), (4, 5, 2, 3, None), (16, 17, 15, 19, 13), (20, 21, 18, 19, None)]
    assert {len(o): burst_of(o) for o in (("A", "B", "C"), order, (*order, "N"))} == {3: 5, 4: 4, 5: 6}


def test_short_frames_of_a_recording_calibrate_no_lamp() -> None:
    levels = [260, 180, 60] * 3 + [72, 68, 60]
    frames = [np.full((64, 96), level, np.uint16) for level in levels]
    usual = meta_for((64, 96), ("A", "B", "C") * 4)
    meta = usual.model_copy(update={"pulse_scale": (1.0,) * 9 + (SHORT_SCALE, SHORT_SCALE, 1.0)})
    sensor = SensorFit(
        black_level_dn=60.0, black_spread_dn=0.0, e_per_dn=4.0, e_per_dn_error=0.1, read_noise_e=3.0,
        pixel_response_spread=0.0, hot_pixels=(), saturation_dn=1023.0, frames=12,
    )  # fmt: skip
    mean = mean_electrons(Clip("card", meta, frames.__getitem__), "A", sensor)
    assert mean is not None
    assert float(mean.mean()) == pytest.approx(800.0)
    with_short = mean_electrons(Clip("card", usual, frames.__getitem__), "A", sensor)
    assert with_short is not None
    assert float(with_short.mean()) < 700.0

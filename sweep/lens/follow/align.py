"""One triple and the ways between its frames.

Job: chain the registration of on_axis frames through a clip, interpolate it to the other frames and refine off_axis
locally. Input: a source of frames and the pairing; output: `PlacedTriple`, with every frame as it was exposed.
Refuses a fit it does not believe: the motion between neighbours stands in, and the triple says so.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sweep.lens.clip.clips import ClipMeta
from sweep.lens.clip.phases import TripleLight, triple_fault
from sweep.lens.clip.source import Electrons, FrameSource, Triple
from sweep.lens.pixels.points import motion_by_points
from sweep.lens.pixels.register import (
    MIN_CORRELATION,
    Affine,
    Image,
    Motion,
    Registration,
    RegistrationFault,
    Template,
    apply,
    compose,
    identity,
    interpolate,
    invert,
    local_flow,
    middle,
    prepare,
    prepare_moved,
    register,
)

MAX_REFINEMENT_PX = 6.0
"""Guessed: an off_axis fit farther than this from the interpolated motion (half size) follows reflections instead."""


@dataclass(frozen=True)
class PlacedShort:
    """The group of short lamp pulses beside a triple, placed by the interpolated motion."""

    on_axis: Image
    off_axis: Image
    to_on_axis: Affine
    """From on_axis of the triple."""
    to_off_axis: Affine
    pulses: float
    """Length of the on_axis pulse over that of the off_axis one."""


@dataclass(frozen=True)
class PlacedTriple:
    """The frames of one triple in electrons, each in its own geometry, and the ways between them."""

    on_axis: Image
    off_axis: Image
    dark: Image
    middle: Image | None
    outer: Image | None
    red: Image | None
    short: PlacedShort | None
    saturated: npt.NDArray[np.uint8]
    """255 where on_axis stood at saturation."""
    to_off_axis: Affine
    flow: npt.NDArray[np.float32]
    """H' x W' x 2: smooth displacement from on_axis to off_axis on top of the affine motion, pixels of the frame."""
    to_dark: Affine
    to_middle: Affine | None
    to_outer: Affine | None
    to_red: Affine | None
    light: TripleLight
    fault: str
    motion_since_last: Motion | None
    """From the on_axis frame of the last usable triple to this one; None for the first."""
    read_s: float


class Chain:
    """Registration of the on_axis frames of a clip, read one ahead."""

    def __init__(self, source: FrameSource, triples: Sequence[Triple]) -> None:
        """`triples` may grow while it is used."""
        self.source = source
        self.triples = triples
        self.read_s = 0.0
        self._frames: dict[int, tuple[Electrons, Template]] = {}
        self.steps: dict[int, Registration] = {}
        """Motion from on_axis frame of triple i to that of triple i + 1."""
        self._since_used: Motion | None = None
        self.poses: dict[int, Affine] = {}
        """Motion from the first usable on_axis frame to that of triple i."""

    def on_axis(self, index: int) -> tuple[Electrons, Template]:
        """Frame of triple `index`; frames long past are dropped."""
        if index not in self._frames:
            started = time.perf_counter()
            frame = self.source.electrons(self.triples[index].on_axis)
            self.read_s += time.perf_counter() - started
            self._frames[index] = (frame, prepare(frame.image, self.source.meta.read_noise_e))
            for old in [i for i in self._frames if i < index - 1]:
                del self._frames[old]
        return self._frames[index]

    def step(self, index: int) -> Registration | None:
        """Motion from triple `index` to the next; None at the end or before the start."""
        if not 0 <= index < len(self.triples) - 1:
            return None
        if index not in self.steps:
            template, moved = self.on_axis(index)[1], self.on_axis(index + 1)[1]
            step = register(template, moved)
            if step.correlation < MIN_CORRELATION:
                step = self._by_points(index, step)
            self.steps[index] = step
        return self.steps[index]

    def _by_points(self, index: int, step: Registration) -> Registration:
        """Where the surface cannot be registered, the brightest points may agree on a motion."""
        motion = motion_by_points(self.on_axis(index)[0].image, self.on_axis(index + 1)[0].image)
        return step if motion is None else replace(step, matrix=motion, fault=RegistrationFault.NONE)

    def motion_to_frame(self, index: int, frame: int) -> Affine:
        """Interpolated motion from the on_axis frame of triple `index` to any frame near it."""
        here = self.triples[index].on_axis
        if frame >= here:
            ahead = self.step(index)
            if ahead is not None and ahead.ok:
                span = self.triples[index + 1].on_axis - here
                return interpolate(identity(), ahead.matrix, (frame - here) / max(1, span))
        behind = self.step(index - 1)
        if behind is not None and behind.ok:
            span = here - self.triples[index - 1].on_axis
            return interpolate(identity(), invert(behind.matrix), (here - frame) / max(1, span))
        ahead = self.step(index)
        if ahead is not None and ahead.ok:
            span = self.triples[index + 1].on_axis - here
            return interpolate(identity(), ahead.matrix, (frame - here) / max(1, span))
        return identity()

    def ways_from(self, start: int) -> list[Affine]:
        """Motion from the on_axis frame of triple `start` to that of each triple; where it is not known, none."""
        ways = [identity()] * len(self.triples)
        for i in range(start, len(ways) - 1):
            step = self.steps.get(i)
            ways[i + 1] = compose(step.matrix if step and step.ok else identity(), ways[i])
        for i in range(start - 1, -1, -1):
            step = self.steps.get(i)
            ways[i] = compose(invert(step.matrix) if step and step.ok else identity(), ways[i + 1])
        return ways

    def median_motion_px(self) -> float:
        """Median motion of the frame centre per frame."""
        moves = []
        for i, step in self.steps.items():
            if step.ok:
                x, y = self.source.meta.width / 2, self.source.meta.height / 2
                px, py = apply(step.matrix, x, y)
                frames = max(1, self.triples[i + 1].on_axis - self.triples[i].on_axis)
                moves.append(float(np.hypot(px - x, py - y)) / frames)
        return float(np.median(moves)) if moves else 0.0

    def overlap_share(self, used: list[int]) -> float:
        """Share of the last usable view that lies inside all usable views."""
        if not used:
            return 0.0
        width, height = self.source.meta.width, self.source.meta.height
        ys, xs = np.mgrid[0:height:16, 0:width:16]
        points = np.stack([xs.ravel(), ys.ravel(), np.ones(xs.size)])
        inside = np.ones(xs.size, bool)
        back = identity()
        for i in range(used[-1] - 1, used[0] - 1, -1):
            step = self.steps.get(i)
            if step is None or not step.ok:
                break
            back = compose(invert(step.matrix), back)
            moved = back @ points
            inside &= (moved[0] >= 0) & (moved[0] < width) & (moved[1] >= 0) & (moved[1] < height)
        return float(inside.mean())

    def since_last_used(self, index: int, used: bool) -> Motion | None:
        """Motion from the last usable on_axis frame to this one; call once per triple in order."""
        result = self._since_used
        if used:
            self._since_used = Motion(identity(), None)
        step = self.step(index)
        if self._since_used is not None and step is not None:
            matrix = step.matrix if step.ok else identity()
            # the slide of each track takes up its parallax, so no displacement is worked out between on_axis frames
            self._since_used = Motion(compose(matrix, self._since_used.matrix), None)
        return result


def place_triple(chain: Chain, index: int) -> PlacedTriple:
    """Register triple `index`. Raises `ClipError` when a frame cannot be read."""
    read_before = chain.read_s
    source, triple = chain.source, chain.triples[index]
    meta = source.meta
    reference, template = chain.on_axis(index)
    step_fault = _chain_fault(chain, index)
    started = time.perf_counter()
    off, dark = source.electrons(triple.off_axis), source.electrons(triple.dark)
    others = (triple.middle, triple.outer, triple.red)
    middle, outer, red = (None if i is None else source.electrons(i).image for i in others)
    short = _place_short(chain, index)
    chain.read_s += time.perf_counter() - started
    off_template = prepare_moved(off.image, meta.read_noise_e)
    coarse = chain.motion_to_frame(index, triple.off_axis)
    fit = register(template, off_template, start=coarse)
    is_believed = fit.correlation >= MIN_CORRELATION and _near(fit.matrix, coarse, template.shape, meta.scale)
    motion = fit.matrix if is_believed else coarse
    flow = local_flow(template, off_template, motion)
    if not is_believed:
        flow[:] = 0.0
    dark_e = _median(dark.image)
    light = TripleLight(
        on_axis_e=_median(reference.image) - dark_e,
        off_axis_e=_median(off.image) - dark_e,
        dark_e=dark_e,
        match=fit.correlation,
        is_flat=template.is_flat or off_template.is_flat,
        saturated=float(np.count_nonzero(reference.saturated)) / reference.saturated.size,
        roughness=min(_roughness(reference.image, meta), _roughness(dark.image, meta)),
        e_per_dn=meta.e_per_dn,
    )
    fault = step_fault or triple_fault(light)
    since = chain.since_last_used(index, not fault)
    return PlacedTriple(
        on_axis=reference.image,
        off_axis=off.image,
        dark=dark.image,
        middle=middle,
        outer=outer,
        red=red,
        short=short,
        saturated=reference.saturated,
        to_off_axis=motion,
        flow=flow,
        to_dark=chain.motion_to_frame(index, triple.dark),
        to_middle=_way(chain, index, triple.middle),
        to_outer=_way(chain, index, triple.outer),
        to_red=_way(chain, index, triple.red),
        light=light,
        fault=fault,
        motion_since_last=since,
        read_s=chain.read_s - read_before,
    )


def _way(chain: Chain, index: int, frame: int | None) -> Affine | None:
    return None if frame is None else chain.motion_to_frame(index, frame)


def _place_short(chain: Chain, index: int) -> PlacedShort | None:
    short = chain.triples[index].short
    if short is None:
        return None
    on, off = short
    return PlacedShort(
        on_axis=chain.source.electrons(on).image,
        off_axis=chain.source.electrons(off).image,
        to_on_axis=chain.motion_to_frame(index, on),
        to_off_axis=chain.motion_to_frame(index, off),
        pulses=chain.source.pulse(on) / chain.source.pulse(off),
    )


def _roughness(image: Image, meta: ClipMeta) -> float:
    """Median difference of neighbouring pixels over what noise makes of it, from every 64th row."""
    rows = image[:: 64 if image.shape[0] >= 256 else 4]
    if rows.shape[1] < 2:
        return 0.0
    difference = middle(np.abs(np.diff(rows, axis=1)).ravel()) * 1.4826 / np.sqrt(2.0)
    expected = np.sqrt(max(0.0, middle(rows.ravel())) + meta.read_noise_e**2 + meta.e_per_dn**2 / 12.0)
    return float(difference / expected)


def _chain_fault(chain: Chain, index: int) -> str:
    """A triple is unusable when no neighbour registers with it."""
    steps = [s for s in (chain.step(index - 1), chain.step(index)) if s is not None]
    if steps and not any(s.ok for s in steps):
        return str(next(s.fault for s in steps if s.fault is not RegistrationFault.NONE))
    return ""


def _near(fit: Affine, coarse: Affine, shape: tuple[int, int], scale: float) -> bool:
    height, width = shape
    limit = MAX_REFINEMENT_PX * max(1.0, scale)
    for x, y in ((0, 0), (width, 0), (0, height), (width, height)):
        a, b = apply(fit, x, y), apply(coarse, x, y)
        if np.hypot(a[0] - b[0], a[1] - b[1]) > limit:
            return False
    return True


def _median(image: Image) -> float:
    """Mean without the darkest and brightest twentieth, from every 16th pixel along a side (every one when small)."""
    pace = 16 if min(image.shape) >= 128 else 1
    values = np.sort(image[::pace, ::pace], axis=None)
    cut = values.size // 20
    return float(values[cut : values.size - cut].mean())

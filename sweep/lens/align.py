"""One triple brought into the geometry of its on_axis frame.

Job: chain the registration of on_axis frames through a clip, interpolate it to the off_axis and dark frames, refine
off_axis locally and warp both. Input: a source of frames and the pairing; output: `AlignedTriple`. Refuses to warp
by a fit it does not believe: the motion between neighbours stands in, and the triple says so.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from sweep.lens.camera import Electrons, RecordedSource, Triple
from sweep.lens.phases import TripleLight, triple_fault
from sweep.lens.register import (
    Affine,
    Image,
    Registration,
    RegistrationFault,
    Template,
    apply,
    compose,
    identity,
    interpolate,
    invert,
    local_flow,
    prepare,
    register,
)

MAX_REFINEMENT_PX = 6.0
"""Guessed: an off_axis fit farther than this from the interpolated motion (half size) follows reflections instead."""


@dataclass(frozen=True)
class AlignedTriple:
    """Three frames in electrons in the geometry of the on_axis frame."""

    on_axis: Image
    off_axis: Image
    dark: Image
    saturated: npt.NDArray[np.uint8]
    light: TripleLight
    fault: str
    motion_since_last: Affine | None
    """From the on_axis frame of the last usable triple to this one; None for the first."""
    read_s: float


class Chain:
    """Registration of the on_axis frames of a clip, read one ahead."""

    def __init__(self, source: RecordedSource, triples: tuple[Triple, ...]) -> None:
        self.source = source
        self.triples = triples
        self.read_s = 0.0
        self._frames: dict[int, tuple[Electrons, Template]] = {}
        self.steps: dict[int, Registration] = {}
        """Motion from on_axis frame of triple i to that of triple i + 1."""
        self._since_used: Affine | None = None
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
            self.steps[index] = register(template, moved)
        return self.steps[index]

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

    def since_last_used(self, index: int, used: bool) -> Affine | None:
        """Motion from the last usable on_axis frame to this one; call once per triple in order."""
        result = self._since_used
        if used:
            self._since_used = identity()
        step = self.step(index)
        if self._since_used is not None and step is not None:
            motion = step.matrix if step.ok else identity()
            self._since_used = compose(motion, self._since_used)
        return result


def align_triple(chain: Chain, index: int) -> AlignedTriple:
    """Register and warp triple `index`. Raises `ClipError` when a frame cannot be read."""
    read_before = chain.read_s
    source, triple = chain.source, chain.triples[index]
    meta = source.meta
    reference, template = chain.on_axis(index)
    step_fault = _chain_fault(chain, index)
    started = time.perf_counter()
    off, dark = source.electrons(triple.off_axis), source.electrons(triple.dark)
    chain.read_s += time.perf_counter() - started
    off_template = prepare(off.image, meta.read_noise_e)
    coarse = chain.motion_to_frame(index, triple.off_axis)
    fit = register(template, off_template, start=coarse)
    motion = fit.matrix if _near(fit.matrix, coarse, template.shape, meta.scale) else coarse
    flow = local_flow(template, off_template, motion)
    off_image = _warp(off.image, motion, flow)
    dark_image = _warp(dark.image, chain.motion_to_frame(index, triple.dark), None)
    light = TripleLight(
        on_axis_e=_median(reference.image) - _median(dark.image),
        off_axis_e=_median(off.image) - _median(dark.image),
        dark_e=_median(dark.image),
        match=fit.correlation,
        is_flat=template.is_flat or off_template.is_flat,
        saturated=float(reference.saturated.mean()) / 255.0,
        e_per_dn=meta.e_per_dn,
    )
    fault = triple_fault(light) or step_fault
    since = chain.since_last_used(index, not fault)
    return AlignedTriple(
        reference.image, off_image, dark_image, reference.saturated, light, fault, since, chain.read_s - read_before
    )


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


def _warp(image: Image, motion: Affine, flow: npt.NDArray[np.float32] | None) -> Image:
    """Image resampled into the reference's geometry; beyond its border the edge repeats."""
    size = (image.shape[1], image.shape[0])
    if flow is None:
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return np.asarray(cv2.warpAffine(image, motion, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.float32)
    full = cv2.resize(flow, size, interpolation=cv2.INTER_LINEAR)
    xs = np.arange(size[0], dtype=np.float32)[None, :]
    ys = np.arange(size[1], dtype=np.float32)[:, None]
    a = motion.astype(np.float32)
    map_x = full[..., 0] + (a[0, 0] * xs + a[0, 2]) + a[0, 1] * ys
    map_y = full[..., 1] + (a[1, 0] * xs + a[1, 2]) + a[1, 1] * ys
    warped = cv2.remap(image, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, np.float32)


def _median(image: Image) -> float:
    return float(np.mean(np.clip(image[::4, ::4], *np.percentile(image[::8, ::8], [5, 95]))))

"""How much of the walls was seen at a position: one measure for a live camera and for recorded clips.

Job: lay triple after triple on one map of directions (`view.ViewMap`) and say how good each was. Input: on_axis and
dark frames in their order; output: the solid angle in which the reference lens would have shown on a wall at `wall_m`,
and the share of what a position should show, which is what `quality` of the lens means. Refuses to add up what may be
the same: where nobody knows how the view moved (between clips, after a pause), the larger of both counts stands.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sweep.lens.clip.clips import Clip, ClipMeta, Frame
from sweep.lens.clip.source import pair_triples
from sweep.lens.follow.coverage import expected_flux_e
from sweep.lens.follow.view import TripleView, ViewMap, view_of
from sweep.lens.live.pose import Pose
from sweep.lens.live.records import TripleQuality
from sweep.lens.optics import load_optics
from sweep.lens.pixels.motion import Shift, shift_between, thumbnail
from sweep.lens.pixels.register import Image
from sweep.modality.directions import SeenDirections

FULL_SR = 2.0
"""Solid angle of a stall's walls and ceiling from its middle that a position should show: about a third of the sphere
(guessed; a person turns twice through it)."""
WALL_M = 1.0
"""Distance of the walls for which coverage is stated where nobody measured it: a stall is 0.9 to 1.2 m wide
(guessed)."""
FRAMES_A_TRIPLE = 3
MAX_BLUR_PX = 2.0
MAX_SATURATED = 0.05
LEAST_LIGHT_E = 8.0
"""These three as in the recorded scan's guidance."""
MAX_AMBIENT_RATIO = 20.0
MAX_TURN_SHARE = 0.2
"""Share of the view by which it may move between triples; beyond, windows lose their overlap (guessed)."""
GLARE_LIGHT_SHARE = 0.3
"""What is saturated while the middle of the frame is darker than this share of saturation is glare, and no wall that
is too close (guessed)."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the walls, as directions from where a position began."""

    yaw_deg: float
    """Middle, to the right."""
    pitch_deg: float
    """Middle, upwards."""
    half_yaw_deg: float
    half_pitch_deg: float

    def holds(self, pitch_deg: Image, yaw_deg: Image) -> npt.NDArray[np.bool_]:
        """Which directions belong to it."""
        inside = abs(yaw_deg - self.yaw_deg) <= self.half_yaw_deg
        return np.asarray(inside & (abs(pitch_deg - self.pitch_deg) <= self.half_pitch_deg))


PARTS = (
    Part(0.0, 5.0, 20.0, 15.0), Part(-40.0, 5.0, 20.0, 15.0), Part(40.0, 5.0, 20.0, 15.0), Part(0.0, 30.0, 40.0, 10.0),
    Part(0.0, -20.0, 40.0, 10.0),
)  # fmt: skip
"""Ahead, left, right, above and below: 60 degrees to each side and 30 below to 40 above, FULL_SR and a little more."""
ENOUGH_SHARE = 0.3
"""Of a part, beyond which nobody is told to turn there (guessed)."""


def quality_of(seen_sr: float) -> float:
    """Share of what should be seen at a position that was seen."""
    return min(1.0, seen_sr / FULL_SR)


@dataclass(frozen=True, slots=True)
class SeenWalls:
    """How much was seen in one clip, or so far."""

    solid_angle_sr: float = 0.0
    directions: SeenDirections | None = None


def walls_in(clip: Clip, on_triple: Callable[[Callable[[], SeenWalls]], None] | None = None) -> SeenWalls:
    """What was seen in one clip; `on_triple` gets, after each triple, who says what was seen so far.

    Raises `ClipError` when a frame cannot be read.
    """
    walls = WallCoverage(clip.meta)

    def so_far() -> SeenWalls:
        return SeenWalls(walls.solid_angle_sr(), walls.directions())

    for triple in pair_triples(clip.meta.phases, clip.meta.short_frames)[0]:
        walls.add(clip.frame(triple.on_axis), clip.frame(triple.dark))
        if on_triple is not None:
            on_triple(so_far)
    return so_far()


def widest(seen: Sequence[SeenWalls]) -> SeenWalls:
    """That of the clip of a position that saw most: nobody knows how clips lie to each other, so that only the first
    may begin where the position began.
    """
    best = max(range(len(seen)), key=lambda number: seen[number].solid_angle_sr, default=0)
    if not seen or seen[best].solid_angle_sr <= 0.0 or (one := seen[best].directions) is None:
        return SeenWalls()
    anchored = one.model_copy(update={"is_anchored": one.is_anchored and best == 0})
    return SeenWalls(seen[best].solid_angle_sr, anchored)


@dataclass(frozen=True, slots=True)
class SeenTriple:
    """What one triple showed."""

    quality: TripleQuality
    view: TripleView
    shift: Shift
    """How the view moved since the last one."""


class WallCoverage:
    """The map of one position; `add` its triples in their order."""

    def __init__(self, meta: ClipMeta, pose: Pose | None = None) -> None:
        """`meta`: calibrated numbers of the frames that come.  `pose`: where the camera points; None: pictures alone
        tell how the view moves.
        """
        self._meta = meta
        self._pose = pose
        self._optics = load_optics(meta.eye)
        self._thumbnail: Image | None = None
        self._ranges_m: list[float] = []
        self.map = ViewMap(meta)

    def note_range(self, range_m: float | None) -> None:
        """How far away the walls in view are now, where somebody measured it."""
        if range_m is not None:
            self._ranges_m.append(range_m)

    @property
    def wall_m(self) -> float:
        """Distance for which coverage is stated: the median of what was measured, `WALL_M` without."""
        return float(np.median(self._ranges_m)) if self._ranges_m else WALL_M

    @property
    def is_wall_measured(self) -> bool:
        """Whether somebody measured `wall_m`."""
        return bool(self._ranges_m)

    def add(self, on_axis: Frame, dark: Frame, times_ns: Sequence[int] = (), steps: int = 1) -> SeenTriple:
        """Take one triple, `steps` after the last one taken; one that moved too fast is credited with nothing.
        `times_ns`: when its exposures began, the on_axis one first, in the time of the pose.
        """
        lit, unlit = self._electrons(on_axis), self._electrons(dark)
        small = thumbnail(lit)
        before, self._thumbnail = self._thumbnail, small
        shift = self._moved(None if before is None else shift_between(before, small, self._meta.width), times_ns)
        if shift.is_known:
            self.map.turn(shift.dx_px, shift.dy_px)
        else:
            self.map.lose()
        saturated = (on_axis >= self._meta.saturation_dn).astype(np.uint8) * np.uint8(255)
        quality = self._quality(lit, unlit, float(saturated.mean()) / 255.0, shift, times_ns, steps)
        view = view_of(self._optics, self._meta, lit, unlit, saturated, quality.blur_px)
        if "slower" not in quality.faults:
            self.map.add(view)
        return SeenTriple(quality, view, shift)

    def _moved(self, seen: Shift | None, times_ns: Sequence[int]) -> Shift:
        """How the view moved, by pictures or else by the pose; `seen`: None where nothing came before."""
        shift = seen
        if self._pose is not None and times_ns:
            shift = self._pose.step(seen, times_ns[0])
        return Shift(0.0, 0.0, True) if seen is None or shift is None else shift

    def unseen(self) -> str | None:
        """Where to turn next, from where the camera points now, to the part of the walls of which least was seen; None
        where enough of each was.
        """
        rows, columns = self.map.angles_deg()
        seen = self.map.farthest_m() >= self.wall_m
        shares = {part: float(seen[part.holds(rows, columns)].mean()) for part in PARTS}
        least = min(PARTS, key=lambda part: shares[part])
        if shares[least] >= ENOUGH_SHARE:
            return None
        right_deg, up_deg = least.yaw_deg - self.map.yaw_deg, least.pitch_deg - self.map.pitch_deg
        if abs(right_deg) >= abs(up_deg):
            return "unseen_right" if right_deg > 0.0 else "unseen_left"
        return "unseen_up" if up_deg > 0.0 else "unseen_down"

    def begin_again(self) -> None:
        """What comes next follows after a pause: nobody knows how the view moved meanwhile."""
        self._thumbnail = None
        self.map.lose()

    def solid_angle_sr(self) -> float:
        """Solid angle in which the reference lens would have shown on the walls."""
        return self.map.solid_angle_sr(self.wall_m)

    def directions(self) -> SeenDirections:
        """Which directions were seen so far, for whoever knows where the walls are."""
        reference_e = expected_flux_e(self._optics, self._meta, 1.0)
        return self.map.widest().directions(reference_e, self._meta.led["A"].offset_m or None)

    def _electrons(self, pixels: Frame) -> Image:
        meta = self._meta
        return (pixels.astype(np.float32) - np.float32(meta.black_level)) * np.float32(meta.e_per_dn)

    def _quality(
        self, on_axis: Image, dark: Image, saturated: float, shift: Shift, times_ns: Sequence[int], steps: int
    ) -> TripleQuality:
        meta = self._meta
        shaken_px = 0.0 if self._pose is None else self._pose.blur_px(times_ns, meta.exposure_s)
        level = float(np.median(on_axis[::4, ::4]))
        ambient = float(np.median(dark[::4, ::4]))
        light = level - ambient
        motion = float(np.hypot(shift.dx_px, shift.dy_px)) / steps if shift.is_known else None
        blur = max(shaken_px, 0.0 if motion is None else motion / FRAMES_A_TRIPLE * meta.exposure_s * meta.fps)
        scale = max(0.5, meta.scale)
        faults = []
        if motion is None or motion > MAX_TURN_SHARE * meta.width or blur > MAX_BLUR_PX * scale:
            faults.append("slower")
        full_e = (meta.saturation_dn - meta.black_level) * meta.e_per_dn
        if saturated > MAX_SATURATED:
            faults.append("farther" if level > GLARE_LIGHT_SHARE * full_e else "glare")
        elif light < LEAST_LIGHT_E:
            faults.append("closer")
        if ambient > MAX_AMBIENT_RATIO * max(light, 1.0):
            faults.append("less_light")
        return TripleQuality(
            None if motion is None else round(motion, 2),
            round(blur, 3),
            round(saturated, 5),
            round(light, 2),
            round(ambient, 2),
            tuple(faults),
        )

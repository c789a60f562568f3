"""Plain ways to look for lenses, to measure the detector against on the same clips.

Job: the reference methods that the clip document names, rebuilt as simply as they are described: brightest spots,
on_axis minus dark, registered minus off_axis, tracked and stacked. Input: frames and numbers of a clip; output: claims
to be scored. They are yardsticks and are not tuned.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from sweep.lab.scoring.score import Claim
from sweep.lens.clip.clips import ClipMeta, Frame
from sweep.lens.clip.source import Triple, pair_triples
from sweep.lens.pixels.register import Affine, compose, identity, interpolate, prepare, register

Image = npt.NDArray[np.float32]
CLAIMS_PER_CLIP = 20


def brightest(frames: Sequence[Frame], meta: ClipMeta) -> list[Claim]:
    """Local maxima of the last on_axis frame by their light."""
    last = _triples(meta)[-1]
    return _claims(_point(_electrons(frames[last.on_axis], meta), meta), last.on_axis)


def without_dark(frames: Sequence[Frame], meta: ClipMeta) -> list[Claim]:
    """Local maxima of on_axis minus dark, not registered."""
    last = _triples(meta)[-1]
    diff = _electrons(frames[last.on_axis], meta) - _electrons(frames[last.dark], meta)
    return _claims(_over_noise(_point(diff, meta)), last.on_axis)


def without_off_axis(frames: Sequence[Frame], meta: ClipMeta) -> list[Claim]:
    """Local maxima of on_axis minus registered off_axis, the latter widened by a local maximum."""
    last = _triples(meta)[-1]
    return _claims(_over_noise(_point(_difference(frames, meta, last), meta)), last.on_axis)


def stacked(frames: Sequence[Frame], meta: ClipMeta) -> list[Claim]:
    """The difference of all triples moved along the registered motion, the median of it in the last on_axis frame."""
    triples = _triples(meta)
    size = (meta.width, meta.height)
    way: Affine = identity()
    reference = None
    layers: list[Image] = []
    for triple in reversed(triples):
        template = prepare(_electrons(frames[triple.on_axis], meta), meta.read_noise_e)
        if reference is not None:
            way = compose(register(reference, template).matrix, way)
        reference = template
        ratio = _over_noise(_point(_difference(frames, meta, triple), meta))
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        layers.append(np.asarray(cv2.warpAffine(ratio, way, size, flags=flags), np.float32))
    return _claims(np.asarray(np.median(np.stack(layers), axis=0), np.float32), triples[-1].on_axis)


METHODS: dict[str, Callable[[Sequence[Frame], ClipMeta], list[Claim]]] = {
    "brightest spots": brightest,
    "on_axis - dark": without_dark,
    "registered - off_axis": without_off_axis,
    "tracked and stacked": stacked,
}


def register_difference_blob(frames: Sequence[Frame], meta: ClipMeta, triple: Triple) -> int:
    """Plain OpenCV on one triple, the yardstick for speed: ECC registration, difference, blob detector."""
    on, off, dark = (_electrons(frames[i], meta) for i in (triple.on_axis, triple.off_axis, triple.dark))
    shrink = max(1, meta.width // 364)
    size = (meta.width // shrink, meta.height // shrink)
    small = [cv2.resize(f, size, interpolation=cv2.INTER_AREA) for f in (on, off)]
    warp: npt.NDArray[np.float32] = np.eye(2, 3, dtype=np.float32)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 30, 1e-4)
    try:
        warp = np.asarray(cv2.findTransformECC(small[0], small[1], warp, cv2.MOTION_AFFINE, criteria)[1], np.float32)
    except cv2.error:
        warp = np.eye(2, 3, dtype=np.float32)
    warp[:, 2] *= shrink
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    moved = cv2.warpAffine(off, warp, (meta.width, meta.height), flags=flags)
    diff = np.clip((on - dark) - (moved - dark), 0, None)
    grey = cv2.convertScaleAbs(diff, alpha=255.0 / max(1.0, float(np.percentile(diff[::4, ::4], 99.9))))
    parameters = cv2.SimpleBlobDetector.Params()
    parameters.filterByColor, parameters.blobColor = True, 255
    parameters.minArea, parameters.maxArea = 2.0, 200.0
    return len(cv2.SimpleBlobDetector.create(parameters).detect(grey))


def _triples(meta: ClipMeta) -> tuple[Triple, ...]:
    return pair_triples(meta.phases, meta.short_frames)[0]


def _electrons(frame: Frame, meta: ClipMeta) -> Image:
    return (frame.astype(np.float32) - np.float32(meta.black_level)) * np.float32(meta.e_per_dn)


def _difference(frames: Sequence[Frame], meta: ClipMeta, triple: Triple) -> Image:
    on, off, dark = (_electrons(frames[i], meta) for i in (triple.on_axis, triple.off_axis, triple.dark))
    motion = register(prepare(on, meta.read_noise_e), prepare(off, meta.read_noise_e)).matrix
    share = (triple.dark - triple.on_axis) / (triple.off_axis - triple.on_axis)
    off = _moved(off, motion)
    dark_way = interpolate(identity(), motion, share)
    dark = _moved(dark, dark_way)
    widened = cv2.dilate(off - dark, np.ones((3, 3), np.uint8))
    ratio = float(np.median((on - dark)[::8, ::8]) / max(1.0, float(np.median((off - dark)[::8, ::8]))))
    return np.asarray((on - dark) - np.float32(np.clip(ratio, 0.5, 2.0)) * widened, np.float32)


def _moved(image: Image, motion: Affine) -> Image:
    size = (image.shape[1], image.shape[0])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(image, motion, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.float32)


def _point(image: Image, meta: ClipMeta) -> Image:
    sigma = 0.9 * max(1.0, meta.scale**0.5)
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma) - cv2.GaussianBlur(image, (0, 0), 2 * sigma), np.float32)


def _over_noise(image: Image) -> Image:
    spread = 1.4826 * float(np.median(np.abs(image[::3, ::3]))) + 1e-3
    return image / np.float32(spread)


def _claims(image: Image, frame: int) -> list[Claim]:
    top = cv2.dilate(image, np.ones((9, 9), np.uint8))
    mask = (image >= top) & (image > 0)
    mask[:3] = mask[-3:] = False
    mask[:, :3] = mask[:, -3:] = False
    ys, xs = np.nonzero(mask)
    best = np.argsort(-image[ys, xs], kind="stable")[:CLAIMS_PER_CLIP]
    return [Claim(float(xs[i]), float(ys[i]), float(image[ys[i], xs[i]]), frame) for i in best]

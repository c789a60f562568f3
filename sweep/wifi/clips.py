"""Does a flow upload clips, as a camera does that films when something moves?

Input is a flow and the seconds in which its channel was heard; output is what its uploads are, if anything.  Such a
camera shows no clock of pictures: it sends a thick upload of some seconds, as fast as the link takes it, and next to
nothing before and after.  Many uploads of nearly the same size with long pauses are called video; fewer are what a
phone may send as well, and are left open.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from .transmitters import Flow

CLIP_OCTETS: Final = 150_000
"""Measured on one such camera: 50 uploads of 0.2 to 0.64 MB in a week; a limit guessed below."""
THICK_OCTETS: Final = 25_000
"""In a second of an upload: guessed, 200 kbit/s; that camera reaches 4.2 Mbit/s."""
UP_SHARE: Final = 0.85
BRIDGED_S, LONGEST_S = 2, 60
"""An upload may stall so long, and takes no longer: guessed, clips of a minute at the rate they were filmed at."""
QUIET_SHARE: Final = 0.02
"""Of the octets of its thick seconds, what other seconds have on average: guessed; phones chatter, such a camera keeps
its connection alive."""
MIN_QUIET_S, EDGE_S = 5, 3
"""Quiet seconds that have to be heard, and those in a row on one side of the upload: guessed; else it may have been cut
out of a longer one by the listener's turns."""
MIN_CLIPS, CLIP_VARIATION, CLIP_PAUSE_S = 6, 0.35, 20.0
"""What is called: limits guessed around what was measured."""

ClipKind = Literal["clips", "may_be_clips"]


@dataclass(frozen=True, slots=True)
class Clip:
    """One upload; seconds are places among those heard."""

    first: int
    last: int
    octets: float


def judge_clips(flow: Flow) -> tuple[ClipKind, float] | None:
    """What the uploads of a flow are, and after how many seconds they said so; None where they say nothing."""
    if flow.is_from_ap or float(flow.frame_len.sum()) < CLIP_OCTETS:
        return None
    heard_ns = _seconds_heard(flow)
    up = _octets_by_second(flow.t_ns, flow.frame_len, heard_ns)
    back = _octets_by_second(flow.back_t_ns, flow.back_frame_len, heard_ns)
    clips = _find_clips(up, up + back, heard_ns)
    if not clips:
        return None
    begun_s = (heard_ns - heard_ns[0]) / 1e9
    sizes = np.array([clip.octets for clip in clips])
    pauses_s = [begun_s[after.first] - begun_s[before.last] for before, after in pairwise(clips)]
    if len(clips) >= MIN_CLIPS and sizes.std() <= CLIP_VARIATION * sizes.mean() and np.median(pauses_s) >= CLIP_PAUSE_S:
        return "clips", float(begun_s[clips[MIN_CLIPS - 1].last] - begun_s[clips[0].first])
    is_clip = np.zeros(len(up), dtype=bool)
    for clip in clips:
        is_clip[clip.first : clip.last + 1] = True
    quiet = up[~is_clip]
    if len(quiet) < MIN_QUIET_S or quiet.mean() > QUIET_SHARE * up[is_clip].mean():
        return None
    if not any(_has_edge(clip, is_clip, heard_ns) for clip in clips):
        return None
    return "may_be_clips", float(begun_s[clips[0].last] - begun_s[clips[0].first])


def _seconds_heard(flow: Flow) -> NDArray[np.int64]:
    """Beginnings of the whole seconds in which the flow's channel was heard."""
    if len(flow.heard_ns):
        return flow.heard_ns
    return np.arange(int(flow.t_ns[0]), int(flow.t_ns[-1]) + 1, 1_000_000_000, dtype=np.int64)


def _octets_by_second(
    t_ns: NDArray[np.int64], octets: NDArray[np.int32], heard_ns: NDArray[np.int64]
) -> NDArray[np.float64]:
    place = np.searchsorted(heard_ns, t_ns, side="right") - 1
    known = place >= 0
    return np.bincount(place[known], weights=octets[known], minlength=len(heard_ns)).astype(np.float64)


def _find_clips(up: NDArray[np.float64], both: NDArray[np.float64], heard_ns: NDArray[np.int64]) -> list[Clip]:
    thick = np.flatnonzero((up >= THICK_OCTETS) & (up >= UP_SHARE * both))
    if not len(thick):
        return []
    breaks = np.flatnonzero(np.diff(heard_ns[thick]) > (BRIDGED_S + 1) * 1_000_000_000) + 1
    runs = np.split(thick, breaks)
    found = [Clip(int(run[0]), int(run[-1]), float(up[run[0] : run[-1] + 1].sum())) for run in runs]
    return [clip for clip in found if clip.octets >= CLIP_OCTETS and clip.last - clip.first < LONGEST_S]


def _has_edge(clip: Clip, is_clip: NDArray[np.bool_], heard_ns: NDArray[np.int64]) -> bool:
    """Some quiet seconds were heard in a row right before it or right after."""
    for near, step in ((clip.first, -1), (clip.last, 1)):
        places = near + step * np.arange(1, EDGE_S + 1)
        if places.min() < 0 or places.max() >= len(heard_ns) or is_clip[places].any():
            continue
        if abs(int(heard_ns[places[-1]]) - int(heard_ns[near])) <= (EDGE_S + 1) * 1_000_000_000:
            return True
    return False

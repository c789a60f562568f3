"""Does a flow upload clips, as a camera does that films when something moves?

Input is a flow and the seconds in which its channel was heard; output is what its uploads are, if anything.  Such a
camera shows no clock of pictures: it sends a thick upload of some seconds, as fast as the link takes it, and next to
nothing before and after.  Many uploads of nearly the same size with long pauses are called video; fewer are what a
phone may send as well, and are left open.  Files that follow each other at once, or are more than a camera can have
filmed meanwhile, are neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sweep.wifi.frames.columns import quantile
from sweep.wifi.transmitters.flow import Flow

CLIP_OCTETS: Final = 150_000
"""Measured on one such camera: 50 uploads of 0.2 to 0.64 MB in a week; a limit guessed below."""
THICK_OCTETS: Final = 25_000
"""In a second of an upload: guessed, 200 kbit/s; that camera reaches 4.2 Mbit/s."""
UP_SHARE: Final = 0.85
BRIDGED_S, LONGEST_S = 2, 60
"""An upload may stall so long, and takes no longer: guessed, clips of a minute at the rate they were filmed at."""
QUIET_SHARE: Final = 0.02
"""Of the octets of its thick seconds, what other seconds have on average, both ways: guessed; phones chatter and fetch,
such a camera keeps its connection alive."""
MIN_QUIET_S, EDGE_S = 5, 3
"""Quiet seconds that have to be heard, and those in a row on one side of the upload: guessed; else it may have been cut
out of a longer one by the listener's turns."""
MIN_CLIPS, CLIP_VARIATION, CLIP_PAUSE_S = 6, 0.35, 20.0
"""What is called: limits guessed around what was measured."""

PART_OCTETS, PART_PAUSE_S = 500, 0.5
"""Frames of an upload are no shorter, and such a pause ends a part of it: guessed, as long as a bad link was measured
to stall."""
STALL_S, FILM_S = 2.0, 8.0
"""A longer pause is no stall of the link, and a shorter one is no time to film the next clip in: guessed; cameras film
ten seconds and more, and may send some of it meanwhile."""
MIN_ALIKE, PART_VARIATION, MAX_UNEVEN = 3, 0.03, 0.05
"""So many parts of nearly equal size, or that begin at so nearly equal distances, are no chance: some cameras send what
they film every few seconds.  But parts of a file are equal, and what was filmed in equal times varies by more.
Guessed."""
FILM_KBPS: Final = 4_000.0
"""No such camera films more: guessed, twice what the thicker ones of 1080 lines send."""

MAX_RUNS: Final = 64
"""Kept per flow of a long capture: guessed, ten times as many as are needed."""

ClipKind = Literal["clips", "may_be_clips"]


class Run(NamedTuple):
    """Thick seconds of a flow, one after the other: a clip, or the part of one that a log holds."""

    begin_ns: int
    """Of its first second."""
    end_ns: int
    """Of the beginning of its last second."""
    octets: float

    @property
    def is_clip(self) -> bool:
        """It is as large as a clip, and no longer."""
        return self.octets >= CLIP_OCTETS and self.end_ns - self.begin_ns < LONGEST_S * 1_000_000_000


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
    after_s = judge_runs([Run(int(heard_ns[clip.first]), int(heard_ns[clip.last]), clip.octets) for clip in clips])
    if after_s is not None:
        return "clips", after_s
    is_clip = np.zeros(len(up), dtype=bool)
    for clip in clips:
        is_clip[clip.first : clip.last + 1] = True
    quiet = (up + back)[~is_clip]
    if len(quiet) < MIN_QUIET_S or quiet.mean() > QUIET_SHARE * up[is_clip].mean():
        return None
    if not any(_has_edge(clip, is_clip, heard_ns) for clip in clips) or _are_files(flow, heard_ns):
        return None
    return "may_be_clips", float(begun_s[clips[0].last] - begun_s[clips[0].first])


def judge_runs(runs: Sequence[Run]) -> float | None:
    """After how many seconds clips of nearly the same size with long pauses between them say what they are; or None."""
    clips = [run for run in runs if run.is_clip]
    if len(clips) < MIN_CLIPS:
        return None
    sizes = np.array([clip.octets for clip in clips])
    pauses_ns = np.array([after.begin_ns - before.end_ns for before, after in pairwise(clips)])
    if sizes.std() > CLIP_VARIATION * sizes.mean() or quantile(pauses_ns, 0.5) < CLIP_PAUSE_S * 1e9:
        return None
    return (clips[MIN_CLIPS - 1].end_ns - clips[0].begin_ns) / 1e9


def list_runs(flow: Flow) -> tuple[Run, ...]:
    """The thick seconds of a flow of one log, to be joined with those of the next log of its capture."""
    if flow.is_from_ap or not len(flow.t_ns):
        return ()
    heard_ns = _seconds_heard(flow)
    up = _octets_by_second(flow.t_ns, flow.frame_len, heard_ns)
    back = _octets_by_second(flow.back_t_ns, flow.back_frame_len, heard_ns)
    found = _find_runs(up, up + back, heard_ns)
    return tuple(Run(int(heard_ns[clip.first]), int(heard_ns[clip.last]), clip.octets) for clip in found)


def join_runs(before: tuple[Run, ...], after: tuple[Run, ...]) -> tuple[Run, ...]:
    """Those of two logs, one after the other: MAX_RUNS clips at most, and what the next log may go on with."""
    if before and after and after[0].begin_ns - before[-1].end_ns <= (BRIDGED_S + 1) * 1_000_000_000:
        whole = Run(before[-1].begin_ns, after[0].end_ns, before[-1].octets + after[0].octets)
        before, after = before[:-1], (whole, *after[1:])
    found = (*before, *after)
    return tuple(run for number, run in enumerate(found) if run.is_clip or number + 1 == len(found))[:MAX_RUNS]


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
    found = _find_runs(up, both, heard_ns)
    return [clip for clip in found if clip.octets >= CLIP_OCTETS and clip.last - clip.first < LONGEST_S]


def _find_runs(up: NDArray[np.float64], both: NDArray[np.float64], heard_ns: NDArray[np.int64]) -> list[Clip]:
    thick = np.flatnonzero((up >= THICK_OCTETS) & (up >= UP_SHARE * both))
    if not len(thick):
        return []
    breaks = np.flatnonzero(np.diff(heard_ns[thick]) > (BRIDGED_S + 1) * 1_000_000_000) + 1
    runs = np.split(thick, breaks)
    return [Clip(int(run[0]), int(run[-1]), float(up[run[0] : run[-1] + 1].sum())) for run in runs]


def _are_files(flow: Flow, heard_ns: NDArray[np.int64]) -> bool:
    """Whether parts of what was sent come too soon after one another, or are too large, for what is filmed first.

    Parts that are alike, or come by the clock, may come soon.
    """
    parts = _find_parts(flow)
    for before, after in pairwise(parts):
        if after.octets > FILM_KBPS * 125.0 * (after.begin_ns - before.begin_ns) / 1e9:
            return True
    steps_ns = np.diff([part.begin_ns for part in parts])
    if len(parts) >= MIN_ALIKE and steps_ns.std() <= MAX_UNEVEN * steps_ns.mean():
        return False
    inner = [
        part.octets
        for part in parts
        if part.begin_ns > heard_ns[0] + 1_000_000_000 and part.end_ns < heard_ns[-1]  # the others may be cut
    ]
    if len(inner) >= MIN_ALIKE and PART_VARIATION < np.std(inner) / np.mean(inner) <= CLIP_VARIATION:
        return False
    return any(_is_too_soon(before.end_ns, after.begin_ns, heard_ns) for before, after in pairwise(parts))


def _is_too_soon(end_ns: int, begin_ns: int, heard_ns: NDArray[np.int64]) -> bool:
    """Whether a pause is longer than a stall, shorter than a camera films, and was heard."""
    pause_s = (begin_ns - end_ns) / 1e9
    if not STALL_S <= pause_s < FILM_S:
        return False
    first, last = np.searchsorted(heard_ns, [end_ns, begin_ns])
    return bool(last - first >= int(pause_s))


def _find_parts(flow: Flow) -> list[Run]:
    """What was sent without a pause of PART_PAUSE_S, small matters left out."""
    is_large = flow.frame_len >= PART_OCTETS
    t_ns, octets = flow.t_ns[is_large], flow.frame_len[is_large]
    if not len(t_ns):
        return []
    first = np.concatenate([[0], np.flatnonzero(np.diff(t_ns) >= PART_PAUSE_S * 1e9) + 1])
    last = np.append(first[1:], len(t_ns)) - 1
    sums = np.add.reduceat(octets.astype(np.float64), first)
    found = zip(first, last, sums, strict=True)
    return [Run(int(t_ns[a]), int(t_ns[b]), float(sent)) for a, b, sent in found if sent >= THICK_OCTETS]


def _has_edge(clip: Clip, is_clip: NDArray[np.bool_], heard_ns: NDArray[np.int64]) -> bool:
    """Some quiet seconds were heard in a row right before it or right after."""
    for near, step in ((clip.first, -1), (clip.last, 1)):
        places = near + step * np.arange(1, EDGE_S + 1)
        if places.min() < 0 or places.max() >= len(heard_ns) or is_clip[places].any():
            continue
        if abs(int(heard_ns[places[-1]]) - int(heard_ns[near])) <= (EDGE_S + 1) * 1_000_000_000:
            return True
    return False

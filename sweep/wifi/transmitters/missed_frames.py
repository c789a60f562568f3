"""Frames that were not heard, told by the gaps of sequence numbers, and frames of sound, which are no part of pictures.

Input is the data frames of a flow; output is a `Queue`: the frames in the order in which their sender queued them, with
how many are missing after each.  A frame that had to be sent again is back in its place there, and no later than any
frame queued behind it.  How long a missing frame was nobody knows; `pictures` guesses that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sweep.captures.packets import Int64s

from .flow import Flow
from .transmitters import SEQUENCE_NUMBERS

Doubles = NDArray[np.float64]
Bools = NDArray[np.bool_]

MAIN_SHARE: Final = 0.7
"""Share of the octets that the busiest counter has to hold: guessed; else numbers are not used."""
MOST_REORDERED: Final = 256
"""A number may come this much too late: derived, the longest Block Ack window of 802.11ax."""
MOST_MISSING: Final = 1_024
"""Longer gaps are taken for a counter that began anew: guessed, a second of a fast camera."""
FULL_SHARE: Final = 0.9
"""A frame shorter than this share of the longest usual one ends a picture (as in `cadence`)."""
SOUND_SHARE: Final = 0.04
"""Share of all frames from which one small length is taken for sound: guessed; ends of pictures are of any length."""
MIN_SOUND_FRAMES: Final = 20
LONGEST_SILENCE: Final = 12
"""Frames of sound in a row that may be missing: guessed, more is a pause."""
SMALL_SHARE: Final = 0.5
"""Sound is shorter than this share of a full frame: guessed."""


@dataclass(frozen=True, slots=True)
class Queue:
    """Frames as they were queued."""

    t_s: Doubles
    """Ascending."""
    octets: NDArray[np.int32]
    missing: Int64s
    """Frames between this one and the next that were not heard; 0 behind the last."""
    is_numbered: bool
    """Numbers were there: no frame is missing where none is counted."""

    @property
    def full_octets(self) -> float:
        """Length of a full frame: the longest usual one."""
        return float(np.quantile(self.octets, 0.9)) if len(self.octets) else 0.0

    @property
    def is_full(self) -> Bools:
        """Per frame: it ends no picture."""
        full: Bools = self.octets >= FULL_SHARE * self.full_octets
        return full

    def keep(self, wanted: Bools, missing: Int64s) -> Queue:
        """Some of the frames; what is `missing` behind the others is missing behind the frame kept before them."""
        place = np.cumsum(wanted) - 1
        kept = int(wanted.sum())
        is_between = (place >= 0) & (place < kept - 1)
        carried = np.bincount(place[is_between], weights=missing[is_between], minlength=kept).astype(np.int64)
        return Queue(self.t_s[wanted], self.octets[wanted], carried, self.is_numbered)


def queue_frames(flow: Flow, start_s: float, first_s: float, last_s: float) -> Queue:
    """The frames of a flow between two times, counted in seconds from `start_s`, in the order of their numbers."""
    t_s = flow.t_ns / 1e9 - start_s
    heard = (t_s >= first_s) & (t_s < last_s)
    t_s, octets = t_s[heard], flow.frame_len[heard]
    if len(flow.sequence_number) == len(heard) and len(t_s) > 1:
        number, counter = flow.sequence_number[heard].astype(np.int64), flow.tid[heard].astype(np.int64) + 1
        has_number = number >= 0
        main = int(np.argmax(np.bincount(counter, weights=octets * has_number)))
        is_main = has_number & (counter == main)
        if octets[is_main].sum() >= MAIN_SHARE * octets.sum():
            return _order_by_number(t_s[is_main], octets[is_main], number[is_main])
    return Queue(t_s, octets, np.zeros(len(t_s), dtype=np.int64), False)


def _order_by_number(t_s: Doubles, octets: NDArray[np.int32], number: Int64s) -> Queue:
    half = SEQUENCE_NUMBERS // 2
    step = (np.diff(number) + half) % SEQUENCE_NUMBERS - half
    began_anew = (step < -MOST_REORDERED) | (step > MOST_MISSING)
    serial = np.concatenate([[0], np.cumsum(np.where(began_anew, 1, step))])
    order = np.argsort(serial, kind="stable")
    missing = np.append(np.maximum(np.diff(serial[order]) - 1, 0), 0)
    queued_s = np.minimum.accumulate(t_s[order][::-1])[::-1]  # before anything that was queued later was sent
    return Queue(queued_s, octets[order], missing, True)


def drop_sound(queue: Queue) -> Queue:
    """The queue without frames of up to two small lengths that are far too frequent for ends of pictures.

    Sound is sent by a clock of its own, which is stricter than that of pictures.
    """
    for _ in range(2):
        small = queue.octets[queue.octets < SMALL_SHARE * queue.full_octets]
        lengths, counts = np.unique(small, return_counts=True)
        if not len(counts) or counts.max() < max(SOUND_SHARE * len(queue.octets), MIN_SOUND_FRAMES):
            break
        is_sound = queue.octets == lengths[int(np.argmax(counts))]
        queue = queue.keep(~is_sound, _without_missing_sound(queue, np.flatnonzero(is_sound)))
    return queue


def _without_missing_sound(queue: Queue, sound: Int64s) -> Int64s:
    """What is missing when the frames of sound that should have been between those heard are not counted."""
    missing = queue.missing.copy()
    steps_s = np.diff(queue.t_s[sound])
    if not (steps_s > 0).any():
        return missing
    periods = np.rint(steps_s / np.median(steps_s[steps_s > 0])).astype(np.int64)
    middle_s = 0.5 * (queue.t_s[:-1] + queue.t_s[1:])
    for place in np.flatnonzero((periods >= 2) & (periods <= LONGEST_SILENCE)):
        first, last = sound[place], sound[place + 1]
        gaps = first + np.flatnonzero(missing[first:last])
        for nth in range(1, periods[place]):
            if not len(gaps):
                break
            due_s = queue.t_s[first] + steps_s[place] * nth / periods[place]
            nearest = gaps[int(np.argmin(np.abs(middle_s[gaps] - due_s)))]
            missing[nearest] -= 1
            gaps = gaps[missing[gaps] > 0]
    return missing

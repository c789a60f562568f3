"""Which lamp a whole frame of a sensor without an external trigger was lit by, from what the head read back.

Job: such a sensor opens its rows one after the other, so a flash lights the whole frame only while all rows are open;
one that falls elsewhere lights a part of two frames. Input: a frame with its time and the head's triggers; output: the
trigger that explains it, or why none does. Refuses to guess: a frame that was lit in part, twice or by a lamp that was
withheld is a code. In a room that is not dark a long shutter drowns the lamps: the bench kit is for dark ones.

The time stamp is that of the first row's reading, the end of its exposure (V4L2's buffers of the Raspberry Pi's
receivers at frame start: derived, no Pi has shown it).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sweep.lens.clip.clips import DARK
from sweep.lens.clip.frames import RawFrame
from sweep.lens.optics import RollingShutter
from sweep.modality.strobe import Trigger

FLASH_NS: Final = 2_200_000
"""From the trigger to the end of the longest pulse: 2 ms (firmware/limits.toml), 64 us before it and a margin."""
MARGIN_NS: Final = 1_000_000
"""By which time stamps and the head's clock may be off (guessed)."""


def lamp_of(frame: RawFrame, shutter: RollingShutter, triggers: Sequence[Trigger]) -> Trigger | str | None:
    """The trigger whose lamp, or darkness, the whole frame shows; a code where none; None while that is not known yet.

    `triggers`: in their order, those of the last frames among them.
    """
    readout_ns = round(shutter.readout_s * 1e9)
    opened_ns = frame.sensor_ns - round(shutter.shutter_s * 1e9)
    closed_ns = frame.sensor_ns + readout_ns
    if not triggers or triggers[-1].t_ns <= closed_ns + MARGIN_NS:
        return None
    during = [t for t in triggers if t.t_ns + FLASH_NS > opened_ns - MARGIN_NS and t.t_ns < closed_ns + MARGIN_NS]
    if any(t.phase != DARK and not t.is_lit for t in during):
        return "lamp_withheld"
    all_open_ns, first_closes_ns = opened_ns + readout_ns + MARGIN_NS, frame.sensor_ns - MARGIN_NS
    whole = [t for t in during if t.t_ns >= all_open_ns and t.t_ns + FLASH_NS <= first_closes_ns]
    lit = [t for t in during if t.phase != DARK]
    if not lit:
        return whole[0] if len(whole) == 1 else "frame_without_lamp"
    return lit[0] if len(lit) == 1 and lit[0] in whole else "frame_partly_lit"


def can_be_lit_whole(shutter: RollingShutter) -> bool:
    """Whether there is time enough for a flash while all rows are open."""
    return (shutter.shutter_s - shutter.readout_s) * 1e9 >= FLASH_NS + 4 * MARGIN_NS

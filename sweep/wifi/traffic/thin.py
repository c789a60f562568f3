"""Could a stream that is too thin for every other mark be a camera's whose picture hardly changes?

Input is the frames of one window of a flow and what its peer sent meanwhile; output is `Thin`, what is left of a camera
then: it sends, second after second, frames of more lengths than a machine that always says the same.  This opens a
question and never answers it: what passes here is left to the light, after everything that is likelier a camera.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from sweep.wifi.frames.columns import count_distinct

from .cadence import Floats, Octets
from .unclocked import MAX_LONG_ANSWERS, MIN_ACTIVE, MIN_UP_SHARE
from .windows import EVEN_OCTETS, Window

LEAST_KBPS, MOST_KBPS = 20.0, 150.0
"""x264 sends 34 to 46 kbit/s of a quiet room (measured).  From the upper one on the rate counts in full for a camera
(`camera_features`); headers of so small frames are a third of what is sent."""
LEAST_LENGTHS: Final = 3
"""Of frames: what always reports the same has one, and another one that keeps its connection alive; pictures that are
all alike (MJPEG) have three and more in half a minute (`air_late`)."""
FRAMES_HZ: Final = (0.8, 45.0)
"""As few as are judged in half a minute; thirty pictures a second, some of which take several frames, a constant sound
left out.  Speech in steps of 20 ms has more."""

SPEECH_S, SPEECH_ROW, MOST_SPEECH = (0.016, 0.024), 8, 0.25
"""Steps of 20 ms in which speech is sent, so many in a row, and their share of all gaps from which on a stream is
speech.  Derived: nobody takes 50 pictures a second, and a picture cut into eight frames so far apart would be sent for
160 ms, in frames of 470 octets at most.  Measured: 44 of 192 thin sounds of `air_homes` have 0.38 and more, none of 600
thin cameras any such row (`air_late`)."""
LEAST_ALIKE, LEAST_KEPT, STEPS_HZ = 0.4, 24, 51.0
"""But a camera may cut each picture into equal pieces and send one each step: share of the frames that are as long as
the one before, a constant sound left out, of so many frames at least.  Derived: pictures in two pieces have 0.5, in
three 0.67; speech draws each length anew.  Measured: 72 such cameras have 0.55 and more (`air_shaped`), 71 sounds of
`air_homes` and `air_halls` 0.18 and less.  One frame each step comes to at most so many a second."""


@dataclass(frozen=True, slots=True)
class Thin:
    """What a window looks like, a constant sound included: pictures in which nothing changes are as alike."""

    seconds: float
    rate_kbps: float
    uneven_kbps: float
    """Of it, without a constant sound."""
    frames: int
    uneven_frames: int
    """Of those, without a constant sound."""
    lengths: int
    """How many different ones its frames have."""
    up_share: float
    long_answers: float
    """Octets of the peer in frames longer than any request, over those sent."""
    active: float
    """Share of whole seconds in which something came."""
    speech: float
    """Share of the gaps between frames that are steps of speech, in rows."""
    alike: float
    """Share of the frames that are as long as the one before, without a constant sound."""

    @property
    def may_be_pictures(self) -> bool:
        """All marks are there."""
        return (
            self.rate_kbps >= LEAST_KBPS
            and self.uneven_kbps <= MOST_KBPS
            and FRAMES_HZ[0] * self.seconds <= self.frames
            and self.uneven_frames <= (STEPS_HZ if self.is_in_steps else FRAMES_HZ[1]) * self.seconds
            and self.lengths >= LEAST_LENGTHS
            and self.up_share >= MIN_UP_SHARE
            and self.long_answers <= MAX_LONG_ANSWERS
            and self.active >= MIN_ACTIVE
            and (self.speech < MOST_SPEECH or self.is_in_steps)
        )

    @property
    def is_in_steps(self) -> bool:
        """Pieces of pictures come in the steps of speech."""
        return self.speech >= MOST_SPEECH and self.alike >= LEAST_ALIKE


def measure_thin(window: Window) -> Thin:
    """Marks of a window."""
    sent, whole = max(window.sums.sent, 1.0), max(int(window.seconds), 1)
    return Thin(
        seconds=window.seconds,
        rate_kbps=window.sums.sent * 8e-3 / window.seconds,
        uneven_kbps=window.sums.kept * 8e-3 / window.seconds,
        frames=window.frames,
        uneven_frames=len(window.octets),
        lengths=count_distinct(window.all_octets),
        up_share=window.up_share,
        long_answers=window.sums.long_answers / sent,
        active=count_distinct(window.all_t_s.astype(np.int64)[window.all_t_s < whole]) / whole,
        speech=measure_speech(window.all_t_s),
        alike=measure_alike(window.octets),
    )


def measure_speech(t_s: Floats) -> float:
    """Share of the gaps that lie in rows of SPEECH_ROW and more steps of speech."""
    gaps_s = np.diff(t_s)
    is_step = (gaps_s >= SPEECH_S[0]) & (gaps_s <= SPEECH_S[1])
    edges = np.flatnonzero(np.diff(is_step, prepend=False, append=False))
    rows = edges[1::2] - edges[::2]
    return float(rows[rows >= SPEECH_ROW].sum()) / max(len(gaps_s), 1)


def measure_alike(octets: Octets) -> float:
    """Share of the frames that are as long as the one before, but for EVEN_OCTETS; 0 of fewer than LEAST_KEPT."""
    return float((np.abs(np.diff(octets)) <= EVEN_OCTETS).mean()) if len(octets) >= LEAST_KEPT else 0.0

"""What speaks for a camera: marks of one window of a flow, and the score that weighs them.

Input is `Features`, which `video` measures; output is a score from 0 to 1 that is not a probability.  It looks at no
frame itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sweep.wifi.transmitters.flow import Flow

from .cadence import SOUND_HZ, Rhythm


@dataclass(frozen=True, slots=True)
class Features:
    """What one window of a flow looks like; a constant sound beside it is left out of all but the shares."""

    seconds: float
    frames: int
    rate_kbps: float
    up_share: float
    """Share of octets that go from the sender to the peer."""
    answers: float
    """Octets from the peer in frames longer than acknowledgements, over the octets sent."""
    long_answers: float
    """The same for frames that are longer than any request."""
    grouped_share: float
    """Share of octets in large frames beside a full one: pictures are cut into packets, sound is not."""
    rhythm: Rhythm
    ended_share: float = 1.0
    """Ends of ever another length per period of the rhythm, at most 1: pictures end somewhere, a file goes on."""
    kept_share: float = 1.0
    """Share of the periods in which something came."""
    peak_octaves: float = 9.0
    """Logarithm to base two of the largest period's octets over the usual, one in ten seconds at least: complete
    pictures among differences."""
    usual_octets: float = 10_000.0
    """Of a period."""
    spread: float = 0.0
    """Median deviation of a period's octets from the usual ones, as a share of them."""
    ends_kept: float = 1.0
    """How strictly what begins behind an end keeps the rhythm, as a share of its strength: pictures begin there, what
    a transfer does by its own clock has nothing to do with where its parts end."""
    tail: float = 0.0
    """By which share one period in twenty exceeds one in four: what is lost makes pictures smaller, never larger."""

    @property
    def is_one_way(self) -> bool:
        """What is answered is little beside what is sent."""
        return _weigh_answers(self) >= 0.5

    @property
    def is_filled_up(self) -> bool:
        """The largest of what keeps a clock without blur takes twice as much as usual: pictures that are filled up, or
        cut into equal pieces, end in few places, and what is paced is alike.
        """
        return not self.rhythm.is_blurred and self.peak_octaves >= _FILLED_OCTAVES

    @property
    def is_sound(self) -> bool:
        """Blocks that are alike come strictly by a block rate of sound, which no camera has."""
        is_strict = self.rhythm.strength >= _STRICT and self.seconds >= _UNHURRIED_S
        return is_strict and _has_rate_of_sound(self) and self.peak_octaves < _LOW_PEAK_OCTAVES[0]


_MARKS: Final = ("clock", "kept", "ended", "one_way", "up", "grouped", "rate", "sizes")
WEIGHTS: Final = dict(zip(_MARKS, (11.5, 14.5, 11.0, 7.0, 1.0, 6.0, 6.0, 9.5), strict=True))
"""Fitted on the tuning flows (`tests/simulators/fit_likeness.py` fits anew) by a logistic regression without negative
weights, in which each kind of camera counts alike and each kind of anything else fifty times as much, machines that
report and sound two hundred times; rounded up, so that every mark is needed.  `one_way`, `up` and `rate` are set by
hand, since no clock is looked for where they are missing."""
BIAS: Final = -61.0
"""With every mark 5.5 are left above the decision: chosen so that any missing mark but `up` decides alone."""
_CLOCK_NATS: Final = (4.0, 8.0)
_UNHURRIED_S, _HASTE_NATS = 10.0, 4.0
"""Shorter windows need more evidence: chosen on the tuning flows, where false alarms came after 2.5 to 5 s, and steps
that are even to some per cent, as of a scanner, pass for a clock until their delays have added up."""
_ENDS_KEPT: Final = (0.42, 0.5)
"""Chosen on the tuning flows: paced uploads that passed for a blurred clock keep it by 0.04 to 0.42."""
_RATE_KBPS: Final = (112.0, 150.0)
"""Machines that report, a vacuum cleaner with its map among them, stay below 115 on the tuning flows; the thinnest real
stream measured has 224."""
DECIDE_SCORE: Final = 0.5
"""From here on a window is called video."""
THIN_KBPS: Final = 63.0
"""A camera of less is not looked for: half of what the thinnest encoder of the tuning flows sends."""
_PEAK_OCTAVES, _LOW_PEAK_OCTAVES, _PEAK_OVER_SPREAD = (1.25, 1.55), (0.6, 1.0), (8.0, 10.5)
"""Complete pictures: measured, of equal sizes with a spread of 10 % the largest of fifty is 0.3 octaves above the usual
(tuning flows of machines 0.64 at most), of sound 1.25, of encoded pictures 2.4 in the median."""
_FILLED_OCTAVES: Final = 0.95
"""Derived: of pictures filled up to one size the larger take two where the others take one, less 3 % that was not
heard."""
_DIFFERENCE_OCTETS: Final = (300.0, 450.0)
"""A difference between pictures takes so many octets with the headers of its frame, or else something large now and
then may be a map among positions: guessed, above the 230 to 290 of the tuning flows' vacuum cleaners."""
_UNLIKE_REPORTS_KBPS: Final = (350.0, 550.0)
"""More than machines report by the clock: guessed, above the 325 kbit/s of the tuning flows."""
_ANSWERS, _LONG_ANSWERS = (-0.045, -0.02), (-0.04, -0.015)
"""A viewer that asks for pictures says little beside them, both halves of a call say much: chosen on the tuning flows,
where one meeting in twenty is answered by less than a tenth of what it sends, and the least by 0.04."""
_TAIL, _SPREAD, _THICK_KBPS = (0.09, 0.14), (0.08, 0.11), (1_250.0, 2_000.0)
"""Pictures without complete ones among them (MJPEG, intra refresh, VP8) are nearly alike: measured, tails up to 0.07
where frames are missed, and spreads up to 0.08 where none are.  Reports of free sizes are not; that they do not come in
such amounts is guessed."""
_SOUND_HZ: Final = (44_100 / 4_608, 48_000 / 4_608, 44_100 / 4_096, 48_000 / 4_096, *SOUND_HZ)
_SOUND_WITHIN_HZ: Final = 0.04
"""Lossless sound comes in blocks of 4,096 or 4,608 samples (RFC 9639, the sizes that encoders choose), as alike as
pictures.  How well a window of 2.5 s tells a rate: measured."""
_STRICT: Final = 0.9
"""Strength of a clock that leaves no doubt about its rate: guessed, lateness of 7 ms at the rates of
lossless sound."""
_FROM_AP, _FORWARDED = -2.0, -8.0
"""What an access point sends is its clients' download unless it is itself the source; and even then with less trust."""


def score_features(features: Features, flow: Flow, *, looks: int = 1, given: Iterable[str] = ()) -> float:
    """Score of one window: a logistic of the marks of a camera; the clock has to make up for many `looks`.

    Marks of the names `given` count in full.
    """
    marks = list_marks(features, looks) | dict.fromkeys(given, 1.0)
    evidence = BIAS + sum(WEIGHTS[name] * value for name, value in marks.items())
    if flow.is_from_ap:
        evidence += _FROM_AP + _FORWARDED * (1.0 - flow.self_sourced_share)
    return 1.0 / (1.0 + math.exp(-evidence))


def list_marks(features: Features, looks: int = 1) -> dict[str, float]:
    """What speaks for a camera, each from 0 to 1; ranges where nothing else is said are guessed from the literature."""
    haste = max(0.0, 1.0 - features.seconds / _UNHURRIED_S)
    clock_nats = features.rhythm.sure_nats - _HASTE_NATS * haste - math.log(looks)
    return {
        "clock": _ramp(clock_nats, *_CLOCK_NATS),
        "kept": _ramp(features.kept_share, 0.4, 0.7),
        "ended": min(_ramp(features.ended_share, 0.25, 0.5), _ramp(features.ends_kept, *_ENDS_KEPT)),
        "one_way": _weigh_answers(features),
        "up": _ramp(features.up_share, 0.6, 0.88),
        "grouped": _ramp(features.grouped_share, 0.03, 0.2),
        "rate": _ramp_log(features.rate_kbps, *_RATE_KBPS),
        "sizes": _weigh_pictures(features),
    }


def _weigh_answers(features: Features) -> float:
    return min(_ramp(-features.answers, *_ANSWERS), _ramp(-features.long_answers, *_LONG_ANSWERS))


def _weigh_pictures(features: Features) -> float:
    """Whether sizes are those of pictures: complete ones among differences, or many and large ones that are alike."""
    peak = features.peak_octaves
    over = (2.0**peak - 1.0) / max(features.spread, 0.02)
    complete = max(_ramp(peak, *_PEAK_OCTAVES), min(_ramp(peak, *_LOW_PEAK_OCTAVES), _ramp(over, *_PEAK_OVER_SPREAD)))
    complete *= _ramp_log(features.usual_octets, *_DIFFERENCE_OCTETS)
    alike = max(
        _ramp(-features.tail, -_TAIL[1], -_TAIL[0]),
        _ramp(-features.spread, -_SPREAD[1], -_SPREAD[0]),
        _ramp_log(features.rate_kbps, *_THICK_KBPS),
    )
    if _has_rate_of_sound(features):
        alike = 0.0
    return max(complete, min(_ramp_log(features.rate_kbps, *_UNLIKE_REPORTS_KBPS), alike))


def _has_rate_of_sound(features: Features) -> bool:
    return any(abs(features.rhythm.rate_hz - hz) < _SOUND_WITHIN_HZ for hz in _SOUND_HZ)


def _ramp(value: float, low: float, high: float) -> float:
    if value <= low:
        return 0.0
    return 1.0 if value >= high else (value - low) / (high - low)


def _ramp_log(value: float, low: float, high: float) -> float:
    if value <= low:
        return 0.0
    return 1.0 if value >= high else math.log(value / low) / math.log(high / low)

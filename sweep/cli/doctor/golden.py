"""A rendered clip and a made-up capture of known content, run on this very processor: numbers are proven, not assumed.

Input is the two recordings beside this module, output is what came out otherwise than it must, in words.  A processor
whose vector units a library uses wrongly loses lens candidates without any error; only this tells.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sweep.phrases import Phrase

FOLDER: Final = Path(__file__).with_name("golden")
LENSES: Final = ((224.0, 84.0), (80.0, 72.0), (144.0, 180.0))
"""Pixels at which the clip's three lenses were planted (tests/simulators/compact_clip.py, seed 3)."""
WITHIN_PX: Final = 2.0
"""Guessed: half of what counts as a hit at half size."""
CAMERAS: Final = frozenset({"02:00:00:00:00:02", "02:00:00:00:00:03"})
FRAMES: Final = 452


def examine_lenses(folder: Path = FOLDER) -> Phrase | None:
    """Whether the three lenses are the clip's three most lens-like places; None where they are."""
    from sweep.lens import scan_clips

    found = sorted(scan_clips(folder).to_json()["detections"], key=lambda one: -one["score"])[: len(LENSES)]
    seen = sum(
        any(abs(one["x"] - x) <= WITHIN_PX and abs(one["y"] - y) <= WITHIN_PX for one in found) for x, y in LENSES
    )
    if seen == len(LENSES):
        return None
    return Phrase("golden_lenses_missed", count=len(LENSES), seen=seen)


def examine_capture(file: Path = FOLDER / "capture.pcap") -> Phrase | None:
    """Whether the two cameras of the capture, and nothing else, send video; None where they do."""
    from sweep.wifi import scan_file

    document = scan_file(file).to_json(addresses="full")
    video = {one["addresses"][0] for one in document["transmitters"] if one["video"]["verdict"] == "video_uplink"}
    if video == CAMERAS and document["frames"] == FRAMES:
        return None
    right, other = len(video & CAMERAS), len(video - CAMERAS)
    return Phrase("golden_cameras_missed", count=len(CAMERAS), right=right, other=other)

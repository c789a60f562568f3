"""Lens finder: strobed infrared frames in, lens candidates with evidence and coverage out."""

from sweep.lens.clip.clips import ClipError
from sweep.lens.crop import crop
from sweep.lens.records import ClipResult, Detection, LensScan
from sweep.lens.scan import scan_clip, scan_clips

__all__ = ["ClipError", "ClipResult", "Detection", "LensScan", "crop", "scan_clip", "scan_clips"]

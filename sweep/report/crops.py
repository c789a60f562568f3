"""What a crop of the camera's picture may be, and how many a sweep keeps."""

from __future__ import annotations

CROP_PX = 64
"""Longest side of a crop."""
MAX_CROPS = 20
"""Of one sweep."""

"""Lens detections held against truth, with intervals."""

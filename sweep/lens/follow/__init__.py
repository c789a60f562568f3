"""Glints from frame to frame, and how well the picture was seen."""

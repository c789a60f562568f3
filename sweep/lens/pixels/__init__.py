"""Arithmetic on frames: registration, levels, local maxima, places measured. Knows no clip."""

"""Ansim Sweep, the probe: what a hand-held sensor sees in a room, how well it looked and what it could not judge."""

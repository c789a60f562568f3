"""Watching the probe itself while it sweeps: power, head, camera, condition."""

"""Recorded clips: frames with their lamps, from files and to files."""

"""Inspection logs by format."""

"""Walls of a zone on the plan, and places on them in words."""

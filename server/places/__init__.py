"""Facilities, their rooms and sweeps, as people see them."""

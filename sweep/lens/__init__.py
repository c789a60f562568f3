"""Lens candidates from triples of camera frames lit on axis, lit off axis and dark."""

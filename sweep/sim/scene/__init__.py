"""The walls that the simulated camera films."""

"""Simulated sensor head, scenes and traffic for --sim and for tests; imported by the command line only."""

"""An agent that is never asked for a sweep."""

from __future__ import annotations

from sweep.run.runner import Runner


def no_sweep(*_: object) -> Runner:
    """For an agent that is asked for none."""
    raise AssertionError("no sweep begins here")

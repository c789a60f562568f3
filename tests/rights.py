"""What only root may do: skipped for other users, never where all tests have to run."""

from __future__ import annotations

import os

import pytest


def need_root(what: str) -> None:
    """Skip a test for a user without rights; fail it in CI, which sets `CI`."""
    if os.geteuid() == 0:
        return
    if os.environ.get("CI"):
        pytest.fail(f"{what} is tested as root")
    pytest.skip(f"{what} is tested as root")

"""What every test may ask for: the checkout, the recorded input beside it, and Hypothesis held to a seed."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Tables are as wide as a test says, whatever the width of the terminal or of the process that runs the tests.
os.environ.pop("COLUMNS", None)

REPO_ROOT = Path(__file__).resolve().parent.parent

# `make test` must give the same answer twice; `make soak` looks for what nobody has seen and prints how to repeat it.
settings.register_profile(
    "test", derandomize=True, deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "soak",
    derandomize=False,
    deadline=None,
    max_examples=10_000,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("test")


@pytest.fixture(scope="session")
def repo_root() -> Path:
    """The folder that holds pyproject.toml."""
    return REPO_ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Recorded input that nobody here made, beside the checkout; where it is absent its tests are skipped."""
    folder = REPO_ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no recorded input: ../shared/data is absent")
    return folder


@pytest.fixture(scope="session")
def host_cc() -> str:
    """Path of a C compiler for this machine; Debian has it under a name with its version where the plain name lacks."""
    for name in ("gcc", "gcc-14", "cc"):
        if found := shutil.which(name):
            return found
    pytest.fail("no C compiler: run make setup-test")

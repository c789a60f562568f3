"""What a bench may ask for: a way to print its figures after pytest's own lines."""

from collections.abc import Callable

import pytest

from tests.server.conftest import database_url, postgres

__all__ = ["database_url", "postgres"]

_LINES = pytest.StashKey[list[str]]()


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Call it with one line, quantity and unit included; the lines stand together at the end of the run."""
    return request.config.stash.setdefault(_LINES, []).append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the lines that the benches reported."""
    for line in config.stash.get(_LINES, []):
        terminalreporter.write_line(line)

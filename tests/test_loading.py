"""What is loaded as a program starts is searched for garbage neither then nor later, and everything else as before."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest

from sweep.host.loading import loading


def test_there_is_no_search_while_it_loads_and_one_afterwards() -> None:
    assert gc.isenabled()
    try:
        with loading():
            assert not gc.isenabled()
        assert gc.isenabled()
        assert gc.get_freeze_count() > 0
        gc.disable()
        with loading():
            pass
        assert not gc.isenabled(), "whoever had switched it off keeps it so"
    finally:
        gc.enable()


SCRIPT = """
import gc, {module} as cli
try:
    cli.main({arguments})
except SystemExit:
    print("frozen", gc.get_freeze_count())
"""


@pytest.mark.parametrize(("module", "arguments"), [("server.cli", "['keys', '--help']"), ("sweep.cli", "")])
def test_both_programs_load_that_way(module: str, arguments: str) -> None:
    script = SCRIPT.format(module=module, arguments=arguments)
    command = [sys.executable, "-c", script, "agent", "--help"]  # what `sweep` reads
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout.split()[-1]) > 100_000

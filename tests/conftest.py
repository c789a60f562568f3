"""What every test may ask for: the checkout, the recorded input beside it, and Hypothesis held to a seed."""

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.forked import forked
from tests.waiting import LONGEST_S

# Tables are as wide as a test says, whatever the width of the terminal or of the process that runs the tests.
os.environ.pop("COLUMNS", None)
os.environ.pop("LANGUAGE", None)  # each test sets the locale that it reads
# As the commands do for themselves, here before anybody imports NumPy: several processes test at once, and the threads
# of OpenBLAS that wait for each other keep the processor busy, up to five times as long as the work itself.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Hundreds of modules are loaded and thousands of tests found, and none of it is garbage: each search for some would
# go through all that is there, a quarter of what collecting costs. It begins again when the tests do.
gc.disable()

IN_MEMORY, ROOM_IN_MEMORY = "/dev/shm", 6 << 30  # guessed: four processes of tests and their databases take under 2 GiB


def _write_in_memory() -> None:
    """Let tests write to memory where it has the room: most of what they wait for on a busy machine is its disk."""
    try:
        memory = os.statvfs(IN_MEMORY)
    except OSError:
        return
    has_room = memory.f_bavail * memory.f_frsize >= ROOM_IN_MEMORY
    if has_room and not memory.f_flag & os.ST_NOEXEC and os.access(IN_MEMORY, os.W_OK) and "TMPDIR" not in os.environ:
        os.environ["TMPDIR"] = tempfile.tempdir = IN_MEMORY


_write_in_memory()

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


LONGEST_FILES = (
    "run/test_light_sweep.py",
    "run/test_sweep.py",
    "server/test_two_processes.py",
    "server/relay/test_stolen_pi.py",
    "run/test_survival.py",
    "server/api/test_fuzz.py",
    "run/test_live_sweep.py",
    "server/cli/test_demo.py",
    "run/test_live_head.py",
    "server/api/test_access.py",
    "run/test_agent.py",
    "modality/thermometer/test_thermometer.py",
    "link/test_lamp_endings.py",
    "test_privacy.py",
    "run/test_resume.py",
    "server/districts/test_nothing_given.py",
)
"""Begun first where several processes test, or three of them wait for the last one: what took half a minute and more on
a machine with other work (measured), those that wait between those that compute.  None of the page's: each process that
leaves their folder ends its server and browser, and starts them again when it comes back."""
RERUNS = {"wall_clock": 2, "browser": 1}
"""How often tests of a marker may be asked again: single ones, and a browser's, which waits within deadlines of its
own. Each time is counted in the summary. Never in a long run."""
MOST_ON_THE_CLOCK = 0.05
"""Share of all tests that may be asked again."""

LINES_OF_A_REASON = 12


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the longest files, end what hangs, and ask what depends on the machine's clock again when it fails."""
    if hasattr(config, "workerinput"):  # one of several processes; a single one keeps each folder's fixtures together
        places = {REPO_ROOT / "tests" / name: place for place, name in enumerate(LONGEST_FILES)}
        items.sort(key=lambda item: places.get(item.path, len(places)))
    if config.getoption("-m") != "not soak":
        return
    for item in items:
        item.add_marker(pytest.mark.timeout(LONGEST_S))
    times = [max((RERUNS[name] for name in RERUNS if item.get_closest_marker(name)), default=0) for item in items]
    on_the_clock = [(item, reruns) for item, reruns in zip(items, times, strict=True) if reruns]
    if len(items) > 1_000 and len(on_the_clock) > MOST_ON_THE_CLOCK * len(items):
        raise pytest.UsageError(f"{len(on_the_clock)} of {len(items)} tests may be asked again")
    for item, reruns in on_the_clock:
        item.add_marker(pytest.mark.flaky(reruns=reruns))


def pytest_collection_finish() -> None:
    """Take what thousands of tests are made of out of every later collection: it stays to the end."""
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say why each test that was asked again had failed: what nobody sees is never mended."""
    again = terminalreporter.stats.get("rerun", [])
    if again:
        terminalreporter.section("asked again")
    for report in again:
        reason = report.longreprtext.strip().splitlines()[-LINES_OF_A_REASON:]
        terminalreporter.write_line("\n".join([f"{report.nodeid} ({report.when})", *reason, ""]))


@pytest.fixture(scope="module")
def forked_processes() -> Iterator[None]:
    """For files in which many sweeps run, each with a process for every modality."""
    with forked():
        yield


@pytest.fixture(scope="session")
def repo_root() -> Path:
    """The folder that holds pyproject.toml."""
    return REPO_ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Recorded input that nobody here made, beside the checkout; where it is absent its tests are skipped."""
    folder = REPO_ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(
            "shared/data beside the checkout is absent (recordings of others, not in the repository): fine without it"
        )
    return folder


@pytest.fixture(scope="session")
def host_cc() -> str:
    """Path of a C compiler for this machine; Debian has it under a name with its version where the plain name lacks."""
    for name in ("gcc", "gcc-14", "cc"):
        if found := shutil.which(name):
            return found
    pytest.fail("no C compiler: run make setup-test")

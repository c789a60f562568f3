"""The compiled lens kernel touches no memory but what it is given, whatever the images and places are."""

from __future__ import annotations

from pathlib import Path

import pytest

from sweep.lens.pixels.kernel import Kernel, load_kernel
from tests.compiled import run_sanitized
from tests.lens.conftest import LENS
from tests.lens.test_kernel import measure_random
from tests.lens.test_kernel_peaks import find_random
from tests.lens.test_kernel_register import fit_random


@pytest.mark.soak
def test_nothing_beside_the_images_is_touched(host_cc: str, tmp_path: Path, repo_root: Path) -> None:
    task = "tests.lens.test_kernel_sanitized:run_random"
    done = run_sanitized(host_cc, tmp_path, repo_root, task, 12, sources=LENS)
    assert done.returncode == 0, done.stderr[-2_000:]


def run_random(library: str, count: int) -> None:
    """What runs under the sanitizers."""
    kernel = load_kernel(Path(library))
    assert isinstance(kernel, Kernel)
    measure_random(kernel, count)
    find_random(kernel, count)
    fit_random(kernel, count)

"""What tests of the lens modality may ask for."""

from pathlib import Path

import pytest

from sweep.host.compiled import SOURCES
from sweep.lens.pixels.kernel import Kernel, load_kernel
from tests.compiled import UNDEFINED_TRAPS, build
from tests.conftest import REPO_ROOT

LENS = SOURCES["lens_kernel.so"]


@pytest.fixture(scope="session")
def kernel(host_cc: str, tmp_path_factory: pytest.TempPathFactory) -> Kernel:
    """The lens kernel; it dies of undefined behaviour."""
    found = load_kernel(build(host_cc, tmp_path_factory.mktemp("kernel") / "k.so", *UNDEFINED_TRAPS, folder=LENS))
    assert isinstance(found, Kernel)
    return found


@pytest.fixture(scope="session")
def shared_textures() -> Path | None:
    """Photographs of tiles as walls for rendered clips; None where they are absent, and walls are made up then."""
    folder = REPO_ROOT.parent / "shared" / "data" / "lens"
    return folder if folder.is_dir() else None

"""What tests of the lens modality may ask for."""

from pathlib import Path

import pytest

from tests.conftest import REPO_ROOT


@pytest.fixture(scope="session")
def shared_textures() -> Path | None:
    """Photographs of tiles as walls for rendered clips; None where they are absent, and walls are made up then."""
    folder = REPO_ROOT.parent / "shared" / "data" / "lens"
    return folder if folder.is_dir() else None

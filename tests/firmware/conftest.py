"""The firmware's portable core, built for this machine."""

import ctypes
import subprocess
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def core(repo_root: Path, host_cc: str, tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """core/ as a shared library, with the warnings of the real build and the sanitizer for undefined behaviour."""
    firmware = repo_root / "firmware"
    library = tmp_path_factory.mktemp("core") / "libcore.so"
    sources = sorted(str(path) for path in (firmware / "core").glob("*.c"))
    flags = ["-std=c11", "-O1", "-fPIC", "-shared", "-Wall", "-Wextra", "-Wconversion", "-Werror"]
    flags += ["-fsanitize=undefined", "-fsanitize-undefined-trap-on-error"]
    subprocess.run([host_cc, *flags, f"-I{firmware}", "-o", str(library), *sources], check=True)
    return ctypes.CDLL(str(library))

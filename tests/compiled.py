"""The kernels compiled for tests: with more warnings than the real build, and with the compiler's sanitizers."""

import os
import subprocess
import sys
from pathlib import Path

from sweep.captures.kernel import Kernel, load_kernel
from sweep.host.compiled import SOURCES, digest_sources, list_sources

WARNINGS = ("-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wstrict-prototypes", "-Werror")
CAPTURES = SOURCES["kernel.so"]
UNDEFINED_TRAPS = ("-fsanitize=undefined", "-fsanitize-undefined-trap-on-error")


def build(host_cc: str, library: Path, *flags: str, digest: str | None = None, folder: Path = CAPTURES) -> Path:
    """Compile the sources of `folder`; `digest` is told instead of theirs."""
    sources = [str(source) for source in list_sources(folder) if source.suffix == ".c"]
    command = [host_cc, "-std=c11", "-O1", "-g", "-fPIC", "-shared", "-fno-math-errno", *WARNINGS, *flags]
    command += [f'-DSOURCE_SHA256="{digest or digest_sources(folder)}"', "-o", str(library)]
    subprocess.run([*command, *sources], check=True)
    return library


def checked(host_cc: str, folder: Path) -> Kernel:
    """That of captures; it dies of undefined behaviour."""
    found = load_kernel(build(host_cc, folder / "kernel.so", *UNDEFINED_TRAPS))
    assert isinstance(found, Kernel)
    return found


def run_sanitized(
    host_cc: str, folder: Path, repo_root: Path, task: str, count: int, *, sources: Path = CAPTURES
) -> subprocess.CompletedProcess[str]:
    """Call `module:function` with a library under the sanitizers for addresses and undefined behaviour, and `count`."""
    flags = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
    library = build(host_cc, folder / "kernel.so", *flags, folder=sources)
    # the sanitizer stands in for what C++ throws with, so that has to be there before OpenCV is
    before = [_library(host_cc, name) for name in ("libasan.so", "libstdc++.so.6")]
    env = os.environ | {
        "LD_PRELOAD": " ".join(before),
        "ASAN_OPTIONS": "detect_leaks=0",
        "PYTHONMALLOC": "malloc",
    }
    module, _, function = task.partition(":")
    script = f"from {module} import {function}; import sys; {function}(sys.argv[1], {count})"
    command = [sys.executable, "-c", script, str(library)]
    return subprocess.run(command, env=env, cwd=repo_root, capture_output=True, text=True, check=False)


def _library(host_cc: str, name: str) -> str:
    found = subprocess.run([host_cc, f"-print-file-name={name}"], stdout=subprocess.PIPE, check=True, text=True)
    return found.stdout.strip()

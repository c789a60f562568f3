"""The kernel compiled for tests: with more warnings than the real build, and with the compiler's sanitizers."""

import os
import subprocess
import sys
from pathlib import Path

from sweep.captures.kernel import Kernel, digest_sources, list_sources, load_kernel

WARNINGS = ("-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wstrict-prototypes", "-Werror")


def build(host_cc: str, library: Path, *flags: str, digest: str | None = None) -> Path:
    """Compile it; `digest` is told instead of that of its sources."""
    sources = [str(source) for source in list_sources() if source.suffix == ".c"]
    command = [host_cc, "-std=c11", "-O1", "-g", "-fPIC", "-shared", "-fno-math-errno", *WARNINGS, *flags]
    command += [f'-DSOURCE_SHA256="{digest or digest_sources()}"', "-o", str(library)]
    subprocess.run([*command, *sources], check=True)
    return library


def checked(host_cc: str, folder: Path) -> Kernel:
    """One that dies of undefined behaviour."""
    flags = ("-fsanitize=undefined", "-fsanitize-undefined-trap-on-error")
    found = load_kernel(build(host_cc, folder / "kernel.so", *flags))
    assert isinstance(found, Kernel)
    return found


def run_sanitized(
    host_cc: str, folder: Path, repo_root: Path, task: str, count: int
) -> subprocess.CompletedProcess[str]:
    """Call `module:function` with a library under the sanitizers for addresses and undefined behaviour, and `count`."""
    library = build(host_cc, folder / "kernel.so", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
    runtime = subprocess.run([host_cc, "-print-file-name=libasan.so"], stdout=subprocess.PIPE, check=True, text=True)
    env = os.environ | {
        "LD_PRELOAD": runtime.stdout.strip(),
        "ASAN_OPTIONS": "detect_leaks=0",
        "PYTHONMALLOC": "malloc",
    }
    module, _, function = task.partition(":")
    script = f"from {module} import {function}; import sys; {function}(sys.argv[1], {count})"
    command = [sys.executable, "-c", script, str(library)]
    return subprocess.run(command, env=env, cwd=repo_root, capture_output=True, text=True, check=False)

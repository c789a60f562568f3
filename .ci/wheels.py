"""Build the wheels that need no compiler where they are installed: `wheels.py MACHINE...` writes one for each, x86_64
or aarch64, into dist/.

Such a wheel holds what `make setup` builds: the page, the firmware, and the kernels compiled for that machine, so that
it is put together for either machine on either. The same checkout and compilers give the same bytes.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sweep.host.compiled import SOURCES, digest_sources, list_sources  # noqa: E402 - the checkout's own

MACHINES = ("x86_64", "aarch64")
OLDEST_LIBC = "manylinux_2_17"
"""The oldest that pip has a name for on both machines: nothing that is compiled here asks for a library (a test)."""
FIRMWARE = ("sensor_head.hex", "sensor_head.elf")
PAGE = "server/web/dist/index.html"


def main() -> None:
    """Entry point."""
    if len(sys.argv) < 2 or not set(sys.argv[1:]) <= set(MACHINES):
        sys.exit(f"use: wheels.py {'|'.join(MACHINES)}...")
    for machine in sys.argv[1:]:
        wheel = build_wheel(machine, ROOT / "dist")
        print(f"{wheel.relative_to(ROOT)}: {wheel.stat().st_size / 1e6:.1f} MB")


def build_wheel(machine: str, target: Path) -> Path:
    """The wheel of that machine, in `target`."""
    for path in (*(f"firmware/build/{name}" for name in FIRMWARE), PAGE):
        if not (ROOT / path).exists():
            sys.exit(f"error: {path} is not there; say make setup first")
    work = ROOT / "build" / "wheel" / machine
    shutil.rmtree(work, ignore_errors=True)
    built, made = work / "built", work / "made"
    built.mkdir(parents=True)
    for library, folder in SOURCES.items():
        build_kernel(machine, folder, built / library)
    for name in FIRMWARE:
        shutil.copyfile(ROOT / "firmware" / "build" / name, built / name)
    said(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(made)],
        ANSIM_BUILT=str(built),
        ANSIM_PLATFORM=f"{OLDEST_LIBC}_{machine}",
    )
    (wheel,) = made.glob("*.whl")
    target.mkdir(parents=True, exist_ok=True)
    return wheel.replace(target / wheel.name)


def kernel_flags() -> list[str]:
    """As the Makefile compiles it here."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (flags,) = re.findall(r"^KERNEL_FLAGS := (.+)$", makefile, re.MULTILINE)
    return str(flags).split()


def build_kernel(machine: str, folder: Path, target: Path) -> None:
    """What is compiled from `folder`. A wheel without it would be slow wherever it is installed, so there is none."""
    compiler = shutil.which(f"{machine}-linux-gnu-gcc")
    if compiler is None:
        sys.exit(f"error: no {machine}-linux-gnu-gcc for {target.name}; say make wheels, which installs it")
    sources = [str(path) for path in list_sources(folder) if path.suffix == ".c"]
    digest = f'-DSOURCE_SHA256="{digest_sources(folder)}"'
    said([compiler, *kernel_flags(), digest, "-o", str(target), *sources])


def said(command: list[str], **also: str) -> None:
    """Run it in the checkout; what it says is shown only when it fails.  `also`: what its environment holds besides."""
    environment = os.environ | {"LC_ALL": "C.UTF-8"} | also
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        sys.exit(f"{(done.stdout + done.stderr).strip()[-2000:]}\nerror: {command[0]} failed")


if __name__ == "__main__":
    main()

"""Put a checkout that can be tested into a root of another machine: `checkout_for.py ARCHITECTURE FOLDER`.

FOLDER/site gets the wheels of constraints.txt for that machine (anew only when they changed), FOLDER/checkout the
tracked files as they are here with the built firmware, the kernels compiled for it and the version as an installation
would say it. Nothing of it is run.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import deb
import wheels

from sweep.host.compiled import SOURCES

SECTIONS = ("base", "probe", "server", "build", "storage", "dev")


def main() -> None:
    """Entry point."""
    architecture, folder = sys.argv[1], Path(sys.argv[2])
    site, stamp = folder / "site", folder / "site.sha256"
    digest = hashlib.sha256(deb.requirements(SECTIONS).encode()).hexdigest()
    if not stamp.exists() or stamp.read_text(encoding="ascii") != digest:
        shutil.rmtree(site, ignore_errors=True)
        deb.fetch_wheels(SECTIONS, architecture, site)
        stamp.write_text(digest, encoding="ascii")
    checkout = folder / "checkout"
    shutil.rmtree(checkout, ignore_errors=True)
    tracked = subprocess.run(
        ["/usr/bin/git", "ls-files", "-z"], cwd=wheels.ROOT, capture_output=True, check=True
    ).stdout
    for name in tracked.decode().rstrip("\0").split("\0"):
        if (wheels.ROOT / name).is_file():
            target = checkout / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(wheels.ROOT / name, target)
    shutil.copytree(wheels.ROOT / "firmware" / "build", checkout / "firmware" / "build", dirs_exist_ok=True)
    for library, sources in SOURCES.items():
        wheels.build_kernel(deb.MACHINES[architecture], sources, checkout / "build" / library)
    with (wheels.ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    name, version = project["name"], project["version"]
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    deb.write(checkout / f"{name.replace('-', '_')}-{version}.dist-info" / "METADATA", metadata, 0o644)


if __name__ == "__main__":
    main()

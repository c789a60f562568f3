"""Build a Debian package: `deb.py NAME ARCHITECTURE [VERSION]` writes dist/NAME_VERSION_ARCHITECTURE.deb.

A package holds its Python packages in a virtual environment of its own under /usr/lib, from wheels of constraints.txt
with their hashes, the units and rules of its folder `system`, and the checkout's wheel for that machine (`wheels.py`).
It is put together for either architecture on either: nothing of it is run. The interpreter is Debian 13's.
"""

from __future__ import annotations

import gzip
import re
import shutil
import stat
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from wheels import OLDEST_LIBC, ROOT, build_wheel, said

PYTHON = "3.13"  # of Debian 13
GLIBC = 41  # of Debian 13: wheels may ask for any up to it
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


@dataclass(frozen=True)
class Package:
    """What one package is made of."""

    summary: str
    text: str
    sections: tuple[str, ...]
    """Of constraints.txt."""
    commands: dict[str, str]
    """Command in /usr/bin: module."""
    system: Path
    """Folder with units, rules and settings; `layout` in it says where each goes."""
    documents: dict[str, str]
    """Of the checkout: name beside the licence. They say every setting and command, and refer to each other as here."""
    depends: tuple[str, ...]
    recommends: tuple[str, ...] = ()


PACKAGES = {
    "ansim-sweep-probe": Package(
        "hand-held probe that looks for hidden cameras",
        "Lens reflections, Wi-Fi, Bluetooth and RF of a room, with what could not be judged. Runs as a service on a\n"
        " Raspberry Pi and reports to its server.",
        ("base", "probe"),
        {"sweep": "sweep.cli"},
        ROOT / "sweep" / "host" / "system",
        {f"sweep/{name}": name for name in ("README.md", "COMMANDS.md", "SWEEP.md", "way.svg", "host/PACKAGES.md")},
        ("python3 (>= 3.13)", "python3 (<< 3.14)", "iw", "systemd", "udev", "adduser"),
        ("avrdude", "bluez", "network-manager", "polkitd", "python3-picamera2"),
    ),
    "ansim-sweep-server": Package(
        "server of probes that look for hidden cameras",
        "Keeps what probes signed as a log that proves itself, shows sweep maps on a phone and writes inspection logs.",
        ("base", "server", "storage"),
        {"sweep-server": "server.cli"},
        ROOT / "server" / "serving" / "system",
        {f"server/{name}.md": f"{name}.md" for name in ("README", "INGEST", "PEOPLE", "SERVING", "OPERATIONS")},
        ("python3 (>= 3.13)", "python3 (<< 3.14)", "fonts-nanum", "systemd", "adduser"),
        ("postgresql-client",),
    ),
}


def main() -> None:
    """Entry point."""
    if len(sys.argv) not in {3, 4} or sys.argv[1] not in PACKAGES or sys.argv[2] not in MACHINES:
        sys.exit(f"use: deb.py {'|'.join(PACKAGES)} {'|'.join(MACHINES)} [VERSION]")
    name, architecture = sys.argv[1:3]
    package = PACKAGES[name]
    with (ROOT / "pyproject.toml").open("rb") as file:
        version = sys.argv[3] if len(sys.argv) == 4 else tomllib.load(file)["project"]["version"]
    stage = ROOT / "build" / "deb" / f"{name}_{architecture}"
    if stage.exists():
        shutil.rmtree(stage)
    home = stage / "usr" / "lib" / name
    install_wheels(package, architecture, home)
    install_project(architecture, home, with_server="server" in package.sections)
    for command, module in package.commands.items():
        write(
            stage / "usr" / "bin" / command, f'#!/bin/sh\nexec /usr/lib/{name}/bin/python3 -I -m {module} "$@"\n', 0o755
        )
    compile_modules(home)
    conffiles = install_system(package.system, stage)
    write_documents(name, package.documents, version, stage)
    write_control(name, package, architecture, version, stage, conffiles)
    for item in (stage, *stage.rglob("*")):  # whatever the umask of who builds it
        if not item.is_symlink():
            item.chmod(0o755 if item.is_dir() or item.stat().st_mode & stat.S_IXUSR else 0o644)
    target = ROOT / "dist" / f"{name}_{version}_{architecture}.deb"
    target.parent.mkdir(exist_ok=True)
    said(["dpkg-deb", "--root-owner-group", "-Zzstd", "-z12", "--build", str(stage), str(target)])
    print(f"{target.relative_to(ROOT)}: {target.stat().st_size / 1e6:.1f} MB")


def install_wheels(package: Package, architecture: str, home: Path) -> None:
    """The package's wheels, and what makes an environment of them."""
    site = home / "lib" / f"python{PYTHON}" / "site-packages"
    fetch_wheels(package.sections, architecture, site)
    shutil.rmtree(site / "bin", ignore_errors=True)  # commands with this machine's paths
    for folder in [path for path in site.rglob("tests") if path.is_dir()]:
        shutil.rmtree(folder)
    write(site / "ansim-sweep.pth", f"/usr/lib/{home.name}/app\n", 0o644)
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "python3").symlink_to(f"/usr/bin/python{PYTHON}")
    lines = (f"home = /usr/bin\ninclude-system-site-packages = true\nversion = {PYTHON}\n"
             f"executable = /usr/bin/python{PYTHON}\n")  # fmt: skip
    write(home / "pyvenv.cfg", lines, 0o644)


def fetch_wheels(sections: tuple[str, ...], architecture: str, site: Path) -> None:
    """The sections' wheels for that machine, each held to its hash."""
    pins = site.parent / "requirements.txt"
    write(pins, requirements(sections), 0o644)
    machine = MACHINES[architecture]
    platforms = [f"--platform=manylinux_2_{minor}_{machine}" for minor in range(GLIBC, 16, -1)]
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "install", "--no-compile"]
    how = ["--require-hashes", "--only-binary=:all:", "--no-deps", "--implementation=cp", f"--python-version={PYTHON}"]
    also = [f"--platform=manylinux2014_{machine}", f"--platform=linux_{machine}"]
    said([*pip, *how, *platforms, *also, f"--target={site}", "-r", str(pins)])
    pins.unlink()


def requirements(sections: tuple[str, ...]) -> str:
    """Those sections of constraints.txt."""
    parts = re.split(r"^# --- (\w+).*$", (ROOT / "constraints.txt").read_text(encoding="utf-8"), flags=re.MULTILINE)
    found = dict(zip(parts[1::2], parts[2::2], strict=True))
    return "\n".join(found[section] for section in sections)


def install_project(architecture: str, home: Path, *, with_server: bool) -> None:
    """The wheel of this checkout, with the built page, the firmware and the kernels."""
    app = home / "app"
    machine = MACHINES[architecture]
    wheel = build_wheel(machine, home.parents[3] / "wheel")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "--quiet",
        "install",
        "--no-compile",
        "--no-deps",
    ]
    how = ["--no-index", "--only-binary=:all:", f"--python-version={PYTHON}", f"--platform={OLDEST_LIBC}_{machine}"]
    said([*pip, *how, f"--target={app}", str(wheel)])
    shutil.rmtree(wheel.parent)
    shutil.rmtree(app / "bin", ignore_errors=True)
    shutil.rmtree(app / "sweep" / "lab")
    if not with_server:
        shutil.rmtree(app / "server")


def compile_modules(home: Path) -> None:
    """Bytecode, the same for every machine, so that a Raspberry Pi need not spend a minute on it at each update."""
    if sys.version_info[:2] != tuple(map(int, PYTHON.split("."))):
        sys.exit(f"error: Python {PYTHON} compiles for Debian 13, this is {sys.version.split()[0]}")
    how = [sys.executable, "-m", "compileall", "-q", "-s", str(home.parents[2]), "-p", "/"]
    said([*how, str(home / "app"), str(home / "lib")])


def install_system(folder: Path, stage: Path) -> list[str]:
    """Units, rules and settings, each where `layout` says; the paths of those in /etc."""
    conffiles = []
    for line in (folder / "layout").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            source, place = line.split()
            copy(folder / source, stage / place.lstrip("/"), 0o644)
            if place.startswith("/etc/"):
                conffiles.append(place)
    for script in ("postinst", "prerm", "postrm"):
        if (folder / script).is_file():
            copy(folder / script, stage / "DEBIAN" / script, 0o755)
    return conffiles


def write_documents(name: str, documents: dict[str, str], version: str, stage: Path) -> None:
    """Licence, settings and what changed, where Debian looks for them."""
    folder = stage / "usr" / "share" / "doc" / name
    copy(ROOT / "LICENSE", folder / "copyright", 0o644)
    for source, place in documents.items():
        copy(ROOT / source, folder / place, 0o644)
    text = f"{name} ({version})\n\n" + (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    folder.joinpath("changelog.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


def write_control(
    name: str, package: Package, architecture: str, version: str, stage: Path, conffiles: list[str]
) -> None:
    """What dpkg reads."""
    size_kib = sum(path.lstat().st_size for path in stage.rglob("*") if not path.is_dir()) // 1024
    lines = [
        f"Package: {name}", f"Version: {version}", f"Architecture: {architecture}", "Section: net",
        "Priority: optional",
        "Maintainer: Ansim Sweep contributors <ansim-sweep@localhost>", f"Installed-Size: {size_kib}",
        f"Depends: {', '.join(package.depends)}",
        *([f"Recommends: {', '.join(package.recommends)}"] if package.recommends else []),
        f"Description: {package.summary}", f" {package.text}",
    ]  # fmt: skip
    write(stage / "DEBIAN" / "control", "\n".join(lines) + "\n", 0o644)
    write(stage / "DEBIAN" / "conffiles", "".join(f"{path}\n" for path in conffiles), 0o644)


def write(path: Path, text: str, mode: int) -> None:
    """A file of the package."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)


def copy(source: Path, target: Path, mode: int) -> None:
    """A file of the checkout in the package."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(mode)


if __name__ == "__main__":
    main()

"""The wheels of `make wheels`: what they hold, that they ask a libc for nothing, and that each command of an
environment without the extras works or says what it needs.
"""

import os
import platform
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from importlib.metadata import distribution
from pathlib import Path

import pytest

from sweep.cli import COMMANDS
from sweep.host.compiled import SOURCES, digest_sources
from tests.test_packaging import names_in

HERE = platform.machine()
ELF_MACHINES = {"x86_64": "Advanced Micro Devices X86-64", "aarch64": "AArch64"}
BUILT = {*SOURCES, "sensor_head.hex", "sensor_head.elf"}


@pytest.fixture(scope="module")
def tree(repo_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the wheels are made from, copied, with a page that stands for the built one."""
    copy = tmp_path_factory.mktemp("tree")
    unwanted = shutil.ignore_patterns("node_modules", "dist", "__pycache__")
    for name in ("sweep", "server", "firmware/build"):
        shutil.copytree(repo_root / name, copy / name, ignore=unwanted)
    (copy / ".ci").mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "Makefile", ".gitignore"):
        shutil.copy(repo_root / name, copy / name)
    for name in ("build_hook.py", "wheels.py"):
        shutil.copy(repo_root / ".ci" / name, copy / ".ci" / name)
    page = copy / "server/web/dist/index.html"
    page.parent.mkdir(parents=True)
    page.write_text("<!doctype html>")
    return copy


def make_wheel(tree: Path, machine: str) -> Path:
    """The wheel of that machine; what was there before goes."""
    if shutil.which(f"{machine}-linux-gnu-gcc") is None:
        pytest.skip(f"no compiler for {machine}: make wheels installs it")
    subprocess.run([sys.executable, ".ci/wheels.py", machine], cwd=tree, check=True, capture_output=True)
    (wheel,) = (tree / "dist").glob(f"*_{machine}.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel_of(tree: Path) -> Callable[[str], Path]:
    """Makes the wheel of a machine, once."""
    return cache(partial(make_wheel, tree))


@dataclass(frozen=True)
class Installed:
    """A wheel in an environment, and folders with what it finds besides."""

    bin: Path
    parts: tuple[Path, ...]

    def run(self, home: Path, *command: str, **also: str) -> subprocess.CompletedProcess[str]:
        """Run a command in an empty home where nothing of the checkout can be imported; nothing may fail untold."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL", "XDG"))}
        kept |= {"PYTHONPATH": ":".join(map(str, self.parts)), "HOME": str(home), "LC_ALL": "C.UTF-8", "COLUMNS": "80"}
        line = [str(self.bin / command[0]), *command[1:]]
        done = subprocess.run(
            line, cwd=home, env=kept | also, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done


def link_parts(section: str, folder: Path) -> Path:
    """A folder with what is installed here of that section of constraints.txt, and nothing else."""
    folder.mkdir()
    for name in re.findall(r"^([\w.-]+)==", section, re.MULTILINE):
        found = distribution(name)
        for top in {file.parts[0] for file in found.files or ()} - {"..", "__pycache__"}:
            if not (folder / top).exists():
                (folder / top).symlink_to(Path(str(found.locate_file(top))))
    return folder


@pytest.fixture(scope="module")
def probe(wheel_of: Callable[[str], Path], repo_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel of this machine as installed with the extra `probe`."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=True)
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "--quiet", "install"]
    line = [*pip, "--no-index", "--no-deps", "--no-compile", str(wheel_of(HERE))]
    run = subprocess.run(line, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    base, also = (repo_root / "constraints.txt").read_text().split("\n# --- ")[1:3]
    return Installed(folder / "bin", (link_parts(base, folder / "base"), link_parts(also, folder / "probe")))


@pytest.fixture(scope="module")
def bare(probe: Installed) -> Installed:
    """As installed without an extra."""
    return Installed(probe.bin, probe.parts[:1])


@pytest.fixture(scope="module", params=sorted(ELF_MACHINES))
def machine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def made(wheel_of: Callable[[str], Path], machine: str) -> Path:
    """The wheel of each machine."""
    return wheel_of(machine)


def test_a_wheel_holds_what_was_built_for_its_machine_and_the_same_bytes_again(
    tree: Path, made: Path, machine: str
) -> None:
    names = names_in(made)
    assert {f"sweep/built/{name}" for name in BUILT} <= names
    assert "server/web/dist/index.html" in names
    with zipfile.ZipFile(made) as archive:
        (wheel_file,) = (name for name in names if name.endswith(".dist-info/WHEEL"))
        assert f"Tag: py3-none-manylinux_2_17_{machine}\n" in archive.read(wheel_file).decode()
    first = made.read_bytes()
    assert make_wheel(tree, machine).read_bytes() == first


@pytest.mark.parametrize("library", SOURCES)
def test_a_kernel_asks_for_no_library_and_no_version_of_one(
    made: Path, tmp_path: Path, machine: str, library: str
) -> None:
    """So the oldest tag that pip knows is true of it. `memset` is what a compiler may ask of any machine (GCC's manual,
    "Standards": freestanding), and no version of it is named.
    """
    with zipfile.ZipFile(made) as archive:
        file = Path(archive.extract(f"sweep/built/{library}", tmp_path))
    read = subprocess.run(
        ["readelf", "--wide", "-h", "-d", "--dyn-syms", "-V", str(file)], capture_output=True, check=True
    )
    told = read.stdout.decode()
    assert f"Machine: {ELF_MACHINES[machine]}" in re.sub(r" +", " ", told)
    assert "(NEEDED)" not in told
    assert "No version information found" in told
    assert set(re.findall(r" UND (\S+)", told)) <= {"memset"}
    assert re.search(r"OBJECT +GLOBAL +DEFAULT +\d+ KERNEL_SOURCE$", told, re.MULTILINE)
    assert (digest_sources(SOURCES[library]) or "nothing").encode() in file.read_bytes()


@pytest.mark.parametrize("command", COMMANDS)
def test_without_an_extra_a_command_works_or_says_in_a_line_what_it_needs(
    bare: Installed, tmp_path: Path, command: str
) -> None:
    done = bare.run(tmp_path, "sweep", command)
    assert done.returncode in {0, 2}
    if done.returncode == 2 and done.stderr:
        (line,) = done.stderr.splitlines()
        assert re.match(
            r"sweep: (Missing argument|\w+ is not installed; run: \S+/python -m pip install 'ansim-sweep\[)", line
        )


def test_a_server_without_its_extra_says_so(bare: Installed, tmp_path: Path) -> None:
    done = bare.run(tmp_path, "sweep-server", "serve")
    assert done.returncode == 2
    assert done.stderr == (
        f"sweep-server: sqlalchemy is not installed; run: {bare.bin}/python -m pip install 'ansim-sweep[server]'\n"
    )


def test_with_the_probes_parts_a_camera_is_found(probe: Installed, tmp_path: Path) -> None:
    assert "sweep demo" in probe.run(tmp_path, "sweep").stdout
    listed = probe.run(tmp_path, "sweep", "--help").stdout
    assert [name for name in COMMANDS if name not in listed] == []
    demo = probe.run(tmp_path, "sweep", "demo")
    assert demo.returncode == 0, demo.stderr
    assert (tmp_path / "ansim-demo.html").is_file()


def test_with_the_probes_parts_the_kernels_are_used_and_the_firmware_is_there(probe: Installed, tmp_path: Path) -> None:
    asked = (
        "from sweep.captures.kernel import KERNEL_TROUBLE as one; from sweep.lens.pixels.kernel import KERNEL_TROUBLE;"
        "from sweep.sim.head.loop import KERNEL; from sweep.link.flash import find_image; import sweep;"
        "print(one, KERNEL_TROUBLE, KERNEL is not None, find_image(None).name, sweep.__file__)"
    )
    told = probe.run(tmp_path, "python", "-c", asked).stdout
    assert told.startswith("None None True sensor_head.hex ")
    assert str(probe.bin.parent) in told


def test_the_doctor_advises_by_how_it_was_installed(bare: Installed, probe: Installed, tmp_path: Path) -> None:
    well = probe.run(tmp_path, "sweep", "doctor", "--json", "-")
    assert "make setup" not in well.stdout
    assert bare.run(tmp_path, "sweep", "doctor").stderr.endswith(
        f"is not installed; run: {bare.bin}/python -m pip install 'ansim-sweep[probe]'\n"
    )


def test_without_scipy_the_city_names_its_extra(probe: Installed, tmp_path: Path) -> None:
    assert probe.run(tmp_path, "sweep", "city", "--help").returncode == 0
    done = probe.run(tmp_path, "sweep", "city")
    assert done.returncode == 2
    assert done.stderr == f"sweep: scipy is not installed; run: {probe.bin}/python -m pip install 'ansim-sweep[lab]'\n"


def test_without_the_emulator_a_simulated_sweep_offers_the_demonstration(probe: Installed, tmp_path: Path) -> None:
    (tmp_path / "libsimavr.so.2").touch()  # in the place of the one that may be installed here
    done = probe.run(tmp_path, "sweep", "run", "--sim", LD_LIBRARY_PATH=str(tmp_path))
    assert done.returncode == 2
    assert done.stderr == (
        "sweep: libsimavr.so.2 is missing: apt install libsimavr2, or run sweep demo, which needs none\n"
    )

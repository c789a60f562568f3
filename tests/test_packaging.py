"""The wheel: what it holds, and that it runs in an empty environment with the releases that constraints.txt pins."""

import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

BUILT_PAGE = "server/web/dist/index.html"
IN_SOAK = pytest.mark.soak
"""For what asks for an environment with every package in it."""


def build_wheel(tree: Path, target: Path) -> Path:
    """The wheel that hatchling makes of `tree`, in `target`."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(target)]
    subprocess.run(command, cwd=tree, check=True, capture_output=True)
    (wheel,) = target.glob("*.whl")
    return wheel


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def tree(repo_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the wheel is made from, copied, with no built page."""
    copy = tmp_path_factory.mktemp("tree")
    for name in ("sweep", "server"):
        shutil.copytree(
            repo_root / name, copy / name, ignore=shutil.ignore_patterns("node_modules", "dist", "__pycache__")
        )
    (copy / ".ci").mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore", ".ci/build_hook.py"):
        shutil.copy(repo_root / name, copy / name)
    return copy


@pytest.fixture(scope="module")
def wheel(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel with a page that stands for the built one."""
    page = tree / BUILT_PAGE
    page.parent.mkdir(parents=True)
    page.write_text("<!doctype html>")
    built = build_wheel(tree, tmp_path_factory.mktemp("wheel"))
    shutil.rmtree(page.parent)
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, repo_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of an environment with the wheel and what its extras `probe` and `server` need, nothing else."""
    folder = tmp_path_factory.mktemp("empty")
    venv.create(folder, with_pip=False, symlinks=True)
    pins = folder / "pins.txt"
    pins.write_text((repo_root / "constraints.txt").read_text().partition("\n# --- build\n")[0])
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(folder / "bin" / "python"),
        "--quiet",
        "install",
        "--no-compile",
    ]
    for what in (["--require-hashes", "--only-binary", ":all:", "-r", str(pins)], ["--no-deps", str(wheel)]):
        run = subprocess.run([*pip, *what], capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr
    return folder / "bin"


def run_in(environment: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the environment where nothing of the checkout can be imported by accident."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV"))}
    line = [str(environment / command[0]), *command[1:]]
    return subprocess.run(line, cwd=environment, env=clean, capture_output=True, text=True, check=False, timeout=300)


def test_every_file_of_the_packages_is_in_the_wheel(tree: Path, wheel: Path) -> None:
    files = {p.relative_to(tree) for name in ("sweep", "server") for p in (tree / name).rglob("*") if p.is_file()}
    expected = {str(p) for p in files if p.parts[:2] != ("server", "web") and "__pycache__" not in p.parts}
    expected = {re.sub(r"\.po$", ".mo", name) for name in expected}  # of a catalogue the compiled one
    expected = {name for name in expected if not name.endswith((".md", ".svg"))}  # documents, which no program reads
    packaged = {n for n in names_in(wheel) if ".dist-info/" not in n}
    assert packaged - {BUILT_PAGE} == expected


def test_of_the_web_page_only_the_built_one_is_in_the_wheel(wheel: Path) -> None:
    assert {n for n in names_in(wheel) if n.startswith("server/web/")} == {BUILT_PAGE}


def test_a_wheel_without_a_built_page_is_good_too(tree: Path, wheel: Path, tmp_path: Path) -> None:
    assert names_in(wheel) - names_in(build_wheel(tree, tmp_path)) == {BUILT_PAGE}


def test_the_licence_and_its_notice_travel_with_the_wheel(wheel: Path) -> None:
    (name,) = (n for n in names_in(wheel) if n.endswith("/licenses/LICENSE"))
    with zipfile.ZipFile(wheel) as archive:
        assert "GPL-2.0-only" in archive.read(name).decode()


@IN_SOAK
def test_it_is_the_installed_packages_that_run(environment: Path) -> None:
    run = run_in(environment, "python", "-c", "import sweep, server; print(sweep.__file__); print(server.__file__)")
    assert run.stdout.count(str(environment.parent)) == 2, run.stderr


@IN_SOAK
def test_the_catalogues_travel_with_the_wheel(environment: Path) -> None:
    said = "from sweep.phrases import Phrase, words; print(words(Phrase('stopped'), 'ko'))"
    assert run_in(environment, "python", "-c", said).stdout == "중단했습니다\n"


@IN_SOAK
@pytest.mark.parametrize(
    ("command", "subcommands"),
    [
        ("sweep", ["run", "replay", "agent", "doctor", "flash", "lens", "wifi", "stimulus", "ble", "rf"]),
        ("sweep-server", ["serve", "migrate", "import-facilities", "export", "verify", "rebuild", "enrol"]),
    ],
)
def test_the_commands_run_in_an_empty_environment(environment: Path, command: str, subcommands: list[str]) -> None:
    run = run_in(environment, command, "--help")
    assert run.returncode == 0, run.stderr
    assert [s for s in subcommands if not re.search(rf"\b{s}\b", run.stdout)] == []

"""The checkout as a whole: what stands at its root, what its lock files may say, and what no file may name."""

import json
import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from tests.conftest import LONGEST_FILES

ROOT_ENTRIES = {
    *("firmware", "hardware", "sweep", "server", "tests", ".ci"),
    *("pyproject.toml", "constraints.txt", "Makefile", "LICENSE"),
    *("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"),
    *(".gitignore", ".gitattributes", ".clang-format", ".editorconfig"),
}
TARGETS = {"setup", "run", "check", "test", "soak", "bench", "firmware", "hardware"}
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}

# Written in pieces, so that this file does not name what it looks for.
MACHINE_PATH = re.compile(
    rf"(?<![\w.])/({'|'.join(['wo' + 'rk', 'fa' + 'rm', 't' + 'mp', 'ho' + 'me/[a-z]', 'ro' + 'ot'])})/"
)
REGISTRY = re.compile(
    "|".join(
        re.escape(host + "." + domain)
        for host, domain in (
            ("pypi", "org"),
            ("pythonhosted", "org"),
            ("registry.npmjs", "org"),
            ("piwheels", "org"),
            ("deb.debian", "org"),
            ("archive.raspberrypi", "com"),
        )
    )
    + r"|https?://[^ /]+/(simple|packages|debian)\b"
)


@pytest.fixture(scope="module")
def tracked(repo_root: Path) -> list[Path]:
    """All files under version control, relative to the root."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=repo_root, check=True, capture_output=True).stdout
    return [Path(name.decode()) for name in listing.split(b"\0") if name and (repo_root / name.decode()).exists()]


@pytest.fixture(scope="module")
def project(repo_root: Path) -> dict[str, Any]:
    return tomllib.loads((repo_root / "pyproject.toml").read_text())


def lines_that_match(repo_root: Path, files: list[Path], pattern: re.Pattern[str]) -> list[str]:
    """`file:line` of each text line with a match; files that are not UTF-8 are data and are passed over."""
    found = []
    for file in files:
        try:
            text = (repo_root / file).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{file}:{number}" for number, line in enumerate(text.splitlines(), 1) if pattern.search(line)]
    return found


def test_the_root_holds_what_the_layout_names_and_no_more(tracked: list[Path]) -> None:
    assert {file.parts[0] for file in tracked} <= ROOT_ENTRIES


def test_no_module_has_a_name_that_says_nothing(tracked: list[Path]) -> None:
    assert [
        str(file) for file in tracked if file.suffix in {".py", ".ts", ".c", ".h"} and file.stem in EMPTY_NAMES
    ] == []


def test_no_file_names_a_path_of_a_machine(repo_root: Path, tracked: list[Path]) -> None:
    assert lines_that_match(repo_root, tracked, MACHINE_PATH) == []


def test_no_file_names_a_package_registry(repo_root: Path, tracked: list[Path]) -> None:
    assert lines_that_match(repo_root, tracked, REGISTRY) == []


def test_web_lock_file_names_no_address_and_has_a_hash_for_each_package(repo_root: Path) -> None:
    packages = json.loads((repo_root / "server/web/package-lock.json").read_text())["packages"]
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [
        name for name, entry in packages.items() if name and not entry.get("link") and "integrity" not in entry
    ] == []


def pins(repo_root: Path) -> list[tuple[Requirement, int]]:
    """Each entry of constraints.txt and how many hashes it has."""
    text = (repo_root / "constraints.txt").read_text()
    logical = re.sub(r"\\\n", " ", text).splitlines()
    entries = [line for line in logical if line.strip() and not line.startswith("#")]
    return [(Requirement(line.partition(" --hash=")[0]), line.count(" --hash=sha256:")) for line in entries]


def test_each_entry_of_the_constraints_is_one_release_with_hashes(repo_root: Path) -> None:
    for requirement, hashes in pins(repo_root):
        assert re.fullmatch(r"==[^,*]+", str(requirement.specifier)), requirement
        assert requirement.url is None, requirement
        assert hashes > 0, requirement


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_constraints_hold_one_good_release_of_all_that_is_asked_for(
    repo_root: Path, project: dict[str, Any], python: str, machine: str
) -> None:
    environment = {
        "implementation_name": "cpython",
        "platform_machine": machine,
        "platform_python_implementation": "CPython",
        "python_full_version": f"{python}.5",
        "python_version": python,
        "sys_platform": "linux",
    }
    pinned: dict[str, Version] = {}
    for requirement, _ in pins(repo_root):
        if requirement.marker is None or requirement.marker.evaluate(environment):
            assert requirement.name not in pinned
            (specifier,) = requirement.specifier
            pinned[requirement.name] = Version(specifier.version)
    asked = [*project["project"]["dependencies"], *project["dependency-groups"]["build"]]
    asked += [line for extra in project["project"]["optional-dependencies"].values() for line in extra]
    for line in asked:
        requirement = Requirement(line)
        is_asked_here = requirement.marker is None or requirement.marker.evaluate({**environment, "extra": ""})
        if is_asked_here and requirement.name != "ansim-sweep":
            assert requirement.specifier.contains(pinned[requirement.name.lower()]), line


def test_make_help_lists_each_target(repo_root: Path) -> None:
    for locale, is_korean in (("C.UTF-8", False), ("ko_KR.UTF-8", True)):
        environment = {name: value for name, value in os.environ.items() if name != "LANGUAGE"} | {"LC_ALL": locale}
        said = subprocess.run(
            ["make", "help"], cwd=repo_root, env=environment, check=True, capture_output=True, text=True
        )
        lines = dict(line.split(maxsplit=1) for line in said.stdout.splitlines())
        assert set(lines) >= TARGETS
        assert {name for name, told in lines.items() if bool(re.search("[가-힣]", told)) != is_korean} == set()
        assert len(set(lines.values())) == len(lines)


def test_each_exception_to_a_rule_gives_its_reason(repo_root: Path, tracked: list[Path]) -> None:
    bare = re.compile(r"#\s*(type: ignore|noqa|pragma: no)(\[[^\]]*\]|: *[A-Z]+\d+(, *[A-Z]+\d+)*)?\s*$")
    assert lines_that_match(repo_root, [file for file in tracked if file.suffix == ".py"], bare) == []


def test_the_files_and_folders_that_are_tested_in_another_way_are_there(repo_root: Path) -> None:
    tests = repo_root / "tests"
    assert [name for name in LONGEST_FILES if not (tests / name).is_file()] == []

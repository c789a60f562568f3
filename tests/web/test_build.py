"""What was built and what is committed: types that fit the server, nothing foreign, a page that works offline."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from server.cli.page_tables import page_tables
from tests.web.conftest import WEB


@pytest.fixture
def npm_environment() -> dict[str, str]:
    """An environment in which the Node.js of this checkout is found."""
    if not (WEB / "node_modules").is_dir():
        pytest.fail("the page's packages are not installed: make setup")
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def test_types_are_those_of_the_server(npm_environment: dict[str, str], tmp_path: Path, repo_root: Path) -> None:
    document = subprocess.run(
        [sys.executable, "-m", "server.cli.openapi"], capture_output=True, check=True, cwd=repo_root
    ).stdout
    (tmp_path / "openapi.json").write_bytes(document)
    generate = ["node", "node_modules/openapi-typescript/bin/cli.js", str(tmp_path / "openapi.json"), "--alphabetize"]
    subprocess.run(
        [*generate, "--output", str(tmp_path / "schema.d.ts")],
        check=True,
        capture_output=True,
        cwd=WEB,
        env=npm_environment,
    )
    made = (tmp_path / "schema.d.ts").read_text(encoding="utf-8")
    committed = (WEB / "src" / "api" / "schema.d.ts").read_text(encoding="utf-8")
    assert made == committed, "the server's interface changed: npm --prefix server/web run types"


def test_tables_are_those_of_the_contract() -> None:
    made = json.loads((WEB / "src" / "api" / "tables.json").read_text(encoding="utf-8"))
    assert made == page_tables(), "npm --prefix server/web run types"


def test_lock_file_names_no_registry() -> None:
    lock = json.loads((WEB / "package-lock.json").read_text(encoding="utf-8"))
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
    assert all("integrity" in package for name, package in lock["packages"].items() if name)
    assert "omit-lockfile-registry-resolved=true" in (WEB / ".npmrc").read_text(encoding="utf-8").splitlines()


def test_typescript_is_pinned() -> None:
    packages = json.loads((WEB / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    assert re.fullmatch(r"~?5\.9(\.\d+)?", packages["typescript"])


def test_built_page_has_no_inline_code_and_nothing_foreign(built_page: None) -> None:
    html = (WEB / "dist" / "index.html").read_text(encoding="utf-8")
    assert re.findall(r"<script(?![^>]*\bsrc=)", html) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=", html) == []
    loaded = re.findall(r"(?:src|href)=\"([^\"]+)\"", html)
    assert loaded
    assert [link for link in loaded if not link.startswith("/")] == []
    for sheet in (WEB / "dist" / "assets").glob("*.css"):
        assert re.findall(r"url\((?!/|#|\"#)[^)]*\)|@import", sheet.read_text(encoding="utf-8")) == []


def test_no_word_of_the_page_promises_safety() -> None:
    for file in (WEB / "src").rglob("*"):
        if file.suffix in {".svelte", ".ts"}:
            assert "안전" not in file.read_text(encoding="utf-8"), file

"""One more form of the log is one module and one row: counted on a copy of the server."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROW = '''    MD = "md", About(
        "text/markdown", _text("마크다운", "Markdown"), _text("읽을 글", "A text"), "server.exports.logs.md_log",
    )

    ZIP = "zip"'''
MODULE = '''"""The log as a text to read."""

from typing import BinaryIO

from server.projections.log_records import Document


def write(out: BinaryIO, document: Document) -> None:
    """One line a sweep."""
    lines = [f"# {document.period.first} – {document.period.last}: {document.count}"]
    lines += [f"- {row.place.facility_name.ko}" for row in document.rows]
    out.write("\\n".join(lines).encode())
'''


@pytest.mark.soak  # five starts of a copy of the server
def test_a_module_and_a_row_reach_routes_command_page_and_submission(repo_root: Path, tmp_path: Path) -> None:
    ours = shutil.ignore_patterns("*.pyc.*", "web")  # what is compiled stays so; what is just being written, not
    shutil.copytree(repo_root / "server", tmp_path / "server", ignore=ours)
    table = tmp_path / "server/interface/formats.py"
    table.write_text(table.read_text(encoding="utf-8").replace('    ZIP = "zip"', ROW), encoding="utf-8")
    (tmp_path / "server/exports/logs/md_log.py").write_text(MODULE, encoding="utf-8")

    def call(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            env=os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{repo_root}"},
            cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    log = tmp_path / "log.md"
    days = ("--from", "2026-03-01", "--to", "2026-03-31", "--data-dir", str(tmp_path / "data"))
    call("-m", "server.cli", "export", "log", str(log), "--reason", "월간 보고", *days)
    assert log.read_text(encoding="utf-8") == "# 2026-03-01 – 2026-03-31: 0"
    assert "|md|" in call("-m", "server.cli", "export", "log", "--help")
    assert json.loads(call("-m", "server.cli.page_tables"))["formats"]["md"]["title"]["ko"] == "마크다운"
    schemas = json.loads(call("-m", "server.cli.openapi"))["components"]["schemas"]
    assert "md" in schemas["Format"]["enum"]
    submitted = "import server.exports.gathering.submission as one; print(*one.FORMATS)"
    assert "md" in call("-c", submitted).split()

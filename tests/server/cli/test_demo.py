"""`make run` without make: the recorded sweep through the whole pipeline, once, and a sweep that the page starts."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.server.documents.paper_kit import pdf_words
from tests.server.log_kit import OWN_KINDS
from tests.server.sweep_kit import DEMO_ROOM
from tests.waiting import PATIENCE_S, wait_until

LOGIN = re.compile(r"login +([\w-]+) +password (\S+)")
LOG_HEAD = re.compile(r"기록 원장 \d+건, 루트 해시 \S+")
"""Changes with each entry of the server's own, as that of a new day."""
SWEEP_TIMEOUT_S = 240  # a simulated sweep takes about 20 s on a quiet machine


def _command(data: Path, port: int, *more: str) -> list[str]:
    return [sys.executable, "-m", "server.cli.demo", "--data", str(data), "--port", str(port), *more]


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANSIM_")}
    return {**kept, "LC_ALL": "C.UTF-8"}


def _once(data: Path, port: int, repo_root: Path) -> str:
    done = subprocess.run(
        _command(data, port, "--once"), cwd=repo_root, capture_output=True, text=True, check=False, env=_environment()
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@dataclass
class Demo:
    """A running demonstration and somebody logged in to it."""

    http: httpx.Client
    headers: dict[str, str]
    said: str
    """At its start."""

    def get(self, path: str) -> dict[str, list[dict[str, str]]]:
        answer = self.http.get(path)
        assert answer.status_code == 200, answer.text
        found: dict[str, list[dict[str, str]]] = answer.json()
        return found

    def command(self, **body: object) -> dict[str, str]:
        answer = self.http.post("/api/probes/probe-demo-1/commands", json=body, headers=self.headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, str] = answer.json()
        return found


@contextmanager
def _running(data: Path, repo_root: Path) -> Iterator[Demo]:
    with subprocess.Popen(
        _command(data, 0),
        cwd=repo_root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=_environment(),
    ) as process:
        try:
            lines = []
            for line in process.stdout or ():
                lines.append(line)
                if "Ctrl-C ends" in line:
                    break
            text = "".join(lines)
            address = re.search(r"address +(\S+)", text)
            assert address is not None, text
            with httpx.Client(base_url=address[1], timeout=30) as http:
                user, password = next((u, p) for u, p in LOGIN.findall(text) if u == "inspector")
                login = http.post("/api/login", json={"username": user, "password": password}).json()
                yield Demo(http, {"X-CSRF-Token": login["csrf_token"]}, text)
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE_S) == 0


def _wait_for(what: str, condition: Callable[[], object]) -> None:
    wait_until(condition, what, SWEEP_TIMEOUT_S, 0.2)


def test_the_demonstration(tmp_path: Path, repo_root: Path) -> None:
    """`--once`, then open: the log is there, nothing is doubled, and the page can start a simulated sweep."""
    data = tmp_path / "var"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        first = _once(data, port, repo_root)
        assert f"port {port} is taken; using " in first
    printed = pdf_words((data / "inspection-log.pdf").read_bytes(), tmp_path)
    assert "가상구(가상 기관)" in printed
    assert "기관명 미기재" not in printed
    table = (data / "inspection-log.csv").read_text(encoding="utf-8-sig")
    assert len(table.splitlines()) == 2
    assert {path.stat().st_mode & 0o077 for path in data.glob("*") if path.suffix in {".key", ".json", ".sqlite3"}} == {
        0
    }

    with _running(data, repo_root) as demo:
        assert "already here" in demo.said
        second = subprocess.run(
            _command(data, 0, "--once"), cwd=repo_root, capture_output=True, text=True, check=False, env=_environment()
        )
        assert second.returncode == 2
        assert "is served by another process already" in second.stderr.splitlines()[-1]
        assert "Phrase(" not in second.stderr
        assert len(demo.said.splitlines()) <= 25, demo.said
        assert LOGIN.findall(demo.said) == LOGIN.findall(first)
        again = (data / "inspection-log.csv").read_text(encoding="utf-8-sig")
        assert LOG_HEAD.sub("", again) == LOG_HEAD.sub("", table)
        kinds = [row["kind"] for row in demo.get("/api/entries")["entries"]]
        assert [kind for kind in kinds if kind not in OWN_KINDS] == ["sweep.opened", "sweep.report"]
        _wait_for("the probe", lambda: demo.get("/api/probes")["probes"][0]["state"] == "idle")
        started = demo.command(
            command="start", room_id=str(DEMO_ROOM), mode="quick", inspectors=["점검자-01", "점검자-02"]
        )
        declared = {"sweep_id": started["sweep_id"], "declared_by": ["점검자-01", "점검자-02"]}
        demo.command(command="declare_empty", **declared)
        path = f"/api/sweeps/{started['sweep_id']}"
        _wait_for("the report", lambda: demo.http.get(path).json().get("report_state") == "present")
        detail = demo.http.get(path).json()
        assert (detail["summary"]["source"], detail["summary"]["outcome"]) == ("simulated", "completed")
        assert all(row["signature_ok"] and row["status"] == "accepted" for row in detail["entries"])
        assert detail["gaps"] == detail["alarms"] == []
        sweeps = demo.get(f"/api/rooms/{DEMO_ROOM}")["sweeps"]
        assert sweeps[0]["sweep_id"] == started["sweep_id"]
        assert len(sweeps) == 2


def test_without_a_recording_it_says_so_in_one_line(tmp_path: Path, repo_root: Path) -> None:
    command = _command(tmp_path / "var", 0, "--once", "--recording", str(tmp_path))
    done = subprocess.run(command, cwd=repo_root, capture_output=True, text=True, check=False, env=_environment())
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert done.stderr.startswith("error: no recorded sweep in ")


@pytest.mark.parametrize(
    "port", ["web", pytest.param("70000", marks=pytest.mark.soak), pytest.param("-1", marks=pytest.mark.soak)]
)
def test_a_port_that_cannot_be_is_refused(tmp_path: Path, repo_root: Path, port: str) -> None:
    command = [sys.executable, "-m", "server.cli.demo", "--data", str(tmp_path), "--port", port]
    done = subprocess.run(command, cwd=repo_root, capture_output=True, text=True, check=False, env=_environment())
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)

"""`sweep run` that is stopped (Ctrl-Z) while the room is declared empty: when it goes on, the terminal says so."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from sweep.modality.lease import SILENT_NS
from sweep.modality.liveness import boottime_ns
from sweep.report import SweepReport, parse_json
from sweep.run.words import NOTICES
from tests.waiting import wait_until
from tests.wifi.lit_rig import write_room

ASKED = "안에 아무도 없고 문을 닫았음"


def test_a_program_that_was_stopped_says_when_it_goes_on_that_everything_went_off(tmp_path: Path) -> None:
    (tmp_path / "sweep.toml").write_text(
        f'port = "{tmp_path}/no-head"\nwifi_adapter = "none0"\nble_scan = "never"\n', encoding="ascii"
    )
    room = write_room(tmp_path, 1)
    keyboard, terminal = os.openpty()
    command = [sys.executable, "-m", "sweep.cli", "run", "--config", str(tmp_path / "sweep.toml"), "--room", str(room)]
    command += ["--inspector", "A-1", "--inspector", "A-2", "--state", str(tmp_path / "state")]
    command += ["--json", str(tmp_path / "report.json")]
    said = tmp_path / "said"
    with (
        said.open("wb") as out,
        subprocess.Popen(
            command,
            stdin=terminal,
            stdout=subprocess.DEVNULL,
            stderr=out,
            env=os.environ | {"COLUMNS": "300", "LC_ALL": "ko_KR.UTF-8"},
        ) as process,
    ):
        try:

            def is_said(words: str) -> None:
                wait_until(lambda: words in said.read_text(encoding="utf-8"), words, 60.0, 0.05)

            is_said(ASKED)
            wait_until(lambda: os.write(keyboard, b"y\n") and "s + Enter" in said.read_text(encoding="utf-8"),
                       "the declaration", 60.0, 0.5)  # fmt: skip
            process.send_signal(signal.SIGSTOP)
            stopped_ns = boottime_ns()
            wait_until(lambda: boottime_ns() - stopped_ns > SILENT_NS + 500_000_000, "the end of every lease")
            process.send_signal(signal.SIGCONT)
            is_said(NOTICES["probe_hung"].ko)
            process.send_signal(signal.SIGINT)
            assert process.wait(60.0) == 0
        finally:
            process.kill()
            os.close(keyboard)
            os.close(terminal)
    report = parse_json(SweepReport, (tmp_path / "report.json").read_bytes())
    assert report.condition is not None
    assert report.condition.hangs == 1

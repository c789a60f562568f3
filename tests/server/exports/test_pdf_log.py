"""The printed log: what stands on the sheets, that no glyph is missing, and that hostile text stays text."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from server.exports.pdf_log import Printing, render_pdf
from server.exports.rows import SweepPage

from . import sample_sweeps as s


def _text(pages: Sequence[SweepPage], folder: Path) -> str:
    file = folder / "log.pdf"
    file.write_bytes(render_pdf(pages, s.PERIOD, s.GENERATED, printing=Printing("시범구청", "점검자-01", "월간 보고")))
    done = subprocess.run(["pdftotext", "-layout", str(file), "-"], check=True, capture_output=True, timeout=60)
    return done.stdout.decode()


def test_a_simulated_sweep_is_printed_and_marked(tmp_path: Path) -> None:
    text = _text([s.simulated_page()], tmp_path)
    assert "시뮬레이션 기록" in text
    assert "2번 칸" in text


def test_the_same_input_gives_the_same_bytes() -> None:
    pages = [s.simulated_page(), s.live_page()]
    assert render_pdf(pages, s.PERIOD, s.GENERATED) == render_pdf(pages, s.PERIOD, s.GENERATED)

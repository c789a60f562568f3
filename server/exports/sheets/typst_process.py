"""Typst itself: `compiled` here, or `python typst_process.py` as a process of its own, from standard input to output.

Input is what there is to set, as JSON; output are the bytes of the PDF.  Typst keeps what it set for as long as its
process lives, and gives no way to forget it: whoever sets one document after the other does so in processes that end.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import typst


def compiled(told: Mapping[str, Any]) -> bytes:
    """The template `told["template"]` of the folder `told["root"]`, filled with the JSON `told["data"]`."""
    return typst.compile(
        Path(told["root"]) / told["template"],
        root=told["root"],
        format="pdf",
        font_paths=_fonts(told["fonts"]),
        sys_inputs={"data": told["data"]},
        timestamp=told["timestamp"],
        pdf_standards=told["standards"],
    )


def compiled_apart(told: Mapping[str, Any]) -> bytes:
    """The same by a process that ends with it; CalledProcessError when it cannot."""
    command = (sys.executable, "-I", __file__)
    return subprocess.run(command, input=json.dumps(told).encode(), stdout=subprocess.PIPE, check=True).stdout


@lru_cache(maxsize=4)
def _fonts(folder: str) -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])


if __name__ == "__main__":
    sys.stdout.buffer.write(compiled(json.load(sys.stdin.buffer)))

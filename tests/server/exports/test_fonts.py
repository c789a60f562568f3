"""Which characters Nanum Gothic can draw, and what happens where it is not installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.exports.sheets.fonts import FONT_FILES, FontsMissingError, find_typeface

from . import sample_sweeps as s


def test_korean_and_the_signs_of_the_form_are_covered() -> None:
    typeface = find_typeface()
    wanted = "가힣점검일지육안확인필요ABCxyz0189~·…→×±≤≥○●□■◆ⓘ"
    assert typeface.covered(wanted) == wanted
    assert len(typeface.characters) > 15_000


def test_what_cannot_be_drawn_is_spelled_out() -> None:
    typeface = find_typeface()
    assert typeface.covered("a👾م") == "a\\U0001f47e\\u0645"
    shown = typeface.covered(s.HOSTILE_GLYPHS)
    assert typeface.covered(shown) == shown


def test_missing_fonts_say_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(FontsMissingError, match="apt install fonts-nanum"):
        find_typeface([tmp_path, tmp_path / "absent"])


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x00\x00\x00\x01" + b"\x00" * 6, b"not a font" * 10])
def test_a_broken_font_file_says_what_to_do(tmp_path: Path, content: bytes) -> None:
    for name in FONT_FILES:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(FontsMissingError, match="reinstall"):
        find_typeface([tmp_path])

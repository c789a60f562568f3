"""Bounded reading of records: what is refused, in whose words."""

from __future__ import annotations

from pathlib import Path

import pytest

from sweep.phrases import Phrase
from sweep.report import ContractError, LocalText
from sweep.report.files import read_bounded, read_json, read_toml

GOOD = LocalText(ko="입구", en="Entrance")


class Refused(ValueError):
    """What the caller asked for."""


def test_a_record_is_read_from_either_kind_of_file(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"ko": "입구", "en": "Entrance"}', encoding="utf-8")
    (tmp_path / "a.toml").write_text('ko = "입구"\nen = "Entrance"\n', encoding="utf-8")
    assert read_json(LocalText, tmp_path / "a.json") == GOOD
    assert read_toml(LocalText, tmp_path / "a.toml", max_bytes=100) == GOOD


def test_a_file_of_just_the_bound_is_read_and_one_byte_more_is_not(tmp_path: Path) -> None:
    path = tmp_path / "bytes"
    path.write_bytes(b"x" * 10)
    assert read_bounded(path, 10) == b"x" * 10
    with pytest.raises(ContractError, match="larger than 9 bytes"):
        read_bounded(path, 9)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.json", b'{"ko": "a"}', "en: Field required"),
        ("b.json", b'{"ko": "a", "ko": "b", "en": "c"}', "stands twice"),
        ("c.json", b"[" * 100_000, "not valid JSON"),
        ("d.toml", b'ko = "a"', "en: Field required"),
        ("e.toml", b"\xff", "not valid TOML"),
        ("f.toml", b"ko = ", "not valid TOML"),
    ],
)
def test_what_is_no_record_is_refused_in_one_line_that_names_the_file(
    tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    (tmp_path / name).write_bytes(content)
    read = read_toml if name.endswith("toml") else read_json
    with pytest.raises(Refused, match=says) as refused:
        read(LocalText, tmp_path / name, Refused, max_bytes=1_000_000)
    assert name in str(refused.value)
    assert "\n" not in str(refused.value)


def test_advice_is_given_only_where_there_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"No such file or directory; the recipe [^;]+$"):
        read_bounded(tmp_path / "none", 10, Refused, advice=Phrase("give_recipe"))
    with pytest.raises(Refused, match=r"Is a directory$"):
        read_bounded(tmp_path, 10, Refused, advice=Phrase("give_recipe"))

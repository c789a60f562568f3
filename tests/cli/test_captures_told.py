"""What commands say of a capture on a terminal of 80 columns, as a newcomer reads it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

from sweep.cli import build_app
from sweep.cli.capture_words import LEFT_OUT, left_out
from sweep.cli.output import out
from sweep.cli.tables import show_table
from sweep.report.language import spoken
from sweep.sim.source import RECORDED_SWEEP

CAPTURES = Path(__file__).parents[1] / "captures"
STALL = RECORDED_SWEEP / "p2"
COMMANDS = [
    *(("wifi", file) for file in sorted(CAPTURES.glob("wifi/*/capture.*"))),
    *(("ble", file) for file in sorted(CAPTURES.glob("ble/*/capture.*"))),
    ("wifi", STALL / "wifi.pcap"),
    ("stimulus", STALL / "wifi.pcap", "--sequence", STALL / "stimulus.json"),
    ("rf", STALL / "head.serial"),
]


@pytest.mark.parametrize("locale", ["ko_KR.UTF-8", "C.UTF-8"])
@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: f"{one[0]} {one[1].parent.name}")
def test_nothing_is_cut_no_code_and_no_plural_of_one(
    command: tuple[object, ...], locale: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    monkeypatch.setattr(out, "width", 80)
    done = CliRunner().invoke(build_app(), [*map(str, command)])
    assert done.stdout
    assert max(cell_len(line) for line in done.stdout.splitlines()) <= 80
    assert "…" not in done.stdout
    assert not re.search(r"\b1 [a-z]+s\b", done.stdout)
    assert not re.search(r"\b[a-z]+_[a-z]+\b", done.stdout)
    assert not re.search(r"^\s*dBm\b", done.stdout, re.MULTILINE), "a level and its unit stand in one line"


def test_every_kind_of_what_was_left_out_has_words() -> None:
    told = {
        "bad_fcs": "damaged", "bad_crc": "damaged", "cut_radiotap": "malformed", "short_packet_block": "malformed",
        "impossible_packet_length": "malformed", "foreign_link_type": "foreign", "not_an_advert": "foreign",
        "null_transmitter": "impossible", "over_frame_limit": "over_limit",
    }  # fmt: skip
    for name, kind in told.items():
        assert left_out({name: 2}) == f"{spoken(LEFT_OUT[kind])} 2"
    assert left_out({"bad_fcs": 1, "bad_crc": 2, "cut_element": 1}) == (
        f"{spoken(LEFT_OUT['damaged'])} 3, {spoken(LEFT_OUT['malformed'])} 1"
    )


def test_headings_give_way_before_cells(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(out, "width", 40)
    show_table(["a heading of many words", "why, or how much of it", "kind"], [("5f3a", "not assessable", "unheard")])
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].split("  ")[0] == "5f3a"
    assert "not assessable" in lines[-1]
    assert max(map(cell_len, lines)) <= 40

"""Calls of iw, with an executable that answers as iw 6.9 does."""

from pathlib import Path

import pytest

from sweep.cli.doctor.wifi import COUNTRY, channel_state
from sweep.phrases import Phrase
from sweep.wifi.capture import iw
from sweep.wifi.capture.channels import Channel
from sweep.wifi.capture.iw import IwError, list_channels, parse_channels
from sweep.wifi.words import WORDS

CHANNELS = """Band 1:
\t* 2412 MHz [1]
\t  Maximum TX power: 20.0 dBm
\t  Channel widths: 20MHz HT40+
\t* 2484 MHz [14] (disabled)
Band 2:
\t* 5180 MHz [36]
\t  Maximum TX power: 23.0 dBm
\t  Channel widths: 20MHz HT40+ VHT80
\t* 5260.0 MHz [52]
\t  Maximum TX power: 20.0 dBm
\t  No IR
\t  Radar detection
\t  Channel widths: 20MHz HT40+ VHT80
\t  DFS state: usable (for 3000 sec)
\t  DFS CAC time: 60000 ms
Band 4:
\t* 5955 MHz [1] (no IR)
\t  Channel widths: 20MHz
\t* 6415 MHz [93] (disabled)
\t  Radar detection
"""
EXPECTED = (Channel(2_412), Channel(5_180, is_wide=True), Channel(5_260, is_wide=True, is_radar=True), Channel(5_955))


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    """A fake iw; the file of what it was asked, beside it."""
    program, asked = tmp_path / "iw", tmp_path / "asked"
    program.write_text(
        f'#!/bin/sh\necho "$*" >> {asked}\ncase "$*" in\n'
        f'"dev mon0 info") echo "wiphy 3";;\n"phy phy3 channels") cat <<E\n{CHANNELS}E\n;;\n'
        '"dev mon0 set freq 2412"|"dev mon0 set freq 5180 80 5210"|"dev mon0 set freq 5260") ;;\n'
        '*) echo "command failed: Device or resource busy (-16)" >&2; exit 240;;\nesac\n'
    )
    program.chmod(0o755)
    return asked


def test_channels_are_those_that_may_be_heard() -> None:
    assert parse_channels(CHANNELS) == EXPECTED
    assert parse_channels("") == ()


def test_iw_is_asked_and_its_refusal_is_said(calls: Path) -> None:
    program = str(calls.with_name("iw"))
    assert list_channels("mon0", program) == EXPECTED
    iw.tune("mon0", EXPECTED[0], program)
    iw.tune("mon0", EXPECTED[1], program)
    iw.tune("mon0", EXPECTED[2], program)  # 80 MHz are refused there: the channel alone
    assert calls.read_text().splitlines()[2:] == [
        "dev mon0 set freq 2412",
        "dev mon0 set freq 5180 80 5210",
        "dev mon0 set freq 5260 80 5290",
        "dev mon0 set freq 5260",
    ]
    with pytest.raises(IwError, match="busy"):
        iw.tune("mon0", Channel(2_417), program)
    not_spawned = calls.with_name("not-spawned")
    not_spawned.write_text("#!/bin/sh\nexit 127\n")
    not_spawned.chmod(0o755)
    for lacking in (calls.with_name("nowhere"), not_spawned):
        with pytest.raises(IwError, match="install"):
            iw.tune("mon0", Channel(2_412), str(lacking))


def test_doctor_says_what_the_adapter_cannot_hear(calls: Path) -> None:
    state, remedy = channel_state("mon0", str(calls.with_name("iw")))
    assert state == "2.4 GHz: 1/13, 5 GHz: 2/24, 6 GHz: 1/59"
    assert str(remedy).splitlines() == [
        WORDS.conditional_limits["wifi_channels_missing"].en,
        str(COUNTRY),
    ]
    assert channel_state("mon0", str(calls.with_name("nowhere")))[0] == Phrase("not_known")


def test_nothing_but_listening_is_ever_asked_of_the_radio() -> None:
    source = Path(iw.__file__).read_text(encoding="utf-8")
    for word in ("connect", "scan", "ibss", "ap start", "mesh", "txpower", "frame", "inject"):
        assert f'"{word}' not in source

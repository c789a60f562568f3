"""A probe's own network: what NetworkManager is told, what the label says, and that nobody else reads either."""

from __future__ import annotations

import configparser
import re
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from server.serving.hotspot import Hotspot, new_name, new_passphrase
from tests.server.conftest import Call


def settings_of(text: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read_string(text)
    return parser


@pytest.fixture
def run(call: Call, tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """`sweep-server hotspot` with these options: its exit code and what it said."""

    def run(*options: str) -> tuple[int, str]:
        code, out, err = call("hotspot", "probe-1", "--label", tmp_path / "label.svg", "--folder", tmp_path, *options)
        return code, out + err

    return run


def test_a_network_of_its_own_that_only_root_reads(run: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    code, said = run()
    assert code == 0, said
    file = tmp_path / "ansim-sweep-hotspot.nmconnection"
    for made in (file, tmp_path / "label.svg"):
        assert made.stat().st_mode & 0o777 == 0o600
    told = settings_of(file.read_text())
    assert dict(told["wifi"]) | {"ssid": ""} == {
        "mode": "ap", "ssid": "", "band": "a", "channel": "36", "ap-isolation": "1", "powersave": "2",
    }  # fmt: skip
    assert (told["wifi-security"]["key-mgmt"], told["wifi-security"]["pmf"]) == ("sae", "3")
    assert (told["connection"]["interface-name"], told["ipv4"]["address1"]) == ("wlan0", "10.77.0.1/29")
    first = told["wifi-security"]["psk"]
    assert re.fullmatch(r"([a-hjkmnp-z2-9]{4}-){3}[a-hjkmnp-z2-9]{4}", first)
    assert first in (tmp_path / "label.svg").read_text()
    assert first not in said
    run()
    again = settings_of(file.read_text())
    assert again["wifi-security"]["psk"] != first
    assert again["wifi"]["ssid"] != told["wifi"]["ssid"], "two probes of one name are two networks"


def test_the_codes_of_the_label_are_read_by_a_camera() -> None:
    made = Hotspot("ansim-probe-1-07fa", "abcd-efgh-jkmn-pqrs")
    pages = made.label("http://10.77.0.1:8080")
    read = [cv2.QRCodeDetector().detectAndDecode(picture)[0] for picture in drawn(pages)]
    assert read == ["WIFI:T:WPA;R:1;S:ansim-probe-1-07fa;P:abcd-efgh-jkmn-pqrs;;", "http://10.77.0.1:8080"]
    assert Hotspot("a", "b", security="wpa2").joining == "WIFI:T:WPA;S:a;P:b;;"


def drawn(label: str) -> list[np.ndarray]:
    """The codes of a label as pictures, from the strokes of their paths (segno: M x y h length, relative)."""
    found = []
    for path in re.findall(r'd="([^"]+)"', label):
        moves = re.findall(r"([Mmh])(-?[\d.]+)(?: ?(-?[\d.]+))?", path)
        x = y = 0.0
        strokes = []
        for letter, one, two in moves:
            if letter == "h":
                strokes.append((int(x), int(y), int(one)))
                x += float(one)
            else:
                x, y = (float(one), float(two)) if letter == "M" else (x + float(one), y + float(two))
        side = max(y for _, y, _ in strokes) + 5
        picture = np.full((side, side), 255, np.uint8)
        for left, top, length in strokes:
            picture[top, left : left + length] = 0
        found.append(cv2.resize(picture, None, fx=8, fy=8, interpolation=cv2.INTER_NEAREST))
    return found


@pytest.mark.parametrize(
    "options", [("--band", "6"), ("--interface", "sweep0"), ("--name", "a;P:b"), ("--folder", "/nowhere")]
)
def test_what_cannot_be_is_refused_with_one_line(run: Callable[..., tuple[int, str]], options: tuple[str, str]) -> None:
    code, said = run(*options)
    assert (code, said.count("\n")) == (2, 1)


def test_names_and_passphrases_differ() -> None:
    assert len({new_passphrase() for _ in range(100)}) == 100
    assert new_name("점검기 / 1").startswith("ansim-1-")
    assert new_name("점검기").startswith("ansim-probe-")

"""A probe's own network for the phone of whoever carries it: its settings for NetworkManager, and its label.

Input is a name, a passphrase and what the radio can; output is a connection file and an SVG with two QR codes (network,
page).  Nothing is switched on here.  Stations do not hear each other; there are five addresses, so that a phone can be
changed before the lease of the last one has run out.  Written from the manuals of NetworkManager 1.52, and unproven:
no probe has run it.
"""

from __future__ import annotations

import io
import re
import secrets
from dataclasses import dataclass
from typing import Final, Literal
from uuid import NAMESPACE_URL, uuid5
from xml.sax.saxutils import escape

import segno

Security = Literal["wpa3", "wpa2"]
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,30}")
"""As an SSID that needs no escape in a connection file or a QR code; at most 32 octets."""
LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""What nobody takes for another one when typing it from a label."""
WORDS, WORD_LETTERS = 4, 4
"""79 bits (derived)."""
ADDRESS: Final = "10.77.0.1"
PREFIX: Final = 29
CHANNEL: Final[dict[str, tuple[str, int]]] = {"2.4": ("bg", 11), "5": ("a", 36)}
"""Bands of NetworkManager, and a channel in each that needs no radar detection."""


@dataclass(frozen=True, slots=True)
class Hotspot:
    """One probe's network."""

    name: str
    passphrase: str
    interface: str = "wlan0"
    band: str = "5"
    security: Security = "wpa3"
    """`wpa2` where the chip's access point knows no SAE; whether that of a Raspberry Pi does is not known here."""

    def connection(self) -> str:
        """The file for /etc/NetworkManager/system-connections, which only root may read."""
        band, channel = CHANNEL[self.band]
        management, frames = ("sae", "3") if self.security == "wpa3" else ("wpa-psk", "2")
        return (
            f"[connection]\nid={self.file_name}\nuuid={uuid5(NAMESPACE_URL, f'ansim-sweep:{self.name}')}\ntype=wifi\n"
            f"interface-name={self.interface}\nautoconnect=true\n\n"
            f"[wifi]\nmode=ap\nssid={self.name}\nband={band}\nchannel={channel}\nap-isolation=1\npowersave=2\n\n"
            f"[wifi-security]\nkey-mgmt={management}\npsk={self.passphrase}\nproto=rsn\npairwise=ccmp\ngroup=ccmp\n"
            f"pmf={frames}\n\n"
            f"[ipv4]\nmethod=shared\naddress1={ADDRESS}/{PREFIX}\n\n[ipv6]\nmethod=disabled\n"
        )

    @property
    def file_name(self) -> str:
        """Of the connection."""
        return "ansim-sweep-hotspot"

    @property
    def joining(self) -> str:
        """The text of the QR code (WPA3 Specification 3.1, section 7; R:1 says that nothing older is spoken)."""
        newer = "R:1;" if self.security == "wpa3" else ""
        return f"WIFI:T:WPA;{newer}S:{self.name};P:{self.passphrase};;"

    def label(self, page: str) -> str:
        """The label as SVG, 90 x 50 mm: the network's code, the page's, and both in letters."""
        codes = "".join(
            f'<svg x="{x}" y="4" width="32" height="32">{_code(text)}</svg>'
            for x, text in ((6, self.joining), (52, page))
        )
        lines = (
            (22, 40, "1. 와이파이 / Wi-Fi"), (68, 40, "2. 점검 화면 / page"), (22, 44, self.name),
            (22, 48, self.passphrase), (68, 44, page),
        )  # fmt: skip
        said = "".join(
            f'<text x="{x}" y="{y}" text-anchor="middle" font-size="{3 if len(text) < 24 else 2}">{escape(text)}</text>'
            for x, y, text in lines
        )
        return (
            '<svg xmlns="http://www.w3.org/2000/svg" width="90mm" height="50mm" viewBox="0 0 90 50" '
            f'font-family="sans-serif"><rect width="90" height="50" fill="#fff"/>{codes}{said}</svg>\n'
        )


def new_passphrase() -> str:
    """One that can be typed from a label."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(WORD_LETTERS)) for _ in range(WORDS))


def new_name(probe_id: str) -> str:
    """A name that no other probe has, even where two were called the same: phones would take one for the other."""
    slug = re.sub(r"[^A-Za-z0-9]+", "-", probe_id).strip("-")[:18] or "probe"
    return f"ansim-{slug}-{secrets.token_hex(2)}"


def _code(text: str) -> str:
    out = io.BytesIO()
    made = segno.make(text, error="q", micro=False)
    made.save(out, kind="svg", border=4, xmldecl=False, svgns=False, omitsize=True, nl=False)
    return out.getvalue().decode()

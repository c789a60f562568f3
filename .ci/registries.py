"""Write the tables of who an address block or a Bluetooth number was assigned to.

Usage: registries.py SOURCE MANUF NUMBERS. MANUF is Wireshark's file of the IEEE's registries
(https://www.wireshark.org/download/automated/data/manuf.gz, unpacked), NUMBERS the Bluetooth SIG's folder of assigned
numbers (https://bitbucket.org/bluetooth-SIG/public, `assigned_numbers`); SOURCE says in a few words which release they
are. Only what the probe looks up is kept: the longest name of each block, company identifiers and member UUIDs.
"""

import re
import sys
from datetime import UTC, datetime
from pathlib import Path

ROOM = Path(__file__).resolve().parent.parent / "sweep"
REGISTRY_ITSELF = "IEEE Registration Authority"
"""Holder of the 24-bit blocks that are given out in smaller pieces: says nothing about a device."""
ALL_ZEROS = "00:00:00"
"""Written where an address is missing: what the source says of it is a joke and no maker."""
DIGITS = {"24": 6, "28": 7, "36": 9}
ROW = re.compile(r"- (?:value|uuid): 0x([0-9A-Fa-f]{4})\s+name: (.*)")
KINDS = {"company": "company_identifiers/company_identifiers.yaml", "member": "uuids/member_uuids.yaml"}


def vendors(manuf: str) -> list[str]:
    """`prefix TAB name` of each block of 24, 28 or 36 bits, sorted."""
    lines = []
    for line in manuf.splitlines():
        if line.startswith("#") or "\t" not in line:
            continue
        block, _, rest = line.partition("\t")
        digits, _, bits = block.strip().partition("/")
        name = rest.rpartition("\t")[2].strip()
        if name and name != REGISTRY_ITSELF and digits != ALL_ZEROS:
            lines.append(f"{digits.replace(':', '')[: DIGITS[bits or '24']]}\t{name}")
    return sorted(lines)


def makers(numbers: Path) -> list[str]:
    """`kind number TAB name`, sorted."""
    lines = []
    for kind, file in KINDS.items():
        found = ROW.findall((numbers / file).read_text(encoding="utf-8"))
        lines += [f"{kind} {number.upper()}\t{_unquote(name.strip())}" for number, name in found]
    return sorted(lines)


def _unquote(scalar: str) -> str:
    quote = scalar[:1]
    if quote not in {"'", '"'} or not scalar.endswith(quote):
        return scalar
    inner = scalar[1:-1]
    return inner.replace("''", "'") if quote == "'" else inner.replace('\\"', '"')


def main(source: str, manuf: str, numbers: str) -> None:
    """Write both tables."""
    tables = {
        "wifi/transmitters/vendors.txt": (
            "Address blocks and whom the IEEE assigned them to.",
            vendors(Path(manuf).read_text("utf-8")),
        ),
        "ble/makers.txt": (
            "Bluetooth company identifiers and member UUIDs and whom the Bluetooth SIG assigned them to.",
            makers(Path(numbers)),
        ),
    }
    for place, (title, lines) in tables.items():
        head = [f"# {title} Written by .ci/registries.py", f"# from {source} on {datetime.now(UTC):%Y-%m-%d}."]
        head += ["# Facts of a public registry; the names are its holders' own."]
        (ROOM / place).write_text("\n".join([*head, *lines]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])

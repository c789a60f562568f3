"""What a printed log says of its record as a QR code: hashes that anybody can hold against an exported log.

Input are hashes, output is one line of ASCII and its code as SVG.  It names no place, no person and no result; whoever
scans it learns nothing but whether a log that somebody hands them holds this record (`sweep-server verify FILE --entry
'THE LINE'`).
"""

from __future__ import annotations

from server.exports.sheets.typeset import qr_svg

PROOF_VERSION = "ansim-proof/1"


def proof_line(what: str, digest: str | None, log: str) -> str:
    """`ansim-proof/1 entry <hash> log <entries> <root hash>`; empty when there is nothing to prove.

    `what` is `entry` (one record) or `records` (the digest over those of a list); `log` is `Seal.proof`, perhaps empty.
    """
    return "" if digest is None else " ".join(part for part in (PROOF_VERSION, what, digest, log) if part)


def proof_qr(line: str) -> str:
    """The line as QR code (ISO/IEC 18004, error correction M: a sheet that was copied twice) in SVG."""
    return qr_svg(line, error="m", border=2)

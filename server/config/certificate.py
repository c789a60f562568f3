"""When the certificate of the page ends."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from cryptography import x509


def certificate_end(file: Path) -> float | None:
    """In seconds since 1970, of the first certificate in this PEM file; None when there is none to be read."""
    try:
        return _end(file, file.stat().st_mtime_ns)
    except (OSError, ValueError):
        return None


@lru_cache(maxsize=1)
def _end(file: Path, _changed_ns: int) -> float:
    return x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc.timestamp()

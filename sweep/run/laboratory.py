"""Whether what a live sweep samples may be kept: only on a laboratory's own probe."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

from sweep.phrases import Phrase

LAB_PACKAGE: Final = "filelock"
"""What the `lab` extra brings and nothing else does."""


class LaboratoryError(ValueError):
    """Nothing may be kept here; one line."""


def check_laboratory(*, server: str | None) -> None:
    """Raises LaboratoryError where the extra is missing or the probe belongs to a server."""
    if find_spec(LAB_PACKAGE) is None:
        raise LaboratoryError(Phrase("keeping_needs_lab"))
    if server is not None:
        raise LaboratoryError(Phrase("keeping_on_a_servers_probe"))

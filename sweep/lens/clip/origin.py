"""Where a clip comes from, by the manifests of sweeps beside or above it.

Input is a clip's folder, or one of clips; output is the source that a manifest names.  A live one is told before all:
whoever shows frames refuses those.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from sweep.report import MANIFEST_NAME

ABOVE: Final = 3
"""Derived: folders from a sweep's manifest to a clip, POSITION/lens/CLIP."""


def source_of(folder: Path) -> object:
    """As the manifest says it, which anybody may have written; None without one."""
    found: list[object] = []
    for place in (folder, *folder.resolve().parents[:ABOVE]):
        try:
            table = json.loads((place / MANIFEST_NAME).read_bytes())
        except (OSError, ValueError, RecursionError):
            continue
        if isinstance(table, dict):
            found.append(table.get("source"))
    return "live" if "live" in found else next(iter(found), None)

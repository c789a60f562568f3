"""Hatchling's hook: the catalogues of `sweep/locale` are compiled before a wheel, or this checkout's own, is made.

Where ANSIM_BUILT names a folder (`wheels.py`), what was built for one machine goes into the wheel too, which is then
for ANSIM_PLATFORM alone.
"""

import os
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BuildHook(BuildHookInterface[Any]):
    """Writes `*.mo` beside each `*.po`, and puts into the wheel what was built."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Before anything is packed; `version` is "editable" for this checkout's own."""
        for source in sorted(Path(self.root, "sweep", "locale").glob("*/LC_MESSAGES/*.po")):
            with source.open("rb") as words, source.with_suffix(".mo").open("wb") as compiled:
                write_mo(compiled, read_po(words, abort_invalid=True))
        built = os.environ.get("ANSIM_BUILT")
        if built and self.target_name == "wheel" and version != "editable":
            build_data["force_include"][built] = "sweep/built"
            build_data["pure_python"] = False
            build_data["tag"] = f"py3-none-{os.environ['ANSIM_PLATFORM']}"

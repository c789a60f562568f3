"""Hatchling's hook: the catalogues of `sweep/locale` are compiled before a wheel, or this checkout's own, is made."""

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Catalogues(BuildHookInterface[Any]):
    """Writes `*.mo` beside each `*.po`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - Hatchling's signature
        """Before anything is packed."""
        for source in sorted(Path(self.root, "sweep", "locale").glob("*/LC_MESSAGES/*.po")):
            with source.open("rb") as words, source.with_suffix(".mo").open("wb") as compiled:
                write_mo(compiled, read_po(words, abort_invalid=True))

"""Which release this is, as the installed distribution says."""

from __future__ import annotations

from importlib.metadata import version

VERSION = version("ansim-sweep")

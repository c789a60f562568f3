"""Print the OpenAPI document as JSON: `python -m server.cli.openapi`; the page's types are generated from it."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from server.api.app import create_app
from server.config.settings import Settings


def main() -> None:
    """Write the document to standard output."""
    with tempfile.TemporaryDirectory() as folder:
        document = create_app(Settings(data_dir=Path(folder))).openapi()
    json.dump(document, sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()

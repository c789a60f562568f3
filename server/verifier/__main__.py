"""`python -m server.verifier FILE`: `sweep-server verify` for whoever has these modules and `cryptography` alone."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from server.verifier.command import (
    CHECKPOINT_HELP,
    ENTRY_HELP,
    ROOT_HELP,
    WITNESS_HELP,
    AnchorError,
    anchors_of,
    verify_package,
)
from server.verifier.findings import PackageError
from server.verifier.words import lines_of


def main() -> int:
    """Exit code 0: everything holds. 1: problems. 2: bad usage, with one line."""
    parser = argparse.ArgumentParser(prog="python -m server.verifier", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--checkpoint", type=Path, help=CHECKPOINT_HELP)
    parser.add_argument("--root", help=ROOT_HELP)
    parser.add_argument("--witness", help=WITNESS_HELP)
    parser.add_argument("--entry", help=ENTRY_HELP)
    options = parser.parse_args()
    try:
        found = verify_package(
            options.file, anchors_of(options.checkpoint, options.root, options.witness, options.entry)
        )
    except (AnchorError, PackageError, OSError) as error:
        sys.stderr.write(f"verifier: {error}\n")
        return 2
    sys.stdout.writelines(f"{line}\n" for line in lines_of(found))
    return 0 if found.holds else 1


if __name__ == "__main__":
    sys.exit(main())

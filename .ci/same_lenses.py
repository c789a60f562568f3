"""Whether another machine's `sweep lens --json` says what this one says: `same_lenses.py THEIRS OURS`.

The same places with the same verdicts is what counts; OpenCV rounds otherwise on another processor, so that scores may
differ, and the largest difference is said. Exit code 1 where a place or a verdict differs.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    """Entry point."""
    theirs, ours = (read(Path(name)) for name in sys.argv[1:3])
    if theirs.keys() != ours.keys():
        print(f"{len(theirs.keys() - ours.keys())} places more, {len(ours.keys() - theirs.keys())} fewer")
        sys.exit(1)
    changed = [place for place, (verdict, _) in ours.items() if theirs[place][0] != verdict]
    most = max((abs(theirs[place][1] - score) for place, (_, score) in ours.items()), default=0.0)
    print(f"{len(ours)} places, {len(changed)} verdicts differ, scores by {most:.4f} at most")
    sys.exit(1 if changed else 0)


def read(file: Path) -> dict[tuple[str, int, int], tuple[str, float]]:
    """Verdict and score by clip and pixel."""
    found: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["detections"]
    return {(one["clip"], round(one["x"]), round(one["y"])): (one["verdict"], one["score"]) for one in found}


if __name__ == "__main__":
    main()

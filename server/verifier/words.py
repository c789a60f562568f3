"""What a verification found, in plain English lines for a terminal.

Input are findings; output are lines of ASCII: whatever a file put into a problem is shown, not obeyed.
"""

from __future__ import annotations

from collections.abc import Iterator

from server.verifier.findings import Findings

MAX_LINE = 400


def lines_of(found: Findings) -> Iterator[str]:
    """Counts, what is proven, what is not, what is worth knowing, and each problem."""
    count = found.entries
    parts = [f"{count['accepted']} accepted", f"{count['quarantined']} in quarantine"]
    parts += [f"{count[status]} {word}" for status, word in _SELDOM.items() if count[status]]
    if found.unread:
        parts.append(f"{found.unread} of a version or kind that is not read here")
    lines = [
        f"{found.size} entries: {', '.join(parts)}",
        f"bodies: {', '.join(f'{found.bodies[state]} {word}' for state, word in _BODIES.items())}",
        f"log {found.origin}, scope {found.scope}, root hash {found.root_hash}",
        *(f"proven: {line}" for line in found.proven),
        *(f"not proven: {line}" for line in found.unproven),
        *(f"note: {line}" for line in found.notes),
        *(f"problem: {line}" for line in found.problems),
    ]
    if found.more_problems:
        lines.append(f"problem: and {found.more_problems} more")
    if found.is_cut:
        lines.append("note: the rest of the file was not read")
    lines.append("everything holds" if found.holds else f"{len(found.problems) + found.more_problems} problems")
    return (_shown(line) for line in lines)


_BODIES = {"present": "hold", "withheld": "withheld", "erased": "erased", "missing": "missing"}
_SELDOM = {"conflict": "in conflict", "purged": "purged", "broken": "unreadable"}


def _shown(line: str) -> str:
    text = "".join(character if character.isprintable() else " " for character in line[: MAX_LINE + 1])
    text = text.encode("ascii", "backslashreplace").decode()
    return text if len(text) <= MAX_LINE else text[: MAX_LINE - 3] + "..."

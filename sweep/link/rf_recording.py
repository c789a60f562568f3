"""RF windows of a recorded serial line, and why there are none or fewer than there were.

Input is a path of a recorded sweep; output is the answer that a head would have given.  What could be read before a
recording breaks off counts; a recording that is unreadable and one without windows are told apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field

from sweep.link.decode import HeadError, Losses
from sweep.link.head import PortError
from sweep.link.readings import read_windows
from sweep.modality.messages import MeasureRf, RfHeard
from sweep.modality.own_transmissions import intervals_ns, without_own
from sweep.report import ContractError, Gap, OwnTransmission, Record, RfWindow, to_json
from sweep.report.base import Count, Seconds
from sweep.report.files import read_json

MAX_RF_SECONDS: Final = 600.0  # bounds what one position may hold
MAX_KEPT_BYTES: Final = 64 * 1024 * 1024


def recorded_rf(
    ask: MeasureRf, path: Path | None, own: Sequence[OwnTransmission] | None, start_ns: int, end_ns: int
) -> RfHeard:
    """What was recorded at a position from `start_ns` to `end_ns`, or outside the door; None: nothing was."""
    if path is None:
        return RfHeard(because="not_recorded")
    if not path.exists():
        return RfHeard(because="input_unreadable", lost=(("input_missing", 1),), spent_s=ask.seconds)
    if path.suffix == ".json":
        return read_kept(path, ask)
    windows: list[RfWindow] = []
    losses: list[Losses] = []
    because = ""
    try:
        windows.extend(read_windows(str(path), MAX_RF_SECONDS, start_ns=start_ns, losses=losses))  # as far as it goes
    except (HeadError, PortError, OSError):
        because = "input_unreadable"
    if not windows and not because:
        because = "no_windows"
    gaps: tuple[Gap, ...] = ()
    if windows and because:
        last_ns = windows[-1].t_ns + round(windows[-1].duration_s * 1e9)
        gaps = (Gap(start_ns=last_ns, end_ns=max(last_ns, end_ns), reason=because),)
    return RfHeard(
        windows=without_own(windows, own) if ask.is_outside else tuple(windows),
        because=because,
        lost=_lost(losses),
        gaps=gaps,
        own=intervals_ns(own, start_ns),
        spent_s=ask.seconds,
    )


class KeptRf(Record):
    """An answer that was kept, format v1."""

    v: Literal[1] = 1
    windows: Annotated[tuple[RfWindow, ...], Field(max_length=100_000)]
    because: str = Field(max_length=64)
    lost: tuple[tuple[str, Count], ...] = ()
    gaps: tuple[Gap, ...] = ()
    own: tuple[tuple[int, int], ...] | None = None
    spent_s: Seconds


def keep_rf(path: Path, heard: RfHeard) -> None:
    """Write an answer so that it can be given again.  Raises OSError."""
    kept = KeptRf(
        windows=heard.windows, because=heard.because, lost=heard.lost, gaps=heard.gaps, own=heard.own,
        spent_s=heard.spent_s,
    )  # fmt: skip
    path.write_bytes(to_json(kept))


def read_kept(path: Path, ask: MeasureRf) -> RfHeard:
    """An answer that was kept."""
    try:
        kept = read_json(KeptRf, path, max_bytes=MAX_KEPT_BYTES)
    except ContractError:
        return RfHeard(because="input_unreadable", spent_s=ask.seconds)
    return RfHeard(kept.windows, kept.because, kept.lost, kept.gaps, kept.own, kept.spent_s)


def _lost(losses: list[Losses]) -> tuple[tuple[str, int], ...]:
    counts: Counter[str] = Counter()
    for one in losses:
        counts["serial_rejected"] += one.rejected.total()
        counts["serial_windows_missing"] += one.missing_windows
        counts["head_restarts"] += one.restarts
    return tuple(sorted((name, count) for name, count in counts.items() if count))

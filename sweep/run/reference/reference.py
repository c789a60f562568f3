"""The reference check of a probe: what its parts read this morning against the district's target, kept on the probe.

Input is measurements made before the reference target and near known transmitters, or readings; output is the
`ReferenceCheck` that reports cite, and the file `reference.json` of the state folder with the control chart of each
part.  A check holds for its day, and until the probe falls.  A probe out of control may sweep; its verdicts are
limited.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field

from sweep.host.clock import WallClock
from sweep.host.disk import DISK
from sweep.judge.control_chart import Chart, H, K, read_morning
from sweep.modality.measurement import Measurement
from sweep.report import (
    CheckStatus,
    ClockReading,
    Record,
    ReferenceCheck,
    ReferenceChecked,
    ReferencePart,
    ReferencePartName,
    ReferenceReadings,
    UtcTime,
    to_json,
    utc_now,
)
from sweep.report.base import KOREA, Finite
from sweep.report.files import read_json
from sweep.run.modalities import SENSING_MODALITIES

FILE_NAME: Final = "reference.json"
MAX_BYTES: Final = 64 * 1024
NOT_DONE: Final = ReferenceCheck(status="not_done", checked=None)
Readings = Mapping[ReferencePartName, Sequence[float]]
"""In dB (lens, lamp) or dBm, each repeat one."""
PARTS: Final = {part.name: part for modality in SENSING_MODALITIES for part in modality.parts}


class ReferenceFileError(ValueError):
    """What is kept of earlier checks cannot be read; one line."""


class KeptChart(Record):
    """The control chart of one part."""

    first: Annotated[tuple[Finite, ...], Field(max_length=100)]
    cusum: Finite
    is_out: bool


class KeptChecks(Record):
    """`reference.json`."""

    v: Literal[1]
    charts: dict[ReferencePartName, KeptChart]
    last: ReferenceCheck | None
    fell: UtcTime | None
    """When the probe fell last."""


@dataclass(frozen=True, slots=True)
class ReferenceFile:
    """What a probe knows of its checks."""

    path: Path

    def read(self) -> KeptChecks:
        """Raises ReferenceFileError where the file is damaged."""
        if not self.path.exists():
            return KeptChecks(v=1, charts={}, last=None, fell=None)
        return read_json(KeptChecks, self.path, ReferenceFileError, max_bytes=MAX_BYTES)

    def today(self, now: datetime) -> ReferenceCheck:
        """The check that holds now; one of another day, or from before a fall, is none and says when it was, but what
        was out of control stays so.
        """
        try:
            kept = self.read()
        except ReferenceFileError:
            return NOT_DONE
        last = kept.last
        if last is None or last.checked is None:
            return NOT_DONE
        is_today = last.checked.utc.astimezone(KOREA).date() == now.astimezone(KOREA).date()
        if is_today and (kept.fell is None or kept.fell < last.checked.utc):
            return last
        return last if last.status == "out_of_control" else NOT_DONE.model_copy(update={"checked": last.checked})

    def check(self, readings: Readings, clock: WallClock, now: datetime | None = None) -> ReferenceCheck:
        """Take a morning's readings, and keep what follows.  Raises ReferenceFileError, OSError."""
        kept = self.read()
        charts, parts = dict(kept.charts), []
        for part in PARTS.values():
            known = charts.get(part.name)
            before = Chart() if known is None else Chart(known.first, known.cusum, known.is_out)
            ours = readings.get(part.name, ())
            chart, status = read_morning(part, before, ours)
            charts[part.name] = KeptChart(first=chart.first, cusum=round(chart.cusum, 4), is_out=chart.is_out)
            value = sorted(ours)[len(ours) // 2] if ours else None
            parts.append(
                ReferencePart(
                    part=part.name,
                    status=status,
                    value=None if value is None else round(value, 3),
                    expected=None if before.expected is None else round(before.expected, 3),
                    unit=part.unit,
                    cusum=round(chart.cusum, 3) if ours else None,
                )
            )
        checked = ClockReading(utc=now or utc_now(), synchronised=clock.synchronised, max_error_ms=clock.max_error_ms)
        check = ReferenceCheck(status=status_of(parts), checked=checked, parts=tuple(parts))
        self._write(KeptChecks(v=1, charts=charts, last=check, fell=kept.fell))
        return check

    def fell(self, when: datetime) -> None:
        """The probe fell: what was checked before holds no longer.  Raises ReferenceFileError, OSError."""
        self._write(self.read().model_copy(update={"fell": when}))

    def renew(self) -> None:
        """The probe was repaired or set up anew: what is expected is learnt again.  Raises OSError."""
        self._write(KeptChecks(v=1, charts={}, last=None, fell=None))

    def _write(self, kept: KeptChecks) -> None:
        DISK.make_folder(self.path.parent, 0o700)
        DISK.write_whole(self.path, to_json(kept) + b"\n")


def status_of(parts: Iterable[ReferencePart]) -> CheckStatus:
    """The probe as a whole: its worst part; parts that it does not have count for nothing."""
    statuses = {part.status for part in parts}
    order: tuple[CheckStatus, ...] = ("out_of_control", "failed", "passed")
    return next((status for status in order if status in statuses), "not_done")


def checked_of(probe_id: str, check: ReferenceCheck, readings: Readings) -> ReferenceChecked:
    """The check as it is signed and sent.  Raises ValueError for one that was not made."""
    return ReferenceChecked(
        v=1,
        probe_id=probe_id,
        check=check,
        readings=tuple(
            ReferenceReadings(
                part=part.name,
                repeats=tuple(round(one, 3) for one in readings[part.name]),
                sigma_db=part.sigma_db,
                limit_db=part.limit_db,
            )
            for part in PARTS.values()
            if readings.get(part.name)
        ),
        cusum_k=K,
        cusum_h=round(H, 4),
    )


def readings_of(repeats: Iterable[Iterable[Measurement]]) -> dict[ReferencePartName, list[float]]:
    """What each repeat before the target read, by part."""
    found: dict[ReferencePartName, list[float]] = {}
    for repeat in repeats:
        for one in repeat:
            for part in PARTS.values():
                if (reading := part.read(one)) is not None:
                    found.setdefault(part.name, []).append(reading)
    return found

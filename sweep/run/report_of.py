"""The records of a sweep as a whole: what is written when it opens, and the report when it closes.

Input is the manifest, where somebody stood and what the modalities measured; output is records of the contract.  Here
coverage, places and fusion meet; nothing is measured, signed or told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from importlib.metadata import version
from typing import Literal
from uuid import UUID

from sweep.judge import fusion
from sweep.judge.coverage import cover
from sweep.judge.locate import locate_uplinks
from sweep.plug.measurement import Measurement
from sweep.plug.plug import Plug
from sweep.report import (
    MODALITIES,
    ClockReading,
    LightTime,
    Position,
    ProbeCondition,
    RecordedSweep,
    ReferenceCheck,
    Source,
    SweepOpened,
    SweepReport,
    Versions,
    ZoneCoverage,
    derived_id,
)
from sweep.run.plugs import vocabulary_of
from sweep.wifi.words import light_text


def software_name() -> str:
    """As reports cite it."""
    return f"ansim-sweep {version('ansim-sweep')}"


def is_measured(one: Measurement) -> bool:
    """Whether something was sensed, be it that nothing can be judged from it."""
    return one.samples > 0 or one.blind_reason is None


def never_measured(measurements: Iterable[Measurement]) -> set[str]:
    """Codes of the modalities that measured nothing at no position."""
    measured = {one.modality for one in measurements if is_measured(one)}
    return {f"{modality}_never_measured" for modality in set(MODALITIES) - measured}


def opened_of(manifest: RecordedSweep, *, sweep_id: UUID, source: Source, is_declared: bool) -> SweepOpened:
    """What is written before anything is measured; `is_declared`: two persons said that the room is empty."""
    return SweepOpened(
        v=1,
        sweep_id=sweep_id,
        room_id=manifest.room_id,
        plan_version=manifest.plan.version,
        source=source,
        mode=manifest.mode,
        inspectors=manifest.inspectors,
        declared_empty=is_declared,
        probe_id=manifest.probe_id,
        opened=_clock_reading(manifest, manifest.started),
    )


def report_of(
    manifest: RecordedSweep,
    positions: Sequence[Position],
    measurements: Sequence[Measurement],
    *,
    plugs: Sequence[Plug],
    sweep_id: UUID,
    source: Source,
    ended: datetime,
    outcome: Literal["completed", "aborted"],
    limits: Iterable[str],
    condition: ProbeCondition | None = None,
) -> SweepReport:
    """Everything that was measured, judged; `limits`: codes of what must be said of the sweep as a whole; `condition`:
    how the probe itself was, live.
    """
    observations = [o for one in measurements for o in one.observations]
    coverage = cover(manifest.plan, measurements)
    places = locate_uplinks(manifest.plan, positions, observations)
    judged = fusion.judge(
        sweep_id,
        manifest.plan,
        positions,
        observations,
        coverage,
        weighers={plug.name: plug.weigher for plug in plugs},
        words=vocabulary_of(plugs),
        source=source,
        places={place.address.tag: place.zones for place in places},
        limits={*limits, *(code for one in measurements for code in one.limits)},
    )
    return SweepReport(
        v=1,
        report_id=derived_id(sweep_id, "report"),
        sweep_id=sweep_id,
        room_id=manifest.room_id,
        plan=manifest.plan,
        source=source,
        mode=manifest.mode,
        inspectors=manifest.inspectors,
        probe_id=manifest.probe_id,
        versions=Versions(
            software=software_name(),
            firmware=manifest.firmware,
            thresholds=fusion.THRESHOLDS,
            calibration=_calibration(manifest, plugs),
        ),
        reference_check=ReferenceCheck(status="not_done", checked=None),
        started=_clock_reading(manifest, manifest.started),
        ended=_clock_reading(manifest, max(manifest.started, ended)),
        outcome=outcome,
        positions=tuple(positions),
        observations=tuple(sorted(observations, key=lambda o: o.observation_id)),
        coverage=coverage,
        verdicts=judged.verdicts,
        findings=judged.findings,
        places=places,
        limits=judged.limits,
        light_time=light_time_of(coverage),
        condition=condition,
    )


def light_time_of(coverage: Iterable[ZoneCoverage]) -> LightTime | None:
    """What the light test took at all positions together; None where there was none."""
    found = [(one.light_s, one.light_open_s or 0.0) for one in coverage if one.light_s is not None]
    if not found:
        return None
    light_s, open_s = (round(sum(seconds), 3) for seconds in zip(*found, strict=True))
    return LightTime(light_s=light_s, light_open_s=open_s, text=light_text(light_s, open_s))


def _clock_reading(manifest: RecordedSweep, moment: datetime) -> ClockReading:
    return ClockReading(utc=moment, synchronised=manifest.clock_synchronised, max_error_ms=manifest.clock_max_error_ms)


def _calibration(manifest: RecordedSweep, plugs: Sequence[Plug]) -> str | None:
    """What the report cites: the recording's own word and the calibrations in force."""
    parts = (manifest.calibration, *(plug.calibration for plug in plugs))
    return "; ".join(part for part in parts if part)[:200] or None

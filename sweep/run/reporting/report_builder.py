"""The records of a sweep as a whole: what is written when it opens, and the report when it closes.

Input is the manifest, where somebody stood and what the modalities measured; output is records of the contract.  Here
coverage, places and fusion meet; nothing is measured, signed or told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from importlib.metadata import version
from typing import Final, Literal
from uuid import UUID

from sweep.judge import fusion
from sweep.judge.coverage import cover, estimate, targets_of, with_walls
from sweep.judge.known import mark_known, mark_named
from sweep.judge.locate import locate_uplinks
from sweep.judge.thresholds import load_thresholds, load_weights
from sweep.judge.verdicts import NO_GROUNDS, ClearanceBasis
from sweep.modality.looks import is_again
from sweep.modality.measurement import Measurement
from sweep.modality.protocol import SensingModality
from sweep.modality.targets import Estimate
from sweep.modality.weights import Weights, WeightsInForce
from sweep.report import (
    MODALITIES,
    ClockReading,
    Finding,
    LightTime,
    Limit,
    Modality,
    Plan,
    Position,
    ProbeCondition,
    RecordedSweep,
    ReferenceCheck,
    Source,
    SweepOpened,
    SweepReport,
    TargetCoverage,
    TransmitterPlace,
    Versions,
    ZoneCoverage,
    ZoneVerdict,
    derived_id,
)
from sweep.report.proof_records import Identified
from sweep.report.words import with_pace
from sweep.run.modalities import vocabulary_of
from sweep.run.reference.reference import NOT_DONE
from sweep.run.reporting.look_words import RECORDED
from sweep.run.reporting.recorded_eye_looks import taken_up
from sweep.run.reporting.second_looks import first_of, is_recording, looked_again_of
from sweep.wifi.words import light_text


@dataclass(frozen=True, slots=True)
class Basis:
    """What a report rests on besides what was measured."""

    reference: ReferenceCheck
    """The reference check that holds."""
    weights: WeightsInForce


NO_BASIS: Final = Basis(NOT_DONE, WeightsInForce(load_weights()))
"""Of a probe that nobody checked, by the weights that ship."""


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


def build_opening(
    manifest: RecordedSweep,
    *,
    sweep_id: UUID,
    source: Source,
    is_declared: bool,
    identified: Identified | None = None,
) -> SweepOpened:
    """What is written before anything is measured; `is_declared`: two persons said that the room is empty, and
    `identified` how they were.
    """
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
        identified=identified,
    )


def build_report(
    manifest: RecordedSweep,
    positions: Sequence[Position],
    measurements: Sequence[Measurement],
    *,
    modalities: Sequence[SensingModality],
    sweep_id: UUID,
    source: Source,
    ended: datetime,
    outcome: Literal["completed", "aborted"],
    limits: Iterable[str],
    condition: ProbeCondition | None = None,
    basis: Basis = NO_BASIS,
) -> SweepReport:
    """Everything that was measured, judged; `limits`: codes of what must be said of the sweep as a whole; `condition`:
    how the probe itself was, live; `basis`: what it rests on besides.
    """
    if source == "simulated":
        ended = max(ended, manifest.started + measured_for(measurements))
    observations = [o for one in measurements for o in one.observations]
    said = {*limits, *(code for one in measurements for code in one.limits)}
    weights = basis.weights.weights
    grounds = ClearanceBasis(
        started=manifest.started,
        ended=ended,
        check=basis.reference,
        calibrated=[modality.name for modality in modalities if modality.calibration is not None],
        weights={modality.name: weights.source_of(modality.weigher.rests_on) for modality in modalities},
        are_weights_stale=basis.weights.are_stale(manifest.started),
    )
    estimates = estimates_of(manifest.plan, positions, measurements, modalities)
    targets = targets_of(estimates, vocabulary_of(modalities))
    judge = partial(judge_of, modalities=modalities, sweep_id=sweep_id, source=source, weights=weights)
    judged = judge(manifest, positions, measurements, limits=said, targets=targets, grounds=grounds)
    first = first_of(measurements)
    candidates = judged.findings
    if len(first) < len(measurements) or manifest.seen_by_eye:
        candidates = judge(manifest.model_copy(update={"seen_by_eye": ()}), positions, first, targets=targets).findings
    named = {one.zone_id: one.seen_as for one in manifest.explained_by_eye}
    looked = looked_again_of(
        mark_known(candidates, observations, manifest.known),
        judged.findings,
        positions,
        measurements,
        by_eye=manifest.seen_by_eye,
        named=named,
        why_not="aborted" if outcome == "aborted" else RECORDED if is_recording(manifest) else "finished_early",
    )
    findings = mark_named(mark_known(judged.findings, observations, manifest.known), named)
    return SweepReport(
        v=2,
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
            thresholds=load_thresholds().version,
            weights=weights.version,
            forest=basis.weights.forest,
            calibration=_calibration(manifest, modalities),
        ),
        reference_check=basis.reference,
        started=_clock_reading(manifest, manifest.started),
        ended=_clock_reading(manifest, max(manifest.started, ended)),
        outcome=outcome,
        positions=tuple(positions),
        observations=tuple(sorted(observations, key=lambda o: o.observation_id)),
        coverage=with_walls(judged.coverage, estimates),
        verdicts=judged.verdicts,
        findings=findings,
        looked_again=looked,
        eye_looks=taken_up(manifest, sweep_id, observations),
        places=judged.places,
        targets=targets,
        limits=judged.limits,
        light_time=light_time_of(judged.coverage, source),
        condition=condition,
    )


@dataclass(frozen=True, slots=True)
class Judged:
    """What was measured, judged."""

    verdicts: tuple[ZoneVerdict, ...]
    findings: tuple[Finding, ...]
    limits: tuple[Limit, ...]
    coverage: tuple[ZoneCoverage, ...]
    places: tuple[TransmitterPlace, ...]


def judge_of(
    manifest: RecordedSweep,
    positions: Sequence[Position],
    measurements: Sequence[Measurement],
    *,
    modalities: Sequence[SensingModality],
    sweep_id: UUID,
    source: Source,
    limits: Iterable[str] = (),
    targets: Sequence[TargetCoverage] = (),
    grounds: ClearanceBasis = NO_GROUNDS,
    weights: Weights | None = None,
) -> Judged:
    """Coverage, places and fusion of what was measured, be it so far; without `targets` nothing is clear; `weights`:
    None for those that ship.
    """
    observations = [o for one in measurements for o in one.observations]
    coverage = cover(manifest.plan, _of_first_looks(measurements))
    places = locate_uplinks(manifest.plan, positions, observations)
    judged = fusion.judge(
        sweep_id,
        manifest.plan,
        positions,
        observations,
        coverage,
        weighers={modality.name: modality.weigher for modality in modalities},
        words=vocabulary_of(modalities),
        source=source,
        places={place.address.tag: place.zones for place in places},
        located=places,
        again={
            (one.modality, one.position_id)
            for one in measurements
            if one.blind_reason is None and is_again(one.position_id)
        },
        by_eye=manifest.seen_by_eye,
        eye_looks=taken_up(manifest, sweep_id, observations, is_sure=True),
        limits=limits,
        targets=targets,
        grounds=grounds,
        weights=weights,
    )
    return Judged(judged.verdicts, judged.findings, judged.limits, coverage, places)


def estimates_of(
    plan: Plan,
    positions: Sequence[Position],
    measurements: Iterable[Measurement],
    modalities: Sequence[SensingModality],
    *,
    only: str | None = None,
) -> dict[tuple[str, Modality], Estimate]:
    """With what probability each target would have been found by all that was measured so far: in each zone, or in the
    zone `only`.  Live events and the report have their number from here.
    """
    weighers = {modality.name: modality.weigher for modality in modalities}
    return estimate(plan, positions, _of_first_looks(measurements), weighers, only=only)


def _of_first_looks(measurements: Iterable[Measurement]) -> list[Measurement]:
    """Without the lens's second looks: they show a spot, and whoever makes them faces it and not as the plan says."""
    return [m for m in measurements if m.modality != "lens" or not is_again(m.position_id)]


def measured_for(measurements: Iterable[Measurement]) -> timedelta:
    """How long the positions took by the clock of what was measured there, which in a simulated room runs ahead."""
    of_position: dict[str, float] = {}
    for one in measurements:
        of_position[one.position_id] = max(one.dwell_s, of_position.get(one.position_id, 0.0))
    return timedelta(seconds=sum(of_position.values()))


def light_time_of(coverage: Iterable[ZoneCoverage], source: Source) -> LightTime | None:
    """What the light test took at all positions together; None where there was none."""
    found = [(one.light_s, one.light_open_s or 0.0) for one in coverage if one.light_s is not None]
    if not found:
        return None
    light_s, open_s = (round(sum(seconds), 3) for seconds in zip(*found, strict=True))
    return LightTime(light_s=light_s, light_open_s=open_s, text=with_pace(light_text(light_s, open_s), source))


def _clock_reading(manifest: RecordedSweep, moment: datetime) -> ClockReading:
    return ClockReading(utc=moment, synchronised=manifest.clock_synchronised, max_error_ms=manifest.clock_max_error_ms)


def _calibration(manifest: RecordedSweep, modalities: Sequence[SensingModality]) -> str | None:
    """What the report cites: the recording's own word and the calibrations in force."""
    parts = (manifest.calibration, *(modality.calibration for modality in modalities))
    return "; ".join(part for part in parts if part)[:200] or None

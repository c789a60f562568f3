"""The bodies of a sweep's closing entry: the report, what stands behind its findings, and the crops of candidates.

Input is a report and the measurements it was made from; output is bodies.  Full addresses and names go into the details
of a finding that cites their device, and nowhere else.
"""

from __future__ import annotations

from uuid import UUID

from sweep.entry.envelope import Body, make_body
from sweep.entry.kinds import CROP_TYPE, DETAILS_TYPE, REPORT_TYPE
from sweep.modality.measurement import Measurement
from sweep.report import FindingDetails, SweepReport, to_json
from sweep.report.crops import MAX_CROPS


def with_bodies(report: SweepReport, measurements: list[Measurement]) -> tuple[SweepReport, tuple[Body, ...]]:
    """The report naming its crops, and all bodies: report, details of findings, crops of cited candidates."""
    cited = {e.observation_id for f in report.findings for e in (*f.evidence_for, *f.evidence_against)}
    crops: dict[UUID, Body] = {}
    for one in measurements:
        for observation in one.observations:
            data = one.crops.get(str(observation.observation_id))
            if data is not None and observation.observation_id in cited and len(crops) < MAX_CROPS:
                crops[observation.observation_id] = make_body(CROP_TYPE, data)
    named = tuple(
        one.model_copy(update={"crop_commitment": crop.commitment}) if (crop := crops.get(one.observation_id)) else one
        for one in report.observations
    )
    report = report.model_copy(update={"observations": named})
    details = tuple(make_body(DETAILS_TYPE, to_json(one)) for one in _details(report, measurements))
    return report, (make_body(REPORT_TYPE, to_json(report)), *details, *crops.values())


def _details(report: SweepReport, measurements: list[Measurement]) -> list[FindingDetails]:
    """Full addresses and names of the devices that a finding cites, and of no others."""
    identities = {key: value for one in measurements for key, value in one.identities.items()}
    result = []
    for finding in report.findings:
        cited = [
            identities[str(e.observation_id)]
            for e in (*finding.evidence_for, *finding.evidence_against)
            if str(e.observation_id) in identities
        ]
        if cited:
            result.append(
                FindingDetails(
                    finding_id=finding.finding_id,
                    addresses=tuple(sorted({a for one in cited for a in one.addresses})[:64]),
                    ssids=tuple(sorted({s[:256].hex() for one in cited for s in one.ssids if s})[:32]),
                    names=tuple(sorted({n[:256].hex() for one in cited for n in one.names if n})[:32]),
                )
            )
    return result

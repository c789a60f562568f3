"""Reports made of a character per method: what lens, Wi-Fi, Bluetooth and radio say of each zone.

`!` a place to inspect · `+` clear of all its targets by the field · `~` of some of them · `s` of all by simulation ·
`0` nothing detected · `x` could not judge · `-` did not look
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal
from uuid import UUID

from sweep.report import (
    MODALITIES,
    Finding,
    Modality,
    SweepReport,
    Target,
    TargetCoverage,
    VerdictName,
    ZoneCoverage,
    ZoneVerdict,
)
from tests.report_factory import box, make_report, make_zone, text, uid

TARGETS: Final[dict[Modality, tuple[Target, ...]]] = {
    "lens": ("pinhole_1mm", "pinhole_1mm_ircut", "lens_2mm", "recorder"),
    "wifi": ("wifi_streaming", "wifi_on_motion"),
    "ble": ("ble_setup",),
    "rf": ("analog_1200", "analog_2400", "analog_5800"),
}
VERDICTS: Final[dict[str, VerdictName]] = {
    "!": "candidate", "+": "clear", "~": "clear", "s": "clear", "0": "nothing_detected", "x": "not_assessable",
    "-": "not_assessable",
}  # fmt: skip
BASE: Final = make_report()


def report_of(
    zones: str,
    findings: Sequence[Finding] = (),
    *,
    outcome: Literal["completed", "aborted"] = "completed",
    sweep_id: UUID = BASE.sweep_id,
) -> SweepReport:
    """A report of format 2; `zones`: four characters a zone, as above, separated by spaces."""
    said = {f"zone-{number}": methods for number, methods in enumerate(zones.split(), start=1)}
    plan = BASE.plan.model_copy(
        update={
            "zones": tuple(
                make_zone(zone_id, "stall", f"{number}번 칸", f"Stall {number}", box(0.7 * (number - 1), 0, 0.7, 1.2))
                for number, zone_id in enumerate(said, start=1)
            )
        }
    )
    each = [(zone_id, *one) for zone_id, methods in said.items() for one in zip(MODALITIES, methods, strict=True)]
    changes = {
        "v": 2,
        "sweep_id": sweep_id,
        "plan": plan,
        "outcome": outcome,
        "positions": (),
        "observations": (),
        "coverage": tuple(_coverage(*one) for one in each),
        "verdicts": tuple(_verdict(*one) for one in each),
        "targets": tuple(target for one in each for target in _targets(*one)),
        "findings": tuple(findings),
    }
    return SweepReport.model_validate(BASE.model_dump() | {k: _plain(v) for k, v in changes.items()})


def finding_in(zone: int, number: int = 1, *, is_first_look: bool = False) -> Finding:
    """The finding with this number, in the zone with that one."""
    return BASE.findings[0].model_copy(
        update={
            "finding_id": uid(0x200 + number),
            "zone_id": f"zone-{zone}",
            "evidence_for": (BASE.findings[0].evidence_for[0].model_copy(update={"observation_id": None}),),
            "stage": "first_look" if is_first_look else None,
        }
    )


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return tuple(_plain(one) for one in value)
    dump = getattr(value, "model_dump", None)
    return value if dump is None else dump()


def _coverage(zone_id: str, modality: Modality, says: str) -> ZoneCoverage:
    is_looked = says != "-"
    return ZoneCoverage(
        zone_id=zone_id, modality=modality, status="looked" if is_looked else "not_looked",
        quality=0.8 if is_looked else 0.0, dwell_s=5.0 if is_looked else 0.0, samples=8 if is_looked else 0,
        dropped=0, rejections={}, gaps=(), blind_reason="poor_view" if says == "x" else None,
    )  # fmt: skip


def _verdict(zone_id: str, modality: Modality, says: str) -> ZoneVerdict:
    every, name = TARGETS[modality], VERDICTS[says]
    clear = every if says in "+s" else every[:1] if says == "~" else ()
    return ZoneVerdict(
        zone_id=zone_id, modality=modality, verdict=name, reason=name, text=text(name),
        target=text("대상") if clear else None, clear_of=clear,
        not_clear_of=tuple(one for one in every if one not in clear),
    )  # fmt: skip


def _targets(zone_id: str, modality: Modality, says: str) -> list[TargetCoverage]:
    """Measured in the field, but for what only a simulation says."""
    found = (0.95, 0.9, 0.98) if says in "+~s" else (None, None, None)
    return [
        TargetCoverage(
            zone_id=zone_id, target=target, modality=modality, probability=found[0], low=found[1], high=found[2],
            source="simulated" if says == "s" else "field", reason=None if found[0] else "not_looked", text=text("-"),
        )
        for target in TARGETS[modality]
    ]  # fmt: skip

"""A made-up sweep report for tests: two stalls, one candidate, everything else not assessable."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sweep import report as r
from tests.cases import CAPTURES

START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
SWEEP_ID = UUID("018f0000-0000-7000-8000-0000000000c1")
ROOM_ID = UUID("018f0000-0000-7000-8000-0000000000a1")


def uid(number: int) -> UUID:
    """A UUIDv7-shaped id made of `number`."""
    return UUID(f"018f0000-0000-7000-8000-{number:012x}")


def text(ko: str, en: str = "-") -> r.LocalText:
    return r.LocalText(ko=ko, en=en)


def box(x: float, y: float, width: float, depth: float) -> tuple[r.Point, ...]:
    """The corners of a rectangle."""
    return ((x, y), (x + width, y), (x + width, y + depth), (x, y + depth))


def make_zone(zone_id: str, kind: r.ZoneKind, ko: str, en: str, polygon: tuple[r.Point, ...]) -> r.Zone:
    return r.Zone(zone_id=zone_id, kind=kind, name=text(ko, en), polygon=polygon)


def make_restroom(fourth: r.Zone, *, version: int = 1, is_verified: bool = True) -> r.Plan:
    """5.4 x 4.2 m: three stalls and `fourth` along the upper wall, basins and the entrance below."""
    return r.Plan(
        version=version,
        is_verified=is_verified,
        width_m=5.4,
        depth_m=4.2,
        zones=(
            make_zone("stall-1", "stall", "1번 칸", "Stall 1", box(0, 0, 1.3, 1.6)),
            make_zone("stall-2", "stall", "2번 칸", "Stall 2", box(1.3, 0, 1.3, 1.6)),
            make_zone("stall-3", "stall", "3번 칸", "Stall 3", box(2.6, 0, 1.3, 1.6)),
            fourth,
            make_zone("basins", "basin", "세면대", "Basins", box(0, 2.7, 2.2, 1.5)),
            make_zone("entrance", "entrance", "출입구", "Entrance", box(3.2, 2.7, 2.2, 1.5)),
        ),
    )


def make_glint(observation_id: UUID, t_ns: int) -> r.LensObservation:
    """A lens candidate of position p2 in stall 2."""
    return r.LensObservation(
        observation_id=observation_id,
        zone_id="stall-2",
        position_id="p2",
        t_ns=t_ns,
        modality="lens",
        clip="p2-a",
        frame=9,
        x_px=200.5,
        y_px=140.25,
        score=7.5,
        snr=42.0,
        off_axis_ratio=0.02,
        persistence=1.0,
        range_m=0.9,
        bearing_deg=-4.0,
        reasons=("gone_off_axis", "steady"),
        crop_commitment=None,
    )


def make_plan(version: int = 1) -> r.Plan:
    """3 x 2 m: two stalls side by side and an entrance below them."""
    return r.Plan(
        version=version,
        is_verified=True,
        width_m=3.0,
        depth_m=2.0,
        zones=(
            make_zone("stall-1", "stall", "1번 칸", "Stall 1", box(0, 0, 1.5, 1.2)),
            make_zone("stall-2", "stall", "2번 칸", "Stall 2", box(1.5, 0, 1.5, 1.2)),
            make_zone("entrance", "entrance", "입구", "Entrance", box(0, 1.2, 3, 0.8)),
        ),
    )


def clock(minutes: float = 0, start: datetime = START) -> r.ClockReading:
    return r.ClockReading(utc=start + timedelta(minutes=minutes), synchronised=True, max_error_ms=50)


def make_report(start: datetime = START) -> r.SweepReport:
    """A complete simulated report with one lens candidate in stall 2."""
    glint = make_glint(uid(0x101), 2_000)
    evidence = r.Evidence(
        observation_id=glint.observation_id,
        modality="lens",
        code="glint",
        text=text("렌즈형 반사", "Lens-like glint"),
        weight_log10=2.0,
        is_capped=True,
        weight_source="guessed",
    )
    finding = r.Finding(
        finding_id=uid(0x201),
        zone_id="stall-2",
        x_m=2.2,
        y_m=0.4,
        radius_m=0.5,
        strength="weak",
        prior_log10_odds=-5.0,
        posterior_log10_odds=-3.0,
        evidence_for=(evidence,),
        evidence_against=(),
        advice=text("눈으로 확인할 곳이 있음", "Place to inspect by eye"),
    )
    return r.SweepReport(
        v=1,
        report_id=uid(0x301),
        sweep_id=SWEEP_ID,
        room_id=ROOM_ID,
        plan=make_plan(),
        source="simulated",
        mode="full",
        inspectors=("점검자-01", "점검자-02"),
        probe_id="probe-demo-1",
        versions=r.Versions(software="0.1.0", firmware="abc", thresholds="guessed-1", calibration=None),
        reference_check=r.ReferenceCheck(status="not_done", checked=None),
        started=clock(0, start),
        ended=clock(7, start),
        outcome="completed",
        positions=tuple(
            r.Position(position_id=p, zone_id=z, x_m=x, y_m=1.0, facing_deg=270.0, start_ns=0, end_ns=9_000)
            for p, z, x in (("p1", "stall-1", 0.7), ("p2", "stall-2", 2.2))
        ),
        observations=(glint,),
        coverage=tuple(
            r.ZoneCoverage(
                zone_id=z,
                modality="lens",
                status="looked" if z != "entrance" else "not_looked",
                quality=0.8 if z != "entrance" else 0.0,
                dwell_s=5.0 if z != "entrance" else 0.0,
                samples=8 if z != "entrance" else 0,
                dropped=0,
                rejections={},
                gaps=(),
                blind_reason=None,
            )
            for z in ("stall-1", "stall-2", "entrance")
        ),
        verdicts=tuple(
            r.ZoneVerdict(
                zone_id=z,
                modality="lens",
                verdict="candidate" if z == "stall-2" else "not_assessable",
                reason="glint" if z == "stall-2" else "not_calibrated",
                text=text("눈으로 확인할 곳이 있음", "Place to inspect by eye"),
                target=None,
            )
            for z in ("stall-1", "stall-2", "entrance")
        ),
        findings=(finding,),
        limits=(r.Limit(code="card_recorder", modality="rf", text=text("저장형 카메라", "Card recorders")),),
    )


def make_report_v2() -> r.SweepReport:
    """The same in format 2, with what format 1 does not have."""
    return r.parse_json(r.SweepReport, (CAPTURES / "reports" / "v2.json").read_bytes())

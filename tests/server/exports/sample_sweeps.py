"""Made-up sweeps for the tests of the exports: nobody's restroom, pseudonyms only, built through the contract.

`simulated_page` has a strong candidate, `live_page` nothing but limits, `unfinished_page` an opening without report.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from server.interface.fields import FindingState
from server.interface.voice import Voice
from server.places.room_parts import floor_in, sex_in
from server.projections.form_fields import HandEntries
from server.projections.log_records import (
    EntryLine,
    Period,
    Place,
    SequenceGap,
    SignedDisposition,
    SweepHeader,
    SweepPage,
)
from server.projections.log_rows import build_page
from server.standing.cases import NEW, Verdict, after_all
from server.standing.findings import state_of_finding
from sweep.report import (
    ClockReading,
    Disposition,
    Evidence,
    Finding,
    LensObservation,
    Limit,
    LocalText,
    Modality,
    Plan,
    Position,
    ProbeCondition,
    ReferenceCheck,
    Source,
    SweepOpened,
    SweepReport,
    Target,
    TargetCoverage,
    VerdictName,
    Versions,
    Zone,
    ZoneCoverage,
    ZoneVerdict,
    display_text,
)
from sweep.report.words import TARGET_WORDS
from tests.report_factory import box, make_glint, make_restroom, make_zone, text

HOSTILE_SSID = b"<img src=x onerror=alert(1)>"
HOSTILE_BLE_NAME = b"\x1b[31mcam\xe2\x80\xaegnp\x07\xff"
HOSTILE_FORMULA = '=HYPERLINK("x")'
HOSTILE_MARKUP = '#import "x" *b* $a$ @ref <label> [#eval("1")] \\ `raw` // = H'
HOSTILE_GLYPHS = "👾 مرحبا e̊ᚠ𓂀"
DEVICE_ADDRESS = "02:00:5e:10:ff:01"

STARTED = datetime(2026, 3, 12, 1, 20, tzinfo=UTC)
GENERATED = datetime(2026, 4, 1, 0, 30, tzinfo=UTC)
PERIOD = Period(date(2026, 3, 1), date(2026, 3, 31))
ROOM_ID = UUID("019a0000-0000-7000-8000-00000000a001")


def numbered(number: int) -> UUID:
    """A UUIDv7-shaped id."""
    return UUID(f"019a0000-0000-7000-8000-{number:012x}")


def clock(minutes: float = 0, *, synchronised: bool = True) -> ClockReading:
    return ClockReading(
        utc=STARTED + timedelta(minutes=minutes),
        synchronised=synchronised,
        max_error_ms=250 if synchronised else None,
    )


def place(facility: str = "시범 공중화장실", room: str = "1층 여자화장실") -> Place:
    names = text(facility, "Demonstration restroom"), "DEMO-0001", text(room, "Women, floor 1")
    return Place(*names, "restroom", sex_in(room), floor_in(room))


def make_plan(*, is_verified: bool = True) -> Plan:
    """With a storage room that nobody could enter."""
    storage = make_zone("storage", "other", "청소도구함", "Storage", box(3.9, 0, 1.5, 1.2))
    return make_restroom(storage, version=3, is_verified=is_verified)


_NOT_CALIBRATED = text("검출기가 아직 보정되지 않아 이상 없음이라고 말할 수 없습니다.")
_BLIND = text("수신기가 고속 데이터 프레임을 놓치고 있어 영상 전송 여부를 판정할 수 없습니다.")
_LOCKED = text("문이 잠겨 있어 들어가지 못했습니다.")
_LENS = text("환풍구 쪽에서 렌즈 반사로 보이는 점이 나왔습니다.")
_UPLINK = text("영상을 올리는 듯한 송신기가 이 칸에서 가장 세게 잡혔습니다.")
_QUIET = text("영상을 올리는 송신기가 들리지 않았습니다.")
_TARGET = text("2.4·5 GHz 와이파이으로 영상을 보내는 카메라", "Cameras that upload over 2.4 or 5 GHz Wi-Fi")


def _verdict_of(zone: Zone, modality: Modality, candidate: str | None) -> tuple[VerdictName, str, LocalText]:
    if zone.zone_id == "storage":
        return "not_assessable", "not_looked", _LOCKED
    if zone.zone_id == candidate and modality == "lens":
        return "candidate", "glint", _LENS
    if zone.zone_id == candidate and modality == "wifi":
        return "candidate", "video_uplink", _UPLINK
    if modality == "wifi":
        return ("clear", "no_uplink", _QUIET) if zone.zone_id == "stall-1" else ("not_assessable", "blind", _BLIND)
    return "not_assessable", "not_calibrated", _NOT_CALIBRATED


def make_report(
    source: Source,
    *,
    sweep_id: UUID,
    candidate: str | None = "stall-2",
    evidence_text: str = "조명을 축에서 벗어나게 하면 사라지는 밝은 점이 세 자리에서 그대로 보였습니다.",
) -> SweepReport:
    """A finished sweep; with `candidate` None nothing was found."""
    plan = make_plan()
    qualities: dict[Modality, tuple[float, ...]] = {
        "lens": (0.92, 0.86, 0.71, 0.0, 0.34, 0.55),
        "wifi": (0.81, 0.78, 0.8, 0.0, 0.52, 0.6),
        "ble": (0.95, 0.95, 0.94, 0.0, 0.9, 0.9),
        "rf": (0.62, 0.6, 0.58, 0.0, 0.4, 0.45),
    }
    coverage, verdicts = [], []
    for index, zone in enumerate(plan.zones):
        for modality, shares in qualities.items():
            share = shares[index]
            coverage.append(
                ZoneCoverage(
                    zone_id=zone.zone_id,
                    modality=modality,
                    status="not_looked" if share == 0 else "looked" if share > 0.5 else "partly",
                    quality=share,
                    dwell_s=round(40 * share, 1),
                    samples=int(300 * share),
                    dropped=3,
                    rejections={},
                    gaps=(),
                    blind_reason=None if share > 0.5 else "poor_view",
                )
            )
            name, reason, words = _verdict_of(zone, modality, candidate)
            verdicts.append(
                ZoneVerdict(
                    zone_id=zone.zone_id,
                    modality=modality,
                    verdict=name,
                    reason=reason,
                    text=words,
                    target=_TARGET if name == "clear" else None,
                )
            )
    positions = tuple(
        Position(
            position_id=f"p{n}",
            zone_id=zone_id,
            x_m=x,
            y_m=y,
            facing_deg=facing,
            start_ns=n * 50_000_000_000,
            end_ns=n * 50_000_000_000 + 45_000_000_000,
        )
        for n, (zone_id, x, y, facing) in enumerate(
            (
                ("stall-1", 0.65, 1.2, 270.0),
                ("stall-2", 1.95, 1.25, 250.0),
                ("stall-3", 3.25, 1.2, 270.0),
                ("basins", 1.1, 3.1, 90.0),
                ("entrance", 4.3, 3.4, 200.0),
            ),
            start=1,
        )
    )
    glint = make_glint(numbered(0x101), 110_000_000_000)
    return SweepReport(
        v=1,
        report_id=numbered(0x301),
        sweep_id=sweep_id,
        room_id=ROOM_ID,
        plan=plan,
        source=source,
        mode="full",
        inspectors=("점검자-01", "점검자-02"),
        probe_id="probe-01",
        versions=Versions(software="0.1.0", firmware="head-0.1.0", thresholds="guessed-1", calibration=None),
        reference_check=ReferenceCheck(status="passed", checked=clock(-12)),
        started=clock(0),
        ended=clock(7.4),
        outcome="completed",
        positions=positions,
        observations=() if candidate is None else (glint,),
        coverage=tuple(coverage),
        verdicts=tuple(verdicts),
        findings=() if candidate is None else (_finding(glint, candidate, evidence_text),),
        limits=(
            Limit(
                code="card_recorder",
                modality="rf",
                text=text("메모리 카드에만 저장하는 카메라는 전파를 거의 내지 않아 전파로는 알 수 없습니다."),
            ),
            Limit(
                code="small_lens",
                modality="lens",
                text=text("지름 2 mm보다 작거나 깊이 박힌 렌즈는 반사가 약해 놓칠 수 있습니다."),
            ),
            Limit(
                code="not_calibrated",
                modality=None,
                text=text("판정 기준이 보정되지 않았습니다. 가중치는 가정한 값이며 확률로 읽을 수 없습니다."),
            ),
        ),
    )


def _finding(glint: LensObservation, zone_id: str, evidence_text: str) -> Finding:
    return Finding(
        finding_id=numbered(0x201),
        zone_id=zone_id,
        x_m=2.1,
        y_m=0.45,
        radius_m=0.35,
        strength="strong",
        prior_log10_odds=-5.0,
        posterior_log10_odds=-1.9,
        evidence_for=(
            Evidence(
                observation_id=glint.observation_id,
                modality="lens",
                code="glint",
                text=text(evidence_text),
                weight_log10=2.0,
                is_capped=True,
                weight_source="guessed",
            ),
            Evidence(
                observation_id=None,
                modality="wifi",
                code="video_uplink",
                text=text("한 송신기가 영상처럼 고르게 데이터를 올리고 있습니다."),
                weight_log10=1.5,
                is_capped=False,
                weight_source="guessed",
            ),
        ),
        evidence_against=(
            Evidence(
                observation_id=None,
                modality="rf",
                code="no_excess",
                text=text("문 밖에서 잰 세기보다 높지 않습니다."),
                weight_log10=-0.4,
                is_capped=False,
                weight_source="derived",
            ),
        ),
        advice=text("손전등과 확대경으로 환풍구를 눈으로 확인하십시오. 만지거나 분해하지 마십시오."),
    )


def make_disposition(sweep_id: UUID, verdict: str, minutes: float = 30, note: str | None = None) -> SignedDisposition:
    return SignedDisposition(
        Disposition.model_validate(
            {
                "v": 1,
                "finding_id": numbered(0x201),
                "sweep_id": sweep_id,
                "verdict": verdict,
                "note": None if note is None else text(note),
                "decided": clock(minutes),
            }
        ),
        decided_by="점검자-01",
        assurance="password",
        entry_hash=f"{int(minutes):064x}",
        signature_ok=True,
    )


def make_entries(first_seq: int = 41) -> tuple[EntryLine, ...]:
    return tuple(
        EntryLine(
            entry_id=numbered(0x500 + first_seq + n),
            kind=kind,
            key_id="a1b2c3d4e5f60718",
            seq=first_seq + n,
            entry_hash=f"{n + 1:02x}9f4c7d" * 8,
            received=STARTED + timedelta(minutes=n * 8, seconds=4),
            log_index=first_seq + n,
            signature_ok=True,
            bodies_present=n,
            bodies_erased=0,
            bodies_missing=0,
        )
        for n, kind in enumerate(("sweep.opened", "sweep.report"))
    )


def states_of(report: SweepReport, *said: SignedDisposition) -> dict[UUID, FindingState]:
    """What stands of the report's findings after these decisions."""
    in_order = sorted(said, key=lambda one: one.disposition.counts_from)
    words = [(one.disposition.finding_id, Verdict(Voice(one.decided_by), one.disposition.verdict)) for one in in_order]
    return {
        finding.finding_id: state_of_finding(
            after_all((word for about, word in words if about == finding.finding_id), NEW) or NEW
        )
        for finding in report.findings
    }


def simulated_page(**changes: str) -> SweepPage:
    """A simulation with a strong candidate that nobody has looked at yet."""
    report = make_report("simulated", sweep_id=numbered(0xC1), **changes)
    header = replace(SweepHeader.of_report(report), declared_empty=True)
    return build_page(header, place(), report, report_state="present", states=states_of(report), entries=make_entries())


def page_of_format_2() -> SweepPage:
    """A live sweep as probes report it now."""
    page = live_page()
    if page.report is None:
        raise ValueError("no report")
    report = as_format_2(page.report)
    return build_page(page.row.header, page.row.place, report, report_state="present", states=states_of(report))


def live_page(condition: ProbeCondition | None = None) -> SweepPage:
    """A measurement on the spot without candidates; nothing is calibrated, so it has to be repeated."""
    report = make_report("live", sweep_id=numbered(0xC2), candidate=None).model_copy(update={"condition": condition})
    header = replace(SweepHeader.of_report(report), declared_empty=True)
    return build_page(
        header,
        place(room="1층 남자화장실"),
        report,
        report_state="present",
        entries=make_entries(51),
        hand=HandEntries(occasion="regular", companions=("○○경찰서 입회",)),
    )


def unfinished_page() -> SweepPage:
    """A replay that was opened and never reported, with a hole in the sequence."""
    opened = SweepOpened(
        v=1,
        sweep_id=numbered(0xC3),
        room_id=ROOM_ID,
        plan_version=3,
        source="replay",
        mode="quick",
        inspectors=("점검자-03", "점검자-04"),
        declared_empty=True,
        probe_id="probe-01",
        opened=clock(600, synchronised=False),
    )
    return build_page(
        SweepHeader.of_opened(opened),
        place(room="2층 탈의실"),
        None,
        report_state="missing",
        entries=make_entries(61)[:1],
        gaps=(SequenceGap("a1b2c3d4e5f60718", 62, 63),),
        alarms=(text("같은 순번에 다른 기록이 도착함 (a1b2c3d4e5f60718 / 61)"),),
    )


def found_page() -> SweepPage:
    """A measurement on the spot in which a person found a camera after first being unable to exclude one."""
    report = make_report("live", sweep_id=numbered(0xC4))
    header = replace(SweepHeader.of_report(report), declared_empty=True)
    dispositions = (
        make_disposition(report.sweep_id, "camera_found", 40, "환풍구 날개 뒤에 렌즈가 있음. 만지지 않고 문을 닫음."),
        make_disposition(report.sweep_id, "cannot_exclude", 30),
    )
    return build_page(
        header,
        place(room="3층 여자화장실"),
        report,
        report_state="present",
        states=states_of(report, *dispositions),
        dispositions=dispositions,
        entries=make_entries(71),
    )


def hostile_page() -> SweepPage:
    """Every free text of a sweep set to something that another program might run."""
    report = make_report(
        "live", sweep_id=numbered(0xC5), evidence_text=f"{HOSTILE_SSID.decode()} {DEVICE_ADDRESS} {HOSTILE_MARKUP}"
    )
    header = replace(SweepHeader.of_report(report), inspectors=("@SUM(1+1)", "\t=1+1"), declared_empty=True)
    where = Place(text(HOSTILE_FORMULA), "+1|cmd", text(HOSTILE_MARKUP), "restroom")
    note = f"{display_text(HOSTILE_BLE_NAME)} {HOSTILE_GLYPHS} {'W' * 200}"
    decided = replace(
        make_disposition(report.sweep_id, "no_camera", note=note), decided_by="확인\u202e자\x1b[2J", assurance="<b>"
    )
    return build_page(
        header,
        where,
        report,
        report_state="present",
        states=states_of(report, decided),
        dispositions=(decided,),
        entries=make_entries(81),
        hand=HandEntries(companions=("-1+1", "\r\n=cmd"), suspicious_marks=HOSTILE_FORMULA, confirmed_by="\uff1d1+1"),
    )


SAID: dict[Target, tuple[float, float, float] | str] = {
    "pinhole_1mm": (0.41, 0.33, 0.5), "pinhole_1mm_ircut": (0.37, 0.28, 0.47), "lens_2mm": (0.58, 0.5, 0.66),
    "recorder": (0.41, 0.33, 0.5), "wifi_streaming": (0.9, 0.87, 0.92), "wifi_on_motion": (0.01, 0.0, 0.02),
    "ble_setup": (0.42, 0.2, 0.62), "analog_1200": (0.5, 0.3, 0.7), "analog_2400": "이 대역에서는 와이파이에 묻힘",
    "analog_5800": (0.8, 0.6, 0.92),
}  # fmt: skip
BY: dict[Target, Modality] = {"wifi_streaming": "wifi", "wifi_on_motion": "wifi", "ble_setup": "ble",
                              "analog_1200": "rf", "analog_2400": "rf", "analog_5800": "rf"}  # fmt: skip


def as_format_2(report: SweepReport) -> SweepReport:
    """The same as a probe reports now: what saw nothing without proof says so, and each target has its probability."""
    targets = []
    for zone in report.plan.zones:
        for target, said in SAID.items():
            share, low, high = (None, None, None) if isinstance(said, str) else said
            is_seen = share is not None and zone.zone_id != "storage"
            targets.append(
                TargetCoverage(
                    zone_id=zone.zone_id, target=target, modality=BY.get(target, "lens"),
                    probability=share if is_seen else None, low=low if is_seen else None,
                    high=high if is_seen else None, source="guessed" if BY.get(target) in {"ble", "rf"} else "rendered",
                    reason=None if is_seen else "not_looked",
                    text=text(
                        f"{TARGET_WORDS[target].ko}: 찾았을 확률을 알 수 없음"
                        f"({said if isinstance(said, str) else '이 구역은 점검하지 않음'})"
                    ),
                )
            )  # fmt: skip
    verdicts = [
        v.model_copy(update={"clear_of": ("wifi_streaming",), "not_clear_of": ("wifi_on_motion",)})
        if v.verdict == "clear"
        else v.model_copy(update={"verdict": "nothing_detected"})
        if v.reason == "not_calibrated"
        else v
        for v in report.verdicts
    ]
    changes = {"v": 2, "targets": tuple(targets), "verdicts": tuple(verdicts)}
    return SweepReport.model_validate(report.model_dump() | changes)

"""Reports, details and crops for the page tests, made of the contract's records: a room of six zones and one candidate.

Everything here is invented for the test, hostile strings included; the reports keep the contract, so the server takes
them through its ordinary ingest path.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sweep.phrases import Phrase
from sweep.report import (
    AddressToken,
    BleObservation,
    ClockReading,
    Evidence,
    Finding,
    FindingDetails,
    LensObservation,
    Levels,
    LightTime,
    Limit,
    LocalText,
    Modality,
    Observation,
    Plan,
    Position,
    ReferenceCheck,
    RfObservation,
    Source,
    StimulusJudgement,
    SweepReport,
    VerdictName,
    Versions,
    VideoJudgement,
    WifiObservation,
    ZoneCoverage,
    ZoneVerdict,
    centre_of,
    local_text,
    new_id,
)
from sweep.wifi.capture.bands import CHANNELS_IN_USE
from sweep.wifi.words import light_text
from tests.report_factory import box, make_restroom, make_zone, text
from tests.web import air

HOSTILE_SSID = b"<img src=x onerror=alert(1)>"
HOSTILE_NAME = b"\x1b[2Jcam\xe2\x80\xaegnp.exe<script>alert(2)</script>"
FORMULA_NAME = b'=HYPERLINK("x")'
STARTED = datetime.fromisoformat("2026-03-12T01:20:00+00:00")


def restroom_plan(*, version: int = 1, is_verified: bool = True) -> Plan:
    """With urinals beside the stalls."""
    urinals = make_zone("urinals", "urinal", "소변기", "Urinals", box(3.9, 0, 1.5, 2.4))
    return make_restroom(urinals, version=version, is_verified=is_verified)


def grey_png(side: int = 64) -> bytes:
    """A small grey PNG with a bright spot, standing for a lens crop."""
    centre = side // 2
    rows = b"".join(
        b"\x00" + bytes(max(40, 255 - 9 * ((x - centre) ** 2 + (y - centre) ** 2)) for x in range(side))
        for y in range(side)
    )

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@dataclass(frozen=True, slots=True)
class MadeSweep:
    """A report with the details of its finding."""

    report: SweepReport
    details: tuple[FindingDetails, ...]
    is_declared: bool = True


_NOT_CALIBRATED = text(
    "검출기가 아직 보정되지 않아 이상 없음이라고 말할 수 없습니다.",
    "The detector is not calibrated yet, so it cannot call this clear.",
)
_NO_TRIPLES = text("조명 위상이 다른 영상 세 장이 모자랐습니다.", "Too few frames with differing lamp phases.")
_BLIND = text(
    "고속 데이터 프레임을 놓치고 있어 판정할 수 없습니다.", "The receiver misses fast data frames, so it cannot judge."
)


def _coverage(zone_id: str, modality: Modality, quality: float) -> ZoneCoverage:
    return ZoneCoverage(
        zone_id=zone_id,
        modality=modality,
        status="not_looked" if quality == 0 else "looked" if quality > 0.6 else "partly",
        quality=quality,
        dwell_s=round(40 * quality, 1),
        samples=int(300 * quality),
        dropped=int(20 * (1 - quality)),
        rejections={"no_lamp_phases": 4} if modality == "lens" and quality < 0.5 else {},
        gaps=(),
        unheard_mhz=tuple(map(float, CHANNELS_IN_USE["6"])) if modality == "wifi" else None,
        blind_reason=None,
    )


def _verdict(zone_id: str, modality: Modality, verdict: VerdictName, reason: str, words: LocalText) -> ZoneVerdict:
    target = text("2.4/5 GHz Wi-Fi로 영상을 올리는 카메라", "cameras that upload video over 2.4/5 GHz Wi-Fi")
    return ZoneVerdict(
        zone_id=zone_id,
        modality=modality,
        verdict=verdict,
        reason=reason,
        text=words,
        target=target if verdict == "clear" else None,
    )


def make_sweep(
    *,
    sweep_id: UUID,
    room_id: UUID,
    source: Source = "simulated",
    started: datetime = STARTED,
    candidate_zone: str | None = "stall-2",
    crop_commitment: str | None = None,
    plan: Plan | None = None,
) -> MadeSweep:
    """A finished sweep of `plan` (six zones); with `candidate_zone` None nothing was found."""
    plan = plan or restroom_plan()
    positions: list[Position] = []
    for index, zone in enumerate(plan.zones):
        x, y = centre_of(zone)
        start_ns = 1_000_000_000 * (60 + 50 * index)
        positions.append(
            Position(
                position_id=f"p{index + 1}",
                zone_id=zone.zone_id,
                x_m=round(x, 2),
                y_m=round(y + 0.35, 2),
                facing_deg=270,
                start_ns=start_ns,
                end_ns=start_ns + 45_000_000_000,
            )
        )
    coverage: list[ZoneCoverage] = []
    verdicts: list[ZoneVerdict] = []
    for index, zone in enumerate(plan.zones):
        z = zone.zone_id
        found = z == candidate_zone
        lens_quality = (0.9, 0.86, 0.7, 0.35, 0.0, 0.0)[index]
        coverage += [
            _coverage(z, "lens", lens_quality),
            _coverage(z, "wifi", 0.78 if index < 4 else 0.55),
            _coverage(z, "ble", 0.92),
            _coverage(z, "rf", 0.6 if index < 3 else 0.4),
        ]
        verdicts += [
            _verdict(
                z,
                "lens",
                "candidate" if found else "not_assessable",
                "lens_candidate" if found else "not_calibrated" if lens_quality > 0.5 else "no_triples",
                text(
                    "환풍구 쪽에서 렌즈 반사로 보이는 점이 나왔습니다.",
                    "A point that looks like a lens reflection near the vent.",
                )
                if found
                else _NOT_CALIBRATED
                if lens_quality > 0.5
                else _NO_TRIPLES,
            ),
            _verdict(
                z,
                "wifi",
                "candidate" if found else "clear" if index in {0, 2} else "not_assessable",
                "video_uplink" if found else "no_uplink" if index in {0, 2} else "sniffer_blind",
                text(
                    "영상을 올리는 듯한 송신기가 이 칸에서 가장 셉니다.",
                    "A transmitter that behaves like a camera is strongest here.",
                )
                if found
                else text("영상을 올리는 송신기가 들리지 않았습니다.", "No transmitter that uploads video was heard.")
                if index in {0, 2}
                else _BLIND,
            ),
            _verdict(z, "ble", "not_assessable", "not_calibrated", _NOT_CALIBRATED),
            _verdict(z, "rf", "not_assessable", "not_calibrated", _NOT_CALIBRATED),
        ]
    observations: tuple[Observation, ...] = ()
    findings: tuple[Finding, ...] = ()
    details: tuple[FindingDetails, ...] = ()
    if candidate_zone is not None:
        observations, findings, details = _one_finding(plan, candidate_zone, positions, crop_commitment)
        observations += air.heard(positions, candidate_zone)
    clock = ClockReading(utc=started, synchronised=True, max_error_ms=250)
    report = SweepReport(
        v=1,
        report_id=new_id(),
        sweep_id=sweep_id,
        room_id=room_id,
        plan=plan,
        source=source,
        mode="full",
        inspectors=("점검자-01", "점검자-02"),
        probe_id="probe-01",
        versions=Versions(
            software="ansim-sweep 0.1.0", firmware="head 0.1.0", thresholds="first-cut", calibration=None
        ),
        reference_check=ReferenceCheck(status="not_done", checked=None),
        started=clock,
        ended=clock.model_copy(update={"utc": started + timedelta(minutes=7, seconds=24)}),
        outcome="completed",
        positions=tuple(positions),
        observations=observations,
        coverage=tuple(coverage),
        verdicts=tuple(verdicts),
        findings=findings,
        light_time=LightTime(light_s=250.0, light_open_s=150.0, text=light_text(250.0, 150.0)),
        limits=(
            Limit(
                code="card_recorder",
                modality=None,
                text=text(
                    "메모리 카드에만 저장하는 카메라는 전파를 거의 내지 않아 전파로는 알 수 없습니다.",
                    "A camera that only records to a card radiates almost nothing and cannot be heard.",
                ),
            ),
            Limit(
                code="small_modules",
                modality="lens",
                text=text(
                    "지름 2 mm보다 작거나 깊이 박힌 렌즈는 반사가 약해 놓칠 수 있습니다.",
                    "Lenses below 2 mm or set deep return little light and may be missed.",
                ),
            ),
            Limit(
                code="analog_12_24",
                modality="rf",
                text=text(
                    "1.2·2.4 GHz 아날로그 송신은 세기만 재고 영상인지는 가리지 못합니다.",
                    "Analogue senders at 1.2 and 2.4 GHz are only measured in level.",
                ),
            ),
        ),
    )
    return MadeSweep(report, details)


def _one_finding(
    plan: Plan, zone_id: str, positions: list[Position], crop_commitment: str | None
) -> tuple[tuple[Observation, ...], tuple[Finding, ...], tuple[FindingDetails, ...]]:
    zone = next(zone for zone in plan.zones if zone.zone_id == zone_id)
    position = next(position for position in positions if position.zone_id == zone_id)
    x, y = centre_of(zone)
    camera = air.token(air.CAMERA_TAG)
    tag = AddressToken(
        scheme="sweep", key_id="0badc0de", tag="8899aabbccddeeff", oui="02:00:00", is_locally_administered=False
    )
    at = position.position_id
    t_ns = position.start_ns + 20_000_000_000
    lens = LensObservation(
        observation_id=new_id(), modality="lens", clip="c2", frame=12, x_px=311.5, y_px=204.0, score=0.91, snr=24.0,
        off_axis_ratio=0.08, persistence=0.93, range_m=1.1, bearing_deg=-8.0, reasons=(),
        crop_commitment=crop_commitment, zone_id=zone_id, position_id=at, t_ns=t_ns,
    )  # fmt: skip
    wifi = WifiObservation(
        observation_id=new_id(), modality="wifi", addresses=(camera,), role="sta", vendor=None, is_randomised=True,
        channel_mhz=2437.0, rssi_dbm=Levels(median=-48.0, max=-41.0), frames=2210, bytes_up=1_900_000,
        bytes_down=41_000, dwell_s=20.0,
        video=VideoJudgement(verdict="video_uplink", score=0.88, decided_after_s=6.2),
        stimulus=StimulusJudgement(verdict="follows_light", p_value=0.002, decided_after_s=33.2),
        zone_id=zone_id, position_id=at, t_ns=t_ns,
    )  # fmt: skip
    ble = BleObservation(
        observation_id=new_id(), modality="ble", addresses=(tag,), kind="unknown", company=None,
        rssi_dbm=Levels(median=-70.0, max=-62.0), adverts=80, zone_id=zone_id, position_id=at, t_ns=t_ns,
    )  # fmt: skip
    rf = RfObservation(
        observation_id=new_id(), modality="rf", kind="wifi", centre_mhz=None, level_dbm=-38.0, baseline_dbm=-39.0,
        excess_db=1.0, duty_cycle=0.2, windows=30, zone_id=zone_id, position_id=at, t_ns=t_ns,
    )  # fmt: skip
    finding = Finding(
        finding_id=new_id(),
        zone_id=zone_id,
        x_m=round(x + 0.15, 2),
        y_m=round(y - 0.35, 2),
        radius_m=0.45,
        strength="strong",
        prior_log10_odds=-5.0,
        posterior_log10_odds=-1.6,
        evidence_for=(
            Evidence(
                observation_id=lens.observation_id,
                modality="lens",
                code="steady_retroreflection",
                text=text(
                    "조명을 축에서 벗어나게 하면 사라지는 밝은 점이 세 자리에서 그대로 보였습니다.",
                    "A bright point that vanishes when the lamp moves off axis was steady from three places.",
                ),
                weight_log10=2.0,
                is_capped=True,
                weight_source="guessed",
            ),
            Evidence(
                observation_id=wifi.observation_id,
                modality="wifi",
                code="video_uplink",
                text=text(
                    "한 송신기가 영상처럼 고르게 데이터를 올리고 있습니다.",
                    "One transmitter uploads data as steadily as video.",
                ),
                weight_log10=1.7,
                is_capped=False,
                weight_source="derived",
            ),
        ),
        evidence_against=(
            Evidence(
                observation_id=rf.observation_id,
                modality="rf",
                code="no_excess",
                text=text("문 밖보다 전파가 세지 않습니다.", "The level is no higher than outside the door."),
                weight_log10=-0.3,
                is_capped=False,
                weight_source="measured",
            ),
        ),
        advice=local_text(Phrase("advice_by_eye")),
    )
    details = FindingDetails(
        finding_id=finding.finding_id,
        addresses=("02:00:00:c0:ff:ee",),
        ssids=(HOSTILE_SSID.hex(),),
        names=(HOSTILE_NAME.hex(), FORMULA_NAME.hex()),
    )
    return (lens, wifi, ble, rf), (finding,), (details,)

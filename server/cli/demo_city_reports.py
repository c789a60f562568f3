"""Reports of the made-up city's sweeps: what a probe would have written, drawn by chance and marked simulated.

Input is a room with its plan, a time and what is in the air there; output is a report of format 2 that keeps the
contract.  Nothing of it was measured, and no number of it says anything about a detector.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from server.cli.demo_city_places import CityRoom
from sweep.phrases import catalogue
from sweep.report import (
    ClockReading,
    LocalText,
    ReferenceCheck,
    ReferenceChecked,
    ReferencePart,
    ReferenceReadings,
    SweepReport,
    Target,
    centre_of,
    derived_id,
    new_id,
)
from sweep.report.reference import CheckStatus
from sweep.report.words import METHOD_WORDS, TARGET_WORDS

MINUTES = 9
TARGETS: Mapping[str, Target] = {"lens": "pinhole_1mm", "wifi": "wifi_streaming", "rf": "analog_5800"}
CALLED = {"lens": (0.14, 0.13, 0.16), "wifi": (0.68, 0.66, 0.70), "rf": (0.62, 0.59, 0.65)}
"""Share of such cameras that a first look calls where it sees or hears all of their zone, with its 90 % interval: first
world of the simulated city (`sweep/judge/FIGURES.md`)."""
VENDORS = ("70:5D:CC", "64:E5:99", "88:36:6C", "90:9F:33", None)
VERSIONS = dict.fromkeys(("software", "firmware", "thresholds", "weights"), "demo") | {"calibration": None}
Suspicion = Literal["glint", "uplink"]


EXPECTED_DB = 60.0
SIGMA_DB = 0.3
LIMIT_DB = 1.76
CUSUM_K = 1.5
CUSUM_H = 2.84
"""As the probe's own chart has them, in standard deviations."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A morning's reference check of the lamp."""

    at: datetime
    repeats: tuple[float, ...]
    """In decibels."""
    cusum: float
    """Sum of the control chart after it, in standard deviations."""

    @property
    def status(self) -> CheckStatus:
        """What the chart says."""
        return "out_of_control" if self.cusum > CUSUM_H else "passed"

    @property
    def check(self) -> ReferenceCheck:
        """As a report cites it."""
        value = sorted(self.repeats)[len(self.repeats) // 2]
        part = ReferencePart(
            part="lamp", status=self.status, value=value, expected=EXPECTED_DB, unit="dB", cusum=self.cusum
        )
        clock = ClockReading(utc=self.at, synchronised=True, max_error_ms=50)
        return ReferenceCheck(status=self.status, checked=clock, parts=(part,))

    def told(self, probe_id: str) -> ReferenceChecked:
        """As an entry of its own."""
        readings = ReferenceReadings(part="lamp", repeats=self.repeats, sigma_db=SIGMA_DB, limit_db=LIMIT_DB)
        return ReferenceChecked(
            v=1, probe_id=probe_id, check=self.check, readings=(readings,), cusum_k=CUSUM_K, cusum_h=CUSUM_H
        )


def next_check(rng: random.Random, at: datetime, loss_db: float, before: Checked | None) -> Checked:
    """The check after another one, of a lamp that has lost so much."""
    repeats = tuple(round(EXPECTED_DB - loss_db + rng.gauss(0, SIGMA_DB / 2), 2) for _ in range(3))
    off = (EXPECTED_DB - sorted(repeats)[1]) / SIGMA_DB - CUSUM_K
    return Checked(at, repeats, round(max(0.0, (0.0 if before is None else before.cusum) + off), 2))


def report_of(
    rng: random.Random,
    room: CityRoom,
    started: datetime,
    *,
    inspectors: tuple[str, str],
    probe_id: str,
    checked: Checked | None,
    mode: str = "full",
    suspicion: Suspicion | None = None,
    is_aborted: bool = False,
) -> SweepReport:
    """A report of one sweep; with a suspicion it has one finding in a stall."""
    sweep_id = new_id(int(started.timestamp() * 1000))
    zones = room.plan.zones
    stalls = [zone for zone in zones if zone.kind in {"stall", "booth"}] or list(zones)
    positions = [
        {
            "position_id": f"p{index}",
            "zone_id": zone.zone_id,
            "x_m": round(centre_of(zone)[0], 2),
            "y_m": round(centre_of(zone)[1], 2),
            "facing_deg": 270.0,
            "start_ns": index * 45_000_000_000,
            "end_ns": (index + 1) * 45_000_000_000,
        }
        for index, zone in enumerate(zones, 1)
    ]
    seen = positions[: max(1, len(positions) // 2)] if is_aborted else positions
    observations = [_heard(rng, sweep_id, number, tag, seen) for number, tag in enumerate(_in_the_air(rng, room))]
    findings: list[dict[str, Any]] = []
    if suspicion is not None:
        where = rng.choice(stalls).zone_id
        spot = next(one for one in positions if one["zone_id"] == where)
        cause, finding = _suspected(rng, sweep_id, room, spot, suspicion)
        observations.append(cause)
        findings.append(finding)
    is_blind = rng.random() < 0.07
    coverage, verdicts, targets = [], [], []
    suspected = {finding["zone_id"] for finding in findings}
    for zone in zones:
        is_seen = any(one["zone_id"] == zone.zone_id for one in seen)
        for modality in TARGETS if mode == "full" else ("lens",):
            quality = round(rng.uniform(0.62, 0.97), 2) if is_seen else 0.0
            blind = modality == "wifi" and is_blind
            coverage.append(_coverage(zone.zone_id, modality, quality, blind=blind))
            own = "lens" if suspicion == "glint" else "wifi"
            is_candidate = zone.zone_id in suspected and modality == own
            verdicts.append(_verdict(zone.zone_id, modality, quality, blind=blind, is_candidate=is_candidate))
            targets.append(_target(zone.zone_id, modality, quality, blind=blind))
    check = ReferenceCheck(status="not_done", checked=None) if checked is None else checked.check
    ended = started + timedelta(minutes=MINUTES if not is_aborted else 3)
    return SweepReport.model_validate_json(
        _json(
            {
                "v": 2,
                "report_id": str(derived_id(sweep_id, "report")),
                "sweep_id": str(sweep_id),
                "room_id": str(room.room_id),
                "plan": room.plan.model_dump(mode="json"),
                "source": "simulated",
                "mode": mode,
                "inspectors": inspectors,
                "probe_id": probe_id,
                "versions": VERSIONS,
                "reference_check": check.model_dump(mode="json"),
                "started": {"utc": _utc(started), "synchronised": True, "max_error_ms": 50},
                "ended": {"utc": _utc(ended), "synchronised": True, "max_error_ms": 50},
                "outcome": "aborted" if is_aborted else "completed",
                "positions": positions,
                "observations": observations,
                "coverage": coverage,
                "verdicts": verdicts,
                "targets": targets,
                "findings": findings,
                "limits": [
                    {
                        "code": "card_recorder",
                        "modality": "rf",
                        "text": _said("rf.limits", "card_recorder").model_dump(),
                    }
                ],
            }
        )
    )  # fmt: skip


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _utc(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _tag(*of: object) -> str:
    return hashlib.sha256(" ".join(map(str, of)).encode()).hexdigest()[:16]


def _in_the_air(rng: random.Random, room: CityRoom) -> list[str]:
    """Tags of what is heard in a room: neighbours that stay, and now and then somebody who passes."""
    stays = [_tag(room.facility_id, number) for number in range(2 + room.facility_id.int % 4)]
    heard = [tag for tag in stays if rng.random() < 0.92]
    if rng.random() < 0.35:
        heard.append(_tag(room.room_id, rng.random()))
    return heard


def _token(tag: str) -> dict[str, Any]:
    oui = VENDORS[int(tag, 16) % len(VENDORS)]
    return {
        "scheme": "room",
        "key_id": "00c17e00",
        "tag": tag,
        "oui": oui,
        "is_locally_administered": oui is None,
    }


def _heard(
    rng: random.Random, sweep_id: UUID, number: int, tag: str, positions: list[dict[str, Any]]
) -> dict[str, Any]:
    at = rng.choice(positions)
    level = rng.randint(-84, -52)
    return {
        "observation_id": str(derived_id(sweep_id, f"heard {number}")),
        "zone_id": at["zone_id"],
        "position_id": at["position_id"],
        "t_ns": at["start_ns"] + 1_000_000_000,
        "modality": "wifi",
        "addresses": [_token(tag)],
        "role": "ap" if int(tag, 16) % 2 else "sta",
        "vendor": None,
        "is_randomised": False,
        "channel_mhz": rng.choice((2412.0, 2437.0, 2462.0, 5180.0, 5745.0)),
        "rssi_dbm": {"median": float(level), "max": float(level + 4)},
        "frames": rng.randint(20, 900),
        "bytes_up": rng.randint(2_000, 90_000),
        "bytes_down": rng.randint(2_000, 400_000),
        "dwell_s": 6.0,
        "video": {"verdict": "not_video", "score": round(rng.uniform(0.01, 0.2), 2), "decided_after_s": 5.0},
        "stimulus": None,
    }


def _suspected(
    rng: random.Random, sweep_id: UUID, room: CityRoom, spot: dict[str, Any], suspicion: Suspicion
) -> tuple[dict[str, Any], dict[str, Any]]:
    """(observation, finding) of one suspicion."""
    if suspicion == "glint":
        cause: dict[str, Any] = {
            "observation_id": str(derived_id(sweep_id, "suspected")),
            "zone_id": spot["zone_id"],
            "position_id": spot["position_id"],
            "t_ns": spot["start_ns"] + 2_000_000_000,
            "modality": "lens",
            "clip": "demo",
            "frame": 9,
            "x_px": 210.5,
            "y_px": 144.0,
            "score": round(rng.uniform(4, 9), 1),
            "snr": round(rng.uniform(20, 60), 1),
            "off_axis_ratio": 0.03,
            "persistence": 0.9,
            "range_m": 0.8,
            "bearing_deg": -4.0,
            "reasons": ["gone_off_axis", "steady"],
            "crop_commitment": None,
        }
        code, text = "glint", {"ko": "렌즈형 반사", "en": "Lens-like glint"}
    else:
        cause = _heard(rng, sweep_id, 999, _tag(room.room_id, "suspected", sweep_id), [spot])
        cause |= {"bytes_up": 9_000_000, "role": "sta", "dwell_s": 30.0}
        cause["video"] = {"verdict": "video_uplink", "score": 0.91, "decided_after_s": 6.5}
        code, text = "video_uplink", {"ko": "영상을 올리는 듯한 송신", "en": "Sends like an upload of video"}
    weight = round(rng.uniform(1.6, 2.6), 2)
    evidence = {
        "observation_id": cause["observation_id"],
        "modality": cause["modality"],
        "code": code,
        "text": text,
        "weight_log10": weight,
        "is_capped": False,
        "weight_source": "simulated",
    }
    finding = {
        "finding_id": str(derived_id(sweep_id, "finding")),
        "zone_id": spot["zone_id"],
        "x_m": spot["x_m"],
        "y_m": spot["y_m"],
        "radius_m": 0.5,
        "strength": "strong" if weight > 2.3 else "weak",
        "stage": "second_look",
        "prior_log10_odds": -4.0,
        "posterior_log10_odds": round(weight - 4.0, 2),
        "evidence_for": [evidence],
        "evidence_against": [],
        "advice": {"ko": "두 사람이 손대지 않고 눈으로 확인", "en": "Two persons look by eye without touching"},
    }
    return cause, finding


def _coverage(zone_id: str, modality: str, quality: float, *, blind: bool) -> dict[str, Any]:
    return {
        "zone_id": zone_id,
        "modality": modality,
        "status": "not_looked" if quality == 0 else "looked",
        "quality": quality,
        "dwell_s": round(40 * quality, 1),
        "samples": int(300 * quality),
        "dropped": int(20 * (1 - quality)),
        "rejections": {},
        "gaps": [],
        "blind_reason": "fast_frames_unseen" if blind else None,
    }


def _verdict(zone_id: str, modality: str, quality: float, *, blind: bool, is_candidate: bool) -> dict[str, Any]:
    verdict, reason, text = "nothing_detected", "weights_not_field", _said("report.reasons", "weights_not_field")
    if is_candidate:
        verdict, reason, text = "candidate", "finding", METHOD_WORDS["candidate"]
    elif blind or quality == 0:
        reason = "fast_frames_unseen" if blind else "not_looked"
        verdict, text = "not_assessable", METHOD_WORDS["not_assessable"]
    return {
        "zone_id": zone_id,
        "modality": modality,
        "verdict": verdict,
        "reason": reason,
        "text": text.model_dump(),
        "target": None,
        "clear_of": [],
        "not_clear_of": [TARGETS[modality]],
    }


def _said(context: str, code: str) -> LocalText:
    """As a probe says it."""
    ko, en = (catalogue(language).pgettext(context, code) for language in ("ko", "en"))
    return LocalText(ko=ko, en=en)


def _target(zone_id: str, modality: str, quality: float, *, blind: bool) -> dict[str, Any]:
    target = TARGETS[modality]
    is_known = quality > 0 and not blind
    share, low, high = (round(quality * one, 3) if is_known else None for one in CALLED[modality])
    return {
        "zone_id": zone_id,
        "target": target,
        "modality": modality,
        "probability": share,
        "low": low,
        "high": high,
        "source": "simulated",
        "reason": None if is_known else "not_looked",
        "text": TARGET_WORDS[target].model_dump(),
    }

"""What the radio heard in the page tests' room: transmitters at several positions, hostile vendor names included.

Everything is invented: tags are digits in order, and no address exists behind them.
"""

from __future__ import annotations

from collections.abc import Sequence

from sweep.report import (
    AddressToken,
    BleObservation,
    Levels,
    Observation,
    Position,
    StimulusJudgement,
    VideoJudgement,
    WifiObservation,
    new_id,
)

KEY_ID = "0badc0de"
HOSTILE_VENDOR = "<i onmouseover=alert(5)>ACME</i>"
UNKNOWN_KIND = "smart_lamp"
CAMERA_TAG = "00112233aabbccdd"
ROUTER_TAGS = ("1100000000000001", "1100000000000002", "1100000000000003")
HINT_TAG = "2200000000000001"
LAMP_TAG = "3300000000000001"
SKIPPED = StimulusJudgement(verdict="not_assessable", p_value=None, reason="skipped_by_person")
CAMERA_DBM = {"stall-1": -52.0, "stall-3": -55.0, "urinals": -59.0, "basins": -66.0}
"""Beside the position whose finding cites it; it is not heard at the entrance."""


def token(tag: str, *, oui: str | None = None) -> AddressToken:
    """A tag under the sweep's key; without an OUI the address was made up."""
    return AddressToken(scheme="room", key_id=KEY_ID, tag=tag, oui=oui, is_locally_administered=oui is None)


def heard(positions: Sequence[Position], cited_zone: str) -> tuple[Observation, ...]:
    """The camera at the other positions, a router with three addresses, a camera family's hint and a lamp."""
    observations: list[Observation] = []
    for position in positions:
        level = CAMERA_DBM.get(position.zone_id)
        if level is not None and position.zone_id != cited_zone:
            observations.append(
                _wifi(position, (token(CAMERA_TAG),), level, vendor=None, role="sta", video="video_uplink", p=0.41)
            )
    first, second, third = (token(tag, oui="00:00:5E") for tag in ROUTER_TAGS)
    for position, addresses in zip(positions, ((first, second), (third,), (second, third)), strict=False):
        observations.append(
            _wifi(position, addresses, -61.0, vendor=HOSTILE_VENDOR, role="ap", video="not_assessable", p=None)
        )
    for tag, kind, company, level in (
        (HINT_TAG, "camera_hint", "Example Optics", -80.0),
        (LAMP_TAG, UNKNOWN_KIND, None, -44.0),
    ):
        observations += [_ble(position, tag, kind, company, level) for position in positions[:2]]
    return tuple(observations)


def _wifi(
    position: Position,
    addresses: tuple[AddressToken, ...],
    level_dbm: float,
    *,
    vendor: str | None,
    role: str,
    video: str,
    p: float | None,
) -> WifiObservation:
    return WifiObservation.model_validate(
        {
            "observation_id": new_id(),
            "modality": "wifi",
            "zone_id": position.zone_id,
            "position_id": position.position_id,
            "t_ns": position.start_ns + 20_000_000_000,
            "addresses": addresses,
            "role": role,
            "vendor": vendor,
            "is_randomised": vendor is None,
            "channel_mhz": 2437.0,
            "rssi_dbm": Levels(median=level_dbm, max=level_dbm + 6),
            "frames": 1500,
            "bytes_up": 1_200_000,
            "bytes_down": 30_000,
            "dwell_s": 20.0,
            "video": VideoJudgement.model_validate(
                {"verdict": video, "score": 0.8, "decided_after_s": 7.5}
                if video == "video_uplink"
                else {"verdict": video, "score": 0.9, "decided_after_s": None, "reason": "may_relay"}
            ),
            "stimulus": SKIPPED if p is None else StimulusJudgement(verdict="does_not", p_value=p),
        }
    )


def _ble(position: Position, tag: str, kind: str, company: str | None, level_dbm: float) -> BleObservation:
    return BleObservation(
        observation_id=new_id(),
        modality="ble",
        zone_id=position.zone_id,
        position_id=position.position_id,
        t_ns=position.start_ns + 20_000_000_000,
        addresses=(token(tag),),
        kind=kind,
        company=company,
        rssi_dbm=Levels(median=level_dbm, max=level_dbm + 3),
        adverts=40,
    )

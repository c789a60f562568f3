"""Observations: immutable measurements of one modality at one position, and the RF windows they are made from.

An observation says what was measured and how, never what it means; `Finding` does that and cites observations.
Addresses appear as keyed tags only; names, SSIDs and full addresses travel as `FindingDetails` bodies of a finding.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Literal, NamedTuple, get_args
from uuid import UUID

from pydantic import Field, StringConstraints

from .base import (
    Code,
    Count,
    Db,
    Dbm,
    Degrees,
    Finite,
    HexBytes,
    HexDigest,
    LocalText,
    Metres,
    Mhz,
    Record,
    Seconds,
    Share,
    Slug,
    Text,
    TimeNs,
)

Modality = Literal["lens", "wifi", "ble", "rf"]
"""Ways of measuring, in the order in which they are told; each has a record below, which says how it is shown."""
MODALITIES: tuple[Modality, ...] = get_args(Modality)
Pixels = Annotated[float, Field(ge=-100, le=20_000)]


class AddressToken(Record):
    """A device address reduced to a keyed tag: comparable under the same key, meaningless without it."""

    scheme: Literal["room", "sweep"]
    """`room`: a per-room key, rotated yearly (access points, video uplinks); `sweep`: one that dies with the sweep."""
    key_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}$")]
    tag: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
    """First 8 bytes of HMAC-SHA256(key, 6 address bytes), hexadecimal."""
    oui: Annotated[str, StringConstraints(pattern=r"^[0-9A-F]{2}(:[0-9A-F]{2}){2}$")] | None
    """First three octets; null when the address is locally administered."""
    is_locally_administered: bool


class Levels(Record):
    """Received levels as the receiver reported them; the median is over frames, dBm is never averaged."""

    median: Dbm
    max: Dbm


class RfWindow(Record):
    """Statistics of one window of the RF detector, in uncalibrated ADC counts (0..1023)."""

    t_ns: TimeNs
    """Start of the window."""
    duration_s: Seconds
    receiver: Literal["log_detector", "tuner", "raw_run"]
    """A raw run is a gapless 16 ms of the log detector."""
    centre_mhz: Mhz | None
    """Tuned frequency; null for the wideband detector."""
    samples: Count
    dropped: Count
    """Samples that the schedule foresaw and the converter did not deliver."""
    min_counts: Finite
    mean_counts: Finite
    max_counts: Finite
    p10_counts: Finite
    p50_counts: Finite
    p90_counts: Finite
    duty_cycle: Share
    """Share of samples above the firmware's burst threshold in this window."""
    bursts: Count
    gaps: Count
    longest_burst_s: Seconds | None = None
    """Longest burst inside the window; null for the tuner."""
    lines_per_s: Finite | None = None
    """Edges of the sync separator on the tuner's video, per second; null for the wideband detector."""
    line_spread_counts: Count | None = None
    """Edges in the fullest 4 ms of the window less those in the emptiest: small for a steady picture."""
    line_least_counts: Count | None = None
    """Edges in the emptiest; null where nobody kept them."""
    line_excess_db: Db | None = None
    """How far the line rate stands above what is beside it in a raw run; null for all else."""


class Shown(NamedTuple):
    """How a modality is called and drawn, on the page, in documents and by commands."""

    name: LocalText
    """As inside a sentence; its first Korean letter stands in small pictures."""
    method_ko: str
    """What is done, for the log."""
    icon: str
    """Of the page (server/web/src/parts/icons.ts)."""
    is_radio: bool
    """It hears what transmits."""

    @property
    def heading(self) -> LocalText:
        """The name where nothing stands before it."""
        return LocalText(ko=self.name.ko, en=self.name.en[:1].upper() + self.name.en[1:])


class ObservationBase(Record):
    """What every observation carries."""

    shown: ClassVar[Shown]

    observation_id: UUID
    zone_id: Slug
    position_id: Slug
    t_ns: TimeNs
    """Middle of the measurement."""


class LensObservation(ObservationBase):
    """A lens candidate in strobed infrared frames."""

    shown = Shown(LocalText(ko="렌즈", en="lens"), "렌즈 탐지(적외선 반사)", "aperture", is_radio=False)
    modality: Literal["lens"]
    clip: Slug
    frame: Count
    """Index of the on-axis frame in which x and y are given."""
    x_px: Pixels
    y_px: Pixels
    """Pixel centres at integers, origin top left."""
    score: Finite
    """Larger is more lens-like; uncalibrated."""
    snr: Finite | None
    off_axis_ratio: Finite | None
    """Peak with the lamps off axis over peak with them on axis: near 0 for a lens, near 1 for a diffuse spot."""
    persistence: Share | None
    """Share of the triples in which the glint was seen where its track says."""
    range_m: Metres | None
    bearing_deg: Degrees | None
    """Right of the probe's facing direction; null where nobody knows how the camera had turned."""
    elevation_deg: Degrees | None = None
    """Above the horizon, by gravity; null where no inertial sensor told."""
    width_m: Annotated[Metres | None, Field(exclude_if=lambda width: width is None)] = None
    """How wide its light is at half its height, at `range_m`; the optics make a point 2 to 3 pixels wide. Left out
    where nobody measured how far away it is.
    """
    reasons: Annotated[tuple[Code, ...], Field(max_length=32)]
    crop_commitment: HexDigest | None
    """Commitment of the crop body (at most 64 px) that travels with the report, when one was kept."""


class VideoJudgement(Record):
    """Does this transmitter send like a camera that streams?"""

    verdict: Literal["video_uplink", "not_video", "not_assessable"]
    score: Share
    decided_after_s: Seconds | None
    reason: Code | None = None
    """Why it is not assessable: what was not heard, or what else it may be."""


class StimulusJudgement(Record):
    """Does this transmitter's traffic follow what was played: the probe's light, or a person walking by its chips?"""

    verdict: Literal["follows_light", "does_not", "not_assessable"]
    """`follows_light` also where a person walked (`kind`)."""
    p_value: Share | None
    """After correction over all flows tested."""
    kind: Literal["light", "motion"] = "light"
    """What was played."""
    reason: Code | None = None
    """Why it is not assessable: what the test lacked, or what broke it off."""
    tested_s: Seconds | None = None
    """How much of the sequence was judged; null where nobody noted it."""
    decided_after_s: Seconds | None = None
    """Live: time from the first chip until it was found to follow."""
    smallest_light_share: Share | None = None
    """Where it was not found to follow: the share by which the lamp has to add to the scene's light for this test to
    show 95 of 100 cameras such as were measured; null where nobody asked, or no light that was measured would do."""


class WifiObservation(ObservationBase):
    """One transmitter heard at one position."""

    shown = Shown(LocalText(ko="와이파이", en="Wi-Fi"), "와이파이 수신", "wifi", is_radio=True)
    modality: Literal["wifi"]
    addresses: Annotated[tuple[AddressToken, ...], Field(min_length=1, max_length=64)]
    role: Literal["ap", "sta", "unknown"]
    vendor: Text | None
    is_randomised: bool
    channel_mhz: Mhz | None
    rssi_dbm: Levels | None
    outside_dbm: Dbm | None = None
    """Its median level outside the door; null where it was not heard there, or nobody measured there."""
    frames: Count
    bytes_up: Count
    bytes_down: Count
    dwell_s: Seconds
    video: VideoJudgement
    stimulus: StimulusJudgement | None


class BleObservation(ObservationBase):
    """One BLE advertiser heard at one position."""

    shown = Shown(LocalText(ko="블루투스", en="Bluetooth"), "블루투스 수신", "bluetooth", is_radio=True)
    modality: Literal["ble"]
    addresses: Annotated[tuple[AddressToken, ...], Field(min_length=1, max_length=64)]
    kind: Code
    company: Text | None
    rssi_dbm: Levels | None
    adverts: Count


class RfObservation(ObservationBase):
    """One emitter that the RF detector told apart at one position."""

    shown = Shown(LocalText(ko="전파", en="RF"), "전파 탐지", "antenna", is_radio=True)
    modality: Literal["rf"]
    kind: Literal["analog_video", "probable_video", "wifi", "ble", "dect", "continuous", "unknown"]
    centre_mhz: Mhz | None
    level_dbm: Dbm
    baseline_dbm: Dbm | None
    """Level outside the door; null when no baseline was taken."""
    excess_db: Db | None
    """Inside minus outside."""
    duty_cycle: Share
    windows: Count


Observation = Annotated[
    LensObservation | WifiObservation | BleObservation | RfObservation, Field(discriminator="modality")
]
SHOWN: Final[Mapping[Modality, Shown]] = {
    get_args(record.model_fields["modality"].annotation)[0]: record.shown
    for record in get_args(get_args(Observation)[0])
}


class FindingDetails(Record):
    """Full addresses and names behind a finding: a body of its own, erasable, never in a city export."""

    finding_id: UUID
    addresses: Annotated[
        tuple[Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{2}(:[0-9a-f]{2}){5}$")], ...], Field(max_length=64)
    ]
    ssids: Annotated[tuple[HexBytes, ...], Field(max_length=32)]
    """Raw SSID octets in hexadecimal (they need not be UTF-8)."""
    names: Annotated[tuple[HexBytes, ...], Field(max_length=32)]
    """Raw BLE or WPS device names in hexadecimal."""

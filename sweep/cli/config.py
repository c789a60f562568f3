"""Where a probe keeps its state and who it is: a small TOML file, every key of which a command line option can
overrule.

Input is `sweep.toml` (unknown keys are errors), output a frozen `Config`. It also opens the keys that live in the
state folder: the probe's signing key (the keys of rooms are in `room_keys`).
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sweep.entry.dsse import EntryError, Signer
from sweep.entry.envelope import DEFAULT_TENANT
from sweep.host.carrier import CARRIERS, CarrierLines, LineName, Revision
from sweep.host.disk import DISK, DiskError
from sweep.host.gpio import LinePlace
from sweep.host.sealing import KEY_FILE, PUBLIC_FILE, SEALED_FILE, given_secret
from sweep.lens.optics import Eye
from sweep.phrases import Phrase
from sweep.report.base import Slug
from sweep.report.files import read_toml

Policy = Literal["auto", "always", "never"]

KIT_EYES: Final[dict[str, Eye]] = {"imx296": "kit", "imx219": "kit_imx219", "ov5647": "kit_ov5647"}
MAX_CONFIG_BYTES = 1024 * 1024
"""Derived: far above every key at its longest."""


class ConfigError(ValueError):
    """The configuration file cannot be used; one line that names the key."""


class Config(BaseModel):
    """Settings of a probe."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", use_attribute_docstrings=True)

    probe_id: Slug = "probe-demo-1"
    """Name of the probe, as its server knows it."""
    tenant: Slug = DEFAULT_TENANT
    """District or organisation the probe works for."""
    server: Annotated[str, Field(pattern=r"^https?://[A-Za-z0-9.:\[\]_-]+/?$")] | None = None
    """Address of the probe's own server; without it, entries wait in the outbox."""
    state: str | None = None
    """Folder of keys and outbox; by default ansim-sweep in the user's state folder."""
    spare_outbox: str | None = None
    """Second folder, on another disk, for signed entries that the disk of `state` has no room for."""
    port: str | None = None
    """Serial port of the sensor head."""
    wifi_adapter: str | None = None
    """Interface of the Wi-Fi adapter that listens in monitor mode; without one a sweep hears no Wi-Fi."""
    wifi_dwell_s: Annotated[float, Field(ge=5.0, le=600.0)] = 20.0
    """How long it listens at each position, in seconds."""
    ble_scan: Literal["active", "passive", "never"] = "active"
    """How Bluetooth is scanned: `active` asks each device for more and sends meanwhile, `passive` listens only."""
    ble_adapter: Annotated[str, Field(pattern=r"^hci[0-9]{1,3}$")] | None = None
    """Bluetooth adapter that scans; without one the first that is switched on, where this machine has any."""
    ble_scan_s: Annotated[float, Field(ge=2.0, le=120.0)] = 10.0
    """How long Bluetooth is scanned at each position, in seconds."""
    stimulus: Policy = "auto"
    """Where the white light plays: `auto` where something may be a camera, `always` where anything uploads, `never`."""
    stimulus_longest_s: Annotated[float, Field(ge=15.0, le=114.0)] = 114.0
    """How long the white light plays at one position at most, in seconds; it stops as soon as the answer is clear."""
    hotspot: bool = False
    """The probe's own access point is on: RF windows meanwhile are its own, so RF is not judged without a pause."""
    hotspot_pause_s: Annotated[float, Field(ge=0.0, le=20.0)] = 0.0
    """How long the access point is switched off for each RF measurement, in seconds; 0: never."""
    camera: Annotated[str, Field(pattern=r"^(pi|/dev/[A-Za-z0-9/._-]{1,100})$")] | None = None
    """The camera of the lens finder: `pi`, or a Video4Linux device; without one a sweep films nothing."""
    carrier: Revision | None = None
    """Revision of the carrier board, `A`, `B` or `C`, as printed on it, or `kit`: which lines of the Pi do what."""
    camera_module: Literal["imx296", "imx219", "ov5647"] = "imx296"
    """Sensor of the Raspberry Pi's camera; the NoIR modules `imx219` and `ov5647` on the bench kit alone, slower."""
    camera_socket: Literal["cam0", "cam1"] | None = None
    """Socket of its cable; by default CAM0 of a Raspberry Pi 5, as the guides have it; earlier ones have one socket."""
    camera_trigger: Literal["external", "none"] = "external"
    """Whether the head triggers the camera; `none`, on the bench kit alone: frames are paired by the lamps, slower."""
    camera_power_line: Annotated[int, Field(ge=0, le=63)] | None = None
    """GPIO that switches the camera's supply where that is not the carrier's: 17 of revision B, 4 of revision A."""
    camera_power_chip: Annotated[str, Field(min_length=1, max_length=200)] = "/dev/gpiochip0"
    """The GPIO chip that all these lines belong to."""
    camera_sensor: Literal["at_boot", "overlay", "bind", "helper"] = "at_boot"
    """When the sensor's driver looks for it: at boot, or once it has power (unproven on a Pi)."""
    rf_calibration: str | None = None
    """Calibration file of detector and tuner; without a valid one levels are nominal and reports say so."""
    lens_lamps: Annotated[tuple[Literal["middle_ring", "outer_ring", "red"], ...], Field(strict=False)] = ()
    """Lamps that the probe has besides on_axis and off_axis: `middle_ring`, `outer_ring`, `red`."""
    range_sensor: bool = False
    """A range sensor is fitted beside the camera; a carrier of revision B gives it supply while the camera has."""
    eye_look_policy: str | None = None
    """File with what looks by eye may cost and from which worth on they are asked for; without one as ships."""
    lens_calibration: str | None = None
    """Calibration file of camera and lamps (`sweep lens-calibrate`); without a valid one reports say so."""

    @model_validator(mode="after")
    def _no_line_twice(self) -> Self:
        lines = self.lines
        if lines is None or self.camera_power_line is None or lines.cam_enable is None:
            return self
        if self.camera_power_line != lines.cam_enable:
            raise ValueError(Phrase("carrier_sets_camera_line", carrier=self.carrier, line=lines.cam_enable))
        return self

    @model_validator(mode="after")
    def _range_sensor_has_a_line(self) -> Self:
        if self.range_sensor and self.line("range_enable") is None:
            raise ValueError(Phrase("range_sensor_needs_carrier_b"))
        return self

    @model_validator(mode="after")
    def _kit_has_what_it_has(self) -> Self:
        if self.carrier == "kit" and self.lens_lamps:
            raise ValueError(Phrase("kit_has_two_lamp_groups"))
        if self.carrier != "kit" and (self.camera_module != "imx296" or self.camera_trigger == "none"):
            raise ValueError(Phrase("camera_for_kit_only"))
        return self

    @property
    def eye(self) -> Eye:
        """Whose nominal optics hold: here a carrier chooses its table."""
        if self.carrier != "kit":
            return "probe"
        return KIT_EYES[self.camera_module]

    @property
    def lines(self) -> CarrierLines | None:
        """GPIO numbers of this probe's carrier."""
        return None if self.carrier is None else CARRIERS[self.carrier]

    @property
    def camera_power(self) -> LinePlace | None:
        """The line that switches the camera's supply."""
        if self.camera_power_line is not None:
            return LinePlace(self.camera_power_chip, self.camera_power_line)
        return self.line("cam_enable")

    def line(self, name: LineName) -> LinePlace | None:
        """A line of `CarrierLines`; None where this probe's carrier has none."""
        number = None if self.lines is None else getattr(self.lines, name)  # of type int | None
        return None if number is None else LinePlace(self.camera_power_chip, number)

    @property
    def spare_outbox_folder(self) -> Path | None:
        """Second folder for signed entries."""
        return Path(self.spare_outbox) if self.spare_outbox else None

    @property
    def state_folder(self) -> Path:
        """Folder of keys and outbox."""
        return Path(self.state) if self.state else default_state_folder()


def default_state_folder() -> Path:
    """`$XDG_STATE_HOME/ansim-sweep`, by default `~/.local/state/ansim-sweep`."""
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "ansim-sweep"


def read_config(path: Path | None) -> Config:
    """The configuration in `path`, or the defaults for None; raises ConfigError with one line."""
    if path is None:
        return Config()
    return read_toml(Config, path, ConfigError, max_bytes=MAX_CONFIG_BYTES)


def open_signer(state: Path) -> Signer:
    """The probe's signing key, made at first use; its public half is written beside it for enrolment.

    Where the key is sealed to the machine only its service has it.  Raises EntryError, OSError.
    """
    secret = given_secret()
    if secret is not None:
        signer = Signer.from_seed(secret)
    elif (state / SEALED_FILE).exists():
        raise EntryError(Phrase("probe_key_sealed_to_service"))
    else:
        signer = Signer.load_or_create(state / KEY_FILE)
    public, told = state / PUBLIC_FILE, f"{signer.key_id} {signer.public_key.hex()}\n".encode()
    if not public.exists() or public.read_bytes() != told:  # a power cut may leave half of it, or none
        with suppress(DiskError):  # for people; what cannot be written to is said where an entry is
            DISK.write_whole(public, told)
    return signer

"""Options that several commands of a sweep share, and the settings and calibrations they lead to.

Input is what the command line and the configuration file say; output is settings and the laws of this probe's parts. A
file of calibration that cannot be used is said and makes its part nominal.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sweep.cli.config import Config, ConfigError, Policy, read_config
from sweep.cli.output import CameraKind, FailOn, one_line, remark, written_to
from sweep.lens.modality import LensModality
from sweep.modality.own_transmissions import own_addresses
from sweep.modality.protocol import SensingModality
from sweep.modality.weights import FieldWeights, WeightsError, WeightsInForce
from sweep.report import RecordedSweep
from sweep.rf.calibration import CalibrationError, RfLevels, levels_of, read_calibration
from sweep.rf.modality import RfModality
from sweep.run.field_weights import InstalledWeights, curves_of, model_of, read_levels_of
from sweep.run.modalities import SENSING_MODALITIES
from sweep.wifi.modality import WifiModality

if TYPE_CHECKING:
    from sweep.lens.calibration import LensLaws

Server = Annotated[
    str | None, typer.Option("--server", metavar="URL", help="Address of the probe's server; without it entries wait.")
]
State = Annotated[
    Path | None, typer.Option("--state", metavar="DIR", help="Folder of keys and outbox (default: user state folder).")
]
ConfigFile = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="Settings of the probe (TOML).")]
JsonOut = Annotated[
    Path | None, typer.Option("--json", callback=written_to, help="Write the report as JSON; - is standard output.")
]
Fail = Annotated[FailOn, typer.Option("--fail-on", help="Exit with 1 when a finding is at least this strong.")]
Sim = Annotated[bool, typer.Option("--sim", help="Simulate the room, the air and the sensor head.")]
Seed = Annotated[int, typer.Option("--seed", min=0, max=2**31 - 1, help="Seed of the simulation.")]
CameraIn = Annotated[
    str | None, typer.Option("--camera-in", metavar="ZONE", help="Simulated camera in this zone; none: no camera.")
]
CameraSends = Annotated[CameraKind, typer.Option("--camera-kind", help="How the simulated camera transmits.")]
RoomFile = Annotated[Path | None, typer.Option("--room", metavar="FILE", help="Room and plan of a live sweep (JSON).")]
Inspectors = Annotated[
    list[str] | None, typer.Option("--inspector", metavar="NAME", help="Pseudonym of an inspector; give two.")
]
Port = Annotated[
    str | None, typer.Option("--port", help="Serial port of the sensor head, which plays the white light.")
]
StimulusPolicy = Annotated[
    Policy | None,
    typer.Option("--stimulus", help="Play the white light: auto (what may be a camera), always (any uplink), never."),
]
StimulusLongest = Annotated[
    float | None,
    typer.Option("--stimulus-longest-s", min=15.0, max=114.0, help="Longest light test at one position, in seconds."),
]
Quick = Annotated[
    bool, typer.Option("--quick", help="Stalls and booths only, and no light test: three stalls in three minutes.")
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Show no progress, only the report.")]
Verbose = Annotated[bool, typer.Option("--verbose", help="Show every target of every zone and every limit.")]


def read_settings(config: Path | None, server: str | None, state: Path | None, **others: str | float | None) -> Config:
    """The settings of a file; what the command line says of `others` overrules it."""
    with one_line(ConfigError):
        read = read_config(config)
        changes = {"server": server, "state": None if state is None else str(state), **others}
        return read.model_copy(update={name: value for name, value in changes.items() if value})


def zone_of(name: str | None) -> str | None:
    """The zone of a simulated camera; None for `none`."""
    return None if name in {None, "none"} else name


def rf_levels_of(settings: Config, manifest: RecordedSweep) -> RfLevels:
    """The laws of this probe's detector and tuner; a file that cannot be used is said and makes them nominal."""
    calibration = None
    if settings.rf_calibration is not None:
        try:
            calibration = read_calibration(Path(settings.rf_calibration))
        except CalibrationError as error:
            remark("rf_nominal", why=error)
    return levels_of(
        calibration,
        on=manifest.started.date(),
        probe_serial=manifest.probe_id,
    )


def installed_weights(settings: Config) -> InstalledWeights:
    """The weights that this probe's district installed."""
    return InstalledWeights(settings.state_folder, settings.tenant)


def weights_of(settings: Config) -> WeightsInForce:
    """What sweeps are judged by; an installed file that cannot be used is said and leaves what ships, and so is a table
    that is held back.
    """
    installed = installed_weights(settings)
    try:
        force = installed.in_force()
    except WeightsError as error:
        remark("weights_left_out", why=error)
        return installed.as_shipped()
    held_back = list(force.held_back.values())
    if len(held_back) == 1:
        remark("table_held_back", why=held_back[0])
    elif held_back:
        remark("tables_held_back", why=held_back[0], more=len(held_back) - 1)
    return force


def field_test_of(settings: Config) -> FieldWeights | None:
    """What this probe's district installed; None: nothing, or nothing that can be used, of which `weights_of` tells."""
    try:
        installed = installed_weights(settings).read()
    except WeightsError:
        return None
    return None if installed is None else installed.field


def lens_by(laws: LensLaws, field: FieldWeights | None) -> LensModality:
    """The lens finder by the forest and the curves of a field test; by those that ship without one."""
    if field is None:
        return LensModality(laws.limits, laws.version)
    return LensModality(laws.limits, laws.version, model_of(field), curves_of(field))


def modalities_of(settings: Config, manifest: RecordedSweep) -> tuple[SensingModality, ...]:
    """The modalities of this probe, those that settings or a calibration change as these want them."""
    laws = lens_laws_of(settings, manifest.started.date(), manifest.probe_id)
    is_live = manifest.source == "live"
    wifi = WifiModality(
        stimulus=settings.stimulus,
        stimulus_longest_s=settings.stimulus_longest_s,
        own_addresses=own_addresses() if is_live else frozenset(),
    )
    field = field_test_of(settings)
    changed: tuple[SensingModality, ...] = (
        lens_by(laws, field),
        wifi,
        RfModality(rf_levels_of(settings, manifest), None if field is None else read_levels_of(field).get("rf")),
    )
    by_name = {modality.name: modality for modality in (*SENSING_MODALITIES, *changed)}
    return tuple(by_name.values())


def lens_laws_of(settings: Config, on: date, probe_id: str, *, is_said: bool = True) -> LensLaws:
    """The calibration of a probe's camera and lamps; a file that cannot be used is said and leaves them nominal."""
    from sweep.lens import calibration as lens  # loads OpenCV

    found = None
    if settings.lens_calibration is not None:
        try:
            found = lens.read_calibration(Path(settings.lens_calibration))
        except lens.CalibrationError as error:
            if is_said:
                remark("lens_uncalibrated", why=error)
    return lens.laws_of(
        found,
        on=on,
        probe_serial=probe_id,
    )

"""`sweep lens-record`: record a clip on a bench."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sweep.cli.output import fail, one_line, print_words

if TYPE_CHECKING:
    from sweep.cli.config import Config
    from sweep.modality.control import Control

Bench = Annotated[str, typer.Option("--bench", help="Name of the bench; it is written into the recording.")]
Declared = Annotated[
    list[str] | None,
    typer.Option("--declared-empty", metavar="NAME", help="Person who declares that nobody is in view; give two."),
]
Port = Annotated[str | None, typer.Option("--port", help="Serial port of the sensor head.")]
Device = Annotated[
    str | None, typer.Option("--device", help="Video4Linux device (default: the camera of the Raspberry Pi).")
]
Calibration = Annotated[
    Path | None, typer.Option("--calibration", metavar="FILE", help="Calibration of camera and lamps.")
]
ExposureMs = Annotated[float, typer.Option("--exposure", min=0.05, max=2.0, help="Milliseconds.")]
Settings = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="Settings (TOML).")]
TRIPLES = 8


@dataclass(frozen=True, slots=True)
class Recorder:
    """What clips of a bench are recorded with, settled once."""

    record_on: Callable[..., Path]
    settings: Config
    """With what the command's options say of camera and head."""
    declared_by: tuple[str, str]

    @classmethod
    def of(
        cls,
        bench: str,
        declared: list[str] | None,
        port: str | None,
        device: str | None,
        calibration: Path | None,
        exposure_ms: float,
        config: Path | None,
        state: Path | None = None,
    ) -> Recorder:
        """By the command's options; one line and exit code 2 where this machine may not record."""
        from sweep.cli.config import ConfigError, read_config
        from sweep.lab.bench import recording

        with one_line(ConfigError, recording.RecordError):
            settings = read_config(config)
            recording.check_bench(server=settings.server, bench=bench)
        if declared is None or len(declared) != 2:
            fail("two_declare_view")
        port = port or settings.port
        if port is None:
            fail("head_port")
        from sweep.cli.live import extra_lamps
        from sweep.power.sensor import SensorDriver

        return cls(
            partial(
                recording.record_on_bench,
                bench=bench,
                declared_by=(declared[0], declared[1]),
                port=port,
                device=device,
                calibration=calibration,
                exposure_s=exposure_ms * 1e-3,
                key=(state or settings.state_folder) / "lab-demo.key",
                camera_power=settings.camera_power if device is None else None,
                sensor=SensorDriver(settings.camera_sensor),
                lamps=extra_lamps(settings),
                eye=settings.eye,
                is_triggered=settings.camera_trigger == "external",
            ),
            settings.model_copy(update={"port": port, "camera": device or settings.camera or "pi"}),
            (declared[0], declared[1]),
        )

    def record(
        self,
        folder: Path,
        name: str | None = None,
        beside: Callable[[Path], None] | None = None,
        triples: int = TRIPLES,
        control: Control | None = None,
    ) -> Path:
        """Record a clip into a folder of clips; `beside` adds to it before it is signed; `control`: whose declaration
        it is made under, where that was not made for it. Raises `recording.ERRORS`.
        """
        return self.record_on(folder, name=name, beside=beside, triples=triples, control=control)


def lens_record(
    folder: Annotated[Path, typer.Argument(metavar="OUT", help="Folder of clips; a new clip is added to it.")],
    bench: Bench = "",
    declared: Declared = None,
    port: Port = None,
    device: Device = None,
    calibration: Calibration = None,
    triples: Annotated[int, typer.Option("--triples", min=1, max=60, help="Rounds of the lamps to record.")] = TRIPLES,
    exposure_ms: ExposureMs = 1.0,
    state: Annotated[
        Path | None, typer.Option("--state", metavar="DIR", help="Folder of the demonstration key.")
    ] = None,
    config: Settings = None,
) -> None:
    """Record a lens clip on a bench (laboratory only; refused on a probe that belongs to a server)."""
    from sweep.lab.bench import recording

    recorder = Recorder.of(bench, declared, port, device, calibration, exposure_ms, config, state)
    with one_line(*recording.ERRORS):
        clip = recorder.record(folder, triples=triples)
    print_words("clip_recorded", clip=clip, folder=folder)

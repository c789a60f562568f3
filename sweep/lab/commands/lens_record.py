"""`sweep lens-record`: record a clip on a bench."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sweep.cli.output import fail, one_line, out


def lens_record(
    folder: Annotated[Path, typer.Argument(metavar="OUT", help="Folder of clips; a new clip is added to it.")],
    bench: Annotated[str, typer.Option("--bench", help="Name of the bench; it is written into the recording.")] = "",
    declared: Annotated[
        list[str] | None,
        typer.Option("--declared-empty", metavar="NAME", help="Person who declares that nobody is in view; give two."),
    ] = None,
    port: Annotated[str | None, typer.Option("--port", help="Serial port of the sensor head.")] = None,
    device: Annotated[
        str | None, typer.Option("--device", help="Video4Linux device (default: the camera of the Raspberry Pi).")
    ] = None,
    calibration: Annotated[
        Path | None, typer.Option("--calibration", metavar="FILE", help="Calibration of camera and lamps.")
    ] = None,
    triples: Annotated[int, typer.Option("--triples", min=1, max=60, help="Rounds of the lamps to record.")] = 8,
    exposure_ms: Annotated[float, typer.Option("--exposure", min=0.05, max=2.0, help="Milliseconds.")] = 1.0,
    state: Annotated[
        Path | None, typer.Option("--state", metavar="DIR", help="Folder of the demonstration key.")
    ] = None,
    config: Annotated[Path | None, typer.Option("--config", metavar="FILE", help="Settings (TOML).")] = None,
) -> None:
    """Record a lens clip on a bench (laboratory only; refused on a probe that belongs to a server)."""
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

    with one_line(*recording.ERRORS):
        clip = recording.record_on_bench(
            folder,
            bench=bench,
            declared_by=(declared[0], declared[1]),
            port=port,
            device=device,
            calibration=calibration,
            triples=triples,
            exposure_s=exposure_ms * 1e-3,
            key=(state or settings.state_folder) / "lab-demo.key",
            camera_power=settings.camera_power if device is None else None,
            sensor=SensorDriver(settings.camera_sensor),
            lamps=extra_lamps(settings),
            eye=settings.eye,
            is_triggered=settings.camera_trigger == "external",
        )
    out.print(f"recorded {clip}; sweep lens {folder} runs on it")

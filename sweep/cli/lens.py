"""Commands of the lens modality: look for lenses in recorded clips, score detections, calibrate, record on a bench."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from sweep.cli.output import err, existing, fail, one_line, out, write_json, write_text
from sweep.phrases import Phrase

if TYPE_CHECKING:
    from sweep.lens import LensScan

JsonOut = Annotated[
    Path | None, typer.Option("--json", help="Write the result as JSON to this file; - is standard output.")
]
MAX_ROWS = 40


def lens(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of recorded clips.")],
    json_out: JsonOut = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="OUT", help="Write a page that explains each candidate.")
    ] = None,
    second: Annotated[
        Path | None,
        typer.Option(
            "--second", metavar="DIR2", help="Second-look clips: same names, same spots, 3-30 cm to the side."
        ),
    ] = None,
    explain: Annotated[
        str | None, typer.Option("--explain", metavar="X,Y", help="Explain why this pixel is or is not a candidate.")
    ] = None,
    frame: Annotated[
        int | None, typer.Option("--frame", help="On_axis frame of the pixel for --explain; without it, the last one.")
    ] = None,
) -> None:
    """Find lens candidates in recorded strobed infrared clips."""
    from sweep import lens as modality
    from sweep.lens.live.second_look import scan_pairs

    if explain is not None:
        _explain(folder, explain, frame, json_out)
        return
    with one_line(modality.ClipError):
        clips = existing(folder)
        scan = modality.scan_clips(clips) if second is None else scan_pairs(clips, existing(second))
    write_json(json_out, scan.to_json())
    if html is not None:
        from sweep.lens.report.html import PageError, make_page

        with one_line(PageError):
            write_text(html, make_page(folder, scan))
    if json_out is None:
        _show_scan(scan)


def _explain(folder: Path, point: str, frame: int | None, json_out: Path | None) -> None:
    """Why a point of each clip of a folder was or was not called."""
    from dataclasses import asdict

    from sweep.lens.clip.clips import ClipError, find_clips, read_clip
    from sweep.lens.report.explain import explain_point

    parts = point.split(",")
    with one_line(ClipError, ValueError):
        if len(parts) != 2:
            raise ValueError(Phrase("not_a_pixel", given=point))
        x, y = (float(part) for part in parts)
        told = [explain_point(read_clip(path), x, y, frame) for path in find_clips(existing(folder))]
    write_json(json_out, {"explanations": [asdict(one) for one in told]})
    if json_out is not None:
        return
    for one in told:
        out.print(f"{one.clip}: {one.said.ko}\n{one.said.en}", markup=False, highlight=False)
        table = Table("frame", "what it shows", "x", "y", "SNR", "z")
        for look in one.looks[:MAX_ROWS]:
            numbers = (f"{value:.1f}" for value in (look.x, look.y, look.snr, look.z))
            table.add_row(str(look.frame), look.state, *numbers)
        out.print(table)
        for reason in () if one.detection is None else one.detection.reasons:
            out.print(f"  {reason.weight:+.2f}  {reason.text}", markup=False, highlight=False)


def _show_scan(scan: LensScan) -> None:
    table = Table("clip", "verdict", "reason", "candidates", "best score", "seen")
    for clip in scan.clips[:MAX_ROWS]:
        best = max((d.score for d in clip.detections), default=None)
        table.add_row(
            clip.clip,
            "error" if clip.error else clip.verdict,
            clip.error or clip.reason,
            str(len(clip.candidates)),
            "–" if best is None else f"{best:.2f}",
            "–" if clip.coverage is None else f"{clip.coverage.seen_share:.0%}",
        )
    out.print(table)
    if len(scan.clips) > MAX_ROWS:
        out.print(f"… and {len(scan.clips) - MAX_ROWS} more; --json has them all")


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
    from sweep.config import ConfigError, read_config
    from sweep.lens.clip import record

    with one_line(ConfigError, record.RecordError):
        settings = read_config(config)
        record.check_bench(server=settings.server, bench=bench)
    if declared is None or len(declared) != 2:
        fail("two_declare_view")
    port = port or settings.port
    if port is None:
        fail("head_port")
    from sweep.cli.live import extra_lamps
    from sweep.power.sensor import SensorDriver
    from sweep.run.recording_bench import ERRORS, record_on_bench

    with one_line(*ERRORS):
        clip = record_on_bench(
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
        )
    out.print(f"recorded {clip}; sweep lens {folder} runs on it")


def lens_calibrate(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Bench recordings with recipe.json.")],
    out_file: Annotated[Path, typer.Option("--out", metavar="FILE", help="Write the calibration here (JSON).")],
) -> None:
    """Calibrate camera and lamps of a probe from bench recordings."""
    from sweep.lens.calibrate.calibrate import calibrate
    from sweep.lens.calibrate.calibration import CalibrationError, laws_of, to_text

    with one_line(CalibrationError):
        found = calibrate(existing(folder), lambda line: err.print(line, soft_wrap=True))
    write_text(out_file, to_text(found))
    sensor, geometry, reference = found.sensor, found.geometry, found.reference
    rows = Table("part", "found")
    rows.add_row("black level", f"{sensor.black_level_dn:.2f} DN, pixels differ by {sensor.black_spread_dn:.2f} DN")
    rows.add_row("gain", f"{sensor.e_per_dn:.3f} ± {sensor.e_per_dn_error:.3f} e/DN (90 %)")
    rows.add_row("read noise", f"{sensor.read_noise_e:.2f} e")
    rows.add_row("response", f"pixels differ by {sensor.pixel_response_spread:.2%}; {len(sensor.hot_pixels)} hot")
    if geometry is not None:
        centre = f"({geometry.centre_x_px:.1f}, {geometry.centre_y_px:.1f})"
        rows.add_row(
            "geometry", f"focal {geometry.focal_px:.1f} px, centre {centre}, residual {geometry.rms_px:.2f} px"
        )
    for name, lamp in found.lamps.items():
        strength = f"{lamp.electrons_m2:.0f} e m²/(px ms)"
        rows.add_row(f"lamp {name}", f"{strength}, off the inverse square by {lamp.range_error:.1%}")
    if reference is not None:
        verdict = "as expected" if reference.is_as_expected else "NOT as expected"
        rows.add_row("reference lens", f"{reference.ratio:.2f} of what is expected: {verdict}")
    out.print(rows)
    out.print(found.version)
    for code in laws_of(found, on=found.measured).limits:
        out.print(f"limit: {code}")

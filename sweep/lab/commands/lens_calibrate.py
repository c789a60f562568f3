"""`sweep lens-calibrate`: fit camera and lamps of a probe to recordings on a bench."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from sweep.cli.output import err, existing, one_line, out, write_text, written_to


def lens_calibrate(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Bench recordings with recipe.json.")],
    out_file: Annotated[
        Path, typer.Option("--out", callback=written_to, metavar="FILE", help="Write the calibration here (JSON).")
    ],
) -> None:
    """Calibrate camera and lamps of a probe from bench recordings."""
    from sweep.lab.bench.calibrate import calibrate
    from sweep.lens.calibration import CalibrationError, laws_of

    with one_line(CalibrationError):
        found = calibrate(existing(folder), lambda line: err.print(line, soft_wrap=True))
    write_text(out_file, f"{found.model_dump_json()}\n")
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

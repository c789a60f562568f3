"""`sweep lens-calibrate`: fit camera and lamps of a probe to recordings on a bench."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sweep.cli.output import existing, guide, one_line, out, print_below, write_text, written_to
from sweep.cli.tables import show_table
from sweep.phrases import Phrase
from sweep.report.language import Said, spoken

if TYPE_CHECKING:
    from sweep.lens.calibration import LensCalibration


def lens_calibrate(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Bench recordings with recipe.json.")],
    out_file: Annotated[
        Path, typer.Option("--out", callback=written_to, metavar="FILE", help="Write the calibration here (JSON).")
    ],
) -> None:
    """Calibrate camera and lamps of a probe from bench recordings."""
    from sweep.lab.bench.calibrate import calibrate
    from sweep.lens.calibration import CalibrationError, laws_of
    from sweep.lens.words import WORDS

    with one_line(CalibrationError):
        found = calibrate(existing(folder), guide)
    write_text(out_file, f"{found.model_dump_json()}\n")
    show_table((Phrase("column_part"), Phrase("column_found")), _rows(found))
    out.print(found.version)
    for code in laws_of(found, on=found.measured).limits:
        print_below(out, "· ", spoken(WORDS.conditional_limits.get(code, code)))


def _rows(found: LensCalibration) -> list[tuple[Said, Said]]:
    sensor, geometry, reference = found.sensor, found.geometry, found.reference
    black, spread = f"{sensor.black_level_dn:.2f} DN", f"{sensor.black_spread_dn:.2f} DN"
    rows: list[tuple[Said, Said]] = [
        (Phrase("black_level"), Phrase("level_and_spread", level=black, spread=spread)),
        (Phrase("gain"), f"{sensor.e_per_dn:.3f} ± {sensor.e_per_dn_error:.3f} e/DN (90 %)"),
        (Phrase("read_noise"), f"{sensor.read_noise_e:.2f} e"),
        (
            Phrase("pixel_response"),
            Phrase("spread_and_hot", spread=f"{sensor.pixel_response_spread:.2%}", hot=len(sensor.hot_pixels)),
        ),
    ]
    if geometry is not None:
        centre = f"({geometry.centre_x_px:.1f}, {geometry.centre_y_px:.1f})"
        focal, rms = f"{geometry.focal_px:.1f} px", f"{geometry.rms_px:.2f} px"
        rows.append((Phrase("geometry"), Phrase("geometry_found", focal=focal, centre=centre, rms=rms)))
    for name, lamp in found.lamps.items():
        strength, error = f"{lamp.electrons_m2:.0f} e m²/(px ms)", f"{lamp.range_error:.1%}"
        rows.append((Phrase("lamp_named", name=name), Phrase("lamp_found", strength=strength, error=error)))
    if reference is not None:
        verdict = Phrase("as_expected") if reference.is_as_expected else Phrase("not_as_expected")
        rows.append((Phrase("reference_lens"), Phrase("ratio_found", ratio=f"{reference.ratio:.2f}", verdict=verdict)))
    return rows

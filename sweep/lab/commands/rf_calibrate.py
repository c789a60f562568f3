"""`sweep rf-calibrate`: fit detector and tuner of a probe to readings at known levels."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sweep.cli.output import existing, one_line, out, write_text, written_to
from sweep.cli.tables import show_table
from sweep.phrases import Phrase
from sweep.report.language import Said


def rf_calibrate(
    table: Annotated[Path, typer.Argument(metavar="TABLE", help="Readings at known levels (TOML).")],
    out_file: Annotated[
        Path, typer.Option("--out", callback=written_to, metavar="FILE", help="Write the calibration here (TOML).")
    ],
) -> None:
    """Calibrate this probe's detector and tuner from readings at known levels."""
    from sweep.lab.bench.rf_laws import fit_laws, read_table, to_toml
    from sweep.rf.calibration import CalibrationError

    with one_line(CalibrationError):
        calibration = fit_laws(read_table(existing(table)))
    write_text(out_file, to_toml(calibration))
    rows: list[tuple[Said, ...]] = [
        (
            Phrase("detector_of_band", band=band),
            f"{law.slope_v_per_db * 1e3:.2f} mV/dB",
            Phrase("intercept_at", dbm=f"{law.intercept_dbm:+.1f} dBm"),
            str(law.points),
            f"{law.rms_db:.2f} dB",
            f"{law.worst_db:.2f} dB",
        )
        for band, law in calibration.detector.items()
    ]
    if (tuner := calibration.tuner) is not None:
        floor = Phrase("floor_at", dbm=f"{tuner.floor_dbm:+.1f} dBm")
        slope, errors = (
            f"{tuner.slope_v_per_db * 1e3:.2f} mV/dB",
            (f"{tuner.rms_db:.2f} dB", f"{tuner.worst_db:.2f} dB"),
        )
        rows.append((Phrase("tuner"), slope, floor, str(tuner.points), *errors))
    names = (
        Phrase("column_receiver"), Phrase("column_slope"), Phrase("column_line"), Phrase("column_points"), "rms",
        Phrase("column_worst"),
    )  # fmt: skip
    show_table(names, rows)
    out.print(calibration.version)

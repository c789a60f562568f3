"""`sweep rf-calibrate`: fit detector and tuner of a probe to readings at known levels."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from sweep.cli.output import existing, one_line, out, write_text, written_to


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
    rows = Table("receiver", "slope", "line", "points", "rms", "worst")
    for band, law in calibration.detector.items():
        rows.add_row(
            f"detector {band}",
            f"{law.slope_v_per_db * 1e3:.2f} mV/dB",
            f"intercept {law.intercept_dbm:+.1f} dBm",
            str(law.points),
            f"{law.rms_db:.2f} dB",
            f"{law.worst_db:.2f} dB",
        )
    if calibration.tuner is not None:
        tuner = calibration.tuner
        rows.add_row(
            "tuner",
            f"{tuner.slope_v_per_db * 1e3:.2f} mV/dB",
            f"floor {tuner.floor_dbm:+.1f} dBm",
            str(tuner.points),
            f"{tuner.rms_db:.2f} dB",
            f"{tuner.worst_db:.2f} dB",
        )
    out.print(rows)
    out.print(calibration.version)

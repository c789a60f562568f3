"""`sweep rf`: emitters that the sensor head hears."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sweep.cli.capture_words import EMITTERS, RF_LIMITS, TRENDS, show_limits
from sweep.cli.captures import MAX_ROWS, JsonOut
from sweep.cli.output import err, existing, fail, one_line, print_words, spare, write_json
from sweep.cli.tables import show_table
from sweep.phrases import Phrase
from sweep.report.language import Said, spoken

if TYPE_CHECKING:
    from sweep.report import RfWindow
    from sweep.rf.envelope import DetectorLaw


def rf(
    source: Annotated[str, typer.Argument(metavar="PORT|FILE", help="Serial port of the sensor head, or its bytes.")],
    json_out: JsonOut = None,
    calibration: Annotated[
        Path | None, typer.Option("--calibration", metavar="FILE", help="Calibration of this probe (TOML).")
    ] = None,
    seconds: Annotated[float, typer.Option("--seconds", min=0.5, max=600.0, help="Seconds to measure.")] = 10.0,
    baseline: Annotated[Path | None, typer.Option("--baseline", help="Serial bytes recorded outside the door.")] = None,
    meter: Annotated[
        bool, typer.Option("--meter", help="Hot/cold while it measures: a bar, and beeps (PORT).")
    ] = False,
) -> None:
    """Read RF windows from the sensor head and classify emitters."""
    from sweep.link.head import HeadError, PortError
    from sweep.link.readings import is_port, read_windows
    from sweep.rf import judge
    from sweep.rf.calibration import CalibrationError, levels_of, read_calibration
    from sweep.rf.channels import tuner_frequencies

    if not Path(source).exists():
        fail("no_such_port_or_file", source=source)
    spare(json_out, Path(source), *(path for path in (baseline, calibration) if path is not None))
    with one_line(HeadError, PortError, CalibrationError):
        levels = levels_of(None if calibration is None else read_calibration(calibration), on=datetime.now(UTC).date())
        outside = None if baseline is None else tuple(islice(read_windows(str(existing(baseline)), 600.0), 6_000))
        if meter and is_port(source):
            windows = tuple(_walk(source, seconds, outside, levels.wideband))
        else:
            windows = tuple(read_windows(source, seconds, tuner_mhz=tuner_frequencies()))
    document = judge.to_json(judge.judge_windows(windows, outside, levels))
    write_json(json_out, document)
    if json_out is None:
        _show(document)


def _show(document: dict[str, Any]) -> None:
    from sweep.rf.words import WORDS

    rows: list[tuple[Said, ...]] = [
        (
            EMITTERS[one["kind"]],
            "–" if one["centre_mhz"] is None else f"{one['centre_mhz']:.0f}",
            f"{one['level_dbm']:.1f}",
            "–" if one["excess_db"] is None else f"{one['excess_db']:+.1f}",
            f"{one['duty_cycle']:.3f}",
        )
        for one in document["emitters"][:MAX_ROWS]
    ]
    names = (Phrase("column_level"), Phrase("column_above_outside"), Phrase("column_duty_cycle"))
    show_table((Phrase("column_emitter"), "MHz", *names), rows)
    if len(document["emitters"]) > MAX_ROWS:
        print_words("more_rows", count=len(document["emitters"]) - MAX_ROWS)
    print_words("rf_levels_by", calibration=document["calibration"] or Phrase("rf_levels_by_datasheet"))
    print_words("rf_windows_read", count=document["windows"])
    show_limits(RF_LIMITS.get(code) or WORDS.conditional_limits.get(f"rf_{code}", code) for code in document["limits"])


def _walk(port: str, seconds: float, outside: Sequence[RfWindow] | None, law: DetectorLaw) -> Iterator[RfWindow]:
    """Windows of the log detector, each shown and heard as hot or cold."""
    from sweep.link.head import Head, SerialPort
    from sweep.link.readings import rf_windows
    from sweep.rf.envelope import summarise
    from sweep.rf.meter import BEEP_S, HotCold

    before = summarise(outside, law) if outside else None
    hot_cold = HotCold(None if before is None else before.peak_dbm, law)
    beeped_ns = 0
    with SerialPort(port) as opened:
        head = Head(opened)
        for window in rf_windows(head, seconds):
            reading = hot_cold.feed(window)
            if reading is not None:
                bar = "#" * round(reading.above_db)
                err.print(
                    f"{reading.above_db:5.1f} dB {spoken(TRENDS[reading.trend])} {bar}", overflow="crop", no_wrap=True
                )
                period_s = reading.beep_period_s
                if period_s is not None and window.t_ns - beeped_ns >= period_s * 1e9:
                    head.beep(BEEP_S, 2 * BEEP_S, 1)
                    beeped_ns = window.t_ns
            yield window

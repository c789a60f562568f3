"""`sweep bench weights`: what a field test measured, as tables to be signed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from sweep.cli.output import (
    EXIT_BAD_INPUT,
    count_up,
    existing,
    fail,
    one_line,
    out,
    remark,
    speak,
    write_text,
    written_to,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pydantic import BaseModel

    from sweep.lab.campaign.folder import Campaign
    from sweep.lab.weights.recorded import Tables


def weights(
    clips: Annotated[Path, typer.Argument(metavar="CLIPS", help="Folder of recorded clips.")],
    truth: Annotated[
        Path | None, typer.Argument(metavar="TRUTH", help="Folder of truth files; default: beside the clips.")
    ] = None,
    out_file: Annotated[
        Path | None,
        typer.Option("--out", callback=written_to, metavar="FILE", help="Write the tables here, to be signed."),
    ] = None,
    forest: Annotated[
        Path | None,
        typer.Option(
            "--forest", metavar="FILE", help="Forest that sweep bench fit wrote; default: the one that ships."
        ),
    ] = None,
    tenant: Annotated[str, typer.Option("--tenant", help="District whose server will sign it.")] = "demo-gu",
) -> None:
    """Count the tables of the lens finder on recorded clips that its forest was not fitted to, or those of a radio.

    What was not measured stays as it ships; the forest goes into the file with its tables.
    """
    from sweep.lab.campaign.folder import CAMPAIGN, CampaignError, open_campaign
    from sweep.lab.campaign.setups import SheetError

    with one_line(CampaignError, SheetError):
        if (clips / CAMPAIGN).exists() and (test := open_campaign(clips)).drawn.of != "lens":
            _levels(test, out_file, tenant)
            return
    from sweep.lab.lens.recorded import FitError, follow_campaign, recorded_at
    from sweep.lab.scoring.truth import TruthError
    from sweep.lab.weights.recorded import check_enough, count_tables, scored
    from sweep.lens.clip.clips import ClipError
    from sweep.lens.evidence.judge import judge_by, load_judge
    from sweep.modality.weights import WeightsError
    from sweep.run.field_weights import read_forest, read_forest_table

    with one_line(FitError, TruthError, ClipError, CampaignError, WeightsError):
        if forest is not None:
            judge_by(read_forest(existing(forest)))
        judge = load_judge()
        measured = recorded_at(existing(clips))
        followed = follow_campaign(clips, truth, count_up, lambda truths: check_enough(truths, judge))
        tables = count_tables([scored(one) for one in followed], judge, measured.date())
    _show(tables)
    if not (tables.tables or tables.detection):
        fail("nothing_measured_to_weigh")
    if out_file is not None:
        more = {"detection": tables.detection} | ({} if forest is None else {"forest": read_forest_table(forest)})
        write_text(out_file, _document(tables, tenant, measured, more))
        out.print(f"{out_file}: {judge.build}")


def _levels(test: Campaign, out_file: Path | None, tenant: str) -> None:
    """The table of a radio's test: shown, and written to be signed where anything is stated by it."""
    from sweep.lab.weights.levels import count_levels
    from sweep.run.field_weights import is_read

    table = count_levels(test)
    shown = Table("level at the antenna", "heard", "of", "share", "90 % interval")
    rows = [(f"{dbm:g} dBm", rate) for dbm, rate in zip(table.levels_dbm, table.rates, strict=True)]
    for at, rate in (*rows, ("sender off", table.silent)):
        shown.add_row(at, str(rate.hits), str(rate.of), f"{rate.share:.2f}", f"{rate.low:.2f} to {rate.high:.2f}")
    out.print(shown)
    if not is_read(test.drawn.of, table):
        remark("levels_read_by_nothing", radio=test.drawn.of)
        if out_file is not None:
            raise typer.Exit(EXIT_BAD_INPUT)
    elif out_file is not None:
        measured = max(one.recorded for one in test.tries)
        levels = {"levels": {test.drawn.of: table.model_dump(mode="json")}}
        write_text(out_file, _document(None, tenant, measured, levels))
        out.print(str(out_file))


def _document(tables: Tables | None, tenant: str, measured: datetime, more: dict[str, Any]) -> str:
    """What `sweep-server sign-weights` signs."""
    from sweep.modality.weights import FORMAT

    weights = {
        "v": FORMAT,
        "version": f"recorded {measured:%Y-%m-%d}",
        "made_by": "sweep bench weights",
        "tables": {} if tables is None else _dumped(tables.tables),
        "rates": {} if tables is None else _dumped(tables.rates),
    }
    field = {
        "v": 1,
        "tenant": tenant,
        "measured": f"{measured:%Y-%m-%dT%H:%M:%SZ}",
        "weights": weights,
    }
    return json.dumps(field | more, separators=(",", ":")) + "\n"


def _dumped(records: Mapping[str, BaseModel]) -> dict[str, Any]:
    return {code: one.model_dump(mode="json") for code, one in records.items()}


def _show(tables: Tables) -> None:
    from sweep.lab.scoring.intervals import clopper_pearson
    from sweep.lens.evidence.detection import AS_CALLED

    shown = Table("table", "at", "value", "90 % interval", "counts")
    for code, table in tables.tables.items():
        for edge, weight in zip((None, *table.edges), table.weights, strict=True):
            at = "" if edge is None else f">= {edge:g}"
            counts = f"{weight.counts[0]}, {weight.counts[1]}"
            shown.add_row(code, at, f"{weight.log10:+.2f}", f"{weight.low:+.2f} to {weight.high:+.2f}", counts)
    for code, rate in tables.rates.items():
        shown.add_row(code, "", f"{rate.share:.2f}", f"{rate.low:.2f} to {rate.high:.2f}", f"{rate.hits} of {rate.of}")
    for kind, curves in tables.detection.items():
        rows = zip(curves["snr_edges"], curves["found"][AS_CALLED][-1], curves["lenses"][-1], strict=True)
        for edge, hits, of in rows:
            low, high = clopper_pearson(*(round(count * curves["independent"]) for count in (hits, of)))
            between = f"{low:.2f} to {high:.2f}" if of else ""
            value = f"{hits / of:.2f}" if of else ""
            shown.add_row(f"detection {kind}", f"SNR >= {edge:g}", value, between, f"{hits} of {of}")
    out.print(shown)
    out.print(", ".join(f"{name} {count}" for name, count in tables.counts.items()))
    for one in tables.left_out:
        speak(one)

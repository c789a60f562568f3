"""`sweep bench weights`: what a field test measured, as tables to be signed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

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
from sweep.cli.tables import show_table
from sweep.phrases import Phrase
from sweep.report.language import Said

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pydantic import BaseModel

    from sweep.lab.campaign.folder import Campaign
    from sweep.lab.weights.recorded import Tables
    from sweep.modality.weights import Rate


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
    at_levels = zip(table.levels_dbm, table.rates, strict=True)
    levels: list[tuple[Said, Rate]] = [(f"{dbm:g} dBm", rate) for dbm, rate in at_levels]
    levels.append((Phrase("sender_off"), table.silent))
    rows = [(at, f"{one.hits}/{one.of}", f"{one.share:.2f}", f"{one.low:.2f}–{one.high:.2f}") for at, one in levels]
    names = (Phrase("column_at_antenna"), Phrase("column_heard"), Phrase("column_share"), Phrase("column_interval"))
    show_table(names, rows)
    if not is_read(test.drawn.of, table):
        remark("levels_read_by_nothing", radio=test.drawn.of)
        if out_file is not None:
            raise typer.Exit(EXIT_BAD_INPUT)
    elif out_file is not None:
        measured = max(one.recorded for one in test.tries)
        more = {"levels": {test.drawn.of: table.model_dump(mode="json")}}
        write_text(out_file, _document(None, tenant, measured, more))
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

    shown: list[tuple[Said, ...]] = []
    for code, table in tables.tables.items():
        for edge, weight in zip((None, *table.edges), table.weights, strict=True):
            at = "" if edge is None else f">= {edge:g}"
            counts = f"{weight.counts[0]}, {weight.counts[1]}"
            between = f"{weight.low:+.2f}–{weight.high:+.2f}"
            shown.append((code, at, f"{weight.log10:+.2f}", between, counts))
    for code, rate in tables.rates.items():
        shown.append((code, "", f"{rate.share:.2f}", f"{rate.low:.2f}–{rate.high:.2f}", f"{rate.hits}/{rate.of}"))
    for kind, curves in tables.detection.items():
        rows = zip(curves["snr_edges"], curves["found"][AS_CALLED][-1], curves["lenses"][-1], strict=True)
        for edge, hits, of in rows:
            low, high = clopper_pearson(*(round(count * curves["independent"]) for count in (hits, of)))
            between = f"{low:.2f}–{high:.2f}" if of else ""
            value = f"{hits / of:.2f}" if of else ""
            shown.append((f"detection {kind}", f"SNR >= {edge:g}", value, between, f"{hits}/{of}"))
    names = (Phrase("column_at"), Phrase("column_value"), Phrase("column_interval"), Phrase("column_counts"))
    show_table((Phrase("column_table"), *names), shown)
    out.print(", ".join(f"{name} {count}" for name, count in tables.counts.items()))
    for one in tables.left_out:
        speak(one)

"""`sweep bench`: what is measured on a bench becomes what the probe judges by."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sweep.cli.lens import JsonOut
from sweep.cli.output import (
    count_up,
    existing,
    fail,
    guide,
    one_line,
    out,
    print_words,
    remark,
    spare,
    write_json,
    write_text,
    written_to,
)
from sweep.cli.tables import show_table
from sweep.lab.commands import bench_campaign, bench_weights
from sweep.phrases import Phrase
from sweep.report.help.commands import SpokenCommand, SpokenGroup

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sweep.lab.lens.recorded import Sample
    from sweep.lab.lens.refit import Refit

app = typer.Typer(
    cls=SpokenGroup,
    help="Record clips on a bench, mark what was in them, and fit what the probe judges by to them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def _group() -> None:
    """Record clips on a bench, mark what was in them, and fit what the probe judges by to them."""


app.command("plan", cls=SpokenCommand)(bench_campaign.plan)
app.command("record", cls=SpokenCommand)(bench_campaign.record)
app.command("mark", cls=SpokenCommand)(bench_campaign.mark)
app.command("weights", cls=SpokenCommand)(bench_weights.weights)


@app.command("fit", cls=SpokenCommand)
def fit(
    clips: Annotated[Path, typer.Argument(metavar="CLIPS", help="Folder of recorded clips.")],
    truth: Annotated[
        Path | None, typer.Argument(metavar="TRUTH", help="Folder of truth files; default: beside the clips.")
    ] = None,
    out_file: Annotated[
        Path | None,
        typer.Option("--out", callback=written_to, metavar="FILE", help="Write the forest here, to be signed."),
    ] = None,
    tenant: Annotated[str, typer.Option("--tenant", help="District whose server will sign it.")] = "demo-gu",
    rows: Annotated[
        Path | None, typer.Option("--with", metavar="ROWS", help="Rendered training clips that sweep bench rows made.")
    ] = None,
    json_out: JsonOut = None,
) -> None:
    """Fit the lens forest to recorded clips, and say whether it finds more than the one that ships.

    Folds keep the clips of one group, one camera, together. Nothing is written unless the gain was shown.
    """
    from sweep.lab.campaign.folder import CampaignError
    from sweep.lab.lens.forest import Earlier, gather
    from sweep.lab.lens.recorded import FitError, read_campaign
    from sweep.lab.lens.refit import Basis, refit
    from sweep.lab.scoring.truth import TruthError
    from sweep.lens.clip.clips import ClipError
    from sweep.lens.evidence.judge import shipped_forest

    spare(json_out, clips)
    with one_line(FitError, TruthError, ClipError, CampaignError):
        shipped = Earlier.of(shipped_forest())
        samples = read_campaign(existing(clips), truth, shipped, count_up)
        paths = [] if rows is None else sorted(existing(rows).glob("*.npz"))
        if rows is not None and not paths:
            fail("no_rows_here", folder=rows)
        basis = Basis(shipped, gather(paths) if paths else None)
        about = _about(samples, len(paths))
        result = refit(samples, basis, about, guide)
    told = _told(result)
    write_json(json_out, told)
    if json_out is None or str(json_out) != "-":
        _show(result)
    if not result.is_better:
        fail("forest_not_better", sure=f"{result.sure:.2f}")
    if out_file is not None:
        write_text(out_file, _document(result, tenant))
        out.print(f"{out_file}: {told['forest']}")
    _conclude(result, out_file)


@app.command("rows", cls=SpokenCommand)
def rows(
    folder: Annotated[Path, typer.Argument(metavar="ROWS", help="Folder; clips that it holds already stay.")],
) -> None:
    """Render the training clips of the shipped forest anew, for sweep bench fit --with; half an hour."""
    from sweep.lab.lens import train
    from sweep.lens.evidence.judge import load_judge

    for world, count in load_judge().about["clips"].items():
        train.main(["rows", "--world", world, "--first", "1", "--count", str(count), "--out", str(folder)])


def _about(samples: Sequence[Sample], rendered: int) -> dict[str, Any]:
    """What the model file says of itself; tables are never counted on clips of these groups."""
    from sweep.lens.evidence.judge import load_judge

    upon = load_judge()
    return {
        "trained_on": "recorded clips",
        "clips": {"recorded": len(samples), "rendered": rendered},
        "groups": sorted({one.group for one in samples}),
        "built_upon": upon.build,
    }


def _document(result: Refit, tenant: str) -> str:
    """What `sweep-server sign-weights` signs: the forest, and no tables, for none was measured with it yet."""
    import json

    from sweep.lens.evidence.decision_forest import build_of, forest_text
    from sweep.modality.weights import FORMAT
    from sweep.report import utc_now

    build = build_of(forest_text(result.forest or {}))
    weights = {"v": FORMAT, "version": f"forest {build[-12:]}", "made_by": "sweep bench fit", "tables": {}, "rates": {}}
    measured = utc_now().strftime("%Y-%m-%dT%H:%M:%SZ")
    field = {"v": 1, "tenant": tenant, "measured": measured, "weights": weights, "forest": result.forest}
    return json.dumps(field, separators=(",", ":")) + "\n"


def _told(result: Refit) -> dict[str, Any]:
    from dataclasses import asdict

    from sweep.lab.scoring.report import to_json
    from sweep.lens.evidence.decision_forest import build_of, forest_text
    from sweep.lens.evidence.judge import load_judge

    return {
        "way": result.way,
        "ways_in_folds": result.chosen,
        "counts": result.counts,
        "is_better": result.is_better,
        "gain": {"value": result.gain, "interval": result.gain_interval, "sure": result.sure},
        "forest": None if result.forest is None else build_of(forest_text(result.forest)),
        "shipped_forest": load_judge().build,
        "new": to_json(result.new),
        "shipped": to_json(result.shipped),
        "learning_curve": [asdict(one) for one in result.curve],
    }


def _conclude(result: Refit, file: Path | None) -> None:
    """What was shown, and what comes next."""
    from sweep.lab.lens.refit import RATES

    remark("forest_finds_more", least=RATES[0], most=RATES[-1], gain=result.gain)
    if file is not None:
        remark("forest_to_be_signed", file=file, signed=file.with_name(f"{file.stem}-signed{file.suffix}"))


def _show(result: Refit) -> None:
    from sweep.lab.scoring.report import rows as report_rows

    before = {row[0]: row for row in report_rows(result.shipped)}
    rows = [(name, *before[name][1:3], *told) for name, *told in report_rows(result.new) if name in before]
    interval = Phrase("column_interval")
    names = (Phrase("column_figure"), Phrase("column_shipped"), interval, Phrase("column_refitted"), interval)
    show_table((*names, Phrase("column_count")), rows)
    low, high = result.gain_interval or (float("nan"), float("nan"))
    gain, sure = f"{result.gain:+.3f} ({low:+.3f}–{high:+.3f})", f"{result.sure:.0%}"
    print_words("recall_gained", gain=gain, sure=sure)
    print_words("way_of_fitting", way=result.way, folds=", ".join(result.chosen))
    for one in result.curve:
        low, high = one.interval or (float("nan"), float("nan"))
        print_words("learnt_of_clips", clips=one.clips, recall=f"{one.recall:.2f} ({low:.2f}–{high:.2f})")

"""What two reports of the same sweep must agree on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from sweep.cli import build_app
from sweep.report import SweepReport

APP = build_app()

OF_THE_RUN = frozenset(
    {
        "report_id", "sweep_id", "observation_id", "finding_id", "position_id", "source", "versions", "tag", "key_id",
        "crop_commitment", "details_commitment", "t_ns", "start_ns", "end_ns", "started", "ended", "condition", "about",
        "seconds",
    }
)  # fmt: skip
"""Ids, times, how long second looks took, what the sweep calls itself, versions, tags, which are under a key of the
sweep, and how the probe itself was, which no recording knows."""
OF_A_RECORDING = frozenset(
    {
        "recorded_input",
        "room_key_new",
        "room_key_year_unsure",
        *(f"{modality}_never_measured" for modality in ("lens", "wifi", "ble", "rf")),
    }
)
"""Limits that a recording, or a live sweep of its room and key, says of itself."""


def told(report: SweepReport) -> Any:
    """The report without what belongs to the run."""
    bare = _bare(report.model_dump(mode="json"))
    bare["observations"].sort(key=lambda one: json.dumps(one, sort_keys=True))
    bare["limits"] = [one for one in bare["limits"] if one["code"] not in OF_A_RECORDING]
    return bare


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _bare(item) for name, item in value.items() if name not in OF_THE_RUN}
    return [_bare(item) for item in value] if isinstance(value, list) else value


def command(*arguments: object) -> None:
    """Run `sweep` in this process, which must do what it is told."""
    done = CliRunner().invoke(APP, [*map(str, arguments), "--quiet"])
    assert done.exit_code == 0, done.output


def replayed(kept: Path, folder: Path) -> Path:
    """The report of the replay of a sweep that was kept."""
    command("replay", kept, "--state", folder / "state-of-replay", "--json", folder / "replayed.json")
    return folder / "replayed.json"


def of_file(path: Path) -> Any:
    """The same of a report that a command wrote."""
    return told(SweepReport.model_validate_json(path.read_bytes()))

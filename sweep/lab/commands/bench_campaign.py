"""`sweep bench plan`, `record` and `mark`: a field test from its first line to its truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sweep.cli.output import existing, fail, one_line, out, remark, speak
from sweep.lab.commands.lens_record import Bench, Calibration, Declared, Device, ExposureMs, Port, Recorder, Settings


def plan(
    folder: Annotated[Path, typer.Argument(metavar="CAMPAIGN", help="New folder of the field test.")],
    seed: Annotated[int, typer.Option("--seed", help="Number that the order is drawn from; written down first.")],
) -> None:
    """Draw the set-ups of a field test in a blind order: 120 of cameras, 80 of things that are none."""
    from sweep.lab.campaign.folder import SHEET, CampaignError, new_campaign

    with one_line(CampaignError):
        campaign = new_campaign(folder, seed)
    remark("bench_planned", count=campaign.drawn.setups, sheet=folder / SHEET)


def record(
    folder: Annotated[Path, typer.Argument(metavar="CAMPAIGN", help="Folder that sweep bench plan made.")],
    bench: Bench = "",
    declared: Declared = None,
    port: Port = None,
    device: Device = None,
    calibration: Calibration = None,
    exposure_ms: ExposureMs = 1.0,
    config: Settings = None,
) -> None:
    """Record the clips of a field test one by one; goes on where it was left."""
    from sweep.lab.campaign.folder import CampaignError, open_campaign, write_look
    from sweep.lab.campaign.session import record_all
    from sweep.phrases import Phrase
    from sweep.report.language import spoken

    recorder = Recorder.of(bench, declared, port, device, calibration, exposure_ms, config)

    def ask(question: Phrase) -> str:
        return str(typer.prompt(spoken(question), default="", show_default=False)).strip()

    def taken(name: str) -> Path:
        return recorder.record(campaign.clips, name, write_look)

    with one_line(CampaignError):
        campaign = open_campaign(folder)
        try:
            record_all(campaign, taken, ask, speak)
        except typer.Abort:
            remark("bench_goes_on", folder=folder)


def mark(
    folder: Annotated[Path, typer.Argument(metavar="CAMPAIGN", help="Folder with recorded clips.")],
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port of the page; 0: any free one.")] = 8765,
) -> None:
    """Mark what was in each clip on a page that this machine serves to itself; writes truth."""
    from sweep.lab.campaign.folder import CampaignError, open_campaign
    from sweep.lab.campaign.setups import SheetError

    with one_line(CampaignError, SheetError):
        campaign = open_campaign(existing(folder))
        setups = campaign.setups()
    from socket import AF_INET, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET, socket

    import uvicorn

    from sweep.lab.campaign.page import application

    with socket(AF_INET, SOCK_STREAM) as listener:
        listener.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        with one_line():
            listener.bind(("127.0.0.1", port))
        if not campaign.tries:
            fail("bench_nothing_recorded", folder=folder)
        out.print(f"http://127.0.0.1:{listener.getsockname()[1]}")
        remark("bench_mark_serves")
        config = uvicorn.Config(application(campaign, setups), log_level="warning", access_log=False)
        uvicorn.Server(config).run(sockets=[listener])

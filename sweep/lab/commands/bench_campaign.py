"""`sweep bench plan`, `record` and `mark`: a field test from its first line to its truth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sweep.cli.config import ConfigError, read_config
from sweep.cli.output import existing, fail, one_line, out, remark, speak
from sweep.lab.commands.lens_record import Bench, Calibration, Declared, Device, ExposureMs, Port, Recorder, Settings
from sweep.report import Modality

if TYPE_CHECKING:
    from sweep.lab.campaign.folder import Reading


def plan(
    folder: Annotated[Path, typer.Argument(metavar="CAMPAIGN", help="New folder of the field test.")],
    seed: Annotated[int, typer.Option("--seed", help="Number that the order is drawn from; written down first.")],
    of: Annotated[Modality, typer.Option("--of", help="What is tested: the lens finder, or a radio.")] = "lens",
    sender_dbm: Annotated[
        float | None, typer.Option("--sender-dbm", help="Level of a radio's sender before the attenuator.")
    ] = None,
    sender: Annotated[str, typer.Option("--sender", metavar="ADDRESS", help="Address of a radio's sender.")] = "",
    mhz: Annotated[int | None, typer.Option("--mhz", help="Channel of a Wi-Fi sender.")] = None,
) -> None:
    """Draw the set-ups of a field test in a blind order.

    Of the lens finder 120 of cameras and 80 of things that are none; of a radio each attenuation of a sender eight
    times, and the sender off.
    """
    from sweep.lab.campaign.folder import SHEET, CampaignError, Drawn, new_campaign, new_level_test
    from sweep.lab.campaign.hearing import HEARINGS
    from sweep.lab.campaign.setups import draw_levels
    from sweep.modality.addresses import parse_address

    with one_line(CampaignError, ValueError):
        if of == "lens":
            campaign = new_campaign(folder, seed)
        else:
            row = HEARINGS[of]
            if sender_dbm is None:
                fail("sender_level_unknown")
            if row.has_address:
                parse_address(sender)
            setups = draw_levels(seed, row.attenuations_db)
            drawn = Drawn(v=1, seed=seed, setups=len(setups), of=of, sender_dbm=sender_dbm, sender=sender, mhz=mhz)
            campaign = new_level_test(folder, drawn, setups)
    remark("bench_planned", count=campaign.drawn.setups, sheet=folder / SHEET)


def record(
    folder: Annotated[Path, typer.Argument(metavar="CAMPAIGN", help="Folder that sweep bench plan made.")],
    bench: Bench = "",
    declared: Declared = None,
    port: Port = None,
    device: Device = None,
    calibration: Calibration = None,
    exposure_ms: ExposureMs = 1.0,
    seconds: Annotated[float, typer.Option("--seconds", min=1.0, max=120.0, help="Of a radio's reading.")] = 10.0,
    config: Settings = None,
) -> None:
    """Record the clips or readings of a field test one by one; goes on where it was left."""
    from sweep.lab.campaign.folder import CampaignError, open_campaign, write_look
    from sweep.lab.campaign.hearing import HEARINGS
    from sweep.lab.campaign.session import record_all
    from sweep.phrases import Phrase
    from sweep.report.language import spoken

    with one_line(CampaignError, ConfigError):
        campaign, settings = open_campaign(folder), read_config(config)
    if campaign.drawn.of == "lens":
        recorder = Recorder.of(bench, declared, port, device, calibration, exposure_ms, config)
    elif port is not None:
        settings = settings.model_copy(update={"port": port})

    def ask(question: Phrase) -> str:
        return str(typer.prompt(spoken(question), default="", show_default=False)).strip()

    def taken(name: str) -> Path | Reading:
        if campaign.drawn.of == "lens":
            return recorder.record(campaign.clips, name, write_look)
        return HEARINGS[campaign.drawn.of].hear(settings, campaign.drawn, seconds)

    with one_line(CampaignError):
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

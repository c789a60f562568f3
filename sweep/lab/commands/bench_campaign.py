"""`sweep bench plan`, `record` and `mark`: a field test from its first line to its truth."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sweep.cli.config import ConfigError, read_config
from sweep.cli.output import existing, fail, one_line, out, remark, speak
from sweep.lab.commands.lens_record import Bench, Calibration, Declared, Device, ExposureMs, Port, Recorder, Settings
from sweep.report import Modality

if TYPE_CHECKING:
    from sweep.lab.campaign.folder import Campaign, Reading
    from sweep.modality.control import Control
    from sweep.report import DoctorCheck


def plan(
    folder: Annotated[Path, typer.Argument(metavar="CAMPAIGN", help="New folder of the field test.")],
    seed: Annotated[int, typer.Option("--seed", help="Number that the order is drawn from; written down first.")],
    of: Annotated[Modality, typer.Option("--of", help="What is tested: the lens finder, or a radio.")] = "lens",
    sender_dbm: Annotated[
        float | None, typer.Option("--sender-dbm", help="Level of a radio's sender before the step attenuator.")
    ] = None,
    sender: Annotated[str, typer.Option("--sender", metavar="ADDRESS", help="Address of a radio's sender.")] = "",
    mhz: Annotated[int | None, typer.Option("--mhz", help="Frequency of an RF or Wi-Fi sender.")] = None,
) -> None:
    """Draw the set-ups of a field test in a blind order.

    Of the lens finder 120 of cameras and 80 of things that are none; of a radio each attenuation of a sender eight
    times, and the sender off.
    """
    from sweep.lab.campaign.folder import SHEET, CampaignError, Drawn, new_campaign, new_level_test
    from sweep.lab.campaign.hearing import HEARINGS, MOST_DBM
    from sweep.lab.campaign.setups import draw_levels
    from sweep.modality.addresses import parse_address

    with one_line(CampaignError, ValueError):
        if of == "lens":
            campaign = new_campaign(folder, seed)
        else:
            row = HEARINGS[of]
            if sender_dbm is None:
                fail("sender_level_unknown")
            if (loudest := sender_dbm - min(row.attenuations_db)) > MOST_DBM:
                fail("sender_too_strong", dbm=loudest, most=MOST_DBM)
            if row.mhz is not None and (mhz is None or not row.mhz[0] <= mhz <= row.mhz[1]):
                fail("sender_mhz_unknown", least=row.mhz[0], most=row.mhz[1])
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
    is_page: Annotated[
        bool, typer.Option("--page", help="On a page for a browser on this machine instead of in the terminal.")
    ] = False,
    is_phone: Annotated[
        bool, typer.Option("--phone", help="On that page, for a phone in the same network, too; it takes a code.")
    ] = False,
    page_port: Annotated[
        int, typer.Option("--page-port", min=0, max=65535, help="Port of that page; 0: any free one.")
    ] = 8766,
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
        if (head := recorder.settings.port) is not None and not Path(head).exists():
            remark("head_not_plugged_in", port=head)
        if is_page or is_phone:
            _record_on_page(campaign, recorder, page_port, is_phone=is_phone)
            return
    elif is_page or is_phone:
        fail("record_page_for_clips")
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


def _record_on_page(campaign: Campaign, recorder: Recorder, port: int, *, is_phone: bool) -> None:
    """Serve the page until Ctrl-C: to this machine, and to a phone that is given the code."""
    from sweep.cli.doctor.checks import Here
    from sweep.cli.doctor.checks_parts import check_camera, check_head
    from sweep.lab.campaign import http_server
    from sweep.lab.campaign.folder import CampaignError, write_look
    from sweep.lab.campaign.pairing import Pairing, addresses_near
    from sweep.lab.campaign.record_page import RecordPage, application
    from sweep.lab.campaign.setups import SheetError

    def taken(name: str, control: Control) -> Path:
        return recorder.record(campaign.clips, name, write_look, control=control)

    def parts() -> tuple[DoctorCheck, DoctorCheck]:
        camera = next(check_camera(recorder.settings, Here()))
        return camera, check_head(recorder.settings, Here(), str)

    near = addresses_near() if is_phone else ()
    if is_phone and not near:
        fail("no_network_for_phone")
    with one_line(CampaignError, SheetError), contextlib.ExitStack() as stack:
        campaign.setups()
        first = stack.enter_context(http_server.bound("127.0.0.1", port))
        port = first.getsockname()[1]
        listeners = [first, *(stack.enter_context(http_server.bound(str(one.ip), port)) for one in near)]
        for listener in listeners:
            out.print(f"http://{listener.getsockname()[0]}:{port}")
        remark("bench_record_serves")
        pairing = Pairing(lambda code: remark("pairing_code_is", code=code)) if is_phone else None
        page = RecordPage(campaign, taken, recorder.declared_by, parts)
        http_server.serve(application(page, pairing, near), listeners, page.stop)
    remark("bench_goes_on", folder=campaign.folder)


def mark(
    folder: Annotated[Path, typer.Argument(metavar="CAMPAIGN", help="Folder with recorded clips.")],
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port of the page; 0: any free one.")] = 8765,
) -> None:
    """Mark what was in each clip on a page that this machine serves to itself; writes truth."""
    from sweep.lab.campaign import http_server
    from sweep.lab.campaign.folder import CampaignError, open_campaign
    from sweep.lab.campaign.mark_page import application
    from sweep.lab.campaign.setups import SheetError

    with one_line(CampaignError, SheetError):
        campaign = open_campaign(existing(folder))
        setups = campaign.setups()
        if not campaign.tries:
            fail("bench_nothing_recorded", folder=folder)
        with http_server.bound("127.0.0.1", port) as listener:
            out.print(f"http://127.0.0.1:{listener.getsockname()[1]}")
            remark("bench_mark_serves")
            http_server.serve(application(campaign, setups), [listener])

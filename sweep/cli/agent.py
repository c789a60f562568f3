"""`sweep agent`: the probe's live link to its server, and the sweeps that the phone starts over it."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from functools import partial
from typing import Annotated

import typer

from sweep.cli.bank import open_bank
from sweep.cli.config import Config, open_signer
from sweep.cli.delivery import open_outbox, unsaved
from sweep.cli.doctor.checks import Here
from sweep.cli.doctor.examining import Examiner
from sweep.cli.ending import end_when_told
from sweep.cli.live import (
    open_own_transmissions,
    refuse_kit,
    refuse_unsafe_supply,
    require_something_to_measure_with,
    room_source,
)
from sweep.cli.options import (
    CameraIn,
    ConfigFile,
    Port,
    Seed,
    Sim,
    State,
    StimulusLongest,
    StimulusPolicy,
    read_settings,
    zone_of,
)
from sweep.cli.output import fail, one_line, speak
from sweep.cli.running import close_interrupted_sweeps, interrupted_sweep, runner_of
from sweep.deliver.journal import Journal
from sweep.deliver.outbox import OutboxError
from sweep.deliver.uplink import Uplink
from sweep.entry.dsse import EntryError
from sweep.host.access_point import AccessPoint
from sweep.host.machine import Machine, MachineState, is_going_down
from sweep.modality.control import Control
from sweep.report import StartCommand
from sweep.run.agent import Agent, Resumable
from sweep.run.reporting.recovery import rest_of, start_of
from sweep.run.runner import OnEvent, Runner
from sweep.run.sweep_sources import SweepSource
from sweep.run.watch.condition_watch import ConditionWatch


def agent(
    server: Annotated[str | None, typer.Option("--server", metavar="URL", help="The probe's own server.")] = None,
    sim: Sim = False,
    seed: Seed = 1,
    camera_in: CameraIn = None,
    state: State = None,
    config: ConfigFile = None,
    port: Port = None,
    stimulus: StimulusPolicy = None,
    stimulus_longest_s: StimulusLongest = None,
) -> None:
    """Stay connected to the server and run the sweeps that the phone starts, live or simulated."""
    settings = read_settings(config, server, state, port=port, stimulus=stimulus, stimulus_longest_s=stimulus_longest_s)
    if settings.server is None:
        fail("agent_needs_server")
    if sim:
        require_emulator()
    else:
        require_something_to_measure_with(settings)
        refuse_kit(settings, is_laboratory=False)  # a phone starts sweeps of real rooms
        refuse_unsafe_supply(settings)  # and leave it off: a crash of an earlier run may have left it on
    folder = settings.state_folder
    stop = threading.Event()
    end_when_told(stop.set)
    with one_line(EntryError):
        signer = open_signer(folder)
    own_transmissions = open_own_transmissions(settings)
    read_machine = MachineState if sim else Machine(folder).read
    with ExitStack() as opened:
        if settings.hotspot and settings.hotspot_pause_s and not sim:  # an earlier run may have died in a pause
            access_point = AccessPoint()
            access_point.ask("up")
            opened.callback(access_point.give_up)
        bank = None if sim else opened.enter_context(open_bank(settings))
        with one_line(OutboxError, ValueError):  # what opens may be wrong; a fault later is our own and must be seen
            outbox = opened.enter_context(open_outbox(settings, signer, settings.probe_id))
            unfinished = None if sim else interrupted_sweep(settings, outbox)
            closed = close_interrupted_sweeps(
                settings, outbox, None if unfinished is None else unfinished.header.sweep_id
            )
            uplink = opened.enter_context(Uplink(settings.server, signer, own_transmissions=own_transmissions))

        def runner_for(
            command: StartCommand, control: Control, on_event: OnEvent, resumed: Journal | None = None
        ) -> Runner:
            source = (
                _simulated_source(command, settings, seed, camera_in)
                if sim
                else room_source(command, control, on_event, settings, None if resumed is None else rest_of(resumed))
            )
            return runner_of(
                source,
                outbox,
                settings,
                control=control,
                on_event=on_event,
                sweep_id=command.sweep_id,
                own_transmissions=own_transmissions,
                resumed=resumed,
                bank=bank,
            )

        Agent(
            uplink,
            outbox,
            probe_id=settings.probe_id,
            pin_file=folder / "server.pub",
            runner_for=runner_for,
            say=speak,
            takes_positions=not sim,
            closed=closed,
            close_failed=lambda: close_interrupted_sweeps(settings, outbox),
            idle_watch=lambda: ConditionWatch(
                read_machine, read_bank=None if bank is None else bank.read, clock_s=time.monotonic
            ),
            tell_bank=None if bank is None else bank.tell,
            is_going_down=is_going_down,
            examine=None if sim else Examiner(settings, Here()).look,
            resumable=None
            if unfinished is None
            else Resumable(start_of(unfinished.header.manifest), partial(runner_for, resumed=unfinished)),
        ).run(stop)
        if outbox.unsaved:
            fail("entries_not_on_disk", **unsaved(outbox))


def require_emulator() -> None:
    """End with one line where no head can be simulated."""
    from sweep.sim.head.machine import check_emulator

    with one_line(ValueError):
        check_emulator()


def _simulated_source(command: StartCommand, settings: Config, seed: int, camera_in: str | None) -> SweepSource:
    from sweep.sim.source import source_for

    return source_for(command, seed=seed, camera_zone=zone_of(camera_in), probe_id=settings.probe_id)

"""Commands that run a whole sweep, run and replay, and the probe's key."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

import typer

from sweep.cli.asking import ask_for_position, ask_to_declare, has_terminal, zones_to_visit
from sweep.cli.config import Config, open_signer
from sweep.cli.delivery import deliver, deliver_only, open_outbox, tell_of_interrupted, wait_for_room
from sweep.cli.ending import end_when_told
from sweep.cli.live import (
    live_sources,
    open_own_transmissions,
    refuse_kit,
    refuse_unsafe_supply,
    require_something_to_measure_with,
)
from sweep.cli.options import (
    CameraIn,
    CameraSends,
    ConfigFile,
    Fail,
    Inspectors,
    JsonOut,
    Port,
    Quick,
    Quiet,
    RoomFile,
    Seed,
    Server,
    Sim,
    State,
    StimulusLongest,
    StimulusPolicy,
    Verbose,
    read_settings,
    zone_of,
)
from sweep.cli.output import (
    EXIT_FINDINGS,
    CameraKind,
    FailOn,
    fail,
    guide,
    one_line,
    out,
    print_words,
    remark,
    tell,
    write_json,
)
from sweep.cli.report_view import show_report
from sweep.cli.running import runner_of
from sweep.cli.simulated_truth import truth_of
from sweep.cli.watching import Watcher
from sweep.cli.wipe import seal_key
from sweep.deliver.outbox import OutboxError
from sweep.entry.dsse import EntryError, Signer
from sweep.host.sealing import PUBLIC_FILE, SEALED_FILE
from sweep.modality.control import Control
from sweep.modality.room import Room
from sweep.phrases import Phrase
from sweep.report import MANIFEST_NAME, Mode, SweepReport, are_two_persons, new_id
from sweep.run.laboratory import LaboratoryError, check_laboratory
from sweep.run.plan.eye_look_planner import Eye
from sweep.run.reporting.sweep_recorder import SweepRecorder, SweepRecorderError
from sweep.run.room_keys import RoomKeyError
from sweep.run.sweep_sources import LiveSource, RecordedSource, SourceError, SweepSource, read_room

FEW_ROUNDS: Final = 12
"""Of the lamps: guessed; an inspector who sweeps the walls of a place for 20 s has several times as many."""


def replay(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a recorded sweep (with sweep.json).")],
    server: Server = None,
    state: State = None,
    config: ConfigFile = None,
    json_out: JsonOut = None,
    fail_on: Fail = FailOn.NEVER,
    again: Annotated[bool, typer.Option("--again", help="Replay a recording again, as a new sweep.")] = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Run a recorded sweep through the whole pipeline and deliver its signed entries."""
    settings = read_settings(config, server, state)
    with one_line(SourceError):
        source = RecordedSource(folder)
    mark = _mark(settings, folder)
    known = mark.exists() and not again
    if known:
        sweep_id = UUID(mark.read_text(encoding="ascii").strip())
        if json_out is None:
            guide(Phrase("replayed_before", sweep=sweep_id, folder=settings.state_folder), indent=0)
        deliver_only(settings)
        with one_line(SourceError):
            if json_out is not None:  # a program that asked for a report must not take silence for one
                raise SourceError(Phrase("replayed_before", sweep=sweep_id, folder=settings.state_folder))
        return
    _say_if_simulated(source, json_out)
    sweep_id = new_id() if again else source.manifest.sweep_id
    report = _run(
        source, settings, sweep_id, quiet=quiet, before_delivery=lambda: _put_mark(mark, sweep_id), has_journal=False
    )
    _finish(report, json_out, fail_on, verbose=verbose, few_rounds=few_rounds_of(folder))
    if not quiet:
        guide(Phrase("replay_remembered", folder=settings.state_folder), indent=0)


def play(folder: Path, settings: Config) -> SweepReport:
    """Run a recorded sweep through the whole pipeline to be looked at; nothing is delivered."""
    with one_line(SourceError):
        source = RecordedSource(folder)
    _say_if_simulated(source, None)
    return _run(source, settings, source.manifest.sweep_id, quiet=False, has_journal=False, delivers=False)


def _say_if_simulated(source: SweepSource, json_out: Path | None) -> None:
    """At the head of all that is said of a sweep, before its guidance and what its simulated persons answer."""
    if source.manifest.source != "simulated":
        return
    if json_out is not None and str(json_out) == "-":
        remark("report_is_simulated")
    else:
        print_words("report_is_simulated")


def few_rounds_of(folder: Path) -> int | None:
    """How often the lamps were lit at each place of a recording, where so few rounds find next to nothing."""
    from sweep.lens.clip.clips import ClipError, find_clips, read_clip

    try:
        places = [find_clips(one) for one in sorted(folder.glob("*/lens"))]
        rounds = max((sum(read_clip(c).meta.phases.count("A") for c in clips) for clips in places), default=None)
    except ClipError:
        return None
    return rounds if rounds is not None and rounds < FEW_ROUNDS else None


def _mark(settings: Config, folder: Path) -> Path:
    digest = hashlib.sha256((folder / MANIFEST_NAME).read_bytes()).hexdigest()
    return settings.state_folder / "replayed" / digest


def _put_mark(mark: Path, sweep_id: UUID) -> None:
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.write_text(f"{sweep_id}\n", encoding="ascii")


def run(
    sim: Sim = False,
    seed: Seed = 1,
    camera_in: CameraIn = None,
    camera_kind: CameraSends = CameraKind.WIFI,
    server: Server = None,
    state: State = None,
    config: ConfigFile = None,
    json_out: JsonOut = None,
    fail_on: Fail = FailOn.NEVER,
    quiet: Quiet = False,
    verbose: Verbose = False,
    room: RoomFile = None,
    inspector: Inspectors = None,
    port: Port = None,
    stimulus: StimulusPolicy = None,
    stimulus_longest_s: StimulusLongest = None,
    quick: Quick = False,
    keep: Annotated[
        Path | None,
        typer.Option(
            "--keep",
            metavar="DIR",
            help="Record the samples in a new folder, for replay (simulated sweeps and laboratories).",
        ),
    ] = None,
) -> None:
    """Run a sweep with this probe: live with its Wi-Fi adapter, camera and sensor head, or simulated."""
    settings = read_settings(config, server, state, port=port, stimulus=stimulus, stimulus_longest_s=stimulus_longest_s)
    if not sim:
        mode: Mode = "quick" if quick else "full"
        report = _run_live(settings, room, inspector or [], mode, quiet=quiet, keep=keep)
        _finish(report, json_out, fail_on, verbose=verbose)
        return
    from sweep.sim.source import SimulatedSource, default_room

    with one_line(ValueError, RuntimeError):
        source = SimulatedSource(
            default_room(),
            seed=seed,
            camera_zone=zone_of(camera_in),
            camera_kind=camera_kind.hidden_kind,
            probe_id=settings.probe_id,
            mode="quick" if quick else "full",
        )
        _say_if_simulated(source, json_out)
        report = _run(source, settings, source.manifest.sweep_id, quiet=quiet, keep=keep, eye=source.eye(seed))
    _finish(report, json_out, fail_on, verbose=verbose, camera_zone=zone_of(camera_in))


def _run_live(
    settings: Config, room: Path | None, inspectors: list[str], mode: Mode, *, quiet: bool, keep: Path | None
) -> SweepReport:
    require_something_to_measure_with(settings)
    refuse_unsafe_supply(settings)
    if room is None or len(inspectors) < 2:
        fail("room_and_inspectors")
    if not are_two_persons((inspectors[0], inspectors[1])):
        fail("two_inspectors")
    if not has_terminal():
        fail("declare_at_terminal")
    control = Control()
    end_when_told(control.abort)
    with one_line(SourceError):
        made = read_room(room)
        refuse_kit(settings, is_laboratory=made.is_laboratory)
        signer = None if keep is None else _laboratory_signer(settings, made)
        source = LiveSource(
            made,
            inspectors=tuple(inspectors),
            probe_id=settings.probe_id,
            dwell_s=settings.wifi_dwell_s,
            positions=ask_for_position(zones_to_visit(mode, made.plan), control, (inspectors[0], inspectors[1])),
            mode=mode,
            sources=live_sources(settings),
        )
        ask_to_declare(control, (inspectors[0], inspectors[1]))
        return _run(source, settings, source.manifest.sweep_id, quiet=quiet, control=control, keep=keep, signer=signer)


def _laboratory_signer(settings: Config, room: Room) -> Signer:
    """Signs what is kept of a laboratory's room, and proves nothing; ends with one line where nothing may be kept."""
    with one_line(LaboratoryError, EntryError):
        check_laboratory(server=settings.server)
        if not room.is_laboratory:
            raise LaboratoryError(Phrase("room_is_no_laboratory"))
        return Signer.load_or_create(settings.state_folder / "lab-demo.key")


def _run(
    source: SweepSource,
    settings: Config,
    sweep_id: UUID,
    *,
    quiet: bool,
    before_delivery: Callable[[], None] = lambda: None,
    control: Control | None = None,
    keep: Path | None = None,
    signer: Signer | None = None,
    has_journal: bool = True,
    eye: Eye | None = None,
    delivers: bool = True,
) -> SweepReport:
    folder = settings.state_folder
    with one_line(SweepRecorderError):
        keeping = None if keep is None else SweepRecorder(keep)
    with (
        one_line(OutboxError, EntryError, RoomKeyError),
        open_outbox(settings, signer or open_signer(folder), source.manifest.probe_id) as outbox,
    ):
        if signer is None:  # what this probe's own key opened is closed by it, before anything is delivered
            tell_of_interrupted(settings, outbox)
        with Watcher(source.manifest.plan, quiet=quiet) as show:
            runner = runner_of(
                source,
                outbox,
                settings,
                control=control or Control(needs_persons=False),
                on_event=show,
                sweep_id=sweep_id,
                own_transmissions=open_own_transmissions(settings),
                keeping=keeping,
                has_journal=has_journal and keeping is None,
                eye=eye,
            )
            result = runner.run()
        if outbox.unsaved and source.is_live:
            wait_for_room(outbox)
        if not outbox.unsaved:
            before_delivery()
        if delivers:
            deliver(settings, outbox)
        return result.report


def _finish(
    report: SweepReport,
    json_out: Path | None,
    fail_on: FailOn,
    *,
    verbose: bool,
    camera_zone: str | None = None,
    few_rounds: int | None = None,
) -> None:
    """Show and store the report; `camera_zone`: where a simulated camera hides, of which the report knows nothing."""
    write_json(json_out, report.model_dump(mode="json"))
    if json_out is None or str(json_out) != "-":
        show_report(report, verbose=verbose, few_rounds=few_rounds)
        if not verbose:
            print_words("rest_of_report")
        if camera_zone is not None:
            tell(truth_of(report, camera_zone))
    strong = any(finding.strength == "strong" for finding in report.findings)
    if (fail_on is FailOn.CANDIDATE and report.findings) or (fail_on is FailOn.STRONG and strong):
        raise typer.Exit(EXIT_FINDINGS)


def key(
    state: State = None,
    config: ConfigFile = None,
    seal: Annotated[
        bool, typer.Option("--seal", help="Seal the key to this machine, so that only its service can open it (root).")
    ] = False,
) -> None:
    """Print the probe's key id and public key, for enrolment at the server."""
    settings = read_settings(config, None, state)
    if seal:
        print_words("key_sealed", file=seal_key(settings))
    told = settings.state_folder / PUBLIC_FILE
    if (settings.state_folder / SEALED_FILE).exists() and told.exists():
        key_id, _, public_key = told.read_text(encoding="ascii").strip().partition(" ")
    else:
        with one_line(EntryError):
            signer = open_signer(settings.state_folder)
        key_id, public_key = signer.key_id, signer.public_key.hex()
    if out.is_terminal:
        print_words("key_id_is", key_id=key_id)
        print_words("public_key_is", public_key=public_key)
    else:  # a program reads the two
        out.print(f"{key_id} {public_key}", soft_wrap=True)

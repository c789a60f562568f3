"""Commands that run a whole sweep: run, replay, agent, and the probe's key."""

from __future__ import annotations

import hashlib
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from sweep.agent import Agent
from sweep.cli.output import EXIT_FINDINGS, CameraKind, FailOn, err, fail, not_built, one_line, out, write_json
from sweep.config import Config, ConfigError, Policy, open_room_key, open_signer, read_config
from sweep.control import Control, Stand
from sweep.entry import EntryError
from sweep.link.head import boottime_ns
from sweep.outbox import Outbox, OutboxError
from sweep.ownair import OwnAir, own_addresses
from sweep.report import (
    MANIFEST_NAME,
    GuidanceEvent,
    LiveEvent,
    ProgressEvent,
    RecordedSweep,
    StartCommand,
    StateEvent,
    SweepReport,
    TrialEvent,
    Zone,
    ZoneEvent,
    new_id,
)
from sweep.report.wording import MODALITY_NAMES, guidance_text, state_event
from sweep.rf.calibration import CalibrationError, RfLevels, levels_of, read_calibration
from sweep.runner import LiveParts, Runner
from sweep.source import LiveSource, RecordedSource, Room, SourceError, SweepSource, middle_of, read_room
from sweep.uplink import ServerChangedError, ServerUnreachableError, Uplink

if TYPE_CHECKING:
    from sweep.lens.calibration import LensLaws

Server = Annotated[
    str | None, typer.Option("--server", metavar="URL", help="Address of the probe's server; without it entries wait.")
]
State = Annotated[
    Path | None, typer.Option("--state", metavar="DIR", help="Folder of keys and outbox (default: user state folder).")
]
ConfigFile = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="Settings of the probe (TOML).")]
JsonOut = Annotated[Path | None, typer.Option("--json", help="Write the report as JSON; - is standard output.")]
Fail = Annotated[FailOn, typer.Option("--fail-on", help="Exit with 1 when a finding is at least this strong.")]
Sim = Annotated[bool, typer.Option("--sim", help="Simulate the room, the air and the sensor head.")]
Seed = Annotated[int, typer.Option("--seed", min=0, max=2**31 - 1, help="Seed of the simulation.")]
CameraIn = Annotated[
    str | None, typer.Option("--camera-in", metavar="ZONE", help="Simulated camera in this zone; none: no camera.")
]
CameraSends = Annotated[CameraKind, typer.Option("--camera-kind", help="How the simulated camera sends.")]
RoomFile = Annotated[Path | None, typer.Option("--room", metavar="FILE", help="Room and plan of a live sweep (JSON).")]
Inspectors = Annotated[
    list[str] | None, typer.Option("--inspector", metavar="NAME", help="Pseudonym of an inspector; give two.")
]
Port = Annotated[str | None, typer.Option("--port", help="Serial port of the sensor head, whose white light plays.")]
StimulusPolicy = Annotated[
    Policy | None,
    typer.Option("--stimulus", help="Play the white light: auto (what may be a camera), always (any uplink), never."),
]
StimulusLongest = Annotated[
    float | None,
    typer.Option("--stimulus-longest-s", min=15.0, max=114.0, help="Longest light test at one position, in seconds."),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress display.")]

VERDICT_WORDS = {"clear": "이상 없음(점검 범위 내)", "candidate": "육안 확인 필요", "not_assessable": "판정 불가"}


def _settings(config: Path | None, server: str | None, state: Path | None, **others: str | float | None) -> Config:
    """The settings of a file; what the command line says of `others` overrules it."""
    with one_line(ConfigError):
        read = read_config(config)
        changes = {"server": server, "state": None if state is None else str(state), **others}
        return read.model_copy(update={name: value for name, value in changes.items() if value})


def _rf_levels(settings: Config, manifest: RecordedSweep) -> RfLevels:
    """The laws of this probe's detector and tuner; a file that cannot be used is said and makes them nominal."""
    calibration = None
    if settings.rf_calibration is not None:
        try:
            calibration = read_calibration(Path(settings.rf_calibration))
        except CalibrationError as error:
            err.print(f"전파 보정을 쓸 수 없음 / RF levels are nominal: {error}", soft_wrap=True)
    return levels_of(
        calibration,
        on=manifest.started.date(),
        probe_serial=manifest.probe_id,
        max_age_days=settings.rf_calibration_max_age_days,
    )


def _lens_laws(settings: Config, manifest: RecordedSweep) -> LensLaws:
    """The calibration of this probe's camera and lamps; a file that cannot be used is said and leaves them nominal."""
    from sweep.lens import calibration as lens  # loads OpenCV

    found = None
    if settings.lens_calibration is not None:
        try:
            found = lens.read_calibration(Path(settings.lens_calibration))
        except lens.CalibrationError as error:
            err.print(f"카메라 보정을 쓸 수 없음 / the camera is not calibrated: {error}", soft_wrap=True)
    return lens.laws_of(
        found,
        on=manifest.started.date(),
        probe_serial=manifest.probe_id,
        max_age_days=settings.lens_calibration_max_age_days,
    )


class _Watcher:
    """Shows how a sweep goes: a progress bar on a terminal, a line per position elsewhere."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=err,
            disable=quiet or not err.is_terminal,
            transient=True,
        )
        self._task = self._bar.add_task("sweep", total=None)

    def __enter__(self) -> Callable[[LiveEvent], None]:
        self._bar.start()
        return self.show

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def show(self, event: LiveEvent) -> None:
        """Show one live event."""
        if self._quiet:
            return
        match event:
            case ProgressEvent(position_index=index, positions=total, zone_id=zone):
                self._bar.update(self._task, completed=index, total=total, description=zone or "closing")
                if not err.is_terminal and zone:
                    err.print(f"[{index + 1}/{total}] {zone}")
            case StateEvent(state=state) if state not in {"running", "closing", "done"}:
                err.print(event.text.ko, "/", event.text.en)
            case TrialEvent():
                self._show_trial(event)
            case GuidanceEvent(text=text):
                err.print(f"  {text.ko} / {text.en}", markup=False)
            case ZoneEvent(verdict="candidate", zone_id=zone, modality=modality):
                err.print(f"  {zone}: {MODALITY_NAMES[modality].ko} – 육안 확인 필요 / inspect by eye")
            case _:
                pass

    def _show_trial(self, event: TrialEvent) -> None:
        if event.prompt is None:
            err.print(f"  {event.text.ko} / {event.text.en}", markup=False)
            return
        ko, en = ("걸으세요", "WALK") if event.prompt == "walk" else ("멈추세요", "STAND STILL")
        until = event.next_prompt_s or 0.0
        err.print(f"  [bold reverse]  {ko} / {en}  [/] {until:.0f}초 / s", highlight=False)


def replay(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a recorded sweep (with sweep.json).")],
    server: Server = None,
    state: State = None,
    config: ConfigFile = None,
    json_out: JsonOut = None,
    fail_on: Fail = FailOn.NEVER,
    again: Annotated[bool, typer.Option("--again", help="Make a new sweep of a recording replayed before.")] = False,
    quiet: Quiet = False,
) -> None:
    """Run a recorded sweep through the whole pipeline and deliver its signed entries."""
    settings = _settings(config, server, state)
    with one_line(SourceError):
        source = RecordedSource(folder)
    mark = _mark(settings, folder)
    known = mark.exists() and not again
    if known:
        sweep_id = UUID(mark.read_text(encoding="ascii").strip())
        err.print(f"this recording was replayed before as sweep {sweep_id}; --again makes a new one")
        _deliver_only(settings)
        return
    sweep_id = new_id() if again else source.manifest.sweep_id
    report = _run(source, settings, sweep_id, quiet=quiet, before_delivery=lambda: _put_mark(mark, sweep_id))
    _finish(report, json_out, fail_on, quiet=quiet)


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
    room: RoomFile = None,
    inspector: Inspectors = None,
    port: Port = None,
    stimulus: StimulusPolicy = None,
    stimulus_longest_s: StimulusLongest = None,
) -> None:
    """Run a sweep with this probe: live with a Wi-Fi adapter and the head's light (camera not yet), or simulated."""
    settings = _settings(config, server, state, port=port, stimulus=stimulus, stimulus_longest_s=stimulus_longest_s)
    if not sim:
        _finish(_run_live(settings, room, inspector or [], quiet=quiet), json_out, fail_on, quiet=quiet)
        return
    from sweep.sim.source import SimulatedSource, default_room

    with one_line(ValueError, RuntimeError), TemporaryDirectory(prefix="sweep-") as scratch:
        source = SimulatedSource(
            Path(scratch),
            default_room(),
            seed=seed,
            camera_zone=_zone(camera_in),
            camera_kind=camera_kind.hidden_kind,
            probe_id=settings.probe_id,
        )
        report = _run(source, settings, source.manifest.sweep_id, quiet=quiet)
    _finish(report, json_out, fail_on, quiet=quiet)


def _run_live(settings: Config, room: Path | None, inspectors: list[str], *, quiet: bool) -> SweepReport:
    if settings.wifi_adapter is None:
        not_built("a sweep with the camera and the sensor head", "set wifi_adapter for Wi-Fi, or use --sim")
    if room is None or len(inspectors) < 2:
        fail("a live sweep needs --room FILE and --inspector NAME twice")
    control = Control(clock=time.monotonic, declared=True)
    signal.signal(signal.SIGINT, lambda *_: control.abort())
    with one_line(SourceError), TemporaryDirectory(prefix="sweep-") as scratch:
        made = read_room(room)
        source = LiveSource(
            Path(scratch),
            made,
            inspectors=tuple(inspectors),
            probe_id=settings.probe_id,
            dwell_s=settings.wifi_dwell_s,
            stands=_ask_to_stand(made.plan.zones, control, (inspectors[0], inspectors[1])),
        )
        return _run(source, settings, source.manifest.sweep_id, quiet=quiet, control=control)


def _ask_to_stand(zones: Iterable[Zone], control: Control, inspectors: tuple[str, str]) -> Iterator[Stand]:
    """Zone after zone. On a terminal Enter declares the room empty and begins each, `w` repeats the last by walking."""
    last: Stand | None = None
    for zone in zones:
        here = middle_of(zone)
        while sys.stdin.isatty():
            err.print(
                f"방이 비었으면 {zone.name.ko}에 서서 Enter / With the room empty, stand at {zone.name.en}: Enter",
                markup=False,
            )
            if last is not None:
                err.print("w + Enter: 방금 자리에서 걷기 시험 / walking test where you are; Ctrl-D 종료 / ends")
            line = sys.stdin.readline()
            if not line or control.standing in {"abort", "finish"}:
                return
            control.declare_empty(inspectors)
            if line.strip().lower() != "w" or last is None:
                break
            yield replace(last, is_walk=True)
        if control.standing in {"abort", "finish"}:
            return
        last = here
        yield here


def _open_own_air(settings: Config) -> OwnAir:
    """The log of what this probe sends; an access point of its own sends all the time."""
    own_air = OwnAir(boottime_ns)
    if settings.hotspot:
        own_air.turn_on("hotspot")
    return own_air


def _live_parts(settings: Config, own_air: OwnAir) -> LiveParts:
    return LiveParts(
        own_air=own_air,
        own_addresses=own_addresses(),
        wifi_adapter=settings.wifi_adapter,
        head_port=None if settings.stimulus == "never" else settings.port,
        stimulus=settings.stimulus,
        stimulus_longest_s=settings.stimulus_longest_s,
    )


def _zone(name: str | None) -> str | None:
    return None if name in {None, "none"} else name


def _run(
    source: SweepSource,
    settings: Config,
    sweep_id: UUID,
    *,
    quiet: bool,
    before_delivery: Callable[[], None] = lambda: None,
    control: Control | None = None,
) -> SweepReport:
    folder = settings.state_folder
    with (
        one_line(OutboxError, EntryError),
        Outbox(
            folder / "outbox", open_signer(folder), tenant=settings.tenant, subject=source.manifest.probe_id
        ) as outbox,
    ):
        with _Watcher(quiet=quiet) as show:
            runner = Runner(
                source,
                outbox,
                room_key=open_room_key(folder, source.manifest.room_id),
                control=control or Control(clock=time.monotonic, declared=True),
                on_event=show,
                sweep_id=sweep_id,
                rf_levels=_rf_levels(settings, source.manifest),
                lens_laws=_lens_laws(settings, source.manifest),
                live=_live_parts(settings, _open_own_air(settings)),
            )
            result = runner.run()
        before_delivery()
        _deliver(settings, outbox)
        return result.report


def _deliver_only(settings: Config) -> None:
    folder = settings.state_folder
    with (
        one_line(OutboxError, EntryError),
        Outbox(folder / "outbox", open_signer(folder), tenant=settings.tenant, subject=settings.probe_id) as outbox,
    ):
        _deliver(settings, outbox)


def _deliver(settings: Config, outbox: Outbox) -> None:
    """Send what waits; a server that cannot be reached is an error, and nothing is lost."""
    if settings.server is None:
        waiting = sum(1 for _ in outbox.pending())
        err.print(f"{waiting} signed entries wait in the outbox; --server URL delivers them")
        return
    folder = settings.state_folder
    with Uplink(settings.server, open_signer(folder)) as uplink:
        try:
            result = outbox.deliver(uplink.send_entry, uplink.server_key(folder / "server.pub"))
        except ServerUnreachableError as error:
            waiting = sum(1 for _ in outbox.pending())
            fail(f"{error} {waiting} entries wait in the outbox, nothing is lost; run the command again")
        except ServerChangedError as error:
            fail(str(error))
    err.print(f"{result.delivered} signed entries delivered, {result.refused} refused, {result.pending} waiting")


def _finish(report: SweepReport, json_out: Path | None, fail_on: FailOn, *, quiet: bool) -> None:
    write_json(json_out, report.model_dump(mode="json"))
    if not quiet and (json_out is None or str(json_out) != "-"):
        _show(report)
    strong = any(finding.strength == "strong" for finding in report.findings)
    if (fail_on is FailOn.CANDIDATE and report.findings) or (fail_on is FailOn.STRONG and strong):
        raise typer.Exit(EXIT_FINDINGS)


def _show(report: SweepReport) -> None:
    names = {zone.zone_id: zone.name for zone in report.plan.zones}
    quality = {(c.zone_id, c.modality): c.quality for c in report.coverage}
    words = {(v.zone_id, v.modality): VERDICT_WORDS[v.verdict] for v in report.verdicts}
    table = Table("구역 / zone", *(f"{name.ko} / {name.en}" for name in MODALITY_NAMES.values()))
    for zone in report.plan.zones:
        cells = [f"{words[zone.zone_id, m]} {quality[zone.zone_id, m]:.0%}" for m in MODALITY_NAMES]
        table.add_row(zone.name.ko, *cells)
    out.print(table)
    for text in dict.fromkeys(verdict.text.ko for verdict in report.verdicts if verdict.verdict != "candidate"):
        out.print(f"판정 불가: {text}")
    for finding in report.findings:
        out.print(
            f"{names[finding.zone_id].ko}: 육안 확인 필요 / inspect by eye ({finding.strength}, "
            f"log10 odds {finding.posterior_log10_odds:+.1f} from {finding.prior_log10_odds:+.1f})"
        )
        for evidence in (*finding.evidence_for, *finding.evidence_against):
            out.print(f"  {evidence.weight_log10:+.2f} {evidence.text.ko} / {evidence.text.en}")
    if not report.findings:
        out.print("후보 없음. '이상 없음'이 아닙니다 / No candidate. That is not 'clear'.")
    for limit in report.limits:
        out.print(f"· {limit.text.ko}")


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
    """Keep in touch with the server and run the sweeps that the phone asks for, live or simulated."""
    settings = _settings(config, server, state, port=port, stimulus=stimulus, stimulus_longest_s=stimulus_longest_s)
    if settings.server is None:
        fail("the agent needs its server: give --server URL or set it in the configuration")
    if not sim and settings.wifi_adapter is None:
        not_built("a sweep with the camera and RF", "set wifi_adapter for Wi-Fi, or use --sim")
    folder = settings.state_folder
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    signer = open_signer(folder)
    own_air = _open_own_air(settings)
    with (
        one_line(OutboxError),
        TemporaryDirectory(prefix="sweep-") as scratch,
        Outbox(folder / "outbox", signer, tenant=settings.tenant, subject=settings.probe_id) as outbox,
        Uplink(settings.server, signer, own_air=own_air) as uplink,
    ):

        def run_sweep(command: StartCommand, control: Control, on_event: Callable[[LiveEvent], None]) -> str:
            made = (
                _simulated_source(command, settings, Path(scratch), seed, camera_in)
                if sim
                else nullcontext(_room_source(command, control, on_event, settings, Path(scratch)))
            )
            with made as source:
                runner = Runner(
                    source,
                    outbox,
                    room_key=open_room_key(folder, command.room_id),
                    control=control,
                    on_event=on_event,
                    sweep_id=command.sweep_id,
                    rf_levels=_rf_levels(settings, source.manifest),
                    lens_laws=_lens_laws(settings, source.manifest),
                    live=_live_parts(settings, own_air),
                )
                report = runner.run().report
            return f"{report.outcome}, {len(report.findings)} candidates"

        Agent(
            uplink,
            outbox,
            probe_id=settings.probe_id,
            pin_file=folder / "server.pub",
            run_sweep=run_sweep,
            say=err.print,
            takes_positions=not sim,
        ).run(stop)


@contextmanager
def _simulated_source(
    command: StartCommand, settings: Config, scratch: Path, seed: int, camera_in: str | None
) -> Iterator[SweepSource]:
    from sweep.sim.source import make_source_for

    source = make_source_for(command, scratch, seed=seed, camera_zone=_zone(camera_in), probe_id=settings.probe_id)
    with closing(source):
        yield source


def _room_source(
    command: StartCommand, control: Control, on_event: Callable[[LiveEvent], None], settings: Config, scratch: Path
) -> LiveSource:
    """The room that the phone names; the inspector taps where to measure."""
    room = Room(**{name: getattr(command, name) for name in Room.model_fields})

    def stands() -> Iterator[Stand]:
        while control.standing not in {"abort", "finish"}:
            on_event(GuidanceEvent(type="guidance", text=guidance_text("stand_next")))
            stand = control.next_stand(lambda state: on_event(state_event(state)))
            if stand is None:
                return
            yield stand

    return LiveSource(
        scratch,
        room,
        inspectors=command.inspectors,
        probe_id=settings.probe_id,
        dwell_s=settings.wifi_dwell_s,
        stands=stands(),
        sweep_id=command.sweep_id,
        mode=command.mode,
    )


def key(state: State = None, config: ConfigFile = None) -> None:
    """Print the probe's key id and public key, for enrolment at the server."""
    settings = _settings(config, None, state)
    with one_line(EntryError):
        signer = open_signer(settings.state_folder)
    out.print(f"{signer.key_id} {signer.public_key.hex()}")

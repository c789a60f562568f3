"""What a live sweep is made of, from the settings: the room, where the inspector stands, and what measures.

Input is settings and persons, at the terminal or at the phone; output is a source of sweeps and its sources of samples.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import select
import signal
import stat
import sys
import termios
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TextIO, get_args
from uuid import UUID

from sweep.ble.live import LiveBle, has_controller
from sweep.cli.config import Config
from sweep.cli.options import lens_laws_of
from sweep.cli.output import err, fail, one_line, remark
from sweep.host.gpio import LineError
from sweep.modality.control import Control
from sweep.modality.eye_looks import AskedLook
from sweep.modality.liveness import boottime_ns
from sweep.modality.looks import close_id_of
from sweep.modality.mode import zones_of
from sweep.modality.next_position import NOWHERE, OUTSIDE, REFERENCE, NextPosition, closer_by
from sweep.modality.own_transmissions import OwnTransmissions
from sweep.modality.room import Room
from sweep.power.kernel import check_strict
from sweep.report import EYE_OUTCOMES, SEEN_AS, EyeAnswer, LiveEvent, Modality, Mode, Plan, StartCommand, Zone
from sweep.run.outside_baseline import outside_event
from sweep.run.reporting.eye_look_words import asked_text
from sweep.run.reporting.look_words import view_text
from sweep.run.sweep_sources import Interrupted, LiveSource, middle_of
from sweep.run.words import guidance_event, pending_light_event
from sweep.wifi.capture.sources import LiveWifi

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

    from sweep.lens.camera.source import CameraSource, ExtraLamp

ANSWERS: Final[tuple[EyeAnswer, ...]] = get_args(EyeAnswer)
ENDINGS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LOOK_EVERY_S: Final = 0.2  # guessed: an ending while a question stands is heard at once, as a person sees it
LINE_BYTES: Final = 4096  # the longest line of a terminal: N_TTY_BUF_SIZE


def has_terminal() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin.isatty()


class Terminal:
    """Where persons answer: standard input."""

    def forget_what_was_typed(self) -> None:
        """Throw away what nobody has read yet."""
        with contextlib.suppress(termios.error):  # the terminal went away; reading says so
            termios.tcflush(sys.stdin, termios.TCIFLUSH)

    def read_line(self, control: Control) -> str:
        """A line; empty at the end of the input, and once the sweep is over, whoever ended it.

        It looks, and no signal raises: an exception could strike where nobody catches it, and the report would be lost.
        """
        while not control.is_over:
            try:
                if not select.select([sys.stdin], [], [], LOOK_EVERY_S)[0]:
                    continue
                line = os.read(sys.stdin.fileno(), LINE_BYTES)
                is_gone = not line and not has_terminal()
            except OSError:
                line, is_gone = b"", True
            if is_gone:  # and SIGHUP may still be on its way
                _end(signal.SIGHUP, control.abort)
            return line.decode(errors="replace")
        return ""


TERMINAL: Final = Terminal()


def ask_to_declare(control: Control, inspectors: tuple[str, str], terminal: Terminal = TERMINAL) -> None:
    """Two persons at the terminal declare the room empty, in so many words and after having been asked: what was
    typed before the question declares nothing. An end of input finishes the sweep.
    """
    while not control.is_declared and not control.is_over:
        terminal.forget_what_was_typed()
        one, other = inspectors
        err.print(
            f"{one}, {other}: 안에 아무도 없고 문을 닫았음을 두 사람이 확인했으면 y + Enter (15분 동안 유효)",
            markup=False,
        )
        err.print(
            f"{one}, {other}: nobody is inside and the door is closed, both of you have looked: y + Enter "
            "(holds for 15 minutes)",
            markup=False,
        )
        line = terminal.read_line(control)
        if not line:
            control.finish()
        elif line.strip().lower() in {"y", "yes", "ㅛ", "예", "네"}:
            control.declare_empty(inspectors)


def zones_to_visit(mode: Mode, plan: Plan) -> list[Zone]:
    """Where somebody has to stand, one after the other."""
    wanted = zones_of(mode, plan)
    return [zone for zone in plan.zones if zone.zone_id in wanted]


def ask_to_go_outside(control: Control, inspectors: tuple[str, str], terminal: Terminal) -> NextPosition | None:
    """OUTSIDE once somebody stands outside the closed door, NOWHERE to skip it, REFERENCE before the reference target;
    None at the end of the input.
    """
    while True:
        ask_to_declare(control, inspectors, terminal)
        if control.is_over:
            return None
        err.print("문을 닫고 문밖에 서서 Enter: 비교할 기준을 측정합니다. s + Enter 건너뛰기", markup=False)
        err.print("Close the door, stand outside, then Enter: measures what to compare with. s + Enter skips")
        err.print("r + Enter: 기준판 앞에서 오늘의 기준 점검 / today's reference check before the target", markup=False)
        line = terminal.read_line(control)
        if not line:
            return None
        if control.is_declared:
            word = line.strip().lower()
            return NOWHERE if word in {"s", "skip", "ㄴ"} else REFERENCE if word in {"r", "ㄱ"} else OUTSIDE


def ask_for_position(
    zones: Sequence[Zone], control: Control, inspectors: tuple[str, str], terminal: Terminal = TERMINAL
) -> Iterator[NextPosition]:
    """Outside the door, then zone after zone at a terminal: Enter begins each, `w` repeats the last by walking; asks
    anew for a declaration that has ended.
    """
    while (outside := ask_to_go_outside(control, inspectors, terminal)) == REFERENCE:
        yield outside
    if outside is None:
        return
    if outside == OUTSIDE:
        yield outside
    last: NextPosition | None = None
    for zone in zones:
        here = middle_of(zone)
        yield from look_here(control, terminal)
        while True:
            ask_to_declare(control, inspectors, terminal)
            if control.is_over:
                return
            err.print(f"{zone.name.ko}에 서서 Enter / Stand at {zone.name.en}, then Enter", markup=False)
            if last is not None:
                err.print("w + Enter: 방금 자리에서 걷기 시험 / walking test where you are; Ctrl-D 종료 / ends")
            line = terminal.read_line(control)
            if not line or control.is_over:
                return
            if not control.is_declared:  # it ended while nobody typed
                continue
            if line.strip().lower() != "w" or last is None:
                break
            yield replace(last, is_walk=True)
        last = here
        yield here
    yield from look_here(control, terminal)
    yield from ask_to_go_back(control, inspectors, {one.zone_id: one for one in zones}, terminal)
    yield from ask_to_look_again(control, inspectors, terminal)


def ask_to_go_back(
    control: Control, inspectors: tuple[str, str], zones: Mapping[str, Zone], terminal: Terminal
) -> Iterator[NextPosition]:
    """The zones to which somebody should go back for the light: Enter begins each, `s` leaves the rest out."""
    while control.lights.pending:
        ask_to_declare(control, inspectors, terminal)
        zone = zones.get(control.lights.pending[0].zone_id)
        if control.is_over or zone is None:
            return
        err.print(f"{zone.name.ko} 자리로 돌아가 Enter: 조명 반응 시험; s + Enter 건너뛰기", markup=False)
        err.print(f"Go back to {zone.name.en}, then Enter: the light is played there; s + Enter skips it", markup=False)
        line = terminal.read_line(control)
        if not line or line.strip().lower() in {"s", "skip", "ㄴ"}:
            return
        if control.is_declared:
            yield middle_of(zone)
            yield from look_here(control, terminal)


def look_here(control: Control, terminal: Terminal) -> Iterator[NextPosition]:
    """What is to be looked at here, by eye and, where that could not tell, by the probe from close by."""
    passed: set[UUID] = set()
    ask_to_look(control, terminal, passed)
    while (close := control.take_close_look()) is not None:
        for look in control.eye_looks.pending:
            if look.is_close and close_id_of(look.zone_id, look.look_id) == close.position_id:
                say_where(look)
        yield closer_by(close)
        ask_to_look(control, terminal, passed)


def say_where(look: AskedLook) -> None:
    """What the inspector is asked to look at, and for how long."""
    said = asked_text(look)
    err.print(f"{look.where.ko}: {said.ko} / {look.where.en}: {said.en}", markup=False)


def ask_to_look(control: Control, terminal: Terminal = TERMINAL, passed: set[UUID] | None = None) -> None:
    """What is to be looked at by eye here, one place after the other, until the probe is to film one: a number says
    what is there, anything else that nobody looked (`passed`).
    """
    passed = set() if passed is None else passed
    while ahead := [one for one in control.eye_looks.pending if one.look_id not in passed]:
        if control.is_over or control.is_to_look_closely:
            return
        look = ahead[0]
        answers = [one for one in ANSWERS if look.is_close or one != "bottom_seen"]
        named = "; ".join(
            f"{n} {EYE_OUTCOMES[one].ko} / {EYE_OUTCOMES[one].en}" for n, one in enumerate(answers, start=1)
        )
        terminal.forget_what_was_typed()
        say_where(look)
        err.print(f"{named}; Enter 살펴보지 않음 / not looked", markup=False)
        word = terminal.read_line(control).strip()
        if word.isdecimal() and 1 <= int(word) <= len(answers):
            if control.answer_look(look.look_id, answers[int(word) - 1]) == "too_quick":
                remark("look_two_seconds")
        else:
            passed.add(look.look_id)


def ask_to_look_again(
    control: Control, inspectors: tuple[str, str], terminal: Terminal = TERMINAL
) -> Iterator[NextPosition]:
    """The places of second looks at a terminal: Enter begins each, `n` says that the spot was looked at by eye and
    nothing is there, a number what it is, `s` leaves the rest out.
    """
    while control.looks.pending:
        look = control.looks.pending[0]
        view = control.looks.next_view(look)
        if view is None:
            return
        ask_to_declare(control, inspectors, terminal)
        if control.is_over:
            return
        told = view_text(view)
        err.print(f"확인할 곳 {look.zone_id} ({look.x_m:.1f}, {look.y_m:.1f}) m: {told.ko}", markup=False)
        err.print(f"place to inspect, {look.zone_id} ({look.x_m:.1f}, {look.y_m:.1f}) m: {told.en}", markup=False)
        err.print(
            "Enter 시작 / begin; n 눈으로 보았고 없음 / seen by eye, nothing there; s 나머지 생략 / skip the rest"
        )
        named = "; ".join(f"{n} {what.ko} / {what.en}" for n, what in enumerate(SEEN_AS.values(), start=1))
        err.print(f"눈으로 보니 / seen by eye it is: {named}", markup=False)
        line = terminal.read_line(control)
        word = line.strip().lower()
        if not line or word in {"s", "skip", "ㄴ"}:
            return
        if word in {"n", "no", "ㅜ"}:
            control.looks.nothing_seen(look.finding_id)
        elif word.isdecimal() and 1 <= int(word) <= len(SEEN_AS):
            control.looks.explained(look.finding_id, list(SEEN_AS)[int(word) - 1])
        elif control.is_declared:
            yield NextPosition(view.zone_id, view.x_m, view.y_m, view.facing_deg, again=look.position_id(view))


def end_when_told(end: Callable[[], None]) -> None:
    """Call `end` on Ctrl-C, when a service is stopped, and when the terminal goes away (a connection that broke), so
    that what was measured until then is still written.
    """
    for name in ("stdout", "stderr"):
        if (stream := getattr(sys, name)).isatty():
            setattr(sys, name, _outliving(stream))
    for number in ENDINGS:
        signal.signal(number, lambda number, _: _end(number, end))


class _Outliving(io.FileIO):
    """A terminal to write to: what is said after it went away is said to nobody."""

    def write(self, data: ReadableBuffer, /) -> int:
        """Takes all of `data` where the terminal is gone, which a write may see before SIGHUP says so."""
        try:
            return super().write(data)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return memoryview(data).nbytes


def _outliving(stream: TextIO) -> TextIO:
    stream.flush()
    raw = _Outliving(stream.fileno(), "w", closefd=False)
    return io.TextIOWrapper(io.BufferedWriter(raw), stream.encoding, stream.errors, line_buffering=True)


def _end(number: int, end: Callable[[], None]) -> None:
    if number == signal.SIGHUP:  # nobody reads any more, and each word would be an error
        nowhere = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            if stat.S_ISCHR(os.fstat(fd).st_mode):  # a terminal that went away is none to isatty()
                os.dup2(nowhere, fd)
        os.close(nowhere)
    end()


def open_own_transmissions(settings: Config) -> OwnTransmissions:
    """The log of what this probe sends; an access point of its own sends all the time."""
    own_transmissions = OwnTransmissions(boottime_ns)
    if settings.hotspot:
        own_transmissions.turn_on("hotspot")
    return own_transmissions


def refuse_unsafe_supply(settings: Config) -> None:
    """End with one line where a crash could leave the camera's supply on; leaves it off otherwise."""
    if settings.camera_power is not None:
        with one_line(LineError):
            check_strict(settings.camera_power)


def require_something_to_measure_with(settings: Config) -> None:
    """End with one line where a live sweep could neither listen nor film."""
    if settings.wifi_adapter is None and settings.camera is None:
        fail("nothing_to_measure_with")


def live_sources(settings: Config) -> dict[Modality, object]:
    """What measures in a live sweep."""
    sources: dict[Modality, object] = {}
    if settings.wifi_adapter is not None:
        sources["wifi"] = LiveWifi(settings.wifi_adapter, None if settings.port is not None else "no_lamp")
    if settings.ble_scan != "never" and (settings.ble_adapter is not None or has_controller()):
        sources["ble"] = LiveBle(settings.ble_adapter, settings.ble_scan, settings.ble_scan_s)
    if settings.camera is not None:
        sources["lens"] = _camera_source(settings, settings.camera)
    return sources


def _camera_source(settings: Config, camera: str) -> CameraSource:
    """The probe's camera with its calibrated numbers, nominal where no calibration holds."""
    from sweep.lens.calibration import CalibrationError, apply  # loads OpenCV
    from sweep.lens.camera.ranging import RangePlace
    from sweep.lens.camera.source import LiveCamera, nominal_meta
    from sweep.lens.clip.frames import CameraSettings

    set_to, lamps = CameraSettings(), extra_lamps(settings)
    meta = nominal_meta(set_to, lamps)
    laws = lens_laws_of(settings, datetime.now(UTC).date(), settings.probe_id, is_said=False)
    if laws.calibration is not None:
        with one_line(CalibrationError):
            meta = apply(laws.calibration, meta)
    enable = settings.line("range_enable") if settings.range_sensor else None
    ranging = None if enable is None else RangePlace(enable)
    return LiveCamera(meta, set_to, None if camera == "pi" else camera, lamps, ranging)


def extra_lamps(settings: Config) -> tuple[ExtraLamp, ...]:
    """The lamps of the settings, as phases."""
    letters: dict[str, ExtraLamp] = {"middle_ring": "M", "outer_ring": "N", "red": "R"}
    return tuple(letter for name, letter in letters.items() if name in settings.lens_lamps)


def room_source(
    command: StartCommand,
    control: Control,
    on_event: Callable[[LiveEvent], None],
    settings: Config,
    interrupted: Interrupted | None = None,
) -> LiveSource:
    """The room that the phone names; the inspector taps where to measure.  `interrupted`: the sweep that goes on."""
    room = Room(**{name: getattr(command, name) for name in Room.model_fields if name in StartCommand.model_fields})

    sources = live_sources(settings)

    def positions() -> Iterator[NextPosition]:
        asks_outside = bool(sources) or settings.port is not None
        wanted, visited = frozenset(zones_of(command.mode, command.plan)), set[str]()
        while not control.is_over:
            left = "look_again" if control.looks.pending else "finish"
            guidance = guidance_event(left if visited >= wanted else "stand_next")
            if ahead := control.lights.pending:
                guidance = pending_light_event(next(z for z in command.plan.zones if z.zone_id == ahead[0].zone_id))
            on_event(outside_event(len(command.plan.zones)) if asks_outside else guidance)
            position = control.next_position()
            if position is None:
                return
            asks_outside &= position == REFERENCE
            visited.add(position.zone_id)
            if position != NOWHERE:
                yield position

    return LiveSource(
        room,
        inspectors=command.inspectors,
        probe_id=settings.probe_id,
        dwell_s=settings.wifi_dwell_s,
        positions=positions(),
        sweep_id=command.sweep_id,
        mode=command.mode,
        sources=sources,
        interrupted=interrupted,
        told_time=command.told_time,
        is_practice=command.is_practice,
        has_radio_earphone=command.has_radio_earphone,
    )

"""The probe's live link: it fetches commands from its own server, runs the sweeps they start and tells how they go.

It only calls out.  Commands are idempotent by their ids and refused when they are late; live messages are bounded and
dropped oldest first (their sequence numbers show it); evidence goes through the outbox only.  Whatever the server, the
network or the disk does is said once and tried again, ever more slowly; a fault of this program ends it, visibly.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from sweep.deliver.backoff import Backoff
from sweep.deliver.outbox import Outbox, OutboxError
from sweep.deliver.uplink import Commands, ServerUnreachableError, Uplink
from sweep.host.service import ALIVE, READY, notify_systemd
from sweep.host.watched import WatchedThread
from sweep.modality.control import Control
from sweep.phrases import Phrase, Spoken, phrase_of
from sweep.report import (
    AbortCommand,
    BankCommand,
    Command,
    CommandEvent,
    ConditionEvent,
    DoctorEvent,
    LiveEvent,
    NoticeEvent,
    StartCommand,
    StateEvent,
)
from sweep.run.command_handler import STOPS, answer, steer
from sweep.run.delivery import Delivery
from sweep.run.live_sender import LiveSender
from sweep.run.reporting.recovery import Closed
from sweep.run.runner import Runner
from sweep.run.watch.condition_watch import ConditionWatch
from sweep.run.watch.power_bank import Charge
from sweep.run.words import notice_event, state_event

MAX_REMEMBERED_COMMANDS = 1_000
MAX_REMEMBERED_SWEEPS = 20
POLL_S = 25.0
LEAST_POLL_S = 0.5
"""Between two polls that bring nothing new: a server that does not wait as asked must not be asked without a pause."""
DELIVER_EVERY_S = 30.0
EXAMINE_EVERY_S = 300.0
"""While no sweep runs, and after each one: a cable comes off between two rooms (guessed)."""

RunnerFor = Callable[[StartCommand, Control, Callable[[LiveEvent], None]], Runner]


@dataclass(frozen=True, slots=True)
class Resumable:
    """A sweep that an earlier process was at, and that goes on when persons declare the room empty again."""

    command: StartCommand
    """As it was started."""
    runner_for: RunnerFor
    """Puts the rest of it together."""


class Agent:
    """Keeps one probe in touch with its server and runs one sweep at a time."""

    def __init__(
        self,
        uplink: Uplink,
        outbox: Outbox,
        *,
        probe_id: str,
        pin_file: Path,
        runner_for: RunnerFor,
        say: Callable[[Phrase | Spoken], None],
        takes_positions: bool = False,
        closed: Sequence[Closed] = (),
        resumable: Resumable | None = None,
        close_failed: Callable[[], Sequence[Closed]] = tuple,
        poll_s: float = POLL_S,
        idle_watch: Callable[[], ConditionWatch] = lambda: ConditionWatch(clock_s=time.monotonic),
        tell_bank: Callable[[int, Charge], None] | None = None,
        is_going_down: Callable[[], bool] = lambda: False,
        examine: Callable[[], DoctorEvent] | None = None,
    ) -> None:
        """`runner_for` puts a sweep together, which is then run here; `say` prints a line for whoever watches.

        `takes_positions`: the inspector says where to measure; a simulation knows by itself.
        `closed`: interrupted sweeps that were closed before, `resumable`: the one that may go on.
        `close_failed`: closes what a sweep that failed here has left in its journal.
        `poll_s`: how long the server may keep a poll that brings nothing.  `idle_watch`: how the machine is while no
        sweep runs, anew for each such time; what a sweep alone can tell (head, battery, camera) is unknown then.
        `tell_bank`: hears what persons say of the power bank; None: nobody keeps account of it.  `is_going_down`:
        whether it is the whole machine that ends.  `examine`: looks at what this machine lacks, which takes seconds and
        the head's port: while no sweep runs.

        Putting together and running raise ValueError, OSError or RuntimeError when input, disk or emulator fail.
        """
        self._uplink = uplink
        self._outbox = outbox
        self._probe_id = probe_id
        self._runner_for = runner_for
        self._say = say
        self._takes_positions = takes_positions
        self._poll_s = poll_s
        self._idle_watch = idle_watch
        self._tell_bank = tell_bank
        self._is_going_down = is_going_down
        self._examine = examine
        self._examine_s = -math.inf
        self._idle = idle_watch()
        self.live = LiveSender(uplink, probe_id)
        self._seen: OrderedDict[UUID, CommandEvent] = OrderedDict()
        """What each command was answered; the same again is answered alike and does nothing."""
        self._is_clock_wrong = False
        self._over: deque[UUID] = deque((one.sweep_id for one in closed if one.sweep_id), maxlen=MAX_REMEMBERED_SWEEPS)
        self._closed = tuple(closed)
        self._resumable = resumable
        self._close_failed = close_failed
        self._starts: deque[StartCommand] = deque()
        self._wake = threading.Event()
        self._control: Control | None = None
        self._sweep_id: UUID | None = None
        self.delivery = Delivery(uplink, outbox, pin_file=pin_file, say=say, tell=self.live.beside)

    def run(self, stop: threading.Event) -> None:
        """Serve until `stop` is set.  Raises what a thread of it raised."""
        threads = [
            WatchedThread("live", lambda: self.live.run(stop), stop.set),
            WatchedThread("commands", lambda: self._poll(stop), stop.set),
            WatchedThread("end", lambda: self._end_with(stop), stop.set),
        ]
        self.live.put(state_event("idle"), None)
        for thread in threads:
            thread.start()
        self._say(Phrase("probe_waits_for_commands", probe=self._probe_id))
        notify_systemd(READY)
        self._tell_of_closed(self._closed)
        if self._resumable is not None:  # before anything is delivered: its entry may lie there already
            self._go_on_with(self._resumable)
        backoff = Backoff(longest_s=DELIVER_EVERY_S)
        next_delivery = 0.0
        while not stop.is_set():
            if self._starts:
                self._sweep(self._starts.popleft(), self._runner_for)
                self._idle = self._idle_watch()
                self._examine_s = -math.inf
                next_delivery = 0.0
            self._tell_while_idle()
            if time.monotonic() >= next_delivery:
                if self.delivery.deliver():
                    backoff.succeed()
                    next_delivery = time.monotonic() + DELIVER_EVERY_S
                else:
                    next_delivery = time.monotonic() + backoff.next_s()
            self._wake.wait(1.0)
            self._wake.clear()
        for thread in threads:
            thread.check()
        if self._outbox.unsaved and not self._outbox.save():
            self.delivery.deliver()
        self.live.flush()

    def _tell_while_idle(self) -> None:
        for event in self._idle.look(is_declared=False):
            if isinstance(event, NoticeEvent | ConditionEvent):
                self.live.beside(event)
        if self._examine is not None and not self._starts and time.monotonic() >= self._examine_s:
            self.live.beside(self._examine())
            self._examine_s = time.monotonic() + EXAMINE_EVERY_S

    def _tell_of_closed(self, closed: Sequence[Closed]) -> None:
        """Sweeps that were interrupted and are closed now."""
        for said in (one.said for one in closed if one.said is not None):
            self._say(said)
        for code, count in (
            ("sweeps_closed", sum(one.report is not None for one in closed)),
            ("journal_damaged", sum(one.trouble is not None for one in closed)),
        ):
            if count:
                self.live.beside(notice_event(code, count=count))

    def _go_on_with(self, one: Resumable) -> None:
        """Wait until persons declare the room empty again, or close the sweep with what there is."""
        self._take_on(one.command)
        self.live.put(notice_event("sweep_interrupted"), one.command.sweep_id)
        self._sweep(one.command, one.runner_for)

    def _end_with(self, stop: threading.Event) -> None:
        """A probe that is told to stop aborts the sweep it is in, which then closes its report."""
        stop.wait()
        control = self._control
        if control is not None:
            control.abort()
        if self._is_going_down():
            self.live.beside(notice_event("switching_off"))

    def _obey(self, command: Command) -> None:
        """Do what a command says, and tell; what is said of the bank is about no sweep."""
        event = self.handle(command)
        if isinstance(command, BankCommand):
            self.live.beside(event)
        else:
            self.live.put(event, command.sweep_id)

    def handle(self, command: Command) -> CommandEvent:
        """Do what a command says, once; the event that answers it."""
        if command.command_id not in self._seen:
            self._seen[command.command_id] = self._do(command)
            while len(self._seen) > MAX_REMEMBERED_COMMANDS:
                self._seen.popitem(last=False)
        return self._seen[command.command_id]

    def _do(self, command: Command) -> CommandEvent:
        if self._uplink.time.now() > command.expires and not isinstance(command, STOPS):
            return answer(command, False, Phrase("command_too_late"))
        if isinstance(command, StartCommand):
            return self._handle_start(command)
        if isinstance(command, BankCommand):
            return self._handle_bank(command)
        control = self._control
        is_stop = isinstance(command, STOPS)
        if control is not None and command.sweep_id == self._sweep_id:
            if not control.is_over or isinstance(command, AbortCommand):
                return steer(control, command, takes_positions=self._takes_positions)
            return answer(command, is_stop, Phrase("sweep_closing"))
        if command.sweep_id in self._over:
            return answer(command, is_stop, Phrase("sweep_already_over"))
        return answer(command, False, Phrase("no_such_sweep_running"))

    def _handle_start(self, command: StartCommand) -> CommandEvent:
        if self._control is not None or self._starts:
            return answer(command, False, Phrase("another_sweep_running"))
        sweep_id = command.sweep_id
        if sweep_id in self._over:
            return answer(command, False, Phrase("sweep_already_over"))
        self._take_on(command)
        self._starts.append(command)
        self._wake.set()
        return answer(command, True, Phrase("sweep_taken_on"))

    def _handle_bank(self, command: BankCommand) -> CommandEvent:
        if self._tell_bank is None:
            return answer(command, False, Phrase("no_bank_account"))
        self._tell_bank(command.capacity_mah, command.charge)
        return answer(command, True, Phrase("bank_noted"))

    def _take_on(self, command: StartCommand) -> None:
        self._control, self._sweep_id = Control(), command.sweep_id
        self._control.announce(lambda state: self._tell(state_event(state), command))

    def _tell(self, event: LiveEvent, command: StartCommand) -> None:
        """Tell of a sweep; a state says of which room and whose it is."""
        if isinstance(event, StateEvent):
            of_sweep = {name: getattr(command, name) for name in ("room_id", "inspectors", "is_practice")}
            event = event.model_copy(update=of_sweep)
        self.live.put(event, command.sweep_id)

    def _poll(self, stop: threading.Event) -> None:
        after: UUID | None = None
        backoff = Backoff()
        reachable = True
        while not stop.is_set():
            notify_systemd(ALIVE)
            try:
                found = self._uplink.poll_commands(self._probe_id, after, self._poll_s)
            except ServerUnreachableError as error:
                if reachable:
                    self._say(phrase_of(error))
                reachable = False
                stop.wait(backoff.next_s())
                continue
            if not reachable:
                self._say(Phrase("server_answers_again"))
                self.live.tell_again()  # it may have begun anew
            reachable = True
            backoff.succeed()
            self._say_clock()
            has_news = any(command.command_id not in self._seen for command in found.commands)
            for command in found.commands:
                self._obey(command)
            self._answer_unreadable(found)
            after = found.last or after
            if not has_news:
                stop.wait(LEAST_POLL_S)

    def _say_clock(self) -> None:
        """A clock that is wrong keeps nobody from steering; that it is wrong is said."""
        ahead_s = self._uplink.time.ahead_s
        is_wrong = ahead_s != 0.0
        if is_wrong and not self._is_clock_wrong:
            by = timedelta(seconds=round(abs(ahead_s)))
            self._say(Phrase("clock_ahead", by=by) if ahead_s > 0.0 else Phrase("clock_behind", by=by))
        self._is_clock_wrong = is_wrong

    def _answer_unreadable(self, found: Commands) -> None:
        """Refuse what this probe cannot read, or the server would say it for ever."""
        if found.unreadable or found.nameless:
            self._say(Phrase("commands_unreadable", count=len(found.unreadable) + found.nameless))
        text = notice_event("command_unknown").text
        for command_id in found.unreadable:
            refusal = CommandEvent(type="command", command_id=command_id, accepted=False, text=text)
            self.live.put(refusal, self._sweep_id)

    def _sweep(self, command: StartCommand, runner_for: RunnerFor) -> None:
        control = self._control
        if control is None:
            return
        self._say(Phrase("sweep_begins", sweep=command.sweep_id))

        def tell(event: LiveEvent) -> None:
            self._tell(event, command)

        for notice in self.delivery.notices:  # the page of a new sweep begins empty
            tell(notice)
        try:
            report = runner_for(command, control, tell).run().report
        except OutboxError as error:
            self._say(Phrase("sweep_disk_refuses", sweep=command.sweep_id, why=error))
            tell(notice_event("disk_refuses"))
            control.enter("failed")
        except (ValueError, OSError, RuntimeError) as error:
            # The source, the disk or the emulator failed: the phone must hear it, and the probe stays usable.
            self._say(Phrase("sweep_failed", sweep=command.sweep_id, why=error))
            control.enter("failed")
            self._tell_of_closed(self._close_failed())  # what was measured is reported all the same
        else:
            self._say(
                Phrase("sweep_over", sweep=command.sweep_id, outcome=report.outcome, candidates=len(report.findings))
            )
            self.delivery.tell_of_outbox()
        finally:
            self._over.append(command.sweep_id)
            self._control = None
            self._sweep_id = None

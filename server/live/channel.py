"""What is known of one probe right now, and the queue of its commands: state and rules, no clock and nobody who waits.

The hub changes a channel by what probes and persons do, in one order.  Whatever depends on time is told it, so that
every process that takes the same operations comes to the same channel.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from server.interface.errors import ApiError
from server.interface.fields import CommandAnswer
from server.interface.views.probes import StopView
from server.signing.keys import Key
from sweep.phrases import Phrase
from sweep.report import (
    AbortCommand,
    Command,
    CommandEvent,
    DeclareEmptyCommand,
    LiveMessage,
    PauseCommand,
    ProbeState,
    StartCommand,
    StateEvent,
    utc_now,
)
from sweep.report.replay import Replay

MAX_PENDING = 32  # guessed: a person cannot ask for more within the life of a command
MAX_KNOWN_COMMANDS = 300  # guessed: a day of sweeps; a command is asked for again within seconds or not at all
STOPS = frozenset({"pause", "abort"})


@dataclass(slots=True)
class Known:
    """What became of a command that was queued here."""

    sweep_id: UUID
    answer: CommandAnswer = "waiting"


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop that a person asked for."""

    command: PauseCommand | AbortCommand
    asked_by: str
    """Pseudonym."""


@dataclass(frozen=True, slots=True)
class Crew:
    """Who makes a sweep, and where."""

    room_id: UUID
    inspectors: tuple[str, ...]
    """Pseudonyms."""
    is_practice: bool


@dataclass(slots=True)
class Channel:
    """What is known of one probe right now."""

    probe_id: str
    key: Key | None = None
    """The key that last spoke for it."""
    seen_s: float | None = None
    seen: datetime | None = None
    is_online: bool = False
    state: ProbeState | None = None
    sweep_id: UUID | None = None
    state_message: LiveMessage | None = None
    replay: Replay = field(default_factory=Replay)
    started: StartCommand | None = None
    """The last one that was asked for here."""
    missed: int = 0
    """Messages of this sweep that never came."""
    last: tuple[int, datetime] | None = None
    pending: deque[Command] = field(default_factory=deque)
    handed: int = 0
    """How many of `pending`, from the front, were handed to the probe and are not acknowledged."""
    known: OrderedDict[UUID, Known] = field(default_factory=OrderedDict)
    stop: Stop | None = None
    """The last one, until the sweep runs again or is over."""
    proved: DeclareEmptyCommand | None = None
    """The last declaration of two who were identified, until somebody comes in."""
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    polls: int = 0
    """Long polls that wait now."""

    @property
    def crew(self) -> Crew | None:
        """Room and inspectors of the sweep that goes on, whose first entry may arrive after its end.

        As it was asked for here; of one that was asked for before the server began anew, as its probe says.
        """
        begun, told = self.started, self.state_message
        if begun is not None and begun.sweep_id == self.sweep_id:
            return Crew(begun.room_id, begun.inspectors, begun.is_practice)
        if told is None or told.sweep_id != self.sweep_id or not isinstance(told.event, StateEvent):
            return None
        said = told.event
        return Crew(said.room_id, said.inspectors, said.is_practice) if said.room_id is not None else None

    @property
    def replayed(self) -> tuple[LiveMessage, ...]:
        """The last known state and what holds of the current sweep, in the order sent."""
        state, messages = self.state_message, self.replay.messages()
        return messages if state is None or state in messages else (state, *messages)

    @property
    def stop_view(self) -> StopView | None:
        """The stop that stands, as pages show it."""
        stop = self.stop
        if stop is None or stop.command.expires < utc_now():
            return None
        known = self.known.get(stop.command.command_id)
        return StopView(
            command_id=stop.command.command_id,
            sweep_id=stop.command.sweep_id,
            asked_by=stop.asked_by,
            asked=stop.command.issued,
            answer="waiting" if known is None else known.answer,
        )

    def enqueue(self, command: Command, sweep_id: UUID, now: datetime, asked_by: str) -> Known:
        """Queue a command that is not known yet; ApiError 409 when too many wait."""
        self.drop_expired(now)
        is_stop = isinstance(command, PauseCommand | AbortCommand)
        crowd = [one for one in self.pending if not is_stop or one.command in STOPS]
        if len(crowd) >= MAX_PENDING:
            raise ApiError(409, Phrase("too_many_commands"))
        if isinstance(command, PauseCommand | AbortCommand):
            self._put_first(command)
            self.stop = Stop(command, asked_by)
            self.proved = None
        else:
            self.pending.append(command)
            if isinstance(command, StartCommand):
                self.started = command
            if isinstance(command, DeclareEmptyCommand) and command.identified is not None:
                self.proved = command
        self.known[command.command_id] = known = Known(sweep_id)
        while len(self.known) > MAX_KNOWN_COMMANDS:
            self.known.popitem(last=False)
        return known

    def acknowledge(self, after: UUID | None) -> None:
        """The probe has received the commands up to this one: they are gone."""
        if any(command.command_id == after for command in self.pending):
            while self._take_first().command_id != after:
                pass

    def drop_expired(self, now: datetime) -> None:
        """Forget the commands that are too old to be carried out."""
        self.handed -= sum(command.expires < now for command in list(self.pending)[: self.handed])
        for command in [command for command in self.pending if command.expires < now]:
            self.pending.remove(command)

    def answered(self, event: CommandEvent) -> bool:
        """Note what the probe says of a command; True when it is the stop that stands."""
        known = self.known.get(event.command_id)
        if known is not None:
            known.answer = "accepted" if event.accepted else "refused"
        return self.stop is not None and self.stop.command.command_id == event.command_id

    def forget_stop(self) -> None:
        """A stop that was answered is over when the sweep runs again, and any when its sweep is no longer there."""
        stop = self.stop
        if stop is None:
            return
        known = self.known.get(stop.command.command_id)
        is_answered = known is None or known.answer != "waiting"
        is_over = self.sweep_id != stop.command.sweep_id or self.state in {"done", "aborted", "failed", "idle"}
        if is_over or (is_answered and self.state == "running"):
            self.stop = None

    def _put_first(self, stop: PauseCommand | AbortCommand) -> None:
        """Before everything that was not handed out; what would set the same sweep going after the stop is cancelled.

        What was handed out keeps its place: the probe acknowledges by the last that it received.
        """
        handed = [self.pending.popleft() for _ in range(self.handed)]
        later = [
            command
            for command in self.pending
            if command.command in {*STOPS, "finish"} or command.sweep_id != stop.sweep_id
        ]
        self.pending = deque([*handed, stop, *later])

    def _take_first(self) -> Command:
        self.handed = max(0, self.handed - 1)
        return self.pending.popleft()

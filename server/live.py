"""Live messages and commands: in memory, bounded, never evidence; one process serves them.

Probes post messages and fetch commands by long poll; pages listen by SSE.  A listener that does not keep up loses its
stream and comes back to a replay of the current sweep.  A command is delivered until it is acknowledged or too old; the
same command id again does nothing.  A stop overtakes and cancels what the probe has not been handed yet, is taken while
the probe is away and however much waits, and stands in the probe's view until the probe has answered it.  Everything
here runs on one event loop and takes no locks.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from server.errors import ApiError, busy
from server.fields import CommandAnswer
from server.keys import Key
from server.live_replay import MAX_KEPT, Replay
from server.views import ProbeView, StopView
from sweep.report import (
    AbortCommand,
    Command,
    CommandEvent,
    LiveMessage,
    PauseCommand,
    ProbeState,
    StartCommand,
    StateEvent,
    utc_now,
)

ONLINE_S = 40.0  # derived: a long poll of 25 s and 15 s for the way
QUEUE_SIZE = MAX_KEPT + 56  # derived: a replay and some; a slower listener is disconnected
MAX_LISTENERS = 1_000  # guessed: every phone of a city's inspectors; an idle stream takes about 30 kB
MAX_LISTENERS_PER_PERSON = 8  # guessed: a phone, a desktop, and streams of a lost network that nobody has missed yet
MAX_POLLS_PER_PROBE = 4  # guessed: one, and those of a network that was lost
MAX_PENDING = 32  # guessed: a person cannot ask for more within the life of a command
MAX_KNOWN_COMMANDS = 1_000
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
class ServerEvent:
    """One event of the stream: its name and its data, already JSON."""

    name: str
    data: str

    def encode(self) -> bytes:
        """The event in the format of `text/event-stream`; JSON has no raw line break, so one data line holds it."""
        return f"event: {self.name}\ndata: {self.data}\n\n".encode()


class Listener:
    """One open stream of one page."""

    def __init__(self, probe_id: str | None, user_id: UUID, token_hash: str) -> None:
        self.probe_id = probe_id
        self.user_id = user_id
        self.token_hash = token_hash
        """Of the session under which it listens: when that ends, the stream ends."""
        self.queue: asyncio.Queue[ServerEvent] = asyncio.Queue(QUEUE_SIZE)
        self.is_lost = False

    def offer(self, event: ServerEvent) -> None:
        """Queue an event; a full queue ends the stream instead of losing one event silently."""
        try:
            self.queue.put_nowait(event)
        except asyncio.QueueFull:
            self.is_lost = True

    def end(self) -> None:
        """End the stream now, whatever is queued."""
        self.is_lost = True
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(ServerEvent("closing", "{}"))


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
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    polls: int = 0
    """Long polls that wait now."""

    @property
    def begun_here(self) -> StartCommand | None:
        """What asked for the sweep that goes on, where that was here; its first entry may arrive after its end."""
        return self.started if self.started is not None and self.started.sweep_id == self.sweep_id else None


class LiveHub:
    """All channels and listeners of this server."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._channels: dict[str, Channel] = {}
        self._listeners: set[Listener] = set()
        self._is_closed = False

    def channel(self, probe_id: str) -> Channel:
        """The channel of an enrolled probe; callers have checked that it is one, so the number is bounded."""
        return self._channels.setdefault(probe_id, Channel(probe_id))

    def heard_from(self, probe_id: str, key: Key) -> Channel:
        """Note that the probe is there."""
        channel = self.channel(probe_id)
        channel.key, channel.seen_s, channel.seen = key, self._monotonic(), utc_now()
        if not channel.is_online:
            channel.is_online = True
            self._changed(channel)
        return channel

    def find_silent(self) -> None:
        """Mark probes as offline that were not heard from for `ONLINE_S`; called every few seconds."""
        for channel in self._channels.values():
            if channel.is_online and channel.seen_s is not None and self._monotonic() - channel.seen_s > ONLINE_S:
                channel.is_online = False
                self._changed(channel)

    def publish(self, probe_id: str, key: Key, messages: tuple[LiveMessage, ...]) -> int:
        """Fan messages out; returns how many were new (a message sent twice counts once)."""
        channel = self.heard_from(probe_id, key)
        accepted = 0
        for message in messages:
            if channel.last is not None and message.seq <= channel.last[0] and message.sent <= channel.last[1]:
                continue
            self._note_missed(channel, message)
            channel.last = (message.seq, min(message.sent, utc_now()))  # a clock ahead must not hide what comes after
            accepted += 1
            is_answer = isinstance(message.event, CommandEvent)  # may be about a sweep that is not running
            if message.sweep_id != channel.sweep_id and not is_answer:
                channel.sweep_id = message.sweep_id
                channel.missed = 0
                channel.replay.clear()
            channel.replay.add(message)
            self._send(ServerEvent(message.event.type, message.model_dump_json()), probe_id)
            if isinstance(message.event, CommandEvent):
                self._answered(channel, message.event)
            if isinstance(message.event, StateEvent):
                channel.state, channel.state_message = message.event.state, message
                self._forget_stop(channel)
                self._changed(channel)
        return accepted

    def announce(self, name: str, data: str, probe_id: str | None = None) -> None:
        """Send an event of the server's own to every listener, or to those of one probe."""
        self._send(ServerEvent(name, data), probe_id)

    def view(self, key: Key, probe_id: str) -> ProbeView:
        """A probe's key with what is known of the probe right now."""
        channel = self._channels.get(probe_id)
        is_its = channel is not None and (channel.key is None or channel.key.key_id == key.key_id)
        known = channel if channel is not None and is_its else Channel(probe_id)
        begun = known.begun_here
        return ProbeView(
            probe_id=probe_id,
            key_id=key.key_id,
            name=key.name,
            role=key.role,
            online=known.is_online,
            last_seen=known.seen,
            state=known.state,
            sweep_id=known.sweep_id,
            room_id=None if begun is None else begun.room_id,
            inspectors=None if begun is None else begun.inspectors,
            missed=known.missed,
            stop=_view_of_stop(known),
        )

    def listen(self, probe_id: str | None, user_id: UUID, token_hash: str) -> Listener:
        """A new listener whose queue begins with the replay; ApiError 429 or 503: this person or all have too many."""
        if sum(listener.user_id == user_id for listener in self._listeners) >= MAX_LISTENERS_PER_PERSON:
            raise busy(
                "실시간 화면을 너무 많이 열었습니다. 쓰지 않는 화면을 닫으십시오",
                "you have too many live pages open; close those that you do not need",
                status=429,
                code="too_many_listeners",
                retry_after_s=10,
            )
        if len(self._listeners) >= MAX_LISTENERS:
            raise busy(
                "동시 접속이 너무 많습니다", "too many open streams", code="too_many_listeners", retry_after_s=10
            )
        listener = Listener(probe_id, user_id, token_hash)
        chosen = [self._channels[probe_id]] if probe_id in self._channels else []
        for channel in self._channels.values() if probe_id is None else chosen:
            for message in replay_of(channel):
                listener.offer(ServerEvent(message.event.type, message.model_dump_json()))
        self._listeners.add(listener)
        return listener

    def leave(self, listener: Listener) -> None:
        """Forget a listener."""
        self._listeners.discard(listener)

    def listening_sessions(self) -> frozenset[str]:
        """Token hashes of the sessions that have a stream open."""
        return frozenset(listener.token_hash for listener in self._listeners)

    def end_sessions(self, token_hashes: frozenset[str]) -> None:
        """End the streams of sessions that are no more."""
        for listener in self._listeners:
            if listener.token_hash in token_hashes:
                listener.end()

    def enqueue(self, probe_id: str, command: Command, sweep_id: UUID, *, asked_by: str = "") -> Known:
        """Queue a command; what is known of it, which is of the earlier one when this command id is known already."""
        channel = self.channel(probe_id)
        if command.command_id in channel.known:
            return channel.known[command.command_id]
        self._drop_expired(channel)
        is_stop = isinstance(command, PauseCommand | AbortCommand)
        crowd = [one for one in channel.pending if not is_stop or one.command in STOPS]
        if len(crowd) >= MAX_PENDING:
            raise ApiError(409, "too_many_commands", "점검기가 응답하지 않습니다", "the probe does not fetch commands")
        if isinstance(command, PauseCommand | AbortCommand):
            self._put_first(channel, command)
            channel.stop = Stop(command, asked_by)
        else:
            channel.pending.append(command)
            if isinstance(command, StartCommand):
                channel.started = command
        channel.known[command.command_id] = known = Known(sweep_id)
        while len(channel.known) > MAX_KNOWN_COMMANDS:
            channel.known.popitem(last=False)
        channel.wake.set()
        if channel.stop is not None:
            self._changed(channel)
        return known

    def known_command(self, probe_id: str, command_id: UUID | None) -> Known | None:
        """What is known of a command that was queued before under this id."""
        channel = self._channels.get(probe_id)
        return None if command_id is None or channel is None else channel.known.get(command_id)

    def has_heard_of(self, probe_id: str) -> bool:
        """Whether this probe, which then is enrolled, has spoken since the server started."""
        return probe_id in self._channels

    async def fetch(self, probe_id: str, key: Key, after: UUID | None, wait_s: float) -> tuple[Command, ...]:
        """Commands that wait, oldest first; those up to `after` are acknowledged and gone. Empty after `wait_s`."""
        channel = self.heard_from(probe_id, key)
        if any(command.command_id == after for command in channel.pending):
            while self._take_first(channel).command_id != after:
                pass
        if channel.polls >= MAX_POLLS_PER_PROBE and wait_s > 0:
            raise busy(
                "점검기가 명령을 너무 자주 묻습니다",
                "too many polls of this probe wait already",
                status=429,
                code="too_many_polls",
            )
        channel.polls += 1
        try:
            return await self._next_commands(channel, key, self._monotonic() + wait_s)
        finally:
            channel.polls -= 1

    async def _next_commands(self, channel: Channel, key: Key, deadline: float) -> tuple[Command, ...]:
        while True:
            self._drop_expired(channel)
            channel.wake.clear()
            left = deadline - self._monotonic()
            if channel.pending or left <= 0 or self._is_closed:
                self.heard_from(channel.probe_id, key)
                channel.handed = len(channel.pending)
                return tuple(channel.pending)
            try:
                await asyncio.wait_for(channel.wake.wait(), left)
            except TimeoutError:
                continue

    def close(self) -> None:
        """End every stream and every long poll; the server is about to stop."""
        self._is_closed = True
        for channel in self._channels.values():
            channel.wake.set()
        for listener in self._listeners:
            listener.offer(ServerEvent("closing", "{}"))
            listener.is_lost = True

    def _put_first(self, channel: Channel, stop: PauseCommand | AbortCommand) -> None:
        """Before everything that was not handed out; what would set the same sweep going after the stop is cancelled.

        What was handed out keeps its place: the probe acknowledges by the last that it received.
        """
        handed = [channel.pending.popleft() for _ in range(channel.handed)]
        later = [
            command
            for command in channel.pending
            if command.command in {*STOPS, "finish"} or command.sweep_id != stop.sweep_id
        ]
        channel.pending = deque([*handed, stop, *later])

    def _take_first(self, channel: Channel) -> Command:
        channel.handed = max(0, channel.handed - 1)
        return channel.pending.popleft()

    def _drop_expired(self, channel: Channel) -> None:
        now = utc_now()
        channel.handed -= sum(command.expires < now for command in list(channel.pending)[: channel.handed])
        for command in [command for command in channel.pending if command.expires < now]:
            channel.pending.remove(command)

    def _note_missed(self, channel: Channel, message: LiveMessage) -> None:
        """A hole in the numbers: the probe dropped something, or the network did. Every page shows the same."""
        if channel.last is None or message.sweep_id != channel.sweep_id:
            return
        hole = message.seq - channel.last[0] - 1
        if hole > 0:
            channel.missed += hole
            self._changed(channel)

    def _answered(self, channel: Channel, event: CommandEvent) -> None:
        known = channel.known.get(event.command_id)
        if known is not None:
            known.answer = "accepted" if event.accepted else "refused"
        if channel.stop is not None and channel.stop.command.command_id == event.command_id:
            self._changed(channel)

    def _forget_stop(self, channel: Channel) -> None:
        """A stop that was answered is over when the sweep runs again, and any when its sweep is no longer there."""
        stop = channel.stop
        if stop is None:
            return
        known = channel.known.get(stop.command.command_id)
        is_answered = known is None or known.answer != "waiting"
        is_over = channel.sweep_id != stop.command.sweep_id or channel.state in {"done", "aborted", "failed", "idle"}
        if is_over or (is_answered and channel.state == "running"):
            channel.stop = None

    def _changed(self, channel: Channel) -> None:
        if channel.key is not None:
            view = self.view(channel.key, channel.probe_id)
            self.announce("probe", view.model_dump_json(), channel.probe_id)

    def _send(self, event: ServerEvent, probe_id: str | None) -> None:
        for listener in self._listeners:
            if probe_id is None or listener.probe_id in (None, probe_id):
                listener.offer(event)


def replay_of(channel: Channel) -> tuple[LiveMessage, ...]:
    """The last known state and what holds of the current sweep, in the order sent."""
    state, messages = channel.state_message, channel.replay.messages()
    return messages if state is None or state in messages else (state, *messages)


def _view_of_stop(channel: Channel) -> StopView | None:
    stop = channel.stop
    if stop is None or stop.command.expires < utc_now():
        return None
    known = channel.known.get(stop.command.command_id)
    return StopView(
        command_id=stop.command.command_id,
        sweep_id=stop.command.sweep_id,
        asked_by=stop.asked_by,
        asked=stop.command.issued,
        answer="waiting" if known is None else known.answer,
    )

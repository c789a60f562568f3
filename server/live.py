"""Live messages and commands: in memory, bounded, never evidence; one process serves them.

Probes post messages and fetch commands by long poll; pages listen by SSE.  A listener that does not keep up loses its
stream and comes back to a replay of the current sweep.  A command is delivered until it is acknowledged or too old; the
same command id again does nothing.  Everything here runs on one event loop and takes no locks.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from server.errors import ApiError, busy
from server.keys import Key
from server.views import ProbeView
from sweep.report import Command, CommandEvent, LiveMessage, ProbeState, StateEvent, utc_now

ONLINE_S = 40.0  # derived: a long poll of 25 s and 15 s for the way
RECENT_MESSAGES = 200
QUEUE_SIZE = 256  # derived: a replay and some; a slower listener is disconnected
MAX_LISTENERS = 1_000  # guessed: every phone of a city's inspectors; an idle stream takes about 30 kB
MAX_LISTENERS_PER_PERSON = 8  # guessed: a phone, a desktop, and streams of a lost network that nobody has missed yet
MAX_POLLS_PER_PROBE = 4  # guessed: one, and those of a network that was lost
MAX_PENDING = 32  # guessed: a person cannot ask for more within the life of a command
MAX_KNOWN_COMMANDS = 1_000


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
    recent: deque[LiveMessage] = field(default_factory=lambda: deque(maxlen=RECENT_MESSAGES))
    last: tuple[int, datetime] | None = None
    pending: deque[Command] = field(default_factory=deque)
    known: OrderedDict[UUID, UUID] = field(default_factory=OrderedDict)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    polls: int = 0
    """Long polls that wait now."""


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
            channel.last = (message.seq, min(message.sent, utc_now()))  # a clock ahead must not hide what comes after
            accepted += 1
            is_answer = isinstance(message.event, CommandEvent)  # may be about a sweep that is not running
            if message.sweep_id != channel.sweep_id and not is_answer:
                channel.sweep_id = message.sweep_id
                channel.recent.clear()
            channel.recent.append(message)
            self._send(ServerEvent(message.event.type, message.model_dump_json()), probe_id)
            if isinstance(message.event, StateEvent):
                channel.state, channel.state_message = message.event.state, message
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
        return ProbeView(
            probe_id=probe_id,
            key_id=key.key_id,
            name=key.name,
            role=key.role,
            online=known.is_online,
            last_seen=known.seen,
            state=known.state,
            sweep_id=known.sweep_id,
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

    def enqueue(self, probe_id: str, command: Command, sweep_id: UUID) -> UUID:
        """Queue a command; returns the sweep it is about, the earlier one when this command id is known already."""
        channel = self.channel(probe_id)
        if command.command_id in channel.known:
            return channel.known[command.command_id]
        self._drop_expired(channel)
        if len(channel.pending) >= MAX_PENDING:
            raise ApiError(409, "too_many_commands", "점검기가 응답하지 않습니다", "the probe does not fetch commands")
        channel.known[command.command_id] = sweep_id
        while len(channel.known) > MAX_KNOWN_COMMANDS:
            channel.known.popitem(last=False)
        channel.pending.append(command)
        channel.wake.set()
        return sweep_id

    def known_sweep(self, probe_id: str, command_id: UUID | None) -> UUID | None:
        """The sweep of a command that was queued before under this id."""
        return None if command_id is None else self.channel(probe_id).known.get(command_id)

    async def fetch(self, probe_id: str, key: Key, after: UUID | None, wait_s: float) -> tuple[Command, ...]:
        """Commands that wait, oldest first; those up to `after` are acknowledged and gone. Empty after `wait_s`."""
        channel = self.heard_from(probe_id, key)
        if any(command.command_id == after for command in channel.pending):
            while channel.pending.popleft().command_id != after:
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

    def _drop_expired(self, channel: Channel) -> None:
        now = utc_now()
        for command in [command for command in channel.pending if command.expires < now]:
            channel.pending.remove(command)

    def _changed(self, channel: Channel) -> None:
        if channel.key is not None:
            view = self.view(channel.key, channel.probe_id)
            self.announce("probe", view.model_dump_json(), channel.probe_id)

    def _send(self, event: ServerEvent, probe_id: str | None) -> None:
        for listener in self._listeners:
            if probe_id is None or listener.probe_id in (None, probe_id):
                listener.offer(event)


def replay_of(channel: Channel) -> tuple[LiveMessage, ...]:
    """The last known state and the recent messages of the current sweep, in the order sent."""
    state, recent = channel.state_message, tuple(channel.recent)
    return recent if state is None or state in recent else (state, *recent)

"""The live hub: channels of the probes, and the pages that listen to them; in memory, bounded, never evidence.

Probes post messages and fetch commands by long poll; pages listen by SSE.  A listener that does not keep up loses its
stream and comes back to a replay of the current sweep.  A command is delivered until it is acknowledged or too old; the
same command id again does nothing.  A stop overtakes and cancels what the probe has not been handed yet, is taken while
the probe is away and however much waits, and stands in the probe's view until the probe has answered it.  Everything
here runs on one event loop and takes no locks.  A process that is alone (SQLite) has it all here; those that share a
PostgreSQL each take the same operations in the same order, see shared.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from server.interface.errors import busy
from server.interface.live_requests import NEWER_PROBE
from server.interface.views.probes import ProbeView
from server.live.channel import Channel, Known
from server.signing.keys import Key
from sweep.phrases import Phrase
from sweep.report import Command, CommandEvent, DeclareEmptyCommand, LiveMessage, NoticeEvent, StateEvent, utc_now
from sweep.report.replay import MAX_KEPT

ONLINE_S = 40.0  # derived: a long poll of 25 s and 15 s for the way
DAY_S = 86_400.0
UNDER_WAY = frozenset({"waiting_for_empty", "running", "paused", "closing"})
QUEUE_SIZE = MAX_KEPT + 56  # derived: a replay and some; a slower listener is disconnected
MAX_LISTENERS = 1_000  # guessed: every phone of a city's inspectors; an idle stream takes about 30 kB
MAX_LISTENERS_PER_PERSON = 8  # guessed: a phone, a desktop, and streams of a lost network that nobody has missed yet
MAX_POLLS_PER_PROBE = 4  # guessed: one, and those of a network that was lost


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

    def __init__(self, probe_id: str | None, user_id: UUID, token_hash: str, tenant: str | None = None) -> None:
        self.probe_id = probe_id
        self.user_id = user_id
        self.token_hash = token_hash
        """Of the session under which it listens: when that ends, the stream ends."""
        self.tenant = tenant
        """Hears only probes of this district; None: of all."""
        self.queue: asyncio.Queue[ServerEvent] = asyncio.Queue(QUEUE_SIZE)
        self.is_lost = False

    def offer(self, event: ServerEvent) -> None:
        """Queue an event; a full queue ends the stream instead of losing one event silently."""
        if self.is_lost:
            return
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


class LiveHub:
    """All channels and listeners of this process."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._channels: dict[str, Channel] = {}
        self._listeners: set[Listener] = set()
        self._is_closed = False
        self.processes = 1
        """How many serve the same database: each gives a person and a probe its part of what they may have."""

    def channel(self, probe_id: str) -> Channel:
        """The channel of an enrolled probe; callers have checked that it is one, so the number is bounded."""
        return self._channels.setdefault(probe_id, Channel(probe_id))

    def replace_channels(self, channels: Iterable[Channel]) -> None:
        """Know just these from now on; pages that listen come back to a replay of them."""
        waiting = list(self._channels.values())
        self._channels = {channel.probe_id: channel for channel in channels}
        for channel in waiting:
            channel.wake.set()
        for listener in self._listeners:
            listener.end()

    def heard_from(self, probe_id: str, key: Key, now: datetime | None = None, age_s: float = 0.0) -> Channel:
        """Note that the probe is there, or was at `now`, `age_s` ago."""
        channel = self.channel(probe_id)
        channel.key, channel.seen_s, channel.seen = key, self._monotonic() - age_s, now or utc_now()
        if not channel.is_online and age_s <= ONLINE_S:
            channel.is_online = True
            self._changed(channel)
        return channel

    def find_silent(self) -> None:
        """Mark probes as offline that were not heard from for `ONLINE_S`; called every few seconds."""
        for channel in self._channels.values():
            if channel.is_online and channel.seen_s is not None and self._monotonic() - channel.seen_s > ONLINE_S:
                channel.is_online = False
                self._changed(channel)

    def fallen_silent(self, for_s: float) -> list[tuple[str, str | None, UUID]]:
        """(probe, district, sweep) of real probes that were not heard from for so long in the middle of a sweep."""
        return [
            (channel.probe_id, channel.key.tenant, channel.sweep_id)
            for channel in self._channels.values()
            if channel.key is not None
            and channel.key.role == "probe"
            and channel.sweep_id is not None
            and channel.state in UNDER_WAY
            and channel.seen_s is not None
            and for_s < self._monotonic() - channel.seen_s < DAY_S
        ]

    def publish(
        self,
        probe_id: str,
        key: Key,
        messages: tuple[LiveMessage, ...],
        now: datetime | None = None,
        age_s: float = 0.0,
    ) -> int:
        """Fan messages out; returns how many were new (a message sent twice counts once)."""
        now = now or utc_now()
        channel = self.heard_from(probe_id, key, now, age_s)
        accepted = 0
        for message in messages:
            if channel.last is not None and message.seq <= channel.last[0] and message.sent <= channel.last[1]:
                continue
            self._note_missed(channel, message)
            channel.last = (message.seq, min(message.sent, now))  # a clock ahead must not hide what comes after
            if self._is_told(channel, message):
                continue
            accepted += 1
            is_answer = isinstance(message.event, CommandEvent)  # may be about a sweep that is not running
            if message.sweep_id != channel.sweep_id and not is_answer:
                channel.sweep_id = message.sweep_id
                channel.missed = 0
                channel.replay.clear()
            channel.replay.add(message)
            if self._listeners:  # writing it as JSON is most of what a message costs
                self._send(ServerEvent(message.event.type, message.model_dump_json()), probe_id)
            if isinstance(message.event, CommandEvent) and channel.answered(message.event):
                self._changed(channel)
            if isinstance(message.event, StateEvent):
                channel.state, channel.state_message = message.event.state, message
                if channel.state == "paused":
                    channel.proved = None  # somebody came in, as the button on the probe says it
                channel.forget_stop()
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
        crew = known.crew
        proved = known.proved if known.proved is not None and known.proved.sweep_id == known.sweep_id else None
        return ProbeView(
            probe_id=probe_id,
            key_id=key.key_id,
            name=key.name,
            role=key.role,
            online=known.is_online,
            last_seen=known.seen,
            state=known.state,
            sweep_id=known.sweep_id,
            room_id=None if crew is None else crew.room_id,
            inspectors=None if crew is None else crew.inspectors,
            is_practice=crew is not None and crew.is_practice,
            missed=known.missed,
            stop=known.stop_view,
            proved_by=None if proved is None else proved.declared_by,
        )

    def listen(self, probe_id: str | None, user_id: UUID, token_hash: str, tenant: str | None = None) -> Listener:
        """A new listener whose queue begins with the replay; ApiError 429 or 503: this person or all have too many."""
        most = max(1, MAX_LISTENERS_PER_PERSON // self.processes)
        if sum(listener.user_id == user_id for listener in self._listeners) >= most:
            raise busy(Phrase("too_many_live_pages"), status=429, code="too_many_listeners", retry_after_s=10)
        if len(self._listeners) >= MAX_LISTENERS:
            raise busy(Phrase("too_many_open_streams"), code="too_many_listeners", retry_after_s=10)
        listener = Listener(probe_id, user_id, token_hash, tenant)
        chosen = [self._channels[probe_id]] if probe_id in self._channels else []
        for channel in self._channels.values() if probe_id is None else chosen:
            if not _is_of(channel, tenant):
                continue
            for message in channel.replayed:
                listener.offer(ServerEvent(message.event.type, _aged(message, utc_now()).model_dump_json()))
        self._listeners.add(listener)
        return listener

    def leave(self, listener: Listener) -> None:
        """Forget a listener."""
        self._listeners.discard(listener)

    @property
    def is_heard(self) -> bool:
        """Does a page listen here?"""
        return bool(self._listeners)

    def listening_sessions(self) -> frozenset[str]:
        """Token hashes of the sessions that have a stream open."""
        return frozenset(listener.token_hash for listener in self._listeners)

    def end_sessions(self, token_hashes: frozenset[str]) -> None:
        """End the streams of sessions that are no more."""
        for listener in self._listeners:
            if listener.token_hash in token_hashes:
                listener.end()

    def enqueue(
        self, probe_id: str, command: Command, sweep_id: UUID, *, asked_by: str = "", now: datetime | None = None
    ) -> Known:
        """Queue a command; what is known of it, which is of the earlier one when this command id is known already."""
        channel = self.channel(probe_id)
        if command.command_id in channel.known:
            return channel.known[command.command_id]
        known = channel.enqueue(command, sweep_id, now or utc_now(), asked_by)
        channel.wake.set()
        if channel.stop is not None or isinstance(command, DeclareEmptyCommand):
            self._changed(channel)
        return known

    def known_command(self, probe_id: str, command_id: UUID | None) -> Known | None:
        """What is known of a command that was queued before under this id."""
        channel = self._channels.get(probe_id)
        return None if command_id is None or channel is None else channel.known.get(command_id)

    def proved(self, probe_id: str, sweep_id: UUID) -> DeclareEmptyCommand | None:
        """The declaration of this sweep by two who were identified, while nobody has come in since."""
        channel = self._channels.get(probe_id)
        proved = None if channel is None else channel.proved
        return proved if proved is not None and proved.sweep_id == sweep_id else None

    def has_heard_of(self, probe_id: str) -> bool:
        """Whether this probe, which then is enrolled, has spoken since the server started."""
        return probe_id in self._channels

    def take(
        self, probe_id: str, key: Key, after: UUID | None, now: datetime | None = None, age_s: float = 0.0
    ) -> tuple[Command, ...]:
        """Hand out what waits, oldest first; what was handed out up to `after` is acknowledged and gone."""
        channel = self.heard_from(probe_id, key, now, age_s)
        channel.acknowledge(after)
        channel.drop_expired(now or utc_now())
        channel.handed = len(channel.pending)
        return tuple(channel.pending)

    async def fetch(self, probe_id: str, key: Key, after: UUID | None, wait_s: float) -> tuple[Command, ...]:
        """`take`, when there is something; empty after `wait_s`. ApiError 429 when too many polls wait already."""
        commands, deadline = self.take(probe_id, key, after), self._monotonic() + wait_s
        while not commands and await self.wait(probe_id, deadline - self._monotonic()):
            commands = self.take(probe_id, key, None)
        return commands or self.take(probe_id, key, None)

    async def wait(self, probe_id: str, wait_s: float) -> bool:
        """Wait until commands wait for this probe; False after `wait_s`, or when the server is about to stop.

        ApiError 429 when too many polls of it wait already.
        """
        channel = self.channel(probe_id)
        if wait_s <= 0 or self._is_closed:
            return False
        if channel.polls >= max(1, MAX_POLLS_PER_PROBE // self.processes):
            raise busy(Phrase("too_many_polls"), status=429, code="too_many_polls")
        channel.polls += 1
        try:
            channel.wake.clear()
            if not channel.pending:
                await asyncio.wait_for(channel.wake.wait(), wait_s)
        except TimeoutError:
            return False
        finally:
            channel.polls -= 1
        return not self._is_closed

    def close(self) -> None:
        """End every stream and every long poll; the server is about to stop."""
        self._is_closed = True
        for channel in self._channels.values():
            channel.wake.set()
        for listener in self._listeners:
            listener.offer(ServerEvent("closing", "{}"))
            listener.is_lost = True

    def _note_missed(self, channel: Channel, message: LiveMessage) -> None:
        """A hole in the numbers: the probe dropped something, or the network did. Every page shows the same."""
        if channel.last is None or message.sweep_id != channel.sweep_id:
            return
        hole = message.seq - channel.last[0] - 1
        if hole > 0:
            channel.missed += hole
            self._changed(channel)

    def _is_told(self, channel: Channel, message: LiveMessage) -> bool:
        """Whether pages know already that a newer probe says so many things that are not shown."""
        if not isinstance(message.event, NoticeEvent) or message.event.code != NEWER_PROBE:
            return False
        told = [one.event for one in channel.replay.messages() if isinstance(one.event, NoticeEvent)]
        counts = [one.count or 0 for one in told if one.code == NEWER_PROBE]
        return message.sweep_id == channel.sweep_id and max(counts, default=0) >= (message.event.count or 0)

    def _changed(self, channel: Channel) -> None:
        if channel.key is not None:
            view = self.view(channel.key, channel.probe_id)
            self.announce("probe", view.model_dump_json(), channel.probe_id)

    def _send(self, event: ServerEvent, probe_id: str | None) -> None:
        channel = None if probe_id is None else self._channels.get(probe_id)
        for listener in self._listeners:
            is_chosen = probe_id is None or listener.probe_id in (None, probe_id)
            if is_chosen and (channel is None or _is_of(channel, listener.tenant)):
                listener.offer(event)


def _aged(message: LiveMessage, now: datetime) -> LiveMessage:
    """The message repeated at `now`, by the server's clock, which probes keep: what counts down in it goes on."""
    return message.model_copy(update={"age_s": message.age_s + max(0.0, (now - message.sent).total_seconds())})


def _is_of(channel: Channel, tenant: str | None) -> bool:
    """Does this probe belong to the district? One that has not spoken yet belongs to none."""
    return tenant is None or (channel.key is not None and channel.key.tenant == tenant)

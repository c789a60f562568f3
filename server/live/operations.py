"""What processes that share a PostgreSQL tell each other of probes and pages, and the hub as it takes it.

An operation is what one process took in: live messages, a command, a poll of a probe, an entry that can be read.  It
is a row (table.py); each process applies all of them to its own hub, in the order of their numbers and by their time,
and so all hubs show the same.  A channel is also kept as a whole, for processes that begin later.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, ValidationError

from server.interface.fields import CommandAnswer, KeyRole
from server.interface.views.probes import EntryEvent
from server.live.channel import Channel, Known, Stop
from server.live.hub import ONLINE_S, LiveHub
from server.signing.keys import Key
from sweep.phrases import Phrase
from sweep.report import (
    AbortCommand,
    Command,
    ContractError,
    DeclareEmptyCommand,
    LiveMessage,
    PauseCommand,
    ProbeState,
    Record,
    StartCommand,
    UtcTime,
    first_problem,
    parse_json,
    to_json,
)

MAX_STATE_BYTES = 16 * 1024 * 1024  # derived: a replay of 800 messages and 64 starts with the largest plans


class KeyWords(Record):
    """An admitted key, as much as pages see of it."""

    key_id: str
    public_key: str
    """Hexadecimal."""
    role: KeyRole
    probe_id: str | None
    name: str
    valid_from_index: int
    revoked_from_index: int | None
    tenant: str | None
    predecessor: str | None
    line: str


class Published(Record):
    """A probe posted live messages."""

    op: Literal["published"] = "published"
    key: KeyWords
    messages: tuple[LiveMessage, ...]


class Polled(Record):
    """A probe asked for commands, and has received those up to `after`."""

    op: Literal["polled"] = "polled"
    key: KeyWords
    after: UUID | None


class Queued(Record):
    """A person asked for a command."""

    op: Literal["queued"] = "queued"
    command: Command
    sweep_id: UUID
    asked_by: str


class EntryRead(Record):
    """Something about a sweep can be read."""

    op: Literal["entry"] = "entry"
    sweep_id: UUID
    kind: str


Said = Published | Polled | Queued | EntryRead


class Operation(Record):
    """One of them."""

    said: Annotated[Said, Field(discriminator="op")]


class KnownState(Record):
    """What became of a command."""

    command_id: UUID
    sweep_id: UUID
    answer: CommandAnswer


class StopState(Record):
    """The stop that stands."""

    command: Annotated[PauseCommand | AbortCommand, Field(discriminator="command")]
    asked_by: str


class ChannelState(Record):
    """A channel as it is kept."""

    key: KeyWords | None
    seen: UtcTime | None
    state: ProbeState | None
    sweep_id: UUID | None
    state_message: LiveMessage | None
    replay: tuple[LiveMessage, ...]
    started: StartCommand | None
    missed: int
    last_seq: int | None
    last_sent: UtcTime | None
    pending: tuple[Command, ...]
    handed: int
    known: tuple[KnownState, ...]
    stop: StopState | None
    proved: DeclareEmptyCommand | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """When an operation was taken in."""

    op_id: int
    """Microseconds since 1970 by the database's clock; two never have the same."""
    age_s: float = 0.0
    """How long ago that was, by the same clock."""

    @property
    def at(self) -> datetime:
        """As a time."""
        return datetime.fromtimestamp(self.op_id / 1_000_000, UTC)


def words_of(key: Key) -> KeyWords:
    """A key as an operation carries it: what a probe's key has."""
    words = asdict(key) | {"public_key": key.public_key.hex()}
    return KeyWords(**{name: words[name] for name in KeyWords.model_fields})


def encode(said: Said) -> str:
    """An operation as its row holds it."""
    return to_json(Operation(said=said)).decode()


def decode(text: str) -> Said:
    """An operation from its row; ContractError for one of another release."""
    try:
        return Operation.model_validate_json(text).said
    except ValidationError as error:
        raise ContractError(Phrase("request_invalid", why=first_problem(error))) from None


def apply(hub: LiveHub, probe_id: str, said: Said, when: Moment) -> object:
    """Let the hub take an operation; returns what whoever took it in answers, or raises the ApiError of a refusal."""
    match said:
        case Published(key=key, messages=messages):
            return hub.publish(probe_id, _key(key), messages, when.at, when.age_s)
        case Polled(key=key, after=after):
            return hub.take(probe_id, _key(key), after, when.at, when.age_s)
        case Queued(command=command, sweep_id=sweep_id, asked_by=asked_by):
            return hub.enqueue(probe_id, command, sweep_id, asked_by=asked_by, now=when.at)
        case EntryRead(sweep_id=sweep_id, kind=kind):
            hub.announce("entry", EntryEvent(sweep_id=sweep_id, kind=kind).model_dump_json())
            return None


def keep(channel: Channel) -> str:
    """A channel as its row holds it."""
    state = ChannelState(
        key=None if channel.key is None else words_of(channel.key),
        seen=channel.seen,
        state=channel.state,
        sweep_id=channel.sweep_id,
        state_message=channel.state_message,
        replay=channel.replay.messages(),
        started=channel.started,
        missed=channel.missed,
        last_seq=None if channel.last is None else channel.last[0],
        last_sent=None if channel.last is None else channel.last[1],
        pending=tuple(channel.pending),
        handed=channel.handed,
        known=tuple(
            KnownState(command_id=command_id, sweep_id=known.sweep_id, answer=known.answer)
            for command_id, known in channel.known.items()
        ),
        stop=None if channel.stop is None else StopState(command=channel.stop.command, asked_by=channel.stop.asked_by),
        proved=channel.proved,
    )
    return to_json(state).decode()


def restore(probe_id: str, text: str, now_us: int, monotonic_s: float) -> Channel:
    """The channel of a row, when it is `now_us` by the database's clock; ContractError for one of another release."""
    kept = parse_json(ChannelState, text.encode(), max_bytes=MAX_STATE_BYTES)
    channel = Channel(probe_id)
    channel.key = None if kept.key is None else _key(kept.key)
    if kept.seen is not None:
        age_s = now_us / 1_000_000 - kept.seen.timestamp()
        channel.seen, channel.seen_s, channel.is_online = kept.seen, monotonic_s - age_s, age_s <= ONLINE_S
    channel.state, channel.sweep_id, channel.state_message = kept.state, kept.sweep_id, kept.state_message
    for message in kept.replay:
        channel.replay.add(message)
    channel.started, channel.missed = kept.started, kept.missed
    if kept.last_seq is not None and kept.last_sent is not None:
        channel.last = (kept.last_seq, kept.last_sent)
    channel.pending.extend(kept.pending)
    channel.handed = kept.handed
    for one in kept.known:
        channel.known[one.command_id] = Known(one.sweep_id, one.answer)
    channel.stop = None if kept.stop is None else Stop(kept.stop.command, kept.stop.asked_by)
    channel.proved = kept.proved
    return channel


def _key(words: KeyWords) -> Key:
    return Key(**words.model_dump() | {"public_key": bytes.fromhex(words.public_key)})

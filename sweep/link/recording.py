"""Reads a recorded serial line of the sensor head: a file of raw bytes as the head sent them, in; RF windows as
contract records, out. A file that is no such recording is one clear error.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sweep.link.decode import Decoder, HeadError, Losses, check_protocol, to_rf_window, to_tuner_window
from sweep.link.frame import Received
from sweep.link.messages import SLOT_NS, EnvelopeWindow, RfSamples, TunerWindow
from sweep.link.raw_runs import RawAssembler
from sweep.phrases import Phrase
from sweep.report import RfWindow

CHUNK_BYTES = 64 * 1024
PROBE_BYTES = 4096
"""A recording shows an intact message within this many bytes: the head sends one at least every second."""
LARGEST_BYTES = 1 << 30


def read_recording(path: Path, *, start_ns: int = 0, losses: list[Losses] | None = None) -> Iterator[RfWindow]:
    """RF windows of a file of raw serial bytes as the head sent them; `start_ns` is the time of its first window.

    `losses`, when given, gets the accounts appended once. Raises HeadError when it is no such file.
    """
    decoder = Decoder(check_protocol)
    if losses is not None:
        losses.append(decoder.losses)
    raw = RawAssembler()
    first_tick: int | None = None
    read_bytes = 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(PROBE_BYTES if read_bytes == 0 else CHUNK_BYTES):
                events = decoder.feed(chunk)
                if read_bytes == 0 and not any(isinstance(event, Received) for event in events):
                    raise HeadError(Phrase("not_a_head_recording", file=path.name))
                read_bytes += len(chunk)
                if read_bytes > LARGEST_BYTES:
                    raise HeadError(Phrase("recording_too_large", file=path.name))
                for event in events:
                    if not (
                        isinstance(event, Received)
                        and isinstance(event.message, EnvelopeWindow | TunerWindow | RfSamples)
                    ):
                        continue
                    if decoder.identity is None:
                        raise HeadError(Phrase("recording_without_head_identity", file=path.name))
                    first_tick = event.message.tick if first_tick is None else first_tick
                    # A window may have begun before one that was sent earlier: the difference is signed.
                    slots = (event.message.tick - first_tick + 0x80000000) % 0x100000000 - 0x80000000
                    t_ns = max(0, start_ns + slots * SLOT_NS)
                    record = _record_of(event.message, t_ns, raw)
                    if record is not None:
                        yield record
                    elif not isinstance(event.message, RfSamples):
                        decoder.losses.empty_windows += 1
    except OSError as error:
        raise HeadError(Phrase("recording_unreadable", file=path.name, why=error)) from error
    if read_bytes == 0:
        raise HeadError(Phrase("file_empty", file=path.name))


def _record_of(message: EnvelopeWindow | TunerWindow | RfSamples, t_ns: int, raw: RawAssembler) -> RfWindow | None:
    """None for a window without samples, and for a piece of a run that is not whole yet."""
    match message:
        case RfSamples():
            return raw.take(message, t_ns)
        case TunerWindow():
            return to_tuner_window(message, t_ns, SLOT_NS)
        case EnvelopeWindow():
            return to_rf_window(message, t_ns, SLOT_NS)

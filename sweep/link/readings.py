"""What a sensor head measures, as records in the Pi's time: RF windows, on a port or from a file of raw serial bytes,
and samples of its inertial sensor.  A head that falls silent, a sensor that is not there and a file that is no
recording are one clear error each.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from sweep.link.decode import HeadError, Losses, to_rf_window, to_tuner_window
from sweep.link.head import SILENCE_TIMEOUT_S, Head, SerialPort
from sweep.link.messages import (
    SLOT_NS,
    EnvelopeWindow,
    RfStart,
    RfStop,
    TunerStop,
    TunerWindow,
)
from sweep.link.raw_runs import measure_raw
from sweep.link.recording import read_recording
from sweep.link.tuner_tour import TunerTour
from sweep.phrases import Phrase
from sweep.report import RfWindow

WINDOW_S = 0.1
BURST_BELOW_COUNTS = 767
"""-55 dBm by the nominal law (20 dBm - V / 25 mV, 2.5 V full scale): 5 dB above the detector's own floor (derived)."""
HYSTERESIS_COUNTS = 8
"""0.8 dB: three standard deviations of converter noise (guessed)."""


def rf_windows(
    head: Head,
    seconds: float,
    *,
    tuner_mhz: Sequence[int] = (),
) -> Iterator[RfWindow]:
    """Raw runs of the log detector, then its windows that cover `seconds`, and between them those of the tuner, which
    meanwhile visits `tuner_mhz` over and over and dwells again where a picture may be. Raises HeadError when the head
    falls silent.
    """
    restarts = head.losses.restarts
    yield from measure_raw(head)
    tour = TunerTour(tuner_mhz) if tuner_mhz else None
    if tour is not None:
        head.ask(tour.begin())
    head.ask(RfStart(round(WINDOW_S * 1e9 / SLOT_NS), BURST_BELOW_COUNTS, HYSTERESIS_COUNTS))
    left = max(1, round(seconds / WINDOW_S))
    heard_ns = head.now_ns()
    while left > 0:
        messages = head.receive()
        if head.losses.restarts != restarts:
            raise HeadError(Phrase("head_restarted"))
        if messages:
            heard_ns = head.now_ns()
        elif head.now_ns() - heard_ns > SILENCE_TIMEOUT_S * 1e9:
            raise HeadError(Phrase("head_fell_silent"))
        for event in messages:
            if not isinstance(event.message, EnvelopeWindow | TunerWindow) or left == 0:
                continue
            t_ns = max(0, head.clock.to_boottime(event.message.tick).t_ns) if head.clock.is_set else head.now_ns()
            if isinstance(event.message, TunerWindow):
                record = to_tuner_window(event.message, t_ns, SLOT_NS)
                if tour is not None and (onward := tour.heard(event.message, record)) is not None:
                    head.send(onward)
            else:
                left -= 1
                record = to_rf_window(event.message, t_ns, SLOT_NS)
            if record is None:
                head.losses.empty_windows += 1
            else:
                yield record
    if tuner_mhz:
        head.ask(TunerStop())
    head.ask(RfStop())


def is_port(source: str) -> bool:
    """True when `source` is a character device: a serial port or a pseudo-terminal."""
    try:
        return stat.S_ISCHR(Path(source).stat().st_mode)
    except OSError:
        return False


def read_windows(
    source: str,
    seconds: float,
    *,
    start_ns: int = 0,
    losses: list[Losses] | None = None,
    tuner_mhz: Sequence[int] = (),
) -> Iterator[RfWindow]:
    """RF windows of a PORT (measured now, `seconds` long) or of a FILE of raw serial bytes (at most `seconds` of it).

    `start_ns` is the time of a file's first window; a port's windows carry CLOCK_BOOTTIME, and its tuner
    visits `tuner_mhz`. Raises HeadError, PortError.
    """
    if is_port(source):
        with SerialPort(source) as port:
            head = Head(port)
            if losses is not None:
                losses.append(head.losses)
            yield from rf_windows(head, seconds, tuner_mhz=tuner_mhz)
        return
    begin_ns: int | None = None
    for window in read_recording(Path(source), start_ns=start_ns, losses=losses):
        begin_ns = window.t_ns if begin_ns is None else begin_ns
        if window.t_ns - begin_ns >= seconds * 1e9:
            return
        yield window

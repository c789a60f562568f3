"""Detector envelopes of emitter models other than those of `sweep.sim`, on which the judgement was tuned: frames with
acknowledgements and aggregates, jitter, crest factor, the detector's video bandwidth, ADC noise, and a tuner beside it.
Everything is drawn anew for each case from a seed. Statistics of a window are the firmware's, written with numpy
(tests/firmware compares the two).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sweep.report import RfWindow

Kind = Literal["continuous", "analog_video", "wifi", "ble", "dect"]
SLOT_S = 32e-6
FINE = 4  # steps of 8 us in a slot: shorter than the detector's response
WINDOW_SLOTS = 3125
BURST_BELOW, BURST_END = 767, 775
FLOOR_DBM = -62.0
TUNER_FLOOR_DBM = -95.0


@dataclass(frozen=True, slots=True)
class Source:
    """One emitter of a case."""

    kind: Kind
    level_dbm: float


def _put(on: NDArray[np.bool_], begin_s: float, length_s: float) -> None:
    step = SLOT_S / FINE
    on[max(0, round(begin_s / step)) : max(0, round((begin_s + length_s) / step))] = True


def keying(kind: Kind, seconds: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """When an emitter is on the air, in steps of 8 us."""
    on = np.zeros(round(seconds / SLOT_S) * FINE, bool)
    match kind:
        case "continuous" | "analog_video":
            on[:] = True
        case "dect":  # one slot of a base or two of a call, a quartz off by up to 20 ppm
            frame_s, at = 10e-3 * (1 + rng.uniform(-2e-5, 2e-5)), rng.uniform(0, 10e-3)
            while at < seconds:
                _put(on, at, rng.uniform(360e-6, 376e-6))
                at += frame_s
        case "ble":  # advertising on three channels with its random delay
            interval_s, octets = rng.choice((0.1, 0.1525, 0.2115, 0.3185)), rng.integers(10, 38)
            at = rng.uniform(0, interval_s)
            while at < seconds:
                for number in range(3):
                    _put(on, at + number * rng.uniform(1.0e-3, 1.6e-3), (octets + 10) * 8e-6)
                at += interval_s + rng.uniform(0, 10e-3)
        case "wifi":  # beacons, and exchanges of aggregate, pause and block acknowledgement
            load, at = rng.uniform(0.05, 0.85), 0.0
            longest_s = rng.uniform(0.4e-3, 4e-3)
            while at < seconds:
                length_s = rng.uniform(0.12e-3, longest_s)
                _put(on, at, length_s)
                _put(on, at + length_s + 16e-6, rng.uniform(28e-6, 44e-6))
                at += length_s + 60e-6 + rng.exponential(length_s * (1 - load) / load)
            for beacon in np.arange(rng.uniform(0, 0.1), seconds, 0.1024):
                _put(on, float(beacon), rng.uniform(0.3e-3, 2.2e-3))
    return on


def counts_of(
    sources: list[Source], seconds: float, rng: np.random.Generator
) -> tuple[NDArray[np.int64], list[NDArray[np.bool_]]]:
    """ADC counts of the log detector, one per slot, and each emitter's keying in slots."""
    steps = round(seconds / SLOT_S) * FINE
    power_mw = np.full(steps, 10 ** ((FLOOR_DBM + rng.uniform(-1, 1)) / 10))
    keys = []
    for source in sources:
        on = keying(source.kind, seconds, rng)
        level_db = np.full(steps, source.level_dbm)
        if source.kind == "wifi":  # OFDM: exponential power, averaged over what the detector's filter lets through
            crest = rng.gamma(shape := rng.uniform(4, 12), 1 / shape, steps)
            level_db = level_db + 10 * np.log10(crest)
        elif source.kind == "analog_video":
            level_db = level_db + rng.uniform(0.2, 0.8) * np.sin(np.arange(steps) / rng.uniform(3, 8))
        power_mw += on * 10 ** (level_db / 10)
        keys.append(on[::FINE])
    detected_db = 10 * np.log10(power_mw)
    share = 1 - np.exp(-8e-6 / rng.uniform(4e-6, 20e-6))  # video bandwidth 8 to 40 kHz
    smooth = detected_db.copy()
    for _ in range(2):  # two passes of a short kernel stand for the exponential
        smooth[1:] = share * smooth[1:] + (1 - share) * smooth[:-1]
    slope_mv, intercept_dbm = 25.0 + rng.uniform(-0.4, 0.4), 20.0 + rng.uniform(-1, 1)
    millivolts = slope_mv * (intercept_dbm - smooth[::FINE]) + rng.uniform(2, 6) * rng.standard_normal(steps // FINE)
    return np.clip(np.clip(millivolts, 500, 2120) * 1023 // 2500, 0, 1023).astype(np.int64), keys


def log_window(counts: NDArray[np.int64], at: int) -> RfWindow:
    """One window of the log detector, as the firmware books it."""
    # Hysteresis: between the two thresholds the state of the last sample outside them holds.
    state = np.where(counts < BURST_BELOW, 1, np.where(counts >= BURST_END, 0, -1))
    last = np.maximum.accumulate(np.where(state >= 0, np.arange(state.size), 0))
    is_burst = state[last] == 1
    p10, p50, p90 = np.percentile(counts, (10, 50, 90), method="inverted_cdf")
    turns = np.flatnonzero(np.diff(np.concatenate(([False], is_burst, [False])).astype(np.int8)))
    lengths = turns[1::2] - turns[::2]
    bursts = lengths.size
    return RfWindow(
        t_ns=at * 32_000,
        duration_s=counts.size * SLOT_S,
        receiver="log_detector",
        centre_mhz=None,
        samples=counts.size,
        dropped=0,
        min_counts=float(counts.min()),
        mean_counts=float(counts.mean()),
        max_counts=float(counts.max()),
        p10_counts=float(p10),
        p50_counts=float(p50),
        p90_counts=float(p90),
        duty_cycle=float(is_burst.mean()),
        bursts=bursts,
        gaps=int(np.count_nonzero(np.diff(np.concatenate(([True], is_burst, [True])).astype(np.int8)) < 0)),
        longest_burst_s=float(lengths.max() * SLOT_S) if bursts else 0.0,
    )


def log_windows(sources: list[Source], seconds: float, rng: np.random.Generator) -> list[RfWindow]:
    """Windows of 0.1 s that cover `seconds`."""
    counts, _ = counts_of(sources, seconds, rng)
    return [log_window(counts[at : at + WINDOW_SLOTS], at) for at in range(0, counts.size, WINDOW_SLOTS)]


def tuner_windows(
    sources: list[tuple[Source, float]], visited_mhz: tuple[int, ...], rng: np.random.Generator, blocks: int = 16
) -> list[RfWindow]:
    """Tuner windows on each of `visited_mhz` in turn; each source with its centre in MHz.

    Where no picture locks, edges come at random with a rate from 4 to 30 thousand a second, one case in four of it the
    line rate itself: the hardest noise there is.
    """
    windows = []
    seconds = blocks * 125 * SLOT_S
    filter_mhz, widths = rng.uniform(3.0, 6.0), {"wifi": rng.choice((16.0, 36.0)), "analog_video": rng.uniform(5, 11)}
    noise_share = 0.5 if rng.random() < 0.25 else rng.uniform(0.13, 0.95)
    for number, mhz in enumerate(visited_mhz):
        power_mw = np.full(blocks * 5, 10 ** (TUNER_FLOOR_DBM / 10))
        picture_mw, other_mw = 0.0, 10 ** (TUNER_FLOOR_DBM / 10)
        for source, centre_mhz in sources:
            beyond_mhz = max(0.0, abs(centre_mhz - mhz) - widths.get(source.kind, 0.2) / 2)
            received_mw = 10 ** ((source.level_dbm - min(45.0, 4.34 * (beyond_mhz / filter_mhz) ** 2)) / 10)
            on = keying(source.kind, seconds, rng)[:: FINE * 25][: blocks * 5]
            power_mw[: on.size] += on * received_mw
            if source.kind == "analog_video" and abs(centre_mhz - mhz) < 7:
                picture_mw = max(picture_mw, received_mw)
            else:
                other_mw += received_mw
        dbm = 10 * np.log10(power_mw)
        millivolts = np.clip(450 + rng.uniform(13, 15) * (dbm + 95), 420, 1150) + rng.uniform(
            3, 7
        ) * rng.standard_normal(dbm.size)
        counts = millivolts * 1023 // 2500
        if picture_mw > 4 * other_mw:
            lines = np.diff(np.floor(rng.uniform() + np.arange(blocks + 1) * 62.72)).astype(int)
            lines[rng.integers(0, 4) :: 4] += 9
        else:
            lines = rng.binomial(125, noise_share, blocks)
        windows.append(
            RfWindow(
                t_ns=number * 100_000_000,
                duration_s=seconds,
                receiver="tuner",
                centre_mhz=float(mhz),
                samples=counts.size,
                dropped=0,
                min_counts=float(counts.min()),
                mean_counts=float(counts.mean()),
                max_counts=float(counts.max()),
                p10_counts=float(counts.max()),
                p50_counts=float(counts.mean()),
                p90_counts=float(counts.min()),
                duty_cycle=float((counts > 241).mean()),
                bursts=0,
                gaps=0,
                lines_per_s=float(lines.sum() / seconds),
                line_spread_counts=int(lines.max() - lines.min()),
                line_least_counts=int(lines.min()),
            )
        )
    return windows

"""Tuner windows of an analogue transmitter, a bare carrier or Wi-Fi through the chain of `sweep.sim.head.fm_video`,
with transmitter, receiver, separator and scene drawn anew for each case: nobody knows them of a part that was not
measured. `SPACES` keeps the cases on which rules were tuned apart from those on which they are judged.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sweep.report import RfWindow
from sweep.sim.head.fm_video import (
    FIELDS_SLOTS,
    NTSC,
    PAL,
    REACH_MHZ,
    SLOT_S,
    Heard,
    Receiver,
    Standard,
    Transmitter,
    hear_noise,
    modulation,
    receive,
)

from .envelopes import FINE, TUNER_FLOOR_DBM, Source, keying

BLOCKS, BLOCK_SLOTS, SAMPLE_EVERY = 16, 125, 25
SLOTS = BLOCKS * BLOCK_SLOTS
SECONDS = SLOTS * SLOT_S
MOST_LOSS_DB = 45.0

Space = Literal["tuning", "test"]
SPACES: dict[Space, int] = {"tuning": 110, "test": 111}


@dataclass(frozen=True, slots=True)
class Chain:
    """One drawn receiver with its converter."""

    receiver: Receiver
    mv_per_db: float
    noise_mv: float


def draw_sender(rng: np.random.Generator, standard: Standard | None = None) -> Transmitter:
    """A camera's transmitter of the 6 MHz class, its picture and its polarity."""
    chosen = standard or (PAL, NTSC)[rng.integers(2)]
    return Transmitter(
        chosen,
        swing_mhz=float(rng.uniform(4.4, 7.6)),
        brightness=float(rng.uniform(0.1, 0.8)),
        contrast=float(rng.uniform(0.1, 1.0)),
        subcarrier_mhz=4.43 if chosen is PAL else 3.58,
        colour=float(rng.uniform(0.0, 0.2)),
    )


def draw_chain(rng: np.random.Generator) -> Chain:
    """A receiver with its separator, spread around what data sheets say, or guessed."""
    receiver = Receiver(
        filter_mhz=float(rng.uniform(3.0, 6.0)),
        rssi_hz=float(10 ** rng.uniform(3.0, 5.0)),
        separator_hz=float(10 ** rng.uniform(5.5, 6.0)),
        slice_v=float(rng.uniform(0.05, 0.1)),
        hysteresis_v=float(rng.uniform(0.002, 0.03)),
        clamp_v_per_s=float(10 ** rng.uniform(3.3, 4.3)),
        release_v_per_s=float(10 ** rng.uniform(1.7, 2.5)),
        swing_mhz=float(rng.uniform(5.0, 7.0)),
        standard=(PAL, NTSC)[rng.integers(2)],
    )
    return Chain(receiver, float(rng.uniform(13.0, 15.0)), float(rng.uniform(3.0, 7.0)))


def window_of(
    edges: NDArray[np.int64], level_dbm: NDArray[np.float64], mhz: float, chain: Chain, rng: np.random.Generator
) -> RfWindow:
    """One window as the firmware books it, of SLOTS slots of separator edges and signal strength."""
    dbm = level_dbm[SAMPLE_EVERY // 2 :: SAMPLE_EVERY]
    millivolts = np.clip(450 + chain.mv_per_db * (dbm - TUNER_FLOOR_DBM), 420, 1150)
    counts = (millivolts + chain.noise_mv * rng.standard_normal(dbm.size)) * 1023 // 2500
    lines = edges.reshape(BLOCKS, BLOCK_SLOTS).sum(axis=1)
    return RfWindow(
        t_ns=round(mhz) * 100_000_000,
        duration_s=SECONDS,
        receiver="tuner",
        centre_mhz=mhz,
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
        lines_per_s=float(lines.sum() / SECONDS),
        line_spread_counts=int(lines.max() - lines.min()),
        line_least_counts=int(lines.min()),
    )


def hear(
    sender: Transmitter, chain: Chain, off_mhz: float, carrier_to_noise_db: float, rng: np.random.Generator
) -> Heard:
    """One window's worth of one transmitter."""
    deviation = modulation(sender, SECONDS, rng)
    return receive(deviation, chain.receiver, off_mhz=off_mhz, carrier_to_noise_db=carrier_to_noise_db, rng=rng)


def fm_windows(
    source: Source, centre_mhz: float, visited_mhz: tuple[int, ...], rng: np.random.Generator
) -> list[RfWindow]:
    """Windows on each of `visited_mhz` in turn while `source` sends on `centre_mhz`."""
    chain = draw_chain(rng)
    noise = hear_noise(chain.receiver, SECONDS / 2, rng)
    sender = draw_sender(rng)
    if source.kind == "continuous":
        sender = Transmitter(sender.standard, swing_mhz=0.0)
    deviation = None if source.kind == "wifi" else modulation(sender, FIELDS_SLOTS * SLOT_S, rng)
    wifi_half_mhz = float(rng.choice((16.0, 36.0))) / 2
    windows = []
    for mhz in visited_mhz:
        off_mhz = centre_mhz - mhz
        # One stretch of noise for all frequencies without a carrier, its slots shuffled: no two blocks are the same.
        order = rng.permutation(np.arange(SLOTS) % noise.edges.size)
        edges = noise.edges[order]
        if deviation is not None and abs(off_mhz) <= REACH_MHZ:
            heard = receive(
                deviation,
                chain.receiver,
                off_mhz=off_mhz,
                carrier_to_noise_db=source.level_dbm - TUNER_FLOOR_DBM,
                rng=rng,
            )
            repeat = sender.standard.repeat_slots  # two fields, over and over
            again = (int(rng.integers(repeat)) + np.arange(SLOTS)) % repeat
            edges, dbm = heard.edges[again], heard.level_db[again] + source.level_dbm
        else:
            beyond_mhz = abs(off_mhz) if deviation is not None else max(0.0, abs(off_mhz) - wifi_half_mhz)
            loss_db = min(MOST_LOSS_DB, 4.343 * (beyond_mhz / chain.receiver.filter_mhz) ** 2 / 2)
            on = keying(source.kind, SECONDS, rng)[::FINE][:SLOTS]
            floor = TUNER_FLOOR_DBM + noise.level_db[order]
            dbm = 10 * np.log10(10 ** (floor / 10) + on * 10 ** ((source.level_dbm - loss_db) / 10))
        windows.append(window_of(edges, dbm, float(mhz), chain, rng))
    return windows

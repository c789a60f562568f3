"""What is no picture, through the same chain as pictures: noise, bare carriers, OFDM, Wi-Fi bursts, a microwave oven
that sweeps through, FSK of any rate. Drawn anew for each case, at the tuner's input.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sweep.report import RfWindow
from sweep.sim.head.fm_video import RATE_HZ, SLOT_SAMPLES, receive_wave

from .envelopes import TUNER_FLOOR_DBM, keying
from .video import SECONDS, SLOTS, draw_chain, window_of

Other = Literal["noise", "carrier", "ofdm", "wifi", "microwave", "fsk", "fsk_of_lines"]
OTHERS: tuple[Other, ...] = ("noise", "carrier", "ofdm", "wifi", "microwave", "fsk", "fsk_of_lines")
SAMPLES = SLOTS * SLOT_SAMPLES
TIME_S = np.arange(SAMPLES) / RATE_HZ
Wave = NDArray[np.complexfloating]


def _turning(mhz: NDArray[np.floating]) -> Wave:
    turned: Wave = np.exp(2j * np.pi * (np.cumsum(mhz) * (1e6 / RATE_HZ) % 1.0))
    return turned


def _ofdm(rng: np.random.Generator) -> Wave:
    spectrum = np.fft.fft(rng.standard_normal(2 * SAMPLES, np.float32).view(np.complex64))
    spectrum[np.abs(np.fft.fftfreq(SAMPLES, 1 / RATE_HZ)) > rng.choice((16.6e6, 20e6)) / 2] = 0
    wave = np.fft.ifft(spectrum)
    shifted: Wave = wave * _turning(np.full(SAMPLES, rng.uniform(-8, 8))) / np.sqrt(np.mean(np.abs(wave) ** 2))
    return shifted


def _fsk(symbols_per_s: float, rng: np.random.Generator) -> Wave:
    symbols = rng.integers(0, 2, int(symbols_per_s * SECONDS) + 2) * 2 - 1
    half_mhz = symbols_per_s * float(10 ** rng.uniform(-0.6, 1.0)) / 2e6
    return _turning(half_mhz * symbols[(TIME_S * symbols_per_s).astype(np.int64)] + rng.uniform(-4, 4))


def _microwave(rng: np.random.Generator) -> Wave:
    phase = (TIME_S * rng.choice((50.0, 60.0)) + rng.uniform()) % 1.0
    drift = np.cumsum(rng.standard_normal(SAMPLES)) * rng.uniform(0.0, 0.003)
    swept = _turning(rng.uniform(-6, 6) + rng.uniform(2, 12) * np.sin(np.pi * phase) + drift)
    pulsed: Wave = swept * (phase < rng.uniform(0.3, 0.6))
    return pulsed


def wave_of(kind: Other, rng: np.random.Generator) -> Wave | None:
    """Power 1 while it sends; None is noise alone."""
    match kind:
        case "noise":
            return None
        case "carrier":
            return _turning(np.full(SAMPLES, rng.uniform(-8, 8)))
        case "ofdm":
            return _ofdm(rng)
        case "wifi":
            on = keying("wifi", SECONDS, rng)
            return _ofdm(rng) * np.repeat(on, SAMPLES // on.size)
        case "microwave":
            return _microwave(rng)
        case "fsk":
            return _fsk(float(10 ** rng.uniform(3.5, 6.3)), rng)
        case "fsk_of_lines":
            return _fsk(float(rng.uniform(60e3, 68e3)), rng)


def other_windows(kind: Other, count: int, rng: np.random.Generator) -> list[RfWindow]:
    """So many dwells on one frequency beside one drawn chain."""
    chain, above_db = draw_chain(rng), rng.uniform(3, 40)
    windows = []
    for number in range(count):
        wave = wave_of(kind, rng)
        amplitude = np.float32(10 ** (above_db / 20))
        heard = receive_wave(None if wave is None else wave * amplitude, SAMPLES, chain.receiver, rng)
        window = window_of(heard.edges, heard.level_db + TUNER_FLOOR_DBM, 5800.0, chain, rng)
        windows.append(window.model_copy(update={"t_ns": number * 100_000_000}))
    return windows

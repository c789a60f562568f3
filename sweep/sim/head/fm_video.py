"""An analogue video transmitter and its receiver, physically: composite picture, pre-emphasis, frequency modulation,
the receiver's filter (tuned anywhere), noise, limiter and discriminator, de-emphasis, sync separator. Input is a
standard, a detuning and a carrier-to-noise ratio; output is edges of the separator and signal strength, slot by slot.
Figures are of the standards, of data sheets, or guessed; only how deep the sync is was set to that of three recorded
senders: .8 to 1.4 dB of signal strength 4 MHz beside the filter's centre (the whole network of F.405 gives half).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SLOT_S = 32e-6
RATE_HZ = 24e6
"""Complex samples: half a swing of 8 MHz, tuned 8 MHz beside it, stays inside +-12 MHz."""
REACH_MHZ = 8.0
"""Farther off the tuned frequency this simulation does not hold."""
FIELDS_SLOTS = 1250
"""Two fields, and of NTSC a little more: a length that transforms fast."""
SLOT_SAMPLES = round(SLOT_S * RATE_HZ)
VIDEO_DECIMATION = 12
"""Behind the separator's own filter 2 MS/s are enough to count edges."""


class Network(NamedTuple):
    """Gain 10 log10((1 + c f^2) / (1 + b f^2)) - a in dB, f in MHz."""

    a: float
    b: float
    c: float

    def gain(self, hz: NDArray[np.floating]) -> NDArray[np.complex128]:
        """Complex (minimum phase: one zero, one pole)."""
        mhz = hz / 1e6
        zero, pole = 1 + 1j * math.sqrt(self.c) * mhz, 1 + 1j * math.sqrt(self.b) * mhz
        gain: NDArray[np.complex128] = 10 ** (-self.a / 20) * zero / pole
        return gain


@dataclass(frozen=True, slots=True)
class Standard:
    """Timing of a television standard (ITU-R BT.470), the receiver's de-emphasis (ITU-R F.405-1) and what small
    transmitters have of its pre-emphasis: as much of what is fast, twice as much of what is slow (measured depth).
    """

    lines_per_s: float
    half_lines: int
    """In a field."""
    pulses: int
    """Broad pulses in the vertical sync, and equalising ones before and after it, each half a line apart."""
    sync_share: float
    """Depth of the sync below blanking, of the peak-to-peak picture."""
    whole: Network
    sent: Network

    @property
    def repeat_slots(self) -> int:
        """Slots after which a picture repeats: two fields."""
        return round(self.half_lines / self.lines_per_s / SLOT_S)


PAL = Standard(15_625.0, 625, 5, 0.3, Network(11.0, 0.4083, 10.21), Network(5.0, 0.4083, 2.564))
NTSC = Standard(15_734.266, 525, 6, 40 / 140, Network(10.0, 1.306, 28.58), Network(4.0, 1.306, 7.18))
NTSC_FROM_LINES_PER_S = 15_700.0
SYNC_S, EQUALISING_S, BROAD_GAP_S, PICTURE_FROM_S, PICTURE_TO_S = 4.7e-6, 2.35e-6, 4.7e-6, 10.5e-6, 62.0e-6
BLANK_HALF_LINES = 40
"""From the first broad pulse until the picture begins."""


@dataclass(frozen=True, slots=True)
class Transmitter:
    """What a camera's transmitter sends."""

    standard: Standard
    swing_mhz: float = 6.0
    """Peak-to-peak deviation of the whole picture where the pre-emphasis has gain 1; 0: a bare carrier."""
    brightness: float = 0.45
    contrast: float = 0.6
    subcarrier_mhz: float = 4.43
    colour: float = 0.1
    is_tip_low: bool = True
    """Sync tips shift the carrier down."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """An RX5808-class receiver and an LM1881-class sync separator behind it."""

    filter_mhz: float = 4.0
    """Standard deviation of its filter, as a bell of power (guessed)."""
    rssi_hz: float = 20e3
    """Bandwidth of the signal strength behind its log amplifier (guessed)."""
    separator_hz: float = 500e3
    """Colour filter before the separator (LM1881 data sheet: 620 ohm and 510 pF)."""
    slice_v: float = 0.07
    """Above the clamped sync tip (LM1881 data sheet), of a picture of 1 V."""
    hysteresis_v: float = 0.01
    """Guessed."""
    clamp_v_per_s: float = 10_000.0
    """How fast the clamp follows a tip down (guessed: 1 mA into 0.1 uF)."""
    release_v_per_s: float = 110.0
    """How fast it lets go of it (derived: 11 uA out of 0.1 uF)."""
    swing_mhz: float = 6.0
    """Deviation that gives 1 V."""
    standard: Standard = PAL
    """Whose de-emphasis it has: one network serves both."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What comes out of the receiver, one entry per slot."""

    edges: NDArray[np.int64]
    """Sync edges of the separator."""
    level_db: NDArray[np.float64]
    """Signal strength, relative to the carrier tuned to its centre without noise; to the noise where nothing sends."""


def composite(sender: Transmitter, samples: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """The picture signal of 1 V from sync tip (0 V) to white, beginning anywhere in a field, at RATE_HZ."""
    standard = sender.standard
    half_s = 0.5 / standard.lines_per_s
    t_s = np.arange(samples) / RATE_HZ + rng.uniform(0, standard.half_lines * half_s)
    number = (t_s / half_s).astype(np.int64)
    within_s = t_s - number * half_s
    place = number % standard.half_lines
    pulses, last = standard.pulses, standard.half_lines - standard.pulses
    is_broad = place < pulses
    is_equalising = ((place >= pulses) & (place < 2 * pulses)) | (place >= last)
    is_first_half = (number & 1) == 0
    low = np.where(is_broad, within_s < half_s - BROAD_GAP_S, is_equalising & (within_s < EQUALISING_S))
    low |= ~is_broad & ~is_equalising & is_first_half & (within_s < SYNC_S)
    line_s = within_s + np.where(is_first_half, 0.0, half_s)
    is_picture = (place >= BLANK_HALF_LINES) & (place < last)
    is_picture &= (line_s >= PICTURE_FROM_S) & (line_s < PICTURE_TO_S)
    # A scene: patches that hold for some lines and some microseconds, the same in each field, and a colour carrier.
    patches = np.clip(sender.brightness + sender.contrast * rng.uniform(-0.5, 0.5, (16, 12)), 0.0, 1.0)
    column = np.clip((line_s * (12 / 64e-6)).astype(np.int64), 0, 11)
    light = patches[place * 16 // standard.half_lines, column]
    light += sender.colour * np.sin(2 * np.pi * sender.subcarrier_mhz * 1e6 * t_s)
    black = standard.sync_share
    volts = np.where(is_picture, black + (1 - black) * light, black).astype(np.float32)
    volts[low] = 0.0
    return volts


def modulation(sender: Transmitter, seconds: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Deviation of the carrier from its centre in MHz, for `seconds` in whole slots, at RATE_HZ."""
    samples = round(seconds / SLOT_S) * SLOT_SAMPLES
    if sender.swing_mhz == 0.0:
        return np.zeros(samples, np.float32)
    picture = composite(sender, samples, rng)
    picture -= picture.mean()  # modulators are coupled through a capacitor: the mean is the carrier
    shape = sender.standard.sent.gain(np.fft.rfftfreq(samples, 1 / RATE_HZ)).astype(np.complex64)
    swing = np.float32(sender.swing_mhz if sender.is_tip_low else -sender.swing_mhz)
    return swing * np.fft.irfft(np.fft.rfft(picture) * shape, samples).astype(np.float32)


def receive(
    deviation_mhz: NDArray[np.float32],
    receiver: Receiver,
    *,
    off_mhz: float,
    carrier_to_noise_db: float,
    rng: np.random.Generator,
) -> Heard:
    """What the receiver makes of a carrier whose centre lies `off_mhz` above the tuned frequency.

    `carrier_to_noise_db` is what the filter lets through when it is tuned to the centre; -inf is noise alone.
    """
    reference, wave = 1.0, None
    if carrier_to_noise_db > -math.inf:
        turns = np.cumsum(deviation_mhz + off_mhz, dtype=np.float64) * (1e6 / RATE_HZ) + rng.uniform()
        turns -= np.floor(turns)
        wave = np.exp(np.complex64(2j * np.pi) * turns.astype(np.float32))
        reference = 10 ** (carrier_to_noise_db / 10)
        wave *= np.float32(math.sqrt(reference))
    return receive_wave(wave, deviation_mhz.size, receiver, rng, reference)


def receive_wave(
    wave: NDArray[np.complexfloating] | None,
    samples: int,
    receiver: Receiver,
    rng: np.random.Generator,
    reference: float = 1.0,
) -> Heard:
    """What the receiver makes of any `wave` at RATE_HZ, 0 Hz being where it is tuned, beside noise of power 1 behind
    its filter; levels are relative to the power `reference`.
    """
    hz = np.fft.fftfreq(samples, 1 / RATE_HZ)
    passed = np.exp(-((hz / 1e6 / receiver.filter_mhz) ** 2) / 4).astype(np.float32)  # amplitude; squared, the bell
    spectrum = rng.standard_normal(2 * samples, np.float32).view(np.complex64)
    spectrum *= np.float32(samples / math.sqrt(2 * float(np.sum(passed**2))))  # power 1 behind the filter
    if wave is not None:
        spectrum += np.fft.fft(wave)
    received = np.fft.ifft(spectrum * passed)
    power = np.maximum((received.real**2 + received.imag**2) / reference, 1e-12)
    return Heard(_edges(received, receiver), _strength(10 * np.log10(power), receiver))


def hear_noise(receiver: Receiver, seconds: float, rng: np.random.Generator) -> Heard:
    """The same where nothing sends."""
    silent = np.zeros(round(seconds / SLOT_S) * SLOT_SAMPLES, np.float32)
    return receive(silent, receiver, off_mhz=0.0, carrier_to_noise_db=-math.inf, rng=rng)


def _strength(level_db: NDArray[np.floating], receiver: Receiver) -> NDArray[np.float64]:
    """The log amplifier's output behind its filter, at the end of each slot."""
    step = 16  # one pole at 2 MS/s is enough
    means = level_db.reshape(-1, step).mean(axis=1)  # of a log amplifier's voltage, which is what its filter averages
    hz = np.fft.rfftfreq(means.size, step / RATE_HZ)
    smooth = np.fft.irfft(np.fft.rfft(means) / (1 + 1j * hz / receiver.rssi_hz), means.size)
    per_slot = SLOT_SAMPLES // step
    return smooth[per_slot - 1 :: per_slot].astype(np.float64)


def _edges(received: NDArray[np.complexfloating], receiver: Receiver) -> NDArray[np.int64]:
    """Falling edges at the separator's output in each slot."""
    turn = np.angle(received[1:] * np.conj(received[:-1])) * np.float32(RATE_HZ / 2 / np.pi / 1e6 / receiver.swing_mhz)
    volts = np.concatenate((turn[:1], turn))
    kept = volts.size // VIDEO_DECIMATION
    hz = np.fft.rfftfreq(volts.size, 1 / RATE_HZ)[: kept // 2 + 1]
    shape = 1 / receiver.standard.whole.gain(hz) / (1 + 1j * hz / receiver.separator_hz)
    video = np.fft.irfft(np.fft.rfft(volts)[: kept // 2 + 1] * shape, kept) / VIDEO_DECIMATION
    above = video - _clamp(video, receiver)
    half = receiver.hysteresis_v / 2
    state = np.where(above < receiver.slice_v - half, 1, np.where(above > receiver.slice_v + half, 0, -1))
    last = np.maximum.accumulate(np.where(state >= 0, np.arange(kept), 0))
    is_sync = state[last] == 1
    falls = np.flatnonzero(is_sync[1:] & ~is_sync[:-1]) + 1
    per_slot = SLOT_SAMPLES // VIDEO_DECIMATION
    return np.bincount(falls // per_slot, minlength=kept // per_slot).astype(np.int64)


def _clamp(video: NDArray[np.floating], receiver: Receiver) -> NDArray[np.float64]:
    """Where the clamp holds the sync tip: it follows down fast and lets go slowly."""
    down, up = (v * VIDEO_DECIMATION / RATE_HZ for v in (receiver.clamp_v_per_s, receiver.release_v_per_s))
    volts = video.tolist()
    tip, tips = min(volts[: SLOT_SAMPLES * 2 // VIDEO_DECIMATION]), []
    for volt in volts:
        tip = max(tip - down, volt) if volt < tip else min(tip + up, volt)
        tips.append(tip)
    return np.asarray(tips)

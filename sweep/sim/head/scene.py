"""What the log detector of an emulated sensor head hears: emitters with their burst patterns, a noise floor, and the
detector's law from dBm to millivolts. Input is a seeded scene, output is a block of detector voltages, one per ADC
slot; the same scene always gives the same voltages. It knows nothing of the emulator and draws no conclusions.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sweep.phrases import Phrase
from sweep.sim.head.fm_video import (
    FIELDS_SLOTS,
    NTSC,
    NTSC_FROM_LINES_PER_S,
    PAL,
    RATE_HZ,
    SLOT_S,
    Transmitter,
    modulation,
)
from sweep.sim.head.imu import Motion
from sweep.sim.head.pads import Assembly

BLOCK_SLOTS = 31_250
"""Samples of one block: one second."""

EmitterKind = Literal["continuous", "analog_video", "wifi", "ble", "dect"]

# Burst lengths and gaps of each kind, in seconds (guessed from the standards' frame times, not from recordings).
WIFI_BURST_S = (200e-6, 1_800e-6)
DECT_FRAME_S, DECT_SLOT_S = 10e-3, 368e-6
BLE_EVENT_S, BLE_PDU_S, BLE_STEP_S = 100e-3, 320e-6, 1_200e-6
OFDM_SPREAD_DB = 1.5
"""Standard deviation of an OFDM envelope after the detector's video filter (guessed)."""


class SceneError(ValueError):
    """A scene that cannot be simulated; the message says why."""


@dataclass(frozen=True, slots=True)
class Emitter:
    """One transmitter as the detector receives it."""

    kind: EmitterKind
    level_dbm: float
    """Envelope at the detector's input while it transmits."""
    duty_cycle: float = 0.25
    """Share of time a Wi-Fi emitter transmits, 0.01-0.95; the other kinds have their own."""
    starts_s: float = 0.0
    ends_s: float = math.inf
    centre_mhz: float | None = None
    """Where the tuner finds it; None: outside the tuner's range. The log detector hears it wherever it is."""
    width_mhz: float = 8.0
    lines_per_s: float = 15_734.0
    """Of analogue video: 15,625 for PAL, 15,734 for NTSC."""
    slope_db_per_mhz: float = 0.0
    """How the room makes of the picture's modulation a swinging envelope (guessed: a few tenths by echoes of 10 ns)."""


@dataclass(frozen=True, slots=True)
class Detector:
    """Law of an AD8318-class log detector: V = slope x (intercept - P), clipped to its valid range."""

    slope_v_per_db: float = 0.025
    intercept_dbm: float = 20.0
    lowest_v: float = 0.5
    highest_v: float = 2.1
    noise_mv: float = 3.0
    """Standard deviation of detector and converter noise (guessed)."""
    filter_hz: float = 15_900.0
    """Of its output: 1 kohm and 10 nF (hardware/interfaces.toml)."""


@dataclass(frozen=True, slots=True)
class Tuner:
    """Law of an RX5808-class receiver's signal strength and filter (guessed: no such receiver was measured)."""

    noise_dbm: float = -95.0
    filter_mhz: float = 4.0
    """Standard deviation of its filter, as a bell."""
    settle_s: float = 0.028
    rssi_floor_dbm: float = -95.0
    rssi_at_floor_mv: float = 450.0
    rssi_mv_per_db: float = 14.0
    rssi_highest_mv: float = 1150.0
    rssi_noise_mv: float = 5.0


@dataclass(frozen=True, slots=True)
class RfScene:
    """Everything that reaches the detector, and the head itself, at one position."""

    emitters: tuple[Emitter, ...] = ()
    noise_dbm: float = -62.0
    """Level that the detector shows when nothing transmits."""
    seed: int = 1
    detector: Detector = Detector()
    tuner: Tuner = Tuner()
    battery_mv: int = 5_000
    temperature_c: float = 24.0
    presses_s: tuple[tuple[float, float], ...] = ()
    """When the button is held, from and until."""
    motion: Motion = field(default_factory=Motion)
    assembly: Assembly | None = None
    """How its output pins behave; None: as the port was written, which is faster, but timed pins read back wrong."""

    def to_json(self) -> str:
        """One line of JSON that `from_json` reads back."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> RfScene:
        """The scene of `to_json`. Raises SceneError."""
        try:
            raw: dict[str, Any] = json.loads(text)
            emitters = tuple(Emitter(**emitter) for emitter in raw.pop("emitters"))
            presses = tuple((float(begin), float(end)) for begin, end in raw.pop("presses_s", ()))
            detector, tuner = Detector(**raw.pop("detector")), Tuner(**raw.pop("tuner", {}))
            return cls(
                emitters=emitters,
                detector=detector,
                tuner=tuner,
                presses_s=presses,
                motion=Motion(**raw.pop("motion", {})),
                assembly=_assembly(raw.pop("assembly", None)),
                **raw,
            )
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise SceneError(Phrase("not_a_radio_scene", why=error)) from error


def _assembly(raw: dict[str, Any] | None) -> Assembly | None:
    if raw is None:
        return None
    drags, crossed = (tuple((a, b) for a, b in raw.pop(name, ())) for name in ("drags", "crossed"))
    return Assembly(tuple(raw.pop("stuck_low", ())), drags, crossed, **raw)


class Waveform:
    """Voltages of a scene, block after block."""

    def __init__(self, scene: RfScene) -> None:
        self._scene = scene
        self._keyings = [_Keying(emitter, (scene.seed, index)) for index, emitter in enumerate(scene.emitters)]
        self._rng = np.random.default_rng((scene.seed, 1 << 20))
        self._next_block = 0
        self._swings = [
            _Swing(emitter, scene.detector, (scene.seed, index)) for index, emitter in enumerate(scene.emitters)
        ]
        self.late: NDArray[np.uint16] | None = None
        """The same block half a slot later; None where nothing changes within slots."""
        self.keys: list[list[bool]] = []
        """For each emitter, in which slots of the last block it was on the air."""

    def next_block(self) -> NDArray[np.uint16]:
        """Millivolts at the detector's output for the next BLOCK_SLOTS slots."""
        scene = self._scene
        first = self._next_block * BLOCK_SLOTS
        self._next_block += 1
        power_mw = np.full(BLOCK_SLOTS, 10 ** (scene.noise_dbm / 10))
        late_mw = power_mw.copy()
        self.keys.clear()
        for emitter, keying, swing in zip(scene.emitters, self._keyings, self._swings, strict=True):
            is_on = keying.on(first)
            self.keys.append(is_on.tolist())
            spread_db = OFDM_SPREAD_DB * self._rng.standard_normal(BLOCK_SLOTS) if emitter.kind == "wifi" else 0.0
            power_mw += is_on * 10 ** ((emitter.level_dbm + spread_db + swing.db(first, 0.0)) / 10)
            late_mw += is_on * 10 ** ((emitter.level_dbm + spread_db + swing.db(first, SLOT_S / 2)) / 10)
        millivolts = self._detect(power_mw)
        if any(swing.is_swinging for swing in self._swings):
            self.late = self._detect(late_mw)
        return millivolts

    def _detect(self, power_mw: NDArray[np.floating]) -> NDArray[np.uint16]:
        detector = self._scene.detector
        volts = detector.slope_v_per_db * (detector.intercept_dbm - 10 * np.log10(power_mw))
        volts = np.clip(volts, detector.lowest_v, detector.highest_v)
        millivolts = volts * 1000 + detector.noise_mv * self._rng.standard_normal(BLOCK_SLOTS)
        return np.clip(np.rint(millivolts), 0, 5000).astype(np.uint16)


class _Swing:
    """How the envelope of one picture swings with its modulation, behind the detector's filter."""

    def __init__(self, emitter: Emitter, detector: Detector, seed: tuple[int, int]) -> None:
        self.is_swinging = emitter.kind == "analog_video" and emitter.slope_db_per_mhz != 0.0
        if not self.is_swinging:
            return
        rng = np.random.default_rng((*seed, 1))
        standard = NTSC if emitter.lines_per_s > NTSC_FROM_LINES_PER_S else PAL
        deviation_mhz = modulation(Transmitter(standard), FIELDS_SLOTS * SLOT_S, rng)
        hz = np.fft.rfftfreq(deviation_mhz.size, 1 / RATE_HZ)
        smooth = np.fft.irfft(np.fft.rfft(deviation_mhz) / (1 + 1j * hz / detector.filter_hz), deviation_mhz.size)
        self._db = emitter.slope_db_per_mhz * smooth
        self._repeat_s = standard.half_lines / standard.lines_per_s

    def db(self, first_slot: int, later_s: float) -> NDArray[np.float64] | float:
        """Of the block that begins with `first_slot`, so much later in each slot."""
        if not self.is_swinging:
            return 0.0
        t_s = (first_slot + np.arange(BLOCK_SLOTS, dtype=np.float64)) * SLOT_S + later_s
        at = np.floor((t_s % self._repeat_s) * RATE_HZ).astype(np.int64)
        swing: NDArray[np.float64] = self._db[np.minimum(at, self._db.size - 1)]
        return swing


class _Keying:
    """When one emitter is on the air."""

    def __init__(self, emitter: Emitter, seed: tuple[int, int]) -> None:
        if emitter.kind == "wifi" and not 0.01 <= emitter.duty_cycle <= 0.95:
            raise SceneError(Phrase("wifi_emitter_duty_cycle"))
        self._emitter = emitter
        self._rng = np.random.default_rng(seed)
        self._phase_s = float(self._rng.uniform(0, 0.1))
        self._bursts: list[tuple[float, float]] = []
        self._until_s = 0.0

    def on(self, first_slot: int) -> NDArray[np.bool_]:
        """True for each slot of the block in which the emitter transmits; blocks must be asked for in order."""
        t_s = (first_slot + np.arange(BLOCK_SLOTS, dtype=np.float64)) * SLOT_S
        alive: NDArray[np.bool_] = (t_s >= self._emitter.starts_s) & (t_s < self._emitter.ends_s)
        match self._emitter.kind:
            case "continuous" | "analog_video":
                return alive
            case "dect":
                return alive & ((t_s + self._phase_s) % DECT_FRAME_S < DECT_SLOT_S)
            case "ble":
                inside = (t_s + self._phase_s) % BLE_EVENT_S
                return alive & (inside < 3 * BLE_STEP_S) & (inside % BLE_STEP_S < BLE_PDU_S)
            case "wifi":
                return alive & self._wifi(t_s)

    def _wifi(self, t_s: NDArray[np.floating]) -> NDArray[np.bool_]:
        mean_burst_s = sum(WIFI_BURST_S) / 2
        mean_gap_s = mean_burst_s * (1 - self._emitter.duty_cycle) / self._emitter.duty_cycle
        while self._until_s <= t_s[-1]:
            begin = self._until_s + float(self._rng.exponential(mean_gap_s))
            self._until_s = begin + float(self._rng.uniform(*WIFI_BURST_S))
            self._bursts.append((begin, self._until_s))
        edges = np.asarray(self._bursts)
        self._bursts = [burst for burst in self._bursts if burst[1] > t_s[-1]]
        at = np.searchsorted(edges[:, 0], t_s, side="right") - 1
        is_on: NDArray[np.bool_] = (at >= 0) & (t_s < edges[np.maximum(at, 0), 1])
        return is_on

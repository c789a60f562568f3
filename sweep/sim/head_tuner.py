"""The 5.8 GHz receiver of an emulated sensor head (RX5808 class): takes register writes on its three lines, settles,
answers with a signal-strength voltage and with the sync edges that a separator finds in its video output. Input is pin
levels and what is on the air in a slot; output is millivolts and edges. It knows nothing of the emulator.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from sweep.sim.head_scene import Emitter, RfScene, Tuner

WORD_BITS = 25
SYNTH_REGISTER = 0x01
INTERMEDIATE_MHZ = 479
SLOT_S = 32e-6
SELECTIVITY_DB = 45.0
"""What a signal loses at most by lying off the tuned frequency (guessed)."""
LOCK_MHZ = 7.0
"""How far off a picture still comes through (guessed)."""
LOCK_DBM, LOCK_MARGIN_DB = -86.0, 6.0
"""A picture needs this level and this distance to everything else (guessed)."""
QUIETING_DBM = -85.0
"""Above it an unmodulated carrier silences the receiver's noise (guessed)."""


class TunerModel:
    """One receiver. `bit` and `select` follow the lines; `sample` is asked once per slot."""

    def __init__(self, scene: RfScene) -> None:
        self._emitters = scene.emitters
        self._tuner: Tuner = scene.tuner
        self._rng = np.random.default_rng((scene.seed, 1 << 21))
        self._data = 0
        self._bits: list[int] = []
        self._is_selected = False
        self._waited_s = math.inf
        self._gains_mw: list[float] = []
        self._phase = 0.0
        self._noise_per_slot = 0.5
        self.mhz: float | None = None
        self.words: list[int] = []
        """Register writes so far, as 25-bit numbers."""

    # --- the three lines

    def set_data(self, level: int) -> None:
        """The data line changed."""
        self._data = level & 1

    def set_clock(self, level: int) -> None:
        """The clock line changed; data counts at its rise."""
        if level & 1 and self._is_selected:
            self._bits.append(self._data)

    def set_select(self, level: int) -> None:
        """The select line changed; a word counts when it rises again."""
        self._is_selected = not level & 1
        if self._is_selected:
            self._bits.clear()
        elif len(self._bits) == WORD_BITS:
            self._take(sum(bit << place for place, bit in enumerate(self._bits)))

    def _take(self, word: int) -> None:
        self.words.append(word)
        if word & 0x0F != SYNTH_REGISTER or not word & 0x10:
            return
        divider = word >> 5
        self.mhz = 2.0 * ((divider >> 7) * 32 + (divider & 0x7F)) + INTERMEDIATE_MHZ
        self._waited_s = 0.0
        self._gains_mw = [self._gain_mw(emitter) for emitter in self._emitters]

    def _gain_mw(self, emitter: Emitter) -> float:
        """Power of an emitter behind the tuned filter while it transmits."""
        if emitter.centre_mhz is None or self.mhz is None:
            return 0.0
        half, off = emitter.width_mhz / 2, emitter.centre_mhz - self.mhz
        scale = self._tuner.filter_mhz * math.sqrt(2)
        share = 0.5 * (math.erf((off + half) / scale) - math.erf((off - half) / scale))
        # The filter at its centre takes in what is as narrow as itself: a carrier keeps its level.
        share /= math.erf(half / scale)
        return float(10 ** ((emitter.level_dbm + max(10 * math.log10(max(share, 1e-12)), -SELECTIVITY_DB)) / 10))

    # --- a slot

    def sample(self, is_on: Sequence[bool]) -> int:
        """A slot passes in which the emitters of the scene are on as given; returns edges of the sync separator."""
        if self.mhz is None:
            return 0
        self._waited_s += SLOT_S
        return self._edges(is_on)

    def rssi_mv(self, is_on: Sequence[bool]) -> int:
        """Voltage of the signal strength now."""
        tuner = self._tuner
        power_mw = 10 ** (tuner.noise_dbm / 10)
        power_mw += sum(gain for gain, on in zip(self._gains_mw, is_on, strict=False) if on)
        dbm = 10 * math.log10(power_mw)
        if self._waited_s < tuner.settle_s:  # still moving from wherever it was
            dbm = tuner.noise_dbm + float(self._rng.uniform(0, 40))
        level_mv = tuner.rssi_at_floor_mv + tuner.rssi_mv_per_db * (dbm - tuner.rssi_floor_dbm)
        level_mv = min(max(level_mv, tuner.rssi_at_floor_mv - 30), tuner.rssi_highest_mv)
        return max(0, round(level_mv + tuner.rssi_noise_mv * float(self._rng.standard_normal())))

    def _edges(self, is_on: Sequence[bool]) -> int:
        noise_mw = 10 ** (self._tuner.noise_dbm / 10)
        power = [gain if on else 0.0 for gain, on in zip(self._gains_mw, is_on, strict=True)]
        best = max(range(len(power)), key=power.__getitem__, default=None)
        if best is None or self._waited_s < self._tuner.settle_s:
            return self._noise()
        emitter, level_mw = self._emitters[best], power[best]
        rest_mw = noise_mw + sum(power) - level_mw
        is_clear = level_mw > 10 ** (LOCK_DBM / 10) and level_mw > rest_mw * 10 ** (LOCK_MARGIN_DB / 10)
        if (
            is_clear
            and emitter.kind == "analog_video"
            and abs((emitter.centre_mhz or 0.0) - (self.mhz or 0)) < LOCK_MHZ
        ):
            return self._line(emitter.lines_per_s)
        if level_mw > 10 ** (QUIETING_DBM / 10) and emitter.kind == "continuous":
            return 0
        return self._noise()

    def _line(self, lines_per_s: float) -> int:
        """Line syncs, twice as many around each vertical sync as equalising and broad pulses."""
        before = self._phase
        per_field, doubled = (262.5, 9.0) if lines_per_s > 15_700 else (312.5, 7.5)
        place = before % (per_field + doubled)
        step = lines_per_s * SLOT_S * (2.0 if place < 2 * doubled else 1.0)
        self._phase = before + step
        return int(self._phase) - int(before)

    def _noise(self) -> int:
        if self._rng.random() < 0.01:
            self._noise_per_slot = float(self._rng.uniform(0.2, 0.8))  # 6 to 25 thousand edges a second (guessed)
        return int(self._rng.random() < self._noise_per_slot)

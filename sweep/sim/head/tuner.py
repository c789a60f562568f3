"""The 5.8 GHz receiver of an emulated sensor head (RX5808 class): takes register writes on its three lines, settles,
answers with a signal-strength voltage and with the sync edges that a separator finds in its video output. Carriers near
the tuned frequency are simulated physically (fm_video.py), bursts and what lies farther off by their power. Input is
pin levels and what is on the air in a slot; output is millivolts and edges. It knows nothing of the emulator.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sweep.sim.head.fm_video import (
    FIELDS_SLOTS,
    NTSC,
    NTSC_FROM_LINES_PER_S,
    PAL,
    REACH_MHZ,
    Receiver,
    Standard,
    Transmitter,
    hear_noise,
    modulation,
    receive,
)
from sweep.sim.head.scene import Emitter, RfScene, Tuner

WORD_BITS = 25
SYNTH_REGISTER = 0x01
INTERMEDIATE_MHZ = 479
SLOT_S = 32e-6
SELECTIVITY_DB = 45.0
"""What a signal loses at most by lying off the tuned frequency (guessed)."""
CAPTURE_DB = 6.0
"""A discriminator follows the strongest signal when all others stay this far below it (guessed)."""
SWING_MHZ = 6.0
NOISE_S = 0.032
CLIP_S = FIELDS_SLOTS * SLOT_S
"""Noise is drawn once and shuffled, a picture for each frequency: two fields, repeated."""


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
        self._seed = scene.seed
        self._strongest: int | None = None
        self._carrier: tuple[list[int], list[float]] | None = None
        self._deviations: dict[int, NDArray[np.float32]] = {}
        self._noise_edges: list[int] | None = None
        self._at = 0
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
        self._carrier = None
        self._strongest = max(
            (at for at, emitter in enumerate(self._emitters) if self._is_carrier_here(emitter)),
            key=self._gains_mw.__getitem__,
            default=None,
        )

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

    def _is_carrier_here(self, emitter: Emitter) -> bool:
        if emitter.kind not in {"analog_video", "continuous"} or emitter.centre_mhz is None or self.mhz is None:
            return False
        return abs(emitter.centre_mhz - self.mhz) <= REACH_MHZ

    # --- a slot

    def sample(self, is_on: Sequence[bool]) -> int:
        """A slot passes in which the emitters of the scene are on as given; returns edges of the sync separator."""
        if self.mhz is None:
            return 0
        self._waited_s += SLOT_S
        if self._waited_s < self._tuner.settle_s:
            return self._noise()
        self._at += 1
        picture = self._hears_picture(is_on)
        return self._noise() if picture is None else picture[0][self._at % len(picture[0])]

    def rssi_mv(self, is_on: Sequence[bool]) -> int:
        """Voltage of the signal strength now."""
        tuner = self._tuner
        picture = self._hears_picture(is_on)
        power_mw = sum(gain for gain, on in zip(self._gains_mw, is_on, strict=False) if on)
        if picture is None:
            power_mw += 10 ** (tuner.noise_dbm / 10)
        else:  # instead of the flat gain, what the filter's slope makes of the swinging carrier; noise is in it
            power_mw += 10 ** (picture[1][self._at % len(picture[1])] / 10) - self._gains_mw[self._strongest or 0]
        dbm = 10 * math.log10(max(power_mw, 1e-15))
        if self._waited_s < tuner.settle_s:  # still moving from wherever it was
            dbm = tuner.noise_dbm + float(self._rng.uniform(0, 40))
        level_mv = tuner.rssi_at_floor_mv + tuner.rssi_mv_per_db * (dbm - tuner.rssi_floor_dbm)
        level_mv = min(max(level_mv, tuner.rssi_at_floor_mv - 30), tuner.rssi_highest_mv)
        return max(0, round(level_mv + tuner.rssi_noise_mv * float(self._rng.standard_normal())))

    def _hears_picture(self, is_on: Sequence[bool]) -> tuple[list[int], list[float]] | None:
        """Edges and level by slot of the strongest carrier here; None while it is off, covered, or there is none."""
        best = self._strongest
        if best is None or not is_on[best]:
            return None
        rest_mw = sum(
            gain for at, (gain, on) in enumerate(zip(self._gains_mw, is_on, strict=True)) if on and at != best
        )
        if rest_mw > self._gains_mw[best] * 10 ** (-CAPTURE_DB / 10):
            return None
        if self._carrier is None:
            self._carrier = self._receive(best)
        return self._carrier

    def _receive(self, best: int) -> tuple[list[int], list[float]]:
        emitter, tuner = self._emitters[best], self._tuner
        if best not in self._deviations:
            self._deviations[best] = self._modulate(best)
        heard = receive(
            self._deviations[best],
            Receiver(filter_mhz=tuner.filter_mhz),
            off_mhz=(emitter.centre_mhz or 0.0) - (self.mhz or 0.0),
            carrier_to_noise_db=emitter.level_dbm - tuner.noise_dbm,
            rng=np.random.default_rng((self._seed, best, round(self.mhz or 0.0))),
        )
        repeat = self._standard_of(best).repeat_slots
        return heard.edges[:repeat].tolist(), (heard.level_db[:repeat] + emitter.level_dbm).tolist()

    def _standard_of(self, best: int) -> Standard:
        return NTSC if self._emitters[best].lines_per_s > NTSC_FROM_LINES_PER_S else PAL

    def _modulate(self, best: int) -> NDArray[np.float32]:
        emitter, rng = self._emitters[best], np.random.default_rng((self._seed, best))
        sender = Transmitter(
            self._standard_of(best),
            swing_mhz=0.0 if emitter.kind == "continuous" else SWING_MHZ,
            brightness=float(rng.uniform(0.3, 0.6)),
            contrast=float(rng.uniform(0.3, 0.9)),
        )
        return modulation(sender, CLIP_S, rng)

    def _noise(self) -> int:
        if self._noise_edges is None:
            rng = np.random.default_rng((self._seed, 1 << 22))
            self._noise_edges = hear_noise(Receiver(), NOISE_S, rng).edges.tolist()
        # Anywhere in it for each slot: what was drawn once never shows a rhythm.
        return self._noise_edges[int(self._rng.random() * len(self._noise_edges))]

"""The inertial sensor of an emulated sensor head (LSM6DSO class): a hand that holds, turns and trembles, and the chip
that measures it, with registers behind a two-wire bus. Input is bus events and the time; output is acknowledges,
octets and the level of the data line. It knows nothing of the emulator, and what the hand really did stays in here:
the firmware gets counts with bias, noise and the chip's own sampling.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

ImuFault = Literal["none", "absent", "dead", "asleep", "held", "stretched"]
Vector = tuple[float, float, float]

# Bus events and answers as simavr packs them (sim_twi.h): condition, address octet and data in octets 1 to 3.
COND_START, COND_STOP, COND_ACK, COND_WRITE, COND_READ = 0x01, 0x02, 0x08, 0x10, 0x20

WHO_AM_I, CTRL1_XL, CTRL2_G, CTRL3_C, OUTX_L_G, OUTZ_H_A = 0x0F, 0x10, 0x11, 0x12, 0x22, 0x2D
BDU, IF_INC = 0x40, 0x04
RATE_HZ = (0.0, 12.5, 26.0, 52.0, 104.0, 208.0, 416.0, 833.0, 1666.0, 3332.0, 6664.0)
RATE_DPS_PER_COUNT = (0.00875, 0.0175, 0.035, 0.070)
ACCELERATION_G_PER_COUNT = (0.000061, 0.000488, 0.000122, 0.000244)
"""By the two bits of full scale: 2, 16, 4 and 8 g (datasheet of the LSM6DSO)."""
GYRO_START_S = 0.070
RATE_NOISE_DPS, ACCELERATION_NOISE_G = 0.075, 0.002
"""Of one sample at 833 Hz: the datasheet's 3.8 mdps and 110 ug per root hertz (derived, rounded up for the latter)."""
RATE_BIAS_DPS, ACCELERATION_BIAS_G = 1.0, 0.020
"""Zero level, typical (datasheet)."""
SWAY_HZ = (0.2, 0.9)
SWAY_SHARE = 0.6
SHAKE_G_PER_DPS = 0.004
"""Acceleration of a hand's tremor for each degree a second of it, half a metre from the elbow (derived: 0.5 m x 2 pi x
9 Hz, a tenth of it because the wrist takes the rest: guessed)."""


@dataclass(frozen=True, slots=True)
class Motion:
    """How the head is held and moved, and what is wrong with its inertial sensor."""

    fault: ImuFault = "none"
    """absent: nobody on the bus; dead: stops answering; asleep: loses its supply for a moment and with it its settings;
    held: keeps the data line down until `held_clocks` clocks have passed; stretched: keeps the clock down until the
    controller lets go of the bus."""
    fails_s: float = 0.0
    held_clocks: int = 5
    """0: it never lets go."""
    address: int = 0x6A
    who_am_i: int = 0x6C
    roll_deg: float = 0.0
    pitch_deg: float = 0.0
    turn_dps: float = 0.0
    """Steady turn about the vertical."""
    tremor_dps: float = 2.0
    """Root mean square of a hand's tremor about each axis (guessed: physiological, arm outstretched)."""
    tremor_hz: float = 9.0


class Hand:
    """Angles, rates and accelerations of a hand at any time, in closed form; the same seed gives the same hand."""

    def __init__(self, motion: Motion, seed: int) -> None:
        rng = np.random.default_rng((seed, 1 << 22))
        self._motion = motion
        # For each axis: tremor as three lines around its frequency, and a slow sway.
        self._lines: list[list[tuple[float, float, float]]] = []
        for _ in range(3):
            lines = [
                (
                    motion.tremor_dps * math.sqrt(2 / 3),
                    motion.tremor_hz * float(factor),
                    float(rng.uniform(0, math.tau)),
                )
                for factor in rng.uniform(0.85, 1.15, 3)
            ]
            sway = motion.tremor_dps * SWAY_SHARE * math.sqrt(2)
            lines.append((sway, float(rng.uniform(*SWAY_HZ)), float(rng.uniform(0, math.tau))))
            self._lines.append(lines)

    def _angle(self, axis: int, t_s: float) -> tuple[float, float, float]:
        """Deviation in degrees, its rate in degrees a second, and of the rate the part that is tremor."""
        angle = rate = tremor = 0.0
        for number, (amplitude_dps, hz, phase) in enumerate(self._lines[axis]):
            turn = math.tau * hz * t_s + phase
            angle -= amplitude_dps / (math.tau * hz) * math.cos(turn)
            rate += amplitude_dps * math.sin(turn)
            if number < 3:
                tremor += amplitude_dps * math.cos(turn)
        return angle, rate, tremor

    def at(self, t_s: float) -> tuple[Vector, Vector]:
        """Body rates in degrees a second and specific force in g, x y z; the latter is (0, 0, 1) upright at rest."""
        motion = self._motion
        (roll, roll_dps, shake_x), (pitch, pitch_dps, shake_y), (_, yaw_dps, shake_z) = (
            self._angle(axis, t_s) for axis in range(3)
        )
        roll, pitch = math.radians(motion.roll_deg + roll), math.radians(motion.pitch_deg + pitch)
        yaw_dps += motion.turn_dps
        rates = (
            roll_dps - yaw_dps * math.sin(pitch),
            pitch_dps * math.cos(roll) + yaw_dps * math.sin(roll) * math.cos(pitch),
            yaw_dps * math.cos(roll) * math.cos(pitch) - pitch_dps * math.sin(roll),
        )
        weight = (-math.sin(pitch), math.sin(roll) * math.cos(pitch), math.cos(roll) * math.cos(pitch))
        x, y, z = (w + SHAKE_G_PER_DPS * s for w, s in zip(weight, (shake_x, shake_y, shake_z), strict=True))
        return rates, (x, y, z)


class ImuModel:
    """One chip on the bus. `on_bus` takes what the controller does and answers through `reply`."""

    def __init__(self, motion: Motion, seed: int, now_s: Callable[[], float], reply: Callable[[int], object]) -> None:
        self._motion = motion
        self._hand = Hand(motion, seed)
        self._now_s = now_s
        self._reply = reply
        self._rng = np.random.default_rng((seed, 1 << 23))
        self._bias = np.concatenate(
            [self._rng.normal(0, RATE_BIAS_DPS / 2, 3), self._rng.normal(0, ACCELERATION_BIAS_G / 2, 3)]
        )
        self._registers = bytearray(128)
        self._switch_on()
        self._pointer = 0
        self._is_selected = False
        self._is_pointer_next = False
        self._gyro_since_s = math.inf
        self._sampled = -1
        self._clocks = 0
        self._has_failed = False
        self.is_data_held = False
        """The chip keeps the data line down."""
        self.is_clock_held = False
        """The chip keeps the clock down: the controller waits for ever."""

    def _switch_on(self) -> None:
        self._registers[:] = bytes(len(self._registers))
        self._registers[WHO_AM_I] = self._motion.who_am_i
        self._registers[CTRL3_C] = IF_INC

    # --- the bus

    def on_bus(self, event: int) -> None:
        """A condition or an octet on the bus, as simavr tells it."""
        condition, address, data = event >> 8 & 0xFF, event >> 16 & 0xFF, event >> 24 & 0xFF
        if condition & COND_STOP:
            self._is_selected = False
        if condition & COND_START:
            self._fail()
            self._is_selected = address >> 1 == self._motion.address and self._is_answering()
            self._is_pointer_next = not address & 1
            if self._is_selected:
                self._acknowledge()
        if not self._is_selected:
            return
        if condition & COND_WRITE:
            self._write(data)
            self._acknowledge()
        if condition & COND_READ:
            self._reply(COND_READ << 8 | self._read() << 24)

    def on_clock(self) -> None:
        """The controller moved the clock by hand, as it does to free the bus."""
        self._clocks += 1
        if self.is_data_held and self._motion.held_clocks and self._clocks >= self._motion.held_clocks:
            self.is_data_held = False

    def on_release(self) -> None:
        """The controller let go of the bus."""
        self.is_clock_held = False

    def _fail(self) -> None:
        if self._has_failed or self._now_s() < self._motion.fails_s:
            return
        self._has_failed = True
        self._clocks = 0
        if self._motion.fault == "asleep":
            self._switch_on()
        self.is_data_held = self._motion.fault == "held"
        self.is_clock_held = self._motion.fault == "stretched"

    def _is_answering(self) -> bool:
        if self.is_data_held or self.is_clock_held or self._motion.fault == "absent":
            return False
        return not (self._motion.fault == "dead" and self._has_failed)

    def _acknowledge(self) -> None:
        self._reply(COND_ACK << 8 | 1 << 24)

    # --- the registers

    def _write(self, data: int) -> None:
        if self._is_pointer_next:
            self._is_pointer_next = False
            self._pointer = data & 0x7F
            return
        if self._pointer != WHO_AM_I:
            if self._pointer == CTRL2_G and data >> 4 and not self._registers[CTRL2_G] >> 4:
                self._gyro_since_s = self._now_s()
            self._registers[self._pointer] = data
        self._advance()

    def _advance(self) -> None:
        if self._registers[CTRL3_C] & IF_INC:
            self._pointer = (self._pointer + 1) & 0x7F

    def _read(self) -> int:
        is_first = self._pointer == OUTX_L_G
        is_torn = not self._registers[CTRL3_C] & BDU  # each octet comes from the newest sample
        if OUTX_L_G <= self._pointer <= OUTZ_H_A and (is_first or is_torn):
            self._measure()
        octet = self._registers[self._pointer]
        self._advance()
        return octet

    def _measure(self) -> None:
        """Put the newest sample into the output registers, as the chip's own clock took it."""
        rate_hz = [RATE_HZ[min(self._registers[register] >> 4, 10)] for register in (CTRL2_G, CTRL1_XL)]
        sampled = math.floor(self._now_s() * max(rate_hz))
        if sampled == self._sampled:
            return
        self._sampled = sampled
        rates, force = self._hand.at(sampled / max(rate_hz)) if any(rate_hz) else ((0.0,) * 3, (0.0,) * 3)
        noise = self._rng.standard_normal(6) * ([RATE_NOISE_DPS] * 3 + [ACCELERATION_NOISE_G] * 3)
        values = np.array([*rates, *force]) + self._bias + noise
        values[:3] /= RATE_DPS_PER_COUNT[self._registers[CTRL2_G] >> 2 & 3]
        values[3:] /= ACCELERATION_G_PER_COUNT[self._registers[CTRL1_XL] >> 2 & 3]
        values[:3] *= bool(rate_hz[0]) and self._now_s() - self._gyro_since_s >= GYRO_START_S
        values[3:] *= bool(rate_hz[1])
        counts = np.clip(np.rint(values), -32_768, 32_767).astype(int)
        struct.pack_into("<6h", self._registers, OUTX_L_G, *counts.tolist())

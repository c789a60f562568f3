"""Samples of the head's inertial sensor: turns a wire batch into rates and accelerations with the tick of each sample.
Pure arithmetic; a sample that the head lost is left out, never made up.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from sweep.link.messages import Imu
from sweep.modality.motion import ImuSample
from sweep.phrases import Phrase

LOST = 255
RATE_DPS_PER_COUNT = 0.0175
"""At 500 degrees a second full scale (datasheets of LSM6DSO, LSM6DSOX and LSM6DS3TR-C)."""
ACCELERATION_G_PER_COUNT = 0.000122
"""At 4 g full scale (likewise)."""
IMU_COMPLAINTS = {
    3: Phrase("no_inertial_sensor_answers"),
    4: Phrase("other_inertial_sensor"),
    5: Phrase("inertial_sensor_bus_held_down"),
}
"""What is wrong, by the state that the head reports."""
_SAMPLE = struct.Struct("<6h")


def sample_ticks(batch: Imu) -> list[int | None]:
    """For each sample of a batch the slot in which its reading began (32 bits, wraps); None where it was lost."""
    return [
        None if late == LOST else (batch.tick + number * batch.period_slots + late) & 0xFFFFFFFF
        for number, late in enumerate(batch.late_slots)
    ]


def read_samples(batch: Imu, to_ns: Callable[[int], int]) -> list[ImuSample]:
    """The samples of a batch that are there; `to_ns` turns a tick into time."""
    samples = []
    for tick, counts in zip(sample_ticks(batch), _SAMPLE.iter_unpack(batch.samples), strict=True):
        if tick is None:
            continue
        x_dps, y_dps, z_dps = (count * RATE_DPS_PER_COUNT for count in counts[:3])
        x_g, y_g, z_g = (count * ACCELERATION_G_PER_COUNT for count in counts[3:])
        samples.append(ImuSample(to_ns(tick), (x_dps, y_dps, z_dps), (x_g, y_g, z_g)))
    return samples

"""The white light of the portable core beside the rule by which the Pi plans it."""

from __future__ import annotations

import ctypes
from ctypes import Structure, byref, c_uint8, c_uint16

from sweep.link.messages import SLOT_NS
from sweep.modality.white_lamp_rest import WhiteAccount
from tests.firmware.test_core import Bench

CHIP_SLOTS = 18_750
CHIP_S = CHIP_SLOTS * SLOT_NS / 1e9
CHIPS = (1, 1, 1, 1, 1, 1, 0) * 9 + (1,) * 9 + (0, 1) * 12
"""Runs ahead by 3 s in 4.2, so that it has to rest after 42 s; then a run that is cut, and light after the rest."""
SAMPLE_SLOTS = 625


class StimulusRun(Structure):
    _fields_ = (("chip_slots", c_uint16), ("chip_count", c_uint8), ("chips", c_uint8 * 16))


class ChipSequence(Structure):
    _fields_ = (("count", c_uint8), ("slots", c_uint16), ("chips", c_uint8 * 16))


def test_the_light_shines_when_the_plan_says_so(core: ctypes.CDLL) -> None:
    bench = Bench(core)
    bits = sum(chip << place for place, chip in enumerate(CHIPS)).to_bytes(16, "little")
    asked, sequence = StimulusRun(CHIP_SLOTS, len(CHIPS), (c_uint8 * 16)(*bits)), ChipSequence()
    assert core.lamps_plan_chips(byref(sequence), byref(asked)) == 0
    core.lamps_play(byref(bench.lamps), byref(sequence))
    light = WhiteAccount().play(0.0, CHIP_S, CHIPS)
    assert light.dark
    assert light.cuts_s
    differ = 0
    for at in range(len(CHIPS) * CHIP_SLOTS // SAMPLE_SLOTS):
        bench.heard()
        bench.slots(SAMPLE_SLOTS)
        t_s = (at + 1) * SAMPLE_SLOTS * SLOT_NS / 1e9
        planned = next((level for from_s, level in reversed(light.edges) if from_s <= t_s), 0)
        differ += planned != bench.lamps.lights & 1
    assert differ * SAMPLE_SLOTS * SLOT_NS / 1e9 < 0.5, "the core counts in rounds of 8 ms"

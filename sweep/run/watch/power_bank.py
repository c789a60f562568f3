"""How much a power bank still holds, as far as that can be said: energy drawn since it was plugged in against what its
label says.

The 5 V of a bank are made by a converter and stay 5 V until it ends, so no curve leads from the voltage to the charge.
Input is energy drawn (by the meter, else reckoned from what the probe does), which inputs have 5 V, and what persons
say of the bank; output is a share with the bounds that converter, age and ignorance leave, or no share and why.  A bank
that was changed while nobody looked is not taken for the one before.  Pure: whoever owns the meter feeds it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from sweep.report import BankInput, BankState

Charge = Literal["full", "unknown", "same"]

INPUTS: Final[tuple[BankInput, ...]] = ("a", "b")
CELL_V: Final = 3.7
"""What the milliampere hours of a label are meant at (hardware/power/loads.toml)."""
GIVES: Final = (0.53, 0.74, 0.87)
"""Share of the label's energy that comes out at the probe's 5 V, least, likely and most: the bank's converter and cable
0.75, 0.85, 0.92, the probe's own regulator 0.88, 0.92, 0.945 (hardware/power/loads.toml), a bank that has aged or was
printed generously 0.8, 0.945, 1 (guessed)."""
FULL: Final = (0.95, 1.0)
"""A bank that is called full: some call it that at their last light (guessed)."""
RECKONED_W: Final = {True: (6.0, 9.1, 12.0), False: (3.5, 5.2, 7.0)}
"""Where nothing measures: watts while a sweep goes on and otherwise, least, likely and most (hardware/power, its means,
a third off either way: guessed)."""


@dataclass(frozen=True, slots=True)
class Energy:
    """Watt hours drawn, least, likely and most."""

    least: float = 0.0
    likely: float = 0.0
    most: float = 0.0

    def plus(self, other: Energy) -> Energy:
        """Both together."""
        return Energy(self.least + other.least, self.likely + other.likely, self.most + other.most)


def measured(joules: float, error: float) -> Energy:
    """What a meter of that relative error says."""
    wh = joules / 3_600.0
    return Energy(wh * (1.0 - error), wh, wh * (1.0 + error))


def reckoned(seconds: float, *, is_sweeping: bool) -> Energy:
    """What the probe draws in that time, by the design's budget."""
    least, likely, most = (watts * seconds / 3_600.0 for watts in RECKONED_W[is_sweeping])
    return Energy(least, likely, most)


@dataclass(frozen=True, slots=True)
class PowerBank:
    """The bank that feeds the probe, as far as anybody knows."""

    capacity_mah: int | None = None
    at_first: tuple[float, float] = (0.0, 1.0)
    """How full it was when it was plugged in, least and most."""
    used: Energy = Energy()
    """Since then."""
    shared: Energy = Energy()
    """Drawn while a second one was plugged in, too: from which of them nobody knows."""
    inputs: frozenset[BankInput] | None = None
    """With 5 V, when last looked; None: nobody can tell."""
    at: BankInput | None = None
    """Where it is plugged in: the input that had 5 V alone."""
    is_measured: bool = False
    because: str | None = "bank_untold"
    """Why persons should say how full it is."""


def draw(bank: PowerBank, energy: Energy, inputs: frozenset[BankInput] | None, *, is_measured: bool) -> PowerBank:
    """The bank after so much more was drawn, with what has 5 V now; another one where the inputs tell of a swap."""
    bank = replace(bank, inputs=inputs, is_measured=is_measured)
    if inputs is not None and len(inputs) == 2:
        return replace(bank, shared=bank.shared.plus(energy))
    used = bank.used.plus(_either(bank.shared)).plus(energy)
    if not inputs:  # nobody can tell, or both lines are broken: the probe has supply
        return replace(bank, used=used, shared=Energy())
    (alone,) = inputs
    if bank.at in {None, alone} and not (bank.at is None and bank.shared.most > 0.0):
        return replace(bank, at=alone, used=used, shared=Energy())
    used = _either(bank.shared).plus(energy)
    return replace(bank, at=alone, used=used, shared=Energy(), at_first=(0.0, 1.0), because="bank_swapped")


def _either(energy: Energy) -> Energy:
    return Energy(0.0, energy.likely / 2.0, energy.most)


def was_off(bank: PowerBank) -> PowerBank:
    """The probe had no supply since: another bank may be plugged in, or this one was charged."""
    used = bank.used.plus(_either(bank.shared))
    return replace(bank, because="bank_after_off", shared=Energy(), used=used, at=None)


def tell(bank: PowerBank, capacity_mah: int, charge: Charge) -> PowerBank:
    """What a person says of the bank that is plugged in now."""
    if charge == "same":
        return replace(bank, capacity_mah=capacity_mah, because=None if bank.at_first[0] > 0.0 else "bank_untold")
    used = bank.used if bank.because == "bank_swapped" else Energy()  # a swap was seen when it was made
    is_full = charge == "full"
    return replace(
        bank,
        capacity_mah=capacity_mah,
        used=used,
        shared=Energy(),
        at_first=FULL if is_full else (0.0, 1.0),
        because=None if is_full else "bank_untold",
    )


def state_of(bank: PowerBank) -> BankState:
    """What is said of it."""
    used = bank.used.plus(_either(bank.shared))
    least, most, share = 0.0, 1.0, None
    if bank.capacity_mah is not None and bank.because != "bank_after_off":
        label_wh = bank.capacity_mah / 1_000.0 * CELL_V
        low_wh, likely_wh, high_wh = (label_wh * part for part in GIVES)
        most = _clamped(bank.at_first[1] - used.least / high_wh)
        least = min(most, _clamped(bank.at_first[0] - used.most / low_wh))
        if bank.because is None:
            share = min(most, max(least, _clamped(sum(bank.at_first) / 2.0 - used.likely / likely_wh)))
    return BankState(
        likely_share=None if share is None else round(share, 3),
        least_share=round(least, 3),
        most_share=round(most, 3),
        used_wh=round(used.likely, 2),
        is_measured=bank.is_measured,
        capacity_mah=bank.capacity_mah,
        inputs=None if bank.inputs is None else tuple(one for one in INPUTS if one in bank.inputs),
        because=bank.because,
    )


def _clamped(share: float) -> float:
    return min(1.0, max(0.0, share))

"""What is said of a power bank: never more than energy, label and persons allow."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweep.host.energy_meter import EnergyMeter
from sweep.host.i2c import I2cError
from sweep.report import BankInput, BankState, NoticeEvent
from sweep.run.watch.power_bank import CELL_V, GIVES, Charge, Energy, PowerBank, draw, measured, state_of, tell
from sweep.run.watch.power_bank_watch import PowerBankWatch, Sources
from sweep.run.watch.supply_watch import SupplyWatch

A: frozenset[BankInput] = frozenset({"a"})
B: frozenset[BankInput] = frozenset({"b"})
BOTH = A | B
Inputs = frozenset[BankInput] | None
STEP_S = 4.0


@dataclass
class Chip:
    """An INA219 as its data sheet has it, behind 10 mOhm."""

    registers: dict[int, int] = field(default_factory=lambda: {0x00: 0x399F, 0x01: 0, 0x02: 0})
    is_there: bool = True

    def carry(self, volts: float, amps: float) -> None:
        self.registers[0x01] = round(amps * 0.010 / 10e-6) & 0xFFFF
        self.registers[0x02] = round(volts / 4e-3) << 3 | 2  # a conversion is ready

    def transfer(self, address: int, write: bytes, read: int = 0) -> bytes:
        if not self.is_there or address != 0x40:
            raise I2cError("nobody answers")
        if len(write) == 3:
            self.registers[write[0]] = int.from_bytes(write[1:], "big")
        return self.registers[write[0]].to_bytes(read, "big") if read else b""


@dataclass
class Probe:
    """A watch on a clock of its own."""

    folder: Path
    chip: Chip | None = None
    inputs: Inputs = A
    now_s: float = 0.0
    boot_id: str = "one"

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        meter = None if self.chip is None else EnergyMeter(self.chip)
        sources = Sources(meter, lambda: self.inputs)
        self.watch = PowerBankWatch(self.folder, sources, boot_id=self.boot_id, clock_s=lambda: self.now_s)

    def run(self, minutes: float, watts: float = 9.3) -> BankState:
        state = self.watch.read(is_sweeping=True)
        for _ in range(max(1, round(minutes * 60 / STEP_S))):
            self.now_s += STEP_S
            if self.chip is not None:
                self.chip.carry(5.0, watts / 5.0)
            state = self.watch.read(is_sweeping=True)
        return state


def test_the_meter_is_read_as_its_data_sheet_says() -> None:
    chip = Chip()
    assert EnergyMeter(chip).had_no_supply
    assert chip.registers[0x00] == 0x0FFF
    meter = EnergyMeter(chip)
    assert not meter.had_no_supply
    said = meter.read()
    for volts, amps in ((5.02, 1.6), (5.0, -0.25)):
        chip.carry(volts, amps)
        said = meter.read()
        assert (said.volts, said.amps) == pytest.approx((volts, amps), abs=3e-3)
    assert said.watts == pytest.approx(-1.25, abs=0.02)
    chip.registers[0x00] = 0x1234
    with pytest.raises(I2cError, match="no INA219"):
        EnergyMeter(chip)


def test_what_a_bank_gives_is_that_of_the_power_budget(repo_root: Path) -> None:
    loads = tomllib.loads((repo_root / "hardware" / "power" / "loads.toml").read_text(encoding="utf-8"))
    least, likely, most = GIVES
    both = loads["bank"]["efficiency"] * loads["converter"]["efficiency"]
    assert least < both * loads["bank"]["usable"] < likely < both < most
    assert loads["bank"]["cell_v"] == CELL_V


def test_nothing_is_said_before_somebody_said_what_the_bank_is(tmp_path: Path) -> None:
    probe = Probe(tmp_path, Chip())
    state = probe.run(10.0)
    assert (state.likely_share, state.least_share, state.most_share, state.because) == (None, 0.0, 1.0, "bank_untold")
    probe.watch.tell(20_000, "unknown")
    state = probe.run(60.0)
    assert (state.likely_share, state.least_share, state.because) == (None, 0.0, "bank_untold")
    assert state.most_share == pytest.approx(1.0 - 9.3 / (74.0 * GIVES[2]), abs=0.01), (
        "no more than a full one has left"
    )


def test_a_full_bank_runs_down_within_bounds_that_hold_what_banks_really_give(tmp_path: Path) -> None:
    probe = Probe(tmp_path, Chip())
    probe.watch.tell(20_000, "full")
    state = probe.run(1.0)
    for minutes in (59.0, 60.0, 60.0):
        state = probe.run(minutes)
        for gives in (0.55, 0.65, 0.75, 0.86):
            true = 1.0 - state.used_wh / (74.0 * gives)
            assert state.least_share - 0.001 <= max(0.0, true) <= state.most_share + 0.001
    assert state.likely_share == pytest.approx(1.0 - 27.9 / (74.0 * GIVES[1]) - 0.025, abs=0.01)
    assert state.is_measured


def test_a_swap_is_seen_and_the_next_bank_is_asked_for(tmp_path: Path) -> None:
    probe = Probe(tmp_path, Chip())
    probe.watch.tell(10_000, "full")
    state = probe.run(60.0)
    for inputs, minutes in ((BOTH, 0.5), (B, 1.0)):
        probe.inputs = inputs
        state = probe.run(minutes)
    assert (state.likely_share, state.because, state.inputs) == (None, "bank_swapped", ("b",))
    assert state.used_wh < 0.3, "of the new one"
    probe.watch.tell(10_000, "full")
    state = probe.run(1.0)
    assert state.because is None
    assert state.likely_share is not None
    assert state.likely_share > 0.95


def test_a_second_bank_that_is_pulled_out_again_changes_nothing(tmp_path: Path) -> None:
    probe = Probe(tmp_path, Chip())
    probe.watch.tell(10_000, "full")
    before = state = probe.run(60.0)
    for inputs in (BOTH, A):
        probe.inputs = inputs
        state = probe.run(1.0)
    assert state.because is None
    assert state.likely_share is not None
    assert before.likely_share is not None
    assert before.likely_share - 0.02 < state.likely_share <= before.likely_share


@pytest.mark.parametrize("way", ["program", "machine"])
def test_what_is_known_outlives_the_program_and_not_a_time_without_supply(tmp_path: Path, way: str) -> None:
    chip = Chip()
    probe = Probe(tmp_path, chip)
    probe.watch.tell(10_000, "full")
    before = probe.run(60.0)
    probe.watch.close()
    if way == "program":
        probe.now_s += 60.0  # while no program ran
    else:
        probe.chip, probe.boot_id = Chip(), "two"
    probe.start()
    state = probe.run(0.1)
    assert before.likely_share is not None
    if way == "program":
        assert state.used_wh == pytest.approx(before.used_wh + 5.2 / 60.0, abs=0.03), "reckoned"
        assert state.because is None
        return
    assert (state.likely_share, state.least_share, state.most_share, state.because) == (
        None,
        0.0,
        1.0,
        "bank_after_off",
    )
    probe.watch.tell(10_000, "same")
    state = probe.run(0.1)
    assert state.likely_share == pytest.approx(before.likely_share, abs=0.01)


def test_without_a_meter_it_is_reckoned_and_the_bounds_are_wide(tmp_path: Path) -> None:
    chip = Chip()
    metered, reckoned = Probe(tmp_path / "a", chip), Probe(tmp_path / "b", None, None)
    for probe in (metered, reckoned):
        probe.folder.mkdir()
        probe.watch.tell(20_000, "full")
    one, other = metered.run(90.0), reckoned.run(90.0)
    assert (one.is_measured, other.is_measured, other.inputs) == (True, False, None)
    assert other.most_share - other.least_share > one.most_share - one.least_share
    chip.is_there = False
    assert not metered.run(0.1).is_measured, "a meter that fails is no reason to say nothing"


def test_a_file_that_is_damaged_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "bank.json").write_text('{"bank": 3}', encoding="utf-8")
    assert Probe(tmp_path).run(0.1).because == "bank_untold"


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.floats(0, 5_000), st.sampled_from([None, frozenset[BankInput](), A, B, BOTH])), max_size=30),
    st.sampled_from(["full", "unknown", "same"]),
    st.integers(1_000, 100_000),
)
def test_bounds_hold_whatever_happens(steps: list[tuple[float, Inputs]], charge: Charge, mah: int) -> None:
    bank = tell(PowerBank(), mah, charge)
    total = Energy()
    for joules, inputs in steps:
        energy = measured(joules, 0.02)
        total = total.plus(energy)
        bank = draw(bank, energy, inputs, is_measured=True)
        state = state_of(bank)
        assert 0.0 <= state.least_share <= state.most_share <= 1.0
        assert state.likely_share is None or state.least_share <= state.likely_share <= state.most_share
        assert (state.likely_share is None) == (state.because is not None)
        assert state.used_wh <= total.likely + 0.01
    assert state_of(bank).capacity_mah == mah


def test_a_swap_that_dips_and_a_bank_that_comes_in_time_close_no_sweep_and_an_empty_one_does() -> None:
    """Six hours in the field: one bank runs down, the other is plugged in late, at last nobody changes it."""
    now_s = 0.0
    watch = SupplyWatch(clock_s=lambda: now_s)

    def run(volts: float, seconds: float) -> list[tuple[str, bool]]:
        nonlocal now_s
        said = []
        for _ in range(round(seconds / 0.5)):
            now_s += 0.5
            watch.take_battery(volts)
            said += [(event.code, event.is_over) for event in watch.look() if isinstance(event, NoticeEvent)]
        return said

    assert run(5.05, 3 * 3_600.0) == []
    assert run(4.3, 2.0) == [("battery_low", False)], "the plug slips out: held by what the carrier stores"
    assert run(5.05, 5.0) == [("battery_low", True)]
    assert run(4.5, 600.0) == [("battery_low", False)], "low, and nothing is closed yet"
    assert run(5.1, 3 * 3_600.0) == [("battery_low", True)]
    assert watch.must_close is None
    run(4.3, 4.5)
    assert watch.must_close == "battery_low"


def test_a_bank_is_called_low_at_a_fifth_and_closes_the_sweep_at_a_twentieth() -> None:
    now_s, bank = 0.0, PowerBank(10_000, at_first=(1.0, 1.0), inputs=A, at="a", because=None)
    watch = SupplyWatch(read_bank=lambda: state_of(bank), clock_s=lambda: now_s)

    def at(share: float, inputs: Inputs = A) -> list[tuple[str, bool]]:
        nonlocal now_s, bank
        now_s += 1.0
        drawn = (1.0 - share) * 10.0 * CELL_V * GIVES[1]
        bank = replace(bank, used=Energy(drawn, drawn, drawn), inputs=inputs)
        return [(event.code, event.is_over) for event in watch.look() if isinstance(event, NoticeEvent)]

    assert at(0.21) == []
    assert at(0.20) == [("bank_low", False)]
    assert at(0.22) == [], "no flicker"
    assert at(0.04, BOTH) == [("bank_low", True)], "a second one is plugged in"
    assert watch.must_close is None
    assert at(0.06) == [("bank_low", False)]
    assert watch.must_close is None
    at(0.05)
    assert watch.must_close == "battery_low"


def test_of_a_bank_that_nobody_told_of_counts_what_it_holds_at_most() -> None:
    now_s, bank = 0.0, PowerBank(10_000, inputs=A, at="a")
    watch = SupplyWatch(read_bank=lambda: state_of(bank), clock_s=lambda: now_s)
    most_wh = 10.0 * CELL_V * GIVES[2]
    for used_share, code in ((0.7, None), (0.85, "bank_low")):
        now_s += 1.0
        bank = replace(bank, used=Energy(*[most_wh * used_share] * 3))
        assert [event.code for event in watch.look() if isinstance(event, NoticeEvent)] == [code] * (code is not None)
    assert watch.must_close is None

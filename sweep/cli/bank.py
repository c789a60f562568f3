"""The account of the power bank, put together from the settings: meter, lines of the inputs, state folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from sweep.cli.config import Config
from sweep.cli.output import remark
from sweep.host.carrier import I2C_BUS
from sweep.host.clock import read_boot_id
from sweep.host.energy_meter import EnergyMeter
from sweep.host.gpio import LineError, LinePlace
from sweep.host.i2c import I2cBus, I2cError
from sweep.phrases import Phrase, phrase_of
from sweep.report import BankInput
from sweep.run.watch.power_bank_watch import InputLines, PowerBankWatch, Sources

Cell = Phrase | str
"""Of a table."""


@contextmanager
def open_bank(settings: Config, bus: str = I2C_BUS) -> Iterator[PowerBankWatch]:
    """An account for as long as the program runs; what the carrier lacks, or does not answer, is said and reckoned."""
    with ExitStack() as opened:
        sources = Sources()
        if settings.lines is not None and settings.lines.bank_a is not None:
            try:
                meter = EnergyMeter(opened.enter_context(I2cBus(bus)))
                sources = Sources(meter, sources.inputs)
            except I2cError as error:
                remark("energy_meter_unreadable", why=error)
            try:
                lines = InputLines(_places(settings))
                opened.callback(lines.close)
                sources = Sources(sources.meter, lines.read)
            except LineError as error:
                remark("power_inputs_unreadable", why=error)
        settings.state_folder.mkdir(parents=True, exist_ok=True)
        watch = PowerBankWatch(settings.state_folder, sources, boot_id=str(read_boot_id()))
        opened.callback(watch.close)
        yield watch


def supply_rows(settings: Config, bus: str = I2C_BUS) -> list[tuple[Cell, Cell, Cell, Cell]]:
    """Rows of `sweep doctor`: what the meter says, and which inputs have 5 V; none without a carrier that has them."""
    if settings.lines is None or settings.lines.bank_a is None:
        return []
    try:
        with I2cBus(bus) as wire:
            drawn = EnergyMeter(wire).read()
        meter: tuple[Cell, Cell] = (f"{drawn.volts:.2f} V, {drawn.amps:.2f} A", "")
    except I2cError as error:
        meter = (Phrase("missing"), phrase_of(error))
    try:
        lines = InputLines(_places(settings))
        seen = lines.read() or frozenset()
        lines.close()
        nothing = (Phrase("none"), Phrase("advice_fed_past_inputs"))
        inputs: tuple[Cell, Cell] = (", ".join(sorted(seen)), "") if seen else nothing
    except LineError as error:
        inputs = (Phrase("not_read"), phrase_of(error))
    return [
        (Phrase("power_meter"), Phrase("bank_in_per_cent"), *meter),
        (Phrase("inputs_with_5_v"), Phrase("bank_swap"), *inputs),
    ]


def _places(settings: Config) -> dict[BankInput, LinePlace]:
    places: dict[BankInput, LinePlace | None] = {"a": settings.line("bank_a"), "b": settings.line("bank_b")}
    return {name: place for name, place in places.items() if place is not None}

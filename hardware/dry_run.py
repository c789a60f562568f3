"""The first power-up without a board: what each line of the guide would read, by simulation and the emulated head.

Job: fill the column "dry run" of `BUILD.md`. Input: the decks of `spice/`, the built firmware in the emulator
(`sweep.sim`), the exported enclosure; output: a few words a step, and whether the line of the guide is met. Not a
measurement: a board that is soldered wrongly, rings or drops out shows none of it. `python -m hardware.dry_run` prints
all, `python -m hardware.dry_run write` puts them into the guide.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hardware.enclosure import layout, mesh
from hardware.spice import bench
from sweep import phrases
from sweep.host.carrier import CAMERA_FOLLOWS_S
from sweep.link import messages
from sweep.link.frame import encode
from sweep.link.head import Head, SerialPort
from sweep.link.self_test import count_faults, judge, walk
from sweep.sim.head.avr import CLOCK_HZ
from sweep.sim.head.emulated import EmulatedHead, RfScene
from sweep.sim.head.machine import HeadMachine
from sweep.sim.head.pads import Assembly

GUIDE = Path(__file__).parent / "BUILD.md"
STEP = re.compile(r"^\| (\d+[a-z]?)\. ")
NOT_SIMULATED = "not simulated"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a bench would read at one step."""

    words: str
    source: str
    """spice, emulator, formula or model."""
    is_met: bool
    """Whether the guide's line holds."""


def supply_on() -> Reading:
    """Quiescent currents by data sheet, no modules plugged in."""
    adc = layout.interfaces()["adc"]
    reference_ma = (5.0 - 2.5) / float(adc["reference_ohm"]) * 1e3
    light_ma = (5.0 - 2.0) / 1000 * 1e3
    chips_ma = 5.2 + 1.0  # LM1881; regulators, logic and thermometer together (guessed)
    total = reference_ma + light_ma + chips_ma
    return Reading(f"about {total:.0f} mA", "formula", total < 60)


def gates_low() -> Reading:
    """Leakage of a lamp whose gate nobody drives."""
    amps = bench.run("brownout", bench.brownout())["i_floating"]
    return Reading(f"{amps * 1e9:.0f} nA a string", "spice", amps < 1e-6)


def lamp_rail() -> Reading:
    """The boost converter's divider; its own loop is not simulated."""
    volts = 0.795 * (1 + 215 / 10)
    return Reading(f"{volts:.1f} V", "formula", 17.4 < volts < 18.4)


def by_hand() -> Reading:
    """A strobe touched by hand."""
    values = bench.hand()
    found = bench.run("hand", values)
    kathode = values["v_rail"] - values["rload"] * found["i_peak"]
    words = f"one pulse of {found['t_lit'] * 1e3:.2f} ms, K1 at {kathode:.1f} V, then {found['i_later'] * 1e6:.0f} uA"
    return Reading(words, "spice", 2.1e-3 < found["t_lit"] < 2.7e-3 and found["i_later"] < 1e-3)


def lamps() -> Reading:
    """A string of the ring at the firmware's longest pulse."""
    found = bench.run("lamp", bench.lamp())
    volts = found["i_end"] * bench.lamp()["rsense"]
    words = f"{found['i_end'] * 1e3:.0f} mA, {volts:.2f} V, edges {found['t_rise'] * 1e6:.1f} us"
    return Reading(words, "spice", 0.095 < found["i_end"] < 0.115)


def white() -> Reading:
    """White current, and when the counter of the carrier ends it."""
    amps = bench.run("rail", bench.rail())["i_white"]
    seconds = bench.run("counter", bench.counter("white"))["period"] / 4 * 8192
    return Reading(
        f"{amps * 1e3:.0f} mA, off after {seconds:.1f} s", "spice", 0.38 < amps < 0.42 and 4.6 < seconds < 6.5
    )


def pi_supply() -> Reading:
    """5 V at the Pi while white comes on, fed by a regulator of the case; everything else at its peak."""
    nominal, low = (
        bench.run("rail", bench.rail(volts))["v_least"] for volts in (bench.REGULATOR_V, bench.REGULATOR_LEAST_V)
    )
    words = f"{nominal:.2f} V; {low:.2f} V from a regulator of {bench.REGULATOR_LEAST_V:g} V"
    return Reading(words, "spice", nominal > 4.8 and low > 4.75)


def camera_line() -> Reading:
    """The enable line of the camera's supply: pulled down by the Pi too, and were it pulled up."""
    camera = layout.interfaces()["camera"]
    down, ups = float(camera["enable_pulldown_ohm"]), [float(ohm) for ohm in camera["pi_pull_up_ohm"]]
    most, least = (float(camera["pi_supply_max_v"]) * down / (down + ohm) for ohm in sorted(ups))
    words = f"{down / 1e3:.1f} kohm; 0 V, were it pulled up {least:.2f} to {most:.2f} V"
    return Reading(words, "formula", most < float(camera["switch_off_below_v"]))


def camera_dark() -> Reading:
    """The camera's supply while the Pi gets its own and drives nothing; then with nothing at the ribbon."""
    pulled_up, alone = (bench.run("camera", bench.camera() | more) for more in ({}, {"r_pull": 1e9}))
    words = (
        f"light 0 mA; EN {pulled_up['v_enable']:.2f} V at most, were it pulled up, {alone['v_enable']:.2f} V with the "
        "ribbon pulled"
    )
    is_dark = max(pulled_up["i_dark"], alone["i_dark"]) < 1e-6
    return Reading(words, "spice", is_dark and pulled_up["v_enable"] < bench.camera()["v_on"])


def camera_lit() -> Reading:
    """GPIO17 driven high."""
    got = bench.run("camera", bench.camera() | {"v_pi": 3.3})
    words = f"{got['v_cam']:.2f} V at CAM, {got['v_read']:.2f} V at GPIO4, light {got['i_light'] * 1e3:.0f} mA"
    return Reading(words, "spice", got["v_cam"] > 3.2 and got["v_read"] > 2.0 and got["i_light"] > 1e-3)


def camera_released() -> Reading:
    """Who drove GPIO17 is killed: the kernel makes an input of it."""
    got = bench.run("camera", bench.camera())
    words = f"light off after {got['t_lit'] * 1e3:.1f} ms"
    return Reading(words, "spice", got["t_lit"] < CAMERA_FOLLOWS_S and got["v_later"] < 0.1)


def light_leak() -> Reading:
    """Straight lines from the LEDs to the lens that the printed front plate and the ring board let through."""
    plate = mesh.union([mesh.part("front_plate"), mesh.contents()["ring board"]])
    top = layout.ring_front() + layout.boards()["body"]["ir"][2]
    open_ways = sum(
        not mesh.is_blocked(plate, (x, y, top), (0.0, 0.0, layout.lens_front())) for x, y in layout.ring_leds()
    )
    return Reading(f"{open_ways} of {len(layout.ring_leds())} straight ways open", "model", open_ways == 0)


CALCULATED: Mapping[str, Callable[[], Reading]] = {
    "1": supply_on,
    "2": gates_low,
    "3": lamp_rail,
    "4": by_hand,
    "5": lamps,
    "6": white,
    "8": pi_supply,
    "9": camera_line,
    "9a": camera_dark,
    "9b": camera_lit,
    "9c": camera_released,
    "10": light_leak,
}


def emulated_doctor() -> Reading:
    """`sweep doctor --head` on an emulated head that is soldered well."""
    with (
        EmulatedHead(RfScene(assembly=Assembly()), paced=True) as head,
        SerialPort(head.port, read_timeout_s=0.02) as port,
    ):
        known = Head(port)
        readings = walk(known, step_s=0.1)
        rows = judge(readings, known.losses)
    shown = {}
    for row in rows:
        measured = phrases.words(row.measured, "en").split(", ")
        shown[phrases.words(row.part, "en")] = ", ".join(measured[:2])  # without the count of samples
    wanted = ("supply", "reference", "line")
    said = f"{count_faults(rows)} faults of {len(rows)} rows: " + "; ".join(f"{name} {shown[name]}" for name in wanted)
    return Reading(said, "emulator", count_faults(rows) == 0)


def emulated_white() -> Reading:
    """How long the firmware lets white burn while the host keeps talking."""
    on, off = _white_edges(0.04, 5.2)
    return Reading(f"the firmware ends it after {off - on:.1f} s", "emulator", off - on <= 4.5)


def emulated_silence() -> Reading:
    """How long white burns after the host's last word."""
    on, off = _white_edges(0.4, 0.4)
    return Reading(f"white off {(off - on) * 1e3:.0f} ms after the last word", "emulator", off - on <= 0.1)


def _white_edges(word_every_s: float, seconds: float) -> tuple[float, float]:
    """When white went on and off (s), told once to light."""
    machine = HeadMachine(RfScene(), is_watching_pins=True, is_swift=True)
    machine.run(0.02)
    machine.send(encode(messages.LightSet(0, 1), 0))
    for number in range(1, round(seconds / word_every_s) + 1):
        machine.run(word_every_s)
        machine.send(encode(messages.KeepAlive(), number & 0xFF))
    edges = [edge for edge in machine.edges if edge.pin == "white"]
    machine.close()
    on, off = (next(edge.cycle for edge in edges if edge.level == level) / CLOCK_HZ for level in (1, 0))
    return on, off


EMULATED: Mapping[str, Callable[[], Reading]] = {"5": emulated_doctor, "6": emulated_white, "7": emulated_silence}


def cells(steps: Mapping[str, Callable[[], Reading]]) -> dict[str, Reading]:
    """Run each."""
    return {step: read() for step, read in steps.items()}


def cell(readings: list[Reading]) -> str:
    """What the guide shows for a step: the words of each source, and whether the line holds."""
    if not readings:
        return NOT_SIMULATED
    words = "; ".join(f"{reading.words} ({reading.source})" for reading in readings)
    return words if all(reading.is_met for reading in readings) else f"**not met**: {words}"


def with_cells(text: str, shown: Mapping[str, str]) -> str:
    """The guide with its third column filled; a step that is not shown keeps what it has."""

    def filled(line: str) -> str:
        step = STEP.match(line)
        if step is None or step[1] not in shown:
            return line
        columns = line.split(" | ")
        return " | ".join([*columns[:2], shown[step[1]], *columns[3:]])

    return "\n".join(filled(line) for line in text.splitlines()) + "\n"


def steps(text: str) -> dict[str, str]:
    """Step to the words of its third column."""
    return {m[1]: line.split(" | ")[2] for line in text.splitlines() if (m := STEP.match(line))}


def main(words: list[str]) -> int:
    """Print all, or with `write` put them into the guide; 1 where a line is not met."""
    calculated, emulated = cells(CALCULATED), cells(EMULATED)
    text = GUIDE.read_text(encoding="utf-8")
    found = {step: [each[step] for each in (calculated, emulated) if step in each] for step in steps(text)}
    shown = {step: cell(readings) for step, readings in found.items()}
    if words == ["write"]:
        GUIDE.write_text(with_cells(text, shown), encoding="utf-8")
    print("\n".join(f"{step:>3}  {cell}" for step, cell in shown.items()))
    return 0 if all(reading.is_met for readings in found.values() for reading in readings) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The circuit simulations: parameters from `interfaces.toml`, `pins.toml`, `limits.toml`, run by ngspice in batch mode.

Job: put parameters in front of a deck (`*.cir`), run it, return its `.meas` results. Input: the name of a deck and
values that override its parameters, which is how a test breaks a part; output: name to value, in volts, amperes,
seconds, hertz. Behavioural where the part is logic (one-shot, counter): the decks check that the values around the
parts keep the promises of the safety assessment, not the makers' silicon. `python -m hardware.spice.bench` prints them.
"""

from __future__ import annotations

import math
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, TypedDict

from hardware.power import budget

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
MEASURED = re.compile(r"^(\w+)\s*=\s*([-+0-9.eE]+)")
FAILED = re.compile(r"^\s*(?:meas.*fail|.*measurement.*fail|error)", re.IGNORECASE)


class SpiceError(RuntimeError):
    """ngspice is missing, refused the deck, or a measurement found nothing; one line."""


@cache
def boards() -> dict[str, Any]:
    """`interfaces.toml`."""
    return tomllib.loads((HERE.parent / "interfaces.toml").read_text(encoding="utf-8"))


@cache
def firmware_limits() -> dict[str, Any]:
    """`firmware/limits.toml`."""
    return tomllib.loads((ROOT / "firmware" / "limits.toml").read_text(encoding="utf-8"))


@cache
def pins() -> dict[str, Any]:
    """`firmware/board/atmega328p/pins.toml`."""
    path = ROOT / "firmware" / "board" / "atmega328p" / "pins.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def sink(group: str) -> dict[str, float]:
    """Parameters of a current sink and what feeds it."""
    wiring, table = boards()["group"][group], boards()["sink"]
    values = {
        "rsense": wiring["sense_resistor_ohm"],
        "rgate": table["gate_resistor_ohm"],
        "rpulldown": table["gate_pulldown_ohm"],
        "i_nominal": table["clamp_vbe_v"] / wiring["sense_resistor_ohm"],
        "v_rail": boards()["rail"]["lamp_v"],
        "x_vf": 0.0,
    }
    if "reservoir_uf" in wiring:
        values |= {"rcharge": wiring["charge_resistor_ohm"], "cres": wiring["reservoir_uf"] * 1e-6}
    return values


def lamp(group: str = "on_axis") -> dict[str, float]:
    """The firmware's longest pulse at its closest spacing; the reservoir starts at its mean."""
    limit = firmware_limits()["lamp"][group]
    pulse_s = limit["max_pulse_us"] * 1e-6
    period_s = pulse_s * limit["duty_divisor"]
    values = sink(group)
    mean_a = boards()["group"][group]["strings"] * values["i_nominal"] * pulse_s / period_s
    times = {"t_delay": 1e-3, "t_pulse": pulse_s, "t_period": period_s, "t_end": 1e-3 + period_s}
    return values | times | {"v_start": values["v_rail"] - mean_a * values["rcharge"]}


FRAMES_A_GROUP, FRAMES_1_S = 3, 60.0
"""A triple of clips (sweep/lens/optics.toml, fps)."""


def short(group: str = "on_axis") -> dict[str, float]:
    """A nominal and a short pulse at their place in a row of triples."""
    values, pulse = sink(group), boards()["pulse"]
    times = {"t_long": pulse["nominal_us"] * 1e-6, "t_short": pulse["short_us"] * 1e-6}
    group_s = FRAMES_A_GROUP / FRAMES_1_S
    mean_a = boards()["group"][group]["strings"] * values["i_nominal"] * times["t_long"] / group_s
    return values | times | {"t_group": group_s, "v_start": values["v_rail"] - mean_a * values["rcharge"]}


def red() -> dict[str, float]:
    """A burst of red at its slowest: from the first pulse to the last."""
    limit = firmware_limits()["lamp"]["red"]
    pulse_s, period_s = limit["max_pulse_us"] * 1e-6, limit["max_gap_us"] * 1e-6
    last_s = math.floor((limit["burst_ms"] * 1e-3 - pulse_s) / period_s) * period_s
    return sink("red") | {"t_pulse": pulse_s, "t_period": period_s, "t_last": last_s, "t_burst": last_s + 4e-3}


def bursts(hertz: float = 100.0) -> dict[str, float]:
    """Red asked for without end, so many pulses a second: what keeps it from flickering."""
    table = boards()["limiter"]
    values = {"t_pulse": 0.7 * table["red_ohm"] * table["red_nf"] * 1e-9, "t_period": 1 / hertz, "t_end": 2.0}
    for name, key, unit in (
        ("gap", "gap", "nf"),
        ("rest", "rest", "uf"),
        ("burst", "burst", "uf"),
        ("burstrest", "burst_rest", "uf"),
    ):
        scale = {"nf": 1e-9, "uf": 1e-6}[unit]
        values |= {f"r{name}": table[f"red_{key}_ohm"], f"c{name}": table[f"red_{key}_{unit}"] * scale}
    return values


def pulse_scale(got: dict[str, float]) -> float:
    """Light of the short pulse over that of the nominal one."""
    return got["q_short"] / got["q_long"]


def limiter(group: str = "on_axis") -> dict[str, float]:
    """The group's one-shot with a strobe that never falls."""
    kind = "red" if group == "red" else "ir"
    table = boards()["limiter"]
    timing = {"rtime": table[f"{kind}_ohm"], "ctime": table[f"{kind}_nf"] * 1e-9}
    return sink(group) | timing | {"t_high": 1.0, "t_toggle": 2.0, "t_end": 12e-3}


def hand(group: str = "on_axis") -> dict[str, float]:
    """First power-up, step 4: select clipped to 5 V, a wire touched to the strobe, which has a capacitor to ground."""
    table = limiter(group)
    kept = {name: table[name] for name in ("rsense", "rgate", "rpulldown", "i_nominal", "v_rail", "rtime", "ctime")}
    return kept | {
        "rcharge": table["rcharge"],
        "cres": table["cres"],
        "rload": 100.0,
        "rstrobe": 10e3,  # R16
        "cstrobe": 10e-6,
        "resr": 1.0,  # of a small electrolytic (guessed)
        "v_select": 5.0,
        "bounce": 1.0,  # stretches the pattern of the contact
        "v_up": 2.9,  # trigger input of the 74HC4538, any rise time allowed (onsemi MC74HC4538A); band guessed
        "v_down": 1.9,
    }


def counter(light: str) -> dict[str, float]:
    """The oscillator that times a visible light."""
    table = boards()["limiter"]
    ohm, farad = table[f"{light}_ohm"], table[f"{light}_nf"] * 1e-9
    span = 2.5 * ohm * farad
    return {"rtime": ohm, "ctime": farad, "rprotect": 1e6, "t_step": span / 400, "t_end": span * 9}


def adc(name: str) -> dict[str, float]:
    """The filter of an analogue channel."""
    table = boards()["adc"]
    if name == "battery":
        top, bottom = table["battery_top_ohm"], table["battery_bottom_ohm"]
        ohm = top * bottom / (top + bottom)
    else:
        ohm = table[f"{name}_ohm"]
    slot_s = 512 / pins()["mcu"]["frequency_hz"]
    return {"rsource": ohm, "cfilter": table[f"{name}_nf"] * 1e-9, "f_sample": 1 / slot_s}


def adc_step(name: str) -> dict[str, float]:
    """Sampling after another channel: 1.5 clocks of 500 kHz (firmware/README.md)."""
    values = adc(name)
    return values | {"v_source": 2.0, "v_other": 0.0, "t_sample": 1.5 / 500e3}


def burst() -> dict[str, float]:
    """A strong burst of 100 us at the log detector (AD8318 falls with power)."""
    return adc("log_detector") | {"v_idle": 2.0, "v_burst": 0.8, "t_burst": 100e-6}


def brownout(group: str = "on_axis") -> dict[str, float]:
    """Supply of the logic lost, gate driver stuck high; the gates' outputs have no pull-down of their own."""
    return sink(group) | {"rbuffer": 1e9}


LEAKS_25_C_A = {"SD103AW": 2e-6, "1N4148W": 25e-9, "AO3400A": 1e-6, "BSS138": 100e-9, "AON6411": 1e-6}
"""At 5 to 20 V and 25 degrees C, data sheets (SD103AW as its sheet draws it at 10 V; BSS138 from memory; AON6411
unchecked: as its maker's other P-channel types, its own sheet was not found).
"""


class SwitchParts(TypedDict):
    """Parts of the probe's switch that have been others."""

    r146: float
    c54: float
    c55: float
    r152: float
    diode: str
    pull: str


OF_REVISION_B: SwitchParts = {
    "r146": 470e3,
    "c54": 1e-6,
    "c55": 100e-9,
    "r152": 47e3,
    "diode": "SD103AW",
    "pull": "AO3400A",
}


def leak_a(part: str, temperature_c: float) -> float:
    """Reverse current of a part: twice as much for each 10 kelvin (rule of thumb; AOS: five times from 25 to 55 C)."""
    return float(LEAKS_25_C_A[part] * 2 ** ((temperature_c - 25.0) / 10.0))


def switch(
    temperature_c: float = 25.0,
    *,
    r146: float = 47e3,
    c54: float = 10e-6,
    c55: float = 1e-6,
    r152: float = 4.7e3,
    diode: str = "1N4148W",
    pull: str = "BSS138",
    vto_small: float = 1.5,
) -> dict[str, float]:
    """The probe's switch with its latch, as drawn on the sheet of the power banks, and what leaks in it when warm."""
    is_schottky = diode == "SD103AW"
    return {
        "v_bank": 5.1,
        "t_dip": 30e-3,
        "t_press": 0.2,
        "r146": r146,
        "c54": c54,
        "c55": c55,
        "r152": r152,
        "r147": 150e3,
        "r148": 100e3,
        "r150": 10e3,
        "c53": 1e-6,
        "vto_small": vto_small,  # of Q38 and Q39: 0.8 to 1.5 V (BSS138)
        "r166": 1e6,
        "c67": 4.7e-6,
        "is_low": 1e-7 if is_schottky else 2.5e-9,
        "n_low": 1.1 if is_schottky else 1.75,
        "leak_d8": leak_a(diode, temperature_c),
        "leak_q38": leak_a(pull, temperature_c),
        "leak_q37": leak_a("AON6411", temperature_c),
        "c_load": 2.1e-3,  # four electrolytics and the Pi
        "i_load": 0.5,  # the Pi halted, radio on (guessed)
    }


def camera() -> dict[str, float]:
    """The camera's switch, its pad pulled up as strongly as any Pi does (GPIO17 is pulled down at boot)."""
    table = boards()["camera"]
    return {
        "v_pi": float(table["pi_supply_max_v"]),
        "r_pull": min(float(ohm) for ohm in table["pi_pull_up_ohm"]),
        "r102": float(table["enable_pulldown_ohm"]),
        "v_on": float(table["switch_off_below_v"]),
        "c_cable": 50e-12,  # guessed
        "r_qod": 150.0,  # TPS22917, its discharge, weak (from memory)
        "c_cam": 57e-6,  # C35, and 47 uF in the camera (guessed)
        "i_cam": 0.15,  # guessed
    }


REGULATOR_V, REGULATOR_LEAST_V = 5.15, 5.05
"""Set by its trimmer to 0.02 V; 2 % less over load and temperature (guessed; unchecked for Pololu 4872)."""


def rail(regulator_v: float = REGULATOR_V, mode: str = "stimulus") -> dict[str, float]:
    """White comes on while all the rest draws its peak (`stimulus`), or camera and receivers draw theirs (`looking`);
    a regulator of the case feeds them.
    """
    peaks_a = {load.name: load.peak_w[mode] / 5.0 for load in budget.loads(budget.tables())}
    at_the_pi = peaks_a["pi"] + peaks_a["wifi"] + peaks_a["camera"]
    return sink("white") | {
        "v_regulator": regulator_v,
        "r_feed": 0.045,  # pigtail, contacts 25 mohm (guessed); diode, switch (AON6411, unchecked), meter 20
        "r_fuse": 0.02,
        "r_ptc": 0.06,
        "r_pigtail": 0.036,  # from J2: contacts 10, 0.4 m of 20 AWG 13, plug 13 mohm (guessed)
        "i_pi": at_the_pi,
        "i_other": sum(peaks_a.values()) - at_the_pi - peaks_a["white light"],
        "v_white": 5.0 if mode == "stimulus" else 0.0,
    }


def stall(group: str = "on_axis") -> dict[str, float]:
    """The firmware hangs with the strobe high until its watchdog resets it, and the one-shot's window never ends."""
    return sink(group) | {"t_watchdog": 128e-3}


def tristate(group: str = "on_axis") -> dict[str, float]:
    """A brown-out resets the controller in a pulse while the logic behind it keeps its supply: its pins let go."""
    return sink(group) | {
        "r_pull": 10e3,
        "c_line": 60e-12,
        "i_leak": 2e-6,
    }  # two inputs; 1 uA each (data sheets), guessed pF


def deck_text(deck: str, parameters: dict[str, float], temperature_c: float = 25.0) -> str:
    """The complete netlist: title, parameters, models, body."""
    lines = [f"* {deck}", *(f".param {name}={value:.9g}" for name, value in parameters.items())]
    lines.append(f".temp {temperature_c:g}")
    body = (HERE / f"{deck}.cir").read_text(encoding="utf-8")
    models = (HERE / "models.lib").read_text(encoding="utf-8")
    needed = [m for m in _blocks(models) if _is_used(m, body, parameters)]
    return "\n".join([*lines, *needed, body])


def _blocks(library: str) -> list[str]:
    """The library cut into subcircuits and single models, with their comments left out."""
    lines = [line for line in library.splitlines() if not line.startswith("*")]
    return re.findall(r"^\.subckt.*?^\.ends$|^\.model[^\n]*(?:\n\+[^\n]*)*", "\n".join(lines), re.DOTALL | re.MULTILINE)


def _is_used(block: str, body: str, parameters: dict[str, float]) -> bool:
    """Parameters that nobody gave are refused by ngspice, so a block goes in only where a body can fill it."""
    wanted = {word for braces in re.findall(r"\{([^}]*)\}", block) for word in re.findall(r"[a-z_]\w*", braces)}
    return wanted <= set(parameters) and (block.split()[1] in body or block.startswith(".model"))


def run(deck: str, parameters: dict[str, float], temperature_c: float = 25.0) -> dict[str, float]:
    """Simulate; raises SpiceError."""
    ngspice = shutil.which("ngspice")
    if ngspice is None:
        raise SpiceError("ngspice is missing: apt-get install ngspice, or make setup-test")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{deck}.cir"
        file.write_text(deck_text(deck, parameters, temperature_c), encoding="utf-8")
        done = subprocess.run(
            [ngspice, "-b", "-n", str(file)], capture_output=True, text=True, timeout=120, check=False, cwd=folder
        )
    lines = [*done.stdout.splitlines(), *done.stderr.splitlines()]
    results = {m[1]: float(m[2]) for line in done.stdout.splitlines() if (m := MEASURED.match(line.strip()))}
    wanted = re.findall(r"^\.meas \w+ (\w+)", (HERE / f"{deck}.cir").read_text(encoding="utf-8"), re.MULTILINE)
    if missing := [name for name in wanted if name not in results]:
        said = next((line for line in lines if FAILED.match(line)), "it said nothing")
        raise SpiceError(f"{deck}: no result for {', '.join(missing)}: {said.strip()}")
    return {name: results[name] for name in wanted}


def everything() -> dict[str, dict[str, float]]:
    """All decks with the values that are built."""
    return {
        "lamp": run("lamp", lamp()),
        "lamp, worst LEDs": run("lamp", lamp() | {"x_vf": 0.25}),
        "lamp, -20 C": run("lamp", lamp(), -20.0),
        "short pulse": run("short", short()),
        "short pulse, -20 C": run("short", short(), -20.0),
        "red burst": run("red", red()),
        "stuck": run("stuck", sink("on_axis")),
        "limiter": run("limiter", limiter()),
        "limiter, red": run("limiter", limiter("red")),
        "red, 100 Hz for ever": run("bursts", bursts()),
        "red, 20 Hz for ever": run("bursts", bursts(20.0)),
        "strobe by hand": run("hand", hand()),
        "... no capacitor": run("hand", hand() | {"cstrobe": 50e-12}),
        "counter, white": run("counter", counter("white")),
        "counter, aim": run("counter", counter("aim")),
        **{f"adc, {name}": run("adc", adc(name)) for name in ("log_detector", "tuner_rssi", "temperature", "battery")},
        "adc step": run("adc_step", adc_step("log_detector")),
        "burst": run("burst", burst()),
        "switch": run("switch", switch()),
        "switch, 55 C": run("switch", switch(55.0), 55.0),
        "switch, revision B": run("switch", switch(**OF_REVISION_B)),
        "camera": run("camera", camera()),
        "... ribbon pulled": run("camera", camera() | {"r_pull": 1e9}),
        "brown-out": run("brownout", brownout()),
        "rail": run("rail", rail()),
        "rail, least": run("rail", rail(REGULATOR_LEAST_V)),
        "rail, least, looking": run("rail", rail(REGULATOR_LEAST_V, "looking")),
        "rail, revision B": run("rail", rail(4.85)),
        "white, -20 C": run("rail", rail(), -20.0),
        "stall": run("stall", stall()),
        "tri-state": run("tristate", tristate()),
    }


def main() -> int:
    """Print every result."""
    try:
        for name, results in everything().items():
            print(f"{name:20}", "  ".join(f"{key} {value:.4g}" for key, value in results.items()))
    except SpiceError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The circuit simulations: parameters from `interfaces.toml`, `pins.toml`, `limits.toml`, run by ngspice in batch mode.

Job: put parameters in front of a deck (`*.cir`), run it, return its `.meas` results. Input: the name of a deck and
values that override its parameters, which is how a test breaks a part; output: name to value, in volts, amperes,
seconds, hertz. Behavioural where the part is logic (one-shot, counter): the decks check that the values around the
parts keep the promises of the safety assessment, not the makers' silicon. `python -m hardware.spice.bench` prints them.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

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


def limiter(group: str = "on_axis") -> dict[str, float]:
    """The group's one-shot with a strobe that never falls."""
    kind = "red" if group == "red" else "ir"
    table = boards()["limiter"]
    timing = {"rtime": table[f"{kind}_ohm"], "ctime": table[f"{kind}_nf"] * 1e-9}
    return sink(group) | timing | {"t_high": 1.0, "t_toggle": 2.0, "t_end": 12e-3}


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


def rail() -> dict[str, float]:
    """White on while the Pi works: currents of the power budget, resistances of a short 3 A cable (guessed)."""
    return sink("white") | {
        "v_bank": 5.15,  # guessed: PD banks stand a little above 5 V
        "r_cable": 0.05,
        "r_fuse": 0.02,
        "r_ptc": 0.06,
        "i_pi": 2.0,  # guessed: Pi 5 with camera and Wi-Fi adapter busy
        "i_other": 0.3,
    }


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
        "stuck": run("stuck", sink("on_axis")),
        "limiter": run("limiter", limiter()),
        "limiter, red": run("limiter", limiter("red")),
        "counter, white": run("counter", counter("white")),
        "counter, aim": run("counter", counter("aim")),
        **{f"adc, {name}": run("adc", adc(name)) for name in ("log_detector", "tuner_rssi", "temperature", "battery")},
        "adc step": run("adc_step", adc_step("log_detector")),
        "burst": run("burst", burst()),
        "brown-out": run("brownout", brownout()),
        "rail": run("rail", rail()),
        "white, -20 C": run("rail", rail(), -20.0),
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

"""Reference checks of many simulated probes: how soon a worn part is called, and how often a sound probe is.

python -m tests.simulators.reference_runs --probes 100 --years 3
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from statistics import median

from sweep.judge.control_chart import BASELINE, MORNINGS_A_YEAR, Chart, read_morning
from sweep.report import ReferencePartName
from sweep.run.reference.reference import PARTS
from sweep.sim.reference import FAULTS, SimulatedProbe

REPORTED = 50_000
"""Seeds from here on were looked at for no choice."""


def charts_of(probe: SimulatedProbe, mornings: int) -> dict[ReferencePartName, Chart]:
    """The charts of a sound probe after so many mornings."""
    charts: dict[ReferencePartName, Chart] = {}
    for day in range(mornings):
        for part, readings in probe.morning(day).items():
            charts[part], _ = read_morning(PARTS[part], charts.get(part, Chart()), readings)
    return charts


def mornings_until_called(seed: int, fault: str, sound: int = BASELINE + 30, most: int = 60) -> int | None:
    """Mornings from the first with the fault until a part of it is called, failed or out of control; None: never."""
    probe = SimulatedProbe(seed)
    charts = charts_of(probe, sound)
    for number in range(most):
        readings = probe.morning(sound + number, fault)
        for part in FAULTS[fault]:
            charts[part], status = read_morning(PARTS[part], charts[part], readings[part])
            if status in {"failed", "out_of_control"}:
                return number + 1
    return None


def false_alarms(seed: int, mornings: int) -> int:
    """How often a sound probe is called within so many mornings after the first; after each its sum begins anew."""
    probe, charts, alarms = SimulatedProbe(seed), dict[ReferencePartName, Chart](), 0
    for day in range(BASELINE + mornings):
        for part, readings in probe.morning(day).items():
            chart, status = read_morning(PARTS[part], charts.get(part, Chart()), readings)
            alarms += status in {"failed", "out_of_control"}
            charts[part] = Chart(chart.first) if chart.is_out else chart
    return alarms


def figures(probes: int, years: float, first: int = REPORTED) -> dict[str, object]:
    """How soon each fault is called in so many probes, and false alarms of the fleet."""
    found: dict[str, object] = {"probes": probes, "years": years}
    for fault in FAULTS:
        took = [mornings_until_called(first + number, fault) for number in range(probes)]
        known = [one for one in took if one is not None]
        found[fault] = {
            "called": len(known), "median": median(known) if known else None, "most": max(known, default=None),
            "within": {str(most): sum(one <= most for one in known) for most in (1, 2, 5)},
        }  # fmt: skip
    mornings = round(years * MORNINGS_A_YEAR)
    alarms = [false_alarms(first + number, mornings) for number in range(probes)]
    found["false_alarms"] = sum(alarms)
    found["false_alarms_per_probe_and_year"] = round(sum(alarms) / (probes * years), 3)
    found["worst_probe_per_year"] = round(max(alarms) / years, 3)
    found["fleet_of_100_per_year"] = round(100.0 * sum(alarms) / (probes * years), 1)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--probes", type=int, default=100)
    parser.add_argument("--years", type=float, default=1.0)
    parser.add_argument("--first", type=int, default=REPORTED)
    args = parser.parse_args(arguments)
    print(json.dumps(figures(args.probes, args.years, args.first), indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

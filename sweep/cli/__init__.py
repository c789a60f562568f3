"""The command line of the probe: `sweep`.

Exit code 0 done, 1 findings at or above --fail-on, 2 bad usage or input with one clear line on stderr.
"""

from __future__ import annotations

from collections.abc import Callable

import typer

from . import captures, making, probe, sweeps

app = typer.Typer(
    name="sweep",
    help="Ansim Sweep probe: look for hidden cameras and say what could not be judged.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
COMMANDS: dict[str, Callable[..., None]] = {
    "run": sweeps.run,
    "replay": sweeps.replay,
    "agent": sweeps.agent,
    "key": sweeps.key,
    "lens": captures.lens,
    "wifi": captures.wifi,
    "stimulus": captures.stimulus,
    "ble": captures.ble,
    "rf": captures.rf,
    "doctor": probe.doctor,
    "flash": probe.flash,
    "simulate": making.simulate,
    "assemble": making.assemble,
    "lens-record": probe.lens_record,
    "lens-calibrate": probe.lens_calibrate,
    "lens-score": probe.lens_score,
}
for name, command in COMMANDS.items():
    app.command(name)(command)


def main() -> None:
    """Entry point of the `sweep` command."""
    app()

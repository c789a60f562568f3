"""The command line of the probe: `sweep`.

Exit code 0 done, 1 findings at or above --fail-on, 2 bad usage or input with one clear line on standard error. Only
the module of the command that is called is loaded: reading a capture does not wait for the parts that talk to a
server.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextvars import copy_context
from importlib import import_module
from typing import TYPE_CHECKING

from sweep.host.interrupts import EXIT_STOPPED, exit_code_of, held

if TYPE_CHECKING:
    import typer

    from sweep.phrases import Phrase

GROUPS: dict[str, dict[str, str]] = {
    "Inspect": {
        "run": "cli.sweeps:run",
        "demo": "cli.demo:demo",
        "replay": "cli.sweeps:replay",
        "agent": "cli.agent:agent",
        "reference": "cli.reference:reference",
    },
    "Recorded files": {
        "lens": "cli.lens:lens",
        "wifi": "cli.captures:wifi",
        "stimulus": "cli.captures:stimulus",
        "ble": "cli.captures:ble",
        "rf": "cli.rf:rf",
    },
    "This probe": {
        "doctor": "cli.doctor.doctor:doctor",
        "flash": "cli.flash:flash",
        "key": "cli.sweeps:key",
        "weights": "cli.weights:weights",
        "update": "cli.update:update",
        "wipe": "cli.wipe:wipe",
    },
    "Bench": {
        "bench": "lab.commands.bench:app",
        "lens-record": "lab.commands.lens_record:lens_record",
        "lens-calibrate": "lab.commands.lens_calibrate:lens_calibrate",
        "lens-score": "lab.commands.lens_score:lens_score",
        "rf-calibrate": "lab.commands.rf_calibrate:rf_calibrate",
    },
    "Laboratory": {
        "simulate": "cli.simulate:simulate",
        "assemble": "lab.commands.assemble:assemble",
        "lens-benchmark": "lab.commands.lens_benchmark:lens_benchmark",
        "city": "lab.commands.city:city",
        "guessed": "lab.commands.guessed:guessed",
    },
}
"""By heading of the help: module of `sweep` and function, by command."""
COMMANDS: dict[str, str] = {name: place for group in GROUPS.values() for name, place in group.items()}
HEADINGS = {name: heading for heading, group in GROUPS.items() for name in group}
COMPLETING = "_SWEEP_COMPLETE"
"""Set by a shell that asks how a line may go on."""


def build_app(names: Iterable[str] = COMMANDS) -> typer.Typer:
    """The command line with these commands; KeyError for a name that is none."""
    import typer

    from sweep.report.help.commands import SpokenCommand, SpokenGroup
    from sweep.report.help.version import with_version

    app = typer.Typer(
        name="sweep",
        cls=SpokenGroup,
        help="Ansim Sweep probe: look for hidden cameras and say what could not be judged.",
        no_args_is_help=True,
        add_completion=names is COMMANDS or COMPLETING in os.environ,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(with_version)  # keeps a single command a command
    for name in names:
        module, _, function = COMMANDS[name].partition(":")
        try:
            command = getattr(import_module(f"sweep.{module}"), function)
        except ModuleNotFoundError:
            if not _is_of_the_laboratory(name) or names is not COMMANDS:
                raise
        else:
            if isinstance(command, typer.Typer):
                app.add_typer(command, name=name, rich_help_panel=HEADINGS[name])
            else:
                app.command(name, cls=SpokenCommand, rich_help_panel=HEADINGS[name])(command)
    return app


def main() -> None:
    """Entry point of the `sweep` command."""
    # Matrices here are small: threads would take several times as long and, on a probe, everybody else's core.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.exit(exit_code_of(_run, _say_stopped))


def _run() -> int:
    with held():
        from sweep.cli.quick import run_plain
        from sweep.host.loading import loading
    if run_plain(sys.argv[1:]):
        os._exit(0)  # everything is written; taking the interpreter down costs as much as reading 30,000 frames
    is_completing = COMPLETING in os.environ
    if not sys.argv[1:] and not is_completing:
        with held():
            from sweep.cli.next_steps import show_next_steps

        show_next_steps()
        return 0
    asked = (os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS", "")).split()
    wanted = [name for name in (asked if is_completing else sys.argv)[1:2] if name in COMMANDS]
    names: Iterable[str] = () if sys.argv[1:] == ["--version"] else wanted or COMMANDS
    try:
        with loading(), held():
            app = build_app(names)
        return copy_context().run(run_app, app)  # the language that it sets ends with it
    except ModuleNotFoundError as error:
        lacking = _lacking(error.name or "", wanted)
        if lacking is None:
            raise
        from sweep.report.language import spoken

        print(f"sweep: {spoken(lacking)}", file=sys.stderr)
        return 2


def _say_stopped() -> None:
    from sweep.phrases import Phrase
    from sweep.report.language import spoken

    print(f"sweep: {spoken(Phrase('stopped'))}", file=sys.stderr, flush=True)


def _lacking(module: str, wanted: Iterable[str]) -> Phrase | None:
    """What to install for a module of an extra that the commands want; None: no extra brings it."""
    from sweep.host.installation import PROBE_MODULES, command_for
    from sweep.phrases import Phrase

    if module.startswith("sweep.lab"):
        return Phrase("laboratory_lacking", part=module)
    if module in PROBE_MODULES:
        return Phrase("part_lacking", part=module, command=command_for("probe"))
    if any(map(_is_of_the_laboratory, wanted)):
        return Phrase("part_lacking", part=module, command=command_for("lab"))
    return None


def _is_of_the_laboratory(command: str) -> bool:
    """Is this a command of `sweep.lab`, which a probe's package does not hold?"""
    return COMMANDS[command].startswith("lab.")


def run_app(app: typer.Typer) -> int:
    """Run the command of the arguments; its exit code.  Bad usage is one line on standard error and 2."""
    import typer
    from typer.exceptions import TyperException

    from sweep.phrases import words
    from sweep.report.help.commands import SPOKEN, installing
    from sweep.report.language import fitted, language_of
    from sweep.report.refusals import usage

    language = language_of(os.environ)
    SPOKEN.set(language)
    try:
        with installing(sys.argv[1:]):
            return app(prog_name="sweep", standalone_mode=False) or 0
    except typer.Abort:
        return EXIT_STOPPED  # Typer's own code for Ctrl-C
    except TyperException as error:
        message = error.format_message()
        if "\n" in message:  # no arguments at all: the help text
            print(message)
        else:
            command = " ".join(["sweep", *sys.argv[1:2]]) if sys.argv[1:2] and sys.argv[1] in COMMANDS else "sweep"
            print(fitted(f"sweep: {words(usage(error, help_of=command), language)}", sys.stderr), file=sys.stderr)
        return error.exit_code

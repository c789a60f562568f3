"""`sweep doctor`: what this machine can measure, and what is missing or wrong."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from sweep.cli.next_steps import adapters
from sweep.cli.options import ConfigFile, read_settings
from sweep.cli.output import fail, one_line, out, print_below, print_words, write_json, written_to
from sweep.cli.tables import show_table
from sweep.phrases import Phrase
from sweep.report.language import Said, spoken

if TYPE_CHECKING:
    from sweep.report import DoctorCheck

EXIT_WRONG: Final = 1


def show_checks(checks: Sequence[DoctorCheck]) -> None:
    """The whole list, wrapped and never cut; then what is wrong, with what to do."""
    from sweep.cli.doctor.checks import GROUPS, STATES

    groups: dict[str, list[DoctorCheck]] = {}
    for check in checks:
        groups.setdefault(check.group, []).append(check)
    for ones in groups.values():
        rows = [(one.title, STATES[one.state], one.found, one.advice or "") for one in ones]
        names = (GROUPS[ones[0].group], Phrase("column_state"), Phrase("column_found"), Phrase("column_remedy"))
        show_table(names, rows)
        out.print()
    for check in checks:
        if check.state == "wrong":
            told = (check.found,) if check.advice is None else (check.found, check.advice)
            print_below(out, "• ", f"{spoken(check.title)}: {' → '.join(map(spoken, told))}")


def doctor(
    head: Annotated[
        str | None,
        typer.Option("--head", metavar="PORT", help="Self-test the sensor head on this port."),
    ] = None,
    step_s: Annotated[
        float, typer.Option("--step-s", min=0.1, max=2.0, help="Seconds of the self test for each part.")
    ] = 1.0,
    config: ConfigFile = None,
    is_camera_off: Annotated[
        bool, typer.Option("--camera-off", help="Only switch the camera's supply off (for ExecStopPost of a service).")
    ] = False,
    declared: Annotated[
        list[str] | None,
        typer.Option(
            "--declared-empty",
            metavar="NAME",
            help="Person who declares the room empty; give two. The camera's supply and the red lamps are tried.",
        ),
    ] = None,
    json_out: Annotated[
        Path | None,
        typer.Option("--json", callback=written_to, help="Write the list as JSON to this file; - is standard output."),
    ] = None,
) -> None:
    """Show what this machine can measure and what is missing; with --head, test a freshly assembled sensor head.

    Exit code 1: something is wrong. 2: a machine on which a crash could leave the camera's supply on is refused.
    """
    from sweep.cli.bank import supply_rows
    from sweep.cli.doctor.boot import show_boot
    from sweep.cli.doctor.camera import HELD, range_sensor_state, read_back, supply_state, switch_off
    from sweep.cli.doctor.checks import Here
    from sweep.cli.doctor.checks_machine import check_program
    from sweep.cli.doctor.examining import checks_of_parts
    from sweep.cli.doctor.wifi import channel_state
    from sweep.host.gpio import LineError
    from sweep.modality.lease import RoomNotEmptyError
    from sweep.phrases import words
    from sweep.report import are_two_persons

    settings = read_settings(config, None, None)
    if declared is not None and (len(declared) != 2 or not are_two_persons((declared[0], declared[1]))):
        fail("two_declare")
    if is_camera_off:
        place = settings.camera_power
        if place is None:
            fail("no_power_line")
        with one_line(LineError):
            switch_off(place)
        print_words("camera_supply_is_off", place=place)
        raise typer.Exit(0)
    if head is not None:
        from sweep.cli.doctor.head import examine_head

        examine_head(head, step_s, is_room_empty=bool(declared), is_kit=settings.carrier == "kit")
        raise typer.Exit(0)
    here = Here()
    checks = [*check_program(), *checks_of_parts(settings, here)]
    out.quiet = json_out is not None  # for this command; the refusal below is said on standard error
    show_checks(checks)
    details: list[tuple[Said, Said, Said, Said]] = [
        (interface, Phrase("channels_it_can_hear"), *channel_state(interface)) for interface in adapters()
    ]
    details += supply_rows(settings)
    state, remedy, unsafe = supply_state(settings)
    refusal = unsafe
    details.append((Phrase("camera_supply"), Phrase("camera"), state, remedy))
    details.append((Phrase("range_sensor"), Phrase("distance_of_walls"), *range_sensor_state(settings)))
    names = (Phrase("column_part"), Phrase("column_for"), Phrase("column_state"), Phrase("column_remedy"))
    show_table(names, details)
    wrong = sum(check.state == "wrong" for check in checks) + show_boot(settings)
    print_words("doctor_counted", machine=platform.machine(), python=platform.python_version(), wrong=wrong)
    if refusal is None and state != HELD:
        with one_line(LineError, RoomNotEmptyError):
            refusal = read_back(settings, None if declared is None else (declared[0], declared[1]))
    out.quiet = False
    write_json(
        json_out,
        {
            "checks": [check.model_dump() for check in checks],
            "wrong": wrong,
            "refused": None if refusal is None else words(refusal, "en"),
        },
    )
    if refusal is not None:
        fail("live_refused", why=refusal)
    raise typer.Exit(EXIT_WRONG if wrong else 0)

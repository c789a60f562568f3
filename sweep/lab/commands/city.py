"""`sweep city`: what the operating points come to in a simulated city."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from sweep.cli.output import fail, guide, out, print_words, write_json, written_to
from sweep.phrases import Phrase


class World(StrEnum):
    """Which world's city."""

    FIRST = "first"
    SECOND = "second"
    THIRD = "third"
    BOTH = "both"
    """The first two; the third is asked for by its name."""


def city(
    seed: Annotated[int, typer.Option(min=0, help="Seed of the city: the same seed gives the same figures.")] = 1,
    json_out: Annotated[
        Path | None, typer.Option("--json", callback=written_to, help="Write all figures here, - for standard output.")
    ] = None,
    rooms: Annotated[int, typer.Option(min=100, max=2_000_000, help="Sweeps of rooms without a camera.")] = 100_000,
    per_kind: Annotated[int, typer.Option(min=10, max=100_000, help="Sweeps with a camera, of each kind.")] = 400,
    world: Annotated[
        World,
        typer.Option(help="World: first (tuning), second (held out), third (blind), or both of the first two."),
    ] = World.BOTH,
    choose: Annotated[
        Path | None,
        typer.Option(
            callback=written_to, help="Choose the operating points in the first world and write the thresholds file."
        ),
    ] = None,
    choose_looks: Annotated[
        Path | None,
        typer.Option(
            callback=written_to,
            help="Choose from which worth on looks are asked for, in the first world, and write the policy.",
        ),
    ] = None,
    screws: Annotated[
        float, typer.Option(min=0.01, max=100.0, help="Times as many screws as the world is assumed to have.")
    ] = 1.0,
) -> None:
    """Simulate a city's sweeps from measured curves: alarms per 1,000 rooms, detection by kind of camera, minutes."""
    from sweep.judge.eye_looks import load_policy
    from sweep.lab.city import eye_look_figures
    from sweep.lab.city.eye_look_visits import MOST_VISITED, visit_figures
    from sweep.lab.city.eye_looks import LookRows
    from sweep.lab.city.figures import choose as choose_points
    from sweep.lab.city.figures import figures, write_points
    from sweep.lab.city.light import dark_of
    from sweep.lab.city.rooms import WORLDS, with_screws
    from sweep.lab.city.samples import load_curves
    from sweep.lab.city.simulation import run_city
    from sweep.lab.city.zone_judgement import points_in_force

    if (choose is not None or choose_looks is not None) and world is not World.FIRST:
        fail("operating_points_need_first_world")
    points, weights_version = points_in_force()
    worlds: dict[str, Any] = {}
    for name, assumed in WORLDS.items():
        if world != name and (world is not World.BOTH or name == "third"):
            continue
        curves, looks = load_curves(name), LookRows(load_policy())
        dark = dark_of(curves.light_nulls, seed)
        rows = run_city(
            with_screws(assumed, screws), curves, seed=seed, rooms=rooms, per_kind=per_kind,
            tell=guide,
            also=partial(looks.add, dark),
        )  # fmt: skip
        if choose is not None:
            chosen = choose_points(rows, points.prior)
            write_points(chosen, choose, seed=seed, rooms=rooms, version=points.version)
            out.print(f"{choose}: {chosen}", markup=False, highlight=False)
            return
        if choose_looks is not None:
            policy = eye_look_figures.choose_looks(rows, looks, points)
            eye_look_figures.write_policy(policy, choose_looks, seed=seed, rooms=rooms, screws=screws)
            out.print(f"{choose_looks}: {policy}", markup=False, highlight=False)
            return
        told = eye_look_figures.look_figures(rows, looks, points)
        told["visits"] = visit_figures(
            with_screws(assumed, screws), curves, dark_of(curves.light_nulls, seed), load_policy(), seed=seed,
            rooms=min(rooms, MOST_VISITED), per_kind=min(per_kind, MOST_VISITED),
        )  # fmt: skip
        if screws == 1.0:
            most_rooms, most_per_kind = eye_look_figures.MOST_SCREWED
            told["screws"] = eye_look_figures.screw_figures(
                assumed, curves, dark, load_policy(), seed=seed,
                rooms=min(rooms, most_rooms), per_kind=min(per_kind, most_per_kind),
            )  # fmt: skip
        worlds[name] = figures(rows, points) | {"looks": told}
    about = {
        "v": 1,
        "seed": seed,
        "screws": screws,
        "looks": load_policy().version,
        "thresholds": points.version,
        "weights": weights_version,
    }
    write_json(json_out, about | {"worlds": worlds})
    if json_out is None or str(json_out) != "-":
        for title, one in worlds.items():
            _show(title, one)


def _show(name: str, one: dict[str, Any]) -> None:
    from sweep.lab.city.simulation import EARLIER_VISITS

    before, after = one["per_1000_rooms"]["before"], one["per_1000_rooms"]["after"]
    print_words("city_world", name=name, rooms=one["rooms_without_camera"])
    print_words("city_per_1000")
    print_words("city_before", rate=_of(before["candidates"]))
    print_words("city_now_first", rate=_of(after["first_look"]))
    print_words("city_now_findings", rate=_of(after["findings"]))
    print_words("city_unexplained", visits=EARLIER_VISITS)
    print_words("city_rates", first=_of(after["first_look_unexplained"]), findings=_of(after["findings_unexplained"]))
    print_words("city_strong")
    print_words("city_strong_rates", before=_of(before["strong_per_10000"]), now=_of(after["strong_per_10000"]))
    print_words("city_strong_share", percent=f"{100 * one['strong_among_found']['share']:.0f}")
    print_words("city_cameras")
    for kind, d in one["detection"].items():
        _row(
            f"  {kind:20}  {d['before']['share']:6.2f}  {d['first_look']['share']:10.2f}  "
            f"{d['finding']['share']:7.2f}  "
            f"{d['strong']['share']:6.2f}"
        )
    print_words("city_trade")
    for d in one["trade"]:
        _row(f"    {d['candidates']:5.0f}: {d['recorder_1mm']:.2f}")
    print_words("city_streaming")
    for fate, d in one["streaming_by_light"].items():
        _row(f"  {fate:20}  {d['cameras']['share']:6.2f}  {d['found']['share']:10.2f}")
    took = one["minutes"]
    print_words("city_minutes", mean=took["mean"], p95=took["p95"], most=took["most"])
    print_words("city_budget", percent=f"{100 * took['share_within_budget']:.1f}")
    eyes = one["persons"]
    print_words("city_persons")
    print_words("city_persons_two", minutes=f"{eyes['minutes_per_1000_two']:8.1f}")
    print_words("city_persons_one", minutes=f"{eyes['minutes_per_1000_one']:8.1f}")
    print_words("city_unchanged", places=eyes["places_per_1000"], percent=f"{100 * eyes['unchanged']:.0f}")
    _show_looks(one["looks"])
    for modality, d in one["leave_one_out"].items():
        print_words("city_without", modality=modality, found=f"{d['detection']:.2f}", lost=f"{d['lost']:.2f}")
        print_words("city_rates", first=_of(d["first_look"]), findings=_of(d["findings"]))
    posterior = one["posterior"]
    print_words("city_posterior")
    print_words("city_skill", brier=posterior["brier_skill"], log=posterior["log_skill"])
    for row in posterior["table"]:
        said, found, low, high = (f"{row[of]:+.2f}" for of in ("said", "found", "low", "high"))
        print_words("city_said", said=said, found=found, low=low, high=high)


def _show_looks(looks: dict[str, Any]) -> None:
    """Looked at and found are two columns: an eye sees only a part of what it is pointed at."""
    from sweep.lab.city.eye_look_visits import visit_rows

    for seconds, one in looks["seconds_a_look"].items():
        _show_looked(Phrase("city_looks_of", seconds=seconds), one)
    for seconds, curve in looks["curve"].items():
        print_words("city_curve", seconds=seconds)
        for p in curve:
            _row(
                f"    {p['least_value']:.2e}  {p['looks']:5.2f}  {p['seconds']:5.1f}  {p['recorder_1mm']:.2f}  "
                f"{p['streaming_zone']:.2f}  {p['candidates_per_1000']:5.1f}  {p['cases_per_1000']:4.1f}  "
                f"{p['finds_per_million_hours']:.0f}"
            )
    print_words("city_unsure")
    for part, one in looks["unsure"].items():
        took = f"{one['seconds']:5.1f}  {one['most_seconds']:3.0f}"
        _row(f"    {part:4}  {took}  {one['by_looks_per_1000']:5.1f}  {one['candidates_per_1000']:5.1f}")
    light = looks["streaming_follows_light"]
    print_words("city_follows_light")
    _row(f"    {light['today']['share']:.2f}, {light['with_looks']['share']:.2f}")
    print_words("city_visits")
    for told in visit_rows(looks["visits"]):
        _row(told)
    for times, by_seconds in looks.get("screws", {}).items():
        for seconds, one in by_seconds.items():
            _show_looked(Phrase("city_looks_and_screws", times=times, seconds=seconds), one)


def _show_looked(title: Phrase, one: dict[str, Any]) -> None:
    """What looks of one kind cost and what is looked at; today's findings and minutes where they are known."""
    from sweep.lab.city.eye_look_figures import EYES

    cost = one["per_room"]
    print_words("city_looked", title=title)
    print_words("city_looked_room", looks=f"{cost['looks']:.2f}", controls=f"{cost['controls']:.3f}")
    seconds, controls, most = f"{cost['seconds']:.1f}", f"{cost['control_seconds']:.2f}", f"{cost['most_seconds']:.0f}"
    print_words("city_looked_seconds", seconds=seconds, controls=controls, most=most)
    if "minutes" in one:
        took = one["minutes"]
        print_words("city_looked_minutes", without=took["today"], looks=took["with_looks"])
        over = f"{100 * took['over_today']['share']:.1f} %, {100 * took['over_with_looks']['share']:.1f} %"
        print_words("city_looked_over", over=over)
    founds = [
        prefix for prefix in ("found", "found_today") if f"{prefix}_{EYES[0]:g}" in next(iter(one["kinds"].values()))
    ]
    eyes = "  ".join(f"{eye:4g}" for eye in EYES)
    if "found_today" in founds:
        print_words("city_eyes_today")
    else:
        print_words("city_eyes")
    print_words("city_eyes_columns", eyes=f"  {eyes}" * len(founds))
    for kind, d in one["kinds"].items():
        _row(
            f"  {kind:26}   {d['looked_at_lens']['share']:.2f}  {d['looked_in_zone']['share']:.2f}"
            + "".join(f"  {d[f'{prefix}_{eye:g}']:.2f}" for prefix in founds for eye in EYES)
        )


def _row(text: str) -> None:
    out.print(text, markup=False, highlight=False)


def _of(rate: dict[str, float]) -> str:
    return f"{rate['rate']:g} ({rate['low']:g}-{rate['high']:g})"

"""`sweep city`: what the operating points come to in a simulated city."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from sweep.cli.output import fail, guide, out, write_json, written_to


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

    def line(text: str) -> None:
        out.print(text, markup=False, highlight=False)

    line(f"world {name}: {one['rooms_without_camera']} rooms without a camera")
    line("  per 1,000 rooms")
    line(f"    before: {_of(before['candidates'])} candidates")
    line(f"    now: {_of(after['first_look'])} first-look candidates")
    line(f"    now: {_of(after['findings'])} findings after the second look")
    line(f"  of these not explained by {EARLIER_VISITS} earlier visits")
    line(f"    {_of(after['first_look_unexplained'])} candidates, {_of(after['findings_unexplained'])} findings")
    line("  strong per 10,000 rooms")
    line(f"    before {_of(before['strong_per_10000'])}, now {_of(after['strong_per_10000'])}")
    line(f"    of cameras found {100 * one['strong_among_found']['share']:.0f} % are strong")
    line("  camera                before  first look  finding  strong")
    for kind, d in one["detection"].items():
        line(
            f"  {kind:20}  {d['before']['share']:6.2f}  {d['first_look']['share']:10.2f}  "
            f"{d['finding']['share']:7.2f}  "
            f"{d['strong']['share']:6.2f}"
        )
    line("  plain 1 mm lenses at a first look by candidates per 1,000 rooms")
    for d in one["trade"]:
        line(f"    {d['candidates']:5.0f}: {d['recorder_1mm']:.2f}")
    line("  streaming cameras by the light in their zone, and found of them")
    for fate, d in one["streaming_by_light"].items():
        line(f"  {fate:20}  {d['cameras']['share']:6.2f}  {d['found']['share']:10.2f}")
    took = one["minutes"]
    line(f"  minutes: mean {took['mean']}, 95 % {took['p95']}, most {took['most']}")
    line(f"    within eight for three stalls {100 * took['share_within_budget']:.1f} %")
    eyes = one["persons"]
    line("  persons' minutes a year after two named a place, per 1,000 rooms")
    line(f"    two at each opening       {eyes['minutes_per_1000_two']:8.1f}")
    line(f"    one at what is unchanged  {eyes['minutes_per_1000_one']:8.1f}")
    line(f"    of {eyes['places_per_1000']} places, {100 * eyes['unchanged']:.0f} % unchanged")
    _show_looks(one["looks"], line)
    for modality, d in one["leave_one_out"].items():
        line(f"  without {modality}: detection {d['detection']:.2f} ({d['lost']:.2f} lost)")
        line(f"    {_of(d['first_look'])} candidates, {_of(d['findings'])} findings")
    posterior = one["posterior"]
    line("  posterior against the prior alone")
    line(f"    Brier skill {posterior['brier_skill']}, log skill {posterior['log_skill']}")
    for row in posterior["table"]:
        line(f"    said {row['said']:+.2f}, found {row['found']:+.2f} [{row['low']:+.2f}, {row['high']:+.2f}]")


def _show_looks(looks: dict[str, Any], line: Callable[[str], None]) -> None:
    """Looked at and found are two columns: an eye sees only a part of what it is pointed at."""
    from sweep.lab.city.eye_look_visits import visit_lines

    for seconds, one in looks["seconds_a_look"].items():
        _show_looked(f"looks by eye of {seconds} s", one, line)
    for seconds, curve in looks["curve"].items():
        line(f"  by least value, looks of {seconds} s: looks, seconds, 1 mm lens looked at,")
        line("  streaming zone looked at; candidates (one look in ten unsure) and cases per")
        line("  1,000 rooms; finds per million hours")
        for p in curve:
            line(
                f"    {p['least_value']:.2e}  {p['looks']:5.2f}  {p['seconds']:5.1f}  {p['recorder_1mm']:.2f}  "
                f"{p['streaming_zone']:.2f}  {p['candidates_per_1000']:5.1f}  {p['cases_per_1000']:4.1f}  "
                f"{p['finds_per_million_hours']:.0f}"
            )
    line("  by share of looks of which nobody can tell: seconds a room, most; candidates")
    line("  per 1,000 rooms by these looks, and all of them")
    for part, one in looks["unsure"].items():
        took = f"{one['seconds']:5.1f}  {one['most_seconds']:3.0f}"
        line(f"    {part:4}  {took}  {one['by_looks_per_1000']:5.1f}  {one['candidates_per_1000']:5.1f}")
    light = looks["streaming_follows_light"]
    line("  streaming cameras that follow the light: without looks, with them")
    line(f"    {light['today']['share']:.2f}, {light['with_looks']['share']:.2f}")
    for told in visit_lines(looks["visits"]):
        line(told)
    for times, by_seconds in looks.get("screws", {}).items():
        for seconds, one in by_seconds.items():
            _show_looked(f"with {times} times the screws, looks of {seconds} s", one, line)


def _show_looked(title: str, one: dict[str, Any], line: Callable[[str], None]) -> None:
    """What looks of one kind cost and what is looked at; today's findings and minutes where they are known."""
    from sweep.lab.city.eye_look_figures import EYES

    cost = one["per_room"]
    line(f"  {title}, all simulated")
    line(f"    a room without a camera: {cost['looks']:.2f} looks, {cost['controls']:.3f} controls,")
    line(f"    {cost['seconds']:.1f} s, of controls {cost['control_seconds']:.2f} s; most {cost['most_seconds']:.0f} s")
    if "minutes" in one:
        took = one["minutes"]
        line(f"    minutes: {took['today']} without looks, {took['with_looks']} with them")
        over = f"{100 * took['over_today']['share']:.1f} %, {100 * took['over_with_looks']['share']:.1f} %"
        line(f"    over eight minutes for three stalls: {over}")
    founds = [
        prefix for prefix in ("found", "found_today") if f"{prefix}_{EYES[0]:g}" in next(iter(one["kinds"].values()))
    ]
    eyes = "  ".join(f"{eye:4g}" for eye in EYES)
    heads = {"found": "found by looks    ", "found_today": "today's findings"}
    line(f"  by the eye's share           looked at   {''.join(heads[one] for one in founds)}".rstrip())
    line(f"  camera                       lens  zone{f'  {eyes}' * len(founds)}")
    for kind, d in one["kinds"].items():
        line(
            f"  {kind:26}   {d['looked_at_lens']['share']:.2f}  {d['looked_in_zone']['share']:.2f}"
            + "".join(f"  {d[f'{prefix}_{eye:g}']:.2f}" for prefix in founds for eye in EYES)
        )


def _of(rate: dict[str, float]) -> str:
    return f"{rate['rate']:g} ({rate['low']:g}-{rate['high']:g})"

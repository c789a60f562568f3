"""`sweep weights`: the weights and the lens forest of a district's field test, on this probe.

`install` holds a signed file against the key of the probe's own server and keeps it; `show` says what is weighed by and
since when, and on which tables a clear verdict would rest; `remove` goes back to what ships with the package.  What
cannot be used is one line and exit code 2.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from sweep.cli.options import ConfigFile, JsonOut, State, installed_weights, read_settings
from sweep.cli.output import fail, one_line, out, print_below, print_words, write_json
from sweep.cli.tables import show_table
from sweep.host.disk import DiskError
from sweep.lens.evidence.chance import LENSES, curves_in_force, why_untold
from sweep.lens.evidence.detection import DetectionCurves, Kind
from sweep.lens.evidence.judge import shipped_build
from sweep.modality.weights import Weights, WeightsError
from sweep.phrases import Phrase, words
from sweep.report import SHOWN, utc_now
from sweep.report.language import language_of, spoken
from sweep.report.words import SOURCE_WORDS
from sweep.run.field_weights import InstalledWeights, curves_of, parse_key, read_levels_of
from sweep.run.modalities import SENSING_MODALITIES, vocabulary_of, why_not_clear

REASONS = vocabulary_of(SENSING_MODALITIES).reasons
UNTOLD = {
    "{0.ko} / {0.en}".format(REASONS[code]): REASONS[code]
    for code in ("curves_of_another_forest", "filter_not_counted")
}
"""As the JSON has it."""


class Action(StrEnum):
    """What is to be done."""

    SHOW = "show"
    INSTALL = "install"
    REMOVE = "remove"


def weights(
    action: Annotated[Action, typer.Argument(help="show, install or remove.")],
    file: Annotated[Path | None, typer.Argument(help="The signed file to install.")] = None,
    key: Annotated[
        str | None, typer.Option("--key", metavar="HEX", help="Key that must have signed it; default: the server's.")
    ] = None,
    may_replace: Annotated[
        bool, typer.Option("--replace", help="Also where the file lacks something that is installed.")
    ] = False,
    state: State = None,
    config: ConfigFile = None,
    json_out: JsonOut = None,
) -> None:
    """Install the signed weights and forest of a district's field test, or show what is in force."""
    settings = read_settings(config, None, state)
    kept = installed_weights(settings)
    if (file is None) == (action is Action.INSTALL):
        fail("weights_file_or_none")
    with one_line(WeightsError, OSError, DiskError):
        if file is not None:
            signer = None if key is None else parse_key(key, "--key")
            kept.install(file, signer, utc_now(), may_replace=may_replace)
        elif action is Action.REMOVE:
            kept.remove()
        told = _told(kept)
    write_json(json_out, told)
    if json_out is None or str(json_out) != "-":
        _show(told)


def _told(kept: InstalledWeights) -> dict[str, Any]:
    installed = kept.read()
    force = kept.in_force()
    weights = force.weights
    sources = {one.name: weights.source_of(one.weigher.rests_on) for one in SENSING_MODALITIES}
    grounds = {one.name: [_ground(weights, code) for code in one.weigher.rests_on] for one in SENSING_MODALITIES}
    grounds["lens"] += _curves(force.forest or shipped_build(), {} if installed is None else curves_of(installed.field))
    are_stale = force.are_stale(utc_now())
    levels = {} if installed is None else read_levels_of(installed.field)
    for name, table in levels.items():
        grounds[name].append({"table": "levels", "source": "field", "made_from": table.made_from})
    unread = [] if installed is None else sorted((installed.field.levels or {}).keys() - levels.keys())
    return {
        "version": force.weights.version,
        "is_installed": installed is not None,
        "signed_by": None if installed is None else installed.key_id,
        "measured": None if force.measured is None else f"{force.measured:%Y-%m-%d}",
        "is_stale": are_stale,
        "forest": force.forest,
        "sources": sources,
        "grounds": grounds,
        "held_back": {code: {"ko": words(why, "ko"), "en": words(why, "en")} for code, why in force.held_back.items()},
        "levels_unread": unread,
        "why_not_clear": why_not_clear(sources, are_stale=are_stale),
    }


def _ground(weights: Weights, code: str) -> dict[str, str]:
    """A table or rate that a clear verdict would rest on."""
    one = weights.tables.get(code) or weights.rates.get(code)
    return {"table": code, "source": weights.source_of((code,)), "made_from": "" if one is None else one.made_from}


def _curves(forest: str, measured: Mapping[Kind, DetectionCurves]) -> list[dict[str, str]]:
    """The same of what is found of each target, or why no curve tells."""
    known = curves_in_force(forest, measured)
    return [
        {
            "table": f"detection {target}",
            "source": known[target].source if target in known else "guessed",
            "made_from": (
                known[target].made_from
                if target in known
                else "{0.ko} / {0.en}".format(REASONS[why_untold(target, measured)])
            ),
        }
        for target in LENSES
    ]


def _show(told: dict[str, Any]) -> None:
    if not told["is_installed"]:
        print_words("weights_as_shipped", version=told["version"])
    else:
        installed = {"version": told["version"], "measured": told["measured"], "signed_by": told["signed_by"]}
        print_words("weights_installed", **installed)
    print_words("lens_forest_is", forest=told["forest"])
    if told["is_stale"]:
        print_words("weights_ground_nothing")
    rows = []
    for modality in SENSING_MODALITIES:
        why, source = told["why_not_clear"][modality.name], SOURCE_WORDS[told["sources"][modality.name]]
        rows.append((SHOWN[modality.name].name, source, Phrase("may_be_given") if why is None else REASONS[why]))
    show_table((Phrase("column_modality"), Phrase("column_weights_from"), Phrase("column_clear_verdict")), rows)
    print_words("weights_tables_follow")
    for name, grounds in told["grounds"].items():
        for one in grounds:
            untold = UNTOLD.get(one["made_from"])
            made_from = one["made_from"] if untold is None else spoken(untold)
            print_below(out, "  ", f"{name} {one['table']}: {spoken(SOURCE_WORDS[one['source']])}; {made_from}")
    for name in told["levels_unread"]:
        print_words("levels_kept_unread", name=name)
    for why in told["held_back"].values():
        print_below(out, "· ", why[language_of(os.environ)])

"""Shows on a terminal what came of a sweep, in the language of the locale.

Input is the report; output is the table of verdicts, the findings with their evidence, by zone with what probability a
lens would have been found and what no radio can tell, and the limits.  What holds for every sweep is named in a few
words, whole with `verbose`; what was not judged, and why, is always said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sweep.cli.output import out, print_below, print_words, tell
from sweep.cli.tables import show_table
from sweep.judge.thresholds import load_thresholds
from sweep.phrases import Phrase
from sweep.report import SHOWN, Finding, Limit, LocalText, SweepReport, Target, TargetCoverage, eye_looks_line
from sweep.report.language import Said, spoken
from sweep.report.sentences import Sentences
from sweep.report.words import (
    COVERAGE_WORDS,
    METHOD_WORDS,
    TARGET_WORDS,
    chance_of,
    curve_words,
    share_words,
    words_of,
)
from sweep.run.modalities import SENSING_MODALITIES, vocabulary_of

STANDING: Final = Sentences(
    "limit_names",
    """
    weak_lens shown_by_both_lamps line_of_sight silent_camera thin_camera padded_camera unheard_rates card_recorder
    mobile_camera halow_camera analog_below_5ghz
    """,
)
"""Limits of every sweep in a few words each; the report has the sentences."""
LENSES: Final = Sentences("lens_names", "pinhole_1mm pinhole_1mm_ircut lens_2mm")
"""Lenses that a zone has a number for, where a line has no room for their names."""
ZONE_WORDS: Final = {**METHOD_WORDS, "nothing_detected": words_of("zone")["nothing_detected"]}
"""In the table; the whole sentence stands below it."""
STRENGTHS: Final = words_of("strength")


def show_report(report: SweepReport, *, verbose: bool = False, few_rounds: int | None = None) -> None:
    """Print what came of a sweep; with `verbose` every target of every zone, and every limit in its sentence.

    Whoever shows one says before it that it is simulated.  `few_rounds`: of the lamps at each place, where a recording
    holds so few that the chances come out near nothing.
    """
    names = {zone.zone_id: spoken(zone.name) for zone in report.plan.zones}
    _show_verdicts(report, names)
    for finding in report.findings:
        _show_finding(finding, names, is_simulated=report.source == "simulated")
    again = [
        f"{names[one.zone_id]}: {spoken(one.text)}"
        + (f" ({spoken(Phrase('for_seconds', seconds=one.seconds))})" if one.seconds else "")
        for one in report.looked_again
    ]
    for told in dict.fromkeys(again):  # a lens and a transmitter at one place may be told alike
        out.print(told)
    if not report.findings:
        print_words("no_place_to_inspect")
    if verbose:
        for target in report.targets:
            print_below(out, "  ", f"{names[target.zone_id]} · {spoken(target.text)}")
    else:
        _show_lens_chances(report, names, few_rounds)
        _show_unknown(report, names)
    light = None if report.light_time is None else report.light_time.text
    looks: Said | None = eye_looks_line(report.eye_looks)
    if looks is not None and report.source == "simulated":
        looks = Phrase("by_a_simulated_person", said=spoken(looks))
    closing: tuple[Said | None, ...] = (looks, light, _forest_line(report))
    for line in closing:
        if line is not None:
            tell(line)
    _show_limits(report.limits, verbose=verbose)


def _show_verdicts(report: SweepReport, names: Mapping[str, str]) -> None:
    cells = {(one.zone_id, one.modality): spoken(ZONE_WORDS[one.verdict]) for one in report.verdicts}
    for part in report.coverage:
        cells[part.zone_id, part.modality] += f"\n{spoken(share_words(part.modality, part.quality))}"
    nothing = spoken(METHOD_WORDS["not_looked"])
    rows = [(name, *(cells.get((zone_id, m), nothing) for m in SHOWN)) for zone_id, name in names.items()]
    show_table([Phrase("column_zone"), *(shown.name for shown in SHOWN.values())], rows)
    for verdict in dict.fromkeys(one.verdict for one in report.verdicts if one.verdict != "candidate"):
        out.print(f"{spoken(METHOD_WORDS[verdict])}:")
        of_text: dict[str, dict[str, list[str]]] = {}
        for one in report.verdicts:
            if one.verdict == verdict:
                modality = spoken(SHOWN[one.modality].name)
                of_text.setdefault(spoken(one.text), {}).setdefault(modality, []).append(one.zone_id)
        for text, where in of_text.items():
            whole = verdict == "nothing_detected"  # the table says where
            places = [name if whole else f"{name} ({_zones(zones, names)})" for name, zones in where.items()]
            print_below(out, "  ", f"{', '.join(places)}: {text}")


def _show_finding(finding: Finding, names: Mapping[str, str], *, is_simulated: bool) -> None:
    print_words(
        "finding_line",
        zone=names[finding.zone_id],
        what=spoken(METHOD_WORDS["candidate"]),
        strength=spoken(STRENGTHS[finding.strength]).lower(),
        now=finding.posterior_log10_odds,
        before=finding.prior_log10_odds,
        least=load_thresholds().strong if finding.strong_from_log10_odds is None else finding.strong_from_log10_odds,
    )
    if finding.explained is not None:
        print_below(out, "  ", spoken(finding.explained))
    for evidence in (*finding.evidence_for, *finding.evidence_against):
        said = spoken(evidence.text)
        if is_simulated and evidence.code.endswith("_by_eye"):
            said = spoken(Phrase("by_a_simulated_person", said=said))
        print_below(out, f"  {evidence.weight_log10:+.2f} ", said)


def _show_lens_chances(report: SweepReport, names: Mapping[str, str], few_rounds: int | None) -> None:
    """A line a zone: with what probability each kind of lens would have been found, or why nobody can say; what is
    known in no zone stands once below.
    """
    told = [one for one in report.targets if one.target in LENSES]
    if not told:
        return
    known = [one for one in told if chance_of(one) is not None]
    curves = dict.fromkeys(spoken(curve_words(one.source)) for one in known or told)
    print_words("lens_chances", what=spoken(COVERAGE_WORDS["chance"]).lower(), curves=", ".join(curves).lower())
    if few_rounds is not None:
        print_below(out, "  ", spoken(Phrase("chances_of_few_rounds", rounds=few_rounds)))
    elif known:
        print_below(out, "  ", spoken(COVERAGE_WORDS["product"]))
    unknown_of = _targets(told).keys() - _targets(known).keys() if known else set[Target]()
    for zone_id, name in names.items():
        here = [one for one in told if one.zone_id == zone_id and one.target not in unknown_of]
        whys = dict.fromkeys(_reason(one) for one in here if chance_of(one) is None)
        numbers = [f"{spoken(LENSES[one.target])} {said}" for one in here if (said := chance_of(one)) is not None]
        unknown = [f"{spoken(COVERAGE_WORDS['unknown'])} ({why})" for why in whys]
        print_below(out, "  ", f"{name}: {' · '.join([*numbers, *unknown])}")
    for target in (one for one in _targets(told) if one in unknown_of):
        whys = dict.fromkeys(_reason(one) for one in told if one.target == target)
        print_below(
            out, "  ", f"{spoken(TARGET_WORDS[target])}: {spoken(COVERAGE_WORDS['unknown'])} ({'; '.join(whys)})"
        )


def _show_unknown(report: SweepReport, names: Mapping[str, str]) -> None:
    """What no radio can give a probability for, and why: a line for the zones of which it holds alike."""
    alike: dict[str, list[str]] = {}
    for zone_id in names:
        whys: dict[str, list[str]] = {}
        for one in report.targets:
            if one.zone_id == zone_id and one.modality != "lens" and chance_of(one) is None:
                whys.setdefault(_reason(one), []).append(spoken(TARGET_WORDS[one.target]))
        if whys:
            alike.setdefault("; ".join(f"{', '.join(what)} ({why})" for why, what in whys.items()), []).append(zone_id)
    if alike:
        print_words("chance_not_known_of")
    for said, zones in alike.items():
        print_below(out, "  ", f"{_zones(zones, names)}: {said}")


def _show_limits(limits: Sequence[Limit], *, verbose: bool) -> None:
    named = [] if verbose else [spoken(STANDING[one.code]) for one in limits if one.code in STANDING]
    whole = [one for one in limits if verbose or one.code not in STANDING]
    if named:
        print_words("limits_of_every_sweep", limits=", ".join(named))
    for limit in whole:
        print_below(out, "· ", spoken(limit.text))


def _zones(zones: Sequence[str], names: Mapping[str, str]) -> str:
    return spoken(Phrase("all_zones")) if len(zones) == len(names) else ", ".join(names[one] for one in zones)


def _targets(told: Sequence[TargetCoverage]) -> dict[Target, None]:
    return dict.fromkeys(one.target for one in told)


def _reason(one: TargetCoverage) -> str:
    return spoken(vocabulary_of(SENSING_MODALITIES).reason(one.reason or "targets_unknown"))


def _forest_line(report: SweepReport) -> LocalText | None:
    """The lens forest that judged, where it is another than the one that ships."""
    from sweep.lens.evidence.judge import shipped_build  # loads OpenCV

    forest = report.versions.forest
    if forest in (None, shipped_build()):
        return None
    return LocalText(ko=f"렌즈 판정 모형 {forest}", en=f"lens forest {forest}")

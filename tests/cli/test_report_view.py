"""What came of a sweep on a terminal of 80 columns: one language, short, and nothing not judged is left out."""

from __future__ import annotations

import re

import pytest
from rich.cells import cell_len

from sweep.cli.output import out
from sweep.cli.report_view import STANDING, show_report
from sweep.report import Limit, LocalText, SweepReport
from sweep.run.modalities import SENSING_MODALITIES, vocabulary_of
from tests.report_factory import make_report_v2

HANGUL = re.compile("[가-힣]")
LOCALES = ("ko_KR.UTF-8", "C.UTF-8")
WORDS = vocabulary_of(SENSING_MODALITIES)


def a_report() -> SweepReport:
    """Of which one verdict is none, with every limit of every sweep and one of this."""
    report = make_report_v2()
    why = LocalText(ko="전파를 들을 헤드가 빠져 있었음", en="The head that hears RF was away")
    verdicts = (
        report.verdicts[0].model_copy(
            update={"verdict": "not_assessable", "reason": "head_away", "text": why, "target": None, "clear_of": ()}
        ),
        *report.verdicts[1:],
    )
    limits: tuple[Limit, ...] = (*WORDS.limits.values(), WORDS.limit("outside_skipped"))
    return report.model_copy(update={"verdicts": verdicts, "limits": limits})


def shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, locale: str, *, verbose: bool = False
) -> str:
    """What is printed at 80 columns."""
    monkeypatch.setenv("LC_ALL", locale)
    monkeypatch.setattr(out, "width", 80)
    show_report(a_report(), verbose=verbose)
    return capsys.readouterr().out


def plain(text: str) -> str:
    """Without where its lines broke."""
    return "".join(text.split())


@pytest.mark.parametrize("verbose", [False, True])
@pytest.mark.parametrize("locale", LOCALES)
def test_it_speaks_one_language_and_fits_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, locale: str, verbose: bool
) -> None:
    text, report = shown(capsys, monkeypatch, locale, verbose=verbose), a_report()
    assert max(cell_len(line) for line in text.splitlines()) <= 80
    assert "…" not in text
    for zone in report.plan.zones:
        assert zone.name.ko in text if locale.startswith("ko") else zone.name.en in text
    if locale.startswith("ko"):
        assert [one.text.en for one in report.limits if plain(one.text.en) in plain(text)] == []
    else:
        assert HANGUL.findall(text) == []


@pytest.mark.parametrize("locale", LOCALES)
def test_the_short_form_leaves_out_nothing_that_was_not_judged(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, locale: str
) -> None:
    text, report = plain(shown(capsys, monkeypatch, locale)), a_report()
    language = locale[:2] if locale.startswith("ko") else "en"
    zone = next(one for one in report.plan.zones if one.zone_id == report.verdicts[0].zone_id)
    assert f"({plain(getattr(zone.name, language))}):{plain(getattr(report.verdicts[0].text, language))}" in text
    for finding in report.findings:
        for evidence in (*finding.evidence_for, *finding.evidence_against):
            assert plain(getattr(evidence.text, language)) in text
    for limit in report.limits:
        named = STANDING.get(limit.code, limit.text)
        assert plain(getattr(named, language)) in text


@pytest.mark.parametrize("locale", LOCALES)
def test_the_long_form_has_every_target_and_every_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, locale: str
) -> None:
    text, report = plain(shown(capsys, monkeypatch, locale, verbose=True)), a_report()
    language = locale[:2] if locale.startswith("ko") else "en"
    assert report.targets
    for said in (*(one.text for one in report.targets), *(one.text for one in report.limits)):
        assert plain(getattr(said, language)) in text


def test_what_is_only_named_holds_for_every_sweep() -> None:
    assert set(STANDING) < set(WORDS.limits), "a limit that this sweep alone has is said in its sentence"

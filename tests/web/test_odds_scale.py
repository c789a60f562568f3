"""The scale of a finding's score: page and printed log draw it by the same rule, each in its own language."""

from __future__ import annotations

import json
import subprocess

from server.exports.printed.odds import walk_of
from sweep.report import Finding
from tests import report_factory as made
from tests.server.storage_kit import of_node
from tests.web.conftest import WEB

RUN = """
const ts = require("typescript"), fs = require("fs");
const source = fs.readFileSync("src/sweep/odds.ts", "utf8");
const code = ts.transpileModule(source, {compilerOptions: {module: 99}}).outputText;
import("data:text/javascript," + encodeURIComponent(code)).then(({walkOf}) => {
  const walks = JSON.parse(fs.readFileSync(0, "utf8")).map(walkOf);
  console.log(JSON.stringify(walks.map(({steps, lowest, highest}) =>
    ({steps: steps.map(({from, to}) => [from, to]), lowest, highest}))));
});
"""


def _examples() -> list[Finding]:
    """Weights for and against, with and without interval and threshold, ends on whole numbers and beyond even odds."""
    first = made.make_report().findings[0]
    one = (*first.evidence_for, *first.evidence_against)[0]

    def finding(prior: float, up: list[float], down: list[float], **told: float | None) -> Finding:
        weighed = [[one.model_copy(update={"weight_log10": weight}) for weight in side] for side in (up, down)]
        total = round(prior + sum(up) + sum(down), 3)
        return first.model_copy(
            update={
                "prior_log10_odds": prior, "posterior_log10_odds": total,
                "posterior_low_log10_odds": None, "posterior_high_log10_odds": None, "strong_from_log10_odds": None,
                "evidence_for": tuple(weighed[0]), "evidence_against": tuple(weighed[1]), **told,
            }
        )  # fmt: skip

    return [
        finding(-5.0, [2.26, 0.29, 0.11], []),
        finding(-5.0, [2.26, 0.67], [-0.4], strong_from_log10_odds=-1.74),
        finding(-5.0, [1.0], [-1.5, -0.3], posterior_low_log10_odds=-7.9, posterior_high_log10_odds=-4.0),
        finding(-3.0, [2.0, 3.5], [0.0], posterior_high_log10_odds=4.01, strong_from_log10_odds=3.0),
    ]


def test_page_and_printed_log_draw_a_score_on_one_scale() -> None:
    examples = _examples()
    given = json.dumps([one.model_dump(mode="json") for one in examples])
    told = subprocess.run(
        [of_node("node"), "-e", RUN], cwd=WEB, input=given, capture_output=True, text=True, check=True
    ).stdout
    for finding, drawn in zip(examples, json.loads(told), strict=True):
        walk = walk_of(finding)
        assert (drawn["lowest"], drawn["highest"]) == (walk.lowest, walk.highest)
        for mine, theirs in zip(walk.steps, drawn["steps"], strict=True):
            assert [round(end, 9) for end in mine] == [round(end, 9) for end in theirs]
    assert [(one.lowest, one.highest) for one in map(walk_of, examples)] == [(-6, 1), (-6, 1), (-9, 1), (-4, 5)]

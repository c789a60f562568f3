"""Weights of a field test: who may sign them, what is refused, and that every weigher then reads them."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from sweep.cli import build_app
from sweep.cli.config import Config
from sweep.cli.options import modalities_of, weights_of
from sweep.entry.dsse import ENTRY_TYPE, WEIGHTS_TYPE, Signer
from sweep.judge.thresholds import load_weights
from sweep.lab.city import samples
from sweep.lab.weights.lens import CLOSE_LOOKS
from sweep.lens.evidence import chance
from sweep.lens.evidence.decision_forest import build_of, forest_text
from sweep.lens.evidence.detection import load_curves
from sweep.lens.evidence.judge import shipped_forest
from sweep.lens.weigh import BY_FOREST
from sweep.modality.targets import ZoneLooks
from sweep.modality.weights import HINT, WeightsError
from sweep.report import LensObservation, RecordedSweep, parse_json
from sweep.report.sweep import SweepReport
from sweep.run import field_weights
from sweep.run.field_weights import KEY_NAME, SERVER_KEY_NAME, InstalledWeights
from tests.lens.test_chance import PLAN, look, seen
from tests.run.test_sweep import DEMO

SHIPPED = load_weights()
DISTRICT, STRANGER = Signer.from_seed(b"d" * 32), Signer.from_seed(b"s" * 32)
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def field_test(**changes: Any) -> dict[str, Any]:
    """Tables as they ship, all of them measured in the field."""
    weights = SHIPPED.model_dump(mode="json") | {"version": "field-2026"}
    for table in weights["tables"].values():
        for weight in table["weights"]:
            weight["source"] = "field"
    for rate in weights["rates"].values():
        rate["source"] = "field"
    return {"v": 1, "tenant": "demo-gu", "measured": "2026-11-01T00:00:00Z", "weights": weights} | changes


def signed(table: Any, signer: Signer = DISTRICT, payload_type: str = WEIGHTS_TYPE) -> bytes:
    return json.dumps(signer.sign(payload_type, json.dumps(table).encode()).to_json()).encode()


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir()
    (folder / SERVER_KEY_NAME).write_text(DISTRICT.public_key.hex() + "\n")
    return folder


def sweep(state: Path, *arguments: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(build_app(["weights", "replay"]), [*map(str, arguments), "--state", str(state)])
    return done.exit_code, " ".join(done.output.split())


def test_what_the_district_signed_is_installed_shown_and_weighed_by(state: Path, tmp_path: Path) -> None:
    assert "none installed" in sweep(state, "weights", "show")[1]
    file = tmp_path / "field.json"
    file.write_bytes(signed(field_test()))
    code, said = sweep(state, "weights", "install", file)
    assert (code, DISTRICT.key_id in said, "field-2026" in said) == (0, True, True)
    told = tmp_path / "told.json"
    sweep(state, "weights", "show", "--json", told)
    shown = json.loads(told.read_bytes())
    assert shown["sources"] == dict.fromkeys(("lens", "wifi", "ble", "rf"), "field")
    assert (shown["measured"], shown["is_installed"]) == ("2026-11-01", True)
    report = tmp_path / "report.json"
    assert sweep(state, "replay", DEMO, "--quiet", "--json", report)[0] == 0
    made = parse_json(SweepReport, report.read_bytes())
    assert made.versions.weights == "field-2026"
    weighed = [e for finding in made.findings for e in (*finding.evidence_for, *finding.evidence_against)]
    assert weighed
    assert {e.weight_source for e in weighed} == {"field"}, "every weigher reads them"
    assert sweep(state, "weights", "remove")[0] == 0
    assert weights_of(Config(state=str(state))).weights == SHIPPED


def forest(**about: Any) -> dict[str, Any]:
    """A forest of one leaf, which calls whatever was followed."""
    tree = {"feature": [0], "threshold": [0.0], "left": [0], "right": [0], "nan_left": [0], "value": [1.0]}
    knots = {"raw": [0.0, 2.0], "log10_ratio": [0.0, 4.0]}
    told = {"candidate": {"score": -5.0}} | about
    return {"features": ["snr"], "about": told, "calibration": knots, "depth": 1, "trees": [tree]}


def with_forest(**changes: Any) -> dict[str, Any]:
    """A forest alone: nothing was measured with it yet."""
    empty = {"tables": {}, "rates": {}, "version": "forest-1", "v": 1, "made_by": "sweep bench fit"}
    return field_test(weights=empty, forest=forest()) | changes


def test_a_forest_is_installed_judges_stands_in_the_report_and_is_taken_away(state: Path, tmp_path: Path) -> None:
    file, report, told = tmp_path / "field.json", tmp_path / "report.json", tmp_path / "told.json"

    def replayed(*, named: str = "") -> SweepReport:
        """A sweep is made once: each replay has a state of its own, with what is installed."""
        again = Path(shutil.copytree(state, tmp_path / f"state-{uuid4()}"))
        code, said = sweep(again, "replay", DEMO, "--json", report)
        assert (code, re.findall(r"lens forest (judge_model\S+ sha256 \S+)", said)) == (0, [named] if named else [])
        return parse_json(SweepReport, report.read_bytes())

    before = replayed()
    build = build_of(forest_text(forest()))
    file.write_bytes(signed(with_forest()))
    code, said = sweep(state, "weights", "install", file)
    assert (code, build in said) == (0, True), said
    sweep(state, "weights", "show", "--json", told)
    shown = json.loads(told.read_bytes())
    assert (shown["forest"], shown["sources"]["lens"]) == (build, "guessed")
    assert shown["why_not_clear"]["lens"] == "weights_not_field"
    after = replayed(named=build)
    assert (before.versions.forest, after.versions.forest) == (build_of(shipped_forest()), build)
    scores = [{o.score for o in made.observations if isinstance(o, LensObservation)} for made in (before, after)]
    assert scores[1]
    assert scores[0] != scores[1]
    held = InstalledWeights(state, "demo-gu", SHIPPED).in_force().weights
    assert {w.source for w in held.tables["glint"].weights} == {"guessed"}
    assert max(abs(w.log10) for w in held.tables["glint"].weights) <= HINT
    assert held.absence("no_glint", 1.0).log10 == 0.0, "not to have seen anything with it says nothing"
    assert held.tables["video_uplink"] == SHIPPED.tables["video_uplink"]
    sweep(state, "weights", "remove")
    assert replayed().versions.forest == before.versions.forest


def test_tables_that_were_measured_with_the_installed_forest_are_weighed_by(state: Path, tmp_path: Path) -> None:
    table = with_forest()
    build = build_of(forest_text(forest()))
    glint = SHIPPED.tables["glint"].model_dump(mode="json") | {"made_from": f"ten cameras; {build}"}
    table["weights"]["tables"]["glint"] = glint
    file = tmp_path / "field.json"
    file.write_bytes(signed(table))
    assert sweep(state, "weights", "install", file)[0] == 0
    held = InstalledWeights(state, "demo-gu", SHIPPED).in_force().weights
    assert held.tables["glint"].weights == SHIPPED.tables["glint"].weights


def with_detection(build: str) -> dict[str, Any]:
    """Curves of ten cameras, as good as nobody's, and no table else."""
    shipped = json.loads(files("sweep.lens.evidence").joinpath("detection.json").read_text(encoding="utf-8"))
    rows = [[0, 0, 0, 30, 60, 60, 60, 60] for _ in shipped["triples"]]
    table = shipped | {"source": "field", "forest": build, "lenses": [[60] * 8 for _ in rows], "independent": 0.25}
    table |= {"found": {"called": rows}, "together": {"called": {"missed": 0, "independent": 0, "as_one": 0}}}
    empty = {"tables": {}, "rates": {}, "version": "curves-1", "v": 1, "made_by": "sweep bench weights"}
    return field_test(weights=empty, detection={"clear": table})


SHIPPED_BUILD = build_of(shipped_forest())


def chances(state: Path) -> dict[str, Any]:
    """What the probe says of lenses in a stall that was looked at well."""
    manifest = parse_json(RecordedSweep, (DEMO / "sweep.json").read_bytes())
    lens = next(one for one in modalities_of(Config(state=str(state)), manifest) if one.name == "lens")
    estimate = lens.weigher.estimate(ZoneLooks(PLAN, PLAN.zones[0], (look(seen(6, 34)),)))
    return {one.target: one for one in estimate.chances}


def test_curves_of_a_field_test_tell_of_their_kind_of_lens_and_what_ships_of_the_rest(
    state: Path, tmp_path: Path
) -> None:
    before = chances(state)
    plain, behind = before["pinhole_1mm"], before["pinhole_1mm_ircut"]
    assert (plain.source, behind.probability, behind.reason) == ("rendered", None, "filter_not_counted")
    file = tmp_path / "field.json"
    file.write_bytes(signed(with_detection(SHIPPED_BUILD)))
    code, said = sweep(state, "weights", "install", file)
    assert code == 0, said
    after = chances(state)
    assert {name: one.source for name, one in after.items()} == {
        "pinhole_1mm": "field", "pinhole_1mm_ircut": "derived", "lens_2mm": "field", "recorder": "field",
    }  # fmt: skip
    assert after["pinhole_1mm_ircut"] == before["pinhole_1mm_ircut"]
    assert after["lens_2mm"].probability > before["lens_2mm"].probability + 0.05
    assert InstalledWeights(state, "demo-gu", SHIPPED).in_force().weights.tables == SHIPPED.tables


def test_beside_another_forest_no_curve_tells_what_is_found(state: Path, tmp_path: Path) -> None:
    file = tmp_path / "field.json"
    file.write_bytes(signed(with_forest()))
    assert sweep(state, "weights", "install", file)[0] == 0
    assert {(one.probability, one.reason) for one in chances(state).values()} == {
        (None, "curves_of_another_forest"), (None, "filter_not_counted"),
    }  # fmt: skip
    build = build_of(forest_text(forest()))
    file.write_bytes(signed(with_detection(build) | {"forest": forest()}))
    assert sweep(state, "weights", "install", file)[0] == 0
    known = {name: one.reason for name, one in chances(state).items()}
    assert known == {
        "pinhole_1mm": None, "pinhole_1mm_ircut": "filter_not_counted", "lens_2mm": None, "recorder": None,
    }  # fmt: skip


def test_what_was_installed_beside_an_earlier_forest_is_held_back_and_said_once(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The package brings another forest: its own tables that were not counted anew are held back, too."""
    file = tmp_path / "field.json"
    file.write_bytes(signed(field_test() | {"detection": with_detection(SHIPPED_BUILD)["detection"]}))
    kept = InstalledWeights(state, "demo-gu", SHIPPED)
    kept.install(file, None, NOW)
    monkeypatch.setattr(field_weights, "shipped_build", lambda: "judge_model.json sha256 0123456789ab")
    monkeypatch.setattr(chance, "shipped_build", lambda: "judge_model.json sha256 0123456789ab")
    force = weights_of(Config(state=str(state)))
    assert set(force.held_back) == {*BY_FOREST, "detection clear"}
    assert force.weights.version == "field-2026"
    assert force.weights.tables["video_uplink"].weights[0].source == "field", "the other tables still hold"
    assert force.weights.source_of(("glint",)) == "guessed"
    assert max(abs(w.log10) for code in BY_FOREST[:4] for w in force.weights.tables[code].weights) <= HINT
    said = " ".join(capsys.readouterr().err.split())
    assert f"was measured with {SHIPPED_BUILD}, and judge_model.json sha256 0123456789ab judges" in said
    assert "and 5 others like it" in said
    assert {one.reason for one in chances(state).values()} == {"curves_of_another_forest", "filter_not_counted"}
    kept.remove()
    assert set(kept.as_shipped().held_back) == set(BY_FOREST)
    file.write_bytes(signed(with_detection("judge_model.json sha256 0123456789ab")))
    kept.install(file, None, NOW)
    monkeypatch.setattr(field_weights, "shipped_build", lambda: SHIPPED_BUILD)
    weights_of(Config(state=str(state)))
    assert "it is no more than a hint\n" in capsys.readouterr().err


def test_the_tables_that_ship_were_counted_with_the_forest_that_ships() -> None:
    assert InstalledWeights(Path("nowhere"), "demo-gu", SHIPPED).as_shipped().held_back == {}
    assert load_curves().forest == SHIPPED_BUILD
    kept = json.loads(CLOSE_LOOKS.read_text(encoding="utf-8"))
    assert (kept["build"], samples.load_curves("first").build) == (SHIPPED_BUILD, SHIPPED_BUILD)


def test_a_field_test_long_ago_is_shown_as_stale(state: Path, tmp_path: Path) -> None:
    file = tmp_path / "field.json"
    file.write_bytes(signed(field_test(measured="2020-01-01T00:00:00Z")))
    assert "stale: they ground no clear verdict" in sweep(state, "weights", "install", file)[1]


def lacking() -> dict[str, Any]:
    table = field_test()
    del table["weights"]["tables"]["glint"]
    return table


def with_low_above_weight() -> dict[str, Any]:
    table = field_test()
    table["weights"]["tables"]["glint"]["weights"][0]["low"] = 9.0
    return table


def with_strange_glints() -> dict[str, Any]:
    """The forest is new, and the table is of the one that ships."""
    table = with_forest()
    table["weights"]["tables"]["glint"] = SHIPPED.tables["glint"].model_dump(mode="json")
    return table


def without_forest_of_its_tables() -> dict[str, Any]:
    table = field_test()
    table["weights"]["rates"]["no_glint"]["made_from"] = "judge_model.json sha256 000000000000"
    return table


def without_any_forest() -> dict[str, Any]:
    table = field_test()
    table["weights"]["tables"]["glint_close"]["made_from"] = "ten cameras, from close by"
    return table


def with_less_found(**changes: Any) -> dict[str, Any]:
    table = with_detection(SHIPPED_BUILD)
    table["detection"]["clear"] |= changes
    return table


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "cut off": (lambda: signed(field_test())[:5_000], "no weights file of this district: not JSON"),
    "not signed": (lambda: json.dumps(field_test()).encode(), "is not signed: sweep-server sign-weights"),
    "no document": (lambda: b"{}", "no weights file of this district"),
    "another key": (lambda: signed(field_test(), STRANGER), "not signed by key"),
    "changed": (lambda: signed(field_test()).replace(b'"payload": "eyJ2', b'"payload": "eyJ3', 1), "does not hold"),
    "another type": (lambda: signed(field_test(), payload_type=ENTRY_TYPE), "another type"),
    "another district": (lambda: signed(field_test(tenant="other-gu")), "is of other-gu"),
    "another version": (lambda: signed(field_test(v=2)), "v:"),
    "a table is missing": (lambda: signed(lacking()), "lacks glint"),
    "glints of another forest": (lambda: signed(with_strange_glints()), "glint was measured with judge_model.json"),
    "a rate of another forest": (lambda: signed(without_forest_of_its_tables()), "sha256 000000000000, and judge_"),
    "close looks of no forest": (lambda: signed(without_any_forest()), "glint_close does not say which lens forest"),
    "curves of another forest": (
        lambda: signed(with_detection("judge_model.json sha256 000000000000")), "detection clear was measured with",
    ),
    "curves that do not add up": (lambda: signed(with_less_found(lenses=[[1] * 8] * 4)), "do not fit each other"),
    "curves without counts": (lambda: signed(with_less_found(found={})), "no table of what is found"),
    "curves of another kind": (
        lambda: signed(with_detection(SHIPPED_BUILD) | {"detection": {"mirror": {}}}), "no table of what is found",
    ),
    "a forest without trees": (lambda: signed(with_forest(forest=forest() | {"trees": []})), "no lens forest of"),
    "a forest that calls nothing": (lambda: signed(with_forest(forest={"trees": 3})), "no lens forest of"),
    "an interval is wrong": (lambda: signed(with_low_above_weight()), "the interval does not hold the weight"),
    "of the future": (lambda: signed(field_test(measured="2099-01-01T00:00:00Z")), "still to come"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_damaged_or_foreign_file_is_one_line_and_exit_code_2(state: Path, tmp_path: Path, case: str) -> None:
    make, why = REFUSED[case]
    file = tmp_path / "field.json"
    file.write_bytes(make())
    code, said = sweep(state, "weights", "install", file)
    assert (code, why in said) == (2, True), said
    assert said.count("sweep:") == 1
    assert InstalledWeights(state, "demo-gu", SHIPPED).read() is None, "nothing is kept of it"


def with_levels(**radios: int | None) -> dict[str, Any]:
    """How often senders at these frequencies were heard, and nothing else."""
    rate = {"hits": 8, "of": 8, "share": 1.0, "low": 0.688, "high": 1.0, "source": "field", "made_from": "a bench"}
    silent = rate | {"hits": 0, "of": 24, "share": 0.0, "low": 0.0, "high": 0.117}
    table = {"levels_dbm": [-50.0], "rates": [rate], "silent": silent, "made_from": "a bench"}
    empty = {"tables": {}, "rates": {}, "version": "levels-1", "v": 1, "made_by": "sweep bench weights"}
    return field_test(weights=empty, levels={name: table | {"mhz": mhz} for name, mhz in radios.items()})


def test_what_is_installed_and_would_go_is_named_and_goes_only_by_option(state: Path, tmp_path: Path) -> None:
    file, kept = tmp_path / "field.json", InstalledWeights(state, "demo-gu", SHIPPED)
    file.write_bytes(signed(with_detection(SHIPPED_BUILD)))
    assert sweep(state, "weights", "install", file)[0] == 0
    file.write_bytes(signed(with_levels(rf=5800)))
    code, said = sweep(state, "weights", "install", file)
    assert (code, "--replace does it all the same: detection clear" in said, said.count("sweep:")) == (2, True, 1), said
    installed = kept.read()
    assert installed is not None
    assert installed.field.levels is None, "nothing changed"
    file.write_bytes(signed(with_levels(rf=5800) | {"detection": with_detection(SHIPPED_BUILD)["detection"]}))
    assert sweep(state, "weights", "install", file)[0] == 0, "more than before takes nothing away"
    file.write_bytes(signed(with_levels(rf=5800)))
    assert "detection clear" in sweep(state, "weights", "install", file)[1]
    assert sweep(state, "weights", "install", file, "--replace")[0] == 0
    installed = kept.read()
    assert installed is not None
    assert (installed.field.detection, list(installed.field.levels or {})) == (None, ["rf"])


def test_only_a_table_of_levels_that_something_reads_is_called_of_the_field(state: Path, tmp_path: Path) -> None:
    file, told = tmp_path / "field.json", tmp_path / "told.json"

    def shown(**radios: int | None) -> tuple[list[str], list[str], str]:
        file.write_bytes(signed(with_levels(**radios)))
        assert sweep(state, "weights", "install", file, "--replace")[0] == 0
        said = sweep(state, "weights", "show", "--json", told)[1]
        document = json.loads(told.read_bytes())
        grounds = document["grounds"].items()
        read = [name for name, tables in grounds for one in tables if one["table"] == "levels"]
        return read, document["levels_unread"], said

    read, unread, said = shown(rf=5800, ble=None, wifi=2437)
    assert (read, unread) == (["rf"], ["ble", "wifi"])
    assert "ble levels: kept, and read by nothing" in said
    assert shown(rf=1200)[:2] == ([], ["rf"])
    assert shown(rf=None)[:2] == ([], ["rf"])


def test_usage_that_makes_no_sense_is_refused(state: Path, tmp_path: Path) -> None:
    assert sweep(state, "weights", "install")[0] == 2
    assert sweep(state, "weights", "show", tmp_path / "x")[0] == 2
    assert "64 hexadecimal digits" in sweep(state, "weights", "install", tmp_path / "x", "--key", "abc")[1]


def test_without_a_server_the_key_is_given_by_hand(tmp_path: Path) -> None:
    kept = InstalledWeights(tmp_path / "state", "demo-gu", SHIPPED)
    file = tmp_path / "field.json"
    file.write_bytes(signed(field_test()))
    with pytest.raises(WeightsError, match="no key to check it by"):
        kept.install(file, None, NOW)
    (tmp_path / "README.md").write_text("# Read me\n")
    with pytest.raises(WeightsError, match=r"README\.md is no weights file of this district: not JSON"):
        kept.install(tmp_path / "README.md", None, NOW)
    assert kept.install(file, DISTRICT.public_key, NOW).key_id == DISTRICT.key_id
    assert kept.install(file, None, NOW).field.weights.version == "field-2026", "the key is remembered"


def test_what_is_damaged_after_it_was_installed_is_said_and_what_ships_weighs(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = InstalledWeights(state, "demo-gu", SHIPPED)
    file = tmp_path / "field.json"
    file.write_bytes(signed(field_test()))
    kept.install(file, None, NOW)
    assert kept.in_force().weights.version == "field-2026"
    kept.path.write_bytes(kept.path.read_bytes()[:-40])
    assert weights_of(Config(state=str(state))).weights == SHIPPED
    assert "the installed weights are left out" in " ".join(capsys.readouterr().err.split())
    assert sweep(state, "weights", "show")[0] == 2
    (state / KEY_NAME).unlink()
    with pytest.raises(WeightsError, match="install the weights anew"):
        kept.read()

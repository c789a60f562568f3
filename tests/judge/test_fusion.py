from __future__ import annotations

import random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep import report as r
from sweep.judge import fusion
from sweep.judge.coverage import cover
from sweep.judge.explain import summary_of
from sweep.judge.thresholds import load_thresholds, load_weights
from sweep.modality.measurement import Measurement
from sweep.modality.weights import HINT, Sum, Weights
from sweep.run.modalities import SENSING_MODALITIES, WEIGHERS, vocabulary_of
from tests.report_factory import SWEEP_ID, make_plan, uid

WORDS = vocabulary_of(SENSING_MODALITIES)

PLAN = make_plan()
WEIGHTS = load_weights()
POSITIONS = tuple(
    r.Position(position_id=f"p-{zone}", zone_id=zone, x_m=x, y_m=1.1, facing_deg=270.0, start_ns=0, end_ns=1)
    for zone, x in (("stall-1", 0.75), ("stall-2", 2.25), ("entrance", 1.5))
)


def lens(number: int, zone: str, score: float = 4.0, **changes: Any) -> r.LensObservation:
    fields: dict[str, Any] = {
        "observation_id": uid(number), "zone_id": zone, "position_id": f"p-{zone}", "t_ns": 1, "modality": "lens",
        "clip": "c", "frame": 0, "x_px": 1.0, "y_px": 1.0, "score": score, "snr": 9.0, "off_axis_ratio": 0.1,
        "persistence": 1.0, "range_m": 0.8, "bearing_deg": 0.0, "reasons": (), "crop_commitment": None,
    }  # fmt: skip
    return r.LensObservation(**fields | changes)


def wifi(number: int, zone: str, rssi: float, tag: int = 1, **changes: Any) -> r.WifiObservation:
    token = r.AddressToken(scheme="sweep", key_id="00000000", tag=f"{tag:016x}", oui=None, is_locally_administered=True)
    fields: dict[str, Any] = {
        "observation_id": uid(number), "zone_id": zone, "position_id": f"p-{zone}", "t_ns": 1, "modality": "wifi",
        "addresses": (token,), "role": "sta", "vendor": None, "is_randomised": True, "channel_mhz": 2437.0,
        "rssi_dbm": r.Levels(median=rssi, max=rssi), "frames": 900, "bytes_up": 1, "bytes_down": 1, "dwell_s": 10.0,
        "video": r.VideoJudgement(verdict="video_uplink", score=0.9, decided_after_s=4.0), "stimulus": None,
    }  # fmt: skip
    return r.WifiObservation(**fields | changes)


NO_VIDEO = r.VideoJudgement(verdict="not_video", score=0.1, decided_after_s=None)
FOLLOWS = r.StimulusJudgement(verdict="follows_light", p_value=0.001)


def measured(*observations: r.Observation, blind: str | None = None) -> tuple[r.ZoneCoverage, ...]:
    parts = [
        Measurement(z.zone_id, f"p-{z.zone_id}", m, 5.0, 10, 0, 0.9, blind) for z in PLAN.zones for m in r.MODALITIES
    ]
    return cover(PLAN, parts)


def judge(
    *observations: r.Observation,
    blind: str | None = None,
    blind_modality: str | None = None,
    places: dict[str, dict[str, float]] | None = None,
    positions: tuple[r.Position, ...] = (),
    by_eye: tuple[str, ...] = (),
    blind_again: bool = False,
    weights: Weights | None = None,
) -> fusion.Judgement:
    coverage = [
        c.model_copy(update={"blind_reason": "no_baseline"}) if c.modality == blind_modality else c
        for c in measured(blind=blind)
    ]
    return fusion.judge(
        SWEEP_ID,
        PLAN,
        (*POSITIONS, *positions),
        observations,
        coverage,
        again={
            ("wifi" if one.position_id.endswith("light") else "lens", one.position_id)
            for one in positions
            if not blind_again
        },
        by_eye=by_eye,
        weights=weights,
        weighers=WEIGHERS,
        words=WORDS,
        source="simulated",
        places=places or {},
    )


def verdict(result: fusion.Judgement, zone: str, modality: str) -> r.ZoneVerdict:
    return next(v for v in result.verdicts if (v.zone_id, v.modality) == (zone, modality))


def test_nothing_seen_is_not_called_clear_without_calibration() -> None:
    result = judge()
    assert result.findings == ()
    assert {(v.verdict, v.reason) for v in result.verdicts} == {
        ("nothing_detected", "not_calibrated"), ("nothing_detected", "check_not_done"),
    }  # fmt: skip
    assert "uncalibrated" in {limit.code for limit in result.limits}


def test_a_glint_alone_asks_for_a_second_look_where_it_points() -> None:
    result = judge(lens(1, "stall-2"))
    (finding,) = result.findings
    assert (finding.zone_id, finding.strength, finding.stage) == ("stall-2", "weak", "first_look")
    assert (finding.x_m, finding.y_m) == pytest.approx((2.25, 0.3))
    assert finding.posterior_log10_odds <= -3.0
    assert verdict(result, "stall-2", "lens").verdict == "candidate"
    assert verdict(result, "stall-1", "lens").verdict == "nothing_detected"


def test_a_faint_glint_is_no_candidate() -> None:
    """Strewn rooms hold hundreds of them."""
    assert judge(lens(1, "stall-2", score=1.35)).findings == ()


def again(zone: str, *views: str) -> tuple[r.Position, ...]:
    return tuple(
        r.Position(
            position_id=f"again-{zone}-{view}", zone_id=zone, x_m=2.0, y_m=1.0, facing_deg=270.0, start_ns=2, end_ns=3
        )
        for view in views
    )


def seen_again(number: int, zone: str, view: str, score: float = 3.5) -> r.LensObservation:
    return lens(number, zone, score=score, position_id=f"again-{zone}-{view}")


def test_a_glint_seen_again_from_the_side_is_a_finding_and_one_that_is_gone_is_none() -> None:
    looks = again("stall-2", "near", "left", "right")
    positions = [seen_again(n, "stall-2", view) for n, view in enumerate(("near", "left", "right"), 10)]
    (first,) = judge(lens(1, "stall-2")).findings
    (finding,) = judge(lens(1, "stall-2"), *positions, positions=looks).findings
    assert (finding.stage, first.stage) == ("second_look", "first_look")
    assert finding.posterior_log10_odds > first.posterior_log10_odds
    assert [e.code for e in finding.evidence_for] == ["glint", "glint_again"]
    assert len({e.about for e in finding.evidence_for}) == 1, "several views of one spot are one spot"
    assert judge(lens(1, "stall-2", score=2.8), positions=looks).findings == ()


def test_most_of_the_places_of_a_second_look_decide() -> None:
    looks = again("stall-2", "near", "left", "right")
    (kept,) = judge(
        lens(1, "stall-2"), *(seen_again(n, "stall-2", v) for n, v in ((10, "near"), (11, "left"))), positions=looks
    ).findings
    assert "glint_again" in {e.code for e in kept.evidence_for}
    gone = judge(lens(1, "stall-2"), seen_again(10, "stall-2", "near"), positions=looks).findings
    assert "glint_again" not in {e.code for f in gone for e in f.evidence_for}


def test_a_second_look_that_was_blind_changes_nothing() -> None:
    (first,) = judge(lens(1, "stall-2")).findings
    (after,) = judge(lens(1, "stall-2"), positions=again("stall-2", "near"), blind_again=True).findings
    assert after == first


def test_an_eye_that_sees_nothing_speaks_against_and_does_not_clear() -> None:
    heard = (lens(1, "stall-2", score=9.0), wifi(3, "stall-2", -45.0, stimulus=FOLLOWS))
    (after,) = judge(*heard, by_eye=("stall-2",)).findings
    by_eye = next(e for e in after.evidence_against if e.code == "nothing_by_eye")
    assert -0.5 < by_eye.weight_log10 < -0.1
    assert after.stage == "second_look"


def test_two_looks_of_the_lens_can_make_a_recorder_strong() -> None:
    tables = dict(WEIGHTS.tables)
    strong = tables["glint"].weights[-1].model_copy(update={"log10": 2.5, "low": 2.2, "high": 2.8})
    again_ = tables["glint_again"].weights[-1].model_copy(update={"log10": 1.5, "low": 1.2, "high": 1.8})
    tables["glint"] = tables["glint"].model_copy(update={"weights": (*tables["glint"].weights[:-1], strong)})
    tables["glint_again"] = tables["glint_again"].model_copy(
        update={"weights": (*tables["glint_again"].weights[:-1], again_)}
    )
    looks = again("stall-2", "near", "left", "right")
    positions = [seen_again(n, "stall-2", view, 6.0) for n, view in enumerate(("near", "left", "right"), 10)]
    sharper = WEIGHTS.model_copy(update={"tables": tables})
    (finding,) = judge(lens(1, "stall-2", score=9.0), *positions, positions=looks, weights=sharper).findings
    assert finding.strength == "strong", "with weights from more clips; how many modalities agree does not matter"


def test_two_weak_marks_are_not_strong() -> None:
    """An uplink that nobody tested beside a weak glint had been strong at a posterior of 0.3 %."""
    (finding,) = judge(lens(1, "stall-2", score=3.0), wifi(3, "stall-2", -45.0)).findings
    assert finding.strength == "weak"


def test_a_glint_and_an_uplink_that_follows_the_light_add_up() -> None:
    result = judge(
        lens(1, "stall-2", score=9.0),
        wifi(2, "stall-1", -60.0),
        wifi(3, "stall-2", -45.0, stimulus=FOLLOWS),
        wifi(4, "entrance", -62.0),
    )
    finding = next(f for f in result.findings if f.zone_id == "stall-2")
    assert {e.code for e in finding.evidence_for} >= {"glint", "follows_light"}
    everything = (*finding.evidence_for, *finding.evidence_against)
    total = finding.prior_log10_odds + sum(e.weight_log10 for e in everything)
    assert finding.posterior_log10_odds == pytest.approx(total, abs=2e-3)
    assert finding.posterior_low_log10_odds is not None
    assert finding.posterior_high_log10_odds is not None
    assert finding.posterior_low_log10_odds < finding.posterior_log10_odds < finding.posterior_high_log10_odds


def test_both_modalities_and_both_looks_make_a_strong_one() -> None:
    looks = again("stall-2", "near", "left", "right", "light")
    (finding,) = judge(
        lens(1, "stall-2", score=9.0),
        wifi(3, "stall-2", -45.0, stimulus=FOLLOWS),
        wifi(4, "stall-2", -45.0, stimulus=FOLLOWS, position_id="again-stall-2-light"),
        *(seen_again(n, "stall-2", view) for n, view in enumerate(("near", "left", "right"), 10)),
        positions=looks,
    ).findings
    assert (finding.strength, finding.stage) == ("strong", "second_look")


def test_the_light_counts_where_it_was_played_even_if_the_transmitter_is_louder_next_door() -> None:
    ignores = r.StimulusJudgement(verdict="does_not", p_value=0.6)
    result = judge(
        lens(1, "stall-2", score=9.0),
        wifi(2, "stall-1", -45.0, stimulus=ignores),
        wifi(3, "stall-2", -48.0, stimulus=FOLLOWS),
    )
    assert [f.zone_id for f in result.findings] == ["stall-2"]


def test_the_light_played_again_adds_where_it_is_followed_and_takes_where_it_is_not() -> None:
    heard: list[r.Observation] = [lens(1, "stall-2", score=9.0), wifi(3, "stall-2", -45.0, stimulus=FOLLOWS)]
    (once,) = judge(*heard).findings
    after = {}
    for told in (FOLLOWS, r.StimulusJudgement(verdict="does_not", p_value=0.6)):
        second = wifi(5, "stall-2", -45.0, position_id="again-stall-2-light", stimulus=told)
        (finding,) = judge(*heard, second, positions=again("stall-2", "light")).findings
        assert finding.stage == "second_look"
        after[told.verdict] = finding.posterior_log10_odds
    assert after["does_not"] < once.posterior_log10_odds < after["follows_light"]


def test_a_second_light_stands_in_where_the_first_was_not_played_or_told_nothing() -> None:
    second = wifi(5, "stall-2", -45.0, position_id="again-stall-2-light", stimulus=FOLLOWS)
    quiet = r.StimulusJudgement(verdict="not_assessable", p_value=0.4, reason="light_too_weak")
    after = {}
    for name, first in (("not played", None), ("told nothing", quiet), ("followed", FOLLOWS)):
        heard = (lens(1, "stall-2", score=9.0), wifi(3, "stall-2", -45.0, stimulus=first))
        (finding,) = judge(*heard, second, positions=again("stall-2", "light")).findings
        after[name] = (finding.posterior_log10_odds, [e.code for e in finding.evidence_for if e.modality == "wifi"])
    assert "follows_light" in after["not played"][1]
    assert "follows_light_again" not in after["not played"][1], "one reading is one"
    assert "follows_light" in after["told nothing"][1]
    assert after["told nothing"][0] <= after["not played"][0] < after["followed"][0]


def test_a_chance_hit_is_no_evidence() -> None:
    chance = r.StimulusJudgement(verdict="follows_light", p_value=0.03)
    assert judge(wifi(3, "stall-2", -45.0, stimulus=chance)).findings == ()


def test_a_marker_stays_in_the_room_when_the_range_is_overestimated() -> None:
    (finding,) = judge(lens(1, "stall-2", range_m=5.0, bearing_deg=20.0)).findings
    assert finding.y_m == pytest.approx(0.0, abs=1e-6)
    assert 2.25 < finding.x_m < 3.0


def test_a_placed_uplink_weighs_by_the_probability_of_the_zone() -> None:
    heard: list[r.Observation] = [
        lens(1, "stall-2", score=9.0), wifi(2, "stall-1", -45.0), wifi(3, "stall-2", -47.0, stimulus=FOLLOWS),
    ]  # fmt: skip
    weights = []
    for probability in (0.0, 0.15, 0.9):
        places = {f"{1:016x}": {"stall-2": probability, "stall-1": 0.0}}
        finding = next(f for f in judge(*heard, places=places).findings if f.zone_id == "stall-2")
        evidence = (*finding.evidence_for, *finding.evidence_against)
        weights.append(next(e.weight_log10 for e in evidence if e.code == "video_uplink_near"))
    assert weights == sorted(weights)
    assert weights[0] < -1.0
    assert weights[-1] > 0.3


def test_an_uplink_alone_is_no_finding_and_neither_is_a_bluetooth_hint() -> None:
    hint = r.BleObservation(
        observation_id=uid(9), zone_id="stall-1", position_id="p-stall-1", t_ns=1, modality="ble",
        addresses=wifi(1, "stall-1", -50.0).addresses, kind="camera_hint", company=None,
        rssi_dbm=r.Levels(median=-40.0, max=-40.0), adverts=5,
    )  # fmt: skip
    assert judge(wifi(1, "stall-1", -45.0), hint).findings == ()


def test_a_neighbours_camera_that_ignores_the_light_sinks_to_what_no_camera_says() -> None:
    ignores = r.StimulusJudgement(verdict="does_not", p_value=0.7)
    (finding,) = judge(lens(1, "stall-2"), wifi(3, "stall-2", -45.0, stimulus=ignores)).findings
    assert "does_not_follow_light" in {e.code for e in finding.evidence_against}
    wifi_total = sum(e.weight_log10 for e in (*finding.evidence_for, *finding.evidence_against) if e.modality == "wifi")
    assert wifi_total == pytest.approx(WEIGHTS.absence("no_video_uplink", 0.9).log10, abs=1e-3)


def test_nothing_speaks_against_a_zone_where_two_seem_to_use_one_address() -> None:
    """Else a camera whose owner sends in its name as well would be innocent by that."""
    shared = r.VideoJudgement(verdict="not_assessable", score=0.9, decided_after_s=None, reason="two_transmitters")
    ignores = r.StimulusJudgement(verdict="does_not", p_value=0.7)
    others = {"no": (), "denied": (wifi(4, "stall-2", -50.0, tag=2, stimulus=ignores),)}
    for other in others.values():
        (finding,) = judge(lens(1, "stall-2", 9.0), wifi(3, "stall-2", -45.0, video=shared), *other).findings
        said = [e for e in (*finding.evidence_for, *finding.evidence_against) if e.modality == "wifi"]
        assert said == []
    followed = wifi(5, "stall-2", -50.0, tag=2, stimulus=FOLLOWS)
    (finding,) = judge(lens(1, "stall-2", 9.0), wifi(3, "stall-2", -45.0, video=shared), followed).findings
    assert "follows_light" in {e.code for e in finding.evidence_for}


def test_many_uplinks_are_rivals_and_not_witnesses() -> None:
    one = judge(lens(99, "stall-1", 9.0), wifi(1, "stall-1", -45.0, tag=1, stimulus=FOLLOWS))
    many = judge(lens(99, "stall-1", 9.0), *(wifi(n, "stall-1", -45.0, tag=n, stimulus=FOLLOWS) for n in range(1, 9)))
    assert one.findings[0].posterior_log10_odds == many.findings[0].posterior_log10_odds


def test_every_weight_is_printed_with_counts_interval_and_source() -> None:
    (finding,) = judge(lens(1, "stall-2", 9.0), wifi(3, "stall-2", -45.0, stimulus=FOLLOWS)).findings
    for e in (*finding.evidence_for, *finding.evidence_against):
        assert e.low_log10 is not None
        assert e.high_log10 is not None
        assert e.low_log10 <= e.weight_log10 <= e.high_log10
        assert e.counts is not None
        assert e.weight_source in {"rendered", "simulated", "derived", "guessed"}


def test_a_chance_is_said_only_where_every_weight_was_measured() -> None:
    (finding,) = judge(lens(1, "stall-2")).findings
    measured = [one.model_copy(update={"weight_source": "field"}) for one in finding.evidence_for]
    said = summary_of(Sum(-2.0, -3.0, -1.0), -5.0, -1.7, measured, [])
    assert "1 in 100,000 before the sweep" in said.en
    assert "100,000분의 1" in said.ko


def test_the_answer_is_explained_in_both_languages() -> None:
    (finding,) = judge(lens(1, "stall-2")).findings
    assert finding.summary is not None
    assert "not a probability): -5.0 before the sweep" in finding.summary.en
    assert "확률 아님): 점검 전 -5.0" in finding.summary.ko
    assert "1 in " not in " ".join([finding.summary.en, *(one.en for one in finding.would_change)])
    assert "Lens-like glint" in finding.summary.en
    assert any("second look" in one.en for one in finding.would_change)
    (blind,) = judge(lens(1, "stall-2"), blind_modality="rf").findings
    assert any("RF: not looked at" in one.en for one in blind.would_change)


def rf(number: int, zone: str, excess: float, kind: str = "continuous", **other: Any) -> r.RfObservation:
    given = {
        "observation_id": uid(number), "zone_id": zone, "position_id": f"p-{zone}", "t_ns": 1, "modality": "rf",
        "kind": kind, "centre_mhz": None, "level_dbm": -50.0 + excess, "baseline_dbm": -50.0, "excess_db": excess,
        "duty_cycle": 1.0, "windows": 10,
    }  # fmt: skip
    return r.RfObservation.model_validate(given | other)


def test_rf_names_the_zone_with_the_highest_excess_only() -> None:
    alone = {
        zone: judge(lens(1, zone, 9.0), rf(3, "stall-1", 8.0), rf(4, "stall-2", 25.0)).findings
        for zone in ("stall-1", "stall-2")
    }
    by_zone = {f.zone_id: {e.code for e in f.evidence_for} for found in alone.values() for f in found}
    assert by_zone == {"stall-1": {"glint"}, "stall-2": {"glint", "continuous_carrier"}}


def test_a_video_transmitter_is_called_once_where_it_is_strongest_and_the_stall_beside_says_where() -> None:
    heard = [rf(3, "stall-1", 20.0, "analog_video"), rf(4, "stall-2", 23.0, "analog_video")]
    assert [f.zone_id for f in judge(*heard).findings] == ["stall-2"]
    same = [one.model_copy(update={"centre_mhz": mhz}) for one, mhz in zip(heard, (5740.0, 5743.0), strict=True)]
    assert [f.zone_id for f in judge(*same).findings] == ["stall-2"]
    two = [one.model_copy(update={"centre_mhz": mhz}) for one, mhz in zip(heard, (5740.0, 5865.0), strict=True)]
    assert [f.zone_id for f in judge(*two).findings] == ["stall-1", "stall-2"], "two transmitters"
    (beside,) = judge(lens(1, "stall-1", 9.0), *heard).findings[:1]
    assert beside.zone_id == "stall-1"
    (said,) = [e for e in beside.evidence_for if e.modality == "rf"]
    assert said.code == "analog_video_near"
    assert said.weight_log10 <= HINT
    assert "strongest in" in said.text.en
    assert PLAN.zones[1].name.en in said.text.en
    assert PLAN.zones[1].name.ko in said.text.ko


def test_a_burst_that_is_louder_hides_no_carrier() -> None:
    (found,) = judge(rf(3, "stall-2", 30.0, "wifi"), rf(4, "stall-2", 23.0, "analog_video")).findings
    assert {e.code for e in found.evidence_for} == {"analog_video"}


def test_glints_of_one_kind_in_a_room_explain_each_other_and_the_report_says_so() -> None:
    one = judge(lens(1, "stall-2", 9.0))
    assert [f.zone_id for f in one.findings] == ["stall-2"]
    assert "glints_alike" not in {limit.code for limit in one.limits}
    several = judge(lens(1, "stall-2", 9.0), lens(2, "stall-1", 9.0), lens(3, "entrance", 2.0))
    assert several.findings == ()
    assert "glints_alike" in {limit.code for limit in several.limits}
    faint = judge(lens(1, "stall-2", 9.0), lens(2, "stall-1", 1.5))
    assert faint.findings == one.findings


def test_several_clips_of_one_spot_are_no_others() -> None:
    clips = [lens(number, "stall-2", 9.0, clip=f"c{number}") for number in (1, 2, 3)]
    (finding,) = judge(*clips).findings
    assert "glints_around" not in {e.code for e in finding.evidence_against}
    again = lens(4, "stall-2", 9.0, position_id="again-stall-2-near")
    (finding,) = judge(clips[0], again).findings
    assert "glints_around" not in {e.code for e in finding.evidence_against}
    assert not judge(clips[0], clips[1].model_copy(update={"clip": clips[0].clip})).findings


def test_a_blind_modality_says_why() -> None:
    result = judge(blind="lamp_phases_do_not_differ")
    one = verdict(result, "stall-1", "lens")
    assert (one.verdict, one.reason) == ("not_assessable", "lamp_phases_do_not_differ")
    assert "조명" in one.text.ko


def test_a_zone_that_nobody_visited_is_not_looked_at() -> None:
    visited = [Measurement("stall-1", "p", "lens", 5.0, 10, 2, 0.9, None)]
    covered = cover(PLAN, visited)
    by_key = {(c.zone_id, c.modality): c for c in covered}
    assert len(covered) == len(PLAN.zones) * len(r.MODALITIES)
    assert by_key["stall-1", "lens"].status == "looked"
    assert by_key["stall-2", "lens"].status == "not_looked"
    assert by_key["stall-2", "lens"].blind_reason == "not_looked"


def test_two_positions_in_a_zone_add_up() -> None:
    parts = [
        Measurement("stall-1", "p1", "lens", 5.0, 10, 2, 0.5, None, rejections={"blurred": 1}),
        Measurement("stall-1", "p2", "lens", 4.0, 8, 1, 0.5, None, rejections={"blurred": 2}),
        Measurement("stall-1", "p3", "lens", 1.0, 0, 8, 0.0, "saturated"),
    ]
    one = next(c for c in cover(PLAN, parts) if (c.zone_id, c.modality) == ("stall-1", "lens"))
    assert one.quality == pytest.approx(0.75)
    assert (one.samples, one.dropped, one.rejections) == (18, 11, {"blurred": 3})
    assert one.blind_reason is None


def test_a_channel_is_unheard_in_a_zone_where_no_position_heard_it() -> None:
    parts = [
        Measurement("stall-1", "p1", "wifi", 5.0, 10, 0, 0.5, None, unheard_mhz=(2_472, 5_955)),
        Measurement("stall-1", "p2", "wifi", 5.0, 10, 0, 0.5, None, unheard_mhz=(5_955, 5_975)),
        Measurement("stall-1", "p3", "wifi", 5.0, 10, 0, 0.0, "adapter_away"),
        Measurement("stall-2", "p4", "wifi", 5.0, 10, 0, 0.5, None),
    ]
    unheard = {one.zone_id: one.unheard_mhz for one in cover(PLAN, parts) if one.modality == "wifi"}
    assert (unheard["stall-1"], unheard["stall-2"]) == ((5_955.0,), None)


def stimulus(verdict: str, p_value: float | None, **changes: Any) -> r.StimulusJudgement:
    return r.StimulusJudgement.model_validate({"verdict": verdict, "p_value": p_value, **changes})


def test_what_one_transmitter_denies_says_nothing_against_another() -> None:
    lit: list[r.Observation] = [wifi(1, "stall-2", -50.0, stimulus=FOLLOWS), lens(9, "stall-2", 9.0)]
    dark = wifi(2, "stall-2", -50.0, tag=2, stimulus=stimulus("does_not", 0.9))
    quiet = wifi(3, "stall-2", -70.0, tag=3, video=NO_VIDEO, stimulus=stimulus("does_not", 0.9))
    (one,), (other,) = judge(*lit).findings, judge(*lit, quiet, dark).findings
    assert other.posterior_log10_odds == one.posterior_log10_odds


def test_what_follows_is_a_camera_also_when_its_traffic_alone_did_not_tell() -> None:
    (finding,) = judge(wifi(1, "stall-2", -50.0, video=NO_VIDEO, stimulus=FOLLOWS), lens(9, "stall-2", 9.0)).findings
    assert "follows_light" in {e.code for e in finding.evidence_for}
    assert "open_upload" in {e.code for e in finding.evidence_against}
    assert judge(wifi(1, "stall-2", -50.0, video=NO_VIDEO, stimulus=stimulus("does_not", 0.9))).findings == ()


def test_a_walk_in_the_same_zone_shares_the_error_of_the_light() -> None:
    beside = lens(9, "stall-2", 9.0)
    light = wifi(1, "stall-2", -50.0, stimulus=stimulus("does_not", 0.4))
    walk = wifi(2, "stall-2", -50.0, stimulus=stimulus("follows_light", 0.02, kind="motion"))
    (finding,) = judge(light, walk, beside).findings
    assert "0.04" in next(e.text.en for e in finding.evidence_for if e.code == "follows_motion")
    late = wifi(2, "stall-2", -50.0, stimulus=stimulus("follows_light", 0.03, kind="motion"))
    (other,) = judge(light, late, beside).findings
    assert "follows_motion" not in {e.code for e in other.evidence_for}, "two tests, 0.06 after both"


def test_the_time_that_the_answer_took_is_told() -> None:
    (finding,) = judge(
        wifi(1, "stall-2", -50.0, stimulus=stimulus("follows_light", 0.002, decided_after_s=33.2)),
        lens(9, "stall-2", 9.0),
    ).findings
    (evidence,) = [e for e in finding.evidence_for if e.code == "follows_light"]
    assert evidence.text.ko == "점멸 조명에 따라 전송량이 변함(시험 수로 보정한 p = 0.002, 33초 만에 확인)"


def test_a_denial_worth_less_light_never_weighs_more() -> None:
    table = WEIGHTS.tables["does_not_follow_light"].weights
    assert [w.log10 for w in table] == sorted(w.log10 for w in table)
    assert WEIGHTS.at("does_not_follow_light", 1.0).log10 <= WEIGHTS.at("does_not_follow_motion").log10 < 0.0


@st.composite
def observation(draw: st.DrawFn) -> r.Observation:
    number = draw(st.integers(1, 40))
    zone = ("stall-1", "stall-2", "entrance")[number % 3]
    if number % 2:
        return lens(number, zone, score=float(number % 7))
    stimulus = FOLLOWS if number % 4 else None
    return wifi(number, zone, -40.0 - number, tag=number % 5, stimulus=stimulus)


@given(st.lists(observation(), max_size=25), st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(observations: list[r.Observation], rng: random.Random) -> None:
    once = judge(*observations)
    again = list(observations) + rng.choices(observations, k=3) if observations else []
    rng.shuffle(again)
    assert judge(*again) == once
    assert all(f.posterior_log10_odds >= load_thresholds().first_look for f in once.findings)


def test_finding_ids_follow_from_sweep_and_zone() -> None:
    first = judge(lens(1, "stall-2")).findings[0].finding_id
    assert first == judge(lens(2, "stall-2", score=2.5)).findings[0].finding_id
    assert first != judge(lens(1, "stall-1")).findings[0].finding_id
    assert isinstance(first, UUID)
    assert first.version == 7

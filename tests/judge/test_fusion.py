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
from sweep.plug.measurement import Measurement
from sweep.run.plugs import WEIGHERS, WORDS
from tests.report_factory import SWEEP_ID, make_plan, uid

PLAN = make_plan()
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
    *observations: r.Observation, blind: str | None = None, places: dict[str, dict[str, float]] | None = None
) -> fusion.Judgement:
    return fusion.judge(
        SWEEP_ID,
        PLAN,
        POSITIONS,
        observations,
        measured(blind=blind),
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
    assert {v.verdict for v in result.verdicts} == {"not_assessable"}
    assert {v.reason for v in result.verdicts} == {"not_calibrated"}
    assert "uncalibrated" in {limit.code for limit in result.limits}


def test_a_glint_alone_is_a_weak_candidate_where_it_points() -> None:
    result = judge(lens(1, "stall-2"))
    (finding,) = result.findings
    assert (finding.zone_id, finding.strength) == ("stall-2", "weak")
    assert (finding.x_m, finding.y_m) == pytest.approx((2.25, 0.3))
    assert finding.posterior_log10_odds <= -3.0
    assert verdict(result, "stall-2", "lens").verdict == "candidate"
    assert verdict(result, "stall-1", "lens").verdict == "not_assessable"
    assert verdict(result, "stall-2", "wifi").verdict == "not_assessable"


def test_a_glint_and_an_uplink_that_follows_the_light_make_a_strong_candidate() -> None:
    result = judge(
        lens(1, "stall-2"),
        wifi(2, "stall-1", -60.0),
        wifi(3, "stall-2", -45.0, stimulus=FOLLOWS),
        wifi(4, "entrance", -62.0),
    )
    (finding,) = result.findings
    assert (finding.zone_id, finding.strength) == ("stall-2", "strong")
    assert [e.code for e in finding.evidence_for] == ["glint", "follows_light", "video_uplink"]
    assert finding.posterior_log10_odds == pytest.approx(
        fusion.PRIOR_LOG10_ODDS + sum(e.weight_log10 for e in (*finding.evidence_for, *finding.evidence_against))
    )


def test_the_light_counts_where_it_was_played_even_if_the_transmitter_is_louder_next_door() -> None:
    ignores = r.StimulusJudgement(verdict="does_not", p_value=0.6)
    result = judge(
        lens(1, "stall-2"),
        wifi(2, "stall-1", -45.0, stimulus=ignores),
        wifi(3, "stall-2", -48.0, stimulus=FOLLOWS),
    )
    assert [(f.zone_id, f.strength) for f in result.findings] == [("stall-2", "strong")]


def test_a_chance_hit_at_one_of_many_positions_is_no_evidence() -> None:
    chance = r.StimulusJudgement(verdict="follows_light", p_value=0.03)
    nothing = r.StimulusJudgement(verdict="not_assessable", p_value=0.5)
    others = [wifi(n, "entrance", -60.0, stimulus=nothing) for n in (5, 6)]
    assert judge(wifi(3, "stall-2", -45.0, stimulus=chance)).findings != ()
    assert judge(wifi(3, "stall-2", -45.0, stimulus=chance), *others).findings == ()


def test_a_marker_stays_in_the_room_when_the_range_is_overestimated() -> None:
    (finding,) = judge(lens(1, "stall-2", range_m=5.0, bearing_deg=20.0)).findings
    assert finding.y_m == pytest.approx(0.0, abs=1e-6)
    assert 2.25 < finding.x_m < 3.0


def test_a_placed_uplink_weighs_by_the_probability_of_the_zone() -> None:
    heard: list[r.Observation] = [lens(1, "stall-2"), wifi(2, "stall-1", -45.0), wifi(3, "stall-2", -47.0)]
    weights = []
    for probability in (0.0, 0.4, 1.0):
        places = {f"{1:016x}": {"stall-2": probability, "stall-1": 0.0}}
        result = judge(*heard, places=places)
        (finding,) = result.findings
        evidence = (*finding.evidence_for, *finding.evidence_against)
        weights.append(next(e.weight_log10 for e in evidence if e.code == "video_uplink_near"))
    assert weights == pytest.approx([0.0, 0.663, 1.0], abs=1e-3)


def test_an_uplink_alone_is_no_finding_and_neither_is_a_bluetooth_hint() -> None:
    hint = r.BleObservation(
        observation_id=uid(9), zone_id="stall-1", position_id="p-stall-1", t_ns=1, modality="ble",
        addresses=wifi(1, "stall-1", -50.0).addresses, kind="camera_hint", company=None,
        rssi_dbm=r.Levels(median=-40.0, max=-40.0), adverts=5,
    )  # fmt: skip
    assert judge(wifi(1, "stall-1", -45.0), hint).findings == ()


def test_a_uplink_that_ignores_the_light_speaks_against() -> None:
    ignores = r.StimulusJudgement(verdict="does_not", p_value=0.7)
    result = judge(lens(1, "stall-2"), wifi(3, "stall-2", -45.0, stimulus=ignores))
    (finding,) = result.findings
    assert [e.code for e in finding.evidence_against] == ["does_not_follow_light"]
    assert finding.strength == "weak"


def test_many_uplinks_do_not_pass_the_cap() -> None:
    result = judge(*(wifi(n, "stall-1", -45.0, tag=n, stimulus=FOLLOWS) for n in range(1, 9)))
    (finding,) = result.findings
    total = sum(e.weight_log10 for e in finding.evidence_for)
    assert total == pytest.approx(fusion.CAPS_LOG10["wifi"], abs=0.01)
    assert all(e.is_capped for e in finding.evidence_for)


def test_rf_names_the_zone_with_the_highest_excess_only() -> None:
    def rf(number: int, zone: str, excess: float) -> r.RfObservation:
        return r.RfObservation(
            observation_id=uid(number), zone_id=zone, position_id=f"p-{zone}", t_ns=1, modality="rf", kind="continuous",
            centre_mhz=None, level_dbm=-50.0 + excess, baseline_dbm=-50.0, excess_db=excess, duty_cycle=1.0, windows=10,
        )  # fmt: skip

    result = judge(lens(1, "stall-2"), lens(2, "stall-1"), rf(3, "stall-1", 8.0), rf(4, "stall-2", 25.0))
    by_zone = {f.zone_id: {e.code for e in f.evidence_for} for f in result.findings}
    assert by_zone == {"stall-1": {"glint"}, "stall-2": {"glint", "continuous_carrier"}}


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
    lit = wifi(1, "stall-2", -50.0, stimulus=FOLLOWS)
    dark = wifi(2, "stall-2", -50.0, tag=2, stimulus=stimulus("does_not", 0.9))
    quiet = wifi(3, "stall-2", -70.0, tag=3, video=NO_VIDEO, stimulus=stimulus("does_not", 0.9))
    alone, beside = judge(lit), judge(lit, quiet, dark)
    (one,), (other,) = alone.findings, beside.findings
    assert other.posterior_log10_odds >= one.posterior_log10_odds
    assert "does_not_follow_light" in {
        e.code for f in judge(dark, lens(9, "stall-2")).findings for e in f.evidence_against
    }


def test_what_follows_is_a_camera_also_when_its_traffic_alone_did_not_tell() -> None:
    (finding,) = judge(wifi(1, "stall-2", -50.0, video=NO_VIDEO, stimulus=FOLLOWS)).findings
    assert [e.code for e in finding.evidence_for] == ["follows_light"]
    assert judge(wifi(1, "stall-2", -50.0, video=NO_VIDEO, stimulus=stimulus("does_not", 0.9))).findings == ()


def test_a_walk_is_the_same_test_and_shares_its_error() -> None:
    light = wifi(1, "stall-2", -50.0, stimulus=stimulus("does_not", 0.4))
    walk = wifi(2, "stall-2", -50.0, stimulus=stimulus("follows_light", 0.02, kind="motion"))
    (finding,) = judge(light, walk).findings
    assert {e.code for e in finding.evidence_for} == {"video_uplink", "follows_motion"}
    assert "0.04" in next(e.text.en for e in finding.evidence_for if e.code == "follows_motion")
    late = wifi(2, "stall-2", -50.0, stimulus=stimulus("follows_light", 0.03, kind="motion"))
    assert judge(light, late).findings == (), "two tests, 0.06 after both"


def test_the_time_that_the_answer_took_is_told() -> None:
    (finding,) = judge(
        wifi(1, "stall-2", -50.0, stimulus=stimulus("follows_light", 0.002, decided_after_s=33.2))
    ).findings
    (evidence,) = [e for e in finding.evidence_for if e.code == "follows_light"]
    assert evidence.text.ko == "점멸 조명에 따라 전송량이 변함(p = 0.002, 33초 만에 확인)"


def test_a_walk_that_moved_nothing_denies_less_than_light() -> None:
    def against(kind: str) -> float:
        denied = wifi(1, "stall-2", -50.0, stimulus=stimulus("does_not", 0.9, kind=kind))
        (finding,) = judge(denied, lens(9, "stall-2")).findings
        return next(e.weight_log10 for e in finding.evidence_against)

    assert against("light") < against("motion") < 0.0


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
    for finding in once.findings:
        assert finding.posterior_log10_odds <= fusion.PRIOR_LOG10_ODDS + sum(fusion.CAPS_LOG10.values())


def test_finding_ids_follow_from_sweep_and_zone() -> None:
    first = judge(lens(1, "stall-2")).findings[0].finding_id
    assert first == judge(lens(2, "stall-2", score=2.5)).findings[0].finding_id
    assert first != judge(lens(1, "stall-1")).findings[0].finding_id
    assert isinstance(first, UUID)
    assert first.version == 7

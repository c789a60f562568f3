"""Every code that can appear has words in Korean and in English, and no words stand there for nothing."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Any

import pytest

from sweep import report as r
from sweep.judge.thresholds import load_weights
from sweep.judge.words import COMMON, SIDES
from sweep.lens.clip.clips import ClipReason
from sweep.lens.weigh import weigh_lens
from sweep.modality.evidence import ZoneView
from sweep.modality.looks import close_id_of
from sweep.modality.protocol import SensingModality
from sweep.modality.words import Words, gather
from sweep.report.sentences import Sentence
from sweep.run.modalities import SENSING_MODALITIES, vocabulary_of
from sweep.run.reporting.look_words import VIEWS
from sweep.run.words import GUIDANCE, NOTICES, STATES
from sweep.wifi.words import RESPONSE_TEST_NAMES, RESPONSE_TEST_REASONS
from tests.judge.test_fusion import NO_VIDEO, PLAN, lens, stimulus, wifi
from tests.report_factory import uid
from tests.run.test_close_looks import weighing

WORDS = vocabulary_of(SENSING_MODALITIES)

ZONE = PLAN.zones[0]
ROOMS: dict[str, Words] = {"common": COMMON} | {str(modality.name): modality.words for modality in SENSING_MODALITIES}


def tables() -> Iterator[tuple[str, str, Sentence]]:
    """(table, code, sentence) of everything that is said."""
    for room, words in ROOMS.items():
        for table in ("reasons", "evidence", "guidance", "limits", "conditional_limits"):
            yield from ((f"{room} {table}", code, said) for code, said in getattr(words, table).items())
    for name, said_here in (("states", STATES), ("guidance", GUIDANCE), ("notices", NOTICES), ("sides", SIDES)):
        yield from ((name, code, said) for code, said in said_here.items())
    for name, said_there in (("response test reasons", RESPONSE_TEST_REASONS), ("trial names", RESPONSE_TEST_NAMES)):
        yield from ((name, code, said) for code, said in said_there.items())


def test_everything_is_said_in_both_languages_with_the_same_values() -> None:
    for table, code, said in tables():
        assert re.fullmatch("[a-z][a-z0-9_]{0,63}", code), (table, code)
        assert re.search("[가-힣]", said.ko), (table, code)
        assert not re.search("[가-힣]", said.en), (table, code)
        values = [sorted(re.findall(r"{(\w+)}", text)) for text in said]
        assert values[0] == values[1], (table, code)


def test_guidance_has_at_most_eight_words() -> None:
    said = [(table, code, sentence) for table, code, sentence in tables() if table.endswith("guidance")]
    assert len(said) > 15
    for table, code, sentence in [*said, *(("views", name, view) for name, view in VIEWS.items())]:
        assert max(len(text.split()) for text in sentence) <= 8, (table, code, sentence)


def test_every_modality_has_its_limits_in_its_own_name() -> None:
    assert {limit.modality for limit in WORDS.limits.values()} >= {None, *r.MODALITIES}
    for modality in r.MODALITIES:
        never = WORDS.conditional_limits[f"{modality}_never_measured"]
        name = r.SHOWN[modality].name
        assert (never.modality, name.ko in never.text.ko, name.en in never.text.en) == (modality, True, True)


def test_a_code_without_a_sentence_is_named_and_never_left_out() -> None:
    assert "made_up" in WORDS.reason("made_up").ko
    assert "made_up" in WORDS.limit("made_up").text.ko


def test_one_code_has_one_sentence() -> None:
    same, other = Words(reasons={"x": Sentence("하나", "one")}), Sentence("둘", "two")
    assert gather(same, {"lens": same}).reasons == same.reasons
    with pytest.raises(ValueError, match="the code x has two sentences"):
        gather(same, {"lens": Words(reasons={"x": other})})


def test_every_fault_of_a_clip_is_a_reason_in_the_report() -> None:
    assert {str(reason) for reason in ClipReason} <= set(WORDS.reasons)


def draw(modality: r.Modality, number: int, rng: random.Random) -> r.Observation:
    """Anything that the modality may observe."""
    zone = rng.choice(("stall-1", "stall-2", "entrance"))
    place: dict[str, Any] = {"observation_id": uid(number), "zone_id": zone, "position_id": f"p-{zone}", "t_ns": 1}
    match modality:
        case "lens":
            return lens(number, zone, score=rng.uniform(0.0, 6.0), persistence=rng.choice([None, 0.5]))
        case "wifi":
            verdict, kind = rng.choice(("follows_light", "does_not")), rng.choice(("light", "motion"))
            after_s = rng.choice((None, 33.2))
            tested = stimulus(verdict, rng.choice((0.001, 0.6)), kind=kind, decided_after_s=after_s)
            video: dict[str, Any] = {"video": NO_VIDEO} if rng.random() < 0.5 else {}
            video["outside_dbm"] = rng.choice((None, rng.uniform(-60.0, -10.0)))
            return wifi(number, zone, rng.uniform(-90.0, -30.0), stimulus=rng.choice((None, tested)), **video)
        case "ble":
            kind, level = rng.choice(("camera_hint", "phone")), r.Levels(median=-40.0, max=-40.0)
            token = wifi(1, zone, -50.0).addresses
            return r.BleObservation(
                **place, modality="ble", addresses=token, kind=kind, company=None, rssi_dbm=level, adverts=5
            )
        case "rf":
            kind, excess = rng.choice(("continuous", "analog_video", "wifi")), rng.uniform(-5.0, 30.0)
            return r.RfObservation.model_validate(
                place
                | {"modality": "rf", "kind": kind, "centre_mhz": None, "level_dbm": -50.0, "baseline_dbm": -60.0}
                | {"excess_db": excess, "duty_cycle": 1.0, "windows": 10}
            )


def looked_again(modality: r.Modality) -> list[str]:
    """Positions of a second look at the zone."""
    views = ("light",) if modality == "wifi" else ("near", "left", "right")
    return [f"again-{ZONE.zone_id}-{view}" for view in views]


@pytest.mark.parametrize("modality", SENSING_MODALITIES, ids=lambda modality: modality.name)
def test_every_sentence_of_evidence_is_said_of_something(modality: SensingModality) -> None:
    rng = random.Random(1)
    shapes = {code: re.sub(r"\\{\w+\\}", ".+", re.escape(said.en)) for code, said in modality.words.evidence.items()}
    said: set[str] = set()
    for _ in range(600):
        seen = [draw(modality.name, number, rng) for number in range(1, rng.randrange(1, 5))]
        looked = r.ZoneCoverage(
            zone_id=ZONE.zone_id, modality=modality.name, status="looked", quality=0.9, dwell_s=5.0, samples=10,
            dropped=0, rejections={}, gaps=(), blind_reason=None,
        )  # fmt: skip
        again = rng.choice(((), tuple(looked_again(modality.name))))
        if again:
            seen += [
                draw(modality.name, number, rng).model_copy(update={"position_id": name, "zone_id": ZONE.zone_id})
                for number, name in enumerate(again, 10)
                if rng.random() < 0.7
            ]
        near = close_id_of(ZONE.zone_id, uid(1))  # of the first of what was seen; a district's own weights count it
        if modality.name == "lens":
            seen.append(draw("lens", 20, rng).model_copy(update={"position_id": near, "zone_id": ZONE.zone_id}))
        view = ZoneView(
            ZONE, seen, looked, {}, weighing(0.4), again, is_empty_by_eye=rng.random() < 0.5, close={uid(1): near}
        )
        for one in modality.weigher.weigh(view):
            assert one.modality == modality.name
            matching = [
                code for code in (one.code, f"{one.code}_after") if re.fullmatch(shapes.get(code, ""), one.text.en)
            ]
            assert matching, one
            said.add(matching[-1])
    assert said == set(modality.words.evidence)


@pytest.mark.parametrize(
    ("numbers", "ko", "en"),
    [((0.09, 0.04, 0.17), "9% (4–17%)", "9% (4–17%)"), ((None, None, None), "알 수 없음", "Unknown")],
)
def test_that_no_lens_glinted_says_with_what_chance_one_would_have(
    numbers: tuple[float | None, ...], ko: str, en: str
) -> None:
    looked = r.ZoneCoverage(
        zone_id=ZONE.zone_id, modality="lens", status="looked", quality=1.0, dwell_s=5.0, samples=10,
        dropped=0, rejections={}, gaps=(), blind_reason=None,
    )  # fmt: skip
    probability, low, high = numbers
    told = r.TargetCoverage(
        zone_id=ZONE.zone_id, target="pinhole_1mm", modality="lens", probability=probability, low=low, high=high,
        source="rendered", reason="not_looked" if probability is None else None, text=r.LocalText(ko="렌즈", en="lens"),
    )  # fmt: skip
    (said,) = weigh_lens(ZoneView(ZONE, [], looked, {}, load_weights(), targets=(told,)))
    assert said.text.ko.endswith(f"확률: {ko}")
    assert said.text.en.endswith(f"here: {en}")
    assert "100" not in said.text.en
    (untold,) = weigh_lens(ZoneView(ZONE, [], looked, {}, load_weights()))
    assert (untold.weight_log10, untold.text.en.endswith("Unknown")) == (said.weight_log10, True)

"""Where the light is to be played: the likeliest place first, one test for all of a channel, none asked for twice."""

from __future__ import annotations

from sweep.modality.pending_light import LEAST_CHANCE, Chance, PendingLights, pending_light

CAMERA = Chance("a", 2412.0, is_open=False, zones={"stall-1": 0.2, "stall-2": 0.6, "entrance": LEAST_CHANCE / 2})
BESIDE = Chance("b", 2412.0, is_open=False, zones={"stall-1": 0.5})
OPEN = Chance("c", 5180.0, is_open=True, zones={"stall-2": 0.8})


def test_the_likeliest_place_comes_first_and_serves_all_of_its_channel() -> None:
    ahead = pending_light([CAMERA, BESIDE, OPEN])
    assert [(one.zone_id, sorted(one.tags)) for one in ahead] == [
        ("stall-1", ["a", "b"]), ("stall-2", ["a"]), ("stall-2", ["c"]),
    ]  # fmt: skip
    assert [one.worth for one in ahead] == [0.7, 0.6, 0.4], "what its traffic leaves open is worth half"


def test_thin_streams_come_last_and_each_zone_has_its_likeliest_before_any_has_a_second() -> None:
    thin = [
        Chance(tag, channel, is_open=True, zones={zone: share}, is_thin=True)
        for tag, channel, zone, share in (
            ("d", 2437.0, "stall-1", 0.9), ("e", 2462.0, "stall-1", 0.8), ("f", 2437.0, "stall-2", 0.2),
        )
    ]  # fmt: skip
    ahead = pending_light([*thin, OPEN, CAMERA])
    assert [(one.zone_id, sorted(one.tags)) for one in ahead] == [
        ("stall-2", ["a"]), ("stall-2", ["c"]), ("stall-1", ["a"]),
        ("stall-1", ["d"]), ("stall-2", ["f"]), ("stall-1", ["e"]),
    ]  # fmt: skip
    beside = pending_light([Chance("g", 2412.0, is_open=True, zones={"stall-2": 0.5}, is_thin=True), CAMERA])
    assert sorted(beside[0].tags) == ["a", "g"], "the light of its channel serves it"


def test_what_was_begun_is_not_asked_for_again_unless_somebody_new_is_there() -> None:
    lights = PendingLights()
    lights.offer(pending_light([CAMERA, OPEN]))
    first = lights.at("stall-2")
    assert first is not None
    lights.begin(first)
    assert lights.at("stall-2") != first
    lights.offer(pending_light([CAMERA, OPEN]))
    assert [(one.zone_id, sorted(one.tags)) for one in lights.pending] == [("stall-2", ["c"]), ("stall-1", ["a"])]
    lights.offer(pending_light([CAMERA, BESIDE]))
    assert [sorted(one.tags) for one in lights.pending] == [["a", "b"]]

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

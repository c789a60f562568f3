"""What leads to a candidate within a position: what is told, how often, and that silence is told as silence."""

from __future__ import annotations

from sweep.modality.messages import LevelNow, SpotNow
from sweep.report import LiveEvent, NearEvent, Nearness, RfWindow
from sweep.rf.envelope import NOMINAL
from sweep.run.position.proximity import TELL_EVERY_S, ProximityGuide

TAG = "0123456789abcdef"


class NextPosition:
    def __init__(self, outside: tuple[RfWindow, ...] = ()) -> None:
        self.now_s = 100.0
        self.events: list[LiveEvent] = []
        self.nearing = ProximityGuide(self.events.append, lambda: self.now_s)
        self.nearing.begin("stall-2", outside)

    def run(self, seconds: float, level_dbm: float | None = None, spot: SpotNow | None = None) -> None:
        """Quarter seconds in which a transmitter is received so, or is silent."""
        for _ in range(round(seconds / 0.25)):
            self.now_s += 0.25
            if level_dbm is not None:
                self.nearing.on_level(LevelNow(TAG, 2437, round(self.now_s * 1e9), 0.25, level_dbm))
            if spot is not None:
                self.nearing.on_spot(spot)
            self.nearing.tick()

    @property
    def last(self) -> tuple[Nearness, ...]:
        event = self.events[-1]
        assert isinstance(event, NearEvent)
        return event.things

    @property
    def trend(self) -> str:
        return self.last[0].trend


def rf_window(number: int, level_dbm: float) -> RfWindow:
    counts = NOMINAL.to_counts(level_dbm)
    return RfWindow(
        t_ns=number * 100_000_000, duration_s=0.1, receiver="log_detector", centre_mhz=None, samples=1000, dropped=0,
        min_counts=counts - 4, mean_counts=counts, max_counts=counts + 4, p10_counts=counts - 2, p50_counts=counts,
        p90_counts=counts + 2, duty_cycle=0.0, bursts=0, gaps=0,
    )  # fmt: skip


def test_a_transmitter_gets_warmer_then_silent_and_never_colder_for_its_silence() -> None:
    position = NextPosition()
    position.run(4.0, -70.0)
    (near,) = position.last
    assert (near.modality, near.tag, near.channel_mhz) == ("wifi", TAG, 2437.0)
    assert (near.trend, near.level_dbm, near.best_dbm, near.change_db) == ("same", -70.0, -70.0, 0.0)
    position.run(2.0, -58.0)
    (near,) = position.last
    assert (near.trend, near.level_dbm) == ("warmer", -58.0)
    assert near.step_db is not None
    assert near.step_db >= 6.0
    told = len(position.events)
    position.run(10.0)
    (near,) = position.last
    assert (near.trend, near.level_dbm, near.best_dbm) == ("none", None, -58.0)
    assert near.silent_s >= 2.0
    assert len(position.events) - told <= 5, "silence is told once"
    trends = [one.things[0].trend for one in position.events if isinstance(one, NearEvent)]
    assert "colder" not in trends
    position.run(1.0, -58.0)
    assert position.trend in {"warmer", "same", "first"}


def test_it_is_told_twice_a_second_and_taken_back_when_the_stand_is_over() -> None:
    position = NextPosition()
    position.run(10.0, -60.0)
    assert len(position.events) <= 10.0 / TELL_EVERY_S + 1
    position.nearing.end()
    assert position.last == ()
    told = len(position.events)
    position.nearing.end()
    position.nearing.begin("stall-3")
    position.run(5.0)
    assert len(position.events) == told, "nothing to tell"


def test_a_lens_is_led_to_by_angle_and_distance() -> None:
    position = NextPosition()
    position.run(1.0, spot=SpotNow(20.0, -5.0, 1.2, 14.0))
    (near,) = position.last
    assert (near.modality, near.trend, near.right_deg, near.up_deg, near.range_m, near.snr) == (
        "lens", "first", 20.0, -5.0, 1.2, 14.0,
    )  # fmt: skip
    position.run(1.0, spot=SpotNow(18.0, -5.0, 1.15, 14.0))
    assert position.trend == "first", "a hand that shakes"
    position.run(0.5, spot=SpotNow(10.0, -5.0, 1.15, 14.0))
    assert position.trend == "warmer"
    position.run(3.0, spot=SpotNow(10.0, -5.0, 1.15, 14.0))
    assert position.trend == "same"
    position.run(0.5, spot=SpotNow(10.0, -5.0, 1.35, float("nan")))
    assert (position.trend, position.last[0].snr) == ("colder", None)
    position.run(4.0)
    assert (position.trend, position.last[0].right_deg) == ("none", None)


def test_the_air_leads_where_it_is_louder_than_outside_the_door_only() -> None:
    outside = tuple(rf_window(number, -45.0) for number in range(20))
    position = NextPosition(outside)
    position.nearing.on_windows([rf_window(number, -42.0) for number in range(20)])
    position.run(1.0)
    assert position.events == []
    position.nearing.on_windows([rf_window(20 + number, -35.0) for number in range(20)])
    position.run(0.5)
    (near,) = position.last
    assert (near.modality, near.tag, near.channel_mhz) == ("rf", None, None)
    assert near.level_dbm is not None
    assert abs(near.level_dbm + 35.0) < 0.5
    unknown = NextPosition()
    unknown.nearing.on_windows([rf_window(number, -20.0) for number in range(20)])
    unknown.run(1.0)
    assert unknown.events == [], "without a position outside nobody knows what is in here"

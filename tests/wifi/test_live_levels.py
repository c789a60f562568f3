"""How strongly transmitters are received moment by moment: their frames only, and nothing of a moment without any."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sweep.modality.addresses import format_address
from sweep.modality.messages import LevelNow
from sweep.wifi.frames.dot11 import Dot11Frames, parse_block
from sweep.wifi.position import WifiRequest
from sweep.wifi.session import hear_position
from sweep.wifi.transmitters.live_levels import MOST_LED, LiveLevels
from tests.wifi.frames import data_up, radiotap
from tests.wifi.lit_camera import LitCamera
from tests.wifi.lit_rig import AP, ROW
from tests.wifi.live_rig import CAMERA_MHZ
from tests.wifi.made_up_air import CAMERA, MadeUpAir, MadeUpPlayer, Pictures, make_block, network

TAG = "0123456789abcdef"


def heard(wish: WifiRequest, led: dict[str, tuple[int, ...]]) -> list[LevelNow]:
    air = MadeUpAir()
    player = MadeUpPlayer(air)
    air.place(CAMERA_MHZ, network(), Pictures(CAMERA, LitCamera(ROW, 1), player.level_at))
    hear_position(wish, air, player, tag=lambda _: "f" * 16, led=led)
    return [message for message in player.said if isinstance(message, LevelNow)]


def test_a_known_camera_is_told_while_its_channel_is_listened_to_and_nobody_else() -> None:
    words = heard(WifiRequest(12.0), {TAG: (CAMERA,)})
    assert {(message.tag, message.channel_mhz) for message in words} == {(TAG, CAMERA_MHZ)}
    assert len(words) >= 10
    assert all(0.0 < message.seconds <= 0.5 for message in words)
    assert [message.t_ns for message in words] == sorted({message.t_ns for message in words})
    assert heard(WifiRequest(12.0), {}) == []


def test_whoever_is_tested_joins_them() -> None:
    words = heard(WifiRequest(6.0, "light", test_longest_s=10.0), {})
    assert {message.tag for message in words} == {"f" * 16}


def test_the_surest_are_told_and_no_more_than_a_phone_holds() -> None:
    said: list[LevelNow] = []
    nearby = LiveLevels(said.append, {str(number): (number,) for number in range(1, 6)})

    def told(*numbers: int) -> list[str]:
        said.clear()
        nearby.add(frames_of(*((number, -40) for number in numbers)))
        nearby.tell(1, 0.25)
        return [message.tag for message in said]

    assert told(*range(1, 10)) == ["1", "2", "3"]
    nearby.lead("9", (9,))
    nearby.lead("8", ())
    assert told(*range(1, 10)) == ["9", "1", "2"]
    assert len(said) == MOST_LED
    assert told() == []


def frames_of(*heard: tuple[int, int]) -> Dot11Frames:
    """A frame of each address at its level in dBm."""
    packets = [
        radiotap(dbm, CAMERA_MHZ) + data_up(format_address(address), AP, 100, number)
        for number, (address, dbm) in enumerate(heard)
    ]
    return parse_block(make_block(list(enumerate(packets))))[0]


def test_the_level_is_that_of_the_mean_power() -> None:
    frames = frames_of((CAMERA, -40), (CAMERA, -50), (0xC3, -10))
    said: list[LevelNow] = []
    nearby = LiveLevels(said.append, {TAG: (CAMERA,)})
    nearby.add(frames)
    nearby.add(replace(frames, rssi_dbm=np.full(3, -32768, np.int16)))
    nearby.tell(5, 0.25)
    nearby.tell(6, 0.25)
    (message,) = said
    assert message.level_dbm == pytest.approx(10 * np.log10((1e-4 + 1e-5) / 2), abs=0.01)

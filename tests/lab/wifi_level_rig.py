"""`bench record` of Wi-Fi against a radio that is not there: a TAP device in a network namespace of its own.

Run as `unshare -n python -m tests.lab.wifi_level_rig`; prints three readings of a sender beside a stranger: at -20 dBm,
at -47 dBm after that, and silent.
"""

from __future__ import annotations

import json
import os
import threading

from sweep.cli.config import Config
from sweep.lab.campaign.folder import Drawn
from sweep.lab.campaign.hearing import hear_wifi
from tests.wifi.frames import OTHER, STATION, data_up, radiotap
from tests.wifi.tap_rig import NAME, make_tap

TEST = Drawn(v=1, seed=1, setups=1, of="wifi", sender=STATION, mhz=2437)


def main() -> None:
    """Three readings."""
    device, stop = make_tap(), threading.Event()
    ours, stranger = data_up(length=600), data_up(station=OTHER, length=600)
    levels: list[int | None] = [-20]

    def send() -> None:
        while not stop.wait(0.005):
            if levels[0] is not None:
                os.write(device, radiotap(levels[0]) + ours)
            os.write(device, radiotap(-30) + stranger)

    thread = threading.Thread(target=send)
    thread.start()
    read = []
    for level in (-20, -47, None):
        levels[0] = level
        read.append(hear_wifi(Config(wifi_adapter=NAME), TEST, 1.0).model_dump())
    stop.set()
    thread.join()
    print(json.dumps(read))


if __name__ == "__main__":
    main()

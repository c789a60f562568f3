"""Machines in the venue that are no cameras: speakers, a vacuum, printers, tills, signs, television, sensors.

Each takes a host and a length and starts its processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from tests.simulators.air_encoders import draw_pictures, spread
from tests.simulators.air_paths import ignore
from tests.simulators.air_transports import Reliable, tcp
from tests.simulators.air_venue_cameras import play, tick
from tests.simulators.air_venue_guests import fetch, limited
from tests.simulators.air_venue_places import Host


def voice_assistant(host: Host, seconds: float) -> None:
    """Silent until spoken to; then a few seconds of sound up, an answer down."""
    random, path = host.random, host.path()
    up = Reliable(path, random, tcp(random))
    down = Reliable(path, random, tcp(random), is_up=False)
    step_s, octets = random.choice([(0.02, 640.0), (0.1, 3_200.0), (0.06, 240.0), (0.032, 1_024.0)])

    def listen() -> Iterator[float]:
        yield random.uniform(0, 3)
        while True:
            up.write(random.uniform(400, 1_500))
            for _ in range(int(random.uniform(1.5, 6) / step_s)):
                up.write(octets * (1.0 if step_s != 0.06 else random.uniform(0.6, 1.4)) + 29)
                yield step_s
            down.write(random.uniform(2e4, 1.5e5))
            yield random.expovariate(1 / 5.0)

    host.medium.spawn(listen())
    host.medium.spawn(tick(random.choice([5.0, 15.0]), 0.05, host, lambda: up.write(60)))


def smart_speaker(host: Host, seconds: float) -> None:
    """Music comes in parts; in a group, it hands sound on to the next speaker."""
    random, path = host.random, host.path()
    down = Reliable(path, random, limited(tcp(random), host, 2, 8), is_up=False)
    fetch(host, down, path, lambda: random.uniform(1e5, 4e5), lambda: random.uniform(2, 8))
    if random.random() < 0.6:
        partner = host.path("vi", is_local=True)
        step_s, octets = random.choice([(0.008, 1_408), (0.0232, 900), (0.02, 400), (0.0116, 1_100)])
        vary = random.choice([0.0, 0.08])
        host.medium.spawn(
            tick(step_s, 0.001, host, lambda: partner.send(octets * random.gauss(1, vary) + 40, ignore, is_up=True))
        )


def baby_monitor(host: Host, seconds: float) -> None:
    """Sound only, one way, to a parent's telephone."""
    random, is_local = host.random, host.random.random() < 0.5
    step_s, octets, vary = random.choice(
        [(0.02, 160, 0.0), (0.04, 320, 0.0), (0.064, 256, 0.15), (0.06, 180, 0.2), (0.032, 512, 0.0), (0.128, 560, 0.1)]
    )
    if random.random() < 0.5:
        path = host.path(is_local=is_local)
        host.medium.spawn(
            tick(
                step_s,
                0.002,
                host,
                lambda: path.send(octets * max(random.gauss(1, vary), 0.3) + 40, ignore, is_up=True),
            )
        )
    else:
        connection = Reliable(host.path(is_local=is_local), random, tcp(random, is_camera=True))
        host.medium.spawn(
            tick(step_s, 0.002, host, lambda: connection.write(octets * max(random.gauss(1, vary), 0.3) + 29))
        )


def robot_vacuum(host: Host, seconds: float) -> None:
    """Its place many times a second, its map every few seconds as it grows, to an application that watches."""
    random = host.random
    connection = Reliable(host.path(is_local=random.random() < 0.3), random, tcp(random, is_camera=True))
    hz, map_s, size = (
        random.choice([1, 2, 5, 10]),
        random.choice([0.5, 1.0, 2.0, 3.0, 5.0]),
        [spread(host.rng, 1e3, 3e4)],
    )

    def draw_map() -> None:
        size[0] *= 1 + random.expovariate(1 / 0.01)
        connection.write(size[0])

    host.medium.spawn(tick(1 / hz, 0.01, host, lambda: connection.write(random.gauss(180, 15))))
    host.medium.spawn(tick(map_s, 0.03, host, draw_map))


def printer_scan(host: Host, seconds: float) -> None:
    """A page is scanned in strips, each compressed when its lines are read, then the carriage returns."""
    random = host.random
    connection = Reliable(host.path(is_local=random.random() < 0.7), random, tcp(random, is_camera=True))
    strip_s, strip = spread(host.rng, 0.03, 0.5), spread(host.rng, 6e3, 1.2e5)

    def scan() -> Iterator[float]:
        yield random.uniform(0, 3)
        while True:
            for _ in range(random.randint(20, 90)):
                connection.write(strip * random.choice([0.15, 1.0, 1.0]) * random.lognormvariate(0, 0.5))
                yield strip_s * random.uniform(0.95, 1.05)
            yield random.uniform(1.5, 5)

    host.medium.spawn(scan())


def pos_terminal(host: Host, seconds: float) -> None:
    """A handshake and a few records for each payment."""
    random, path = host.random, host.path()
    connection = Reliable(path, random, tcp(random, is_camera=True))

    def pay() -> Iterator[float]:
        while True:
            yield random.expovariate(1 / 4.0)
            for octets in (517, 300, random.uniform(700, 1_600), 200):
                connection.write(octets)
                path.send(random.uniform(90, 1_400), ignore, is_up=False)
                yield random.uniform(0.03, 0.4)

    host.medium.spawn(pay())


def signage(host: Host, seconds: float) -> None:
    """A sign that fetches its films, and says that it lives."""
    random, path = host.random, host.path()
    down = Reliable(path, random, limited(tcp(random), host, 2, 7), is_up=False)
    fetch(host, down, path, lambda: random.uniform(2e6, 1e7), lambda: random.uniform(2, 10))
    alive = Reliable(host.path(), random, tcp(random, is_camera=True))
    host.medium.spawn(tick(random.choice([1.0, 5.0, 10.0]), 0.02, host, lambda: alive.write(random.uniform(200, 900))))


def kiosk(host: Host, seconds: float) -> None:
    """Orders and payments; its own picture of its screen once in a while for those who look after it."""
    pos_terminal(host, seconds)
    random = host.random
    connection = Reliable(host.path(), random, tcp(random))
    shot = spread(host.rng, 2e4, 2e5)
    every_s = random.choice([2.0, 5.0, 10.0])
    host.medium.spawn(tick(every_s, 0.05, host, lambda: connection.write(shot * random.uniform(0.8, 1.2))))


def iptv(host: Host, seconds: float) -> None:
    """A channel comes in, as datagrams or in parts; reports go back."""
    random, path = host.random, host.path(host.random.choice(["be", "vi"]))
    if random.random() < 0.5:

        def cut(octets: float, _: bool) -> None:
            for _n in range(int(octets / 1_316) + 1):
                path.send(1_344, ignore, is_up=False)

        play(host, draw_pictures(seconds, host.rng, spread(host.rng, 2_500, 5_000)), cut)
        host.medium.spawn(tick(random.choice([0.1, 1.0, 5.0]), 0.01, host, lambda: path.send(88, ignore, is_up=True)))
        return
    down = Reliable(path, random, limited(tcp(random), host, 4, 9), is_up=False)
    part_s = random.choice([2.0, 4.0, 6.0])
    host.medium.spawn(tick(part_s, 0.05, host, lambda: path.send(random.uniform(300, 900), ignore, is_up=True)))
    host.medium.spawn(tick(part_s, 0.06, host, lambda: down.write(part_s * random.uniform(3e5, 5e5))))


def smart_plug(host: Host, seconds: float) -> None:
    random, path = host.random, host.path()
    host.station.saves_power = random.random() < 0.5
    every_s, octets = spread(host.rng, 0.5, 10), random.uniform(80, 300)
    host.medium.spawn(tick(every_s, 0.01, host, lambda: path.send(octets, ignore, is_up=True)))
    host.medium.spawn(tick(2 * every_s, 0.01, host, lambda: path.send(70, ignore, is_up=False)))


def sensor(host: Host, seconds: float) -> None:
    """Air, sound level, presence by radar: readings by a timer, some many times a second, some in blocks."""
    random = host.random
    hz, octets = spread(host.rng, 0.2, 25), spread(host.rng, 60, 2_500)
    vary, every = random.choice([0.0, 0.02, 0.2]), random.choice([0, 0, 10, 30])
    connection = Reliable(host.path(is_local=random.random() < 0.4), random, tcp(random, is_camera=True))
    host.station.saves_power = random.random() < 0.4
    count = [0]

    def read() -> None:
        count[0] += 1
        long = 4.0 if every and count[0] % every == 0 else 1.0
        connection.write(max(octets * long * random.gauss(1, vary), 20.0))

    host.medium.spawn(tick(1 / hz, 0.003, host, read))


def intercom_idle(host: Host, seconds: float) -> None:
    """An intercom with nobody at the door: it keeps its registration, and a still of the door every few seconds."""
    random, path = host.random, host.path()
    host.medium.spawn(
        tick(
            random.choice([0.5, 1.0, 5.0]),
            0.01,
            host,
            lambda: path.send(random.choice([60, 90, 130]), ignore, is_up=True),
        )
    )
    host.medium.spawn(tick(15.0, 0.1, host, lambda: path.send(random.uniform(350, 700), ignore, is_up=True)))
    if random.random() < 0.5:
        connection = Reliable(path, random, tcp(random, is_camera=True))
        still = spread(host.rng, 8e3, 6e4)
        host.medium.spawn(
            tick(
                random.choice([3.0, 5.0, 10.0]),
                0.05,
                host,
                lambda: connection.write(float(np.ceil(still * random.gauss(1, 0.01)))),
            )
        )


MACHINES: Final[dict[str, Callable[[Host, float], None]]] = {
    "voice_assistant": voice_assistant, "smart_speaker": smart_speaker, "baby_monitor": baby_monitor,
    "robot_vacuum": robot_vacuum, "printer_scan": printer_scan, "pos_terminal": pos_terminal, "signage": signage,
    "kiosk": kiosk, "iptv": iptv, "smart_plug": smart_plug, "sensor": sensor, "intercom_idle": intercom_idle,
}  # fmt: skip

"""People in the venue and what their telephones, laptops and pads do, without a camera that is hidden.

Each takes a host and a length and starts its processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import numpy as np

from tests.simulators.air_codel import Packet
from tests.simulators.air_encoders import draw_pictures, spread
from tests.simulators.air_paths import Path, ignore
from tests.simulators.air_transports import Habits, Reliable, quic, tcp
from tests.simulators.air_venue_cameras import play, tick
from tests.simulators.air_venue_places import Datagrams, Host


def upload_files(host: Host, habits: Habits, size: Callable[[], float], pause: Callable[[], float]) -> None:
    """One file behind the other over one connection, each asked about before and confirmed behind."""
    connection, random = Reliable(host.path(host.random.choice(["be", "be", "bk"])), host.random, habits), host.random

    def begin(_: object = None) -> None:
        connection.write(random.uniform(300, 1_200))
        connection.write(size(), done)

    def done() -> None:
        host.medium.at(host.medium.now + pause(), begin)

    host.medium.at(random.uniform(0, 1.5), begin)


def photo_backup(host: Host, seconds: float) -> None:
    upload_files(
        host, tcp(host.random), lambda: spread(host.rng, 4e5, 6e6), lambda: host.random.expovariate(1 / 0.3) + 0.02
    )


def sync_sizes(host: Host) -> Callable[[], float]:
    block = host.random.choice([65_536.0, 262_144.0, 1_048_576.0, 4_194_304.0])
    if host.random.random() < 0.5:
        return lambda: block
    return lambda: spread(host.rng, 2e3, 4e5)


def cloud_sync(host: Host, seconds: float) -> None:
    waits_s = spread(host.rng, 0.005, 0.3)
    upload_files(host, tcp(host.random), sync_sizes(host), lambda: host.random.gammavariate(2, waits_s / 2))


def cloud_sync_quic(host: Host, seconds: float) -> None:
    waits_s = spread(host.rng, 0.005, 0.3)
    upload_files(host, quic(host.random), sync_sizes(host), lambda: host.random.gammavariate(2, waits_s / 2))


def dashcam_sync(host: Host, seconds: float) -> None:
    """A car that came home: files of a minute each, over a connection that never rests."""
    upload_files(host, tcp(host.random), lambda: spread(host.rng, 1e7, 6e7), lambda: host.random.uniform(0.05, 0.4))


def talk(host: Host, path: Path, *, is_up: bool, has_pauses: bool = True) -> None:
    """Opus or EVS, 20 ms; where it is silent, comfort noise."""
    state, random = [0, True], host.random
    level = random.uniform(60, 140)

    def speak() -> None:
        state[0] += 1
        if has_pauses and state[0] % 20 == 0 and random.random() < 0.15:
            state[1] = not state[1]
        if state[1] or state[0] % 8 == 0:
            octets = random.gauss(level, 0.15 * level) if state[1] else 20.0
            path.send(max(octets, 20) + 58, ignore, is_up=is_up)

    host.medium.spawn(tick(0.02, 0.0015, host, speak))


def voice_call(host: Host, seconds: float) -> None:
    path = host.path(host.random.choice(["vo", "be"]))
    for is_up in (True, False):
        talk(host, path, is_up=is_up)


def show(host: Host, seconds: float, path: Path, kbps: float, *, is_up: bool) -> None:
    """Pictures cut evenly and paced by a timer of 5 ms, as WebRTC does."""
    sender, pictures = Datagrams(path, 66, is_repaired=True, is_up=is_up), draw_pictures(seconds, host.rng, kbps)
    pieces: list[float] = []
    budget = 2.5 * kbps * 125 * 0.005

    def cut(octets: float, _: bool) -> None:
        count = int(np.ceil(octets / 1_130))
        pieces.extend([octets / count] * count)

    def pump() -> Iterator[float]:
        while True:
            left = budget
            while pieces and left > 0:
                left -= pieces[0]
                sender.send(pieces.pop(0))
            yield 0.005

    play(host, pictures, cut)
    host.medium.spawn(pump())


def meeting(host: Host, seconds: float) -> None:
    random = host.random
    path = host.path(random.choice(["be", "vi"]))
    show(host, seconds, path, spread(host.rng, 250, 2_000), is_up=True)
    for _ in range(random.randint(1, 3)):
        show(host, seconds, path, spread(host.rng, 150, 1_200), is_up=False)
    voice_call(host, seconds)
    for is_up in (True, False):
        host.medium.spawn(tick(0.05, 0.01, host, partial(path.send, 96, ignore, is_up=is_up)))


def fetch(
    host: Host, connection: Reliable, request: Path, octets: Callable[[], float], pause: Callable[[], float]
) -> None:
    """Ask, get, think, ask again."""
    answered = [0]

    def asked(_: Packet) -> None:
        answered[0] += 1
        connection.write(octets(), done)

    def ask_again(count: int) -> None:
        if count == answered[0]:  # the request was lost
            ask()

    def ask(_: object = None) -> None:
        host.medium.at(host.medium.now + 1.0, ask_again, answered[0])
        for _n in range(1 + (host.random.random() < 0.3)):
            request.send(host.random.uniform(90, 1_400), ignore, is_up=True)
        request.send(host.random.uniform(90, 900), asked, is_up=True)

    def done() -> None:
        host.medium.at(host.medium.now + pause(), ask)

    host.medium.at(host.random.uniform(0, 1), ask)


def limited(habits: Habits, host: Host, low: float, high: float) -> Habits:
    """A window that holds a transfer to some megabits a second."""
    mbps = spread(host.rng, low, high)
    most = max(mbps * 125_000 * max(2 * host.server_s + 0.01, 0.02) / habits.piece, 4.0)
    return Habits(
        habits.control, habits.piece, habits.around, habits.acknowledgement, habits.each, habits.late_s, most=most
    )


def phone_browsing(host: Host, seconds: float) -> None:
    """Pages over two connections, a picture sent to a chat now and then."""
    random = host.random
    host.station.saves_power, host.station.idle_s = random.random() < 0.7, random.choice([0.05, 0.2])
    for _ in range(2):
        habits = limited(random.choice([tcp, quic])(random), host, 2, 10)
        path = host.path()
        pause_s = spread(host.rng, 0.2, 4)
        fetch(host, Reliable(path, random, habits, is_up=False), path, lambda: spread(host.rng, 8e2, 6e5),
              partial(random.gammavariate, 0.7, pause_s))  # fmt: skip
    if random.random() < 0.4:
        upload_files(host, tcp(random), lambda: spread(host.rng, 5e4, 6e5), lambda: random.uniform(4, 20))


def app_store(host: Host, seconds: float) -> None:
    path = host.path()
    connection = Reliable(path, host.random, limited(tcp(host.random), host, 4, 9), is_up=False)
    fetch(host, connection, path, lambda: spread(host.rng, 1e6, 4e7), lambda: host.random.uniform(0.1, 2))


def speed_test(host: Host, seconds: float) -> None:
    """Down for ten seconds, then up for ten."""
    random, path = host.random, host.path()
    down = Reliable(path, random, limited(tcp(random), host, 6, 10), is_up=False)
    up = [Reliable(host.path(), random, limited(tcp(random), host, 2, 5)) for _ in range(2)]
    begins_s = random.uniform(0, 4)
    host.medium.at(begins_s, down.write, 8e6)
    for one in up:
        host.medium.at(begins_s + random.uniform(2, 10), one.write, 5e6)


def torrent(host: Host, seconds: float) -> None:
    """Blocks of 16 KiB to several strangers, who ask by their own pace."""
    for _ in range(host.random.randint(2, 5)):
        path = host.path("bk" if host.random.random() < 0.3 else "be")
        connection = Reliable(path, host.random, tcp(host.random))
        pause_s = spread(host.rng, 0.05, 0.8)

        def asked(_: Packet, connection: Reliable = connection) -> None:
            connection.write(16_397)

        host.medium.spawn(ask_blocks(host, path, asked, pause_s))


def ask_blocks(host: Host, path: Path, asked: Callable[[Packet], None], pause_s: float) -> Iterator[float]:
    while True:
        yield host.random.gammavariate(1.5, pause_s / 1.5)
        path.send(69, asked, is_up=False)


def game_console(host: Host, seconds: float) -> None:
    """Inputs by the clock of the game, the world's state coming back; at times a voice."""
    random, path = host.random, host.path(host.random.choice(["be", "vo"]))
    hz, state_hz, step = random.choice([20, 30, 60, 64, 128]), random.choice([20, 30, 60]), random.uniform(5, 60)
    host.medium.spawn(
        tick(1 / hz, 0.0015, host, lambda: path.send(28 + max(random.gauss(70, step), 20), ignore, is_up=True))
    )
    host.medium.spawn(tick(1 / state_hz, 0.002, host, lambda: path.send(random.uniform(90, 700), ignore, is_up=False)))
    if random.random() < 0.4:
        talk(host, path, is_up=True)


def live_phone(host: Host, seconds: float) -> None:
    """Somebody sells over a live show: RTMP or SRT upwards, comments down. A video uplink, and no hidden camera."""
    random, path = host.random, host.path()
    connection = Reliable(path, random, tcp(random) if random.random() < 0.6 else quic(random))
    pictures = draw_pictures(seconds, host.rng, spread(host.rng, 1_200, 4_500))
    play(host, pictures, lambda octets, _: connection.write(octets + 40))
    host.medium.spawn(tick(0.0232, 0.001, host, lambda: connection.write(random.gauss(340, 30))))
    host.medium.spawn(tick(0.7, 0.4, host, lambda: path.send(random.uniform(90, 900), ignore, is_up=False)))


def screen_cast(host: Host, seconds: float) -> None:
    """A screen shown to others: a picture when something has changed. A video uplink, and no camera."""
    random, path = host.random, host.path(is_local=host.random.random() < 0.5)
    hz, level = random.choice([10.0, 15.0, 30.0]), spread(host.rng, 150, 3_000) * 125
    sender, is_still = Datagrams(path, 60), [False]

    def change() -> None:
        if random.random() < 0.05:
            is_still[0] = not is_still[0]
        if is_still[0] and random.random() < 0.85:
            return
        octets = min(level / hz * random.lognormvariate(0, 0.9), 1.2e5)
        while octets > 0:
            sender.send(min(octets, 1_200))
            octets -= 1_200

    host.medium.spawn(tick(1 / hz, 0.002, host, change))


GUESTS: Final[dict[str, Callable[[Host, float], None]]] = {
    "photo_backup": photo_backup, "cloud_sync": cloud_sync, "cloud_sync_quic": cloud_sync_quic,
    "dashcam_sync": dashcam_sync, "voice_call": voice_call, "meeting": meeting, "phone_browsing": phone_browsing,
    "app_store": app_store, "speed_test": speed_test, "torrent": torrent, "game_console": game_console,
}  # fmt: skip
VIDEO_GUESTS: Final = {"live_phone": live_phone, "screen_cast": screen_cast}

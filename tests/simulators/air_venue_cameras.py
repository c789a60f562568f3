"""Cameras of the venue: encoders behind sockets of several kinds, with sound, talk-back, keep-alives, slow processors.

Each takes a host and a length and starts its processes; what it sends follows from its transport and its link.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tests.simulators.air_encoders import Floats, Pictures, draw_pictures, spread
from tests.simulators.air_paths import Path, ignore
from tests.simulators.air_transports import Habits, Reliable, kit, quic, tcp
from tests.simulators.air_venue_places import Datagrams, Host

MOST_ASKED_S: Final = 1 / 40
"""A viewer that asks as soon as it can does not ask again sooner."""

Sink = Callable[[float, bool], None]
"""Takes a picture's octets and whether it stands alone."""


def hold(t_s: Floats, host: Host, hz: float) -> Floats:
    """A processor that does other things now and then: pictures wait for it and come out one behind the other."""
    if "processor" not in host.ails:
        return t_s
    rests_s, stays_s, work_s = spread(host.rng, 0.5, 4), spread(host.rng, 0.12, 0.45), 0.3 / hz
    held, free_s, next_s = np.empty(len(t_s)), 0.0, float(host.rng.exponential(rests_s))
    for place, ready_s in enumerate(t_s.tolist()):
        while next_s < ready_s:  # writes to its card, keeps its log, looks for motion
            free_s = max(free_s, next_s) + stays_s * float(host.rng.uniform(0.6, 1.5))
            next_s = free_s + float(host.rng.exponential(rests_s))
        held[place] = free_s = max(free_s, ready_s) + work_s * float(host.rng.uniform(0.02, 0.2))
    return held


def play(host: Host, pictures: Pictures, sink: Sink, begins_s: float = 0.0) -> None:
    """Hand each picture over when it is ready."""
    ready_s = hold(pictures.t_s, host, pictures.hz)

    def take(place: int) -> None:
        host.station.taken += 1
        host.station.shot_s = begins_s + float(pictures.shutter_s[place])
        sink(float(pictures.octets[place]), bool(pictures.is_complete[place]))
        host.station.shot_s = None

    for place, t_s in enumerate(ready_s.tolist()):
        host.medium.at(begins_s + t_s, take, place)


def tick(step_s: float, jitter_s: float, host: Host, act: Callable[[], None]) -> Iterator[float]:
    """Act by the clock, late by a little."""
    yield host.random.uniform(0, step_s)
    begun_s, count = host.medium.now, 0
    while True:
        act()
        count += 1
        yield max(begun_s + count * step_s + host.random.expovariate(1 / jitter_s) - host.medium.now, 0.0)


def add_sound(host: Host, send: Callable[[float], None]) -> None:
    """G.711, AAC or Opus beside the pictures of a third."""
    if host.random.random() < 0.35:
        step_s, octets, vary = host.random.choice(
            [(0.02, 160, 0), (0.04, 320, 0), (0.064, 256, 50), (0.128, 700, 120), (0.02, 80, 20), (0.04, 640, 0)]
        )
        host.medium.spawn(
            tick(step_s, 0.0015, host, lambda: send(max(octets + vary * host.random.gauss(0, 0.4), 20.0)))
        )


def add_habits(host: Host, path: Path) -> None:
    """Keep-alives, and somebody who talks back."""
    keep_s = host.random.choice([1.0, 5.0, 15.0, 30.0])
    host.medium.spawn(tick(keep_s, 0.01, host, lambda: path.send(host.random.randint(60, 140), ignore, is_up=True)))
    if host.random.random() < 0.1:
        host.medium.spawn(tick(0.04, 0.002, host, lambda: path.send(372, ignore, is_up=False)))


def into(connection: Reliable, around: Callable[[float], float], seconds_kept: float, rate: float) -> Sink:
    """Pictures written to a connection; while it is clogged they are thrown away, up to one that stands alone."""
    is_skipping = False

    def write(octets: float, alone: bool) -> None:
        nonlocal is_skipping
        if connection.backlog > max(seconds_kept * rate, 60_000.0):
            is_skipping = True
        elif alone or connection.backlog < 0.3 * seconds_kept * rate:
            is_skipping = False
        if not is_skipping:
            connection.write(around(octets))

    return write


def rtp(host: Host, seconds: float) -> None:
    """RTP in datagrams to a recorder or a server: at once, spaced, or spread over a share of the picture's time."""
    random, pictures = host.random, draw_pictures(seconds, host.rng)
    path = host.path(random.choice(["be", "be", "vi"]), is_local=random.random() < 0.5)
    sender = Datagrams(path, 28 + random.choice([12, 22, 36]), is_repaired=random.random() < 0.4)
    piece, spaced = (
        random.choice([1_100, 1_200, 1_388, 1_400, 1_440]),
        random.choice([0.0, 0.0, 2e-4, 1e-3, -0.5, -0.9]),
    )

    def send(octets: float, _: bool) -> None:
        count = int(np.ceil(octets / piece))
        gap_s = spaced if spaced >= 0 else min(-spaced / pictures.hz / count, 0.003)
        sender.send(min(piece, octets))
        for number in range(1, count):
            size = min(piece, octets - number * piece)
            host.medium.at(host.medium.now + number * gap_s, sender.send, size)

    play(host, pictures, send)
    add_sound(host, Datagrams(path, 40).send)
    host.medium.spawn(tick(random.choice([1.0, 2.5, 5.0]), 0.1, host, lambda: path.send(84, ignore, is_up=False)))


def through_tcp(host: Host, seconds: float, habits: Habits, *, is_local: bool, record: float) -> None:
    """RTSP interleaved, or TLS to a cloud's relay: pictures join where the stream is clogged."""
    random, pictures = host.random, draw_pictures(seconds, host.rng)
    path = host.path(is_local=is_local)
    connection = Reliable(path, random, habits)
    rate = float(pictures.octets.sum()) / seconds
    per, fixed = random.choice([22.0, 29.0]), random.choice([0.0, 24.0, 80.0])

    def wrapped(octets: float) -> float:
        return float(octets + fixed + per * np.ceil(octets / record))

    play(host, pictures, into(connection, wrapped, random.uniform(0.7, 4.0), rate))
    add_sound(host, lambda octets: connection.write(octets + 20))
    add_habits(host, path)


def rtsp(host: Host, seconds: float) -> None:
    habits = tcp(host.random, is_camera=True)
    through_tcp(host, seconds, habits, is_local=host.random.random() < 0.7, record=1_400.0)


def tls_cloud(host: Host, seconds: float) -> None:
    through_tcp(host, seconds, tcp(host.random, is_camera=True), is_local=False, record=16_384.0)


def p2p_kit(host: Host, seconds: float) -> None:
    """Pieces of 1,024 octets; a viewer that polls beside them."""
    random, pictures = host.random, draw_pictures(seconds, host.rng)
    path = host.path(is_local=random.random() < 0.3)
    connection = Reliable(path, random, kit(random))
    play(
        host,
        pictures,
        into(connection, lambda octets: octets + 32, random.uniform(0.5, 3), pictures.octets.sum() / seconds),
    )
    add_sound(host, connection.write)
    if random.random() < 0.5:
        step_s = 1 / random.uniform(10, 40)
        host.medium.spawn(tick(step_s, 0.003, host, lambda: path.send(random.choice([44, 60]), ignore, is_up=False)))
    add_habits(host, path)


def quic_relay(host: Host, seconds: float) -> None:
    """A relay in a cloud, by QUIC streams or as WebRTC: paced, repaired."""
    random = host.random
    if random.random() < 0.5:
        through_tcp(host, seconds, quic(random), is_local=False, record=16_384.0)
        return
    pictures, path = draw_pictures(seconds, host.rng), host.path()
    sender = Datagrams(path, 28 + 38, is_repaired=True)
    pieces: list[float] = []
    budget = 2.5 * float(pictures.octets.sum()) / seconds * 0.005

    def cut(octets: float, _: bool) -> None:
        count = int(np.ceil(octets / 1_120))
        pieces.extend([octets / count] * count)

    def pump() -> Iterator[float]:
        left = 0.0
        while True:
            left = min(left + budget, budget)
            while pieces and left > 0:
                left -= pieces[0]
                sender.send(pieces.pop(0))
            yield 0.005

    play(host, pictures, cut)
    host.medium.spawn(pump())
    add_sound(host, Datagrams(path, 66).send)
    host.medium.spawn(
        tick(random.choice([0.05, 0.1]), 0.01, host, lambda: path.send(random.randint(70, 130), ignore, is_up=False))
    )


def still_sizes(host: Host, hz: float) -> Callable[[], float]:
    """JPEGs of one scene, by a slow walk."""
    level = host.random.uniform(400, 4_000) * 125 / hz
    state = [0.0]
    scatter = host.random.choice([0.004, 0.02, 0.08])

    def size() -> float:
        state[0] = 0.95 * state[0] + host.random.gauss(0, 0.3 * scatter)
        return float(np.clip(level * np.exp(state[0]), 3_000, 60_000))

    return size


def mjpeg_polled(host: Host, seconds: float) -> None:
    """A viewer asks 10 to 40 times a second, or as soon as the last picture is there; it gets the newest one."""
    random, medium = host.random, host.medium
    camera_hz, asked_hz = random.choice([8.0, 12.0, 15.0, 20.0, 25.0]), random.uniform(10, 40)
    path = host.path(is_local=random.random() < 0.75)
    connection = Reliable(path, random, tcp(random, is_camera=True))
    waits, size, newest = random.random() < 0.5, still_sizes(host, min(camera_hz, asked_hz)), [-1, 0.0]
    at_once, request, header = random.random() < 0.5, random.randint(90, 460), random.randint(80, 260)
    asked, answered = [0.0], [0]

    def shoot(number: int) -> None:
        if number != newest[0]:
            newest[0], newest[1] = number, size()
        answered[0] += 1
        connection.write(newest[1] + header, done)

    def answer(_: object) -> None:
        number = int(medium.now * camera_hz)
        if waits and number == newest[0]:
            number += 1
        ready_s = max(number / camera_hz - medium.now, 0.0) + random.expovariate(1 / 0.002)
        medium.at(medium.now + ready_s, shoot, number)

    def ask(_: object = None) -> None:
        asked[0] = medium.now
        path.send(request + 52, answer, is_up=False)
        medium.at(medium.now + 1.0, ask_again, answered[0])

    def ask_again(count: int) -> None:
        if count == answered[0]:  # the request was lost
            ask()

    def done() -> None:
        medium.at(max(medium.now + 0.001, asked[0] + (MOST_ASKED_S if at_once else 1 / asked_hz)), ask)

    medium.at(0.1, ask)


def mjpeg_pushed(host: Host, seconds: float) -> None:
    random = host.random
    hz = random.choice([5.0, 8.0, 10.0, 12.0, 15.0, 20.0, 25.0])
    connection = Reliable(host.path(is_local=random.random() < 0.7), random, tcp(random, is_camera=True))
    size, count = still_sizes(host, hz), int(seconds * hz)
    t_s = np.arange(count) / hz + host.rng.gamma(2, 0.002, count)
    all_alone: NDArray[np.bool_] = np.ones(count, dtype=bool)
    shots = Pictures(t_s, np.array([size() for _ in range(count)]), all_alone, hz, np.arange(count) / hz)
    play(host, shots, into(connection, lambda octets: octets + 75, 0.5, float(shots.octets.sum()) / seconds))


TRANSPORTS: Final = (rtp, rtsp, tls_cloud, p2p_kit, quic_relay, mjpeg_polled, mjpeg_pushed)


def any_transport(host: Host, seconds: float) -> None:
    host.random.choice(TRANSPORTS)(host, seconds)


def clips_by_motion(host: Host, seconds: float) -> None:
    """Silent until something moves; then what was recorded goes up, as it is made or as fast as it will."""
    random, path = host.random, host.path()
    connection = Reliable(path, random, tcp(random, is_camera=random.random() < 0.5))
    add_habits(host, path)
    begins_s = random.uniform(-8, 0.3 * seconds)
    while begins_s < seconds:
        long_s = random.uniform(5, 40)
        shown = draw_pictures(long_s, host.rng, spread(host.rng, 600, 3_000))
        keep = shown.t_s + begins_s > 0
        if random.random() < 0.5:
            play(host, shown.part(keep, shown.t_s), into(connection, lambda octets: octets + 29, 5.0, 3e5), begins_s)
        else:  # parts of a file, each when its seconds are over
            part_s = random.choice([1.0, 2.0, 5.0])
            for number in range(int(long_s / part_s)):
                of_part = (shown.t_s >= number * part_s) & (shown.t_s < (number + 1) * part_s)
                ends_s = begins_s + (number + 1) * part_s
                if ends_s > 0:
                    host.medium.at(ends_s, connection.write, float(shown.octets[of_part].sum()) + 600)
        begins_s += long_s + random.uniform(5, 60)


def battery_wakes(host: Host, seconds: float) -> None:
    """Wakes, greets its server, sends what it kept of the seconds before, then lives for a while and sleeps."""
    random, path = host.random, host.path()
    host.station.saves_power, host.station.listen_beacons = True, random.choice([1, 3, 10])
    connection = Reliable(path, random, tcp(random, is_camera=True) if random.random() < 0.5 else kit(random))
    wakes_s, lives_s, kept_s = random.uniform(-5, 0.3 * seconds), random.uniform(8, 30), random.choice([0.0, 1.0, 3.0])
    shown = draw_pictures(lives_s, host.rng, spread(host.rng, 300, 2_000))
    ready_s = wakes_s + np.maximum(shown.t_s - kept_s, 0.8)
    keep = ready_s > 0
    for number in range(6):
        if wakes_s > 0:
            host.medium.at(wakes_s + 0.1 * number, connection.write, random.uniform(80, 900))
    play(host, shown.part(keep, ready_s), into(connection, lambda octets: octets + 29, 4.0, 2e5))
    host.medium.spawn(tick(random.choice([2.0, 10.0]), 0.02, host, lambda: path.send(90, ignore, is_up=True)))


CAMERAS: Final[dict[str, Callable[[Host, float], None]]] = {
    "rtp": rtp, "rtsp": rtsp, "tls_cloud": tls_cloud, "p2p_kit": p2p_kit, "quic_relay": quic_relay,
    "mjpeg_polled": mjpeg_polled, "mjpeg_pushed": mjpeg_pushed, "bad_link": any_transport,
    "busy_processor": any_transport, "clips_by_motion": clips_by_motion, "battery_wakes": battery_wakes,
}  # fmt: skip

"""Two transmitters under one address: which attacks are seen, that nothing strong comes of those, who is left alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Final, cast

import numpy as np
import pytest

from sweep.modality.addresses import format_address
from sweep.modality.targets import Look, ZoneLooks
from sweep.report import StimulusJudgement, WifiObservation
from sweep.run.reporting.room_progress import devices_event
from sweep.wifi.chance import estimate_wifi
from sweep.wifi.frames.dot11 import FROM_DS, PROTECTED_OTHERWISE, TO_DS
from sweep.wifi.frames.framelog import FrameLog, build_log
from sweep.wifi.frames.reading import read_log
from sweep.wifi.listen import Heard
from sweep.wifi.observations import judge_wifi
from sweep.wifi.scan import JudgedTransmitter, doubt_video, scan_log
from sweep.wifi.stimulus.response_test import later
from sweep.wifi.stimulus.sequence import ChipSequence
from sweep.wifi.stimulus.significance import judge_stimulus
from sweep.wifi.targets import targets_by_channel
from sweep.wifi.traffic.video import ANSWERED, OPEN_REASONS
from sweep.wifi.transmitters.earlier_flows import EarlierFlows
from sweep.wifi.transmitters.flow import Flow
from sweep.wifi.transmitters.shared_addresses import MORE_FRAGMENTS, TWO_TRANSMITTERS, find_shared
from sweep.wifi.transmitters.streams import list_flows
from tests.report_factory import make_plan
from tests.run.test_workers import TASK
from tests.simulators import air_encoded, air_flows, air_queues
from tests.simulators.air_framing import (
    HABITS,
    NETWORK,
    NUMBERS,
    NUMBERS_OF_PACKETS,
    SOURCE,
    VICTIM,
    Attack,
    Habit,
    Sent,
    beacons,
    encrypt,
    frame_up,
    log_of,
    over_two_links,
    phone,
    sent_of,
)
from tests.wifi.elements import element, wps
from tests.wifi.frames import BROADCAST as GROUP
from tests.wifi.frames import frame, radiotap
from tests.wifi.test_radio_headers import block_of

RECORDED_SWEEP: Final = Path(__file__).parents[2] / "sweep" / "sim" / "recorded"
SECONDS: Final = 61.0
LIT: Final = "lit_capped_600"
ATTACKS: Final[dict[str, Attack]] = {
    **{f"{numbers}, 20 dB louder": Attack(numbers) for numbers in NUMBERS},
    **{f"{numbers}, as loud": Attack(numbers, 0.0) for numbers in NUMBERS},
    "own, as loud, repeats": Attack("own", 0.0, marks_retries=True),
    "continues, as loud, repeats": Attack("continues", 0.0, marks_retries=True),
    "own, as loud, waits 1 s": Attack("own", 0.0, waits_s=1.0),
    "continues, as loud, waits 1 s": Attack("continues", 0.0, waits_s=1.0),
    "own, more fragments follow, 20 dB louder": Attack("own", has_more=True),
    "continues, as second fragments, as loud": Attack("continues", 0.0, fragment=1),
    "another TID, 20 dB louder": Attack("own", tid=5),
    "another TID, as loud": Attack("own", 0.0, tid=5),
    **{
        f"another TID, as loud, encrypted: {packets}": Attack("own", 0.0, tid=5, packets=packets)
        for packets in NUMBERS_OF_PACKETS
    },
    "another network, as loud": Attack("own", 0.0, receiver=SOURCE),
    "access point, 20 dB louder": Attack("own", is_ap=True),
    "access point, as loud": Attack("own", 0.0, is_ap=True),
}


def attacked(
    attack: Attack | None, habit: Habit, seed: int, heard: float = 0.97, *, is_encrypted: bool = False
) -> tuple[FrameLog, ChipSequence]:
    """A phone in whose name somebody sends a lit camera's stream, or that does so itself."""
    rng = np.random.default_rng([91, seed])
    flow, sequence, _ = air_encoded.draw_lit(LIT, 300, 95, rng, air="good")
    if attack is None:
        return log_of([sent_of(flow, sender=VICTIM, receiver=NETWORK)], rng, heard=heard), sequence
    sent: list[Sent] = [phone(habit, SECONDS, rng), beacons(SECONDS, rng, sender=NETWORK)]
    if attack.is_ap:
        sent = [replace(sent[0], receiver=SOURCE, flags=2, source=NETWORK), beacons(SECONDS, rng)]
    if is_encrypted:
        sent[:1] = encrypt(sent[:1], rng)
    return log_of([*sent, frame_up(flow, sent[0], attack, rng)], rng, heard=heard), sequence


def is_flagged(log: FrameLog) -> bool:
    return VICTIM in find_shared(log)


def said_of(address: int, log: FrameLog, earlier: EarlierFlows | None = None) -> JudgedTransmitter:
    (one,) = [one for one in scan_log(log, earlier=earlier).transmitters if address in one.transmitter.addresses]
    return one


def finding(log: FrameLog, sequence: ChipSequence) -> tuple[str | None, str | None]:
    """What is said of the victim's traffic, and of its answer to the light: a verdict or the reason of none."""
    video = said_of(VICTIM, log).video
    (light,) = [one for one in judge_stimulus(log, sequence).transmitters if VICTIM in one.addresses]
    return video.reason or video.verdict, light.reason or light.verdict


def test_a_camera_by_itself_is_called_and_follows() -> None:
    log, sequence = attacked(None, "asleep", 1)
    assert not is_flagged(log)
    assert finding(log, sequence) == ("video_uplink", "follows_light")


@pytest.mark.parametrize(
    ("attack", "habit"),
    [
        ("own, 20 dB louder", "idle"), ("own, as loud", "browsing"), ("continues, as loud", "idle"),
        ("offset_100, as loud", "messages"), ("own, as loud, repeats", "idle"), ("random, as loud", "messages"),
        ("own, as loud, waits 1 s", "browsing"), ("another TID, 20 dB louder", "messages"),
        ("own, more fragments follow, 20 dB louder", "idle"), ("continues, as second fragments, as loud", "browsing"),
        ("access point, 20 dB louder", "idle"), ("another network, as loud", "idle"),
        ("another network, as loud", "messages"), ("another network, as loud", "browsing"),
    ],
)  # fmt: skip
def test_nothing_strong_comes_of_an_address_that_two_use(attack: str, habit: Habit) -> None:
    log, sequence = attacked(ATTACKS[attack], habit, 1)
    assert is_flagged(log)
    assert finding(log, sequence) == (TWO_TRANSMITTERS, TWO_TRANSMITTERS)


@pytest.mark.parametrize("habit", ["idle", "messages", "browsing", "call"])
@pytest.mark.parametrize("packets", NUMBERS_OF_PACKETS)
def test_one_key_has_one_counter_of_packets_for_all_identifiers(packets: str, habit: Habit) -> None:
    """What is sent on another identifier, or as plain data, as loud as the victim's own."""
    attack = ATTACKS[f"another TID, as loud, encrypted: {packets}"]
    for tid in (5, -1):
        log, _ = attacked(replace(attack, tid=tid), habit, 2, is_encrypted=True)
        assert is_flagged(log), tid


def test_encrypted_streams_of_one_sender_on_several_identifiers_are_of_one() -> None:
    """Queues change the order by some frames, most frames are not heard, and a new key begins at one."""
    for seed in range(12):
        rng = np.random.default_rng([103, seed])
        camera = sent_of(air_encoded.stream(LIT, 100.0 + 50.0 * seed, SECONDS, rng, "rtp", air="good"), tid=5)
        sent = encrypt([camera, phone("browsing", SECONDS, rng), phone("messages", SECONDS, rng, tid=6)], rng)
        sent[1] = replace(sent[1], t_s=sent[1].t_s + float(rng.choice([0.0, 0.1, 0.4])))
        if seed % 2:
            first = min(int(one.packet_number[one.t_s > 30.0].min()) for one in sent)
            sent = [
                replace(one, packet_number=np.where(one.t_s > 30.0, one.packet_number - first + 1, one.packet_number))
                for one in sent
            ]
        log = log_of([*sent, beacons(SECONDS, rng, sender=NETWORK)], rng, heard=float(rng.choice([1.0, 0.9, 0.5, 0.1])))
        assert find_shared(log) == {}, seed


def test_another_cipher_is_told_once_in_256_frames_of_tkip_too() -> None:
    """By its marked octet, which an attacker may choose as well."""
    rng = np.random.default_rng(104)
    camera = sent_of(air_encoded.stream(LIT, 100.0, SECONDS, rng, "rtp", air="good"))
    serial = np.arange(len(camera.t_s))
    marked = (serial >> 8 & 0xFF) | ((serial >> 8 & 0xFF | 0x20) & 0x7F) << 8 | serial >> 16 << 16
    tkip = replace(camera, packet_number=np.where(serial % 256, PROTECTED_OTHERWISE, marked))
    assert find_shared(log_of([tkip, beacons(SECONDS, rng, sender=NETWORK)], rng)) == {}
    (victim,) = encrypt([phone("messages", SECONDS, rng)], rng)
    low = serial % 128
    forged = replace(camera, tid=5, packet_number=low | ((low | 0x20) & 0x7F) << 8 | serial // 128 << 16)
    assert is_flagged(log_of([victim, forged, beacons(SECONDS, rng, sender=NETWORK)], rng))


@pytest.mark.parametrize("habit", ["idle", "messages", "browsing"])
def test_relayed_and_direct_frames_go_into_another_network_too(habit: Habit) -> None:
    """But a mesh relays to several, and who sends to another station of its network stays in it."""
    rng = np.random.default_rng([105, len(habit)])
    victim = phone(habit, SECONDS, rng)
    its = frame_up(air_encoded.draw_lit(LIT, 300, 95, rng, air="good")[0], victim, Attack("own", 0.0, tid=5), rng)
    its, announced = replace(its, receiver=SOURCE), beacons(SECONDS, rng, sender=NETWORK)
    relayed = replace(its, flags=TO_DS | FROM_DS)
    assert find_shared(log_of([victim, relayed, announced], rng)) == {VICTIM: frozenset({"two_networks"})}
    assert find_shared(log_of([replace(victim, flags=TO_DS | FROM_DS), relayed, announced], rng)) == {}
    direct = log_of([victim, replace(its, flags=0), announced], rng)
    assert find_shared(direct) == {}
    elsewhere = np.where(direct.frames.flags == 0, SOURCE, direct.frames.bssid).astype(np.uint64)
    moved = replace(direct, frames=replace(direct.frames, bssid=elsewhere))
    assert find_shared(moved) == {VICTIM: frozenset({"two_networks"})}


def test_the_report_says_so_and_keeps_no_answer_of_the_light_found_before() -> None:
    log, _ = attacked(ATTACKS["own, 20 dB louder"], "idle", 1)
    follows = StimulusJudgement(verdict="follows_light", p_value=1e-4, decided_after_s=20.0)
    found = judge_wifi(TASK, scan_log(log), {VICTIM: follows}, listened_s=SECONDS)
    (said,) = [one for one in found.observations if isinstance(one, WifiObservation) and one.stimulus is not None]
    assert said.stimulus is not None
    assert (said.stimulus.verdict, said.stimulus.reason) == ("not_assessable", TWO_TRANSMITTERS)
    assert (said.video.verdict, said.video.reason) == ("not_assessable", TWO_TRANSMITTERS)
    assert said.video.reason in OPEN_REASONS
    assert (found.rejections[TWO_TRANSMITTERS], found.limits) == (1, ("wifi_two_transmitters",))
    now = follows.model_copy(update={"verdict": "not_assessable", "reason": TWO_TRANSMITTERS})
    assert later(follows, now) == now


PLAN: Final = make_plan()
SHIELDS: Final = ("own, 20 dB louder", "random, as loud", "another network, as loud")


def shielded(shield: str, seed: int) -> tuple[FrameLog, ChipSequence]:
    """A lit camera whose owner also sends a few frames a second in its name, as those who frame another one number."""
    rng = np.random.default_rng([106, seed])
    flow, sequence, _ = air_encoded.draw_lit(LIT, 300, 95, rng, air="good")
    camera, attack = sent_of(flow, sender=VICTIM, receiver=NETWORK), ATTACKS[shield]
    t_s = np.sort(rng.uniform(0.0, SECONDS, 4 * int(SECONDS)))
    few = replace(flow, t_ns=(t_s * 1e9).astype(np.int64), frame_len=rng.integers(60, 420, len(t_s)).astype(np.int32))
    return log_of([camera, beacons(SECONDS, rng, sender=NETWORK), frame_up(few, camera, attack, rng)], rng), sequence


@pytest.mark.parametrize("count", [1, pytest.param(10, marks=pytest.mark.soak)])
@pytest.mark.parametrize("shield", SHIELDS)
def test_a_camera_whose_owner_sends_in_its_name_gets_the_light_and_is_shown_and_never_innocent(
    shield: str, count: int
) -> None:
    told: Counter[str] = Counter()
    for seed in range(count):
        log, sequence = shielded(shield, seed)
        scan, heard = scan_log(log), cast("Heard", SimpleNamespace(log=log))
        measured = judge_wifi(TASK, scan, {}, listened_s=SECONDS)
        (shown,) = [one for one in devices_event([TASK.position], [measured], (), ()).devices if one.levels]
        wanted = targets_by_channel(scan, heard, is_any=False, decided=frozenset())
        (target,) = [one for channel in wanted for one in channel.targets if VICTIM in one.addresses]
        (zone,) = [one for one in PLAN.zones if one.zone_id == TASK.position.zone_id]
        chances = estimate_wifi(ZoneLooks(PLAN, zone, (Look(TASK.position, measured),))).chances
        told.update({
            "flagged": is_flagged(log), "light_first": target.sureness > 1.0 and wanted[0].has_video,
            "not_just_open": not target.is_open, "shown": (shown.group, shown.why) == ("look", "may_be_camera"),
            "chance_unknown": all(one.reason == TWO_TRANSMITTERS for one in chances),
            "no_strong_finding": finding(log, sequence) == (TWO_TRANSMITTERS, TWO_TRANSMITTERS),
        })  # fmt: skip
    print(f"{shield}: of {count} {dict(told)}")
    assert set(told.values()) == {count}


STRANGER: Final = 0x02AA_0000_0001


def claiming(habit: Habit, seed: int) -> tuple[FrameLog, ChipSequence]:
    """Somebody sends a lit camera's stream under an address of his own, and one forged probe request joins it by a
    WPS UUID to a phone that sends its own.
    """
    rng = np.random.default_rng([97, seed])
    flow, sequence, _ = air_encoded.draw_lit(LIT, 300, 95, rng, air="good")
    sent = [phone(habit, SECONDS, rng), beacons(SECONDS, rng, sender=NETWORK)]
    sent += [sent_of(flow, sender=STRANGER, receiver=SOURCE)]
    asked = [
        radiotap() + frame(0, 4, GROUP, format_address(one), GROUP, sequence=5, body=element(0, b"") + wps(b"a phone"))
        for one in (VICTIM, STRANGER)
    ]
    said = build_log([block_of(asked)]).management
    return replace(log_of(sent, rng, heard=0.97), management=said), sequence


@pytest.mark.parametrize("habit", ["messages", "browsing", "call"])
def test_what_an_address_says_of_itself_joins_no_other_to_what_it_sends(habit: Habit) -> None:
    log, sequence = claiming(habit, 1)
    heard = {one.transmitter.addresses: one.video.verdict for one in scan_log(log).transmitters}
    lit = {one.addresses: (one.verdict, one.p_value) for one in judge_stimulus(log, sequence).transmitters}
    assert heard[(STRANGER,)] == "video_uplink"
    assert lit[(STRANGER,)][0] == "follows_light"
    assert heard[(VICTIM,)] != "video_uplink"
    assert lit[(VICTIM,)][0] != "follows_light"


def test_the_answer_to_the_light_is_said_of_no_address_that_was_only_named() -> None:
    """Also where what was heard in all makes no source of the one that followed."""
    log, _ = claiming("messages", 1)
    follows = StimulusJudgement(verdict="follows_light", p_value=1e-4, decided_after_s=20.0)
    frames, other = log.frames, np.full_like(log.frames.sa, SOURCE)
    named = replace(log, frames=replace(frames, flags=np.full_like(frames.flags, FROM_DS), sa=other))
    assert (STRANGER, VICTIM) in [one.transmitter.addresses for one in scan_log(named).transmitters]
    scan = scan_log(named, alone=frozenset({STRANGER}))
    found = judge_wifi(TASK, scan, {STRANGER: follows}, listened_s=SECONDS)
    (said,) = [one for one in found.observations if isinstance(one, WifiObservation) and one.stimulus is not None]
    assert len(said.addresses) == 1


@pytest.mark.parametrize("habit", ["idle", "messages", "browsing"])
def test_what_showed_two_senders_at_one_position_holds_at_the_next(habit: Habit) -> None:
    """And what was sent in the phone's name at the first is no part of what it sends by itself at the second."""
    rng = np.random.default_rng([98, 1])
    flow, _, _ = air_encoded.draw_lit(LIT, 300, 95, rng, air="good")
    its = phone(habit, 2 * SECONDS, rng)
    here, there = its.keep(its.t_s < SECONDS), its.keep(its.t_s >= SECONDS)
    announced = beacons(2 * SECONDS, rng, sender=NETWORK)
    forged = log_of([here, announced.keep(announced.t_s < SECONDS), frame_up(flow, here, Attack(), rng)], rng)
    honest = log_of([there, announced.keep(announced.t_s >= SECONDS)], rng)
    earlier = EarlierFlows()
    assert not said_of(VICTIM, honest, earlier).signs
    alone = said_of(VICTIM, honest, earlier).video
    earlier.remember(list_flows(forged), find_shared(forged))
    told = said_of(VICTIM, honest, earlier)
    assert told.signs == tuple(sorted(find_shared(forged)[VICTIM]))
    assert told.video == doubt_video(alone, frozenset(told.signs))
    assert all(earlier.beside(one) is one for one in list_flows(honest))


CAMERA: Final = 0x3C5A_B400_0077


@pytest.mark.parametrize("share", [0.1, 0.4, 1.1])
def test_no_answers_in_the_access_points_name_have_a_camera_denied(share: float) -> None:
    """Also where more comes back than it sends, which makes it no uplink."""
    rng = np.random.default_rng([291, 1])
    flow, sequence, _ = air_encoded.draw_lit(LIT, 300, 95, rng, air="good")
    count = int(flow.frame_len.sum() / 1_430 * share)
    back = Sent(
        np.sort(rng.uniform(0, SECONDS, count)), np.full(count, 1_430), np.arange(count), sender=NETWORK,
        receiver=CAMERA, flags=FROM_DS, tid=3,
    )  # fmt: skip
    sent = [sent_of(flow, sender=CAMERA, receiver=NETWORK), beacons(SECONDS, rng, sender=NETWORK), back]
    log = log_of(sent, rng, heard=0.97)
    video = said_of(CAMERA, log).video
    assert (video.verdict, video.reason) == ("not_assessable", ANSWERED)
    lit = judge_stimulus(log, sequence, chosen=frozenset({CAMERA})).transmitters
    assert [one.verdict for one in lit if CAMERA in one.addresses] == ["follows_light"]


@pytest.mark.soak
def test_the_table_of_attacks() -> None:
    """As `sweep/wifi/README.md` has it: how many of ten are seen, by what the victim does."""
    for name, attack in ATTACKS.items():
        told = []
        for habit in HABITS:
            logs = [attacked(attack, habit, seed, is_encrypted="encrypted" in name)[0] for seed in range(10)]
            signs = Counter(sign for log in logs for sign in find_shared(log).get(VICTIM, ()))
            told.append(f"{habit} {sum(map(is_flagged, logs))} {dict(signs)}")
        print(f"{name}: {'; '.join(told)}", flush=True)


def test_nobody_is_flagged_in_what_was_recorded(shared_data: Path) -> None:
    flagged: Counter[str] = Counter()
    senders = 0
    for path in sorted((shared_data / "wifi").iterdir()):
        if path.suffix in {".pcap", ".pcapng", ".cap"} and path.stat().st_size:
            log, _ = read_log(path)
            senders += len(log.transmitters)
            flagged.update({path.name: len(find_shared(log))})
    print(f"{sum(flagged.values())} of {senders} recorded senders flagged: {+flagged}")
    assert senders > 100
    assert +flagged == {}


def test_nobody_is_flagged_in_the_sweep_that_the_demonstration_shows() -> None:
    senders = 0
    for path in sorted(RECORDED_SWEEP.glob("p*/wifi.pcap")):
        log, _ = read_log(path)
        senders += len(log.transmitters)
        assert find_shared(log) == {}, path
    assert senders >= 20


WORLDS: Final[dict[str, Callable[[np.random.Generator], Flow]]] = {
    "encoders over a radio": lambda rng: air_encoded.draw_flow("camera", 20.0, rng),
    "cameras in a cell": lambda rng: air_encoded.stream(LIT, float(rng.uniform(0, 800)), 20.0, rng, "rtp", air="cell"),
    "late cameras": lambda rng: air_encoded.stream(LIT, float(rng.uniform(0, 800)), 20.0, rng, "rtp", sigma_s=0.09),
    "flows": lambda rng: air_flows.draw_flow(str(rng.choice(list(air_flows.OTHERS))), 20.0, rng),
    "queues": lambda rng: air_queues.draw_flow("encoder", 20.0, rng),
}  # fmt: skip


@pytest.mark.parametrize("count", [6, pytest.param(100, marks=pytest.mark.soak)])
@pytest.mark.parametrize("world", WORLDS)
def test_nobody_is_flagged_in_simulated_air(world: str, count: int) -> None:
    """With another stream to the same access point, a level that a walker shades, and many frames unheard."""
    flagged = 0
    for number in range(count):
        rng = np.random.default_rng([92, number, *map(ord, world)])
        flow = WORLDS[world](rng)
        sent = [sent_of(flow, spread_db=float(rng.uniform(1.0, 4.0))), phone("messages", 20.0, rng, tid=6)]
        sent += [beacons(20.0, rng, sender=NETWORK), phone("browsing", 20.0, rng, sender=SOURCE)]
        flagged += bool(find_shared(log_of(sent, rng, heard=float(rng.choice([1.0, 0.9, 0.6, 0.2, 0.03])))))
    print(f"{world}: {flagged} of {count} flagged")
    assert flagged == 0


def restarting(rng: np.random.Generator, every_s: float) -> Sent:
    """A stream whose counter begins anew at zero, as after each reassociation."""
    one = sent_of(air_encoded.draw_flow("camera", 20.0, rng))
    begun = np.searchsorted(one.t_s, every_s * np.floor(one.t_s / every_s))
    return replace(one, number=np.arange(len(one.t_s)) - begun, is_retry=one.is_retry[:0])


@pytest.mark.parametrize("every_s", [0.5, 2.0, 7.0])
def test_a_counter_that_begins_anew_is_one(every_s: float) -> None:
    for seed in range(5):
        rng = np.random.default_rng([93, seed])
        assert find_shared(log_of([restarting(rng, every_s)], rng, heard=0.9)) == {}


def test_frames_in_fragments_are_of_one_sender() -> None:
    for seed in range(5):
        rng = np.random.default_rng([96, seed])
        one = sent_of(air_encoded.draw_flow("camera", 20.0, rng))
        first = replace(one, flags=TO_DS | MORE_FRAGMENTS, octets=np.full(len(one.t_s), 700))
        second = replace(one, t_s=one.t_s + 1e-4, fragment=1)
        assert find_shared(log_of([first, second], rng, heard=0.8)) == {}


@pytest.mark.parametrize(
    ("rate_hz", "fails", "again_s", "pauses"),
    [
        (60, 0.1, 0.2, 3), (1_000, 0.01, 0.05, 5), (5_000, 0.05, 0.05, 5), (20_000, 0.05, 0.02, 0),
        (20_000, 0.01, 0.045, 5),
    ],
)  # fmt: skip
def test_each_link_of_a_multi_link_device_is_one_sender(
    rate_hz: float, fails: float, again_s: float, pauses: int
) -> None:
    """What one link lost goes over the other, up to a thousand frames late."""
    for seed in range(6):
        rng = np.random.default_rng([107, seed])
        sent = over_two_links(rate_hz, 4.0, rng, fails=fails, again_s=again_s, pauses=pauses)
        log = log_of([*sent, beacons(4.0, rng, sender=NETWORK)], rng, heard=(1.0, 0.9, 0.5)[seed % 3])
        assert find_shared(log) == {}, seed


@pytest.mark.parametrize("fainter_db", [0.0, 12.0])
def test_a_station_that_also_sends_straight_to_another_is_one_sender(fainter_db: float) -> None:
    """By a direct link (TDLS), which has counters and a key of its own."""
    for seed in range(6):
        rng = np.random.default_rng([108, seed])
        camera = sent_of(air_encoded.stream(LIT, 100.0 + 90.0 * seed, SECONDS, rng, "rtp", air="good"))
        direct = replace(camera, receiver=SOURCE, flags=0, number=camera.number + 999, level_dbm=-55.0 - fainter_db)
        (camera,), (direct,) = encrypt([camera], rng), encrypt([direct], rng)
        its = [camera.keep(camera.t_s % 7.0 < 5.0), direct.keep(direct.t_s % 5.0 < 3.0)]
        log = log_of([*its, beacons(SECONDS, rng, sender=NETWORK)], rng, heard=(1.0, 0.9, 0.5)[seed % 3])
        assert find_shared(log) == {}, seed


def test_roaming_between_two_access_points_is_one_sender() -> None:
    rng = np.random.default_rng(94)
    one = sent_of(air_encoded.draw_flow("camera", 20.0, rng))
    is_there = (one.t_s // 3.0) % 2 == 1
    other = replace(one.keep(is_there), receiver=SOURCE, number=np.arange(int(is_there.sum())), level_dbm=-48.0)
    assert find_shared(log_of([one.keep(~is_there), other], rng)) == {}


@pytest.mark.parametrize(
    ("rate", "burst", "bursts_heard", "heard"),
    [(20_000, 128, 0.2, 0.1), (20_000, 128, 0.5, 0.02), (20_000, 256, 0.3, 0.05), (40_000, 256, 0.3, 0.03)],
)
def test_a_fast_upload_that_is_hardly_heard_is_of_one_sender(
    rate: int, burst: int, bursts_heard: float, heard: float
) -> None:
    """245 and 490 Mbit/s in aggregates, of which most are lost, and most frames of the others."""
    for seed in range(4):
        rng = np.random.default_rng([77, seed])
        serial = np.arange(rate * 20)
        t_s = serial // burst * burst / rate + serial % burst * 2e-6
        kept = (rng.random(len(serial) // burst + 1) < bursts_heard)[serial // burst] & (
            rng.random(len(serial)) < heard
        )
        one = Sent(t_s[kept], np.full(int(kept.sum()), 1_530), serial[kept] + int(rng.integers(4096)))
        assert find_shared(log_of([one, beacons(20.0, rng, sender=NETWORK)], rng)) == {}


def test_levels_of_two_channels_and_a_counted_checksum_make_no_second_sender() -> None:
    """Who looks for another network, steered from band to band; and captures of two receivers joined."""
    rng = np.random.default_rng(101)
    one = sent_of(air_encoded.draw_flow("camera", 20.0, rng), level_dbm=-66.0)
    is_there = (one.t_s // 1.2) % 2 == 1
    other = replace(one.keep(is_there), receiver=SOURCE, level_dbm=-45.0, number=np.arange(int(is_there.sum())))
    log = log_of([one.keep(~is_there), other], rng)
    mhz = np.where(log.frames.ra == np.uint64(SOURCE), 5_180, 2_437).astype(np.int32)
    assert find_shared(replace(log, frames=replace(log.frames, channel_mhz=mhz))) == {}
    again = replace(one, t_s=one.t_s + 0.002, octets=one.octets + 4, level_dbm=-70.0)
    assert find_shared(log_of([one, again], rng, heard=0.9)) == {}


@pytest.mark.parametrize("every_s", [1.1, 3.0, 8.0])
def test_a_station_that_is_steered_back_and_forth_is_one_sender(every_s: float) -> None:
    for seed in range(3):
        rng = np.random.default_rng([99, seed])
        one = sent_of(air_encoded.stream(LIT, 100.0 + 90.0 * seed, 60.0, rng, "rtp", air="good"))
        is_there = (one.t_s // every_s) % 2 == 1
        other = replace(one.keep(is_there), receiver=SOURCE, number=np.arange(int(is_there.sum())))
        assert find_shared(log_of([one.keep(~is_there), other], rng, heard=0.9)) == {}


def test_a_name_in_two_bands_at_once_is_two_senders() -> None:
    rng = np.random.default_rng(100)
    one, other = phone("messages", SECONDS, rng), phone("browsing", SECONDS, rng, receiver=SOURCE)
    log = log_of([one, other], rng)
    mhz = np.where(log.frames.ra == np.uint64(SOURCE), 5_180, 2_437).astype(np.int32)
    assert find_shared(replace(log, frames=replace(log.frames, channel_mhz=mhz))) == {
        VICTIM: frozenset({"two_networks"})
    }


def test_a_listener_that_comes_back_sees_one_counter() -> None:
    for seed in range(20):
        rng = np.random.default_rng([95, seed])
        one = sent_of(air_encoded.stream("lit_capped_600", 100.0, 60.0, rng, "rtp", air="good"))
        begin = np.sort(rng.uniform(0, 58, 8))
        is_heard = (one.t_s[:, None] >= begin).sum(axis=1) % 2 == 1
        jumping = replace(one, number=np.asarray(one.number) * int(rng.integers(1, 40)))
        assert find_shared(log_of([jumping.keep(is_heard)], rng)) == {}

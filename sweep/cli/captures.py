"""Commands that read captures of one modality: wifi, stimulus, ble, rf."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from sweep.cli.capture_words import (
    ANSWERS,
    DEVICES,
    ROLES,
    VIDEO,
    VIDEO_REASONS,
    counted_words,
    left_out,
    show_limits,
)
from sweep.cli.output import AddressForm, existing, fail, one_line, print_words, spare, write_json, written_to
from sweep.cli.tables import show_table
from sweep.phrases import Phrase
from sweep.report.language import Said

JsonOut = Annotated[
    Path | None,
    typer.Option("--json", callback=written_to, help="Write the result as JSON to this file; - is standard output."),
]
Addresses = Annotated[
    AddressForm, typer.Option("--addresses", help="hashed: tags under a key that dies with this run; full: as heard.")
]
MAX_ROWS = 40
NAME_CHARACTERS = 20
_VERDICTS = ("video_uplink", "not_assessable", "not_video")
_ANSWERS = ("follows_light", "not_assessable", "does_not")


def wifi(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="pcap or pcapng, radiotap or bare 802.11, as tcpdump writes it of an adapter in monitor mode.",
        ),
    ],
    json_out: JsonOut = None,
    addresses: Addresses = AddressForm.HASHED,
    flows: Annotated[bool, typer.Option("--flows", help="Read an Ethernet capture as if sent over 802.11.")] = False,
) -> None:
    """List the transmitters of a Wi-Fi capture and which of them send video."""
    from sweep import wifi as modality
    from sweep.captures.packets import CaptureFileError
    from sweep.wifi.traffic.video import OPEN_REASONS
    from sweep.wifi.words import WORDS

    spare(json_out, file)
    with one_line(CaptureFileError):
        scan = modality.scan_file(existing(file), as_flows=flows)
    document = scan.to_json(addresses=addresses.value)
    write_json(json_out, document)
    if json_out is None:
        found = sorted(document["transmitters"], key=lambda one: _by_verdict(one, OPEN_REASONS))
        if found:
            _show_transmitters(found[:MAX_ROWS])
        else:
            print_words("no_transmitter_in_file")
        _more([one["video"]["verdict"] for one in found], VIDEO)
        if any(one["video"]["verdict"] == "video_uplink" for one in found):
            print_words("video_is_anybodys")
        reasons = Counter(reason for one in found if (reason := one["video"]["reason"]))
        is_open = Counter({reason: count for reason, count in reasons.items() if reason in OPEN_REASONS})
        if is_open:
            print_words("open_to_the_light", reasons=counted_words(is_open, VIDEO_REASONS))
        if reasons - is_open:
            print_words("not_assessable_for", reasons=counted_words(reasons - is_open, VIDEO_REASONS))
        seconds, rejected = f"{scan.listened_s:.1f}", left_out(scan.rejected)
        print_words("frames_heard", frames=scan.frames, seconds=seconds, rejected=rejected)
        show_limits(WORDS.limits.values())
    _say_if_cut(file, scan.cut_tail_octets, Phrase("frames_before", count=scan.frames), scan.rejected)


def _show_transmitters(found: Sequence[Mapping[str, Any]]) -> None:
    rows: list[tuple[Said, ...]] = [
        (
            one["addresses"][0],
            VIDEO[one["video"]["verdict"]],
            _why_or_score(one["video"]),
            _level(one),
            f"{_octets(one['bytes_up'])}/{_octets(one['bytes_down'])}",
            ROLES[one["role"]],
            _vendor(one),
        )
        for one in found
    ]
    names = (
        Phrase("column_transmitter"), Phrase("column_video"), Phrase("column_why_or_score"), Phrase("column_level"),
        Phrase("column_up_down"), Phrase("column_role"), Phrase("column_vendor"),
    )  # fmt: skip
    show_table(names, rows)


def _why_or_score(video: Mapping[str, Any]) -> Said:
    """A score means something of a camera only: of what is none it is said why."""
    reason: str | None = video["reason"]
    if reason is not None:
        return VIDEO_REASONS.get(reason, reason)
    if video["verdict"] == "not_video":
        return Phrase("unlike_a_camera")
    return Phrase("score_of", score=video["score"])


def _vendor(one: Mapping[str, Any]) -> Said:
    from sweep.wifi.transmitters.vendors import is_reserved

    if one["vendor"]:
        vendor: str = one["vendor"]
        return vendor
    if one["is_randomised"]:
        return Phrase("random_address")
    return Phrase("reserved_address") if any(map(is_reserved, one["ouis"])) else Phrase("maker_unknown")


def stimulus(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Wi-Fi capture taken while the light played.")],
    sequence: Annotated[
        Path, typer.Option("--sequence", help="The chips that were played, or when somebody walked (JSON).")
    ],
    sequential: Annotated[
        bool,
        typer.Option("--sequential", help="The capture was stopped on seeing its result, not at a time set before."),
    ] = False,
    json_out: JsonOut = None,
    addresses: Addresses = AddressForm.HASHED,
) -> None:
    """Test which transmitters' traffic follows the light that was played."""
    from sweep.captures.packets import CaptureFileError
    from sweep.wifi.frames.reading import open_windows
    from sweep.wifi.stimulus.sequence import read_sequence
    from sweep.wifi.stimulus.significance import judge_stimulus
    from sweep.wifi.stimulus.whole_capture import gather
    from sweep.wifi.targets import chosen_before
    from sweep.wifi.words import RESPONSE_TEST_REASONS, WORDS

    spare(json_out, file, sequence)
    with one_line(CaptureFileError):
        chips = read_sequence(existing(sequence))
        with open_windows(existing(file)) as reader:
            capture = gather(reader.windows, chips)
        result = judge_stimulus(capture, chips, is_sequential=sequential, chosen=chosen_before(capture))
    document = result.to_json(addresses=addresses.value)
    write_json(json_out, document)
    if json_out is None:
        found = sorted(
            document["transmitters"],
            key=lambda one: (_ANSWERS.index(one["verdict"]), 1.0 if one["p_value"] is None else one["p_value"]),
        )
        rows: list[tuple[Said, ...]] = [
            (
                one["addresses"][0], ANSWERS[one["verdict"]], _p(one["p_value"]), _p(one["adjusted_p_value"]),
                _percent(one["smallest_light_share"]), RESPONSE_TEST_REASONS.get(one["reason"], one["reason"] or "–"),
            )
            for one in found[:MAX_ROWS]
        ]  # fmt: skip
        names = (
            Phrase("column_transmitter"), Phrase("column_verdict"), "p", Phrase("column_over_all"),
            Phrase("column_would_show"), Phrase("column_reason"),
        )  # fmt: skip
        if found:
            show_table(names, rows)
        else:
            print_words("no_transmitter_in_file")
        _more([one["verdict"] for one in found], ANSWERS)
        print_words("uplinks_tested", count=document["flows_tested"])
        print_words("what_would_show")
        if capture.streams.dropped:
            print_words("data_frames_left_out", count=capture.streams.dropped)
        show_limits(WORDS.limits.values())
    _say_if_cut(
        file, reader.tally.cut_tail_octets, Phrase("frames_before", count=capture.frames), reader.tally.rejected
    )


def ble(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="pcapng, btsnoop or JSON capture.")],
    json_out: JsonOut = None,
    addresses: Addresses = AddressForm.HASHED,
) -> None:
    """List the Bluetooth LE devices of a capture and what kind they are."""
    from sweep import ble as modality
    from sweep.ble.jsonadverts import FIELDS, UNKNOWN_FIELD
    from sweep.ble.words import WORDS
    from sweep.captures.packets import CaptureFileError

    spare(json_out, file)
    with one_line(CaptureFileError):
        scan = modality.scan_file(existing(file))
    document = scan.to_json(addresses=addresses.value)
    write_json(json_out, document)
    if json_out is None:
        found = sorted(document["devices"], key=_by_hint)
        rows: list[tuple[Said, ...]] = [
            (
                one["addresses"][0] if one["addresses"] else "–",
                DEVICES[one["kind"]],
                _level(one),
                (one["name"] or "–")[:NAME_CHARACTERS],
                str(one["adverts"]),
                one["company"] or "–",
            )
            for one in found[:MAX_ROWS]
        ]
        names = (
            Phrase("column_device"), Phrase("column_kind"), Phrase("column_level"), Phrase("column_name"),
            Phrase("column_adverts"), Phrase("column_company"),
        )  # fmt: skip
        if found:
            show_table(names, rows)
        else:
            print_words("no_adverts_in_file")
        _more([one["kind"] for one in found], DEVICES)
        unread = {name: count for name, count in scan.rejected.items() if name != UNKNOWN_FIELD}  # told by itself
        print_words("adverts_heard", count=scan.adverts, rejected=left_out(unread))
        if UNKNOWN_FIELD in scan.rejected:
            print_words("advert_fields_unread", count=scan.rejected[UNKNOWN_FIELD], fields=", ".join(FIELDS))
        withheld = sum(bool(one.name) for one in scan.devices) - sum(bool(one["name"]) for one in found)
        if withheld:
            print_words("advert_names_withheld", count=withheld)
        show_limits(WORDS.limits.values())
    _say_if_cut(file, scan.cut_tail_octets, Phrase("adverts_before", count=scan.adverts), scan.rejected)


def _say_if_cut(file: Path, octets: int, rest: Phrase, rejected: Mapping[str, int]) -> None:
    """A truncated capture is bad input even though what stands before the cut was read and written."""
    if octets and rejected.get("never_written"):
        fail("capture_ends_in_zeros", file=file, octets=octets, rest=rest)
    if octets:
        fail("capture_cut_off", file=file, octets=octets, rest=rest)


def _by_verdict(one: dict[str, Any], is_open: Container[str]) -> tuple[int, bool, float, int]:
    """What an inspector looks for first: cameras, then what is open, the most camera-like first."""
    video = one["video"]
    return _VERDICTS.index(video["verdict"]), video["reason"] not in is_open, -video["score"], -one["frames"]


def _by_hint(one: dict[str, Any]) -> tuple[bool, bool, float, float]:
    """Hints at cameras first, then trackers, then by level: what is near stands above what is far."""
    level, weight = one["rssi_dbm"], one["camera_weight_log10"]
    near = 999.0 if level is None else -level["median"]
    return one["kind"] != "camera_hint", one["kind"] != "tracker", -weight, near


def _level(one: Mapping[str, Any]) -> str:
    level = one["rssi_dbm"]
    return "–" if level is None else f"{level['median']:.0f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"


def _p(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _octets(count: int) -> str:
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if count >= 10 * size:
            return f"{count / size:.0f}{unit}"
    return str(count)


def _more(kinds: list[str], said: Mapping[str, Said]) -> None:
    """What did not fit into the table, by kind."""
    if len(kinds) > MAX_ROWS:
        rest = counted_words(Counter(kinds[MAX_ROWS:]), said)
        print_words("more_rows_of", count=len(kinds) - MAX_ROWS, kinds=rest)

"""Commands that read captures of one modality: wifi, stimulus, ble, rf."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.cells import cell_len
from rich.table import Table

from sweep.cli.output import AddressForm, existing, fail, one_line, out, spare, write_json

JsonOut = Annotated[
    Path | None, typer.Option("--json", help="Write the result as JSON to this file; - is standard output.")
]
Addresses = Annotated[
    AddressForm, typer.Option("--addresses", help="hashed: tags under a key that dies with this run; full: as heard.")
]
MAX_ROWS = 40
NAME_CHARACTERS = 20
_VERDICTS = ("video_uplink", "not_assessable", "not_video")
_ANSWERS = ("follows_light", "not_assessable", "does_not")


def wifi(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="pcap or pcapng, radiotap or bare 802.11.")],
    json_out: JsonOut = None,
    addresses: Addresses = AddressForm.HASHED,
    flows: Annotated[bool, typer.Option("--flows", help="Read an Ethernet capture as if sent over 802.11.")] = False,
) -> None:
    """List the transmitters of a Wi-Fi capture and which of them send video."""
    from sweep import wifi as modality
    from sweep.captures.packets import CaptureFileError
    from sweep.wifi.traffic.video import OPEN_REASONS

    spare(json_out, file)
    with one_line(CaptureFileError):
        scan = modality.scan_file(existing(file), as_flows=flows)
    document = scan.to_json(addresses=addresses.value)
    write_json(json_out, document)
    if json_out is None:
        found = sorted(document["transmitters"], key=lambda one: _by_verdict(one, OPEN_REASONS))
        rows = [
            (
                one["video"]["verdict"],
                one["video"]["reason"] or f"{one['video']['score']:.2f}",
                one["addresses"][0],
                _level(one),
                f"{_octets(one['bytes_up'])}/{_octets(one['bytes_down'])}",
                one["role"],
                one["vendor"] or ("(random)" if one["is_randomised"] else "–"),
            )
            for one in found[:MAX_ROWS]
        ]
        _show(("video", "why, or score", "transmitter", "level", "up/down", "role", "vendor"), rows, whole=6)
        _more([one["video"]["verdict"] for one in found])
        reasons = Counter(one["video"]["reason"] for one in found if one["video"]["reason"])
        is_open = Counter({reason: count for reason, count in reasons.items() if reason in OPEN_REASONS})
        if is_open:
            out.print(f"open, and to be told by the light: {_counted(is_open)}")
        if reasons - is_open:
            out.print(f"not assessable: {_counted(reasons - is_open)}")
        out.print(f"{scan.frames} frames in {scan.listened_s:.1f} s, rejected: {_counted(scan.rejected) or 'none'}")
    _say_if_cut(file, scan.cut_tail_octets, f"{scan.frames} frames", scan.rejected)


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
        rows = [
            (
                one["verdict"], one["addresses"][0], _p(one["p_value"]), _p(one["adjusted_p_value"]),
                _percent(one["smallest_light_share"]), one["reason"] or "–",
            )
            for one in found[:MAX_ROWS]
        ]  # fmt: skip
        _show(("verdict", "transmitter", "p", "over all", "would show", "reason"), rows, whole=6)
        _more([one["verdict"] for one in found])
        out.print(f"{document['flows_tested']} uplinks tested; over all: p after correction over them")
        out.print("would show: the least added light that shows 95 of 100 cameras such as were measured")
        if capture.streams.dropped:
            out.print(f"{capture.streams.dropped} data frames left out: the file holds more than are judged")
    _say_if_cut(file, reader.tally.cut_tail_octets, f"{capture.frames} frames", reader.tally.rejected)


def ble(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="pcapng, btsnoop or JSON capture.")],
    json_out: JsonOut = None,
    addresses: Addresses = AddressForm.HASHED,
) -> None:
    """List the Bluetooth LE devices of a capture and what kind they are."""
    from sweep import ble as modality
    from sweep.captures.packets import CaptureFileError

    spare(json_out, file)
    with one_line(CaptureFileError):
        scan = modality.scan_file(existing(file))
    document = scan.to_json(addresses=addresses.value)
    write_json(json_out, document)
    if json_out is None:
        found = sorted(document["devices"], key=_by_hint)
        rows = [
            (
                one["kind"],
                one["addresses"][0] if one["addresses"] else "–",
                _level(one),
                (one["name"] or "–")[:NAME_CHARACTERS],
                str(one["adverts"]),
                one["company"] or "–",
            )
            for one in found[:MAX_ROWS]
        ]
        _show(("kind", "device", "level", "name", "adverts", "company"), rows, whole=4)
        _more([one["kind"] for one in found])
        out.print(f"{scan.adverts} advertisements, rejected: {_counted(scan.rejected) or 'none'}")
    _say_if_cut(file, scan.cut_tail_octets, f"{scan.adverts} advertisements", scan.rejected)


def _say_if_cut(file: Path, octets: int, rest: str, rejected: Mapping[str, int]) -> None:
    """A truncated capture is bad input even though what stands before the cut was read and written."""
    if octets and rejected.get("never_written"):
        fail("capture_ends_in_zeros", file=file, octets=octets, rest=rest)
    if octets:
        fail("capture_cut_off", file=file, octets=octets, rest=rest)


def _show(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]], *, whole: int) -> None:
    """A table whose first `whole` columns are never cut short; the others give way on a narrow terminal."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for number, column in enumerate(columns):
        width = max(cell_len(text) for text in [column, *(row[number] for row in rows)])
        table.add_column(column, no_wrap=True, overflow="ellipsis", min_width=width if number < whole else len(column))
    for row in rows:
        table.add_row(*row)
    out.print(table)


def _by_verdict(one: dict[str, Any], is_open: Container[str]) -> tuple[int, bool, float, int]:
    """What an inspector looks for first: cameras, then what is open, the most camera-like first."""
    video = one["video"]
    return _VERDICTS.index(video["verdict"]), video["reason"] not in is_open, -video["score"], -one["frames"]


def _by_hint(one: dict[str, Any]) -> tuple[bool, bool, float, float]:
    """Hints at cameras first, then trackers, then by level: what is near stands above what is far."""
    level, weight = one["rssi_dbm"], one["camera_weight_log10"]
    near = 999.0 if level is None else -level["median"]
    return one["kind"] != "camera_hint", one["kind"] != "tracker", -weight, near


def _level(one: dict[str, Any]) -> str:
    level = one["rssi_dbm"]
    return "–" if level is None else f"{level['median']:.0f} dBm"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"


def _p(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _octets(count: int) -> str:
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if count >= 10 * size:
            return f"{count / size:.0f}{unit}"
    return str(count)


def _counted(reasons: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(reasons.items(), key=lambda item: -item[1]))


def _more(kinds: list[str]) -> None:
    """What did not fit into the table, by kind."""
    if len(kinds) > MAX_ROWS:
        rest = _counted(Counter(kinds[MAX_ROWS:]))
        out.print(f"… and {len(kinds) - MAX_ROWS} more ({rest}); --json has them all")

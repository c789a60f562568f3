"""Commands that read captures of one modality: wifi, stimulus, ble, rf."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from sweep.cli.output import AddressForm, existing, fail, one_line, out, write_json

JsonOut = Annotated[
    Path | None, typer.Option("--json", help="Write the result as JSON to this file; - is standard output.")
]
Addresses = Annotated[
    AddressForm, typer.Option("--addresses", help="hashed: tags under a key that dies with this run; full: as heard.")
]
MAX_ROWS = 40


def wifi(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="pcap or pcapng, radiotap or bare 802.11.")],
    json_out: JsonOut = None,
    addresses: Addresses = AddressForm.HASHED,
    flows: Annotated[bool, typer.Option("--flows", help="Read an Ethernet capture as if sent over 802.11.")] = False,
) -> None:
    """List the transmitters of a Wi-Fi capture and which of them send video."""
    from sweep import wifi as modality
    from sweep.packets import CaptureFileError

    with one_line(CaptureFileError):
        scan = modality.scan_file(existing(file), as_flows=flows)
    document = scan.to_json(addresses=addresses.value)
    write_json(json_out, document)
    if json_out is None:
        table = Table("transmitter", "role", "vendor", "level", "frames", "up", "down", "video")
        for one in document["transmitters"][:MAX_ROWS]:
            level = one["rssi_dbm"]
            table.add_row(
                one["addresses"][0],
                one["role"],
                one["vendor"] or ("(random)" if one["is_randomised"] else "–"),
                "–" if level is None else f"{level['median']:.0f} dBm",
                str(one["frames"]),
                str(one["bytes_up"]),
                str(one["bytes_down"]),
                f"{one['video']['verdict']} {one['video']['score']:.2f}",
            )
        out.print(table)
        _more(len(document["transmitters"]))
        out.print(f"{scan.frames} frames in {scan.listened_s:.1f} s, rejected: {scan.rejected or 'none'}")
    _say_if_cut(file, scan.cut_tail_octets, f"{scan.frames} frames")


def stimulus(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Wi-Fi capture taken while the light played.")],
    sequence: Annotated[
        Path, typer.Option("--sequence", help="The chips that were played, or when somebody walked (JSON).")
    ],
    sequential: Annotated[
        bool,
        typer.Option("--sequential", help="The capture was ended when its result pleased, not at a time set before."),
    ] = False,
    json_out: JsonOut = None,
    addresses: Addresses = AddressForm.HASHED,
) -> None:
    """Test whose traffic follows the light that was played."""
    from sweep import wifi as modality
    from sweep.packets import CaptureFileError
    from sweep.wifi.sequence import read_sequence
    from sweep.wifi.stimulus import judge_stimulus

    with one_line(CaptureFileError):
        chips = read_sequence(existing(sequence))
        log, tally = modality.read_log(existing(file))
        result = judge_stimulus(log, chips, is_sequential=sequential)
    document = result.to_json(addresses=addresses.value)
    write_json(json_out, document)
    if json_out is None:
        table = Table("transmitter", "p", "verdict")
        for one in document["transmitters"][:MAX_ROWS]:
            p_value = one["p_value"]
            table.add_row(one["addresses"][0], "–" if p_value is None else f"{p_value:.4f}", one["verdict"])
        out.print(table)
        _more(len(document["transmitters"]))
    _say_if_cut(file, tally.cut_tail_octets, f"{len(log.frames)} frames")


def ble(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="pcapng, btsnoop or JSON capture.")],
    json_out: JsonOut = None,
    addresses: Addresses = AddressForm.HASHED,
) -> None:
    """List the Bluetooth LE devices of a capture and what kind they are."""
    from sweep import ble as modality
    from sweep.packets import CaptureFileError

    with one_line(CaptureFileError):
        scan = modality.scan_file(existing(file))
    document = scan.to_json(addresses=addresses.value)
    write_json(json_out, document)
    if json_out is None:
        table = Table("device", "kind", "company", "level", "adverts")
        for one in document["devices"][:MAX_ROWS]:
            level = one["rssi_dbm"]
            table.add_row(
                one["addresses"][0] if one["addresses"] else "–",
                one["kind"],
                one["company"] or "–",
                "–" if level is None else f"{level['median']:.0f} dBm",
                str(one["adverts"]),
            )
        out.print(table)
        _more(len(document["devices"]))
        out.print(f"{scan.adverts} advertisements, rejected: {scan.rejected or 'none'}")
    _say_if_cut(file, scan.cut_tail_octets, f"{scan.adverts} advertisements")


def _say_if_cut(file: Path, octets: int, rest: str) -> None:
    """A truncated capture is bad input even though what stands before the cut was read and written."""
    if octets:
        fail(f"{file}: cut off, its last {octets} octets are no whole record; the result covers the {rest} before")


def _more(count: int) -> None:
    if count > MAX_ROWS:
        out.print(f"… and {count - MAX_ROWS} more; --json has them all")

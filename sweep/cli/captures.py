"""Commands that read captures of one modality: lens, wifi, stimulus, ble, rf."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from sweep.cli.output import AddressForm, err, existing, fail, one_line, out, write_json

if TYPE_CHECKING:
    from sweep.report import RfWindow

JsonOut = Annotated[
    Path | None, typer.Option("--json", help="Write the result as JSON to this file; - is standard output.")
]
Addresses = Annotated[
    AddressForm, typer.Option("--addresses", help="hashed: tags under a key that dies with this run; full: as heard.")
]
MAX_ROWS = 40


def lens(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of recorded clips.")],
    json_out: JsonOut = None,
) -> None:
    """Find lens candidates in recorded strobed infrared clips."""
    from sweep import lens as modality

    with one_line(modality.ClipError):
        scan = modality.scan_clips(existing(folder))
    write_json(json_out, scan.to_json())
    if json_out is None:
        table = Table("clip", "verdict", "reason", "candidates", "best score", "seen")
        for clip in scan.clips[:MAX_ROWS]:
            best = max((d.score for d in clip.detections), default=None)
            table.add_row(
                clip.clip,
                "error" if clip.error else clip.verdict,
                clip.error or clip.reason,
                str(len(clip.candidates)),
                "–" if best is None else f"{best:.2f}",
                "–" if clip.coverage is None else f"{clip.coverage.seen_share:.0%}",
            )
        out.print(table)
        _more(len(scan.clips))


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
    sequence: Annotated[Path, typer.Option("--sequence", help="The chips that were played (JSON).")],
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
    result = judge_stimulus(log, chips)
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


def rf(
    source: Annotated[str, typer.Argument(metavar="PORT|FILE", help="Serial port of the sensor head, or its bytes.")],
    json_out: JsonOut = None,
    seconds: Annotated[float, typer.Option("--seconds", min=0.5, max=600.0, help="How long to measure.")] = 10.0,
    baseline: Annotated[Path | None, typer.Option("--baseline", help="Serial bytes recorded outside the door.")] = None,
    meter: Annotated[
        bool, typer.Option("--meter", help="Hot/cold while it measures: a bar, and beeps (PORT).")
    ] = False,
) -> None:
    """Read RF windows from the sensor head and tell emitters apart."""
    from sweep.link.head import HeadError, is_port, read_windows
    from sweep.link.port import PortError
    from sweep.rf import judge
    from sweep.rf.channels import tuner_frequencies

    if not Path(source).exists():
        fail(f"{source}: no such port or file; is the sensor head plugged in?")
    with one_line(HeadError, PortError):
        outside = None if baseline is None else tuple(islice(read_windows(str(existing(baseline)), 600.0), 6_000))
        if meter and is_port(source):
            windows = tuple(_walk(source, seconds, outside))
        else:
            windows = tuple(read_windows(source, seconds, tuner_mhz=tuner_frequencies()))
    document = judge.to_json(judge.judge_windows(windows, outside))
    write_json(json_out, document)
    if json_out is None:
        table = Table("emitter", "MHz", "level", "above outside", "duty cycle")
        for one in document["emitters"][:MAX_ROWS]:
            excess = one["excess_db"]
            table.add_row(
                one["kind"],
                "–" if one["centre_mhz"] is None else f"{one['centre_mhz']:.0f}",
                f"{one['level_dbm']:.1f} dBm",
                "–" if excess is None else f"{excess:+.1f} dB",
                f"{one['duty_cycle']:.3f}",
            )
        out.print(table)
        _more(len(document["emitters"]))
        out.print(f"{document['windows']} windows; cannot hear: {', '.join(document['limits'])}")


def _walk(port: str, seconds: float, outside: Sequence[RfWindow] | None) -> Iterator[RfWindow]:
    """Windows of the log detector, each shown and heard as hot or cold."""
    from sweep.link.head import Head
    from sweep.link.port import SerialPort
    from sweep.rf.envelope import summarise
    from sweep.rf.meter import BEEP_S, HotCold

    before = summarise(outside) if outside else None
    hot_cold = HotCold(None if before is None else before.peak_dbm)
    beeped_ns = 0
    with SerialPort(port) as opened:
        head = Head(opened)
        for window in head.rf_windows(seconds):
            reading = hot_cold.feed(window)
            if reading is not None:
                bar = "#" * round(reading.above_db)
                err.print(f"{reading.above_db:5.1f} dB {reading.trend:7} {bar}", soft_wrap=True)
                period_s = reading.beep_period_s
                if period_s is not None and window.t_ns - beeped_ns >= period_s * 1e9:
                    head.beep(BEEP_S, 2 * BEEP_S, 1)
                    beeped_ns = window.t_ns
            yield window


def _say_if_cut(file: Path, octets: int, rest: str) -> None:
    """A truncated capture is bad input even though what stands before the cut was read and written."""
    if octets:
        fail(f"{file}: cut off, its last {octets} octets are no whole record; the result covers the {rest} before")


def _more(count: int) -> None:
    if count > MAX_ROWS:
        out.print(f"… and {count - MAX_ROWS} more; --json has them all")
